# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock, the gate and the reload of the role cluster.

Ansible goes on with the hosts that have not failed, as ansible-core 2.16 does in spite of any_errors_fatal. The tasks of
the role run as they are, with modules that only pretend to ask.
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
import yaml
from run import paths

from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster import answers
from ansible_collections.corosync.quorum.tests.unit.fakes.clusters import planned, running, wishes
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

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
# Corosync does not run here. So this is put into the module that runs its tools: it is as if root listened on its sockets.
TRUSTED = "tools.refuse_stranger = lambda service: None"

HOSTS = ["host1", "host2", "host3"]
TASKS = paths.CHECKOUT / "roles" / "cluster" / "tasks"


def collection(folder: pathlib.Path) -> pathlib.Path:
    """This one with other modules."""
    root = folder / "ansible_collections" / "corosync" / "quorum"
    (root / "plugins" / "modules").mkdir(parents=True)
    for name in ("galaxy.yml", "meta", "plugins/modules/wait_for_quorum.py", "plugins/filter", "plugins/test", "plugins/plugin_utils", "plugins/module_utils"):
        (root / name).symlink_to(paths.CHECKOUT / name)
    answer = dict(t.cast("dict[str, t.Any]", value({1: 1, 2: 1, 3: 1}, asked=3)), read_at=datetime.datetime.now(datetime.timezone.utc).isoformat())
    (root / "plugins" / "modules" / "quorum_lock.py").write_text(LOCK, encoding="utf-8")
    (root / "plugins" / "modules" / "votequorum_info.py").write_text(INFO % json.dumps(answer), encoding="utf-8")
    tool = (paths.CHECKOUT / "plugins" / "modules" / "cluster_tool.py").read_text(encoding="utf-8")
    main = 'if __name__ == "__main__":'
    assert main in tool
    (root / "plugins" / "modules" / "cluster_tool.py").write_text(tool.replace(main, f"{TRUSTED}\n\n{main}"), encoding="utf-8")
    return folder


def played(folder: pathlib.Path, variables: dict[str, t.Any], tasks: list[dict[str, t.Any]], again: dict[str, t.Any] | None = None, code: int = 2) -> str:
    """What a play with these tasks says, which fails. again: variables of a second play with the same tasks, in the same run. code: how it ends."""
    hosts = {host: {"ansible_connection": "local", "ansible_python_interpreter": sys.executable} for host in HOSTS}
    plays = [{"hosts": "all", "gather_facts": False, "vars": of_play, "tasks": tasks} for of_play in ([variables, again] if again else [variables])]
    (folder / "play.yml").write_text(json.dumps(plays), encoding="utf-8")
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(collection(folder)), LC_ALL="C.UTF-8", ANSIBLE_HOME=str(folder / "home"))
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory.json", "play.yml"]
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stdout
    return " ".join(done.stdout.split())


@pytest.mark.plays
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


@pytest.mark.plays
def test_a_refusal_has_the_reason_of_the_question_that_was_asked(tmp_path: pathlib.Path) -> None:
    """Where nodes that left cleanly lower the votes that are expected, and nodes that crash do not, a crash is what may cost quorum."""
    tasks = yaml.safe_load((TASKS / "gate.yml").read_text(encoding="utf-8"))
    (judge,) = [task for task in tasks if task["name"].startswith("Stop the play unless the cluster stays")]
    seen = value([0, 1, 1, 1, 0, 0], allow_downscale=True)
    variables = {"__cluster_turn": "host1", "__cluster_witnesses": ["host2"]}
    facts = {"ansible.builtin.set_fact": {"__cluster_before": "{{ {'votequorum': seen | combine({'nodeid': 4 if inventory_hostname == 'host1' else 2})} }}"}}
    said = played(tmp_path, dict(variables, seen=seen), [facts, judge])
    assert "would not stay quorate without it: Without node4, 2 votes are present, quorum is 3 of 5 expected: 1 too few." in said, said


@pytest.mark.plays
def test_nobody_goes_on_without_the_lock_of_another_host(tmp_path: pathlib.Path) -> None:
    lost = {"quorum_lock_take_over": "{{ 'lost' if inventory_hostname == 'host2' else '' }}"}
    said = played(tmp_path, lost, [{"ansible.builtin.include_tasks": str(TASKS / "lock.yml")}, {"ansible.builtin.debug": {"msg": "it goes on"}}])
    assert "The lock of the cluster could not be taken on host2, so nothing was changed." in said and "it goes on" not in said, said


@pytest.mark.plays
def test_where_all_have_it_they_go_on(tmp_path: pathlib.Path) -> None:
    tasks = [{"ansible.builtin.include_tasks": str(TASKS / "lock.yml")}, {"ansible.builtin.fail": {"msg": "it goes on"}}]
    said = played(tmp_path, {}, tasks)
    assert all(f"fatal: [{host}]" in said for host in HOSTS) and "could not be taken" not in said, said


# A reload loads the version that the play has in its environment, on all nodes.
TOOLS = {
    "corosync-cfgtool": 'echo "$NODE" >>reloads; for host in host1 host2 host3; do echo "$VERSION" >$host.loaded; done',
    "corosync-cmapctl": 'echo "totem.config_version (u64) = $(cat $NODE.loaded)"; echo "config.reload_status (i32) = 1"',
}


def loading(folder: pathlib.Path, version: int) -> dict[str, t.Any]:
    """The variables of a play that loads this version. The files of this machine stay as they are."""
    given = wishes(shared={"totem": {"token": 1000 * version}})
    plan = dict(planned(given, running(wishes(), version=version - 1)), put=[])
    assert (plan["config_version"], plan["reload"], plan["look"]) == (version, "host1", None)
    of_role = yaml.safe_load((TASKS.parent / "vars" / "main.yml").read_text(encoding="utf-8"))
    judged = {name: of_role[name] for name in ("__cluster_moment", "__cluster_trouble", "__cluster_trouble_at_end")}
    return {**judged, "__cluster_plan": plan, "__cluster_touchable": False, "__cluster_folder": str(folder), "__cluster_has_qdevice": False}


def reloads(folder: pathlib.Path, tools: dict[str, str]) -> list[dict[str, t.Any]]:
    """The tasks of a reload, with these scripts in place of corosync's tools."""
    for tool, script in tools.items():
        (folder / tool).write_text(f"#!/bin/sh\ncd {folder} || exit 1\n{script}\n", encoding="utf-8")
        (folder / tool).chmod(0o755)
    version = {"NODE": "{{ inventory_hostname }}", "VERSION": "{{ __cluster_plan.config_version }}", "PATH": f"{folder}:{os.environ['PATH']}"}
    return [{"block": [{"ansible.builtin.include_tasks": str(TASKS / file)} for file in ("forget.yml", "load.yml")], "environment": version}]


@pytest.mark.plays
def test_a_second_use_of_the_role_in_one_run_reloads_too(tmp_path: pathlib.Path) -> None:
    """Ansible keeps what the tasks of the first play have registered."""
    said = played(tmp_path, loading(tmp_path, 2), reloads(tmp_path, TOOLS), again=loading(tmp_path, 3), code=0)
    assert (tmp_path / "reloads").read_text(encoding="utf-8") == "host1\n" * 2, said
    assert {(tmp_path / f"{host}.loaded").read_text(encoding="utf-8") for host in HOSTS} == {"3\n"}


@pytest.mark.plays
def test_a_reload_that_fails_on_a_node_ends_with_the_cause_and_with_what_is_in_place_now(tmp_path: pathlib.Path) -> None:
    fails = dict(TOOLS, **{"corosync-cmapctl": TOOLS["corosync-cmapctl"].replace("= 1", "= $([ $NODE = host2 ] && echo 7 || echo 1)")})
    said = played(tmp_path, loading(tmp_path, 2), reloads(tmp_path, fails))
    assert "corosync on host2 has not loaded all of the new corosync.conf (status 7)" in said
    assert "The old corosync.conf and key are in place again, but were not loaded on host1, host2, host3." in said, said


def test_what_only_a_restart_brings_is_started_and_awaited_after_the_restarts() -> None:
    [_plan, whole] = yaml.safe_load((TASKS / "main.yml").read_text(encoding="utf-8"))
    order = [task["ansible.builtin.include_tasks"] for task in whole["block"] if "ansible.builtin.include_tasks" in task]
    assert order[-4:] == ["configure.yml", "restart.yml", "recount.yml", "device.yml"]
    devices = [task for file in ("configure", "main") for task in includes(file) if task["ansible.builtin.include_tasks"] == "device.yml"]
    assert [task["when"] for task in devices] == ["not __cluster_plan.device_waits", "__cluster_plan.device_waits"]


# host1 was restarted: its cmap has no mark any more. So it is with cmap_delete() and cmap_iter_init() in corosync's own tool.
MARKS = """
case $1 in
  -d) [ -e $NODE.$2 ] && rm $NODE.$2 ;;
  -D) rm -f $NODE.$2* ;;
esac
"""


@pytest.mark.plays
def test_a_mark_that_is_gone_with_a_restart_is_no_failure(tmp_path: pathlib.Path) -> None:
    given = loading(tmp_path, 2)
    plan = dict(given["__cluster_plan"], qdevice="restarted")
    for host in HOSTS[1:]:
        (tmp_path / f"{host}.mark").touch()
    block = {**reloads(tmp_path, {"corosync-cmapctl": MARKS})[0], "block": [{"ansible.builtin.include_tasks": str(TASKS / "device.yml")}]}
    said = played(tmp_path, {**given, "__cluster_plan": plan, "__cluster_qdevice_mark": "mark"}, [block], code=0)
    assert "changed=1" in said and not list(tmp_path.glob("*.mark")), said


@pytest.mark.plays
@pytest.mark.parametrize("damage", [None, "broken"])
def test_a_play_that_goes_back_has_what_was_loaded_in_place_of_a_lost_file(tmp_path: pathlib.Path, damage: str | None) -> None:
    """A reload would not take the damaged file, and with none the new one would stay: the node would keep the new configuration, and the rest the old one."""
    seen = running(wishes())
    seen["host2"] = dict(seen["host2"], conf=damage)
    plan = planned(wishes(shared={"totem": {"token": 2000}}), seen)
    for host, found in seen.items():
        (tmp_path / host).mkdir()
        if found["conf"]:
            (tmp_path / host / "corosync.conf").write_text(found["conf"], encoding="utf-8")
    own = "{{ playbook_dir }}/{{ inventory_hostname }}"
    given = {"__cluster_plan": plan, "__cluster_touchable": True, "__cluster_now": HOSTS, "__cluster_folder": own, "__cluster_conf": own + "/corosync.conf"}
    back = yaml.safe_load((TASKS / "back.yml").read_text(encoding="utf-8"))[0]
    put = yaml.safe_load((TASKS / "put.yml").read_text(encoding="utf-8"))
    for task in put:
        task.get("ansible.builtin.copy", {}).update(owner=os.getuid(), group=os.getgid())
        if "ansible.builtin.include_tasks" in task:
            task["ansible.builtin.include_tasks"] = str(TASKS / task["ansible.builtin.include_tasks"])
    said = played(tmp_path, given, [*put, back], code=0)
    assert {(tmp_path / host / "corosync.conf").read_text(encoding="utf-8") for host in HOSTS} == {seen["host1"]["conf"]}, said
    assert "cluster_name" not in said


def test_a_tool_of_corosync_is_run_only_by_the_module_that_looks_who_listens() -> None:
    """While corosync is down, any user may listen in its place, and its tools do not look."""
    tools = ("corosync-cfgtool", "corosync-cmapctl", "corosync-quorumtool")
    found = [(file.name, task) for file in TASKS.glob("*.yml") for task in _all(yaml.safe_load(file.read_text(encoding="utf-8")))]
    builtin = [(file, repr(options)) for file, task in found for key, options in task.items() if key.startswith("ansible.builtin")]
    assert [(file, options) for file, options in builtin if any(tool in options for tool in tools)] == []
    assert any("corosync.quorum.cluster_tool" in task for _file, task in found)


def _all(tasks: list[dict[str, t.Any]]) -> t.Iterator[dict[str, t.Any]]:
    for task in tasks:
        yield task
        for part in ("block", "rescue", "always"):
            yield from _all(task.get(part, []))


def includes(file: str) -> list[dict[str, t.Any]]:
    """The tasks of a file of the role that include others."""
    tasks = yaml.safe_load((TASKS / f"{file}.yml").read_text(encoding="utf-8"))
    return [task for part in tasks for task in part.get("block", [part]) if "ansible.builtin.include_tasks" in task]


def test_a_key_whose_mode_is_corrected_counts_as_loaded() -> None:
    """The new mode changes the time by which the role tells a key that was replaced. A mode of 0600 is none to correct."""
    tasks = yaml.safe_load((TASKS / "configure.yml").read_text(encoding="utf-8"))
    names = [task["name"] for task in tasks]
    at = names.index("Let only root read the authentication key")
    assert tasks[at]["ansible.builtin.file"]["mode"] == "u+r,go=" and tasks[at]["register"] == "__cluster_key_mode"
    noting = tasks[at + 1]["corosync.quorum.cluster_tool"]
    assert noting == {"argv": "{{ __cluster_note_key }}", "sha1_of": "{{ __cluster_folder }}/authkey"}
    assert tasks[at + 1]["when"] == "__cluster_key_mode is changed and inventory_hostname in __cluster_plan.members"


def test_each_answer_that_is_judged_is_forgotten_before_the_first_task() -> None:
    first = yaml.safe_load((TASKS / "plan.yml").read_text(encoding="utf-8"))[0]
    assert first["ansible.builtin.include_tasks"] == "forget.yml"
    [forget] = yaml.safe_load((TASKS / "forget.yml").read_text(encoding="utf-8"))
    assert set(forget["ansible.builtin.set_fact"]) == set(answers.VARIABLES)
