# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic and the forecast against corosync's own simulator; and that this comparison finds a rule that is wrong."""

from __future__ import annotations

import shutil
import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._forecast import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import Daemon

from .comparison import compared
from .configuration import Configuration, Qdevice
from .run import compare
from .scenario import SHORT_WINDOW, Event, Scenario
from .simulator import COMMAND

pytestmark = pytest.mark.skipif(shutil.which(COMMAND) is None, reason=f"{COMMAND} is not installed (Debian: corosync-vqsim)")


def test_no_disagreement_in_500_sequences() -> None:
    report = compare(500, first_seed=1)
    print(report)
    assert not report.disagreements, str(report)
    assert report.counts["sequences"] >= 490, "hypothesis ran out of different sequences"
    assert report.counts["predictions"] > 1500 and report.counts["quorate"] > 500, "too few forecasts to prove anything"
    assert report.counts["reordered"] <= 50, "so many that need another order of messages point to a wrong one"


FIVE = {1: 1, 2: 1, 3: 1, 4: 1, 5: 1}
FOUR = {1: 1, 2: 1, 3: 1, 4: 1}


def _lose(*nodes: int, partition: int = 1, pause: bool = False) -> Event:
    return Event("split", nodes, partition, pause=pause)


# A scenario for each rule, and what breaks the rule: with it, the simulator must disagree.
MUTANTS: dict[str, tuple[str, t.Callable[..., t.Any], Scenario]] = {}


def _mutant(name: str, function: str, scenario: Scenario) -> t.Callable[[t.Callable[..., t.Any]], t.Callable[..., t.Any]]:
    def register(broken: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        MUTANTS[name] = (function, broken, scenario)
        return broken

    return register


_calculated, _judged, _heard, _ring_changed = arithmetic._calculated, arithmetic._judged, arithmetic.heard, arithmetic.ring_changed


@_mutant("quorum is half", "_calculated", Scenario(Configuration(FOUR), (_lose(1, 2),)))
def _half(daemon: Daemon, decrease: bool, expected: int) -> tuple[int, int]:
    quorum, votes = _calculated(daemon, decrease, expected)
    return max(1, quorum - 1), votes


@_mutant("quorum falls with the members", "_calculated", Scenario(Configuration(FIVE), (_lose(1, 2, 3),)))
def _forgets_expected_votes(daemon: Daemon, decrease: bool, expected: int) -> tuple[int, int]:
    votes = _calculated(daemon, decrease, expected)[1]
    return (votes + 2) // 2, votes


@_mutant("quorum has more than 8 bits", "_judged", Scenario(Configuration(dict.fromkeys(range(1, 7), 100)), (_lose(2, 3, 4, 5, 6),)))
def _wide_quorum(daemon: Daemon) -> Daemon:
    return _judged(daemon._replace(quorum=(daemon.nodes[daemon.us].expected_votes + 2) // 2))


@_mutant("two_node is ignored", "_calculated", Scenario(Configuration({1: 1, 2: 1}, two_node=True), (_lose(2),)))
def _ignores_two_node(daemon: Daemon, decrease: bool, expected: int) -> tuple[int, int]:
    return _calculated(daemon._replace(rules=daemon.rules._replace(two_node=False)), decrease, expected)


@_mutant(
    "wait_for_all is ignored",
    "_judged",
    Scenario(Configuration({1: 1, 2: 1, 3: 1}, wait_for_all=True), (Event("down", (1,)), Event("down", (2,)), Event("up", (1,), 1), Event("up", (2,), 1))),
)
def _waits_for_nobody(daemon: Daemon) -> Daemon:
    return _judged(daemon._replace(rules=daemon.rules._replace(wait_for_all=False)))._replace(rules=daemon.rules)


@_mutant("the tie-breaker forgets how many went", "_judged", Scenario(Configuration(FIVE, wait_for_all=True, tie_breaker="lowest"), (_lose(3, 4, 5),)))
def _counts_nobody_gone(daemon: Daemon) -> Daemon:
    return _judged(daemon._replace(previous=daemon.ring))._replace(previous=daemon.previous)


@_mutant(
    "the window changes nothing",
    "window_elapsed",
    Scenario(Configuration(FIVE, last_man_standing=True, window=SHORT_WINDOW), (_lose(1, pause=True), _lose(2, pause=True), _lose(3, partition=2, pause=True))),
)
def _no_window(daemon: Daemon) -> Daemon:
    return daemon


@_mutant(
    "a device votes for all",
    "heard",
    Scenario(Configuration({1: 1, 2: 1, 3: 1}, qdevice=Qdevice(2)), (Event("qdevice_on", (1,)), _lose(2, 3), Event("qdevice_off", (1,)))),
)
def _device_for_all(daemon: Daemon, info: arithmetic.Nodeinfo) -> Daemon:
    return arithmetic._with_own_flags(_heard(daemon, info), daemon.nodes[daemon.us].flags | arithmetic.QDEVICE_CASTS)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_rule_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function, broken, scenario = MUTANTS[name]
    assert compared(scenario).kind != "disagreed"
    monkeypatch.setattr(arithmetic, function, broken)
    assert compared(scenario).kind == "disagreed"
