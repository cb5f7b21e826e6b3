# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Which of the followed nodes are of one cluster, and whether they disagree. Pure."""

from __future__ import annotations

import typing as t

from .words import HostileError, said

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Event = dict[str, t.Any]

# Events that only the controller can tell: a node that tells one is hostile.
SPLIT, SPLIT_ENDED, UNREACHABLE, REACHABLE = "split", "split_ended", "unreachable", "reachable"
OWN = frozenset({SPLIT, SPLIT_ENDED, UNREACHABLE, REACHABLE})
# Members of one ring learn of the next one within a moment, and a corosync that starts is alone on a ring of its own for about a second. Seconds.
SPLIT_LASTS = 5.0


class View(t.NamedTuple):
    """What a node sees of its cluster. nodes: (nodeid, name, addresses) of each configured node. label: the argument `cluster` of its host."""

    nodeid: int
    ring: tuple[int, int]
    members: frozenset[int]
    quorate: bool
    settled: bool
    cluster_name: str | None
    cluster_uuid: str | None
    nodes: frozenset[tuple[t.Any, ...]]
    label: str | None


def view_of(value: Mapping[str, t.Any], label: str | None) -> View:
    """From a `votequorum` value what tells a split. Raises HostileError where it is not what a value has."""
    try:
        view = View(
            value["nodeid"],
            (value["ring_id"]["nodeid"], value["ring_id"]["seq"]),
            frozenset(value["members"]),
            value["quorate"],
            value["settled"],
            value["cluster_name"],
            value.get("cluster_uuid"),
            frozenset((node["nodeid"], node["name"], *(node["addresses"] or ())) for node in value["nodes"] if node["configured_votes"] is not None),
            label,
        )
    except (KeyError, TypeError) as error:
        raise HostileError(f"its 'votequorum' is not what votequorum_info returns ({said(repr(error), 80)})") from None
    numbers = [view.nodeid, *view.ring, *view.members, *(node[0] for node in view.nodes)]
    names = [view.cluster_name, view.cluster_uuid]
    if any(isinstance(number, bool) or not isinstance(number, int) for number in numbers) or not all(name is None or isinstance(name, str) for name in names):
        raise HostileError("its 'votequorum' has node ids, a ring or a name that are none")
    if not isinstance(view.quorate, bool) or not isinstance(view.settled, bool):
        raise HostileError("its 'votequorum' is neither quorate nor not, or neither settled nor not")
    return view


def of_one_cluster(one: View, other: View) -> bool:
    """Whether both are nodes of one cluster: by its id, else by its name and a node that both have in their configuration."""
    if one.label != other.label or one.cluster_name != other.cluster_name:
        return False
    if one.cluster_uuid and other.cluster_uuid:
        return one.cluster_uuid == other.cluster_uuid
    return bool(one.nodes & other.nodes) or not (one.nodes or other.nodes)


def clusters_of(views: Mapping[str, View]) -> list[dict[str, View]]:
    """The hosts of each cluster."""
    alike: dict[t.Any, dict[str, View]] = {}
    for host, view in sorted(views.items()):
        alike.setdefault((view.label, view.cluster_name, view.cluster_uuid, view.nodes), {})[host] = view
    # Of many hosts few differ in these, so one of each kind is compared.
    clusters: list[list[dict[str, View]]] = []
    for kind in alike.values():
        mine = [cluster for cluster in clusters if any(of_one_cluster(_first(kind), _first(other)) for other in cluster)]
        clusters = [cluster for cluster in clusters if cluster not in mine]
        clusters.append([*(other for cluster in mine for other in cluster), kind])
    return [{host: view for kind in cluster for host, view in kind.items()} for cluster in clusters]


def _first(kind: Mapping[str, View]) -> View:
    return next(iter(kind.values()))


def partitions_of(cluster: Mapping[str, View]) -> list[Event]:
    """Who sees whom, where hosts of one cluster have parted: each has settled on a ring without the other. Else the list is empty.

    A host whose ring still has the other one is of the past: it is about to follow, or it lost its power and nobody has noticed yet. Hosts
    with the same node id are of clusters that look alike; then nothing is said. The list is as the filter corosync.quorum.partitions has it.
    """
    settled = {host: view for host, view in cluster.items() if view.settled}
    if len({view.nodeid for view in settled.values()}) < len(settled):
        return []
    parted = {
        host: view for host, view in settled.items() if any(view.nodeid not in other.members and other.nodeid not in view.members for other in settled.values())
    }
    found: dict[t.Any, Event] = {}
    for host, view in sorted(parted.items()):
        ring = {"nodeid": view.ring[0], "seq": view.ring[1]}
        partition = found.setdefault((view.ring, view.members), {"members": sorted(view.members), "quorate": False, "ring_id": ring, "seen_by": []})
        partition["quorate"] = partition["quorate"] or view.quorate
        partition["seen_by"].append(host)
    return sorted(found.values(), key=lambda entry: (not entry["quorate"], -len(entry["members"]), entry["members"], str(entry["ring_id"])))


def is_quorate(cluster: Mapping[str, View]) -> bool:
    """Whether a followed host of a cluster is quorate now, as far as anybody knows.

    A host one of whose members is on a newer ring already is of the past: it has stopped, or is about to say that it is on that ring, too. So who
    loses quorum because others stop need not wait until these are heard of.
    """
    rings = {view.nodeid: view.ring[1] for view in cluster.values()}
    return any(view.quorate and all(rings.get(nodeid, 0) <= view.ring[1] for nodeid in view.members) for view in cluster.values())


class Judge:
    """Decides when nodes disagree for so long that it is told, and when that is over. Pure: the times are given, in seconds of any clock."""

    def __init__(self) -> None:
        self._since: dict[frozenset[str], float] = {}
        self._told: dict[frozenset[str], str | None] = {}

    def look(self, views: Mapping[str, View], now: float) -> list[Event]:
        """The events of a moment at which hosts see this: a host that is not followed now has no view."""
        parted = {}
        for cluster in clusters_of(views):
            partitions = partitions_of(cluster)
            if partitions:
                hosts = frozenset(host for partition in partitions for host in partition["seen_by"])
                parted[hosts] = (partitions, _first(cluster).cluster_name)
        self._since = {hosts: self._since.get(hosts, now) for hosts in parted}
        ended = [event for hosts in list(self._told) if not any(hosts & others for others in parted) for event in self._end(hosts, views)]
        begun = [hosts for hosts, since in self._since.items() if now - since >= SPLIT_LASTS and not any(hosts & told for told in self._told)]
        self._told.update({hosts: parted[hosts][1] for hosts in begun})
        return ended + [split_event(SPLIT, sorted(hosts), parted[hosts][1], parted[hosts][0]) for hosts in begun]

    def _end(self, hosts: frozenset[str], views: Mapping[str, View]) -> Iterator[Event]:
        """What says that a split is over, once all of its hosts have settled. Where one is not followed nobody knows: it may be told again."""
        if not hosts <= set(views):
            del self._told[hosts]
        elif all(views[host].settled for host in hosts):
            yield split_event(SPLIT_ENDED, sorted(hosts), self._told.pop(hosts), [])

    def due(self, now: float) -> float | None:
        """In how many seconds to look again if nothing changes before, None for never."""
        waiting = [since + SPLIT_LASTS - now for hosts, since in self._since.items() if not any(hosts & told for told in self._told)]
        return max(0.0, min(waiting)) if waiting else None


def split_event(name: str, hosts: list[str], cluster_name: str | None, partitions: list[Event]) -> Event:
    """The event that says that nodes of a cluster disagree, or no longer do."""
    quorate = sum(partition["quorate"] for partition in partitions)
    of_cluster = f"of the cluster {cluster_name} " if cluster_name else ""
    if partitions:
        views = "; ".join(f"{', '.join(part['seen_by'])} ({'' if part['quorate'] else 'not '}quorate)" for part in partitions)
        msg = f"Nodes {of_cluster}do not see each other: {views}."
    else:
        msg = f"Nodes {of_cluster}see each other again: {', '.join(hosts)}."
    return own_event(name, hosts, cluster_name, partitions=partitions, quorate_partitions=quorate, msg=said(msg, 1000))


def own_event(name: str, hosts: list[str], cluster_name: str | None, **more: object) -> Event:
    """An event that the controller tells. Its time is for whoever tells it, as is what else it knows of the cluster."""
    event: Event = {
        "event": name,
        "at": None,
        "node": "",
        "nodeid": None,
        "cluster_name": cluster_name,
        "nodes": [],
        "changed": {},
        "votequorum": None,
    }
    return {**event, **more, "meta": {"hosts": hosts}}
