# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last words of a run that stops: what failed, on which node, which nodes are as they were, and what to do."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._named import named
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.last_words import End, Failure, end_of, failed_phase, is_last_to_speak, last_words
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.look import HOOKS, STACKS, Wishes, phases
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.story import Progress

AGAIN = "When this is corrected, run the playbook again."
PHASES = ("gate", "begin", "drain", "gate_again", "stop", "upgrade_hook", "reboot", "installed", "start", "watch_again", "back", "check", "undrain", "done")


def words(*failures: Failure, how: t.Any = "failed", **more: t.Any) -> str:
    return last_words(End(how, failures=failures, **more))


def test_a_refusal_has_a_line_for_each_reason() -> None:
    assert words(how="refused", reasons=["web1 is away.", "web2 too."]).split("\n") == [
        "This cluster cannot be upgraded now, and nothing was changed.",
        "web1 is away.",
        "web2 too.",
        AGAIN,
    ]


def test_a_run_that_did_not_begin() -> None:
    held = words(how="not_begun", reasons=["Another run has the lock on web1: run 1\x1b[31m"], more="The lock was given back.")
    assert held == (
        r"The upgrade did not begin. Another run has the lock on web1: run 1\x1b[31m. All nodes are as they were. The lock was given back. " + AGAIN
    )


@pytest.mark.parametrize(
    "why, said",
    [
        ("Refused to stop web3: no. Nothing was changed.", "Refused to stop web3: no. Nothing was changed. "),
        ("the disk of this node is full", "web3 was not stopped. the disk of web3 is full. "),
        ("no", "web3 was not stopped. web3: no. "),
        ("", "web3 was not stopped. "),
    ],
)
def test_a_gate_that_is_used_alone(why: str, said: str) -> None:
    assert words(Failure("web3", "gate", why), how="not_stopped") == said + AGAIN


def test_a_cluster_that_is_not_as_before() -> None:
    said = words(how="not_as_before", reasons=["web1 does not see it", ""], more="The report is in /r.html")
    assert said == (
        "All nodes were done, but the cluster is not as it was before. web1 does not see it. When this is corrected, run the playbook again: it touches no "
        "node that is done. The report is in /r.html"
    )


@pytest.mark.parametrize(
    "phase, beginning, state",
    [
        ("", "Stopped before web2.", "As they were: web2, web1."),
        ("gate", "Stopped before web2.", "As they were: web2, web1."),
        ("begin", "Stopped before web2.", "As they were: web2, web1."),
        ("drain", "Stopped because web2 failed.", "web2 may be drained, and its corosync runs on. Done: web3. As they were: web1."),
        ("gate_again", "Stopped before web2.", "web2 is drained, and its corosync runs on. Done: web3. As they were: web1."),
        ("stop", "Stopped because web2 failed.", "Corosync is down on web2, or may be."),
        ("upgrade", "Stopped because web2 failed.", "Corosync is down on web2, or may be."),
        ("reboot", "Stopped because web2 failed.", "Corosync is down on web2, or may be."),
        ("installed", "Stopped because web2 failed.", "Corosync is down on web2, or may be."),
        ("start", "Stopped because web2 failed.", "Corosync is down on web2, or may be."),
        ("watch_again", "Stopped because web2 failed.", "web2 was started, but is not back as it has to be."),
        ("back", "Stopped because web2 failed.", "web2 was started, but is not back as it has to be."),
        ("check", "Stopped because web2 failed.", "web2 is back in the cluster, but not done."),
        ("undrain", "Stopped because web2 failed.", "web2 is back in the cluster, but not done."),
        ("done", "Stopped because web2 failed.", "web2 is back in the cluster, but not done."),
    ],
)
def test_a_node_is_where_its_phase_has_left_it(phase: str, beginning: str, state: str) -> None:
    said = words(Failure("web2", phase, "Do it on this node: no"), done=["web3"], untouched=["web1"])
    assert said.startswith(f"{beginning} Do it on web2: no. ") and state in said
    advice = "Fix web2 and" if "failed" in beginning else "When this is corrected,"
    assert said.endswith(f"{advice} run the playbook again; it resumes there.")


def test_every_phase_of_every_stack_has_a_state() -> None:
    found = {phase for stack in STACKS for hooks in ({}, dict.fromkeys(HOOKS, "x")) for phase in phases(Wishes(stack, hooks, "always"), "")}
    changing = {phase.replace("_hook", "") for phase in found} - {"gate", "begin"}
    assert all(Failure("web1", phase, "no").changed for phase in changing)
    assert not Failure("web1", "gate", "no").changed and not Failure("web1", "begin", "no").changed


def test_what_nobody_knows_is_no_node_that_is_as_it_was() -> None:
    said = words(Failure("web2", "", ""), untouched=["web1"])
    assert said == "Stopped because web2 failed. As they were: web1. Fix web2 and run the playbook again; it resumes there."


def test_a_host_that_is_lost() -> None:
    said = words(Failure("web2", "stop", "", lost=True), Failure("web3", "back", "not back on web3"), under_way=["web4"], more="The report is in /r.html")
    assert said == (
        "Stopped because web2, web3 failed. Ansible lost contact with web2. not back on web3. Corosync is down on web2, or may be. web3 was started, but is "
        "not back as it has to be. Under way: web4. See that Ansible can log in to web2 and that the node is well, and run the playbook again; it resumes "
        "there. The report is in /r.html"
    )


def test_a_long_reason_is_cut() -> None:
    assert len(words(Failure("web2", "upgrade", "x" * 5000))) < 1000


# ---- where a node is -----------------------------------------------------------------------------------------------------


def progress(*names: str, failed: str = "", planned: t.Sequence[str] = PHASES, failure: str = "no", **more: t.Any) -> Progress:
    """These phases were registered, and one of them failed."""
    look: t.Any = {"turn": "t", "run": "r", "needed": True, "resumes": "", "tasks": "", "phases": list(planned), "versions": {}, "rebooted": False}
    return Progress(look, {name: {"started": "s", "failed": name == failed} for name in names}, failure, **more)


@pytest.mark.parametrize(
    "found, phase",
    [
        (Progress(None, {}, "no"), ""),
        (progress(), "gate"),
        (progress("gate", failed="gate"), "gate"),
        (progress("gate", "begin"), "drain"),
        (progress("gate", "begin", "drain", "gate_again", failed="gate_again"), "gate_again"),
        (progress("gate", "begin", "drain", "gate_again", "stop"), "upgrade"),  # the user's tasks register nothing
        (progress("gate", "begin", "drain", "gate_again", "stop", "reboot", "installed", "start", failed="start"), "start"),
        (progress("gate", "begin", "drain", "gate_again", "stop", "reboot", "installed", "start", "back", failed="back"), "back"),
        (progress("gate", "begin", "drain", "gate_again", "stop", "reboot", "installed", "start", "back"), "check"),
        (progress(*PHASES), "done"),
        (progress(planned=[]), ""),
    ],
)
def test_the_phase_that_failed(found: Progress, phase: str) -> None:
    assert failed_phase(found) == phase


@pytest.mark.parametrize(
    ("planned", "refused", "phase", "state"),
    [
        (["gate", "begin", "stop", "done"], "stop", "gate", "Stopped before web3. no. As they were: web3, web1."),
        (["gate", "begin", "stop_hook", "done"], "stop_hook", "gate", "Stopped before web3. no. As they were: web3, web1."),
        (PHASES, "stop", "gate_again", "Stopped before web3. no. web3 is drained, and its corosync runs on. As they were: web1."),
        (PHASES, "drain", "gate", "Stopped before web3. no. As they were: web3, web1."),
        (
            PHASES,
            "reboot",
            "gate_reboot",
            "Stopped before web3. no. web3 is upgraded, but was not rebooted. Corosync runs there, or may run. As they were: web1.",
        ),
    ],
)
def test_a_stop_that_was_refused_has_not_begun(planned: list[str], refused: str, phase: str, state: str) -> None:
    """Nor has what leads to it, nor a reboot."""
    passed = progress(*planned[: planned.index(refused)], planned=planned, failure="no on web3")
    found = Progress(passed.look, {**passed.results, refused: {"started": "s", "failed": True, "refused": True}}, "no on web3")
    assert failed_phase(found) == phase
    assert last_words(end_of(["web1", "web3"], {"web3": found}, ["web3"])).startswith(state.replace(" no.", " no on web3."))


def test_the_end_of_an_upgrade() -> None:
    found = {"web4": progress(*PHASES, failure=""), "web3": progress("gate", "begin", "drain"), "web5": progress("gate", failure="")}
    end = end_of(["web1", "web2", "web3", "web4", "web5"], found, ["web3", "web2"], "more")
    assert [(failure.host, failure.phase) for failure in end.failures] == [("web3", "gate_again"), ("web2", "")]
    assert (end.done, end.untouched, end.under_way, end.more) == (["web4"], ["web1"], ["web5"], "more")


@pytest.mark.parametrize(
    "host, batch, failing, speaks",
    [
        ("web3", ["web3"], ["web3"], True),
        ("web3", [], [], True),
        ("web3", ["web3", "web5"], ["web3"], False),
        ("web3", ["web3", "web5"], ["web3", "web5"], False),
        ("web5", ["web3", "web5"], ["web3", "web5"], True),
        ("web5", ["web5"], ["web5"], True),
        ("web5", ["web5"], [], True),
    ],
)
def test_who_speaks_for_a_batch(host: str, batch: list[str], failing: list[str], speaks: bool) -> None:
    assert is_last_to_speak(host, batch, failing) is speaks


def test_a_sentence_names_its_node() -> None:
    assert named("web1", "corosync is not running on this node. This host has none of the others' thesis nodes.") == (
        "corosync is not running on web1. web1 has none of the others' thesis nodes."
    )
    assert named(r"w\1", "on this node") == r"on w\1"
