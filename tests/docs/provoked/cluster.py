# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role cluster refuses, and how it fails."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster import answers as _answers
from ansible_collections.corosync.quorum.plugins.plugin_utils._facts import FromFacts, refuse
from ansible_collections.corosync.quorum.tests.unit.fakes.clusters import DEFAULT, planned, running, stopped, wishes

from . import provokes, refusal

NETMTU = {"totem": {"netmtu": 1400}}
DEVICE = {"host": "qnetd", "algorithm": "ffsplit"}


def _refused(given: t.Any, seen: t.Any = None, **play: t.Any) -> str:
    return " ".join(planned(given, seen, **play)["refusals"])


def _steps(**shared: t.Any) -> dict[str, t.Any]:
    """For three running hosts, whose configuration changes."""
    return planned(wishes(shared=shared or NETMTU), running(wishes()))


def _changed(seen: t.Any, host: str, **changes: t.Any) -> t.Any:
    """The hosts, one of which is otherwise."""
    return dict(seen, **{host: dict(copy.deepcopy(seen[host]), **changes)})


def _loaded(version: int, **more: t.Any) -> dict[str, str]:
    found = {"config.reload_status (i32)": 1, "config.totemconfig_reload_in_progress (u8)": 0, "totem.config_version (u64)": version, **more}
    return {"stdout": "".join(f"{key} = {value}\n" for key, value in found.items())}


# ---- who takes part ------------------------------------------------------------------------------------------------------


@provokes("is in the configuration of the cluster, but not among the nodes of this play")
def _limited() -> str:
    return _refused(wishes(2), {host: found for host, found in running(wishes()).items() if host != "host3"})


@provokes("of cluster_remove is a member now")
def _removed_while_it_runs() -> str:
    return _refused(wishes(2, {"remove": ["node3"]}), {host: found for host, found in running(wishes()).items() if host != "host3"})


@provokes("Not reachable, or failed before")
def _away() -> str:
    return _refused(wishes(), hosts=["host1", "host2", "host3", "host4"])


@provokes("The play runs its hosts in batches")
def _serial() -> str:
    return _refused(wishes(2), alive=["host1", "host2", "host3"])


@provokes("The hosts of the play are of more than one cluster")
def _two_names() -> str:
    return _refused(wishes(host2={"name": "other"}))


@provokes("A cluster cannot be renamed while it runs")
def _renamed() -> str:
    return _refused(wishes(shared={"name": "other"}), running(wishes()))


@provokes("corosync runs, but /etc/corosync/corosync.conf is not what it has loaded")
def _all_files_lost() -> str:
    seen = running(wishes())
    return _refused(wishes(), {host: dict(found, conf="") for host, found in seen.items()})


@provokes("seems to be one of …")
def _of_pcs() -> str:
    seen = running(wishes())
    for found in seen.values():
        found.update(conf=found["conf"].split("\n", 1)[1], tools=["pcs"])
    return _refused(wishes(), seen)


@provokes("Proxmox VE owns corosync.conf on")
def _of_proxmox() -> str:
    return _refused(wishes(), {"host2": {"tools": ["Proxmox VE"], "conf": DEFAULT}})


@provokes("has facts with the names of variables of the role")
def _from_facts() -> str:
    return refusal(FromFacts, refuse, "host1", {"ansible_facts": {"cluster_votes": 9}}, lambda name: name.startswith("cluster_"))


# ---- variables -----------------------------------------------------------------------------------------------------------


@provokes("cluster_… is …, but must be")
def _wrong_type() -> str:
    return _refused(wishes(shared={"remove": "node3"}))


@provokes("It needs at least two; see cluster_hosts, cluster_remove and --limit")
def _one_node() -> str:
    return _refused(wishes(2, {"remove": ["node2"]}))


@provokes("corosync cannot change it: remove the node with cluster_remove, then add it again")
def _another_id() -> str:
    return _refused(wishes(host2={"nodeid": 9}), running(wishes()))


@provokes("corosync.conf would be wrong")
def _findings() -> str:
    return _refused(wishes(shared={"quorum": {"two_node": True}}))


# ---- the state of the cluster --------------------------------------------------------------------------------------------


@provokes("The hosts do not see each other")
def _partitioned() -> str:
    seen = running(wishes())
    seen["host3"]["votequorum"]["ring_id"] = {"nodeid": 3, "seq": 20}
    return _refused(wishes(), seen)


@provokes("The quorum of a host cannot be read, so nothing is known about the quorum of the cluster")
def _silent() -> str:
    silent = {"available": False, "reason": "timeout", "msg": "corosync did not answer.", "votequorum": None}
    return _refused(wishes(), _changed(running(wishes()), "host2", **silent))


@provokes("A membership change is under way on")
def _unsettled() -> str:
    return _refused(wishes(), running(wishes(), settled=False))


@provokes("The cluster is not quorate")
def _not_quorate() -> str:
    return _refused(wishes(shared=NETMTU), stopped(running(wishes()), "host2", "host3"))


@provokes("Only root may be able to write to the files in /etc/corosync")
def _writable() -> str:
    file = {"path": "/etc/corosync", "mode": "0777", "uid": 0, "gid": 0, "isdir": True, "isreg": False, "islnk": False}
    return _refused(wishes(), _changed(running(wishes()), "host2", files=[file]))


@provokes("/etc/corosync/authkey is missing on …, so a rotation that fails could not be taken back there")
def _no_way_back() -> str:
    return _refused(wishes(shared={"rotate_key": True}), _changed(running(wishes()), "host2", key=None))


@provokes("/etc/corosync/authkey differs")
def _two_keys() -> str:
    return _refused(wishes(), _changed(running(wishes()), "host2", key="other"))


@provokes(", which no other node reaches, and has formed a cluster of its own")
def _apart() -> str:
    """It is said of the plan, which stops such a corosync."""
    seen = running(wishes())
    own = seen["host3"]["votequorum"]
    own.update(members=[3], quorate=False, total_votes=1, ring_id={"nodeid": 3, "seq": 9}, flags=[])
    for node in own["nodes"]:
        node["state"] = "member" if node["nodeid"] == 3 else "unseen"
    seen["host3"]["uses"] = ["127.0.1.1"]
    return "\n".join(planned(wishes(), seen)["notes"])


# ---- changes that would cost quorum, or that corosync does not take -------------------------------------------------------


@provokes("A running cluster cannot apply a change of")
def _no_reload() -> str:
    return _refused(wishes(shared={"totem": {"interface": {"mcastport": 5500}}}), running(wishes()))


@provokes(". Change votes in smaller steps")
def _too_many_votes_at_once() -> str:
    return _refused(wishes(), running(wishes(host1={"votes": 10})))


@provokes("would cost quorum: …")
def _leaves_too_few() -> str:
    return _refused(wishes(4, {"remove": ["node3", "node4"]}), running(wishes(4)))


@provokes("With the new configuration the members have … of … expected, but … are needed: quorum would be lost")
def _too_many_new_nodes() -> str:
    return _refused(wishes(6), running(wishes(3)))


@provokes("Without the vote of the quorum device the cluster is not quorate")
def _device_is_needed() -> str:
    seen = running(wishes(2, {"device": {"host": "q", "algorithm": "ffsplit"}}), qdevice=1)
    return _refused(wishes(4, {"device": {"host": "other", "algorithm": "ffsplit"}}), seen)


# ---- what the nodes answer -----------------------------------------------------------------------------------------------


@provokes("would not start with the new corosync.conf, so nothing was changed")
def _refused_text() -> str:
    said = {"accepted": False, "output": "Nov 28 21:10:00.123 error   [MAIN  ] Cannot chdir to state directory /not/there. No such file or directory\n"}
    steps = dict(_steps(), addresses={})
    return "\n".join(_answers.before({host: {"trial": said} for host in steps["hosts"]}, steps))


@provokes("…, the address of …, is …, which no other node reaches")
def _loopback() -> str:
    found = {"found": [{"address": "127.0.1.1", "line": 2, "text": "127.0.1.1 node1"}], "error": ""}
    steps = dict(_steps(), addresses={"host1": ["node1"]}, trial=[])
    return "\n".join(_answers.before({"host1": {"addresses": {"node1": found}}}, steps))


@provokes("…, the address of …, cannot be resolved on …")
def _unknown_name() -> str:
    steps = dict(_steps(), addresses={"host1": ["node1"]}, trial=[])
    return "\n".join(_answers.before({"host1": {"addresses": {"node1": {"found": [], "error": "Name or service not known"}}}}, steps))


@provokes("cannot use the quorum device's server, …: …")
def _no_server() -> str:
    steps = dict(_steps(device=DEVICE), addresses={}, trial=[])
    return "\n".join(_answers.before({host: {"device": {"reason": "refused", "detail": "", "tls": None}} for host in steps["hosts"]}, steps))


@provokes("corosync on … has not loaded the new corosync.conf")
def _not_loaded() -> str:
    return "\n".join(_answers.after_reload({"host2": {"loaded": _loaded(1)}}, _steps()))


@provokes("corosync on … is older than 3.1: it reads a key only when it starts")
def _old_corosync() -> str:
    return "\n".join(_answers.after_reload({"host2": {"loaded": {"stdout": "totem.config_version (u64) = 2\n"}}}, _steps(rotate_key=True)))


@provokes("Nobody knows whether corosync on … has loaded the new corosync.conf: the node was not asked")
def _not_asked() -> str:
    return "\n".join(_answers.reloaded({"host2": {"loaded": {"skipped": True}}}, _steps()))


@provokes("All members have the old corosync.conf and key again")
def _went_back() -> str:
    steps = _steps()
    found = {host: {"back": _loaded(1)} for host in steps["hosts"]}
    found["host2"]["loaded"] = _loaded(1)
    return "\n".join(_answers.went_back(found, steps))


@provokes("The old files could not be put back on")
def _did_not_go_back() -> str:
    found = {"host2": {"loaded": _loaded(1), "back_put": {"failed": True, "msg": "Connection closed."}}}
    return "\n".join(_answers.went_back(found, _steps()))
