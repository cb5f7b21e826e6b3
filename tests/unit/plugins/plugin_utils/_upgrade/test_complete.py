# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes of a cluster are down: by its nodelist, and without one by the votes that are expected."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.stops import Clock, Witnesses
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import gate
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.complete import absent, others_down
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.plan import plan
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node, value

Value = dict[str, t.Any]
UNKNOWN = "an unknown node (1 of 5 expected votes lacking, and corosync.conf has no nodelist)"


def unlisted(down: t.Collection[int] = (1,), forgotten: t.Collection[int] = (), asked: int = 2, **more: t.Any) -> Value:
    """Five nodes with one vote each, and no nodelist. forgotten: those that the node asked has not seen since it was restarted."""
    nodes = [node(nodeid, nodeid not in down, configured=None, name=None, expected_votes=5) for nodeid in range(1, 6) if nodeid not in forgotten]
    return t.cast("Value", value(nodes=nodes, asked=asked, **{"expected_votes": 5, "highest_expected": 5, "quorum": 3, "missing": [], "quorate": True, **more}))


SHRUNK = {"expected_votes": 4, "highest_expected": 4, "last_man_standing": True}


@pytest.mark.parametrize(
    ("a_value", "leaving", "down"),
    [
        (unlisted(down=()), [], ""),
        (unlisted(), [], "node id 1"),
        (unlisted(), [1], ""),
        (unlisted(down=(1, 5)), [5], "node id 1"),
        (unlisted(forgotten=(1,)), [], UNKNOWN),
        (unlisted(forgotten=(1,), expected_votes=4), [], ""),
        (unlisted(expected_votes=4), [], ""),
        (unlisted(**SHRUNK), [], "node id 1"),
        (value([1, 1, 1], members=[1, 2]), [], "node3"),
        (value([1, 1, 1], members=[1, 2]), [3], ""),
        (value([1, 1, 1], members=[1, 2], expected_votes=9), [3], ""),
    ],
    ids=[
        "all are there",
        "one is down",
        "it is the one that goes",
        "another one goes, and is down already",
        "who was asked has forgotten it",
        "and it is expected no more",
        "it is known, and gone for good",
        "what is expected follows the members",
        "a nodelist",
        "a nodelist, and it is the one that goes",
        "a nodelist says more than votes",
    ],
)
def test_which_nodes_are_down(a_value: Value, leaving: list[int], down: str) -> None:
    assert others_down(t.cast(t.Any, a_value), leaving) == down
    assert bool(absent(t.cast(t.Any, a_value), leaving)) is (bool(down) and down != UNKNOWN)


@pytest.mark.parametrize(("a_value", "down"), [(unlisted(), "node id 1"), (unlisted(forgotten=(1,)), UNKNOWN), (unlisted(**SHRUNK), "node id 1")])
def test_no_other_node_is_stopped_meanwhile(a_value: Value, down: str) -> None:
    """Three of five stay, which is enough for quorum, so votes alone would say yes. The gate, the preflight and the report of many clusters agree."""
    found = gate.judge(gate.Stop(host="web4", batch={"web4": 4}), "web2", {"available": True, "votequorum": a_value, "lock": None, "lock_fault": ""})
    assert not found["safe"] and f"Other nodes are down already: {down}." in found["msg"]
    assert (found["after"] or {})["total_votes"] == 3

    hosts = {f"web{nodeid}": dict(a_value, nodeid=nodeid, problems=[]) for nodeid in (2, 3, 4, 5)}
    refusals = plan({host: {"available": True, "quorate": True, "votequorum": each} for host, each in hosts.items()})["refusals"]
    assert len(refusals) == 1 and refusals[0].startswith(f"Not a member: {down}. Only a complete cluster is upgraded")

    assert Witnesses(t.cast(t.Any, hosts), [], Clock(0, 0)).answer([4]) == (False, f"Other nodes are down already: {down}.")
