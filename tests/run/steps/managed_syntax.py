# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.managed_syntax: no managed-node code needs a Python newer than 3.6, judged by its syntax and imports."""

from __future__ import annotations

import pathlib
import subprocess
import sys

from .. import paths


def main() -> int:
    files = sorted(
        str(file.relative_to(paths.CHECKOUT)) for folder in ("plugins/module_utils", "plugins/modules") for file in (paths.CHECKOUT / folder).rglob("*.py")
    )
    vermin = str(pathlib.Path(sys.executable).parent / "vermin")
    # One process, since the machine has others to feed; annotations are evaluated on a node, so they count.
    code = subprocess.run(
        [vermin, "--target=3.6-", "--violations", "--eval-annotations", "--no-tips", "--processes=1", *files], cwd=paths.CHECKOUT, check=False
    ).returncode
    print(f"{len(files)} files checked against Python 3.6")
    return code


if __name__ == "__main__":
    sys.exit(main())
