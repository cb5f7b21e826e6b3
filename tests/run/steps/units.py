# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.units core|managed VERSION: unit tests on another ansible-core, or on another Python as a managed node has it."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Sequence

from .. import environments, imports, paths, trees

# A managed node's ansible.module_utils is that of an ansible-core which still supports the Python.
_LAST_CORE = {(3, 6): "2.16", (3, 7): "2.17", (3, 8): "2.19"}
QUOTED = "tests/docs/test_troubleshooting.py"


def _pytest(python: pathlib.Path, tests: Sequence[str], *library: pathlib.Path, marked: str = "") -> int:
    # PYTHONNOUSERSITE: what is installed for the user is not on a managed node.
    search = [str(trees.linked()), str(paths.CHECKOUT / "tests"), *map(str, library)]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(search), PYTHONNOUSERSITE="1")
    present = [test for test in tests if (paths.CHECKOUT / test).exists()]
    if not present:
        sys.exit(f"FAILED: none of {', '.join(tests)} is there")
    return subprocess.run([str(python), "-m", "pytest", "-m", marked, *present], cwd=paths.CHECKOUT, env=environment, check=False).returncode


def on_core(core: str) -> int:
    """The unit tests of what uses ansible-core, with that of a series. The newest one has those of everything on the controller, for its Python.

    Those that run ansible-playbook take most of the time: the oldest, the default and the newest series have them, as with sanity. Those that are marked
    slow run in the stage `plays` alone.
    """
    return _pytest(environments.core_environment(core), core_tests(core), marked="not slow" if core in environments.usual_cores() else "not plays and not slow")


def core_tests(core: str) -> list[str]:
    """Paths of these tests. One of them provokes the messages that the guide quotes, some of which ansible-core words."""
    return [*controller_tests(pure=core == list(environments.CORES)[-1]), QUOTED]


def controller_tests(pure: bool) -> list[str]:
    """Paths of the tests of what controllers run. pure: also of what imports nothing of ansible-core, so that no version of it matters."""
    folder = paths.CHECKOUT / "tests/unit/plugins"
    tests = [test for room in ("action", "filter", "modules", "plugin_utils") for test in sorted((folder / room).rglob("test_*.py"))]
    return [str(test.relative_to(paths.CHECKOUT)) for test in tests if pure or _needs_ansible(test, imports.PLUGINS / test.relative_to(folder).parent)]


def _needs_ansible(test: pathlib.Path, room: pathlib.Path) -> bool:
    """Whether a test is of a file that uses ansible-core, or of no single file: then its name is not that of one."""
    names = [f"{lead}{test.stem[len('test_') :]}.py" for lead in ("", "_")]
    tested = [room / name for name in names if (room / name).is_file()]
    return not tested or any(map(imports.uses_ansible, tested))


def on_managed(text: str) -> int:
    """The unit tests of the managed node's code on a Python ("3.6"): modules, program, and what they import. The rest runs on controllers alone."""
    major, minor = map(int, text.split("."))
    version = (major, minor)
    library = environments.module_library(_LAST_CORE.get(version, list(environments.CORES)[-1]))
    return _pytest(environments.managed_environment(version), managed_tests(), library)


def managed_tests() -> list[str]:
    """Paths of these tests."""
    sent = imports.reached([*(imports.PLUGINS / "modules").glob("*.py"), imports.PROGRAM])
    tests = [paths.CHECKOUT / "tests/unit" / path.parent.relative_to(paths.CHECKOUT) / (f"test_{path.stem}.py") for path in sorted(sent)]
    return [str(test.relative_to(paths.CHECKOUT)) for test in tests if test.is_file()]


if __name__ == "__main__":
    sys.exit({"core": on_core, "managed": on_managed}[sys.argv[1]](sys.argv[2]))
