# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Whether a running cluster keeps its quorum through a change of its configuration, before anything is changed.

Pure. The role checks again before each restart; this is what can be known before the first step. In doubt the answer is no.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import quorate_without
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.what_if import what_if
from ansible_collections.corosync.quorum.plugins.module_utils._value.majority import needed_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import device_casts, device_votes
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import Model

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Node, Value


class PlannedChange(t.NamedTuple):
    """What is going to be done to a running cluster, in this order."""

    leaving: list[int]  # node ids that are stopped first
    loads: bool  # whether the new configuration is loaded at all
    after: Model  # the new configuration
    starting: list[int]  # node ids that stay, and are started before any restart
    device_goes: bool  # the quorum device's vote is away, for a while or for good
    restart: list[str]  # hosts whose corosync is restarted, one after the other
    keeps_expected: bool = False  # whether expected votes stay up until then, whatever is loaded (expected_votes_tracking)

    @property
    def is_of_the_device_alone(self) -> bool:
        return not (self.leaving or self.loads or self.restart)


def refusals(values: list[tuple[str, Value]], planned: PlannedChange) -> list[str]:
    """Why it would cost quorum, or might; empty where it does not. values: by host, what each member that stays sees now."""
    if planned.is_of_the_device_alone and not planned.device_goes:
        return []
    if not values:
        return ["All members would leave the cluster; one has to stay."] if planned.leaving else []
    nodeids = {host: value["nodeid"] for host, value in values}
    found = (_refusal_of(host, value, nodeids, planned) for host, value in values)
    return [refusal for refusal in found if refusal][:1]


def expected_votes(model: Model) -> int:
    """What corosync expects once all nodes are members, whether or not the quorum device votes. It soon raises fewer to the votes that are present."""
    return max(model.override, model.most_votes)


def _refusal_of(host: str, value: Value, nodeids: dict[str, int], planned: PlannedChange) -> str:
    if planned.is_of_the_device_alone:
        # Where quorum is lost already, the device may be what is missing.
        return _without_device(value) if value["quorate"] else ""
    if not value["quorate"]:
        return _not_quorate(host, value)
    gone = [nodeid for nodeid in planned.leaving if nodeid in value["members"]]
    stay = set(value["members"]) - set(gone)
    return (
        _without(value, gone, "Stopping the nodes of cluster_remove")
        or (_without_device(value, gone) if planned.device_goes else "")
        or _reloaded(value, planned, stay)
        or _restarted(_after(value, planned, stay | set(planned.starting)), nodeids, planned.restart)
    )


def _not_quorate(host: str, value: Value) -> str:
    return (
        f"The cluster is not quorate: {host} has {count(value['total_votes'], 'vote')}, {value['quorum']} needed. "
        "Make the cluster quorate before you change its configuration."
    )


def _without(value: Value, nodeids: list[int], what: str) -> str:
    if not nodeids:
        return ""
    try:
        safe, reason = quorate_without(value, nodeids)
    except ForecastError as error:
        safe, reason = False, str(error)
    return "" if safe else f"{what} would cost quorum: {reason}"


def _without_device(value: Value, gone: t.Sequence[int] = ()) -> str:
    votes = sum(votes for nodeid, votes in _votes(value).items() if nodeid not in gone)
    if votes >= value["quorum"]:
        return ""
    return f"Without the vote of the quorum device the cluster is not quorate: {count(votes, 'vote')}, {value['quorum']} needed."


def _restarted(value: Value, nodeids: dict[str, int], hosts: list[str]) -> str:
    """By then the nodes that are started are members: the role waits for them. It asks again before each restart."""
    found = (_without(value, [nodeids[host]], f"A restart of corosync on {host} is needed, but it") for host in hosts)
    return next((refusal for refusal in found if refusal), "")


# --- a reload --------------------------------------------------------------------------------------------------------


def _reloaded(value: Value, planned: PlannedChange, stay: set[int]) -> str:
    expected = _after(value, planned, stay)
    if not expected["quorate"]:
        return _members_lose_quorum(expected, planned.after)
    # The device's daemon is restarted before anybody waits for the nodes that join.
    return (_without_device(expected) if planned.device_goes else "") or (_while_it_is_loaded(value, expected, planned.after) if planned.loads else "")


def _members_lose_quorum(value: Value, after: Model) -> str:
    new = len(after.nodes) - len(value["members"])
    advice = " Add fewer nodes at once." if new > 1 else " Start the nodes that are down first."
    return (
        f"With the new configuration the members have {count(value['total_votes'], 'vote')} of {value['expected_votes']} expected, "
        f"but {value['quorum']} are needed: quorum would be lost.{advice}"
    )


def _while_it_is_loaded(before: Value, expected: Value, after: Model) -> str:
    """Each node sends its new votes and expected votes in messages of its own (votequorum_refresh_config). So the others count old and new votes
    together for a moment, and a quorum that has risen on the way does not fall before the last message."""
    pairs = [(_votes(before)[nodeid], votes) for nodeid, votes in _votes(expected).items()]
    device = device_votes(before), _device_votes(after)
    casts = device_casts(before) and device_casts(expected)
    if all(old == new for old, new in pairs + ([device] if casts else [])) or (before["two_node"] and expected["two_node"]):
        return ""
    fewest = sum(min(pair) for pair in pairs) + (min(device) if casts else 0)
    most = sum(max(pair) for pair in pairs) + max(device)
    needed = max(before["quorum"], expected["quorum"], needed_of(max(most, before["expected_votes"], expected["expected_votes"])))
    doubt = ""
    if fewest < needed:
        doubt = f"as few as {fewest} may be present where {needed} are needed, so quorum might be lost"
    elif most > expected["expected_votes"] and before["expected_votes"] == after.first_expected:
        # What a node reads is what it expected before, so it sends no expected votes, and those that rose on the way stay.
        doubt = f"as many as {most} may be present, and corosync might keep expecting that many although there are only {expected['expected_votes']}"
    if not doubt:
        return ""
    return (
        f"While new votes are loaded, corosync counts old and new ones together for a moment: {doubt}. "
        "Change votes in smaller steps, or with corosync stopped on all nodes."
    )


def _votes(value: Value) -> dict[int, int]:
    """The votes of the members, by node id."""
    return {node["nodeid"]: node["votes"] or 0 for node in value["nodes"] if node["nodeid"] in value["members"]}


def _device_votes(model: Model) -> int:
    """Those that the quorum device has, whether it casts them or not."""
    return model.most_votes - model.node_votes


def _after(value: Value, planned: PlannedChange, members: set[int]) -> Value:
    """The value once the new configuration is loaded, and these are the members."""
    after = planned.after
    configured = {node.number("nodeid") or 0: node for node in after.nodes}
    there = members & set(configured)
    entries = {node["nodeid"]: node for node in value["nodes"] if node["nodeid"] in value["members"] or node["nodeid"] not in members}
    # What is written lower than the votes that are there is raised to them (recalculate_quorum).
    votes = sum(configured[nodeid].votes for nodeid in there) + _device_votes(after)
    expected = max(after.override, votes) if after.override else after.most_votes
    expected = max(expected, value["expected_votes"]) if planned.keeps_expected else expected
    nodes = [
        dict(entries.get(nodeid) or _joined(nodeid, node.label), votes=node.votes, configured_votes=node.votes, expected_votes=expected)
        for nodeid, node in sorted(configured.items())
        if nodeid in entries or nodeid in members
    ]
    for node in nodes:
        node["qdevice"] = node["qdevice"] if after.qdevice else None
    device = dict(value["qdevice"], votes=_device_votes(after)) if value["qdevice"] and after.qdevice else None
    return what_if(value, nodes, there, expected, qdevice=device, two_node=after.two_node_in_force)


def _joined(nodeid: int, name: str) -> Node:
    """A node that is started. Whether its quorum device will vote nobody knows yet."""
    return {
        "nodeid": nodeid,
        "name": name,
        "state": "member",
        "votes": None,
        "configured_votes": None,
        "expected_votes": None,
        "local": False,
        "qdevice": None,
        "addresses": None,
        "links": None,
    }
