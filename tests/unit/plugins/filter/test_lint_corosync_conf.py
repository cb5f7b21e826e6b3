# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter lint_corosync_conf: what it takes, and that its findings are plain data."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.filter.lint_corosync_conf import FilterModule
from ansible_collections.corosync.quorum.tests.unit.fakes.templates import would_be_templated

lint_corosync_conf = FilterModule().filters()["lint_corosync_conf"]


def test_findings_are_plain_data() -> None:
    findings = lint_corosync_conf("quorum {\ntwo_node: yes\n}\n")
    assert {"id", "severity", "message", "advice", "line"} == set(findings[0])
    assert json.loads(json.dumps(findings)) == findings
    assert "refused_number" in [finding["id"] for finding in findings]


def test_text_of_the_file_cannot_become_a_template() -> None:
    messages = [finding["message"] for finding in lint_corosync_conf("nonsense {{{ lookup('pipe', 'id') }}\n")]
    assert any("{{ lookup" in message for message in messages)
    assert not any(map(would_be_templated, messages))


@pytest.mark.parametrize(
    ("given", "called"),
    [
        (None, "nothing (None)"),
        ([], "a list"),
        ({"content": ""}, "a dictionary"),
        (b"totem {", "bytes"),
        (3, "a number"),
        (True, "a boolean"),
        (object(), "type object"),
    ],
)
def test_anything_but_text_is_an_error_that_names_it(given: t.Any, called: str) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        lint_corosync_conf(given)
    assert "takes the text of a corosync.conf" in str(error.value)
    assert called in str(error.value)
    assert "b64decode" in str(error.value)
