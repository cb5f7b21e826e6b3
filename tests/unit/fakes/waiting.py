# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A WaitState that is given events and times, and whose decisions are read."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Slice
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_state import CHECK, END, READ, WAIT, WaitState

GONE = DaemonGone("votequorum_dispatch", 2)
START = 1000.0


class Waiting:
    """A state and the time since its slice began, which passes while the state wants to wait. checks: when it asked for silent changes."""

    def __init__(self, goal=None, sleep=1.0, connect_timeout=5.0, fatal_only_at_first=False, **slice_):
        given = dict({"seconds": 60.0, "limit": 300.0, "stable_for": 0.0, "linger": 2.0, "reported": None, "away": None}, **slice_)
        self.state = WaitState({"quorate": True} if goal is None else goal, Slice(**given), sleep, connect_timeout, START, fatal_only_at_first)
        self.time = 0.0
        self.checks = []
        self._connected = False
        self._changes = 0

    @property
    def now(self):
        return START + self.time

    def passes(self, seconds):
        self.time += seconds

    def step(self):
        """What the state wants now: its action, or the seconds that it would wait."""
        step = self.state.next_step(self.now)
        return pytest.approx(step.seconds, abs=1e-6) if step.action == WAIT else step.action

    def connects(self):
        self.state.connected()
        assert self.step() == READ
        self._connected = True
        self._changes = 0  # a new connection counts from zero

    def saw(self, seen, changes=0, flips=()):
        """This is what the reading gives that it wants now. changes: how many events there were meanwhile."""
        if not self._connected:
            self.connects()
        self._changes += changes
        self.state.saw(seen, self.now, self._changes, flips)

    def lost(self, error=GONE, flips=()):
        self._connected = False
        self.state.lost(error, self.now, flips)

    def quiet(self, until=None, finds_at=None):
        """Nothing happens until then, or until the state wants something else than to wait or to check: what it wants. Checks find nothing until finds_at."""
        while True:
            step = self.state.next_step(self.now)
            if step.action == CHECK and (finds_at is None or self.time < finds_at):
                self.checks.append(round(self.time, 6))
                self.state.unchanged(self.now)
            elif step.action != WAIT:
                return step.action
            elif until is not None and self.time + step.seconds > until + 1e-9:
                self.time = until
                return WAIT
            else:
                self.time += step.seconds
                self.state.woke(False, self.now)

    def event(self, at):
        """corosync sends something at this time, until which nothing happens: then the state wants to read."""
        assert self.quiet(until=at) == WAIT
        self.state.woke(True, self.now)
        assert self.step() == READ

    def moves(self, at):
        """At this time the state checks and finds that something changed silently."""
        assert self.quiet(finds_at=at) == CHECK
        assert self.time == at

    def ends(self):
        """The slice ends now: its outcome."""
        assert self.step() == END
        return self.state.end(self.now)


def timeline(outcome):
    """The timeline as (event, seconds before the end)."""
    return [(entry["event"], round(entry["at"], 6)) for entry in outcome.timeline]
