# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The conditions of wait_for_quorum: a table of predicates on a `votequorum` value, and the words for what is not met.

Pure: no clock, no I/O. `stable_for` is not here, because it is about time.
"""

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import UnknownNode, device_votes, has_nodelist, labels, nodeid_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Node, Unmet, Value

# A condition's judgement of a value: does it hold, and what was seen in its place (plain data).
Judgement = t.Tuple[bool, t.Any]
# A node as the user named it: see nodeid_of.
Named = t.Union[str, int]
# Which conditions are asked for, and what each wants: name -> wanted. Nodes as the user named them. And FORECAST_QDEVICE.
Goal = t.Dict[str, t.Any]

# Modes in which the nodes that are left may do without others that all nodes together could not do without
SHRINKING = ("last_man_standing", "auto_tie_breaker", "allow_downscale")

_NODE_ID = re.compile(r"[1-9][0-9]*\Z")
_HIGHEST_NODE_ID = 0xFFFFFFFF

# Which vote of the quorum device a forecast may count on, as in the filters. They are not imported, see _questions().
COUNTS_ON = EITHER, AS_NOW, LOST = ("either", "as_now", "lost")

QDEVICE_STATES = ("absent", "registered", "alive", "voting")


class ImpossibleGoal(Unusable):
    """A condition that no waiting can make true. The message names the option, the value and what stands against it."""


def quorate(value: "Value", wanted: bool) -> Judgement:
    return value["quorate"] == wanted, value["quorate"]


def members(value: "Value", wanted: t.List[Named]) -> Judgement:
    return not [node for node in wanted if _id(node, value) not in value["members"]], _names(value["members"], value)


def absent(value: "Value", wanted: t.List[Named]) -> Judgement:
    return not [node for node in wanted if _id(node, value) in value["members"]], _names(value["members"], value)


def min_members(value: "Value", wanted: int) -> Judgement:
    return len(value["members"]) >= wanted, len(value["members"])


def min_votes(value: "Value", wanted: int) -> Judgement:
    return value["total_votes"] >= wanted, value["total_votes"]


def expected_votes(value: "Value", wanted: int) -> Judgement:
    return value["expected_votes"] == wanted, value["expected_votes"]


def _questions() -> t.Any:
    """Imported when a condition asks one of them: this is compiled in every slice of a wait, and most waits ask none."""
    from ansible_collections.corosync.quorum.plugins.module_utils._forecast import questions as forecast

    return forecast


def quorate_without(value: "Value", wanted: t.List[Named], counts_on: str = EITHER) -> Judgement:
    forecast = _questions()
    try:
        holds, reason = forecast.quorate_without(value, wanted, counts_on)
    except forecast.ForecastError as exc:
        return False, str(exc)  # such as: nobody else is there now
    return bool(holds), reason


def tolerates(value: "Value", wanted: int, counts_on: str = EITHER) -> Judgement:
    forecast = _questions()
    try:
        tolerated = forecast.tolerates(value, counts_on)
    except forecast.ForecastError as exc:
        return False, str(exc)  # such as: the node asked has not joined itself yet
    return tolerated >= wanted, tolerated


def qdevice(value: "Value", wanted: str) -> Judgement:
    state = device_state(value)
    if wanted == "absent":
        return state == "absent", state
    return QDEVICE_STATES.index(state) >= QDEVICE_STATES.index(wanted), state


def ring_newer_than(value: "Value", wanted: int) -> Judgement:
    return value["ring_id"]["seq"] > wanted, value["ring_id"]["seq"]


CONDITIONS: t.Dict[str, t.Callable[..., Judgement]] = {
    "quorate": quorate,
    "members": members,
    "absent": absent,
    "min_members": min_members,
    "min_votes": min_votes,
    "expected_votes": expected_votes,
    "quorate_without": quorate_without,
    "tolerates": tolerates,
    "qdevice": qdevice,
    "ring_newer_than": ring_newer_than,
}


FORECASTS = ("quorate_without", "tolerates")
# The option that says which vote of the quorum device the forecasts may count on. It is part of a goal that has one of them.
FORECAST_QDEVICE = "forecast_qdevice"


def goal_of(options: t.Mapping[str, t.Any]) -> Goal:
    """The conditions among a task's options: those that are in the table and not null. And what forecasts may count on."""
    goal = {name: options[name] for name in CONDITIONS if options.get(name) is not None}
    if options.get(FORECAST_QDEVICE) and any(name in goal for name in FORECASTS):
        goal[FORECAST_QDEVICE] = options[FORECAST_QDEVICE]
    return goal


def judged(name: str, goal: Goal, value: "Value", counts_on: t.Optional[str] = None) -> Judgement:
    """Whether one condition of a goal holds, and what was seen. counts_on: in place of what the goal says forecasts may count on."""
    if name in FORECASTS:
        return CONDITIONS[name](value, goal[name], counts_on or goal.get(FORECAST_QDEVICE, EITHER))
    return CONDITIONS[name](value, goal[name])


def unmet(goal: Goal, value: t.Optional["Value"]) -> t.List["Unmet"]:
    """What of the goal does not hold, in the table's order; all of it for a value that is None (nothing could be read).

    A value that has not settled meets nothing: it may be half of two rings. Raises UnknownNode.
    """
    missing: t.List[Unmet] = []
    if value is not None and not value["settled"]:
        missing.append({"condition": "settled", "wanted": True, "seen": False})
    for name in goal:
        if name in CONDITIONS:
            holds, seen = judged(name, goal, value) if value is not None else (False, None)
            if not holds:
                missing.append({"condition": name, "wanted": goal[name], "seen": seen})
    return missing


def refuse_impossible(goal: Goal, value: "Value") -> None:
    """Raise ImpossibleGoal where this cluster's configuration can never meet the goal, waiting or not. What holds now is not refused."""
    members_wanted = _known_nodes("members", goal.get("members", []), value)
    absent_wanted = _known_nodes("absent", goal.get("absent", []), value)
    _known_nodes("quorate_without", goal.get("quorate_without", []), value)
    both = [nodeid for nodeid in absent_wanted if nodeid in members_wanted]
    if both:
        raise ImpossibleGoal(f"members and absent both name {labels(both, value)}: no node can be a member and absent.")
    if value["nodeid"] in absent_wanted:
        raise ImpossibleGoal(
            f"absent names {labels([value['nodeid']], value)}, the node that is asked: it is a member of every membership it can see. Ask another node."
        )
    if has_nodelist(value):
        _refuse_too_many(goal, [node for node in value["nodes"] if node["nodeid"] not in absent_wanted], value)
        _refuse_forecast(goal, value)
    if goal.get("qdevice", "absent") != "absent" and value["qdevice"] is None:
        raise ImpossibleGoal(
            f"qdevice is '{goal['qdevice']}', but this cluster has no quorum device: there is no quorum.device.model in corosync's configuration."
        )


def device_state(value: "Value") -> str:
    """The quorum device of the node asked, as one of QDEVICE_STATES; each includes those before it but `absent`."""
    device = value["qdevice"]
    if device is None or not device["registered"]:
        return "absent"
    if not device["alive"]:
        return "registered"
    return "voting" if device["cast_vote"] else "alive"


def in_words(missing: t.List["Unmet"]) -> str:
    """What is not met, for people: `quorate: wanted true, seen false; min_votes: wanted 3, seen 1`."""
    return "; ".join(f"{item['condition']}: wanted {_plain(item['wanted'])}, seen {_plain(item['seen'])}" for item in missing)


def summary(value: "Value") -> str:
    """A value in a line: `quorate, 2 of 3 votes, 2 needed; missing: node3`."""
    state = "quorate" if value["quorate"] else "NOT quorate"
    text = f"{state}, {value['total_votes']} of {value['expected_votes']} votes, {value['quorum']} needed"
    if value["wait_for_all"]["pending"]:
        text += ", waiting for all"
    if value["missing"]:
        text += f"; missing: {labels(value['missing'], value)}"
    if not value["settled"]:
        text += "; membership still changing"
    return text


def _names(nodeids: t.List[int], value: "Value") -> t.List[str]:
    names = {node["nodeid"]: node["name"] for node in value["nodes"]}
    return [names.get(nodeid) or str(nodeid) for nodeid in nodeids]


def _id(node: Named, value: "Value") -> int:
    """nodeid_of; but in a cluster without a nodelist a node id that was never seen may be yet to come."""
    if not has_nodelist(value) and _NODE_ID.match(str(node)) and int(node) <= _HIGHEST_NODE_ID:
        return int(node)
    return nodeid_of(node, value)


def _known_nodes(option: str, wanted: t.List[Named], value: "Value") -> t.List[int]:
    """The node ids of the nodes that an option names. Raises ImpossibleGoal for one that is not there, and for one named twice."""
    try:
        ids = [_id(node, value) for node in wanted]
    except UnknownNode as exc:
        raise ImpossibleGoal(f"{option}: {exc}.")
    twice = [node for position, node in enumerate(wanted) if ids[position] in ids[:position]]
    if twice:
        raise ImpossibleGoal(f"{option} names a node twice: {', '.join(map(str, twice))}.")
    return ids


def _refuse_too_many(goal: Goal, nodes: t.List["Node"], value: "Value") -> None:
    """Raise ImpossibleGoal where even these nodes, all that may be there, are too few, or have too few votes."""
    there = labels([node["nodeid"] for node in nodes], value)
    if goal.get("min_members", 0) > len(nodes):
        raise ImpossibleGoal(f"min_members is {goal['min_members']}, but only {count(len(nodes), 'node')} can be members: {there}.")
    if goal.get("min_votes", 0) > most_votes(nodes, value):
        device = " and the quorum device" if value["qdevice"] else ""
        raise ImpossibleGoal(f"min_votes is {goal['min_votes']}, but {there}{device} together have only {count(most_votes(nodes, value), 'vote')}.")


def _refuse_forecast(goal: Goal, value: "Value") -> None:
    """Raise ImpossibleGoal for a forecast that fails now, and would even with every node there."""
    failing = [name for name in FORECASTS if name in goal and not judged(name, goal, value)[0]]
    nodes = [node for node in value["nodes"] if node["configured_votes"] is not None or node["nodeid"] in value["members"]]
    if not failing or _is_open(value, nodes):
        return
    best = _at_best(value, nodes)
    if "quorate_without" in failing and not any(_enabled(mode, value) for mode in SHRINKING):
        _refuse_quorate_without(goal, best)
    if "tolerates" in failing:
        _refuse_tolerates(goal, best)


def _refuse_quorate_without(goal: Goal, best: "Value") -> None:
    forecast = _questions()
    wanted = goal["quorate_without"]
    try:
        holds, reason = forecast.quorate_without(best, wanted, goal.get(FORECAST_QDEVICE, EITHER))
    except forecast.ForecastError as exc:
        raise ImpossibleGoal(f"quorate_without: {exc}")
    if not holds:
        raise ImpossibleGoal(
            f"quorate_without names {', '.join(map(str, wanted))}, but even with all nodes there the cluster would not stay quorate without. "
            f"{reason}{_what_would_help('quorate_without', goal, best)}"
        )


def _refuse_tolerates(goal: Goal, best: "Value") -> None:
    holds, most = judged("tolerates", goal, best)
    if not holds:
        raise ImpossibleGoal(
            f"tolerates is {goal['tolerates']}, but even with all nodes there no more than {most} may fail together.{_what_would_help('tolerates', goal, best)}"
        )


def _what_would_help(name: str, goal: Goal, best: "Value") -> str:
    if goal.get(FORECAST_QDEVICE, EITHER) != EITHER or not judged(name, goal, best, counts_on=AS_NOW)[0]:
        return ""
    return " As long as the quorum device votes, it could hold: forecast_qdevice=as_now counts on that."


def _is_open(value: "Value", nodes: t.List["Node"]) -> bool:
    """Whether something may be better than all these nodes with the votes that they have, so that no forecast can be called impossible.

    Votes or expected votes were changed at runtime, which lasts until corosync starts or reads its configuration again. Or it is two_node
    with more nodes than two: a quorum of 1 comes with the losses. Or the node asked has just started, and is not its own member yet.
    """
    changed = any(node["votes"] not in (None, node["configured_votes"]) for node in nodes)
    return changed or value["expected_votes"] < most_votes(nodes, value) or (value["two_node"] and len(nodes) > 2) or value["nodeid"] not in value["members"]


def _at_best(value: "Value", nodes: t.List["Node"]) -> "Value":
    """The same cluster with all these nodes and no other as members, the quorum device voting, and all of it settled.

    A device that is not registered may come with master_wins: corosync-qdevice sets that as it registers, with the algorithm lms.
    """
    from ansible_collections.corosync.quorum.plugins.module_utils._forecast.what_if import what_if  # as in _questions()

    own_device = None
    if value["qdevice"]:
        master_wins = value["qdevice"]["master_wins"] or not value["qdevice"]["registered"]
        own_device = {"registered": True, "alive": True, "cast_vote": True, "master_wins": master_wins}
    device = dict(value["qdevice"], **own_device) if value["qdevice"] and own_device else None
    total, there = most_votes(nodes, value), [node["nodeid"] for node in nodes]
    back = [dict(node, state="member", votes=_most_votes_of(node), expected_votes=total, qdevice=own_device) for node in nodes]
    return what_if(
        value,
        back + [node for node in value["nodes"] if node not in nodes],
        there,
        total,
        qdevice=device,
        settled=True,
        wait_for_all=dict(value["wait_for_all"], pending=False),
    )


def _enabled(mode: str, value: "Value") -> bool:
    return bool(t.cast("t.Mapping[str, t.Any]", value)[mode]["enabled"])


def _most_votes_of(node: "Node") -> int:
    return max(node["votes"] or 0, node["configured_votes"] or 0)


def most_votes(nodes: t.List["Node"], value: "Value") -> int:
    """The votes with all these nodes and the device there: for each node the higher of runtime and configured votes."""
    return sum(_most_votes_of(node) for node in nodes) + device_votes(value)


def _plain(item: t.Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, list):
        return ", ".join(str(part) for part in item) or "none"
    return "unknown" if item is None else str(item)
