# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What several nodes' timelines tell together: when quorum was lost, and how many votes there were against quorum over time.

Pure. Times are seconds since 1970 on the controller's clock: each node's own, with its offset added.
"""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import MOST_ENTRIES, MOST_NODES, are_natural, described, is_natural
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import COROSYNC_AVAILABLE, WATCH_ENDED
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of, utc
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import LONGEST_NAME, shortened, shown

from .spans import ABSENT, ALWAYS, DOWN, INQUORATE, MARKERS, QUORATE, Away, Span, is_unreadable, required_from, spans

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import RecordedEntry as Entry

# Years that a calendar can have, in seconds since 1970.
_EARLIEST, _LATEST = -6e10, 2.5e11
# Also of a number that is no moment: Python has whole numbers that no float can hold. Neither infinity nor NaN is less.
_MOST = 1e15
# An entry with its time in seconds on the common clock
Histories = dict[str, "list[Entry]"]


# at, until: seconds, until None where quorum was not seen again. The rest as it was when quorum was lost.
class Loss(t.NamedTuple):
    node: str
    at: float
    until: float | None
    total_votes: int | None
    quorum: int | None
    members: list[int]


# From `at` until the next step. total_votes, quorum: None where no node could be asked. quorate: whether any node was.
class Step(t.NamedTuple):
    at: float
    total_votes: int | None
    quorum: int | None
    quorate: bool | None


_KEYS = ("at", "event", "quorate", "total_votes", "quorum", "ring_id", "members")


class HistoryError(Unusable):
    """Something given is no timeline. The message names it, and what is expected."""


def histories(timelines: t.Any, offsets: t.Any = None) -> Histories:
    """Timelines on one clock. timelines: name -> timeline, or -> a result with one. offsets: name -> seconds. Raises HistoryError."""
    if not isinstance(timelines, dict):
        raise HistoryError(f"The timelines must be a dictionary (node: timeline), but {described(timelines)} was given.")
    if offsets is None:
        offsets = {}
    if not isinstance(offsets, dict):
        raise HistoryError(f"offsets must be a dictionary (node: seconds), but {described(offsets)} was given.")
    strangers = sorted(str(name) for name in offsets if name not in timelines)
    if strangers:
        there = ", ".join(sorted(map(str, timelines))) or "no node"
        raise HistoryError(f"offsets names {', '.join(strangers)}, of which there is no timeline; there are those of {there}.")
    return {str(name): _history(str(name), timeline, _offset(name, offsets)) for name, timeline in timelines.items()}


def losses(found: Histories) -> list[Loss]:
    """The moments at which a node that was up lost quorum, in order. found: what histories() returns.

    It was up where it was quorate and then was not, and corosync ran all the time in between. A corosync that did not run, and then says as it starts
    that it is not quorate, has lost nothing. One that could not be asked for another reason, such as a frozen one, ran on.
    """
    lost = [loss for name, history in found.items() for loss in losses_of(name, spans(history, history[-1]["at"] if history else 0.0))]
    return sorted(lost, key=lambda loss: (loss.at, loss.node))


def votes_over_time(found: Histories) -> list[Step]:
    """The votes against quorum, from the best view that any node has: the steps at which that changes, in order.

    The view of a node counts until it has another one or its corosync goes, or until another node is on a newer ring with some of its members: then
    it is a view of the past, as of a node without power. Of the rest, the best is quorate, has the most votes, and is the newest.
    """
    steps: list[Step] = []
    for moment in moments(found):
        _add(steps, _step(moment.at, moment.views))
    return steps


# views: of the nodes that can be asked, each once. watched: whether any watch runs.
class Moment(t.NamedTuple):
    at: float
    views: list[Entry]
    watched: bool


def moments(found: Histories) -> t.Iterator[Moment]:
    """In order, whenever any node has another view, or none any more."""
    views: dict[str, Entry] = {}
    unreadable: dict[str, Entry] = {}  # what a node saw before its corosync could not be read for a moment
    unwatched: set[str] = set()
    for at, name, entry in sorted(((entry["at"], name, entry) for name, history in found.items() for entry in history), key=lambda item: item[0]):
        if entry["event"] in ABSENT:
            before = views.pop(name, None) or unreadable.pop(name, None)
            if before is not None and is_unreadable(entry):
                unreadable[name] = before
        elif entry["event"] == COROSYNC_AVAILABLE and name in unreadable:
            views[name] = unreadable.pop(name)
        elif entry["event"] in MARKERS:
            continue
        else:
            views[name] = entry
        (unwatched.add if entry["event"] == WATCH_ENDED else unwatched.discard)(name)
        yield Moment(at, _distinct(list(views.values())), len(unwatched) < len(found))


def best_of(views: t.Sequence[Entry]) -> Entry | None:
    """Of views that none supersedes, the one that is quorate, has the most votes, and is the newest. None where there is none."""
    live = [view for view in views if not any(_supersedes(other, view) for other in views)]
    return max(live, key=lambda view: (view["quorate"], view["total_votes"] or 0, _seq(view)), default=None)


def as_data(found: t.Iterable[Loss]) -> list[dict[str, t.Any]]:
    """Losses as plain data, with moments in UTC."""
    return [dict(loss._asdict(), at=utc(loss.at), until=None if loss.until is None else utc(loss.until)) for loss in found]


# ---- losses --------------------------------------------------------------------------------------------------------------


def losses_of(name: str, found: t.Sequence[Span], aways: t.Sequence[Away] = (ALWAYS,), slack: float = 0.0) -> list[Loss]:
    """Of one node: where it had to be quorate (required_from) and was not, or ran on and was not, until it was again."""
    lost: list[Loss] = []
    is_lost = False
    for span in found:
        if span.state == QUORATE and is_lost:
            lost[-1] = lost[-1]._replace(until=span.at)
            is_lost = False
        elif span.state in (INQUORATE, DOWN) and not is_lost:
            at = span.at if span.ran_on else required_from(span, aways, slack)
            if at is not None:
                entry = span.entry
                lost.append(Loss(name, at, None, entry["total_votes"], entry["quorum"], list(entry["members"])))
                is_lost = True
    return lost


# ---- votes ---------------------------------------------------------------------------------------------------------------


def _step(at: float, views: t.Sequence[Entry]) -> Step:
    live = [view for view in views if view["total_votes"] is not None and not any(_supersedes(other, view) for other in views)]
    best = best_of(live)
    if best is None:
        return Step(at, None, None, any(view["quorate"] for view in views) if views else None)
    return Step(at, best["total_votes"], best["quorum"], best["quorate"])


def _distinct(views: t.Sequence[Entry]) -> list[Entry]:
    """Each view once: most of the time all nodes have the same."""
    return list({(_seq(view), tuple(view["members"]), view["total_votes"], view["quorum"], view["quorate"]): view for view in views}.values())


def _supersedes(newer: Entry, view: Entry) -> bool:
    return _seq(newer) > _seq(view) and any(nodeid in view["members"] for nodeid in newer["members"])


def _seq(view: Entry) -> int:
    return int(view["ring_id"].get("seq") or 0) if view["ring_id"] else 0


def _add(steps: list[Step], step: Step) -> None:
    """Add a step where it is one. Of several at one moment, the last holds."""
    if steps and steps[-1].at == step.at:
        steps.pop()
    if not steps or steps[-1]._replace(at=step.at) != step:
        steps.append(step)


# ---- what was given ------------------------------------------------------------------------------------------------------


def _history(name: str, timeline: t.Any, offset: float) -> list[Entry]:
    if isinstance(timeline, dict) and isinstance(timeline.get("timeline"), (list, tuple)):
        timeline = timeline["timeline"]  # of a result
    if not isinstance(timeline, (list, tuple)):
        raise HistoryError(f"The timeline of {name} must be a list of entries, as watch_quorum returns it, but is {described(timeline)}.")
    if len(timeline) > MOST_ENTRIES:
        raise HistoryError(
            f"The timeline of {name} has {len(timeline)} entries. A node that sees so many changes is broken, so at most {MOST_ENTRIES} are read."
        )
    found = [_entry(name, number, entry, offset) for number, entry in enumerate(timeline, start=1)]
    # A record is written in order. Where the clock was set back meanwhile, what came later was not earlier.
    times = itertools.accumulate((entry["at"] for entry in found), max)
    return [t.cast("Entry", dict(entry, at=at)) for at, entry in zip(times, found)]


def _entry(name: str, number: int, entry: t.Any, offset: float) -> Entry:
    where = f"Entry {number} of the timeline of {name}"
    if not isinstance(entry, dict):
        raise HistoryError(f"{where} must be a dictionary, as watch_quorum returns it, but is {described(entry)}.")
    missing = [key for key in _KEYS if key not in entry]
    if missing:
        raise HistoryError(f"{where} has no {', '.join(missing)}: each entry must be as watch_quorum returns it.")
    if not isinstance(entry["event"], str):
        raise HistoryError(f"{where}: event must be text, but is {described(entry['event'])}.")
    if entry["event"] not in MARKERS and not isinstance(entry["quorate"], bool):
        raise HistoryError(f"{where}: quorate must be true or false for the event {shown(entry['event'])}, but is {described(entry['quorate'])}.")
    for key in ("total_votes", "quorum"):
        if not (entry[key] is None or is_natural(entry[key])):
            raise HistoryError(f"{where}: {key} must be a whole number or null, but is {described(entry[key])}.")
    if not all(_are_nodeids(entry.get(key, [])) for key in ("members", "joined", "left")) or not _is_ring(entry["ring_id"]):
        raise HistoryError(f"{where}: members must be a list of node ids and ring_id a dictionary, as watch_quorum returns them.")
    try:
        at = seconds_of(entry["at"]) + offset
    except (ValueError, AttributeError):
        raise HistoryError(f"{where}: at must be a moment in UTC such as '2026-11-22T10:15:02.123Z', but is {described(entry['at'])}.")
    if not _EARLIEST < at < _LATEST:
        raise HistoryError(f"{where}: with the offset of the node's clock it was at no time that a calendar has.")
    return t.cast("Entry", dict(entry, at=at, event=shortened(entry["event"], LONGEST_NAME)))


def _are_nodeids(items: t.Any) -> bool:
    return isinstance(items, (list, tuple)) and len(items) <= MOST_NODES and are_natural(items)


def _is_ring(ring: t.Any) -> bool:
    return ring is None or isinstance(ring, dict) and all(ring.get(key) is None or is_natural(ring[key]) for key in ("nodeid", "seq"))


def is_seconds(value: t.Any) -> bool:
    """Whether it is a number that times can be made of."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _MOST


def _offset(name: t.Any, offsets: t.Mapping[t.Any, t.Any]) -> float:
    offset = offsets.get(name, 0)
    if not is_seconds(offset):
        raise HistoryError(f"The offset of {name} must be a number of seconds, but is {described(offset)}.")
    return float(offset)
