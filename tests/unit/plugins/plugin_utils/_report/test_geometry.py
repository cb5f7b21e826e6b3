# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are in the report's chart."""

from __future__ import annotations

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._report.geometry import NARROW, WIDE, Axis, Heights, chart, outline, span
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.given import Node, Phase
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.history import Loss, Step
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.presence import Absence

AXIS = Axis(0, 100, 100, 300)
HEIGHTS = Heights(0, 115, 100)


def node(name="node1", *phases):
    return Node(name, 1, "upgraded", {}, {}, tuple(phases))


def test_time_is_horizontal():
    assert [AXIS.x(at) for at in (0, 25, 100)] == [100, 150, 300]
    assert (AXIS.x(-5), AXIS.x(200)) == (100, 300), "what is outside is at the edge"


@pytest.mark.parametrize(
    "start, end, gap, ticks",
    [
        (0, 100, 100, [0, 60]),
        (3, 98, 50, [30, 60, 90]),
        (0, 4, 50, [0, 1, 2, 3, 4]),
        (10, 7200, 70, [3600, 7200]),
        (0.2, 0.8, 50, []),
        (0, 86400 * 100, 100, [0, 86400 * 56]),
    ],
)
def test_ticks_are_round_and_apart(start, end, gap, ticks):
    axis = Axis(start, end, 100, 300)
    found = axis.ticks(gap)
    assert found == ticks
    assert all(axis.x(later) - axis.x(earlier) >= gap * 0.99 for earlier, later in zip(found, found[1:]))


@pytest.mark.parametrize(
    "most, ticks", [(0, [0]), (1, [0, 1]), (3, [0, 1, 2, 3]), (5, [0, 1, 2, 3, 4, 5]), (9, [0, 2, 4, 6, 8]), (32, [0, 10, 20, 30]), (509, [0, 200, 400])]
)
def test_votes_are_vertical(most, ticks):
    heights = Heights(10, 110, most)
    assert heights.ticks() == ticks
    assert heights.y(0) == 110
    assert 10 < heights.y(most) <= 110


def test_a_line_has_steps_and_gaps():
    steps = [Step(0, 80, 50, True), Step(10, 60, 50, True), Step(20, None, None, None), Step(50, 100, 50, True)]
    assert outline(AXIS, HEIGHTS, steps, "total_votes") == ["M100 35H120", "V55H140", "M200 15H300"]
    assert outline(AXIS, HEIGHTS, steps, "total_votes", closed=True) == ["M100 115V35H120V115Z", "M120 115V55H140V115Z", "M200 115V15H300V115Z"]
    assert outline(AXIS, HEIGHTS, [], "quorum") == []


@pytest.mark.parametrize("moments, wanted", [([], (-0.5, 0.5)), ([5], (4.5, 5.5)), ([5, 5.5], (4.75, 5.75)), ([5, 9, 7], (5, 9))])
def test_there_is_always_some_time(moments, wanted):
    assert span(moments) == wanted


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_bars_are_where_their_phases_are_and_named_where_there_is_room(layout):
    drawn = chart(
        layout,
        0,
        100,
        [],
        [node("node1", Phase("upgrade", 0, 50, "ok", ""), Phase("start", 50, 50.01, "failed", "It broke."), Phase("rejoin", 60, None, "running", ""))],
        [],
    )
    upgrade, start, rejoin = drawn.rows[0].bars
    assert (upgrade.x, upgrade.label) == (drawn.left, "upgrade 50 s")
    assert upgrade.width == pytest.approx((drawn.right - drawn.left) / 2, abs=0.2)
    assert (start.width, start.label) == (2.0, "")
    assert start.title == "start from 00:00:50, 0.0 s, failed. It broke."
    assert rejoin.x + rejoin.width == pytest.approx(drawn.right, abs=0.2), "what has not ended lasts until the end"
    assert rejoin.title == "rejoin from 00:01:00, not finished"
    assert drawn.top == drawn.bottom, "there is nothing to draw above"
    assert drawn.votes == drawn.labels == ()


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_nothing_leaves_the_picture(layout):
    steps = [Step(0, 9, 5, True), Step(10, 4, 5, False)]
    losses = [Loss("node1", 10, None, 4, 5, []), Loss("node2", 10.5, 10.6, 4, 5, []), Loss("elsewhere", 50, 60, 4, 5, [])]
    names = ["node1", "node2", "a" * 70]
    drawn = chart(layout, 0, 100, steps, [node(name, Phase("upgrade", 5, 95, "ok", "")) for name in names], losses)
    assert all(drawn.left <= tick.place <= drawn.right for tick in drawn.times)
    assert all(drawn.top <= tick.place <= drawn.bottom for tick in drawn.votes)
    assert all(drawn_bar.y + drawn_bar.height < drawn.last <= drawn.height for row in drawn.rows for drawn_bar in row.bars)
    assert all(drawn.left <= mark.x and mark.x + mark.width <= drawn.right + 2 for mark in drawn.marks)
    assert [mark.number for mark in drawn.marks] == [1, 0, 3], "the second has no room for its number"
    assert [mark.row_y is None for mark in drawn.marks] == [False, False, True]
    assert drawn.rows[2].name == "a" * 70
    assert drawn.rows[2].shown.endswith("…")
    assert len(drawn.rows[2].shown) * 8 <= (layout.width if layout.above else drawn.left)


def test_labels_at_the_end_do_not_cover_each_other():
    for total, quorum in ((3, 2), (2, 2), (1, 2), (500, 499)):
        votes, needed = chart(WIDE, 0, 10, [Step(0, total, quorum, total >= quorum)], [], []).labels
        assert abs(votes.y - needed.y) >= 15.9
        assert (votes.y < needed.y) == (total >= quorum)
    assert chart(WIDE, 0, 10, [Step(0, 1, 1, True)], [], []).labels[0].text == "1 vote"


def test_names_are_short_where_that_is_enough():
    shown = [row.shown for row in chart(WIDE, 0, 10, [], [node("a.example.com"), node("b.example.com")], []).rows]
    assert shown == ["a", "b"]
    shown = [row.shown for row in chart(WIDE, 0, 10, [], [node("192.0.2.1"), node("192.0.2.2")], []).rows]
    assert shown == ["192.0.2.1", "192.0.2.2"]


def test_where_no_vote_was_to_spare_and_where_the_least_were():
    steps = [Step(0, 3, 2, True), Step(10, 2, 2, True), Step(20, 2, 2, True), Step(30, 1, 2, False), Step(40, 2, 2, False), Step(50, 3, 2, True)]
    drawn = chart(WIDE, 0, 100, steps, [], [])
    axis = Axis(0, 100, drawn.left, drawn.right)
    [band] = drawn.bare
    assert (band.x, band.width) == (axis.x(10), pytest.approx(axis.x(30) - axis.x(10), abs=0.2)), "not where it was lost"
    assert (drawn.lowest.x, drawn.lowest.text, drawn.lowest.end) == (axis.x(30), "1 vote, 2 needed", False)
    assert drawn.top < drawn.lowest.y < drawn.lowest.text_y < drawn.bottom
    late = chart(NARROW, 0, 100, [Step(0, 3, 2, True), Step(95, 0, 2, False)], [], []).lowest
    assert late.end and late.text_y < late.y, "there is no room behind it, and none below it"
    assert chart(WIDE, 0, 100, [Step(0, 3, 2, True), Step(50, None, None, None)], [], []).lowest is None, "nothing is lower than the rest"


def test_when_a_node_was_out_is_below_its_bars():
    out = {1: [Absence(10, 30, True), Absence(90, None, False), Absence(-9, -5, True)], 2: [Absence(5, 6, True)]}
    drawn = chart(WIDE, 0, 100, [], [node("node1", Phase("stop", 8, 12, "ok", ""))], [], out)
    first, last = drawn.rows[0].down
    assert first.title == "out of the cluster from 00:00:10, 20 s" and last.title == "out of the cluster from 00:01:30, not back"
    assert last.x + last.width == pytest.approx(drawn.right, abs=0.2)
    phase = drawn.rows[0].bars[0]
    assert phase.y + phase.height < drawn.rows[0].down_y < drawn.last


def test_a_picture_has_room_for_so_many_absences():
    often = [Absence(at, at + (0.9 if at == 50 else 0.1), True) for at in range(90)]
    drawn = chart(WIDE, 0, 100, [], [node(f"node{number}") for number in range(500)], [], {1: often})
    assert [len(row.down) for row in drawn.rows] == [1] * 500
    assert drawn.rows[0].down[0].title.endswith("0.9 s"), "the longest ones are shown"
