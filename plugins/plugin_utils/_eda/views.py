# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Which of the followed nodes are of one cluster, and whether they disagree. Pure."""

from __future__ import annotations

import itertools
import typing as t

from .words import HostileError, said

if t.TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

Event = dict[str, t.Any]
# Two hosts, in the order of their names
Pair = tuple[str, str]

# Events that only the controller can tell: a node that tells one is hostile.
SPLIT, SPLIT_ENDED, UNREACHABLE, REACHABLE = "split", "split_ended", "unreachable", "reachable"
OWN = frozenset({SPLIT, SPLIT_ENDED, UNREACHABLE, REACHABLE})
# Of the events that nodes tell, those that this needs to know
STATE, QUORUM_LOST, RESERVE_LOST, RESERVE_BACK = "state", "quorum_lost", "reserve_lost", "reserve_back"
# Members of one ring learn of the next one within a moment, and a corosync that starts is alone on a ring of its own for about a second. Seconds.
SPLIT_LASTS = 5.0
# So many node ids are remembered of a host without a nodelist. Corosync takes far fewer nodes; a hostile node must not fill the memory.
MOST_KNOWN = 1000


class View(t.NamedTuple):
    """What a node sees of its cluster. nodes: (nodeid, name, addresses) of each configured node. label: the argument `cluster` of its host.

    known: the node ids that this node takes for its cluster: its own, those of its nodelist and its members.
    reserve: how many nodes may fail as things are now, None where that is not known.
    """

    nodeid: int
    ring: tuple[int, int]
    members: frozenset[int]
    quorate: bool
    settled: bool
    cluster_name: str | None
    cluster_uuid: str | None
    nodes: frozenset[tuple[t.Any, ...]]
    label: str | None
    known: frozenset[int]
    reserve: int | None


def view_of(value: Mapping[str, t.Any], label: str | None) -> View:
    """From a `votequorum` value what tells a split. Raises HostileError where it is not what a value has."""
    try:
        nodeid = value["nodeid"]
        nodes = frozenset((node["nodeid"], node["name"], *(node["addresses"] or ())) for node in value["nodes"] if node["configured_votes"] is not None)
        members = frozenset(value["members"])
        view = View(
            nodeid,
            (value["ring_id"]["nodeid"], value["ring_id"]["seq"]),
            members,
            value["quorate"],
            value["settled"],
            value["cluster_name"],
            value.get("cluster_uuid"),
            nodes,
            label,
            members.union([nodeid], (node[0] for node in nodes)),
            _reserve_of(value, members),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise HostileError(f"its 'votequorum' is not what votequorum_info returns ({said(repr(error), 80)})") from None
    numbers = [view.nodeid, *view.ring, *view.known, 0 if view.reserve is None else view.reserve]
    names = [view.cluster_name, view.cluster_uuid]
    if any(isinstance(number, bool) or not isinstance(number, int) for number in numbers) or not all(name is None or isinstance(name, str) for name in names):
        raise HostileError("its 'votequorum' has node ids, a ring, a reserve or a name that are none")
    if not isinstance(view.quorate, bool) or not isinstance(view.settled, bool):
        raise HostileError("its 'votequorum' is neither quorate nor not, or neither settled nor not")
    return view


def _reserve_of(value: Mapping[str, t.Any], members: frozenset[int]) -> int | None:
    """The reserve as reserve() of module_utils/_value/reserve.py has it, which ansible-rulebook cannot import. A test compares the two.

    Where a forecast can promise nothing, its number is 0, and the reserve is not known.
    """
    forecast = value.get("forecast")
    if not forecast:
        return None
    has_nodelist = any(node["configured_votes"] is not None for node in value["nodes"])
    there = [node for node in value["nodes"] if node["nodeid"] in members]
    is_doubtful = not value["settled"] or any(node["votes"] is None or (has_nodelist and node["configured_votes"] is None) for node in there)
    tolerates: int = forecast["as_now"]["tolerates"]
    return None if value["quorate"] and is_doubtful else tolerates


def remembering(view: View, before: View | None) -> View:
    """A view that also knows the nodes that its host has met before, where there is no nodelist. Else a node that has parted would be of no cluster."""
    if before is None or view.nodes or before.nodes or (view.nodeid, view.cluster_name) != (before.nodeid, before.cluster_name):
        return view
    known = view.known | before.known
    return view._replace(known=known) if len(known) <= MOST_KNOWN else view


def clusters_of(views: Mapping[str, View]) -> list[dict[str, View]]:
    """The hosts of each cluster."""
    alike: dict[t.Any, dict[str, View]] = {}
    for host, view in sorted(views.items()):
        alike.setdefault((view.label, view.cluster_name, view.cluster_uuid, view.nodes, view.known), {})[host] = view
    # Of many hosts few differ in these, so kinds are compared. The hosts of one kind know each other.
    clusters: list[list[dict[str, View]]] = []
    for kind in alike.values():
        mine = [cluster for cluster in clusters if any(_of_one_cluster(kind, other) for other in cluster)]
        clusters = [cluster for cluster in clusters if cluster not in mine]
        clusters.append([*(other for cluster in mine for other in cluster), kind])
    return [{host: view for kind in cluster for host, view in kind.items()} for cluster in clusters]


def _of_one_cluster(kind: Mapping[str, View], other: Mapping[str, View]) -> bool:
    """Whether two kinds of hosts are of one cluster: each of them has a host that knows one of the other kind.

    What a host says of itself is not enough: it may be hostile, or of another cluster of the same name.
    """
    return _look_alike(_first(kind), _first(other)) and any(_know_each_other(*pair) for pair in itertools.product(kind.values(), other.values()))


def _look_alike(one: View, other: View) -> bool:
    """Whether both may be nodes of one cluster: by its id, else by its name and a node that both have in their configuration, or neither has one."""
    if one.label != other.label or one.cluster_name != other.cluster_name:
        return False
    if one.cluster_uuid and other.cluster_uuid:
        return one.cluster_uuid == other.cluster_uuid
    return bool(one.nodes & other.nodes) or not (one.nodes or other.nodes)


def _know_each_other(one: View, other: View) -> bool:
    return one.nodeid in other.known and other.nodeid in one.known


def _first(kind: Mapping[str, View]) -> View:
    return next(iter(kind.values()))


def namesakes(clusters: Iterable[Mapping[str, View]]) -> Iterator[tuple[int, list[str]]]:
    """The hosts of a cluster that have one node id, each time there are several: they are of clusters that look alike, or one node has two names here."""
    for cluster in clusters:
        for nodeid, hosts in _by_nodeid(cluster).items():
            if len(hosts) > 1:
                yield nodeid, sorted(hosts)


def undisputed(cluster: Mapping[str, View], followed: Container[str] | None = None) -> dict[str, View]:
    """The hosts of a cluster without namesakes: of those, nobody knows which one says what is so. followed: only these hosts."""
    named_once = [hosts[0] for hosts in _by_nodeid(cluster).values() if len(hosts) == 1]
    return {host: cluster[host] for host in named_once if followed is None or host in followed}


def _by_nodeid(cluster: Mapping[str, View]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for host, view in cluster.items():
        found.setdefault(view.nodeid, []).append(host)
    return found


def parted_pairs(cluster: Mapping[str, View]) -> list[Pair]:
    """Hosts of one cluster that have parted: each has settled on a ring without the other.

    A host whose ring still has the other one is of the past: it is about to follow, or it lost its power and nobody has noticed yet. Of hosts
    with the same node id nothing is said (namesakes()).
    """
    settled = sorted(item for item in undisputed(cluster).items() if item[1].settled)
    return [(host, other) for (host, view), (other, seen) in itertools.combinations(settled, 2) if _do_not_see_each_other(view, seen)]


def _do_not_see_each_other(one: View, other: View) -> bool:
    return one.nodeid not in other.members and other.nodeid not in one.members


def partitions_of(cluster: Mapping[str, View]) -> list[Event]:
    """Who sees whom, where hosts of one cluster have parted. Else the list is empty. It is as the filter corosync.quorum.partitions has it."""
    found: dict[t.Any, Event] = {}
    for host in sorted(set(itertools.chain(*parted_pairs(cluster)))):
        view = cluster[host]
        ring = {"nodeid": view.ring[0], "seq": view.ring[1]}
        partition = found.setdefault((view.ring, view.members), {"members": sorted(view.members), "quorate": False, "ring_id": ring, "seen_by": []})
        partition["quorate"] = partition["quorate"] or view.quorate
        partition["seen_by"].append(host)
    return sorted(found.values(), key=lambda entry: (not entry["quorate"], -len(entry["members"]), entry["members"], str(entry["ring_id"])))


def up_to_date(views: Mapping[str, View]) -> list[View]:
    """The views of a cluster that are not of the past, as far as anybody knows.

    A host one of whose members is on a newer ring already has stopped, or is about to say that it is on that ring, too. So who loses quorum because
    others stop need not wait until these are heard of.
    """
    rings = {view.nodeid: view.ring[1] for view in views.values()}
    return [view for view in views.values() if all(rings.get(nodeid, 0) <= view.ring[1] for nodeid in view.members)]


def is_quorate(views: Mapping[str, View]) -> bool:
    """Whether a host of a cluster is quorate now, as far as anybody knows. views: of hosts that are followed, without namesakes."""
    return any(view.quorate for view in up_to_date(views))


def may_be_quorate(views: Mapping[str, View]) -> bool:
    """Whether nobody knows: a host says that it is quorate, but is of the past.

    So it is for a moment where a node restarts so fast that the others have not noticed: it is on a newer ring alone, and the others are still quorate.
    """
    return not is_quorate(views) and any(view.quorate for view in views.values())


class Told(t.NamedTuple):
    """A split that was told. pairs: those of its hosts that have not seen each other since."""

    hosts: frozenset[str]
    pairs: frozenset[Pair]
    cluster_name: str | None


class Judge:
    """Decides when nodes disagree for so long that it is told, and when that is over. Pure: the times are given, in seconds of any clock."""

    def __init__(self) -> None:
        # Of each pair, whatever other hosts do: since when its hosts have not seen each other
        self._since: dict[Pair, float] = {}
        self._waiting: set[Pair] = set()
        self._told: list[Told] = []

    def look(self, views: Mapping[str, View], now: float) -> list[Event]:
        """The events of a moment at which hosts see this: a host that is not followed now has no view."""
        parted = [(cluster, set(parted_pairs(cluster))) for cluster in clusters_of(views)]
        pairs = set(itertools.chain(*(mine for _cluster, mine in parted)))
        # A host that is not settled for a moment does not see the other one either.
        kept = {pair for pair in self._since if all(host in views for host in pair) and _do_not_see_each_other(*(views[host] for host in pair))}
        self._since = {pair: self._since.get(pair, now) for pair in pairs | kept}
        ended = self._ended(views)
        begun = [event for cluster, mine in parted for event in self._begun(cluster, mine, now)]
        self._waiting = pairs - self._told_pairs()
        return ended + begun

    def _told_pairs(self) -> frozenset[Pair]:
        return frozenset(itertools.chain(*(told.pairs for told in self._told)))

    def _begun(self, cluster: Mapping[str, View], pairs: set[Pair], now: float) -> Iterator[Event]:
        """What says that hosts of a cluster have parted, where some have for so long that are in no split that was told."""
        told = self._told_pairs()
        if any(now - self._since[pair] >= SPLIT_LASTS for pair in pairs - told):
            # Also those that have parted a moment later or have not settled: they are no split of their own.
            new = frozenset(pair for pair in self._since if pair not in told and pair[0] in cluster and pair[1] in cluster)
            name = _first(cluster).cluster_name
            self._told.append(Told(frozenset(itertools.chain(*new)), new, name))
            yield split_event(SPLIT, sorted(set(itertools.chain(*pairs))), name, partitions_of(cluster))

    def _ended(self, views: Mapping[str, View]) -> list[Event]:
        """What says that splits are over: all of their hosts have settled and see each other. Where one is not followed, nobody knows."""
        left = [told._replace(pairs=frozenset(pair for pair in told.pairs if not _see_each_other(pair, views))) for told in self._told]
        self._told = [told for told in left if told.pairs]
        return [split_event(SPLIT_ENDED, sorted(told.hosts), told.cluster_name, []) for told in left if not told.pairs]

    def due(self, now: float) -> float | None:
        """In how many seconds to look again if nothing changes before, None for never."""
        waiting = [self._since[pair] + SPLIT_LASTS - now for pair in self._waiting]
        return max(0.0, min(waiting)) if waiting else None


def _see_each_other(pair: Pair, views: Mapping[str, View]) -> bool:
    """Whether both hosts have settled, and at least one has the other as a member: the other one is about to say so, as in parted_pairs()."""
    seen = [views[host] for host in pair if host in views]
    return len(seen) == len(pair) and all(view.settled for view in seen) and not _do_not_see_each_other(*seen)


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


def missed_between(before: View | None, now: View | None, state: Event) -> list[Event]:
    """The events that a host would have told, had it been followed: of a lost quorum, and of a reserve that is gone or back. It tells `state` now."""
    found: list[tuple[str, str, t.Any, t.Any]] = []
    if before and now and before.quorate and not now.quorate:
        found.append((QUORUM_LOST, "quorate", True, False))
    if before and now and now.reserve is not None and (now.reserve == 0) != (before.reserve == 0):
        found.append((RESERVE_BACK if now.reserve else RESERVE_LOST, "tolerates", before.reserve, now.reserve))
    return [{**state, "event": name, "changed": {part: {"before": earlier, "after": later}}} for name, part, earlier, later in found]


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
