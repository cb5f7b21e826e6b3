# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""votequorum_info's action plugin: the node is told to read only, what follows is added here; of a task in the background the node does all."""

import copy
import time
import types

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.template import Templar

from ansible_collections.corosync.quorum.plugins.action import votequorum_info
from ansible_collections.corosync.quorum.plugins.action.votequorum_info import ActionModule
from ansible_collections.corosync.quorum.plugins.module_utils._judge.assess import completed
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.tests.unit.fakes.templates import would_be_templated
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

MODULE = "corosync.quorum.votequorum_info"
READING = {"value": value(), "cmap": {"config.totemconfig_reload_in_progress": 1}, "files": {}}


@pytest.fixture(name="run")
def _run(monkeypatch):
    """Run the action with this answer of the module: its result, and what the module was given."""

    def run(answer, task=None, **options):
        loader = DataLoader()
        made = Task.load(dict({"action": dict(options, module=MODULE)}, **(task or {})))
        connection = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir="/nonexistent"))
        action = ActionModule(made, connection, PlayContext(), loader, Templar(loader=loader), None)
        given = []
        monkeypatch.setattr(action, "_execute_module", lambda **arguments: given.append(arguments) or copy.deepcopy(answer))
        return action.run(task_vars={"inventory_hostname": "node1"}), given

    return run


def read(**reading):
    return {
        "changed": False,
        "available": True,
        "quorate": True,
        "reading": dict(READING, **reading),
        "invocation": {"module_args": {"timeout": 3.0, "_judge": False}},
    }


def test_the_node_reads_and_the_controller_judges(run):
    before = time.time()
    result, given = run(read(), timeout=3)
    assert before - 0.001 <= seconds_of(result["votequorum"].pop("read_at")) <= time.time()
    assert [(arguments["module_args"], arguments["wrap_async"]) for arguments in given] == [({"timeout": 3, "_judge": False}, False)]
    assert result == {
        "changed": False,
        "available": True,
        "quorate": True,
        "invocation": {"module_args": {"timeout": 3.0}},
        "votequorum": completed({key: item for key, item in value().items() if key != "read_at"}, READING["cmap"], {}),
    }
    assert result["votequorum"]["forecast"]["tolerates"] == 1
    assert [problem["id"] for problem in result["votequorum"]["problems"]] == ["reload_stuck"]


def test_a_nodes_clock_counts_for_nothing(run):
    """Nor does what a node says of the controller's."""
    result, dummy = run(read(value=dict(value(), read_at="2099-01-01T00:00:00Z")))
    assert result["votequorum"]["read_at"] < "2099"


def test_what_is_read_is_no_older_than_it_says(run, monkeypatch):
    """The moment is that before the node is asked: to be logged in to may take a node longer than anything else."""
    clock = iter([1795348800.0])
    monkeypatch.setattr(votequorum_info.time, "time", lambda: next(clock, 1795348830.0))
    assert run(read())[0]["votequorum"]["read_at"] == "2026-11-22T12:00:00.000Z"


def test_the_nodes_file_is_judged_too(run):
    result, dummy = run(read(cmap={}, files={"corosync.conf": "totem {\n"}))
    assert [problem["id"] for problem in result["votequorum"]["problems"]] == ["file_refused"]


@pytest.mark.parametrize(
    "answer",
    [
        {"changed": False, "available": False, "quorate": False, "reason": "not_running", "msg": "corosync does not run."},
        {"failed": True, "reason": "timeout", "msg": "corosync did not answer."},
        {"failed": True, "msg": "MODULE FAILURE", "rc": 1},
    ],
)
def test_what_could_not_be_read_is_passed_on(run, answer):
    assert run(answer)[0] == answer


def test_in_the_background_the_node_does_all_of_it(run):
    """async_status brings the result past the action plugin."""
    job = {"started": 1, "finished": 0, "ansible_job_id": "j1.1"}
    result, given = run(job, task={"async": 30, "poll": 0})
    assert result == job
    assert (given[0]["module_args"], given[0]["wrap_async"]) == ({"_judge": True}, True)


def test_the_tasks_own_arguments_stay_as_they_are(run):
    """Ansible uses them again for retries."""
    arguments = {"timeout": 3}
    result, given = run(read(), **arguments)
    assert given[0]["module_args"] is not arguments and arguments == {"timeout": 3}
    assert result["votequorum"]["members"] == [1, 2, 3]


def test_its_own_option_is_refused(run):
    with pytest.raises(AnsibleActionFail, match="_judge is not for use in a task: remove it"):
        run(read(), _judge=True)


def test_what_the_node_says_is_never_a_template(run):
    named = value(wait_for_all={"enabled": True, "pending": True})
    named["nodes"][2]["name"] = "{{ 7 * 7 }}"
    result, dummy = run(read(value=dict(named, members=[1, 2], missing=[3])))
    texts = [result["votequorum"]["nodes"][2]["name"], *[problem["message"] for problem in result["votequorum"]["problems"]]]
    assert not any(map(would_be_templated, texts))
