# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Watch quorum and record every change: a wait for what never comes, whose entries are written as they are made."""

import select
import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._node.record import Record
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait import Slice, Wait
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Entry, RecordedEntry

# No ring has a greater number: it has 64 bits.
NEVER = {"ring_newer_than": 2**64}
# How often to look whether the watch is to end. Seconds.
PULSE = 0.5


class Stopped(Exception):
    """The record is no longer there: whoever took it away wants the watch to end."""


class Attention:
    """Stands where a wait has the reader of its output (see _reader.py): nobody reads a watch's, and what ends it is its record."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def check(self) -> None:
        """Raise Stopped if the watch is to end."""
        if self._record.gone():
            raise Stopped("The record of this watch is gone.")

    def wait(self, fd: t.Optional[int], seconds: float) -> bool:
        """True as soon as fd is readable or broken, False after so many seconds. Raises Stopped."""
        poller = select.poll()
        if fd is not None:
            poller.register(fd, select.POLLIN)
        end = time.monotonic() + seconds
        while True:
            self.check()
            left = max(0.0, end - time.monotonic())
            if poller.poll(int(min(left, PULSE) * 1000 + 0.999)):
                return True
            if left <= PULSE:
                return False


def watch(record: Record, timeout: float, sleep: float, connect_timeout: float, connect: t.Any = None) -> bool:
    """Record what changes for so many seconds. True when they are over, False when the watch was stopped.

    Raises what no waiting mends (see _wait.py) if that is so from the start, and RecordError.
    """

    def noted(change: "Entry", error: t.Optional[QuorumError]) -> None:
        record.append(line_of(change, error, time.time() - (time.monotonic() - change["at"])))

    task = Slice(
        goal=NEVER, stable_for=0.0, seconds=timeout, limit=timeout, linger=None, sleep=sleep, connect_timeout=connect_timeout, reported=None, away=None
    )
    more = {} if connect is None else {"connect": connect}
    wait = Wait(task, reader=Attention(record), noted=noted, patient=True, **more)
    try:
        wait.run()
    except Stopped:
        wait.outcome()  # writes what is still under way
        return False
    return True


def line_of(change: "Entry", error: t.Optional[QuorumError], at: float) -> "RecordedEntry":
    """What is recorded of a change, with its time by the wall clock. An absence of corosync comes with its reason."""
    line = t.cast("RecordedEntry", dict(change, at=utc(at)))
    if error is not None:
        line["reason"] = error.reason
    return line
