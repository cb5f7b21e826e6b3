# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When followed nodes disagree: by hand, and against the filter corosync.quorum.partitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes.properties import examples
from unit.fakes.readings import answers
from unit.fakes.votequorum import node, value

from ansible_collections.corosync.quorum.plugins.module_utils._value.reserve import reserve
from ansible_collections.corosync.quorum.plugins.plugin_utils._eda.views import (
    MOST_KNOWN,
    SPLIT_LASTS,
    Judge,
    clusters_of,
    is_quorate,
    may_be_quorate,
    missed_between,
    namesakes,
    partitions_of,
    remembering,
    undisputed,
    view_of,
)
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.partitions import partitions


def seen(asked, members, label=None, **changes):
    changes.setdefault("votes", (1, 1, 1))
    return view_of(value(members=members, asked=asked, **changes), label)


HALVES = {"a": seen(1, [1, 2]), "b": seen(2, [1, 2]), "c": seen(3, [3], ring=14)}


def test_hosts_that_see_each_other_have_not_parted():
    assert partitions_of({"a": seen(1, [1, 2, 3]), "b": seen(2, [1, 2, 3])}) == []


def test_hosts_that_have_settled_without_each_other_have():
    found = partitions_of(HALVES)
    assert [(part["members"], part["quorate"], part["seen_by"]) for part in found] == [([1, 2], True, ["a", "b"]), ([3], False, ["c"])]


@pytest.mark.parametrize(
    "views",
    [
        {"a": seen(1, [1, 2]), "c": seen(3, [1, 2, 3])},  # c lost its power; its last ring had all
        {"a": seen(1, [1, 2]), "c": seen(3, [3], settled=False)},
        {"a": seen(1, [1]), "b": seen(1, [2, 3], cluster_name="lab")},  # another cluster that looks like this one
        {"a": seen(1, [1]), "c": seen(3, [3], label="other")},
        {"a": seen(1, [1]), "c": seen(3, [3], cluster_name="other")},
        {"a": seen(1, [1], cluster_uuid="x"), "c": seen(3, [3], cluster_uuid="y")},
        {},
    ],
)
def test_what_is_no_split(views):
    assert not any(partitions_of(cluster) for cluster in clusters_of(views))


def test_a_cluster_is_told_by_a_node_in_common():
    """Also while its nodes have read different configurations, and over two steps."""
    views = {
        "a": seen(1, [1], votes={1: 1, 2: 1}),
        "b": seen(2, [2], votes={1: 1, 2: 1, 3: 1}),
        "c": seen(3, [3], votes={2: 1, 3: 1}),
        "d": seen(9, [9], votes={9: 1}),
    }
    assert names_of(views) == [["a", "b", "c"], ["d"]]


def names_of(views):
    return [sorted(cluster) for cluster in clusters_of(views)]


def test_a_host_that_nobody_knows_is_of_no_cluster_whatever_it_says_of_itself():
    """It may be hostile, or of another cluster of this name."""
    web = {"a": seen(1, [1, 2, 3]), "b": seen(2, [1, 2, 3])}
    for votes in ((1, 1, 1), {1: 1, 2: 1, 3: 1, 9: 1}):
        stranger = seen(9, [9], ring=2**52, quorate=True, votes=votes, nodes=None if 9 in votes else value(votes)["nodes"])
        assert stranger.nodes >= web["a"].nodes
        assert names_of(dict(web, z=stranger)) == [["a", "b"], ["z"]]


def test_a_member_that_is_not_in_the_nodelist_is_known():
    """A node was added, and the others have not read its configuration."""
    three = value((1, 1, 1))["nodes"]
    views = {
        "a": view_of(value(nodes=[*three, node(4, configured=None, name=None, addresses=None)]), None),
        "d": view_of(value((1, 1, 1, 1), asked=4), None),
    }
    assert names_of(views) == [["a", "d"]]


def bare(asked, ids, **changes):
    """What a host sees of a cluster without a nodelist."""
    return view_of(value(nodes=[node(nodeid, configured=None, name=None, addresses=None) for nodeid in ids], asked=asked, cluster_name=None, **changes), None)


def test_without_a_nodelist_hosts_are_of_one_cluster_that_have_been_members_together():
    pairs = {"a": bare(101, [101, 102]), "b": bare(102, [101, 102]), "c": bare(201, [201, 202]), "d": bare(202, [201, 202])}
    assert names_of(pairs) == [["a", "b"], ["c", "d"]]
    judge = Judge()
    assert judge.look(pairs, 0.0) == judge.look(pairs, SPLIT_LASTS) == []
    parted = dict(pairs, c=remembering(bare(201, [201], ring=17), pairs["c"]), d=remembering(bare(202, [202], ring=17), pairs["d"]))
    assert names_of(parted) == [["a", "b"], ["c", "d"]]
    assert judge.look(parted, 10.0) == []
    assert [event["meta"]["hosts"] for event in judge.look(parted, 10.0 + SPLIT_LASTS)] == [["c", "d"]]


def test_what_a_host_has_met_is_remembered_without_bounds_of_time_but_not_of_size():
    first, later = bare(101, [101, 102]), bare(101, [101])
    assert remembering(later, first).known == {101, 102}
    assert remembering(later, None) == later
    assert remembering(bare(101, [101], ring=17), first._replace(cluster_name="other")).known == {101}
    listed = seen(1, [1])
    assert remembering(listed, seen(1, [1, 9], votes={1: 1, 9: 1})) == listed
    assert remembering(later, first._replace(known=frozenset(range(MOST_KNOWN + 1)))).known == {101}


def test_of_hosts_with_one_node_id_nothing_is_said_but_of_the_others():
    """Whether one settled or not: then nobody knows which of them sees whom."""
    for settled in (True, False):
        doubled = {**HALVES, "d": seen(1, [1, 4], settled=settled)}
        assert list(namesakes(clusters_of(doubled))) == [(1, ["a", "d"])]
        assert list(undisputed(doubled)) == ["b", "c"] and list(undisputed(doubled, {"c", "d"})) == ["c"]
        assert [part["seen_by"] for part in partitions_of(doubled)] == [["b"], ["c"]]


def test_hosts_of_different_clusters_may_have_one_node_id():
    views = {"a": seen(1, [1]), "b": seen(1, [1], label="other"), "c": seen(1, [1], cluster_name="other")}
    assert not list(namesakes(clusters_of(views)))


def test_a_split_is_told_once_when_it_has_lasted_and_its_end_when_all_see_each_other():
    judge, together = Judge(), {"a": seen(1, [1, 2, 3]), "b": seen(2, [1, 2, 3]), "c": seen(3, [1, 2, 3])}
    assert judge.look(together, 0.0) == [] and judge.due(0.0) is None
    assert judge.look(HALVES, 10.0) == [] and judge.due(11.0) == SPLIT_LASTS - 1
    split = judge.look(HALVES, 10.0 + SPLIT_LASTS)
    assert [(event["event"], event["meta"]["hosts"], event["quorate_partitions"]) for event in split] == [("split", ["a", "b", "c"], 1)]
    assert split[0]["msg"] == "Nodes of the cluster lab do not see each other: a, b (quorate); c (not quorate)."
    assert split[0]["cluster_name"] == "lab"
    assert judge.look(HALVES, 99.0) == [] and judge.due(99.0) is None
    assert judge.look(dict(together, b=seen(2, [1, 2, 3], settled=False)), 100.0) == []
    ended = judge.look(together, 101.0)
    assert [(event["event"], event["meta"]["hosts"], event["partitions"]) for event in ended] == [("split_ended", ["a", "b", "c"], [])]
    assert judge.look(together, 102.0) == []


def test_a_node_that_starts_alone_and_joins_at_once_is_no_split():
    judge = Judge()
    assert judge.look(HALVES, 0.0) == []
    assert judge.look({"a": seen(1, [1, 2, 3]), "c": seen(3, [1, 2, 3])}, SPLIT_LASTS / 2) == []
    assert judge.look({"a": seen(1, [1, 2, 3]), "c": seen(3, [1, 2, 3])}, 9.0) == []


TOGETHER = {name: seen(nodeid, [1, 2, 3], ring=21) for nodeid, name in enumerate("abc", start=1)}


def told(judge, *moments):
    """The names and hosts of what is told. moments: (time, views)."""
    return [(now, event["event"], "".join(event["meta"]["hosts"])) for now, views in moments for event in judge.look(views, now)]


def without(views, *hosts):
    return {host: view for host, view in views.items() if host not in hosts}


def test_a_split_of_which_a_part_cannot_be_seen_for_a_while_is_neither_over_nor_told_again():
    found = told(Judge(), (0.0, HALVES), (5.0, HALVES), (10.0, without(HALVES, "c")), (20.0, HALVES), (26.0, HALVES), (30.0, TOGETHER))
    assert found == [(5.0, "split", "abc"), (30.0, "split_ended", "abc")]


def test_the_usual_end_of_a_split_is_told_when_the_node_that_was_fenced_is_back():
    alone = dict(without(HALVES, "c"), c=seen(3, [3], ring=17))
    found = told(Judge(), (0.0, HALVES), (5.0, HALVES), (10.0, without(HALVES, "c")), (60.0, alone), (61.0, TOGETHER), (62.0, TOGETHER))
    assert found == [(5.0, "split", "abc"), (61.0, "split_ended", "abc")]


def test_while_a_fenced_node_stays_away_another_split_is_told():
    two = {"a": seen(1, [1], ring=25), "b": seen(2, [2], ring=26)}
    rest = without(TOGETHER, "c")
    found = told(Judge(), (0.0, HALVES), (5.0, HALVES), *((now, without(HALVES, "c")) for now in (6.0, 9.0)), (20.0, two), (25.0, two), (30.0, rest))
    found += told(Judge(), (40.0, two), (45.0, two), (50.0, TOGETHER))
    assert found == [(5.0, "split", "abc"), (25.0, "split", "ab"), (30.0, "split_ended", "ab"), (45.0, "split", "ab"), (50.0, "split_ended", "ab")]


FIVE = (1, 1, 1, 1, 1)
SIDES = {name: seen(nodeid, [1, 2] if nodeid < 3 else [3, 4], ring=14 if nodeid < 3 else 16, votes=FIVE) for nodeid, name in enumerate("abcd", start=1)}


@pytest.mark.parametrize("period", [1, 2, 3, 4])
def test_a_split_is_told_once_though_another_node_changes_all_the_time(period):
    """It is alone and has settled, or has not."""
    moments = [(float(now), dict(SIDES, e=seen(5, [5], ring=20 + now, settled=now // period % 2 == 0, votes=FIVE))) for now in range(61)]
    assert [event for _now, event, _hosts in told(Judge(), *moments)] == ["split"]


@pytest.mark.parametrize("other", ["a", "d"])
def test_so_it_is_though_a_node_of_a_side_has_not_settled_at_times(other):
    moments = [(float(now), dict(SIDES, **{other: SIDES[other]._replace(settled=now % 2 == 0)})) for now in range(61)]
    assert [(now, event) for now, event, _hosts in told(Judge(), *moments)] == [(5.0, "split")]


def test_hosts_that_are_alone_one_after_the_other_are_no_split():
    """Each restarts, and is alone for two seconds, and the next one begins before."""
    judge, found = Judge(), []
    for now in range(20):
        alone = {now % 5 + 1, (now + 1) % 5 + 1}
        rest = sorted(set(range(1, 6)) - alone)
        views = {str(nodeid): seen(nodeid, [nodeid] if nodeid in alone else rest, ring=20 + now, votes=FIVE) for nodeid in range(1, 6)}
        found += told(judge, (float(now), views))
    assert found == []


def test_another_node_that_parts_later_is_told_too():
    three = dict(HALVES, a=seen(1, [1], ring=17), b=seen(2, [2], ring=17))
    found = told(Judge(), (0.0, HALVES), (5.0, HALVES), (8.0, three), (13.0, three), (20.0, three), (30.0, TOGETHER))
    assert found[:2] == [(5.0, "split", "abc"), (13.0, "split", "abc")]
    assert {event[1:] for event in found[2:]} == {("split_ended", "abc"), ("split_ended", "ab")}


@pytest.mark.parametrize(
    ("views", "quorate"),
    [
        ({}, False),
        ({"a": seen(1, [1, 2, 3])}, True),
        ({"a": seen(1, [1])}, False),
        (HALVES, True),
        # b has stopped, and nothing is heard of it yet
        ({"a": seen(1, [1], ring=14), "b": seen(2, [1, 2])}, False),
        # b restarts, and is on a ring of its own before it finds the others
        ({"a": seen(1, [1, 3], ring=14), "c": seen(3, [1, 3], ring=14), "b": seen(2, [2], ring=15)}, True),
        # c has joined, and a is about to say so
        ({"a": seen(1, [1, 2]), "b": seen(2, [1, 2, 3], ring=14), "c": seen(3, [1, 2, 3], ring=14)}, True),
    ],
)
def test_whether_anybody_in_the_cluster_is_quorate(views, quorate):
    assert is_quorate(views) == quorate


@pytest.mark.parametrize(
    ("views", "nobody_knows"),
    [
        # c restarts so fast that the others have not noticed, and is on a ring of its own
        ({"a": seen(1, [1, 2, 3]), "b": seen(2, [1, 2, 3]), "c": seen(3, [3], ring=17)}, True),
        ({"a": seen(1, [1]), "b": seen(2, [2])}, False),
        ({"a": seen(1, [1, 2, 3])}, False),
        ({}, False),
    ],
)
def test_whether_nobody_knows_if_a_cluster_is_quorate(views, nobody_knows):
    assert may_be_quorate(views) == nobody_knows


@given(answers())
@examples(300)
def test_the_reserve_is_what_the_program_says(reading):
    """The event source cannot import that, and has a rule of its own."""
    if reading.value is not None:
        told_there = dict(reading.value, problems=[], cluster_name="lab", name="node1")
        assert view_of(told_there, None).reserve == reserve(told_there)


def with_reserve(tolerates, **changes):
    return seen(1, [1, 2, 3], forecast={"as_now": {"tolerates": tolerates}}, **changes)


@pytest.mark.parametrize(
    ("before", "now", "events"),
    [
        (with_reserve(1), with_reserve(0), [("reserve_lost", {"tolerates": {"before": 1, "after": 0}})]),
        (with_reserve(0), with_reserve(2), [("reserve_back", {"tolerates": {"before": 0, "after": 2}})]),
        (with_reserve(1), with_reserve(2), []),
        (with_reserve(0), with_reserve(0), []),
        (with_reserve(1), with_reserve(0, settled=False), []),
        (with_reserve(0, settled=False), with_reserve(0), [("reserve_lost", {"tolerates": {"before": None, "after": 0}})]),
        (with_reserve(0, settled=False), with_reserve(1), []),
        (with_reserve(1), with_reserve(0, quorate=False), [("quorum_lost", None), ("reserve_lost", {"tolerates": {"before": 1, "after": 0}})]),
        (None, with_reserve(0), []),
        (with_reserve(0), None, []),
    ],
)
def test_what_nobody_followed_is_told_afterwards(before, now, events):
    found = missed_between(before, now, {"event": "state", "changed": {}, "at": "then"})
    assert [event["event"] for event in found] == [name for name, _changed in events]
    assert all(event["changed"] == changed and event["at"] == "then" for event, (_name, changed) in zip(found, events) if changed)


@st.composite
def memberships(draw, stale=False):
    """host -> value: nodes of one cluster that are divided anyhow, each quorate as it is; some are followed, and some are of the past."""
    count = draw(st.integers(2, 6))
    groups = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    parts = {group: [nodeid for nodeid, mine in enumerate(groups, start=1) if mine == group] for group in groups}
    values = {}
    for nodeid in draw(st.sets(st.integers(1, count), min_size=1)):
        behind = stale and draw(st.booleans())
        members = list(range(1, count + 1)) if behind else parts[groups[nodeid - 1]]
        values[f"host{nodeid}"] = value([1] * count, members=members, asked=nodeid, ring=12 if behind else 13)
    return values


@given(memberships())
@examples(300)
def test_a_split_is_what_the_filter_calls_partitioned(values):
    told = partitions(values)
    found = partitions_of({host: view_of(seen_there, None) for host, seen_there in values.items()})
    assert bool(found) == told["partitioned"]
    if found:
        assert found == [{key: part[key] for key in ("members", "quorate", "ring_id", "seen_by")} for part in told["partitions"]]
        assert (sum(part["quorate"] for part in found) > 1) == told["split"]


@given(memberships(stale=True))
@examples(300)
def test_views_of_the_past_make_no_split_that_the_filter_does_not_see(values):
    told = partitions(values)
    found = partitions_of({host: view_of(seen_there, None) for host, seen_there in values.items()})
    assert not found or told["partitioned"]
    assert (sum(part["quorate"] for part in found) > 1) == told["split"]
