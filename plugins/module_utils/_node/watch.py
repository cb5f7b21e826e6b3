# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Watch quorum and record every change: a wait for what never comes, whose entries are written as they are made."""

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.observe import Observer
from ansible_collections.corosync.quorum.plugins.module_utils._node.poller import Poller
from ansible_collections.corosync.quorum.plugins.module_utils._node.record import Record
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Slice
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait import Wait
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_state import WaitState
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._node.interfaces import ConnectToRead
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Entry, RecordedEntry

# No ring has a greater number: it has 64 bits.
NEVER = {"ring_newer_than": 2**64}
# How often to look whether the watch is to end. Seconds.
PULSE = 0.5


class Stopped(Exception):
    """The record was taken away, which is how a watch is asked to end."""


class RecordPoller(Poller):
    """Waits as long as the record is where it was. Raises Stopped after that."""

    def __init__(self, record: Record) -> None:
        super().__init__(PULSE)
        self._record = record

    def check(self) -> None:
        """Raise Stopped if the watch is to end."""
        if self._record.gone():
            raise Stopped("The record of this watch is gone.")


def watch(record: Record, timeout: float, sleep: float, connect_timeout: float, connect: "ConnectToRead" = Observer) -> bool:
    """Record what changes for `timeout` seconds. True when they have passed, False when the watch was stopped.

    Raises RecordError, and an error that waiting cannot fix (FATAL in wait_state.py) if that is so from the start.
    """

    def write(entry: "Entry", reason: t.Optional[str]) -> None:
        record.append(line_of(entry, reason, time.time() - (time.monotonic() - entry["at"])))

    slice_ = Slice(seconds=timeout, limit=timeout, stable_for=0.0, linger=None, reported=None, away=None)
    state = WaitState(NEVER, slice_, sleep, connect_timeout, time.monotonic(), fatal_only_at_first=True)
    wait = Wait(state, RecordPoller(record), connect, on_change=write)
    try:
        wait.run()
    except Stopped:
        wait.outcome()  # writes the change that is still in progress
        return False
    return True


def line_of(entry: "Entry", reason: t.Optional[str], at: float) -> "RecordedEntry":
    """What is recorded of an entry, with its time by the wall clock. An absence of corosync has a reason, which may be None."""
    line = t.cast("RecordedEntry", dict(entry, at=utc(at)))
    if entry["event"] == "corosync_unavailable":
        line["reason"] = reason
    return line
