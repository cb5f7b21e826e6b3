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

# What votequorum_info gives as the reason where no corosync runs
NOT_RUNNING = "not_running"
_FIND_OUT = "Find out which cluster it belongs to, and leave it out of this run if it is another one."


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
        refusals += _taken_for_others(values, views)
        return Parts((Part(_name(groups), tuple(views), tuple(refusals)),), {})
    names = _names(joined)
    found = [_part(name, alike, of_none, views, label_of) for name, alike in zip(names, joined)]
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
    by_mark = _by_mark(groups, {host: views[host] for host in of_none if host not in label_of})
    for host in of_none:
        label = label_of.get(host)
        fitting = by_mark.get(host, []) if label is None else [group for group in groups if group.label == label]
        if len(fitting) == 1:
            fitting[0].silent[host] = left.pop(host)
            nodeid = _nodeid(views[host])
            if nodeid is not None and nodeid in _without_host(fitting[0]):
                fitting[0].places[host] = nodeid
    return left


def _by_mark(groups: t.Sequence[Group], views: Views) -> dict[str, list[Group]]:
    """The clusters that each host may be of by the node id in its mark, none where several hosts have the same one.

    A node id says little, as most clusters have the same ones. It counts only on a host on which nothing runs that the run could stop, and where the
    cluster lacks this node.
    """
    nodeids = {host: nodeid for host, view in views.items() if (nodeid := _nodeid(view)) is not None}
    alone = [host for host, nodeid in nodeids.items() if list(nodeids.values()).count(nodeid) == 1 and _is_stopped(views[host])]
    return {host: [group for group in groups if nodeids[host] in _without_host(group).keys() - _members(group)] for host in alone}


def _is_stopped(view: View) -> bool:
    """Whether a host says that no corosync runs there. One that did not answer, or whose corosync cannot be read, says nothing like that."""
    answer = view["answer"]
    return answer.get("available") is False and answer.get("reason") == NOT_RUNNING and not answer.get("failed") and not answer.get("unreachable")


def _nodeid(view: View) -> int | None:
    """By the mark of a run that was interrupted."""
    return view["mark"]["nodeid"] if view["mark"] else None


def _unfinished(view: View) -> int | None:
    """The same where the run has not done the host. The preflight lets such a node be down, and its turn comes first."""
    return _nodeid(view) if view["mark"] and view["mark"]["phase"] != "done" else None


def _members(group: Group) -> set[int]:
    return {nodeid for value in group.values.values() for nodeid in value["members"]}


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


def _part(name: str, groups: t.Sequence[Group], of_none: t.Mapping[str, t.Any], views: Views, label_of: t.Mapping[str, str]) -> Part:
    hosts = {host for group in groups for host in (*group.values, *group.silent)}
    refusals = [sentence for group in groups for sentence in (*_twins(group), *_disagreement(group), *_misplaced(group, views, label_of))]
    for group in groups:
        without = _without_host(group)
        if without and of_none and not refusals:
            nodes = labels(sorted(without), next(iter(without.values())))
            refusals.append(
                f"No host that answered is {nodes} of this cluster. One of these hosts, which did not answer, may be: "
                f"{listed(sorted(of_none))}. Start them, leave them out, or set the variable quorum_cluster for them and for the hosts of this cluster."
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


def _misplaced(group: Group, views: Views, label_of: t.Mapping[str, str]) -> t.Iterator[str]:
    """Of hosts in which a run was interrupted: why one may be of another cluster. Then this run would stop it as a node of this one, which lacks a node."""
    for host, result in group.silent.items():
        nodeid, place = _unfinished(views[host]), group.places.get(host)
        if nodeid is None:
            continue
        if nodeid != place:
            here = "This cluster has another host for this node, or no such node." if place is None else f"By its name it is node id {place} of this cluster."
            yield f"{_was(host, nodeid)}. {here} {_FIND_OUT}"
        elif not _is_stopped(views[host]) and (group.label is None or label_of.get(host) != group.label):
            yield (
                f"An upgrade of {host} was interrupted, and {host} does not say that corosync is stopped there: {str(result['msg']).rstrip('.')}. "
                "Its name alone does not tell its cluster. Set the variable quorum_cluster of all hosts of this cluster, or upgrade this cluster alone."
            )


def _taken_for_others(values: t.Mapping[str, Value], views: Views) -> t.Iterator[str]:
    """The same where there is one cluster, as far as anybody can tell: the hosts that are silent may be all that is given of another one."""
    host_of = {value["nodeid"]: host for host, value in values.items()}
    for host, view in views.items():
        nodeid = _unfinished(view)
        if nodeid is not None and host not in values and nodeid in host_of:
            yield f"{_was(host, nodeid)}. In this cluster {host_of[nodeid]} is this node. {_FIND_OUT}"


def _was(host: str, nodeid: int) -> str:
    return f"An upgrade of {host} was interrupted when it was node id {nodeid}"


def _name(groups: t.Sequence[Group]) -> str:
    return next((shown(group.name) for group in groups if group.name), "")


def _names(joined: t.Sequence[t.Sequence[Group]]) -> list[str]:
    """What each cluster is called: where others have its name, or it has none, by its first host as well."""
    names = [_name(groups) for groups in joined]
    firsts = [min(host for group in groups for host in group.values) for groups in joined]
    return [name if name and names.count(name) == 1 else f"{name or 'no name'} ({shown(first)})" for name, first in zip(names, firsts)]
