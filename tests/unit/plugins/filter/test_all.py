# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for all filters. In a process of its own, as this one has loaded much already."""

import json
import os
import pathlib
import subprocess
import sys

from run import trees

from ansible_collections.corosync.quorum.plugins.filter import forecast
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

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


def test_answers_with_parts_of_what_was_given_work_in_a_play(tmp_path):
    """From ansible-core 2.19 on a play gives filters lazy containers, which cannot be copied as others can."""
    answers = {
        "may_leave": "value | corosync.quorum.may_leave([2])",
        "forecast": "value | corosync.quorum.forecast([2])",
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
