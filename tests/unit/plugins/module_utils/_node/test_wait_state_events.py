# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one slice of a wait: corosync that goes and comes back, and what is reported of changes."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import (
    AccessDenied,
    CallbacksRefused,
    DeadlineExceeded,
    LibraryMissing,
    LibraryOutdated,
    NotConfigured,
    NotTrusted,
    OutOfDescriptors,
    QuorumError,
)
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_state import CONNECT, END, READ
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import Flip, reported
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value
from ansible_collections.corosync.quorum.tests.unit.fakes.waiting import GONE, START, Waiting, timeline

FROZEN = DeadlineExceeded("frozen")
NEVER = {"goal": {"ring_newer_than": 2**64}, "linger": None}


# -- corosync away


def cannot_connect(wait, error=GONE, pause=1.0):
    """An attempt fails, and the next one comes after this pause."""
    wait.lost(error)
    assert wait.step() == pause
    assert wait.quiet() == CONNECT


def test_corosync_away_and_back():
    wait = Waiting(reported=reported(value()))
    assert wait.step() == CONNECT
    cannot_connect(wait)
    cannot_connect(wait)
    wait.saw(value())
    outcome = wait.ends()
    assert outcome.met
    assert timeline(outcome) == [("corosync_unavailable", 2.0), ("corosync_available", 0.0)]
    assert outcome.away is None
    assert outcome.reconnects == 0, "there was no connection before"


def test_corosync_goes_while_it_is_watched():
    wait = Waiting(reported=reported(value(members=[1])))
    wait.saw(value(members=[1]))
    wait.event(0.2)
    wait.lost()
    assert wait.quiet() == CONNECT
    wait.saw(value(ring=14))
    outcome = wait.ends()
    assert outcome.met
    assert outcome.reconnects == 1
    assert timeline(outcome) == [("corosync_unavailable", 1.0), ("corosync_available", 0.0), ("quorum_gained", 0.0)]


def test_corosync_still_away_is_no_news():
    wait = Waiting(seconds=1.5, away="DaemonGone", reported=reported(value()))
    cannot_connect(wait)
    cannot_connect(wait, pause=0.5)
    wait.lost()  # at the very end
    outcome = wait.ends()
    assert outcome.timeline == []
    assert (outcome.away, outcome.away_msg) == ("DaemonGone", str(GONE))
    assert outcome.votequorum is None
    assert outcome.unmet == [{"condition": "quorate", "wanted": True, "seen": None}]
    assert outcome.took == pytest.approx(1.5)


def test_the_end_of_an_earlier_absence_is_a_reconnect():
    wait = Waiting(away="DaemonGone", reported=reported(value()))
    wait.saw(value())
    outcome = wait.ends()
    assert outcome.reconnects == 1
    assert timeline(outcome) == [("corosync_available", 0.0)]


def test_another_reason_to_be_away_is_news():
    wait = Waiting(seconds=0.0, away="DaemonGone")
    assert wait.step() == CONNECT
    wait.passes(5.25)
    wait.lost(FROZEN)
    outcome = wait.ends()
    assert timeline(outcome) == [("corosync_unavailable", 0.0)]
    assert (outcome.away, outcome.away_msg) == ("DeadlineExceeded", "frozen")


def test_an_absence_is_reported_after_a_moment():
    wait = Waiting(reported=reported(value(members=[1])))
    wait.saw(value(members=[1]))
    wait.event(0.0)
    wait.lost()
    assert wait.quiet() == CONNECT
    wait.lost()
    assert wait.quiet() == CONNECT
    assert wait.time == pytest.approx(2)
    wait.lost()
    outcome = wait.ends()
    assert outcome.votequorum == value(members=[1])
    assert outcome.away == "DaemonGone"


def test_an_absence_breaks_what_held():
    wait = Waiting(stable_for=3.0, sleep=30.0, linger=None, seconds=4.5)
    wait.saw(value(), changes=2)
    wait.event(2.5)
    wait.lost()
    assert wait.quiet() == CONNECT
    assert wait.time == 4.5
    wait.saw(value(), changes=2)
    assert wait.quiet() == READ
    wait.saw(value())
    outcome = wait.ends()
    assert outcome.met
    assert outcome.took == pytest.approx(2.5 + 2.0 + 3.0)


def test_frozen_while_a_time_runs():
    """The last reading does not come back: nothing is met, whatever was seen before."""
    wait = Waiting(stable_for=3.0, sleep=30.0, seconds=8.0, limit=8.0)
    wait.saw(value())
    assert wait.quiet() == READ
    wait.passes(5.25)
    wait.lost(FROZEN)
    outcome = wait.ends()
    assert not outcome.met
    assert outcome.away_msg == "frozen"
    assert outcome.held is None


LOST, GAINED = Flip(False, {"nodeid": 1, "seq": 14}, [1]), Flip(True, {"nodeid": 1, "seq": 18}, [1, 2, 3])


def followed(*steps):
    """What is told of these steps: (at, value or error, changes of quorate that corosync has reported meanwhile)."""
    wait = Waiting(NEVER["goal"], linger=None, limit=60.0, reported=reported(value()))
    for at, what, flips in steps:
        wait.time = at
        wait.lost(what, flips) if isinstance(what, Exception) else wait.saw(what, flips=flips)
    wait.time = 60.0
    return [event for event, _before_the_end in timeline(wait.ends())]


def test_a_loss_that_comes_while_a_change_is_read_is_told_once():
    under_way, lost = value(settled=False, ring=14), value(members=[1], ring=14)
    assert followed((0.0, value(), ()), (1.0, under_way, ()), (3.1, under_way, ()), (5.0, under_way, [LOST]), (5.05, lost, ())) == [
        "node_restarted",
        "quorum_lost",
    ]


def test_a_loss_is_the_last_word_where_corosync_goes_behind_it():
    under_way = value(settled=False, ring=14)
    assert followed((0.0, value(), ()), (1.0, under_way, [LOST]), (1.1, GONE, ())) == ["node_restarted", "quorum_lost", "corosync_unavailable"]
    assert followed((0.0, value(), ()), (1.0, under_way, [LOST])) == ["node_restarted", "quorum_lost"], "or the slice ends"


def test_what_corosync_reported_before_a_reading_that_failed_is_told():
    away = ["corosync_unavailable", "corosync_available"]
    assert followed((0.0, value(), ()), (1.0, FROZEN, [LOST, GAINED]), (2.0, value(ring=18), ()))[:4] == ["quorum_lost", "quorum_gained", *away]
    assert followed((0.0, value(), ()), (1.0, FROZEN, [LOST]), (2.0, value(ring=18), [])) == ["quorum_lost", *away, "quorum_gained"]
    assert followed((0.0, value(), ()), (1.0, FROZEN, ()), (1.5, FROZEN, [LOST]), (2.0, value(ring=18), ())) == [*away, "node_restarted"]


@pytest.mark.parametrize("error", [AccessDenied("initialize", 11), NotConfigured("no provider"), LibraryMissing("no library"), CallbacksRefused("no memory")])
def test_what_waiting_cannot_fix_ends_it(error):
    with pytest.raises(type(error)):
        Waiting().lost(error)


def test_what_waiting_cannot_fix_may_end_it_only_at_first():
    wait = Waiting(fatal_only_at_first=True)
    with pytest.raises(LibraryMissing):
        wait.lost(LibraryMissing("no library"))
    wait = Waiting(NEVER["goal"], fatal_only_at_first=True)
    wait.saw(value())
    wait.lost(LibraryMissing("no library"))
    assert [(entry["event"], reason) for entry, reason in wait.state.take_news()] == [("state", None), ("corosync_unavailable", "no_library")]


@pytest.mark.parametrize(
    "error", [QuorumError("no thread"), NotTrusted("nobody's"), LibraryOutdated("votequorum_dispatch"), OutOfDescriptors("cmap_initialize")], ids=repr
)
def test_any_other_error_of_corosync_is_waited_out(error):
    """The next slice has the new library, and whoever has taken corosync's place may go."""
    wait = Waiting()
    cannot_connect(wait, error)
    wait.saw(value())
    assert wait.ends().met


# -- how long corosync may take


@pytest.mark.parametrize("connect_timeout", [0.5, 5.0])
def test_each_answer_of_corosync_may_take_connect_timeout(connect_timeout):
    state = Waiting(connect_timeout=connect_timeout).state
    assert [state.call_timeout(START + at, 0.25) for at in (0.0, 4.0, 100.0)] == 3 * [connect_timeout]


@pytest.mark.parametrize("at, timeout", [(0.0, 2.8), (2.0, 0.8), (2.9, 0.1), (30.0, 0.1)])
def test_no_answer_may_take_longer_than_the_limit_but_each_has_a_moment(at, timeout):
    assert Waiting(seconds=3.0, limit=3.0).state.call_timeout(START + at, 0.25) == timeout


# -- a change in progress

CHANGING = value(members=[1], ring=14, quorate=True, settled=False)  # half of two rings: members of the new one, quorum of the old one


def changing(**slice_):
    """After half a second a change begins."""
    wait = Waiting({"min_votes": 3}, reported=reported(value(total_votes=2)), **slice_)
    wait.saw(value(total_votes=2))
    wait.event(0.5)
    wait.saw(CHANGING)
    return wait


def test_a_change_is_reported_when_it_has_settled():
    wait = changing()
    wait.event(0.6)
    wait.saw(value(members=[1, 2], ring=14))
    assert wait.quiet() == END
    outcome = wait.ends()
    assert wait.checks == [1.6, 2.6]
    assert timeline(outcome) == [("node_left", 2.0)]
    assert outcome.timeline[0]["left"] == [3]


def test_a_change_that_takes_long_is_reported_as_it_stands():
    wait, readings = changing(), 0
    while wait.quiet() == READ:
        wait.saw(CHANGING)
        readings += 1
    outcome = wait.ends()
    assert readings == 16
    assert timeline(outcome) == [("node_left", 2.0)]
    assert outcome.timeline[0]["members"] == [1]
    assert outcome.unmet[0]["condition"] == "settled"


def test_a_change_in_progress_as_the_slice_ends_is_reported():
    """The next slice compares with it."""
    wait = changing(seconds=0.8)
    for at in (0.75, 0.8):
        assert wait.quiet() == READ
        assert wait.time == pytest.approx(at)
        wait.saw(CHANGING)
    outcome = wait.ends()
    assert timeline(outcome) == [("node_left", 0.0)]
    assert outcome.votequorum is CHANGING


def test_a_change_in_progress_as_corosync_goes_comes_first():
    wait = changing()
    wait.event(0.6)
    wait.lost()
    assert wait.quiet() == CONNECT
    wait.saw(value())
    assert timeline(wait.ends()) == [("node_left", 1.0), ("corosync_unavailable", 1.0), ("corosync_available", 0.0), ("node_joined", 0.0)]


# -- what is over before it can be read


def flip(quorate, *members):
    """What corosync has reported meanwhile."""
    return Flip(quorate, {"nodeid": 1, "seq": 12}, list(members))


def seen(*flips, before=None, after=None):
    """The entries of a watch that reads `before`, and `after` once these flips have been."""
    before, after = before or value(), after or value()
    wait = Waiting(seconds=2.0, sleep=30.0, **NEVER)
    wait.saw(before, flips=[flip(before["quorate"], 1, 2, 3)])
    wait.event(1.0)
    wait.saw(after, flips=flips)
    assert wait.quiet() == END
    return [(entry["event"], entry["total_votes"]) for entry in wait.ends().timeline[1:]]


def test_a_loss_that_is_over_is_reported():
    assert seen(flip(False, 1), flip(True, 1, 2, 3)) == [("quorum_lost", None), ("quorum_gained", 3)]


def test_two_losses_that_are_over_are_two():
    assert seen(flip(False, 1), flip(True, 1, 2), flip(False, 1), flip(True, 1, 2, 3), after=value(ring=30)) == [
        ("quorum_lost", None),
        ("quorum_gained", None),
        ("quorum_lost", None),
        ("quorum_gained", 3),
    ]


def test_a_loss_that_is_read_is_reported_once():
    assert seen(flip(False, 1), after=value(members=[1], ring=30)) == [("quorum_lost", 1)]


def test_a_gain_that_is_over_is_reported_too():
    assert seen(flip(True, 1, 2), flip(False, 1), before=value(members=[1]), after=value(members=[1], ring=30)) == [("quorum_gained", None), ("quorum_lost", 1)]


def test_what_corosync_reports_first_is_no_change():
    wait = Waiting()
    wait.saw(value(), flips=[flip(False, 1), flip(True, 1, 2, 3)])
    assert timeline(wait.ends()) == [("state", 0.0)]


# -- each entry as it is made


def test_entries_are_news_as_they_are_made_an_absence_with_its_reason():
    wait = Waiting(seconds=2.0, **NEVER)
    news = []

    def take():
        news.append([(entry["event"], entry["at"] - START, reason) for entry, reason in wait.state.take_news()])

    wait.saw(value())
    take()
    wait.event(0.5)
    wait.lost()
    take()
    assert wait.quiet() == CONNECT
    wait.saw(value(ring=14))
    take()
    assert wait.quiet() == END
    wait.ends()
    take()
    assert news == [
        [("state", 0.0, None)],
        [("corosync_unavailable", 0.5, "not_running")],
        [("corosync_available", 1.5, None), ("node_restarted", 1.5, None)],
        [],
    ]


def test_a_change_in_progress_is_reported_when_somebody_ends_the_wait():
    wait = Waiting(**NEVER)
    wait.saw(value())
    wait.event(0.5)
    wait.saw(value(members=[1], settled=False))
    outcome = wait.state.end(START + 0.6)
    assert timeline(outcome) == [("state", 0.6), ("quorum_lost", 0.0)]
    assert not outcome.met
    assert [entry["event"] for entry, dummy in wait.state.take_news()] == ["state", "quorum_lost"]
