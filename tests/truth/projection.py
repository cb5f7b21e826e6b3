# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated daemon's state as the `votequorum` value that votequorum_info would return on that node, and no more than that."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import Daemon, Node
from ansible_collections.corosync.quorum.plugins.module_utils._value.snapshot import STATES

from .configuration import NEVER


def value_of(daemon: Daemon, configured: t.Mapping[int, int]) -> dict[str, t.Any]:
    """configured: node id -> votes, of the configuration."""
    rules, us = daemon.rules, daemon.nodes[daemon.us]
    device = None
    if rules.qdevice_votes:
        device = {"name": "device", "votes": rules.qdevice_votes, **_device(us)}
    entries = [_entry(nodeid, daemon.nodes.get(nodeid), configured.get(nodeid), daemon.us) for nodeid in sorted(set(configured) | set(daemon.nodes))]
    members = [entry["nodeid"] for entry in entries if entry["state"] == "member"]
    flags = {
        "two_node": rules.two_node,
        "quorate": daemon.quorate,
        "wait_for_all": rules.wait_for_all,
        "last_man_standing": daemon.last_man_standing,
        "auto_tie_breaker": rules.tie_breaker != "none",
        "allow_downscale": rules.allow_downscale,
    }
    return {
        "nodeid": daemon.us,
        "name": f"node{daemon.us}",
        "quorate": daemon.quorate,
        "settled": True,
        "ring_id": {"nodeid": min(daemon.ring), "seq": 8},
        "expected_votes": us.expected_votes,
        "highest_expected": max(daemon.nodes[nodeid].expected_votes for nodeid in members),
        "total_votes": daemon.total_votes,
        "quorum": daemon.quorum,
        "flags": [name for name, on in flags.items() if on],
        "two_node": rules.two_node,
        "wait_for_all": {"enabled": rules.wait_for_all, "pending": daemon.waiting},
        "last_man_standing": {"enabled": daemon.last_man_standing, "window_ms": NEVER},
        "auto_tie_breaker": {
            "enabled": rules.tie_breaker != "none",
            "kind": rules.tie_breaker,
            "nodes": list(rules.tie_breaker_nodes),
            "lowest": daemon.lowest,
            "highest": daemon.highest,
        },
        "allow_downscale": {"enabled": rules.allow_downscale, "ev_barrier": daemon.ev_barrier},
        "qdevice": device,
        "members": members,
        "missing": [nodeid for nodeid in configured if nodeid not in members],
        "nodes": entries,
    }


def _entry(nodeid: int, node: Node | None, votes: int | None, us: int) -> dict[str, t.Any]:
    own = _device(node) if node else {}
    return {
        "nodeid": nodeid,
        "name": f"node{nodeid}",
        "state": STATES[node.state] if node else "unseen",
        "votes": node.votes if node else None,
        "configured_votes": votes,
        "expected_votes": node.expected_votes if node else None,
        "local": nodeid == us,
        "qdevice": own if any(own.values()) else None,
        "addresses": None,
        "links": None,
    }


def _device(node: Node) -> dict[str, bool]:
    return {
        "registered": bool(node.flags & arithmetic.QDEVICE_REGISTERED),
        "alive": bool(node.flags & arithmetic.QDEVICE_ALIVE),
        "cast_vote": bool(node.flags & arithmetic.QDEVICE_CASTS),
        "master_wins": bool(node.flags & arithmetic.QDEVICE_MASTER_WINS),
    }
