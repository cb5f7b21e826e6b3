# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several timelines tell together: which losses of quorum count, and how many votes there were."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.history import HistoryError, histories, losses, votes_over_time
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import T0, mark, seen

START = seen(0, "state", [1, 2, 3], 10)


def lost(*timeline):
    """[(at, until)] of one node."""
    return [(round(loss.at - T0, 3), loss.until and round(loss.until - T0, 3)) for loss in losses(histories({"node1": timeline}))]


def steps(**timelines):
    return [(round(step.at - T0, 3), step.total_votes, step.quorum, step.quorate) for step in votes_over_time(histories(timelines))]


# -- losses


def test_a_loss_and_its_end():
    assert lost(START, seen(1, "quorum_lost", [1], 14), seen(1.5, "node_restarted", [1], 15), seen(3, "quorum_gained", [1, 2], 18)) == [(1, 3)]


def test_a_loss_without_an_end():
    assert lost(START, seen(1, "quorum_lost", [1], 14)) == [(1, None)]


def test_each_loss_counts():
    assert lost(START, seen(1, "quorum_lost", [1], 14), seen(2, "quorum_gained", [1, 2], 18), seen(3, "quorum_lost", [1], 22)) == [(1, 2), (3, None)]


def test_the_numbers_of_a_loss():
    (loss,) = losses(histories({"node1": [START, seen(1, "quorum_lost", [1], 14)]}))
    assert (loss.node, loss.total_votes, loss.quorum, loss.members) == ("node1", 1, 2, [1])


def test_kept_quorum_is_no_loss():
    assert lost(START, seen(1, "node_left", [1, 2], 14), seen(2, "votes_changed", [1, 2], 14)) == []


def test_what_is_recorded_later_was_not_earlier_where_the_clock_was_set_back():
    assert lost(START, seen(10, "quorum_lost", [1], 14), seen(8, "quorum_gained", [1, 2], 18)) == [(10, 10)]
    assert lost(START, seen(10, "node_left", [1, 2], 14), seen(8, "quorum_lost", [1], 18), seen(12, "quorum_gained", [1, 2], 22)) == [(10, 12)]


def test_a_node_that_starts_without_quorum_has_not_lost_it():
    assert lost(seen(0, "state", [1], 10), seen(1, "node_restarted", [1], 14), seen(2, "quorum_gained", [1, 2], 18)) == []


@pytest.mark.parametrize("reason", ["not_running", "not_configured"])
def test_a_corosync_that_was_stopped_is_no_loss_even_if_it_starts_without_quorum(reason):
    assert (
        lost(
            START,
            mark(1, "corosync_unavailable", reason=reason),
            mark(5, "corosync_available"),
            seen(5, "quorum_lost", [1], 14),
            seen(6, "quorum_gained", [1, 2], 18),
        )
        == []
    )


def test_an_absence_without_a_reason_is_a_stop():
    assert lost(START, mark(1, "corosync_unavailable"), seen(5, "quorum_lost", [1], 14)) == []
    assert lost(START, mark(1, "unreachable"), mark(2, "reachable"), seen(5, "quorum_lost", [1], 14)) == []


@pytest.mark.parametrize("reason", ["timeout", "no_library", "not_allowed", None])
def test_a_corosync_that_only_could_not_be_asked_ran_on(reason):
    assert lost(START, mark(1, "corosync_unavailable", reason=reason), mark(5, "corosync_available"), seen(5, "quorum_lost", [1], 14)) == [(5, None)]


def test_a_frozen_corosync_that_was_killed_then_did_not():
    assert (
        lost(
            START,
            mark(1, "corosync_unavailable", reason="timeout"),
            mark(2, "corosync_unavailable", reason="not_running"),
            mark(5, "corosync_available"),
            seen(5, "quorum_lost", [1], 14),
        )
        == []
    )


def test_a_watch_that_starts_again_knows_nothing_of_before():
    assert lost(START, seen(5, "state", [1], 14), seen(6, "quorum_gained", [1, 2], 18), seen(7, "quorum_lost", [1], 22)) == [(7, None)]


def test_a_loss_before_a_stop_ends_when_quorum_is_back():
    assert lost(START, seen(1, "quorum_lost", [1], 14), mark(2, "corosync_unavailable", reason="not_running"), seen(5, "quorum_gained", [1, 2], 18)) == [(1, 5)]


def test_losses_of_several_nodes_are_in_order_on_one_clock():
    told = histories({"b": [START, seen(1, "quorum_lost", [1], 14)], "a": [START, seen(1.2, "quorum_lost", [2], 14)]}, {"b": 0.5, "a": -0.5})
    assert [(loss.node, round(loss.at - T0, 3)) for loss in losses(told)] == [("a", 0.7), ("b", 1.5)]


# -- votes


def test_the_best_view_counts():
    """node3 is cut off and alone: the other two have the votes."""
    assert steps(node1=[START, seen(1, "node_left", [1, 2], 14)], node3=[START, seen(1.1, "quorum_lost", [3], 14)]) == [(0, 3, 2, True), (1, 2, 2, True)]


def test_a_view_of_a_newer_ring_supersedes_the_one_it_took_members_from():
    """node1 had no time to tell that it lost power."""
    assert steps(node1=[START], node2=[START, seen(1, "node_left", [2, 3], 14)], node3=[START, seen(1.1, "node_left", [2, 3], 14)]) == [
        (0, 3, 2, True),
        (1, 2, 2, True),
    ]


def test_a_node_that_is_alone_at_last():
    assert steps(
        node1=[START, mark(1, "corosync_unavailable")],
        node2=[START, mark(1.5, "corosync_unavailable")],
        node3=[START, seen(1.2, "node_left", [2, 3], 14), seen(2, "quorum_lost", [3], 18)],
    ) == [(0, 3, 2, True), (1.2, 2, 2, True), (2, 1, 2, False)]


def test_where_nobody_could_be_asked_nothing_is_known():
    assert steps(node1=[START, mark(1, "corosync_unavailable"), mark(2, "corosync_available"), seen(2, "node_left", [1], 14)]) == [
        (0, 3, 2, True),
        (1, None, None, None),
        (2, 1, 2, False),
    ]


def test_a_loss_whose_votes_were_never_read():
    passed = dict(seen(1, "quorum_lost", [1], 14), total_votes=None, quorum=None)
    assert steps(node1=[START, passed, seen(2, "quorum_gained", [1, 2, 3], 18)]) == [(0, 3, 2, True), (1, None, None, False), (2, 3, 2, True)]


def test_what_does_not_change_the_votes_is_no_step():
    assert steps(node1=[START, seen(1, "node_restarted", [1, 2, 3], 14)], node2=[dict(START, at=utc(T0 + 0.2))]) == [(0, 3, 2, True)]


def test_of_several_changes_at_one_moment_the_last_holds():
    passed = dict(seen(1, "quorum_lost", [1], 14), total_votes=None, quorum=None)
    assert steps(node1=[START, passed, seen(1, "quorum_gained", [1, 2], 18)]) == [(0, 3, 2, True), (1, 2, 2, True)]
    assert steps() == []


# -- what is given


def test_a_result_is_taken_for_its_timeline():
    assert histories({"node1": {"timeline": [START], "running": True}}) == histories({"node1": [START]})


@pytest.mark.parametrize(
    "timelines, offsets, message",
    [
        (None, None, "The timelines must be a dictionary (node: timeline), but nothing (None) was given."),
        ([START], None, "The timelines must be a dictionary (node: timeline), but a list was given."),
        ({"node1": "x"}, None, "The timeline of node1 must be a list of entries, as watch_quorum returns it, but is the string 'x'."),
        ({"node1": [START, 7]}, None, "Entry 2 of the timeline of node1 must be a dictionary, as watch_quorum returns it, but is"),
        ({"node1": [{"at": "x", "event": "start"}]}, None, "Entry 1 of the timeline of node1 has no quorate, total_votes, quorum, ring_id, members:"),
        ({"node1": [dict(START, at="soon")]}, None, "Entry 1 of the timeline of node1: at must be a moment in UTC such as"),
        ({"node1": [dict(START, at=7)]}, None, "Entry 1 of the timeline of node1: at must be a moment in UTC such as"),
        ({"node1": [dict(START, quorate=None)]}, None, "Entry 1 of the timeline of node1: quorate must be true or false for the event state, but is"),
        (
            {"node1": [dict(START, total_votes="3")]},
            None,
            "Entry 1 of the timeline of node1: total_votes must be a whole number or null, but is the string '3'.",
        ),
        ({"node1": [dict(START, members=3)]}, None, "Entry 1 of the timeline of node1: members must be a list"),
        ({"node1": [START]}, [1], "offsets must be a dictionary (node: seconds), but a list was given."),
        ({"node1": [START]}, {"node2": 1}, "offsets names node2, of which there is no timeline; there are those of node1."),
        ({"node1": [START]}, {"node1": "1"}, "The offset of node1 must be a number of seconds, but is the string '1'."),
    ],
)
def test_what_is_no_timeline_is_named(timelines, offsets, message):
    with pytest.raises(HistoryError) as refused:
        histories(timelines, offsets)
    assert str(refused.value).startswith(message), str(refused.value)


# -- what a node may say that nobody can count with


@pytest.mark.parametrize(
    ("change", "offset", "words"),
    [
        ({"total_votes": float("inf")}, 0, "total_votes must be a whole number or null"),
        ({"quorum": 10**400}, 0, "quorum must be a whole number or null, but is a number of more than 64 bits"),
        ({"members": list(range(1000))}, 0, "members must be a list of node ids"),
        ({"members": [{"a": 1}]}, 0, "members must be a list of node ids"),
        ({"joined": 7}, 0, "members must be a list of node ids"),
        ({"ring_id": {"seq": "high"}}, 0, "ring_id a dictionary"),
        ({"event": ["start"]}, 0, "event must be text"),
        ({"event": ["start"], "quorate": None}, 0, "event must be text"),
        ({"event": "\x1b[2J" + "e" * 1000, "quorate": None}, 0, "for the event \\x1b[2J" + "e" * 251 + "… (749 more characters), but is"),
        ({}, -1e12, "it was at no time that a calendar has"),
    ],
)
def test_an_entry_that_cannot_be_is_named(change, offset, words):
    with pytest.raises(HistoryError) as raised:
        histories({"node1": [dict(START, **change)]}, {"node1": offset})
    assert str(raised.value).startswith("Entry 1 of the timeline of node1") and words in str(raised.value)


@pytest.mark.parametrize("offset", [float("inf"), float("nan"), 10**400])
def test_an_offset_that_is_no_time_is_named(offset):
    with pytest.raises(HistoryError, match="The offset of node1 must be a number of seconds, but is"):
        histories({"node1": [START]}, {"node1": offset})


def test_a_timeline_that_never_ends_is_not_read():
    with pytest.raises(HistoryError, match="The timeline of node1 has 100000 entries"):
        histories({"node1": [START] * 100_000})
