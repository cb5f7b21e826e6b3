# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-playbook prints: ansible-core's own words about a variable of a role, and messages of a role's tasks."""

from __future__ import annotations

import typing as t

import yaml

from ansible_collections.corosync.quorum.tests.unit.fakes.gates import LOCK, RUN_ID, says
from ansible_collections.corosync.quorum.tests.unit.fakes.nodes import Nodes

from ..examples import CHECKOUT
from . import provokes

ROLES = CHECKOUT / "roles"


def _printed(nodes: Nodes, tasks: list[t.Any], **variables: t.Any) -> str:
    """The output of a play with these tasks, which fails, as one line."""
    done = nodes.plays({"hosts": "nodes", "vars": variables, "tasks": tasks})
    assert done.returncode, done.stdout
    return " ".join(done.stdout.split())


def _of_role(role: str, file: str) -> dict[str, t.Any]:
    return {"ansible.builtin.include_tasks": str(ROLES / role / "tasks" / file)}


@provokes("Validation of arguments failed", "value of … must be one of: …, got: …", "argument '…' is of type … and we were unable to convert to …")
def _arguments(nodes: Nodes) -> str:
    role = {"ansible.builtin.include_role": {"name": "corosync.quorum.monitor"}}
    return _printed(nodes, [role], monitor_state="stopped", monitor_interval="often")


@provokes("The service corosync-quorum runs on …, but has written nothing to … in 30 seconds")
def _no_metrics(nodes: Nodes) -> str:
    """The last task of the role, where those before it have found no file."""
    tasks = yaml.safe_load((ROLES / "monitor/tasks/main.yml").read_text(encoding="utf-8"))
    variables = yaml.safe_load((ROLES / "monitor/vars/main.yml").read_text(encoding="utf-8"))
    nothing = {"stat": {"exists": False}}
    registered = {"__monitor_before": nothing, "__monitor_metrics": nothing, "monitor_textfile": "/var/lib/prometheus/node-exporter/corosync_quorum.prom"}
    return _printed(nodes, tasks[-1]["block"][-1:], **dict(registered, __monitor_has_written=variables["__monitor_has_written"]))


@provokes("The lock of the cluster could not be taken on …, so nothing was changed")
def _no_lock(nodes: Nodes) -> str:
    nodes.answers("web2", quorum_lock={"failed": True, "changed": False, "msg": "Cannot take the lock /var/lib/corosync-quorum/lock on this node."})
    return _printed(nodes, [_of_role("cluster", "lock.yml")])


@provokes("corosync on … was not stopped, because … cannot be asked whether the cluster stays quorate without it")
def _silent_member(nodes: Nodes) -> str:
    for host in nodes.hosts:
        nodes.answers(host, votequorum_info=says(host, votes=(1, 1, 1)), quorum_lock={"changed": False, "lock": LOCK})
    nodes.answers("web2", votequorum_info={"failed": True, "changed": False, "msg": "corosync does not answer."})
    variables = {"__cluster_turn": "web3", "__cluster_witnesses": nodes.hosts, "__cluster_run": RUN_ID}
    return _printed(nodes, [_of_role("cluster", "gate.yml")], **variables)
