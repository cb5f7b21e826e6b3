# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's part of votequorum_info: what follows from a reading.

Ansible imports this file once a play. On a node the same code would be compiled again in each task.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.corosync.quorum.plugins.module_utils._judge.assess import completed
from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import untemplated

OWN = "_judge"


class ActionModule(ActionBase):
    """Lets the node read, and judges what it has read."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        if OWN in self._task.args:
            raise AnsibleActionFail(f"{OWN} is not for use in a task: remove it.")
        # Of a task in the background the result comes to async_status, past this plugin: then the node does all of it.
        background = bool(self._task.async_val)
        result.update(self._execute_module(module_args=dict(self._task.args, **{OWN: background}), task_vars=task_vars, wrap_async=background))
        return _judged(result)


def _judged(result: dict[str, t.Any]) -> dict[str, t.Any]:
    """The module's result as the user gets it."""
    result.get("invocation", {}).get("module_args", {}).pop(OWN, None)
    reading = result.pop("reading", None)
    if reading is not None:
        result["votequorum"] = untemplated(completed(reading["value"], reading["cmap"], reading["files"]))
    return result
