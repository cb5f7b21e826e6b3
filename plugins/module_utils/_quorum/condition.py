# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The conditions of wait_for_quorum: a table of predicates on a `votequorum` value, and the words for what is not met.

Pure: no clock, no I/O. `stable_for` is not here, because it is about time.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._quorum.nodes import UnknownNode, Value, labels, nodeid_of

# A condition's judgement of a value: does it hold, and what was seen in its place (plain data).
Judgement = t.Tuple[bool, t.Any]
# Which conditions are asked for, and what each wants: name -> wanted. Nodes as the user named them.
Goal = t.Dict[str, t.Any]
# {condition, wanted, seen}
Unmet = t.Dict[str, t.Any]

QDEVICE_STATES = ("absent", "registered", "alive", "voting")


class ImpossibleGoal(Exception):
    """A condition that no waiting can make true. The message names the option, the value and what stands against it."""


def quorate(value: Value, wanted: bool) -> Judgement:
    return value["quorate"] == wanted, value["quorate"]


def members(value: Value, wanted: t.List[str]) -> Judgement:
    return not [node for node in wanted if nodeid_of(node, value) not in value["members"]], _names(value["members"], value)


def absent(value: Value, wanted: t.List[str]) -> Judgement:
    return not [node for node in wanted if nodeid_of(node, value) in value["members"]], _names(value["members"], value)


def min_members(value: Value, wanted: int) -> Judgement:
    return len(value["members"]) >= wanted, len(value["members"])


def min_votes(value: Value, wanted: int) -> Judgement:
    return value["total_votes"] >= wanted, value["total_votes"]


def expected_votes(value: Value, wanted: int) -> Judgement:
    return value["expected_votes"] == wanted, value["expected_votes"]


def qdevice(value: Value, wanted: str) -> Judgement:
    state = device_state(value)
    if wanted == "absent":
        return state == "absent", state
    return QDEVICE_STATES.index(state) >= QDEVICE_STATES.index(wanted), state


def ring_newer_than(value: Value, wanted: int) -> Judgement:
    return value["ring_id"]["seq"] > wanted, value["ring_id"]["seq"]


CONDITIONS = {
    "quorate": quorate,
    "members": members,
    "absent": absent,
    "min_members": min_members,
    "min_votes": min_votes,
    "expected_votes": expected_votes,
    "qdevice": qdevice,
    "ring_newer_than": ring_newer_than,
}  # type: t.Dict[str, t.Callable[[Value, t.Any], Judgement]]


def goal_of(options: t.Mapping[str, t.Any]) -> Goal:
    """The conditions among a task's options: those that are in the table and not null."""
    return dict((name, options[name]) for name in CONDITIONS if options.get(name) is not None)


def unmet(goal: Goal, value: t.Optional[Value]) -> t.List[Unmet]:
    """What of the goal does not hold, in the table's order; all of it for a value that is None (nothing could be read).

    A value that has not settled meets nothing: it may be half of two rings. Raises UnknownNode.
    """
    missing = []
    if value is not None and not value["settled"]:
        missing.append({"condition": "settled", "wanted": True, "seen": False})
    for name, wanted in goal.items():
        holds, seen = CONDITIONS[name](value, wanted) if value is not None else (False, None)
        if not holds:
            missing.append({"condition": name, "wanted": wanted, "seen": seen})
    return missing


def refuse_impossible(goal: Goal, value: Value) -> None:
    """Raise ImpossibleGoal where this cluster's configuration can never meet the goal, waiting or not."""
    for name in ("members", "absent"):
        _refuse_unknown(name, goal.get(name, []), value)
    both = [node for node in goal.get("absent", []) if nodeid_of(node, value) in [nodeid_of(other, value) for other in goal.get("members", [])]]
    if both:
        raise ImpossibleGoal("members and absent both name %s: no node can be a member and absent." % ", ".join(both))
    if goal.get("min_members", 0) > len(value["nodes"]):
        raise ImpossibleGoal("min_members is %d, but this cluster has only %d nodes: %s."
                             % (goal["min_members"], len(value["nodes"]), labels([node["nodeid"] for node in value["nodes"]], value)))
    if goal.get("min_votes", 0) > most_votes(value):
        raise ImpossibleGoal("min_votes is %d, but all nodes of this cluster and its quorum device together have only %d votes."
                             % (goal["min_votes"], most_votes(value)))
    if goal.get("qdevice", "absent") != "absent" and value["qdevice"] is None:
        raise ImpossibleGoal("qdevice is '%s', but this cluster has no quorum device: there is no quorum.device.model in corosync's configuration."
                             % goal["qdevice"])


def most_votes(value: Value) -> int:
    """The votes of the cluster with every node and the device there: for each node the higher of runtime and configured votes."""
    nodes = sum(max(node["votes"] or 0, node["configured_votes"] or 0) for node in value["nodes"])
    return nodes + (value["qdevice"]["votes"] if value["qdevice"] else 0)


def device_state(value: Value) -> str:
    """The quorum device of the node asked, as one of QDEVICE_STATES; each includes those before it but `absent`."""
    device = value["qdevice"]
    if device is None or not device["registered"]:
        return "absent"
    if not device["alive"]:
        return "registered"
    return "voting" if device["cast_vote"] else "alive"


def in_words(missing: t.List[Unmet]) -> str:
    """What is not met, for people: `quorate: wanted true, seen false; min_votes: wanted 3, seen 1`."""
    return "; ".join("%s: wanted %s, seen %s" % (item["condition"], _plain(item["wanted"]), _plain(item["seen"])) for item in missing)


def summary(value: Value) -> str:
    """A value in a line: `quorate, 2 of 3 votes, 2 needed; missing: node3`."""
    state = "quorate" if value["quorate"] else "NOT quorate"
    text = "%s, %d of %d votes, %d needed" % (state, value["total_votes"], value["expected_votes"], value["quorum"])
    if value["wait_for_all"]["pending"]:
        text += ", waiting for all"
    if value["missing"]:
        text += "; missing: %s" % labels(value["missing"], value)
    if not value["settled"]:
        text += "; membership still changing"
    return text


def _names(nodeids: t.List[int], value: Value) -> t.List[str]:
    names = dict((node["nodeid"], node["name"]) for node in value["nodes"])
    return [names.get(nodeid) or str(nodeid) for nodeid in nodeids]


def _refuse_unknown(option: str, wanted: t.List[str], value: Value) -> None:
    for node in wanted:
        try:
            nodeid_of(node, value)
        except UnknownNode as exc:
            raise ImpossibleGoal("%s: %s." % (option, exc))
    ids = [nodeid_of(node, value) for node in wanted]
    twice = [node for position, node in enumerate(wanted) if ids[position] in ids[:position]]
    if twice:
        raise ImpossibleGoal("%s names a node twice: %s." % (option, ", ".join(twice)))


def _plain(item: t.Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, list):
        return ", ".join(str(part) for part in item) or "none"
    return "unknown" if item is None else str(item)
