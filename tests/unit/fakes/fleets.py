# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What votequorum_info returns on the hosts of a cluster, one of many."""

import copy
import time

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import OPTIONS
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

READ_AT = utc(time.time())
UNREACHABLE = {"unreachable": True, "changed": False, "msg": "Failed to connect to the host via ssh: No route to host"}
NOT_RUNNING = {"available": False, "quorate": False, "changed": False, "reason": "not_running", "msg": "corosync is not running on this node."}


def cluster(name="web", votes=(1, 1, 1), number=1, ring=13, uuid=None, domain=".example.com", **changes):
    """host -> result, of a healthy cluster whose nodes are web1, web2... number: that of its network. changes: as for value()."""
    return {
        f"{name}{nodeid}{domain}": answer(named(value(votes, asked=nodeid, ring=ring, cluster_name=name, cluster_uuid=uuid, **changes), name, number))
        for nodeid in range(1, len(votes) + 1)
    }


def named(seen, name, number=1):
    """The value with names and addresses of its own, and read just now if it does not say otherwise."""
    made = copy.deepcopy(seen)
    made["read_at"] = seen["read_at"] or READ_AT
    for node in made["nodes"]:
        node.update(name=f"{name}{node['nodeid']}", addresses=[f"10.{number}.0.{node['nodeid']}"])
    made["name"] = f"{name}{made['nodeid']}"
    return made


def answer(seen):
    return {"changed": False, "available": True, "quorate": seen["quorate"], "votequorum": seen}


def fleet(count, size, **changes):
    """So many healthy clusters of so many nodes. changes: as for value()."""
    found = {}
    for number in range(count):
        found.update(cluster(f"c{number}n", [1] * size, number, **changes))
    return found


def mixed(name="web"):
    """Clusters in many states, and hosts of none. name: of the healthy one."""
    found = cluster(name)
    found.update(cluster("db", (1, 1), number=2))
    found.update(cluster("mail", (1, 1), number=3, two_node=True))
    storage = cluster("storage", (1,) * 5, number=4, members=[1, 2, 3, 4])
    found.update(dict(storage, **{"storage5.example.com": NOT_RUNNING}))
    for nodeid, members in ((1, [1, 2]), (2, [1, 2]), (3, [3, 4]), (4, [3, 4])):
        seen = value((1,) * 4, asked=nodeid, cluster_name="old", members=members, quorate=True, ring=13 + 4 * (3 in members))
        found[f"old{nodeid}"] = answer(named(seen, "old", 5))
    found.update(cluster("vm", (1, 1), number=6, qdevice=1))
    san = cluster("san", number=7)
    for result in san.values():
        for node in result["votequorum"]["nodes"]:
            node["links"] = [{"link": 0, "connected": True}, {"link": 1, "connected": node["nodeid"] != 2}]
    found.update(san)
    found.update(cluster("debian", domain=".a", number=8))
    found.update(cluster("debian", domain=".b", number=8, ring=21))
    found.update({"printer": {"failed": True, "msg": "/bin/sh: python3: not found"}, "gone.example.com": UNREACHABLE})
    return found


def asked(results, **options):
    """(host -> its variables behind the preflight's questions, arguments of rolling_upgrade_fleet) for what votequorum_info has returned."""
    hosts = list(results)
    given = copy.deepcopy(dict(OPTIONS, hosts=hosts, **options))
    view = {"mark": None, "obstacles": [], "fault": "", "lock": {"lock": None, "lock_fault": ""}, "key": None}
    hostvars = {
        host: {"inventory_hostname": host, "__rolling_upgrade_views": {"results": [{"view": dict(view, host=host, answer=result), "options": given}]}}
        for host, result in results.items()
    }
    play = {"host": hosts[0], "cluster": hosts, "batch": hosts, "everyone": hosts, "active": hosts}
    return hostvars, {"point": "judge", "options": given, "play": play, "groups": "clusters", "at_once": ""}
