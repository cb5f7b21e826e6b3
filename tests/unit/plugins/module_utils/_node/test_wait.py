# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One slice of a wait, against a scripted clock, reader and observer: what is asked of them, in which order, and until when."""

import sys

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import GRACE
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import (
    AccessDenied,
    CallbacksRefused,
    DaemonGone,
    DeadlineExceeded,
    LibraryMissing,
    NotConfigured,
    QuorumError,
)
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.votequorum import RingId
from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import ImpossibleGoal
from ansible_collections.corosync.quorum.plugins.module_utils._node.observe import Flip
from ansible_collections.corosync.quorum.plugins.module_utils._node.stdout import ReaderGone
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait import SETTLING, Slice, Wait
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import reported
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

FD = 7
ALL = {"members": ["node1", "node2", "node3"]}
GONE = DaemonGone("votequorum_dispatch", 2)


class Script:
    """Steps that must come in this order, with these arguments, and all of them. It is the clock, the reader and the observer in one."""

    def __init__(self, steps):
        self._steps = list(steps)
        self.now = 1000.0
        self.changes = 0
        self.flips = []
        self.lane = self
        self.deadline = None
        self.calls = []

    def finish(self):
        left = [step["call"] for step in self._steps]
        assert not left, f"never called: {left}; calls: {self.calls}"

    def clock(self):
        return self.now

    def _next(self, name):
        self.calls.append(name)
        assert self._steps, f"{name} was called after the end; calls: {self.calls}"
        step = self._steps.pop(0)
        assert step["call"] == name, f"{name} was called where {step['call']} was expected; calls: {self.calls}"
        self.now += step.get("takes", 0)
        self.changes += step.get("changes", 0)
        self.flips += step.get("flips", [])
        if step.get("raises"):
            raise step["raises"]
        return step

    # -- the observer

    def connect(self, deadline, while_waiting):
        assert while_waiting == self.check
        self._within(self._peek("connect"), deadline)
        self._next("connect")
        self.deadline = deadline
        self.changes = 0  # a new observer counts anew
        return self

    def __enter__(self):
        return self

    def __exit__(self, *dummy):
        self._next("close")

    def fileno(self):
        return FD

    def dispatch(self):
        self._within(self._peek("dispatch"), self.deadline)
        self._next("dispatch")

    def read(self):
        self._within(self._peek("read"), self.deadline)
        return self._next("read")["gives"]

    def moved(self):
        self._within(self._peek("moved"), self.deadline)
        return self._next("moved")["gives"]

    # -- the reader

    def check(self):
        raise AssertionError("only the lane calls it")

    def wait(self, fd, seconds):
        step = self._peek("wait")
        assert fd == step["fd"]
        assert seconds == pytest.approx(step["seconds"], abs=1e-6), f"waited {seconds} s, wanted {step['seconds']}; calls: {self.calls}"
        step["takes"] = seconds if step["event"] is None else step["event"]
        self._next("wait")
        return step["event"] is not None

    def _peek(self, name):
        return self._steps[0] if self._steps and self._steps[0]["call"] == name else {"call": name, "fd": FD, "seconds": 0, "event": None}

    @staticmethod
    def _within(step, deadline):
        if "within" in step:
            assert deadline.seconds == pytest.approx(step["within"]), f"{step['call']} has {deadline.seconds} s"


def connect(takes=0.0, raises=None, **within):
    return dict({"call": "connect", "takes": takes, "raises": raises}, **within)


def read(gives=None, changes=0, takes=0.0, raises=None, flips=(), **within):
    return dict({"call": "read", "gives": gives, "changes": changes, "takes": takes, "raises": raises, "flips": list(flips)}, **within)


def flip(quorate, *members):
    """What corosync has told meanwhile."""
    return Flip(quorate, RingId(1, 12), list(members))


def quiet(seconds, fd=FD):
    """Nothing comes in so many seconds."""
    return {"call": "wait", "fd": fd, "seconds": seconds, "event": None}


def event(after, seconds):
    """Something comes, when it has waited that long of these seconds."""
    return {"call": "wait", "fd": FD, "seconds": seconds, "event": after}


def away(seconds):
    """The pause before the next attempt."""
    return quiet(seconds, fd=None)


def dispatch(changes=0, raises=None):
    return {"call": "dispatch", "changes": changes, "raises": raises}


def moved(gives=False, takes=0.0, raises=None, **within):
    return dict({"call": "moved", "gives": gives, "takes": takes, "raises": raises}, **within)


CLOSE = {"call": "close"}


def run(*steps, **task):
    """The outcome of a slice that takes these steps."""
    script = Script(steps)
    noted = task.pop("noted", lambda change, error: None)
    given = dict(
        {
            "goal": {"quorate": True},
            "stable_for": 0.0,
            "seconds": 60.0,
            "limit": 300.0,
            "linger": 2.0,
            "sleep": 1.0,
            "connect_timeout": 5.0,
            "reported": None,
            "away": None,
        },
        **task,
    )
    try:
        return Wait(Slice(**given), connect=script.connect, reader=script, clock=script.clock, noted=noted).run()
    finally:
        if sys.exc_info()[0] is not AssertionError:
            script.finish()


def told(outcome):
    """The timeline as (event, seconds before the end)."""
    return [(entry["event"], round(entry["at"], 6)) for entry in outcome.timeline]


# -- satisfied


def test_satisfied_at_once():
    outcome = run(connect(takes=0.01), read(value(), changes=2, takes=0.02), CLOSE)
    assert outcome.met
    assert outcome.value == value()
    assert outcome.unmet == []
    assert outcome.error is None
    assert outcome.reconnects == 0
    assert outcome.held == pytest.approx(0)
    assert outcome.took == pytest.approx(0.03)
    assert told(outcome) == [("start", 0.0)]


def test_satisfied_even_when_the_slice_is_only_a_look():
    assert run(connect(), read(value(), takes=0.5), CLOSE, seconds=0.0).met


def test_a_look_that_does_not_satisfy_ends_there():
    outcome = run(connect(), read(value(members=[1])), CLOSE, seconds=0.0)
    assert not outcome.met
    assert outcome.unmet == [{"condition": "quorate", "wanted": True, "seen": False}]
    assert outcome.held is None
    assert outcome.value["members"] == [1]


def test_satisfied_by_an_event():
    outcome = run(
        connect(),
        read(value(members=[1]), changes=2),
        event(0.4, 1.0),
        dispatch(changes=1),
        read(value(ring=14), changes=1),
        CLOSE,
        reported=reported(value(members=[1])),
    )
    assert outcome.met
    assert told(outcome) == [("quorum_gained", 0.0)]
    assert outcome.took == pytest.approx(0.4)


def test_satisfied_by_a_silent_change():
    outcome = run(
        connect(),
        read(value(total_votes=2)),
        quiet(1.0),
        moved(False),
        quiet(1.0),
        moved(True),
        read(value()),
        CLOSE,
        goal={"min_votes": 3},
        reported=reported(value(total_votes=2)),
    )
    assert outcome.met
    assert told(outcome) == [("votes", 0.0)]
    assert outcome.took == pytest.approx(2)


def test_while_nothing_changes_it_asks_only_every_sleep():
    """A look at what is silent is not a reading, but a reading is one."""
    outcome = run(
        connect(),
        read(value(members=[1])),
        quiet(25.0),
        moved(),
        event(10.0, 25.0),
        dispatch(),
        read(value(members=[1])),
        quiet(25.0),
        moved(),
        CLOSE,
        sleep=25.0,
        reported=reported(value(members=[1])),
    )
    assert not outcome.met
    assert outcome.took == pytest.approx(60)
    assert outcome.timeline == []


# -- the end of a slice


def test_a_slice_ends_after_its_seconds():
    outcome = run(connect(), read(value(members=[1])), quiet(0.4), CLOSE, seconds=0.4, reported=reported(value(members=[1])))
    assert outcome.took == pytest.approx(0.4)
    assert not outcome.met


def test_a_change_that_does_not_satisfy_is_kept_back_a_moment():
    outcome = run(
        connect(),
        read(value(members=[1])),
        event(0.5, 1.0),
        dispatch(),
        read(value(members=[1, 2])),
        quiet(1.0),
        moved(),
        quiet(1.0),
        moved(),
        CLOSE,
        goal=ALL,
        reported=reported(value(members=[1])),
    )
    assert not outcome.met
    assert outcome.took == pytest.approx(2.5)
    assert told(outcome) == [("quorum_gained", 2.0)]
    assert outcome.unmet == [{"condition": "members", "wanted": ["node1", "node2", "node3"], "seen": ["node1", "node2"]}]


def test_what_comes_in_that_moment_is_acted_on_at_once():
    outcome = run(
        connect(),
        read(value(members=[1])),
        event(0.5, 1.0),
        dispatch(),
        read(value(members=[1, 2])),
        event(0.1, 1.0),
        dispatch(),
        read(value()),
        CLOSE,
        goal=ALL,
        reported=reported(value(members=[1])),
    )
    assert outcome.met
    assert told(outcome) == [("quorum_gained", 0.1), ("membership", 0.0)]


def test_the_moment_is_counted_from_the_first_change():
    """A cluster that never comes to rest is reported all the same."""
    outcome = run(
        connect(),
        read(value(members=[1])),
        event(0.9, 1.0),
        dispatch(),
        read(value(members=[1], ring=20)),
        quiet(1.0),
        moved(),
        event(0.9, 1.0),
        dispatch(),
        read(value(members=[1], ring=21)),
        quiet(0.1),
        CLOSE,
        reported=reported(value(members=[1])),
    )
    assert outcome.took == pytest.approx(2.9)
    assert told(outcome) == [("membership", 2.0), ("membership", 0.1)]


def test_without_progress_a_change_is_kept_back_to_the_end():
    outcome = run(
        connect(),
        read(value(members=[1])),
        event(1.0, 3.0),
        dispatch(),
        read(value(members=[1], ring=20)),
        quiet(2.0),
        CLOSE,
        reported=reported(value(members=[1])),
        linger=None,
        seconds=3.0,
        sleep=10.0,
    )
    assert told(outcome) == [("membership", 2.0)]


def test_what_was_reported_is_not_reported_again():
    assert run(connect(), read(value(members=[1])), CLOSE, seconds=0.0, reported=reported(value(members=[1]))).timeline == []


def test_what_changed_between_two_slices_is_reported():
    assert told(run(connect(), read(value(members=[1, 2])), CLOSE, seconds=0.0, goal=ALL, reported=reported(value(members=[1])))) == [("quorum_gained", 0.0)]


# -- stable_for


def test_stable_for_is_waited_in_full_and_looked_at_again():
    outcome = run(connect(), read(value()), quiet(1.0), moved(), quiet(1.0), moved(), quiet(0.5), read(value()), CLOSE, stable_for=2.5)
    assert outcome.met
    assert outcome.held == pytest.approx(2.5)
    assert outcome.took == pytest.approx(2.5)


def test_stable_for_prolongs_a_look():
    outcome = run(connect(), read(value(), takes=0.1), quiet(1.0), moved(), quiet(1.0), moved(), read(value()), CLOSE, stable_for=2.0, seconds=0.0)
    assert outcome.met


def test_stable_for_is_not_cut_by_the_report_of_a_change():
    outcome = run(
        connect(),
        read(value(members=[1])),
        event(0.5, 1.0),
        dispatch(changes=1),
        read(value(), changes=1),
        quiet(1.0),
        moved(),
        quiet(1.0),
        moved(),
        quiet(1.0),
        moved(),
        read(value()),
        CLOSE,
        stable_for=3.0,
        reported=reported(value(members=[1])),
    )
    assert outcome.met
    assert outcome.took == pytest.approx(3.5)


@pytest.mark.parametrize("after", [value(), value(ring=14), value(members=[1, 2], ring=14)])
def test_a_change_of_the_ring_starts_the_time_again(after):
    """Even where the same members are there again by the time it is looked at, and the goal has held all the time."""
    outcome = run(
        connect(), read(value(), changes=2), event(2.0, 3.0), dispatch(changes=2), read(after), quiet(3.0), read(after), CLOSE, stable_for=3.0, sleep=30.0
    )
    assert outcome.met
    assert outcome.took == pytest.approx(5)
    assert outcome.held == pytest.approx(3)


def test_a_flip_that_is_over_already_starts_the_time_again():
    """Two events came, and a reading finds what it found before: only the count tells."""
    outcome = run(
        connect(),
        read(value(), changes=2),
        event(2.9, 3.0),
        dispatch(changes=0),
        read(value(), changes=2),
        quiet(3.0),
        read(value()),
        CLOSE,
        stable_for=3.0,
        sleep=30.0,
    )
    assert outcome.took == pytest.approx(5.9)


def test_an_event_that_is_no_break_does_not_start_the_time_again():
    """Expected votes, say, as long as the goal holds."""
    outcome = run(
        connect(),
        read(value(), changes=2),
        event(2.0, 3.0),
        dispatch(),
        read(value(expected_votes=5)),
        quiet(1.0),
        read(value()),
        CLOSE,
        stable_for=3.0,
        sleep=30.0,
    )
    assert outcome.met
    assert outcome.took == pytest.approx(3)


def test_a_goal_that_breaks_without_an_event_starts_the_time_again():
    outcome = run(
        connect(),
        read(value()),
        quiet(1.0),
        moved(True),
        read(value(total_votes=2)),
        quiet(1.0),
        moved(True),
        read(value()),
        quiet(1.0),
        moved(),
        quiet(0.5),
        read(value()),
        CLOSE,
        goal={"min_votes": 3},
        stable_for=1.5,
    )
    assert outcome.met
    assert outcome.took == pytest.approx(3.5)


@pytest.mark.parametrize("last", [read(value(), changes=1), read(value(members=[1]), changes=1)])
def test_what_comes_in_the_last_moment_counts(last):
    """The time is over, but the last look finds an event that nobody had told of."""
    outcome = run(
        connect(), read(value(), changes=2), quiet(3.0), last, quiet(0.5), CLOSE, stable_for=3.0, sleep=30.0, seconds=3.5, limit=3.5, reported=reported(value())
    )
    assert not outcome.met


def test_a_last_look_that_takes_long_does_not_hurry():
    outcome = run(connect(), read(value()), quiet(3.0), read(value(), takes=1.0), CLOSE, stable_for=3.0, sleep=30.0)
    assert outcome.met
    assert outcome.took == pytest.approx(4)


def test_the_limit_ends_a_time_that_starts_again_and_again():
    outcome = run(
        connect(),
        read(value()),
        event(1.5, 2.0),
        dispatch(changes=1),
        read(value()),
        event(1.5, 2.0),
        dispatch(changes=1),
        read(value()),
        quiet(1.0),
        CLOSE,
        stable_for=2.0,
        sleep=30.0,
        seconds=2.0,
        limit=4.0,
    )
    assert not outcome.met
    assert outcome.took == pytest.approx(4)
    assert outcome.held == pytest.approx(1)
    assert outcome.unmet == [{"condition": "stable_for", "wanted": 2.0, "seen": 1.0}]


# -- corosync away


def test_corosync_away_and_back():
    outcome = run(connect(raises=GONE), away(1.0), connect(raises=GONE), away(1.0), connect(), read(value()), CLOSE, reported=reported(value()))
    assert outcome.met
    assert told(outcome) == [("corosync_unavailable", 2.0), ("corosync_available", 0.0)]
    assert outcome.error is None
    assert outcome.reconnects == 0, "there was no connection before"


def test_corosync_goes_while_it_is_watched():
    outcome = run(
        connect(),
        read(value(members=[1])),
        event(0.2, 1.0),
        dispatch(raises=GONE),
        CLOSE,
        away(1.0),
        connect(),
        read(value(ring=14)),
        CLOSE,
        reported=reported(value(members=[1])),
    )
    assert outcome.met
    assert outcome.reconnects == 1
    assert told(outcome) == [("corosync_unavailable", 1.0), ("corosync_available", 0.0), ("quorum_gained", 0.0)]


def test_corosync_still_away_is_no_news():
    outcome = run(
        connect(raises=GONE), away(1.0), connect(raises=GONE), away(0.5), connect(raises=GONE), seconds=1.5, away="DaemonGone", reported=reported(value())
    )
    assert outcome.timeline == []
    assert outcome.error is GONE
    assert outcome.value is None
    assert outcome.unmet == [{"condition": "quorate", "wanted": True, "seen": None}]
    assert outcome.took == pytest.approx(1.5)


def test_the_end_of_an_earlier_absence_is_a_reconnect():
    outcome = run(connect(), read(value()), CLOSE, away="DaemonGone", reported=reported(value()))
    assert outcome.reconnects == 1
    assert told(outcome) == [("corosync_available", 0.0)]


def test_another_reason_to_be_away_is_news():
    frozen = DeadlineExceeded("frozen")
    outcome = run(connect(raises=frozen, takes=5.25), seconds=0.0, away="DaemonGone")
    assert told(outcome) == [("corosync_unavailable", 0.0)]
    assert outcome.error is frozen


def test_an_absence_is_reported_after_a_moment():
    outcome = run(
        connect(),
        read(value(members=[1])),
        event(0.0, 1.0),
        dispatch(raises=GONE),
        CLOSE,
        away(1.0),
        connect(raises=GONE),
        away(1.0),
        connect(raises=GONE),
        reported=reported(value(members=[1])),
    )
    assert outcome.took == pytest.approx(2)
    assert outcome.value == value(members=[1])
    assert outcome.error is GONE


def test_an_absence_breaks_what_held():
    outcome = run(
        connect(),
        read(value(), changes=2),
        event(2.5, 3.0),
        dispatch(raises=GONE),
        CLOSE,
        away(2.0),
        connect(),
        read(value(), changes=2),
        quiet(3.0),
        read(value()),
        CLOSE,
        stable_for=3.0,
        sleep=2.0 + 28.0,
        linger=None,
        seconds=4.5,
    )
    assert outcome.met
    assert outcome.took == pytest.approx(2.5 + 2.0 + 3.0)


def test_frozen_while_a_time_runs():
    """The last look does not come back: nothing is satisfied, whatever was seen before."""
    frozen = DeadlineExceeded("frozen")
    outcome = run(connect(), read(value()), quiet(3.0), read(raises=frozen, takes=5.25), CLOSE, stable_for=3.0, sleep=30.0, seconds=8.0, limit=8.0)
    assert not outcome.met
    assert outcome.error is frozen
    assert outcome.held is None


@pytest.mark.parametrize("connect_timeout, sleep", [(0.5, 2.0), (5.0, 2.0), (5.0, 0.1)])
def test_each_look_at_corosync_has_connect_timeout(connect_timeout, sleep):
    frozen = DeadlineExceeded("frozen")
    outcome = run(
        connect(within=connect_timeout),
        read(value(members=[1]), within=connect_timeout),
        quiet(sleep),
        moved(within=connect_timeout),
        quiet(sleep),
        moved(within=connect_timeout, raises=frozen, takes=connect_timeout),
        CLOSE,
        away(sleep),
        connect(within=connect_timeout, raises=frozen, takes=60.0),
        connect_timeout=connect_timeout,
        sleep=sleep,
        reported=reported(value(members=[1])),
        linger=None,
    )
    assert outcome.error is frozen


def test_no_call_may_last_beyond_the_limit():
    within = 3.0 - GRACE  # so long may the lane wait beyond a deadline
    outcome = run(
        connect(within=round(within, 1), takes=1.0),
        read(value(members=[1])),
        quiet(1.0),
        moved(within=round(within - 2, 1), raises=DeadlineExceeded("frozen"), takes=1.0),
        CLOSE,
        seconds=3.0,
        limit=3.0,
        linger=None,
    )
    assert outcome.took == pytest.approx(3)


def test_a_call_has_at_least_a_moment():
    run(connect(within=0.1, takes=0.2), read(value(members=[1])), CLOSE, seconds=0.02, limit=0.02)


@pytest.mark.parametrize("error", [AccessDenied("initialize", 11), NotConfigured("no provider"), LibraryMissing("no library"), CallbacksRefused("no memory")])
def test_what_waiting_does_not_mend_ends_it(error):
    with pytest.raises(type(error)):
        run(connect(raises=error))


def test_nobody_waits_any_more():
    with pytest.raises(ReaderGone):
        run(connect(), dict(read(), raises=ReaderGone()), CLOSE)


def test_any_other_error_of_corosync_is_waited_out():
    assert run(connect(raises=QuorumError("no thread")), away(1.0), connect(), read(value()), CLOSE).met


# -- judging


def test_unsettled_values_never_satisfy():
    changing = value(settled=False)
    outcome = run(
        connect(),
        read(changing),
        quiet(SETTLING),
        read(changing),
        quiet(SETTLING),
        read(changing),
        event(0.1, SETTLING),
        dispatch(changes=1),
        read(value()),
        CLOSE,
    )
    assert outcome.met
    assert outcome.took == pytest.approx(2 * SETTLING + 0.1)


def test_unsettled_values_break_what_held():
    outcome = run(
        connect(),
        read(value()),
        quiet(1.0),
        moved(True),
        read(value(settled=False)),
        quiet(SETTLING),
        read(value()),
        quiet(1.0),
        moved(),
        quiet(1.0),
        moved(),
        read(value()),
        CLOSE,
        stable_for=2.0,
    )
    assert outcome.took == pytest.approx(1 + SETTLING + 2)


def test_unsettled_at_the_end_is_what_is_unmet():
    outcome = run(connect(), read(value(settled=False)), CLOSE, seconds=0.0)
    assert outcome.unmet == [{"condition": "settled", "wanted": True, "seen": False}]


def test_a_goal_that_can_never_hold_ends_it():
    with pytest.raises(ImpossibleGoal):
        run(connect(), read(value()), CLOSE, goal={"members": ["node9"]})


def test_no_condition_at_all_is_met_by_any_value():
    assert run(connect(raises=GONE), away(1.0), connect(), read(value(members=[1])), CLOSE, goal={}).met
    outcome = run(connect(raises=GONE), goal={}, seconds=0.0)
    assert not outcome.met
    assert outcome.unmet == []


# -- a change under way

CHANGING = value(members=[1], ring=14, quorate=True, settled=False)  # half of two rings: members of the new one, quorum of the old one


def test_a_change_is_told_of_when_it_has_settled():
    outcome = run(
        connect(),
        read(value(total_votes=2)),
        event(0.5, 1.0),
        dispatch(),
        read(CHANGING),
        event(0.1, SETTLING),
        dispatch(),
        read(value(members=[1, 2], ring=14)),
        quiet(1.0),
        moved(),
        quiet(1.0),
        moved(),
        CLOSE,
        goal={"min_votes": 3},
        reported=reported(value(total_votes=2)),
    )
    assert told(outcome) == [("membership", 2.0)]
    assert outcome.timeline[0]["left"] == [3]


def test_a_change_that_takes_long_is_told_of_as_it_stands():
    steps = [connect(), read(value(total_votes=2)), event(0.5, 1.0), dispatch(), read(CHANGING)] + 16 * [quiet(SETTLING), read(CHANGING)]
    outcome = run(*(steps + [CLOSE]), goal={"min_votes": 3}, reported=reported(value(total_votes=2)))
    assert told(outcome) == [("membership", 2.0)]
    assert outcome.timeline[0]["members"] == [1]
    assert outcome.unmet[0]["condition"] == "settled"


def test_what_is_under_way_as_the_slice_ends_is_told_of():
    """The next slice compares with it."""
    outcome = run(
        connect(),
        read(value(total_votes=2)),
        event(0.5, 0.8),
        dispatch(),
        read(CHANGING),
        quiet(0.25),
        read(CHANGING),
        quiet(0.05),
        read(CHANGING),
        CLOSE,
        goal={"min_votes": 3},
        reported=reported(value(total_votes=2)),
        seconds=0.8,
    )
    assert told(outcome) == [("membership", 0.0)]
    assert outcome.value is CHANGING


def test_what_is_under_way_as_corosync_goes_comes_first():
    outcome = run(
        connect(),
        read(value(total_votes=2)),
        event(0.5, 1.0),
        dispatch(),
        read(CHANGING),
        event(0.1, SETTLING),
        dispatch(raises=GONE),
        CLOSE,
        away(1.0),
        connect(),
        read(value()),
        CLOSE,
        goal={"min_votes": 3},
        reported=reported(value(total_votes=2)),
    )
    assert told(outcome) == [("membership", 1.0), ("corosync_unavailable", 1.0), ("corosync_available", 0.0), ("membership", 0.0)]


# -- what is over before it can be read


NEVER = {"goal": {"ring_newer_than": 2**64}, "seconds": 2.0, "linger": None}


def seen(*flips, **task):
    """The events of a watch that reads `before`, and `after` once these flips have been."""
    before, after = task.pop("before", value()), task.pop("after", value())
    outcome = run(
        connect(),
        read(before, flips=[flip(before["quorate"], 1, 2, 3)]),
        event(1.0, 2.0),
        dispatch(),
        read(after, flips=flips),
        quiet(1.0),
        CLOSE,
        sleep=30.0,
        **dict(NEVER, **task),
    )
    return [(entry["event"], entry["total_votes"]) for entry in outcome.timeline[1:]]


def test_a_loss_that_is_over_is_told_of():
    assert seen(flip(False, 1), flip(True, 1, 2, 3)) == [("quorum_lost", None), ("quorum_gained", 3)]


def test_two_losses_that_are_over_are_two():
    assert seen(flip(False, 1), flip(True, 1, 2), flip(False, 1), flip(True, 1, 2, 3), after=value(ring=30)) == [
        ("quorum_lost", None),
        ("quorum_gained", None),
        ("quorum_lost", None),
        ("quorum_gained", 3),
    ]


def test_a_loss_that_is_read_is_told_of_once():
    assert seen(flip(False, 1), after=value(members=[1], ring=30)) == [("quorum_lost", 1)]


def test_a_gain_that_is_over_is_told_of_too():
    assert seen(flip(True, 1, 2), flip(False, 1), before=value(members=[1]), after=value(members=[1], ring=30)) == [("quorum_gained", None), ("quorum_lost", 1)]


def test_what_corosync_tells_first_is_no_flip():
    outcome = run(connect(), read(value(), flips=[flip(False, 1), flip(True, 1, 2, 3)]), CLOSE)
    assert told(outcome) == [("start", 0.0)]


# -- each entry as it is made


def test_entries_are_noted_as_they_are_made_with_the_error_that_they_tell_of():
    noted = []
    run(
        connect(),
        read(value()),
        event(0.5, 1.0),
        dispatch(raises=GONE),
        CLOSE,
        away(1.0),
        connect(),
        read(value(ring=14)),
        quiet(0.5),
        CLOSE,
        noted=lambda change, error: noted.append((change["event"], change["at"], error)),
        **NEVER,
    )
    assert noted == [("start", 1000.0, None), ("corosync_unavailable", 1000.5, GONE), ("corosync_available", 1001.5, None), ("membership", 1001.5, None)]


def test_what_is_under_way_is_noted_when_somebody_ends_the_wait():
    class Enough(Exception):
        pass

    script = Script(
        [
            connect(),
            read(value()),
            event(0.5, 1.0),
            dispatch(),
            read(value(members=[1], settled=False)),
            {"call": "wait", "fd": FD, "event": 0.1, "seconds": SETTLING, "raises": Enough()},
            CLOSE,
        ]
    )
    wait = Wait(
        Slice(goal={"ring_newer_than": 2**64}, stable_for=0.0, seconds=60.0, limit=60.0, linger=None, sleep=1.0, connect_timeout=5.0, reported=None, away=None),
        connect=script.connect,
        reader=script,
        clock=script.clock,
    )
    with pytest.raises(Enough):
        wait.run()
    script.finish()
    assert [entry["event"] for entry in wait.outcome().timeline] == ["start", "quorum_lost"]
    assert not wait.outcome().met
