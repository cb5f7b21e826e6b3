# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.
"""A reading as the answer of a monitoring plugin: exit code, text, performance data. Pure.

Conventions: https://www.monitoring-plugins.org/doc/guidelines.html
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._judge import condition
from ansible_collections.corosync.quorum.plugins.module_utils._value.reserve import doubt, reserve
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, quoted

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._program.reading import Answer
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
# The reasons that say that this node's corosync does not do its work. The others say that whoever asks may not, or cannot.
_CRITICAL_REASONS = ("not_running", "timeout", "not_trusted")
_DEVICE = {
    "absent": "the quorum device is not registered on this node",
    "registered": "the quorum device is silent on this node",
    "alive": "the quorum device gives this node no vote",
}


class Verdict(t.NamedTuple):
    """performance: empty where nothing was read."""

    code: int
    text: str
    performance: str = ""


def line(found: Verdict) -> str:
    """The line of a plugin. What stands behind `|` is performance data, so the text has none."""
    text = f"QUORUM {STATES[found.code]} - {quoted(found.text)}".replace("|", "\\x7c")
    return f"{text} | {found.performance}" if found.performance else text


def verdict(answer: "Answer", tolerates: int, links: bool) -> Verdict:
    """tolerates: so many nodes have to be able to fail, as things are now. links: whether each link to a member has to be connected."""
    value = answer.value
    if value is None:
        return Verdict(CRITICAL if answer.reason in _CRITICAL_REASONS else UNKNOWN, answer.message)
    performance = _performance(value, tolerates)
    if not value["quorate"]:
        return Verdict(CRITICAL, condition.summary(value), performance)
    faults = list(_faults(value, tolerates))
    code = WARNING if faults or not value["settled"] else OK
    if links:
        down, unknown = _links(value)
        faults += down
        code = WARNING if down else UNKNOWN if unknown and code == OK else code
        faults += [unknown] if unknown else []
    return Verdict(code, "; ".join([*faults, condition.summary(value)]), performance)


def _faults(value: "Value", tolerates: int) -> t.Iterator[str]:
    """Of a quorate node, the most urgent first. That a change is under way is said elsewhere, and is no fault of its own."""
    found = reserve(value)
    if found is None and tolerates and value["settled"]:
        why = doubt(value).rstrip(".")
        yield f"it is not known how many nodes may fail: {why[:1].lower()}{why[1:]}"
    elif found is not None and found < tolerates:
        yield "no node may fail" if not found else f"{count(found, 'node')} may fail, {tolerates} wanted"
    voting, state = condition.qdevice(value, "voting")
    if value["qdevice"] is not None and not voting:
        yield _DEVICE[state]


def _links(value: "Value") -> t.Tuple[t.List[str], str]:
    """The links that are not connected, and why nothing is known of links."""
    try:
        condition.refuse_impossible({"links": condition.ALL}, value)
    except condition.ImpossibleGoal as exc:
        return [], str(exc).rstrip(".")
    return condition.links(value, condition.ALL)[1], ""


def _performance(value: "Value", tolerates: int) -> str:
    """Label, value, and behind semicolons the ranges that are no warning and not critical, the least and the most."""
    votes = f"votes={value['total_votes']};;{value['quorum']}:;0"
    counted = f"needed={value['quorum']};;;0 expected={value['expected_votes']};;;0 members={len(value['members'])};;;0;{len(value['nodes'])}"
    found = reserve(value)
    return f"{votes} {counted}" if found is None else f"{votes} {counted} reserve={found};{tolerates}:;;0"
