# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.changelog: the changelog's data and its fragments are well-formed."""

from __future__ import annotations

import pathlib
import subprocess
import sys

from .. import paths

_CHECKS = (("lint",), ("lint-changelog-yaml", "changelogs/changelog.yaml"))


def main() -> int:
    tool = str(pathlib.Path(sys.executable).parent / "antsibull-changelog")
    for check in _CHECKS:
        code = subprocess.run([tool, *check], cwd=paths.CHECKOUT, check=False).returncode
        if code:
            return code
        print("checked: antsibull-changelog " + " ".join(check))
    return 0


if __name__ == "__main__":
    sys.exit(main())
