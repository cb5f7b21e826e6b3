# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host whose watch is waited for, and takes as long as it likes: the controller waits for a bounded time, and names it."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_report as module
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.reading import WATCH
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait import question
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import Cluster

RUN_ID = "0123456789abcdef"
PLAN = {"begun": "2026-11-28T10:00:00.000000Z", "run_id": RUN_ID, "nodeids": {"web1": 1, "web2": 2, "web3": 3}, "resumed": [], "qdevice": False}
RECORD: dict[str, t.Any] = {
    "changed": False,
    "timeline": [{"at": "2026-11-28T10:00:00.000Z"}],
    "boots": [1],
    "running": True,
    "looked": True,
    "run": RUN_ID,
    "runs": [],
    "offset": 0.0,
}


@pytest.fixture(name="cluster")
def _cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    made = Cluster(monkeypatch, module.ActionModule, module)
    made.hostvars["web1"][registered.PLAN] = PLAN
    made.answers.update({WATCH: RECORD, "ansible.builtin.file": {"changed": True}})
    return made


def look(cluster: Cluster) -> dict[str, t.Any]:
    """What comes of the item of web2."""
    return cluster.loop("web1", cluster.hosts, registered.FIRST_LOOK, point="begun")[1]


def silence(dummy: t.Any) -> t.Any:
    time.sleep(30)


@pytest.mark.parametrize("silent", ["watch", "job", "end"])
def test_a_host_that_never_answers(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, silent: str) -> None:
    monkeypatch.setattr(module, "_AGAIN", 0.01)
    monkeypatch.setattr(module, "_STARTING", 0.0)
    monkeypatch.setattr(question, "LONGEST", 0.2)
    cluster.hostvars["web1"][registered.WATCH] = {"results": [{"item": "web2", "ansible_job_id": "j7.2"}]}
    read = {"watch": silence, "job": dict(RECORD, looked=False, running=False), "end": dict(RECORD, runs=["1" * 16])}[silent]
    cluster.answers[(WATCH, "web2")] = lambda args: silence(args) if args["state"] == "stopped" or callable(read) else read
    cluster.answers["ansible.builtin.slurp"] = silence
    result = look(cluster)
    assert result["failed"] and result["msg"] == "Quorum is not recorded on web2: it gave no answer within 0.2 s."


def test_watches_of_earlier_runs_without_end(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.answers[(WATCH, "web2")] = dict(RECORD, runs=[f"{number:016x}" for number in range(1000)])
    assert len(look(cluster)["earlier"]) == 20
    monkeypatch.setattr(module, "LONGEST", 0.05)
    cluster.answers[(WATCH, "web2")] = lambda args: (
        time.sleep(0.1) or RECORD if args["state"] == "stopped" else dict(RECORD, runs=["1" * 16, "2" * 16, "3" * 16])
    )
    assert len(look(cluster)["earlier"]) == 1
