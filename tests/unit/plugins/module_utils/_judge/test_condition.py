# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditions of wait_for_quorum: when each holds, what is said where it does not, and which can never hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import EITHER
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import QDEVICE
from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import (
    CONDITIONS,
    COUNTS_ON,
    QDEVICE_STATES,
    ImpossibleGoal,
    device_state,
    goal_of,
    in_words,
    most_votes,
    refuse_impossible,
    summary,
    unmet,
)
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import device, node, value

VOTING, ALIVE, REGISTERED, ABSENT = (value(qdevice=device(state)) for state in ("voting", "alive", "registered", "absent"))
NOT_ITS_OWN_MEMBER = (
    "The dictionary given is not a votequorum value that this version of corosync.quorum can use: the node asked, 1, is not among its members. "
    "Read it again with corosync.quorum.votequorum_info of this version."
)
CROSSED = [node(1, name="2"), node(2, name="1"), node(3, False, name="3")]
NO_NODELIST = {"nodes": [node(1, name=None, configured=None)], "members": (1,)}


UP, DOWN = {"link": 0, "connected": True}, {"link": 1, "connected": False}
LINKED = value(nodes=[node(1), node(2, links=[UP, DOWN]), node(3, links=[UP, dict(DOWN, connected=True)])])


@pytest.mark.parametrize(
    "name, wanted, seen_value, holds, seen",
    [
        ("quorate", True, value(), True, True),
        ("quorate", True, value(members=[1]), False, False),
        ("quorate", False, value(), False, True),
        ("quorate", False, value(members=[1]), True, False),
        ("members", ["node1"], value(), True, ["node1", "node2", "node3"]),
        ("members", ["node1", "3"], value(), True, ["node1", "node2", "node3"]),
        ("members", ["node1", "3"], value(members=[1, 2]), False, ["node1", "node2"]),
        ("members", ["2"], value(nodes=[node(1), node(2, False, name=None)], members=[1]), False, ["node1"]),
        ("members", ["2"], value(nodes=[node(1), node(2, name=None)], members=[1, 2]), True, ["node1", "2"]),
        ("members", ["7"], value(**NO_NODELIST), False, ["1"]),
        ("members", [7], value(**NO_NODELIST), False, ["1"]),
        ("members", [1], value(**NO_NODELIST), True, ["1"]),
        ("members", [1], value(nodes=CROSSED, members=[1]), True, ["2"]),
        ("members", [2], value(nodes=CROSSED, members=[1]), False, ["2"]),
        ("absent", [2], value(nodes=CROSSED, members=[1]), True, ["2"]),
        ("quorate_without", [2], value(nodes=CROSSED, members=[1, 2]), False, None),
        ("absent", ["node3"], value(members=[1, 2]), True, ["node1", "node2"]),
        ("absent", ["node3", "2"], value(members=[1, 2]), False, ["node1", "node2"]),
        ("absent", ["node3"], value(), False, ["node1", "node2", "node3"]),
        ("absent", ["7"], value(**NO_NODELIST), True, ["1"]),
        ("min_members", 2, value(members=[1, 2]), True, 2),
        ("min_members", 3, value(members=[1, 2]), False, 2),
        ("min_votes", 2, value(members=[1, 2]), True, 2),
        ("min_votes", 3, value(members=[1, 2]), False, 2),
        ("min_votes", 3, value(members=[1, 2], qdevice=device()), True, 3),
        ("expected_votes", 3, value(), True, 3),
        ("expected_votes", 2, value(), False, 3),
        ("expected_votes", 4, value(), False, 3),
        ("quorate_without", ["node2"], value(), True, None),
        ("quorate_without", ["2"], value(members=[1, 2]), False, None),
        ("quorate_without", ["1"], value(members=[1]), False, None),
        ("tolerates", 1, value(), True, 1),
        ("tolerates", 1, value(members=[1, 2]), False, 0),
        ("tolerates", 1, value(members=[1]), False, 0),
        ("tolerates", 0, value(members=[2, 3]), False, NOT_ITS_OWN_MEMBER),
        ("quorate_without", ["node2"], value(members=[2, 3]), False, NOT_ITS_OWN_MEMBER),
        ("links", "all", LINKED, False, ["link 1 to node2 not connected"]),
        ("links", [{"node": "node2", "link": 0}, {"node": 3, "link": "1"}], LINKED, True, []),
        ("links", [{"node": 2, "link": 1}], LINKED, False, ["link 1 to node2 not connected"]),
        ("links", [{"node": "gone", "link": 1}], LINKED, False, ["link 1 to ? not connected"]),
        ("links", "all", value(nodes=[node(1), node(2, links=[UP]), node(3, False, links=[DOWN])]), True, []),
        ("links", "all", value(nodes=[node(1), node(2)]), False, ["links to node2 not known"]),
        ("links", "all", value(nodes=[node(1)]), True, []),
        ("ring_newer_than", 9, value(ring=10), True, 10),
        ("ring_newer_than", 10, value(ring=10), False, 10),
        ("ring_newer_than", 11, value(ring=10), False, 10),
        ("qdevice", "absent", value(), True, "absent"),
        ("qdevice", "absent", ABSENT, True, "absent"),
        ("qdevice", "absent", REGISTERED, False, "registered"),
        ("qdevice", "absent", VOTING, False, "voting"),
        ("qdevice", "registered", ABSENT, False, "absent"),
        ("qdevice", "registered", REGISTERED, True, "registered"),
        ("qdevice", "registered", VOTING, True, "voting"),
        ("qdevice", "alive", REGISTERED, False, "registered"),
        ("qdevice", "alive", ALIVE, True, "alive"),
        ("qdevice", "alive", VOTING, True, "voting"),
        ("qdevice", "voting", ALIVE, False, "alive"),
        ("qdevice", "voting", VOTING, True, "voting"),
    ],
)
def test_each_condition(name, wanted, seen_value, holds, seen):
    found, what = CONDITIONS[name](seen_value, wanted)
    assert found is holds
    assert name == "quorate_without" or what == seen
    missing = unmet({name: wanted}, seen_value)
    assert missing == ([] if holds else [{"condition": name, "wanted": wanted, "seen": what}])


@pytest.mark.parametrize("wanted", ["all", [{"node": 2, "link": 1}]])
def test_links_that_one_reading_could_not_see_are_waited_for(wanted):
    seen = value()
    for entry in seen["nodes"]:
        entry.update(addresses=["10.0.0.1", "10.1.0.1"], links=None)
    refuse_impossible({"links": wanted}, seen)
    assert unmet({"links": wanted}, seen)


def test_a_device_that_has_gone_casts_no_vote():
    """registered but dead: corosync keeps the flag of the vote until the device is heard again."""
    assert device_state(value(qdevice=dict(device(), alive=False))) == "registered"
    assert device_state(value(qdevice=dict(device(), registered=False))) == "absent"


@pytest.mark.parametrize(
    "wanted, seen_value, words",
    [
        ("all", value(), "this cluster has no links that can be read. That needs the transport knet"),
        ([{"node": "node2", "link": 4}], LINKED, "links names link 4 to node2, which has 0, 1."),
        ([{"node": "node1", "link": 0}], LINKED, "links names link 0 to node1, the node that is asked."),
        ([{"node": "node9", "link": 0}], LINKED, "links: "),
    ],
)
def test_links_that_there_are_not_are_refused_at_once(wanted, seen_value, words):
    with pytest.raises(ImpossibleGoal) as error:
        refuse_impossible({"links": wanted}, seen_value)
    assert words in str(error.value)


def test_links_that_may_come_are_waited_for():
    refuse_impossible({"links": "all"}, LINKED)
    refuse_impossible({"links": [{"node": "node2", "link": 1}]}, LINKED)
    refuse_impossible({"links": "all"}, value([1]))


def test_a_goal_is_what_was_asked_for():
    options = dict.fromkeys(CONDITIONS, None)
    assert goal_of(options) == {}
    assert goal_of(dict(options, quorate=False, min_votes=2, timeout=5)) == {"quorate": False, "min_votes": 2}


def test_nothing_read_meets_nothing():
    goal = {"quorate": False, "absent": ["node3"], "qdevice": "absent"}
    assert unmet(goal, None) == [{"condition": name, "wanted": wanted, "seen": None} for name, wanted in goal.items()]


DEVICE = {"qdevice": device(), "nodes": [node(nodeid, expected_votes=4, qdevice=device()) for nodeid in (1, 2, 3)]}


@pytest.mark.parametrize("given_qdevice, holds", [(None, False), ("either", False), ("as_now", True), ("lost", False)])
@pytest.mark.parametrize("name, wanted", [("tolerates", 1), ("quorate_without", ["node2"])])
def test_a_forecast_may_count_on_the_quorum_device(name, wanted, given_qdevice, holds):
    """Three nodes and a device with a vote: any node may leave, but not the device's vote as well."""
    goal = goal_of({name: wanted, "forecast_qdevice": given_qdevice})
    assert [item["condition"] for item in unmet(goal, value(**DEVICE))] == ([] if holds else [name])
    assert [item["condition"] for item in unmet(goal, None)] == [name]


def test_it_may_count_on_what_the_filters_may():
    assert set(COUNTS_ON) == {*QDEVICE, EITHER}


def test_how_a_forecast_counts_is_no_condition():
    assert goal_of({"quorate": True, "forecast_qdevice": "lost"}) == {"quorate": True}
    assert goal_of({"tolerates": 1, "forecast_qdevice": "lost"}) == {"tolerates": 1, "forecast_qdevice": "lost"}


@examples(100)
@given(st.sets(st.sampled_from([1, 2, 3])), st.booleans(), st.sampled_from(QDEVICE_STATES), st.sampled_from(sorted(CONDITIONS)))
def test_what_has_not_settled_meets_nothing(members, quorate, state, name):
    wanted = {"members": ["1"], "absent": ["3"], "quorate_without": ["3"], "quorate": False, "qdevice": "absent", "links": "all"}.get(name, 0)
    unsettled = value(members=sorted(members | {1}), quorate=quorate, qdevice=device(state), settled=False)
    assert unmet({name: wanted}, unsettled)[0] == {"condition": "settled", "wanted": True, "seen": False}


@pytest.mark.parametrize(
    "goal, where, message",
    [
        ({"members": ["node4"]}, value(), "members: there is no node 'node4' in this cluster; it has node1, node2, node3."),
        ({"absent": ["0"]}, value(), "absent: there is no node '0' in this cluster; it has node1, node2, node3."),
        ({"members": ["node2"]}, value(**NO_NODELIST), "members: there is no node 'node2' in this cluster; it has node id 1."),
        ({"members": [9]}, value(), "members: there is no node with the node id 9 in this cluster; it has the node ids 1, 2, 3."),
        ({"members": [0]}, value(**NO_NODELIST), "members: there is no node with the node id 0 in this cluster; it has the node ids 1."),
        ({"absent": ["0"]}, value(**NO_NODELIST), "absent: there is no node '0' in this cluster; it has node id 1."),
        ({"absent": ["4294967296"]}, value(**NO_NODELIST), "absent: there is no node '4294967296' in this cluster; it has node id 1."),
        (
            {"absent": ["1"]},
            value(nodes=CROSSED),
            (
                "absent: '1' is ambiguous in this cluster: it is the name of node id 2 and the node id of the node named '2'. "
                "Give the node id, as a number without quotes: 1 or 2."
            ),
        ),
        ({"members": ["node2", 2]}, value(), "members names a node twice: 2."),
        ({"members": [2], "absent": ["node2"]}, value(), "members and absent both name node2: no node can be a member and absent."),
        ({"members": ["node2", "2"]}, value(), "members names a node twice: 2."),
        ({"absent": ["2", "node3", "node2"]}, value(), "absent names a node twice: node2."),
        ({"members": ["node2", "node3"], "absent": ["2"]}, value(), "members and absent both name node2: no node can be a member and absent."),
        (
            {"absent": ["node1"]},
            value(),
            "absent names node1, the node that is asked: it is a member of every membership it can see. Ask another node.",
        ),
        ({"min_members": 4}, value(members=[1]), "min_members is 4, but only 3 nodes can be members: node1, node2, node3."),
        ({"min_members": 3, "absent": ["node2"]}, value(members=[1]), "min_members is 3, but only 2 nodes can be members: node1, node3."),
        ({"min_votes": 4}, value(members=[1]), "min_votes is 4, but node1, node2, node3 together have only 3 votes."),
        (
            {"min_votes": 5},
            value(qdevice=device("absent")),
            "min_votes is 5, but node1, node2, node3 and the quorum device together have only 4 votes.",
        ),
        ({"min_votes": 3, "absent": ["3"]}, value(), "min_votes is 3, but node1, node2 together have only 2 votes."),
        (
            {"qdevice": "registered"},
            value(),
            "qdevice is 'registered', but this cluster has no quorum device: there is no quorum.device.model in corosync's configuration.",
        ),
        ({"tolerates": 2}, value(members=[1]), "tolerates is 2, but even with all nodes there no more than 1 may fail together."),
        (
            {"quorate_without": ["1", "2", "3"]},
            value(members=[1]),
            "quorate_without: All 3 members (node1, node2, node3) would leave; a forecast needs a node that stays.",
        ),
        ({"quorate_without": ["node9"]}, value(), "quorate_without: there is no node 'node9' in this cluster; it has node1, node2, node3."),
    ],
)
def test_goals_that_can_never_hold(goal, where, message):
    with pytest.raises(ImpossibleGoal) as caught:
        refuse_impossible(goal, where)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "goal, message",
    [
        (
            {"tolerates": 1},
            (
                "tolerates is 1, but even with all nodes there no more than 0 may fail together. "
                "As long as the quorum device votes, it could hold: forecast_qdevice=as_now counts on that."
            ),
        ),
        ({"tolerates": 1, "forecast_qdevice": "lost"}, "tolerates is 1, but even with all nodes there no more than 0 may fail together."),
        ({"tolerates": 2, "forecast_qdevice": "as_now"}, "tolerates is 2, but even with all nodes there no more than 1 may fail together."),
        (
            {"quorate_without": ["node2"]},
            (
                "quorate_without names node2, but even with all nodes there the cluster would not stay quorate without them. "
                "If the quorum device's vote is lost too: Without node2, 2 votes are present, quorum is 3 of 4 expected: 1 too few. "
                "As long as the quorum device votes, it could hold: forecast_qdevice=as_now counts on that."
            ),
        ),
    ],
)
def test_what_a_forecast_counts_on_decides_whether_it_can_hold(goal, message):
    with pytest.raises(ImpossibleGoal) as caught:
        refuse_impossible(goal, value(members=[1], **DEVICE))
    said = str(caught.value)
    assert said == message


@pytest.mark.parametrize("goal", [{"tolerates": 1}, {"quorate_without": ["node2"]}])
def test_a_forecast_that_counts_on_the_device_may_yet_hold(goal):
    refuse_impossible(dict(goal, forecast_qdevice="as_now"), value(members=[1], **DEVICE))


@pytest.mark.parametrize("goal", [{"tolerates": 2}, {"quorate_without": ["node2", "node3"]}])
def test_a_device_that_is_not_registered_yet_may_come_with_master_wins(goal):
    """corosync-qdevice sets that as it registers, with the algorithm lms. Then one node and the device are enough, whatever the device's votes are."""
    yet_to_come = value(members=[1], qdevice=device("absent"), nodes=[node(nodeid, expected_votes=4) for nodeid in (1, 2, 3)])
    refuse_impossible(dict(goal, forecast_qdevice="as_now"), yet_to_come)
    for counts_on in ("either", "lost"):
        with pytest.raises(ImpossibleGoal):
            refuse_impossible(dict(goal, forecast_qdevice=counts_on), yet_to_come)


def test_quorate_without_too_many_can_never_hold():
    with pytest.raises(ImpossibleGoal) as caught:
        refuse_impossible({"quorate_without": ["node2", "node3"]}, value(members=[1]))
    assert str(caught.value).startswith("quorate_without names node2, node3, but even with all nodes there the cluster would not stay quorate without them.")


@pytest.mark.parametrize(
    "goal, where",
    [
        ({}, value()),
        (
            {"members": ["1", "2", "3"], "min_members": 3, "min_votes": 3, "tolerates": 1, "quorate_without": ["node1"]},
            value(members=[1], settled=False),
        ),
        ({"min_votes": 4}, value(members=[1], qdevice=device("absent"))),
        ({"min_votes": 6}, value(nodes=[node(1), node(2, votes=4), node(3)])),
        ({"min_votes": 5}, value(nodes=[node(1), node(2, votes=0, configured=3), node(3)])),
        ({"min_votes": 3}, value(nodes=[node(1), node(2, votes=None, state="unseen"), node(3)], members=[1, 3])),
        ({"qdevice": "absent"}, value()),
        ({"qdevice": "voting"}, ABSENT),
        ({"members": ["1", "2", "9"], "absent": ["4"], "min_members": 5, "min_votes": 50, "tolerates": 3}, value(**NO_NODELIST)),
        ({"expected_votes": 99}, value()),
        ({"ring_newer_than": 99}, value()),
        ({"quorate": False, "absent": ["2", "3"]}, value()),
    ],
)
def test_goals_that_may_yet_hold(goal, where):
    refuse_impossible(goal, where)


def running(members, votes, configured=None, expected=None, **other):
    """The value of a cluster with these votes by node id, as node 1 sees it. configured: the same if None, without what was removed."""
    configured = votes if configured is None else configured
    nodes = [node(nodeid, nodeid in members, votes[nodeid], configured.get(nodeid)) for nodeid in votes]
    total = sum(votes[nodeid] for nodeid in members)
    expected = max(expected or sum(configured.values()), total)
    quorum = expected // 2 + 1
    return value(members=members, nodes=nodes, expected_votes=expected, highest_expected=expected, quorum=quorum, quorate=total >= quorum, **other)


ONE_EACH = {1: 1, 2: 1, 3: 1}
FOUR = {1: 1, 2: 1, 3: 1, 4: 1}
ONE_REMOVED = {1: 1, 2: 1, 3: 1, 4: 3}


@pytest.mark.parametrize(
    "goal, where",
    [
        pytest.param({"tolerates": 1}, running([1, 2, 3], ONE_EACH, {1: 3, 2: 1, 3: 1}, 3), id="votes that are to be as configured after a restart"),
        pytest.param({"tolerates": 1}, running([1, 2, 3], ONE_REMOVED, ONE_EACH), id="a node that was removed is still known"),
        pytest.param({"quorate_without": ["node3", "node4"]}, running([1, 2, 3], FOUR, expected=3), id="expected votes were lowered"),
    ],
)
def test_what_holds_now_is_not_impossible(goal, where):
    assert unmet(goal, where) == []
    refuse_impossible(goal, where)


@pytest.mark.parametrize(
    "goal, where",
    [
        pytest.param({"tolerates": 1}, running([1, 2], ONE_EACH, {1: 3, 2: 1, 3: 1}, 3), id="the cluster runs with other votes than are configured"),
        pytest.param({"tolerates": 1}, running([1, 2], {1: 1, 2: 1, 3: 3}, ONE_EACH), id="a restart brings a node back with fewer votes"),
        pytest.param({"tolerates": 1}, running([1, 2], ONE_REMOVED, ONE_EACH), id="without a removed node"),
        pytest.param({"quorate_without": ["4"]}, running([1], ONE_REMOVED, ONE_EACH), id="a removed node is no loss"),
        pytest.param({"quorate_without": ["node3", "node4"]}, running([1], FOUR, expected=3), id="expected votes were lowered"),
        pytest.param({"quorate_without": ["3", "4"]}, running([1], FOUR, last_man_standing={"enabled": True}), id="last_man_standing will lower them"),
        pytest.param({"quorate_without": ["1", "4"]}, running([1], FOUR, auto_tie_breaker={"enabled": True, "kind": "lowest"}), id="ties move"),
        pytest.param({"quorate_without": ["3", "4"]}, running([1], FOUR, allow_downscale={"enabled": True}), id="clean leaves lower them"),
        pytest.param({"tolerates": 1}, running([1], {1: 3, 2: 0, 3: 2, 4: 1}, two_node=True), id="two_node of four nodes"),
        pytest.param({"tolerates": 1, "quorate_without": ["node2"]}, value(members=[]), id="corosync has just started"),
    ],
)
def test_a_forecast_that_may_yet_hold(goal, where):
    where["auto_tie_breaker"] = dict({"lowest": 1, "highest": 4, "nodes": [], "kind": "none"}, **where["auto_tie_breaker"])
    where["last_man_standing"] = dict({"window_ms": 10000}, **where["last_man_standing"])
    where["allow_downscale"] = dict({"ev_barrier": 4}, **where["allow_downscale"])
    assert unmet(goal, where)
    refuse_impossible(goal, where)


@pytest.mark.parametrize("mode", ["last_man_standing", "auto_tie_breaker", "allow_downscale"])
def test_nor_does_a_mode_help_a_cluster_to_tolerate_more(mode):
    where = value(members=[1])
    where[mode]["enabled"] = True
    with pytest.raises(ImpossibleGoal):
        refuse_impossible({"tolerates": 2}, where)


THREE_VOTES = st.lists(st.integers(1, 3), min_size=3, max_size=3).map(lambda votes: dict(enumerate(votes, start=1)))


@examples(300)
@given(THREE_VOTES, st.one_of(st.none(), THREE_VOTES), st.booleans(), st.integers(1, 2), st.sets(st.sampled_from([1, 2, 3]), min_size=1, max_size=2))
def test_a_forecast_that_some_membership_meets_is_never_called_impossible(votes, configured, lowered, failures, loss):
    """The same cluster as below, with votes as configured or not, and expected votes as they are seen or as they are configured."""
    possible = [running(members, votes, configured, sum(votes.values()) if lowered else None) for members in ([1], [1, 2], [1, 3], [1, 2, 3])]
    for goal in ({"tolerates": failures}, {"quorate_without": sorted(map(str, loss))}):
        if any(not unmet(goal, seen) for seen in possible):
            for seen in possible:
                refuse_impossible(goal, seen)


@examples(100)
@given(st.sets(st.sampled_from([2, 3])), st.sets(st.sampled_from([2, 3])), st.integers(1, 3), st.integers(1, 3))
def test_what_some_membership_meets_is_never_called_impossible(there, gone, least, votes):
    """Tried for each membership that is possible: where one of them meets the goal, no other may call it impossible."""
    goal = {"members": sorted(map(str, there)), "absent": sorted(map(str, gone)), "min_members": least, "min_votes": votes}
    goal = {name: wanted for name, wanted in goal.items() if wanted}
    possible = [value(members=members) for members in ([1], [1, 2], [1, 3], [1, 2, 3])]
    met = []
    refused = []
    for seen in possible:
        try:
            refuse_impossible(goal, seen)
            met.append(not unmet(goal, seen))
        except ImpossibleGoal:
            refused.append(seen)
    assert (any(met) and not refused) or (len(refused) == len(possible))


def test_most_votes():
    nodes = [node(1), node(2, votes=4), node(3, votes=None, configured=2)]
    assert most_votes(nodes, value()) == 7
    assert most_votes(nodes, value(qdevice=device("absent", votes=2))) == 9


def test_in_words():
    missing = unmet({"quorate": True, "members": ["node3"], "min_votes": 3, "qdevice": "absent"}, value(members=[1]))
    assert in_words(missing) == "quorate: wanted true, seen false; members: node3 missing; min_votes: wanted 3, seen 1"
    assert in_words(unmet({"members": ["node3"]}, None)) == "members: wanted node3, seen unknown"
    assert in_words([]) == ""


def test_of_many_nodes_those_in_the_way_are_named():
    """By names: whether a node id is among names, nobody can say."""
    names, most = [f"node{nodeid}" for nodeid in range(1, 17)], value((1,) * 16, members=[nodeid for nodeid in range(1, 17) if nodeid != 7])
    assert in_words(unmet({"members": names}, most)) == "members: node7 missing"
    assert in_words(unmet({"absent": ["node6", "node7"]}, most)) == "absent: node6 still there"
    by_id = in_words(unmet({"members": list(range(1, 17))}, most))
    assert by_id == ("members: wanted 1, 2, 3, 4, 5, 6, 7, 8 and 8 more, seen node1, node2, node3, node4, node5, node6, node8, node9 and 7 more")
    assert len(in_words(unmet({"members": names}, None))) < 120


@pytest.mark.parametrize(
    "seen, text",
    [
        (value(), "quorate, 3 of 3 votes, 2 needed"),
        (value(members=[1, 2]), "quorate, 2 of 3 votes, 2 needed; missing: node3"),
        (value(members=[1]), "NOT quorate, 1 of 3 votes, 2 needed; missing: node2, node3"),
        (
            value(quorate=False, wait_for_all={"enabled": True, "pending": True}, members=[1, 2]),
            "NOT quorate, 2 of 3 votes, 2 needed, waiting for all; missing: node3",
        ),
        (value(settled=False), "quorate, 3 of 3 votes, 2 needed; membership still changing"),
    ],
)
def test_a_summary(seen, text):
    assert summary(seen) == text
