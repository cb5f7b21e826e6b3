# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts on which corosync runs apart from the cluster: only where a stop costs nobody quorum, and everything else is a partition."""

import copy

import pytest

from ansible_collections.corosync.quorum.tests.unit.fakes.clusters import planned, running, stopped, wishes


def refusal(given, seen):
    return " ".join(planned(given, seen)["refusals"])


def alone(seen, *hosts, state="unseen", uses="10.0.0.1", quorate=False):
    """Let corosync on these hosts see nobody else."""
    for host in hosts:
        found = seen[host] = copy.deepcopy(seen[host])
        value = found["votequorum"]
        own = value["nodeid"]
        value.update(members=[own], quorate=quorate, total_votes=1, ring_id={"nodeid": own, "seq": 9}, flags=["quorate"] if quorate else [])
        for node in value["nodes"]:
            node["state"] = "member" if node["nodeid"] == own else state
        found["uses"] = [uses]
    return seen


def without(seen, host, *others):
    """Let these other hosts be a cluster that does not have a node of this host in its configuration."""
    nodeid = seen[host]["votequorum"]["nodeid"]
    for other in others:
        found = seen[other] = copy.deepcopy(seen[other])
        value = found["votequorum"]
        value["nodes"] = [node for node in value["nodes"] if node["nodeid"] != nodeid]
        value["members"] = [member for member in value["members"] if member != nodeid]
    return seen


# --- a cluster that never came together ------------------------------------------------------------------------------------


def test_each_on_its_loopback():
    """The configuration is right by now, and nothing else is to be done."""
    seen = alone(running(wishes()), "host1", "host2", "host3", uses="127.0.1.1")
    steps = planned(wishes(), seen)
    assert steps["refusals"] == [] and steps["apart"] == steps["start"] == ["host1", "host2", "host3"]
    assert (steps["members"], steps["reload"], steps["restart"], steps["write"]) == ([], None, [], [])
    assert steps["summary"][0] == "stop corosync, which runs apart from the cluster and has no quorum, on host1, host2, host3"
    assert steps["notes"][0] == "corosync on host1 uses 127.0.1.1, which no other node reaches, and has formed a cluster of its own."
    assert steps["trial"] == ["host1", "host2", "host3"] and steps["lock"]


def test_with_other_addresses():
    given = wishes()
    seen = alone(running(wishes(host1={"addresses": ["node1"]}, host2={"addresses": ["node2"]})), "host1", "host2", "host3")
    steps = planned(given, seen)
    assert steps["refusals"] == [] and steps["apart"] == steps["write"] == ["host1", "host2", "host3"]


def test_hosts_that_never_met_and_would_not_meet_now():
    """Nothing is different from the first try, so a second one would end as the first."""
    assert "do not see each other: host1 on ring 1.9; host2 on ring 2.9" in refusal(wishes(), alone(running(wishes()), "host1", "host2", "host3"))


NAMES = wishes(**{f"host{number}": {"addresses": [f"node{number}"]} for number in (1, 2, 3)})


def test_hosts_that_never_met_may_meet_once_a_name_is_corrected():
    """/etc/hosts was wrong when they were started, and nothing else is different now. Before they are stopped, all are asked for the names."""
    steps = planned(NAMES, alone(running(NAMES), "host1", "host2", "host3"))
    assert steps["refusals"] == [] and steps["apart"] == steps["start"] == ["host1", "host2", "host3"]
    assert (steps["members"], steps["reload"], steps["restart"], steps["write"]) == ([], None, [], [])
    assert steps["addresses"] == {"host1": ["node1"], "host2": ["node2"], "host3": ["node3"]}


def test_one_name_among_addresses_is_enough():
    given = wishes(host3={"addresses": ["node3"]})
    assert planned(given, alone(running(given), "host1", "host2", "host3"))["refusals"] == []


@pytest.mark.parametrize("change", [{"quorate": True}, {"state": "dead"}], ids=["quorate", "has seen another node"])
@pytest.mark.parametrize("changed", [("host1",), ("host1", "host2", "host3")], ids=["one", "all"])
def test_names_are_no_reason_to_stop_what_might_cost_something(change, changed):
    seen = alone(alone(running(NAMES), "host1", "host2", "host3"), *changed, **change)
    assert "do not see each other" in refusal(NAMES, seen)


def test_names_are_no_reason_to_touch_one_host_that_the_others_do_not_see():
    assert "do not see each other: host1, host2 on ring" in refusal(NAMES, alone(running(NAMES), "host3"))


def test_such_a_host_comes_in_once_corosync_was_stopped_there():
    steps = planned(NAMES, stopped(running(NAMES), "host3"))
    assert steps["refusals"] == [] and (steps["apart"], steps["start"]) == ([], ["host3"])


def test_one_of_them_on_its_loopback():
    steps = planned(wishes(), alone(running(wishes()), "host3", uses="127.0.1.1"))
    assert steps["refusals"] == [] and steps["apart"] == steps["start"] == ["host3"] and steps["members"] == ["host1", "host2"]


@pytest.mark.parametrize("change", [{"quorate": True}, {"state": "dead"}], ids=["quorate", "has seen another node"])
def test_what_a_stop_might_cost_something_is_left_alone(change):
    given = wishes()
    assert "do not see each other" in refusal(given, alone(running(given), "host1", "host2", "host3", uses="127.0.1.1", **change))


def test_a_host_with_one_link_that_others_reach_is_left_alone():
    seen = alone(running(wishes()), "host3")
    seen["host3"]["uses"] = ["127.0.1.1", "10.1.0.3"]
    assert "do not see each other" in refusal(wishes(), seen)


def test_a_partition_of_two_is_no_host_that_runs_apart():
    assert "do not see each other" in refusal(wishes(), alone(running(wishes()), "host3"))


def test_a_single_host_that_runs_is_a_member():
    seen = {**running(wishes()), "host2": {}, "host3": {}}
    seen["host1"] = alone(running(wishes()), "host1")["host1"]
    assert planned(wishes(), seen)["apart"] == []


# --- a node that was removed while it was dead -----------------------------------------------------------------------------


@pytest.fixture(name="returned")
def _returned():
    """host4 is back with the configuration of four nodes, which the others have left."""
    old = running(wishes(4))
    return {**running(wishes(3), version=2), "host4": alone(old, "host4", state="dead")["host4"]}


def test_it_is_taken_out(returned):
    steps = planned(wishes(4, {"remove": ["node4"]}), returned)
    assert steps["refusals"] == [] and (steps["apart"], steps["forget"], steps["leave"]) == (["host4"], ["host4"], [])
    assert (steps["write"], steps["reload"], steps["start"]) == ([], None, [])
    assert steps["notes"] == ["corosync on host4 runs as node 4 of an old configuration: by the configuration of host1, host2, host3 it is no member."]


def test_it_comes_in_again(returned):
    steps = planned(wishes(4), returned)
    assert steps["refusals"] == [] and (steps["apart"], steps["start"], steps["fresh"]) == (["host4"], ["host4"], [])
    assert steps["reload"] == "host1" and steps["config_version"] == 3 and steps["write"] == ["host1", "host2", "host3", "host4"]


def test_it_is_known_by_its_name_too(returned):
    """Another node has its id by now."""
    for host in ("host1", "host2", "host3"):
        node = dict(returned[host]["votequorum"]["nodes"][0], nodeid=4, name="node9", state="dead", local=False)
        returned[host]["votequorum"]["nodes"].append(node)
    assert "by the configuration of host1" in planned(wishes(4, {"remove": ["node4"]}), returned)["notes"][0]


def test_one_that_is_quorate_by_itself_is_left_alone_and_told(returned):
    returned["host4"]["votequorum"]["quorate"] = True
    told = refusal(wishes(4, {"remove": ["node4"]}), returned)
    assert "do not see each other" in told and "by the configuration of host1, host2, host3 it is no member. It is quorate by itself" in told


def test_a_node_that_changes_just_now_is_left_alone(returned):
    returned["host4"]["votequorum"]["settled"] = False
    assert "under way on host4" in refusal(wishes(4), returned)


def test_hosts_that_do_not_have_each_other_are_two_clusters():
    """A quorate node by itself did not remove those who have lost their quorum: nobody may stop these."""
    seen = running(wishes(5), version=7)
    for host in ("host1", "host2", "host3"):
        seen[host]["votequorum"].update(quorate=False, members=[1, 2, 3])
    stranger = copy.deepcopy(seen["host1"])
    stranger["votequorum"].update(nodeid=6, name="node6", quorate=True, members=[6], ring_id={"nodeid": 6, "seq": 9})
    stranger["votequorum"]["nodes"] = [dict(stranger["votequorum"]["nodes"][0], nodeid=6, name="node6")]
    seen = {"host1": seen["host1"], "host2": seen["host2"], "host3": seen["host3"], "host4": {}, "host5": {}, "host6": stranger}
    told = refusal(wishes(6), seen)
    assert "The hosts do not see each other: host1, host2, host3 on ring" in told and "no member" not in told


def test_a_later_configuration_is_none_of_a_node_that_was_removed(returned):
    returned["host4"]["loaded_version"] = "3"
    assert "do not see each other" in refusal(wishes(4, {"remove": ["node4"]}), returned)


def test_who_has_no_nodelist_has_removed_nobody():
    """Without one, each partition would be a node that was removed."""
    seen = alone(running(wishes(3)), "host3", state="dead")
    for host in ("host1", "host2"):
        seen[host] = copy.deepcopy(seen[host])
        for node in seen[host]["votequorum"]["nodes"]:
            node["configured_votes"] = None
    assert "do not see each other" in refusal(wishes(3), seen)
