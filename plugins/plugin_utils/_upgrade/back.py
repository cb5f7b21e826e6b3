# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What must be there again after a node was started, and in the end: conditions of wait_for_quorum. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import goal_of, unmet
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import check

from .types import Plan, Return

Conditions = dict[str, t.Any]


def on_the_node(host: str, must_return: Return, stable_for: float, timeout: float) -> Conditions:
    """What the node itself has to see: it is a member again, with the votes, the device and the links that there were, and that lasts."""
    wanted: Conditions = {
        "members": list(must_return["members"]),
        "stable_for": stable_for,
        "timeout": timeout,
        "msg": f"{host} has not come back into the cluster. The nodes after it were not touched.",
    }
    if must_return["min_votes"]:
        wanted["min_votes"] = must_return["min_votes"]
    if must_return["qdevice"]:
        wanted["qdevice"] = "voting"
    if must_return.get("links"):
        wanted["links"] = list(must_return["links"])
    return wanted


def by_another(host: str, witness: str, value: t.Any, timeout: float) -> Conditions:
    """What another host has to see of a node that sees this value: the node, on the same ring or a newer one. Raises ForecastError."""
    check(value)
    return {
        "members": [value["nodeid"]],
        "ring_newer_than": value["ring_id"]["seq"] - 1,
        "timeout": timeout,
        "msg": f"{host} is back, but {witness} does not see it. The nodes after it were not touched.",
    }


def is_met(conditions: Conditions, value: t.Any) -> bool:
    """Whether they hold already. Not if nothing was read, nor while a host does not know the node yet."""
    try:
        check(value)
        return not unmet(goal_of(dict(conditions, quorate=True)), value)
    except Unusable:
        return False


def in_the_end(plan: Plan | None, asked: str, timeout: float) -> Conditions:
    """What every host has to see when all is done: what there was before the first node."""
    wanted: Conditions = {"timeout": timeout, "msg": f"{asked} does not see the cluster as it was before the upgrade."}
    if plan and plan["members"]:
        wanted["members"] = list(plan["members"])
    if plan and plan["total_votes"]:
        wanted["min_votes"] = plan["total_votes"]
    if plan and plan["qdevice"]:
        wanted["qdevice"] = "voting"
    return wanted
