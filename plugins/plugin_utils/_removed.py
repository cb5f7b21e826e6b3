# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""A node that the others have removed from their configuration, and that still runs with its own: how that is seen, and how it is said. Pure."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value


def was_left_out(value: Value, others: t.Sequence[Value]) -> bool:
    """Whether a node has any of the others in its configuration, and none of the others has it.

    Nodes that do not have each other are two clusters. A configuration that does not even have its own node has no nodelist, and says nothing.
    """
    return any(_lists(value, other) for other in others) and all(_lists(other, other) and not _lists(other, value) for other in others)


def _lists(asked: Value, sought: Value) -> bool:
    """Whether the configuration that corosync has loaded on the node asked has the node sought, by id and name."""
    return any(
        node["configured_votes"] is not None
        and node["nodeid"] == sought["nodeid"]
        and (node["name"] is None or sought["name"] is None or node["name"] == sought["name"])
        for node in asked["nodes"]
    )


def no_member(host: str, value: Value, others: t.Iterable[str], configuration: str) -> str:
    """Of a node that was left out. value: what it says itself. others: the hosts that do not have it. configuration: what it runs with."""
    quorate = " It is quorate by itself, so see what runs there, and stop corosync there yourself." if value["quorate"] else ""
    return f"corosync on {host} runs as node {value['nodeid']} of {configuration}: by the configuration of {', '.join(others)} it is no member.{quorate}"
