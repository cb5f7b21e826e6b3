# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The program `corosync-quorum` as it comes to a node: as a folder with a launcher, or as one file that travels.

It is the collection's own code, so nothing is written twice. This file imports the standard library alone: the event source, which ansible-rulebook
runs without the collection on its path, loads it as a plain file.
"""

from __future__ import annotations

import ast
import functools
import io
import pathlib
import typing as t
import zipfile

PACKAGE = "ansible_collections/corosync/quorum/plugins/module_utils"
START = "_program/cli.py"
# What runs it on a node to which it is sent: it is sent before it, and no part of it
RECEIVER = "_program/over_stdin.py"
MAIN = "__main__.py"
# Where the role `monitor` puts the folder and the launcher
FOLDER = "/usr/local/lib/corosync-quorum"
LAUNCHER = "/usr/local/sbin/corosync-quorum"
_HERE = pathlib.Path(__file__).resolve().parent.parent / "module_utils"
_DOTTED = PACKAGE.replace("/", ".").split(".")
_RUN = """\
# Part of the collection corosync.quorum. Do not edit: the role corosync.quorum.monitor overwrites it.
import sys

{path}from ansible_collections.corosync.quorum.plugins.module_utils._node.zipimport_once import compiled_once

with compiled_once():
    from ansible_collections.corosync.quorum.plugins.module_utils._program.cli import main
    from ansible_collections.corosync.quorum.plugins.module_utils._program.ending import leave

leave(main())
"""


class File(t.NamedTuple):
    """path: below the program's folder, with slashes."""

    path: str
    content: bytes


@functools.cache
def files() -> tuple[File, ...]:
    """All that the program consists of, by path. Raises OSError where the collection is not complete."""
    found = {f"{PACKAGE}/{name}": content for name, content in _reached(START).items()}
    # A collection that a package of the distribution has put on Python's path would win over folders without these.
    for folder in {str(parent) for path in found for parent in pathlib.PurePosixPath(path).parents} - {"."}:
        found[f"{folder}/__init__.py"] = b""
    found[MAIN] = _RUN.format(path="").encode("ascii")
    return tuple(File(path, found[path]) for path in sorted(found))


def archive() -> bytes:
    """The program as one file, which `python3 FILE VERB` runs: the same bytes from the same collection on any machine.

    Nothing in it is compressed, as what zlib makes of the same bytes differs from one version to the next.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        for file in files():
            entry = zipfile.ZipInfo(file.path, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, where the file is made on another system, too
            entry.external_attr = 0o100644 << 16
            packed.writestr(entry, file.content)
    return target.getvalue()


def receiver() -> bytes:
    """The code that runs archive() where both come over the standard input. Raises OSError."""
    return (_HERE / RECEIVER).read_bytes()


def launcher(python: str, folder: str = FOLDER) -> bytes:
    """The command itself, for the Python at this path: it finds the program in `folder`, and nothing else of ours.

    -I: neither the environment nor the folder in which it is called has a say in what is imported.
    """
    return f"#!{python} -I\n".encode() + _RUN.format(path=f"sys.path.insert(0, {folder!r})\n").encode()


def _reached(start: str) -> dict[str, bytes]:
    """A file of module_utils and all that it imports, directly or not, at the top or inside of functions: content by path below module_utils."""
    found: dict[str, bytes] = {}
    new = {start}
    while new:
        found.update((name, (_HERE / name).read_bytes()) for name in new)
        new = {other for name in new for other in _imported(found[name])} - set(found)
    return found


def _imported(source: bytes) -> t.Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[: len(_DOTTED)] == _DOTTED:
            module = node.module.split(".")[len(_DOTTED) :]
            yield from (path for path in map(_path, [module, *([*module, alias.name] for alias in node.names)]) if (_HERE / path).is_file())


def _path(parts: list[str]) -> str:
    return "/".join(parts) + ".py"
