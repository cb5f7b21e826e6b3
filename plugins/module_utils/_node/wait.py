# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""One slice of a wait: the I/O that WaitState asks for."""

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import GRACE, Deadline
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._node.observe import Observer
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Outcome
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_state import CONNECT, END, READ, WAIT, WaitState

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._node.interfaces import ConnectToRead, Polls, Reads
    from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import Flip
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Entry

# The goal of whoever follows corosync and waits for nothing. No ring has a greater number: it has 64 bits.
NEVER = {"ring_newer_than": 2**64}


class Wait:
    """Drives a state through its slice.

    state: made at this moment, by the same clock. poller: waits for corosync. on_change: called with each entry of the timeline as soon as it is made,
    its time on the clock, and with the reason of an absence of corosync. configuration: what the last reading read of cmap.
    """

    def __init__(
        self,
        state: WaitState,
        poller: "Polls",
        connect: "ConnectToRead" = Observer,
        clock: t.Callable[[], float] = time.monotonic,
        on_change: t.Callable[["Entry", t.Optional[str]], None] = lambda entry, reason: None,
    ) -> None:
        self._state = state
        self._poller = poller
        self._connect = connect
        self._clock = clock
        self._on_change = on_change
        self.configuration: t.Dict[str, t.Any] = {}
        # What the last connection has reported since the last reading
        self._flips: t.List[Flip] = []

    def run(self) -> Outcome:
        """The slice from its beginning to its end. Raises FATAL errors, ImpossibleGoal, and what the poller raises when nobody wants the result any more."""
        while True:
            step = self._state.next_step(self._clock())
            if step.action == END:
                return self.outcome()
            if step.action == CONNECT:
                self._follow()
            else:
                self._state.woke(self._poller.wait(None, step.seconds), self._clock())

    def outcome(self) -> Outcome:
        """What has come of it so far."""
        outcome = self._state.end(self._clock(), self._flips)
        self._report()
        return outcome

    def _follow(self) -> None:
        """Open a connection and follow what happens, until the slice ends or the connection breaks."""
        self._flips = []
        try:
            with self._connect(self._deadline(), self._poller.check) as observer:
                self._state.connected()
                try:
                    while self._take_step(observer):
                        pass
                finally:
                    self._flips = observer.take_flips()
        except QuorumError as exc:
            self._state.lost(exc, self._clock(), self._flips)
            self._report()

    def _take_step(self, observer: "Reads") -> bool:
        step = self._state.next_step(self._clock())
        if step.action == END:
            return False
        if step.action == WAIT:
            event = self._poller.wait(observer.fileno(), step.seconds)
            observer.lane.deadline = self._deadline()
            if event:
                observer.dispatch()
            self._state.woke(event, self._clock())
        elif step.action == READ or observer.moved():
            self._read(observer)
        else:
            self._state.unchanged(self._clock())
        return True

    def _read(self, observer: "Reads") -> None:
        value = observer.read()
        self.configuration = observer.configuration
        self._state.saw(value, self._clock(), observer.changes, observer.take_flips())
        self._report()

    def _report(self) -> None:
        for entry, reason in self._state.take_news():
            self._on_change(entry, reason)

    def _deadline(self) -> Deadline:
        return Deadline(self._state.call_timeout(self._clock(), GRACE), self._clock)
