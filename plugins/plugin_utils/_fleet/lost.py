# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Which hosts are of a cluster that has lost quorum as a whole, from what each host said of votequorum, or did not say. Pure.

A node that posts its loss of quorum cannot know whether others are quorate, nor which hosts of an inventory are of its cluster.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import has_nodelist
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.partitions import by_host

from .clusters import values_of
from .identity import Group, groups_of

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

Event = t.Mapping[str, t.Any]


def without_quorum(results: t.Any, label_of: t.Callable[[str], str | None], event: Event, of_node: bool) -> list[str]:
    """The hosts of clusters of which no node is quorate, in the order in which they were given.

    results: as for partitions(), of hosts of any clusters. label_of: what the variable quorum_cluster of a host says, None for nothing.
    event: where it has a cluster_name, only clusters of that name count. of_node: only the host that is the node of the event, if one is.

    A host that did not answer is of the cluster that has a node of its name. Where there is none, nobody knows. Then it is taken for one of these hosts,
    unless all nodes of their clusters are other hosts. Raises ForecastError.
    """
    hosts = by_host(results, "without_quorum")
    values, silent = values_of(hosts)
    labels = {host: label for host in hosts if (label := label_of(host)) is not None}
    groups, of_none = groups_of(values, silent, labels)
    meant = [group for group in groups if _is_meant(group, event.get("cluster_name"))]
    lost = [group for group in meant if not _is_quorate(group, values)]
    found = {host for group in lost for host in _places(group)}
    if not meant or any(map(_lacks_a_host, lost)):
        found.update(of_none)
    own = {host for group in lost for host, nodeid in _places(group).items() if of_node and nodeid == event.get("nodeid")}
    return [host for host in hosts if host in (own or found)]


def _is_meant(group: Group, name: t.Any) -> bool:
    return not name or any(value.get("cluster_name") == name for value in group.values.values())


def _is_quorate(group: Group, values: t.Mapping[str, Value]) -> bool:
    """Also where hosts say it that may be of the same cluster: they have another nodelist, or there is none to tell clusters apart by."""
    hosts = {*group.values, *group.others}
    if not any(map(has_nodelist, group.values.values())):
        names = {value.get("cluster_name") for value in group.values.values()}
        hosts.update(host for host, value in values.items() if value.get("cluster_name") in names)
    return any(values[host]["quorate"] for host in hosts)


def _places(group: Group) -> dict[str, int]:
    """host -> the node that it is, of all hosts of a cluster."""
    return {**{host: value["nodeid"] for host, value in group.values.items()}, **group.places}


def _lacks_a_host(group: Group) -> bool:
    """Whether the cluster has a node of which nobody knows which host it is."""
    nodes = {node["nodeid"] for value in group.values.values() for node in value["nodes"]}
    return bool(nodes - set(_places(group).values()))
