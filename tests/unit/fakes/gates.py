# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Four hosts with a run of the role rolling_upgrade, for tests of its gates."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_gate as module
from ansible_collections.corosync.quorum.plugins.plugin_utils import _controller, _lock
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import Cluster
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

INFO, MARK = module.INFO, module.MARK
BEGUN = "2026-11-28T10:00:00.000000Z"
RUN_ID = "0123456789abcdef"
IDS = {"web1": 1, "web2": 2, "web3": 3, "web4": 4}
PLAN: dict[str, t.Any] = {
    "begun": BEGUN,
    "run_id": RUN_ID,
    "nodeids": IDS,
    "resumed": [],
    "done": [],
    "qdevice": False,
    "cluster_name": "web",
    "batches": [["web4"]],
}
PLAN.update({"members": [1, 2, 3, 4], "configured": [1, 2, 3, 4], "total_votes": 4})
OTHER = "f" * 16
LOCK: dict[str, t.Any] = {"run_id": RUN_ID, "boot_id": "boot", "pid_namespace": 1, "pid": 100, "start_time": 5000, "stop_requested": None}
OWN = _lock.Process("boot", 1, 100, 5000)
LOOK = {"turn": "t1", "run": RUN_ID, "needed": True, "phases": ["gate"], "resumes": "", "tasks": "node.yml", "versions": {}}
VOTES = (1, 1, 1, 1)


def gates(monkeypatch: t.Any) -> Cluster:
    """web1 to web4 are all well, a run has the lock of each, and it is the turn of web4. Processes of this controller are alive but for 7."""
    monkeypatch.setattr(module, "_ASKED", {})
    made = Cluster(monkeypatch, module.ActionModule, module, 4)
    for host in made.hosts:
        made.answers[(INFO, host)] = says(host)
    made.hostvars["web1"][registered.PLAN] = PLAN
    made.hostvars["web4"][registered.LOOK] = LOOK
    monkeypatch.setattr(module, "_LOCKING", {})
    monkeypatch.setattr(_controller, "process", lambda: OWN)
    monkeypatch.setattr(_controller, "lives", lambda pid, start_time: pid != 7)
    return made


def says(host: str, votes: tuple[int, ...] = VOTES, lock: t.Any = "its own", **changes: t.Any) -> dict[str, t.Any]:
    """What the module returns there, with the lock of the run."""
    lock = LOCK if lock == "its own" else lock
    reading = {"value": value(votes, asked=IDS[host], **changes), "cmap": {}, "files": {}}
    return {"changed": False, "available": True, "quorate": True, "reading": reading, "lock": lock, "lock_fault": ""}


def before_stop(cluster: Cluster, **more: t.Any) -> list[dict[str, t.Any]]:
    return cluster.loop("web4", ["web1", "web2", "web3"], registered.GATE, point="before_stop", **more)


def asked(cluster: Cluster, name: str = INFO) -> list[str]:
    return [call[1] for call in cluster.calls if call[0] == name]


def answer(cluster: Cluster) -> t.Any:
    return registered.gate_of(cluster.hostvars["web4"], "t1")


def marked(mark: t.Any = None, fault: str = "", lock: t.Any = None) -> dict[str, t.Any]:
    """What the module returns that reads the mark of a node, and its lock."""
    return {"changed": False, "mark": mark, "fault": fault, "lock": lock, "lock_fault": ""}


def ask(cluster: Cluster, **files: t.Any) -> None:
    """Each answers for itself, as where all are in the batch."""
    for host in cluster.hosts:
        told = cluster.answers[(INFO, host)]
        if isinstance(told, dict) and "reading" in told:
            cluster.answers[(INFO, host)] = dict(told, votequorum=told["reading"]["value"])
        cluster.answers[(MARK, host)] = files.get(host, marked())
        cluster.loop(host, [host], registered.VIEWS, point="ask", batch=cluster.hosts)


def preflight(cluster: Cluster) -> dict[str, t.Any]:
    return cluster.run("web1", point="preflight", batch=cluster.hosts)
