# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's part of votequorum_info: what follows from a reading.

Ansible imports this file once a play. On a node the same code would be compiled again in each task.
"""

from __future__ import annotations

import time
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.plugin_utils._actions import host_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import result_of_action
from ansible_collections.corosync.quorum.plugins.plugin_utils._info import JUDGE, LOCK, RETURNED, judged
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import answer_of, discovered


class ActionModule(ActionBase):
    """Lets the node read, and judges what it has read."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        for name in (JUDGE, LOCK):
            if name in self._task.args:
                raise AnsibleActionFail(f"{name} is not for use in a task: remove it.")
        # Of a task in the background the result comes to async_status, past this plugin: then the node does all of it.
        background = bool(self._task.async_val)
        asked_at = utc(time.time())
        result.update(answer_of(self, RETURNED, module_args=dict(self._task.args, **{JUDGE: background}), task_vars=task_vars, wrap_async=background))
        facts = discovered(self)
        if facts:
            result["ansible_facts"] = facts
        if "invocation" in result:
            result["invocation"] = {"module_args": dict(self._task.args)}
        return result_of_action(judged(result, host_of(self._task, task_vars or {}), asked_at))
