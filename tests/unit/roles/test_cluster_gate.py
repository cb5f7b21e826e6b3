# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock and the gate of the role cluster, where Ansible goes on with the hosts that have not failed, as ansible-core 2.16 does in spite of any_errors_fatal.

The tasks of the role run as they are, with modules that only pretend to ask.
"""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
from run import paths

from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

pytestmark = pytest.mark.plays

LOCK = """
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(argument_spec={"state": {}, "run": {}, "role": {}, "take_over": {}})
if "lost" in (module.params["run"], module.params["take_over"]):
    module.fail_json(msg="This run does not have its lock any more.")
module.exit_json(changed=False)
"""
INFO = """
import json

import pytest
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(argument_spec={})
module.exit_json(changed=False, votequorum=json.loads(%r))
"""


HOSTS = ["host1", "host2", "host3"]
TASKS = paths.CHECKOUT / "roles" / "cluster" / "tasks"


def collection(folder: pathlib.Path) -> pathlib.Path:
    """This one with other modules."""
    root = folder / "ansible_collections" / "corosync" / "quorum"
    (root / "plugins" / "modules").mkdir(parents=True)
    for name in ("galaxy.yml", "meta", "plugins/filter", "plugins/test", "plugins/plugin_utils", "plugins/module_utils"):
        (root / name).symlink_to(paths.CHECKOUT / name)
    answer = dict(t.cast("dict[str, t.Any]", value({1: 1, 2: 1, 3: 1}, asked=3)), read_at=datetime.datetime.now(datetime.timezone.utc).isoformat())
    (root / "plugins" / "modules" / "quorum_lock.py").write_text(LOCK, encoding="utf-8")
    (root / "plugins" / "modules" / "votequorum_info.py").write_text(INFO % json.dumps(answer), encoding="utf-8")
    return folder


def played(folder: pathlib.Path, variables: dict[str, t.Any], tasks: list[dict[str, t.Any]]) -> str:
    """What a play with these tasks says, which fails."""
    hosts = {host: {"ansible_connection": "local", "ansible_python_interpreter": sys.executable} for host in HOSTS}
    (folder / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "vars": variables, "tasks": tasks}]), encoding="utf-8")
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(collection(folder)), LC_ALL="C.UTF-8", ANSIBLE_HOME=str(folder / "home"))
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory.json", "play.yml"]
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False
    )
    assert done.returncode == 2, done.stdout
    return " ".join(done.stdout.split())


def test_what_a_host_has_said_before_it_failed_counts_no_more(tmp_path: pathlib.Path) -> None:
    """host2 loses its lock before the second turn."""
    turn = [
        {"ansible.builtin.include_tasks": str(TASKS / "gate.yml")},
        {"ansible.builtin.debug": {"msg": "{{ __cluster_turn }} is stopped"}, "run_once": True},
    ]
    (tmp_path / "turn.yml").write_text(json.dumps(turn), encoding="utf-8")
    run = "{{ 'lost' if inventory_hostname == 'host2' and __cluster_turn == 'host1' else 'held' }}"
    tasks = [{"ansible.builtin.include_tasks": str(tmp_path / "turn.yml"), "loop": ["host3", "host1"], "loop_control": {"loop_var": "__cluster_turn"}}]
    said = played(tmp_path, {"__cluster_witnesses": HOSTS, "__cluster_run": run}, tasks)
    assert "host3 is stopped" in said and "host1 is stopped" not in said, said
    assert "corosync on host1 was not stopped, because host2 cannot be asked" in said, said


def test_nobody_goes_on_without_the_lock_of_another_host(tmp_path: pathlib.Path) -> None:
    lost = {"quorum_lock_take_over": "{{ 'lost' if inventory_hostname == 'host2' else '' }}"}
    said = played(tmp_path, lost, [{"ansible.builtin.include_tasks": str(TASKS / "lock.yml")}, {"ansible.builtin.debug": {"msg": "it goes on"}}])
    assert "The lock of the cluster could not be taken on host2, so nothing was changed." in said and "it goes on" not in said, said


def test_where_all_have_it_they_go_on(tmp_path: pathlib.Path) -> None:
    tasks = [{"ansible.builtin.include_tasks": str(TASKS / "lock.yml")}, {"ansible.builtin.fail": {"msg": "it goes on"}}]
    said = played(tmp_path, {}, tasks)
    assert all(f"fatal: [{host}]" in said for host in HOSTS) and "could not be taken" not in said, said
