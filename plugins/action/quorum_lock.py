# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's part of quorum_lock: who takes the lock, and which run is over. Documented in plugins/modules."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import is_run_id
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions, _controller, _lock, _steady
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import answer_of

MODULE = "corosync.quorum.quorum_lock"
OWN = "_holder"
OWN_KEYS = ("lock", "taken", "replaced")
KEYS = ("changed", "failed", "msg", *OWN_KEYS)
# How often to try: between two looks the lock may go from one run that is over to another one.
ATTEMPTS = 3
Result = dict[str, t.Any]


class ActionModule(_actions.Action):
    """Runs the module. For state=taken it says who takes the lock, and whose may be taken over."""

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        if OWN in self._task.args:
            raise AnsibleActionFail(f"{OWN} is not for use in a task: remove it.")
        return super().run(tmp, task_vars)

    def _act(self) -> Result:
        args = dict(self._task.args)
        result = {"taken": self._take, "held": self._check}.get(str(args.get("state")), self._module)(args)
        if "lock" in result:
            result["lock"] = self._bounded(result["lock"])
        return result

    def _take(self, args: Result) -> Result:
        """Take it, also from a run that is over for sure. Raises Unusable where another run has it."""
        own, take_over = _controller.process(), _lock.take_over_of(args.get("take_over"))
        holder = dict(_controller.who(self._vars), **vars(own), role=str(args.get("role") or ""), since=_steady.now())
        for _dummy in range(ATTEMPTS):
            result = self._module(dict(args, take_over=take_over, **{OWN: holder}))
            if result.get("failed") or result.pop("taken", False):
                return result
            found = _lock.look_of(dict(result, lock_fault="")).holder
            if found is None or not _lock.has_ended(found, own, _controller.lives):
                break
            take_over = [*take_over, found.run_id]
        raise Unusable(_lock.refusal([self._node], found, own) if found else self._no_lock)

    def _check(self, args: Result) -> Result:
        """Whether the run still has it, and may go on. Raises Unusable where not."""
        result = self._module(args)
        look = _lock.look_of(dict(result, lock_fault=""))
        why = "" if result.get("failed") else _lock.doubt(self._node, look, str(args.get("run")), has_taken=not self._task.check_mode, before_a_node=True)
        if why:
            raise Unusable(f"Nothing more was stopped: {why}")
        return result

    @property
    def _node(self) -> str:
        return str(self._task.delegate_to or self._vars["inventory_hostname"])

    @property
    def _no_lock(self) -> str:
        return f"{self._node} answered with something that is not a lock."

    def _bounded(self, lock: t.Any) -> Result | None:
        """A lock as it is, in texts and numbers of the length that they can have. Raises Unusable."""
        if lock is None:
            return None
        holder = _lock.look_of({"lock": lock}).holder
        if holder is None:
            raise Unusable(self._no_lock)
        found = dict(vars(holder), **vars(holder.process), stop_requested=holder.stop_requested or None)
        return {name: found[name] for name in lock if name in found and name != "process"}

    def _module(self, args: Result) -> Result:
        """Only what the module is to return: a node may say anything."""
        answer = answer_of(self, OWN_KEYS, module_name=MODULE, module_args=args, task_vars=self._vars)
        result = {name: answer[name] for name in KEYS if name in answer}
        if "replaced" in result and not is_run_id(result["replaced"]):
            result["replaced"] = ""
        return result
