# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Words about many clusters that the table and the page have in common."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, shown
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.types import VERDICTS

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.types import Cluster, FleetNode, FleetProblem


def worst_first(clusters: t.Sequence[Cluster]) -> list[Cluster]:
    """In the order in which somebody should look at them."""
    return sorted(clusters, key=lambda cluster: (VERDICTS.index(cluster["verdict"]), cluster["name"] or "", cluster["hosts"]))


def of_no_cluster(clusters: t.Sequence[Cluster]) -> list[Cluster]:
    """The entries of hosts that belong to none."""
    return [cluster for cluster in clusters if not cluster["nodes"]]


def called(clusters: t.Sequence[Cluster]) -> dict[str, str]:
    """First host of a cluster -> what the cluster is called: by its name, and where others have that too, by that host as well."""
    names = [cluster["name"] for cluster in clusters if cluster["nodes"]]
    return {cluster["hosts"][0]: _called(cluster, cluster["name"] is None or names.count(cluster["name"]) > 1) for cluster in clusters}


def _called(cluster: Cluster, needs_host: bool) -> str:
    name = "no name" if cluster["name"] is None else shown(cluster["name"])
    return f"{name} ({shown(cluster['hosts'][0])})" if needs_host else name


def counted(clusters: t.Sequence[Cluster]) -> str:
    """`3 clusters, 9 hosts: 1 split, 2 ok`."""
    known = [cluster for cluster in clusters if cluster["nodes"]]
    verdicts = [cluster["verdict"] for cluster in known]
    parts = [f"{verdicts.count(verdict)} {verdict.replace('_', ' ')}" for verdict in VERDICTS if verdict in verdicts]
    hosts = count(sum(len(cluster["hosts"]) for cluster in clusters), "host")
    return f"{count(len(known), 'cluster')}, {hosts}: {', '.join(parts)}" if known else f"No cluster, {hosts}"


def is_in_summary(problem: FleetProblem, cluster: Cluster) -> bool:
    """Whether the sentence on a cluster has this problem already, with or without its full stop."""
    return problem["message"].rstrip(".") in cluster["summary"]


def stoppable(cluster: Cluster) -> str:
    """`each node`, `web1, web2`, `none`."""
    free = [node for node in cluster["nodes"] if node["may_stop"]]
    if not free:
        return "none"
    return "each node" if len(free) == len(cluster["nodes"]) else ", ".join(map(node_name, free))


def node_name(node: FleetNode) -> str:
    """For people."""
    return shown(node["name"]) if node["name"] else f"node {node['nodeid']}"


def if_some_fail(cluster: Cluster) -> list[str]:
    """What happens if any one or two nodes fail at the same time."""
    if not cluster["quorate"]:
        return ["It is not quorate now."]
    stands = cluster["tolerates"] or 0
    most = sum(node["state"] == "member" for node in cluster["nodes"]) - 1
    said = []
    for number, words in ((1, "any one node fails"), (2, "any two nodes fail together")):
        if number <= most:
            said.append(f"If {words}: {'it stays quorate' if stands >= number else 'quorum may be lost'}.")
    return said or ["If its only member fails, nothing is left."]
