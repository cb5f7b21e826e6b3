# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Pythons this machine has."""

from __future__ import annotations

import functools
import os
import pathlib
import shutil
import subprocess

# A Python's major and minor number
Version = tuple[int, int]

# 3.6 is the oldest Python of a managed node (RHEL 8's platform-python).
KNOWN: tuple[Version, ...] = tuple((3, minor) for minor in range(6, 16))


def name(version: Version) -> str:
    """(3, 6) -> "3.6"."""
    return ".".join(map(str, version))


def _pyenv_folders() -> list[str]:
    """The bin folders of pyenv's Pythons. Its shims are of no use: the one of an inactive version exits with 127."""
    root = os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv"
    if shutil.which("pyenv"):
        answer = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=False)
        root = answer.stdout.strip() or root
    return [str(folder) for folder in sorted(pathlib.Path(root).glob("versions/*/bin"))]


def _path_folders() -> list[str]:
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return [folder for folder in folders if folder and pathlib.Path(folder).name != "shims"]


def _is_environment(folder: str) -> bool:
    """Of a virtual environment: what is made with its Python would have to be made again for the next checkout."""
    return pathlib.Path(folder).parent.joinpath("pyvenv.cfg").exists()


def _makes_environments(python: str, version: Version) -> bool:
    check = f"import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != {version!r})"
    try:
        return subprocess.run([python, "-c", check], capture_output=True, check=False, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@functools.cache
def found() -> dict[Version, str]:
    """Every Python of KNOWN that can make a virtual environment, is of none itself, and is on PATH or kept by pyenv: {(3, 6): "/…/bin/python3.6"}."""
    path = os.pathsep.join([folder for folder in _path_folders() if not _is_environment(folder)] + _pyenv_folders())
    candidates = {version: shutil.which("python" + name(version), path=path) for version in KNOWN}
    return {version: python for version, python in candidates.items() if python and _makes_environments(python, version)}


def search_path() -> str:
    """A PATH on which every found Python answers to its name, without pyenv's shims."""
    folders = [str(pathlib.Path(python).parent) for python in found().values()]
    return os.pathsep.join(dict.fromkeys(_path_folders() + folders))
