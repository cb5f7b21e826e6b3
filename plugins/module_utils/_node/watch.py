# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Watch quorum and record every change: a wait for what never comes, whose entries are written as they are made.

The watch runs in a process of its own, a child of the module. When corosync's libraries have been replaced on the node, that process ends before it
connects again, and the next one goes on from what it has seen. As the C library may have been replaced, too, that one is a new Python, which loads all
that is there now. The module itself waits: while it runs, the archive that it came in is there.
"""

import functools
import json
import os
import time
import traceback
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.blocks import give_back_large_blocks
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._node import anew
from ansible_collections.corosync.quorum.plugins.module_utils._node.clocks import Stamps, stamp
from ansible_collections.corosync.quorum.plugins.module_utils._node.observe import Observer
from ansible_collections.corosync.quorum.plugins.module_utils._node.poller import Poller
from ansible_collections.corosync.quorum.plugins.module_utils._node.record import Record, RecordError
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Slice
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait import NEVER, Wait
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_state import WaitState
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import COROSYNC_UNAVAILABLE, WATCH_ENDED, marker

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._node.interfaces import ConnectToRead
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Compared, Entry

# How often to look whether the watch is to end. Seconds.
PULSE = 0.5


class Stopped(Exception):
    """The record was taken away, which is how a watch is asked to end."""


class Seen(t.NamedTuple):
    """What one process of a watch hands over to the next one. reported, away: as in a Slice."""

    reported: t.Optional["Compared"] = None
    away: t.Optional[str] = None


# What a process hands over that died
_NOTHING = Seen(None, "died")

# How a process of a watch ends: its time is over, its record is gone, the libraries were replaced, an error, the record cannot be written, it said nothing.
OVER, STOPPED, REPLACED, FAILED, UNWRITABLE, DIED = "over", "stopped", "replaced", "failed", "unwritable", "died"


class Watched(t.NamedTuple):
    """How a process of a watch ended. msg, reason: of an error."""

    end: str
    seen: Seen = Seen()
    msg: str = ""
    reason: t.Optional[str] = None


class RecordPoller(Poller):
    """Waits as long as the record is where it was, and the parent of this process lives. Raises Stopped after that."""

    def __init__(self, record: Record, parent: int) -> None:
        super().__init__(PULSE)
        self._record = record
        self._parent = parent

    def check(self) -> None:
        """Raise Stopped if the watch is to end."""
        if self._record.gone():
            raise Stopped("The record of this watch is gone.")
        if os.getppid() != self._parent:
            raise Stopped("The process that this watch belongs to was killed.")
        self._record.touch()


def watch(record: Record, timeout: float, sleep: float, connect_timeout: float) -> bool:
    """Record what changes for `timeout` seconds. True when they have passed, False when the watch was stopped.

    Raises RecordError, and QuorumError, also for one that waiting cannot fix (FATAL in wait_state.py) if that is so from the start.
    """
    end, parent = time.monotonic() + timeout, os.getpid()
    watched = _in_a_child(functools.partial(_tell, functools.partial(watch_here, record, timeout, sleep, connect_timeout, parent, Seen())))
    seen = watched.seen
    is_first = watched.end != REPLACED
    while not is_first and watched.end in (REPLACED, DIED) and not record.gone() and time.monotonic() < end:
        seen = watched.seen if watched.end == REPLACED else _after_a_death(record, sleep)
        watched = _in_a_child(functools.partial(_execute, record, end - time.monotonic(), sleep, connect_timeout, parent, seen))
    if not is_first and watched.end in (REPLACED, DIED):
        return not record.gone()
    return _is_over(watched)


def _after_a_death(record: Record, sleep: float) -> Seen:
    """What the process after one that died is given: packages may just be replaced, so that Python itself does not run."""
    if record.is_open_ended():
        record.append(marker(0.0, WATCH_ENDED), stamp())
    time.sleep(sleep)
    return _NOTHING


def _is_over(watched: Watched) -> bool:
    if watched.end == UNWRITABLE:
        raise RecordError(watched.msg)
    if watched.end in (FAILED, DIED):
        error = QuorumError(watched.msg)
        error.reason = watched.reason
        raise error
    return watched.end == OVER


def watch_here(record: Record, timeout: float, sleep: float, connect_timeout: float, parent: int, seen: Seen, connect: "ConnectToRead" = Observer) -> Watched:
    """Record what changes, in this process. Raises RecordError, QuorumError."""

    stamps = Stamps()

    def write(entry: "Entry", reason: t.Optional[str]) -> None:
        record.append(line_of(entry, reason), stamps.of(entry["at"]))

    give_back_large_blocks()
    slice_ = Slice(seconds=timeout, limit=timeout, stable_for=0.0, linger=None, reported=seen.reported, away=seen.away)
    state = WaitState(NEVER, slice_, sleep, connect_timeout, time.monotonic(), fatal_only_at_first=True)
    wait = Wait(state, RecordPoller(record, parent), anew.unless_replaced(connect), on_change=write)
    try:
        wait.run()
    except Stopped:
        wait.outcome()  # writes the change that is still in progress
        return Watched(STOPPED)
    except anew.Replaced:
        return Watched(REPLACED, Seen(state.last_reported, state.last_away))
    return Watched(OVER)


def line_of(entry: "Entry", reason: t.Optional[str]) -> t.Dict[str, t.Any]:
    """What is recorded of an entry but for its time. An absence of corosync has a reason, which may be None."""
    return dict(entry, reason=reason) if entry["event"] == COROSYNC_UNAVAILABLE else dict(entry)


# ---- the child -----------------------------------------------------------------------------------------------------------


def _in_a_child(run: t.Callable[[int], None]) -> Watched:
    """How a child process ended, as it told it. run: what it does; it is given the descriptor to tell it on, and does not return."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            run(writing)
        except BaseException:  # pylint: disable=broad-exception-caught
            traceback.print_exc()
        finally:
            os._exit(1)  # what the module has set up to be done at its end is its own
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        told = file.read()
    dummy, status = os.waitpid(child, 0)
    if told:
        end, seen, msg, reason = json.loads(told.decode("ascii"))
        return Watched(end, Seen(*seen), msg, reason)
    how = f"signal {os.WTERMSIG(status)} ended it" if os.WIFSIGNALED(status) else f"its exit status is {os.WEXITSTATUS(status)}"
    return Watched(DIED, msg=f"The process that watches quorum on this node has ended: {how}. See the kernel's log there (journalctl -k).")


def _tell(job: t.Callable[[], Watched], fd: int) -> None:
    """Run the job, tell how it ended, and end this process."""
    told = json.dumps(_end_of(job)).encode("ascii")
    os._exit(0 if os.write(fd, told) == len(told) else 1)


def _execute(record: Record, timeout: float, sleep: float, connect_timeout: float, parent: int, seen: Seen, fd: int) -> None:
    """Make this process a new Python that goes on."""
    arguments = [record.path, record.descriptor, fd, timeout, sleep, connect_timeout, parent, seen]
    anew.execute("watch_quorum", __name__, arguments, (fd, record.descriptor))


def go_on(path: str, descriptor: int, fd: int, timeout: float, sleep: float, connect_timeout: float, parent: int, seen: t.Sequence[t.Any]) -> None:
    """What _execute() begins."""
    record = Record.inherited(path, descriptor)
    _tell(functools.partial(watch_here, record, timeout, sleep, connect_timeout, parent, Seen(*seen)), fd)


def _end_of(job: t.Callable[[], Watched]) -> Watched:
    try:
        return job()
    except RecordError as exc:
        return Watched(UNWRITABLE, msg=str(exc))
    except QuorumError as exc:
        return Watched(FAILED, msg=str(exc), reason=exc.reason)
