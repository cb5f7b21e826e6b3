# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rounds of an upgrade of many clusters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.rounds import Turn, rounds
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples

SHAPES = st.lists(st.lists(st.integers(0, 3), max_size=5), max_size=12)


def named(shapes: list[list[int]]) -> list[list[list[str]]]:
    """Batches of so many hosts, each with a name of its own."""
    return [[[f"c{number}b{place}h{host}" for host in range(size)] for place, size in enumerate(shape)] for number, shape in enumerate(shapes)]


def test_the_first_batch_goes_alone_then_first_ones_together_then_second_ones() -> None:
    found = rounds([[["a1"], ["a2"]], [["b1", "b2"], ["b3"]], [["c1"], ["c2"], ["c3"]]], 10)
    assert [[turn.hosts for turn in turns] for turns in found] == [
        [("a1",)],
        [("a2",), ("b1", "b2"), ("c1",)],
        [("b3",), ("c2",)],
        [("c3",)],
    ]


def test_where_a_cluster_is_done_the_next_one_takes_its_place() -> None:
    found = rounds([[["a"]], [["b1"], ["b2"], ["b3"]], [["c"]], [["d"]]], 2)
    assert found == [[Turn(0, ("a",))], [Turn(1, ("b1",)), Turn(2, ("c",))], [Turn(1, ("b2",)), Turn(3, ("d",))], [Turn(1, ("b3",))]]


def test_nothing_to_do_is_no_round() -> None:
    assert rounds([], 10) == [] and rounds([[], [[]]], 10) == []


@examples(300)
@given(SHAPES, st.integers(1, 5))
def test_every_host_goes_once_in_the_order_of_its_cluster(shapes: list[list[int]], at_once: int) -> None:
    clusters = named(shapes)
    found = rounds(clusters, at_once)
    for number, batches in enumerate(clusters):
        assert [list(turn.hosts) for turns in found for turn in turns if turn.cluster == number] == [batch for batch in batches if batch]
    assert all(turns for turns in found)


@examples(300)
@given(SHAPES, st.integers(1, 5))
def test_no_round_has_two_batches_of_a_cluster_nor_too_many_clusters(shapes: list[list[int]], at_once: int) -> None:
    found = rounds(named(shapes), at_once)
    for number, turns in enumerate(found):
        clusters = [turn.cluster for turn in turns]
        begun = {turn.cluster for earlier in found[: number + 1] for turn in earlier}
        under_way = {cluster for cluster in begun if any(turn.cluster == cluster for later in found[number:] for turn in later)}
        assert len(set(clusters)) == len(clusters)
        assert len(under_way) <= (at_once if number else 1)
        assert under_way == set(clusters), "a cluster that has begun goes on in each round"
    assert not found or len(found[0]) == 1


@examples(100)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.integers(1, 5))
def test_no_place_stays_free_while_clusters_wait(lengths: list[int], at_once: int) -> None:
    found = rounds(named([[1] * length for length in lengths]), at_once)
    for number, turns in enumerate(found[1:], start=1):
        begun = {turn.cluster for earlier in found[: number + 1] for turn in earlier}
        assert len(turns) == at_once or begun == set(range(len(lengths)))
