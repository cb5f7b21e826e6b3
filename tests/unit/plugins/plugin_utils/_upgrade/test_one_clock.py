# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records on the controller's clock: of nodes whose own clock is set at any time, and that are booted in between."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._node.boots import by_boot
from ansible_collections.corosync.quorum.plugins.module_utils._node.clocks import Clock
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of, utc
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.course import Course
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.one_clock import on_one_clock
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.spans import Away
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.verdict import KEPT, verdict
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import T0, mark, seen

RUN = "0123456789abcdef"
# Times are written to the millisecond that has begun, and each is the sum of some.
ROUNDED = 0.01


@dataclasses.dataclass
class Node:
    """Seconds are those that really pass, by the controller's steady clock. set_to: (since, how far the node's clock is ahead), in order.

    paused: (since, how long its boot clock has stood still by then), as that of a virtual machine does.
    """

    set_to: list[tuple[float, float]]
    boots: list[float] = dataclasses.field(default_factory=lambda: [-500.0])
    paused: tuple[float, float] = (0.0, 0.0)
    lines: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)

    def ahead(self, when: float) -> float:
        return next(ahead for since, ahead in reversed(self.set_to) if since <= when)

    def boot(self, when: float) -> float:
        return next(since for since in reversed(self.boots) if since <= when)

    def _stood(self, when: float) -> float:
        since, stood = self.paused
        return stood if when >= since > self.boot(when) else 0.0

    def writes(self, entry: dict[str, t.Any], when: float) -> None:
        stamp = [str(self.boot(when)), when - self.boot(when) - self._stood(when)]
        self.lines.append(dict(entry, at=utc(T0 + when + self.ahead(when)), stamp=stamp))

    def read(self, when: float, delay: float = 0.0, more: float = 0.0) -> dict[str, t.Any]:
        """As the module returns it. delay: until it begins on the node. more: until its answer is there."""
        now = T0 + when + self.ahead(when)
        boot = self.boot(when)
        timeline, counts = by_boot(self.lines, Clock(str(boot), now - (when - boot - self._stood(when))))
        rest = {"unreadable": 0, "run": RUN, "until": utc(now), "now": utc(now)}
        return dict(rest, timeline=timeline, boots=counts, offset=T0 + when - delay - now, spread=delay + more)


def looked(record: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"at": record["timeline"][0]["at"], "offset": record["offset"], "spread": record["spread"]}


START = seen(0, "state", [1, 2, 3], 8, 2)
STOPPED = mark(100, "corosync_unavailable", reason="not_running")
BACK = seen(130, "node_restarted", [1, 2, 3], 16, 2)


def recorded(node: Node, *entries: tuple[float, dict[str, t.Any]]) -> tuple[t.Any, t.Any]:
    """(record, first look) of a run of 300 s."""
    node.writes(START, 0.0)
    first = looked(node.read(1.0, 0.2, 0.1))
    for when, entry in entries:
        node.writes(entry, when)
    return node.read(300.0, 0.2, 0.1), first


def judged(node: Node, *entries: tuple[float, dict[str, t.Any]], away: tuple[float, float] = (99.0, 140.0)) -> t.Any:
    course = Course(RUN, {"a": [Away(T0 + away[0], T0 + away[1], 5.0)]})
    return verdict({"a": on_one_clock(*recorded(node, *entries))}, ["a"], course)


SETS = [[(-1e9, 0.0), (50.0, 19.0)], [(-1e9, 0.0), (50.0, -19.0)], [(-1e9, 0.0), (110.0, 19.0)], [(-1e9, 40.0), (110.0, -19.0), (200.0, 3.0)]]


@pytest.mark.parametrize("set_to", SETS)
@pytest.mark.parametrize("boots", [[-500.0], [-500.0, 115.0]])
def test_a_clock_that_is_set_during_the_run_changes_no_verdict(set_to: list[tuple[float, float]], boots: list[float]) -> None:
    back = BACK if boots == [-500.0] else dict(BACK, event="state")
    assert judged(Node(set_to, boots), (100.0, STOPPED), (130.0, back))["sentence"] == KEPT
    lost = judged(Node(set_to, boots), (90.0, STOPPED), (130.0, back))
    assert [seconds_of(loss["at"]) for loss in lost["losses"]] == [pytest.approx(T0 + 90.0, abs=1.0)], "it went before it was stopped"


@pytest.mark.parametrize("paused", [(50.0, 8.0), (120.0, 8.0)])
def test_a_machine_that_stood_still_during_the_run_proves_nothing(paused: tuple[float, float]) -> None:
    """Nobody knows what came before that, and what came after it."""
    node = Node([(-1e9, 0.0)], paused=paused)
    found = judged(node, (100.0, STOPPED), (130.0, BACK))
    assert [gap["why"] for gap in found["gaps"]] == ["its clock and the controller's clock moved 7.7 s apart during the run"]


def test_an_earlier_boot_without_a_look_at_its_clock_proves_nothing() -> None:
    record, dummy = recorded(Node([(-1e9, 0.0)], [-500.0, 115.0]), (100.0, STOPPED), (130.0, dict(BACK, event="state")))
    found = verdict({"a": on_one_clock(record, None)}, ["a"], Course(RUN, {"a": [Away(T0 + 99.0, T0 + 140.0, 5.0)]}))
    assert [gap["why"] for gap in found["gaps"]] == ["nobody looked at its clock before its reboot"]


def test_of_a_boot_in_the_middle_nobody_knows_where_the_clocks_have_moved() -> None:
    entries = ((100.0, STOPPED), (130.0, dict(BACK, event="state")), (150.0, STOPPED), (170.0, dict(BACK, event="state")))
    boots = [-500.0, 115.0, 160.0]
    assert judged(Node([(-1e9, 0.0)], boots), *entries, away=(99.0, 180.0))["sentence"] == KEPT
    found = judged(Node([(-1e9, 0.0), (155.0, 5.0)], boots), *entries, away=(99.0, 180.0))
    assert [gap["why"] for gap in found["gaps"]] == ["its clock and the controller's clock moved 4.7 s apart during the run"]


@pytest.mark.parametrize("first", [{}, {"at": "odd", "offset": 0.0, "spread": 0.0}, {"at": None, "offset": 0.0, "spread": 0.0}, {"at": START["at"]}])
def test_a_first_look_that_is_none(first: dict[str, t.Any]) -> None:
    record, dummy = recorded(Node([(-1e9, 0.0)]))
    assert on_one_clock(record, first) == on_one_clock(record, None)


def test_a_node_that_tells_times_beyond_any_calendar() -> None:
    record, first = recorded(Node([(-1e9, 0.0)], [-500.0, 115.0]), (130.0, dict(BACK, event="state")))
    found = on_one_clock(record, dict(first, offset=9e14))
    assert "at must be a moment in UTC" in verdict({"a": found}, ["a"], Course(RUN))["sentence"]


@st.composite
def courses(draw: st.DrawFn) -> tuple[Node, list[float], float, float]:
    """(node, when it writes, when its first look is, when its record is read)."""
    moments = st.floats(0.0, 1000.0)
    # The first look is in the first boot, and so is the first entry.
    boots = [-500.0, *sorted(draw(st.lists(st.floats(20.0, 900.0), max_size=1)))]
    set_to = [(-1e9, draw(st.floats(-1e5, 1e5))), *sorted(draw(st.lists(st.tuples(moments, st.floats(-100.0, 100.0)), max_size=4)))]
    return Node(set_to, boots), [0.0, *sorted(draw(st.lists(moments, max_size=8)))], draw(st.floats(1.0, 15.0)), 1001.0


@given(courses(), st.lists(st.floats(0.0, 3.0), min_size=4, max_size=4))
@examples(300)
def test_each_entry_happened_between_its_time_and_slack_later(course: t.Any, delays: list[float]) -> None:
    node, writes, looks_at, reads_at = course
    first = None
    for when in writes:
        if when >= looks_at and first is None:
            first = looked(node.read(looks_at, *delays[:2]))
        node.writes(START, when)
    first = first or looked(node.read(looks_at, *delays[:2]))
    found = on_one_clock(node.read(reads_at, *delays[2:]), first)
    assert found["apart"] <= ROUNDED and found["slack"] <= max(sum(delays[:2]), sum(delays[2:]), sum(delays)) + ROUNDED
    for entry, when in zip(found["timeline"], writes):
        time = seconds_of(entry["at"]) + found["offset"]
        assert time - ROUNDED <= T0 + when <= time + found["slack"] + ROUNDED, (entry, when)
