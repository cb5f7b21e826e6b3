# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`votequorum` values as votequorum_info returns them, for tests of what only needs a value."""


def value(votes, asked=None, qdevice=0, casting=None, **changes):
    """The value of a settled cluster whose nodes are all there.

    votes: by node id, or a list for nodes 1, 2, 3. asked: the node asked, the lowest if None. qdevice: votes of a quorum device, 0 for none;
    casting: the node ids whose device votes, all if None. changes: top-level keys, or rules: two_node=True, wait_for_all=True,
    last_man_standing=True, tie_breaker="lowest" (or highest, or a list of node ids), allow_downscale=True, master_wins=True.
    """
    votes = dict(enumerate(votes, start=1)) if isinstance(votes, list) else dict(votes)
    nodeids = sorted(votes)
    asked = asked or nodeids[0]
    casting = (nodeids if casting is None else casting) if qdevice else []
    tie_breaker = changes.pop("tie_breaker", "none")
    two_node = changes.pop("two_node", False)
    wait_for_all = changes.pop("wait_for_all", two_node)
    master_wins = changes.pop("master_wins", False)
    expected = sum(votes.values()) + qdevice
    quorum = 1 if two_node and len(nodeids) <= 2 else (expected + 2) // 2 & 0xFF
    total = sum(votes.values()) + (qdevice if asked in casting else 0)
    result = {
        "nodeid": asked,
        "name": f"node{asked}",
        "quorate": total >= quorum,
        "settled": True,
        "ring_id": {"nodeid": nodeids[0], "seq": 13},
        "expected_votes": expected,
        "highest_expected": expected,
        "total_votes": total,
        "quorum": quorum,
        "flags": [],
        "two_node": two_node,
        "wait_for_all": {"enabled": wait_for_all, "pending": False},
        "last_man_standing": {"enabled": changes.pop("last_man_standing", False), "window_ms": 10000},
        "auto_tie_breaker": {
            "enabled": tie_breaker != "none",
            "kind": "list" if isinstance(tie_breaker, list) else tie_breaker,
            "nodes": tie_breaker if isinstance(tie_breaker, list) else [],
            "lowest": nodeids[0],
            "highest": nodeids[-1],
        },
        "allow_downscale": {"enabled": changes.pop("allow_downscale", False), "ev_barrier": expected},
        "qdevice": dict(_device(asked in casting, master_wins), name="device", votes=qdevice) if qdevice else None,
        "members": nodeids,
        "missing": [],
        "nodes": [
            {
                "nodeid": nodeid,
                "name": f"node{nodeid}",
                "state": "member",
                "votes": votes[nodeid],
                "configured_votes": votes[nodeid],
                "expected_votes": expected,
                "local": nodeid == asked,
                "qdevice": _device(nodeid in casting, master_wins) if qdevice else None,
            }
            for nodeid in nodeids
        ],
    }
    result.update(changes)
    return result


def _device(casts, master_wins):
    return {"registered": True, "alive": True, "cast_vote": casts, "master_wins": master_wins}
