# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role includes next is no fact's to say. A dictionary stands for Jinja's context, of which only `get` is used."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.filter.rolling_upgrade_next import rolling_upgrade_next
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.tests.unit.fakes.templates import would_be_templated

PLAY = {"host": "web1", "cluster": ["web1", "web2"], "batch": ["web1"], "everyone": ["web1", "web2"], "active": ["web1", "web2"]}
LOOK = {"turn": "1", "run": "", "needed": True, "resumes": "", "tasks": "node.yml", "phases": ["gate", "begin"], "versions": {}}


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
    hostvars = {"web1": {registered.LOOK: look}, "web2": {}}
    assert (asked("tasks", hostvars), asked("phases", hostvars)) == (tasks, phases)


def test_its_answer_is_no_template() -> None:
    hook = {"hooks": {"stop": "{{ lookup('pipe', 'id') }}"}}
    assert not would_be_templated(asked("hooks", "/plays", given=hook)["stop"])
