# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role `cluster` is going to do, for hosts in every state that it can find them in."""

import re

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.host import Host
from ansible_collections.corosync.quorum.tests.unit.fakes.clusters import ABSENT, DEFAULT, planned, running, stopped, wishes
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


def problems_of(problem):
    """What votequorum_info says of a node with this problem."""
    return [{"id": problem, "severity": "warning", "message": "", "advice": ""}]


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
    seen["host3"]["votequorum"]["wait_for_all"] = {"enabled": True, "pending": False}
    steps = planned(given, seen)
    assert (steps["write"], steps["mark"], steps["reload"], steps["restart"]) == ([], [], "host1", ["host2", "host1"])


@pytest.mark.parametrize(("problem", "action"), [("file_not_loaded", "reload"), ("config_version_differs", "reload"), ("restart_required", "restart")])
def test_what_votequorum_itself_calls_due(problem, action):
    given = wishes()
    assert planned(given, running(given, problems=problems_of(problem)))["action"] == action


@pytest.mark.parametrize("problem", ["file_not_loaded", None])
def test_ids_that_were_changed_by_hand_are_never_loaded(problem):
    """Corosync takes such a reload. Then the node is cut off, and with two_node both sides are quorate."""
    given = wishes(2)
    seen = running(given, problems=problems_of(problem) if problem else [])
    for found in seen.values():
        found["conf"] = found["conf"].replace("nodeid: 2", "nodeid: 12")
    told = refusal(wishes(2, host2={"nodeid": 12}), seen)
    assert "is not what it has loaded" in told and "host1: it has no node with the id of a member: 2." in told


@pytest.mark.parametrize(("address", "missing"), [("10.0.0.1", []), ("web1", []), ("10.0.0.9", [0x0A000001])])
def test_where_the_file_says_no_id_it_is_that_of_the_address_if_there_is_one(address, missing):
    """As udpu makes it. A name may have any address."""
    given = wishes(2, shared={"totem": {"transport": "udpu", "crypto_cipher": "none", "crypto_hash": "none"}})
    seen = dict(ABSENT, **running(given)["host1"])
    seen["conf"] = re.sub(r" +nodeid: 1\n", "", seen["conf"]).replace("10.0.0.1", address)
    seen["votequorum"] = dict(seen["votequorum"], members=[2, 0x0A000001])
    assert Host("host1", seen).members_without_entry == missing


def test_an_id_that_was_changed_by_hand_on_one_host_is_put_right():
    given = wishes()
    seen = running(given)
    seen["host2"]["conf"] = seen["host2"]["conf"].replace("nodeid: 3", "nodeid: 13")
    steps = planned(given, seen)
    assert (steps["refusals"], steps["lost"]) == ([], {"host2": "host1"})
    assert "nodeid: 13" not in steps["conf"]


def test_modes_that_were_written_by_hand_need_a_restart():
    """A reload does not bring them in, and the run would end as if it had."""
    given = wishes(shared={"quorum": {"wait_for_all": True}})
    assert planned(given, running(given, problems=problems_of("file_not_loaded")))["restart"] == ["host3", "host2", "host1"]
    one = running(given, wait_for_all={"enabled": True, "pending": False})
    assert planned(given, one)["restart"] == []
    one["host2"]["votequorum"] = running(given, problems=problems_of("file_not_loaded"))["host2"]["votequorum"]
    assert planned(given, one)["restart"] == ["host2"]


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


def test_another_way_to_write_the_same_address():
    seen = running(wishes())
    assert planned(wishes(host2={"addresses": ["10.2"]}), seen)["restart"] == []
    nameless = {
        host: dict(found, conf=re.sub(r" +name: .*\n", "", found["conf"])) for host, found in running(wishes(host2={"nodeid": 7}, host3={"nodeid": 3})).items()
    }
    steps = planned(wishes(host2={"addresses": ["10.0.2"]}), nameless)
    assert steps["refusals"] == [] and re.findall(r"name: (\S+)\n +nodeid: (\d+)", steps["conf"]) == [("node1", "1"), ("node3", "3"), ("node2", "7")]


# --- files that are lost, damaged or edited while corosync runs ---------------------------------------------------------

DAMAGES = {
    "lost": lambda text: None,
    "empty": lambda text: "",
    "cut off": lambda text: text[:200],
    "a syntax error": lambda text: text.replace("quorum {", "quorum {\nbroken"),
    "that of the package": lambda text: DEFAULT,
    "another address": lambda text: text.replace("10.0.0.3", "10.0.0.33"),
    "another transport": lambda text: text.replace("transport: knet", "transport: udpu"),
    "another cluster": lambda text: text.replace("cluster_name: one", "cluster_name: two"),
    "no provider": lambda text: text.replace("provider: corosync_votequorum", "expected_votes: 3"),
}


@pytest.mark.parametrize("damaged", ["host1", "host2"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_member_whose_file_is_not_what_it_has_loaded_gets_the_right_one_back(damage, damaged):
    given = wishes(host3={"nodeid": 9})
    seen = running(given, votes={1: 1, 2: 1, 9: 1}, cluster_name="one")
    seen["host3"]["votequorum"]["nodeid"] = 9
    seen[damaged] = dict(seen[damaged], conf=DAMAGES[damage](seen[damaged]["conf"]))
    steps = planned(wishes(), seen)
    assert (steps["refusals"], steps["restart"], steps["changes"], steps["leave"]) == ([], [], [], [])
    assert damaged in steps["write"] and (steps["config_version"], steps["reload"]) == (2, "host1")
    assert steps["old_versions"] == {"host1": 1, "host2": 1, "host3": 1}
    assert steps["lost"] == {damaged: "host2" if damaged == "host1" else "host1"}, "where a play that goes back finds the old text"
    assert re.findall(r"name: (\S+)\n +nodeid: (\d+)", steps["conf"]) == [("node1", "1"), ("node2", "2"), ("node3", "9")]


@pytest.mark.parametrize(("problems", "words"), [([], "on host1 and on host2 differ in totem.transport"), (problems_of("file_not_loaded"), None)])
def test_of_two_files_nobody_knows_which_one_is_loaded_unless_corosync_says_so(problems, words):
    given = wishes(2)
    seen = running(given)
    seen["host2"] = dict(seen["host2"], conf=DAMAGES["another transport"](seen["host2"]["conf"]))
    seen["host2"]["votequorum"] = dict(seen["host2"]["votequorum"], problems=problems)
    if words:
        assert words in refusal(given, seen) and "Stop corosync" not in refusal(given, seen)
    else:
        assert planned(given, seen)["write"] == ["host1", "host2"]


LOADED = {"totem.transport": "knet", "totem.cluster_name": "one"}


def edited(*hosts):
    """Three members that have loaded knet. Somebody has written udpu into the files of these hosts."""
    seen = {host: dict(found, loaded=LOADED) for host, found in running(wishes()).items()}
    for host in hosts:
        seen[host]["conf"] = DAMAGES["another transport"](seen[host]["conf"])
    return seen


@pytest.mark.parametrize("hosts", [("host1",), ("host1", "host3")])
def test_most_files_are_not_always_the_loaded_one(hosts):
    """What corosync has in cmap decides, so that no wrong file lets a change through that only a stop of the cluster brings."""
    steps = planned(wishes(), edited(*hosts))
    assert (steps["refusals"], steps["write"], steps["changes"]) == ([], ["host1", "host2", "host3"], [])
    udpu = {"totem": {"transport": "udpu", "crypto_cipher": "none", "crypto_hash": "none"}}
    assert "cannot apply a change of totem.transport" in refusal(wishes(shared=udpu), edited(*hosts))


def test_where_all_files_say_what_no_corosync_has_loaded_they_are_named():
    assert "host2: corosync has loaded another totem.transport." in refusal(wishes(), edited("host1", "host2", "host3"))
    default = {host: dict(found, conf=found["conf"].replace("    transport: knet\n", "")) for host, found in edited().items()}
    assert planned(wishes(), default)["changes"] == [], "knet is the default"


def test_where_no_member_has_a_good_file_the_files_are_named():
    seen = running(wishes())
    for number, damage in enumerate(("lost", "a syntax error", "that of the package"), 1):
        seen[f"host{number}"]["conf"] = DAMAGES[damage](seen[f"host{number}"]["conf"])
    told = refusal(wishes(), seen)
    assert "host1: it is missing or empty." in told and "host2: Line 30 is neither" in told and "host3: it has no other node." in told
    assert "Stop corosync" not in told


def test_a_member_that_has_loaded_another_version_is_not_spoken_for():
    seen = running(wishes())
    seen["host2"].update(conf="", loaded_version="7")
    assert "host2: it is missing or empty." in refusal(wishes(), seen)


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


# --- what only the restarts bring --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "had", "mode"),
    [
        (4, {"auto_tie_breaker": True, "wait_for_all": True}, {"tie_breaker": "lowest", "wait_for_all": True}),
        (5, {"last_man_standing": True, "wait_for_all": True}, {"last_man_standing": True, "wait_for_all": True}),
        (4, {"allow_downscale": True, "wait_for_all": True}, {"allow_downscale": True, "wait_for_all": True}),
    ],
)
def test_a_device_that_the_old_votequorum_refuses_is_started_after_the_restarts(count, had, mode):
    """After the reload qdevice_can_operate is 0, and corosync-qdevice ends with CS_ERR_ACCESS."""
    given = wishes(count, {"quorum": {"wait_for_all": True}, "device": DEVICE})
    steps = planned(given, running(wishes(count, {"quorum": had}), **mode))
    assert (steps["refusals"], steps["qdevice"], steps["device_waits"]) == ([], "on", True)
    assert steps["restart"] == steps["hosts"][::-1] and "start the quorum device's daemon after the restarts" in steps["summary"][-1]
    second = running(given, version=2, problems=problems_of("restart_required"), **mode)
    second["host3"]["votequorum"] = value([1] * count, asked=3, wait_for_all=True)  # restarted by the first run
    again = planned(given, second)
    assert (again["write"], again["restart"], again["device_waits"]) == ([], [host for host in steps["restart"] if host != "host3"], True)


def test_the_server_may_change_between_two_runs_before_the_device_was_ever_started():
    """Then the mark of the device's daemon is set, and the restarts of corosync take it away (device.yml)."""
    mode = {"tie_breaker": "lowest", "wait_for_all": True, "problems": problems_of("restart_required")}
    first, other = (wishes(4, {"quorum": {"wait_for_all": True}, "device": dict(DEVICE, host=host)}) for host in ("qnetd", "other"))
    steps = planned(other, running(first, **mode))
    assert (steps["refusals"], steps["qdevice"], steps["device_waits"]) == ([], "restarted", True)
    assert set(steps["restart"]) == set(steps["mark_qdevice"]) == set(steps["members"])


def test_a_tie_breaker_that_odd_votes_had_switched_off_is_back_after_a_reload():
    """votequorum_readconfig() begins a reload with the tie-breaker of the start."""
    seen = running(wishes(5, {"quorum": {"auto_tie_breaker": True}}))
    assert planned(wishes(6, {"device": DEVICE}), seen)["device_waits"]


def test_any_other_device_is_started_before_the_wait():
    assert not planned(wishes(2, {"device": DEVICE}), running(wishes(2)))["device_waits"]
    assert not planned(wishes(2, {"device": DEVICE}))["device_waits"]
    assert not planned(wishes(4), running(wishes(4, {"quorum": {"auto_tie_breaker": True}}), tie_breaker="lowest"))["device_waits"]


def raised(given, votes):
    """A cluster that still expects so many votes."""
    seen = running(given)
    for found in seen.values():
        nodes = [dict(node, expected_votes=votes) for node in found["votequorum"]["nodes"]]
        found["votequorum"] = dict(found["votequorum"], expected_votes=votes, highest_expected=votes, quorum=votes // 2 + 1, nodes=nodes)
    return seen


def test_votes_that_were_tracked_are_counted_anew_after_the_restarts():
    """The restarted node takes over what the others expect (message_handler_req_exec_votequorum_nodeinfo), so only a reload after that lowers it."""
    old = wishes(4, {"quorum": {"expected_votes_tracking": True}})
    steps = planned(wishes(4), raised(old, 5))
    assert (steps["refusals"], steps["reload"], steps["expected_votes"]) == ([], "host1", None)
    assert (steps["recount"], steps["recounted_votes"], steps["notes"]) == ("host1", 4, [])
    assert steps["summary"][-1] == "reload once more by host1, so that all nodes expect the votes of corosync.conf"
    second = {host: dict(found, tracks=host != "host4", marked=host != "host4", loaded_version="1") for host, found in raised(wishes(4), 5).items()}
    again = planned(wishes(4), second)
    assert (again["restart"], again["expected_votes"], again["recount"]) == (["host3", "host2", "host1"], None, "host1")


def test_tracking_that_stays_or_comes_is_not_counted_anew():
    tracking = wishes(4, {"quorum": {"expected_votes_tracking": True}})
    assert planned(tracking, running(tracking))["recount"] is None
    assert planned(tracking, running(wishes(4)))["recount"] is None


def test_expected_votes_that_stay_up_until_the_restarts_are_counted_before_the_first_step():
    told = refusal(wishes(4), raised(wishes(4, {"quorum": {"expected_votes_tracking": True}}), 7))
    assert "A restart of corosync on host4 is needed, but it would cost quorum" in told and "quorum is 4 of 7 expected" in told


def test_votes_that_were_set_at_runtime_are_no_work_and_nothing_to_wait_for():
    given = wishes()
    steps = planned(given, raised(given, 4))
    assert (steps["summary"], steps["expected_votes"]) == (["nothing to do"], None)
    [note] = steps["notes"]
    assert note.startswith("Expected votes are 3 by the configuration, but 4 on host1, 4 on host2, 4 on host3: ")
    assert planned(given, stopped(raised(given, 4), "host3"))["expected_votes"] is None, "who joins takes them over"
    assert planned(wishes(shared={"totem": {"token": 1000}}), raised(given, 4))["expected_votes"] == 3, "a reload takes them back"
    assert planned(given)["expected_votes"] == 3 and planned(given, running(given))["notes"] == []
