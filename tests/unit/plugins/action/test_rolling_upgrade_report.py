# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record, the verdict and the page: nothing here hides what failed, nor fails because of a record."""

from __future__ import annotations

import base64
import html
import os
import pathlib
import time
import types
import typing as t
from unittest import mock

import pytest
from ansible.errors import AnsibleError

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_report as module
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered, story
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.reading import WATCH
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.verdict import KEPT, NOT_WATCHED
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait import question
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import Cluster, out_of_reach
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import at, mark, seen

BEGUN = "2026-11-28T10:00:00.000000Z"
RUN_ID = "0123456789abcdef"
IDS = {"web1": 1, "web2": 2, "web3": 3}
PLAN: dict[str, t.Any] = {
    "begun": BEGUN,
    "run_id": RUN_ID,
    "nodeids": IDS,
    "configured": list(IDS.values()),
    "resumed": [],
    "qdevice": False,
    "cluster_name": "web",
    "batches": [["web3"], ["web2"], ["web1"]],
}
PHASES = ["gate", "begin", "stop", "upgrade", "installed", "start", "back", "done"]
TIMELINE = [seen(0.3, "state", [1, 2, 3], 8, 2)]


@pytest.fixture(name="cluster")
def _cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Cluster:
    made = Cluster(monkeypatch, module.ActionModule, module)
    made.hostvars["web1"][registered.PLAN] = PLAN
    made.answers[WATCH] = record()
    made.answers["ansible.builtin.file"] = {"changed": True}
    made.options["report"] = str(tmp_path / "report.html")
    return made


def record(**more: t.Any) -> dict[str, t.Any]:
    found = {"changed": False, "timeline": TIMELINE, "unreadable": 0, "running": True, "looked": True, "run": RUN_ID, "runs": [RUN_ID]}
    found = dict(dict(found, offset=0.0, until=at(100), now=at(100)), **more)
    return dict({"boots": [len(found["timeline"] or ())]}, **found)


def begun(cluster: Cluster, host: str, *names: str, **more: t.Any) -> str:
    """This host's turn has come, and these phases were registered. Returns the turn."""
    turn = f"turn-of-{host}"
    found = {
        "turn": turn,
        "run": RUN_ID,
        "needed": True,
        "resumes": "",
        "tasks": "node.yml",
        "phases": PHASES,
        "versions": {"corosync": "1"},
        "rebooted": False,
    }
    cluster.hostvars[host][registered.LOOK] = dict(found, **more)
    for place, name in enumerate(names):
        cluster.hostvars[host][registered.RESULTS[name]] = {"turn": turn, "started": at(place), "ended": at(place + 1), "versions": {"corosync": "2"}}
    return turn


def fails(cluster: Cluster, host: str, task: str = "Upgrade the packages of this node", **result: t.Any) -> None:
    """As Ansible has it in a rescue, and keeps it."""
    failed = dict({"failed": True, "msg": "the disk is full"}, **result)
    cluster.hostvars[host].update(ansible_failed_task=types.SimpleNamespace(name=task), ansible_failed_result=failed)


def read(cluster: Cluster, host: str, state: str = "read", over: t.Sequence[str] = (), **more: t.Any) -> list[dict[str, t.Any]]:
    return cluster.loop(host, list(over) or cluster.hosts, registered.RECORDS, point="read", state=state, **more)


def nodes(monkeypatch: pytest.MonkeyPatch, run: t.Callable[[], t.Any]) -> dict[str, dict[str, t.Any]]:
    """What the page shows of each host."""
    stories: list[t.Any] = []
    whole = story.story
    monkeypatch.setattr(story, "story", lambda *args: stories.append(whole(*args)) or stories[-1])
    run()
    return {node["name"]: node for node in stories[-1]["nodes"]}


def page(cluster: Cluster) -> pathlib.Path:
    return pathlib.Path(cluster.options["report"])


# ---- the record of one host ----------------------------------------------------------------------------------------------


def test_records_are_read_and_in_the_end_stopped(cluster: Cluster) -> None:
    results = read(cluster, "web1")
    assert [result["host"] for result in results] == cluster.hosts and all(result["record"]["timeline"] == TIMELINE for result in results)
    assert [(call[1], call[2]["state"], call[2]["run"]) for call in cluster.calls] == [(host, "read", RUN_ID) for host in cluster.hosts]
    assert cluster.calls[0][2]["reference"].endswith("Z")
    cluster.calls.clear()
    read(cluster, "web1", "stopped", ["web2"])
    assert [call[:2] for call in cluster.calls] == [(WATCH, "web2"), ("ansible.builtin.file", "web2")]
    assert cluster.calls[1][2] == {"path": f"/run/corosync-quorum-jobs-{RUN_ID}", "state": "absent"}


@pytest.mark.parametrize("watch", [True, False])
def test_at_the_end_the_lock_is_given_back_before_the_record_ends(cluster: Cluster, watch: bool) -> None:
    cluster.options["watch"] = watch
    cluster.answers[module.GATE] = {"warnings": ["the mark stays"]}
    (result,) = read(cluster, "web1", "finished", ["web2"])
    assert [call[:2] for call in cluster.calls] == [(module.GATE, "web2"), *([(WATCH, "web2"), ("ansible.builtin.file", "web2")] if watch else [])]
    assert cluster.calls[0][2]["point"] == "finished" and cluster.calls[0][2]["asked"] == "web2"
    assert result["warnings"] == ["the mark stays"] and bool(result["record"]) == watch


@pytest.mark.parametrize("watch, check_mode", [(False, False), ("false", False), ("no", False), (True, True)])
def test_what_is_not_watched_is_not_read(cluster: Cluster, watch: t.Any, check_mode: bool) -> None:
    cluster.options["watch"], cluster.check_mode = watch, check_mode
    assert all(result["record"] == {} for result in read(cluster, "web1", "stopped"))
    assert not cluster.calls
    assert cluster.run("web1", point="finish")["msg"].startswith(NOT_WATCHED)


@pytest.mark.parametrize("said", [out_of_reach("web2"), AnsibleError("boom"), {"failed": True, "msg": "no"}])
def test_a_host_that_cannot_be_read_does_not_hide_what_failed(cluster: Cluster, said: t.Any) -> None:
    turn = begun(cluster, "web3")
    fails(cluster, "web3")
    cluster.answers[(WATCH, "web2")] = said
    results = read(cluster, "web3")
    assert not any(result.get("failed") or result.get("unreachable") for result in results)
    assert results[1]["record"] == {} and results[2]["record"]
    assert {(result["failure"], result["turn"]) for result in results} == {("Upgrade the packages of web3: the disk is full", turn)}


def test_a_host_that_never_answers_does_not_either(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "LONGEST", 0.2)
    cluster.answers[(WATCH, "web2")] = lambda dummy: time.sleep(30)
    results = read(cluster, "web3")
    assert results[1]["record"] == {} and "no answer" in results[1]["msg"] and results[2]["record"]


def test_a_record_counts_though_the_folder_of_the_job_stays(cluster: Cluster) -> None:
    cluster.answers["ansible.builtin.file"] = out_of_reach("web2")
    assert all(result["record"] for result in read(cluster, "web1", "stopped"))


def test_the_item_of_a_loop_that_failed_is_told(cluster: Cluster) -> None:
    fails(cluster, "web3", "Ask", msg="One or more items failed", results=[{"skipped": True}, {"failed": True, "msg": "Refused to stop web3: no."}])
    assert read(cluster, "web3")[0]["failure"] == "Ask: Refused to stop web3: no."
    cluster.hostvars["web3"]["ansible_failed_task"] = {"name": "As a dictionary"}
    assert read(cluster, "web3")[0]["failure"].startswith("As a dictionary: ")


# ---- the first look ------------------------------------------------------------------------------------------------------


def look(cluster: Cluster, host: str, **more: t.Any) -> list[dict[str, t.Any]]:
    return cluster.loop(host, cluster.hosts, registered.FIRST_LOOK, point="begun", **more)


def test_the_first_look_of_this_run_is_waited_for(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AGAIN", 0.01)
    said = iter([record(looked=False, running=False), record(looked=False), record()])
    cluster.answers[(WATCH, "web2")] = lambda args: next(said)
    results = look(cluster, "web1")
    assert [(result["host"], result["run"], result["earlier"]) for result in results] == [(host, RUN_ID, []) for host in cluster.hosts]
    seen = {"run": RUN_ID, "boot": 0, "at": at(0.3), "offset": 0.0, "spread": pytest.approx(0.0, abs=5.0), "asked_at": mock.ANY, "ahead": mock.ANY}
    assert all(result["clock"] == seen for result in results)
    assert [call[1] for call in cluster.calls] == ["web1", "web2", "web2", "web2", "web3"]


@pytest.mark.parametrize(
    "text, why",
    [
        (b'{"failed": true, "msg": "the disk is full"}', "the disk is full"),
        (b'{"msg": "' + rb"\u001b[2J\nok" + b"x" * 10**6 + b'"}', r"\x1b[2J okxxx"),
        (b"[" * 100_000, "has not recorded a first check within 0.2 s"),
        (b"{", "has not recorded a first check within 0.2 s"),
        (None, "has not recorded a first check"),
    ],
)
def test_a_watch_that_does_not_begin(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, text: t.Any, why: str) -> None:
    for name, value in (("_AGAIN", 0.01), ("_STARTING", 0.05), ("LONGEST", 0.2)):
        monkeypatch.setattr(module, name, value)
    cluster.hostvars["web1"][registered.WATCH] = {"results": [{"item": "web1", "ansible_job_id": "j7.1"}, {"item": "web2", "ansible_job_id": "j7.2"}]}
    cluster.answers[(WATCH, "web2")] = record(looked=False, running=False)
    slurped = {"content": base64.b64encode(text).decode()} if text is not None else {"failed": True}
    cluster.answers["ansible.builtin.slurp"] = slurped
    result = look(cluster, "web1")[1]
    assert result["failed"] and result["msg"].startswith("Quorum is not recorded on web2: ") and why in result["msg"] and len(result["msg"]) < 1200
    assert {call[2]["src"] for call in cluster.calls if call[0].endswith("slurp")} == {f"/run/corosync-quorum-jobs-{RUN_ID}/j7.2"}


def test_a_record_that_cannot_be_read_when_the_watch_has_begun(cluster: Cluster) -> None:
    cluster.answers[(WATCH, "web2")] = {"failed": True, "msg": "Cannot read it."}
    assert look(cluster, "web1")[1]["msg"] == "Quorum is not recorded on web2: Cannot read it."


def test_a_host_that_is_out_of_reach_when_its_watch_is_waited_for(cluster: Cluster) -> None:
    """It has failed, so that the lock is given back."""
    cluster.answers[(WATCH, "web2")] = out_of_reach("web2")
    assert look(cluster, "web1")[1]["msg"] == "web2 cannot be logged in to: ssh: no route to web2."


def test_without_a_watch_there_is_no_first_look(cluster: Cluster) -> None:
    cluster.options["watch"] = False
    assert all(result["skipped"] for result in look(cluster, "web1")) and not cluster.calls


EARLIER = "fedcba9876543210"


def test_watches_of_earlier_runs_end_and_their_records_are_in_the_report_and_not_in_the_verdict(cluster: Cluster) -> None:
    lost = dict(TIMELINE[0], at=at(5), event="quorum_lost", quorate=False, total_votes=1, members=[1])

    def watch(args: dict[str, t.Any]) -> dict[str, t.Any]:
        if args["run"] == EARLIER:
            return record(run=EARLIER, timeline=[*TIMELINE, lost])
        return record(runs=[RUN_ID, EARLIER, "../../etc", 7])

    cluster.answers[(WATCH, "web2")] = watch
    results = look(cluster, "web1")
    assert [[item["run"] for item in result["earlier"]] for result in results] == [[], [EARLIER], []]
    ends = [(name, args.get("state"), args.get("run") or args.get("path")) for name, host, args, dummy in cluster.calls if host == "web2"]
    assert ends == [
        (WATCH, "read", RUN_ID),
        (WATCH, "stopped", EARLIER),
        ("ansible.builtin.file", "absent", f"/run/corosync-quorum-jobs-{EARLIER}"),
    ]
    read(cluster, "web1", "stopped")
    assert cluster.run("web1", point="finish")["msg"].startswith(KEPT)
    text = page(cluster).read_text(encoding="utf-8")
    assert f"Recorded in the earlier run {EARLIER}" in text and "Quorum was kept" in text and "quorum lost" in text


# ---- the verdict ---------------------------------------------------------------------------------------------------------


def test_finish(cluster: Cluster) -> None:
    for host in cluster.hosts:
        begun(cluster, host, *PHASES)
        read(cluster, host, over=[host], batch=cluster.hosts)
    result = cluster.run("web1", point="finish", batch=cluster.hosts)
    assert not result.get("failed") and result["msg"] == f"{KEPT} The report is in {page(cluster)}" and result["run_id"] == RUN_ID
    assert page(cluster).stat().st_mode & 0o777 == 0o644 and list(page(cluster).parent.iterdir()) == [page(cluster)]


@pytest.mark.parametrize("order", [["web1", "web2"], ["web2", "web1"]])
def test_of_several_hosts_that_stop_the_watches_the_first_has_the_record(cluster: Cluster, order: list[str]) -> None:
    cluster.answers[WATCH] = record(running=False, was_running=True)
    read(cluster, order[0], "stopped")
    cluster.answers[WATCH] = record(running=False, was_running=False, timeline=[], now=at(101), until=None)
    read(cluster, order[1], "stopped")
    assert cluster.run("web1", point="finish", batch=["web1", "web2"])["msg"].startswith(KEPT)


@pytest.mark.parametrize(
    "odd, why",
    [
        (out_of_reach("web2"), "its record could not be read (ssh: no route to web2.)"),
        ({"failed": True, "msg": "no room"}, "its record could not be read (no room)"),
        (record(until=at(50)), f"no watch ran from {at(50)} to {at(100)}"),
        (record(run="f" * 16), "its record is not of this run"),
        (record(timeline=None), "its record cannot be used (it is not what watch_quorum returns)"),
        (record(timeline=[dict(TIMELINE[0], quorate="yes")]), "its record cannot be used (Entry 1 of the timeline of web2: quorate must be true or false"),
        (record(offset="late"), "its record cannot be used (The offset of web2 must be a number of seconds"),
        ({"running": True}, "there is no record of it"),
    ],
)
def test_a_record_that_cannot_be_used_is_no_proof(cluster: Cluster, odd: t.Any, why: str) -> None:
    cluster.answers[(WATCH, "web2")] = odd
    read(cluster, "web1")
    result = cluster.run("web1", point="finish")
    assert result["failed"] and result["msg"].startswith(f"The upgrade is done, but: Nobody can say whether quorum was kept: web2: {why}"), result
    assert "The report is in" in result["msg"]
    text = page(cluster).read_text(encoding="utf-8")
    assert "Nobody knows whether quorum was kept" in text and f"<b>web2</b>: {html.escape(why)}" in text and "<b>web1</b>" not in text


def test_a_node_is_away_by_plan_from_its_stop_until_it_is_back(cluster: Cluster) -> None:
    down = [mark(2.5, "corosync_unavailable", reason="not_running"), mark(5.5, "corosync_available"), seen(5.6, "node_restarted", [1, 2, 3], 16, 2)]
    cluster.options["stable_for"] = "0.5"
    cluster.answers[(WATCH, "web3")] = record(timeline=[*TIMELINE, *down])
    begun(cluster, "web3", *PHASES)
    read(cluster, "web1")
    assert cluster.run("web1", point="finish")["msg"].startswith(KEPT)
    cluster.hostvars["web3"][registered.LOOK]["turn"] = "another"
    assert "Quorum was lost on web3" in cluster.run("web1", point="finish")["msg"]


def test_a_node_is_so_too_where_a_play_uses_gates_alone(cluster: Cluster) -> None:
    """What it has registered before this run is of another one."""
    cluster.hostvars["web1"][registered.PLAN] = dict(PLAN, begun=at(0))
    down = [mark(20, "corosync_unavailable", reason="not_running"), mark(25, "corosync_available"), seen(25.1, "node_restarted", [1, 2, 3], 16, 2)]
    cluster.answers[(WATCH, "web3")] = record(timeline=[*TIMELINE, *down])
    for name, start in (("gate", 10), ("back", 22)):
        items = [{"started": at(start), "ended": at(start + 9), "turn": None}, {"skipped": True, "turn": None}]
        cluster.hostvars["web3"][registered.RESULTS[name]] = {"results": items}
    read(cluster, "web1")
    assert cluster.run("web1", point="finish")["msg"].startswith(KEPT)
    cluster.hostvars["web1"][registered.PLAN] = dict(PLAN, begun=at(11))
    assert "Quorum was lost on web3" in cluster.run("web1", point="finish")["msg"]


def test_a_node_in_which_an_earlier_run_was_interrupted_may_be_down(cluster: Cluster) -> None:
    cluster.answers[(WATCH, "web3")] = record(timeline=[mark(0.5, "corosync_unavailable", reason="not_running")])
    read(cluster, "web1")
    assert "Quorum was lost on web3" in cluster.run("web1", point="finish")["msg"]
    cluster.hostvars["web1"][registered.PLAN] = dict(PLAN, resumed=["web3"])
    assert cluster.run("web1", point="finish")["msg"].startswith(KEPT)


def test_a_clock_that_was_set_during_the_run(cluster: Cluster) -> None:
    cluster.answers[(WATCH, "web2")] = record(offset=-100.0)
    look(cluster, "web1")
    cluster.answers[(WATCH, "web2")] = record(offset=0.0)
    read(cluster, "web1")
    assert "web2: its times are uncertain by " in cluster.run("web1", point="finish")["msg"]


def test_quorum_that_was_lost(cluster: Cluster) -> None:
    lost = dict(TIMELINE[0], at=at(5), event="quorum_lost", quorate=False, total_votes=1, members=[1])
    cluster.answers[(WATCH, "web1")] = record(timeline=[*TIMELINE, lost])
    read(cluster, "web1")
    assert cluster.run("web1", point="finish")["msg"].startswith("The upgrade is done, but: Quorum was lost on web1, for the first time at ")


# ---- the page ------------------------------------------------------------------------------------------------------------


def test_a_host_that_failed(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = begun(cluster, "web3", "gate", "begin", "stop")
    cluster.hostvars["web3"][registered.RESULTS["upgrade"]] = {"turn": turn, "started": at(3), "ended": at(4), "failed": True}
    fails(cluster, "web3", stderr="dpkg: error", rc=100)
    read(cluster, "web3")
    result: dict[str, t.Any] = {}
    found = nodes(monkeypatch, lambda: result.update(cluster.run("web3", point="failed")))
    assert result["failed"]
    assert result["msg"] == (
        "Stopped because web3 failed. Upgrade the packages of web3: dpkg: error (exit code 100). Corosync is down on web3, or may be. "
        f"As they were: web1, web2. Fix web3 and run the playbook again; it resumes there. The report is in {page(cluster)}"
    )
    assert {name: node["result"] for name, node in found.items()} == {"web1": "untouched", "web2": "untouched", "web3": "failed"}
    assert found["web3"]["phases"][-1]["detail"] == "Upgrade the packages of web3: dpkg: error (exit code 100)"
    assert result["report"] == f"The report is in {page(cluster)}"
    assert "dpkg: error" in page(cluster).read_text(encoding="utf-8")


def test_a_host_that_went_out_of_reach(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(cluster, "web3", "gate", "begin")
    begun(cluster, "web2", *PHASES)
    cluster.play["active"] = ["web1", "web2"]
    read(cluster, "web2")
    result: dict[str, t.Any] = {}
    found = nodes(monkeypatch, lambda: result.update(cluster.run("web2", point="failed")))
    assert result["msg"].startswith(
        "Stopped because web3 failed. Ansible lost contact with web3. Corosync is down on web3, or may be. Done: web2. As they were: web1. "
        "See that Ansible can log in to web3"
    )
    assert {name: node["result"] for name, node in found.items()} == {"web1": "untouched", "web2": "upgraded", "web3": "failed"}
    assert found["web3"]["phases"][-1]["detail"] == "Ansible lost contact with this host."


def test_the_second_host_of_a_batch_that_fails_is_named_too(cluster: Cluster) -> None:
    begun(cluster, "web3", "gate", "begin", "stop")
    begun(cluster, "web2", "gate", "begin", "stop")
    for host in ("web3", "web2"):
        fails(cluster, host)
        read(cluster, host, batch=["web2", "web3"])
    cluster.play["active"] = ["web1", "web2"]
    assert cluster.run("web2", point="failed", batch=["web2"])["msg"].startswith("Stopped because web2, web3 failed.")


def test_what_a_rescue_among_the_users_tasks_has_mended_is_no_failure(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ansible keeps what failed last for the rest of the run."""
    begun(cluster, "web3", *PHASES)
    begun(cluster, "web2", needed=False, tasks="", phases=[])
    for host, state in (("web3", "read"), ("web2", "read"), ("web1", "stopped")):
        fails(cluster, host, "The first try")
        read(cluster, host, state)
    begun(cluster, "web1", *PHASES)
    found = nodes(monkeypatch, lambda: cluster.run("web1", point="finish", batch=cluster.hosts))
    assert {name: node["result"] for name, node in found.items()} == {"web1": "upgraded", "web2": "unchanged", "web3": "upgraded"}


def test_a_look_that_failed(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing registered but that it failed."""
    cluster.hostvars["web3"][registered.LOOK] = {"failed": True, "msg": "no route", "turn": None, "changed": False, "started": at(0), "ended": at(1)}
    fails(cluster, "web3", "Find out what there is to do on this node", msg="no route")
    read(cluster, "web3")
    result: dict[str, t.Any] = {}
    found = nodes(monkeypatch, lambda: result.update(cluster.run("web3", point="failed")))
    assert result["msg"].startswith("Stopped before web3. Find out what there is to do on web3: no route. As they were: web3, web1, web2.")
    assert found["web3"]["result"] == "failed"


@pytest.mark.parametrize("failing, speaks", [(["web2"], []), (["web3"], []), (["web2", "web3"], ["web3"])])
def test_of_a_batch_only_one_host_says_why_the_run_stops(cluster: Cluster, failing: list[str], speaks: list[str]) -> None:
    """Whoever is left does, else the last one."""
    batch = ["web2", "web3"]
    for host in batch:
        begun(cluster, host, "gate", "begin", "stop")
    for host in failing:
        fails(cluster, host)
        read(cluster, host, batch=batch)
    said = {host: cluster.run(host, point="failed", batch=batch)["msg"] for host in failing}
    assert [host for host in failing if said[host].startswith("Stopped because")] == speaks
    assert all(said[host] == f"{host} failed. The other hosts of its batch come back first." for host in failing if host not in speaks)


def test_a_cluster_that_is_not_as_before(cluster: Cluster) -> None:
    for host in cluster.hosts:
        begun(cluster, host, *PHASES)
    read(cluster, "web1", "stopped")
    fails(cluster, "web1", "Wait until the whole cluster is as it was before", results=[{"failed": True, "msg": "web1 does not see it."}])
    result = cluster.run("web1", point="not_as_before")
    assert result["failed"] and result["run_id"] == RUN_ID
    assert result["msg"] == (
        "All nodes were done, but the cluster is not as it was before. web1 does not see it. When this is corrected, run the playbook again: it touches no "
        f"node that is done. The report is in {page(cluster)}"
    )
    # A host that Ansible takes along into the rescue, though it has not failed: the records are gone by then.
    text = page(cluster).read_text(encoding="utf-8")
    read(cluster, "web2", "stopped")
    assert cluster.run("web2", point="not_as_before") == {
        "changed": False,
        "failed": True,
        "msg": "The cluster is not as it was before. Another host of this play says why.",
    }
    assert page(cluster).read_text(encoding="utf-8") == text


def test_failures_of_an_earlier_turn_are_not_this_ones(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(cluster, "web3", "gate")
    fails(cluster, "web3")
    read(cluster, "web3")
    begun(cluster, "web3", "gate", turn="another")
    found = nodes(monkeypatch, lambda: cluster.run("web3", point="finish"))
    assert found["web3"]["result"] == "running"


@pytest.mark.parametrize("state", ["a folder", "no folder"])
def test_a_page_that_cannot_be_written_does_not_hide_what_it_would_tell(cluster: Cluster, tmp_path: pathlib.Path, state: str) -> None:
    path = tmp_path / "reports" / "report.html"
    if state == "a folder":
        path.mkdir(parents=True)
    cluster.options["report"] = str(path)
    read(cluster, "web1")
    result = cluster.run("web1", point="finish")
    assert not result.get("failed") and result["msg"].startswith(f"{KEPT} The report could not be written to {path}: ")
    assert not list(tmp_path.rglob("*.new"))
    failed = cluster.run("web3", point="failed")
    assert failed["msg"].startswith("Stopped because web3 failed.") and failed["report"].startswith("The report could not be written to ")


@pytest.mark.parametrize("point", ["finish", "failed"])
def test_no_page_where_none_is_wanted_nor_in_check_mode(cluster: Cluster, tmp_path: pathlib.Path, point: str) -> None:
    read(cluster, "web1")
    cluster.check_mode = True
    assert "report" not in cluster.run("web1", point=point)["msg"]
    cluster.check_mode = False
    cluster.options["report"] = ""
    assert "report" not in cluster.run("web1", point=point)["msg"]
    assert not list(tmp_path.iterdir())


def test_bytes_that_are_no_text(cluster: Cluster) -> None:
    begun(cluster, "web3", "gate")
    fails(cluster, "web3", stderr="caf\udce9", rc=1)
    read(cluster, "web3")
    assert cluster.run("web3", point="failed")["msg"].startswith("Stopped before web3. Upgrade the packages of web3: caf")
    assert "caf\\udce9" in page(cluster).read_text(encoding="utf-8")


def test_an_older_page_stays_until_the_new_one_is_there(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    page(cluster).write_text("the older one", encoding="utf-8")
    read(cluster, "web1")

    def full(*dummy: t.Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert "No space left on device" in cluster.run("web1", point="finish")["msg"]
    assert page(cluster).read_text(encoding="utf-8") == "the older one" and list(page(cluster).parent.iterdir()) == [page(cluster)]


def test_links_that_others_have_put_beside_the_page_lead_nowhere(cluster: Cluster, tmp_path: pathlib.Path) -> None:
    """As in /tmp, where the page may be written by root: its own name is replaced, and no other one is known before."""
    victim = tmp_path / "victim"
    victim.write_text("precious", encoding="utf-8")
    for name in ("", f".{os.getpid()}.new"):
        page(cluster).with_name(page(cluster).name + name).symlink_to(victim)
    read(cluster, "web1")
    assert not cluster.run("web1", point="finish").get("failed")
    assert victim.read_text(encoding="utf-8") == "precious" and page(cluster).is_file() and not page(cluster).is_symlink()
    assert page(cluster).stat().st_mode & 0o777 == 0o644


def gates(cluster: Cluster, host: str, **more: t.Any) -> None:
    """A play of the user's has asked the gates around its own tasks."""
    for name, start in (("gate", 10), ("back", 22)):
        cluster.hostvars[host][registered.RESULTS[name]] = {"results": [dict({"started": at(start), "ended": at(start + 3), "turn": None}, **more)]}


def test_gates_alone_have_phases_and_results(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.hostvars["web1"][registered.PLAN] = dict(PLAN, begun=at(0))
    gates(cluster, "web3")
    gates(cluster, "web2")
    cluster.hostvars["web2"][registered.RESULTS["gate"]]["results"][0].update(started=at(-10), ended=at(-9))  # of an earlier run
    fails(cluster, "web3", "Something that a rescue has mended")
    read(cluster, "web3")
    found = nodes(monkeypatch, lambda: cluster.run("web1", point="finish", batch=cluster.hosts))
    assert [(node["result"], [phase["phase"] for phase in node["phases"]]) for node in found.values()] == [
        ("untouched", []),
        ("done", []),
        ("done", ["gate", "tasks", "rejoin"]),
    ]
    assert "2 of 3 done" in page(cluster).read_text(encoding="utf-8")


def test_a_gate_alone_that_says_no_writes_what_is_known(cluster: Cluster) -> None:
    cluster.hostvars["web1"][registered.PLAN] = dict(PLAN, begun=at(0))
    gates(cluster, "web3")
    cluster.hostvars["web2"][registered.GATE] = {"failed": True, "results": [{"started": at(30), "ended": at(31), "turn": None, "failed": True}]}
    fails(cluster, "web2", "Ask the nodes that stay", msg="Refused to stop web2: no.")
    read(cluster, "web2", batch=["web2"])
    result = cluster.run("web2", point="so_far", batch=["web2"])
    assert not result.get("failed") and result["report"] == f"The report is in {page(cluster)}"
    text = page(cluster).read_text(encoding="utf-8")
    assert "but web2 may not be stopped" in text and "<p>Refused to stop web2: no.</p>" in text and "1 of 3 done" in text
    page(cluster).unlink()
    del cluster.hostvars["web1"][registered.PLAN]
    assert cluster.run("web2", point="so_far")["skipped"] and not page(cluster).exists()


def test_the_cause_and_the_next_step_are_on_the_page(cluster: Cluster) -> None:
    begun(cluster, "web3", "gate", "begin", "stop")
    fails(cluster, "web3")
    read(cluster, "web3")
    said = cluster.run("web3", point="failed")["msg"].partition(" The report is in ")[0]
    text = page(cluster).read_text(encoding="utf-8")
    assert "the disk is full" in said and f"<p>{said}</p>" in text and text.count("<b>web3</b>:") == 0, "the cause is said once in the card"


def test_without_a_run_there_is_a_page_too(cluster: Cluster) -> None:
    """As where a play uses gates alone."""
    del cluster.hostvars["web1"][registered.PLAN]
    read(cluster, "web1")
    result = cluster.run("web1", point="finish")
    assert result["run_id"] == "" and page(cluster).exists()


# ---- one cluster of many -------------------------------------------------------------------------------------------------


def of_many(cluster: Cluster) -> None:
    for host in cluster.hosts:
        cluster.hostvars[host][registered.OWN] = dict(PLAN, cluster=cluster.hosts, name="web", first=[], first_run="")
    cluster.play["own"] = {"cluster": cluster.hosts}


def test_a_host_notes_why_its_cluster_ends_and_does_not_fail(cluster: Cluster) -> None:
    of_many(cluster)
    begun(cluster, "web3", "gate", "begin", "stop")
    fails(cluster, "web3", stderr="dpkg: error", rc=100)
    result = cluster.run("web3", point="note", how="failed")
    assert not result.get("failed") and (result["run"], result["host"], result["how"], result["broken"]) == (RUN_ID, "web3", "failed", True)
    assert result["msg"].startswith("Stopped because web3 failed. Upgrade the packages of web3: dpkg: error (exit code 100). Corosync is down on web3")
    assert "report" not in result, "the page is about all clusters, in the end"


def test_a_gate_that_said_no_breaks_no_node(cluster: Cluster) -> None:
    of_many(cluster)
    begun(cluster, "web3")
    fails(cluster, "web3", msg="Refused to stop web3: no. Nothing was changed.")
    result = cluster.run("web3", point="note", how="failed")
    assert not result["broken"] and result["msg"].startswith("Stopped before web3. Refused to stop web3: no.")


def test_why_a_cluster_does_not_begin(cluster: Cluster) -> None:
    of_many(cluster)
    fails(cluster, "web1", msg="The upgrade did not begin, and nothing was changed. Another run has the lock on web2.")
    result = cluster.run("web1", point="note", how="not_begun")
    assert (result["msg"], result["broken"]) == ("Another run has the lock on web2.", False)
