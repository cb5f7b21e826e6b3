# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role includes next is no fact's to say. A dictionary stands for Jinja's context, of which only `get` is used."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.filter.rolling_upgrade_next import rolling_upgrade_next
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.tests.unit.fakes.templates import would_be_templated

PLAY = {"host": "web1", "cluster": ["web1", "web2"], "batch": ["web1"], "everyone": ["web1", "web2"], "active": ["web1", "web2"]}
RUN: dict[str, t.Any] = {"run_id": "0123456789abcdef", "begun": "2026-11-28T10:00:00.000000Z"}
LOOK = {"turn": "1", "run": RUN["run_id"], "needed": True, "resumes": "", "tasks": "node.yml", "phases": ["gate", "begin"], "versions": {}}


def asked(what: str, more: t.Any = None, given: t.Any = None, **facts: t.Any) -> t.Any:
    return rolling_upgrade_next({"inventory_hostname": "web1", "ansible_facts": facts}, given or PLAY, what, more)


@pytest.mark.parametrize("name", ["rolling_upgrade_start_tasks", "__rolling_upgrade_look", "rolling_upgrade_plan"])
def test_a_fact_with_a_name_of_the_role_is_refused(name: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"web1 has facts with the names of variables of the role: {name}"):
        asked("ask", **{name: "anything"})
    assert asked("before_stop", distribution="Debian", upgrade="no") == ["web2"]


def test_another_host_s_facts_are_refused_where_its_variables_count() -> None:
    hostvars = {"web1": {}, "web2": {"ansible_facts": {"rolling_upgrade_plan": {"begun": "9999"}}}}
    with pytest.raises(AnsibleFilterError, match="web2 has facts"):
        asked("begin", hostvars)


@pytest.mark.parametrize(
    ("look", "tasks", "phases"),
    [
        (LOOK, "node.yml", ["gate", "begin"]),
        (dict(LOOK, tasks="phases.yml"), "phases.yml", ["gate", "begin"]),
        (dict(LOOK, tasks="/tmp/other.yml"), "", ["gate", "begin"]),
        (dict(LOOK, failed=True), "", []),
        (None, "", []),
    ],
)
def test_only_files_of_the_role_are_included(look: t.Any, tasks: str, phases: list[str]) -> None:
    hostvars = {"web1": {registered.LOOK: look}, "web2": {registered.PLAN: RUN}}
    assert (asked("tasks", hostvars), asked("phases", hostvars)) == (tasks, [{"file": phase, "of": phases} for phase in phases])


def yes(age: float = 1.0, **more: t.Any) -> t.Any:
    at = utc(time.time() - age)
    answer = dict({"turn": "1", "host": "web1", "safe": True}, **more)
    return {"results": [{"skipped": True}, {"gate": answer, "turn": "1", "started": at, "ended": at, "ahead": 0.0}]}


def hook(phase: str, found: dict[str, t.Any]) -> str:
    hostvars = {"web1": found, "web2": {registered.PLAN: RUN}}
    return str(asked("hook_after_yes", {"file": "/plays/x.yml", "phase": phase, "hostvars": hostvars}))


CHECKED = {registered.CHECKS[f"{step}_hook"]: {"turn": "1"} for step in ("stop", "upgrade")}


@pytest.mark.parametrize("phase", ["drain", "stop", "upgrade"])
@pytest.mark.parametrize(
    ("found", "file"),
    [
        ({registered.LOOK: LOOK, registered.GATE: yes()}, "/plays/x.yml"),
        ({registered.LOOK: LOOK, registered.GATE: yes(age=3600.0)}, "/plays/x.yml"),
        ({registered.LOOK: LOOK, registered.GATE: yes(turn="0")}, "refuse.yml"),
        ({registered.LOOK: LOOK, registered.GATE: yes(safe=False)}, "refuse.yml"),
        ({registered.LOOK: LOOK, registered.GATE: yes(host="web2")}, "refuse.yml"),
        ({registered.LOOK: LOOK}, "refuse.yml"),
        ({registered.LOOK: dict(LOOK, run="another"), registered.GATE: yes()}, "refuse.yml"),
        ({registered.LOOK: LOOK, registered.GATE: yes(), registered.RESULTS["done"]: {"turn": "1"}}, "refuse.yml"),
        ({registered.GATE: yes()}, "refuse.yml"),
        ({}, "refuse.yml"),
    ],
)
def test_the_users_tasks_that_stop_a_node_need_the_gates_yes_in_this_turn(phase: str, found: t.Any, file: str) -> None:
    """However old it is: the check before them has a clock. Ansible asks for the file again while they run, up to ansible-core 2.18."""
    assert hook(phase, {**CHECKED, **found}) == file


@pytest.mark.parametrize("phase", ["stop", "upgrade"])
@pytest.mark.parametrize("check", [None, {"skipped": True}, {"turn": "0"}, {"turn": "1", "failed": True}, {"turn": "1", "skipped": True}])
def test_they_need_the_check_before_them(phase: str, check: t.Any) -> None:
    """A play may ignore that it failed."""
    name = registered.CHECKS[f"{phase}_hook"]
    assert hook(phase, {**CHECKED, registered.LOOK: LOOK, registered.GATE: yes(), name: check}) == "refuse.yml"


@pytest.mark.parametrize(("phase", "file"), [("drain", "/plays/x.yml"), ("upgrade", "refuse.yml"), ("stop", "refuse.yml")])
def test_a_drain_needs_the_first_yes_and_a_stop_the_one_after_it(phase: str, file: str) -> None:
    found = {registered.LOOK: dict(LOOK, phases=["gate", "drain_hook", "gate_again"]), registered.GATE: yes(age=3600.0)}
    assert hook(phase, {**CHECKED, **found}) == file


@pytest.mark.parametrize(
    ("gates", "wanted"),
    [
        ({"web1": {"failed": True}}, True),
        ({"web1": {"failed": True}, "web2": {"results": [{"failed": True}], "failed": True}}, True),
        ({"web1": {"failed": True}, "web2": yes()}, False),
        ({"web1": {"failed": True}, "web2": None}, False),
        ({"web1": {"failed": True}, "web2": {"results": [{"skipped": True}], "skipped": True}}, False),
        ({"web1": {"failed": True}, "web2": {"results": []}}, False),
        ({"web1": {"failed": True}, "web2": {"results": [{"unreachable": True}]}}, True),
    ],
)
def test_a_play_of_gates_alone_gives_its_lock_back_where_no_host_of_the_batch_may_be_stopped(gates: dict[str, t.Any], wanted: bool) -> None:
    hostvars = {host: {registered.GATE: gates.get(host)} for host in ("web1", "web2")}
    assert asked("gives_back", hostvars, given=dict(PLAY, batch=list(gates))) is wanted


def test_its_answer_is_no_template() -> None:
    hook = {"hooks": {"stop": "{{ lookup('pipe', 'id') }}"}}
    assert not would_be_templated(asked("hooks", "/plays", given=hook)["stop"])
