# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions of rolling upgrades, as upgrade_report takes them: one that went well, and others made of it."""

from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import at, mark, seen

HOSTILE = "</title><script>document.title='bitten'</script><img src=x onerror=alert(1)>&amp;\"'{{ 7*7 }}"
_PHASES = (("preflight", 0.8), ("gate", 0.5), ("drain", 2.2), ("stop", 1.6), ("upgrade", 9.5), ("start", 2.1), ("rejoin", 6.3), ("undrain", 2.4))


def upgrade(count=3, name="node%d", **more):
    """One node after the other, and quorum kept."""
    names, ids, quorum = [name % number for number in range(1, count + 1)], list(range(1, count + 1)), count // 2 + 1
    nodes, timelines, now, ring = [], {node: [seen(0.3, "state", ids, 8, quorum)] for node in names}, 2.0, 8
    for nodeid, node in enumerate(names, start=1):
        phases = []
        for phase, seconds in _PHASES:
            phases.append({"phase": phase, "started": at(now), "ended": at(now + seconds), "result": "ok", "detail": ""})
            if phase in ("stop", "rejoin"):
                ring += 4
                there = [other for other in ids if phase == "rejoin" or other != nodeid]
                for other in names:
                    if other != node:
                        move = "joined" if phase == "rejoin" else "left"
                        timelines[other].append(seen(now + 1, f"node_{move}", there, ring, quorum, **{move: [nodeid]}))
                timelines[node] += (
                    [mark(now + 1, "corosync_unavailable", reason="not_running")]
                    if phase == "stop"
                    else [mark(now + 0.9, "corosync_available"), seen(now + 1, "node_restarted", ids, ring, quorum)]
                )
            now += seconds + 0.25
        nodes.append({"name": node, "nodeid": nodeid, "result": "upgraded", "from": {"corosync": "3.1.7-1"}, "to": {"corosync": "3.1.9-2"}, "phases": phases})
    return dict(
        {
            "title": "Rolling upgrade of corosync",
            "cluster_name": "storage",
            "controller": "admin.example.com",
            "started": at(0),
            "ended": at(now),
            "batches": [[node] for node in names],
            "spare": 0,
            "nodes": nodes,
            "timelines": timelines,
            "offsets": {},
            "problems": [],
            "verdict": {"kept": True, "sentence": f"All {count} nodes were upgraded one after the other, and no node that was up lost quorum.", "losses": []},
        },
        **more,
    )


def failed():
    """node3's packages broke, node2 was cut off meanwhile, and node1 alone lost quorum. All that has text from a node is hostile."""
    given = upgrade(3)
    last = given["nodes"][2]
    last.update(result="failed", to={}, phases=last["phases"][:5])
    stop = 2.0 + 2 * (sum(seconds + 0.25 for _phase, seconds in _PHASES)) + 5
    last["phases"][-1].update(result="failed", detail=HOSTILE)
    for name in ("node1", "node2", "node3"):
        given["timelines"][name] = [entry for entry in given["timelines"][name] if entry["at"] < at(stop + 1)]
    given["timelines"]["node1"] += [seen(stop + 5, "quorum_lost", [1], 40, 2, left=[2]), seen(stop + 12, "quorum_gained", [1, 2], 44, 2, joined=[2])]
    two_node = {"id": "x", "severity": "error", "message": "two_node is on.", "advice": "Turn it off."}
    given["problems"] = ["node3 did not come back within 120 s.", two_node, HOSTILE]
    given["verdict"] = {
        "kept": False,
        "sentence": "Quorum was lost on node1 while node3 was down.",
        "losses": [{"node": "node1", "at": at(stop + 5), "until": at(stop + 12), "total_votes": 1, "quorum": 2, "members": [1]}],
    }
    return given


def gates():
    """Gates used alone around a reboot of each node, the last one is not to be stopped. The first one has many new packages; it is alone as it starts."""
    given = upgrade(3, stopped="Refused to stop node3: Without node3, 1 vote is present.\nWhen this is corrected, run the playbook again.")
    for node in given["nodes"]:
        gate, work, back = node["phases"][1], node["phases"][3], node["phases"][6]
        node.update(result="rebooted", phases=[gate, dict(work, phase="tasks", ended=back["started"]), back])
    given["nodes"][0]["from"] = {f"lib{number}": f"1.{number}" for number in range(40)}
    given["nodes"][0]["to"] = {f"lib{number}": f"2.{number}" for number in range(40)}
    last = given["nodes"][2]
    last.update(result="refused", phases=[dict(last["phases"][0], result="failed", detail="Refused to stop node3: Without node3, 1 vote is present.")])
    given["timelines"]["node1"].insert(3, seen(20.5, "quorum_lost", [1], 14, 2, left=[2, 3]))
    return given


def refused():
    """The preflight said no."""
    reasons = ["This cluster cannot be upgraded now, and nothing was changed.", "node3 is no member. Start corosync there, and run this again."]
    return {"nodes": [{"name": name} for name in ("node1", "node2", "node3")], "started": at(0), "ended": at(2), "stopped": "\n".join(reasons)}


def hostile():
    """Every text is an attack on the page."""
    given = upgrade(2)
    given.update(stopped=HOSTILE, title=HOSTILE, cluster_name=HOSTILE, controller=HOSTILE, batches=[[HOSTILE]], problems=[HOSTILE])
    given["verdict"] = {"kept": False, "sentence": HOSTILE, "losses": [{"node": HOSTILE, "at": at(3), "members": [1]}]}
    for node in given["nodes"]:
        node.update({"name": HOSTILE + node["name"], "from": {HOSTILE: HOSTILE}, "to": {HOSTILE: HOSTILE + "2"}})
        for phase in node["phases"]:
            phase["detail"] = HOSTILE
    given["timelines"] = {HOSTILE + "node1": given["timelines"]["node1"] + [mark(30, HOSTILE)][:0]}
    return given
