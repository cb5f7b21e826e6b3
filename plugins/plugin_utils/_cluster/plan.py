# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the role `cluster` does: from the cluster that is asked for and the hosts as they are, every step; or why none is taken.

Pure. wish.py finds wrong variables; gates.py finds changes that would cost quorum.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.encryption import needs_authkey
from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import parse
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster import gates as cluster_gates
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster import rings as cluster_rings
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster import wish as cluster_wish
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.conf_changes import (
    NONE,
    RELOAD,
    RESTART,
    RESTART_QDEVICE,
    STOP,
    ConfChange,
    action_of,
    changes,
)
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.conf_text import TextError
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.host import Host
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.keys import KeyPlan, plan_key, refuse_keys, refuse_rotation
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.loaded import Loaded
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.wish import MANAGED, ClusterWish, Refusals
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.checks import lint
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import ConfNode, Model, is_literal, same_text

Plan = dict[str, t.Any]

_DEVICE = "quorum.device."
_PROXMOX = "Proxmox VE"
_NOTHING = ["nothing to do"]
# What decides whether a node reaches the server of the quorum device.
_SERVER = ("quorum.device.model", "quorum.device.net.host", "quorum.device.net.port", "quorum.device.net.tls", "quorum.device.net.force_ip_version")
_ENCRYPTION = re.compile(r"totem\.(secauth|crypto_.*|key|keyfile)\Z")


def plan_cluster(given: t.Mapping[str, t.Any], seen: t.Mapping[str, t.Any], play: t.Mapping[str, t.Any]) -> Plan:
    """The steps of the role; with ``refusals``, none of them may be taken.

    given and play: see wish.read(). seen: by host, see host.Host. play also has ready: whether the packages are there
    without which a host cannot be asked what runs on it; without them there are no steps, but what can be known is refused already.
    """
    wish, refusals = cluster_wish.read(given, play)
    if wish is None:
        return _refused(refusals)
    work = _Work(wish, {host: Host(host, seen[host]) for host in given})
    refusals += work.refuse_files()
    refusals += work.refuse_members(play["ready"]) if not refusals else []
    refusals += work.configure() if not refusals else []
    refusals += work.refuse_changes() if not refusals and not work.unreadable else []
    if refusals:
        return _refused(refusals)
    return work.steps() if play["ready"] else dict(_refused([]), **work.questions(), lock=True)


def _refused(refusals: Refusals) -> Plan:
    return {"refusals": refusals, "hosts": [], "apart": [], "addresses": {}, "ip_version": "", "ask_device": [], "device": None, "trial": [], "lock": False}


class _Work:
    """The plan, step by step."""

    def __init__(self, wish: ClusterWish, hosts: dict[str, Host]) -> None:
        self.wish = wish
        self.hosts = hosts
        self.sorted = cluster_rings.sort_out(hosts.values())
        self.staying = [hosts[node.host] for node in wish.nodes]
        self.members = [host for host in self.staying if host.is_member]
        self.leaving = [hosts[node.host] for node in wish.leaving if hosts[node.host].is_member]
        self.unreadable = [host for host in hosts.values() if host.lacks_library]
        self.loaded = Loaded(self.members)
        self.configured = self._configured_nodes()
        self.nodeids: dict[str, int] = {}
        self.text = ""
        self.model = Model(parse(""))
        self.version = 0
        self.notes: list[str] = []
        self.changes: dict[str, list[ConfChange]] = {}
        self.key = plan_key(self.members, self.staying, wish.rotates_key) if wish.is_encrypted else KeyPlan()

    # --- what the hosts have -----------------------------------------------------------------------------------------

    def refuse_files(self) -> Refusals:
        """The files that are there must be of this cluster, root's alone, and Ansible's to write."""
        unsafe = [f"{host.name}: {doubt}" for host in self.hosts.values() for doubt in host.unsafe_files]
        if unsafe:
            return ["Only root may be able to write to the files in /etc/corosync. " + " ".join(unsafe)]
        owned = self._refuse_owned()
        if owned:
            return owned
        names = {host.name: host.cluster_name for host in self.hosts.values() if host.has_cluster and host.runs_as != self.wish.name}
        if all(name == self.wish.name for name in names.values()):
            return []
        found = ", ".join(f'{host} has "{name}"' if name else f"{host} has none" for host, name in sorted(names.items()))
        what = "The hosts are of more than one cluster" if len(set(names.values())) > 1 else "The hosts are of another cluster"
        return [
            (
                f'{what}: cluster_name is "{self.wish.name}", but in /etc/corosync/corosync.conf {found}. A cluster cannot be renamed while it runs. '
                "If the file is left over from an old cluster, stop corosync there and remove the file."
            )
        ]

    def _refuse_owned(self) -> Refusals:
        """Clusters of other tools, which write the file themselves, and without asking."""
        found: dict[str, list[str]] = {}
        for host in self.hosts.values():
            if host.owners:
                found.setdefault(" or ".join(host.owners), []).append(host.name)
        refusals = []
        for owner, hosts in found.items():
            if owner == _PROXMOX:
                refusals.append(f"Proxmox VE owns corosync.conf on {', '.join(hosts)}: change the cluster with pvecm.")
                continue
            refusals.append(
                f"The cluster of {', '.join(hosts)} seems to be one of {owner}: {owner} is installed there, and the role has not written corosync.conf. Change "
                f'the cluster with {owner}. If the file was written by hand, and this role is to write it from now on, make "{MANAGED}" its first line, and '
                "run the play with --check --diff first."
            )
        return refusals

    def refuse_members(self, ready: bool) -> Refusals:
        """What runs must be one cluster whose quorum can be read. A host that lacks a package is read later."""
        silent = [host for host in self.hosts.values() if host.value is None and (host in self.members + self.leaving or host.may_be_a_member)]
        silent += self.unreadable if ready else []
        if silent:
            reasons = " ".join(f"{host.name}: {host.msg or host.reason}" for host in silent)
            return [f"The quorum of a host cannot be read, so nothing is known about the quorum of the cluster. {reasons}"]
        if self.sorted.partition:
            return [self._partitioned(self.sorted.partition)]
        asked = self.members + [self.hosts[name] for name in self.sorted.apart]
        unsettled = [host.name for host in asked if host.value and not host.value["settled"]]
        return [f"A membership change is under way on {', '.join(unsettled)}. Run the play again."] if unsettled else []

    def _partitioned(self, rings: str) -> str:
        return f"The hosts do not see each other: {rings} Nothing is changed while the cluster is partitioned.{self._key_of_a_partition()}"

    def _key_of_a_partition(self) -> str:
        """A key that was replaced without a reload parts the first node that restarts from the rest."""
        old = [host.name for host in self.members if host.key_pending]
        if not old or len({host.key for host in self.members}) > 1:
            return ""
        return (
            f" The cause may be the key: on {', '.join(old)} the authkey was changed after corosync was started. All nodes have the same file now, so run "
            f"corosync-cfgtool -R on each of these."
        )

    # --- the new configuration ---------------------------------------------------------------------------------------

    def configure(self) -> Refusals:
        """ConfNode ids, the text and its version."""
        refusals = self.loaded.refusals() or self._refuse_missing_nodes() + self._give_nodeids()
        if refusals:
            return refusals
        texts = [host.text for host in self.members] or [host.text for host in self.staying if host.has_cluster]
        self.version = max([host.version for host in self.hosts.values() if host.has_cluster], default=0)
        try:
            self.text = self.wish.text(self.nodeids, self.version)
            # A key is loaded with a new version, so that each node can be asked whether it has read it.
            if not texts or any(text != self.text for text in texts) or self.key.is_loaded_anew:
                self.version += 1
                self.text = self.wish.text(self.nodeids, self.version)
        except TextError as error:
            return [f"corosync.conf cannot be written: {error}"]
        self.model = Model(parse(self.text))
        findings = lint(self.text)
        self.notes += [f"{found['message']} {found['advice']}" for found in findings if found["severity"] == "warning"]
        return [f"corosync.conf would be wrong: {found['message']} {found['advice']}" for found in findings if found["severity"] == "error"]

    def _configured_nodes(self) -> list[ConfNode]:
        """The nodes of the newest file; a file of a running cluster is newer than any other."""
        files = [host for host in self.hosts.values() if host.has_cluster]
        newest = max(files, key=lambda host: (host.is_member, host.version, self.loaded.is_trusted(host)), default=None)
        return self._loaded(newest).nodes if newest else []

    def _refuse_missing_nodes(self) -> Refusals:
        """A node is removed only if cluster_remove names it, and a member only if its host is in the play, so that it can be stopped."""
        refusals = []
        names = {node.name for node in self.wish.nodes}
        present = {nodeid for host in self.members if host.value for nodeid in host.value["members"]}
        for node in self.configured:
            if node.label in self.wish.remove:
                out_of_reach = node.number("nodeid") in present and node.label not in [leaving.name for leaving in self.wish.leaving]
                if out_of_reach:
                    refusals.append(
                        f"{node.label} of cluster_remove is a member now. Add its host to the play, so that the role stops it, or stop it yourself."
                    )
            elif node.label not in names and not self._same_address(node):
                refusals.append(
                    f"{node.label} is in the configuration of the cluster, but not among the nodes of this play. To remove it, add its name to cluster_remove. "
                    "If not, run the play on all hosts of the cluster, without --limit."
                )
        labels = {node.label for node in self.configured} | {node.name for node in self.wish.leaving}
        self.notes += [f"cluster_remove names {name}, which the cluster does not have." for name in self.wish.remove if name not in labels]
        return refusals

    def _same_address(self, configured: ConfNode) -> bool:
        return configured.text("name") is None and any(_address_of(configured) == same_text(node.addresses[0]) for node in self.wish.nodes)

    def _give_nodeids(self) -> Refusals:
        """A node keeps its id; a new one gets what it asks for, or the lowest that is free."""
        refusals = []
        had = {node.text("name") or _address_of(node): node.number("nodeid") for node in self.configured}
        taken = {node.nodeid for node in self.wish.nodes} | set(had.values())
        free = iter(range(1, 65536))
        for node in self.wish.nodes:
            present = had.get(node.name) or had.get(same_text(node.addresses[0]))
            if node.nodeid and present and node.nodeid != present:
                refusals.append(
                    f"cluster_nodeid of {node.host} is {node.nodeid}, but in the cluster it is {present}. corosync cannot change it: "
                    "remove the node with cluster_remove, then add it again."
                )
            owner = next((name for name, nodeid in had.items() if nodeid == node.nodeid and not present), None) if node.nodeid else None
            if owner:
                refusals.append(f"cluster_nodeid of {node.host} is {node.nodeid or 0}, which {owner} has in the cluster.")
            self.nodeids[node.name] = node.nodeid or present or next(number for number in free if number not in taken)
        return refusals

    # --- what changes, and whether it may ----------------------------------------------------------------------------

    def refuse_changes(self) -> Refusals:
        """Changes that corosync cannot take in, and those that would cost quorum."""
        if self.sorted.never_met and not self._is_mended:
            return [self._partitioned(cluster_rings.partition_of(self.hosts.values()) + ".")]
        self.changes = {host.name: changes(self.loaded.text_of(host), self.text) for host in self.members}
        impossible = sorted({change.key for found in self.changes.values() for change in found if change.action == STOP})
        if impossible:
            return [
                (
                    f"A running cluster cannot apply a change of {', '.join(impossible)}: a node that starts with it would not find the others. "
                    "Stop corosync on all nodes and run the play again, or undo the change."
                )
            ]
        planned = cluster_gates.PlannedChange(
            leaving=[host.value["nodeid"] for host in self.leaving if host.value],
            loads=self.reload_needed,
            after=self.model,
            starting=[self.nodeids[node.name] for node in self.wish.nodes if not self.hosts[node.host].is_member],
            device_goes=self.qdevice in ("off", "restarted"),
            restart=self.restarts,
            keeps_expected=any(host.tracks for host in self.members),
        )
        return self._refuse_keys() + cluster_gates.refusals([(host.name, host.value) for host in self.members if host.value], planned)

    def _refuse_keys(self) -> Refusals:
        if self.wish.rotates_key:
            return refuse_rotation([host for host in self.members if needs_authkey(self._loaded(host).conf.values)])
        return refuse_keys(self.members, self.staying) if self.wish.is_encrypted else []

    @property
    def _is_mended(self) -> bool:
        """Whether hosts that never met may meet once they are started anew: otherwise it is for people to find out why they do not.

        corosync resolves names when it starts. Which address it found for another node is shown nowhere, so the cause may have been corrected since then.
        """
        has_names = any(not is_literal(address) for node in self.wish.nodes for address in node.addresses)
        apart = [self.hosts[name] for name in self.sorted.apart]
        return has_names or any(host.is_out_of_reach or host.text != self.text for host in apart)

    @property
    def reload_needed(self) -> bool:
        return any(host.text != self.text or host.reload_pending for host in self.members)

    @property
    def restarts(self) -> list[str]:
        """Members that have to be restarted, the lowest node id last: it is a tie-breaker more often than not."""
        due = [host for host in self.members if host.restart_pending or action_of(self.changes[host.name]) == RESTART or self._is_started_otherwise(host)]
        return [host.name for host in sorted(due, key=lambda host: -(host.value["nodeid"] if host.value else 0))]

    def _is_started_otherwise(self, host: Host) -> bool:
        """Whether only a restart brings in modes that were written into its file by hand. Where the file is what corosync has loaded, the changes tell."""
        return not self.loaded.is_trusted(host) and self.loaded.text_of(host) == host.text and host.runs_in_other_modes

    @property
    def qdevice(self) -> str:
        """What the daemon of the quorum device has to be: on, restarted, off; none where there never was one."""
        changed = {change.action for found in self.changes.values() for change in found if change.key.startswith(_DEVICE)}
        if not self.wish.has_device:
            return "off" if any(host.value and host.value["qdevice"] for host in self.members) or changed else "none"
        had = any(host.model.qdevice for host in self.members)
        due = any(host.qdevice_marked for host in self.members)
        return "restarted" if due or (had and RESTART_QDEVICE in changed) else "on"

    @property
    def device_waits(self) -> bool:
        """Whether the daemon of the quorum device can be started only after the restarts.

        A votequorum that was started with last_man_standing, auto_tie_breaker or allow_downscale refuses it, and the daemon ends. A tie-breaker that the
        odd number of votes has switched off comes back by a reload with an even one.
        """
        return self.wish.has_device and any(host.bars_device or self._loaded(host).tie_breaker != "none" for host in self.members)

    @property
    def recount(self) -> str | None:
        """The member that reloads once more after the restarts: a restarted node takes over the expected votes that the others have kept."""
        keeps = any(host.tracks for host in self.members) and not (self.model.expected_votes_tracking or self.model.allow_downscale)
        return self.members[0].name if keeps and self.restarts else None

    @property
    def expected(self) -> int | None:
        """The expected votes for which the role waits before the restarts. None where no step of this run makes them those of the configuration."""
        model = self.model
        changes_them = model.last_man_standing or model.allow_downscale or model.expected_votes_tracking
        if changes_them or (self.members and not self.reload_needed) or any(host.lowers_or_keeps_votes for host in self.members):
            return None
        return cluster_gates.expected_votes(model)

    def _raised(self) -> list[str]:
        """What to say about expected votes that no step of this run takes back: people have set votes, or an earlier run was interrupted."""
        wanted = cluster_gates.expected_votes(self.model)
        raised = {host.name: host.value["expected_votes"] for host in self.members if host.value and host.value["expected_votes"] > wanted}
        if not raised or self.reload_needed or self.recount:
            return []
        found = ", ".join(f"{votes} on {host}" for host, votes in raised.items())
        return [f"Expected votes are {wanted} by the configuration, but {found}: they were raised while corosync ran, and stay so until the next reload."]

    def _loaded(self, host: Host) -> Model:
        return Model(parse(self.loaded.text_of(host)))

    # --- what the hosts are asked before the first step ----------------------------------------------------------------

    def questions(self) -> Plan:
        """addresses: what every node has to resolve, by the host whose addresses they are.

        ask_device: which hosts have to reach the server of the quorum device before its section is written: those that do not have it yet.
        """
        asked = [host.name for host in self.staying if self.wish.has_device and _server(host.model) != _server(self.model)]
        return {
            "hosts": [host.name for host in self.staying],
            "addresses": {node.host: node.addresses for node in self.wish.nodes},
            "ip_version": self.model.conf.text("totem.ip_version") or ("ipv4" if self.model.conf.text("totem.transport") == "udp" else "ipv6-4"),
            "ask_device": asked,
            "device": self.wish.server if asked else None,
        }

    # --- the steps ---------------------------------------------------------------------------------------------------

    def steps(self) -> Plan:
        """In the order in which the role takes them."""
        found = sorted({change for each in self.changes.values() for change in each}, key=lambda change: change.key)
        result: Plan = {
            "refusals": [],
            "notes": [*self.sorted.apart.values(), *self.notes, *self._raised()],
            "action": RESTART if self.restarts else RELOAD if self.reload_needed else NONE,
            "changes": [dict(change._asdict()) for change in found if change.key != "totem.config_version"],
            "conf": self.text,
            "config_version": self.version,
            "expected_votes": self.expected,
            "nodes": sorted(self.nodeids.values()),
            "apart": [host.name for host in self.hosts.values() if host.is_apart],
            "leave": [host.name for host in self.leaving],
            "forget": [node.host for node in self.wish.leaving if self.hosts[node.host].has_cluster],
            "mark": [host.name for host in self.members if host.name in self.restarts and not host.marked],
            "mark_qdevice": [host.name for host in self.members if self.qdevice == "restarted" and not host.qdevice_marked],
            "write": [host.name for host in self.staying if host.text != self.text],
            "reload": self.members[0].name if self.reload_needed else None,
            "members": [host.name for host in self.members],
            "fresh": [host.name for host in self.staying if host.runs_alone],
            "start": [host.name for host in self.staying if host.is_apart or not host.runs],
            "restart": self.restarts,
            "recount": self.recount,
            "recounted_votes": cluster_gates.expected_votes(self.model),
            "qdevice": self.qdevice,
            "device_waits": self.device_waits,
            "stuck": [host.name for host in self.members if host.reload_failed],
            "old_versions": {host.name: self._loaded(host).conf.number("totem.config_version") for host in self.members},
            "lost": self.loaded.lost,
            "hide": [host.name for host in self.hosts.values() if host.has_inline_key],
        }
        result.update(**self.questions(), **self._key_steps())
        result["put"] = _in_order(result["hosts"], result["write"] + result["key_put"])
        installed = [host.name for host in self.staying if host.installed]  # a package that is missing in check mode judges nothing
        result["trial"] = _in_order(installed, result["write"] + result["start"] + result["fresh"] + result["restart"])
        result["summary"] = _summary(result)
        result["lock"] = result["summary"] != _NOTHING  # what changes nothing need not wait for another run
        return result

    def _key_steps(self) -> Plan:
        """key_put: where a new key takes the place of what is there. look: how long members have to see each other after a change of encryption."""
        key = self.key
        encryption_changes = any(_ENCRYPTION.match(change.key) for found in self.changes.values() for change in found)
        seconds = max((host.loss_seconds for host in self.members), default=0) + 1
        return {
            "key_from": key.source,
            "key_missing": key.is_new,
            "key_to": list(key.to),
            "key_put": _in_order([host.name for host in self.staying], [*key.to, *([key.source] if key.source and key.is_new else [])]),
            "key_load": list(key.pending),
            "present": sorted({nodeid for host in self.members if host.value for nodeid in host.value["members"]} & set(self.nodeids.values())),
            "look": {"stable_for": seconds, "timeout": 2 * seconds + 10} if self.members and (key.is_loaded_anew or encryption_changes) else None,
        }


def _address_of(node: ConfNode) -> str:
    return same_text(node.text("ring0_addr") or "")


def _in_order(hosts: list[str], some: list[str]) -> list[str]:
    return [host for host in hosts if host in some]


def _server(model: Model) -> list[t.Any]:
    return [model.conf.values.get(key) for key in _SERVER]


def _summary(steps: Plan) -> list[str]:
    """What is going to be done, for people."""
    lines = [
        ("make a key on %s", [steps["key_from"]] if steps["key_missing"] else []),
        ("hand the key to %s", steps["key_to"]),
        ("let corosync load the key, which may be another one than it has in its memory, on %s", steps["key_load"]),
        ("stop corosync, which runs apart from the cluster and has no quorum, on %s", steps["apart"]),
        ("stop corosync on %s, which leaves the cluster", steps["leave"]),
        ("remove corosync.conf and the key from %s", steps["forget"]),
        ("switch the quorum device's daemon off on %s", steps["members"] if steps["qdevice"] == "off" else []),
        ("write corosync.conf on %s", steps["write"]),
        ("reload it in the whole cluster by %s", [steps["reload"]] if steps["reload"] else []),
        ("start corosync on %s", steps["start"]),
        ("restart corosync, which the package started alone, on %s", steps["fresh"]),
        ("restart the quorum device's daemon on %s", steps["members"] if steps["qdevice"] == "restarted" else []),
        ("restart corosync one node after the other: %s", steps["restart"]),
        ("reload once more by %s, so that all nodes expect the votes of corosync.conf", [steps["recount"]] if steps["recount"] else []),
        ("start the quorum device's daemon after the restarts on %s", steps["hosts"] if steps["device_waits"] else []),
    ]
    return [text % ", ".join(hosts) for text, hosts in lines if hosts] or _NOTHING
