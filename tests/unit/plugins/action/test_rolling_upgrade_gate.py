# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of a rolling upgrade: who is asked in which order, whose answer counts, and that nothing but a final yes is registered as one."""

from __future__ import annotations

import re
import time
import typing as t

import pytest
from ansible.errors import AnsibleAuthenticationFailure, AnsibleConnectionFailure, AnsibleError

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_gate as module
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait import question
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import Cluster, out_of_reach
from ansible_collections.corosync.quorum.tests.unit.fakes.gates import (
    IDS,
    LOCK,
    PLAN,
    RUN_ID,
    VOTES,
    answer,
    ask,
    asked,
    before_stop,
    gates,
    marked,
    preflight,
    says,
)
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import device, value

INFO, WAIT, MARK = module.INFO, module.WAIT, module.MARK
BEGUN = str(PLAN["begun"])


@pytest.fixture(name="cluster")
def _cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """web1 to web4 are all well, and it is the turn of web4."""
    return gates(monkeypatch)


# ---- before a stop: who is asked -----------------------------------------------------------------------------------------


def test_one_yes_is_enough(cluster: Cluster) -> None:
    results = before_stop(cluster)
    assert asked(cluster) == ["web1"]
    assert (results[0]["gate"]["safe"], results[0]["gate"]["witness"], results[0]["turn"]) == (True, "web1", "t1")
    assert [result.get("skipped") for result in results[1:]] == [True, True]
    assert answer(cluster)["safe"] and answer(cluster)["nodeid"] == 4


@pytest.mark.parametrize("error", [AnsibleConnectionFailure("no route"), AnsibleAuthenticationFailure("no key")])
def test_where_one_cannot_be_logged_in_to_the_next_one_is_asked(cluster: Cluster, error: AnsibleError) -> None:
    cluster.answers[(INFO, "web1")] = error
    results = before_stop(cluster)
    assert asked(cluster) == ["web1", "web2"]
    assert results[0]["skipped"] and "web1 cannot be logged in to, so the next host is asked: " in results[0]["skip_reason"]
    assert answer(cluster)["witness"] == "web2"


def test_where_none_can_be_logged_in_to_it_is_a_no(cluster: Cluster) -> None:
    cluster.answers.update({(INFO, host): out_of_reach(host) for host in cluster.hosts})
    results = before_stop(cluster, state="It is drained.")
    assert [result.get("failed") for result in results] == [None, None, True]
    assert results[2]["msg"] == (
        "Refused to stop web4: no host that stays can be logged in to, so nobody can say whether that is safe: web1 (ssh: no route to web1); "
        "web2 (ssh: no route to web2); web3 (ssh: no route to web3). It is drained."
    )
    assert answer(cluster) is None


@pytest.mark.parametrize(
    "said, words",
    [
        ({"available": False, "reason": "not_running", "msg": "corosync does not run."}, "cannot say whether that is safe: corosync does not run."),
        ({"failed": True, "reason": "timeout", "msg": "corosync did not answer."}, "corosync did not answer."),
        ({"failed": True, "msg": "MODULE FAILURE", "rc": 1}, "MODULE FAILURE."),
        (AnsibleError("boom"), "cannot say whether that is safe: boom."),
        (AnsibleConnectionFailure("Failed to create temporary directory."), "Failed to create temporary directory."),
        (says("web1", settled=False), "A membership change was under way"),
        (says("web1", members=[1, 2, 4]), "Other nodes are down already: node3."),
        ({"reading": {}}, "its answer is not one that the module can give: of its votequorum value, it is nothing (None)."),
        ({"reading": {"value": {"quorum": 2}}, "lock": LOCK}, "the module can give: of its votequorum value, it lacks nodeid,"),
        ({"reading": ["odd"]}, "it gave no reason."),
    ],
)
def test_any_other_answer_is_final(cluster: Cluster, said: t.Any, words: str) -> None:
    cluster.answers[(INFO, "web1")] = said
    results = before_stop(cluster)
    assert asked(cluster) == ["web1"]
    assert results[0]["failed"] and results[0]["msg"].startswith("Refused to stop web4: ") and words in results[0]["msg"]
    assert [result.get("skipped") for result in results[1:]] == [True, True]
    assert answer(cluster) is None


def test_a_no_after_one_that_cannot_be_logged_in_to_is_final(cluster: Cluster) -> None:
    cluster.answers.update({(INFO, "web1"): out_of_reach(), (INFO, "web2"): {"failed": True, "msg": "no"}})
    results = before_stop(cluster)
    assert asked(cluster) == ["web1", "web2"] and results[1]["failed"] and results[2]["skipped"]
    assert answer(cluster) is None


def test_what_goes_wrong_in_an_item_is_no_reason_to_ask_the_next_one(cluster: Cluster) -> None:
    cluster.answers[(INFO, "web1")] = RuntimeError("a bug")
    task = cluster.task()
    assert "RuntimeError: a bug" in cluster.run("web4", task, asked="web1", point="before_stop")["msg"]
    assert cluster.run("web4", task, asked="web2", point="before_stop")["skipped"]


def test_nobody_stays(cluster: Cluster) -> None:
    results = cluster.loop("web4", ["web4"], registered.GATE, point="before_stop", batch=cluster.hosts)
    assert results[0]["failed"] and "would stay, as web1, web2, web3, web4 are taken together" in results[0]["msg"]
    assert not cluster.calls and answer(cluster) is None


def test_the_node_itself_is_no_witness_by_another_name(cluster: Cluster) -> None:
    cluster.answers[(INFO, "web1")] = says("web4")
    assert "web1 is one of the nodes that would be stopped, by its node id 4" in before_stop(cluster)[0]["msg"]


def test_hosts_that_are_called_like_what_a_loop_learns(cluster: Cluster) -> None:
    """Such as final, all, value or seen: names are the user's."""
    cluster.play["cluster"] = ["final", "seen", "web3", "web4"]
    cluster.answers.update({(INFO, "final"): out_of_reach(), (INFO, "seen"): {"failed": True, "msg": "no"}})
    results = cluster.loop("web4", ["final", "seen", "web3"], registered.GATE, point="before_stop")
    assert results[0]["skipped"] and results[1]["failed"] and results[2]["skipped"] and answer(cluster) is None


def never(dummy: t.Any) -> t.Any:
    time.sleep(30)


def test_a_host_that_never_answers_is_a_no(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "LONGEST", 0.2)
    cluster.answers[(INFO, "web1")] = never
    results = before_stop(cluster)
    assert "web1, which stays, cannot say whether that is safe: it gave no answer within 0.2 s." in results[0]["msg"]
    assert asked(cluster) == ["web1"] and answer(cluster) is None


def test_each_task_asks_anew(cluster: Cluster) -> None:
    before_stop(cluster)
    cluster.answers[(INFO, "web1")] = {"failed": True, "msg": "no"}
    assert before_stop(cluster)[0]["failed"] and answer(cluster) is None


# ---- before a stop: where all must be asked ------------------------------------------------------------------------------

ALL: dict[str, t.Any] = {"wait_for_all": True}


def all_say(cluster: Cluster, **others: t.Any) -> list[dict[str, t.Any]]:
    cluster.answers.update({(INFO, host): others.get(host, says(host, **ALL)) for host in cluster.hosts})
    return before_stop(cluster)


def test_all_are_asked_and_only_the_last_one_returns_the_answer(cluster: Cluster) -> None:
    results = all_say(cluster)
    assert asked(cluster) == ["web1", "web2", "web3"]
    assert ["gate" in result for result in results] == [False, False, True]
    assert answer(cluster)["safe"]


@pytest.mark.parametrize("mode", [{"last_man_standing": True}, {"allow_downscale": True}, ALL])
@pytest.mark.parametrize("no", [{"failed": True, "msg": "no"}, out_of_reach("there")])
@pytest.mark.parametrize("where", ["web1", "web2", "web3"])
def test_one_that_says_no_or_cannot_be_logged_in_to_is_a_no(cluster: Cluster, mode: dict[str, t.Any], no: t.Any, where: str) -> None:
    """Before a yes as after one, and nothing that was said earlier is registered as a yes."""
    cluster.answers.update({(INFO, host): no if host == where else says(host, **mode) for host in cluster.hosts})
    results = before_stop(cluster)
    assert any(result.get("failed") for result in results)
    assert not any("gate" in result for result in results)
    assert answer(cluster) is None
    if isinstance(no, Exception):
        said = next(result["msg"] for result in results if result.get("failed"))
        assert "every host that stays has to say that it is safe, but these cannot be logged in to: " in said
        assert f"{where} (ssh: no route to there)" in said and "no host that stays" not in said


def test_nobody_is_asked_after_a_no(cluster: Cluster) -> None:
    all_say(cluster, web2={"failed": True, "msg": "no"})
    assert asked(cluster) == ["web1", "web2"]


def test_one_member_that_says_that_all_must_be_asked_is_enough(cluster: Cluster) -> None:
    results = all_say(cluster, web1=says("web1", **ALL), web2=says("web2"), web3={"failed": True, "msg": "no"})
    assert asked(cluster) == ["web1", "web2", "web3"] and results[2]["failed"] and answer(cluster) is None


def test_so_is_one_host_in_the_preflight(cluster: Cluster) -> None:
    """Whoever is asked first need not be the one that differs."""
    cluster.hostvars["web1"][registered.PLAN] = dict(PLAN, asks_all=True)
    before_stop(cluster)
    assert asked(cluster) == ["web1", "web2", "web3"] and answer(cluster)["safe"]
    cluster.answers[(INFO, "web3")] = says("web3", settled=False)
    assert before_stop(cluster)[2]["failed"] and answer(cluster) is None


def test_a_member_that_is_no_host_is_a_no(cluster: Cluster) -> None:
    """As with --limit, where rolling_upgrade_hosts is what is left."""
    cluster.play["cluster"] = ["web1", "web2", "web4"]
    cluster.answers.update({(INFO, host): says(host, **ALL) for host in cluster.hosts})
    results = cluster.loop("web4", ["web1", "web2"], registered.GATE, point="before_stop")
    assert results[1]["failed"] and "but nobody could ask node3. Set rolling_upgrade_hosts to all hosts of the cluster" in results[1]["msg"]
    assert answer(cluster) is None


def test_so_is_one_that_has_failed_and_runs_on(cluster: Cluster) -> None:
    cluster.play["active"] = ["web1", "web2", "web4"]
    cluster.answers.update({(INFO, host): says(host, **ALL) for host in cluster.hosts})
    assert cluster.loop("web4", ["web1", "web2"], registered.GATE, point="before_stop")[1]["failed"]


# ---- before a stop: what is judged ---------------------------------------------------------------------------------------


def test_the_whole_batch_is_judged(cluster: Cluster) -> None:
    results = cluster.loop("web4", ["web1", "web2"], registered.GATE, point="before_stop", batch=["web3", "web4"])
    assert results[0]["failed"] and "Without node3, node4" in results[0]["msg"]


@pytest.mark.parametrize("run", [True, False])
def test_without_a_plan_a_node_is_what_the_user_calls_it(cluster: Cluster, run: bool) -> None:
    cluster.options["node"] = "node3"
    cluster.play["cluster"] = ["web1", "web2", "web4"]
    if not run:
        del cluster.hostvars["web1"][registered.PLAN]
        cluster.answers.update({(INFO, host): says(host, lock=None) for host in cluster.hosts})
    results = cluster.loop("web4", ["web1", "web2"], registered.GATE, point="before_stop")
    assert results[0 if run else 1]["gate"]["nodeid"] == (4 if run else 3)
    assert results[0]["turn"] == ("t1" if run else None)


def test_without_a_preflight_each_host_that_can_be_logged_in_to_is_asked(cluster: Cluster) -> None:
    """Nobody has seen yet whether any of them has a mode for which all have to be asked."""
    del cluster.hostvars["web1"][registered.PLAN]
    cluster.options["node"] = "node4"
    cluster.answers.update({(INFO, host): says(host, lock=None) for host in cluster.hosts})
    cluster.answers[(INFO, "web2")] = out_of_reach()
    assert before_stop(cluster)[-1]["gate"]["safe"]
    assert asked(cluster) == ["web1", "web2", "web3"]
    cluster.calls.clear()
    cluster.answers[(INFO, "web3")] = says("web3", lock=None, **ALL)
    results = before_stop(cluster)
    assert results[-1]["failed"] and "every host that stays has to say that it is safe, but these cannot be logged in to: web2" in results[-1]["msg"]


def test_a_host_that_is_not_in_the_inventory_has_registered_nothing(cluster: Cluster) -> None:
    cluster.play["cluster"] = [*cluster.hosts, "elsewhere"]
    assert before_stop(cluster)[0]["gate"]["safe"]


def test_a_spare_as_text_and_one_that_is_no_number(cluster: Cluster) -> None:
    cluster.options["spare"] = "1"
    assert "(spare: 1)" in before_stop(cluster)[0]["msg"]
    for odd in ("many", "1.5", None, True):
        cluster.options["spare"] = odd
        results = before_stop(cluster)
        assert [result["msg"] for result in results] == [f"rolling_upgrade_spare is {odd}, but must be a whole number."] * 3 and answer(cluster) is None


def test_in_check_mode_the_gate_is_asked_too(cluster: Cluster) -> None:
    cluster.check_mode = True
    cluster.answers[(INFO, "web1")] = says("web1", lock=None)
    assert before_stop(cluster)[0]["gate"]["safe"]


# ---- after a start -------------------------------------------------------------------------------------------------------


def after_start(cluster: Cluster, **more: t.Any) -> list[dict[str, t.Any]]:
    return cluster.loop("web4", ["web4", "web1", "web2", "web3"], point="after_start", **more)


def back(cluster: Cluster, **changes: t.Any) -> None:
    cluster.answers[WAIT] = {"changed": False, "votequorum": value(VOTES, asked=4, **changes)}


def test_the_node_itself_first_and_then_one_look_at_another(cluster: Cluster) -> None:
    back(cluster)
    before_stop(cluster)
    cluster.calls.clear()
    results = after_start(cluster)
    assert [call[:2] for call in cluster.calls] == [(WAIT, "web4"), (INFO, "web1")]
    wanted = cluster.calls[0][2]
    assert (wanted["members"], wanted["min_votes"], wanted["stable_for"], wanted["timeout"]) == ([1, 2, 3, 4], 4, 5, 300)
    assert (results[0]["nodeid"], results[1]["seen_by"]) == (4, "web1") and results[2]["skipped"] and results[3]["skipped"]


@pytest.mark.parametrize("said", [says("web1", members=[1, 2, 3]), says("web1", ring=12), says("web1", settled=False), says("web1", votes=(1, 1, 1))])
def test_where_a_look_does_not_show_it_that_host_is_waited_on(cluster: Cluster, said: t.Any) -> None:
    """Also where it does not know the node yet, as without a nodelist."""
    back(cluster)
    cluster.answers[(INFO, "web1")] = said
    assert after_start(cluster)[1]["seen_by"] == "web1"
    assert [call[:2] for call in cluster.calls] == [(WAIT, "web4"), (INFO, "web1"), (WAIT, "web1")]
    assert cluster.calls[2][2] == {"members": [4], "ring_newer_than": 12, "timeout": 300, "msg": cluster.calls[2][2]["msg"]}


@pytest.mark.parametrize("said", [{"failed": True, "msg": "no"}, {"reading": {}}, {"reading": {"value": None}}, {"available": False}])
def test_where_a_look_says_nothing_that_host_is_waited_on_and_its_answer_is_final(cluster: Cluster, said: t.Any) -> None:
    back(cluster)
    cluster.answers.update({(INFO, "web1"): said, (WAIT, "web1"): {"failed": True, "msg": "web4 is back, but web1 does not see it."}})
    results = after_start(cluster)
    assert results[1]["failed"] and "web1 does not see it" in results[1]["msg"]
    assert results[2]["skipped"] and results[3]["skipped"], "each would wait for the whole timeout"
    assert asked(cluster, WAIT) == ["web4", "web1"]


def test_a_host_that_never_answers_a_look_is_waited_on_as_long_as_a_wait_takes(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "LONGEST", 0.2)
    back(cluster)
    cluster.answers[(INFO, "web1")] = never
    assert after_start(cluster)[1]["seen_by"] == "web1" and asked(cluster, WAIT) == ["web4", "web1"]


def test_where_nothing_has_to_last_one_look_at_the_node_is_enough(cluster: Cluster) -> None:
    cluster.options["stable_for"] = "0"
    cluster.answers[(INFO, "web4")] = says("web4")
    results = after_start(cluster)
    assert [call[:2] for call in cluster.calls] == [(INFO, "web4"), (INFO, "web1")]
    assert (results[0]["nodeid"], results[1]["seen_by"]) == (4, "web1")


@pytest.mark.parametrize("said", [says("web4", members=[1, 2, 4]), says("web4", settled=False), {"available": False}, {"failed": True}, out_of_reach()])
def test_where_that_look_does_not_show_it_the_node_is_waited_on(cluster: Cluster, said: t.Any) -> None:
    """Also where it cannot be logged in to yet, as after a reboot."""
    cluster.options["stable_for"] = 0
    back(cluster)
    before_stop(cluster)
    cluster.calls.clear()
    cluster.answers[(INFO, "web4")] = said
    assert after_start(cluster)[1]["seen_by"] == "web1"
    assert [call[:2] for call in cluster.calls] == [(INFO, "web4"), (WAIT, "web4"), (INFO, "web1")]


def test_in_check_mode_there_is_no_look_of_its_own(cluster: Cluster) -> None:
    cluster.options["stable_for"], cluster.check_mode = 0, True
    back(cluster)
    after_start(cluster)
    assert [call[:2] for call in cluster.calls] == [(WAIT, "web4")]


def test_a_node_that_does_not_come_back_is_asked_for_nowhere_else(cluster: Cluster) -> None:
    cluster.answers[WAIT] = {"failed": True, "msg": "web4 has not come back into the cluster."}
    results = after_start(cluster)
    assert results[0]["failed"] and all(result["skipped"] for result in results[1:])
    assert asked(cluster) == []


def test_another_is_asked_where_one_cannot_be_logged_in_to(cluster: Cluster) -> None:
    back(cluster)
    cluster.answers[(INFO, "web1")] = out_of_reach()
    results = after_start(cluster)
    assert results[1]["skipped"] and results[2]["seen_by"] == "web2" and results[3]["skipped"]
    cluster.answers.update({(INFO, host): out_of_reach(host) for host in cluster.hosts})
    told = after_start(cluster)[3]["msg"]
    assert told.startswith("web4 is back, but no other host can be asked whether it sees web4: web1 (ssh: no route to web1.); web2 (")


def test_with_nobody_else_the_node_itself_is_enough(cluster: Cluster) -> None:
    back(cluster)
    assert cluster.loop("web4", ["web4"], point="after_start", batch=cluster.hosts)[0]["nodeid"] == 4


def test_what_must_be_back_of_a_node_that_is_only_brought_back(cluster: Cluster) -> None:
    """Its gate was not asked in this turn. What an earlier turn has registered is not looked at."""
    back(cluster)
    stale = {"turn": "t0", "must_return": {"members": [9], "min_votes": 9, "qdevice": False}}
    cluster.hostvars["web4"][registered.GATE] = {"results": [{"gate": stale}]}
    cluster.hostvars["web1"][registered.PLAN] = dict(PLAN, qdevice=True)
    after_start(cluster)
    assert cluster.calls[0][2]["members"] == [4] and cluster.calls[0][2]["qdevice"] == "voting" and "min_votes" not in cluster.calls[0][2]


def test_a_turn_of_a_run_that_is_over_is_none(cluster: Cluster) -> None:
    """Else an answer from behind a drain, of that run, would be taken for the newest one."""
    back(cluster)
    cluster.hostvars["web2"][registered.FINISHED] = {"run_id": RUN_ID}
    old = {"turn": "t1", "must_return": {"members": [9], "min_votes": 9, "qdevice": False}}
    cluster.hostvars["web4"][registered.RESULTS["gate_again"]] = {"results": [{"gate": old}]}
    cluster.options["node"] = 4
    cluster.answers.update({(INFO, host): says(host, lock=None) for host in cluster.hosts})
    assert before_stop(cluster)[0]["turn"] is None
    cluster.calls.clear()
    after_start(cluster)
    assert cluster.calls[0][2]["members"] == [1, 2, 3, 4]


def test_in_check_mode_nothing_went_away_so_nobody_else_is_asked(cluster: Cluster) -> None:
    cluster.check_mode = True
    cluster.answers[WAIT] = {"changed": False}
    results = after_start(cluster)
    assert results[0]["nodeid"] is None and all(result["skipped"] for result in results[1:])


def test_an_odd_value_of_the_node_is_no_traceback(cluster: Cluster) -> None:
    cluster.answers[WAIT] = {"changed": False, "votequorum": {"nodeid": 4}}
    assert "not a votequorum value" in after_start(cluster)[1]["msg"]


def test_finish_waits_for_what_there_was(cluster: Cluster) -> None:
    back(cluster)
    cluster.answers[module.LOCK] = {"changed": True}
    cluster.hostvars["web1"][registered.PLAN] = dict(PLAN, qdevice=True)
    assert not cluster.run("web1", point="finish", asked="web1").get("failed")
    msg = "web1 does not see the cluster as it was before the upgrade."
    assert cluster.calls[0][2] == {"timeout": 300, "members": [1, 2, 3, 4], "min_votes": 4, "qdevice": "voting", "msg": msg}
    cluster.answers[WAIT] = {"failed": True, "msg": msg + " Timed out. corosync is not running on this node."}
    assert cluster.run("web2", point="finish", asked="web1")["msg"] == msg + " Timed out. corosync is not running on web1."
    cluster.answers[WAIT] = {"failed": True, "msg": "libvotequorum.so.8 was not found on this host."}
    told = cluster.run("web2", point="finish", asked="web1")["msg"]
    assert told == "Quorum cannot be read on web1: libvotequorum.so.8 was not found on web1."


@pytest.mark.parametrize("options, done, removed", [({"reboot": "always"}, [], True), ({}, ["web1"], True), ({}, ["web2"], False), ({}, [], False)])
def test_what_is_behind_the_finish_forgets_who_is_done(cluster: Cluster, options: dict[str, t.Any], done: list[str], removed: bool) -> None:
    """Before it gives the lock back, without which nothing is removed. And never before all hosts were asked: the next run would reboot a node again."""
    back(cluster)
    cluster.options.update(options)
    cluster.answers.update({module.LOCK: {"changed": True}, MARK: {"changed": True}})
    cluster.hostvars["web1"][registered.PLAN] = dict(PLAN, done=done)
    assert not cluster.run("web1", point="finish", asked="web1").get("failed")
    assert cluster.names() == ["wait_for_quorum"]
    cluster.calls.clear()
    assert not cluster.run("web1", point="finished", asked="web1").get("failed")
    assert cluster.names() == [*(["rolling_upgrade_mark"] if removed else []), "quorum_lock"]
    args = {"state": "removed", "only_done": True, "path": "/var/lib/corosync-quorum/rolling-upgrade.json", "run": RUN_ID}
    assert not removed or cluster.calls[0][2] == args


def test_a_witness_without_corosync_is_the_one_that_is_named(cluster: Cluster) -> None:
    """Not the host whose task it is: that one is well."""
    gone = {"available": False, "reason": "not_running", "msg": "corosync is not running on this node: start it (systemctl start corosync)."}
    absent = {"failed": True, "msg": "libvotequorum.so.8 was not found on this host. Install the package corosync."}
    for said, words in ((gone, "corosync is not running on web1: start it"), (absent, "libvotequorum.so.8 was not found on web1. Install")):
        cluster.answers[(INFO, "web1")] = said
        told = before_stop(cluster)[0]["msg"]
        assert told.startswith(f"Refused to stop web4: web1, which stays, cannot say whether that is safe: {words}")
        assert "this node" not in told and "this host" not in told
        back(cluster)
        cluster.answers[(INFO, "web1")] = said
        cluster.answers[(WAIT, "web1")] = {"failed": True, "msg": said["msg"]}
        told = cluster.loop("web4", ["web4", "web1"], point="after_start")[1]["msg"]
        assert told.startswith(f"web4 is back, but web1 does not say whether it sees web4: {words}")


# ---- the preflight -------------------------------------------------------------------------------------------------------


def test_a_plan(cluster: Cluster) -> None:
    ask(cluster)
    found = preflight(cluster)
    assert sorted(host for batch in found["batches"] for host in batch) == cluster.hosts and [len(batch) for batch in found["batches"]] == [1, 1, 1, 1]
    assert re.fullmatch("[0-9a-f]{16}", found["run_id"]) and preflight(cluster)["run_id"] != found["run_id"]
    assert found["begun"] > BEGUN and found["nodeids"] == IDS and found["members"] == [1, 2, 3, 4] and found["total_votes"] == 4


def test_a_plan_shows_the_warnings_of_the_nodes_as_ansible_does(cluster: Cluster) -> None:
    problem = {"id": "next_corosync", "severity": "warning", "message": "Well.", "advice": "Mind."}
    for host in cluster.hosts:
        cluster.answers[(INFO, host)] = dict(says(host), votequorum=dict(says(host)["reading"]["value"], problems=[problem]))
        cluster.answers[(MARK, host)] = marked()
        cluster.loop(host, [host], registered.VIEWS, point="ask", batch=cluster.hosts)
    assert preflight(cluster)["warnings"] == ["On web1, web2, web3, web4: Well. Mind."]


@pytest.mark.parametrize("mode, asks_all", [({}, False), (ALL, True)])
def test_whether_every_gate_asks_all_is_in_the_plan(cluster: Cluster, mode: dict[str, t.Any], asks_all: bool) -> None:
    cluster.answers.update({(INFO, host): says(host, **mode) for host in cluster.hosts})
    ask(cluster)
    assert preflight(cluster)["asks_all"] is asks_all


@pytest.mark.parametrize("option, at_once", [("false", 1), ("no", 1), (False, 1), ("true", 2), (True, 2)])
def test_batches_as_text(cluster: Cluster, option: t.Any, at_once: int) -> None:
    """As -e gives it."""
    cluster.play["cluster"] = cluster.play["everyone"] = cluster.play["active"] = cluster.hosts = [*cluster.hosts, "web5"]
    cluster.hostvars["web5"] = {"inventory_hostname": "web5"}
    for host in cluster.hosts:
        cluster.answers[(INFO, host)] = {"available": True, "votequorum": value((1,) * 5, asked=int(host[-1]))}
    cluster.options["batches"] = option
    ask(cluster)
    assert max(len(batch) for batch in preflight(cluster)["batches"]) == at_once


def test_one_asks_all_where_the_play_has_only_some(cluster: Cluster) -> None:
    for host in cluster.hosts:
        cluster.answers[(INFO, host)] = dict(says(host), votequorum=says(host)["reading"]["value"])
    cluster.answers[MARK] = marked()
    cluster.play["everyone"] = cluster.play["active"] = ["web2"]
    cluster.loop("web2", cluster.hosts, registered.VIEWS, point="ask")
    assert cluster.run("web2", point="preflight")["batches"] == [["web2"]]


@pytest.mark.parametrize(
    "said, words",
    [
        (out_of_reach("web3"), "web3 cannot be reached: ssh: no route to web3. Bring it back"),
        (AnsibleError("boom"), "Quorum cannot be read on web3: boom"),
        ({"available": False, "reason": "not_running", "msg": "corosync does not run."}, "Quorum cannot be read on web3: corosync does not run."),
        ({"votequorum": {"quorum": 2}}, "not a votequorum value"),
    ],
)
def test_a_host_that_is_not_well_is_a_refusal(cluster: Cluster, said: t.Any, words: str) -> None:
    cluster.answers[(INFO, "web3")] = said
    ask(cluster)
    found = preflight(cluster)
    assert found["failed"] and "begun" not in found and words in found["msg"]


def test_a_host_that_never_answers_is_a_refusal(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "LONGEST", 0.2)
    cluster.answers[(INFO, "web3")] = never
    ask(cluster)
    assert "Quorum cannot be read on web3: it gave no answer within 0.2 s." in preflight(cluster)["msg"]


def test_a_host_that_was_not_asked_is_a_refusal(cluster: Cluster) -> None:
    """As where it has failed in between: that it says nothing does not mean that it is well."""
    ask(cluster)
    del cluster.hostvars["web3"][registered.VIEWS]
    assert "Quorum cannot be read on web3: it was not asked." in preflight(cluster)["msg"]


def test_what_was_interrupted_comes_first(cluster: Cluster) -> None:
    ask(cluster, web2=marked({"phase": "start", "nodeid": 2}))
    found = preflight(cluster)
    assert found["resumed"] == ["web2"] and found["batches"][0] == ["web2"]


@pytest.mark.parametrize(
    "said, words",
    [
        (marked(fault="/etc is a folder."), "On web2: /etc is a folder."),
        ({"failed": True, "msg": "MODULE FAILURE"}, "On web2: MODULE FAILURE"),
        ({"failed": True}, "On web2: it gave no reason"),
        ({}, "On web2: what it says of an interrupted upgrade is not what this role writes there."),
        *(
            (marked(odd), "On web2: what it says of an interrupted upgrade is not")
            for odd in ([], 3, "stop", {"phase": "x", "nodeid": 2}, {"phase": "stop", "nodeid": "2"}, {"phase": ["stop"], "nodeid": True})
        ),
    ],
)
def test_a_mark_that_is_none_is_a_refusal(cluster: Cluster, said: t.Any, words: str) -> None:
    ask(cluster, web2=said)
    found = preflight(cluster)
    assert found["failed"] and words in found["msg"]


def test_what_a_power_cut_left_of_a_mark_is_an_upgrade_that_has_begun(cluster: Cluster) -> None:
    """Which node it is corosync says, where it runs."""
    ask(cluster, web2=marked({"phase": "stop", "nodeid": None}))
    found = preflight(cluster)
    assert found["resumed"] == ["web2"] and found["batches"][0] == ["web2"]
    cluster.answers[(INFO, "web2")] = {"available": False, "reason": "not_running", "msg": "corosync does not run."}
    ask(cluster, web2=marked({"phase": "stop", "nodeid": None}))
    said = preflight(cluster)["msg"]
    assert "An upgrade of web2 has begun, but /var/lib/corosync-quorum/rolling-upgrade.json is not complete and does not name the node any more" in said
    assert "Start corosync on web2 and run this again: it continues there." in said


@pytest.mark.parametrize("reached, hooks, refused", [(0, {}, False), (1, {}, True), (1, {"stop": "x", "start": "y"}, False), (1, {"stop": "x"}, True)])
def test_crmsh_has_to_reach_each_host_itself(cluster: Cluster, reached: int, hooks: dict[str, str], refused: bool) -> None:
    cluster.options.update(stack="crmsh", hooks=hooks)
    cluster.answers["ansible.builtin.command"] = {"rc": reached}
    cluster.check_mode = True
    ask(cluster)
    assert not any(call[3] for call in cluster.calls if call[0] == "ansible.builtin.command"), "it is only a question"
    assert bool(preflight(cluster).get("failed")) == refused
    assert not refused or "would fail on web1, web2, web3, web4, because" in preflight(cluster)["msg"]


def test_a_device_that_does_not_vote(cluster: Cluster) -> None:
    cluster.answers[(INFO, "web2")] = says("web2", qdevice=device("alive"))
    ask(cluster)
    assert "The quorum device gives web2 no vote" in preflight(cluster)["msg"]


def test_input(cluster: Cluster) -> None:
    assert not cluster.run("web1", point="input", batch=cluster.hosts).get("failed")
    cluster.play["cluster"] = [1, 2]
    cluster.options["spare"] = "-1"
    said = cluster.run("web1", point="input", batch=cluster.hosts)["msg"]
    assert "rolling_upgrade_hosts (1, 2) must have each host of this play once" in said and "rolling_upgrade_spare is -1" in said
