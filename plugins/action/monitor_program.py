# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program corosync-quorum on a node: what there is to do, and doing it. Private to the role monitor."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils import _facts
from ansible_collections.corosync.quorum.plugins.plugin_utils._actions import Action
from ansible_collections.corosync.quorum.plugins.plugin_utils._monitor import unit
from ansible_collections.corosync.quorum.plugins.plugin_utils._monitor.plan import FOLDERS, ROOTS, Plan, diffs, plan, seen_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._monitor.wishes import Wishes, wishes_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import answer_of

MODULE = "corosync.quorum.monitor_files"
# The role's variables without its prefix. They are read here and are no arguments of the task, because some callbacks show these, and one is a secret.
VARIABLE = "__monitor_options"
READ = ("files", "texts", "token", "python", "root", "systemd", "textfile_fault", "textfile_danger", "textfile_is_roots", "ca_fault")
Result = dict[str, t.Any]


class ActionModule(Action):
    """phase: `plan` or `apply`."""

    def _act(self) -> Result:
        _facts.refuse(self._host, self._vars, lambda name: name.startswith(("monitor_", "__monitor_")))
        wishes = wishes_of(self._options())
        made = self._plan(wishes)
        return self._apply(wishes, made) if self._task.args.get("phase") == "apply" else self._said(wishes, made)

    def _options(self) -> Result:
        if VARIABLE not in self._vars:
            raise Unusable("monitor_program is private to the role corosync.quorum.monitor: use the role.")
        return dict(self._templar.template(self._vars[VARIABLE]))

    def _plan(self, wishes: Wishes) -> Plan:
        return plan(wishes, seen_of(self._read(wishes, [unit.PATH]), wishes, self._host))

    @staticmethod
    def _said(wishes: Wishes, made: Plan) -> Result:
        """For the role's tasks: whether the service is to run, has to be stopped first, and has its unit already."""
        return {"service": wishes.service, "stop": made.stop, "ready": wishes.service and unit.PATH not in made.write}

    def _apply(self, wishes: Wishes, made: Plan) -> Result:
        if not made.changes:
            return {}
        result: Result = {"changed": True}
        if self._task.diff:
            texts = self._read(wishes, list(made.write)).get("texts")
            result["diff"] = diffs(made, texts if isinstance(texts, dict) else {})
        if not self._task.check_mode:
            write = [{"path": path, "content": file.text, "mode": file.mode} for path, file in made.write.items()]
            remove = [path for path in made.remove if path not in made.metrics]
            self._module(wishes, state="written", write=write, remove=remove, metrics=made.metrics, token_wanted=made.token)
        return result

    def _read(self, wishes: Wishes, texts: list[str]) -> Result:
        return self._module(wishes, state="read", roots=list(ROOTS), texts=texts, textfile=wishes.textfile, ca_file=wishes.ca_file)

    def _module(self, wishes: Wishes, **arguments: t.Any) -> Result:
        """Its answer. Raises Unusable where it failed."""
        own = {"folders": list(FOLDERS), "token_file": unit.TOKEN_FILE, "token": wishes.token}
        answer = answer_of(self, READ, module_name=MODULE, module_args=dict(own, **arguments), task_vars=self._vars)
        if answer.get("failed"):
            raise Unusable(f"{self._host}: {answer.get('msg') or 'the module monitor_files failed and gave no reason'}")
        return answer
