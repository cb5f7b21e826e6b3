# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""May this cluster be upgraded node by node, and in which order: the judgement before the first node is touched.

Pure. It is made of what every host says of votequorum, and of the hosts in which an earlier run was interrupted.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import EITHER
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import device_casts
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError, described, is_number
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, quoted
from ansible_collections.corosync.quorum.plugins.plugin_utils._named import named
from ansible_collections.corosync.quorum.plugins.plugin_utils._removed import no_member, was_left_out
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.batches import upgrade_batches
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.complete import others_down
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.partitions import partitions
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Plan

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

Refusals = t.Iterator[str]


class _Views(t.NamedTuple):
    """What the hosts say. seen: what partitions() makes of it. values: of the hosts that could be asked. under_way: host -> node id."""

    results: t.Mapping[str, t.Any]
    seen: dict[str, t.Any]
    values: t.Mapping[str, Value]
    under_way: t.Mapping[str, int]

    @property
    def first(self) -> Value:
        """The value of the host with the lowest node id."""
        return min(self.values.values(), key=lambda value: value["nodeid"])

    @property
    def nodeids(self) -> dict[str, int]:
        """host -> node id, of every host for which it is known."""
        found = dict(self.under_way)
        found.update((host, value["nodeid"]) for host, value in self.values.items())
        return found


def plan(
    results: t.Any,
    under_way: t.Any = None,
    spare: int = 0,
    qdevice: str = EITHER,
    batches: bool = False,
    only: t.Sequence[str] | None = None,
) -> Plan:
    """What speaks against the upgrade, and its order.

    results: host -> what votequorum_info returned there, with if_unavailable=report. under_way: host -> node id, of the hosts in which an
    earlier run has begun and not ended; they may be down, and come first. spare, qdevice: as for upgrade_batches. batches: several nodes
    at once where that is safe; else one by one, in the same order. only: the hosts that are to be upgraded, None for all; the others are
    asked all the same.

    Raises ForecastError for arguments that are not of this kind.
    """
    views = _views(results, under_way)
    hosts = list(views.results) if only is None else only
    if not isinstance(hosts, (list, tuple)):
        raise ForecastError(f"only is {described(only)}, but must be a list of hosts.")
    refusals = [*_too_few(views), *_against(views)]
    order, refusal = ([], "") if refusals else _order_or_refusal(views, spare, qdevice, batches)
    complete = bool(views.values) and not any(map(others_down, views.values.values()))
    return Plan(
        refusals=[*refusals, refusal] if refusal else refusals,
        warnings=list(_problems_of(views, "warning")),
        batches=_only(order, hosts),
        resumed=sorted(views.under_way),
        nodeids=views.nodeids,
        total_votes=views.first["total_votes"] if complete else None,
        members=sorted(set(views.first["members"]) | set(views.under_way.values())) if views.values else [],
        configured=_configured(views),
        qdevice=any(device_casts(value) for value in views.values.values()),
        cluster_name=next(filter(None, (value.get("cluster_name") for value in views.values.values())), None),
    )


def objections(results: t.Mapping[str, t.Any], seen: dict[str, t.Any]) -> list[str]:
    """What speaks against stopping any node of a cluster, a sentence each: what the preflight would say. But one host is enough to ask for it.

    results: host -> result, where all values were checked. seen: what partitions() makes of them.
    """
    values = {host: result["votequorum"] for host, result in results.items() if isinstance(result.get("votequorum"), dict)}
    return list(_against(_Views(results, seen, values, {})))


def _configured(views: _Views) -> list[int]:
    """Node ids of all nodes of the cluster, as any host knows them: those of the nodelist, and members."""
    found: set[int] = set(views.under_way.values())
    for value in views.values.values():
        listed = {node["nodeid"] for node in value["nodes"] if node["configured_votes"] is not None}
        found |= listed or {node["nodeid"] for node in value["nodes"]}
        found |= set(value["members"])
    return sorted(found)


def _views(results: t.Any, under_way: t.Any) -> _Views:
    if not isinstance(results, dict) or not all(isinstance(result, dict) for result in results.values()):
        raise ForecastError(f"The results of votequorum_info are expected as a dictionary (host: result), but there is {described(results)}.")
    begun = {} if under_way is None else under_way
    if not isinstance(begun, dict) or not all(is_number(nodeid) for nodeid in begun.values()):
        raise ForecastError(f"under_way is {described(under_way)}, but must be a dictionary (host: node id).")
    named = {str(host): result for host, result in results.items()}
    values = {
        host: result["votequorum"]
        for host, result in named.items()
        if not result.get("failed") and not result.get("unreachable") and isinstance(result.get("votequorum"), dict)
    }
    seen = partitions(named) if named else {}
    return _Views(named, seen, values, {str(host): nodeid for host, nodeid in begun.items() if host in named})


# ---- what speaks against it ----------------------------------------------------------------------------------------------


def _against(views: _Views) -> Refusals:
    """Of a node that was removed and has no quorum, nothing else counts: that it disagrees, misses others and is not quorate follows from it."""
    left_out = _left_out(views.values)
    for host, others in left_out.items():
        yield (
            f"{no_member(host, views.values[host], others, 'another configuration')} To take it out, run the role corosync.quorum.cluster with its name in "
            "cluster_remove, then remove its host from the group. To take it in again, run that role without its name in cluster_remove."
        )
    rest = _without(views, [host for host in left_out if not views.values[host]["quorate"]])
    for check in _CHECKS:
        yield from check(rest)


def _left_out(values: t.Mapping[str, Value]) -> dict[str, list[str]]:
    """Hosts that run corosync, but are no members by the configuration of the quorate hosts on other rings, which are named."""
    found = {}
    for host, value in sorted(values.items()):
        others = {name: other for name, other in sorted(values.items()) if other["quorate"] and other["ring_id"] != value["ring_id"]}
        if was_left_out(value, list(others.values())):
            found[host] = list(others)
    return found


def _without(views: _Views, hosts: t.Container[str]) -> _Views:
    results = {host: result for host, result in views.results.items() if host not in hosts}
    if len(results) == len(views.results):
        return views
    values = {host: value for host, value in views.values.items() if host in results}
    return _Views(results, partitions(results), values, {host: nodeid for host, nodeid in views.under_way.items() if host in results})


def _too_few(views: _Views) -> Refusals:
    if len(views.results) < 2:
        yield (
            "A rolling upgrade needs at least two hosts of a cluster, one that goes and one that stays and watches; "
            f"rolling_upgrade_hosts has: {', '.join(views.results) or 'none'}."
        )


def _unreachable(views: _Views) -> Refusals:
    for host in views.seen.get("unreachable", ()):
        yield f"{host} cannot be reached: {_reason(views.results[host])}. Bring it back, or take it out of the cluster, first."


def _unavailable(views: _Views) -> Refusals:
    for entry in views.seen.get("unavailable", ()):
        if entry["host"] not in views.under_way:
            yield f"Quorum cannot be read on {entry['host']}: {named(entry['host'], entry['reason'])}"
    if views.results and not views.values:
        yield "Quorum can be read on no host, so nobody can say what is safe. Start corosync on the nodes, and wait until they are quorate."


def _other_clusters(views: _Views) -> Refusals:
    found = views.seen.get("partitions", ())
    if len(found) > 1:
        groups = "; ".join(
            f"{', '.join(view['seen_by'])}: ring {view['ring_id']['nodeid']}.{view['ring_id']['seq']} with node ids {', '.join(map(str, view['members']))}"
            + ("" if view["quorate"] else ", not quorate")
            for view in found
        )
        what = "Both sides of a split brain are quorate" if views.seen["split"] else "The hosts are not in one partition"
        yield f"{what} ({groups}). They belong to several clusters, or the network between them is cut: repair it first."


def _disagreements(views: _Views) -> Refusals:
    for entry in views.seen.get("disagreements", ()):
        answers = "; ".join(f"{seen['value']} on {', '.join(seen['hosts'])}" for seen in entry["seen"])
        yield f"The hosts disagree about {entry['about']}: {answers}. Give all of them the same corosync.conf, and restart corosync where it needs that."


def _not_quorate(views: _Views) -> Refusals:
    for host, value in sorted(views.values.items()):
        if not value["quorate"]:
            waits = " It waits for all nodes (wait_for_all)." if value["wait_for_all"]["pending"] else ""
            yield f"{host} is not quorate: it has {count(value['total_votes'], 'vote')} and needs {value['quorum']}.{waits}"
        elif value["wait_for_all"]["pending"]:
            yield f"{host} waits for all nodes (wait_for_all): after a loss of quorum it would not become quorate again by itself."
        if not value["settled"]:
            yield f"The membership was changing when {host} was asked. Try again when it has settled."


def _missing(views: _Views) -> Refusals:
    """As the first host sees it that misses one: with a nodelist all see the same, and without one, who was restarted has forgotten those that were down."""
    allowed = set(views.under_way.values())
    by_nodeid = sorted(views.values.values(), key=lambda value: value["nodeid"])
    down = next(filter(None, (others_down(value, allowed) for value in by_nodeid)), "")
    if down:
        yield f"Not a member: {down}. Only a complete cluster is upgraded: first start corosync there, or remove the node from corosync.conf."


def _device(views: _Views) -> Refusals:
    for host, value in sorted(views.values.items()):
        if value["qdevice"] is not None and not device_casts(value) and host not in views.under_way:
            yield (f"The quorum device gives {host} no vote: look at corosync-qdevice there (corosync-qdevice-tool -s) and at the host of corosync-qnetd.")


def _problems(views: _Views) -> Refusals:
    return _problems_of(views, "error")


def _problems_of(views: _Views, severity: str) -> t.Iterator[str]:
    hosts_by_problem: dict[tuple[str, str], list[str]] = {}
    for host, value in sorted(views.values.items()):
        for problem in value.get("problems") or ():
            if problem["severity"] == severity:
                hosts_by_problem.setdefault((problem["message"], problem["advice"]), []).append(host)
    for (message, advice), hosts in hosts_by_problem.items():
        yield f"On {', '.join(hosts)}: {message} {advice}"


_CHECKS = (_unreachable, _unavailable, _other_clusters, _disagreements, _not_quorate, _missing, _device, _problems)


def _reason(result: t.Mapping[str, t.Any]) -> str:
    return quoted(str(result.get("msg") or "no reason was given")).rstrip(".")


# ---- in which order ------------------------------------------------------------------------------------------------------


def _order_or_refusal(views: _Views, spare: int, qdevice: str, batches: bool) -> tuple[list[list[str]], str]:
    """The order of the hosts, or why there is none."""
    try:
        return _order(views, spare, qdevice, batches), ""
    except ForecastError as error:
        return [], str(error)


def _order(views: _Views, spare: int, qdevice: str, batches: bool) -> list[list[str]]:
    """Hosts that were interrupted first: what is down of them, together, then what is up again. Then the others, the most important ones last."""
    nodeids = views.nodeids
    host_of = {nodeid: host for host, nodeid in nodeids.items()}
    begun = sorted(views.under_way, key=lambda host: nodeids[host])
    down = [host for host in begun if nodeids[host] not in views.first["members"]]
    first = [down] + [[host] for host in begun if host not in down]
    if down:
        # What the others may do is not known before these are back, so they go one by one, and each asks again before it goes.
        rest = [[nodeid] for nodeid in sorted(views.first["members"], reverse=True)]
    else:
        rest = upgrade_batches(views.first, spare=spare, qdevice=qdevice)
        if not batches:
            rest = [[nodeid] for batch in rest for nodeid in batch]
    return first + [[host_of[nodeid] for nodeid in batch if nodeid in host_of and host_of[nodeid] not in begun] for batch in rest]


def _only(order: list[list[str]], hosts: t.Sequence[str]) -> list[list[str]]:
    found = [[host for host in batch if host in hosts] for batch in order]
    return [batch for batch in found if batch]
