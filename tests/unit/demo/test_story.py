# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo prints: acts, what was said and changed, and what failed."""

import types

import pytest
from demo.callback import story


class Stage:
    """Plays a playbook to the callback and keeps the lines that it prints."""

    def __init__(self, monkeypatch):
        self.lines = []
        self.callback = story.CallbackModule()
        monkeypatch.setattr(self.callback, "_display", types.SimpleNamespace(display=lambda text, color=None: self.lines.extend(text.split("\n"))))

    def play(self, name):
        self.callback.v2_playbook_on_play_start(types.SimpleNamespace(get_name=lambda: name))

    def task(self, name, action, call="v2_runner_on_ok", hosts=("node1",), **result):
        self.callback.v2_playbook_on_task_start(types.SimpleNamespace(get_name=lambda: name, action=action), False)
        for host in hosts:
            task = types.SimpleNamespace(action=action, delegate_to=None)
            getattr(self.callback, call)(types.SimpleNamespace(_result=result, _task=task, _host=types.SimpleNamespace(get_name=lambda host=host: host)))

    def end(self):
        self.callback.v2_playbook_on_stats(None)
        return [line for line in self.lines if line]


@pytest.fixture(name="stage")
def _stage(monkeypatch):
    return Stage(monkeypatch)


def test_an_act_has_a_headline_where_something_happens_in_it_and_one_for_all_its_batches(stage):
    stage.play("Nothing to see")
    stage.task("Look", "ansible.builtin.command", changed=False)
    for node in ("node1", "node2"):
        stage.play("Upgrade")
        stage.task("corosync.quorum.rolling_upgrade : Stop this node", "corosync.quorum.rolling_upgrade_step", hosts=[node], changed=True)
    assert [line.split("  (")[0] for line in stage.end()] == ["1. Upgrade", "   node1: Stop this node", "   node2: Stop this node"]


def test_hosts_that_say_the_same_are_one_line(stage):
    stage.play("Ask")
    stage.task("Show", "ansible.builtin.debug", hosts=["node2", "node1"], msg="yes")
    stage.task("Show the plan", "ansible.builtin.debug", msg={"plan": ["make a key", "start"], "notes": []})
    assert stage.end()[1:] == ["   node1, node2: yes", "   node1: make a key", "   node1: start"]


def test_the_numbers_of_a_gate_and_of_an_upgrade(stage):
    stage.play("Upgrade")
    gate = {"host": "node3", "safe": True, "now": {"total_votes": 3}, "after": {"total_votes": 2, "quorum": 2}}
    stage.task("Ask", story.GATE, "v2_runner_item_on_ok", gate=gate)
    stage.task(
        "Upgrade the packages", "corosync.quorum.rolling_upgrade_step", changed=True, packages={"corosync": ["3.1.7", "3.1.9"], "libqb100": ["2.0.6", "2.0.8"]}
    )
    assert stage.end()[1:] == [
        "   node1: node3 may be stopped: 3 votes are present, 2 stay, 2 are needed.",
        "   node1: Upgrade the packages: corosync 3.1.7 -> 3.1.9, and 1 more",
    ]


def test_a_failure_is_told_with_its_cause(stage):
    stage.play("Upgrade")
    stage.task("Stop", "corosync.quorum.rolling_upgrade_step", "v2_runner_on_failed", msg="The disk is full.")
    stage.task("Log in", "corosync.quorum.rolling_upgrade_step", "v2_runner_on_unreachable", msg="Connection refused")
    stage.callback.v2_runner_on_failed(
        types.SimpleNamespace(_result={"msg": "no"}, _task=types.SimpleNamespace(action="x", delegate_to=None), _host=None), ignore_errors=True
    )
    assert stage.end()[1:] == ["   node1: FAILED: Stop. The disk is full.", "   node1: FAILED: Log in. Connection refused"]
