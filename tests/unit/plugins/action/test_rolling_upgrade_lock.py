# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of a rolling upgrade: who is refused, what is taken and given back, and what a gate says without it."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleError

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_gate as module
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import Cluster, out_of_reach
from ansible_collections.corosync.quorum.tests.unit.fakes.gates import LOCK, OTHER, RUN_ID, answer, ask, asked, before_stop, gates, marked, preflight, says

INFO, WAIT, TAKE = module.INFO, module.WAIT, module.LOCK


@pytest.fixture(name="cluster")
def _cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """web1 to web4 are all well, and it is the turn of web4."""
    return gates(monkeypatch)


def held_by(run_id: str, **more: t.Any) -> dict[str, t.Any]:
    return dict(LOCK, run_id=run_id, **more)


def take(cluster: Cluster, **more: t.Any) -> list[dict[str, t.Any]]:
    return cluster.loop("web1", ["web1", "web2", "web3", "web4"], point="lock", batch=more.pop("batch", cluster.hosts), **more)


def test_another_run_has_the_lock_when_the_hosts_are_asked(cluster: Cluster) -> None:
    """In check mode, too, where none is taken."""
    cluster.check_mode = True
    away = held_by(OTHER, boot_id="another", user="alice")
    ask(cluster, web2=marked(lock=away), web3=marked(lock=away))
    said = preflight(cluster)["msg"]
    assert f"Another run has the lock on web2, web3: run {OTHER}, started by alice." in said and f"-e quorum_lock_take_over={OTHER}" in said
    cluster.options["take_over"] = OTHER
    assert not preflight(cluster).get("failed")
    cluster.options["take_over"] = True
    assert "quorum_lock_take_over is True" in preflight(cluster)["msg"]


def test_the_lock_of_a_run_that_was_killed_on_this_controller_is_no_refusal(cluster: Cluster) -> None:
    ask(cluster, web2=marked(lock=held_by(OTHER, pid=7)))
    assert not preflight(cluster).get("failed")
    ask(cluster, web2=marked(lock=held_by(OTHER, pid=8)))
    assert "It runs on this controller as process 8" in preflight(cluster)["msg"]


def test_a_lock_that_cannot_be_read_is_a_refusal(cluster: Cluster) -> None:
    ask(cluster, web2=dict(marked(), lock_fault="/l on this node is garbage."))
    assert "On web2 nobody can say which run has the lock: /l on web2 is garbage." in preflight(cluster)["msg"]


def test_a_host_whose_key_is_not_that_of_the_others_is_a_refusal(cluster: Cluster) -> None:
    """Beside the lock, as both are read with the mark."""
    keys = {host: dict(marked(), key={"digest": "aa", "changed": host != "web1"}) for host in ("web1", "web2", "web3", "web4")}
    ask(cluster, **keys)
    assert not preflight(cluster).get("failed")
    ask(cluster, **dict(keys, web3=dict(marked(), key={"digest": "bb", "changed": True})))
    assert "authkey of web3 is not the key that the cluster has loaded, which is in the file of web1, web2, web4." in preflight(cluster)["msg"]


def test_the_lock_is_taken_on_one_after_the_other(cluster: Cluster) -> None:
    cluster.answers[TAKE] = {"changed": True, "lock": LOCK, "replaced": ""}
    cluster.options["take_over"] = OTHER
    results = take(cluster)
    assert [result["taken"] for result in results] == [True] * 4 and not any(result["changed"] for result in results)
    assert asked(cluster, TAKE) == cluster.hosts
    assert cluster.calls[0][2] == {"state": "taken", "run": RUN_ID, "role": "rolling_upgrade", "take_over": [OTHER]}


@pytest.mark.parametrize(
    "said, words",
    [
        ({"failed": True, "msg": "Another run has it."}, "The upgrade did not begin, and nothing was changed. Another run has it."),
        ({"failed": True}, "The upgrade did not begin, and nothing was changed. web2 does not say why it cannot take the lock."),
        (AnsibleError("boom\x1b"), "web2 does not say whether it has the lock: boom\\x1b"),
        (out_of_reach("web2"), "The lock could not be taken on web2, which this run would change. web2 cannot be logged in to: ssh: no route to web2."),
    ],
)
def test_where_it_cannot_be_had_nothing_more_is_taken(cluster: Cluster, said: t.Any, words: str) -> None:
    cluster.answers.update({TAKE: {"changed": True}, (TAKE, "web2"): said})
    results = take(cluster)
    assert results[1]["failed"] and words in results[1]["msg"]
    assert [bool(result.get("skipped")) for result in results] == [False, False, True, True] and asked(cluster, TAKE) == ["web1", "web2"]


def test_a_host_that_is_not_changed_may_be_out_of_reach_as_long_as_most_are_held(cluster: Cluster) -> None:
    cluster.answers.update({TAKE: {"changed": True}, (TAKE, "web2"): out_of_reach()})
    cluster.play["everyone"] = cluster.play["active"] = ["web4"]
    assert [result.get("taken") for result in take(cluster, batch=["web4"])] == [True, False, True, True]
    cluster.answers[(TAKE, "web3")] = out_of_reach()
    assert "could be taken on 2 of 4 configured nodes" in take(cluster, batch=["web4"])[3]["msg"]


def test_no_lock_without_a_plan(cluster: Cluster) -> None:
    del cluster.hostvars["web1"][registered.PLAN]
    assert "There is no plan" in take(cluster)[0]["msg"] and not cluster.calls


@pytest.mark.parametrize("said", [{"changed": True}, {"changed": False}, {"failed": True, "msg": "no"}, {"failed": True}, out_of_reach(), AnsibleError("boom")])
def test_to_give_it_back_hides_no_failure(cluster: Cluster, said: t.Any) -> None:
    cluster.answers[TAKE] = said
    assert not cluster.run("web1", point="give_back", asked="web1").get("failed")
    assert cluster.calls[0][2] == {"state": "given_back", "run": RUN_ID}
    for point in ("not_begun", "refused"):
        assert cluster.run("web1", point=point)["failed"]
    assert "Other hosts of its batch continue, so this run keeps its lock." in cluster.run("web1", point="refused", batch=["web1", "web2"])["msg"]
    cluster.hostvars["web1"].pop(registered.PLAN)
    alone = cluster.run("web1", point="refused", batch=["web1", "web2"])["msg"]
    assert "Other hosts of its batch continue. " in alone and "lock" not in alone, "without a preflight there is none"


@pytest.mark.parametrize("answered", [{"changed": False, "votequorum": {}}, {"failed": True, "msg": "no"}])
def test_finish_gives_it_back_in_any_case(cluster: Cluster, answered: t.Any) -> None:
    cluster.answers.update({WAIT: answered, TAKE: {"changed": True}})
    failed = bool(cluster.run("web1", point="finish", asked="web1").get("failed"))
    assert failed == bool(answered.get("failed"))
    assert failed or not cluster.run("web1", point="finished", asked="web1").get("failed")
    assert cluster.calls[-1][:3] == (TAKE, "web1", {"state": "given_back", "run": RUN_ID})


@pytest.mark.parametrize("said", [{"failed": True, "msg": "Read-only file system on this node."}, out_of_reach(), AnsibleError("boom")])
def test_a_mark_that_stays_is_told_and_keeps_no_lock(cluster: Cluster, said: t.Any) -> None:
    cluster.options["reboot"] = "always"
    cluster.answers.update({TAKE: {"changed": True}, module.MARK: said})
    result = cluster.run("web2", point="finished", asked="web1")
    assert not result.get("failed") and cluster.names() == ["rolling_upgrade_mark", "quorum_lock"]
    assert result["warnings"][0].startswith("/var/lib/corosync-quorum/rolling-upgrade.json on web1 was not removed, so the next run may leave web1 out. ")
    assert "this node" not in result["warnings"][0]


@pytest.mark.parametrize(
    "lock, words",
    [
        (None, f"this run ({RUN_ID}) does not have its lock on web1 any more"),
        (held_by(OTHER), f"another run has the lock on web1: run {OTHER}"),
        (held_by(RUN_ID, stop_requested="12:00"), "somebody asked this run to stop before its next node"),
        ("odd", "nobody can say which run has the lock on web1"),
    ],
)
def test_a_gate_whose_witness_has_not_the_lock_of_this_run_says_no(cluster: Cluster, lock: t.Any, words: str) -> None:
    cluster.answers[(INFO, "web1")] = says("web1", lock=lock)
    results = before_stop(cluster)
    assert results[0]["failed"] and words in results[0]["msg"] and asked(cluster) == ["web1"] and answer(cluster) is None


def test_a_node_that_was_drained_is_not_left_like_that_because_of_a_request_to_stop(cluster: Cluster) -> None:
    cluster.answers[(INFO, "web1")] = says("web1", lock=held_by(RUN_ID, stop_requested="12:00"))
    assert before_stop(cluster, again=True, state="It is drained.")[0]["gate"]["safe"]
    cluster.answers[(INFO, "web1")] = says("web1", lock=held_by(OTHER))
    assert before_stop(cluster, again=True, state="It is drained.")[0]["failed"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_gate_alone_refuses_another_run_and_needs_no_lock(cluster: Cluster, check_mode: bool) -> None:
    cluster.check_mode = check_mode
    if not check_mode:
        del cluster.hostvars["web1"][registered.PLAN]
        cluster.options["node"] = 4
    cluster.answers.update({(INFO, host): says(host, lock=None) for host in cluster.hosts})
    assert before_stop(cluster)[0 if check_mode else -1]["gate"]["safe"]
    cluster.answers[(INFO, "web1")] = says("web1", lock=held_by(OTHER))
    assert "Two runs must not stop nodes of one cluster at the same time." in before_stop(cluster)[0]["msg"]


def test_the_lock_is_read_with_the_quorum_in_one_run_of_the_module(cluster: Cluster) -> None:
    before_stop(cluster)
    assert cluster.calls == [(INFO, "web1", {"if_unavailable": "report", "_judge": False, "_lock": True}, False)]
