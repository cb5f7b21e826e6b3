# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the private actions share: why another module failed, and whether a host cannot be logged in to."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions


@pytest.mark.parametrize(
    "result, words",
    [
        ({"rc": 1, "msg": "non-zero return code", "stderr": "Error: no such node\n"}, "Error: no such node (exit code 1)"),
        ({"rc": 2, "msg": "Error executing command.", "stderr": "", "stdout": "\x1b[31mrefused\x1b[0m"}, "refused (exit code 2)"),
        ({"rc": 3, "msg": "non-zero return code", "stderr": " ", "stdout": ""}, "non-zero return code"),
        ({"msg": "Could not find the requested service", "stderr": "a warning"}, "Could not find the requested service"),
        ({}, "it gave no reason"),
    ],
)
def test_the_cause_is_what_the_program_wrote(result: dict[str, t.Any], words: str) -> None:
    assert _actions.cause(result) == words


@pytest.mark.parametrize(
    "results, words",
    [
        ([{"skipped": True}, 7, {"failed": True, "msg": "no room"}], "no room"),
        (7, "One or more items failed"),
        (None, "One or more items failed"),
        ({"failed": True}, "One or more items failed"),
    ],
)
def test_of_a_loop_the_item_that_failed_is_told(results: t.Any, words: str) -> None:
    failed = {"failed": True, "msg": "One or more items failed", "results": results}
    assert _actions.failure_of({"ansible_failed_task": {"name": "Ask"}, "ansible_failed_result": failed}) == ("Ask", words)


@pytest.mark.parametrize(
    "error, wanted",
    [
        (AnsibleConnectionFailure("Failed to connect to the host via ssh: No route to host"), True),
        (AnsibleConnectionFailure("Failed to create temporary directory. Disk quota?"), False),
        (AnsibleConnectionFailure("tee: /root/x: No space left on device"), False),
        (AnsibleError("a template is wrong"), False),
    ],
)
def test_a_host_that_answers_can_be_logged_in_to(error: AnsibleError, wanted: bool) -> None:
    assert _actions.cannot_log_in(error) is wanted
