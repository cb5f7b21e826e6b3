# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Files that the role `monitor` has put on a node, or is to: which there are, and how they are written and removed.

What is to be where is decided on the controller. Each file is replaced as a whole, so that a program which runs meanwhile reads the old or the new one.
"""

import hashlib
import os
import py_compile
import shutil
import stat
import sys
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node import trusted

_CACHE = "__pycache__"
# What metrics begin with (_program/exposition.py)
_METRICS = b"# HELP corosync_quorum_"
# Names of the distribution's Python that stay when it is upgraded, which /usr/bin/python3.11 does not.
_LASTING = ("/usr/bin/python3", "/usr/libexec/platform-python")


class File(t.NamedTuple):
    """digest: SHA-256 of the content, empty for what is no regular file. mode: as `0644`. ours: whether it belongs to root, user and group."""

    digest: str
    mode: str
    ours: bool


def found(roots: t.Iterable[str]) -> t.Dict[str, File]:
    """All files at and below these paths, by path, without Python's compiled ones. Raises OSError."""
    paths: t.List[str] = []
    for root in roots:
        if os.path.isdir(root) and not os.path.islink(root):
            for folder, folders, names in os.walk(root):
                folders[:] = [name for name in folders if name != _CACHE]
                links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
                paths += [os.path.join(folder, name) for name in names + links]
        elif os.path.lexists(root):
            paths.append(root)
    return {path: _file(path) for path in paths}


def _file(path: str) -> File:
    seen = os.lstat(path)
    digest = ""
    if stat.S_ISREG(seen.st_mode):
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
    return File(digest, f"{stat.S_IMODE(seen.st_mode):04o}", (seen.st_uid, seen.st_gid) == (0, 0))


def text(path: str) -> str:
    """A file's text, empty where there is no regular file. Raises OSError."""
    if not os.path.isfile(path) or os.path.islink(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(trusted.LARGEST)


def write(path: str, content: bytes, mode: int) -> None:
    """Write a file of root's, with the folders on its way. Raises OSError."""
    _make_folders(os.path.dirname(path))
    aside = trusted.write_aside(path, content)
    try:
        os.chown(aside, 0, 0)
        os.chmod(aside, mode)
        os.rename(aside, path)
    except OSError:
        trusted.remove_if_there(aside)
        raise


def _make_folders(folder: str) -> None:
    """Those that are missing, readable for everyone whatever the umask is."""
    if not os.path.isdir(folder):
        _make_folders(os.path.dirname(folder))
        os.mkdir(folder)
        os.chmod(folder, 0o755)


def remove(path: str, roots: t.Sequence[str]) -> None:
    """Remove a file, what Python compiled of it, and the folders that are empty then, up to and with one of `roots`. Raises OSError."""
    trusted.remove_if_there(path)
    folder = os.path.dirname(path)
    _remove_orphans(folder)
    while any(f"{folder}/".startswith(f"{root}/") for root in roots) and os.path.isdir(folder) and not set(os.listdir(folder)) - {_CACHE}:
        shutil.rmtree(folder)
        folder = os.path.dirname(folder)


def remove_metrics(path: str) -> None:
    """Remove a file that the service has written, or has begun to write. Raises UnsafePath where another one is in its place, OSError.

    Another user may own the folder. So no link is followed, and the file is looked at and removed in one and the same folder.
    """
    try:
        folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if _has_metrics(path, folder):
            os.unlink(os.path.basename(path), dir_fd=folder)
    finally:
        os.close(folder)


def _has_metrics(path: str, folder: int) -> bool:
    """False where nothing is there."""
    name = os.path.basename(path)
    try:
        if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise trusted.UnsafePath(f"{path} is not a file.")  # to open a device may have effects
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return False
    with os.fdopen(fd, "rb") as file:
        begins, uid = file.read(len(_METRICS)), os.fstat(fd).st_uid
    if uid not in (0, os.geteuid()):
        raise trusted.UnsafePath(f"{path} belongs to another user than root (uid {uid}).")
    if not _METRICS.startswith(begins):  # of a service that was killed there may be a part
        raise trusted.UnsafePath(f"{path} has other content than metrics of corosync-quorum.")
    return True


def _remove_orphans(folder: str) -> None:
    """Compiled files without a source."""
    cache = os.path.join(folder, _CACHE)
    for name in os.listdir(cache) if os.path.isdir(cache) else []:
        if not os.path.exists(os.path.join(folder, name.split(".")[0] + ".py")):
            trusted.remove_if_there(os.path.join(cache, name))


def compile_below(folder: str) -> None:
    """Compile each source below a folder for this Python, where that is not done: the service must not write there, and each start would compile anew."""
    for path in found([folder]):
        if path.endswith(".py"):
            try:
                py_compile.compile(path, doraise=True)
            except (OSError, py_compile.PyCompileError):
                return  # it works without, and is slower


def lasting_python() -> str:
    """The path of this Python, by a name that an upgrade of the distribution leaves."""
    own = os.path.realpath(sys.executable)
    return next((path for path in _LASTING if os.path.realpath(path) == own), sys.executable)
