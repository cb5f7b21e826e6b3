# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Nodes of a `votequorum` value by the names users give them (a name of the nodelist, or a node id), and what its quorum device has."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value


class UnknownNode(Unusable):
    """A name or node id that the cluster's configuration does not have. The message says which it has."""


def has_nodelist(value: "Value") -> bool:
    """Whether corosync's configuration lists the nodes. Where it does not, those that were never seen are not known."""
    return any(entry["configured_votes"] is not None for entry in value["nodes"])


def nodeid_of(node: t.Any, value: "Value") -> int:
    """The node id behind a name or node id (an int, or its digits). A name wins over equal digits. Raises UnknownNode."""
    wanted = str(node)
    for entry in value["nodes"]:
        if entry["name"] == wanted:
            return int(entry["nodeid"])
    for entry in value["nodes"]:
        if str(entry["nodeid"]) == wanted:
            return int(entry["nodeid"])
    raise UnknownNode(f"there is no node '{wanted}' in this cluster; it has {labels([entry['nodeid'] for entry in value['nodes']], value)}")


def label(nodeid: int, value: "Value") -> str:
    """A node for people: its name, or `node id 3` where it has none."""
    for entry in value["nodes"]:
        if entry["nodeid"] == nodeid and entry["name"]:
            return str(entry["name"])
    return f"node id {nodeid}"


def labels(nodeids: t.Iterable[int], value: "Value") -> str:
    """Several nodes for people, `none` where there are none."""
    return ", ".join(label(nodeid, value) for nodeid in nodeids) or "none"


def device_votes(value: "Value") -> int:
    """The votes of the quorum device, whether it casts them or not; 0 without one."""
    return (value["qdevice"]["votes"] or 0) if value["qdevice"] else 0


def device_casts(value: "Value") -> bool:
    """Whether the quorum device of the node asked votes now."""
    return bool(value["qdevice"] and value["qdevice"]["cast_vote"])
