# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partitions: who sees whom, from whatever results the hosts have."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.partitions import partitions
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value


def seen(nodeid, members, of=5, quorate=None, seq=20, **changes):
    """What a node of a cluster of so many nodes sees while only these are members."""
    a_value = value([1] * of, asked=nodeid, **changes)
    a_value.update(members=list(members), total_votes=len(members), ring_id={"nodeid": min(members), "seq": seq})
    a_value["quorate"] = len(members) >= a_value["quorum"] if quorate is None else quorate
    for node in a_value["nodes"]:
        node["state"] = "member" if node["nodeid"] in members else "dead"
    return a_value


def whole(count=3, **changes):
    return {f"host{nodeid}": seen(nodeid, range(1, count + 1), of=count, **changes) for nodeid in range(1, count + 1)}


def abouts(result):
    return [entry["about"] for entry in result["disagreements"]]


def test_one_partition():
    assert partitions(whole()) == {
        "split": False,
        "partitioned": False,
        "agreed": True,
        "summary": "3 hosts agree: one partition, quorate",
        "unreachable": [],
        "unavailable": [],
        "stale": [],
        "disagreements": [],
        "partitions": [
            {
                "members": [1, 2, 3],
                "names": ["node1", "node2", "node3"],
                "quorate": True,
                "ring_id": {"nodeid": 1, "seq": 20},
                "seen_by": ["host1", "host2", "host3"],
            }
        ],
    }


def test_three_and_two():
    result = partitions(
        dict([(f"host{nodeid}", seen(nodeid, (3, 4, 5))) for nodeid in (3, 4, 5)] + [(f"host{nodeid}", seen(nodeid, (1, 2), seq=24)) for nodeid in (1, 2)])
    )
    assert [(part["members"], part["quorate"], part["seen_by"]) for part in result["partitions"]] == [
        ([3, 4, 5], True, ["host3", "host4", "host5"]),
        ([1, 2], False, ["host1", "host2"]),
    ]
    assert (result["split"], result["partitioned"], result["agreed"], result["stale"]) == (False, True, False, [])
    assert result["summary"] == "Partitioned: host3, host4, host5 see node3, node4, node5 (quorate), host1, host2 see node1, node2 (not quorate)"


def test_split_brain():
    result = partitions({"a": seen(1, [1], of=2, two_node=True), "b": seen(2, [2], of=2, two_node=True)})
    assert result["split"] and result["partitioned"] and not result["agreed"]
    assert result["summary"] == "Split brain: a sees node1 (quorate), b sees node2 (quorate)"
    assert [part["members"] for part in result["partitions"]] == [[1], [2]]


def test_two_views_that_share_nodes_are_stale_and_no_split_brain():
    result = partitions({"a": seen(1, (1, 2, 3), of=3), "b": seen(2, (2, 3), of=3, seq=24), "c": seen(3, (2, 3), of=3, seq=24)})
    assert not result["split"] and result["partitioned"] and not result["agreed"]
    assert [(entry["member"], entry["host"], entry["seen_by"]) for entry in result["stale"]] == [(2, "b", ["a"]), (3, "c", ["a"])]


@pytest.mark.parametrize(
    "changes, about",
    [
        ({"two_node": True}, "two_node"),
        ({"tie_breaker": "highest"}, "auto_tie_breaker"),
        ({"last_man_standing": True}, "last_man_standing"),
        ({"allow_downscale": True}, "allow_downscale"),
        ({"expected_votes": 4}, "expected_votes"),
        ({"wait_for_all": True}, "wait_for_all"),
        ({"quorum": 3, "quorate": False}, "quorate"),
    ],
)
def test_what_differs_is_named_with_who_says_what(changes, about):
    hosts = dict(whole(), host3=seen(3, (1, 2, 3), of=3, **changes))
    result = partitions(hosts)
    assert about in abouts(result) and not result["agreed"]
    entry = next(entry for entry in result["disagreements"] if entry["about"] == about)
    assert [part["hosts"] for part in entry["seen"]] == [["host1", "host2"], ["host3"]]


def test_votes_nodelist_and_node_ids_that_differ():
    odd = seen(3, (1, 2, 3), of=3)
    odd["nodes"][0]["votes"] = 2
    odd["nodes"][1]["configured_votes"] = None
    assert abouts(partitions(dict(whole(), host3=odd))) == ["nodelist", "votes of node id 1"]
    assert "hosts with the same node id" in abouts(partitions(dict(whole(), host4=seen(3, (1, 2, 3), of=3))))


def test_hosts_that_would_let_different_nodes_break_a_tie():
    hosts = whole(tie_breaker="lowest", wait_for_all=True)
    assert partitions(hosts)["agreed"]
    hosts["host3"]["auto_tie_breaker"]["lowest"] = 2
    assert partitions(hosts)["disagreements"] == [
        {"about": "tie_breaker", "seen": [{"value": 1, "hosts": ["host1", "host2"]}, {"value": 2, "hosts": ["host3"]}]}
    ]
    assert partitions(whole(auto_tie_breaker=dict(hosts["host3"]["auto_tie_breaker"], kind="none")))["agreed"]


def test_a_host_that_has_forgotten_its_list_of_tie_breakers_contradicts_nobody():
    """After a reload, and a restart of some: what they do not know is no reason against the restart of the others."""
    hosts = whole(tie_breaker=[3, 4], wait_for_all=True, last_man_standing=True)
    hosts["host2"]["auto_tie_breaker"]["nodes"] = hosts["host2"]["last_man_standing"]["window_ms"] = None
    assert partitions(hosts)["agreed"]
    hosts["host3"]["auto_tie_breaker"]["nodes"] = [1, 2]
    assert partitions(hosts)["disagreements"] == [
        {"about": "auto_tie_breaker_node", "seen": [{"value": [3, 4], "hosts": ["host1"]}, {"value": [1, 2], "hosts": ["host3"]}]}
    ]


def test_hosts_that_did_not_answer():
    result = partitions(
        dict(
            whole(),
            gone={"unreachable": True, "msg": "no route"},
            stopped={"available": False, "reason": "not_running", "changed": False},
            broken={"failed": True, "msg": "Corosync is frozen."},
            nothing=None,
            skipped={"skipped": True},
            empty={},
        )
    )
    assert result["unreachable"] == ["gone"] and not result["agreed"]
    assert {entry["host"]: entry["reason"] for entry in result["unavailable"]} == {
        "stopped": "not_running",
        "broken": "Corosync is frozen.",
        "nothing": "nothing (None) instead of a result",
        "skipped": "the task was skipped",
        "empty": "the result has no votequorum value",
    }


def test_unsettled_is_not_agreed():
    result = partitions(whole(settled=False))
    assert (result["agreed"], result["partitioned"]) == (False, False)
    assert result["summary"] == "The membership was still changing on host1, host2, host3; 3 hosts see one partition, quorate"


def test_two_views_of_one_ring_are_no_partition():
    hosts = dict(whole(), host3=seen(3, (2, 3), of=3))
    hosts["host3"]["ring_id"] = hosts["host1"]["ring_id"]
    result = partitions(hosts)
    assert (result["split"], result["partitioned"], result["agreed"]) == (False, False, False)
    assert result["summary"].startswith("Different members on one ring: host1, host2 see node1, node2, node3 (quorate), host3 sees node2, node3 (quorate)")


def nameless():
    hosts = whole(2)
    for a_value in hosts.values():
        a_value["nodes"][1]["name"] = None
    hosts["host2"]["ring_id"] = {"nodeid": 1, "seq": 24}
    return hosts


@pytest.mark.parametrize(
    "results, summary",
    [
        ({"a": whole()["host1"]}, "1 host answered: one partition, quorate"),
        ({host: dict(a_value, quorate=False) for host, a_value in whole(2).items()}, "2 hosts agree: one partition, not quorate"),
        (dict(whole(2), a={"unreachable": True}, b={"unreachable": True}), "Not reachable: a, b; 2 hosts see one partition, quorate"),
        (
            dict(whole(2), a={"reason": "not_running"}, b={"failed": True, "msg": "It is\n frozen."}),
            "Without a votequorum value: a (not_running), b (It is frozen); 2 hosts see one partition, quorate",
        ),
        ({"a": None}, "Without a votequorum value: a (nothing (None) instead of a result)"),
        (
            dict(whole(), host3=seen(3, (1, 2, 3), of=3, two_node=True, wait_for_all=False)),
            "The hosts disagree about two_node (false on host1, host2, true on host3); 3 hosts see one partition, quorate",
        ),
        (
            dict(whole(2), host3=whole(2)["host2"]),
            "More than one host with the same node id: 2 (host2, host3); 3 hosts see one partition, quorate",
        ),
        (nameless(), "Partitioned: host1 sees node1, node id 2 (quorate), host2 sees node1, node id 2 (quorate)"),
    ],
)
def test_the_summary_names_whatever_is_not_as_it_should_be(results, summary):
    assert partitions(results)["summary"] == summary


@st.composite
def clusters(draw):
    """What the hosts of a cluster say, each of which sees any members on any ring, or says nothing."""
    count = draw(st.integers(1, 4))
    hosts = {}
    for nodeid in range(1, count + 1):
        answers = draw(st.sampled_from(["value", "value", "value", "unreachable", "stopped"]))
        if answers == "value":
            members = sorted(draw(st.sets(st.integers(1, count))) | {nodeid})
            changes = draw(st.sampled_from([{}, {}, {"settled": False}, {"two_node": True}, {"quorum": 1}]))
            hosts[f"host{nodeid}"] = seen(nodeid, members, of=count, quorate=draw(st.booleans()), seq=draw(st.sampled_from([20, 24])), **changes)
        else:
            hosts[f"host{nodeid}"] = {"unreachable": True} if answers == "unreachable" else {"available": False, "reason": "not_running"}
    return hosts


@examples(500)
@given(clusters())
def test_the_summary_says_what_the_answer_says(hosts):
    result = partitions(hosts)
    summary = result["summary"]
    assert bool(re.match(r"\d+ hosts? (agree|answered): one partition", summary)) == result["agreed"]
    assert result["partitioned"] or not result["split"]
    assert not (result["agreed"] and result["partitioned"])
    assert ("Split brain" in summary, summary.startswith("Partitioned")) == (result["split"], result["partitioned"] and not result["split"])
    away = result["unreachable"] + [entry["host"] for entry in result["unavailable"]]
    assert all(host in summary for host in away)
    assert all(str(entry["about"]) in summary for entry in result["disagreements"] if "same node id" not in entry["about"])
    assert "\n" not in summary and not summary.endswith(".")


def test_lists_and_loops():
    results = [{"votequorum": a_value, "available": True, "item": host} for host, a_value in sorted(whole().items())]
    expected = partitions(whole())
    assert partitions(results) == partitions({"results": results, "changed": False}) == expected
    by_name = partitions(list(whole().values()))
    assert by_name["partitions"][0]["seen_by"] == ["node1", "node2", "node3"]
    assert partitions([None, whole()["host1"], whole()["host1"]])["unavailable"] == [{"host": "result 1", "reason": "nothing (None) instead of a result"}]


@pytest.mark.parametrize(
    "results, message",
    [
        (None, "but was given nothing (None)"),
        ("x", "but was given the string 'x'"),
        ([], "partitions was given an empty list"),
        ({}, "partitions was given a dictionary: it needs the result of at least one host"),
        (whole()["host1"], "but was given the result of one host"),
        ({"votequorum": whole()["host1"]}, "but was given the result of one host"),
        ({"changed": False, "votequorum": whole()["host1"]}, "but was given the result of one host"),
        ({"failed": True, "votequorum": None}, "but was given the result of one host"),
        ({"a": {"votequorum": {"nodeid": 1}}}, "The result of a cannot be used. The dictionary given is not a votequorum value"),
    ],
)
def test_what_is_not_results_of_hosts(results, message):
    with pytest.raises(ForecastError) as raised:
        partitions(results)
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["quorum", "votequorum", "members", "results"])
@pytest.mark.parametrize("result", [{"available": False, "reason": "not_running", "msg": "x"}, None])
def test_a_host_may_be_called_as_a_key_of_a_result(name, result):
    assert [host["host"] for host in partitions({"host1": whole()["host1"], name: result})["unavailable"]] == [name]
    assert partitions({name: {"votequorum": whole()["host1"]}})["partitions"][0]["seen_by"] == [name]
    assert partitions({name: whole()["host1"], "host2": whole()["host2"]})["partitions"][0]["seen_by"] == ["host2", name]


def test_the_result_of_a_loop_in_place_of_a_host_s_result_is_called_so():
    (found,) = partitions({"host1": whole()["host1"], "host2": {"results": [{"votequorum": whole()["host2"]}]}})["unavailable"]
    assert found["reason"] == "it is the result of a loop: pass one of its results for each host"


_keys = st.text(max_size=5) | st.sampled_from(["votequorum", "msg", "results"])
_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=8,
)


@examples(300)
@given(_junk)
def test_anything_gives_an_answer_or_an_error_but_no_traceback(results):
    try:
        partitions(results)
    except ForecastError:
        pass


@examples(100)
@given(st.sampled_from(sorted(value([1, 1]))), _junk)
def test_a_damaged_value_gives_an_answer_or_an_error_but_no_traceback(key, junk):
    hosts = whole()
    hosts["host2"][key] = junk
    try:
        partitions(hosts)
    except ForecastError:
        pass
