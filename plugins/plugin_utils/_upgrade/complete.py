# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Is every node of the cluster there? The nodelist answers that; without one, the votes that are expected and the nodes that corosync has seen. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import device_votes, has_nodelist, labels

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value


def absent(value: Value, leaving: t.Collection[int] = ()) -> list[int]:
    """Node ids of nodes that are down, without those that are about to leave.

    Without a nodelist corosync knows the nodes that it has seen since it started. One that is gone for good is among them, too: it counts for nothing where
    all votes that are expected are there all the same. With last_man_standing and allow_downscale these follow the members, and say nothing.
    """
    if has_nodelist(value):
        return [nodeid for nodeid in value["missing"] if nodeid not in leaving]
    follows = value["last_man_standing"]["enabled"] or value["allow_downscale"]["enabled"]
    if not follows and not _lacking(value, leaving):
        return []
    return [node["nodeid"] for node in value["nodes"] if node["state"] != "member" and node["nodeid"] not in leaving]


def others_down(value: Value, leaving: t.Collection[int] = ()) -> str:
    """For people: which nodes are down beside those that are about to leave; empty for none."""
    known = absent(value, leaving)
    if known:
        return labels(known, value)
    lacking = _lacking(value, leaving)
    return f"an unknown node ({lacking} of {value['expected_votes']} expected votes lacking, and corosync.conf has no nodelist)" if lacking else ""


def _lacking(value: Value, leaving: t.Collection[int]) -> int:
    """How many of the expected votes are of nobody who is there or about to leave; 0 with a nodelist, which says more."""
    if has_nodelist(value):
        return 0
    there = sum(node["votes"] or 0 for node in value["nodes"] if node["state"] == "member" or node["nodeid"] in leaving)
    return max(0, value["expected_votes"] - there - device_votes(value))
