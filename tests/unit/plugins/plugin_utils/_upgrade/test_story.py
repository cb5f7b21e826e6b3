# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The story of the report: phases from what tasks have registered, results of nodes."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._report.given import report_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.journal import phases
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.story import Progress, story
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.verdict import verdict
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import at

NODE = ["gate", "begin", "stop", "upgrade", "installed", "start", "back", "done"]
RUN: t.Any = {"begun": at(0), "batches": [["a"], ["b"]], "nodeids": {"a": 1, "b": 2}, "resumed": [], "qdevice": False}


def results(*names: str, **more: t.Any) -> dict[str, t.Any]:
    """Each takes a second, one after the other."""
    found: dict[str, t.Any] = {name: {"started": at(place), "ended": at(place + 1), "turn": "t"} for place, name in enumerate(names)}
    found.update(more)
    return found


def named(found: list[t.Any]) -> list[tuple[str, str]]:
    return [(phase["phase"], phase["result"]) for phase in found]


def test_all_phases_of_a_node_that_is_done() -> None:
    found = phases(NODE, results(*NODE), None, at(99))
    assert named(found) == [("gate", "ok"), ("stop", "ok"), ("upgrade", "ok"), ("start", "ok"), ("rejoin", "ok")]
    assert (found[1]["started"], found[1]["ended"]) == (at(2), at(3))


def test_a_hook_lasts_from_the_phase_before_it_to_the_one_after_it() -> None:
    planned = ["gate", "begin", "stop_hook", "upgrade", "installed", "start", "back", "done"]
    found = phases(planned, results("gate", "begin", upgrade={"started": at(7), "ended": at(8)}), None, at(99))
    assert (found[1]["phase"], found[1]["started"], found[1]["ended"]) == ("stop", at(2), at(7))


def test_the_phase_that_failed_ends_now_with_the_reason() -> None:
    found = phases(NODE, results("gate", "begin", "stop", upgrade={"started": at(4), "ended": at(5), "failed": True}), {"detail": "the disk is full"}, at(6))
    assert named(found) == [("gate", "ok"), ("stop", "ok"), ("upgrade", "failed")]
    assert (found[-1]["detail"], found[-1]["ended"]) == ("the disk is full", at(6))


def test_a_hook_that_failed_began_when_the_phase_before_it_ended() -> None:
    found = phases(["gate", "begin", "stop", "upgrade_hook", "installed"], results("gate", "begin", "stop"), {"detail": "x"}, at(9))
    assert named(found) == [("gate", "ok"), ("stop", "ok"), ("upgrade", "failed")]
    assert (found[-1]["started"], found[-1]["ended"]) == (at(3), at(9))


def test_nothing_is_told_of_phases_that_did_not_begin() -> None:
    assert phases(NODE, {}, None, at(1)) == []
    assert named(phases(NODE, results("gate"), None, at(9))) == [("gate", "ok")]


def look(**more: t.Any) -> t.Any:
    return dict({"turn": "t", "run": at(0), "needed": True, "resumes": "", "tasks": "node.yml", "phases": NODE, "versions": {"corosync": "1"}}, **more)


def nodes_of(**hosts: Progress) -> dict[str, t.Any]:
    judged = verdict({}, ["a", "b"], False)
    found = story(RUN, ["a", "b"], hosts, {}, judged, 0, at(50))
    report_of(found)  # the page can be made of it
    return {node["name"]: (node["result"], node["nodeid"], node["from"], node["to"], [phase["phase"] for phase in node["phases"]]) for node in found["nodes"]}


def test_results_of_nodes() -> None:
    done = results(*NODE, done={"started": at(7), "ended": at(8), "turn": "t", "versions": {"corosync": "2"}})
    all_phases = ["gate", "stop", "upgrade", "start", "rejoin"]
    assert nodes_of(a=Progress(look(), done)) == {
        "a": ("upgraded", 1, {"corosync": "1"}, {"corosync": "2"}, all_phases),
        "b": ("untouched", 2, {}, {}, []),
    }
    assert nodes_of(a=Progress(look(needed=False, phases=[]), {}))["a"][0] == "unchanged"
    assert nodes_of(a=Progress(look(), results("gate"), failure="x"))["a"][0] == "failed"
    assert nodes_of(a=Progress(look(), results("gate"), lost=True))["a"][0] == "failed"
    assert nodes_of(a=Progress(None, {}, lost=True))["a"][0] == "failed"
    assert nodes_of(a=Progress(look(), results("gate", "begin", "stop")))["a"][0] == "running"


def test_what_was_registered_is_of_this_turn_and_run() -> None:
    loop = {"results": [{"turn": "t", "started": at(1), "ended": at(2)}, {"turn": "t", "started": at(3), "ended": at(4), "failed": True}, {"skipped": True}]}
    variables = {"__rolling_upgrade_back": loop, "__rolling_upgrade_done": {"turn": "an earlier one", "started": at(0), "ended": at(0)}}
    assert registered.results_of(variables, "t") == {"back": {"turn": "t", "started": at(1), "ended": at(4), "failed": True}}
    assert registered.look_of({registered.LOOK: look()}, RUN) is not None
    assert registered.look_of({registered.LOOK: look(run="an earlier one")}, RUN) is None
    assert registered.look_of({registered.LOOK: {"failed": True}}, RUN) is None
    assert registered.look_of({registered.LOOK: {"failed": True, "turn": None}}, RUN) is None
    assert registered.look_of({registered.LOOK: look(failed=True)}, RUN) is None


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
    assert registered.variables_of(hostvars, "elsewhere") == {}
