# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The record of a watch: a file with one JSON line for each entry of its timeline.

Whoever writes it holds a lock on it (flock), which ends with the process, whatever ends that. So no pid has to be trusted: a
record that is locked is watched. A watch ends when its record is no longer where it was. To stop one is therefore to rename its record, to wait
for the lock, and to read what is there; a stop that is interrupted in between leaves the renamed file, which the next one finds.
"""

import errno
import fcntl
import json
import os
import stat
import time
import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import RecordedEntry


FOLDER = "/var/lib/corosync-quorum"
DEFAULT = FOLDER + "/watch.jsonl"
# What a record may grow to: about ten thousand changes, a change a second for hours. Bytes.
LARGEST = 4 * 1024 * 1024
# How long a watch may take to notice that it is to end: it looks twice a second, and may just be waiting for corosync. Seconds.
ENDING = 20.0
# How often to look whether it has, and how often a new watch tries to get the lock, which a reader may hold for a moment. Seconds.
_AGAIN = 0.05
_ATTEMPTS = 10
_STOPPED = ".stopped-"
_NEEDED = ("at", "event", "quorate", "total_votes", "quorum", "ring_id", "members", "joined", "left")


# timeline: the entries in order. unreadable: how many lines are not entries. running: whether a watch writes it.
class Reading(t.NamedTuple):
    timeline: t.List["RecordedEntry"]
    unreadable: int
    running: bool


class RecordError(Exception):
    """The record cannot be used. The message names it and says what to do."""


class Record:
    """A record that this process writes. A context manager."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd: t.Optional[int] = None
        self._size = 0

    def __enter__(self) -> "Record":
        return self

    def __exit__(self, *dummy: t.Any) -> None:
        self._close()

    def take(self) -> bool:
        """Open it for writing, and make what is not there. False where another process writes it. Raises RecordError."""
        for _dummy in range(_ATTEMPTS):
            try:
                self._open()
                if self._locked():
                    return True
            except FileNotFoundError:
                pass  # its folder was removed by a stop just now
            except OSError as exc:
                raise RecordError(_cannot("write", self._path, exc))
            self._close()
            time.sleep(_AGAIN)
        return False

    def append(self, entry: "RecordedEntry") -> None:
        """Write one complete line or nothing. Raises RecordError, also where the record would grow larger than LARGEST."""
        line = json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n"
        if self._size + len(line) > LARGEST:
            raise RecordError(
                f"The record {self._path} is full: it has {self._size} bytes, and more than {LARGEST} are not written. Something changes all the time on this "
                "cluster: see journalctl -u corosync. Read the record, and stop the watch, which removes it."
            )
        self._write(line)

    def gone(self) -> bool:
        """Whether the file is no longer where it was: the watch is to end."""
        return not _is_at(self._path, self._descriptor())

    def _open(self) -> None:
        _make_folder(os.path.dirname(self._path))
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        if not stat.S_ISREG(os.fstat(self._fd).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")

    def _locked(self) -> bool:
        fd = self._descriptor()
        if not _lock(fd, fcntl.LOCK_EX) or not _is_at(self._path, fd):
            return False
        os.fchmod(fd, 0o600)
        self._size = os.fstat(fd).st_size
        if self._size and os.pread(fd, 1, self._size - 1) != b"\n":
            self._write(b"\n")  # the write of the last line was interrupted
        return True

    def _write(self, line: bytes) -> None:
        fd = self._descriptor()
        try:
            if os.write(fd, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as exc:
            self._cut(fd)
            raise RecordError(_cannot("write", self._path, exc))
        self._size += len(line)

    def _cut(self, fd: int) -> None:
        """Take away the part of a line that was written."""
        try:
            os.ftruncate(fd, self._size)
        except OSError:
            pass  # then it is one unreadable line, which readers count

    def _descriptor(self) -> int:
        if self._fd is None:
            raise RecordError(f"The record {self._path} is not open.")
        return self._fd

    def _close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def is_watched(path: str) -> bool:
    """Whether a process writes this record now. Raises RecordError."""
    fd = _opened(path)
    if fd is None:
        return False
    try:
        return not _lock(fd, fcntl.LOCK_SH)
    finally:
        os.close(fd)


def read(path: str) -> Reading:
    """The record, and what interrupted stops have left of earlier ones. Raises RecordError."""
    timeline, unreadable = _entries(_remains(path) + [path])
    return Reading(timeline, unreadable, is_watched(path))


def stop(path: str, seconds: float = ENDING) -> Reading:
    """End the watch that writes this record, and remove it. Returns all that was recorded. Raises RecordError; the record is still there then."""
    try:
        os.rename(path, f"{path}{_STOPPED}{int(time.time() * 1e6):016}")
    except FileNotFoundError:
        pass
    except OSError as exc:
        raise RecordError(_cannot("rename", path, exc))
    remains = _remains(path)
    for name in remains:
        _wait_ended(name, seconds)
    timeline, unreadable = _entries(remains)
    for name in remains:
        _remove(name)
    if os.path.dirname(path) == FOLDER:
        _remove_folder()
    return Reading(timeline, unreadable, False)


def is_there(path: str) -> bool:
    """Whether there is anything that stop() would remove. Raises RecordError."""
    return os.path.lexists(path) or bool(_remains(path))


# ---- files ---------------------------------------------------------------------------------------------------------------


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder, 0o700)
    except FileExistsError:
        pass


def _remove_folder() -> None:
    try:
        os.rmdir(FOLDER)
    except OSError:
        pass  # something else is in it, or another stop was faster


def _remove(name: str) -> None:
    try:
        os.unlink(name)
    except FileNotFoundError:
        pass
    except OSError as exc:
        raise RecordError(_cannot("remove", name, exc))


def _remains(path: str) -> t.List[str]:
    """The files of stops that were interrupted, the earliest first."""
    folder, name = os.path.split(path)
    try:
        return [os.path.join(folder, found) for found in sorted(os.listdir(folder)) if found.startswith(name + _STOPPED)]
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise RecordError(_cannot("read", folder, exc))


def _opened(path: str) -> t.Optional[int]:
    """A descriptor for reading, None where there is no such file."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise RecordError(_cannot("read", path, exc))


def _entries(paths: t.List[str]) -> t.Tuple[t.List["RecordedEntry"], int]:
    timeline: t.List[RecordedEntry] = []
    unreadable = 0
    for path in paths:
        for line in _lines(path):
            entry = _entry(line)
            if entry is None:
                unreadable += 1
            else:
                timeline.append(entry)
    return timeline, unreadable


def _lines(path: str) -> t.List[bytes]:
    fd = _opened(path)
    if fd is None:
        return []
    try:
        with os.fdopen(fd, "rb") as file:
            lines = file.read(LARGEST).split(b"\n")
    except OSError as exc:
        raise RecordError(_cannot("read", path, exc))
    return [line for line in lines if line.strip()]


def _entry(line: bytes) -> t.Optional["RecordedEntry"]:
    try:
        entry: t.Any = json.loads(line.decode("utf-8"))
    except ValueError:
        return None
    return t.cast("RecordedEntry", entry) if isinstance(entry, dict) and all(key in entry for key in _NEEDED) else None


def _is_at(path: str, fd: int) -> bool:
    try:
        there = os.lstat(path)
    except OSError:
        return False
    return os.path.samestat(there, os.fstat(fd))


def _lock(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_ended(name: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while is_watched(name):
        if time.monotonic() >= end:
            raise RecordError(
                f"The watch on this node has not ended within {seconds:g} s after it was asked to. Its record is kept as {name}; 'fuser -v {name}' names "
                "the process. Stop the watch again when that has ended."
            )
        time.sleep(_AGAIN)


def _cannot(what: str, path: str, exc: OSError) -> str:
    problem = f"Cannot {what} {path} on this node: {exc.strerror or exc}."
    if exc.errno in (errno.EACCES, errno.EPERM):
        return problem + " Run the task as root (become: true), or choose another record."
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return problem + " Free some space there (df -h), or choose a record elsewhere. What was written before is kept."
    if exc.errno == errno.ELOOP:
        return problem + " It is a symbolic link, which is not followed: remove it, or choose another record."
    return problem + " Choose another record, or see to it that this one can be used."
