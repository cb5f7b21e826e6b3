# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts answer to the role `cluster`, judged: the trial of the text, the server of the quorum device, a reload, and the way back."""

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster import answers as tested
from ansible_collections.corosync.quorum.tests.unit.fakes.clusters import planned, running, wishes

DEVICE = {"host": "qnetd", "algorithm": "ffsplit"}
REACHED = {"reason": None, "detail": "", "tls": "supported"}
ACCEPTED = {"accepted": True, "output": ""}
LOADED = {"stdout": "config.reload_status (i32) = 1\nconfig.totemconfig_reload_in_progress (u8) = 0\ntotem.config_version (u64) = 2\n"}


def plan(old=None, **shared):
    """For three running hosts, whose configuration or key changes."""
    return planned(wishes(shared=shared or {"totem": {"token": 1000}}), running(wishes(shared=old or {})))


def all_hosts(steps, question, answer, **others):
    return {host: {question: others.get(host, answer)} for host in steps["hosts"]}


# --- the quorum device -------------------------------------------------------------------------------------------------


def test_only_those_that_do_not_use_the_server_yet_are_asked():
    assert plan()["ask_device"] == []
    steps = plan(device=DEVICE)
    assert steps["ask_device"] == ["host1", "host2", "host3"]
    assert steps["device"] == {"host": "qnetd", "port": 5403, "ip_version": 0, "tls": "off"}
    assert plan(old={"device": DEVICE}, device=dict(DEVICE, connect_timeout=9000))["ask_device"] == []
    assert plan(old={"device": DEVICE}, device=dict(DEVICE, port=5404))["ask_device"] == ["host1", "host2", "host3"]
    joined = planned(wishes(4, {"device": DEVICE}), running(wishes(3, {"device": DEVICE}), qdevice=1))
    assert joined["ask_device"] == ["host4"]


def test_they_are_asked_before_packages_are_installed():
    steps = planned(wishes(shared={"device": dict(DEVICE, port=1, tls=True, force_ip_version=6)}), ready=False)
    assert steps["ask_device"] == ["host1", "host2", "host3"]
    assert steps["device"] == {"host": "qnetd", "port": 1, "ip_version": 6, "tls": "on"}
    assert "conf" not in steps


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"reason": "refused", "detail": "", "tls": None}, "nothing listens there"),
        ({"reason": "silent", "detail": "", "tls": None}, "a firewall"),
        ({"reason": "unknown_name", "detail": "Name or service not known", "tls": None}, "cannot resolve that name (Name or service not known)"),
        ({"reason": "unreachable", "detail": "No route to host", "tls": None}, "No route to host"),
        ({"reason": "stranger", "detail": "", "tls": None}, "is not corosync-qnetd"),
        (dict(REACHED, tls="required"), "it wants TLS, but cluster_device.tls is off"),
        ({"tls": None, "reason": "unreachable"}, ": no reason."),
        ({"failed": True, "msg": "Python\n is missing."}, "it was not asked (Python is missing)"),
        ({}, "it was not asked (no answer of the node)"),
    ],
)
def test_who_cannot_use_the_server_is_named_with_the_cause(answer, words):
    steps = plan(device=DEVICE)
    assert tested.before({**all_hosts(steps, "device", REACHED), "host4": {}}, dict(steps, trial=[], addresses={})) == []
    told = " ".join(tested.before(all_hosts(steps, "device", REACHED, host2=answer), dict(steps, trial=[], addresses={})))
    assert told.startswith("host2 cannot use the quorum device's server, corosync-qnetd on qnetd, port 5403: ") and words in told
    assert "host1" not in told and "nothing was changed" in told


def test_hosts_with_one_cause_share_a_sentence():
    steps = plan(device=dict(DEVICE, tls="required"))
    told = tested.before(all_hosts(steps, "device", dict(REACHED, tls="unsupported")), dict(steps, trial=[], addresses={}))
    assert len(told) == 1 and told[0].startswith("host1, host2, host3 cannot use") and "does not offer TLS" in told[0]


# --- the trial ---------------------------------------------------------------------------------------------------------


def test_a_text_is_tried_where_it_is_new_or_corosync_starts():
    assert plan()["trial"] == ["host1", "host2", "host3"]
    assert planned(wishes(), running(wishes()))["trial"] == []
    assert planned(wishes(), {**running(wishes()), "host3": {"conf": running(wishes())["host3"]["conf"], "key": "k"}})["trial"] == ["host3"]


def test_all_accept():
    steps = dict(plan(), addresses={})
    assert tested.before(all_hosts(steps, "trial", ACCEPTED), steps) == []


def test_who_refuses_is_named_with_the_words_of_corosync():
    steps = dict(plan(), addresses={})
    said = (
        "Nov 28 21:10:00.123 notice  [MAIN  ] Corosync Cluster Engine 3.1.7 starting up\n"
        "Nov 28 21:10:00.123 error   [MAIN  ] Cannot chdir to state directory /not/there. No such file or directory\n"
        "Nov 28 21:10:00 error   [MAIN  ] Corosync Cluster Engine exiting with status 7 at main.c:1413.\n"
    )
    told = tested.before(all_hosts(steps, "trial", ACCEPTED, host1={"accepted": False, "output": said}, host3={"accepted": False, "output": said}), steps)
    reason = "Cannot chdir to state directory /not/there. No such file or directory."
    assert told == [f"corosync on host1, host3 would not start with the new corosync.conf, so nothing was changed: {reason}"]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"failed": True, "msg": "MODULE FAILURE"},
        {"accepted": "yes", "output": ""},
        {"accepted": False, "output": ""},
        {"accepted": False, "output": "\x1b[2J\n"},
    ],
)
def test_no_answer_is_a_no(answer):
    steps = dict(plan(), addresses={})
    told = tested.before(all_hosts(steps, "trial", ACCEPTED, host2=answer), steps)
    assert len(told) == 1 and "on host2 would not start" in told[0] and "\x1b" not in told[0]


def test_what_a_node_answers_to_all_questions_at_once():
    whole = {"changed": False, "addresses": {"node1": {}}, "server": REACHED, "trial": ACCEPTED}
    failed = {"failed": True, "msg": "MODULE FAILURE"}
    found = tested.registered({"host1": {"__cluster_asked_node": whole}, "host2": {"__cluster_asked_node": failed}, "host3": {}}, ["host1", "host2", "host3"])
    assert found["host1"] == {"addresses": {"node1": {}}, "device": REACHED, "trial": ACCEPTED}
    assert found["host2"] == {"addresses": failed, "device": failed, "trial": failed}
    assert found["host3"] == {"addresses": {}, "device": {}, "trial": {}}
    assert tested.before(found, dict(plan(), addresses={"host3": ["node3"]}, trial=[]))[0].startswith(
        "node3, the address of host3, cannot be resolved on host3"
    )


# --- nodes that run apart ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"available": True, "quorate": True}, "host4 ran apart from the cluster, but has become quorate"),
        ({"available": False, "quorate": False, "reason": "timeout", "msg": "corosync did not answer."}, "Nobody knows whether host4"),
        ({"failed": True, "msg": "no Python"}, "Nobody knows whether host4 has come into the cluster meanwhile, so nothing was stopped: no Python."),
        ({}, "Nobody knows"),
    ],
)
def test_who_may_have_come_into_the_cluster_is_not_stopped(answer, words):
    assert words in " ".join(tested.still_apart({"host4": {"apart": answer}}, {"apart": ["host4"]}))


@pytest.mark.parametrize("answer", [{"available": True, "quorate": False}, {"available": False, "quorate": False, "reason": "not_running"}])
def test_who_is_still_apart_may_be_stopped(answer):
    assert tested.still_apart({"host4": {"apart": answer}}, {"apart": ["host4"]}) == []


# --- a reload ----------------------------------------------------------------------------------------------------------


def test_as_long_as_nothing_went_wrong_there_is_no_trouble():
    steps = plan()
    assert tested.after_reload({}, steps) == []
    whole = {host: {"put": {"changed": True}, "loaded": LOADED, "look": {"skipped": True}} for host in steps["hosts"]}
    whole["host1"]["reload"] = {"rc": 0, "changed": True}
    assert tested.after_reload(whole, steps) == []


def loaded(text):
    return {"stdout": text, "rc": 0}


@pytest.mark.parametrize(
    ("question", "host", "answer", "words"),
    [
        ("put", "host2", {"failed": True, "msg": "No space left on device"}, "corosync.conf cannot be written on host2: No space left on device."),
        ("key_put", "host2", {"failed": True, "msg": "non-zero return code", "stderr": "mv: error"}, "The key cannot be put in place on host2: mv: error."),
        ("reload", "host1", {"failed": True, "stderr": "Could not reload configuration. Error 7"}, "corosync-cfgtool -R failed on host1: Could not reload"),
        ("loaded", "host3", loaded("totem.config_version (u64) = 1\n"), "corosync on host3 has not loaded the new corosync.conf: journalctl"),
        ("loaded", "host3", loaded(LOADED["stdout"].replace("progress (u8) = 0", "progress (u8) = 1")), "corosync on host3 has not loaded"),
        ("loaded", "host3", loaded(LOADED["stdout"].replace("status (i32) = 1", "status (i32) = 7")), "(status 7)"),
        ("loaded", "host3", loaded(LOADED["stdout"] + "config.reload_error_message (str) = Failed to set knet crypto\n"), "Failed to set knet crypto"),
        ("loaded", "host3", {"failed": True, "msg": "Failed to connect", "stdout": ""}, "corosync on host3 has not loaded"),
        ("loaded", "host3", {"failed": True, "msg": "Failed to connect"}, "host3: Failed to connect."),
        ("look", "host3", {"failed": True, "msg": "Timed out."}, "the members lost each other: host3 does not answer (Timed out)."),
        ("look", "host3", {"failed": True, "unmet": [{"condition": "members", "wanted": "1", "seen": "node3"}]}, "lost each other: host3 sees node3."),
        ("look", "host3", {"failed": True, "unmet": [{"condition": "members", "wanted": [1], "seen": ["a", "b"]}]}, "lost each other: host3 sees a, b."),
        ("look", "host3", {"failed": True, "unmet": [{"condition": "members", "wanted": [1], "seen": []}]}, "lost each other: host3 sees nobody."),
        ("look", "host3", {"failed": True, "unmet": [{"condition": "members"}]}, "lost each other: host3 sees nobody."),
        ("look", "host3", {"failed": True, "unmet": ["members"], "msg": "x"}, "lost each other: host3 does not answer (x)."),
        ("look", "host3", {"failed": True, "unmet": 7}, "lost each other: host3 does not answer (no answer)."),
    ],
)
def test_what_went_wrong_is_said_with_the_host_and_the_cause(question, host, answer, words):
    steps = plan()
    told = tested.after_reload({host: {question: answer}}, steps)
    assert len(told) == 1 and words in told[0], told


def test_a_corosync_that_reads_a_key_only_when_it_starts():
    """corosync 3.0 has no such key in its cmap, and says nothing at all."""
    old = loaded("totem.config_version (u64) = 2\n")
    assert tested.after_reload({"host2": {"loaded": old}}, plan()) == []
    told = tested.after_reload({"host2": {"loaded": old}}, plan(rotate_key=True))
    assert len(told) == 1 and "corosync on host2 is older than 3.1" in told[0]


def test_a_reload_that_was_left_out_is_none_that_went_well():
    """Each member has to answer, unless there was nothing to load."""
    steps = plan()
    skipped = all_hosts(steps, "loaded", LOADED, host2={"skipped": True})
    assert tested.after_reload(skipped, steps) == []
    told = tested.reloaded(skipped, steps)
    assert told == ["Nobody knows whether corosync on host2 has loaded the new corosync.conf: the node was not asked."]
    assert tested.went_back(skipped, steps)[0] == told[0]
    assert tested.reloaded(all_hosts(steps, "loaded", LOADED), steps) == []
    assert tested.reloaded({}, dict(steps, reload=None)) == []
    assert "(status 7)" in tested.reloaded(all_hosts(steps, "loaded", loaded(LOADED["stdout"].replace("status (i32) = 1", "status (i32) = 7"))), steps)[0]


def test_the_way_back():
    steps = plan()
    trouble = {"host2": {"put": {"failed": True, "msg": "disk full"}}}
    there = {host: {"back": loaded("totem.config_version (u64) = 1\n")} for host in steps["hosts"]}
    assert "have loaded them" in tested.went_back(there, steps)[-1]
    there["host1"]["back_look"] = {"failed": True, "unmet": [{"condition": "members", "wanted": "node1, node2", "seen": "node1"}]}
    assert "but they do not see each other yet: host1 sees node1." in tested.went_back(there, steps)[-1]
    there["host3"] = {"back": loaded("totem.config_version (u64) = 2\n")}
    assert "were not loaded on host3" in tested.went_back(there, steps)[-1]
    there["host2"] = {"back_put": {"failed": True}, **trouble["host2"]}
    assert tested.went_back(there, steps)[0].startswith("corosync.conf cannot be written on host2")
    assert "could not be put back on host2" in tested.went_back(there, steps)[-1]
