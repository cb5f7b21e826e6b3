# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The list of what happened, in order and in words: the phases of the nodes, and what the watches recorded."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import (
    COROSYNC_AVAILABLE,
    COROSYNC_UNAVAILABLE,
    NODE_RESTARTED,
    QUORUM_GAINED,
    QUORUM_LOST,
    STATE,
    WATCH_ENDED,
)
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count
from ansible_collections.corosync.quorum.plugins.plugin_utils._changes import words_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.history import Histories
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.spans import INQUORATE, spans

from .given import Node, Report
from .words import duration, listed

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import RecordedEntry

# Nodes see one change at nearly the same time: what they report within this many seconds is one line.
_TOGETHER = 3.0
_REASONS = {
    "not_running": "corosync stopped",
    "timeout": "corosync does not answer",
    "not_configured": "corosync runs without votequorum",
    "not_allowed": "corosync does not accept the user",
    "not_trusted": "another user listens on corosync's socket",
    "no_library": "corosync's library is missing or too old",
}
_MARKERS = {COROSYNC_AVAILABLE: "corosync can be read again", WATCH_ENDED: "the watch ended, until the next one begins nothing is known"}
# Everything else is a change
_KINDS = {STATE: "note", QUORUM_LOST: "lost", QUORUM_GAINED: "gained"}


@dataclasses.dataclass(frozen=True)
class Event:
    """kind: lost, gained, failed, phase, change, or note. who: the nodes that it was at, or that saw it."""

    at: float
    who: tuple[str, ...]
    text: str
    kind: str


def events(report: Report) -> list[Event]:
    found = [event for node in report.nodes for event in _phases(node)]
    return sorted(found + recorded(report, report.histories), key=lambda event: event.at)


def recorded(report: Report, histories: Histories) -> list[Event]:
    """What these records tell, each change once."""
    names = {node.nodeid: node.name for node in report.nodes if node.nodeid is not None}
    losses = {(loss.node, round(loss.at, 3)) for loss in report.losses}
    return _merged(event for name, history in histories.items() for event in _by_one(name, history, names, losses))


def _by_one(name: str, history: t.Sequence[RecordedEntry], names: t.Mapping[int, str], losses: t.Container[tuple[str, float]]) -> t.Iterator[Event]:
    """A node whose corosync has just started has no quorum to lose: it was quorate when it was stopped, and is alone until it has joined.

    losses: (node, when) of those that count, whatever the node itself calls them.
    """
    found = spans(history, history[-1]["at"]) if history else []
    starting = {id(span.entry) for span in found if span.state == INQUORATE and not span.ran_on}
    was_starting = False  # or down
    for entry in history:
        event = _seen(name, entry, names)
        is_change = entry["event"] in (QUORUM_LOST, QUORUM_GAINED, NODE_RESTARTED)
        if (name, round(entry["at"], 3)) in losses:
            event = dataclasses.replace(event, kind="lost")
        elif id(entry) in starting and is_change:
            event = dataclasses.replace(event, kind="note", text=f"starting, not yet joined. {_votes(entry)}")
        elif was_starting and is_change:
            event = dataclasses.replace(event, kind="change", text=f"joined the cluster. {_votes(entry)}")
        if entry["quorate"] is not None:
            was_starting = id(entry) in starting
        elif entry["event"] == COROSYNC_UNAVAILABLE:
            was_starting = entry.get("reason") == "not_running"
        yield event


def _phases(node: Node) -> t.Iterator[Event]:
    """The first phase and the last, what went wrong in between, and what there is to say of one. All of them are in a table of their own."""
    for place, phase in enumerate(node.phases):
        detail = f": {phase.detail}" if phase.detail else ""
        lasted = "" if phase.ended is None else f" after {duration(phase.ended - phase.started)}"
        if place == 0:
            yield Event(phase.started, (node.name,), f"begins with {phase.phase}", "phase")
        if phase.result == "failed":
            yield Event(phase.started if phase.ended is None else phase.ended, (node.name,), f"{phase.phase} failed{lasted}{detail}", "failed")
        elif phase.result == "running":
            yield Event(phase.started, (node.name,), f"{phase.phase} began, and was not seen to end{detail}", "failed")
        elif detail:
            yield Event(phase.started, (node.name,), phase.phase + detail, "phase")
    if node.phases and node.phases[-1].result == "ok" and node.phases[-1].ended is not None:
        yield Event(node.phases[-1].ended, (node.name,), f"done, {node.result}", "phase")


def _seen(name: str, entry: RecordedEntry, names: t.Mapping[int, str]) -> Event:
    event = entry["event"]
    if event == COROSYNC_UNAVAILABLE:
        return Event(entry["at"], (name,), _REASONS.get(str(entry.get("reason")), "corosync cannot be read"), "note")
    if entry["quorate"] is None:
        return Event(entry["at"], (name,), _MARKERS.get(event, str(event).replace("_", " ")), "note")
    happened = words_of(entry, lambda nodeids: listed(_name(nodeid, names) for nodeid in nodeids)) or "the watch begins"
    return Event(entry["at"], (name,), f"{happened}. {_votes(entry)}", _KINDS.get(event, "change"))


def _votes(entry: RecordedEntry) -> str:
    if entry["total_votes"] is None or entry["quorum"] is None:
        return "It was over before the votes could be read."
    return f"{count(entry['total_votes'], 'vote')}, {entry['quorum']} needed: {'quorate' if entry['quorate'] else 'not quorate'}."


def _name(nodeid: int, names: t.Mapping[int, str]) -> str:
    return names.get(nodeid, f"node id {nodeid}")


def _merged(seen: t.Iterable[Event]) -> list[Event]:
    """Each line once, with all nodes that say it."""
    merged: list[Event] = []
    latest: dict[tuple[str, str], int] = {}
    for event in sorted(seen, key=lambda event: event.at):
        place = latest.get((event.kind, event.text))
        if place is not None and event.at - merged[place].at <= _TOGETHER and event.who[0] not in merged[place].who:
            merged[place] = dataclasses.replace(merged[place], who=merged[place].who + event.who)
        else:
            latest[event.kind, event.text] = len(merged)
            merged.append(event)
    return merged
