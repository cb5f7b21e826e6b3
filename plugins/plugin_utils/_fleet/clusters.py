# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Many clusters, from what each host of an inventory said of votequorum, or did not say. Pure.

Each host is in exactly one cluster of the answer, or among those that belong to none.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import AS_NOW
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import tolerates
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError, check, described
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, quoted, shown
from ansible_collections.corosync.quorum.plugins.plugin_utils import _lock
from ansible_collections.corosync.quorum.plugins.plugin_utils._age import too_old
from ansible_collections.corosync.quorum.plugins.plugin_utils._named import named
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.partitions import by_host, has_value, partitions, value_in, why_none
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.plan import objections

from .identity import Group, Whole, groups_of, nodelist, twins_in_words
from .stops import Clock, FirstBatches, Witnesses
from .types import RUN_UNDER_WAY, Cluster, FleetNode, FleetProblem

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Node, Value

TELL_APART = "Set the variable quorum_cluster of their hosts to a name of its own for each cluster."
_OLDER = "An earlier version of corosync.quorum read this value, and it does not say which cluster it is from: read it again with this version."
# Problems that say that a run has the lock, or may have it
_OF_LOCKS = (RUN_UNDER_WAY, "lock_unknown")
# Names in one sentence
_MOST_NAMED = 12


def clusters(results: t.Any, quorum_cluster: t.Any, max_age: t.Any, now: float) -> list[Cluster]:
    """The clusters by name, and behind them the hosts that belong to none.

    results: as for partitions(), of hosts of any clusters. quorum_cluster: host -> name, of hosts whose cluster is told apart by hand. max_age: as for
    may_leave. now: seconds since 1970. Raises ForecastError.
    """
    hosts = by_host(results, "clusters")
    label_of = _labels_of(quorum_cluster)
    clock = Clock(now, max_age)
    values, silent = values_of(hosts)
    for value in list(values.values())[:1]:
        too_old(value, max_age, now)  # refuses a max_age that is none
    groups, of_none = groups_of(values, silent, label_of)
    first_batches = FirstBatches()
    looks = {host: _lock.look_of(hosts[host]) for host in values if "lock" in hosts[host] or "lock_fault" in hosts[host]}
    found = [_cluster(group, clock, first_batches, {host: looks[host] for host in group.values if host in looks}) for group in groups]
    return sorted(found, key=lambda cluster: (cluster["name"] is None, cluster["name"] or "", cluster["hosts"])) + _of_no_cluster(of_none)


def values_of(hosts: t.Mapping[str, t.Any]) -> tuple[dict[str, Value], dict[str, t.Any]]:
    """(host -> value, host -> result without one). hosts: host -> result."""
    values: dict[str, Value] = {}
    silent: dict[str, t.Any] = {}
    for host, result in hosts.items():
        value, silent_result = looked_at(result)
        if value is None:
            silent[host] = silent_result
        else:
            values[host] = value
    return values, silent


def _labels_of(given: t.Any) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ForecastError(f"quorum_cluster is {described(given)}, but must be a dictionary (host: name of its cluster).")
    return {str(host): str(name) for host, name in given.items() if name not in (None, "")}


def looked_at(result: t.Any) -> tuple[Value | None, t.Any]:
    """The value of a result, or the result with a reason why there is none."""
    if not has_value(result):
        if isinstance(result, dict) and result.get("unreachable"):
            return None, {"unreachable": True, "msg": quoted(str(result.get("msg") or "no reason was given"))}
        return None, {"available": False, "msg": why_none(result)}
    value = value_in(result)
    try:
        check(value)
    except ForecastError as error:
        return None, {"failed": True, "msg": str(error)}
    if "cluster_name" not in value:
        return None, {"failed": True, "msg": _OLDER}
    return t.cast("Value", value), None


# ---- one cluster ---------------------------------------------------------------------------------------------------------


def _cluster(group: Group, clock: Clock, first_batches: FirstBatches, looks: t.Mapping[str, _lock.Look]) -> Cluster:
    answers: dict[str, t.Any] = {host: {"available": True, "votequorum": value} for host, value in group.values.items()}
    answers.update(group.silent)
    seen = partitions(answers)
    best = seen["partitions"][0]
    values = {host: group.values[host] for host in best["seen_by"]}
    value = min(values.values(), key=lambda each: each["nodeid"])
    faults = list(_faults(group, seen))
    runs = _runs(looks)
    witnesses = Witnesses(values, [*([fault["message"] for fault in faults] or objections(answers, seen)), *(run["message"] for run in runs)], clock)
    nodes = [_node(node, group, values, witnesses) for node in _nodes(group, value)]
    together = [] if witnesses.objections else witnesses.together(first_batches.of(value))
    names = {node["nodeid"]: node["name"] or node["nodeid"] for node in nodes}
    problems = faults + runs + _problems(group)
    quorate = bool(best["quorate"])
    # A report is about now. What may be stopped is another question: then the quorum device may be lost, too.
    stands = min(tolerates(each, AS_NOW) for each in witnesses.different()) if quorate else 0
    cluster = Cluster(
        name=group.name,
        hosts=sorted([*group.values, *group.silent]),
        nodes=nodes,
        quorate=quorate,
        total_votes=value["total_votes"],
        quorum=value["quorum"],
        expected_votes=value["expected_votes"],
        tolerates=stands,
        margin=value["total_votes"] - value["quorum"],
        partitions=seen,
        may_stop_together=[names[nodeid] for nodeid in together],
        problems=problems,
        verdict="",
        summary="",
    )
    cluster["verdict"] = _verdict(cluster, bool(group.twins), bool(witnesses.objections))
    cluster["summary"] = _summary(cluster)
    return cluster


def _nodes(group: Group, value: Value) -> list[Node]:
    """Every configured node and every member as the best partition has it, and of what only others know as they have it."""
    found: dict[int, Node] = {}
    for each in [value, *group.values.values()]:
        for node in each["nodes"]:
            if node["configured_votes"] is not None or node["nodeid"] in each["members"]:
                found.setdefault(node["nodeid"], node)
    return [found[nodeid] for nodeid in sorted(found)]


def _node(node: Node, group: Group, values: t.Mapping[str, Value], witnesses: Witnesses) -> FleetNode:
    nodeid = node["nodeid"]
    may_stop, reason = witnesses.answer([nodeid])
    return FleetNode(
        nodeid=nodeid,
        name=node["name"],
        host=_host(nodeid, group),
        state=node["state"],
        votes=node["votes"],
        may_stop=may_stop,
        reason=reason,
        links_down=sorted({link for value in values.values() for link in _links_down(value, nodeid)}),
    )


def _host(nodeid: int, group: Group) -> str | None:
    """The host of the inventory that is this node. Of several that say so none is."""
    answered = [host for host, value in group.values.items() if value["nodeid"] == nodeid]
    if answered:
        return answered[0] if len(answered) == 1 else None
    return next((host for host, place in group.places.items() if place == nodeid), None)


def _links_down(value: Value, nodeid: int) -> list[int]:
    links = next((node.get("links") for node in value["nodes"] if node["nodeid"] == nodeid), None)
    return [link["link"] for link in links or () if not link["connected"]]


# ---- what is wrong -------------------------------------------------------------------------------------------------------


def _faults(group: Group, seen: t.Mapping[str, t.Any]) -> t.Iterator[FleetProblem]:
    """What makes it unknown who is who, or what the nodes are. Then nothing may be stopped."""
    if group.twins:
        yield FleetProblem(
            id="same_node",
            severity="error",
            message=f"Two clusters look alike, or a host has two names: {twins_in_words(group)}",
            advice=f"{TELL_APART} If one host is in the inventory under two names, remove one of them.",
            hosts=sorted(host for hosts in group.twins.values() for host in hosts),
        )
        return
    if group.others:
        hosts = sorted([*group.values, *group.others])
        yield FleetProblem(
            id="hosts_disagree",
            severity="error",
            message=f"{listed(sorted(group.values))} and {listed(sorted(group.others))} have a node in common and differ in the other nodes.",
            advice=f"If they are one cluster, give all nodes the same corosync.conf and reload it. If they are several: {TELL_APART}",
            hosts=hosts,
        )
    if len({nodelist(value) for value in group.values.values()}) > 1:
        yield FleetProblem(
            id="hosts_disagree",
            severity="error",
            message=f"The hosts disagree about the nodes of the cluster: {'; '.join(_lists(group))}.",
            advice="Give all nodes the same corosync.conf, and reload it.",
            hosts=sorted(group.values),
        )
    for entry in seen["disagreements"]:
        if entry["about"] == "nodelist":
            continue  # said above, with names and addresses
        answers = "; ".join(f"{_said(part['value'])} on {listed(part['hosts'])}" for part in entry["seen"])
        yield FleetProblem(
            id="hosts_disagree",
            severity="error",
            message=f"The hosts disagree about {entry['about']}: {answers}.",
            advice="Give all of them the same corosync.conf, reload it, and restart corosync where it needs that.",
            hosts=sorted(host for part in entry["seen"] for host in part["hosts"]),
        )


def _runs(looks: t.Mapping[str, _lock.Look]) -> list[FleetProblem]:
    """Runs that have the lock of the cluster, so that no gate of another one would let a node go."""
    hosts_of: dict[str, list[str]] = {}
    holders: dict[str, _lock.Holder] = {}
    for host, look in sorted(looks.items()):
        if look.holder:
            hosts_of.setdefault(look.holder.run_id, []).append(host)
            holders.setdefault(look.holder.run_id, look.holder)
    found = [
        FleetProblem(
            id=RUN_UNDER_WAY,
            severity="warning",
            message=f"{_lock.described(holders[run_id])}, has the lock on {listed(hosts)}.",
            advice=f"Wait for its end. If it is over, run its playbook again. On another controller, add -e quorum_lock_take_over={run_id}.",
            hosts=hosts,
        )
        for run_id, hosts in hosts_of.items()
    ]
    faulty = [host for host, look in sorted(looks.items()) if look.fault]
    for host in faulty[:1]:
        message = f"Nobody can say which run has the lock on {listed(faulty)}: {named(host, looks[host].fault).rstrip('.')}."
        found.append(FleetProblem(id="lock_unknown", severity="warning", message=message, advice="Look at /var/lib/corosync-quorum/lock there.", hosts=faulty))
    return [t.cast("FleetProblem", dict(problem, message=problem["message"][:1].upper() + problem["message"][1:])) for problem in found]


def _lists(group: Group) -> list[str]:
    """What of its nodelist each host has alone."""
    by_list: dict[frozenset[Whole], list[str]] = {}
    for host, value in sorted(group.values.items()):
        by_list.setdefault(nodelist(value), []).append(host)
    common = frozenset.intersection(*by_list)
    said = []
    for nodes, hosts in by_list.items():
        own = [
            f"{shown(name) if name else 'a node'} (id {nodeid}, {shown(', '.join(addresses)) or 'no address'})"
            for nodeid, name, addresses in sorted(nodes - common, key=str)
        ]
        said.append(f"{listed(hosts)} {'has' if len(hosts) == 1 else 'have'} {'also ' if common else ''}{', '.join(own) or 'nothing'}")
    return said


def _said(item: t.Any) -> str:
    return str(item).lower() if isinstance(item, bool) else quoted(str(item), 200)


def _problems(group: Group) -> list[FleetProblem]:
    """What votequorum_info found, once for all hosts that see it; errors first."""
    found: dict[tuple[str, ...], FleetProblem] = {}
    for host, value in sorted(group.values.items()):
        problems = value.get("problems")
        for problem in problems if isinstance(problems, list) else ():
            if not isinstance(problem, dict):
                continue
            name, severity, message, advice = (quoted(str(problem.get(key) or "")) for key in ("id", "severity", "message", "advice"))
            merged = FleetProblem(id=name, severity=severity, message=message, advice=advice, hosts=[])
            found.setdefault((name, severity, message, advice), merged)["hosts"].append(host)
    return sorted(found.values(), key=lambda problem: (problem["severity"] != "error", problem["id"]))


# ---- what it comes to ----------------------------------------------------------------------------------------------------


def _verdict(cluster: Cluster, has_twins: bool, has_objections: bool) -> str:
    seen = cluster["partitions"]
    if has_twins:
        return "unknown"
    if seen["split"]:
        return "split"
    if not cluster["quorate"]:
        return "not_quorate"
    is_whole = all(node["state"] == "member" and not node["links_down"] for node in cluster["nodes"])
    if not seen["agreed"] or not is_whole or has_objections:
        return "degraded"
    return "ok" if cluster["tolerates"] else "no_reserve"


def _summary(cluster: Cluster) -> str:
    """One sentence for people: the worst that there is, else what may be done."""
    errors = [problem["message"] for problem in cluster["problems"] if problem["severity"] == "error" or problem["id"] in _OF_LOCKS]
    votes = f"{count(cluster['total_votes'] or 0, 'vote')}, {cluster['quorum']} needed"
    away = [_name(node) for node in cluster["nodes"] if node["state"] != "member"]
    down = [f"link {', '.join(map(str, node['links_down']))} to {_name(node)}" for node in cluster["nodes"] if node["state"] == "member" and node["links_down"]]
    if cluster["verdict"] == "unknown":
        return errors[0]
    if cluster["verdict"] == "split" or cluster["partitions"]["partitioned"]:
        return f"{quoted(cluster['partitions']['summary'])}."
    if cluster["verdict"] == "not_quorate":
        return f"Not quorate: {votes}{'; not there: ' + listed(away) if away else ''}."
    doubts: list[str] = [f"Not there: {listed(away)}"] * bool(away) + [f"Not connected: {listed(down)}"] * bool(down) + [error.rstrip(".") for error in errors]
    if cluster["verdict"] == "degraded":
        return f"{'; '.join(doubts or [quoted(cluster['partitions']['summary'])])}; quorate with {votes}."
    free = [_name(node) for node in cluster["nodes"] if node["may_stop"]]
    if not free:
        reason = next((node["reason"] for node in cluster["nodes"]), "")
        return f"Quorate with {votes}; no node may be stopped: {reason}"
    which = "each node" if len(free) == len(cluster["nodes"]) else listed(free)
    return f"Quorate with {votes}; {which} may be stopped, one at a time{'' if cluster['tolerates'] else ', and the loss of some others would cost quorum'}."


def _name(node: FleetNode) -> str:
    return shown(node["name"]) if node["name"] else f"node {node['nodeid']}"


def listed(names: t.Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(map(shown, names[:_MOST_NAMED])) + (f" and {more} more" if more > 0 else "")


# ---- hosts of no cluster -------------------------------------------------------------------------------------------------


def _of_no_cluster(silent: t.Mapping[str, t.Any]) -> list[Cluster]:
    """One entry for each reason."""
    by_reason: dict[tuple[bool, str], list[str]] = {}
    for host, result in sorted(silent.items()):
        by_reason.setdefault((bool(result.get("unreachable")), str(result["msg"])), []).append(host)
    return [_unknown(hosts, reason, is_unreachable, silent) for (is_unreachable, reason), hosts in by_reason.items()]


def _unknown(hosts: list[str], reason: str, is_unreachable: bool, silent: t.Mapping[str, t.Any]) -> Cluster:
    what = f"{listed(hosts)} {'cannot be reached' if is_unreachable else 'returned no votequorum value'}: {reason.rstrip('.')}."
    problem = FleetProblem(
        id="no_cluster", severity="warning", message=what, advice="If they are nodes of a cluster, fix this. If not, leave them out of the report.", hosts=hosts
    )
    return Cluster(
        name=None,
        hosts=hosts,
        nodes=[],
        quorate=False,
        total_votes=None,
        quorum=None,
        expected_votes=None,
        tolerates=None,
        margin=None,
        partitions=partitions({host: silent[host] for host in hosts}),
        may_stop_together=[],
        problems=[problem],
        verdict="unknown",
        summary=what,
    )
