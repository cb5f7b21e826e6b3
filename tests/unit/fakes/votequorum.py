# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `votequorum` values that tests use, as snapshot() makes them. A test compares their keys with the type."""

DEVICE_FLAGS = ("registered", "alive", "cast_vote", "master_wins")
MODES = ("two_node", "wait_for_all", "last_man_standing", "tie_breaker", "allow_downscale")


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
            "addresses": [f"192.0.2.{nodeid}"],
            "links": None,
        },
        **other,
    )


def device(state="voting", votes=1, master_wins=False):
    """An entry `qdevice` in one of the states absent (configured, and not there), registered, alive, voting."""
    return {
        "name": "Qdevice",
        "votes": votes,
        "registered": state != "absent",
        "alive": state in ("alive", "voting"),
        "cast_vote": state == "voting",
        "master_wins": master_wins,
    }


def value(votes=(1, 1, 1), *, members=None, asked=None, qdevice=None, casting=None, ring=13, nodes=None, **changes):
    """The value of a settled cluster, whose nodes are all there unless `members` says who is.

    votes: by node id, or of nodes 1, 2, 3... members: node ids. asked: the node asked, the lowest if None. qdevice: what device() returns, as
    every node has it; or votes of a device that is alive, and casting: the node ids whose device votes, all if None. ring: the seq of its id.
    nodes: entries made by node(), as they are, in place of those that follow from votes. changes: modes: two_node=True, wait_for_all=True,
    last_man_standing=True, allow_downscale=True, tie_breaker="lowest" (or highest, or a list of node ids), master_wins=True; any other key
    replaces what would follow from all that.
    """
    modes = {mode: changes.pop(mode) for mode in MODES if not isinstance(changes.get(mode, {}), dict)}
    votes = dict(votes) if isinstance(votes, dict) else dict(enumerate(votes, start=1))
    given = nodes or [node(nodeid, members is None or nodeid in members, votes[nodeid], votes[nodeid]) for nodeid in sorted(votes)]
    members = [entry["nodeid"] for entry in given if entry["state"] == "member"] if members is None else list(members)
    asked = asked or given[0]["nodeid"]
    devices = _devices(given, qdevice, casting, changes.pop("master_wins", False))
    made = _made(given, members, asked, devices, modes, ring)
    for entry in [] if nodes else made["nodes"]:
        entry.update(expected_votes=made["expected_votes"], local=entry["nodeid"] == asked, qdevice=_flags(devices.get(entry["nodeid"])))
    made.update(changes)
    return made


def _devices(nodes, qdevice, casting, master_wins):
    """The device as each node has it, by node id; empty without one."""
    if not isinstance(qdevice, int):
        return {entry["nodeid"]: qdevice for entry in nodes if qdevice}
    votes = {entry["nodeid"]: "voting" if casting is None or entry["nodeid"] in casting else "alive" for entry in nodes if qdevice}
    return {nodeid: device(state, qdevice, master_wins) for nodeid, state in votes.items()}


def _made(nodes, members, asked, devices, modes, ring):
    own = devices.get(asked)
    expected = sum(entry["configured_votes"] or 0 for entry in nodes) + (own["votes"] if own else 0)
    total = sum(entry["votes"] or 0 for entry in nodes if entry["nodeid"] in members) + (own["votes"] if own and own["cast_vote"] else 0)
    two_node = modes.get("two_node", False)
    quorum = 1 if two_node and len(members) <= 2 else (expected + 2) // 2 & 0xFF
    wait_for_all = modes.get("wait_for_all", two_node)
    breaker = modes.get("tie_breaker", "none")
    found = {
        "two_node": two_node,
        "quorate": total >= quorum,
        "wait_for_all": wait_for_all,
        "last_man_standing": modes.get("last_man_standing", False),
        "auto_tie_breaker": breaker != "none",
        "allow_downscale": modes.get("allow_downscale", False),
    }
    return {
        "nodeid": asked,
        "name": f"node{asked}",
        "cluster_name": "lab",
        "cluster_uuid": None,
        "read_at": None,
        "quorate": total >= quorum,
        "settled": True,
        "ring_id": {"nodeid": min(members, default=asked), "seq": ring},
        "expected_votes": expected,
        "highest_expected": expected,
        "total_votes": total,
        "quorum": quorum,
        "flags": [flag for flag, on in found.items() if on] + [f"qdevice_{flag}" for flag in DEVICE_FLAGS if own and own[flag]],
        "two_node": two_node,
        "wait_for_all": {"enabled": wait_for_all, "pending": False},
        "last_man_standing": {"enabled": found["last_man_standing"], "window_ms": 10000},
        "auto_tie_breaker": {
            "enabled": breaker != "none",
            "kind": "list" if isinstance(breaker, list) else breaker,
            "nodes": breaker if isinstance(breaker, list) else [],
            "lowest": nodes[0]["nodeid"],
            "highest": nodes[-1]["nodeid"],
        },
        "allow_downscale": {"enabled": found["allow_downscale"], "ev_barrier": expected},
        "qdevice": own,
        "members": members,
        "missing": [entry["nodeid"] for entry in nodes if entry["nodeid"] not in members],
        "nodes": nodes,
        "problems": [],
    }


def _flags(of):
    return {flag: of[flag] for flag in DEVICE_FLAGS} if of and any(of[flag] for flag in DEVICE_FLAGS) else None
