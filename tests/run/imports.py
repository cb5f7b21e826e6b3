# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the collection's own files import which, as their source says: at the top, inside of functions, and for types alone."""

from __future__ import annotations

import ast
import functools
import pathlib
from collections.abc import Iterable, Iterator

from . import paths

PLUGINS = paths.CHECKOUT / "plugins"
# Where the program `corosync-quorum` starts, which managed nodes run beside the modules
PROGRAM = PLUGINS / "module_utils" / "_program" / "cli.py"
# What is sent before the program, where it comes over the standard input
RECEIVER = PLUGINS / "module_utils" / "_program" / "over_stdin.py"
_PACKAGE = ("ansible_collections", "corosync", "quorum", "plugins")


@functools.cache
def _names(path: pathlib.Path) -> tuple[tuple[str, ...], ...]:
    """Everything that a file imports, as parts of dotted names; what is imported from a module may be a module or not."""
    return tuple(_found_names(path))


def _found_names(path: pathlib.Path) -> Iterator[tuple[str, ...]]:
    package = _PACKAGE + path.parent.relative_to(PLUGINS).parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else ()
            module = start + tuple(node.module.split(".") if node.module else ())
            yield module
            yield from (module + (alias.name,) for alias in node.names)


def imported(path: pathlib.Path) -> set[pathlib.Path]:
    """The files below plugins/ that this one of them imports."""
    ours = [name[len(_PACKAGE) :] for name in _names(path) if name[: len(_PACKAGE)] == _PACKAGE]
    return {file for file in (PLUGINS.joinpath(*name).with_suffix(".py") for name in ours if name) if file.is_file()}


def uses_ansible(path: pathlib.Path) -> bool:
    """Whether a file, or anything that it imports, imports ansible-core."""
    return any(name[0] == "ansible" for file in reached([path]) for name in _names(file))


def reached(files: Iterable[pathlib.Path]) -> set[pathlib.Path]:
    """These files and all that they import, directly or not."""
    found: set[pathlib.Path] = set()
    new = set(files)
    while new:
        found |= new
        new = {other for path in new for other in imported(path)} - found
    return found
