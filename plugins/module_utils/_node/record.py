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
import re
import stat
import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.boots import Line, by_boot, last_sign, own_clock, watched_until
from ansible_collections.corosync.quorum.plugins.module_utils._node.clocks import STAMP, Clock, Stamp, clock
from ansible_collections.corosync.quorum.plugins.module_utils._node.locked_file import flocked, is_at
from ansible_collections.corosync.quorum.plugins.module_utils._node.trusted import UnsafePath, cannot, check_file
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import WATCH_ENDED
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import RecordedEntry


FOLDER = "/var/lib/corosync-quorum"
DEFAULT = FOLDER + "/watch.jsonl"
# The record of a run has the run's id in its name.
_OF_RUN = re.compile(r"watch-([0-9a-f]{16})\.jsonl(?:\.stopped-\d+)?\Z")
# How often a watch touches its record, and after how long without that it does not count as running: a busy node may keep it waiting. Seconds.
TOUCH = 2.0
_LIFELESS = 15.0
# What a record may grow to: about ten thousand changes, a change a second for hours. Bytes.
LARGEST = 4 * 1024 * 1024
# How long a watch may take to notice that it is to end: it looks twice a second, and may just be waiting for corosync. Seconds.
ENDING = 20.0
# How often to look whether it has, and how often a new watch tries to get the lock, which a reader may hold for a moment. Seconds.
_AGAIN = 0.05
_ATTEMPTS = 10
_STOPPED = ".stopped-"
_NEEDED = ("at", "event", "quorate", "total_votes", "quorum", "ring_id", "members", "joined", "left")
# How each line of a record begins, and how much of a file is looked at to see whether it is one. Bytes.
_BEGINNING = b'{"at":"'
_ENOUGH = 64 * 1024
_ELSEWHERE = "Choose another record, in a folder that only root can write to."


# timeline: the entries in order. boots: how many of them are of each boot, see by_boot(). unreadable: how many lines are not entries. running: whether a
# watch writes it. now: when it was read. until: until when it is known to have been watched, None where there is no record. Both are seconds since 1970.
class Reading(t.NamedTuple):
    timeline: t.List["RecordedEntry"]
    boots: t.List[int]
    unreadable: int
    running: bool
    now: float
    until: t.Optional[float]

    @property
    def looked(self) -> bool:
        """Whether the watch that runs has recorded its first look."""
        return self.running and bool(self.timeline) and self.timeline[-1]["event"] != WATCH_ENDED


class RecordError(Exception):
    """The record cannot be used. The message names it and says what to do."""


class Record:
    """A record that this process writes. A context manager."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._fd: t.Optional[int] = None
        self._touched = 0.0
        self._clock = clock()

    @classmethod
    def inherited(cls, path: str, fd: int) -> "Record":
        """One that another process has taken, whose child this one is."""
        record = cls(path)
        record._fd = fd
        record._clock = own_clock(_entries([path])[0], record._clock)
        return record

    def __enter__(self) -> "Record":
        return self

    def __exit__(self, *dummy: t.Any) -> None:
        self._close()

    def take(self) -> bool:
        """Open it for writing, and make what is not there. False where another process writes it. Raises RecordError."""
        check(self.path)
        for _dummy in range(_ATTEMPTS):
            try:
                self._open()
                if self._locked():
                    return True
            except FileNotFoundError:
                pass  # its folder was removed by a stop just now
            except OSError as exc:
                raise RecordError(_cannot("write", self.path, exc))
            self._close()
            time.sleep(_AGAIN)
        return False

    def append(self, entry: t.Mapping[str, t.Any], stamped: t.Optional[Stamp] = None) -> None:
        """Write one complete line or nothing. Raises RecordError, also where the record would grow larger than LARGEST.

        stamped: when it was. All times of one boot are by one clock, also that of the file, whatever the clock of the node is set to meanwhile.
        """
        self._append(dict(entry) if stamped is None else dict(entry, at=utc(self._clock.started + stamped.seconds), **{STAMP: stamped}))

    def _append(self, entry: Line) -> None:
        line = json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n"
        size = os.fstat(self.descriptor).st_size
        if size + len(line) > LARGEST:
            raise RecordError(
                f"The record {self.path} is full: it has {size} bytes, and more than {LARGEST} are not written. Something changes all the time on this "
                "cluster: see journalctl -u corosync. Read the record, and stop the watch, which removes it."
            )
        self._write(line)
        self._show_life()

    def is_open_ended(self) -> bool:
        """Whether something is recorded, and nobody has noted behind it that the watch has ended."""
        lines, _unreadable = _entries([self.path])
        return bool(lines) and lines[-1]["event"] != WATCH_ENDED

    def touch(self) -> None:
        """Leave the sign that the watch runs, every TOUCH seconds."""
        now = time.monotonic()
        if now - self._touched >= TOUCH:
            self._touched = now
            self._show_life()

    def _show_life(self) -> None:
        now = self._clock.now()
        try:
            os.utime(self.descriptor, times=(now, now))
        except OSError:
            pass  # then the record says what is so: nobody can rely on it from now on

    def gone(self) -> bool:
        """Whether the file is no longer where it was: the watch is to end."""
        return not is_at(self.path, self.descriptor)

    def _open(self) -> None:
        _make_folder(os.path.dirname(self.path))
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        if not stat.S_ISREG(os.fstat(self._fd).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")

    def _locked(self) -> bool:
        fd = self.descriptor
        if not flocked(fd, fcntl.LOCK_EX) or not is_at(self.path, fd):
            return False
        os.fchmod(fd, 0o600)
        found = os.fstat(fd)
        if found.st_size:
            if os.pread(fd, 1, found.st_size - 1) != b"\n":
                self._write(b"\n")  # the write of the last line was interrupted
            lines = _entries([self.path])[0]
            self._clock = own_clock(lines, self._clock)
            self._append(last_sign(lines, found.st_mtime))
        return True

    def _write(self, line: bytes) -> None:
        fd = self.descriptor
        size = os.fstat(fd).st_size
        try:
            if os.write(fd, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as exc:
            _cut(fd, size)
            raise RecordError(_cannot("write", self.path, exc))

    @property
    def descriptor(self) -> int:
        """Of the file, locked. It is locked as long as any process has it open."""
        if self._fd is None:
            raise RecordError(f"The record {self.path} is not open.")
        return self._fd

    def _close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def path_of(run: str) -> str:
    """The record of a run, by its id."""
    return f"{FOLDER}/watch-{run}.jsonl"


def runs() -> t.List[str]:
    """The ids of all runs that have a record on this node; none for a user who may not see them. Raises RecordError."""
    try:
        names = sorted(os.listdir(FOLDER))
    except (FileNotFoundError, PermissionError):
        return []
    except OSError as exc:
        raise RecordError(_cannot("read", FOLDER, exc))
    found = [_OF_RUN.match(name) for name in names]
    return list(dict.fromkeys(match.group(1) for match in found if match))


def is_watched(path: str) -> bool:
    """Whether a process writes this record now. Raises RecordError."""
    fd = _opened(path)
    if fd is None:
        return False
    try:
        return not flocked(fd, fcntl.LOCK_SH)
    finally:
        os.close(fd)


def read(path: str, by: t.Optional[Clock] = None) -> Reading:
    """The record, and what interrupted stops have left of earlier ones. by: the clock that its times are to be by, else that of now. Raises RecordError."""
    _check_content(path, "has no timeline")
    by = by or clock()
    running, names, now = is_watched(path), _remains(path) + [path], by.now()
    lines, unreadable = _entries(names)
    timeline, boots = by_boot(lines, by)
    return Reading(timeline, boots, unreadable, running, now, _watched_until(names, lines, running, now, by))


def stop(path: str, by: t.Optional[Clock] = None, seconds: float = ENDING) -> Reading:
    """End the watch that writes this record, and remove it. Returns all that was recorded. by: as for read().

    Raises RecordError; the record is still there then.
    """
    by = by or clock()
    running, now = is_watched(path), by.now()
    names = _remains(path) + [path]
    until = _watched_until(names, _entries(names)[0], running, now, by)
    for name in names:
        check(name)
    try:
        os.rename(path, f"{path}{_STOPPED}{int(time.time() * 1e6):016}")
    except FileNotFoundError:
        pass
    except OSError as exc:
        raise RecordError(_cannot("rename", path, exc))
    remains = _remains(path)
    for name in remains:
        _wait_ended(name, seconds)
    lines, unreadable = _entries(remains)
    timeline, boots = by_boot(lines, by)
    for name in remains:
        _remove(name)
    if os.path.dirname(path) == FOLDER:
        _remove_folder()
    return Reading(timeline, boots, unreadable, False, now, until)


def check(path: str) -> None:
    """Raise RecordError unless this is a record of a watch where nobody else can change it, or is not there: nothing else is written to or removed."""
    try:
        check_file(path)
    except UnsafePath as exc:
        raise RecordError(_cannot(f"use the record {path}", path, exc))
    _check_content(path, "is neither changed nor removed")


def _check_content(path: str, so: str) -> None:
    """Raise RecordError where there is a file that is no record. so: what that means for it."""
    fd = _opened(path)
    if fd is None:
        return
    try:
        beginning = os.pread(fd, _ENOUGH, 0)
    except OSError as exc:
        raise RecordError(_cannot("read", path, exc))
    finally:
        os.close(fd)
    if not _is_record(beginning):
        shown = json.dumps(beginning[:60].decode("utf-8", "replace"))
        raise RecordError(f"{path} is not the record of a watch (it begins with {shown}), so it {so}. Choose another record.")


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


def _watched_until(names: t.List[str], lines: t.List[Line], running: bool, now: float, by: Clock) -> t.Optional[float]:
    """Until when a record was watched, by that clock, or by that of its own boot. names: its files, the newest last. lines: all that is in them.

    One that runs and does not say so stands still.
    """
    touched = None
    for name in names:
        try:
            found = os.lstat(name)
        except OSError:
            continue  # it is not there, or was removed just now
        # The newest line tells by which clock its file was touched.
        if touched is None or found.st_size:
            touched = found.st_mtime
    if touched is None:
        return None
    until, is_by_it = watched_until(lines, touched, by)
    if not is_by_it:
        return until
    return now if running and abs(now - until) < _LIFELESS else min(until, now)


def _cut(fd: int, size: int) -> None:
    """Take away the part of a line that was written."""
    try:
        os.ftruncate(fd, size)
    except OSError:
        pass  # then it is one unreadable line, which readers count


def _entries(paths: t.List[str]) -> t.Tuple[t.List[t.Dict[str, t.Any]], int]:
    """The entries of files as they were written, and how many lines are none."""
    entries: t.List[t.Dict[str, t.Any]] = []
    unreadable = 0
    for path in paths:
        for line in _lines(path):
            entry = _entry(line)
            if entry is None:
                unreadable += 1
            else:
                entries.append(entry)
    return entries, unreadable


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


def _entry(line: bytes) -> t.Optional[t.Dict[str, t.Any]]:
    try:
        entry: t.Any = json.loads(line.decode("utf-8"))
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and all(key in entry for key in _NEEDED) else None


def _is_record(beginning: bytes) -> bool:
    """Whether a file that begins so is a record. A power cut may have left zeros, or half of the first line."""
    left = beginning.strip(b"\0 \t\r\n")
    line, end, _rest = left.partition(b"\n")
    return left == _BEGINNING[: len(left)] or line.startswith(_BEGINNING) and (not end or _entry(line) is not None)


def _wait_ended(name: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while is_watched(name):
        if time.monotonic() >= end:
            raise RecordError(
                f"The watch on this node has not ended within {seconds:g} s after it was asked to. Its record is kept as {name}; 'fuser -v {name}' names "
                "the process. Stop the watch again when that has ended."
            )
        time.sleep(_AGAIN)


def _cannot(what: str, path: str, exc: t.Union[UnsafePath, OSError]) -> str:
    return cannot(what, path, exc, _ELSEWHERE, more="You can also choose another record. What was recorded before is kept.")
