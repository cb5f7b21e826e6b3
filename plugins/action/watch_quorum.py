# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's part of watch_quorum: it takes over a record as the module returns it, and nothing else. Documented in plugins/modules."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted
from ansible_collections.corosync.quorum.plugins.plugin_utils._actions import Action, host_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import RECORD, StrangeAnswer, answer_of, discovered, record_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.question import in_time

Result = dict[str, t.Any]


class ActionModule(Action):
    """Runs the module. With `async` only what names the job comes back, and the result of the job comes to async_status, past this plugin."""

    _supports_async = True

    def _act(self) -> Result:
        result = self._started() if self._task.async_val else self._answer()
        facts = discovered(self)
        return dict(result, ansible_facts=facts) if facts else result

    def _started(self) -> Result:
        try:
            result = in_time(lambda: answer_of(self, (), task_vars=self._vars, wrap_async=True))
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as error:
            result = {"failed": True, "msg": quoted(str(error))}
        if result.get("failed"):
            result["msg"] = f"The watch was not started on {host_of(self._task, self._vars)}: {result.get('msg') or 'it gave no reason.'}"
        return result

    def _answer(self) -> Result:
        args = self._task.args
        answer = answer_of(self, RECORD, task_vars=self._vars)
        record = {key: answer.pop(key) for key in RECORD if key in answer}
        if answer.get("failed") or args.get("state") == "running":
            return answer
        try:
            return dict(answer, **record_of(record, has_offset=args.get("reference") is not None))
        except StrangeAnswer as error:
            return {"failed": True, "msg": f"The answer of {host_of(self._task, self._vars)} is not one that the module can give: {error}."}
