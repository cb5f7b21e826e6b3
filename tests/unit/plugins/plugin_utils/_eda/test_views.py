# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When followed nodes disagree: by hand, and against the filter corosync.quorum.partitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes.properties import examples
from unit.fakes.votequorum import value

from ansible_collections.corosync.quorum.plugins.plugin_utils._eda.views import SPLIT_LASTS, Judge, clusters_of, is_quorate, partitions_of, view_of
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
        "b": seen(2, [2], votes={2: 1, 3: 1}),
        "c": seen(3, [3], votes={3: 1, 4: 1}),
        "d": seen(9, [9], votes={9: 1}),
    }
    assert [sorted(cluster) for cluster in clusters_of(views)] == [["a", "b", "c"], ["d"]]


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


def test_nobody_says_that_a_split_is_over_while_a_part_of_it_cannot_be_seen():
    judge = Judge()
    judge.look(HALVES, 0.0)
    assert judge.look(HALVES, SPLIT_LASTS)
    assert judge.look({"a": HALVES["a"], "b": HALVES["b"]}, 10.0) == []
    assert judge.look(HALVES, 20.0) == [], "it is told again when it has lasted again"
    assert [event["event"] for event in judge.look(HALVES, 20.0 + SPLIT_LASTS)] == ["split"]


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
