# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The story of the report: phases from what tasks have registered, results of nodes."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._report.given import report_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.course import Course
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.journal import phases
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.story import Progress, refusal, story
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.verdict import verdict
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import at, mark

NODE = ["gate", "begin", "stop", "upgrade", "installed", "start", "back", "done"]
RUN: t.Any = {
    "begun": at(0),
    "run_id": "0123456789abcdef",
    "batches": [["a"], ["b"]],
    "nodeids": {"a": 1, "b": 2},
    "resumed": [],
    "qdevice": False,
    "cluster_name": "web",
}


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
    return dict({"turn": "t", "run": RUN["run_id"], "needed": True, "resumes": "", "tasks": "node.yml", "phases": NODE, "versions": {"corosync": "1"}}, **more)


def nodes_of(**hosts: Progress) -> dict[str, t.Any]:
    judged = verdict({}, ["a", "b"], Course(RUN["run_id"]))
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


def test_a_node_is_called_what_happened_to_it() -> None:
    def told(more: t.Any = None, **found: t.Any) -> str:
        done = {"started": at(7), "ended": at(8), "turn": "t", "versions": found.pop("versions", {"corosync": "1"})}
        return str(nodes_of(a=Progress(look(**(more or {})), results(*NODE, done=done, **found)))["a"][0])

    reboot = {"started": at(4), "ended": at(5), "turn": "t"}
    assert told() == "restarted"
    assert told(reboot=reboot) == "rebooted"
    assert told(reboot=dict(reboot, skipped=True)) == "restarted"
    assert told(reboot=reboot, versions={"corosync": "2"}) == "upgraded"
    assert told(upgrade=dict(reboot, packages={"libqb": ["1", "2"]})) == "upgraded"
    assert told({"resumes": "start", "phases": ["start", "back", "done"]}) == "done", "who knows what the interrupted run has done to it?"
    assert told({"phases": ["gate", "begin", "stop", "upgrade_hook", "installed", "start", "back", "done"]}) == "done"


def test_a_gate_that_said_no_is_no_failure_of_the_node() -> None:
    no = {"gate": {"started": at(0), "ended": at(1), "turn": "t", "failed": True}}
    assert nodes_of(a=Progress(look(), no, failure="Ask: Refused to stop a."))["a"][0] == "refused"
    again = results("gate", "begin", "drain", gate_again=dict(no["gate"], started=at(3)))
    drained = look(phases=["gate", "begin", "drain", "gate_again", "stop", "upgrade", "installed", "start", "back", "undrain", "done"])
    assert nodes_of(a=Progress(drained, again, failure="x"))["a"][0] == "refused"
    too_old = {"started": at(4), "ended": at(5), "turn": "t", "failed": True, "refused": True}
    assert nodes_of(a=Progress(look(), results("gate", "begin", stop=too_old), failure="Refused to stop a."))["a"][0] == "refused"
    assert nodes_of(a=Progress(look(), results("gate", "begin", "stop", upgrade=too_old), failure="Refused."))["a"][0] == "failed"
    hook = look(phases=["gate", "begin", "stop_hook", "upgrade", "installed", "start_hook", "back", "done"])
    assert nodes_of(a=Progress(hook, results("gate", "begin", stop_hook=too_old), failure="Refused to stop a."))["a"][0] == "refused"


def test_all_packages_that_changed() -> None:
    upgrade = {"started": at(3), "ended": at(4), "turn": "t", "packages": {"libqb": ["1", "2"], "new": ["", "7"], "corosync": ["1", "2"], "old": ["5", ""]}}
    done = {"started": at(7), "ended": at(8), "turn": "t", "versions": {"corosync": "2"}}
    found = nodes_of(a=Progress(look(), results(*NODE, upgrade=upgrade, done=done)))["a"]
    assert found[2:4] == ({"corosync": "1", "libqb": "1", "old": "5"}, {"corosync": "2", "libqb": "2", "new": "7"})


GATES = results("gate", back={"started": at(20), "ended": at(26), "turn": None})
STOPPED = mark(5, "corosync_unavailable", reason="not_running")
ALL = [("gate", "ok"), ("tasks", "ok"), ("rejoin", "ok")]


@pytest.mark.parametrize(
    "progress, timeline, result, told",
    [
        (Progress(None, GATES), [], "done", ALL),
        (Progress(None, GATES), [STOPPED], "restarted", ALL),
        (Progress(None, GATES), [STOPPED, mark(9, "watch_ended")], "rebooted", ALL),
        (Progress(None, GATES), [mark(5, "corosync_unavailable", reason="timeout"), mark(6, "corosync_available")], "done", ALL),
        (Progress(None, GATES), [mark(-30, "watch_ended"), mark(-20, "corosync_unavailable", reason="not_running"), mark(35, "watch_ended")], "done", ALL),
        (Progress(None, results("gate")), [STOPPED], "running", ALL[:1]),
        (Progress(None, {"gate": {"started": at(0), "ended": at(1), "failed": True}}, failure="no"), [], "refused", [("gate", "failed")]),
        (Progress(None, results("gate"), lost=True), [STOPPED], "failed", [("gate", "ok"), ("tasks", "failed")]),
        (Progress(None, dict(GATES, back=dict(GATES["back"], failed=True))), [], "failed", [*ALL[:2], ("rejoin", "failed")]),
    ],
)
def test_gates_alone(progress: Progress, timeline: list[t.Any], result: str, told: list[t.Any]) -> None:
    judged: t.Any = {"kept": True, "sentence": "", "losses": [], "gaps": []}
    record = {"timeline": timeline, "until": at(40), "now": at(40), "offset": 0.0}
    found = story(RUN, ["a"], {"a": progress}, {"a": record}, judged, 0, at(50))
    report_of(found)
    node = found["nodes"][0]
    assert (node["result"], named(node["phases"])) == (result, told)


def test_what_found_nothing_to_do_is_no_phase() -> None:
    planned = ["gate", "begin", "drain", "gate_again", "stop", "upgrade", "reboot", "installed", "start", "back", "done"]
    found = results(*planned)
    assert {("reboot", "ok"), ("drain", "ok")} <= set(named(phases(planned, found, None, at(99))))
    found["reboot"]["skipped"] = found["drain"]["skipped"] = found["gate"]["skipped"] = True
    assert [name for name, dummy in named(phases(planned, found, None, at(99)))] == ["gate", "gate", "stop", "upgrade", "start", "rejoin"]


def test_batches_are_what_was_taken_together() -> None:
    def turn(start: int, end: int) -> Progress:
        return Progress(None, {"gate": {"started": at(start), "ended": at(start + 1)}, "back": {"started": at(end - 1), "ended": at(end)}})

    judged = verdict({}, ["a", "b", "c", "d"], None)
    no = Progress(None, {"gate": {"started": at(20), "ended": at(21), "failed": True}}, failure="no")
    progress = {"c": turn(0, 10), "a": turn(2, 12), "b": turn(12, 20), "d": no}
    assert story(RUN, ["a", "b", "c", "d"], progress, {}, judged, 0, at(50))["batches"] == [["c", "a"], ["b"]]
    assert story(RUN, ["a", "b"], {}, {}, judged, 0, at(50))["batches"] == []


def test_an_earlier_record_goes_no_further_than_its_watch() -> None:
    entry = {"timeline": [STOPPED], "until": at(8), "now": at(9), "offset": 0.0}
    found = story(RUN, ["a"], {}, {}, verdict({}, ["a"], None), 0, at(50), [("f" * 16, "a", entry), ("e" * 16, "a", {"msg": "no"})])
    assert [[event["event"] for event in run["timelines"].get("a", [])] for run in found["earlier"]] == [["corosync_unavailable", "watch_ended"], []]


def test_a_refusal_is_a_page_too() -> None:
    found = refusal(["a", "b"], at(0), at(1), "No.\nBecause.")
    assert [(node.name, node.result) for node in report_of(found).nodes] == [("a", "untouched"), ("b", "untouched")] and report_of(
        found
    ).stopped == "No.\nBecause."
