# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Files that root writes, reads and removes by a path: only where nobody else could have put something there, and written so that a power cut loses nothing.

A path can be trusted if every folder on its way belongs to root (or to whoever runs this) and nobody else can write to it: then nobody else can replace
what is there between a look and an act. A folder like /tmp may be on the way, as there nobody can replace what is root's, but may not be its end.
"""

import errno
import grp
import os
import pwd
import stat
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable

# The folder of this collection on a node. It is root's alone.
FOLDER = "/var/lib/corosync-quorum"
# What a file of ours may have. Bytes.
LARGEST = 64 * 1024
# What to do where the system does not let a file be used.
_AS_ROOT, _SPACE = "Run the task as root (become: true).", "Free some space there (df -h)."
_ADVICE = {
    errno.EACCES: _AS_ROOT,
    errno.EPERM: _AS_ROOT,
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EROFS: "Mount its file system for writing.",
}
# How many symbolic links a path may have, as for the kernel.
_MOST_LINKS = 40


class UnsafePath(Unusable):
    """A path that must not be used. The message names it and says why."""


def cannot(what: str, path: str, exc: t.Union[UnsafePath, OSError], unsafe: str, more: str = "") -> str:
    """Why a file cannot be used, and what to do. what: `read the lock`. unsafe: the advice for an UnsafePath. more: a last sentence."""
    if isinstance(exc, UnsafePath):
        return f"Cannot {what}: {exc} {unsafe}"
    advice = _ADVICE.get(exc.errno or 0, "Make sure that root can write there.")
    return f"Cannot {what} {path} on this node: {exc.strerror or exc}. {advice} {more}".rstrip()


def check_file(path: str) -> None:
    """Raise UnsafePath unless this is a regular file of root's in a folder that can be trusted, or is not there."""
    if not os.path.isabs(path) or os.path.basename(path) in ("", ".", ".."):
        raise UnsafePath(f"{path} is not the absolute path of a file.")
    check_folder(os.path.dirname(path))
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    except OSError as exc:
        raise UnsafePath(f"{path} cannot be examined: {exc.strerror}.")
    if stat.S_ISLNK(found.st_mode):
        raise UnsafePath(f"{path} is a symbolic link, which is not followed.")
    if not stat.S_ISREG(found.st_mode):
        raise UnsafePath(f"{path} is {'a folder' if stat.S_ISDIR(found.st_mode) else 'no regular file'}.")
    _check_owner(path, found)


def check_folder(folder: str) -> None:
    """Raise UnsafePath unless only root can change what is in a folder, and to which folder its path leads. What is not there yet can be trusted."""
    for here, found, is_end in _way(folder):
        if stat.S_ISLNK(found.st_mode) or found.st_mode & stat.S_ISVTX and not is_end:
            _check_ownership(here, found)
        else:
            _check_owner(here, found)


def check_service_folder(folder: str) -> None:
    """Raise UnsafePath unless a folder, and to which one its path leads, is the choice of root, of one other user, and of nobody else.

    For a folder in which root makes files without following what is there, and that a service without root may own, as that of node_exporter. On Debian
    its user owns the folder above. Its group may write to the folder itself: that is how the most common role for node_exporter lets others add metrics.
    A group that nobody but the owner is in may write to those above as well.
    """
    owners = {0, os.geteuid()}
    for here, found, is_end in _way(folder):
        owners.add(found.st_uid)
        if len(owners - {0, os.geteuid()}) > 1:
            raise UnsafePath(f"{here} belongs to the user with the uid {found.st_uid}, and another user than root owns a folder above it.")
        if stat.S_ISLNK(found.st_mode) or found.st_mode & stat.S_ISVTX:
            continue  # a link has no mode, and in a folder like /tmp nobody can replace what is somebody else's
        if found.st_mode & stat.S_IWOTH:
            raise UnsafePath(f"{here} can be written by every user (mode {stat.S_IMODE(found.st_mode):04o}).")
        if found.st_mode & stat.S_IWGRP and found.st_gid != 0 and not is_end and not _is_own_group(found):
            raise UnsafePath(f"{here} can be written by its group (mode {stat.S_IMODE(found.st_mode):04o}), and {folder} is below it.")


def _is_own_group(found: os.stat_result) -> bool:
    """Whether the group of a file is the main one of its owner, and has nobody else in it."""
    try:
        owner, group = pwd.getpwuid(found.st_uid), grp.getgrgid(found.st_gid)
    except KeyError:
        return False
    return owner.pw_gid == found.st_gid and set(group.gr_mem) <= {owner.pw_name}


def _way(folder: str) -> t.Iterator[t.Tuple[str, os.stat_result, bool]]:
    """Each link and folder that the path of a folder leads through, as far as it is there, and whether it is the end. Raises UnsafePath."""
    left = _parts(folder)
    place, links = "/", 0
    while left:
        name = left.pop()
        here = os.path.normpath(os.path.join(place, name))
        try:
            found = os.lstat(here)
        except FileNotFoundError:
            return
        except OSError as exc:
            raise UnsafePath(f"{here} cannot be examined: {exc.strerror}.")
        if stat.S_ISLNK(found.st_mode):
            links += 1
            if links > _MOST_LINKS:
                raise UnsafePath(f"{folder} has more than {_MOST_LINKS} symbolic links.")
            yield here, found, False
            target = os.readlink(here)
            left += _parts(target)
            place = "/" if os.path.isabs(target) else place
            continue
        if not stat.S_ISDIR(found.st_mode):
            raise UnsafePath(f"{here} is no folder.")
        yield here, found, not left
        place = here


def make_folder(folder: str, mode: int) -> None:
    """Make a folder, where it is not there, so that a power cut does not lose it. Raises UnsafePath, OSError."""
    check_folder(folder)
    missing = []
    place = folder
    while not os.path.isdir(place):
        missing.append(place)
        place = os.path.dirname(place)
    for path in reversed(missing):
        try:
            os.mkdir(path, mode)
        except FileExistsError:
            pass  # somebody else was faster
        sync_folder(os.path.dirname(path))
    check_folder(folder)


def content_of(path: str) -> t.Optional[bytes]:
    """What is in a file that can be trusted, at most LARGEST bytes and one. None where there is none. Raises UnsafePath, OSError."""
    check_file(path)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(fd, "rb") as file:
        return file.read(LARGEST + 1)


def write_aside(path: str, content: bytes) -> str:
    """Write what is to become a file into another one beside it, as far as the disk, for root alone. Returns its path. Raises OSError."""
    folder, name = os.path.split(path)
    aside = os.path.join(folder, f".{name}.{os.urandom(8).hex()}")
    fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        remove_if_there(aside)
        raise
    return aside


def replace(path: str, content: bytes) -> None:
    """Write a file as a whole: after a power cut there is the old one or the new one. Raises OSError."""
    aside = write_aside(path, content)
    try:
        os.rename(aside, path)
    except OSError:
        remove_if_there(aside)
        raise
    sync_folder(os.path.dirname(path))


def remove_if_there(path: str) -> None:
    """Remove a file. Raises OSError."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def sync_folder(folder: str) -> None:
    """See to it that what was made, renamed or removed in a folder outlasts a power cut. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _parts(path: str) -> t.List[str]:
    """Its parts, the first one last."""
    return [part for part in path.split("/") if part][::-1]


def _check_owner(path: str, found: os.stat_result) -> None:
    _check_ownership(path, found)
    # Who is in the group of root is trusted by root.
    if found.st_mode & stat.S_IWOTH or found.st_mode & stat.S_IWGRP and found.st_gid != 0:
        raise UnsafePath(f"{path} can be written by other users than root (mode {stat.S_IMODE(found.st_mode):04o}).")


def _check_ownership(path: str, found: os.stat_result) -> None:
    if found.st_uid not in (0, os.geteuid()):
        raise UnsafePath(f"{path} belongs to another user than root (uid {found.st_uid}).")
