# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts as the role `cluster` finds them, and what it is asked for, for tests of its plan."""

import re

from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster import plan as cluster_plan
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

ABSENT = {
    "conf": None,
    "key": None,
    "available": False,
    "reason": "not_running",
    "msg": "corosync does not run",
    "votequorum": None,
    "loaded_version": None,
    "marked": False,
    "qdevice_marked": False,
    "loaded": {},
    "tracks": False,
    "uses": [],
    "tools": [],
    "installed": True,
    "key_changed": None,
    "started": None,
    "key_loaded": None,
    "token": None,
    "consensus": None,
    "files": [],
}
DEFAULT = (
    "totem {\nversion: 2\ncluster_name: debian\n}\nquorum {\nprovider: corosync_votequorum\n}\n"
    "nodelist {\nnode {\nname: node1\nnodeid: 1\nring0_addr: 127.0.0.1\n}\n}\n"
)


def wishes(count=3, shared=None, **hosts):
    """What host1, host2... ask for: host2={"votes": 2} for one of them, shared for all."""
    names = [f"host{number}" for number in range(1, count + 1)]
    common = {
        "name": "one",
        "hosts": names,
        "remove": [],
        "rotate_key": False,
        "quorum": {},
        "device": {},
        "totem": {},
        "logging": {},
        "sections": {},
        "timeout": 300,
        "stable_for": 2,
    }
    common.update(shared or {})
    own = {name: {"node_name": "node" + name[4:], "nodeid": None, "votes": 1, "addresses": ["10.0.0." + name[4:]]} for name in names}
    return {name: dict(common, **dict(own[name], **hosts.get(name, {}))) for name in names}


def planned(given, seen=None, **play):
    """plan() for these wishes; hosts that are not in seen have nothing yet."""
    names = list(given)
    found = {name: dict(ABSENT, **(seen or {}).get(name, {})) for name in names}
    return cluster_plan.plan_cluster(given, found, dict({"hosts": names, "alive": names, "batch": names, "ready": True}, **play))


def running(given, version=1, votes=None, **changes):
    """What these hosts are like once the plan for them has been carried out."""
    text = planned(given)["conf"].replace("config_version: 1", f"config_version: {version}")
    ids = {f"host{node}": int(nodeid) for node, nodeid in re.findall(r"name: node(\d+)\n +nodeid: (\d+)", text)}
    votes = votes or {ids[name]: wish["votes"] for name, wish in given.items()}
    return {
        name: {
            "conf": text,
            "key": "k",
            "available": True,
            "reason": None,
            "msg": "",
            "loaded_version": str(version),
            "key_changed": 100.0,
            "started": 200.0,
            "tracks": "expected_votes_tracking: 1" in text or "allow_downscale: 1" in text,
            "token": "3650",
            "consensus": "4380",
            "votequorum": value(votes, asked=ids[name], **dict({"problems": []}, **changes)),
        }
        for name in given
    }


def stopped(seen, *names):
    """The same hosts, with corosync stopped on these."""
    gone = [int(name[4:]) for name in names]
    result = {}
    for host, found in seen.items():
        if host in names:
            result[host] = dict(found, available=False, reason="not_running", votequorum=None, loaded_version=None)
            continue
        whole = found["votequorum"]
        members = [nodeid for nodeid in whole["members"] if nodeid not in gone]
        nodes = [dict(node, state="member" if node["nodeid"] in members else "dead") for node in whole["nodes"]]
        total = sum(node["votes"] for node in nodes if node["nodeid"] in members)
        total += whole["qdevice"]["votes"] if whole["qdevice"] and whole["qdevice"]["cast_vote"] else 0
        result[host] = dict(found, votequorum=dict(whole, members=members, missing=gone, nodes=nodes, total_votes=total, quorate=total >= whole["quorum"]))
    return result
