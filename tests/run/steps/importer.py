# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.importer: what Galaxy says of the artifact in dist/, with its warnings as errors."""

from __future__ import annotations

import os
import subprocess
import sys

from .. import interpreters, paths

_CONFIGURATION = paths.CHECKOUT / "tests" / "run" / "galaxy-importer.cfg"


def main() -> int:
    artifact = next(paths.DIST.glob("corosync-quorum-*.tar.gz"), None)
    if artifact is None:
        sys.exit(f"FAILED: there is no artifact in {paths.DIST}. Run the stage `package` too, which builds it.")
    environment = dict(
        os.environ, GALAXY_IMPORTER_CONFIG=str(_CONFIGURATION), PATH=os.pathsep.join([os.path.dirname(sys.executable), interpreters.search_path()])
    )
    # It leaves importer_result.json where it stands.
    done = subprocess.run(
        [sys.executable, "-m", "galaxy_importer.main", str(artifact)],
        cwd=paths.SCRATCH,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout)
    warnings = [line for line in done.stdout.splitlines() if line.startswith(("WARNING", "ERROR"))]
    if warnings:
        print(f"{len(warnings)} warnings or errors, and none is wanted")
    return done.returncode or (1 if warnings else 0)


if __name__ == "__main__":
    sys.exit(main())
