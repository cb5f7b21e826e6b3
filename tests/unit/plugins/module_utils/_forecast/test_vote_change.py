# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change thought through: the steps and their order, the value they come to, and every reason to refuse them."""

import copy

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._forecast import vote_change as tested
from ansible_collections.corosync.quorum.tests.unit.fakes.changes import wish
from ansible_collections.corosync.quorum.tests.unit.fakes.daemons import values
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

TRACKS = {tested.TRACKING_BARRIER: 5}
CONSENT = {"allow_quorum_gain": True, "allow_quorum_loss": True}


def without(whole, *gone, **changes):
    """The value once these nodes have crashed, where no special rule counts."""
    cut = copy.deepcopy(whole)
    for node in cut["nodes"]:
        if node["nodeid"] in gone:
            node["state"] = "dead"
            cut["total_votes"] -= node["votes"]
    cut["members"] = [nodeid for nodeid in cut["members"] if nodeid not in gone]
    cut["missing"] = sorted(gone)
    cut["quorate"] = cut["total_votes"] >= cut["quorum"]
    cut["wait_for_all"]["pending"] = cut["wait_for_all"]["enabled"] and not cut["quorate"]
    cut["flags"] = ["quorate"] if cut["quorate"] else []
    cut.update(changes)
    return cut


def expecting(votes, seen, **changes):
    """The value where all expect so many votes."""
    return dict(
        seen, expected_votes=votes, highest_expected=votes, quorum=votes // 2 + 1, nodes=[dict(node, expected_votes=votes) for node in seen["nodes"]], **changes
    )


def planned(seen, configuration=None, **wishes):
    return tested.plan_votes(wish(**wishes), seen, configuration or {})


def steps(seen, configuration=None, **wishes):
    return [tested.in_words(step, seen) for step in planned(seen, configuration, **wishes).steps]


def refusal(seen, configuration=None, **wishes):
    with pytest.raises(tested.VoteChangeRefused) as caught:
        planned(seen, configuration, **wishes)
    return str(caught.value)


THREE = value([1, 1, 1])
CROSSED = dict(THREE, name="2", nodes=[dict(node, name=name) for node, name in zip(THREE["nodes"], ("2", "1", "3"))])


@pytest.mark.parametrize("node, nodeid", [(None, 1), (1, 1), (2, 2), ("3", 3)])
def test_whose_votes(node, nodeid):
    """Without `node`, it is the node asked, also where another node has its node id as its name."""
    assert planned(CROSSED, votes=2, node=node).steps == [tested.VoteStep(tested.VOTES, nodeid, 2)]


def test_digits_that_may_mean_two_nodes_are_refused():
    assert refusal(CROSSED, votes=2, node="1").startswith(
        "node: '1' is ambiguous in this cluster: it is the name of node id 2 and the node id of the node named '2'."
    )


@pytest.mark.parametrize(
    "wishes, expected",
    [
        ({"expected_votes": 3}, []),
        ({"votes": 1, "node": "node2"}, []),
        ({"cancel_wait_for_all": True}, []),
        ({"expected_votes": 5}, ["expected_votes 5"]),
        ({"votes": 2}, ["votes 2 of node1"]),
        ({"votes": 2, "node": "3"}, ["votes 2 of node3"]),
        ({"votes": 2, "expected_votes": 4}, ["votes 2 of node1"]),  # expected votes follow
        ({"votes": 3, "expected_votes": 6}, ["votes 3 of node1", "expected_votes 6"]),
    ],
)
def test_steps(wishes, expected):
    assert steps(THREE, **wishes) == expected


def test_expected_votes_go_first_where_votes_cannot():
    assert steps(expecting(9, value([3, 1, 1])), votes=1, expected_votes=5) == ["expected_votes 5", "votes 1 of node1"]
    assert steps(value([3, 1, 1]), votes=1, expected_votes=3) == ["votes 1 of node1", "expected_votes 3"]


def test_a_list_of_tie_breakers_that_is_not_known_may_give_quorum():
    """So that needs consent, as it does where the node asked is in the list."""
    few = without(value([1] * 8, tie_breaker=[1, 8]), 4, 5, 6, 7, 8)
    gain = "expected_votes 6 would make this partition quorate, which it is not now"
    assert gain in refusal(few, expected_votes=6)
    few["auto_tie_breaker"]["nodes"] = [8, 7]
    assert steps(few, expected_votes=6) == ["expected_votes 6"]
    few["auto_tie_breaker"]["nodes"] = None
    assert gain in refusal(few, expected_votes=6)


def test_the_value_that_comes():
    told = planned(THREE, votes=3, node="node2").values[-1]
    assert (told["total_votes"], told["expected_votes"], told["highest_expected"], told["quorum"], told["quorate"]) == (5, 5, 5, 3, True)
    assert [node["votes"] for node in told["nodes"]] == [1, 3, 1]
    # The others follow by themselves; what this node has heard of them is older.
    assert [node["expected_votes"] for node in told["nodes"]] == [5, 3, 3]
    assert value([1, 1, 1]) == THREE, "the value given is not changed"
    told = planned(THREE, expected_votes=4).values[-1]
    assert [node["expected_votes"] for node in told["nodes"]] == [4, 4, 4] and told["allow_downscale"]["ev_barrier"] == 4


def test_quorate_stands_behind_two_node_in_the_flags():
    alone = without(value([1, 1], two_node=True), 2, quorate=False, flags=["two_node", "wait_for_all"], wait_for_all={"enabled": True, "pending": True})
    told = planned(alone, cancel_wait_for_all=True, allow_quorum_gain=True).values[-1]
    assert told["flags"] == ["two_node", "quorate", "wait_for_all"] and told["quorate"] and not told["wait_for_all"]["pending"]


ALONE = without(THREE, 2, 3)


@pytest.mark.parametrize("wishes", [{"expected_votes": 1}, {"votes": 2}, {"votes": 3, "expected_votes": 4}])
def test_quorum_is_gained_only_with_consent(wishes):
    told = refusal(ALONE, **wishes)
    assert "which it is not now" in told and "split brain" in told and "It does not see node2, node3." in told and "allow_quorum_gain: true" in told
    assert planned(ALONE, allow_quorum_gain=True, **wishes).values[-1]["quorate"] is True


def test_expected_votes_that_gain_nothing_need_no_consent():
    assert planned(ALONE, expected_votes=2).values[-1]["quorate"] is False


def test_who_is_not_seen():
    assert "It sees every node" in refusal(expecting(9, THREE, quorate=False), expected_votes=3)
    stranger = copy.deepcopy(ALONE)
    stranger["nodes"] = stranger["nodes"][:1]
    stranger["nodes"][0]["configured_votes"] = None
    assert "has no nodelist" in refusal(stranger, expected_votes=1)


@pytest.mark.parametrize(
    "seen, wishes, words",
    [
        (THREE, {"expected_votes": 2}, "expected_votes 2 is less than the 3 votes present (members: node1, node2, node3)"),
        (THREE, {"expected_votes": 6}, "expected_votes 6 would cost this cluster its quorum: 3 votes would be present, quorum would be 4."),
        (without(THREE, 3), {"votes": 0}, "votes 0 of node1 would cost this cluster its quorum: 1 vote would be present, quorum would be 2."),
        (ALONE, {"votes": 0}, "would not make this partition quorate (0 votes would be present, quorum would be 2)"),
        (THREE, {"votes": 1, "node": "node9"}, "node: there is no node 'node9' in this cluster; it has node1, node2, node3."),
        (THREE, {"votes": 1, "node": 9}, "node: there is no node with the node id 9 in this cluster; it has the node ids 1, 2, 3."),
        (ALONE, {"votes": 1, "node": "node2"}, "not a member now (dead)"),
        (value([1, 1], two_node=True), {"votes": 1}, "two_node"),
        (value([300, 100, 100]), {"votes": 110, "node": "node2"}, "would make 510 votes with those of the other nodes (400) and of the quorum device (0)"),
        (value([100, 100], qdevice=300), {"votes": 110}, "the other nodes (100) and of the quorum device (300)"),
        (dict(THREE, settled=False), {"expected_votes": 3}, "A membership change was under way"),
        (value([1, 1, 1], qdevice=2, casting=[]), {"expected_votes": 4}, "undone at once: corosync expects at least the votes that"),
    ],
)
def test_refusals(seen, wishes, words):
    assert words in refusal(seen, **dict(CONSENT, **wishes))


def test_votes_that_the_device_does_not_take():
    """Only those of the algorithm ffsplit; and what is so already, or mends it, is no change for the worse."""
    seen, ffsplit = value([1, 2], qdevice=1), {"quorum.device.net.algorithm": "ffsplit"}
    for votes in (0, 3):
        told = refusal(seen, ffsplit, votes=votes, **CONSENT)
        assert told.startswith(f"votes {votes} of node1 would cost every node the vote of the quorum device") and "algorithm lms" in told
        assert steps(seen, {"quorum.device.net.algorithm": "lms"}, votes=votes, **CONSENT) == [f"votes {votes} of node1"]
    assert refusal(seen, {"quorum.device.model": "net"}, votes=3, **CONSENT).startswith("votes 3 of node1 would cost"), "ffsplit is what the device takes"
    assert steps(seen, {"quorum.device.model": "other"}, votes=3, **CONSENT) == ["votes 3 of node1"]
    assert steps(seen, ffsplit, votes=2, node="node2") == []
    assert steps(seen, ffsplit, votes=1, node="node2") == ["votes 1 of node2"]


def test_a_node_that_was_never_seen():
    seen = copy.deepcopy(ALONE)
    seen["nodes"][2].update(state="unseen", votes=None, expected_votes=None)
    assert "corosync on node1 has not seen it since it started" in refusal(seen, votes=1, node="node3")


def test_votes_that_wrapped_may_be_lowered():
    assert steps(value([300, 300, 300]), votes=250, node="node3") == ["votes 250 of node3"]


def test_expected_votes_tracking():
    seen = expecting(5, THREE)
    assert "expected_votes_tracking is on, and with it corosync does not go below the most it ever expected, 5" in refusal(seen, TRACKS, expected_votes=4)
    assert steps(seen, expected_votes=4) == ["expected_votes 4"]


# ---- wait_for_all --------------------------------------------------------------------------------------------------------

WAITING = without(value([1, 1, 1], wait_for_all=True), 3, quorate=False, flags=["wait_for_all"], wait_for_all={"enabled": True, "pending": True})


def test_cancelling_is_a_gain():
    assert "split brain" in refusal(WAITING, cancel_wait_for_all=True)
    assert steps(WAITING, cancel_wait_for_all=True, allow_quorum_gain=True) == ["cancel_wait_for_all"]


def test_expecting_what_is_there_ends_the_waiting_too():
    assert "split brain" in refusal(WAITING, expected_votes=2)
    assert steps(WAITING, expected_votes=2, cancel_wait_for_all=True, allow_quorum_gain=True) == ["expected_votes 2"]


def test_cancelling_without_the_votes_has_no_effect():
    alone = without(value([1, 1, 1], wait_for_all=True), 2, 3)
    assert "would have no effect" in refusal(alone, cancel_wait_for_all=True, **CONSENT)


def test_a_cancel_is_not_heard_after_a_reload_that_failed():
    assert "the last reload of corosync.conf failed" in refusal(WAITING, {tested.RELOADING: 1}, cancel_wait_for_all=True, **CONSENT)


def test_a_cancel_reads_the_configuration_again():
    told = planned(expecting(4, WAITING), cancel_wait_for_all=True, allow_quorum_gain=True).values[-1]
    assert (told["expected_votes"], told["quorum"], told["quorate"]) == (3, 2, True)
    assert "would undo the rest" in refusal(WAITING, expected_votes=5, cancel_wait_for_all=True, **CONSENT)


@pytest.mark.parametrize(
    "configuration, configured",
    [
        ({}, (1, 3)),
        ({"quorum.expected_votes": 7}, (1, 7)),
        ({"quorum.device.model": "net"}, (1, 5)),
        ({"quorum.device.model": "net", "quorum.device.votes": 1}, (1, 3)),
        ({"quorum.expected_votes": 7, tested.TRACKING_BARRIER: 9}, (1, 9)),
    ],
)
def test_what_is_configured(configuration, configured):
    question = tested._Question(wish(), 1, THREE, configuration)  # pylint: disable=protected-access
    assert tested._configured(None, question) == configured  # pylint: disable=protected-access


# ---- whatever the cluster ------------------------------------------------------------------------------------------------

WISHES = st.fixed_dictionaries(
    {
        "expected_votes": st.one_of(st.none(), st.integers(1, 20)),
        "votes": st.one_of(st.none(), st.integers(0, 5)),
        "node": st.one_of(st.none(), st.sampled_from(["node1", "2", "node3"])),
        "cancel_wait_for_all": st.booleans(),
        "allow_quorum_gain": st.booleans(),
        "allow_quorum_loss": st.booleans(),
    }
)


@examples(400)
@given(values(), st.sets(st.integers(1, 6), max_size=4), WISHES)
def test_no_plan_breaks_a_promise(whole, gone, wishes):
    gone = gone - {whole["nodeid"]}
    seen = without(whole, *(gone & set(whole["members"])))
    try:
        plan = planned(seen, **wishes)
    except tested.VoteChangeRefused:
        assume(False)
    last = seen
    for step, told in zip(plan.steps, plan.values):
        assert tested.is_done(step, told)
        assert wishes["allow_quorum_gain"] or last["quorate"] or not told["quorate"]
        assert wishes["allow_quorum_loss"] or told["quorate"] or not last["quorate"]
        assert told["expected_votes"] >= sum(node["votes"] for node in told["nodes"] if node["state"] == "member")
        last = told
    assert wishes["expected_votes"] in (None, last["expected_votes"])
    assert planned(last, **wishes).steps == [], "what was made need not be made again"
