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

from ansible_collections.corosync.quorum.plugins.module_utils._node.boots import by_boot, last_sign, own_clock, watched_until
from ansible_collections.corosync.quorum.plugins.module_utils._node.clocks import Clock
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of, utc
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.course import Course
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.one_clock import look_of, on_one_clock
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.spans import Away
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.verdict import KEPT, verdict
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import T0, mark, seen

RUN = "0123456789abcdef"
# Times are written to the millisecond that has begun, and each is the sum of some.
ROUNDED = 0.01


@dataclasses.dataclass
class Node:
    """Seconds are those that really pass. set_to: (since, how far the node's clock is ahead), in order. controller: the same of the controller's.

    paused: (since, how long its boot clock has stood still by then), as that of a virtual machine does. stood: the same of the controller.
    """

    set_to: list[tuple[float, float]]
    boots: list[float] = dataclasses.field(default_factory=lambda: [-500.0])
    paused: tuple[float, float] = (0.0, 0.0)
    stood: tuple[float, float] = (0.0, 0.0)
    controller: list[tuple[float, float]] = dataclasses.field(default_factory=lambda: [(-1e9, 0.0)])
    lines: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    looks: list[t.Any] = dataclasses.field(default_factory=list)
    touched: float = 0.0

    def boot(self, when: float) -> float:
        return next(since for since in reversed(self.boots) if since <= when)

    def steady(self, when: float) -> float:
        """By the controller's clock as it was in the beginning."""
        since, stood = self.stood
        return when - (stood if when >= since else 0.0)

    def clock(self, when: float) -> Clock:
        boot = self.boot(when)
        ahead = _newest(self.set_to, when)
        return Clock(str(boot), T0 + when + ahead - self.uptime(when))

    def uptime(self, when: float) -> float:
        since, stood = self.paused
        return when - self.boot(when) - (stood if when >= since > self.boot(when) else 0.0)

    def begins(self, when: float) -> None:
        """A watch takes the record."""
        if self.lines:
            self.lines.append(last_sign(self.lines, self.touched))
        self.lives(when)

    def lives(self, when: float) -> None:
        """The watch leaves a sign."""
        self.touched = own_clock(self.lines, self.clock(when)).started + self.uptime(when)

    def writes(self, entry: dict[str, t.Any], when: float) -> None:
        self.lives(when)
        self.lines.append(dict(entry, at=utc(self.touched), stamp=[str(self.boot(when)), self.uptime(when)]))

    def read(self, when: float, delay: float = 0.0, more: float = 0.0, alive: bool = True) -> dict[str, t.Any]:
        """As the module returns it. delay: until it begins on the node. more: until its answer is there. alive: whether the watch runs."""
        clock = self.clock(when)
        now = clock.started + self.uptime(when)
        timeline, counts = by_boot(self.lines, clock)
        until = now if alive else watched_until(self.lines, self.touched, clock)[0]
        rest = {"unreadable": 0, "run": RUN, "until": utc(until), "now": utc(now), "timeline": timeline, "boots": counts}
        asked_at = T0 + self.steady(when) - delay
        ahead = _newest(self.controller, when) + when - self.steady(when) if self.controller[1:] else 0.0
        return dict(rest, offset=asked_at - now, spread=delay + more, asked_at=asked_at, ahead=ahead)


def _newest(found: list[tuple[float, float]], when: float) -> float:
    return next(item for since, item in reversed(found) if since <= when)


START = seen(0, "state", [1, 2, 3], 8, 2)
STOPPED = mark(100, "corosync_unavailable", reason="not_running")
BACK = seen(130, "node_restarted", [1, 2, 3], 16, 2)


Step = t.Callable[[Node], object]


def at(when: float, entry: dict[str, t.Any]) -> Step:
    return lambda node: node.writes(entry, when)


def again(when: float) -> Step:
    """A watch goes on with the record, and has its first look."""

    def step(node: Node) -> None:
        node.begins(when)
        node.writes(START, when)

    return step


def look(when: float) -> Step:
    """Of the role, around a reboot."""

    def step(node: Node) -> None:
        found = look_of(node.read(when, 0.2, 0.1), RUN)
        assert found is not None
        node.looks.append(found)

    return step


def recorded(node: Node, *steps: Step, alive: bool = True, ends: float = 300.0) -> tuple[t.Any, t.Any]:
    """(record, looks) of a run."""
    node.begins(0.0)
    node.writes(START, 0.0)
    for step in [look(1.0), *steps]:
        step(node)
    return node.read(ends, 0.2, 0.1, alive), node.looks


def judged(node: Node, *steps: Step, away: tuple[float, float] = (99.0, 140.0), **more: t.Any) -> t.Any:
    """away: by the steady clock of the controller."""
    course = Course(RUN, {"a": [Away(T0 + away[0], T0 + away[1], 5.0)]})
    return verdict({"a": on_one_clock(*recorded(node, *steps, **more))}, ["a"], course)


def whys(found: t.Any) -> list[str]:
    return [gap["why"] for gap in found["gaps"]]


UNCERTAIN = "its times are uncertain by {} s, as a machine stood still or a clock was set during the run"
SETS = [[(-1e9, 0.0), (50.0, 19.0)], [(-1e9, 0.0), (50.0, -19.0)], [(-1e9, 0.0), (110.0, 19.0)], [(-1e9, 40.0), (110.0, -19.0), (200.0, 3.0)]]


@pytest.mark.parametrize("set_to", SETS)
@pytest.mark.parametrize("boots", [[-500.0], [-500.0, 115.0]])
def test_a_clock_that_is_set_during_the_run_changes_no_verdict(set_to: list[tuple[float, float]], boots: list[float]) -> None:
    back = at(130.0, BACK) if boots == [-500.0] else again(130.0)
    assert judged(Node(set_to, boots), at(100.0, STOPPED), back)["sentence"] == KEPT
    lost = judged(Node(set_to, boots), at(90.0, STOPPED), back)
    assert [seconds_of(loss["at"]) for loss in lost["losses"]] == [pytest.approx(T0 + 90.0, abs=1.0)], "it went before it was stopped"


@pytest.mark.parametrize("paused", [(50.0, 8.0), (120.0, 8.0)])
def test_a_node_that_stood_still_during_the_run_proves_nothing(paused: tuple[float, float]) -> None:
    """Nobody knows what came before that, and what came after it."""
    assert whys(judged(Node([(-1e9, 0.0)], paused=paused), at(100.0, STOPPED), at(130.0, BACK))) == [UNCERTAIN.format("7.7")]


def test_a_controller_that_stood_still_during_the_run_proves_nothing() -> None:
    """Corosync went down, and the node was stopped soon after. Its clock was put right meanwhile."""
    outage = at(120.0, STOPPED), at(128.0, BACK), at(140.5, STOPPED)
    node = Node([(-1e9, 0.0)], stood=(50.0, 30.0))
    assert whys(judged(node, *outage, at(160.0, BACK), away=(110.0, 140.0))) == [UNCERTAIN.format("29.7")]
    node = Node([(-1e9, 0.0)], [-500.0, 150.0], stood=(50.0, 30.0), controller=[(-1e9, 0.0), (60.0, 0.0)])
    assert whys(judged(node, *outage, again(160.0), away=(110.0, 140.0))) == [UNCERTAIN.format("30.0")]


def test_clocks_that_count_the_time_a_little_differently_are_right_enough() -> None:
    """A hundred millionths, for five hours."""
    node = Node([(-1e9, 0.0)], stood=(200.0, 1.8))
    assert judged(node, at(100.0, STOPPED), at(130.0, BACK), ends=5 * 3600.0)["sentence"] == KEPT
    assert whys(judged(Node([(-1e9, 0.0)], stood=(200.0, 1.8)), at(100.0, STOPPED), at(130.0, BACK))) == [UNCERTAIN.format("1.5")]


def test_an_earlier_boot_without_a_look_at_its_clock_proves_nothing() -> None:
    record, dummy = recorded(Node([(-1e9, 0.0)], [-500.0, 115.0]), at(100.0, STOPPED), again(130.0))
    found = verdict({"a": on_one_clock(record, [])}, ["a"], Course(RUN, {"a": [Away(T0 + 99.0, T0 + 140.0, 5.0)]}))
    assert whys(found) == ["nobody looked at its clock in one of its boots"]


def test_a_node_that_stood_still_before_its_reboot_proves_nothing() -> None:
    """Its clock was put right at once, so that nobody sees it there."""
    node = Node([(-1e9, 0.0)], [-500.0, 115.0], paused=(50.0, 10.0))
    assert whys(judged(node, at(100.0, STOPPED), look(110.0), again(130.0), look(131.0))) == [UNCERTAIN.format("9.7")]


def test_a_node_whose_clock_was_made_faster_before_its_reboot_proves_nothing() -> None:
    """As a time server does that has it caught up. Corosync went down, and the node was stopped soon after."""
    node = Node([(-1e9, 0.0)], [-500.0, 115.0], paused=(50.0, -10.0))
    outage = at(92.0, STOPPED), at(95.0, BACK), at(100.0, STOPPED)
    assert whys(judged(node, *outage, look(110.0), again(130.0), look(131.0))) == [UNCERTAIN.format("9.7")]


TWICE = at(100.0, STOPPED), look(110.0), again(130.0), look(131.0), at(200.0, STOPPED), look(205.0), again(230.0), look(231.0)


@pytest.mark.parametrize("ahead", [0.0, 15.0, -15.0, 900.0, -3600.0, 7200.0])
def test_each_boot_has_a_look_of_its_own(ahead: float) -> None:
    """In the second boot, the watch starts before a time server has set the clock. Corosync goes down for a moment soon before the second stop."""
    boots, set_to = [-500.0, 115.0, 210.0], [(-1e9, 0.0), (112.0, ahead), (150.0, 0.0)]
    two = [Away(T0 + 99.0, T0 + 140.0, 5.0), Away(T0 + 199.0, T0 + 240.0, 5.0)]

    def said(*steps: Step) -> t.Any:
        return verdict({"a": on_one_clock(*recorded(Node(set_to, boots), *steps))}, ["a"], Course(RUN, {"a": two}))

    assert said(*TWICE)["sentence"] == KEPT
    found = said(*TWICE[:4], at(190.0, STOPPED), at(195.0, BACK), *TWICE[4:])
    assert [seconds_of(loss["at"]) for loss in found["losses"]] == [pytest.approx(T0 + 190.0, abs=1.0)]


def test_a_boot_in_the_middle_without_a_look_at_its_clock_proves_nothing() -> None:
    node = Node([(-1e9, 0.0)], [-500.0, 115.0, 210.0])
    assert whys(judged(node, *TWICE[:3], TWICE[4], TWICE[6], away=(99.0, 240.0))) == ["nobody looked at its clock in one of its boots"]


# ---- a watch that has ended ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("set_to", [[(-1e9, 0.0)], [(-1e9, 0.0), (250.0, -3600.0)], [(-1e9, 0.0), (250.0, 3600.0)], [(-1e9, 0.0), (150.0, 70.0)]])
def test_a_watch_that_was_killed_has_watched_until_then_whatever_the_clock_is_set_to(set_to: list[tuple[float, float]]) -> None:
    found = judged(Node(set_to), at(100.0, STOPPED), at(130.0, BACK), lambda node: node.lives(200.0), alive=False, ends=3000.0)
    ((start, end),) = [(gap["at"], gap["until"]) for gap in found["gaps"]]
    assert (seconds_of(start), seconds_of(end)) == (pytest.approx(T0 + 200.0, abs=1.0), pytest.approx(T0 + 3000.0, abs=1.0))


@pytest.mark.parametrize("ahead", [0.0, -7200.0, 7200.0])
def test_a_node_that_was_booted_by_nobody_and_has_another_clock_since(ahead: float) -> None:
    node = Node([(-1e9, 0.0), (200.0, ahead)], [-500.0, 200.0])
    found = judged(node, lambda node: node.lives(199.0), away=(500.0, 600.0), alive=False)
    assert [seconds_of(gap["at"]) for gap in found["gaps"]] == [pytest.approx(T0 + 199.0, abs=1.0)]


@pytest.mark.parametrize("set_to", [[(-1e9, 0.0)], [(-1e9, 0.0), (20.0, 80.0)], [(-1e9, 0.0), (60.0, -70.0)], [(-1e9, 0.0), (60.0, 70.0)]])
@pytest.mark.parametrize("boots", [[-500.0], [-500.0, 115.0]])
def test_a_watch_that_was_killed_before_the_stop_leaves_a_gap(set_to: list[tuple[float, float]], boots: list[float]) -> None:
    """It was started again after that."""
    found = judged(Node(set_to, boots), lambda node: node.lives(30.0), again(130.0))
    assert [seconds_of(gap["at"]) for gap in found["gaps"]] == [pytest.approx(T0 + 30.0, abs=1.0)] and not found["losses"]


def test_a_clock_that_was_set_between_the_stop_and_the_reboot_makes_no_loss() -> None:
    node = Node([(-1e9, 0.0), (105.0, 100.0)], [-500.0, 115.0])
    assert judged(node, at(100.0, STOPPED), lambda node: node.lives(110.0), again(130.0))["sentence"] == KEPT


@pytest.mark.parametrize("at", ["odd", None, 7])
def test_a_look_without_a_time_is_none(at: t.Any) -> None:
    record, looks = recorded(Node([(-1e9, 0.0)]))
    assert on_one_clock(record, [dict(looks[0], at=at)]) == on_one_clock(record, [])


def test_nothing_is_looked_at_before_the_first_entry_of_a_boot() -> None:
    node = Node([(-1e9, 0.0)], [-500.0, 115.0])
    recorded(node)
    assert look_of(node.read(120.0), RUN) is None


@pytest.mark.parametrize("odd", [{"timeline": None}, {"timeline": "x"}, {"offset": None}, {"offset": "x"}])
def test_what_is_no_record_is_left_alone(odd: dict[str, t.Any]) -> None:
    record, looks = recorded(Node([(-1e9, 0.0)]))
    assert on_one_clock({**record, **odd}, looks) == {**record, **odd}


def test_a_node_that_tells_times_beyond_any_calendar() -> None:
    record, looks = recorded(Node([(-1e9, 0.0)], [-500.0, 115.0]), again(130.0))
    found = on_one_clock(record, [dict(looks[0], offset=9e14)])
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
    for when in writes:
        if when >= looks_at and not node.looks:
            node.looks.append(look_of(node.read(looks_at, *delays[:2]), RUN))
        node.writes(START, when)
    looks = node.looks or [look_of(node.read(looks_at, *delays[:2]), RUN)]
    found = on_one_clock(node.read(reads_at, *delays[2:]), looks)
    assert found["apart"] <= ROUNDED and found["slack"] <= max(sum(delays[:2]), sum(delays[2:]), sum(delays)) + ROUNDED
    for entry, when in zip(found["timeline"], writes):
        time = seconds_of(entry["at"]) + found["offset"]
        assert time - ROUNDED <= T0 + when <= time + found["slack"] + ROUNDED, (entry, when)
