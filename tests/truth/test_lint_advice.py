# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lint's advice about quorum is followed: corosync's simulator then knows no two quorate partitions, and lint finds nothing worse.

Where fencing decides between two quorate partitions (two_node), there are two on purpose, and the advice says so: not here.
"""

from __future__ import annotations

import itertools
import shutil
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.checks import CHECKS, lint

from .simulator import COMMAND, Simulator, SimulatorError

pytestmark = pytest.mark.skipif(shutil.which(COMMAND) is None, reason=f"{COMMAND} is not installed (Debian: corosync-vqsim)")


def configuration(votes: str, *quorum: str) -> str:
    nodes = [
        f"node {{\nname: node{number}\nnodeid: {number}\nring0_addr: 10.0.0.{number}\nquorum_votes: {each}\n}}" for number, each in enumerate(votes.split(), 1)
    ]
    totem = "totem {\nversion: 2\ncluster_name: advice\nconfig_version: 1\nsecauth: on\n}\nsystem {\nstate_dir: .\n}\n"
    return totem + "\n".join(["nodelist {", *nodes, "}", "quorum {", "provider: corosync_votequorum", *quorum, "}", ""])


class Advised(t.NamedTuple):
    check: str
    before: str
    advice: str  # its words
    after: str  # what whoever follows it has
    splits: bool = False  # the simulator shows two quorate partitions before


WAIT, LIST, LMS = "wait_for_all: 1", ("auto_tie_breaker: 1", "auto_tie_breaker_node: 1 3"), "last_man_standing: 1"
ADVISED = (
    Advised("two_node_without_two_nodes", configuration("1 1 1", "two_node: 1"), "Remove two_node.", configuration("1 1 1"), splits=True),
    Advised("two_node_without_two_nodes", configuration("1 1 1 1", "two_node: 1"), "Remove two_node.", configuration("1 1 1 1"), splits=True),
    Advised("two_node_without_two_nodes", configuration("1 1 1", "two_node: 1", "auto_tie_breaker: 1"), "Remove two_node.", configuration("1 1 1", LIST[0])),
    Advised(
        "two_node_with_tie_breaker",
        configuration("1 1 1", "two_node: 1", "auto_tie_breaker: 1"),
        "Remove two_node, which is for two nodes, and set wait_for_all: 1.",
        configuration("1 1 1", "auto_tie_breaker: 1", WAIT),
    ),
    Advised(
        "two_node_with_tie_breaker",
        configuration("1 1 1", "two_node: 1", "auto_tie_breaker: 1", "wait_for_all: 0"),
        "Remove two_node, which is for two nodes, and set wait_for_all: 1.",
        configuration("1 1 1", "auto_tie_breaker: 1", WAIT),
    ),
    Advised(
        "two_node_with_tie_breaker",
        configuration("1 1 1 1", "two_node: 1", "auto_tie_breaker: 1", WAIT),
        "Remove two_node, which is for two nodes.",
        configuration("1 1 1 1", "auto_tie_breaker: 1", WAIT),
    ),
    Advised(
        "two_node_with_tie_breaker",
        configuration("1 1", "two_node: 1", "auto_tie_breaker: 1"),
        "If there is fencing, remove auto_tie_breaker. If not, remove two_node, and set wait_for_all: 1.",
        configuration("1 1", "auto_tie_breaker: 1", WAIT),
    ),
    Advised(
        "expected_votes_split",
        configuration("1 1 1 1", "expected_votes: 2"),
        "Remove expected_votes: corosync adds up the votes of the nodelist.",
        configuration("1 1 1 1"),
        splits=True,
    ),
    Advised(
        "expected_votes_unreachable",
        configuration("1 1 1", "expected_votes: 9"),
        "Remove expected_votes: corosync adds up the votes of the nodelist.",
        configuration("1 1 1"),
    ),
    Advised(
        "expected_votes_overrides",
        configuration("1 1 1", "expected_votes: 4"),
        "Remove expected_votes: corosync adds up the votes of the nodelist.",
        configuration("1 1 1"),
    ),
    Advised(
        "tie_breaker_list_without_wait_for_all", configuration("1 1 1 1", *LIST), "Set wait_for_all: 1.", configuration("1 1 1 1", *LIST, WAIT), splits=True
    ),
    Advised("tie_breaker_dropped", configuration("1 1 1", LIST[0]), "Set wait_for_all: 1, or remove auto_tie_breaker.", configuration("1 1 1", LIST[0], WAIT)),
    Advised("tie_breaker_dropped", configuration("1 1 1", LIST[0]), "Set wait_for_all: 1, or remove auto_tie_breaker.", configuration("1 1 1")),
    Advised("last_man_standing_without_wait_for_all", configuration("1 1 1 1", LMS), "Set wait_for_all: 1.", configuration("1 1 1 1", LMS, WAIT)),
    Advised(
        "last_man_standing_tie_breaker",
        configuration("1 1 1 1", LMS, WAIT, LIST[0], "auto_tie_breaker_node: highest"),
        "Use auto_tie_breaker_node: lowest.",
        configuration("1 1 1 1", LMS, WAIT, LIST[0], "auto_tie_breaker_node: lowest"),
    ),
    Advised("no_votes", configuration("0 0 0"), "Remove the quorum_votes: 0 lines.", configuration("1 1 1")),
    Advised(
        "votes_wrap", configuration("255 255"), "Give nodes fewer votes: at most 509 together, a quorum device included.", configuration("254 255"), splits=True
    ),
    Advised("two_node_with_votes", configuration("1 2", "two_node: 1"), "Remove quorum_votes from both nodes.", configuration("1 1")),
    Advised(
        "allow_downscale",
        configuration("1 1 1", "allow_downscale: 1"),
        "Remove it. To shrink the cluster, remove nodes from the nodelist.",
        configuration("1 1 1"),
    ),
    Advised("expected_votes_tracking", configuration("1 1 1", "expected_votes_tracking: 1"), "Remove it.", configuration("1 1 1")),
)
_TITLES = [f"{advised.check}-{number}" for number, advised in enumerate(ADVISED)]


def quorate_twice(text: str, nodes: int) -> list[str]:
    """Each way to cut the cluster in two, from one ring and at a cold start, in which both sides are quorate."""
    everybody = range(1, nodes + 1)
    parts = [[1], [nodes], [*range(1, nodes // 2 + 1)]]
    cuts = [(part, [node for node in everybody if node not in part]) for number, part in enumerate(parts) if part not in parts[:number]]
    with ThreadPoolExecutor(len(cuts)) as pool:
        return list(itertools.chain(*pool.map(lambda cut: _cut(text, *cut), cuts)))


def _cut(text: str, part: list[int], rest: list[int], attempts: int = 3) -> list[str]:
    try:
        with Simulator(text, sorted(part + rest)) as simulator:
            simulator.settled()
            simulator.split(1, part)
            found = [f"{part} and {rest}"] * _both(simulator)
            for node in part + rest:
                simulator.down(node)
            for node, partition in [(node, 2) for node in part] + [(node, 3) for node in rest]:
                simulator.up(node, partition)
                simulator.settled()
            return found + [f"a cold start of {part} and {rest}"] * _both(simulator)
    except SimulatorError:
        if attempts == 1:
            raise
        return _cut(text, part, rest, attempts - 1)


def _both(simulator: Simulator) -> bool:
    return len({seen.partition for seen in simulator.settled().values() if seen.quorate}) > 1


def worst(text: str) -> dict[str, str]:
    return {found["id"]: found["advice"] for found in lint(text)}


@pytest.mark.parametrize("advised", ADVISED, ids=_TITLES)
def test_who_follows_the_advice_has_no_two_quorate_partitions(advised: Advised) -> None:
    nodes = advised.before.count("nodeid:")
    said = [found["advice"] for found in lint(advised.before) if found["id"] == advised.check]
    assert advised.advice in said
    assert advised.check not in worst(advised.after)
    assert not [found for found in lint(advised.after) if found["severity"] == "error"]
    assert not advised.splits or quorate_twice(advised.before, nodes)
    assert quorate_twice(advised.after, nodes) == []


def test_every_error_about_quorum_is_followed() -> None:
    """Those of other errors speak of names, addresses and sections."""
    others = {"no_quorum_section", "no_provider", "duplicate_nodeid", "duplicate_address", "node_without_address"}
    assert {check for check, severity, _judge in CHECKS if severity == "error"} - others <= {advised.check for advised in ADVISED}
