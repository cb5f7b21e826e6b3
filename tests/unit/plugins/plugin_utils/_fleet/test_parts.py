# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts of an upgrade are of which cluster."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.parts import parts_of
from ansible_collections.corosync.quorum.tests.unit.fakes import fleets
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples


def views(results: dict[str, t.Any], marks: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
    """What the preflight has asked of each host."""
    return {
        host: {"host": host, "answer": result, "mark": (marks or {}).get(host), "obstacles": [], "fault": "", "lock": None, "key": None}
        for host, result in results.items()
    }


def found(results: dict[str, t.Any], marks: dict[str, t.Any] | None = None, **labels: str) -> t.Any:
    return parts_of(views(results, marks), {host.replace("_", "."): name for host, name in labels.items()})


WEB, DB = fleets.cluster("web", (1, 1), domain=""), fleets.cluster("db", (1, 1, 1), number=2, domain="")
STOPPED = {"phase": "start", "nodeid": 3, "rebooted": False, "at": ""}


def test_clusters_are_in_the_order_of_the_inventory() -> None:
    parts = found({**WEB, **DB})
    assert [(part.name, part.hosts, part.refusals) for part in parts.clusters] == [("web", ("web1", "web2"), ()), ("db", ("db1", "db2", "db3"), ())]
    assert [part.name for part in found({**DB, **WEB}).clusters] == ["db", "web"]
    assert parts.are_many and not parts.strangers


def test_one_cluster_has_all_hosts_also_those_that_did_not_answer() -> None:
    parts = found({**WEB, "printer": fleets.UNREACHABLE})
    assert not parts.are_many and parts.clusters[0].hosts == ("web1", "web2", "printer")
    nothing = found({"web1": fleets.UNREACHABLE, "web2": fleets.NOT_RUNNING})
    assert not nothing.are_many and nothing.clusters[0].hosts == ("web1", "web2")


def test_a_host_of_no_cluster_is_named_and_the_rest_goes_on() -> None:
    parts = found({**WEB, **DB, "printer": fleets.UNREACHABLE})
    assert [part.refusals for part in parts.clusters] == [(), ()]
    assert list(parts.strangers) == ["printer"] and "No route to host" in parts.strangers["printer"]


def test_where_a_stranger_may_be_a_node_of_a_cluster_that_cluster_is_refused() -> None:
    less = {host: result for host, result in DB.items() if host != "db3"}
    parts = found({**WEB, **less, "storage": fleets.UNREACHABLE})
    assert parts.clusters[0].refusals == ()
    assert parts.clusters[1].refusals[0].startswith("No host that answered is db3 of this cluster. One of these hosts, which did not answer, may be: ")
    assert found({**WEB, **less}).clusters[1].refusals == (), "a part of a cluster, with no doubt who is who"


# db3 is down, and the host that is this node says so, or something else, or nothing.
REST = {host: result for host, result in fleets.cluster("db", (1, 1, 1), number=2, domain="", members=[1, 2]).items() if host != "db3"}
FROZEN = {"available": False, "quorate": False, "changed": False, "reason": "timeout", "msg": "corosync does not answer."}
NO_LIBRARY = dict(FROZEN, reason="no_library", msg="libvotequorum.so.8 is not there.")
FAILED = {"failed": True, "msg": "/bin/sh: python3: not found"}
STARTING = fleets.answer(dict(DB["db3"]["votequorum"], members=[]))


def test_a_node_that_is_down_is_placed_by_its_name_its_label_or_the_mark_of_an_interrupted_run() -> None:
    assert found({**WEB, **REST, "db3": fleets.NOT_RUNNING}).clusters[1].hosts == ("db1", "db2", "db3")
    by_mark = found({**WEB, **REST, "other": fleets.NOT_RUNNING}, {"other": STOPPED})
    assert [(part.hosts, part.refusals) for part in by_mark.clusters] == [(("web1", "web2"), ()), (("db1", "db2", "other"), ())]
    labels = {"db1": "main", "db2": "main", "other": "main"}
    assert found({**WEB, **REST, "other": fleets.UNREACHABLE}, **labels).clusters[1].hosts == ("db1", "db2", "other")


@pytest.mark.parametrize(
    "answer", [FROZEN, NO_LIBRARY, FAILED, STARTING, fleets.UNREACHABLE, dict(FROZEN, reason=None), {}, dict(FAILED, reason="not_running")]
)
def test_a_mark_alone_places_no_host_whose_corosync_may_run_in_another_cluster(answer: t.Any) -> None:
    """The cluster would let it be down, and the run would stop what runs there."""
    parts = found({**WEB, **REST, "other": answer}, {"other": STOPPED})
    assert parts.clusters[1].hosts == ("db1", "db2") and list(parts.strangers) == ["other"]
    assert "One of these hosts, which did not answer, may be: other." in parts.clusters[1].refusals[0]


def test_a_mark_alone_places_no_host_where_that_node_is_a_member() -> None:
    """On the host corosync does not run, so it is not this node."""
    less = {host: result for host, result in DB.items() if host != "db3"}
    parts = found({**WEB, **less, "other": fleets.NOT_RUNNING}, {"other": STOPPED})
    assert list(parts.strangers) == ["other"] and parts.clusters[1].refusals


def test_a_mark_that_several_hosts_have_places_none_of_them() -> None:
    parts = found({**WEB, **REST, "other": fleets.NOT_RUNNING, "another": fleets.NOT_RUNNING}, {"other": STOPPED, "another": STOPPED})
    assert list(parts.strangers) == ["other", "another"] and parts.clusters[1].refusals
    two_lack_it = {f"mail{number}": fleets.cluster("mail", (1, 1, 1), number=4, domain="", members=[1, 2])[f"mail{number}"] for number in (1, 2)}
    parts = found({**WEB, **REST, **two_lack_it, "other": fleets.NOT_RUNNING}, {"other": STOPPED})
    assert list(parts.strangers) == ["other"], "it may be of either cluster"


@pytest.mark.parametrize("answer", [FROZEN, NO_LIBRARY, FAILED, STARTING])
def test_a_name_alone_is_not_enough_to_stop_what_may_run_in_another_cluster(answer: t.Any) -> None:
    """Two sites may have the same short names. Without a mark it is for the preflight to refuse that."""
    results = {**WEB, **REST, "db3": answer}
    (refusal,) = found(results, {"db3": STOPPED}).clusters[1].refusals
    assert refusal.startswith("An upgrade of db3 was interrupted, and db3 does not say that corosync is stopped there: ")
    assert found(results).clusters[1].refusals == found({**results, "db3": fleets.NOT_RUNNING}, {"db3": STOPPED}).clusters[1].refusals == ()
    assert found(results, {"db3": dict(STOPPED, phase="done")}).clusters[1].refusals == (), "it has not to be stopped"
    labels = {"db1": "main", "db2": "main", "db3": "main"}
    assert found(results, {"db3": STOPPED}, **labels).clusters[1].refusals == (), "somebody has said which cluster it is of"
    assert found(results, {"db3": STOPPED}, db3="main").clusters[1].refusals, "but not that this is that cluster"


def test_a_mark_and_a_name_that_are_of_different_nodes_are_refused() -> None:
    for labels in ({}, {"db1": "main", "db2": "main", "db3": "main"}):
        (refusal,) = found({**WEB, **REST, "db3": fleets.NOT_RUNNING}, {"db3": dict(STOPPED, nodeid=2)}, **labels).clusters[1].refusals
        assert refusal.startswith("An upgrade of db3 was interrupted when it was node id 2. By its name it is node id 3 of this cluster.")
    labels = {"db1": "main", "db2": "main", "other": "main"}
    (refusal,) = found({**WEB, **REST, "other": FROZEN}, {"other": dict(STOPPED, nodeid=1)}, **labels).clusters[1].refusals
    assert refusal.startswith("An upgrade of other was interrupted when it was node id 1. This cluster has another host for this node, or no such")


def test_where_one_cluster_answers_an_interrupted_host_may_be_of_another_one() -> None:
    """Its gate would ask about the host that has this node id here."""
    (part,) = found({**WEB, "db1": FROZEN}, {"db1": dict(STOPPED, nodeid=1)}).clusters
    assert part.refusals[0].startswith("An upgrade of db1 was interrupted when it was node id 1. In this cluster web1 is this node.")
    (part,) = found({**REST, "other": FROZEN}, {"other": STOPPED}).clusters
    assert part.refusals == (), "one cluster is what was given"
    assert found({**WEB, "db1": FROZEN}, {"db1": dict(STOPPED, nodeid=1, phase="done")}).clusters[0].refusals == ()


def test_hosts_that_say_they_are_the_same_node_are_refused_until_they_are_told_apart() -> None:
    twins = {**fleets.cluster("debian", (1, 1), domain=".a"), **fleets.cluster("debian", (1, 1), domain=".b", ring=21)}
    alike = found({**WEB, **twins}).clusters[1]
    assert len(alike.hosts) == 4 and "each say that they are debian1 (node id 1)" in alike.refusals[0] and "quorum_cluster" in alike.refusals[0]
    apart = found({**WEB, **twins}, debian1_a="a", debian2_a="a", debian1_b="b", debian2_b="b")
    assert [(part.name, part.refusals) for part in apart.clusters] == [("web", ()), ("a", ()), ("b", ())]
    alone = found(twins)
    assert not alone.are_many and "each say that they are debian1" in alone.clusters[0].refusals[0]


def test_equal_names_are_told_apart_by_a_host() -> None:
    other = fleets.cluster("web", (1, 1), number=7, domain=".b")
    assert [part.name for part in found({**WEB, **other}).clusters] == ["web (web1)", "web (web1.b)"]


def test_hosts_that_disagree_about_the_nodes_are_one_cluster_that_is_refused() -> None:
    more = {"web3": fleets.cluster("web", (1, 1, 1), domain="")["web3"]}
    parts = found({**WEB, **more, **DB})
    assert [part.hosts for part in parts.clusters] == [("web1", "web2", "web3"), ("db1", "db2", "db3")]
    assert any("have a node in common and differ in the other nodes" in sentence for sentence in parts.clusters[0].refusals)


@pytest.mark.parametrize("order", [list, reversed, sorted])
def test_the_names_of_hosts_have_no_meaning(order: t.Any) -> None:
    results = {f"host{number}": result for number, result in enumerate({**WEB, **DB}.values())}
    parts = found({host: results[host] for host in order(list(results))})
    assert sorted(sorted(part.hosts) for part in parts.clusters) == [["host0", "host1"], ["host2", "host3", "host4"]]


MIXED = fleets.mixed()


@examples(200)
@given(st.permutations(sorted(MIXED)), st.integers(0, len(MIXED)))
def test_each_host_is_in_exactly_one_place(hosts: list[str], left_out: int) -> None:
    parts = found({host: MIXED[host] for host in hosts[left_out:]})
    assert sorted([host for part in parts.clusters for host in part.hosts] + list(parts.strangers)) == sorted(hosts[left_out:])
