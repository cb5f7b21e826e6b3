# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Which host is of which cluster. Pure.

A name of a cluster says little: "debian" is that of thousands, and many of them have the same private addresses.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import has_nodelist, labels
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import shown

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Node, Value

# Whatever hosts of one cluster have alike
Key = tuple[t.Any, ...]
# One node of a nodelist, as a whole: id, name and addresses
Whole = tuple[int, "str | None", tuple[str, ...]]


@dataclasses.dataclass
class Group:
    """The hosts of one cluster. values: of those that answered. silent: host -> result, of those that did not and that are one of its nodes by their name;
    places: host -> node id, of those. label: what `quorum_cluster` calls it, None where it does not say.
    others: hosts that may be of the same cluster and have another nodelist.
    """

    label: str | None
    values: dict[str, Value]
    silent: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    places: dict[str, int] = dataclasses.field(default_factory=dict)
    others: list[str] = dataclasses.field(default_factory=list)

    @property
    def name(self) -> str | None:
        """What people call it. Hosts of one group may differ in it where they have a uuid in common: then it is the name that most have."""
        names = [value.get("cluster_name") for value in self.values.values()]
        return self.label or max(sorted(set(filter(None, names))), key=names.count, default=None)

    @property
    def twins(self) -> dict[int, list[str]]:
        """node id -> hosts, where more than one host says that it is that node."""
        found: dict[int, list[str]] = {}
        for host, value in sorted(self.values.items()):
            found.setdefault(value["nodeid"], []).append(host)
        return {nodeid: hosts for nodeid, hosts in found.items() if len(hosts) > 1}


def groups_of(values: t.Mapping[str, Value], silent: t.Mapping[str, t.Any], label_of: t.Mapping[str, str]) -> tuple[list[Group], dict[str, t.Any]]:
    """The clusters, and the silent hosts that are of none of them. label_of: host -> what its variable quorum_cluster says."""
    groups = [made for alike in _alike(values) for made in _told_apart(alike, label_of)]
    groups = _joined_by_ring(groups)
    _compare(groups)
    return groups, _placed(groups, silent, label_of)


# ---- hosts that answered -------------------------------------------------------------------------------------------------


def _alike(values: t.Mapping[str, Value]) -> list[dict[str, Value]]:
    """Hosts with the same uuid, or else with the same name and nodelist, and no other uuid."""
    by_list: dict[Key, dict[str, Value]] = {}
    for host, value in values.items():
        by_list.setdefault(_key(value), {})[host] = value
    by_uuid: dict[t.Any, dict[str, Value]] = {}
    for key, members in by_list.items():
        uuids = sorted({uuid for uuid in (value.get("cluster_uuid") for value in members.values()) if uuid})
        for host, value in members.items():
            # One that does not say it is of the cluster whose list it has, if there is only one such.
            uuid = value.get("cluster_uuid") or (uuids[0] if len(uuids) == 1 else None)
            by_uuid.setdefault(uuid or key, {})[host] = value
    return list(by_uuid.values())


def _key(value: Value) -> Key:
    if has_nodelist(value):
        return ("nodelist", value.get("cluster_name"), nodelist(value))
    ring = value["ring_id"]
    return ("ring", value.get("cluster_name"), ring["nodeid"], ring["seq"], tuple(sorted(value["members"])))


def nodelist(value: Value) -> frozenset[Whole]:
    """Its configured nodes as a whole."""
    return frozenset(_whole(node) for node in value["nodes"] if node["configured_votes"] is not None)


def _whole(node: Node) -> Whole:
    return node["nodeid"], node["name"], tuple(node.get("addresses") or ())


def _told_apart(alike: dict[str, Value], label_of: t.Mapping[str, str]) -> list[Group]:
    """One group for each label. A host without one is of the only cluster that there is of its kind, if there is only one."""
    labels_there = sorted({label_of[host] for host in alike if host in label_of})
    default = labels_there[0] if len(labels_there) == 1 else None
    found: dict[str | None, Group] = {}
    for host, value in alike.items():
        label = label_of.get(host, default)
        found.setdefault(label, Group(label, {})).values[host] = value
    return list(found.values())


def _joined_by_ring(groups: list[Group]) -> list[Group]:
    """Hosts whose nodelists differ and that are members of one ring are of one cluster, half of which has been told of a change."""
    by_ring: dict[Key, list[Group]] = {}
    for group in groups:
        by_ring.setdefault(_ring_of(group), []).append(group)
    joined: list[Group] = []
    for alike in by_ring.values():
        while alike:
            first = alike.pop(0)
            for other in [other for other in alike if _are_one(first, other)]:
                first.values.update(other.values)
                alike.remove(other)
            joined.append(first)
    return joined


def _ring_of(group: Group) -> Key:
    """What is alike in all its hosts, if they are on one ring; else nothing that another group has."""
    rings = {(group.label, value.get("cluster_name"), tuple(value["ring_id"].values()), tuple(sorted(value["members"]))) for value in group.values.values()}
    return rings.pop() if len(rings) == 1 else (id(group),)


def _are_one(one: Group, other: Group) -> bool:
    """Whether what is on equal rings is one cluster: they have a whole node in common, and no two hosts are the same node."""
    nodeids = [value["nodeid"] for group in (one, other) for value in group.values.values()]
    return len(set(nodeids)) == len(nodeids) and not _have_other_uuids(one, other) and bool(_wholes(one) & _wholes(other))


def _have_other_uuids(one: Group, other: Group) -> bool:
    found = [{value.get("cluster_uuid") for value in group.values.values()} - {None, ""} for group in (one, other)]
    return bool(found[0] and found[1] and not found[0] & found[1])


def _wholes(group: Group) -> frozenset[Whole]:
    return frozenset().union(*set(map(nodelist, group.values.values())))


def _compare(groups: list[Group]) -> None:
    """Note which groups have a whole node in common: they may be one cluster whose hosts disagree about its nodes."""
    having: dict[t.Any, list[int]] = {}
    wholes = [_wholes(group) for group in groups]
    for number, group in enumerate(groups):
        for name in {value.get("cluster_name") for value in group.values.values()}:
            for whole in wholes[number]:
                having.setdefault((group.label, name, whole), []).append(number)
    for alike in having.values():
        for number in alike:
            # Of clusters that are told apart nobody wants to hear that they are alike.
            others = [other for other in alike if wholes[other] != wholes[number] and not _have_other_uuids(groups[number], groups[other])]
            groups[number].others += [host for other in others for host in groups[other].values if host not in groups[number].others]


# ---- hosts that did not --------------------------------------------------------------------------------------------------


def _placed(groups: list[Group], silent: t.Mapping[str, t.Any], label_of: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Put each silent host where exactly one node has its name and no host yet. Those for which there is no such node."""
    free: dict[str, list[tuple[int, int]]] = {}
    for number, group in enumerate(groups):
        there = {value["nodeid"] for value in group.values.values()}
        nodes = {node["nodeid"]: node for value in group.values.values() for node in value["nodes"] if node["nodeid"] not in there}
        for nodeid, node in nodes.items():
            for name in _names(node):
                free.setdefault(name, []).append((number, nodeid))
    wanted: dict[tuple[int, int], list[str]] = {}
    for host in silent:
        for name in _names_of(host):
            places = {place for place in free.get(name, ()) if host not in label_of or groups[place[0]].label in (None, label_of[host])}
            if len(places) == 1:
                wanted.setdefault(places.pop(), []).append(host)
                break
    placed = {hosts[0]: place for place, hosts in wanted.items() if len(hosts) == 1}
    for host, (number, nodeid) in placed.items():
        groups[number].silent[host] = silent[host]
        groups[number].places[host] = nodeid
    return {host: result for host, result in silent.items() if host not in placed}


def _names(node: Node) -> set[str]:
    """What a host that is this node may be called."""
    return {*_names_of(node["name"] or ""), *(address.lower() for address in node.get("addresses") or ())} - {""}


def _names_of(name: str) -> list[str]:
    """A name in full, and up to its first dot, unless it is an address."""
    whole = name.lower()
    return [whole] if whole.replace(".", "").isdigit() or ":" in whole else [whole, whole.split(".")[0]]


# ---- in words ------------------------------------------------------------------------------------------------------------


def twins_in_words(group: Group) -> str:
    """Who says of itself that it is the same node."""
    said = [
        f"{', '.join(map(shown, hosts))} each say that they are {labels([nodeid], group.values[hosts[0]])} (node id {nodeid})"
        for nodeid, hosts in group.twins.items()
    ]
    return f"{'; '.join(said)}."
