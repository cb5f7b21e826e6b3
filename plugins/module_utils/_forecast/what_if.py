# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What a `votequorum` value would be if something were different. Every hypothetical value is made here. Pure."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import Daemon, signed
from ansible_collections.corosync.quorum.plugins.module_utils._value.majority import quorum_of

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Node, Value


def what_if(value: "Value", nodes: t.Sequence[t.Mapping[str, t.Any]], members: t.Iterable[int], expected_votes: int, **changes: t.Any) -> "Value":
    """The value that the node asked would have with these nodes, of which these are members, and with these expected votes.

    What follows from that is filled in as corosync counts it: votes, quorum, and the node ids that a tie-breaker goes by. changes: other keys
    that differ, and those that do not follow but are given. `value` itself is not changed.
    """
    there = sorted(members)
    device, two_node = changes.get("qdevice", value["qdevice"]), changes.get("two_node", value["two_node"])
    casts = device is not None and device["cast_vote"]
    votes = sum(node["votes"] or 0 for node in nodes if node["nodeid"] in there) + (device["votes"] if device is not None and casts else 0)
    quorum = quorum_of(max(expected_votes, votes), len(there) + int(casts) if two_node else None)
    quorate = bool(there) and votes >= quorum
    breaker = dict(value["auto_tie_breaker"], lowest=min(there, key=signed), highest=max(there, key=signed)) if quorate else value["auto_tie_breaker"]
    found: t.Dict[str, t.Any] = dict(
        value,
        nodes=list(nodes),
        members=there,
        missing=[node["nodeid"] for node in nodes if node.get("configured_votes") is not None and node["nodeid"] not in there],
        expected_votes=expected_votes,
        highest_expected=expected_votes,
        total_votes=votes,
        quorum=quorum,
        quorate=quorate,
        auto_tie_breaker=breaker,
    )
    found.update(changes)
    found["flags"] = _flags(found)
    return t.cast("Value", found)


def as_seen_by(value: "Value", daemon: Daemon, **changes: t.Any) -> "Value":
    """The value once this daemon is that of the node asked. changes: as for what_if()."""
    nodes: t.List[t.Mapping[str, t.Any]] = [_as_known_to(daemon, node) if node["nodeid"] in daemon.nodes else node for node in value["nodes"]]
    decided: t.Dict[str, t.Any] = {
        "missing": value["missing"],
        "quorate": daemon.quorate,
        "quorum": daemon.quorum,
        "total_votes": daemon.total_votes,
        "highest_expected": max(node.expected_votes for node in daemon.nodes.values()),
        "wait_for_all": dict(value["wait_for_all"], pending=daemon.waiting),
        "auto_tie_breaker": dict(value["auto_tie_breaker"], lowest=daemon.lowest, highest=daemon.highest),
        "allow_downscale": dict(value["allow_downscale"], ev_barrier=daemon.ev_barrier),
    }
    decided.update(changes)
    return what_if(value, nodes, value["members"], daemon.nodes[daemon.us].expected_votes, **decided)


def _as_known_to(daemon: Daemon, node: "Node") -> t.Mapping[str, t.Any]:
    entry = daemon.nodes[node["nodeid"]]
    return dict(node, votes=entry.votes, expected_votes=entry.expected_votes)


def _flags(value: t.Mapping[str, t.Any]) -> t.List[str]:
    """The names of the flags, in the order of their bits: two_node is bit 0, quorate bit 1."""
    first = [name for name in ("two_node", "quorate") if value[name]]
    return first + [flag for flag in value.get("flags", ()) if flag not in ("two_node", "quorate")]
