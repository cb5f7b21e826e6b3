# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role lets Ansible include for the hosts of one batch, by Ansible itself, with phases that only say so."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import typing as t

import pytest
from run import paths, trees

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc

pytestmark = pytest.mark.plays

ROLE = paths.CHECKOUT / "roles/rolling_upgrade/tasks"
PHASES = {
    "a": ["gate", "begin", "stop", "upgrade", "reboot", "installed", "start", "watch_again", "back", "done"],
    "b": ["gate", "begin", "drain", "gate_again", "stop", "upgrade", "reboot", "installed", "start", "watch_again", "back", "undrain", "done"],
    "c": ["gate", "begin", "stop", "upgrade", "installed", "start_hook", "back", "done"],
    "d": ["start", "watch_again", "back", "done"],
    "e": ["gate", "begin", "stop", "upgrade", "reboot", "installed", "start", "watch_again", "back", "done"],
}
RUN = "0123456789abcdef"


def played(folder: pathlib.Path, hosts: dict[str, t.Any], files: dict[str, t.Any], **play: t.Any) -> str:
    """What a play prints that runs these files of tasks on these hosts, with their variables."""
    tasks = folder / "roles/upgrade/tasks"
    (tasks / "phases").mkdir(parents=True)
    for name, content in files.items():
        (tasks / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    names = list(hosts)
    given = {"host": "{{ inventory_hostname }}", "cluster": names, "batch": names, "everyone": names, "active": names}
    book = [dict({"hosts": "all", "gather_facts": False, "roles": ["upgrade"]}, **play)]
    book[0]["vars"] = dict(play.get("vars", {}), __rolling_upgrade_play=given)
    (folder / "play.json").write_text(json.dumps(book), encoding="utf-8")
    done = subprocess.run(
        [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory.json", "play.json"],
        cwd=folder,
        env=dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(trees.linked()), ANSIBLE_HOME=str(folder / "home"), LC_ALL="C.UTF-8", ANSIBLE_NOCOLOR="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def says(what: str) -> list[dict[str, t.Any]]:
    return [{"name": f"say {what}", "ansible.builtin.debug": {"msg": f"{{{{ inventory_hostname }}}} takes {what}"}}]


def taken(host: str, output: str) -> list[str]:
    return re.findall(rf"{host} takes (\w+)", output)


LOOK = {"turn": "1", "run": RUN, "needed": True, "resumes": "", "tasks": "phases.yml", "versions": {}}
PLAN = {"run_id": RUN, "begun": "2026-11-28T10:00:00.000000Z"}


def yes(host: str, age: float = 0.0) -> dict[str, t.Any]:
    """What the gate of a host has registered so many seconds ago."""
    at = utc(time.time() - age)
    answer = {"turn": "1", "host": host, "safe": True, "nodeid": 1, "down": False, "device": False}
    return {"results": [{"turn": "1", "started": at, "ended": at, "ahead": 0.0, "gate": answer}]}


def hooked(folder: pathlib.Path, tasks: list[dict[str, t.Any]], age: float = 0.0, **play: t.Any) -> str:
    """What a play prints with these tasks of the user's that stop the hosts a and b. The file more.yml is beside them, not beside the playbook."""
    own = folder / "own"
    own.mkdir()
    for name, content in (("more.yml", says("stopped")), ("stop.yml", tasks)):
        (own / name).write_text(json.dumps(content), encoding="utf-8")
    names = ("phases/stop_hook.yml", "refuse.yml")
    files: dict[str, t.Any] = {"main.yml": (ROLE / "phases.yml").read_text(encoding="utf-8"), **{name: (ROLE / name).read_text("utf-8") for name in names}}
    given = {"__rolling_upgrade_hooks": {"stop": str(own / "stop.yml")}}
    hosts = {host: {"__rolling_upgrade_look": dict(LOOK, phases=["stop_hook"]), "__rolling_upgrade_gate": yes(host, age)} for host in "ab"}
    hosts["a"]["rolling_upgrade_plan"] = PLAN
    return played(folder, {host: dict(found, ansible_connection="local") for host, found in hosts.items()}, files, vars=given, **play)


def test_tasks_that_stop_a_node_may_take_long_and_include_others(tmp_path: pathlib.Path) -> None:
    """Up to ansible-core 2.18, Ansible asks for the path of a file again when what the file includes is sought beside it."""
    long_ago = {"ansible.builtin.set_fact": {"__rolling_upgrade_gate": yes("{{ inventory_hostname }}", 3600.0)}}
    output = hooked(tmp_path, [dict(long_ago, name="Take an hour"), {"name": "Include", "ansible.builtin.include_tasks": "more.yml"}])
    assert {host: taken(host, output) for host in "ab"} == {"a": ["stopped"], "b": ["stopped"]}, output
    assert output.count("TASK [") - 3 == 3, output  # beside those of the user: the loop, the check and the include, for both hosts together


def test_they_do_not_begin_with_an_old_yes_where_the_play_ignores_errors(tmp_path: pathlib.Path) -> None:
    output = hooked(tmp_path, says("stopped"), 3600.0, ignore_errors=True)
    assert not taken("a", output) and not taken("b", output), output
    assert "the gate said yes 36" in output and "Refused to stop b: the check before your own tasks was left out or failed" in output


def test_each_host_of_a_batch_has_its_own_order(tmp_path: pathlib.Path) -> None:
    """Ansible includes a file once for all hosts that have it next, and takes the order of one of them."""
    files: dict[str, t.Any] = {f"phases/{phase}.yml": says(phase) for phases in PHASES.values() for phase in phases}
    files["main.yml"] = (ROLE / "phases.yml").read_text(encoding="utf-8")
    hosts = {host: {"__rolling_upgrade_look": dict(LOOK, phases=phases), "rolling_upgrade_plan": PLAN} for host, phases in PHASES.items()}
    output = played(tmp_path, hosts, files)
    assert {host: taken(host, output) for host in hosts} == PHASES, output


def test_a_host_that_fails_does_not_keep_the_others_from_their_start(tmp_path: pathlib.Path) -> None:
    """Also where the play wants any error to end it: nodes that are down have to come back first."""
    main = (ROLE / "upgrade.yml").read_text(encoding="utf-8").replace("corosync.quorum.rolling_upgrade_step:", "ansible.builtin.debug:", 1)
    files = {
        "main.yml": main.replace("phase: look", "msg: look"),
        "node.yml": [{"name": "Stop", "ansible.builtin.fail": {"msg": "no"}, "when": "inventory_hostname == 'a'"}, *says("start")],
        "failed.yml": says("failed"),
    }
    given = {"__rolling_upgrade_tasks": "node.yml", "__rolling_upgrade_failed": "failed.yml"}
    output = played(tmp_path, dict.fromkeys("abc", {}), files, any_errors_fatal=True, vars=given)
    assert {host: taken(host, output) for host in "abc"} == {"a": ["failed"], "b": ["start"], "c": ["start"]}, output


def test_that_a_host_has_failed_is_known_to_the_next_gate_of_its_batch(tmp_path: pathlib.Path) -> None:
    """Hosts with other phases come after it, in an order that Ansible chooses. It stays in the batch until then. The user's tasks register nothing."""
    others = "hostvars[{'a': 'b', 'b': 'a'}[inventory_hostname]].ansible_failed_result is defined and ansible_play_batch | length == 2"
    files: dict[str, t.Any] = {
        "main.yml": [{"name": "Upgrade", "block": [{"name": "Take", "ansible.builtin.include_tasks": "each.yml"}], "rescue": says("rescue")}],
        "each.yml": (ROLE / "phases.yml").read_text(encoding="utf-8"),
        "phases/gate.yml": [{"name": "Ask", "ansible.builtin.debug": {"msg": f"{{{{ inventory_hostname }}}} takes {{{{ 'no' if {others} else 'gate' }}}}"}}],
        "phases/begin.yml": says("begin"),
        "phases/start_hook.yml": [{"name": "Start", "ansible.builtin.fail": {"msg": "no"}}],
        "phases/done.yml": says("done"),
    }
    phases = {"a": ["gate", "start_hook", "done"], "b": ["gate", "begin", "start_hook", "done"]}
    hosts = {host: {"__rolling_upgrade_look": dict(LOOK, phases=phases[host]), "rolling_upgrade_plan": PLAN} for host in "ab"}
    output = played(tmp_path, hosts, files)
    assert {taken(host, output)[0] for host in "ab"} == {"gate", "no"}, output
    assert all(taken(host, output)[-1] == "rescue" for host in "ab"), output
