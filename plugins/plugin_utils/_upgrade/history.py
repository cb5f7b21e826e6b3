# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What several nodes' timelines tell together: when quorum was lost, and how many votes there were against quorum over time.

Pure. Times are seconds since 1970 on the controller's clock: each node's own, with its offset added.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import described
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of, utc

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import RecordedEntry as Entry

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


# Entries that tell of no votequorum value
_ABSENT = ("corosync_unavailable", "unreachable")
_MARKERS = _ABSENT + ("corosync_available", "reachable")
# Reasons of an absence that mean that corosync did not run as votequorum's. A timeline without reasons does not tell.
_STOPPED = ("not_running", "not_configured")
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
    lost = [loss for name, history in found.items() for loss in _losses_of(name, history)]
    return sorted(lost, key=lambda loss: (loss.at, loss.node))


def votes_over_time(found: Histories) -> list[Step]:
    """The votes against quorum, from the best view that any node has: the steps at which that changes, in order.

    The view of a node counts until it has another one or its corosync goes, or until another node is on a newer ring with some of its members: then
    it is a view of the past, as of a node without power. Of the rest, the best is quorate, has the most votes, and is the newest.
    """
    views: dict[str, Entry] = {}
    steps: list[Step] = []
    for at, name, entry in sorted(((entry["at"], name, entry) for name, history in found.items() for entry in history), key=lambda item: item[0]):
        if entry["event"] in _ABSENT:
            views.pop(name, None)
        elif entry["event"] in _MARKERS:
            continue
        else:
            views[name] = entry
        _add(steps, _step(at, list(views.values())))
    return steps


def as_data(found: t.Iterable[Loss]) -> list[dict[str, t.Any]]:
    """Losses as plain data, with moments in UTC."""
    return [dict(loss._asdict(), at=utc(loss.at), until=None if loss.until is None else utc(loss.until)) for loss in found]


# ---- losses --------------------------------------------------------------------------------------------------------------


def _losses_of(name: str, history: t.Sequence[Entry]) -> list[Loss]:
    found: list[Loss] = []
    quorate: bool | None = None  # None: not known, or corosync did not run since
    lost = False
    for entry in history:
        if entry["event"] == "start" or entry["event"] in _ABSENT and ("reason" not in entry or entry["reason"] in _STOPPED):
            quorate = None
        if entry["event"] in _MARKERS:
            continue
        if quorate and not entry["quorate"]:
            found.append(Loss(name, entry["at"], None, entry["total_votes"], entry["quorum"], list(entry["members"])))
            lost = True
        elif lost and entry["quorate"]:
            found[-1] = found[-1]._replace(until=entry["at"])
            lost = False
        quorate = entry["quorate"]
    return found


# ---- votes ---------------------------------------------------------------------------------------------------------------


def _step(at: float, views: t.Sequence[Entry]) -> Step:
    views = _distinct(views)
    live = [view for view in views if view["total_votes"] is not None and not any(_supersedes(other, view) for other in views)]
    if not live:
        return Step(at, None, None, any(view["quorate"] for view in views) if views else None)
    best = max(live, key=lambda view: (view["quorate"], view["total_votes"], _seq(view)))
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
    return [_entry(name, number, entry, offset) for number, entry in enumerate(timeline, start=1)]


def _entry(name: str, number: int, entry: t.Any, offset: float) -> Entry:
    where = f"Entry {number} of the timeline of {name}"
    if not isinstance(entry, dict):
        raise HistoryError(f"{where} must be a dictionary, as watch_quorum returns it, but is {described(entry)}.")
    missing = [key for key in _KEYS if key not in entry]
    if missing:
        raise HistoryError(f"{where} has no {', '.join(missing)}: each entry is to be as watch_quorum returns it.")
    if entry["event"] not in _MARKERS and not isinstance(entry["quorate"], bool):
        raise HistoryError(f"{where}: quorate must be true or false for the event {entry['event']}, but is {described(entry['quorate'])}.")
    for key in ("total_votes", "quorum"):
        if not (entry[key] is None or isinstance(entry[key], int)):
            raise HistoryError(f"{where}: {key} must be a whole number or null, but is {described(entry[key])}.")
    if not isinstance(entry["members"], (list, tuple)) or not (entry["ring_id"] is None or isinstance(entry["ring_id"], dict)):
        raise HistoryError(f"{where}: members must be a list and ring_id a dictionary, as watch_quorum returns them.")
    try:
        return t.cast("Entry", dict(entry, at=seconds_of(entry["at"]) + offset))
    except (ValueError, AttributeError):
        raise HistoryError(f"{where}: at must be a moment in UTC such as '2026-11-22T10:15:02.123Z', but is {described(entry['at'])}.")


def _offset(name: t.Any, offsets: t.Mapping[t.Any, t.Any]) -> float:
    offset = offsets.get(name, 0)
    if isinstance(offset, bool) or not isinstance(offset, (int, float)):
        raise HistoryError(f"The offset of {name} must be a number of seconds, but is {described(offset)}.")
    return float(offset)
