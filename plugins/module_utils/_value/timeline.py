# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What happened during a wait: the timeline that wait_for_quorum returns, made by comparing each value with the one before.

Pure: the times are given.
"""

import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Compared, Entry, RingId, Value


# A change of quorate as corosync reported it: the new state, and the ring and its members at that moment
class Flip(t.NamedTuple):
    quorate: bool
    ring_id: "RingId"
    members: t.List[int]


# What of a value a later one is compared with
_VOTES = ("total_votes", "expected_votes", "quorum", "flags", "qdevice", "wait_for_all", "settled")
_COMPARED = _VOTES + ("quorate", "ring_id", "members")


def entry(at: float, before: t.Optional["Compared"], value: "Compared") -> t.Optional["Entry"]:
    """The change from one value to the next, None where there is none. before: None for the first value there is.

    at: seconds on any clock. event: `start`, `quorum_lost`, `quorum_gained`, `membership` (another ring, whoever is in it), or `votes`
    (votes, expected votes, the device, wait-for-all, or settling).
    """
    event = _event(before, value)
    if event is None:
        return None
    earlier = before["members"] if before is not None else value["members"]
    return {
        "at": at,
        "event": event,
        "quorate": value["quorate"],
        "total_votes": value["total_votes"],
        "quorum": value["quorum"],
        "ring_id": value["ring_id"],
        "members": value["members"],
        "joined": [nodeid for nodeid in value["members"] if nodeid not in earlier],
        "left": [nodeid for nodeid in earlier if nodeid not in value["members"]],
    }


def value_at(flip: Flip, before: "Compared") -> "Compared":
    """What is known of a moment that was over before it could be read: no votes (None), and the rest as it was before. For entry()."""
    return t.cast("Compared", dict(before, quorate=flip.quorate, ring_id=flip.ring_id, members=flip.members, total_votes=None, quorum=None))


def reported(value: "Value") -> "Compared":
    """The part of a value that is enough to compare a later one with."""
    return t.cast("Compared", {key: item for key, item in value.items() if key in _COMPARED})


def marker(at: float, event: str) -> "Entry":
    """An entry for a time at which nothing is known of the quorum: corosync gone or back, the node out of reach."""
    return {"at": at, "event": event, "quorate": None, "total_votes": None, "quorum": None, "ring_id": None, "members": [], "joined": [], "left": []}


class Timeline:
    """The entries of a wait, made as values and errors come in. All times on one clock.

    last: the value that the next one is compared with, None before the first. entries: all so far. first_change_at: when the first was added.
    """

    def __init__(self, last: t.Optional["Compared"]) -> None:
        self.last = last
        self.entries: t.List[Entry] = []
        self.first_change_at: t.Optional[float] = None
        self._flips: t.List[t.Tuple[float, Flip]] = []
        self._news: t.List[t.Tuple[Entry, t.Optional[str]]] = []

    def add_flips(self, now: float, flips: t.Iterable[Flip]) -> None:
        """These came before the next value that is added."""
        self._flips += [(now, flip) for flip in flips]

    def add_value(self, now: float, value: "Compared") -> None:
        """Add what this value differs in from the one before, and each change of quorate between the two that none of them shows."""
        for at, flip in self._hidden_flips(value):
            self._compare(at, value_at(flip, self.last or value), now)
        self._compare(now, value, now)

    def add_marker(self, now: float, event: str, reason: t.Optional[str] = None) -> None:
        """Add an entry of marker(). reason: comes with it in take_news()."""
        self._add(marker(now, event), now, reason)

    def take_news(self) -> t.List[t.Tuple["Entry", t.Optional[str]]]:
        """The entries that are new since the last call, each with its reason."""
        news, self._news = self._news, []
        return news

    def _hidden_flips(self, value: "Compared") -> t.List[t.Tuple[float, Flip]]:
        flips, self._flips = self._flips, []
        if self.last is None:
            return []
        while flips and flips[0][1].quorate == self.last["quorate"]:
            flips.pop(0)
        if flips and flips[-1][1].quorate == value["quorate"]:
            flips.pop()  # the value shows that one
        return flips

    def _compare(self, at: float, value: "Compared", now: float) -> None:
        change = entry(at, self.last, value)
        if change is not None:
            self._add(change, now)
            self.last = value

    def _add(self, change: "Entry", now: float, reason: t.Optional[str] = None) -> None:
        self.entries.append(change)
        self._news.append((change, reason))
        if self.first_change_at is None:
            self.first_change_at = now


def _event(before: t.Optional["Compared"], value: "Compared") -> t.Optional[str]:
    if before is None:
        return "start"
    if before["quorate"] != value["quorate"]:
        return "quorum_gained" if value["quorate"] else "quorum_lost"
    if before["ring_id"] != value["ring_id"] or before["members"] != value["members"]:
        return "membership"
    earlier, later = t.cast("t.Mapping[str, t.Any]", before), t.cast("t.Mapping[str, t.Any]", value)
    if any(earlier[key] != later[key] for key in _VOTES):
        return "votes"
    return None
