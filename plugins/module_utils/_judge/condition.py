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
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import UnknownNode, device_votes, has_nodelist, labels, nodeid_of, not_configured
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, quoted, shown

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Node, Unmet, Value

# A condition's judgement of a value: does it hold, and what was seen in its place (plain data).
Judgement = t.Tuple[bool, t.Any]
# A node as the user named it: see nodeid_of.
Named = t.Union[str, int]
# Which conditions are asked for, and what each wants: name -> wanted. Nodes as the user named them. And FORECAST_QDEVICE.
Goal = t.Dict[str, t.Any]
# The node ids of each of NODE_LISTS in a goal, in its order
Ids = t.Mapping[str, t.Sequence[int]]

# Modes in which the nodes that are left may do without others that all nodes together could not do without
SHRINKING = ("last_man_standing", "auto_tie_breaker", "allow_downscale")

_NODE_ID = re.compile(r"[1-9][0-9]{0,9}\Z")
_HIGHEST_NODE_ID = 0xFFFFFFFF

# Which vote of the quorum device a forecast may count on, as in the filters. They are not imported, see _questions().
COUNTS_ON = EITHER, AS_NOW, LOST = ("either", "as_now", "lost")

# In place of a list of links
ALL = "all"

# Entries of a list in a line
_MOST_SHOWN = 8

QDEVICE_STATES = ("absent", "registered", "alive", "voting")


class Resolved(int):
    """The node id that a node of the goal meant when it was first looked for. Such a node need not be in the cluster any more.

    named: the node as the user named it.
    """

    named: Named = 0

    @classmethod
    def of(cls, nodeid: int, named: Named) -> "Resolved":
        node = cls(nodeid)
        node.named = named
        return node

    def __str__(self) -> str:
        return str(self.named)


class ImpossibleGoal(Unusable):
    """A condition that no waiting can make true. The message names the option, the value and what stands against it."""


def quorate(value: "Value", wanted: bool) -> Judgement:
    return value["quorate"] == wanted, value["quorate"]


def members(value: "Value", wanted: t.List[Named]) -> Judgement:
    return all(_members_of(node, value) for node in wanted), _names(value["members"], value)


def absent(value: "Value", wanted: t.List[Named]) -> Judgement:
    return not any(_members_of(node, value) for node in wanted), _names(value["members"], value)


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
        holds, reason = forecast.quorate_without(value, _leaving(wanted, value), counts_on)
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


def links(value: "Value", wanted: t.Any) -> Judgement:
    """wanted: ALL links to every member, or a list of {node, link}. seen: those that are not connected."""
    asked: t.List[t.Tuple[t.Optional[int], int]]
    if wanted == ALL:
        others = [node for node in value["nodes"] if node["nodeid"] in value["members"] and node["nodeid"] != value["nodeid"]]
        asked = [(node["nodeid"], link["link"]) for node in others for link in node.get("links") or []]
    else:
        others = []
        asked = [(_id_or_none(entry["node"], value), int(entry["link"])) for entry in wanted]
    connected = {(node["nodeid"], link["link"]) for node in value["nodes"] for link in node.get("links") or [] if link["connected"]}
    down = [f"link {link} to {'?' if nodeid is None else labels([nodeid], value)} not connected" for nodeid, link in asked if (nodeid, link) not in connected]
    down += [f"links to {labels([node['nodeid']], value)} not known" for node in others if node.get("links") is None]
    return not down, down


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
    "links": links,
}


# The conditions that name nodes
NODE_LISTS = ("members", "absent", "quorate_without")
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


def resolved(goal: Goal, ids: Ids) -> Goal:
    """The goal with the node ids that its nodes meant when they were first looked for."""
    return dict(goal, **{option: [Resolved.of(*pair) for pair in zip(ids[option], goal[option])] for option in NODE_LISTS if option in goal and option in ids})


def ids_of(goal: Goal, value: "Value") -> Ids:
    """The node ids that the nodes of the goal mean, for resolved(). Raises UnknownNode."""
    return {option: [_id(node, value) for node in goal[option]] for option in NODE_LISTS if option in goal}


def unmet(goal: Goal, value: t.Optional["Value"], ids: t.Optional[Ids] = None) -> t.List["Unmet"]:
    """What of the goal does not hold, in the table's order; all of it for a value that is None (nothing could be read).

    A value that has not settled meets nothing: it may be half of two rings. ids: of nodes that were looked for before. A node that is not in the
    cluster, and was not, meets nothing either.
    """
    judged_goal = resolved(goal, ids or {})
    missing: t.List[Unmet] = []
    if value is not None and not value["settled"]:
        missing.append({"condition": "settled", "wanted": True, "seen": False})
    for name in goal:
        if name in CONDITIONS:
            holds, seen = _judged_or_unknown(name, judged_goal, value) if value is not None else (False, None)
            if not holds:
                missing.append({"condition": name, "wanted": goal[name], "seen": seen})
    return missing


def _judged_or_unknown(name: str, goal: Goal, value: "Value") -> Judgement:
    try:
        return judged(name, goal, value)
    except UnknownNode as exc:
        return False, str(exc) if name in FORECASTS else _names(value["members"], value)


def refuse_impossible(goal: Goal, value: "Value") -> None:
    """Raise ImpossibleGoal where this cluster's configuration can never meet the goal, waiting or not. What holds now is not refused.

    goal: as the user gave it, or resolved().
    """
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
    if "links" in goal:
        _refuse_links(goal["links"], value)
    if goal.get("qdevice", "absent") != "absent" and value["qdevice"] is None:
        raise ImpossibleGoal(
            f"qdevice is '{goal['qdevice']}', but this cluster has no quorum device: there is no quorum.device.model in corosync's configuration."
        )


def _refuse_links(wanted: t.Any, value: "Value") -> None:
    """Raise ImpossibleGoal for links that this cluster does not have."""
    others = [node for node in value["nodes"] if node["nodeid"] != value["nodeid"]]
    # With several addresses there are links: this reading could not see them, as where /dev/shm is full.
    unseen = [node["nodeid"] for node in others if node.get("links") is None and len(node.get("addresses") or []) > 1]
    if others and not unseen and all(node.get("links") is None for node in others):
        raise ImpossibleGoal("links: this cluster has no links that can be read. That needs the transport knet (totem.transport) and corosync 3 or newer.")
    for entry in [] if wanted == ALL else wanted:
        try:
            nodeid = _id(entry["node"], value)
        except UnknownNode as exc:
            raise ImpossibleGoal(f"links: {exc}.")
        there = [link["link"] for node in others if node["nodeid"] == nodeid for link in node.get("links") or []]
        if nodeid not in unseen and int(entry["link"]) not in there:
            has = f"which has {', '.join(map(str, there)) or 'none'}" if nodeid != value["nodeid"] else "the node that is asked"
            raise ImpossibleGoal(f"links names link {entry['link']} to {labels([nodeid], value)}, {has}.")


def device_state(value: "Value") -> str:
    """The quorum device of the node asked, as one of QDEVICE_STATES; each includes those before it but `absent`."""
    device = value["qdevice"]
    if device is None or not device["registered"]:
        return "absent"
    if not device["alive"]:
        return "registered"
    return "voting" if device["cast_vote"] else "alive"


def in_words(missing: t.List["Unmet"]) -> str:
    """What is not met, for people: `quorate: wanted true, seen false; members: node3 missing`."""
    return "; ".join(map(_unmet_in_words, missing))


def _unmet_in_words(item: "Unmet") -> str:
    """Of lists of nodes those alone that are in the way: of sixteen nodes nobody reads two lists to find the one."""
    name, wanted, seen = item["condition"], item["wanted"], item["seen"]
    # What is seen has names: whether a node id is among them, they do not tell.
    if name in ("members", "absent") and isinstance(seen, list) and not any(str(node).isdigit() for node in wanted):
        in_the_way = [node for node in wanted if (node in seen) == (name == "absent")]
        if in_the_way:
            return f"{name}: {_plain(in_the_way)} {'still there' if name == 'absent' else 'missing'}"
    return f"{name}: wanted {_plain(wanted)}, seen {_plain(seen)}"


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
    """nodeid_of; but in a cluster without a nodelist a node id that was never seen may be yet to come, and one that was known may have gone."""
    if isinstance(node, Resolved):
        return node
    if not has_nodelist(value) and _NODE_ID.match(str(node)) and int(node) <= _HIGHEST_NODE_ID:
        return int(node)
    return nodeid_of(node, value)


def _id_or_none(node: Named, value: "Value") -> t.Optional[int]:
    """None for a node that has left the configuration in the meantime."""
    try:
        return _id(node, value)
    except UnknownNode:
        return None


def _all_ids(node: Named, value: "Value") -> t.List[int]:
    """The node ids that a node may go by: also those that its name has got meanwhile, as where it was taken out and in again with another one."""
    ids = [int(_id(node, value))]
    if isinstance(node, Resolved):
        ids += [entry["nodeid"] for entry in value["nodes"] if entry["name"] == node.named and entry["nodeid"] not in ids]
    return ids


def _members_of(node: Named, value: "Value") -> t.List[int]:
    return [nodeid for nodeid in _all_ids(node, value) if nodeid in value["members"]]


def _leaving(wanted: t.List[Named], value: "Value") -> t.List[Named]:
    """For a forecast: each node by all its node ids that are there, and by the first one where none is."""
    there = [entry["nodeid"] for entry in value["nodes"]]
    found: t.List[Named] = []
    for node in wanted:
        if isinstance(node, Resolved):
            ids = [nodeid for nodeid in _all_ids(node, value) if nodeid in there] or [int(node)]
            found += [nodeid for nodeid in ids if nodeid not in found]
        else:
            found.append(node)
    return found


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
    known = [node["nodeid"] for node in value["nodes"]]
    has_gone = any(isinstance(node, Resolved) and node not in known for node in goal.get("quorate_without", []))
    if not failing or has_gone or _is_open(value, nodes):
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
        holds, reason = forecast.quorate_without(best, _leaving(wanted, best), goal.get(FORECAST_QDEVICE, EITHER))
    except forecast.ForecastError as exc:
        raise ImpossibleGoal(f"quorate_without: {exc}")
    if not holds:
        raise ImpossibleGoal(
            f"quorate_without names {', '.join(map(str, wanted))}, but even with all nodes there the cluster would not stay quorate without them. "
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
    with more nodes than two: a quorum of 1 comes with the losses. Or the node asked has just started, and is not its own member yet. Or a member
    is about to leave, which the nodelist does not have any more.
    """
    changed = any(node["votes"] not in (None, node["configured_votes"]) for node in nodes)
    return (
        bool(not_configured(value))
        or changed
        or value["expected_votes"] < most_votes(nodes, value)
        or (value["two_node"] and len(nodes) > 2)
        or value["nodeid"] not in value["members"]
    )


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
        more = f" and {len(item) - _MOST_SHOWN} more" if len(item) > _MOST_SHOWN else ""
        return (", ".join(shown(part) for part in item[:_MOST_SHOWN]) or "none") + more
    return "unknown" if item is None else quoted(str(item))
