# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role `cluster` is going to do, for hosts in every state that it can find them in."""

import re

import pytest

from ansible_collections.corosync.quorum.tests.unit.fakes.clusters import DEFAULT, planned, running, stopped, wishes
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

STRAY = {
    "conf": DEFAULT,
    "available": True,
    "reason": None,
    "loaded_version": None,
    "votequorum": value([1]),
}


def refusal(*args, **more):
    refusals = planned(*args, **more)["refusals"]
    assert refusals
    return " ".join(refusals)


def test_new_hosts():
    steps = planned(wishes())
    assert steps["refusals"] == [] and steps["action"] == "none"
    assert (steps["key_missing"], steps["key_from"], steps["key_to"]) == (True, "host1", ["host2", "host3"])
    assert steps["write"] == steps["start"] == steps["hosts"] == ["host1", "host2", "host3"]
    assert (steps["reload"], steps["restart"], steps["fresh"]) == (None, [], [])
    assert steps["config_version"] == 1 and steps["expected_votes"] == 3


def test_hosts_on_which_the_package_has_started_corosync():
    steps = planned(wishes(), {"host1": STRAY, "host2": STRAY})
    assert (steps["fresh"], steps["start"]) == (["host1", "host2"], ["host3"])
    assert steps["config_version"] == 1


@pytest.mark.parametrize("reason", ["timeout", "not_allowed", "not_configured"])
def test_a_corosync_of_which_nobody_knows_the_cluster_is_not_restarted(reason):
    """It may have been started with another file than the one that the package has put there."""
    silent = dict(STRAY, available=False, reason=reason, msg="corosync did not answer", votequorum=None)
    if reason == "not_configured":  # no quorum that anybody could lose
        assert planned(wishes(), {"host1": silent})["fresh"] == ["host1"]
    else:
        assert "cannot be read" in refusal(wishes(), {"host1": silent}) and "host1: corosync did not answer" in refusal(wishes(), {"host1": silent})


def test_a_second_run_finds_nothing_to_do():
    given = wishes()
    steps = planned(given, running(given))
    assert steps["summary"] == ["nothing to do"] and not steps["lock"]
    assert (steps["write"], steps["start"], steps["reload"], steps["restart"], steps["key_to"]) == ([], [], None, [], [])


def test_a_member_that_was_stopped_is_started():
    given = wishes()
    steps = planned(given, stopped(running(given), "host2"))
    assert (steps["start"], steps["write"], steps["reload"]) == (["host2"], [], None)


def test_a_change_that_a_reload_takes_in():
    given = wishes()
    steps = planned(wishes(shared={"totem": {"token": 1000}}), running(given, version=4))
    assert (steps["action"], steps["config_version"], steps["reload"], steps["restart"]) == ("reload", 5, "host1", [])
    assert steps["write"] == ["host1", "host2", "host3"]
    assert steps["changes"] == [{"key": "totem.token", "old": None, "new": 1000, "action": "reload"}]


def test_a_change_that_takes_a_restart():
    given = wishes()
    steps = planned(wishes(shared={"quorum": {"wait_for_all": True}}), running(given))
    assert (steps["action"], steps["reload"]) == ("restart", "host1")
    assert steps["mark"] == ["host1", "host2", "host3"]
    assert steps["restart"] == ["host3", "host2", "host1"], "the lowest node id last"


def test_a_play_that_was_interrupted_goes_on():
    """The file is everywhere; one node was not reloaded, two are still to be restarted."""
    given = wishes(shared={"quorum": {"wait_for_all": True}})
    seen = running(given)
    seen["host1"]["marked"] = seen["host2"]["marked"] = True
    seen["host3"]["loaded_version"] = "0"
    steps = planned(given, seen)
    assert (steps["write"], steps["mark"], steps["reload"], steps["restart"]) == ([], [], "host1", ["host2", "host1"])


@pytest.mark.parametrize(("problem", "action"), [("file_not_loaded", "reload"), ("config_version_differs", "reload"), ("restart_required", "restart")])
def test_what_votequorum_itself_calls_due(problem, action):
    given = wishes()
    assert planned(given, running(given, problems=[{"id": problem}]))["action"] == action


def test_a_new_node_joins_and_others_keep_their_ids():
    given = wishes(4, host1={"nodeid": None})
    seen = running(wishes(host1={"nodeid": 5}))
    steps = planned(given, {name: dict(found, votequorum=dict(found["votequorum"])) for name, found in seen.items()})
    assert re.findall(r"name: (\S+)\n +nodeid: (\d+)", steps["conf"]) == [("node2", "1"), ("node3", "2"), ("node4", "3"), ("node1", "5")]
    assert steps["start"] == ["host4"] and steps["key_to"] == ["host4"] and steps["reload"] == "host1"


def test_a_node_leaves():
    seen = running(wishes())
    steps = planned(wishes(shared={"remove": ["node3"]}), seen)
    assert (steps["leave"], steps["forget"], steps["write"], steps["reload"]) == (["host3"], ["host3"], ["host1", "host2"], "host1")
    assert steps["expected_votes"] == 2 and "node3" not in steps["conf"]


def test_a_node_that_has_left_is_no_work():
    given = wishes(shared={"remove": ["node3"]})
    seen = running(wishes(2))
    steps = planned(given, seen)
    assert (steps["leave"], steps["forget"], steps["summary"], steps["notes"][:0]) == ([], [], ["nothing to do"], [])


def test_a_node_that_is_forgotten_is_no_node_that_leaves():
    seen = running(wishes())
    given = wishes(2)
    told = refusal(given, {name: seen[name] for name in given})
    assert "node3 is in the configuration of the cluster" in told and "cluster_remove" in told and "--limit" in told


def test_a_member_out_of_reach_cannot_be_removed():
    seen = running(wishes())
    given = wishes(2, {"remove": ["node3"]})
    assert "node3 of cluster_remove is a member now" in refusal(given, {name: seen[name] for name in given})


def test_a_dead_node_out_of_reach_can():
    seen = stopped(running(wishes()), "host3")
    given = wishes(2, {"remove": ["node3"]})
    steps = planned(given, {name: seen[name] for name in given})
    assert (steps["refusals"], steps["leave"], steps["reload"]) == ([], [], "host1")


def test_a_name_in_cluster_remove_that_nobody_has_is_told():
    given = wishes(shared={"remove": ["nod3"]})
    assert "cluster_remove names nod3" in planned(given, running(wishes()))["notes"][0]


# --- refusals ----------------------------------------------------------------------------------------------------------


def test_hosts_of_two_clusters():
    seen = running(wishes())
    seen["host3"] = dict(seen["host3"], conf=seen["host3"]["conf"].replace("cluster_name: one", "cluster_name: two"))
    told = refusal(wishes(), seen)
    assert "more than one cluster" in told and 'host1 has "one"' in told and 'host3 has "two"' in told


def test_another_cluster_also_where_it_cannot_be_asked_yet():
    assert 'host1 has "one"' in refusal(wishes(shared={"name": "two"}), running(wishes()), ready=False)


# --- hosts that cannot be asked yet, since packages are missing ---------------------------------------------------------


NO_STEPS = {
    "refusals": [],
    "hosts": ["host1", "host2", "host3"],
    "apart": [],
    "addresses": {f"host{number}": [f"10.0.0.{number}"] for number in (1, 2, 3)},
    "ip_version": "ipv6-4",
    "ask_device": [],
    "device": None,
    "trial": [],
    "lock": True,
}
MUTE = {"available": False, "reason": "no_library", "msg": "no cffi", "votequorum": None, "loaded_version": None}


def test_without_packages_there_is_no_plan_but_what_is_known_is_checked():
    seen = running(wishes())
    assert planned(wishes(), ready=False) == NO_STEPS
    assert planned(wishes(shared={"quorum": {"wait_for_all": True}}), seen, ready=False) == NO_STEPS
    seen["host2"].update(MUTE)
    assert planned(wishes(), seen, ready=False) == NO_STEPS, "it is asked once the library is there"
    assert "host2: no cffi" in refusal(wishes(), seen)


def test_without_packages_a_partition_is_refused():
    seen = running(wishes(4))
    seen["host3"]["votequorum"]["ring_id"] = {"nodeid": 3, "seq": 20}
    seen["host4"].update(MUTE)
    assert "do not see each other" in refusal(wishes(4), seen, ready=False)


def test_without_packages_a_member_that_does_not_answer_is_refused():
    seen = running(wishes())
    seen["host2"].update(available=False, reason="timeout", msg="corosync did not answer", votequorum=None)
    assert "host2: corosync did not answer" in refusal(wishes(), seen, ready=False)


def test_without_packages_what_would_cost_quorum_is_refused_where_every_member_can_be_asked():
    seen = running(wishes(2))
    given = wishes(2, {"quorum": {"wait_for_all": True}})
    assert "would cost quorum" in refusal(given, seen, ready=False)
    seen["host2"].update(MUTE)
    assert planned(given, seen, ready=False) == dict(NO_STEPS, hosts=["host1", "host2"], addresses={"host1": ["10.0.0.1"], "host2": ["10.0.0.2"]})


def test_a_partition():
    seen = running(wishes())
    seen["host3"]["votequorum"]["ring_id"] = {"nodeid": 3, "seq": 20}
    told = refusal(wishes(), seen)
    assert "do not see each other" in told and "host3 on ring 3.14" in told


def test_a_member_that_cannot_be_asked():
    seen = running(wishes())
    seen["host2"] = dict(seen["host2"], available=False, reason="timeout", msg="corosync did not answer", votequorum=None)
    assert "host2: corosync did not answer" in refusal(wishes(), seen)


def test_a_change_of_membership_under_way():
    assert "under way" in refusal(wishes(), running(wishes(), settled=False))


def test_proxmox_ve():
    assert "pvecm" in refusal(wishes(), {"host2": {"tools": ["Proxmox VE"]}})
    assert "pvecm" in refusal(wishes(), {**running(wishes()), "host2": {"tools": ["Proxmox VE"], "conf": DEFAULT}})


@pytest.mark.parametrize(("tools", "words"), [(["pcs"], "one of pcs: "), (["crmsh"], "one of crmsh: "), (["pcs", "crmsh"], "one of pcs or crmsh: ")])
def test_a_cluster_of_another_tool(tools, words):
    seen = running(wishes())
    foreign = seen["host1"]["conf"].split("\n", 1)[1]
    for found in seen.values():
        found.update(conf=foreign, tools=tools)
    told = refusal(wishes(), seen)
    assert words in told and "host1, host2, host3" in told and '"# Managed by Ansible (corosync.quorum.cluster)"' in told


def test_a_tool_beside_a_cluster_of_the_role_and_on_hosts_without_a_cluster():
    seen = running(wishes())
    for found in seen.values():
        found["tools"] = ["pcs", "crmsh"]
    assert planned(wishes(), seen)["refusals"] == []
    assert planned(wishes(), {"host1": dict(STRAY, tools=["pcs"]), "host2": {"tools": ["crmsh"]}})["refusals"] == []


def test_another_node_id():
    told = refusal(wishes(host2={"nodeid": 9}), running(wishes()))
    assert "cluster_nodeid of host2 is 9, but in the cluster it is 2" in told


def test_the_node_id_of_another():
    assert "which node2 has" in refusal(wishes(4, host4={"nodeid": 2}), running(wishes()))


@pytest.mark.parametrize(
    "shared", [{"totem": {"interface": {"mcastport": 5500}}}, {"totem": {"transport": "udpu", "crypto_cipher": "none", "crypto_hash": "none"}}]
)
def test_what_a_running_cluster_cannot_take_in(shared):
    assert "cannot apply a change of totem." in refusal(wishes(shared=shared), running(wishes()))


def test_another_address():
    assert "nodelist.node(2).ring0_addr" in refusal(wishes(host2={"addresses": ["10.0.9.2"]}), running(wishes()))


def test_keys_that_differ():
    seen = running(wishes())
    seen["host2"]["key"] = "other"
    told = refusal(wishes(), seen)
    assert "authkey differs: that of host1, host3 from host2" in told


def test_a_key_is_handed_to_whom_it_lacks_and_to_those_who_join_with_another():
    seen = running(wishes())
    seen["host2"]["key"] = None
    seen["host4"] = {"key": "left over"}
    steps = planned(wishes(4), seen)
    assert (steps["key_from"], steps["key_missing"], steps["key_to"]) == ("host1", False, ["host2", "host4"])


def test_no_key_without_encryption():
    steps = planned(wishes(shared={"totem": {"crypto_cipher": "none", "crypto_hash": "none"}}))
    assert (steps["key_from"], steps["key_missing"], steps["key_to"]) == (None, False, [])


# --- the quorum device -------------------------------------------------------------------------------------------------

DEVICE = {"host": "qnetd", "algorithm": "ffsplit", "votes": 1}


def test_a_device_comes_and_goes():
    with_device, without = wishes(2, {"device": DEVICE}), wishes(2)
    assert planned(with_device, running(without))["qdevice"] == "on"
    assert planned(with_device, running(with_device, qdevice=1))["qdevice"] == "on"
    assert planned(without, running(with_device, qdevice=1))["qdevice"] == "off"
    assert planned(without, running(without))["qdevice"] == "none"


def test_a_device_with_another_host_is_restarted():
    other = wishes(2, {"device": dict(DEVICE, host="other")})
    assert planned(other, running(wishes(2, {"device": DEVICE}), qdevice=1))["qdevice"] == "restarted"


def test_a_device_whose_daemon_was_not_restarted_by_an_interrupted_play_is_restarted_by_the_next():
    """The file is what is asked for, and loaded; a mark in corosync's memory says that the daemon still has the old settings."""
    had, other = wishes(3, {"device": DEVICE}), wishes(3, {"device": dict(DEVICE, host="other")})
    first = planned(other, running(had, qdevice=1))
    assert (first["qdevice"], first["mark_qdevice"]) == ("restarted", ["host1", "host2", "host3"])
    seen = running(other, qdevice=1)
    assert (planned(other, seen)["qdevice"], planned(other, seen)["mark_qdevice"]) == ("on", [])
    seen["host2"]["qdevice_marked"] = True
    again = planned(other, seen)
    assert (again["qdevice"], again["mark_qdevice"], again["write"], again["reload"]) == ("restarted", ["host1", "host3"], [], None)
    assert "restart the quorum device's daemon on host1, host2, host3" in again["summary"] and again["lock"]


def test_a_mark_means_nothing_once_the_device_is_gone():
    seen = running(wishes(3))
    seen["host1"]["qdevice_marked"] = True
    assert (planned(wishes(3), seen)["qdevice"], planned(wishes(3), seen)["mark_qdevice"]) == ("none", [])


def test_a_device_whose_vote_is_needed_does_not_go():
    seen = stopped(running(wishes(3, {"device": {"host": "q", "algorithm": "lms", "votes": 2}}), qdevice=2), "host3", "host2")
    seen["host1"]["votequorum"].update(total_votes=3, quorate=True)
    told = refusal(wishes(), seen)
    assert "Without the vote of the quorum device" in told and "1 vote, 3 needed" in told
