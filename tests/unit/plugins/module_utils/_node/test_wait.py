# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver of a wait: it connects, reads, checks, polls and dispatches as the state says, and reports what came of it."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone, LibraryMissing
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Slice
from ansible_collections.corosync.quorum.plugins.module_utils._node.stdout import ReaderGone
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait import Wait
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_state import WaitState
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

GONE = DaemonGone("votequorum_dispatch")
LESS = value(members=[1])


class Corosync:
    """In place of the observer, the poller and the clock. waits: what comes of each wait: the seconds after which an event comes, None for none, or an error.

    readings: what each reading gives, or an error. moves: what each check finds. Waiting is all that takes time.
    """

    def __init__(self, readings, waits=(), moves=(), connections=()):
        self._readings, self._waits, self._moves, self._connections = list(readings), list(waits), list(moves), list(connections)
        self.now = 1000.0
        self.calls, self.timeouts = [], []
        self.lane, self.changes, self.configuration = self, 0, {}
        self.deadline = None

    def clock(self):
        return self.now

    def connect(self, deadline, while_waiting):
        assert while_waiting == self.check
        self.calls.append("connect")
        self.deadline = deadline
        _raised(self._connections.pop(0) if self._connections else None)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *dummy):
        self.calls.append("close")

    def fileno(self):
        return 7

    def dispatch(self):
        self.calls.append("dispatch")
        return []

    def read(self):
        self.calls.append("read")
        self.timeouts.append(self.deadline.remaining())
        self.configuration = {"reading": self.calls.count("read")}
        return _raised(self._readings.pop(0))

    def moved(self):
        self.calls.append("check")
        self.timeouts.append(self.deadline.remaining())
        return self._moves.pop(0)

    def take_flips(self):
        return []

    def check(self):
        raise AssertionError("only the lane calls it")

    def wait(self, fd, seconds):
        self.calls.append(("wait", fd, seconds))
        after = _raised(self._waits.pop(0))
        self.now += seconds if after is None else after
        return after is not None


def _raised(answer):
    if isinstance(answer, Exception):
        raise answer
    return answer


def driver(corosync, on_change=lambda entry, reason: None, goal=None, **slice_):
    given = dict({"seconds": 60.0, "limit": 60.0, "stable_for": 0.0, "linger": None, "reported": None, "away": None}, **slice_)
    state = WaitState(goal or {"quorate": True}, Slice(**given), sleep=1.0, connect_timeout=5.0, now=corosync.now)
    return Wait(state, corosync, corosync.connect, corosync.clock, on_change)


def test_what_holds_already_is_read_once():
    corosync = Corosync([value()])
    assert driver(corosync).run().met
    assert corosync.calls == ["connect", "read", "close"]


def test_an_event_is_dispatched_and_read():
    corosync = Corosync([LESS, value()], waits=[0.4])
    assert driver(corosync).run().took == pytest.approx(0.4)
    assert corosync.calls == ["connect", "read", ("wait", 7, 1.0), "dispatch", "read", "close"]


def test_without_an_event_it_checks_and_reads_what_moved():
    corosync = Corosync([LESS, value()], waits=[None, None], moves=[False, True])
    assert driver(corosync).run().took == pytest.approx(2)
    assert corosync.calls == ["connect", "read", ("wait", 7, 1.0), "check", ("wait", 7, 1.0), "check", "read", "close"]


def test_each_wake_gives_corosync_its_full_time_again():
    corosync = Corosync([LESS, LESS], waits=[0.5, None, None, None], moves=3 * [False])
    driver(corosync, seconds=3.5, limit=6.0).run()
    assert corosync.timeouts == pytest.approx([5.0, 5.0, 4.2, 3.2, 2.2]), "at 0, 0.5, 1.5, 2.5 and 3.5 seconds, and 0.25 s before the limit"


def test_a_connection_that_breaks_is_closed_and_another_one_opened():
    corosync = Corosync([GONE, value()], waits=[None])
    outcome = driver(corosync).run()
    assert outcome.met and outcome.reconnects == 1
    assert corosync.calls == ["connect", "read", "close", ("wait", None, 1.0), "connect", "read", "close"]


def test_the_configuration_is_that_of_the_last_reading():
    corosync = Corosync([LESS, value()], waits=[0.1])
    wait = driver(corosync)
    wait.run()
    assert wait.configuration == {"reading": 2}


def test_each_change_is_passed_on_at_once():
    changes = []
    corosync = Corosync([LESS, GONE, value(ring=14)], waits=[0.5, None])
    driver(corosync, lambda entry, reason: changes.append((entry["event"], entry["at"], reason, corosync.calls.count("read")))).run()
    assert changes == [
        ("state", 1000.0, None, 1),
        ("corosync_unavailable", 1000.5, "not_running", 2),
        ("corosync_available", 1001.5, None, 3),
        ("quorum_gained", 1001.5, None, 3),
    ]


def test_what_waiting_cannot_fix_ends_it():
    with pytest.raises(LibraryMissing):
        driver(Corosync([], connections=[LibraryMissing("no library")])).run()


@pytest.mark.parametrize("readings, waits", [([ReaderGone()], []), ([LESS], [ReaderGone()])])
def test_nobody_wants_the_result_any_more(readings, waits):
    corosync = Corosync(readings, waits)
    with pytest.raises(ReaderGone):
        driver(corosync).run()
    assert corosync.calls[-1] == "close"


def test_what_is_in_progress_is_passed_on_when_somebody_ends_it():
    changes = []
    corosync = Corosync([value(), value(members=[1], settled=False)], waits=[0.5, ReaderGone()])
    wait = driver(corosync, lambda entry, reason: changes.append(entry["event"]), goal={"ring_newer_than": 2**64})
    with pytest.raises(ReaderGone):
        wait.run()
    assert changes == ["state"]
    assert not wait.outcome().met
    assert changes == ["state", "quorum_lost"]
