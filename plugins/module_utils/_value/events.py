# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The events that a node tells by itself: all that changed from one complete value to the next, each with what it changed.

Pure: the times are given. The events of a step are told in a fixed order, and each part of the value that differs is in `changed` of exactly one of them:
whoever puts them one after the other into the first value has the last one's.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.reserve import reserve
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import (
    COROSYNC_AVAILABLE,
    COROSYNC_UNAVAILABLE,
    EXPECTED_VOTES_CHANGED,
    LINKS_CHANGED,
    NODE_JOINED,
    NODE_LEFT,
    NODE_RESTARTED,
    QDEVICE_CHANGED,
    QUORUM_GAINED,
    QUORUM_LOST,
    RESERVE_BACK,
    RESERVE_LOST,
    STATE,
    VOTES_CHANGED,
    WAIT_FOR_ALL_PENDING,
    Flip,
    Timeline,
    events_of,
    value_at,
)

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Change, Compared, ToldEvent, Value

# Every event that a node can tell, and the parts of the value that are its own: where one of them differs, it is in `changed` of this event.
PARTS: t.Dict[str, t.Tuple[str, ...]] = {
    STATE: (),
    COROSYNC_UNAVAILABLE: (),
    COROSYNC_AVAILABLE: (),
    QUORUM_LOST: ("quorate",),
    QUORUM_GAINED: ("quorate",),
    NODE_LEFT: ("members",),
    NODE_JOINED: ("members",),
    NODE_RESTARTED: ("ring_id",),
    WAIT_FOR_ALL_PENDING: ("wait_for_all",),
    QDEVICE_CHANGED: ("qdevice",),
    EXPECTED_VOTES_CHANGED: ("expected_votes", "quorum"),
    VOTES_CHANGED: ("votes",),
    RESERVE_LOST: ("tolerates",),
    RESERVE_BACK: ("tolerates",),
    LINKS_CHANGED: ("links",),
}
# What has no event of its own: it is in `changed` of the first event of the step, and makes VOTES_CHANGED of a step that has no other.
OTHER_PARTS = ("ring_id", "total_votes", "flags", "settled")
# Parts that are taken from the value as they are, and those that are lists of entries, of which `changed` has those that differ
_PLAIN = ("quorate", "ring_id", "wait_for_all", "qdevice", "expected_votes", "quorum", "total_votes", "flags", "settled")
_LISTS = ("votes", "links")

Parts = t.Dict[str, t.Any]
# Called with each event as it is made
Tell = t.Callable[["ToldEvent"], None]


class Numbers(t.NamedTuple):
    """Two numbers that some values do not have, as the last value had them that did. None where there was none.

    is_gained: quorum was gained, and the reserve with it is not known yet. Where it was 0 before that, whatever it will be is news.
    """

    quorum: t.Optional[int] = None
    tolerates: t.Optional[int] = None
    is_gained: bool = False

    def updated(self, value: "Value", before: t.Optional["Value"] = None) -> "Numbers":
        """After one more value. before: the one before it."""
        quorum, tolerates = t.cast(t.Optional[int], value["quorum"]), reserve(value)
        gains = before is not None and not before["quorate"] and self.tolerates == 0
        return Numbers(
            self.quorum if quorum is None else quorum,
            self.tolerates if tolerates is None else tolerates,
            tolerates is None and value["quorate"] and (self.is_gained or gains),
        )


# Before the first value
UNKNOWN = Numbers()


def parts_of(value: "Value") -> Parts:
    """What of a value events tell of. tolerates: see reserve().

    votes, links: lists of entries, an entry a node or a link. Of links those to members: that a node which is away has none says nothing new.
    """
    known = t.cast("t.Mapping[str, t.Any]", value)
    named = [(entry, node_name(value, entry["nodeid"])) for entry in value["nodes"]]
    return dict(
        {part: known[part] for part in _PLAIN},
        members=list(value["members"]),
        tolerates=reserve(value),
        votes=[{"node": name, "nodeid": entry["nodeid"], "votes": entry["votes"]} for entry, name in named],
        links=[dict(link, node=name, nodeid=entry["nodeid"]) for entry, name in named if entry["nodeid"] in value["members"] for link in entry["links"] or ()],
    )


def node_name(value: "Value", nodeid: int) -> str:
    """The name that a nodelist gives a node, or the digits of its id."""
    names = [entry["name"] for entry in value["nodes"] if entry["nodeid"] == nodeid and entry["name"]]
    return names[0] if names and names[0] else str(nodeid)


def events_between(before: "Value", value: "Value", known: Numbers = UNKNOWN) -> t.List["ToldEvent"]:
    """All events from one value to the next, in the order of events_of(), with the reserve and the links last. Their time (`at`) is None.

    known: what was known when `before` came, for where that has no such number: what is as it was is not told, and what is not is.
    """
    earlier, later = parts_of(before), parts_of(value)
    differing = {part: _change(part, earlier[part], later[part]) for part in later if earlier[part] != later[part]}
    known = known.updated(before)
    names = events_of(t.cast("Compared", dict(before, quorum=known.quorum)), value)
    names = _completed(names, set(before["members"]) & set(value["members"]), _change_of_reserve(known, later["tolerates"], value["quorate"]), differing)
    members = _changes_of_members(differing.pop("members", None))
    told: t.List[ToldEvent] = []
    for name in names:
        own = {part: differing.pop(part) for part in PARTS[name] if part in differing}
        if name in members:
            own["members"] = members[name]
        told.append(_event(name, value, own, _about(name, own, before, value)))
    if told:
        told[0]["changed"].update(differing)
    return told


def _changes_of_members(change: t.Optional["Change"]) -> t.Dict[str, "Change"]:
    """By event: first some nodes leave, and then others join."""
    if change is None:
        return {}
    stayed = [nodeid for nodeid in change["before"] if nodeid in change["after"]]
    return {NODE_LEFT: {"before": change["before"], "after": stayed}, NODE_JOINED: {"before": stayed, "after": change["after"]}}


def _completed(names: t.List[str], both: t.Set[int], of_reserve: t.List[str], differing: t.Mapping[str, "Change"]) -> t.List[str]:
    """The names of events_of(), with those that only a whole value shows. both: who is a member before and after."""
    if VOTES_CHANGED not in names and _concerns(both, "votes", differing):
        names = [*names, VOTES_CHANGED]
    names = names + of_reserve + ([LINKS_CHANGED] if _concerns(both, "links", differing) else [])
    return names or ([VOTES_CHANGED] if differing else [])


def _change_of_reserve(before: Numbers, after: t.Optional[int], is_quorate: bool) -> t.List[str]:
    """before: the last that was known. Where none was, that there is no reserve is news, too: no event has said so."""
    is_news = (after == 0) != (before.tolerates == 0) or (is_quorate and before.is_gained)
    if after is None or not is_news:
        return []
    return [RESERVE_LOST if after == 0 else RESERVE_BACK]


def _concerns(nodeids: t.Set[int], part: str, differing: t.Mapping[str, "Change"]) -> bool:
    """Whether entries of this part differ that belong to one of these nodes."""
    return part in differing and any(entry["nodeid"] in nodeids for entry in differing[part]["before"] + differing[part]["after"])


def _change(part: str, before: t.Any, after: t.Any) -> "Change":
    if part not in _LISTS:
        return {"before": before, "after": after}
    return {"before": [entry for entry in before if entry not in after], "after": [entry for entry in after if entry not in before]}


def _about(event: str, own: t.Mapping[str, "Change"], before: "Value", value: "Value") -> t.List[str]:
    """The names of the nodes that an event is about: those that left or joined, or whose votes or links differ."""
    if "members" in own:
        earlier, later = own["members"]["before"], own["members"]["after"]
        return [node_name(before if event == NODE_LEFT else value, nodeid) for nodeid in earlier + later if (nodeid in earlier) != (nodeid in later)]
    entries = [entry for part in _LISTS if part in own for entry in own[part]["before"] + own[part]["after"]]
    return list(dict.fromkeys(entry["node"] for entry in entries))


def _event(name: str, value: t.Optional["Value"], changed: t.Dict[str, "Change"], nodes: t.Sequence[str] = ()) -> "ToldEvent":
    return {
        "event": name,
        "at": None,
        "node": node_name(value, value["nodeid"]) if value else "",
        "nodeid": value["nodeid"] if value else None,
        "cluster_name": value["cluster_name"] if value else None,
        "nodes": list(nodes),
        "changed": changed,
        "votequorum": value,
    }


def passed(flip: Flip, before: "Value") -> "Value":
    """What is known of a moment that was over before it could be read: who was a member, and nothing of votes and of what follows from them (None)."""
    members = set(flip.members)
    nodes = [
        dict(entry, state="member" if entry["nodeid"] in members else "dead" if entry["state"] == "member" else entry["state"]) for entry in before["nodes"]
    ]
    missing = [entry["nodeid"] for entry in nodes if entry["configured_votes"] is not None and entry["nodeid"] not in members]
    return t.cast("Value", dict(value_at(flip, before), nodes=nodes, missing=missing, settled=False, forecast=None, problems=[]))


def absence(reason: t.Optional[str], msg: str) -> str:
    """What tells an absence of corosync from another one: its reason, or its sentence where there is no word for the reason."""
    return reason or msg


class Teller(Timeline):
    """A timeline that keeps no entries: it tells each event as soon as it is made.

    last: the complete value that the next one is compared with, None before the first. node: how this node is called as long as no value says so.
    away: of absence(), if one was told last; an absence of corosync is told again where this differs. tolerates: the last reserve that was known.
    read: called with each value behind its events, also where it made none. is_gained: as of Numbers.
    """

    def __init__(
        self,
        last: t.Optional["Value"],
        node: str,
        tell: Tell,
        away: t.Optional[str] = None,
        tolerates: t.Optional[int] = None,
        read: t.Callable[["Value"], None] = lambda value: None,
        is_gained: bool = False,
    ) -> None:
        super().__init__(last)
        self.away = away
        self._node = node
        self._tell = tell
        self._read = read
        self._back_at: t.Optional[float] = None
        known = Numbers(tolerates=tolerates, is_gained=is_gained)
        self._known = known if last is None else known.updated(last)

    def add_value(self, now: float, value: t.Any) -> None:
        """As that of a Timeline."""
        super().add_value(now, value)
        self._read(value)

    def add_marker(self, now: float, event: str, reason: t.Optional[str] = None, msg: str = "") -> None:
        """corosync has gone, or is back: that is told with the value that comes next."""
        if event == COROSYNC_UNAVAILABLE:
            before, self.away = self.away, absence(reason, msg)
            if self.away != before:
                told = _event(event, self.last_value, {})
                told["votequorum"], told["reason"], told["msg"] = None, reason, msg
                self._tell_at(now, told)
        elif self.away is not None:
            self.away, self._back_at = None, now

    @property
    def last_value(self) -> t.Optional["Value"]:
        """As `last`, with all that a value has."""
        return t.cast("t.Optional[Value]", self.last)

    @property
    def tolerates(self) -> t.Optional[int]:
        """The last reserve that was known."""
        return self._known.tolerates

    @property
    def is_gained(self) -> bool:
        """As of Numbers."""
        return self._known.is_gained

    def _flipped(self, flip: Flip, value: t.Any) -> t.Any:
        return passed(flip, self.last_value or value)

    def _compare(self, at: float, value: t.Any, now: float) -> None:
        if self._back_at is not None:
            back, self._back_at = self._back_at, None
            self._tell_at(back, _event(COROSYNC_AVAILABLE, value, {}))
        told = [_event(STATE, value, {})] if self.last_value is None else events_between(self.last_value, value, self._known)
        for event in told:
            self._tell_at(at, event)
        self._known = self._known.updated(value, self.last_value)
        self.last = value

    def _tell_at(self, at: float, event: "ToldEvent") -> None:
        event["at"] = at
        event["node"] = event["node"] or self._node
        self._tell(event)
