# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What happened: the vocabulary of events, and the timeline that wait_for_quorum returns, made by comparing each value with the one before.

Pure: the times are given. events.py makes more of the same changes, for the program that a node runs.
"""

import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Compared, Entry, RingId, Value


# A change of quorate as corosync reported it: the new state, and the ring and its members at that moment
class Flip(t.NamedTuple):
    quorate: bool
    ring_id: "RingId"
    members: t.List[int]


# What an entry tells of. The first look of a wait or of a watch; what changed since the look before (event_of); what is known without a look.
STATE = "state"
QUORUM_LOST, QUORUM_GAINED = "quorum_lost", "quorum_gained"
NODE_LEFT, NODE_JOINED, NODE_RESTARTED = "node_left", "node_joined", "node_restarted"
WAIT_FOR_ALL_PENDING = "wait_for_all_pending"
QDEVICE_CHANGED, EXPECTED_VOTES_CHANGED, VOTES_CHANGED = "qdevice_changed", "expected_votes_changed", "votes_changed"
COROSYNC_UNAVAILABLE, COROSYNC_AVAILABLE = "corosync_unavailable", "corosync_available"
# What only those tell of who see the whole value (events.py): as things are now, no node may fail any more, or one may again; a link went down or up.
RESERVE_LOST, RESERVE_BACK, LINKS_CHANGED = "reserve_lost", "reserve_back", "links_changed"
# By the controller: nodes that are followed disagree. Only the event source for Event-Driven Ansible sees that.
SPLIT, SPLIT_ENDED = "split", "split_ended"
# By the controller: the node cannot be asked
UNREACHABLE, REACHABLE = "unreachable", "reachable"
# Until here a watch is known to have run. Another one writes it where it goes on with the record.
WATCH_ENDED = "watch_ended"

# What of a value a later one is compared with
_COMPARED = ("quorate", "ring_id", "members", "wait_for_all", "qdevice", "expected_votes", "quorum", "total_votes", "flags", "settled")


def _has_restarted(before: "Compared", value: "Compared") -> bool:
    """A node did, or it was cut off, and was back before anybody looked."""
    return before["ring_id"] != value["ring_id"] and set(before["members"]) == set(value["members"])


def _expects_other_votes(before: "Compared", value: "Compared") -> bool:
    """A moment that was over before it could be read (value_at()) says nothing of the votes that are needed."""
    needed = before["quorum"], value["quorum"]
    return before["expected_votes"] != value["expected_votes"] or (None not in needed and needed[0] != needed[1])


# One rule for each event, in the order of events_of()
_RULES: t.Tuple[t.Tuple[str, t.Callable[["Compared", "Compared"], bool]], ...] = (
    (QUORUM_LOST, lambda before, value: before["quorate"] and not value["quorate"]),
    (QUORUM_GAINED, lambda before, value: value["quorate"] and not before["quorate"]),
    (NODE_LEFT, lambda before, value: bool(set(before["members"]) - set(value["members"]))),
    (NODE_JOINED, lambda before, value: bool(set(value["members"]) - set(before["members"]))),
    (NODE_RESTARTED, _has_restarted),
    (WAIT_FOR_ALL_PENDING, lambda before, value: value["wait_for_all"]["pending"] and not before["wait_for_all"]["pending"]),
    (QDEVICE_CHANGED, lambda before, value: before["qdevice"] != value["qdevice"]),
    (EXPECTED_VOTES_CHANGED, _expects_other_votes),
)


def entry(at: float, before: t.Optional["Compared"], value: "Compared") -> t.Optional["Entry"]:
    """The change from one value to the next, None where there is none. before: None for the first value there is.

    at: seconds on any clock. event: of event_of().
    """
    event = event_of(before, value)
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


def event_of(before: t.Optional["Compared"], value: "Compared") -> t.Optional[str]:
    """The name of what changed from one value to the next, None where nothing did. before: None for the first value there is.

    One entry has one name. Where several things changed, it is the first of events_of(). The entry has all of it all the same: `joined`, `left`, the votes.
    """
    if before is None:
        return STATE
    found = events_of(before, value)
    return found[0] if found else None


def events_of(before: "Compared", value: "Compared") -> t.List[str]:
    """The names of all that changed from one value to the next, in this order: quorum, the members, the ring, wait-for-all, the device, the expected votes.

    Nodes that left come before nodes that joined. What else decides how votes count is VOTES_CHANGED, where it is all that changed: the votes
    themselves, a flag, the end of wait-for-all, a membership change that is under way.
    """
    found = [event for event, has_happened in _RULES if has_happened(before, value)]
    earlier, later = t.cast("t.Mapping[str, t.Any]", before), t.cast("t.Mapping[str, t.Any]", value)
    return found or ([VOTES_CHANGED] if any(earlier[key] != later[key] for key in _COMPARED) else [])


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
        newer = self._newer_flips(value)
        for at, flip in self._hidden_flips(value):
            self._compare(at, self._flipped(flip, value), now)
        self._compare(now, value, now)
        self.add_flips(now, newer)

    def add_unread_flips(self, now: float) -> None:
        """Add the changes of quorate that no value will show, as none is read any more: corosync has gone, or nobody waits any longer."""
        flips, self._flips = self._flips, []
        for at, flip in flips:
            if self.last is not None and flip.quorate != self.last["quorate"]:
                self._compare(at, self._flipped(flip, self.last), now)

    def add_marker(self, now: float, event: str, reason: t.Optional[str] = None, msg: str = "") -> None:
        """Add an entry of marker(). reason: comes with it in take_news(). msg: the error in words, which entries do not have."""
        self._add(marker(now, event), now, reason)

    def take_news(self) -> t.List[t.Tuple["Entry", t.Optional[str]]]:
        """The entries that are new since the last call, each with its reason."""
        news, self._news = self._news, []
        return news

    def _newer_flips(self, value: "Compared") -> t.List[Flip]:
        """The last change, where the value was read before it came: a membership change is under way, and the value has the state before it.

        It is not told yet: behind it the value would look like another change. The next value shows it.
        """
        if value["settled"] or not self._flips or self._flips[-1][1].quorate == value["quorate"]:
            return []
        return [self._flips.pop()[1]]

    def _hidden_flips(self, value: "Compared") -> t.List[t.Tuple[float, Flip]]:
        flips, self._flips = self._flips, []
        if self.last is None:
            return []
        while flips and flips[0][1].quorate == self.last["quorate"]:
            flips.pop(0)
        if flips and flips[-1][1].quorate == value["quorate"]:
            flips.pop()  # the value shows that one
        return flips

    def _flipped(self, flip: Flip, value: "Compared") -> "Compared":
        """What to compare for a change that the next value does not show."""
        return value_at(flip, self.last or value)

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
