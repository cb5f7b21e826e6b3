# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`votequorum` values of a cluster of three nodes called node1 to node3, as node1 sees it."""


def node(nodeid, member=True, votes=1, configured=1, name="", **other):
    """An entry of `nodes`. name: "" for the usual one."""
    return dict(
        {
            "nodeid": nodeid,
            "name": f"node{nodeid}" if name == "" else name,
            "state": "member" if member else "dead",
            "votes": votes,
            "configured_votes": configured,
            "expected_votes": 3,
            "local": nodeid == 1,
            "qdevice": None,
        },
        **other,
    )


def device(state="voting", votes=1):
    """An entry `qdevice` in one of the states absent (configured, and not there), registered, alive, voting."""
    return {
        "name": "Qdevice",
        "votes": votes,
        "registered": state != "absent",
        "alive": state in ("alive", "voting"),
        "cast_vote": state == "voting",
        "master_wins": False,
    }


def value(members=(1, 2, 3), ring=10, nodes=None, qdevice=None, **other):
    """A value: everybody known has a vote, those in `members` are there. Whatever else is given replaces what would follow from that."""
    members = list(members)
    nodes = [node(nodeid, nodeid in members) for nodeid in (1, 2, 3)] if nodes is None else nodes
    total = sum(entry["votes"] or 0 for entry in nodes if entry["nodeid"] in members)
    total += qdevice["votes"] if qdevice and qdevice["cast_vote"] else 0
    expected = sum(entry["configured_votes"] or 0 for entry in nodes) + (qdevice["votes"] if qdevice else 0)
    quorum = expected // 2 + 1
    made = {
        "nodeid": 1,
        "name": "node1",
        "settled": True,
        "ring_id": {"nodeid": 1, "seq": ring},
        "expected_votes": expected,
        "highest_expected": expected,
        "total_votes": total,
        "quorum": quorum,
        "quorate": total >= quorum,
        "two_node": False,
        "wait_for_all": {"enabled": False, "pending": False},
        "last_man_standing": {"enabled": False, "window_ms": 10000},
        "allow_downscale": {"enabled": False, "ev_barrier": expected},
        "auto_tie_breaker": {"enabled": False, "kind": "none", "nodes": [], "lowest": 1, "highest": 3},
        "qdevice": qdevice,
        "members": members,
        "missing": [entry["nodeid"] for entry in nodes if entry["nodeid"] not in members],
        "nodes": nodes,
        "problems": [],
    }
    made.update(other)
    made.setdefault("flags", ["quorate"] if made["quorate"] else [])
    return made
