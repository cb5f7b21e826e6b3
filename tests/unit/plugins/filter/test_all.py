# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for all filters. In a process of its own, as this one has loaded much already."""

import base64
import json
import os
import pathlib
import subprocess
import sys

import pytest
from run import trees

from ansible_collections.corosync.quorum.plugins.filter import forecast
from ansible_collections.corosync.quorum.tests.unit.fakes.nodes import Nodes
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import at, seen
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node, value

FOLDER = pathlib.Path(forecast.__file__).parent
PROGRAM = """
import importlib, json, sys
for name in sys.argv[1:]:
    plugin = importlib.import_module("ansible_collections.corosync.quorum.plugins.filter." + name)
    assert list(plugin.FilterModule().filters()) == [name]
print(json.dumps([name for name in sys.modules if ".module_utils._" in name or ".plugin_utils._" in name]))
"""


def test_none_loads_what_answers_before_it_is_asked():
    """Ansible loads them all, up to the one that a task uses, in each task."""
    names = sorted(path.stem for path in FOLDER.glob("*.py"))
    done = subprocess.run([sys.executable, "-c", PROGRAM, *names], stdout=subprocess.PIPE, check=True, timeout=60)
    assert [name for name in json.loads(done.stdout.decode("utf-8")) if "corosync.quorum" in name] == [
        "ansible_collections.corosync.quorum.plugins.plugin_utils._answers"
    ]


@pytest.mark.plays
def test_answers_with_parts_of_what_was_given_work_in_a_play(tmp_path):
    """From ansible-core 2.19 on a play gives filters lazy containers, which cannot be copied as others can."""
    answers = {
        "may_leave": "value | corosync.quorum.may_leave([2])",
        "forecast": "value | corosync.quorum.forecast([2])",
        "clusters": "{'node1': {'votequorum': value}} | corosync.quorum.clusters",
        "partitions": "{'node1': {'votequorum': value}} | corosync.quorum.partitions",
        "upgrade_batches": "value | corosync.quorum.upgrade_batches",
        "upgrade_plan": "{'node1': {'votequorum': value}, 'node2': {'votequorum': value}} | corosync.quorum.upgrade_plan",
    }
    task = {"name": "Ask", "ansible.builtin.debug": {"msg": {name: "{{ " + expression + " }}" for name, expression in answers.items()}}}
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": {"value": value()}, "tasks": [task]}
    (tmp_path / "play.json").write_text(json.dumps([play]), encoding="utf-8")
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(trees.linked()), ANSIBLE_HOME=str(tmp_path / "home"), ANSIBLE_LOCALHOST_WARNING="false")
    program = pathlib.Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [program, "play.json"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout


# Runs on the controller where Ansible takes a text for a template.
EVIL = "{{ lookup('pipe', 'echo >>owned') }}"
CONF = f"""totem {{
    version: 2
    cluster_name: other
}}
# {EVIL}
quorum {{
    provider: corosync_votequorum
}}
nodelist {{
    node {{
        ring0_addr: 10.0.0.1
        nodeid: 1
    }}
}}
"""
ROOTS = {"mode": "0600", "uid": 0, "gid": 0, "islnk": False, "isreg": True, "isdir": True}
# By way of hostvars: what is in there ansible-core 2.16 does not see as it looks for marks.
READ, RECORD, FILE = (f"hostvars.web1.{name}" for name in ("read", "record", "file"))
NAME = f"{READ}.votequorum.nodes[1].name"
LOSS = [dict(seen(second, event, [1], 8), quorate=quorate) for second, (event, quorate) in enumerate([("state", True), ("quorum_lost", False)])]
# How each filter comes to text of a node. None: no text of a node can be in its answer, or there is a test of its own below.
HOSTILE = {
    "clusters": f"[{READ}] | corosync.quorum.clusters",
    "cluster_plan": None,
    "cluster_trouble": None,
    "corosync_conf_changes": None,  # a brace opens a section, so none is part of a key or a value
    "forecast": f"{READ}.votequorum | corosync.quorum.forecast([2])",
    "lint_corosync_conf": f"({FILE}.content | b64decode ~ 'logging {{' ~ {NAME}) | corosync.quorum.lint_corosync_conf",
    "may_leave": f"{READ}.votequorum | corosync.quorum.may_leave([2])",
    "partitions": f"[{READ}] | corosync.quorum.partitions",
    "quorum_losses": f"{{ {NAME}: {RECORD}.timeline }} | corosync.quorum.quorum_losses",
    "rolling_upgrade_next": f"dict(play, active=[1, {NAME}], cluster=[1, {NAME}]) | corosync.quorum.rolling_upgrade_next('before_stop')",
    "upgrade_batches": f"{READ}.votequorum | corosync.quorum.upgrade_batches",
    "upgrade_plan": f"{{ {NAME}: {READ} }} | corosync.quorum.upgrade_plan",
    "upgrade_report": f"{{ 'nodes': [{{ 'name': {NAME} }}] }} | corosync.quorum.upgrade_report",
    "without_quorum": f"{{ {NAME}: none }} | corosync.quorum.without_quorum(hostvars)",
}


RECORD = {"run": None, "timeline": LOSS, "boots": [len(LOSS)], "unreadable": 0, "running": False, "looked": True, "now": at(9), "until": at(9), "runs": []}


@pytest.fixture(name="nodes")
def _nodes(tmp_path):
    made = Nodes(tmp_path, 2)
    seen = value(nodes=[node(nodeid, name=EVIL if nodeid == 2 else f"node{nodeid}") for nodeid in (1, 2, 3)])
    for host in made.hosts:
        made.answers(
            host,
            votequorum_info={"available": True, "quorate": True, "reading": {"value": seen, "cmap": {}, "files": {"corosync.conf": CONF}}},
            slurp={"content": base64.b64encode(CONF.encode("utf-8")).decode("ascii")},
            watch_quorum=RECORD,
            find={"files": [dict(ROOTS, path=path, checksum=EVIL) for path in ("/etc/corosync/corosync.conf", "/usr/sbin/corosync", EVIL)]},
            command={"stdout": f"totem.config_version (u64) = 1\n{EVIL}", "rc": 0},
        )
    return made


@pytest.mark.plays
def test_text_of_a_node_is_no_template_wherever_a_filter_puts_it(nodes):
    """Up to ansible-core 2.18 a text that was kept in a variable is templated when it is used, unless it is marked."""
    asked = {name: expression for name, expression in HOSTILE.items() if expression}
    tasks = [
        {"corosync.quorum.votequorum_info": {}, "register": "read"},
        {"ansible.builtin.slurp": {"src": "/etc/corosync/corosync.conf"}, "register": "file"},
        {"corosync.quorum.watch_quorum": {"state": "read"}, "register": "record"},
        {"ansible.builtin.set_fact": {"kept_" + name: "{{ " + expression + " }}" for name, expression in asked.items()}},
        {"ansible.builtin.set_fact": {"again": {name: "{{ kept_" + name + " }}" for name in asked}}},
        {"ansible.builtin.set_fact": {"items": "{{ kept_partitions | dict2items }}"}},
        {"ansible.builtin.debug": {"var": "items"}},
        nodes.kept(again="again"),
    ]
    play = {"host": 1, "batch": [1], "everyone": [1]}
    done = nodes.plays({"hosts": "web1", "tasks": tasks, "vars": {"play": play}})
    assert done.returncode == 0, done.stdout
    assert not (nodes.folder / "owned").exists()
    found = nodes.found(done, "web1")["again"]
    assert {name for name in asked if "lookup(" not in json.dumps(found[name])} == set(), "a name was to be in each"


def test_all_filters_are_asked_for_a_hostile_name():
    assert {path.stem for path in FOLDER.glob("*.py")} == set(HOSTILE)


@pytest.mark.plays
def test_text_of_a_node_is_no_template_in_the_role_cluster(nodes):
    role = {"ansible.builtin.include_role": {"name": "corosync.quorum.cluster", "tasks_from": "plan"}, "ignore_errors": True}
    see = {"ansible.builtin.debug": {"msg": "{{ [__cluster_fact, __cluster_plan] }}"}}
    done = nodes.plays({"hosts": "nodes", "tasks": [{"block": [role], "rescue": [see]}]}, variables={"cluster_name": "web"})
    assert "The hosts are of another cluster" in done.stdout and "rescued=1" in done.stdout, done.stdout
    assert not (nodes.folder / "owned").exists()
