# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many clusters: whose hosts are whose, what may be stopped, and what is said of hosts that did not answer."""

from __future__ import annotations

import copy
import json
import time
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.clusters import clusters
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.types import VERDICTS
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import gate
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.batches import upgrade_batches
from ansible_collections.corosync.quorum.tests.unit.fakes.daemons import values as any_values
from ansible_collections.corosync.quorum.tests.unit.fakes.fleets import NOT_RUNNING, UNREACHABLE, answer, cluster, fleet, named
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

Results = dict[str, t.Any]
NOW = time.time()


def asked(results: t.Any, labels: t.Any = None, max_age: t.Any = 900) -> list[dict[str, t.Any]]:
    found = clusters(results, labels, max_age, NOW)
    assert json.loads(json.dumps(found)) == found
    return t.cast("list[dict[str, t.Any]]", found)


def one(results: Results, **more: t.Any) -> dict[str, t.Any]:
    [found] = asked(results, **more)
    return found


def stops(found: dict[str, t.Any]) -> list[int]:
    return [node["nodeid"] for node in found["nodes"] if node["may_stop"]]


def hosts_of(found: list[dict[str, t.Any]]) -> list[list[str]]:
    return [entry["hosts"] for entry in found]


# ---- healthy ones --------------------------------------------------------------------------------------------------------


def test_a_healthy_cluster() -> None:
    found = one(cluster())
    assert (found["name"], found["hosts"], found["verdict"]) == ("web", ["web1.example.com", "web2.example.com", "web3.example.com"], "ok")
    assert (found["quorate"], found["total_votes"], found["quorum"], found["expected_votes"], found["tolerates"], found["margin"]) == (True, 3, 2, 3, 1, 1)
    assert found["nodes"][1] == {
        "nodeid": 2,
        "name": "web2",
        "host": "web2.example.com",
        "state": "member",
        "votes": 1,
        "may_stop": True,
        "reason": "Without web2, 2 votes are present, quorum is 2 of 3 expected: enough.",
        "links_down": [],
    }
    assert (stops(found), found["may_stop_together"], found["problems"]) == ([1, 2, 3], ["web3"], [])
    assert found["partitions"]["agreed"] is True
    assert found["summary"] == "Quorate with 3 votes, 2 needed; each node may be stopped, one at a time."


def test_clusters_come_by_name_and_then_the_hosts_of_none() -> None:
    found = asked({**cluster("web"), **cluster("db", (1, 1), number=2, two_node=True), "mail": NOT_RUNNING, "dns": NOT_RUNNING, "old": UNREACHABLE})
    assert [entry["name"] for entry in found] == ["db", "web", None, None]
    assert hosts_of(found)[2:] == [["dns", "mail"], ["old"]]
    assert found[2]["summary"] == "dns, mail returned no votequorum value: corosync is not running on this node."
    assert (found[2]["verdict"], found[2]["nodes"], found[2]["tolerates"]) == ("unknown", [], None)
    assert "old cannot be reached: Failed to connect" in found[3]["summary"]


def test_without_reserve() -> None:
    found = one(cluster(votes=(1, 1)))
    assert (found["verdict"], stops(found), found["may_stop_together"], found["margin"]) == ("no_reserve", [], [], 0)
    assert "no node may be stopped: Without web1, 1 vote is present" in found["summary"]


def test_a_heavy_node_may_not_go_and_the_others_may() -> None:
    found = one(cluster(votes=(3, 1, 1)))
    assert (stops(found), found["may_stop_together"], found["verdict"]) == ([2, 3], [], "no_reserve")
    assert "web2, web3 may be stopped, one at a time, and the loss of some others would cost quorum" in found["summary"]


# ---- who is of which cluster ---------------------------------------------------------------------------------------------


def test_clusters_of_one_name_are_told_apart_by_their_nodes() -> None:
    first, second = cluster("debian", domain=".a"), cluster("debian", domain=".b", number=2)
    found = asked({**first, **second})
    assert hosts_of(found) == [list(first), list(second)]
    assert [stops(entry) for entry in found] == [[1, 2, 3], [1, 2, 3]]


def test_clones_are_unknown_until_somebody_tells_them_apart() -> None:
    first, second = cluster("debian", domain=".a"), cluster("debian", domain=".b", ring=17)
    found = one({**first, **second})
    assert (found["verdict"], stops(found), found["may_stop_together"]) == ("unknown", [], [])
    assert found["problems"][0]["id"] == "same_node" and "debian1.a, debian1.b each say that they are debian1 (node id 1)" in found["summary"]
    labels = {**dict.fromkeys(first, "north"), **dict.fromkeys(second, "south")}
    told = asked({**first, **second}, labels)
    assert [(entry["name"], entry["hosts"], stops(entry)) for entry in told] == [("north", list(first), [1, 2, 3]), ("south", list(second), [1, 2, 3])]


def test_clones_with_uuids_are_different_clusters() -> None:
    first, second = cluster("debian", domain=".a", uuid="1"), cluster("debian", domain=".b", uuid="2")
    assert hosts_of(asked({**first, **second})) == [list(first), list(second)]


def test_one_uuid_is_one_cluster_whatever_else_differs() -> None:
    results = cluster(uuid="1")
    odd = named(value((1, 1, 1, 1), asked=3, members=[1, 2, 3], cluster_name="new", cluster_uuid="1"), "web")
    results["web3.example.com"] = answer(odd)
    found = one(results)
    assert (found["name"], len(found["hosts"]), stops(found), found["verdict"]) == ("web", 3, [], "degraded")
    assert "hosts_disagree" in [problem["id"] for problem in found["problems"]]


def test_drifted_nodelists_on_one_ring_are_one_cluster_that_is_not_touched() -> None:
    results = cluster()
    results["web3.example.com"]["votequorum"]["nodes"][0]["addresses"] = ["10.9.9.9"]
    found = one(results)
    assert (found["verdict"], stops(found)) == ("degraded", [])
    [problem] = found["problems"]
    assert problem["id"] == "hosts_disagree" and problem["hosts"] == sorted(results)
    assert "web1.example.com, web2.example.com have also web1 (id 1, 10.1.0.1); web3.example.com has also web1 (id 1, 10.9.9.9)" in problem["message"]
    assert found["nodes"][0]["reason"] == problem["message"]


def test_a_node_in_common_elsewhere_is_a_doubt_about_both() -> None:
    """Another ring, so nobody knows whether that is another cluster of the same name, or this one with a forgotten file."""
    odd = named(value((1, 1), asked=1, ring=77, cluster_name="web"), "web")
    found = asked({**cluster(), "lost": answer(odd)})
    assert [stops(entry) for entry in found] == [[], []]
    assert all(entry["problems"][0]["id"] == "hosts_disagree" and "lost" in entry["problems"][0]["message"] for entry in found)
    told = asked({**cluster(), "lost": answer(odd)}, {"lost": "attic"})
    assert {entry["name"]: stops(entry) for entry in told}["web"] == [1, 2, 3]


def test_without_a_nodelist_the_ring_tells() -> None:
    def bare(results: Results) -> Results:
        for result in results.values():
            for node in result["votequorum"]["nodes"]:
                node.update(configured_votes=None, name=None, addresses=None)
        return results

    first, second = bare(cluster(domain=".a")), bare(cluster(domain=".b", ring=21))
    found = asked({**first, **second})
    assert hosts_of(found) == [list(first), list(second)] and stops(found[0]) == [1, 2, 3]


def test_names_that_are_not_the_inventorys_are_no_hindrance() -> None:
    results = dict(zip(["alpha", "beta", "gamma"], cluster().values()))
    assert [node["host"] for node in one(results)["nodes"]] == ["alpha", "beta", "gamma"]


@pytest.mark.parametrize("name", ["web3", "WEB3.example.org", "10.1.0.3"])
@pytest.mark.parametrize("result", [UNREACHABLE, NOT_RUNNING, {"failed": True, "msg": "no"}, {"skipped": True, "changed": False}, {}, None, "text"])
def test_a_host_that_does_not_answer_is_of_the_cluster_that_has_its_node(name: str, result: t.Any) -> None:
    results = cluster()
    del results["web3.example.com"]
    found = one({**results, name: result})
    assert (sorted(found["hosts"]), found["nodes"][2]["host"], found["verdict"]) == (sorted([*results, name]), name, "degraded")
    assert stops(found) == [] and name in found["nodes"][0]["reason"]


def test_a_host_whose_name_two_clusters_have_is_of_none() -> None:
    first, second = cluster("db", domain=".a"), cluster("db", domain=".b", number=2)
    del first["db3.a"], second["db3.b"]
    found = asked({**first, **second, "db3": UNREACHABLE})
    assert hosts_of(found) == [list(first), list(second), ["db3"]]


# ---- what is not well ----------------------------------------------------------------------------------------------------


def test_a_split_brain() -> None:
    halves = {
        **{f"web{nodeid}": answer(value((1,) * 4, asked=nodeid, members=[1, 2], quorate=True)) for nodeid in (1, 2)},
        **{f"web{nodeid}": answer(value((1,) * 4, asked=nodeid, members=[3, 4], quorate=True, ring=17)) for nodeid in (3, 4)},
    }
    found = one(halves)
    assert (found["verdict"], stops(found), found["quorate"]) == ("split", [], True)
    assert found["summary"].startswith("Split brain: ")


def test_not_quorate() -> None:
    results = {host: result for host, result in cluster(members=[1]).items() if host.startswith("web1")}
    found = one(results)
    assert (found["verdict"], found["quorate"], found["tolerates"], stops(found)) == ("not_quorate", False, 0, [])
    assert found["summary"] == "Not quorate: 1 vote, 2 needed; not there: web2, web3."


def test_one_node_is_down() -> None:
    results = {host: result for host, result in cluster(votes=(1,) * 5, members=[1, 2, 3, 4]).items() if not host.startswith("web5")}
    found = one({**results, "web5": NOT_RUNNING})
    assert (found["verdict"], found["tolerates"], stops(found)) == ("degraded", 1, [])
    assert found["nodes"][4]["state"] == "dead" and "Not there: web5" in found["summary"]


def test_a_link_that_is_down_is_named() -> None:
    results = cluster()
    results["web1.example.com"]["votequorum"]["nodes"][1]["links"] = [{"link": 0, "connected": True}, {"link": 1, "connected": False}]
    found = one(results)
    assert (found["nodes"][1]["links_down"], found["verdict"], stops(found)) == ([1], "degraded", [1, 2, 3])
    assert "Not connected: link 1 to web2" in found["summary"]


def test_problems_are_said_once_with_the_hosts_that_see_them() -> None:
    problem = {"id": "a", "severity": "warning", "message": "m", "advice": "d"}
    error = dict(problem, id="b", severity="error")
    results = cluster()
    for result in results.values():
        result["votequorum"]["problems"] = [problem]
    assert one(results)["problems"] == [dict(problem, hosts=list(results))]
    assert one(results)["verdict"] == "ok"
    results["web2.example.com"]["votequorum"]["problems"] = [problem, error]
    found = one(results)
    assert [entry["id"] for entry in found["problems"]] == ["b", "a"]
    assert (stops(found), found["verdict"]) == ([], "degraded")


def test_members_that_may_disagree_have_to_answer() -> None:
    results = cluster(wait_for_all=True)
    assert stops(one(results)) == [1, 2, 3]
    del results["web3.example.com"]
    found = one(results)
    assert stops(found) == [3] and "there is no answer of web3" in found["nodes"][0]["reason"]


def test_a_single_host_can_speak_of_the_others() -> None:
    [host, *_others] = cluster()
    found = one({host: cluster()[host]})
    assert stops(found) == [2, 3] and "nobody can say what stays" in found["nodes"][0]["reason"]


LOCK = {"run_id": "0123456789abcdef", "role": "cluster", "user": "anna", "controller": "ctl1", "since": "2026-11-28T10:00:00Z"}


def locked(results: Results, **locks: t.Any) -> Results:
    """Each host's lock: nobody has it, but where `locks` says more, by the first part of its name."""
    for host, result in results.items():
        result.update({"lock": None, "lock_fault": ""}, **locks.get(host.split(".", maxsplit=1)[0], {}))
    return results


def test_a_run_that_has_the_lock_is_named_and_stops_every_other_stop() -> None:
    assert stops(one(locked(cluster()))) == [1, 2, 3]
    found = one(locked(cluster(), web2={"lock": LOCK}, web3={"lock": LOCK}))
    assert (stops(found), found["may_stop_together"], found["verdict"]) == ([], [], "degraded")
    said = "Run 0123456789abcdef of the role cluster, started at 2026-11-28T10:00:00Z by anna on ctl1, has the lock on web2.example.com, web3.example.com."
    assert found["nodes"][0]["reason"] == said and said[:-1] in found["summary"]
    [problem] = found["problems"]
    assert (problem["id"], problem["hosts"]) == ("run_under_way", ["web2.example.com", "web3.example.com"])


@pytest.mark.parametrize("odd", [{"lock_fault": "x\x1b[2J"}, {"lock": "anna"}, {"lock": {"run_id": "{{ x }}"}}])
def test_where_nobody_can_say_who_has_the_lock_it_may_be_anybody(odd: Results) -> None:
    found = one(locked(cluster(), web2=odd))
    assert stops(found) == [] and "\x1b" not in found["summary"]
    assert found["summary"].startswith("Nobody can say which run has the lock on web2.example.com: ")


def test_what_was_read_long_ago_counts_for_nothing() -> None:
    old = cluster(read_at="2026-01-01T00:00:00Z")
    found = one(old)
    assert stops(found) == [] and "ago, which is longer than max_age (900 s): read it again" in found["nodes"][0]["reason"]
    assert stops(one(old, max_age=0)) == [1, 2, 3]
    unknown = cluster()
    for result in unknown.values():
        result["votequorum"]["read_at"] = None
    found = one(unknown)
    assert stops(found) == [] and "It is not known when this was read" in found["nodes"][0]["reason"]


# ---- bad input -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ({}, "clusters was given a dictionary: it needs the result of at least one host"),
        ([], "clusters was given an empty list"),
        ("web1", "clusters takes the results of all hosts"),
        (None, "clusters takes the results of all hosts"),
        (cluster()["web1.example.com"], "but was given the result of one host"),
    ],
)
def test_what_are_no_results_is_named(results: t.Any, words: str) -> None:
    with pytest.raises(ForecastError, match=words.replace("(", r"\(")):
        asked(results)


def test_bad_options_are_named() -> None:
    with pytest.raises(ForecastError, match="quorum_cluster is a list, but must be a dictionary"):
        asked(cluster(), ["web1"])
    with pytest.raises(ForecastError, match="max_age is the number -1"):
        asked(cluster(), max_age=-1)


def older(result: Results) -> Results:
    made = copy.deepcopy(result)
    for key in ("cluster_name", "cluster_uuid"):
        del made["votequorum"][key]
    return made


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"changed": False, "ping": "pong"}, "the result has no votequorum value"),
        ({"votequorum": {"nodeid": 1}}, "it lacks quorate"),
        (older(cluster()["web1.example.com"]), "earlier version of corosync.quorum"),
    ],
)
def test_a_result_of_something_else_costs_nobody_the_rest(result: t.Any, words: str) -> None:
    found = asked({**cluster("db"), "odd": result})
    assert [entry["name"] for entry in found] == ["db", None]
    assert (stops(found[0]), found[1]["hosts"]) == ([1, 2, 3], ["odd"]) and words in found[1]["summary"]


def test_names_twice_are_two_results() -> None:
    found = asked([dict(NOT_RUNNING, item="web1"), dict(NOT_RUNNING, item="web1")])
    assert hosts_of(found) == [["web1", "web1 (2)"]]


def test_names_do_nothing_to_a_terminal() -> None:
    results = cluster("\x1b[2J")
    assert "\x1b" not in json.loads(json.dumps(one(results)["summary"]))


# ---- properties ----------------------------------------------------------------------------------------------------------


@st.composite
def fleets(draw: st.DrawFn) -> Results:
    """Clusters in any state, some hosts of which did not answer."""
    found: Results = {}
    for number in range(draw(st.integers(1, 3))):
        seen = draw(any_values())
        count = len(seen["nodes"])
        views = {nodeid: named(_as_seen_by(seen, nodeid), f"c{number}n", number) for nodeid in range(1, count + 1)}
        if draw(st.booleans()):
            down = draw(st.sampled_from(sorted(views)))
            for view in views.values():
                _lose(view, down)
            views.pop(down)
        if draw(st.integers(0, 4)) == 0:
            _split(draw, views)
        prefix = draw(st.sampled_from(["", "inventory-"]))  # names that are not the inventory's
        for nodeid, view in views.items():
            if draw(st.integers(0, 9)) == 0:
                _drift(draw, view)
            view["cluster_name"] = draw(st.sampled_from(["debian", f"c{number}"])) if draw(st.integers(0, 9)) == 0 else f"c{number}"
            if draw(st.integers(0, 9)) == 0:
                view.update(draw(st.sampled_from([{"settled": False}, {"two_node": True}, {"ring_id": {"nodeid": 1, "seq": 99}}, {"quorate": False}])))
            silent = draw(st.sampled_from([UNREACHABLE, NOT_RUNNING, {}, {"skipped": True}, {"failed": True}]))
            host = f"{prefix}c{number}n{nodeid}"
            found[host] = answer(view) if draw(st.integers(0, 9)) else silent
            if draw(st.booleans()):
                found[host] = dict(found[host], lock=draw(st.sampled_from([None, None, LOCK])), lock_fault="")
    return found


def _split(draw: st.DrawFn, views: dict[int, Results]) -> None:
    """Two parts that do not see each other, each of which may say that it is quorate."""
    one_side = {nodeid for nodeid in views if draw(st.booleans())}
    for nodeid, view in views.items():
        side = one_side if nodeid in one_side else set(views) - one_side
        for other in set(view["members"]) - side:
            _lose(view, other)
        view["missing"] = [node["nodeid"] for node in view["nodes"] if node["nodeid"] not in view["members"]]
        view.update(quorate=draw(st.booleans()), ring_id={"nodeid": min(side), "seq": 21 if nodeid in one_side else 25})


def _drift(draw: st.DrawFn, view: Results) -> None:
    """This host's nodelist is another one than that of the others."""
    node = draw(st.sampled_from(view["nodes"]))
    if draw(st.booleans()):
        node["addresses"] = ["198.51.100.1"]
    elif node["nodeid"] not in view["members"]:
        view["nodes"].remove(node)
        view["missing"] = [nodeid for nodeid in view["missing"] if nodeid != node["nodeid"]]
    else:
        node["configured_votes"] = None


def _as_seen_by(seen: Results, nodeid: int) -> Results:
    made = copy.deepcopy(seen)
    made.update(nodeid=nodeid)
    for node in made["nodes"]:
        node["local"] = node["nodeid"] == nodeid
    return made


def _lose(view: Results, nodeid: int) -> None:
    [node] = [node for node in view["nodes"] if node["nodeid"] == nodeid]
    node["state"] = "dead"
    view["members"] = [member for member in view["members"] if member != nodeid]
    view["missing"] = [nodeid]
    view["total_votes"] -= node["votes"]
    view["quorate"] = view["total_votes"] >= view["quorum"]


@examples(200)
@given(results=fleets())
def test_no_node_may_stop_that_the_gate_would_refuse_and_each_host_is_in_one_place(results: Results) -> None:
    found = asked(results)
    assert sorted(host for entry in found for host in entry["hosts"]) == sorted(results)
    for entry in found:
        assert entry["verdict"] in VERDICTS and entry["summary"].endswith(".") and "\n" not in entry["summary"]
        for node in entry["nodes"]:
            assert node["reason"]
            if node["may_stop"]:
                _gate_agrees(entry, results, [node["nodeid"]])
        together = [node["nodeid"] for node in entry["nodes"] if node["name"] in entry["may_stop_together"]]
        assert len(together) == len(entry["may_stop_together"])
        if together:
            _gate_agrees(entry, results, together)


def _gate_agrees(entry: dict[str, t.Any], results: Results, nodeids: list[int]) -> None:
    """Each host of the cluster that stays says yes, asked by the gate itself; and where it asks all of them, each member that stays has a host."""
    batch: dict[str, int | str] = {f"node id {nodeid}": nodeid for nodeid in nodeids}
    stop = gate.Stop(host=next(iter(batch)), batch=batch)
    values = {host: results[host]["votequorum"] for host in entry["hosts"] if "votequorum" in results[host]}
    stay = {host: seen for host, seen in values.items() if seen["nodeid"] not in nodeids}
    assert stay
    for host in stay:
        answered = gate.judge(stop, host, dict({"lock": None, "lock_fault": ""}, **results[host]))
        assert answered["safe"], answered["msg"]
    if any(map(gate.must_ask_all, values.values())):
        assert {member for seen in values.values() for member in seen["members"]} <= {seen["nodeid"] for seen in stay.values()} | set(nodeids)


@examples(100)
@given(votes=st.lists(st.integers(1, 4), min_size=2, max_size=6), count=st.integers(1, 4))
def test_on_healthy_clusters_each_node_that_may_stop_says_so(votes: list[int], count: int) -> None:
    """By votes alone, counted here."""
    results: Results = {}
    for number in range(count):
        results.update(cluster(f"c{number}n", votes, number))
    for entry in asked(results):
        needed = sum(votes) // 2 + 1
        assert stops(entry) == [nodeid for nodeid, own in enumerate(votes, start=1) if sum(votes) - own >= needed]
        assert entry["margin"] == sum(votes) - needed
        fallen, tolerated = 0, -1
        for own in sorted(votes, reverse=True):
            if sum(votes) - fallen < needed:
                break
            fallen, tolerated = fallen + own, tolerated + 1
        assert entry["tolerates"] == tolerated


@examples(100)
@given(seen=any_values())
def test_of_equal_views_one_is_asked_and_the_answer_is_that_of_all(seen: Results) -> None:
    """What is asked once for several hosts is what each of them would say."""
    results = {f"host{nodeid}": answer(_as_seen_by(seen, nodeid)) for nodeid in seen["members"]}
    for entry in asked(results, max_age=0):
        for node in entry["nodes"]:
            if node["may_stop"]:
                _gate_agrees(entry, results, [node["nodeid"]])


@pytest.mark.slow
@examples(60)
@given(seen=any_values(), other=any_values())
def test_the_first_batch_is_that_of_upgrade_batches_whatever_was_asked_before(seen: Results, other: Results) -> None:
    """Clusters that are alike but for their names are asked about once."""
    results: Results = {}
    for number, one_of_them in enumerate((seen, other, seen)):
        views = {nodeid: named(_as_seen_by(one_of_them, nodeid), f"c{number}n", number) for nodeid in one_of_them["members"]}
        results.update((f"c{number}n{nodeid}", answer(dict(view, cluster_name=f"c{number}"))) for nodeid, view in views.items())
    for entry in asked(results, max_age=0):
        asked_of = min(entry["partitions"]["partitions"][0]["members"])
        lowest = next(results[host]["votequorum"] for host in entry["hosts"] if results[host]["votequorum"]["nodeid"] == asked_of)
        try:
            first = [node["name"] for node in entry["nodes"] if node["nodeid"] in upgrade_batches(lowest)[0]]
        except ForecastError:
            first = []
        assert entry["may_stop_together"] in ([], first)
        if first and all(node["may_stop"] for node in entry["nodes"]) and len(first) == 1:
            assert entry["may_stop_together"] == first


@pytest.mark.slow
@pytest.mark.parametrize("modes", [{}, {"wait_for_all": True, "last_man_standing": True}, {"allow_downscale": True}, {"qdevice": 4}])
def test_a_thousand_hosts_take_less_than_two_seconds(modes: dict[str, t.Any]) -> None:
    """Of processor time, and many times that on a busy machine: what is to be noticed is another order of magnitude."""
    results = fleet(200, 5, **modes)
    begun = time.process_time()
    assert len(asked(results)) == 200
    assert time.process_time() - begun < 4
