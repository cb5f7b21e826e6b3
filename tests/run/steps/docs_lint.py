# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.docs_lint: the plugins' and roles' documentation, and the guides, hold together: no reference leads nowhere."""

from __future__ import annotations

import pathlib
import subprocess
import sys

from .. import paths

_CHECK = ("lint-collection-docs", "--plugin-docs", "--validate-collection-refs=all", "--disallow-unknown-collection-refs")


def main() -> int:
    code = subprocess.run([str(pathlib.Path(sys.executable).parent / "antsibull-docs"), *_CHECK, str(paths.CHECKOUT)], check=False).returncode
    # It is silent when it has nothing to complain of.
    if code == 0:
        print("checked: antsibull-docs " + " ".join(_CHECK))
    return code


if __name__ == "__main__":
    sys.exit(main())
