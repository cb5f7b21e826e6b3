# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When hosts were down by plan, by what their tasks have registered."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.course import carried, course_of
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import T0, at

RUN: t.Any = {"run_id": "0123456789abcdef", "begun": at(0), "resumed": [], "nodeids": {"a": 1}, "configured": [1]}


def result(start: float, end: float, turn: str | None = None, **more: t.Any) -> dict[str, t.Any]:
    return dict({"turn": turn, "started": at(start), "ended": at(end)}, **more)


def aways(variables: t.Any) -> list[tuple[float, float | None]]:
    found = course_of(RUN, {"a": variables}, ["a"], 5.0).away["a"]
    assert all(away.quiet == 5.0 for away in found)
    return [(round(away.start - T0, 3), None if away.end is None else round(away.end - T0, 3)) for away in found]


class GatesAlone:
    """A play that stops a node between the gates, several times."""

    def __init__(self) -> None:
        self.variables: dict[str, t.Any] = {}

    def gate(self, start: float, **more: t.Any) -> None:
        items = [result(start, start + 1, carried=carried(RUN, self.variables), **more), result(start + 1, start + 1, skipped=True)]
        self.variables[registered.GATE] = {"results": items}

    def back(self, start: float, **more: t.Any) -> None:
        self.variables[registered.RESULTS["back"]] = {"results": [result(start, start + 5, **more)]}


def test_gates_alone_around_each_of_several_stops() -> None:
    play = GatesAlone()
    play.gate(10)
    play.back(20)
    assert aways(play.variables) == [(11, 25)]
    play.gate(30)
    assert aways(play.variables) == [(11, 25), (31, None)], "what was registered after the first start is no end of the second absence"
    play.back(40)
    assert aways(play.variables) == [(11, 25), (31, 45)]
    play.gate(50)
    play.gate(52)  # asked again, before the stop
    play.back(60)
    assert aways(play.variables) == [(11, 25), (31, 45), (53, 65)]


def test_gates_alone_of_which_a_later_one_says_no() -> None:
    play = GatesAlone()
    play.gate(10)
    play.back(20)
    play.gate(30, failed=True)
    assert aways(play.variables) == [(11, 25)]


def test_a_node_that_was_not_seen_to_be_back_has_ended_nothing() -> None:
    play = GatesAlone()
    play.gate(10)
    play.back(20, failed=True)
    play.gate(30)
    play.back(40)
    assert aways(play.variables) == [(31, 45)]


def test_the_role_that_has_several_turns_for_a_node() -> None:
    phases = ["gate", "stop", "start", "back", "done"]
    variables: dict[str, t.Any] = {}
    for turn, start in (("aa", 10), ("bb", 100)):
        look = {"turn": turn, "run": RUN["run_id"], "needed": True, "phases": phases, "carried": carried(RUN, variables)}
        variables[registered.LOOK] = look
        for number, phase in enumerate(phases):
            variables[registered.RESULTS[phase]] = result(start + number, start + number + 1, turn)
    assert aways(variables) == [(11, 14), (101, 104)]
    variables[registered.LOOK] = {"turn": "cc", "run": RUN["run_id"], "needed": False, "phases": [], "carried": carried(RUN, variables)}
    assert aways(variables) == [(11, 14), (101, 104)], "a third look finds nothing to do"
    variables[registered.LOOK] = {"failed": True, "msg": "no", "carried": carried(RUN, variables)}
    assert aways(variables) == [(11, 14), (101, 104)], "a look that fails"


@pytest.mark.parametrize("phase", ["stop", "stop_hook"])
def test_a_stop_that_was_refused_is_no_absence(phase: str) -> None:
    """What happens to the node after that is not by plan."""
    name = registered.RESULTS.get(phase) or registered.CHECKS[phase]
    look = {"turn": "aa", "run": RUN["run_id"], "needed": True, "phases": ["gate", phase, "start", "back", "done"]}
    variables = {registered.LOOK: look, registered.GATE: result(10, 11, "aa"), name: result(400, 400, "aa", failed=True, refused=True)}
    assert aways(variables) == []
    variables[name] = result(400, 401, "aa", failed=True)
    assert aways(variables) == [(400, None)]


def test_what_another_run_has_carried_is_nothing() -> None:
    play = GatesAlone()
    play.gate(10)
    play.back(20)
    play.gate(30)
    other: t.Any = dict(RUN, run_id="f" * 16)
    assert [away.start for away in course_of(other, {"a": play.variables}, ["a"], 5.0).away["a"]] == [T0 + 31]
    assert carried(None, play.variables) is None
