# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter in the playbooks that a rulebook runs where a node has posted that it has lost quorum: real ansible-playbook, and hosts of two clusters."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.corosync.quorum.tests.unit.fakes.fleets import NOT_RUNNING, cluster
from ansible_collections.corosync.quorum.tests.unit.fakes.nodes import Nodes

pytestmark = pytest.mark.plays

Vars = dict[str, t.Any]
STOP, DIAGNOSE = "corosync.quorum.stop_upgrade", "corosync.quorum.collect_diagnostics"


@pytest.fixture(name="nodes")
def _nodes(tmp_path: pathlib.Path) -> Nodes:
    """web1 and web2 are of the cluster web, and web3, web4 of the cluster db, all not quorate."""
    made = Nodes(tmp_path, 4)
    for host in made.hosts:
        made.answers(host, quorum_lock={"changed": True, "lock": None}, command={"stdout": f"said on {host}", "stderr": "", "rc": 0, "changed": True})
    answers(made, "web", quorate=False)
    answers(made, "db", quorate=False)
    return made


def answers(nodes: Nodes, name: str, **changes: t.Any) -> None:
    """What both nodes of a cluster say from now on."""
    hosts = {"web": nodes.hosts[:2], "db": nodes.hosts[2:]}[name]
    for host, result in zip(hosts, cluster(name, (1, 1), number=len(name), **changes).values()):
        reading = {"value": result["votequorum"], "cmap": {}, "files": {}}
        nodes.answers(host, votequorum_info={"changed": False, "available": True, "quorate": result["quorate"], "reading": reading})


def play(nodes: Nodes, playbook: str, event: Vars | None = None, **variables: t.Any) -> str:
    given = dict(variables, quorum_diagnostics_dir=str(nodes.folder / "found"), **({"ansible_eda": {"event": event}} if event else {}))
    done = nodes.plays(playbook=playbook, variables=given)
    assert done.returncode == 0, done.stdout
    return done.stdout


def flagged(nodes: Nodes) -> list[str]:
    return [call.split()[0] for call in nodes.calls if call.endswith(" quorum_lock")]


def found(nodes: Nodes) -> list[str]:
    return sorted(path.name.partition("-2")[0] for path in (nodes.folder / "found").glob("*.txt"))


def lost(name: t.Any, nodeid: int = 1, **meta: t.Any) -> Vars:
    return {"event": "quorum_lost", "cluster_name": name, "node": f"{name}{nodeid}", "nodeid": nodeid, "meta": meta}


def test_an_upgrade_stops_though_another_cluster_is_quorate(nodes: Nodes) -> None:
    answers(nodes, "db")
    play(nodes, STOP, lost("web"), quorum_stop_unless_quorate=True)
    assert flagged(nodes) == ["web1", "web2"]


def test_an_upgrade_of_another_cluster_goes_on_though_that_is_not_quorate_either(nodes: Nodes) -> None:
    play(nodes, STOP, lost("db"), quorum_stop_unless_quorate="true")
    assert flagged(nodes) == ["web3", "web4"]


def test_none_stops_where_a_node_restarts_or_is_silent(nodes: Nodes) -> None:
    answers(nodes, "web")
    nodes.answers("web1", votequorum_info=NOT_RUNNING)
    play(nodes, STOP, lost("web"), quorum_stop_unless_quorate=True)
    assert flagged(nodes) == []


def test_nobody_is_asked_where_the_event_source_or_a_person_knows(nodes: Nodes) -> None:
    play(nodes, STOP, lost("web", hosts=["web3"], cluster_hosts=["web3", "web4"]))
    assert flagged(nodes) == ["web3", "web4"]
    play(nodes, STOP, quorum_hosts="web1", quorum_stop_unless_quorate="false")
    assert flagged(nodes) == ["web3", "web4", "web1"]
    assert not any(call.endswith(" votequorum_info") for call in nodes.calls)


def test_diagnostics_are_those_of_the_node_that_has_lost_quorum_with_its_cluster(nodes: Nodes) -> None:
    answers(nodes, "web")
    said = play(nodes, DIAGNOSE, lost("web"), quorum_diagnostics_unless_quorate=True)
    assert found(nodes) == [] and "web1 command" not in nodes.calls, said
    play(nodes, DIAGNOSE, lost("db", 2), quorum_diagnostics_unless_quorate=True)
    assert found(nodes) == ["web4"] and "said on web4" in next((nodes.folder / "found").glob("web4-*")).read_text(encoding="utf-8")


def test_diagnostics_by_hand_are_those_of_all_hosts_or_of_clusters_without_quorum(nodes: Nodes) -> None:
    answers(nodes, "db")
    play(nodes, DIAGNOSE, quorum_diagnostics_unless_quorate=True)
    assert found(nodes) == ["web1", "web2"]
    play(nodes, DIAGNOSE, quorum_hosts="web1:web3")
    assert set(found(nodes)) == {"web1", "web2", "web3"}
