# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What happens to quorum if nodes leave: the questions that users ask of one node's `votequorum` value, and the answers in words.

Pure. How an answer is found is in losses.py, what is taken for granted because a value does not tell in facts.py; a doubt makes the answer "no".
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.facts import Facts, Members, checked_facts_of
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import (
    AS_NOW,
    EITHER,
    HOW,
    LOST,
    Fate,
    Steps,
    cluster_of,
    deciding,
    played,
    tolerated,
    worst_fate,
    worst_losses,
)
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.reasons import reason_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import UnknownNode, labels, nodeid_of, not_configured
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError, capital, described, is_number, refuse_no_nodes

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Forecast, Leave, Numbers

QDEVICE = (AS_NOW, LOST)


# ---- the questions -------------------------------------------------------------------------------------------------------


def forecast(value: t.Any, leave: t.Any, how: str = "crash", lms_window: bool = False, qdevice: str = AS_NOW) -> "Forecast":
    """{quorate, total_votes, quorum, expected_votes, members, reason} for the nodes that stay.

    leave: names or node ids, or a list of such lists: steps, one after the other; the nodes of a step go at once. how: they `crash`, or
    `leave` by a clean stop. lms_window: after each step, last_man_standing's window elapses. qdevice: the quorum device's vote is
    `as_now`, or `lost` before they go. quorate is true only if it holds after every step, for each node that stays.

    Raises ForecastError.
    """
    one_of("how", how, HOW)
    one_of("qdevice", qdevice, QDEVICE)
    one_of("lms_window", lms_window, (False, True))
    facts = checked_facts_of(value)
    return forecast_of(facts, steps_of(facts, "leave", leave), how, lms_window, qdevice)


def quorate_without(value: t.Any, nodes: t.Any, qdevice: str = EITHER, spare: int = 0) -> t.Tuple[bool, str]:
    """Does the cluster stay quorate if these nodes (names or node ids) leave together, by a crash or a clean stop? And why.

    It must be quorate now, and settled. With last_man_standing it must hold before and after the window. qdevice: the vote of the quorum
    device is `as_now`, `lost`, or `either`: it must hold both ways. spare: it must hold even if any N more nodes fail with
    these or after them. Raises ForecastError.
    """
    one_of("qdevice", qdevice, QDEVICE + (EITHER,))
    facts = checked_facts_of(value)
    steps = steps_of(facts, "nodes", nodes)
    if len(steps) > 1:
        raise ForecastError(
            "A list of lists (steps) was given, but one list of nodes that leave together is expected. For steps use the filter corosync.quorum.forecast."
        )
    count_of_nodes("spare", spare)
    mistaken = _mistaken(facts, steps[0])
    if mistaken:
        return False, mistaken
    stay = facts.members - steps[0]
    if spare >= len(stay):
        raise ForecastError(
            f"spare is {spare}, but only {len(stay)} of {len(facts.members)} members stay, and one of them must remain: spare can be at most {len(stay) - 1}."
        )
    return _with_spare(facts, steps[0], stay, spare, qdevice) if spare else stays_quorate(facts, steps, qdevice)


def _mistaken(facts: Facts, leave: Members) -> str:
    """Why a node that is not there may be one that is; empty where it cannot be.

    corosync reads node ids when it starts. After a reload cmap, which has the names, may give a node another id than its members go by (udp, udpu).
    """
    strangers = not_configured(facts.value)
    gone = leave - facts.members
    if not gone or not strangers:
        return ""
    return (
        f"By the nodelist, {labels(sorted(gone), facts.value)} is not a member. But {labels(strangers, facts.value)} is a member that is not in the nodelist, "
        "and may be the same node: corosync takes a new node id when it starts, not at a reload. Give all nodes the same corosync.conf, and restart corosync "
        "where an id has changed."
    )


def _with_spare(facts: Facts, leave: Members, stay: Members, spare: int, qdevice: str) -> t.Tuple[bool, str]:
    safe, reason = True, ""
    for loss in worst_losses(facts, stay, spare):
        for steps in ([leave | loss], [leave, loss]):
            safe, reason = stays_quorate(facts, steps, qdevice)
            if not safe:
                return False, f"If {labels(sorted(loss), facts.value)} failed as well: {reason}"
    return safe, reason


def may_leave(value: t.Any, nodes: t.Any, qdevice: str = EITHER, spare: int = 0) -> "Leave":
    """The gate before a stop: {safe, reason, now, after}, with {quorate, total_votes, quorum, members} each. As quorate_without().

    after: what the nodes that stay will see if nothing else happens. Raises ForecastError.
    """
    safe, reason = quorate_without(value, nodes, qdevice, spare)
    after = forecast(value, nodes)
    return {
        "safe": safe,
        "reason": reason,
        "now": _numbers(value),
        "after": _numbers(after),
    }


def _numbers(of: t.Any) -> "Numbers":
    """The same of a value and of a forecast."""
    return {"quorate": of["quorate"], "total_votes": of["total_votes"], "quorum": of["quorum"], "members": of["members"]}


def tolerates(value: t.Any, qdevice: str = EITHER) -> int:
    """How many nodes may fail together, whichever they are. 0 also where the cluster is not quorate, or not settled.

    qdevice: as for quorate_without. Raises ForecastError.
    """
    one_of("qdevice", qdevice, QDEVICE + (EITHER,))
    return tolerated(checked_facts_of(value), qdevice)


# ---- the same for node ids that were checked ------------------------------------------------------------------------------


def forecast_of(facts: Facts, steps: Steps, how: str, lms_window: bool, qdevice: str) -> "Forecast":
    """forecast() for checked node ids."""
    fate = played(facts, steps, how, lms_window, qdevice)
    daemon = deciding(fate.cluster)
    votes_known = all(node["votes"] is not None for node in facts.value["nodes"] if node["nodeid"] in fate.cluster.members)
    return {
        "quorate": fate.quorate and not facts.doubt,
        "total_votes": daemon.total_votes if votes_known else None,
        "quorum": daemon.quorum if votes_known else None,
        "expected_votes": daemon.nodes[daemon.us].expected_votes if votes_known else None,
        "members": sorted(fate.cluster.members),
        "reason": facts.doubt or _why(facts, steps, fate, lms_window),
    }


def _why(facts: Facts, steps: Steps, fate: Fate, lms_window: bool) -> str:
    reason = reason_of(facts, deciding(fate.turning_point), facts.members - fate.turning_point.members, lms_window)
    if fate.quorate or fate.step == len(steps):
        return reason
    if fate.step == 0:
        return f"The loss of the quorum device's vote is enough. {reason}"
    return f"Quorum is lost at step {fate.step} of {len(steps)} already. {reason}"


def stays_quorate(facts: Facts, steps: Steps, qdevice: str = EITHER) -> t.Tuple[bool, str]:
    """quorate_without() for checked node ids, in steps: every variant of how they may go must hold."""
    fate, device, window = worst_fate(facts, steps, qdevice)
    if fate is None:
        return False, facts.doubt or f"The cluster is not quorate now. {reason_of(facts, deciding(cluster_of(facts)), (), False)}"
    reason = _why(facts, steps, fate, window)
    if not fate.quorate and device == LOST and qdevice == EITHER:
        reason = f"If the quorum device's vote is lost too: {reason}"
    return fate.quorate, reason


# ---- what was asked ------------------------------------------------------------------------------------------------------


def steps_of(facts: Facts, option: str, leave: t.Any) -> Steps:
    """The names and node ids that an option has, as steps of node ids. Raises ForecastError: no node, an unknown node, a node twice, nobody left."""
    steps = [_nodes_of(facts, option, step) for step in _listed(leave)]
    named = [nodeid for step in steps for nodeid in step]
    twice = sorted({nodeid for nodeid in named if named.count(nodeid) > 1})
    if twice:
        raise ForecastError(f"A node can leave only once, but this is named more than once: {labels(twice, facts.value)}.")
    if not facts.members - frozenset(named):
        raise ForecastError(f"All {len(facts.members)} members ({labels(sorted(facts.members), facts.value)}) would leave; a forecast needs a node that stays.")
    return [frozenset(step) for step in steps]


def _listed(leave: t.Any) -> t.List[t.List[t.Any]]:
    if isinstance(leave, str) or is_number(leave):
        return [[leave]]
    if not isinstance(leave, (list, tuple)):
        raise ForecastError(f"{capital(described(leave))} was given where a list of node names or node ids is expected.")
    if not leave:
        raise ForecastError("An empty list of nodes was given: name at least one node that leaves.")
    inner = [isinstance(item, (list, tuple)) for item in leave]
    if all(inner):
        if not all(leave):
            raise ForecastError(f"One of the {len(leave)} steps is an empty list: every step needs at least one node that leaves.")
        return [list(step) for step in leave]
    if any(inner):
        raise ForecastError("Nodes and lists of nodes are mixed: give a list of nodes that leave at the same time, or a list with one such list for each step.")
    return [list(leave)]


def _nodes_of(facts: Facts, option: str, nodes: t.List[t.Any]) -> t.List[int]:
    refuse_no_nodes(option, nodes)
    try:
        return [nodeid_of(node, facts.value) for node in nodes]
    except UnknownNode as error:
        raise ForecastError(f"{capital(str(error))}.")


def one_of(option: str, given: t.Any, choices: t.Sequence[t.Any]) -> None:
    """Raises ForecastError where an option has a value that it cannot have."""
    if not any(given == choice and isinstance(given, type(choice)) for choice in choices):
        raise ForecastError(f"{option} is {described(given)}, but must be one of: {', '.join(str(choice).lower() for choice in choices)}.")


def count_of_nodes(option: str, given: t.Any) -> None:
    """Raises ForecastError where an option is not a number of nodes."""
    if not is_number(given) or given < 0:
        raise ForecastError(f"{option} is {described(given)}, but must be a number of nodes, 0 or more.")
