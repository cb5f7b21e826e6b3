# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What happened during a wait: the timeline that wait_for_quorum returns, made by comparing each value with the one before.

Pure: the times are given.
"""

import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Compared, Entry, Value


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


def passed(before: "Compared", quorate: bool, ring_id: t.Mapping[str, int], members: t.List[int]) -> "Compared":
    """What is known of a moment that was over before it could be read: no votes (None), and the rest as it was before. For entry()."""
    return t.cast("Compared", dict(before, quorate=quorate, ring_id=ring_id, members=members, total_votes=None, quorum=None))


def reported(value: "Value") -> "Compared":
    """The part of a value that is enough to compare a later one with."""
    return t.cast("Compared", {key: item for key, item in value.items() if key in _COMPARED})


def marker(at: float, event: str) -> "Entry":
    """An entry for a time at which nothing is known of the quorum: corosync gone or back, the node out of reach."""
    return {"at": at, "event": event, "quorate": None, "total_votes": None, "quorum": None, "ring_id": None, "members": [], "joined": [], "left": []}


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
