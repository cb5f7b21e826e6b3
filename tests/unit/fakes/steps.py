# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""web1 to web3 in the turn of web3, whose gate said yes, for tests of the steps of an upgrade."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_step as module
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.plugin_utils import _info, _steady
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.reading import WATCH
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import Cluster

BEGUN = "2026-11-28T10:00:00.000000Z"
RUN_ID = "0123456789abcdef"
PLAN: dict[str, t.Any] = {"begun": BEGUN, "run_id": RUN_ID, "nodeids": {"web1": 1, "web2": 2, "web3": 3}, "resumed": [], "qdevice": False}
PHASES = ["gate", "begin", "stop", "upgrade", "reboot", "installed", "start", "back", "done"]
DRAINED = ["gate", "begin", "drain", "gate_again", "stop", "upgrade", "installed", "start", "back", "undrain", "done"]
SERVICE, COMMAND, PACKAGE = (f"ansible.builtin.{name}" for name in ("service", "command", "package"))
INFO, MARK, PATH = _info.INFO, module.MARK, "/var/lib/corosync-quorum/rolling-upgrade.json"


def look(**more: t.Any) -> dict[str, t.Any]:
    return dict({"turn": "t1", "run": RUN_ID, "needed": True, "resumes": "", "tasks": "node.yml", "phases": PHASES, "versions": {}, "rebooted": False}, **more)


def gate(age: float = 1.0, **more: t.Any) -> dict[str, t.Any]:
    answer = dict({"turn": "t1", "host": "web3", "witness": "web1", "safe": True, "nodeid": 3, "down": False, "device": False}, **more)
    return {"results": [{"skipped": True}, dict(result(age), gate=answer), {"skipped": True}]}


def result(age: float = 1.0, **more: t.Any) -> dict[str, t.Any]:
    """What a step registers in this turn."""
    at = utc(time.time() - age)
    return dict({"turn": "t1", "started": at, "ended": at, "ahead": _steady.moment().ahead}, **more)


def steps(monkeypatch: t.Any) -> Cluster:
    """It is the turn of web3, and the gate said yes."""
    made = Cluster(monkeypatch, module.ActionModule, module)
    made.hostvars["web1"][registered.PLAN] = PLAN
    taken = {registered.RESULTS[phase]: result() for phase in PHASES if phase not in ("gate", "done")}
    made.hostvars["web3"].update(taken, **{registered.LOOK: look(), registered.GATE: gate()})
    for name in ("service", "command", "package", "apt", "reboot", "stat", "setup", "package_facts"):
        made.answers[f"ansible.builtin.{name}"] = {"changed": True, "stat": {"exists": False}, "ansible_facts": {"packages": {}}}
    entry = {"at": "2026-11-28T10:00:00.000Z"}
    made.answers[WATCH] = {"timeline": [entry], "boots": [1], "offset": 0.5, "running": True}
    made.answers[MARK] = {"changed": True, "mark": None, "fault": ""}
    return made


def step(cluster: Cluster, phase: str) -> dict[str, t.Any]:
    return cluster.run("web3", phase=phase)


def commands(cluster: Cluster) -> list[str]:
    return [" ".join(args.get("argv", [args.get("name"), args.get("state")])) for name, dummy, args, dummy in cluster.calls if name in (COMMAND, SERVICE)]
