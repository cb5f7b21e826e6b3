# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Nodes of a `votequorum` value by the names users give them (a name of the nodelist, or a node id), and what its quorum device has."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import shown

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

_MOST_NAMED = 64  # in one sentence


class UnknownNode(Unusable):
    """What was given does not name one node of this cluster. The message says which nodes there are."""


class AmbiguousNode(UnknownNode):
    """It names more than one. The message says which."""


def has_nodelist(value: "Value") -> bool:
    """Whether corosync's configuration lists the nodes. Where it does not, those that were never seen are not known."""
    return any(entry["configured_votes"] is not None for entry in value["nodes"])


def names_a_node(node: t.Any) -> bool:
    """Whether this can name a node: a whole number (a node id), or text that is not empty (a name, or the digits of a node id)."""
    return (isinstance(node, int) and not isinstance(node, bool)) or (isinstance(node, str) and bool(node.strip()))


def nodeid_of(node: t.Any, value: "Value") -> int:
    """The node id of the node that is meant. An int is a node id. Text is a name or the digits of a node id. Raises UnknownNode, AmbiguousNode."""
    ids = [int(entry["nodeid"]) for entry in value["nodes"]]
    if isinstance(node, int) and not isinstance(node, bool):
        if node in ids:
            return int(node)
        raise UnknownNode(f"there is no node with the node id {node} in this cluster; it has the node ids {_numbers(ids)}")
    named = [int(entry["nodeid"]) for entry in value["nodes"] if entry["name"] is not None and entry["name"] == node]
    meant = sorted(set(named + [nodeid for nodeid in ids if str(nodeid) == node]))
    if not meant:
        raise UnknownNode(f"there is no node '{shown(node)}' in this cluster; it has {labels(ids, value)}")
    if len(meant) > 1:
        raise AmbiguousNode(_why_ambiguous(str(node), named, meant, value))
    return meant[0]


def _why_ambiguous(node: str, named: t.List[int], meant: t.List[int], value: "Value") -> str:
    text = f"'{shown(node)}' is ambiguous in this cluster: it is the name of node id{'s' if len(named) > 1 else ''} {_numbers(named)}"
    if len(meant) > len(named):
        owner = next(entry["name"] for entry in value["nodes"] if str(entry["nodeid"]) == node)
        text += " and the node id of " + (f"the node named '{shown(owner)}'" if owner else "a node without a name")
    return f"{text}. Give the node id, as a number without quotes: {' or '.join(map(str, meant))}"


def _numbers(nodeids: t.Iterable[int]) -> str:
    return ", ".join(map(str, nodeids)) or "none"


def label(nodeid: int, value: "Value") -> str:
    """A node for people: its name, or `node id 3` where it has none."""
    for entry in value["nodes"]:
        if entry["nodeid"] == nodeid and entry["name"]:
            return shown(entry["name"])
    return f"node id {nodeid}"


def labels(nodeids: t.Iterable[int], value: "Value") -> str:
    """Several nodes for people, `none` where there are none."""
    named = [label(nodeid, value) for nodeid in nodeids]
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return (", ".join(named[:_MOST_NAMED]) or "none") + more


def not_configured(value: "Value") -> t.List[int]:
    """Members that the nodelist of the node asked does not have; none where there is no nodelist. knet has no link to such a node, so it leaves soon."""
    unlisted = [entry["nodeid"] for entry in value["nodes"] if entry["nodeid"] in value["members"] and entry["configured_votes"] is None]
    return unlisted if has_nodelist(value) else []


def expects(nodeid: int, value: "Value") -> t.Optional[int]:
    """How many votes a member expects; None where that is not known.

    What the others have told was so when they last told it. By itself a daemon expects at least the votes that it sees, those of the quorum
    device included, cast or not, and tells nobody (recalculate_quorum, exec/votequorum.c).
    """
    if nodeid == value["nodeid"]:
        return value["expected_votes"]
    said = next(entry["expected_votes"] for entry in value["nodes"] if entry["nodeid"] == nodeid)
    seen = sum(entry["votes"] or 0 for entry in value["nodes"] if entry["nodeid"] in value["members"]) + device_votes(value)
    return None if said is None else max(said, seen)


def device_votes(value: "Value") -> int:
    """The votes of the quorum device, whether it casts them or not; 0 without one."""
    return (value["qdevice"]["votes"] or 0) if value["qdevice"] else 0


def device_casts(value: "Value") -> bool:
    """Whether the quorum device of the node asked votes now."""
    return bool(value["qdevice"] and value["qdevice"]["cast_vote"])
