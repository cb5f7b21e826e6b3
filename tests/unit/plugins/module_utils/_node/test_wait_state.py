# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one slice of a wait: when the conditions are met, and when the slice ends."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import ImpossibleGoal
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_state import CONNECT, END, READ, SETTLING
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import entry, reported
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node, value
from ansible_collections.corosync.quorum.tests.unit.fakes.waiting import Waiting, timeline

ALL = {"members": ["node1", "node2", "node3"]}


# -- met


def test_met_at_once():
    wait = Waiting()
    wait.connects()
    wait.passes(0.03)
    wait.saw(value(), changes=2)
    outcome = wait.ends()
    assert outcome.met
    assert outcome.votequorum == value()
    assert outcome.unmet == []
    assert (outcome.away, outcome.away_msg) == (None, None)
    assert outcome.reconnects == 0
    assert outcome.held == pytest.approx(0)
    assert outcome.took == pytest.approx(0.03)
    assert timeline(outcome) == [("state", 0.0)]


def test_met_even_when_the_slice_is_over_after_one_reading():
    wait = Waiting(seconds=0.0)
    wait.connects()
    wait.passes(0.5)
    wait.saw(value())
    assert wait.ends().met


def test_a_slice_of_no_seconds_ends_after_one_reading():
    wait = Waiting(seconds=0.0)
    wait.saw(value(members=[1]))
    outcome = wait.ends()
    assert not outcome.met
    assert outcome.unmet == [{"condition": "quorate", "wanted": True, "seen": False}]
    assert outcome.held is None
    assert outcome.votequorum["members"] == [1]


def test_met_by_an_event():
    wait = Waiting(reported=reported(value(members=[1])))
    wait.saw(value(members=[1]), changes=2)
    wait.event(0.4)
    wait.saw(value(ring=14), changes=2)
    outcome = wait.ends()
    assert outcome.met
    assert timeline(outcome) == [("quorum_gained", 0.0)]
    assert outcome.took == pytest.approx(0.4)


def test_met_by_a_silent_change():
    wait = Waiting({"min_votes": 3}, reported=reported(value(total_votes=2)))
    wait.saw(value(total_votes=2))
    wait.moves(2.0)
    wait.saw(value())
    outcome = wait.ends()
    assert outcome.met
    assert timeline(outcome) == [("votes_changed", 0.0)]
    assert outcome.took == pytest.approx(2)


def test_while_nothing_changes_it_checks_only_every_sleep():
    """A check is not a reading, but a reading is a check."""
    wait = Waiting(sleep=25.0, reported=reported(value(members=[1])))
    wait.saw(value(members=[1]))
    wait.event(35.0)
    wait.saw(value(members=[1]))
    assert wait.quiet() == END
    outcome = wait.ends()
    assert wait.checks == [25.0, 60.0]
    assert not outcome.met
    assert outcome.took == pytest.approx(60)
    assert outcome.timeline == []


# -- the end of a slice


def test_a_slice_ends_after_its_seconds():
    wait = Waiting(seconds=0.4, reported=reported(value(members=[1])))
    wait.saw(value(members=[1]))
    assert wait.step() == 0.4
    assert wait.quiet() == END
    outcome = wait.ends()
    assert outcome.took == pytest.approx(0.4)
    assert not outcome.met


def test_a_slice_that_is_over_stays_over():
    """Even if the conditions have held long enough by the time at which the connection is closed."""
    wait = Waiting(stable_for=2.0, seconds=1.0, limit=1.0)
    wait.saw(value())
    assert wait.quiet() == END
    wait.passes(1.5)
    assert not wait.ends().met


def test_a_change_that_does_not_meet_the_conditions_is_kept_back_a_moment():
    wait = Waiting(ALL, reported=reported(value(members=[1])))
    wait.saw(value(members=[1]))
    wait.event(0.5)
    wait.saw(value(members=[1, 2]))
    assert wait.quiet() == END
    outcome = wait.ends()
    assert wait.checks == [1.5, 2.5]
    assert not outcome.met
    assert outcome.took == pytest.approx(2.5)
    assert timeline(outcome) == [("quorum_gained", 2.0)]
    assert outcome.unmet == [{"condition": "members", "wanted": ["node1", "node2", "node3"], "seen": ["node1", "node2"]}]


def test_what_comes_in_that_moment_counts_at_once():
    wait = Waiting(ALL, reported=reported(value(members=[1])))
    wait.saw(value(members=[1]))
    wait.event(0.5)
    wait.saw(value(members=[1, 2]))
    wait.event(0.6)
    wait.saw(value())
    outcome = wait.ends()
    assert outcome.met
    assert timeline(outcome) == [("quorum_gained", 0.1), ("node_joined", 0.0)]


def test_the_moment_is_counted_from_the_first_change():
    """A cluster that never comes to rest is reported all the same."""
    wait = Waiting(reported=reported(value(members=[1])))
    wait.saw(value(members=[1]))
    wait.event(0.9)
    wait.saw(value(members=[1], ring=20))
    wait.event(2.8)
    wait.saw(value(members=[1], ring=21))
    assert wait.quiet() == END
    outcome = wait.ends()
    assert wait.checks == [1.9]
    assert outcome.took == pytest.approx(2.9)
    assert timeline(outcome) == [("node_restarted", 2.0), ("node_restarted", 0.1)]


def test_without_progress_a_change_is_kept_back_to_the_end():
    wait = Waiting(reported=reported(value(members=[1])), linger=None, seconds=3.0, sleep=10.0)
    wait.saw(value(members=[1]))
    wait.event(1.0)
    wait.saw(value(members=[1], ring=20))
    assert wait.quiet() == END
    assert timeline(wait.ends()) == [("node_restarted", 2.0)]


def test_what_was_reported_is_not_reported_again():
    wait = Waiting(seconds=0.0, reported=reported(value(members=[1])))
    wait.saw(value(members=[1]))
    assert wait.ends().timeline == []


def test_what_changed_between_two_slices_is_reported():
    wait = Waiting(ALL, seconds=0.0, reported=reported(value(members=[1])))
    wait.saw(value(members=[1, 2]))
    assert timeline(wait.ends()) == [("quorum_gained", 0.0)]


# -- stable_for


def test_stable_for_is_waited_in_full_and_read_again():
    wait = Waiting(stable_for=2.5)
    wait.saw(value())
    assert wait.quiet() == READ
    assert wait.checks == [1.0, 2.0]
    wait.saw(value())
    outcome = wait.ends()
    assert outcome.met
    assert outcome.held == pytest.approx(2.5)
    assert outcome.took == pytest.approx(2.5)


def test_stable_for_prolongs_a_slice_of_no_seconds():
    wait = Waiting(stable_for=2.0, seconds=0.0)
    wait.connects()
    wait.passes(0.1)
    wait.saw(value())
    assert wait.quiet() == READ
    assert wait.checks == [1.1, 2.1]
    wait.saw(value())
    assert wait.ends().met


def test_stable_for_is_not_cut_by_the_report_of_a_change():
    wait = Waiting(stable_for=3.0, reported=reported(value(members=[1])))
    wait.saw(value(members=[1]))
    wait.event(0.5)
    wait.saw(value(), changes=2)
    assert wait.quiet() == READ
    assert wait.checks == [1.5, 2.5, 3.5]
    wait.saw(value())
    outcome = wait.ends()
    assert outcome.met
    assert outcome.took == pytest.approx(3.5)


@pytest.mark.parametrize("after", [value(), value(ring=14), value(members=[1, 2], ring=14)])
def test_a_change_of_the_ring_starts_the_time_again(after):
    """Even where the same members are there again by the time of the reading, and the conditions have held all the time."""
    wait = Waiting(stable_for=3.0, sleep=30.0)
    wait.saw(value(), changes=2)
    wait.event(2.0)
    wait.saw(after, changes=2)
    assert wait.quiet() == READ
    wait.saw(after)
    outcome = wait.ends()
    assert outcome.met
    assert outcome.took == pytest.approx(5)
    assert outcome.held == pytest.approx(3)


def test_a_change_of_quorate_that_is_over_starts_the_time_again():
    """Two events came, and a reading finds what it found before: only the count shows them."""
    wait = Waiting(stable_for=3.0, sleep=30.0)
    wait.saw(value(), changes=2)
    wait.event(2.9)
    wait.saw(value(), changes=2)
    assert wait.quiet() == READ
    wait.saw(value())
    assert wait.ends().took == pytest.approx(5.9)


def test_an_event_that_is_no_break_does_not_start_the_time_again():
    """Expected votes, say, as long as the conditions hold."""
    wait = Waiting(stable_for=3.0, sleep=30.0)
    wait.saw(value(), changes=2)
    wait.event(2.0)
    wait.saw(value(expected_votes=5))
    assert wait.step() == 1.0
    assert wait.quiet() == READ
    wait.saw(value())
    outcome = wait.ends()
    assert outcome.met
    assert outcome.took == pytest.approx(3)


def test_conditions_that_break_without_an_event_start_the_time_again():
    wait = Waiting({"min_votes": 3}, stable_for=1.5)
    wait.saw(value())
    wait.moves(1.0)
    wait.saw(value(total_votes=2))
    wait.moves(2.0)
    wait.saw(value())
    assert wait.quiet() == READ
    assert wait.checks == [3.0]
    wait.saw(value())
    outcome = wait.ends()
    assert outcome.met
    assert outcome.took == pytest.approx(3.5)


@pytest.mark.parametrize("last", [value(), value(members=[1])])
def test_what_comes_in_the_last_moment_counts(last):
    """The time is over, but the last reading finds an event that had not been taken yet."""
    wait = Waiting(stable_for=3.0, sleep=30.0, seconds=3.5, limit=3.5, reported=reported(value()))
    wait.saw(value(), changes=2)
    assert wait.quiet() == READ
    wait.saw(last, changes=1)
    assert wait.step() == 0.5
    assert wait.quiet() == END
    assert not wait.ends().met


def test_a_last_reading_that_takes_long_does_not_hurry():
    wait = Waiting(stable_for=3.0, sleep=30.0)
    wait.saw(value())
    assert wait.quiet() == READ
    wait.passes(1.0)
    wait.saw(value())
    outcome = wait.ends()
    assert outcome.met
    assert outcome.took == pytest.approx(4)


def test_the_limit_ends_a_time_that_starts_again_and_again():
    wait = Waiting(stable_for=2.0, sleep=30.0, seconds=2.0, limit=4.0)
    wait.saw(value())
    for at in (1.5, 3.0):
        wait.event(at)
        wait.saw(value(), changes=1)
    assert wait.quiet() == END
    outcome = wait.ends()
    assert not outcome.met
    assert outcome.took == pytest.approx(4)
    assert outcome.held == pytest.approx(1)
    assert outcome.unmet == [{"condition": "stable_for", "wanted": 2.0, "seen": 1.0}]


# -- judging


def test_unsettled_values_never_meet_the_conditions():
    wait = Waiting()
    wait.saw(value(settled=False))
    for _number in range(2):
        assert wait.step() == SETTLING
        assert wait.quiet() == READ
        wait.saw(value(settled=False))
    wait.event(2 * SETTLING + 0.1)
    wait.saw(value(), changes=1)
    outcome = wait.ends()
    assert outcome.met
    assert outcome.took == pytest.approx(2 * SETTLING + 0.1)


def test_unsettled_values_break_what_held():
    wait = Waiting(stable_for=2.0)
    wait.saw(value())
    wait.moves(1.0)
    wait.saw(value(settled=False))
    assert wait.quiet() == READ
    assert wait.time == pytest.approx(1 + SETTLING)
    wait.saw(value())
    assert wait.quiet() == READ
    wait.saw(value())
    assert wait.ends().took == pytest.approx(1 + SETTLING + 2)


def test_unsettled_at_the_end_is_what_is_unmet():
    wait = Waiting(seconds=0.0)
    wait.saw(value(settled=False))
    assert wait.ends().unmet == [{"condition": "settled", "wanted": True, "seen": False}]


def test_conditions_that_can_never_hold_end_it():
    with pytest.raises(ImpossibleGoal):
        Waiting({"members": ["node9"]}).saw(value())


def test_an_impossible_condition_says_what_was_seen():
    wait = Waiting({"min_members": 9, "members": ["node1"]})
    with pytest.raises(ImpossibleGoal):
        wait.saw(value(members=[1, 2]))
    outcome = wait.state.end(wait.now)
    assert outcome.votequorum == value(members=[1, 2]) and not outcome.met
    assert outcome.unmet == [{"condition": "min_members", "wanted": 9, "seen": 2}]
    assert timeline(outcome) == [(entry(0.0, None, value())["event"], 0.0)]


def test_a_node_named_twice_is_refused_and_no_condition_is_called_unmet_for_it():
    wait = Waiting({"members": ["node1", "1"]})
    with pytest.raises(ImpossibleGoal, match="members names a node twice: 1"):
        wait.saw(value())
    assert wait.state.end(wait.now).unmet == []


def decommissioned(known):
    """node3 is in the nodelist no more. known: whether this corosync has seen it since it started."""
    nodes = [node(1), node(2)] + ([node(3, False, name=None, configured=None)] if known else [])
    return value(nodes=nodes, members=[1, 2], expected_votes=2, total_votes=2)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("goal", [{"absent": ["node3"]}, {"absent": [3]}])
def test_a_node_that_leaves_the_configuration_meanwhile_is_absent(goal, known):
    wait = Waiting(goal)
    wait.saw(value())
    wait.event(at=0.5)
    leaving = value(nodes=[node(1), node(2), node(3, name=None, configured=None)], members=[1, 2, 3])
    wait.saw(leaving, changes=1)
    assert wait.state.end(wait.now).unmet[0]["condition"] == "absent"
    wait.event(at=1)
    wait.saw(decommissioned(known), changes=1)
    assert wait.ends().met
    # And so in the slice after
    wait = Waiting(goal, ids={"absent": [3]})
    wait.saw(decommissioned(known))
    assert wait.ends().met


@pytest.mark.parametrize("option, seen", [("members", ["node1", "node2"]), ("quorate_without", "There is no node with the node id 3 in this cluster; it has")])
def test_a_node_that_has_left_the_configuration_is_no_member(option, seen):
    wait = Waiting({option: ["node3"]}, ids={option: [3]}, seconds=0.0)
    wait.saw(decommissioned(False))
    [missing] = wait.ends().unmet
    assert (missing["condition"], missing["wanted"]) == (option, ["node3"])
    assert missing["seen"] == seen or str(missing["seen"]).startswith(str(seen))


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("option, holds", [("absent", False), ("members", True), ("quorate_without", False)])
def test_a_node_that_is_taken_out_and_in_again_with_another_node_id_is_still_that_node(option, holds, known):
    """node3 is 4 now, and as three of four are there none of these may leave."""
    before = [node(3, False, name=None, configured=None)] if known else []
    now = value(nodes=[node(1), node(2), *before, node(4, name="node3"), node(5, False)], members=[1, 2, 4], expected_votes=4, quorum=3, total_votes=3)
    wait = Waiting({option: ["node3"]}, ids={option: [3]}, seconds=0.0)
    wait.saw(now)
    assert wait.ends().met is holds


@pytest.mark.parametrize("option, holds", [("absent", False), ("members", True)])
def test_a_node_that_runs_with_its_old_id_is_the_node_of_that_name(option, holds):
    now = value(nodes=[node(1), node(2), node(3, name=None, configured=None), node(4, False, name="node3")], members=[1, 2, 3], expected_votes=3, quorum=2)
    wait = Waiting({option: ["node3"]}, ids={option: [3]}, seconds=0.0)
    wait.saw(now)
    assert wait.ends().met is holds


def test_a_refusal_in_a_later_slice_names_nodes_as_the_user_did():
    with pytest.raises(ImpossibleGoal, match="quorate_without names node2, node3, but even with all nodes there"):
        Waiting({"quorate_without": ["node2", "node3"]}, ids={"quorate_without": [2, 3]}).saw(value())


def test_a_node_that_was_never_in_the_configuration_is_unknown():
    with pytest.raises(ImpossibleGoal, match="absent: there is no node 'node3' in this cluster"):
        Waiting({"absent": ["node3"]}).saw(decommissioned(True))


def test_no_condition_at_all_is_met_by_any_value():
    wait = Waiting({})
    wait.lost()
    assert wait.quiet() == CONNECT
    wait.saw(value(members=[1]))
    assert wait.ends().met
    wait = Waiting({}, seconds=0.0)
    assert wait.step() == CONNECT
    wait.lost()
    outcome = wait.ends()
    assert not outcome.met
    assert outcome.unmet == []
