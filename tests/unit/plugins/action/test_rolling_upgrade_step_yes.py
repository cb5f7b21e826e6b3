# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing that stops a node runs without the yes of this turn, and nothing that hangs keeps a node or its batch for ever."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible.errors import AnsibleError

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_step as module
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait import question
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import Cluster
from ansible_collections.corosync.quorum.tests.unit.fakes.steps import (
    COMMAND,
    DRAINED,
    INFO,
    MARK,
    PHASES,
    RUN_ID,
    SERVICE,
    commands,
    gate,
    look,
    result,
    step,
    steps,
)

STOPPING = ["begin", "drain", "may_stop", "stop", "may_upgrade", "upgrade", "reboot", "refuse"]


@pytest.fixture(name="cluster")
def _cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    return steps(monkeypatch)


# ---- no stop without a yes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [phase for phase in STOPPING if phase != "refuse"])
def test_with_the_yes_of_this_turn_it_goes_on(cluster: Cluster, phase: str) -> None:
    assert not step(cluster, phase).get("failed")


def test_the_phase_that_refuses_in_place_of_the_users_tasks_never_passes(cluster: Cluster) -> None:
    """These would be left out, and the node upgraded while it runs."""
    said = "Refused to stop web3: the check before your own tasks was left out or failed, or a variable of the play contradicts what the gate said."
    assert step(cluster, "refuse")["msg"].startswith(said)


@pytest.mark.parametrize("phase", STOPPING)
@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"skipped": True},
        {"results": []},
        {"results": [{"skipped": True}]},
        gate(turn="t0"),
        gate(turn=None),
        gate(host="web2"),
        gate(safe=False),
        dict(gate(), failed=True),
        {"results": [*gate()["results"], {"failed": True, "msg": "web2 said no"}]},
        {"results": [*gate()["results"], {"unreachable": True, "msg": "web2 is out of reach"}]},
        "odd",
    ],
)
def test_without_it_nothing_that_stops_a_node_runs(cluster: Cluster, phase: str, answer: t.Any) -> None:
    """Nor what leads to a stop, such as a drain or an upgrade that restarts corosync: a play may ignore that a task before it has failed."""
    cluster.hostvars["web3"][registered.GATE] = answer
    result = step(cluster, phase)
    assert result["failed"] and result["msg"].startswith("Refused to stop web3: the gate was not asked in this turn, or did not say yes.")
    assert result["refused"] is True, "so the report knows that nothing was done"
    assert not cluster.calls


TOO_OLD = "Refused to stop web3: the gate said yes 3600 s ago, and an answer counts for 300 s. "


@pytest.mark.parametrize("phase", ["may_stop", "stop"])
@pytest.mark.parametrize("age", [301.0, 3600.0])
def test_a_yes_gets_old_before_the_stop(cluster: Cluster, phase: str, age: float) -> None:
    """Another host of the batch may hold all of them up, or a queue in front of few forks."""
    cluster.hostvars["web3"][registered.GATE] = gate(age)
    said = step(cluster, phase)["msg"]
    assert said.startswith(f"Refused to stop web3: the gate said yes {age:.0f} s ago, and an answer counts for 300 s.") and "raise --forks" in said
    assert not cluster.calls


def test_what_leads_to_a_stop_and_what_follows_it_may_take_its_time(cluster: Cluster) -> None:
    cluster.hostvars["web3"][registered.GATE] = gate(3600.0)
    assert not any(step(cluster, phase).get("failed") for phase in ("begin", "drain", "may_upgrade", "upgrade", "reboot"))


@pytest.mark.parametrize("phase", ["may_upgrade", "upgrade", "reboot"])
@pytest.mark.parametrize("stop", [None, {"skipped": True}, result(failed=True), result(turn="t0")])
def test_without_a_stop_a_yes_gets_old_for_what_may_stop_a_node(cluster: Cluster, phase: str, stop: t.Any) -> None:
    """A play may ignore that the stop was refused, and somebody may leave it out by --step. A package restarts corosync then."""
    cluster.options["reboot"] = "always"
    cluster.hostvars["web3"].update({registered.RESULTS["stop"]: stop, registered.GATE: gate(3600.0)})
    cluster.answers[INFO] = {"available": True, "quorate": True}
    assert step(cluster, phase)["msg"].startswith(TOO_OLD)
    assert [call[0] for call in cluster.calls] == [INFO]
    cluster.hostvars["web3"][registered.GATE] = gate()
    assert not step(cluster, phase).get("failed")


DOWN = {"available": False, "reason": "not_running"}


@pytest.mark.parametrize("phase", ["may_upgrade", "upgrade", "reboot"])
@pytest.mark.parametrize(
    ("said", "goes_on"),
    [(DOWN, True), (dict(DOWN, reason="not_configured"), False), ({"failed": True, "msg": "no"}, False), ({}, False), (AnsibleError("it hangs"), False)],
)
def test_a_node_that_does_not_run_is_not_stopped_by_that(cluster: Cluster, phase: str, said: t.Any, goes_on: bool) -> None:
    """The user's tasks have stopped it, and took long, or an earlier run has."""
    cluster.options["reboot"] = "always"
    cluster.hostvars["web3"].update({registered.RESULTS["stop"]: None, registered.GATE: gate(3600.0)})
    cluster.answers[INFO] = said
    assert not step(cluster, phase).get("failed") if goes_on else step(cluster, phase)["msg"].startswith(TOO_OLD)


REBOOT = "ansible.builtin.reboot"


@pytest.mark.parametrize(("said", "goes_on"), [({"available": True, "quorate": True}, False), (DOWN, True)])
def test_a_node_that_its_packages_have_started_is_not_rebooted_by_an_old_yes(cluster: Cluster, said: t.Any, goes_on: bool) -> None:
    """The cluster counts on it again, and another node may have failed since the gate was asked."""
    cluster.options["reboot"] = "always"
    cluster.hostvars["web3"][registered.GATE] = gate(3600.0)
    cluster.answers[INFO] = said
    answer = step(cluster, "reboot")
    assert not answer.get("failed") if goes_on else answer["msg"].startswith(TOO_OLD)
    assert (REBOOT in [call[0] for call in cluster.calls]) == goes_on


@pytest.mark.parametrize("age", [3600.0, 1.0])
def test_it_is_where_the_gate_has_said_yes_once_more(cluster: Cluster, age: float) -> None:
    cluster.options["reboot"] = "always"
    cluster.hostvars["web3"].update({registered.GATE: gate(3600.0), registered.GATE_REBOOT: gate(age)})
    cluster.answers[INFO] = {"available": True, "quorate": True}
    assert bool(step(cluster, "reboot").get("failed")) == (age > 300)


@pytest.mark.parametrize(
    ("option", "said", "asks"),
    [("always", {"available": True, "quorate": True}, True), ("always", {}, True), ("always", DOWN, False), ("if_required", {"available": True}, False)],
)
def test_the_gate_is_asked_before_a_reboot_that_stops_corosync(cluster: Cluster, option: str, said: t.Any, asks: bool) -> None:
    cluster.options["reboot"] = option
    cluster.answers[INFO] = said
    assert step(cluster, "may_reboot")["asks"] is asks


@pytest.mark.parametrize("stop", [None, result()])
def test_where_no_reboot_is_asked_for_an_old_yes_is_old_enough(cluster: Cluster, stop: t.Any) -> None:
    """Nothing is stopped then, whoever has stopped the node."""
    cluster.options["reboot"] = "if_required"
    cluster.hostvars["web3"].update({registered.RESULTS["stop"]: stop, registered.GATE: gate(3600.0)})
    cluster.answers[INFO] = {"available": True, "quorate": True}
    assert step(cluster, "reboot")["skipped"] is True


@pytest.mark.parametrize(("ahead", "is_refused"), [(-3600.0, True), (-6.0, True), (-4.0, False), (4.0, False), (6.0, True), (3600.0, True)])
def test_a_clock_that_was_set_says_nothing_of_an_age(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, ahead: float, is_refused: bool) -> None:
    """The controller itself may have stood still, and then the time that counts has not passed for it."""
    real = time.time()
    monkeypatch.setattr(time, "time", lambda: real + ahead)
    answer = step(cluster, "stop")
    assert bool(answer.get("failed")) == is_refused
    assert not is_refused or answer["msg"].startswith("Refused to stop web3: the clock of this controller was set after the gate said yes, or the controller")


def test_the_oldest_of_several_answers_counts(cluster: Cluster) -> None:
    """Where all are asked, one after the other. A host that could not be logged in to has answered nothing."""
    items = [result(900.0, skipped=True), result(400.0, asked="web1"), *gate()["results"]]
    cluster.hostvars["web3"][registered.GATE] = {"results": items}
    assert step(cluster, "stop")["msg"].startswith("Refused to stop web3: the gate said yes 400 s ago")
    cluster.hostvars["web3"][registered.GATE] = {"results": [items[0], *items[2:]]}
    assert not step(cluster, "stop").get("failed")


@pytest.mark.parametrize("started", ["", "yesterday", 5, None, ["x"]])
def test_a_yes_that_does_not_say_when_is_none(cluster: Cluster, started: t.Any) -> None:
    given = gate()
    given["results"][1]["started"] = started
    cluster.hostvars["web3"][registered.GATE] = given
    assert step(cluster, "stop")["msg"].startswith("Refused to stop web3: the gate was not asked in this turn")


def test_a_yes_gets_old_while_the_quorum_device_is_stopped(cluster: Cluster) -> None:
    def slow(args: dict[str, t.Any]) -> dict[str, t.Any]:
        cluster.hostvars["web3"][registered.GATE]["results"][1].update(result(3600.0))
        return {"changed": True}

    cluster.hostvars["web3"][registered.GATE] = gate(device=True)
    cluster.answers[SERVICE] = slow
    answer = step(cluster, "stop")
    assert answer["msg"].startswith(TOO_OLD) and "On web3 corosync runs on, but corosync-qdevice is stopped already. Start it first." in answer["msg"]
    assert commands(cluster) == ["corosync-qdevice stopped"] and "refused" not in answer


def test_nothing_begins_without_a_preflight(cluster: Cluster) -> None:
    """Nobody has the lock then, so two such plays would not see each other."""
    del cluster.hostvars["web1"][registered.PLAN]
    answer = step(cluster, "look")
    assert answer["msg"].startswith("Nothing was done on web3: no preflight of this play has accepted its cluster.") and not cluster.calls


@pytest.mark.parametrize("phase", [phase for phase in PHASES if phase not in ("gate", "done")])
@pytest.mark.parametrize("found", [None, {"skipped": True}, result(failed=True), result(turn="t0")])
def test_a_node_is_done_only_after_each_step_of_the_plan(cluster: Cluster, phase: str, found: t.Any) -> None:
    cluster.hostvars["web3"][registered.RESULTS[phase]] = found
    assert step(cluster, "done")["msg"].startswith(f"The upgrade of web3 is not complete: no result of {phase} in this turn.")
    assert not cluster.calls


def test_a_short_question_ends_in_any_case(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other hosts of the batch wait for it, some of them with a yes that gets old."""
    monkeypatch.setattr(question, "LONGEST", 0.2)
    cluster.answers[MARK] = lambda args: time.sleep(30) or {}
    assert step(cluster, "begin")["msg"] == "web3: it gave no answer within 0.2 s."


@pytest.fixture(name="hanging")
def _hanging(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """Nothing that is asked of web3 ever ends."""
    monkeypatch.setattr(module, "LONGEST", 0.2)
    monkeypatch.setattr(question, "LONGEST", 0.2)
    cluster.options["timeout"] = 0
    for name in (SERVICE, COMMAND, INFO, "ansible.builtin.setup", "ansible.builtin.stat", "ansible.builtin.package_facts"):
        cluster.answers[name] = lambda args: time.sleep(30) or {}
    return cluster


HUNG = "did not end within 0.2 s. It may still be at work on web3. If it needs longer, raise rolling_upgrade_timeout."
SILENT = "it gave no answer within 0.2 s."


def timed(cluster: Cluster, phase: str) -> str:
    """What a phase says that ends soon."""
    begun = time.monotonic()
    said = str(step(cluster, phase).get("msg", ""))
    assert time.monotonic() - begun < 5
    return said


@pytest.mark.parametrize(("phase", "verb"), [("stop", "Stopping"), ("start", "Starting")])
def test_a_step_of_a_stack_ends_in_any_case(hanging: Cluster, phase: str, verb: str) -> None:
    """So does the question what a service wrote that did not start."""
    assert timed(hanging, phase) == f"{verb} the service corosync {HUNG}"


def test_so_does_a_reboot_after_which_nothing_ends(hanging: Cluster) -> None:
    """Ansible looks at its own timeout between two tries alone. It may take it twice."""
    hanging.options.update(reboot="always", reboot_timeout=1)
    hanging.answers[REBOOT] = lambda args: time.sleep(30) or {}
    said = HUNG.replace("0.2", "2.2").replace("rolling_upgrade_timeout", "rolling_upgrade_reboot_timeout")
    assert timed(hanging, "reboot") == f"Rebooting web3 {said}"


def test_a_stop_may_take_longer(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 0.2)
    cluster.options["timeout"] = 1
    cluster.answers[SERVICE] = lambda args: time.sleep(2) or {"changed": True}
    assert not timed(cluster, "stop")
    assert timed(cluster, "start").startswith("Starting the service corosync did not end within 1.2 s.")


@pytest.mark.parametrize("phase", ["drain", "undrain"])
def test_so_does_a_question_to_pacemaker(hanging: Cluster, phase: str) -> None:
    hanging.options["stack"] = "crmsh"
    assert timed(hanging, phase) == f"Asking pacemaker for the name of this node did not succeed within 0 s: {SILENT}"
    answers = {"crm_node": lambda: {"rc": 0, "stdout": "web3"}}
    hanging.answers[COMMAND] = lambda args: answers.get(args["argv"][0], lambda: time.sleep(30))() or {}
    said = timed(hanging, phase)
    assert said == (
        f"`crm --wait node standby web3` {HUNG}"
        if phase == "drain"
        else f"Waiting until this node has joined pacemaker's cluster did not succeed within 0 s: {SILENT}"
    )


def test_so_does_a_try_that_never_ends_where_the_next_one_succeeds(hanging: Cluster) -> None:
    hanging.options.update(stack="crmsh", timeout=30)
    tries = iter([lambda: time.sleep(30), *[lambda: {"rc": 0, "stdout": "S_IDLE", "changed": True}] * 3])
    hanging.answers[COMMAND] = lambda args: next(tries)() or {}
    assert not timed(hanging, "drain")


@pytest.mark.parametrize("phase", ["look", "upgrade", "done"])
def test_versions_that_nobody_tells_keep_nothing(hanging: Cluster, phase: str) -> None:
    hanging.options["needed"] = True
    assert not timed(hanging, phase)


def test_so_does_what_is_asked_before_an_upgrade_and_a_reboot(hanging: Cluster) -> None:
    assert timed(hanging, "look") == f"web3: {SILENT}"
    hanging.options["reboot"] = "if_required"
    assert timed(hanging, "reboot") == f"web3: {SILENT}"
    hanging.hostvars["web3"].update({registered.RESULTS["stop"]: None, registered.GATE: gate(3600.0)})
    assert timed(hanging, "upgrade").startswith(TOO_OLD)


@pytest.mark.parametrize("again", [None, gate(turn="t0"), dict(gate(), failed=True), {"results": [{"failed": True, "msg": "no"}]}])
def test_after_a_drain_only_the_second_answer_counts(cluster: Cluster, again: t.Any) -> None:
    cluster.hostvars["web3"].update({registered.LOOK: look(phases=DRAINED), registered.RESULTS["gate_again"]: again})
    assert not step(cluster, "begin").get("failed") and not step(cluster, "drain").get("failed")
    cluster.calls.clear()
    for phase in ("may_stop", "stop", "upgrade", "reboot"):
        assert step(cluster, phase)["msg"].startswith("Refused to stop web3: ")
    assert not cluster.calls
    cluster.hostvars["web3"][registered.RESULTS["gate_again"]] = gate()
    assert not step(cluster, "stop").get("failed")


@pytest.mark.parametrize("phase", [*STOPPING, "installed", "start", "undrain", "done"])
@pytest.mark.parametrize(
    "found",
    [None, {}, {"skipped": True}, {"failed": True, "msg": "boom", "turn": "t1"}, look(run="an earlier one"), look(failed=True)],
)
def test_nothing_is_done_without_a_look_in_this_run(cluster: Cluster, phase: str, found: t.Any) -> None:
    cluster.hostvars["web3"][registered.LOOK] = found
    assert step(cluster, phase)["msg"].startswith("Nothing was done on web3: the task 'Find out what there is to do on this node' has not run in this run.")
    assert not cluster.calls


def test_nothing_is_done_once_the_run_is_over(cluster: Cluster) -> None:
    cluster.hostvars["web2"][registered.FINISHED] = {"run_id": RUN_ID}
    assert step(cluster, "stop")["failed"] and not cluster.calls


def test_an_answer_is_used_up_once_the_node_is_done(cluster: Cluster) -> None:
    """Also where another play of the same run skips the look and the gate."""
    cluster.hostvars["web3"][registered.RESULTS["done"]] = {"turn": "t1", "changed": True}
    assert step(cluster, "stop")["failed"] and not cluster.calls
    cluster.hostvars["web3"][registered.RESULTS["done"]] = {"turn": "t0", "changed": True}
    assert not step(cluster, "stop").get("failed")
