# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The cluster that the variables of the role `cluster` ask for, checked: every wrong one is named, with its host and its value.

Pure. What the hosts are like at present does not count here; that is in plan.py.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.encryption import HIDDEN
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import VOTES_THAT_WRAP
from ansible_collections.corosync.quorum.plugins.module_utils._value.shared_traps import FFSPLIT
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.conf_text import Content, render

Given = t.Mapping[str, t.Any]
Refusals = list[str]


# nodeid is None where the variable is not set.
class WishedNode(t.NamedTuple):
    host: str
    name: str
    nodeid: int | None
    votes: int
    addresses: list[str]


MOST_VOTES = VOTES_THAT_WRAP - 1
# How a file of the role begins. A tool that owns its cluster writes the file anew, without this line.
MANAGED = "# Managed by Ansible (corosync.quorum.cluster)"
_MOST_NODEID = 65535  # knet's KNET_MAX_HOST - 1
_MOST_LINKS = 8
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?\Z")
_ADDRESS = re.compile(r"[A-Za-z0-9_.:%-]+\Z")
_DICTIONARIES = ("quorum", "device", "totem", "logging", "sections")
_SHARED = ("name", "hosts", "remove", "rotate_key", "timeout", "stable_for") + _DICTIONARIES
_OWN_TOTEM = ("version", "cluster_name", "config_version", "key", "keyfile")
_OWN_SECTIONS = ("totem", "nodelist", "quorum", "logging")
_ON_OFF = ("two_node", "wait_for_all", "last_man_standing", "auto_tie_breaker", "allow_downscale", "expected_votes_tracking")
_QUORUM = ("expected_votes",) + _ON_OFF + ("last_man_standing_window", "auto_tie_breaker_node")
_DEVICE = ("votes", "timeout", "sync_timeout")
_NET = ("host", "port", "algorithm", "tie_breaker", "tls", "connect_timeout", "force_ip_version", "keep_active_partition_tie_breaker")
_QNETD_PORT = 5403
_TRUE, _FALSE = ("yes", "on", "1", "true", "y", "t"), ("no", "off", "0", "false", "n", "f")


class ClusterWish:
    """What is asked for. ``nodes``: those that the cluster shall have; ``leaving``: hosts of the play that shall be in it no longer."""

    def __init__(self, shared: Given, nodes: list[WishedNode]) -> None:
        self.name = str(shared["name"])
        self.remove = [str(name) for name in shared["remove"] or []]
        self.nodes = [node for node in nodes if node.name not in self.remove]
        self.leaving = [node for node in nodes if node.name in self.remove]
        self.device = shared["device"] or {}
        self._shared = shared

    @property
    def has_device(self) -> bool:
        return bool(self.device)

    @property
    def rotates_key(self) -> bool:
        return bool(parse_bool(self._shared["rotate_key"]))

    @property
    def server(self) -> Content:
        """The server of the quorum device, as the module cluster_ask takes it, and whether the device's daemon uses TLS."""
        port, version = (parse_int(self.device.get(key) or 0) or 0 for key in ("port", "force_ip_version"))
        tls = _net_value("tls", self.device.get("tls") or "off")
        return {"host": str(self.device["host"]), "port": port or _QNETD_PORT, "ip_version": version if version in (4, 6) else 0, "tls": str(tls)}

    @property
    def is_encrypted(self) -> bool:
        totem = self._totem(1)
        return str(totem["crypto_cipher"]) != "none" or str(totem["crypto_hash"]) != "none" or parse_bool(totem.get("secauth")) is True

    def text(self, nodeids: t.Mapping[str, int], version: int) -> str:
        """corosync.conf with these node ids, by name. Raises TextError."""
        nodes = sorted(self.nodes, key=lambda node: nodeids[node.name])
        sections: dict[str, t.Any] = {
            "totem": self._totem(version),
            "nodelist": {"node": [_node(node, nodeids[node.name]) for node in nodes]},
            "quorum": _quorum(self._shared["quorum"] or {}, self.device),
            "logging": self._shared["logging"] or {},
        }
        sections.update(self._shared["sections"] or {})
        return f"{MANAGED}: changes made here are lost.\n" + render(sections)

    def _totem(self, version: int) -> dict[str, t.Any]:
        totem: dict[str, t.Any] = {"version": 2, "cluster_name": self.name, "config_version": version}
        totem.update({"transport": "knet", "crypto_cipher": "aes256", "crypto_hash": "sha256"})
        totem.update(self._shared["totem"] or {})
        return totem


def parse_bool(value: t.Any) -> bool | None:
    """True or false, also as an inventory in INI format has it: as text. None where it is neither."""
    text = str(value).strip().lower()
    return True if text in _TRUE else False if text in _FALSE else None


def parse_int(value: t.Any) -> int | None:
    """A whole number, also if it is written as text; None where it is none."""
    if isinstance(value, bool) or not re.match(r"-?[0-9]{1,10}\Z", str(value)):
        return None
    return int(value)


def _node(node: WishedNode, nodeid: int) -> Content:
    content: dict[str, t.Any] = {"name": node.name, "nodeid": nodeid}
    content.update((f"ring{link}_addr", address) for link, address in enumerate(node.addresses))
    if node.votes != 1:
        content["quorum_votes"] = node.votes
    return content


def _quorum(options: Given, device: Given) -> Content:
    content: dict[str, t.Any] = {"provider": "corosync_votequorum"}
    for option in _QUORUM:
        if options.get(option) is not None:
            content[option] = int(bool(parse_bool(options[option]))) if option in _ON_OFF else options[option]
    if device:
        net = {key: _net_value(key, device[key]) for key in _NET if device.get(key) is not None}
        # Without this line corosync-qdevice refuses to start, although corosync would take one vote for granted with two nodes.
        implied = {"model": "net", "votes": 1} if _is_ffsplit(device) else {"model": "net"}
        content["device"] = dict(implied, **{key: device[key] for key in _DEVICE if device.get(key) is not None})
        content["device"]["net"] = dict({"tls": "off"}, **net)
    return content


def _is_ffsplit(device: Given) -> bool:
    return bool(device.get("algorithm") == FFSPLIT)


def _net_value(key: str, value: t.Any) -> t.Any:
    """YAML takes a bare on or off for a boolean."""
    return ("on" if value else "off") if key == "tls" and isinstance(value, bool) else value


# --- checks ----------------------------------------------------------------------------------------------------------


def read(given: t.Mapping[str, Given], play: Given) -> tuple[ClusterWish | None, Refusals]:
    """The wish, and why it is refused. No wish where so much is wrong that there is none.

    given: by host, its own variables (node_name, nodeid, votes, addresses) and those that must be the same everywhere (_SHARED).
    play: hosts, all of the play; alive, those that have not failed; and batch, those of them that take part now.
    """
    refusals = _refuse_play(given, play) or _refuse_different_variables(given) or _refuse_wrong_types(next(iter(given.values())))
    if refusals:
        return None, refusals
    shared = next(iter(given.values()))
    hosts = [str(host) for host in shared["hosts"]]
    nodes = [node for node in (_read_node(host, given[host], refusals) for host in hosts) if node]
    wish = ClusterWish(shared, nodes)
    if len(nodes) == len(hosts):
        refusals += _refuse_nodes(wish)
    return wish, refusals + _refuse_rotation(shared["rotate_key"], wish) + _refuse_settings(shared)


def _refuse_play(given: t.Mapping[str, Given], play: Given) -> Refusals:
    if set(play["alive"]) - set(play["batch"]):
        return ["The play runs its hosts in batches. Remove serial from the play: the role itself restarts one node after the other."]
    away = [host for host in play["hosts"] if host not in given]
    if away:
        return [
            (
                f"Not reachable, or failed before: {', '.join(away)}. Every node gets the same configuration, so all hosts of the play must take part. "
                "To remove a node that is gone for good, add its name to cluster_remove and run the play without its host."
            )
        ]
    return []


def _refuse_different_variables(given: t.Mapping[str, Given]) -> Refusals:
    first, refusals = next(iter(given)), []
    for key in _SHARED:
        for host in given:
            if given[host][key] != given[first][key]:
                cause = "The hosts of the play are of more than one cluster: " if key == "name" else ""
                refusals.append(f"{cause}cluster_{key} is {_short(given[first][key])} on {first}, but {_short(given[host][key])} on {host}.")
                break
    return refusals or _refuse_hosts(given[first]["hosts"], given)


def _refuse_hosts(hosts: t.Any, given: t.Mapping[str, Given]) -> Refusals:
    if not isinstance(hosts, (list, tuple)) or not hosts:
        return [f"cluster_hosts is {'empty' if not hosts else 'no list'}: name the hosts of the cluster."]
    strangers = [str(host) for host in hosts if host not in given]
    if strangers:
        return [f"cluster_hosts has hosts that are not in the play: {', '.join(strangers)}. Run the play on all of them."]
    others = [host for host in given if host not in hosts]
    if others:
        return [f"The play has hosts that are not in cluster_hosts: {', '.join(others)}. A play is for one cluster."]
    twice = sorted({str(host) for host in hosts if list(hosts).count(host) > 1})
    return [f"cluster_hosts names a host twice: {', '.join(twice)}."] if twice else []


def _refuse_wrong_types(shared: Given) -> Refusals:
    """Before anything is looked into: a text in place of a list would be taken for a list of letters."""
    refusals = []
    remove = shared["remove"]
    if not _is_unset(remove) and not (isinstance(remove, (list, tuple)) and all(isinstance(name, (str, int)) for name in remove)):
        example = remove if isinstance(remove, str) else "node4"
        refusals.append(f'cluster_remove is {_short(remove)}, but must be a list of names, such as ["{example}"].')
    for variable in _DICTIONARIES:
        if not _is_unset(shared[variable]) and not isinstance(shared[variable], dict):
            refusals.append(f"cluster_{variable} is {_short(shared[variable])}, but must be a dictionary of keys and values.")
    return refusals


def _is_unset(value: t.Any) -> bool:
    return value is None or value == ""


def _read_node(host: str, given: Given, refusals: Refusals) -> WishedNode | None:
    before = len(refusals)
    name, addresses = str(given["node_name"]), given["addresses"]
    nodeid, votes = parse_int(given["nodeid"]), parse_int(given["votes"])
    if not _NAME.match(name):
        refusals.append(f'cluster_node_name of {host} is "{name}", but must be a host name.')
    if given["nodeid"] not in (None, "") and (nodeid is None or not 0 < nodeid <= _MOST_NODEID):
        refusals.append(f"cluster_nodeid of {host} is {_short(given['nodeid'])}, but must be a whole number from 1 to {_MOST_NODEID}.")
    if votes is None or not 0 <= votes <= MOST_VOTES:
        refusals.append(f"cluster_votes of {host} is {_short(given['votes'])}, but must be a whole number from 0 to {MOST_VOTES}.")
    if not isinstance(addresses, (list, tuple)) or not 0 < len(addresses) <= _MOST_LINKS:
        refusals.append(f"cluster_addresses of {host} is {_short(addresses)}, but must be a list of 1 to {_MOST_LINKS} addresses, one for each link.")
    else:
        refusals += [
            f"cluster_addresses of {host} has {_short(address)}, which is neither an address nor a host name."
            for address in addresses
            if not _ADDRESS.match(str(address))
        ]
    return None if len(refusals) > before else WishedNode(host, name, nodeid, votes or 0, [str(address) for address in addresses])


def _refuse_nodes(wish: ClusterWish) -> Refusals:
    refusals = []
    if len(wish.nodes) < 2:
        size = f"The cluster would have {f'one node: {wish.nodes[0].name}.' if wish.nodes else 'no node.'}"
        refusals.append(size + " It needs at least two; see cluster_hosts, cluster_remove and --limit.")
    everyone = wish.nodes + wish.leaving
    refusals += _refuse_twice("cluster_node_name", [(node.name, node.host) for node in everyone])
    refusals += _refuse_twice("cluster_nodeid", [(node.nodeid, node.host) for node in everyone if node.nodeid])
    refusals += _refuse_twice("cluster_addresses", [(address, node.host) for node in wish.nodes for address in node.addresses])
    links = sorted({len(node.addresses) for node in wish.nodes})
    if len(links) > 1:
        counts = ", ".join(f"{node.host}: {len(node.addresses)}" for node in wish.nodes)
        refusals.append(f"cluster_addresses must have the same number of addresses on every host, one for each link, but has {counts}.")
    total = sum(node.votes for node in wish.nodes) + (parse_int(wish.device.get("votes")) or 0)
    if total > MOST_VOTES:
        refusals.append(f"cluster_votes of all nodes{_and_device(wish)} are {total} together, but corosync counts at most {MOST_VOTES}.")
    return refusals + (_refuse_ffsplit_votes(wish) if _is_ffsplit(wish.device) else [])


def _refuse_ffsplit_votes(wish: ClusterWish) -> Refusals:
    """What corosync takes, but corosync-qdevice does not start with."""
    refusals = []
    votes = wish.device.get("votes")
    if votes is not None and parse_int(votes) != 1:
        refusals.append(f"cluster_device.votes is {_short(votes)}, but must be 1, or not set, with cluster_device.algorithm ffsplit.")
    wrong = ", ".join(f"{node.host}: {node.votes}" for node in wish.nodes if node.votes != 1)
    if wrong:
        refusals.append(f"cluster_votes must be 1 on every host with cluster_device.algorithm ffsplit, but has {wrong}.")
    return refusals


def _and_device(wish: ClusterWish) -> str:
    return " and the votes of cluster_device" if wish.has_device else ""


def _refuse_twice(variable: str, values: list[tuple[t.Any, str]]) -> Refusals:
    first: dict[t.Any, str] = {}
    refusals = []
    for value, host in values:
        if value in first:
            refusals.append(f"{variable} {value} is given to {first[value]} and to {host}: each needs its own.")
        first.setdefault(value, host)
    return refusals


def _refuse_settings(shared: Given) -> Refusals:
    refusals = []
    name = str(shared["name"])
    if not _NAME.match(name):
        refusals.append(f'cluster_name is "{name}", but must be a word of letters, digits, and . _ - between them.')
    for variable, own in (("totem", _OWN_TOTEM), ("sections", _OWN_SECTIONS)):
        mine = sorted(set(shared[variable] or {}) & set(own))
        if mine:
            refusals.append(f"cluster_{variable} has {', '.join(mine)}, which the role sets itself.")
    strangers = sorted(set(shared["quorum"] or {}) - set(_QUORUM))
    if strangers:
        refusals.append(f"cluster_quorum has {', '.join(strangers)}, but takes only {', '.join(_QUORUM)}.")
    for option in _ON_OFF:
        value = (shared["quorum"] or {}).get(option)
        if value is not None and parse_bool(value) is None:
            refusals.append(f"cluster_quorum.{option} is {_short(value)}, but must be true or false.")
    return refusals + _refuse_device(shared["device"] or {}) + _refuse_waits(shared["timeout"], shared["stable_for"])


def _refuse_rotation(value: t.Any, wish: ClusterWish) -> Refusals:
    if parse_bool(value) is None:
        return [f"cluster_rotate_key is {_short(value)}, but must be true or false."]
    if parse_bool(value) and not wish.is_encrypted:
        return ["cluster_rotate_key is true, but cluster_totem switches encryption off: there is no key."]
    return []


def _refuse_waits(timeout: t.Any, stable_for: t.Any) -> Refusals:
    """Else a wait would find them wrong, with half of the work done."""
    seconds, stable = parse_int(timeout), parse_seconds(stable_for)
    if seconds is None or seconds <= 0:
        return [f"cluster_timeout is {_short(timeout)}, but must be a whole number of seconds above 0."]
    if stable is None or not 0 <= stable < seconds:
        return [
            f"cluster_stable_for is {_short(stable_for)}, but must be a number of seconds, 0 or more, and below cluster_timeout, which is {_short(timeout)}."
        ]
    return []


def parse_seconds(value: t.Any) -> float | None:
    """A number, also if it is written as text; None where it is none."""
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _refuse_device(device: Given) -> Refusals:
    if not device:
        return []
    refusals = [f"cluster_device lacks {key}." for key in ("host", "algorithm") if not device.get(key)]
    if device.get("model", "net") != "net":
        refusals.append(f"cluster_device.model is {_short(device['model'])}, but net is the only one there is.")
    strangers = sorted(set(device) - {"model"} - set(_DEVICE) - set(_NET))
    if strangers:
        refusals.append(f"cluster_device has {', '.join(strangers)}, but takes only model, {', '.join(_DEVICE + _NET)}.")
    return refusals


def _short(value: t.Any) -> str:
    if isinstance(value, dict) and "key" in value:
        value = dict(value, key=HIDDEN)
    text = str(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 80 else text[:77] + "..."
