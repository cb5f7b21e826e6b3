# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The types of the plain data that modules, actions and filters hand to each other. For type checkers alone: import it under TYPE_CHECKING.

What the keys mean is documented in votequorum_info and wait_for_quorum. shape.py checks at run time what a user gives as a `Value`; a test compares both.
"""

import typing as t

if t.TYPE_CHECKING:  # novermin: no Python comes past this line
    TieBreakerKind = t.Literal["none", "lowest", "highest", "list"]

    class RingId(t.TypedDict):
        nodeid: int
        seq: int

    class WaitForAll(t.TypedDict):
        enabled: bool
        pending: bool

    class LastManStanding(t.TypedDict):
        enabled: bool
        window_ms: t.Optional[int]

    class TieBreaker(t.TypedDict):
        enabled: bool
        kind: TieBreakerKind
        nodes: t.Optional[t.List[int]]
        lowest: t.Optional[int]
        highest: t.Optional[int]

    class AllowDownscale(t.TypedDict):
        enabled: bool
        ev_barrier: t.Optional[int]

    class DeviceFlags(t.TypedDict):
        """A quorum device as the node has it that it belongs to."""

        registered: bool
        alive: bool
        cast_vote: bool
        master_wins: bool

    class Device(DeviceFlags):
        """The quorum device of the node asked."""

        name: t.Optional[str]
        votes: int

    class Link(t.TypedDict):
        """A link of knet to another node, as the node asked sees it."""

        link: int
        connected: bool

    class Node(t.TypedDict):
        nodeid: int
        name: t.Optional[str]
        state: str
        votes: t.Optional[int]
        configured_votes: t.Optional[int]
        expected_votes: t.Optional[int]
        local: bool
        qdevice: t.Optional[DeviceFlags]
        addresses: t.Optional[t.List[str]]
        links: t.Optional[t.List[Link]]

    class ToleranceAsNow(t.TypedDict):
        """What may fail as long as the quorum device votes as it does."""

        tolerates: int
        quorate_without: t.List[int]

    class Tolerance(ToleranceAsNow):
        """What may fail, also when the quorum device's vote is lost: `forecast` of a value."""

        as_now: ToleranceAsNow

    class Problem(t.TypedDict):
        id: str
        severity: str
        message: str
        advice: str

    class _Read(t.TypedDict):
        """What is read of corosync."""

        nodeid: int
        name: t.Optional[str]
        cluster_name: t.Optional[str]
        cluster_uuid: t.Optional[str]
        read_at: t.Optional[str]
        quorate: bool
        settled: bool
        ring_id: RingId
        expected_votes: int
        highest_expected: int
        total_votes: int
        quorum: int
        flags: t.List[str]
        two_node: bool
        wait_for_all: WaitForAll
        last_man_standing: LastManStanding
        auto_tie_breaker: TieBreaker
        allow_downscale: AllowDownscale
        qdevice: t.Optional[Device]
        members: t.List[int]
        missing: t.List[int]
        nodes: t.List[Node]

    class Value(_Read, total=False):
        """The `votequorum` value: what one node knows of its cluster's quorum, and, once it is completed, what follows from that."""

        forecast: Tolerance
        problems: t.List[Problem]

    class Compared(t.TypedDict):
        """The part of a value that the next one is compared with."""

        quorate: bool
        settled: bool
        ring_id: RingId
        expected_votes: int
        total_votes: int
        quorum: int
        flags: t.List[str]
        wait_for_all: WaitForAll
        qdevice: t.Optional[Device]
        members: t.List[int]

    class Entry(t.TypedDict):
        """An entry of a timeline. at: seconds on the clock of whoever made it, until a result has it as text in UTC."""

        at: t.Any
        event: str
        quorate: t.Optional[bool]
        total_votes: t.Optional[int]
        quorum: t.Optional[int]
        ring_id: t.Optional[RingId]
        members: t.List[int]
        joined: t.List[int]
        left: t.List[int]

    class RecordedEntry(Entry, total=False):
        """An entry of a record. reason: why corosync is not available, where that is known."""

        reason: t.Optional[str]

    class Change(t.TypedDict):
        """A part of a value before and after an event. Of `votes` and `links` only what differs: what is no longer so, and what is so now."""

        before: t.Any
        after: t.Any

    class Event(t.TypedDict):
        """What a node tells by itself: a line of `corosync-quorum events`, and what `corosync-quorum run` posts. guide_events.rst says what it means.

        at: seconds on the clock of whoever made it, until it is told as text in UTC. nodes: names of those that it is about (a node id in digits where
        a node has no name).
        """

        event: str
        at: t.Any
        node: str
        nodeid: t.Optional[int]
        cluster_name: t.Optional[str]
        nodes: t.List[str]
        changed: t.Dict[str, Change]
        votequorum: t.Optional[Value]

    class ToldEvent(Event, total=False):
        """An event with what only some have. reason, msg: why corosync is not available. dropped: how many before it could not be delivered."""

        reason: t.Optional[str]
        msg: str
        dropped: int

    class Unmet(t.TypedDict):
        """A condition that does not hold, what was asked for and what was seen."""

        condition: str
        wanted: t.Any
        seen: t.Any

    class Numbers(t.TypedDict):
        """Quorum in numbers, None where the votes of a node are not known."""

        quorate: bool
        total_votes: t.Optional[int]
        quorum: t.Optional[int]
        members: t.List[int]

    class Forecast(Numbers):
        """What the nodes that stay will see once others have left."""

        expected_votes: t.Optional[int]
        reason: str

    class Leave(t.TypedDict):
        """Whether nodes may leave."""

        safe: bool
        reason: str
        now: Numbers
        after: Numbers
