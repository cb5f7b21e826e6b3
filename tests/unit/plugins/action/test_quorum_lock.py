# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's part of quorum_lock: it says who takes the lock, and takes it over where the run that has it is over for sure."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.corosync.quorum.plugins.action import quorum_lock as module
from ansible_collections.corosync.quorum.plugins.plugin_utils._lock import Process
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import action_of, task_of

OWN = Process("boot", 1, 100, 5000)
RUN, OTHER, THIRD = "1" * 16, "2" * 16, "3" * 16


def lock(run_id: str, **more: t.Any) -> dict[str, t.Any]:
    return dict({"run_id": run_id, "boot_id": "boot", "pid_namespace": 1, "pid": 7, "start_time": 42, "user": "alice"}, **more)


class Node:
    """Runs the module: what has the lock, and the arguments that it was given. then: who has it at the next look."""

    def __init__(self, *has: t.Any) -> None:
        self.has = list(has)
        self.given: list[dict[str, t.Any]] = []

    def __call__(self, module_name: str, module_args: dict[str, t.Any], task_vars: t.Any) -> dict[str, t.Any]:
        self.given.append(module_args)
        there = self.has[0] if len(self.has) == 1 else self.has.pop(0)
        if module_args["state"] != "taken":
            return {"changed": True, "lock": there, "ansible_facts": {"x": 1}, "rolling_upgrade_state_file": "/etc"}
        if there is None or there["run_id"] in module_args["take_over"]:
            return {"changed": True, "taken": True, "lock": lock(module_args["run"]), "replaced": there["run_id"] if there else ""}
        return {"changed": False, "taken": False, "lock": there, "replaced": ""}


@pytest.fixture(name="take")
def _take(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., dict[str, t.Any]]:
    """Run the action on a node. Processes of this controller have ended but for 8."""
    monkeypatch.setattr(module._controller, "process", lambda: OWN)
    monkeypatch.setattr(module._controller, "lives", lambda pid, start_time: pid == 8)

    def take(node: t.Any, delegate_to: str = "", **args: t.Any) -> dict[str, t.Any]:
        task = task_of("corosync.quorum.quorum_lock")
        task.delegate_to = delegate_to or None
        action = action_of(module.ActionModule, task, dict({"state": "taken", "run": RUN, "role": "cluster"}, **args))
        monkeypatch.setattr(action, "_execute_module", node)
        result: dict[str, t.Any] = action.run(task_vars={"inventory_hostname": "web1"})
        return result

    return take


def test_it_says_who_takes_the_lock(take: t.Any) -> None:
    node = Node(None)
    assert take(node) == {"changed": True, "lock": lock(RUN), "replaced": ""}
    holder = node.given[0]["_holder"]
    assert {name: holder[name] for name in ("boot_id", "pid_namespace", "pid", "start_time", "role")} == dict(vars(OWN), role="cluster")
    assert holder["since"].endswith("Z") and holder["controller"] and holder["user"]


def test_a_run_that_is_over_gives_way_and_no_other_one(take: t.Any) -> None:
    node = Node(lock(OTHER))
    assert take(node)["replaced"] == OTHER
    assert [given["take_over"] for given in node.given] == [[], [OTHER]]
    result = take(Node(lock(OTHER, pid=8)), delegate_to="web2")
    assert result["failed"] and result["msg"].startswith(f"Another run has the lock on web2: run {OTHER}") and "as process 8: wait for its end" in result["msg"]


def test_what_this_controller_cannot_see_needs_the_users_word(take: t.Any) -> None:
    away = lock(OTHER, boot_id="another")
    result = take(Node(away))
    assert result["failed"] and result["msg"].startswith("Another run has the lock on web1: ") and f"-e quorum_lock_take_over={OTHER}" in result["msg"]
    assert take(Node(away), take_over=OTHER)["replaced"] == OTHER
    assert take(Node(away), take_over=[THIRD])["failed"]
    node = Node(away)
    assert "quorum_lock_take_over is True" in take(node, take_over=True)["msg"] and not node.given


def test_between_two_looks_it_may_go_to_another_run(take: t.Any) -> None:
    assert take(Node(lock(OTHER), lock(THIRD), None))["changed"]
    assert take(Node(lock(OTHER), lock(THIRD, pid=8)))["failed"]
    assert take(Node(lock(OTHER), lock(THIRD), lock("4" * 16), lock("5" * 16)))["failed"], "not for ever"


@pytest.mark.parametrize("odd", [{}, {"changed": False, "taken": False}, {"taken": False, "lock": "x"}, {"taken": False, "lock": {"run_id": "x"}}])
def test_an_odd_answer_is_no_lock(take: t.Any, odd: dict[str, t.Any]) -> None:
    assert take(lambda **dummy: dict(odd))["failed"]


@pytest.mark.parametrize("odd", ["x", {"run_id": "x"}, {}, 7])
def test_what_is_no_lock_is_not_returned(take: t.Any, odd: t.Any) -> None:
    result = take(lambda **dummy: {"changed": True, "lock": odd, "lock_fault": "", "replaced": ""}, state="read", delegate_to="web2")
    assert result == {"changed": False, "failed": True, "msg": "web2 answered with something that is not a lock."}


def test_a_lock_is_returned_in_texts_of_bounded_length(take: t.Any) -> None:
    answer = {"changed": True, "taken": True, "replaced": "../../etc", "lock": lock(RUN, user="\x1b[2J" + "u" * 10**6, pid="7", more="m", process="p")}
    result = take(lambda **dummy: answer)
    assert result["replaced"] == "" and set(result["lock"]) == set(lock(RUN)) and result["lock"]["pid"] is None
    assert result["lock"]["user"].startswith("\\x1b[2Juuu") and len(str(result)) < 1000
    assert take(lambda **dummy: {"changed": False, "lock": lock(RUN, stop_requested=None)}, state="read")["lock"] == lock(RUN, stop_requested=None)


def test_an_answer_that_cannot_be_read_names_the_node(take: t.Any) -> None:
    def stumbles(**dummy: t.Any) -> t.Any:
        raise AttributeError("'str' object has no attribute 'keys'")

    assert take(stumbles, delegate_to="web2")["msg"].startswith("The answer of web1 -> web2 cannot be read: AttributeError: ")
    assert take(lambda **dummy: {"failed": True, "msg": "no\n" + "x" * 10**6})["msg"].startswith("no xxx")


def test_a_failure_is_handed_on(take: t.Any) -> None:
    assert take(lambda **dummy: {"failed": True, "msg": "read-only", "rc": 1}) == {"changed": False, "failed": True, "msg": "read-only"}


def test_a_node_returns_nothing_else(take: t.Any) -> None:
    assert take(Node(lock(OTHER)), state="read") == {"changed": True, "lock": lock(OTHER)}


@pytest.mark.parametrize(
    "has, words",
    [
        (lock(RUN), ""),
        (None, f"Nothing more was stopped: this run ({RUN}) does not have its lock on web1 any more"),
        (lock(OTHER), f"Nothing more was stopped: another run has the lock on web1: run {OTHER}"),
        (lock(RUN, stop_requested="12:00"), "Nothing more was stopped: somebody asked this run to stop before its next node"),
        ("odd", "Nothing more was stopped: nobody can say which run has the lock on web1"),
    ],
)
def test_whether_a_run_may_go_on(take: t.Any, has: t.Any, words: str) -> None:
    result = take(Node(has), state="held")
    assert bool(result.get("failed")) == bool(words) and words in result.get("msg", "")


def test_what_is_private_is_refused(take: t.Any) -> None:
    with pytest.raises(AnsibleActionFail, match="_holder is not for use in a task: remove it."):
        take(Node(None), _holder={})
