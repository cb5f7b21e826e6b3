# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Which hosts of an upgrade are of which cluster, and why one may not begin whatever its own preflight says. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import labels
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import shown
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import View

from .clusters import TELL_APART, listed, looked_at
from .identity import Group, groups_of, twins_in_words

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

Views = t.Mapping[str, View]


@dataclasses.dataclass(frozen=True)
class Part:
    """One cluster of an upgrade. name: for people. hosts: in the order of the inventory. refusals: why it may not begin, beside its own preflight."""

    name: str
    hosts: tuple[str, ...]
    refusals: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Parts:
    """clusters: in the order of the inventory. strangers: host -> why nobody knows which cluster it is of.

    Where there are no two clusters, all hosts are of the one that there is: it is for its preflight to say what is wrong with those that did not answer.
    """

    clusters: tuple[Part, ...]
    strangers: t.Mapping[str, str]

    @property
    def are_many(self) -> bool:
        return len(self.clusters) > 1


def parts_of(views: Views, label_of: t.Mapping[str, str]) -> Parts:
    """views: of all hosts, in the order of the inventory. label_of: host -> its variable quorum_cluster."""
    values, silent = _answers(views)
    groups, of_none = groups_of(values, silent, label_of)
    of_none = _placed_by_what_they_know(groups, of_none, views, label_of)
    joined = _joined(groups)
    if len(joined) < 2:
        refusals = [sentence for group in groups for sentence in (*_twins(group), *_disagreement(group))]
        return Parts((Part(_name(groups), tuple(views), tuple(refusals)),), {})
    names = _names(joined)
    found = [_part(name, alike, of_none, views) for name, alike in zip(names, joined)]
    return Parts(tuple(sorted(found, key=lambda part: list(views).index(part.hosts[0]))), {host: str(result["msg"]) for host, result in of_none.items()})


def _answers(views: Views) -> tuple[dict[str, Value], dict[str, t.Any]]:
    values: dict[str, Value] = {}
    silent: dict[str, t.Any] = {}
    for host, view in views.items():
        value, result = looked_at(view["answer"])
        if value is None:
            silent[host] = dict(result, msg=view["fault"] or result["msg"])
        else:
            values[host] = value
    return values, silent


def _placed_by_what_they_know(groups: list[Group], of_none: t.Mapping[str, t.Any], views: Views, label_of: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Put hosts that did not answer, and that no node's name tells, where quorum_cluster or the mark of an interrupted run says. Those that stay."""
    left = dict(of_none)
    for host in of_none:
        mark = views[host]["mark"]
        nodeid = mark["nodeid"] if mark else None
        label = label_of.get(host)
        if label is not None:
            fitting = [group for group in groups if group.label == label]
        else:
            fitting = [group for group in groups if nodeid is not None and nodeid in _without_host(group)]
        if len(fitting) == 1:
            fitting[0].silent[host] = left.pop(host)
            if nodeid is not None:
                fitting[0].places[host] = nodeid
    return left


def _without_host(group: Group) -> dict[int, Value]:
    """node id -> a value that has it, of nodes that are no host of the inventory."""
    hosts = {value["nodeid"] for value in group.values.values()} | set(group.places.values())
    found: dict[int, Value] = {}
    for value in group.values.values():
        listed_ids = {node["nodeid"] for node in value["nodes"] if node["configured_votes"] is not None} | set(value["members"])
        found.update((nodeid, value) for nodeid in listed_ids - hosts)
    return found


def _joined(groups: t.Sequence[Group]) -> list[list[Group]]:
    """Groups that may be one cluster whose hosts disagree about its nodes are one: its preflight says what they disagree about."""
    left, found = list(groups), []
    while left:
        alike = [left.pop(0)]
        for group in alike:  # grows meanwhile
            near = [other for other in left if set(other.values) & set(group.others)]
            alike += near
            left = [other for other in left if other not in near]
        found.append(alike)
    return found


def _part(name: str, groups: t.Sequence[Group], of_none: t.Mapping[str, t.Any], views: Views) -> Part:
    hosts = {host for group in groups for host in (*group.values, *group.silent)}
    refusals = [sentence for group in groups for sentence in (*_twins(group), *_disagreement(group))]
    for group in groups:
        without = _without_host(group)
        if without and of_none and not refusals:
            nodes = labels(sorted(without), next(iter(without.values())))
            refusals.append(
                f"No host that answered is {nodes} of this cluster. These hosts did not answer, so nobody knows which cluster they belong to: "
                f"{listed(sorted(of_none))}. Start them, or leave them out, or set the variable quorum_cluster of them and of this cluster's hosts."
            )
    return Part(name, tuple(host for host in views if host in hosts), tuple(refusals))


def _twins(group: Group) -> t.Iterator[str]:
    if group.twins:
        yield (
            f"Two clusters look alike, or a host has two names: {twins_in_words(group)} {TELL_APART} If one host is in the inventory under two names, "
            "remove one of them."
        )


def _disagreement(group: Group) -> t.Iterator[str]:
    if group.others:
        yield (
            f"{listed(sorted(group.values))} and {listed(sorted(group.others))} have a node in common and differ in the other nodes. If they are one cluster, "
            f"give all nodes the same corosync.conf and reload it. If they are several: {TELL_APART}"
        )


def _name(groups: t.Sequence[Group]) -> str:
    return next((shown(group.name) for group in groups if group.name), "")


def _names(joined: t.Sequence[t.Sequence[Group]]) -> list[str]:
    """What each cluster is called: where others have its name, or it has none, by its first host as well."""
    names = [_name(groups) for groups in joined]
    firsts = [min(host for group in groups for host in group.values) for groups in joined]
    return [name if name and names.count(name) == 1 else f"{name or 'no name'} ({shown(first)})" for name, first in zip(names, firsts)]
