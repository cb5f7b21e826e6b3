# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's options are rendered one by one, and each once."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleActionFail, AnsibleUndefinedVariable

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.given import OPTIONS, Given


def test_each_is_rendered_when_it_is_asked_for_and_once() -> None:
    rendered: list[str] = []

    def render(template: str) -> int:
        rendered.append(template)
        return len(rendered)

    given = Given(OPTIONS, {OPTIONS: {"spare": "{{ a }}", "timeout": "{{ b }}"}}, render)
    assert (given["timeout"], given["timeout"], rendered) == (1, 1, ["{{ b }}"])
    assert dict(given) == {"spare": 2, "timeout": 1} and len(given) == 2


def test_one_that_cannot_be_rendered_says_which() -> None:
    def render(dummy: str) -> t.Any:
        raise AnsibleUndefinedVariable("'b' is undefined")

    with pytest.raises(AnsibleActionFail, match=r"\{\{ b \}\} cannot be rendered: 'b' is undefined"):
        Given(OPTIONS, {OPTIONS: {"timeout": "{{ b }}"}}, render)["timeout"]


@pytest.mark.parametrize("variables", [{}, {OPTIONS: None}, {OPTIONS: "{{ x }}"}])
def test_outside_of_the_role_there_are_none(variables: dict[str, t.Any]) -> None:
    with pytest.raises(AnsibleActionFail, match="works in that role alone"):
        Given(OPTIONS, variables, str)
