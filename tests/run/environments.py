# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual environments of other Pythons and ansible-cores, made once and kept in the shared cache."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator

from . import interpreters, paths
from .interpreters import Version

# ansible-core -> the Pythons its controller runs on, in the order in which we would have them.
CORES: dict[str, tuple[Version, ...]] = {
    "2.16": ((3, 11), (3, 12), (3, 10)),
    "2.17": ((3, 11), (3, 12), (3, 10)),
    "2.18": ((3, 11), (3, 12), (3, 13)),
    "2.19": ((3, 11), (3, 12), (3, 13)),
    "2.20": ((3, 13), (3, 12), (3, 14)),
    "2.21": ((3, 13), (3, 12), (3, 14)),
}

# The last pip of Pythons whose own pip is too old to find that out by itself, and too old to read today's wheels.
_LAST_PIP = {(3, 6): "pip < 22", (3, 7): "pip < 24.1"}

# What the unit tests import besides the collection; each pip takes the newest release its Python can run.
TEST_PACKAGES = ("pytest", "hypothesis", "cffi")


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


def _pip(python: str | pathlib.Path, *arguments: str) -> None:
    # Python compiles what it imports, which is a small part of what is installed.
    command = [str(python), "-m", "pip", "install", "--no-compile", "--quiet", "--quiet", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"FAILED: {' '.join(command)}\nWhat to do: check this machine's network and pip's configuration, then run it again.")


def environment(label: str, version: Version, *requirements: str) -> pathlib.Path:
    """The Python of an environment called label, made with the Python of that version and holding the requirements."""
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


def python_of_core(core: str) -> Version | None:
    """The version of the Python that would run this ansible-core's controller here, or None."""
    return next((version for version in CORES[core] if version in interpreters.found()), None)


def usual_cores() -> set[str]:
    """The ansible-cores that matter most: the oldest, the newest, and the one of this Python's own environment."""
    own = importlib.metadata.version("ansible-core")
    series = list(CORES)
    return {series[0], series[-1]}.union(core for core in series if own.startswith(core + "."))


def core_environment(core: str) -> pathlib.Path:
    """The Python of an environment with ansible-core `core` ("2.16") and what the unit tests need."""
    version = python_of_core(core)
    if version is None:
        sys.exit(f"FAILED: no Python of this machine runs ansible-core {core}")
    return environment("core-" + core, version, f"ansible-core=={core}.*", *TEST_PACKAGES)


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
            _pip(sys.executable, "--no-deps", "--ignore-requires-python", "--target", str(complete), f"ansible-core=={core}.*")
            (folder / "ansible").mkdir()
            for part in ("release.py", "module_utils"):
                (complete / "ansible" / part).rename(folder / "ansible" / part)
            (folder / "ansible" / "__init__.py").write_text(start, encoding="utf-8")
            shutil.rmtree(complete)
    return folder
