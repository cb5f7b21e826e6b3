# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual environments of other Pythons and ansible-cores, made once and kept in the shared cache."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator

import lab

from . import borrowed, interpreters, paths
from .interpreters import Version

# ansible-core -> the Pythons its controller runs on, in the order in which we would have them.
CORES: dict[str, tuple[Version, ...]] = {
    "2.16": ((3, 11), (3, 12), (3, 10)),
    "2.17": ((3, 11), (3, 12), (3, 10)),
    "2.18": ((3, 11), (3, 12), (3, 13)),
    "2.19": ((3, 11), (3, 12), (3, 13)),
    "2.20": ((3, 13), (3, 12), (3, 14)),
    "2.21": ((3, 13), (3, 12), (3, 14)),
    "2.22": ((3, 14), (3, 13), (3, 15)),
}

# As long as the newest is not out, its release candidate stands in: pip takes none unless it is named.
_RELEASES = {"2.22": ">=2.22.0rc1,<2.23"}

# The last pip of Pythons whose own pip is too old to find that out by itself, and too old to read today's wheels.
_LAST_PIP = {(3, 6): "pip < 22", (3, 7): "pip < 24.1"}

# What the unit tests import besides the collection; each pip takes the newest release its Python can run.
TEST_PACKAGES = ("pytest", "hypothesis", "cffi")


def _release(core: str) -> str:
    """What pip is told to take of this series."""
    return _RELEASES.get(core, f"=={core}.*")


@contextlib.contextmanager
def locked(folder: pathlib.Path) -> Iterator[None]:
    """Hold the lock of a folder that is being made, against another checkout that makes the same."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(str(folder) + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def made_once(folder: pathlib.Path, recipe: str) -> Iterator[bool]:
    """Enter with True when folder is not what recipe (a string) says, and has been emptied for making it; the mark is written last,
    so that an interrupted making is begun again."""
    mark = folder / ".made-from"
    wanted = hashlib.sha256(recipe.encode()).hexdigest()
    with locked(folder):
        if mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
            yield False
            return
        shutil.rmtree(folder, ignore_errors=True)
        yield True
        folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(wanted, encoding="utf-8")


def _pip(python: str | pathlib.Path, *arguments: str, library: pathlib.Path | None = None) -> None:
    """Run pip install with this Python; library: where pip itself is, unless it is the Python's own."""
    # Python compiles what it imports, which is a small part of what is installed.
    command = [str(python), "-m", "pip", "install", "--no-compile", "--quiet", "--quiet", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, env=dict(os.environ, PYTHONPATH=str(library)) if library else None, check=False).returncode:
        sys.exit(f"FAILED: {' '.join(command)}\nWhat to do: check this machine's network and pip's configuration, then run it again.")


def environment(label: str, version: Version, *requirements: str) -> pathlib.Path:
    """The Python of an environment called label, made with the Python of that version and holding the requirements."""
    if version not in interpreters.found():
        return _borrowed_environment(label, *requirements)
    folder = paths.shared() / "environments" / label
    base = interpreters.found()[version]
    python = folder / "bin" / "python"
    with made_once(folder, "\n".join((base,) + requirements)) as to_make:
        if to_make:
            print(f"Making an environment with Python {interpreters.name(version)} and {', '.join(requirements)}", flush=True)
            subprocess.run([base, "-m", "venv", str(folder)], check=True)
            if version in _LAST_PIP:
                _pip(python, "--upgrade", _LAST_PIP[version])
            _pip(python, *requirements)
    return python


def _borrowed_environment(label: str, *requirements: str) -> pathlib.Path:
    """The same with the Python of the lab's image."""
    root = borrowed.lender()
    folder = paths.shared() / "environments" / (label + "-borrowed")
    with made_once(folder, "\n".join((str(root),) + requirements)) as to_make:
        if to_make:
            print(f"Making an environment with Python {interpreters.name(borrowed.VERSION)} of {root} and {', '.join(requirements)}", flush=True)
            python = borrowed.make_environment(root, folder)
            pip = folder / "pip"
            _pip(sys.executable, "--no-deps", "--target", str(pip), "pip")
            _pip(python, *requirements, library=pip)
            borrowed.lend(folder)
    return borrowed.launcher(folder)


def why_no_python(*versions: Version) -> str | None:
    """Why none of these Pythons is here and none can be borrowed, as a sentence without its full stop; None if there is one."""
    if any(version in interpreters.found() or borrowed.is_offered(version) for version in versions):
        return None
    missing = f"Python {' or '.join(map(interpreters.name, sorted(versions)))} is not here"
    return f"{missing}, and cannot be borrowed from an image of the lab: {lab.why_not()}" if borrowed.VERSION in versions else missing


def python_of_core(core: str, own: bool = False) -> Version | None:
    """The version of the Python that would run this ansible-core's controller here, or None. own: one of this machine, not a borrowed one."""
    return next((version for version in CORES[core] if version in interpreters.found() or (borrowed.is_offered(version) and not own)), None)


def newest_own_core() -> str | None:
    """The newest ansible-core that a Python of this machine itself runs."""
    return next((core for core in reversed(CORES) if python_of_core(core, own=True)), None)


def oldest_and_newest_core() -> set[str]:
    """The ansible-cores with which the unit tests usually run, beside the one of this Python's own environment."""
    series = list(CORES)
    return {series[0], series[-1]}


def usual_pythons() -> set[Version]:
    """The Pythons of managed nodes that matter most: the oldest (RHEL 8), and the newest that is here."""
    here = [version for version in interpreters.KNOWN if why_no_python(version) is None]
    return {interpreters.KNOWN[0], *here[-1:]}


def usual_cores() -> set[str]:
    """The ansible-cores that matter most: the oldest, the newest, the newest that runs here, and the one of this Python's own environment."""
    own = importlib.metadata.version("ansible-core")
    return oldest_and_newest_core().union(core for core in CORES if own.startswith(core + ".") or core == newest_own_core())


def core_environment(core: str, own: bool = False) -> pathlib.Path:
    """The Python of an environment with ansible-core `core` ("2.16") and what the unit tests need; own: see python_of_core."""
    version = python_of_core(core, own)
    if version is None:
        sys.exit(f"FAILED: no Python of this machine runs ansible-core {core}")
    return environment("core-" + core, version, "ansible-core" + _release(core), *TEST_PACKAGES)


def managed_environment(version: Version) -> pathlib.Path:
    """The Python of an environment as a managed node has it: no Ansible, only the tests' own needs."""
    return environment("managed-" + interpreters.name(version), version, *TEST_PACKAGES)


def module_library(core: str) -> pathlib.Path:
    """A folder for PYTHONPATH with what an ansible-core gives to a module on a managed node, `ansible.module_utils`, and nothing else."""
    folder = paths.shared() / "module-library" / core
    # As AnsiballZ does: the package's own __init__ is the controller's, a node gets one with the version only.
    start = "from ansible.release import __version__, __author__\n"
    with made_once(folder, core + start) as to_make:
        if to_make:
            print("Fetching the module library of ansible-core " + core, flush=True)
            complete = folder / "complete"
            # No module is run by this Python: what the release asks of it does not matter.
            _pip(sys.executable, "--no-deps", "--ignore-requires-python", "--target", str(complete), "ansible-core" + _release(core))
            (folder / "ansible").mkdir()
            for part in ("release.py", "module_utils"):
                (complete / "ansible" / part).rename(folder / "ansible" / part)
            (folder / "ansible" / "__init__.py").write_text(start, encoding="utf-8")
            shutil.rmtree(complete)
    return folder
