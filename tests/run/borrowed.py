# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python that this machine lacks, borrowed from the lab's image of the next Debian.

A borrowed program runs on this machine, with its files and its network, but sees the folder /usr of the image in place of this machine's: in a
mount namespace that ends with it. So all paths mean the same inside and outside, and Ansible, ssh and pytest work as they always do.
"""

from __future__ import annotations

import pathlib
import shlex
import subprocess
import sys

import lab
from lab import image

from . import interpreters
from .interpreters import Version

SUITE = "forky"
VERSION: Version = (3, 14)

# $1: the image; the rest is the command. The cache of the dynamic loader belongs to the libraries in /usr, which come last: mount is among them.
_ENTER = """\
mount --bind -o ro "$1/etc/ld.so.cache" /etc/ld.so.cache && mount --bind -o ro "$1/usr" /usr || exit 125
shift
exec "$@"
"""


def is_offered(version: Version) -> bool:
    """Whether this Python can be borrowed here."""
    return version == VERSION and lab.why_not() is None


def inside(root: pathlib.Path, *command: str) -> list[str]:
    """The command that runs this one with the /usr of an image."""
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", _ENTER, "sh", str(root), *command]


def lender() -> pathlib.Path:
    """The image that has the Python; it is built first if it is not there, which takes a minute."""
    root = image.ensure(SUITE)
    program = f"usr/bin/python{interpreters.name(VERSION)}"
    if not (root / program).exists():
        there = ", ".join(sorted(path.name for path in root.glob("usr/bin/python3.*"))) or "none"
        sys.exit(f"FAILED: {root} has no {program} (Pythons there: {there}): correct VERSION in tests/run/borrowed.py")
    return root


def make_environment(root: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Make a virtual environment of the borrowed Python, without pip, for which Debian has a package of its own; returns its Python as in write_launcher."""
    subprocess.run(inside(root, f"/usr/bin/python{interpreters.name(VERSION)}", "-m", "venv", "--without-pip", str(folder)), check=True)
    return write_launcher(root, folder)


def launcher(folder: pathlib.Path) -> pathlib.Path:
    """The Python of an environment as this machine can run it."""
    return folder / "outside" / "python"


def write_launcher(root: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Make launcher() a script that does so, and return it."""
    script = launcher(folder)
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {shlex.join(inside(root))} {shlex.quote(str(folder / "bin"))}/"${{0##*/}}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return script


def lend(folder: pathlib.Path) -> None:
    """Let this machine run every program of an environment, by a link to its launcher, which goes by the name it is called by."""
    script = launcher(folder)
    for program in (folder / "bin").iterdir():
        link = script.with_name(program.name)
        if not link.exists():
            link.symlink_to(script.name)
