# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tasks have registered: whose run it is, which turn, and how often Ansible is asked for the variables of a host."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import at

RUN: t.Any = {"begun": at(0), "run_id": "0123456789abcdef"}
LOOK = {"turn": "t", "run": RUN["run_id"]}


def test_what_was_registered_is_of_this_turn_and_run() -> None:
    loop = {"results": [{"turn": "t", "started": at(1), "ended": at(2)}, {"turn": "t", "started": at(3), "ended": at(4), "failed": True}, {"skipped": True}]}
    variables = {"__rolling_upgrade_back": loop, "__rolling_upgrade_done": {"turn": "an earlier one", "started": at(0), "ended": at(0)}}
    assert registered.results_of(variables, "t") == {"back": {"turn": "t", "started": at(1), "ended": at(4), "failed": True}}
    assert registered.look_of({registered.LOOK: LOOK}, RUN) is not None
    assert registered.look_of({registered.LOOK: dict(LOOK, run="an earlier one")}, RUN) is None
    assert registered.look_of({registered.LOOK: {"failed": True}}, RUN) is None
    assert registered.look_of({registered.LOOK: {"failed": True, "turn": None}}, RUN) is None
    assert registered.look_of({registered.LOOK: dict(LOOK, failed=True)}, RUN) is None


def test_without_a_run_no_host_was_looked_at() -> None:
    assert registered.look_of({registered.LOOK: dict(LOOK, run="")}, None) is None


FAILED, BEGUN = {"turn": "t", "started": at(1), "failed": True}, {"turn": "t", "started": at(0)}


@pytest.mark.parametrize(
    ("found", "has_failed"),
    [
        ({}, False),
        ({"begin": BEGUN}, False),
        ({"gate": FAILED}, False),
        ({"begin": BEGUN, "start": FAILED}, True),
        ({"start": FAILED}, True),
        ({"begin": BEGUN, "start": dict(FAILED, turn="an earlier one")}, False),
    ],
)
def test_a_host_has_failed_behind_its_first_gate(found: dict[str, t.Any], has_failed: bool) -> None:
    """A node whose gate said no is as it was. What a user's task has failed at, Ansible alone tells, until the next failure."""
    variables = {registered.LOOK: dict(LOOK, phases=["gate", "begin"]), **{registered.RESULTS[phase]: result for phase, result in found.items()}}
    assert registered.has_failed_in_turn(variables, RUN) is has_failed
    by_the_user = dict(variables, ansible_failed_result={"failed": True, "msg": "no"})
    assert registered.has_failed_in_turn(by_the_user, RUN) is (has_failed or "begin" in found)
    assert registered.has_failed_in_turn(variables, RUN, is_lost=True) is (has_failed or "begin" in found)
    assert not registered.has_failed_in_turn({**by_the_user, registered.RESULTS["done"]: BEGUN}, RUN)
    assert not registered.has_failed_in_turn(by_the_user, None)


def test_a_reboot_to_which_the_gate_said_no_has_not_begun() -> None:
    asked = {registered.GATE_REBOOT: {"results": [FAILED]}}
    assert registered.results_of(asked, FAILED["turn"]) == {"reboot": dict(FAILED, refused=True)}
    assert registered.results_of({registered.GATE_REBOOT: {"results": [BEGUN]}}, BEGUN["turn"]) == {}


def test_the_gates_answer_is_that_of_this_turn() -> None:
    yes = {"results": [{"skipped": True}, {"gate": {"turn": "t", "safe": True}}]}
    assert registered.gate_of({"__rolling_upgrade_gate": yes}, "t") == {"turn": "t", "safe": True}
    assert registered.gate_of({"__rolling_upgrade_gate": yes}, "another") is None
    assert registered.gate_of({"__rolling_upgrade_gate": {"results": [{"failed": True, "msg": "no"}]}}, "t") is None
    assert registered.gate_of({}, None) is None
    later = [{"failed": True, "msg": "no"}, {"unreachable": True}]
    for item in later:
        assert registered.gate_of({"__rolling_upgrade_gate": {"results": [*yes["results"], item]}}, "t") is None
    assert registered.gate_of({"__rolling_upgrade_gate": dict(yes, failed=True)}, "t") is None


class Undefined(dict[str, t.Any]):
    """Of a host that the inventory does not have, Ansible's hostvars return what is undefined and raise no KeyError."""

    def __missing__(self, key: str) -> t.Any:
        raise AssertionError(key)


def test_a_host_that_the_inventory_does_not_have_has_registered_nothing() -> None:
    hostvars = Undefined(a={registered.PLAN: RUN})
    assert registered.current_run(hostvars, ["elsewhere", "a"]) == RUN


@pytest.mark.parametrize("run_id", [None, "", 5, "../../../etc/passwd", "0123456789ABCDEF", "0123456789abcdef\n", ["0123456789abcdef"]])
def test_what_does_not_name_a_run_is_none(run_id: t.Any) -> None:
    """Files on the nodes are called by the name of the run."""
    assert registered.current_run({"a": {registered.PLAN: dict(RUN, run_id=run_id)}}, ["a"]) is None


def test_of_two_runs_that_began_in_the_same_moment_one_is_over() -> None:
    other = dict(RUN, run_id="f" * 16)
    hostvars = {"a": {registered.PLAN: RUN}, "b": {registered.PLAN: other}, "c": {registered.FINISHED: {"run_id": "f" * 16}}}
    assert registered.current_run(hostvars, ["a", "b", "c"]) == RUN
    assert registered.variables_of(hostvars, "elsewhere") == {}


class Hostvars(dict[str, t.Any]):
    """As Ansible's: variables of a host as they are, or with their templates replaced. asked: for whose."""

    def __init__(self, **variables: t.Any) -> None:
        super().__init__(variables)
        self.asked: list[str] = []

    def __getitem__(self, host: str) -> t.Any:
        return dict(self.raw_get(host), templated=True)

    def raw_get(self, host: str) -> t.Any:
        self.asked.append(host)
        return super().__getitem__(host)


@pytest.mark.parametrize("kind, is_templated", [(registered.Once, True), (registered.Raw, False)])
def test_the_variables_of_a_host_are_read_once(kind: type[registered.Once], is_templated: bool) -> None:
    hostvars = Hostvars(a={registered.PLAN: RUN}, b={})
    found = kind(hostvars)
    assert hostvars.asked == []
    assert registered.current_run(found, ["a", "b", "elsewhere"]) == registered.current_run(found, ["a"]) == RUN
    assert hostvars.asked == ["a", "b"]
    assert ("templated" in found["a"]) == is_templated
    assert (list(found), len(found), "elsewhere" in found) == (["a", "b"], 2, False)
