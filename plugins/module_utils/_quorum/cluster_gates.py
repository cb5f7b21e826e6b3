# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Whether a running cluster keeps its quorum through a change of its configuration, before anything of it is begun.

Pure. The role asks again before each restart; here is what can be known beforehand. In doubt the answer is no.
"""

import copy
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._quorum.forecast import quorate_without
from ansible_collections.corosync.quorum.plugins.module_utils._quorum.known import ForecastError
from ansible_collections.corosync.quorum.plugins.module_utils._quorum.lint_model import Model

Value = t.Dict[str, t.Any]


def refusals(
    values: t.List[t.Tuple[str, Value]], after: Model, leaving: t.List[int], changed: bool, restart: t.List[str], device_goes: bool
) -> t.List[str]:
    """Why the change would cost quorum, or might; empty where it does not.

    values: by host, what each member that stays sees now. after: the new configuration. leaving: node ids that are stopped first. changed:
    whether anything is done at all. restart: hosts that are restarted, one after the other. device_goes: the quorum device's vote is away for a while.
    """
    if not changed and not restart:
        return []
    if not values:
        return ["All members would leave the cluster; one has to stay."] if leaving else []
    for host, value in values:
        found = _seen_from(host, value, dict(values), after, leaving, restart, device_goes)
        if found:
            return found
    return []


def expected_votes(model: Model) -> int:
    """What corosync expects once all nodes are there, whether or not the quorum device votes."""
    return model.override or model.most_votes


def _seen_from(
    host: str, value: Value, values: t.Dict[str, Value], after: Model, leaving: t.List[int], restart: t.List[str], device_goes: bool
) -> t.List[str]:
    if not value["quorate"]:
        return [
            "The cluster is not quorate (%s has %d of %d votes that are needed). Get it quorate before its configuration is changed."
            % (host, value["total_votes"], value["quorum"])
        ]
    present = [nodeid for nodeid in leaving if nodeid in value["members"]]
    refused = _without(value, present, "Stopping the nodes of cluster_remove")
    if not refused and device_goes:
        refused = _without_device(value, present)
    if not refused:
        expected = _after(value, after, set(present))
        if not expected["quorate"]:
            return [_told(expected, after)]
        for name in restart:
            refused = refused or _without(expected, [values[name]["nodeid"]], "A restart of corosync on %s is needed, but it" % name)
    return [refused] if refused else []


def _without(value: Value, nodeids: t.List[int], what: str) -> str:
    if not nodeids:
        return ""
    try:
        safe, reason = quorate_without(value, nodeids)
    except ForecastError as error:
        safe, reason = False, str(error)
    return "" if safe else "%s would cost quorum: %s" % (what, reason)


def _without_device(value: Value, gone: t.List[int]) -> str:
    votes = sum(node["votes"] or 0 for node in value["nodes"] if node["nodeid"] in value["members"] and node["nodeid"] not in gone)
    if votes >= value["quorum"]:
        return ""
    return "Without the vote of the quorum device the cluster is not quorate: %d votes, %d needed." % (votes, value["quorum"])


def _told(value: Value, after: Model) -> str:
    new = len(after.nodes) - len(value["members"])
    advice = " Add fewer nodes at once." if new > 1 else " Start the nodes that are down first."
    return "With the new configuration the members have %d votes of %d expected, but %d are needed: quorum would be lost.%s" % (
        value["total_votes"], value["expected_votes"], value["quorum"], advice)


def _after(value: Value, after: Model, gone: t.Set[int]) -> Value:
    """The value once these nodes are gone and the new configuration is loaded. Members are those of now: nobody has joined yet."""
    found = copy.deepcopy(value)
    votes = {node.number("nodeid"): node.votes for node in after.nodes}
    expected = expected_votes(after)
    found["nodes"] = [node for node in found["nodes"] if node["nodeid"] in votes and node["nodeid"] not in gone]
    found["members"] = [nodeid for nodeid in found["members"] if nodeid in votes and nodeid not in gone]
    for node in found["nodes"]:
        node["votes"] = node["configured_votes"] = votes[node["nodeid"]]
        node["expected_votes"] = expected
        node["qdevice"] = node["qdevice"] if after.qdevice else None
    device = found["qdevice"] if after.qdevice else None
    if device:
        device["votes"] = after.most_votes - after.node_votes
    found["qdevice"] = device
    found["two_node"] = after.two_node_in_force
    found["total_votes"] = sum(node["votes"] for node in found["nodes"] if node["nodeid"] in found["members"])
    found["total_votes"] += device["votes"] if device and device["cast_vote"] else 0
    found["expected_votes"] = found["highest_expected"] = expected
    found["quorum"] = 1 if found["two_node"] and len(found["members"]) <= 2 else (expected + 2) // 2
    found["quorate"] = bool(found["members"]) and found["total_votes"] >= found["quorum"]
    return found
