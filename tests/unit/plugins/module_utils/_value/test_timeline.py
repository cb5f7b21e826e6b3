# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the timeline makes of two values."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import Flip, Timeline, entry, events_of, marker, reported, value_at
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import device, value

PENDING = {"enabled": True, "pending": True}
FIELDS = {"at", "event", "quorate", "total_votes", "quorum", "ring_id", "members", "joined", "left"}


def test_the_first_value_is_the_start():
    first = entry(3.5, None, value(members=[1, 2]))
    assert first == {
        "at": 3.5,
        "event": "state",
        "quorate": True,
        "total_votes": 2,
        "quorum": 2,
        "ring_id": {"nodeid": 1, "seq": 13},
        "members": [1, 2],
        "joined": [],
        "left": [],
    }


@pytest.mark.parametrize(
    "before, after, event, joined, left",
    [
        (value(), value(members=[1, 2], ring=14), "node_left", [], [3]),
        (value(members=[1, 2]), value(ring=14), "node_joined", [3], []),
        (value(members=[1, 2]), value(members=[1, 3], ring=14), "node_left", [3], [2]),
        (value(), value(ring=14), "node_restarted", [], []),
        (value(), value(ring_id={"nodeid": 2, "seq": 13}), "node_restarted", [], []),
        (value(), value(members=[1], ring=14), "quorum_lost", [], [2, 3]),
        (value(members=[1]), value(ring=14), "quorum_gained", [2, 3], []),
        (value(), value(quorate=False), "quorum_lost", [], []),
        (value(), value(total_votes=4), "votes_changed", [], []),
        (value(), value(expected_votes=5), "expected_votes_changed", [], []),
        (value(), value(quorum=3), "expected_votes_changed", [], []),
        (value(), value(flags=["quorate", "bit_11"]), "votes_changed", [], []),
        (value(), value(settled=False), "votes_changed", [], []),
        (value(), value(wait_for_all=PENDING), "wait_for_all_pending", [], []),
        (value(wait_for_all=PENDING), value(wait_for_all=dict(PENDING, pending=False)), "votes_changed", [], []),
        (value(qdevice=device("alive")), value(qdevice=device("voting")), "qdevice_changed", [], []),
        (value(qdevice=device("alive")), value(), "qdevice_changed", [], []),
        # several at once: the first of the rule
        (value(), value(members=[1], ring=14, wait_for_all=PENDING, expected_votes=5), "quorum_lost", [], [2, 3]),
        (value(members=[1, 2]), value(members=[2, 3], ring=14, expected_votes=5, quorum=3), "node_left", [3], [1]),
        (value(members=[1, 2]), value(ring=14, qdevice=device("alive")), "node_joined", [3], []),
        (value(), value(ring=14, total_votes=4, expected_votes=4, wait_for_all=PENDING), "node_restarted", [], []),
        (value(), value(wait_for_all=PENDING, qdevice=device("alive"), expected_votes=5), "wait_for_all_pending", [], []),
        (value(qdevice=device("alive")), value(qdevice=device("alive", votes=2), expected_votes=4, quorum=3), "qdevice_changed", [], []),
        (value(), value(expected_votes=4, quorum=3, total_votes=4), "expected_votes_changed", [], []),
    ],
)
def test_a_change(before, after, event, joined, left):
    change = entry(1.0, before, after)
    assert (change["event"], change["joined"], change["left"]) == (event, joined, left)
    assert set(change) == FIELDS


def test_a_moment_of_which_the_needed_votes_are_not_known_says_nothing_of_them():
    moment = value_at(Flip(False, {"nodeid": 1, "seq": 14}, [1]), value())
    assert "expected_votes_changed" not in events_of(value(), moment) + events_of(moment, value())
    assert "expected_votes_changed" in events_of(moment, value(expected_votes=5))


def test_no_change_is_none():
    assert entry(1.0, value(), value()) is None


@pytest.mark.parametrize("after", [value(), value(members=[1], ring=14), value(total_votes=4), value(settled=False)])
def test_what_is_known_compares_like_the_whole_value(after):
    assert entry(1.0, reported(value()), after) == entry(1.0, value(), after)


def test_a_marker_knows_nothing():
    mark = marker(2.0, "unreachable")
    assert set(mark) == FIELDS
    assert (mark["at"], mark["event"], mark["quorate"], mark["total_votes"], mark["ring_id"], mark["members"]) == (2.0, "unreachable", None, None, None, [])


def test_what_passed_unread_is_a_change_without_numbers():
    gone = value_at(Flip(False, {"nodeid": 1, "seq": 14}, [1]), reported(value()))
    lost = entry(1.0, value(), gone)
    assert (lost["event"], lost["quorate"], lost["total_votes"], lost["quorum"], lost["left"]) == ("quorum_lost", False, None, None, [2, 3])
    back = entry(2.0, gone, value(ring=18))
    assert (back["event"], back["total_votes"], back["joined"]) == ("quorum_gained", 3, [2, 3])


def test_a_timeline_compares_each_value_with_the_one_before_and_says_what_is_new():
    timeline = Timeline(None)
    timeline.add_value(1.0, value())
    timeline.add_value(2.0, value())
    assert [(change["event"], reason) for change, reason in timeline.take_news()] == [("state", None)]
    timeline.add_marker(3.0, "corosync_unavailable", "timeout")
    timeline.add_value(4.0, value(members=[1]))
    assert [(change["event"], change["at"], reason) for change, reason in timeline.take_news()] == [
        ("corosync_unavailable", 3.0, "timeout"),
        ("quorum_lost", 4.0, None),
    ]
    assert timeline.take_news() == []
    assert [change["event"] for change in timeline.entries] == ["state", "corosync_unavailable", "quorum_lost"]
    assert (timeline.first_change_at, timeline.last) == (1.0, value(members=[1]))


def test_changes_of_quorate_that_no_value_shows_come_with_the_next_value_at_their_own_time():
    timeline = Timeline(value())
    timeline.add_flips(1.0, [Flip(False, {"nodeid": 1, "seq": 14}, [1])])
    timeline.add_flips(2.0, [Flip(True, {"nodeid": 1, "seq": 18}, [1, 2])])
    assert timeline.entries == []
    timeline.add_value(3.0, value(ring=18))
    assert [(change["event"], change["at"]) for change in timeline.entries] == [("quorum_lost", 1.0), ("quorum_gained", 3.0)]
    assert timeline.first_change_at == 3.0


LOST, GAINED = Flip(False, {"nodeid": 1, "seq": 14}, [1]), Flip(True, {"nodeid": 1, "seq": 18}, [1, 2, 3])


def of(timeline):
    return [(change["event"], change["at"]) for change in timeline.entries]


def test_a_change_that_came_while_a_value_was_read_is_shown_by_the_next_one():
    timeline = Timeline(value())
    timeline.add_flips(1.0, [LOST])
    timeline.add_value(1.0, value(settled=False))
    assert of(timeline) == [("votes_changed", 1.0)], "and no loss that is over, with a gain behind it"
    timeline.add_value(2.0, value(members=[1], ring=14))
    assert of(timeline)[1:] == [("quorum_lost", 2.0)]


def test_an_older_change_is_told_also_where_the_value_does_not_have_the_last_one():
    timeline = Timeline(value())
    timeline.add_flips(1.0, [LOST, GAINED, LOST])
    timeline.add_value(1.0, value(settled=False))
    timeline.add_value(2.0, value(members=[1], ring=22))
    assert of(timeline) == [("quorum_lost", 1.0), ("quorum_gained", 1.0), ("quorum_lost", 2.0)]


def test_a_settled_value_is_newer_than_all_that_was_reported():
    timeline = Timeline(value())
    timeline.add_flips(1.0, [LOST])
    timeline.add_value(1.0, value(ring=18))
    assert of(timeline) == [("quorum_lost", 1.0), ("quorum_gained", 1.0)]


def test_what_no_value_will_show_is_told_as_far_as_it_is_known():
    timeline = Timeline(value())
    timeline.add_flips(1.0, [GAINED, LOST])
    timeline.add_unread_flips(2.0)
    assert of(timeline) == [("quorum_lost", 1.0)]
    timeline.add_unread_flips(3.0)
    timeline.add_value(3.0, value(ring=18))
    assert of(timeline)[1:] == [("quorum_gained", 3.0)]
    nothing = Timeline(None)
    nothing.add_flips(1.0, [LOST])
    nothing.add_unread_flips(1.0)
    assert of(nothing) == [], "there is nothing to compare with"
