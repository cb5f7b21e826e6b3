# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's part of watch_quorum: a record as the module returns it, and of a watch in the background only its job."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.corosync.quorum.plugins.action import watch_quorum as module
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait import question
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import action_of, task_of
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import at, seen

RUN = "0123456789abcdef"
RECORD: dict[str, t.Any] = {
    "run": RUN,
    "timeline": [seen(0, "state", [1, 2], 8)],
    "boots": [1],
    "unreadable": 0,
    "running": True,
    "looked": True,
    "now": at(9),
    "until": at(9),
    "runs": [RUN],
}
MORE = {"ansible_facts": {"rolling_upgrade_report": "/etc"}, "ansible_stats": {}, "own": 1, "invocation": {"module_args": {}}}
STARTED = {"changed": True, "started": 1, "finished": 0, "ansible_job_id": "j1.2", "results_file": "/run/j1.2"}


@pytest.fixture(name="watch")
def _watch(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., dict[str, t.Any]]:
    """Run the action with this answer of the module, an error to raise, or a function that is called; background: with `async`."""

    def watch(answer: t.Any, background: bool = False, **args: t.Any) -> dict[str, t.Any]:
        def execute(task_vars: t.Any, wrap_async: bool = False) -> t.Any:
            assert wrap_async is background
            if isinstance(answer, Exception):
                raise answer
            return answer() if callable(answer) else answer

        task = task_of("corosync.quorum.watch_quorum")
        task.delegate_to, task.async_val = "web2", 60 if background else 0
        action = action_of(module.ActionModule, task, dict({"state": "read", "run": RUN}, **args))
        action._discovered_interpreter_key = None
        monkeypatch.setattr(action, "_execute_module", execute)
        result: dict[str, t.Any] = action.run(task_vars={"inventory_hostname": "web1"})
        return result

    return watch


@pytest.mark.parametrize("state", ["read", "stopped"])
def test_a_record_is_returned_as_it_is_and_nothing_else(watch: t.Any, state: str) -> None:
    answer = dict(RECORD, changed=state == "stopped", offset=0.5, **({"was_running": True} if state == "stopped" else {}))
    assert watch(dict(answer, **MORE), state=state, reference=at(9)) == answer
    assert watch(dict(RECORD, changed=False), state=state) == dict(RECORD, changed=False)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (dict(RECORD, changed=False), "its record lacks offset"),
        ({"changed": False}, "the timeline of its record is nothing (None)"),
        (dict(RECORD, offset=0, runs=["x"]), "runs of its record is a list"),
    ],
)
def test_what_is_no_record_is_a_failure(watch: t.Any, answer: t.Any, words: str) -> None:
    expected = f"The answer of web1 -> web2 is not one that the module can give: {words}."
    assert watch(answer, reference=at(9)) == {"changed": False, "failed": True, "msg": expected}


def test_a_failure_is_handed_on(watch: t.Any) -> None:
    assert watch(dict(MORE, failed=True, msg="no\nroom", timeline=[7])) == {"changed": False, "failed": True, "msg": "no room"}
    assert watch(AttributeError("x"))["msg"] == "The answer of web1 -> web2 cannot be read: AttributeError: x"


def test_a_watch_that_the_task_waits_for_returns_how_it_ended(watch: t.Any) -> None:
    ended = {"changed": True, "msg": "The watch was stopped."}
    assert watch(dict(MORE, **RECORD, **ended), state="running") == ended


def test_of_a_watch_in_the_background_its_job_is_returned(watch: t.Any) -> None:
    assert watch(dict(MORE, **RECORD, **STARTED), background=True, state="running") == STARTED
    assert watch(dict(STARTED, ansible_job_id="../../etc"), background=True, state="running").keys() == STARTED.keys() - {"ansible_job_id"}


def test_a_watch_that_does_not_start_names_its_host(watch: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    beginning = "The watch was not started on web1 -> web2: "
    assert watch({"failed": True, "msg": "no room"}, background=True) == {"changed": False, "failed": True, "msg": f"{beginning}no room"}
    assert watch({"failed": True}, background=True)["msg"] == f"{beginning}it gave no reason."
    assert watch(AnsibleError("boom\x1b"), background=True)["msg"] == f"{beginning}boom\\x1b"
    with pytest.raises(AnsibleConnectionFailure):
        watch(AnsibleConnectionFailure("no route"), background=True)
    monkeypatch.setattr(question, "LONGEST", 0.2)
    assert watch(lambda: time.sleep(30), background=True)["msg"] == f"{beginning}it gave no answer within 0.2 s."
