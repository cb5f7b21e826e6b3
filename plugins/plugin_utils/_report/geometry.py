# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Where everything of the report's chart is: pure geometry, in the units of its SVG, which are pixels at its natural width.

The chart is drawn twice, for a wide and for a narrow screen, because text in an SVG shrinks with it.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.history import Loss, Step
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.presence import Absence

from .given import Node, Phase
from .words import clock, duration, short

# What a character takes, at most on average, at the font sizes of page.css: on bars, and in the bold names of nodes
CHARACTER = 6.8
_BOLD = 8.0
# Distances of ticks that people can count with. Seconds.
_TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800)
# A chart of one moment is drawn as if it took so long. Seconds.
_SHORTEST = 1.0
_NARROWEST_BAR = 2.0
_WIDEST = 220.0
_NUMBER = 18.0
# In one picture
_BANDS = 500
# From the line of votes down to words below it
_LINE = 17.0

Absences = t.Mapping[int, t.Sequence[Absence]]


@dataclasses.dataclass(frozen=True)
class Layout:
    """right: room for the labels of the lines. above: whether a node's name stands above its bars, else it is left of them."""

    name: str
    width: float
    left: float
    right: float
    plot: float
    row: float
    thickness: float
    tick: float
    above: bool
    top: float = 12.0
    top_with_marks: float = 30.0
    axis: float = 34.0


WIDE = Layout("wide", width=1120, left=80, right=96, plot=170, row=36, thickness=24, tick=88, above=False)
NARROW = Layout("narrow", width=360, left=28, right=12, plot=130, row=50, thickness=24, tick=74, above=True)


@dataclasses.dataclass(frozen=True)
class Axis:
    """Time on the horizontal axis, from left to right."""

    start: float
    end: float
    left: float
    right: float

    def x(self, at: float) -> float:
        """Where a moment is; what is outside is at the edge."""
        inside = min(max(at, self.start), self.end)
        return round(self.left + (inside - self.start) / (self.end - self.start) * (self.right - self.left), 1)

    def ticks(self, gap: float) -> list[float]:
        """Round moments, at least `gap` from each other."""
        span = self.end - self.start
        fitting = max(1.0, (self.right - self.left) / gap)
        step = next((step for step in _TICKS if span / step <= fitting), _TICKS[-1] * math.ceil(span / fitting / _TICKS[-1]))
        first = math.ceil(self.start / step)
        return [tick * step for tick in range(first, math.floor(self.end / step) + 1)]


@dataclasses.dataclass(frozen=True)
class Tick:
    place: float
    label: str


@dataclasses.dataclass(frozen=True)
class Bar:
    """label: empty where it does not fit. title: all there is to say of it."""

    x: float
    y: float
    width: float
    height: float
    phase: str
    result: str
    label: str
    title: str


@dataclasses.dataclass(frozen=True)
class Band:
    """A part of the time. title: all there is to say of it."""

    x: float
    width: float
    title: str = ""


@dataclasses.dataclass(frozen=True)
class Row:
    """down_y: where the bands begin in which the node was out of the cluster, below its bars."""

    name: str
    shown: str
    x: float
    y: float
    middle: float
    bars: tuple[Bar, ...]
    down_y: float
    down: tuple[Band, ...]


@dataclasses.dataclass(frozen=True)
class Mark:
    """A loss of quorum. number: 0 where there is no room for it."""

    x: float
    width: float
    number: int
    row_y: float | None


@dataclasses.dataclass(frozen=True)
class Label:
    """The name of a line, at its end."""

    y: float
    text: str
    kind: str


@dataclasses.dataclass(frozen=True)
class Point:
    """A place on the line of votes, with its words. end: whether they end there, as there is no room behind it."""

    x: float
    y: float
    text_y: float
    text: str
    end: bool


@dataclasses.dataclass(frozen=True)
class Chart:
    """bare: where no vote was to spare. lowest: where votes were nearest to quorum, None where they were always as near."""

    layout: Layout
    height: float
    left: float
    right: float
    top: float
    bottom: float
    times: tuple[Tick, ...]
    votes: tuple[Tick, ...]
    area: str
    line: str
    needed: str
    labels: tuple[Label, ...]
    marks: tuple[Mark, ...]
    rows: tuple[Row, ...]
    last: float
    bare: tuple[Band, ...]
    lowest: Point | None


def span(moments: t.Iterable[float]) -> tuple[float, float]:
    """The first and the last moment, and some time between them in any case."""
    given = list(moments) or [0.0]
    start, end = min(given), max(given)
    missing = max(0.0, _SHORTEST - (end - start))
    return start - missing / 2, end + missing / 2


def chart(
    layout: Layout, start: float, end: float, steps: t.Sequence[Step], nodes: t.Sequence[Node], losses: t.Sequence[Loss], out: Absences | None = None
) -> Chart:
    """All of it. start, end: what span() returns. out: by node id, when each node was out of the cluster."""
    names = short([node.name for node in nodes])
    left = layout.left if layout.above else min(_WIDEST, max(layout.left, 24 + _BOLD * max(map(len, names.values()), default=0)))
    axis = Axis(start, end, left, layout.width - layout.right)
    top = layout.top_with_marks if losses else layout.top
    bottom = top + (layout.plot if steps else 0)
    most = max([max(step.total_votes or 0, step.quorum or 0) for step in steps] or [0])
    heights = Heights(top, bottom, most)
    shown = [_longest(axis, (out or {}).get(node.nodeid or 0, ()), _BANDS // len(nodes)) for node in nodes]
    rows = tuple(_row(layout, axis, bottom + layout.axis + number * layout.row, node, names[node.name], shown[number]) for number, node in enumerate(nodes))
    last = bottom + layout.axis + len(rows) * layout.row
    moments = axis.ticks(layout.tick)
    whole_minutes = all(moment % 60 == 0 for moment in moments)
    return Chart(
        layout=layout,
        height=last + 10,
        left=left,
        right=axis.right,
        top=top,
        bottom=bottom,
        times=tuple(Tick(axis.x(moment), clock(moment)[: 5 if whole_minutes else 8]) for moment in moments),
        votes=tuple(Tick(heights.y(vote), str(vote)) for vote in heights.ticks()) if steps else (),
        area=" ".join(outline(axis, heights, steps, "total_votes", closed=True)),
        line=" ".join(outline(axis, heights, steps, "total_votes")),
        needed=" ".join(outline(axis, heights, steps, "quorum")),
        labels=_labels(heights, steps),
        marks=_marks(axis, losses, {row.name: row.middle for row in rows}),
        rows=rows,
        last=last,
        bare=_bare(axis, steps),
        lowest=_lowest(axis, heights, steps),
    )


@dataclasses.dataclass(frozen=True)
class Heights:
    """Votes on the vertical axis, from 0 at the bottom, with some air above the most."""

    top: float
    bottom: float
    most: int

    def y(self, votes: float) -> float:
        return round(self.bottom - votes / (max(1, self.most) * 1.15) * (self.bottom - self.top), 1)

    def ticks(self) -> list[int]:
        """At most five steps, of 1, 2, 5, 10 and so on."""
        step = next(factor * 10**power for power in itertools.count() for factor in (1, 2, 5) if self.most <= 5 * factor * 10**power)
        return list(range(0, self.most + 1, step))


def outline(axis: Axis, heights: Heights, steps: t.Sequence[Step], key: str, closed: bool = False) -> list[str]:
    """Path commands for a line in steps, with a gap where nothing is known; closed: down to the bottom on both sides."""
    path: list[str] = []
    ends = [step.at for step in steps[1:]] + [axis.end]
    drawing = False
    for step, end in zip(steps, ends):
        value = getattr(step, key)
        if value is None:
            drawing = False
            continue
        x, until, y = axis.x(step.at), axis.x(end), heights.y(value)
        if closed:
            path.append(f"M{_plain(x)} {_plain(heights.bottom)}V{_plain(y)}H{_plain(until)}V{_plain(heights.bottom)}Z")
        else:
            start = "V" if drawing else f"M{_plain(x)} "
            path.append(f"{start}{_plain(y)}H{_plain(until)}")
        drawing = True
    return path


def _plain(number: float) -> str:
    return f"{round(number, 1):g}"


def _labels(heights: Heights, steps: t.Sequence[Step]) -> tuple[Label, ...]:
    """At the right end of the lines, and never one upon the other."""
    known = [step for step in steps if step.total_votes is not None and step.quorum is not None]
    if not known:
        return ()
    total, quorum = int(known[-1].total_votes or 0), int(known[-1].quorum or 0)
    above, below = heights.y(max(total, quorum)), heights.y(min(total, quorum))
    if below - above < 16:
        above, below = (above + below) / 2 - 8, (above + below) / 2 + 8
    votes = Label(above if total >= quorum else below, count(total, "vote"), "votes")
    return votes, Label(below if total >= quorum else above, f"{quorum} needed", "needed")


def _marks(axis: Axis, losses: t.Sequence[Loss], rows: t.Mapping[str, float]) -> tuple[Mark, ...]:
    marks: list[Mark] = []
    free = -math.inf
    for number, loss in enumerate(losses, start=1):
        x = axis.x(loss.at)
        width = max(_NARROWEST_BAR, axis.x(axis.end if loss.until is None else loss.until) - x)
        fits = x >= free
        free = x + _NUMBER if fits else free
        marks.append(Mark(x, width, number if fits else 0, rows.get(loss.node)))
    return tuple(marks)


def margin(step: Step) -> int | None:
    """Votes above what quorum needs."""
    return None if step.total_votes is None or step.quorum is None else step.total_votes - step.quorum


def _bare(axis: Axis, steps: t.Sequence[Step]) -> tuple[Band, ...]:
    """Where quorum had just the votes that it needed."""
    ends = [step.at for step in steps[1:]] + [axis.end]
    bands: list[tuple[float, float]] = []
    for step, end in zip(steps, ends):
        if margin(step) != 0 or not step.quorate:
            continue
        if bands and bands[-1][1] == step.at:
            bands[-1] = (bands[-1][0], end)
        else:
            bands.append((step.at, end))
    return tuple(_band(axis, at, until) for at, until in bands)


def _band(axis: Axis, at: float, until: float, title: str = "") -> Band:
    x = axis.x(at)
    return Band(x, round(max(_NARROWEST_BAR, axis.x(until) - x), 1), title)


def _lowest(axis: Axis, heights: Heights, steps: t.Sequence[Step]) -> Point | None:
    known = [(found, step) for step in steps if (found := margin(step)) is not None]
    if len({found for found, dummy in known}) < 2:
        return None
    step = min(known, key=lambda item: item[0])[1]
    votes, x = step.total_votes or 0, axis.x(step.at)
    y, text = heights.y(votes), f"{count(votes, 'vote')}, {step.quorum} needed"
    below = y + _LINE
    return Point(x, y, below if below < heights.bottom - 4 else y - 8, text, x + len(text) * CHARACTER > axis.right)


def _row(layout: Layout, axis: Axis, y: float, node: Node, shown: str, out: t.Sequence[Absence]) -> Row:
    bar_y = y + layout.row - layout.thickness - 6
    room = int((layout.width - 16 if layout.above else axis.left - 20) / _BOLD)
    return Row(
        name=node.name,
        shown=shown if len(shown) <= room else shown[: room - 1] + "…",
        x=4 if layout.above else axis.left - 14,
        y=y + 14 if layout.above else bar_y + layout.thickness / 2 + 4,
        middle=bar_y + layout.thickness / 2,
        bars=tuple(_bar(axis, bar_y, layout.thickness, phase) for phase in node.phases),
        down_y=bar_y + layout.thickness + 1,
        down=tuple(_down(axis, absence) for absence in out),
    )


def _longest(axis: Axis, out: t.Sequence[Absence], most: int) -> list[Absence]:
    """Of absences that are in the picture, so many, in order."""
    seen = [absence for absence in out if axis.start <= _end(axis, absence) and absence.start <= axis.end]
    longest = sorted(seen, key=lambda absence: absence.start - _end(axis, absence))[:most]
    return sorted(longest, key=lambda absence: absence.start)


def _end(axis: Axis, absence: Absence) -> float:
    return axis.end if absence.until is None else absence.until


def _down(axis: Axis, absence: Absence) -> Band:
    until = _end(axis, absence)
    least = "" if absence.whole else "at least "
    lasted = "not back" if absence.until is None else f"{least}{duration(until - absence.start)}"
    return _band(axis, absence.start, until, f"out of the cluster from {clock(absence.start)}, {lasted}")


def _bar(axis: Axis, y: float, height: float, phase: Phase) -> Bar:
    until = axis.end if phase.ended is None else phase.ended
    x = axis.x(phase.started)
    width = round(max(_NARROWEST_BAR, axis.x(until) - x), 1)
    result = {"ok": "", "failed": ", failed", "running": ", not finished"}[phase.result]
    took = "" if phase.ended is None else duration(phase.ended - phase.started)
    labels = [f"{phase.phase} {took}", phase.phase, took] if took else [phase.phase]
    return Bar(
        x=x,
        y=y,
        width=width,
        height=height,
        phase=phase.phase,
        result=phase.result,
        label=next((label for label in labels if len(label) * CHARACTER + 10 <= width), ""),
        title=f"{phase.phase} from {clock(phase.started)}{took and ', ' + took}{result}{'. ' + phase.detail if phase.detail else ''}",
    )
