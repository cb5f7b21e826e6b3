# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""How many nodes may fail as things are now, and what of a value leaves that unknown. Pure.

A forecast promises nothing where there is a doubt, and its numbers are 0 then. That is right for a gate, which asks for a promise. An alert, an event and
a metric ask for what is so: there a number that nobody knows is None.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import expects, label, labels, not_configured

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Node, Value

# So many daemons times members are stepped in a forecast.
MOST_STEPPED = 1024
_DEVICE_FLAGS = ("registered", "alive", "cast_vote", "master_wins")


def reserve(value: "Value") -> t.Optional[int]:
    """How many nodes may fail together, whichever they are, with the quorum device's vote as it is. None where that is not known.

    Without quorum it is 0, whatever else is in doubt: there is none that could survive a failure.
    """
    forecast = value.get("forecast")  # None of a moment that was over before it could be read
    if not forecast or (value["quorate"] and doubt(value)):
        return None
    return forecast["as_now"]["tolerates"]


def doubt(value: "Value") -> str:
    """Why nothing can be promised of a value, as a sentence; empty where there is no doubt."""
    members = len(value["members"])
    # So many kinds that it matters need more members than most clusters have.
    return doubt_of_members(value) or (too_many_kinds(members, _kinds(value)) if members * members > MOST_STEPPED else "")


def doubt_of_members(value: "Value") -> str:
    """As doubt(), apart from too_many_kinds()."""
    if not value["settled"]:
        return "A membership change was under way when quorum was read, so nothing can be promised: read it again."
    mute = [entry["nodeid"] for entry in _members(value) if entry["votes"] is None]
    if mute:
        return f"The votes of {labels(mute, value)} are not known, so nothing can be promised: read votequorum again."
    leaving = not_configured(value)
    if leaving:
        asked = label(value["nodeid"], value)
        return (
            f"The nodelist of {asked} does not have {labels(leaving, value)}, which may leave at any moment, so nothing can be promised: "
            f"see the problems of {asked}."
        )
    return ""


def too_many_kinds(members: int, kinds: int) -> str:
    """Daemons that decide alike are stepped once. Where hundreds each decide for themselves, an answer takes minutes, and that is no real cluster."""
    if kinds <= max(2, MOST_STEPPED // max(1, members)):
        return ""
    return (
        f"The {members} members differ in {kinds} ways in the votes that they expect and in their quorum device, so nothing can be promised: give all of them "
        "the same corosync.conf, and reload it."
    )


def _members(value: "Value") -> t.List["Node"]:
    members = set(value["members"])
    return [entry for entry in value["nodes"] if entry["nodeid"] in members]


def _kinds(value: "Value") -> int:
    """In how many ways members decide: by their own quorum device, and by the votes that they expect."""
    return len({(_device_of(entry), _expected_by(entry, value)) for entry in _members(value)})


def _device_of(entry: "Node") -> t.Tuple[bool, ...]:
    own = t.cast("t.Mapping[str, bool]", entry["qdevice"] or {})
    return tuple(bool(own.get(flag)) for flag in _DEVICE_FLAGS)


def _expected_by(entry: "Node", value: "Value") -> int:
    said = expects(entry["nodeid"], value)
    return value["expected_votes"] if said is None else said
