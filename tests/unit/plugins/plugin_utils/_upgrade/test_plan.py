# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of an upgrade: every reason not to begin, in words, and the order of the hosts."""

import itertools
import re

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import quorate_without
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.partitions import partitions
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.plan import objections, plan
from ansible_collections.corosync.quorum.tests.unit.fakes.daemons import values
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node, value

GONE = {"available": False, "reason": "not_running", "msg": "corosync does not run on this node."}


def answers(votes=(1, 1, 1), down=(), change=None, **rules):
    """What each host says: host1 is node 1, and so on. votes: of nodes 1, 2, 3..., or by node id. down: node ids that do not run and that the others miss.

    change: node id -> keys of its value.
    """
    results = {}
    for nodeid in votes if isinstance(votes, dict) else range(1, len(votes) + 1):
        if nodeid in down:
            results[f"host{nodeid}"] = dict(GONE)
            continue
        a_value = value(votes, asked=nodeid, problems=[], **rules)
        lost(a_value, down)
        a_value.update((change or {}).get(nodeid, {}))
        results[f"host{nodeid}"] = {"available": True, "quorate": a_value["quorate"], "votequorum": a_value}
    return results


def lost(a_value, down):
    for entry in a_value["nodes"]:
        if entry["nodeid"] in down:
            entry["state"] = "dead"
            a_value["total_votes"] -= entry["votes"]
    a_value["members"] = [nodeid for nodeid in a_value["members"] if nodeid not in down]
    a_value["missing"] = sorted(down)
    a_value["quorate"] = a_value["total_votes"] >= a_value["quorum"]


def refusals(results, **options):
    found = plan(results, **options)
    assert found["batches"] == []
    return "\n".join(found["refusals"])


def test_one_by_one_the_important_ones_last():
    found = plan(answers())
    assert found == {
        "refusals": [],
        "warnings": [],
        "batches": [["host3"], ["host2"], ["host1"]],
        "resumed": [],
        "nodeids": {"host1": 1, "host2": 2, "host3": 3},
        "total_votes": 3,
        "members": [1, 2, 3],
        "configured": [1, 2, 3],
        "qdevice": False,
        "cluster_name": "lab",
    }


def test_the_configured_nodes_are_those_of_the_nodelist_and_members_that_it_lacks():
    """The lock must be on more than half of them. Without a nodelist they are all that were seen."""
    assert plan(answers([1] * 4, down=[4]))["configured"] == [1, 2, 3, 4]
    left_over = [node(1), node(2), node(3, configured=None), node(4, member=False, configured=None)]
    assert plan(answers(change={1: {"nodes": left_over}}))["configured"] == [1, 2, 3]
    seen = [node(1, configured=None), node(2, configured=None), node(3, member=False, configured=None)]
    assert plan({"host1": answers(change={1: {"nodes": seen, "members": [1, 2]}})["host1"]})["configured"] == [1, 2, 3]
    assert plan({})["configured"] == []


def test_batches():
    assert plan(answers([1] * 5), batches=True)["batches"] == [["host3", "host5"], ["host2", "host4"], ["host1"]]
    one_by_one = plan(answers([1] * 5), batches=True, spare=1)["batches"]
    assert (sorted(one_by_one), one_by_one[-1]) == ([["host1"], ["host2"], ["host3"], ["host4"], ["host5"]], ["host1"])


def test_hosts_that_are_not_of_the_play_are_not_in_the_order():
    results = answers([1] * 5)
    del results["host3"]
    assert plan(results)["batches"] == [["host5"], ["host2"], ["host4"], ["host1"]]


def test_only_some_hosts_are_to_be_upgraded_and_all_are_asked():
    assert plan(answers([1] * 5), batches=True, only=["host3", "host1", "host9"])["batches"] == [["host3"], ["host1"]]
    assert "Not a member: node2" in refusals(answers([1] * 5, down=[2]), only=["host3"])


def test_a_device_that_votes_is_wanted_in_the_end():
    found = plan(answers([1, 1], qdevice=1), qdevice="as_now")
    assert (found["batches"], found["qdevice"], found["total_votes"]) == ([["host2"], ["host1"]], True, 3)


@pytest.mark.parametrize(
    "results, words",
    [
        ({}, "at least two hosts of a cluster.*has: none"),
        (answers([1]), "at least two hosts.*has: host1"),
        (dict(answers(), host3={"unreachable": True, "msg": "No route to host"}), "^host3 cannot be reached: No route to host. Bring it back"),
        (answers(down=[3]), "Quorum cannot be read on host3: corosync does not run on host3.\nNot a member: node3. Only a complete cluster"),
        (dict.fromkeys(["a", "b"], GONE), "Quorum can be read on no host"),
        (
            answers(change={3: {"ring_id": {"nodeid": 3, "seq": 8}, "members": [3], "quorate": False}}),
            r"not in one partition \(host1, host2: ring 1.13 with node ids 1, 2, 3; host3: ring 3.8 with node ids 3, not quorate\)",
        ),
        (
            answers(
                change={
                    1: {"ring_id": {"nodeid": 1, "seq": 8}, "members": [1]},
                    2: {"ring_id": {"nodeid": 2, "seq": 8}, "members": [2, 3]},
                    3: {"ring_id": {"nodeid": 2, "seq": 8}, "members": [2, 3]},
                }
            ),
            "Both sides of a split brain",
        ),
        (answers(change={2: {"expected_votes": 4}}), "disagree about expected_votes: 3 on host1, host3; 4 on host2. Give all of them the same"),
        (
            answers(change={2: {"quorate": False, "wait_for_all": {"enabled": True, "pending": True}}}),
            r"host2 is not quorate: it has 3 votes and needs 2. It waits for all nodes",
        ),
        (answers(wait_for_all=True, change=dict.fromkeys([1, 2, 3], {"wait_for_all": {"enabled": True, "pending": True}})), "host1 waits for all nodes"),
        (answers(change={1: {"settled": False}}), "membership was changing when host1 was asked"),
        (answers([1, 1], qdevice=1, casting=[1]), "The quorum device gives host2 no vote"),
        (
            answers(change={2: {"problems": [{"id": "x", "severity": "error", "message": "Two files differ.", "advice": "Copy one."}]}}),
            "On host2: Two files differ. Copy one.",
        ),
        (answers([1, 1]), "There are no safe batches.*two_node in corosync.conf, or a quorum device"),
    ],
)
def test_why_not(results, words):
    assert re.search(words, refusals(results), re.DOTALL), refusals(results)


@pytest.fixture(name="returned")
def _returned():
    """host4 is back with the configuration of four nodes, which the others have left."""
    alone = {"members": [4], "ring_id": {"nodeid": 4, "seq": 9}, "quorate": False, "total_votes": 1, "missing": [1, 2, 3]}
    return {**answers(), "host4": answers([1] * 4, change={4: alone})["host4"]}


NO_MEMBER = (
    "corosync on host4 runs as node 4 of another configuration: by the configuration of host1, host2, host3 it is no member.{} To take it out, run the role "
    "corosync.quorum.cluster with its name in cluster_remove, then remove its host from the group. To take it in again, run that role without its name in "
    "cluster_remove."
)


def test_a_node_that_was_removed_while_it_was_dead(returned):
    """All that it says otherwise follows from that."""
    assert plan(returned)["refusals"] == [NO_MEMBER.format("")]
    assert plan(returned, under_way={"host4": 4})["refusals"] == [NO_MEMBER.format("")]
    assert objections(returned, partitions(returned)) == [NO_MEMBER.format("")]


def test_one_with_the_lowest_node_id():
    """Else it would be asked who is missing."""
    alone = {"members": [1], "ring_id": {"nodeid": 1, "seq": 9}, "quorate": False, "missing": [2, 3, 4]}
    others = answers({2: 1, 3: 1, 4: 1})
    told = refusals({**others, "host1": answers([1] * 4, change={1: alone})["host1"]})
    assert told.startswith("corosync on host1 runs as node 1 of another configuration: by the configuration of host2, host3, host4 it") and "\n" not in told


def test_what_is_wrong_with_the_others_is_said_too(returned):
    returned["host2"]["votequorum"]["settled"] = False
    assert plan(returned)["refusals"] == [NO_MEMBER.format(""), "The membership was changing when host2 was asked. Try again when it has settled."]


def test_one_that_is_quorate_by_itself_is_one_side_of_a_split_brain(returned):
    returned["host4"]["votequorum"]["quorate"] = True
    found = plan(returned)["refusals"]
    assert found[0] == NO_MEMBER.format(" It is quorate by itself, so see what runs there, and stop corosync there yourself.")
    assert found[1].startswith("Both sides of a split brain are quorate (")


@pytest.mark.parametrize(
    "nodes",
    [
        [node(nodeid) for nodeid in (1, 2, 3, 4)],
        [node(nodeid, configured=None) for nodeid in (1, 2, 3)],
        [node(nodeid, name=f"other{nodeid}") for nodeid in (1, 2, 3)],
    ],
    ids=["it is in their configuration", "they have no nodelist", "another cluster"],
)
def test_every_other_host_that_they_do_not_see_is_a_partition(returned, nodes):
    for nodeid in (1, 2, 3):
        named = next(entry["name"] for entry in nodes if entry["nodeid"] == nodeid)
        returned[f"host{nodeid}"]["votequorum"].update(nodes=nodes, name=named)
    found = refusals(returned)
    assert "They belong to several clusters, or the network between them is cut" in found and "no member" not in found


def test_hosts_without_quorum_have_removed_nobody(returned):
    for host in ("host1", "host2", "host3"):
        returned[host]["votequorum"]["quorate"] = False
    assert "They belong to several clusters" in refusals(returned)


def test_a_warning_is_no_reason():
    problem = {"id": "x", "severity": "warning", "message": "Well.", "advice": "Mind."}
    found = plan(answers(change={2: {"problems": [problem]}, 3: {"problems": [problem]}}))
    assert (found["refusals"], found["warnings"]) == ([], ["On host2, host3: Well. Mind."])


def test_what_an_earlier_run_left_down_comes_first():
    found = plan(answers(down=[2]), under_way={"host2": 2})
    assert found["refusals"] == []
    assert found["batches"] == [["host2"], ["host3"], ["host1"]]
    assert (found["resumed"], found["nodeids"]["host2"], found["members"], found["total_votes"]) == (["host2"], 2, [1, 2, 3], None)


def test_what_an_earlier_run_left_up_comes_first_too():
    assert plan(answers([1] * 5), under_way={"host1": 1, "host4": 4}, batches=True)["batches"] == [["host1"], ["host4"], ["host3", "host5"], ["host2"]]


def test_another_node_may_not_be_down_meanwhile():
    assert "Not a member: node4" in refusals(answers([1] * 5, down=[2, 4]), under_way={"host2": 2})


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"results": None}, "results of votequorum_info are expected as a dictionary"),
        ({"results": {"a": None}}, "results of votequorum_info are expected"),
        ({"results": answers(), "under_way": ["a"]}, "under_way is a list, but must be a dictionary"),
        ({"results": answers(), "under_way": {"host1": "1"}}, "under_way is a dictionary, but"),
        ({"results": answers(), "only": "host1"}, "only is the string 'host1', but must be a list of hosts"),
    ],
)
def test_arguments_of_another_kind(arguments, words):
    with pytest.raises(ForecastError, match=words):
        plan(**arguments)


def test_a_wrong_spare_is_a_refusal_that_names_it():
    assert "spare is the number -1" in refusals(answers(), spare=-1)


# Many clusters cannot lose a node, and then there is no plan.
@examples(100, suppress_health_check=[HealthCheck.filter_too_much])
@given(values(), st.integers(0, 1), st.booleans())
def test_what_is_planned_is_safe(a_value, spare, together):
    results = {f"host{nodeid}": {"votequorum": dict(a_value, nodeid=nodeid)} for nodeid in a_value["members"]}
    found = plan(results, spare=spare, batches=together)
    assume(not found["refusals"])
    assert sorted(itertools.chain(*found["batches"])) == sorted(results)
    for batch in found["batches"]:
        assert quorate_without(a_value, [found["nodeids"][host] for host in batch], spare=spare)[0]
