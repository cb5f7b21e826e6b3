# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Who sees whom: the partitions of a cluster, from what each host said of votequorum.

Pure. Takes results as Ansible has them, of hosts that answered and of hosts that did not.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.facts import checked_facts_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import device_votes
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError, described
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted, shown

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

# Results of hosts, and what is made of them
Data = dict[str, t.Any]

# What every daemon must have alike, and where a value has it.
_SETTINGS = (
    ("two_node", ("two_node",)),
    ("wait_for_all", ("wait_for_all", "enabled")),
    ("last_man_standing", ("last_man_standing", "enabled")),
    ("last_man_standing_window", ("last_man_standing", "window_ms")),
    ("auto_tie_breaker", ("auto_tie_breaker", "kind")),
    ("auto_tie_breaker_node", ("auto_tie_breaker", "nodes")),
    ("allow_downscale", ("allow_downscale", "enabled")),
)
# What all daemons of one partition must have alike.
_COUNTS = (("expected_votes", ("expected_votes",)), ("quorum", ("quorum",)), ("quorate", ("quorate",)), ("wait_for_all_pending", ("wait_for_all", "pending")))

_SAME_NODE_ID = "hosts with the same node id"


def partitions(results: t.Any) -> Data:
    """{split, partitioned, agreed, summary, partitions, unreachable, unavailable, stale, disagreements}.

    results: host -> result, or a list of results. A result is what votequorum_info returned, registered or in a loop; a `votequorum`
    value; the result of a task that failed or did not reach its host; or None for a host that has none.

    Raises ForecastError where results is something else, or empty.
    """
    hosts = by_host(results, "partitions")
    values = {host: _value(host, result) for host, result in hosts.items() if has_value(result)}
    unreachable = [host for host, result in hosts.items() if isinstance(result, dict) and result.get("unreachable")]
    unavailable = [{"host": host, "reason": why_none(result)} for host, result in hosts.items() if host not in values and host not in unreachable]
    found = _partitions(values)
    stale, disagreements = _stale(values, found), _disagreements(values, found)
    unsettled = sorted(host for host, value in values.items() if not value["settled"])
    split = _is_split(found)
    result = {
        "split": split,
        "partitioned": split or len({tuple(view["ring_id"].values()) for view in found}) > 1,
        "agreed": len(found) == 1 and not (unreachable or unavailable or stale or disagreements or unsettled),
        "partitions": found,
        "unreachable": unreachable,
        "unavailable": unavailable,
        "stale": stale,
        "disagreements": disagreements,
    }
    return dict(result, summary=_summary(result, unsettled))


# ---- what was given ------------------------------------------------------------------------------------------------------


def by_host(results: t.Any, name: str) -> dict[str, t.Any]:
    """host -> result, of whatever the filter of this name was given. Raises ForecastError where that is something else, or empty."""
    if isinstance(results, dict) and isinstance(results.get("results"), (list, tuple)):
        results = results["results"]  # of a loop
    if isinstance(results, dict) and not _is_of_one_host(results):
        named = {str(host): result for host, result in results.items()}
    elif isinstance(results, (list, tuple)):
        named = {}
        for position, result in enumerate(results, start=1):
            host = _name(result, position)
            named[host if host not in named else f"{host} ({position})"] = result
    else:
        what = "the result of one host" if isinstance(results, dict) else described(results)
        raise ForecastError(f"{name} takes the results of all hosts, as a dictionary (host: result) or a list, but was given {what}.")
    if not named:
        raise ForecastError(f"{name} was given {described(results)}: it needs the result of at least one host.")
    return named


def _is_of_one_host(results: Data) -> bool:
    """Whether it is a value, or a result with one, and not a dictionary of results. A host may be called `quorum` or `votequorum`, too."""
    if isinstance(results.get("members"), (list, tuple)) and not isinstance(results.get("quorum"), dict):
        return True
    are_results = all(item is None or isinstance(item, dict) for item in results.values())
    return "votequorum" in results and not (are_results and (len(results) > 1 or not _is_value(results["votequorum"])))


def _name(result: t.Any, position: int) -> str:
    """Whose result it is, where a list does not say: the loop's item, or the node's own name."""
    if isinstance(result, dict):
        if isinstance(result.get("item"), str):
            return str(result["item"])
        value = value_in(result) if has_value(result) else {}
        if value.get("name") or value.get("nodeid"):
            return str(value.get("name") or value["nodeid"])
    return f"result {position}"


def has_value(result: t.Any) -> bool:
    """Whether a host said what its votequorum knows."""
    return isinstance(result, dict) and not result.get("failed") and not result.get("unreachable") and isinstance(value_in(result), dict)


def value_in(result: Data) -> t.Any:
    """The value in a result, or what is there instead."""
    return result if _is_value(result) else result.get("votequorum")


def _is_value(given: t.Any) -> bool:
    """Whether it is meant as a value. Whether it is a right one is the business of checked_facts_of()."""
    return isinstance(given, dict) and "quorum" in given and "members" in given


def _value(host: str, result: Data) -> Value:
    value = value_in(result)
    try:
        checked_facts_of(value)
    except ForecastError as error:
        raise ForecastError(f"The result of {host} cannot be used. {error}")
    return t.cast("Value", value)


def why_none(result: t.Any) -> str:
    """Why a result has no value, for people."""
    if isinstance(result, dict):
        reason = result.get("msg") or result.get("reason")
        if reason:
            return quoted(str(reason))
        if result.get("skipped"):
            return "the task was skipped"
        if isinstance(result.get("results"), (list, tuple)):
            return "it is the result of a loop: pass one of its results for each host"
        return "the result has no votequorum value"
    return f"{described(result)} instead of a result"


# ---- what it comes to ----------------------------------------------------------------------------------------------------


def _partitions(values: t.Mapping[str, Value]) -> list[Data]:
    """One for each different view of ring and members; the quorate ones first, then the larger ones."""
    views: dict[t.Any, Data] = {}
    for host, value in sorted(values.items()):
        members = sorted(value["members"])
        ring = value["ring_id"]
        view = views.setdefault(
            (ring["nodeid"], ring["seq"], tuple(members)),
            {
                "members": members,
                "names": [_node_name(value, nodeid) for nodeid in members],
                "quorate": False,
                "ring_id": dict(ring),
                "seen_by": [],
            },
        )
        view["quorate"] = view["quorate"] or bool(value["quorate"])
        view["seen_by"].append(host)
    return sorted(views.values(), key=lambda view: (not view["quorate"], -len(view["members"]), view["members"], str(view["ring_id"])))


def _is_split(found: t.Sequence[Data]) -> bool:
    """Two partitions that have no node in common are both quorate. Views that share nodes were read at different times."""
    quorate = [frozenset(view["members"]) for view in found if view["quorate"]]
    return any(not one & other for position, one in enumerate(quorate) for other in quorate[:position])


def _stale(values: t.Mapping[str, Value], found: t.Sequence[Data]) -> list[Data]:
    """Members of a partition that themselves are on another ring: they left it, or it was read before they came or went."""
    stale = []
    for view in found:
        for host, value in sorted(values.items()):
            if value["nodeid"] in view["members"] and host not in view["seen_by"]:
                stale.append({"member": value["nodeid"], "host": host, "seen_by": view["seen_by"], "ring_id": view["ring_id"], "own_ring_id": value["ring_id"]})
    return stale


def _disagreements(values: t.Mapping[str, Value], found: t.Sequence[Data]) -> list[Data]:
    """[{about, seen: [{value, hosts}]}]: settings that differ anywhere, and counts that differ inside a partition."""
    differ = []
    for name, path in _SETTINGS:
        # What a host does not know of itself (null, after a reload) contradicts nobody.
        known = {host: _at(value, path) for host, value in values.items() if _at(value, path) is not None}
        differ.extend(_differing(name, known))
    configured = {host: [node["nodeid"] for node in value["nodes"] if node["configured_votes"] is not None] for host, value in values.items()}
    differ.extend(_differing("nodelist", configured))
    differ.extend(_differing("qdevice_votes", {host: device_votes(value) for host, value in values.items()}))
    for view in found:
        for name, path in _COUNTS:
            differ.extend(_differing(name, {host: _at(values[host], path) for host in view["seen_by"]}))
        differ.extend(_differing("tie_breaker", {host: _tie_breaker(values[host]) for host in view["seen_by"]}))
        for nodeid in view["members"]:
            votes = {host: node["votes"] for host in view["seen_by"] for node in values[host]["nodes"] if node["nodeid"] == nodeid}
            differ.extend(_differing(f"votes of node id {nodeid}", votes))
    for nodeid in sorted({value["nodeid"] for value in values.values()}):
        same = sorted(host for host, value in values.items() if value["nodeid"] == nodeid)
        if len(same) > 1:
            differ.append({"about": _SAME_NODE_ID, "seen": [{"value": nodeid, "hosts": same}]})
    return differ


def _tie_breaker(value: Value) -> t.Any:
    """Whom this host would let decide a tie: the lowest or highest node id of the last majority that it saw itself."""
    breaker = value["auto_tie_breaker"]
    return breaker[breaker["kind"]] if breaker["kind"] in ("lowest", "highest") else None


def _differing(about: str, by_host: t.Mapping[str, t.Any]) -> list[Data]:
    seen: list[Data] = []
    for host, item in sorted(by_host.items()):
        same = [entry for entry in seen if entry["value"] == item]
        if same:
            same[0]["hosts"].append(host)
        else:
            seen.append({"value": item, "hosts": [host]})
    return [{"about": about, "seen": seen}] if len(seen) > 1 else []


def _at(value: Value, path: t.Sequence[str]) -> t.Any:
    item: t.Any = value
    for key in path:
        item = item.get(key) if isinstance(item, dict) else None
    return item


def _node_name(value: Value, nodeid: int) -> str | None:
    return next((node["name"] for node in value["nodes"] if node["nodeid"] == nodeid), None)


# ---- in words ------------------------------------------------------------------------------------------------------------


def _summary(result: Data, unsettled: list[str]) -> str:
    """One sentence for people: everything that is not as it should be, or that nothing is."""
    found = result["partitions"]
    faults = list(_faults(result, unsettled))
    if len(found) == 1:
        count = len(found[0]["seen_by"])
        verb = ("sees" if count == 1 else "see") if faults else "answered:" if count == 1 else "agree:"
        faults.append(f"{count} host{'' if count == 1 else 's'} {verb} one partition, {_quorate(found[0])}")
    return "; ".join(faults[:1] + [fault[:1].lower() + fault[1:] for fault in faults[1:]])


def _faults(result: Data, unsettled: list[str]) -> t.Iterator[str]:
    if len(result["partitions"]) > 1:
        what = "Split brain" if result["split"] else "Partitioned" if result["partitioned"] else "Different members on one ring"
        yield f"{what}: {', '.join(map(_view, result['partitions']))}"
    if result["unreachable"]:
        yield f"Not reachable: {', '.join(result['unreachable'])}"
    if result["unavailable"]:
        reasons = [f"{entry['host']} ({' '.join(entry['reason'].split()).rstrip('.')})" for entry in result["unavailable"]]
        yield f"Without a votequorum value: {', '.join(reasons)}"
    if unsettled:
        yield f"The membership was still changing on {', '.join(unsettled)}"
    twins = [entry for entry in result["disagreements"] if entry["about"] == _SAME_NODE_ID]
    if twins:
        yield "More than one host with the same node id: " + ", ".join(
            f"{entry['seen'][0]['value']} ({', '.join(entry['seen'][0]['hosts'])})" for entry in twins
        )
    others = [entry for entry in result["disagreements"] if entry not in twins]
    if others:
        yield f"The hosts disagree about {', '.join(map(_disagreement, others))}"


def _view(view: Data) -> str:
    names = [shown(name) if name else f"node id {nodeid}" for name, nodeid in zip(view["names"], view["members"])]
    return f"{', '.join(view['seen_by'])} {'sees' if len(view['seen_by']) == 1 else 'see'} {', '.join(names)} ({_quorate(view)})"


def _disagreement(entry: Data) -> str:
    seen = [f"{str(part['value']).lower() if isinstance(part['value'], bool) else part['value']} on {', '.join(part['hosts'])}" for part in entry["seen"]]
    return f"{entry['about']} ({', '.join(seen)})"


def _quorate(view: Data) -> str:
    return "quorate" if view["quorate"] else "not quorate"
