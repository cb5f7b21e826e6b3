# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook rolling_upgrade with --limit and with variables of the play: what Ansible makes of both, over hosts that only say that they are nodes."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Outcome
from ansible_collections.corosync.quorum.tests.unit.fakes import fleets
from ansible_collections.corosync.quorum.tests.unit.fakes.nodes import Nodes, custom_upgrade

pytestmark = pytest.mark.plays

BOOK = "corosync.quorum.rolling_upgrade"
# web1 and web2 are of one cluster, web3 and web4 of another one. web5 is a printer.
PAIRS = [value for name, number in (("north", 1), ("south", 2)) for value in fleets.cluster(name, (1, 1), number=number, qdevice=1).values()]
NO_MARK = {"changed": True, "mark": None, "fault": "", "lock": None, "lock_fault": ""}


def given(nodes: Nodes) -> dict[str, t.Any]:
    """Variables of an upgrade that only calls tasks which stop and start nothing."""
    for host, answer in zip(nodes.hosts, PAIRS):
        seen = answer["votequorum"]
        nodes.answers(
            host,
            votequorum_info={"changed": False, "available": True, "quorate": True, "reading": {"value": seen, "cmap": {}, "files": {}}},
            wait_for_quorum=Outcome(True, seen, 0.0, [], [], 0, 0.0, None, None).as_result(),
            rolling_upgrade_mark=NO_MARK,
            file={"changed": True},
        )
    return custom_upgrade(nodes)


def inventory(nodes: Nodes, **own: t.Any) -> None:
    """Each pair has a group of its own. own: variables of such a group."""
    path = nodes.folder / "inventory.json"
    children = json.loads(path.read_text(encoding="utf-8"))["all"]["children"]
    hosts = children["nodes"]["hosts"]
    pairs = {
        name: {"hosts": {host: hosts[host] for host in pair}, "vars": own.get(name, {})}
        for name, pair in (("north", nodes.hosts[:2]), ("south", nodes.hosts[2:4]))
    }
    path.write_text(json.dumps({"all": {"children": dict(children, clusters={"children": pairs})}}), encoding="utf-8")


def batches(output: str) -> list[list[str]]:
    """Hosts that were looked at together, in order."""
    plays = output.split("PLAY [Upgrade the nodes, batch after batch]")[1:]
    tasks = [play.partition("Find out what there is to do on this node]")[2].partition("TASK [")[0] for play in plays]
    return [sorted(re.findall(r"^ok: \[([\w-]+)\]", task, re.MULTILINE)) for task in tasks]


AS_NOW = {"rolling_upgrade_qdevice": "as_now"}


@pytest.fixture(name="nodes")
def _nodes(tmp_path: pathlib.Path) -> Nodes:
    made = Nodes(tmp_path, 5)
    inventory(made, north=AS_NOW, south=AS_NOW)
    return made


@pytest.mark.parametrize("limit", ["!web5", "all:!web5"])
def test_a_limit_that_only_excludes(nodes: Nodes, limit: str) -> None:
    done = nodes.plays(variables=dict(given(nodes), rolling_upgrade_group="clusters"), playbook=BOOK, more=["--limit", limit])
    assert done.returncode == 0 and "2 of 2 clusters are done." in done.stdout, done.stdout
    assert batches(done.stdout) == [["round-1-of-3", "web2"], ["round-2-of-3", "web1", "web4"], ["round-3-of-3", "web3"]]


@pytest.mark.parametrize("limit", ["clusters", "web1,web2,web3,web4"])
def test_a_limit_that_leaves_out_the_helpers_is_refused_before_anything_is_changed(nodes: Nodes, limit: str) -> None:
    done = nodes.plays(variables=dict(given(nodes), rolling_upgrade_group="clusters"), playbook=BOOK, more=["--limit", limit])
    assert done.returncode and f"--limit {limit} leaves out 3 hosts that the rounds of this run need (round-1-of-3 and 2 more)." in done.stdout, done.stdout
    assert batches(done.stdout) == [] and {call.split()[1] for call in nodes.calls} <= {"votequorum_info", "rolling_upgrade_mark"}


def test_a_limit_to_one_cluster_or_to_some_of_its_hosts_is_as_ever(nodes: Nodes) -> None:
    variables = given(nodes)
    done = nodes.plays(variables=dict(variables, rolling_upgrade_group="clusters"), playbook=BOOK, more=["--limit", "south"])
    assert done.returncode == 0 and batches(done.stdout) == [["web4"], ["web3"]], done.stdout
    variables.update(rolling_upgrade_group="north", rolling_upgrade_hosts=["web1", "web2"])
    done = nodes.plays(variables=variables, playbook=BOOK, more=["--limit", "web1"])
    assert done.returncode == 0 and batches(done.stdout) == [["web1"]], done.stdout


def test_a_quorum_device_is_relied_on_in_no_cluster_because_of_a_variable_of_the_play(nodes: Nodes) -> None:
    inventory(nodes, south=AS_NOW)
    book = nodes.folder / "tonight.yml"
    book.write_text(json.dumps([{"ansible.builtin.import_playbook": BOOK, "vars": dict(AS_NOW, rolling_upgrade_group="clusters")}]), encoding="utf-8")
    done = nodes.plays(variables=given(nodes), playbook=str(book))
    words = " ".join(done.stdout.replace("\\n", " ").split())  # up to ansible-core 2.18 a message is shown as JSON
    assert done.returncode and "rolling_upgrade_qdevice is as_now for web1, web2, but the inventory does not say so for web1, web2." in words, done.stdout
    assert "Done: south. Refused: north." in words and batches(done.stdout) == [["round-1-of-2", "web4"], ["round-2-of-2", "web3"]]


def test_a_play_over_one_cluster_after_it_goes_by_itself(nodes: Nodes) -> None:
    """Its later batches have what the playbook has left of the run over many clusters. It ends with its own verdict, and with the failure of a node."""
    variables = given(nodes)
    (nodes.folder / "fails.yml").write_text(json.dumps([{"ansible.builtin.fail": {"msg": "no"}, "when": "inventory_hostname == 'web2'"}]), encoding="utf-8")
    again = {"hosts": "north", "serial": 1, "gather_facts": False, "roles": ["corosync.quorum.rolling_upgrade"]}
    plays = [
        {"ansible.builtin.import_playbook": BOOK, "vars": {"rolling_upgrade_group": "clusters"}},
        dict(again, name="It goes well"),
        dict(again, name="It fails", vars={"rolling_upgrade_upgrade_tasks": str(nodes.folder / "fails.yml")}),
    ]
    book = nodes.folder / "both.yml"
    book.write_text(json.dumps(plays), encoding="utf-8")
    done = nodes.plays(variables=variables, playbook=str(book))
    words = " ".join(done.stdout.replace("\\n", " ").split())
    assert "2 of 2 clusters are done." in words and "Not begun" not in words, done.stdout
    assert done.returncode and "Stopped because web2 failed." in words and "Done: web1." in words, done.stdout
