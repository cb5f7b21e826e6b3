# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a playbook asks to stop, or looks at, where a node has posted that it has lost quorum."""

from __future__ import annotations

import copy
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet import lost
from ansible_collections.corosync.quorum.tests.unit.fakes.fleets import NOT_RUNNING, UNREACHABLE, cluster, mixed
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples

Results = dict[str, t.Any]


def down(name: str, number: int, members: t.Sequence[int] = (1,), **more: t.Any) -> Results:
    """A cluster of three of which this partition has answered; the others are out of reach."""
    found = cluster(name, number=number, domain="", members=members, **more)
    return {host: result if result["votequorum"]["nodeid"] in members else UNREACHABLE for host, result in found.items()}


WEB, DB = cluster("web", domain=""), cluster("db", number=2, domain="")
NO_WEB, NO_DB = down("web", 1), down("db", 2)
OF_WEB, OF_DB = ["web1", "web2", "web3"], ["db1", "db2", "db3"]


def found(results: t.Any, name: t.Any = None, labels: t.Mapping[str, str] | None = None, nodeid: t.Any = None) -> list[str]:
    event = {"event": "quorum_lost", "cluster_name": name, "nodeid": nodeid}
    return lost.without_quorum(results, (labels or {}).get, event, nodeid is not None)


def test_a_quorate_cluster_has_no_say_in_what_becomes_of_another_one() -> None:
    assert found({**NO_WEB, **DB}, "web") == OF_WEB
    assert found({**NO_WEB, **DB}, "db") == []
    assert found({**WEB, **NO_DB}, "db") == OF_DB
    assert found({**DB, **NO_WEB}, "web") == OF_WEB


def test_where_all_have_lost_quorum_only_the_cluster_of_the_event_is_meant() -> None:
    assert found({**NO_WEB, **NO_DB}, "web") == OF_WEB
    assert found({**NO_WEB, **NO_DB}, "db") == OF_DB


def test_one_quorate_node_is_enough_as_where_a_node_restarts() -> None:
    restarting = down("web", 1)
    quorate = {host: result for host, result in cluster("web", domain="", members=[2, 3], ring=17).items() if host != "web1"}
    assert found({**restarting, **quorate, **NO_DB}, "web") == []
    assert found({**restarting, "web2": UNREACHABLE, "web3": quorate["web3"]}, "web") == []


def test_without_the_name_of_a_cluster_each_is_judged_by_itself() -> None:
    assert found({**NO_WEB, **DB}) == OF_WEB
    assert found({**NO_WEB, **NO_DB}, "") == OF_WEB + OF_DB
    assert found({**WEB, **DB}) == []


def test_hosts_that_did_not_answer_are_of_the_cluster_that_has_their_name() -> None:
    assert found({**NO_WEB, "db1": NOT_RUNNING, "db2": DB["db2"], "db3": DB["db3"]}, "web") == OF_WEB
    halves = {"web2": down("web", 1, [2])["web2"], "db2": down("db", 2, [2])["db2"]}
    assert found({"web1": NOT_RUNNING, "db1": UNREACHABLE, **halves}, "web") == ["web1", "web2"]


def test_who_cannot_be_told_apart_is_taken_for_a_host_of_the_cluster_as_long_as_that_may_be() -> None:
    silent = {"10-0-0-7": UNREACHABLE, "printer": {"failed": True, "msg": "no python"}}
    some = {host: result for host, result in NO_WEB.items() if host != "web3"}
    assert found({**some, **silent}, "web") == ["web1", "web2", *silent], "one of them may be web3"
    assert found({**NO_WEB, **silent}, "web") == OF_WEB, "all nodes of web are other hosts"
    assert found({**some, **silent, **DB}, "db") == [], "db is quorate, and needs none"
    assert found({**silent, **DB}, "web") == list(silent), "nobody of web has answered"
    assert found(silent) == list(silent)


def test_clusters_of_one_name_are_judged_each_by_itself() -> None:
    one, other = cluster("debian", domain=".a", members=[1]), cluster("debian", number=2, domain=".b")
    hosts = {host: result for host, result in {**one, **other}.items() if host not in ("debian2.a", "debian3.a")}
    assert found(hosts, "debian") == ["debian1.a"]


def test_clusters_that_look_alike_are_told_apart_by_hand() -> None:
    one, other = cluster("debian", domain=".a", members=[1]), cluster("debian", domain=".b", ring=21)
    hosts = {host: result for host, result in {**one, **other}.items() if host not in ("debian2.a", "debian3.a")}
    labels = {host: host[-1] for host in hosts}
    assert (found(hosts, "debian"), found(hosts, "debian", labels)) == ([], ["debian1.a"])


def test_a_half_that_has_been_told_of_another_nodelist_is_no_other_cluster() -> None:
    longer = cluster("web", (1, 1, 1, 1), domain="", members=[2, 3, 4], ring=21)
    hosts = {"web1": NO_WEB["web1"], **{host: result for host, result in longer.items() if host != "web1"}}
    assert found(hosts, "web") == []


def test_without_a_nodelist_a_restarting_node_is_not_alone_in_the_world() -> None:
    hosts = {"web1": copy.deepcopy(NO_WEB["web1"]), "web2": copy.deepcopy(cluster("web", domain="", members=[2, 3], ring=17)["web2"])}
    for result in hosts.values():
        seen = result["votequorum"]
        seen["nodes"] = [dict(node, configured_votes=None) for node in seen["nodes"] if node["nodeid"] in seen["members"]]
        seen["missing"] = []
    assert found(hosts, "web") == []
    hosts["web2"]["votequorum"]["quorate"] = False
    assert found(hosts, "web") == ["web1", "web2"]


def test_the_node_of_the_event_alone() -> None:
    assert found({**NO_WEB, **NO_DB}, "web", nodeid=1) == ["web1"]
    assert found({**NO_WEB, **NO_DB}, "web", nodeid=3) == ["web3"], "it is out of reach, and has the name of node 3"
    assert found({**WEB, **NO_DB}, "web", nodeid=1) == []
    assert found({**NO_WEB, **NO_DB}, "web", nodeid=9) == OF_WEB, "none of them is known to be that"
    assert found({"a": UNREACHABLE, **DB}, "web", nodeid=1) == ["a"]


@pytest.mark.parametrize("given_", [{}, [], None, "web1"])
def test_what_is_no_result_is_refused_with_a_sentence(given_: t.Any) -> None:
    with pytest.raises(ForecastError, match="without_quorum"):
        found(given_, "web")


@examples(30)
@given(st.data())
def test_the_answer_is_some_of_the_hosts_in_their_order_and_never_one_of_another_quorate_cluster(data: st.DataObject) -> None:
    everything = mixed()
    hosts = data.draw(st.permutations(sorted(everything)))
    results = {host: everything[host] for host in hosts[: data.draw(st.integers(1, len(hosts)))]}
    name = data.draw(st.sampled_from([None, "web", "db", "storage", "old", "debian", "nobody", 7]))
    answer = found(results, name, nodeid=data.draw(st.sampled_from([None, 1, 99])))
    assert answer == [host for host in results if host in answer]
    assert not any(results[host].get("quorate") for host in answer)
