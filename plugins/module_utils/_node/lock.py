# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The lock that a run of a role has on a node, so that two runs never stop nodes of one cluster side by side.

It is a file with one JSON document that says who has it. It is linked into its place when it is complete, which only one run can do, and it is changed
and removed under flock. So a reader sees a complete lock or none, and nobody removes a lock of somebody else that has just taken its place.
"""

import contextlib
import errno
import fcntl
import json
import os
import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.locked_file import flocked, is_at
from ansible_collections.corosync.quorum.plugins.module_utils._node.options import is_run_id
from ansible_collections.corosync.quorum.plugins.module_utils._node.trusted import (
    FOLDER,
    LARGEST,
    UnsafePath,
    cannot,
    check_file,
    content_of,
    make_folder,
    remove_if_there,
    replace,
    sync_folder,
    write_aside,
)
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable

LOCK = FOLDER + "/lock"
# How long another process may be changing the lock, and how often that is looked at. Seconds.
_LONGEST = 10.0
_AGAIN = 0.02
_ATTEMPTS = 10

Holder = t.Dict[str, t.Any]


class LockError(Unusable):
    """The lock cannot be used. The message names the file and says what to do."""


# taken: whether the lock is this run's now. lock: what is there. replaced: the id of the run whose lock gave way to it, empty for none.
class Taken(t.NamedTuple):
    taken: bool
    lock: t.Optional[Holder]
    replaced: str


def read(path: str = LOCK) -> t.Optional[Holder]:
    """Who has the lock, None where nobody has it. Raises LockError."""
    try:
        content = content_of(path)
    except (UnsafePath, OSError) as exc:
        raise LockError(_cannot("read", path, exc))
    return None if content is None else _holder(path, content)


def seen(path: str = LOCK) -> t.Dict[str, t.Any]:
    """{lock, lock_fault}, as part of a module's result: who has the lock, or why nobody can say that."""
    try:
        return {"lock": read(path), "lock_fault": ""}
    except LockError as exc:
        return {"lock": None, "lock_fault": str(exc)}


def take(holder: Holder, replaces: t.Sequence[str] = (), path: str = LOCK) -> Taken:
    """Take the lock, also from one of the runs `replaces` (their ids). Raises LockError."""
    content = _document(holder)
    try:
        aside = _aside(path, content)
        try:
            taken = _put(aside, holder, replaces, path)
        finally:
            remove_if_there(aside)
        sync_folder(os.path.dirname(path))
    except (UnsafePath, OSError) as exc:
        raise LockError(_cannot("take", path, exc))
    return taken


def give_back(run_id: str, path: str = LOCK) -> bool:
    """Remove the lock of this run, and of no other. False where this run does not have it. Raises LockError."""
    with held(path) as lock:
        if lock is None or lock["run_id"] != run_id:
            return False
        try:
            os.unlink(path)
            sync_folder(os.path.dirname(path))
        except OSError as exc:
            raise LockError(_cannot("remove", path, exc))
    _remove_folder(path)
    return True


def request_stop(moment: str, path: str = LOCK) -> t.Optional[Holder]:
    """Ask the run that has the lock to stop before its next node. Returns its lock, None where no run has it. Raises LockError."""
    with held(path) as lock:
        if lock is None or lock["stop_requested"]:
            return lock
        asked = dict(lock, stop_requested=moment)
        try:
            replace(path, _document(asked))
        except OSError as exc:
            raise LockError(_cannot("write", path, exc))
        return asked


@contextlib.contextmanager
def held(path: str = LOCK) -> t.Iterator[t.Optional[Holder]]:
    """Who has the lock; nobody else changes or removes it within. None where nobody has it, which another run may change. Raises LockError."""
    end = time.monotonic() + _LONGEST
    while True:
        fd = _opened(path)
        if fd is None:
            yield None
            return
        try:
            if flocked(fd, fcntl.LOCK_EX) and is_at(path, fd):
                yield read(path)
                return
        finally:
            os.close(fd)
        if time.monotonic() > end:
            raise LockError(
                f"Another process of this node has been changing {path} for {_LONGEST:g} s: 'fuser -v {path}' names it. Try again when it has ended."
            )
        time.sleep(_AGAIN)


def _aside(path: str, content: bytes) -> str:
    for _dummy in range(_ATTEMPTS):
        make_folder(os.path.dirname(path), 0o700)
        check_file(path)
        try:
            return write_aside(path, content)
        except FileNotFoundError:
            pass  # the folder was empty, and was removed just now
    raise OSError(errno.ENOENT, "its folder is removed again and again")


def _put(aside: str, holder: Holder, replaces: t.Sequence[str], path: str) -> Taken:
    """Give a complete lock its place."""
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        try:
            os.link(aside, path)
            return Taken(True, holder, "")
        except FileExistsError:
            pass
        with held(path) as lock:
            if lock is None:
                continue  # it was given back just now
            if lock["run_id"] != holder["run_id"] and lock["run_id"] not in replaces:
                return Taken(False, lock, "")
            os.rename(aside, path)
            return Taken(True, holder, "" if lock["run_id"] == holder["run_id"] else lock["run_id"])
    raise LockError(f"{path} is taken and given back all the time. End the other runs of the role first.")


def _document(holder: Holder) -> bytes:
    content = (json.dumps(holder, indent=1, sort_keys=True) + "\n").encode("ascii")
    if len(content) > LARGEST:
        raise LockError(f"What is to be written into the lock has {len(content)} bytes, but may have {LARGEST}.")
    return content


def _holder(path: str, content: bytes) -> Holder:
    """Who has a lock with this content. Raises LockError."""
    try:
        found: t.Any = json.loads(content.decode("utf-8")) if len(content) <= LARGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not is_run_id(found.get("run_id")):
        raise LockError(
            f"{path} on this node is not what the roles of this collection write there, so nobody can say which run has the lock. See that no run is under "
            "way on this cluster, and remove the file."
        )
    return dict(found, stop_requested=found.get("stop_requested") or None)


def _opened(path: str) -> t.Optional[int]:
    """A descriptor to lock by. NFS wants one for writing."""
    try:
        check_file(path)
        return os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except (UnsafePath, OSError) as exc:
        raise LockError(_cannot("change", path, exc))


def _remove_folder(path: str) -> None:
    if path == LOCK:
        try:
            os.rmdir(FOLDER)
        except OSError:
            pass  # something else is in it


def _cannot(what: str, path: str, exc: t.Union[UnsafePath, OSError]) -> str:
    return cannot(f"{what} the lock", path, exc, "Let it and its folder belong to root, and let nobody else write there.")
