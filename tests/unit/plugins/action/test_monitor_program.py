# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of the role monitor: it looks before it writes, writes what differs, and shows no token."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.action import monitor_program as tested
from ansible_collections.corosync.quorum.plugins.plugin_utils import _program
from ansible_collections.corosync.quorum.plugins.plugin_utils._monitor import unit
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import action_of, task_of
from ansible_collections.corosync.quorum.tests.unit.fakes.monitored import ANSWER

TOKEN = "s3cret-s3cret"
PROM = "/var/lib/node-exporter/corosync_quorum.prom"
OPTIONS = {"state": "present", "textfile": PROM, "post_url": "https://eda/", "post_token": TOKEN, "post_ca_file": "", "interval": 15}
OLD = f"{_program.FOLDER}/old.py"
NODE = dict(ANSWER, changed=False, files={OLD: {"digest": "0" * 64, "mode": "0644", "ours": True}}, texts={unit.PATH: "", OLD: "OLD = 1\n"})
Result = dict[str, t.Any]


class Node:
    """A node whose module answers what it is told to. calls: the arguments of the module each time."""

    def __init__(self) -> None:
        self.answer: Result = dict(NODE)
        self.calls: list[Result] = []

    def acts(self, phase: str, check_mode: bool = False, variables: Result | None = None, **options: t.Any) -> Result:
        task = task_of("corosync.quorum.monitor_program", check_mode)
        task.diff = True
        action = action_of(tested.ActionModule, task, {"phase": phase})
        action._execute_module = self._execute
        given = dict({"inventory_hostname": "web1", "__monitor_options": dict(OPTIONS, **options)}, **variables or {})
        return dict(action.run(task_vars=given))

    def _execute(self, module_name: str, module_args: Result, task_vars: Result) -> Result:
        assert module_name == "corosync.quorum.monitor_files"
        self.calls.append(module_args)
        return self.answer if module_args["state"] == "read" else {"changed": True}

    @property
    def states(self) -> list[str]:
        return [call["state"] for call in self.calls]


@pytest.fixture(name="node")
def _node() -> Node:
    return Node()


def test_the_plan_only_looks(node: Node) -> None:
    assert node.acts("plan") == {"changed": False, "service": True, "stop": False, "ready": False}
    assert node.states == ["read"]


def test_it_writes_what_differs_and_shows_that(node: Node) -> None:
    result = node.acts("apply")
    assert result["changed"]
    assert node.states == ["read", "read", "written"]
    written = node.calls[-1]
    assert {_program.LAUNCHER, unit.PATH} < {file["path"] for file in written["write"]}
    assert (written["remove"], written["token_wanted"], written["token"]) == ([OLD], True, TOKEN)
    assert [entry["after_header"] for entry in result["diff"][:-1]] == [unit.PATH, _program.LAUNCHER]
    assert f"- {OLD}\n" in result["diff"][-1]["prepared"]
    assert TOKEN not in str(result)


def test_check_mode_shows_it_and_writes_nothing(node: Node) -> None:
    result = node.acts("apply", check_mode=True)
    assert result["changed"] and result["diff"] and node.states == ["read", "read"]


def test_what_is_to_go_goes(node: Node) -> None:
    result = node.acts("apply", state="absent")
    assert result["changed"]
    assert node.calls[-1]["write"] == [] and node.calls[-1]["token"] == ""


def test_a_node_without_it_has_nothing_that_could_go(node: Node) -> None:
    node.answer["files"] = {}
    assert node.acts("apply", state="absent") == {"changed": False}


@pytest.mark.parametrize("phase", ["plan", "apply"])
def test_what_is_wrong_is_said_before_the_node_is_asked(node: Node, phase: str) -> None:
    result = node.acts(phase, textfile="x")
    assert result["failed"] and "monitor_textfile is x" in result["msg"] and node.calls == []


def test_a_fact_of_the_node_is_no_variable_of_the_role(node: Node) -> None:
    result = node.acts("plan", variables={"ansible_facts": {"monitor_post_url": "https://evil/"}})
    assert result["failed"] and "monitor_post_url" in result["msg"] and node.calls == []


def test_a_module_that_fails_is_quoted(node: Node) -> None:
    node.answer = {"failed": True, "msg": "disk full {{ 7 * 7 }}\x1b[2J"}
    assert node.acts("plan")["msg"] == "web1: disk full {{ 7 * 7 }}\\x1b[2J"


def test_it_is_the_roles_alone(node: Node) -> None:
    action = action_of(tested.ActionModule, task_of("corosync.quorum.monitor_program"), {"phase": "plan"})
    assert "private to the role" in action.run(task_vars={"inventory_hostname": "web1"})["msg"]


def test_metrics_are_removed_as_what_is_in_a_folder_of_others(node: Node) -> None:
    node.answer["files"] = dict(node.answer["files"], **{unit.PATH: {"digest": "0" * 64, "mode": "0644", "ours": True}})
    node.answer["texts"] = {unit.PATH: f"ExecStart={_program.LAUNCHER} run --textfile {PROM} --interval 15\n"}
    assert node.acts("apply", state="absent")["changed"]
    written = node.calls[-1]
    assert (sorted(written["remove"]), written["metrics"]) == (sorted([OLD, unit.PATH]), [PROM, "/var/lib/node-exporter/.corosync_quorum.prom.new"])
