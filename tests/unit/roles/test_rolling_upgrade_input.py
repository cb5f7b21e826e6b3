# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role rolling_upgrade is given wrongly is named before any host is asked: none of these hosts can be reached."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
from run import trees

pytestmark = pytest.mark.plays

INVENTORY = {"nodes": {"hosts": {f"node{number}": {"ansible_host": "127.0.0.1", "ansible_port": 1} for number in (1, 2, 3)}}}
PREFLIGHT = (
    {
        "hosts": "nodes",
        "gather_facts": False,
        "any_errors_fatal": True,
        "tasks": [{"ansible.builtin.import_role": {"name": "corosync.quorum.rolling_upgrade", "tasks_from": "preflight"}}],
    },
)


def said(folder: pathlib.Path, variables: dict[str, t.Any], book: str = "play.json", plays: t.Any = PREFLIGHT) -> str:
    (folder / "inventory.json").write_text(json.dumps({"all": {"children": INVENTORY}}), encoding="utf-8")
    (folder / book).write_text(json.dumps(plays), encoding="utf-8")
    environment = dict(
        os.environ,
        ANSIBLE_COLLECTIONS_PATH=str(trees.linked()),
        ANSIBLE_LOCALHOST_WARNING="false",
        LC_ALL="C.UTF-8",
        ANSIBLE_CALLBACK_RESULT_FORMAT="json",
        ANSIBLE_HOME=str(folder / "home"),
    )
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory.json", book, "-e", json.dumps(variables)]
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False
    )
    assert done.returncode not in (0, 4) and "UNREACHABLE" not in done.stdout, done.stdout
    return " ".join(done.stdout.split())


def test_wrong_input_is_said_at_once(tmp_path: pathlib.Path) -> None:
    """Each sentence has its unit test in test_input.py: here is that they come out of a play, all of them."""
    wrong = {"hosts": ["node1", "node2", "elsewhere"], "spare": -1, "timeout": 0, "watch_timeout": 0, "state_file": "mark.json", "report": "no/page.html"}
    words = said(tmp_path, {**{f"rolling_upgrade_{name}": value for name, value in wrong.items()}, "rolling_upgrade_stop_tasks": "nowhere.yml"})
    for sentence in (
        "Hosts of the play that are missing in it: node3; not in the inventory: elsewhere",
        "rolling_upgrade_spare is -1, but must be a number of nodes, 0 or more.",
        "rolling_upgrade_timeout is 0, but must be a number of seconds above 0.",
        "rolling_upgrade_watch_timeout is 0, but must be a number of seconds above 0.",
        "rolling_upgrade_state_file is mark.json, but must be the absolute path of a file on the nodes.",
        "rolling_upgrade_report is no/page.html, but must be a file in a folder that is there on the controller",
        "/nowhere.yml, which is not there.",
    ):
        assert sentence in words, words


def test_ansible_names_the_choices_of_a_stack(tmp_path: pathlib.Path) -> None:
    assert "value of rolling_upgrade_stack must be one of: corosync, pcs, crmsh, custom, got: heartbeat" in said(
        tmp_path, {"rolling_upgrade_stack": "heartbeat"}
    )


def test_tasks_are_looked_for_beside_the_playbook(tmp_path: pathlib.Path) -> None:
    (tmp_path / "plays").mkdir()
    (tmp_path / "plays/reboot.yml").write_text("[]", encoding="utf-8")
    assert "which is not there" in said(tmp_path, {"rolling_upgrade_drain_tasks": "plays/reboot.yml"}, book="plays/play.json")
    assert "node1 cannot be reached: " in said(tmp_path, {"rolling_upgrade_drain_tasks": "reboot.yml"}, book="plays/play.json")


@pytest.mark.parametrize("step", ["stop", "upgrade"])
def test_the_users_tasks_that_stop_a_node_do_not_run_without_the_gate(tmp_path: pathlib.Path, step: str) -> None:
    """Also where a play takes the file of the role that includes them, and nothing of what comes before it."""
    (tmp_path / "hook.yml").write_text('[{"name": "Stop by hand", "ansible.builtin.debug": {"msg": "stopped by hand"}}]', encoding="utf-8")
    role = {"name": "corosync.quorum.rolling_upgrade", "tasks_from": f"phases/{step}_hook.yml"}
    plays = [{"hosts": "nodes", "serial": 1, "gather_facts": False, "tasks": [{"ansible.builtin.include_role": role}]}]
    words = said(tmp_path, {f"rolling_upgrade_{step}_tasks": "hook.yml"}, plays=plays)
    assert (
        "Nothing was done on node1: the task 'Find out what there is to do on this node' has not run in this run." in words and "stopped by hand" not in words
    )
