# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record, the verdict and the page: nothing here hides what failed, nor fails because of a record."""

from __future__ import annotations

import pathlib
import time
import types
import typing as t

import pytest
from ansible.errors import AnsibleError

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_report as module
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.verdict import KEPT, NOT_WATCHED
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait import question
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import Cluster, out_of_reach
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import at, seen

WATCH = module.WATCH
BEGUN = "2026-11-28T10:00:00.000000Z"
IDS = {"web1": 1, "web2": 2, "web3": 3}
PLAN: dict[str, t.Any] = {"begun": BEGUN, "nodeids": IDS, "resumed": [], "qdevice": False, "batches": [["web3"], ["web2"], ["web1"]]}
PHASES = ["gate", "begin", "stop", "upgrade", "installed", "start", "back", "done"]
TIMELINE = [seen(0.3, "start", [1, 2, 3], 8, 2)]


@pytest.fixture(name="cluster")
def _cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Cluster:
    made = Cluster(monkeypatch, module.ActionModule, module)
    made.hostvars["web1"][registered.PLAN] = PLAN
    made.answers[WATCH] = record()
    made.answers["ansible.builtin.file"] = {"changed": True}
    made.options["report"] = str(tmp_path / "report.html")
    return made


def record(**more: t.Any) -> dict[str, t.Any]:
    return dict({"changed": False, "timeline": TIMELINE, "offset": 0.0, "running": True}, **more)


def begun(cluster: Cluster, host: str, *names: str, **more: t.Any) -> str:
    """This host's turn has come, and these phases were registered. Returns the turn."""
    turn = f"turn-of-{host}"
    found = {"turn": turn, "run": BEGUN, "needed": True, "resumes": "", "tasks": "node.yml", "phases": PHASES, "versions": {"corosync": "1"}}
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


def nodes(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, run: t.Callable[[], t.Any]) -> dict[str, dict[str, t.Any]]:
    """What the page shows of each host."""
    stories: list[t.Any] = []
    whole = module.story
    monkeypatch.setattr(module, "story", lambda *args: stories.append(whole(*args)) or stories[-1])
    run()
    return {node["name"]: node for node in stories[-1]["nodes"]}


def page(cluster: Cluster) -> pathlib.Path:
    return pathlib.Path(cluster.options["report"])


# ---- the record of one host ----------------------------------------------------------------------------------------------


def test_records_are_read_and_in_the_end_stopped(cluster: Cluster) -> None:
    results = read(cluster, "web1")
    assert [result["host"] for result in results] == cluster.hosts and all(result["record"]["timeline"] == TIMELINE for result in results)
    assert [(call[1], call[2]["state"]) for call in cluster.calls] == [(host, "read") for host in cluster.hosts]
    assert cluster.calls[0][2]["reference"].endswith("Z")
    cluster.calls.clear()
    read(cluster, "web1", "stopped", ["web2"])
    assert [call[:2] for call in cluster.calls] == [(WATCH, "web2"), ("ansible.builtin.file", "web2")]
    assert cluster.calls[1][2] == {"path": "/run/corosync-quorum-jobs", "state": "absent"}


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
    assert {(result["failure"], result["turn"]) for result in results} == {("Upgrade the packages of this node: the disk is full", turn)}


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


# ---- the verdict ---------------------------------------------------------------------------------------------------------


def test_finish(cluster: Cluster) -> None:
    for host in cluster.hosts:
        begun(cluster, host, *PHASES)
        read(cluster, host, over=[host], batch=cluster.hosts)
    result = cluster.run("web1", point="finish", batch=cluster.hosts)
    assert not result.get("failed") and result["msg"] == f"{KEPT} The report is in {page(cluster)}" and result["begun"] == BEGUN
    assert page(cluster).stat().st_mode & 0o777 == 0o644 and list(page(cluster).parent.iterdir()) == [page(cluster)]


@pytest.mark.parametrize("order", [["web1", "web2"], ["web2", "web1"]])
def test_of_several_hosts_that_stop_the_watches_the_first_has_the_record(cluster: Cluster, order: list[str]) -> None:
    cluster.answers[WATCH] = record(running=False, was_running=True)
    read(cluster, order[0], "stopped")
    cluster.answers[WATCH] = record(running=False, was_running=False, timeline=[])
    read(cluster, order[1], "stopped")
    assert cluster.run("web1", point="finish", batch=["web1", "web2"])["msg"].startswith(KEPT)


@pytest.mark.parametrize(
    "odd",
    [
        out_of_reach("web2"),
        record(running=False),
        record(timeline=None),
        record(timeline="odd"),
        record(timeline=[{}]),
        record(timeline=[dict(TIMELINE[0], at=7)]),
        record(timeline=[dict(TIMELINE[0], quorate="yes")]),
        record(offset="late"),
        {"running": True},
    ],
)
def test_a_record_that_cannot_be_used_is_no_proof(cluster: Cluster, odd: t.Any) -> None:
    cluster.answers[(WATCH, "web2")] = odd
    read(cluster, "web1")
    result = cluster.run("web1", point="finish")
    assert result["failed"] and result["msg"].startswith("The upgrade is done, but: The record of web2 ended too early"), result
    assert "The report is in" in result["msg"]


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
    found = nodes(cluster, monkeypatch, lambda: result.update(cluster.run("web3", point="failed")))
    assert result["failed"]
    assert result["msg"] == "Stopped because web3 failed. Later nodes were not touched. Fix web3 and run the playbook again; it resumes there."
    assert {name: node["result"] for name, node in found.items()} == {"web1": "untouched", "web2": "untouched", "web3": "failed"}
    assert found["web3"]["phases"][-1]["detail"] == "Upgrade the packages of this node: dpkg: error (exit code 100)"
    assert result["report"] == f"The report is in {page(cluster)}"
    assert "dpkg: error" in page(cluster).read_text(encoding="utf-8")


def test_a_host_that_went_out_of_reach(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(cluster, "web3", "gate", "begin")
    begun(cluster, "web2", *PHASES)
    cluster.play["active"] = ["web1", "web2"]
    read(cluster, "web2")
    result: dict[str, t.Any] = {}
    found = nodes(cluster, monkeypatch, lambda: result.update(cluster.run("web2", point="failed")))
    assert result["msg"].startswith("Stopped because web3 failed.")
    assert {name: node["result"] for name, node in found.items()} == {"web1": "untouched", "web2": "upgraded", "web3": "failed"}
    assert found["web3"]["phases"][-1]["detail"] == "Ansible lost contact with this host."


def test_the_second_host_of_a_batch_that_fails_is_named_too(cluster: Cluster) -> None:
    begun(cluster, "web3", "gate")
    begun(cluster, "web2", "gate")
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
    found = nodes(cluster, monkeypatch, lambda: cluster.run("web1", point="finish", batch=cluster.hosts))
    assert {name: node["result"] for name, node in found.items()} == {"web1": "upgraded", "web2": "unchanged", "web3": "upgraded"}


def test_a_look_that_failed(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing registered but that it failed."""
    cluster.hostvars["web3"][registered.LOOK] = {"failed": True, "msg": "no route", "turn": None, "changed": False, "started": at(0), "ended": at(1)}
    fails(cluster, "web3", "See what there is to do on this node", msg="no route")
    read(cluster, "web3")
    result: dict[str, t.Any] = {}
    found = nodes(cluster, monkeypatch, lambda: result.update(cluster.run("web3", point="failed")))
    assert result["msg"].startswith("Stopped because web3 failed.") and found["web3"]["result"] == "failed"


def test_failures_of_an_earlier_turn_are_not_this_ones(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(cluster, "web3", "gate")
    fails(cluster, "web3")
    read(cluster, "web3")
    begun(cluster, "web3", "gate", turn="another")
    found = nodes(cluster, monkeypatch, lambda: cluster.run("web3", point="finish"))
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
    assert cluster.run("web3", point="failed")["msg"].startswith("Stopped because")
    assert "caf?" in page(cluster).read_text(encoding="utf-8")


def test_an_older_page_stays_until_the_new_one_is_there(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    page(cluster).write_text("the older one", encoding="utf-8")
    read(cluster, "web1")

    def full(*dummy: t.Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "replace", full)
    assert "No space left on device" in cluster.run("web1", point="finish")["msg"]
    assert page(cluster).read_text(encoding="utf-8") == "the older one" and list(page(cluster).parent.iterdir()) == [page(cluster)]


def test_without_a_run_there_is_a_page_too(cluster: Cluster) -> None:
    """As where a play uses gates alone."""
    del cluster.hostvars["web1"][registered.PLAN]
    read(cluster, "web1")
    result = cluster.run("web1", point="finish")
    assert result["begun"] == "" and page(cluster).exists()
