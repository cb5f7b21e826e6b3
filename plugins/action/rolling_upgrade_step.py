# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step of one node's upgrade: look what there is to do, drain, stop, upgrade, start, undrain. Private to the role rolling_upgrade.

Nothing here stops a node without the positive answer of the gate in this turn.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions
from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import untemplated
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import look, registered, stacks
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.input import whole_number
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Gate, Look, Mark, Run

Result = dict[str, t.Any]

# The folder that is the role's own: made for the mark, and for root alone. A folder of somebody else stays as it is.
OWN_FOLDER = "/var/lib/corosync-quorum"
# Phases that stop a node or lead to it, and the gate whose yes each needs. An upgrade may restart corosync, and a reboot does, also where a task before
# it was skipped or its failure ignored.
NEEDS_A_YES = {
    "begin": "gate",
    "drain": "gate",
    "may_stop": "gate_again",
    "stop": "gate_again",
    "upgrade": "gate_again",
    "reboot": "gate_again",
}
REBOOT_REQUESTS = ("/run/reboot-required", "/run/reboot-needed")


class ActionModule(ActionBase):
    """One phase: `phase` names it."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._args = dict(self._task.args)
        self._options: dict[str, t.Any] = dict(self._args["options"])
        self._host = str(self._vars["inventory_hostname"])
        started, turn = _actions.now(), self._turn()
        phase = str(self._args["phase"])
        try:
            result = self._look() if phase == "look" else self._of_turn(phase)
        except (AnsibleActionFail, Unusable) as error:
            # Returned and not raised: ansible-core says what an action raises twice.
            result = {"failed": True, "msg": str(error)}
        return dict({"changed": False, "turn": turn, "started": started, "ended": _actions.now()}, **untemplated(result))

    def _of_turn(self, phase: str) -> Result:
        found = self._found()
        if found is None or registered.is_done(self._vars, found["turn"]):
            raise AnsibleActionFail(
                f"Nothing was done on {self._host}: what there is to do was not looked for in this run. Run the role from its start, without "
                "--start-at-task and without tags."
            )
        if phase in NEEDS_A_YES:
            self._check_answer(found, NEEDS_A_YES[phase])
        steps: dict[str, t.Callable[[], Result]] = {
            "begin": lambda: self._mark("stop"),
            "may_stop": dict,
            "upgrade": self._upgrade,
            "reboot": self._reboot,
            "installed": lambda: self._mark("start"),
            "done": self._done,
        }
        return steps[phase]() if phase in steps else self._stack(phase)

    def _check_answer(self, found: Look, name: str) -> None:
        """Fail unless the gate said yes to this stop, in this turn. Where the node was drained, only the answer after that counts."""
        if name == "gate_again" and name not in found["phases"]:
            name = "gate"
        answer = registered.answer_of(self._vars.get(registered.RESULTS[name]))
        if answer is None or answer["turn"] != found["turn"] or not answer["safe"] or answer["host"] != self._host:
            raise AnsibleActionFail(
                f"Refused to stop {self._host}: the gate was not asked in this turn, or did not say yes. Run the role from its start, without "
                "--start-at-task and without tags."
            )

    # ---- what there is to do -----------------------------------------------------------------------------------------

    def _look(self) -> Result:
        """See what there is to do on this node, or to bring to its end."""
        packages = list(self._options["packages"])
        mark = self._read_mark()
        asks = str(self._options["needed"]) == "auto" and bool(packages)
        pending = asks and self._is_pending()
        resumes = look.resumes_at(mark, pending)
        needed = look.needed(self._options["needed"], asks, pending, resumes)
        run = self._run()
        phases = look.phases(self._wishes(), resumes) if needed else []
        return dict(
            Look(
                turn=secrets.token_hex(8),
                run=run["begun"] if run else "",
                needed=needed,
                resumes=resumes,
                tasks=look.file_of(phases) if needed else "",
                phases=phases,
                versions=self._versions(),
            )
        )

    def _read_mark(self) -> Mark | None:
        path = str(self._options["state_file"])
        try:
            return look.read_mark(_actions.read_file(self, path, self._vars))
        except look.NoMark as error:
            raise AnsibleActionFail(look.fault(path, self._host, error)) from error

    def _wishes(self) -> look.Wishes:
        hooks = look.hooks_of(registered.hooks_in(self._options["hooks"]), str(self._vars.get("playbook_dir", ".")))
        return look.Wishes(stack=str(self._options["stack"]), hooks=hooks, reboots=str(self._options["reboot"]) != "never")

    def _is_pending(self) -> bool:
        """Ask the package manager whether it would change anything."""
        facts = self._vars.get("ansible_facts") or {}
        manager = facts.get("pkg_mgr")
        if manager is None:
            found = _actions.succeed(
                self, "ansible.builtin.setup", {"gather_subset": ["!all", "!min", "pkg_mgr"]}, self._vars, "Looking for the package manager"
            )
            manager = found["ansible_facts"].get("ansible_pkg_mgr")
        if manager == "apt":
            _actions.succeed(self, "ansible.builtin.apt", {"update_cache": True}, self._vars, "Refreshing apt's lists of packages", check_mode=False)
        return bool(
            _actions.succeed(self, self._module(manager), self._wanted_packages(), self._vars, "Asking which packages would be upgraded", check_mode=True).get(
                "changed"
            )
        )

    @staticmethod
    def _module(manager: t.Any) -> str:
        """ansible.builtin.package would look for the package manager again."""
        return "ansible.builtin.apt" if manager == "apt" else "ansible.builtin.package"

    def _wanted_packages(self) -> dict[str, t.Any]:
        return {"name": list(self._options["packages"]), "state": str(self._options["package_state"])}

    def _versions(self) -> dict[str, str]:
        packages = list(self._options["packages"])
        if not packages:
            return {}
        found = _actions.succeed(self, "ansible.builtin.package_facts", {}, self._vars, "Looking which packages are installed", check_mode=False)
        return look.versions(packages, found["ansible_facts"].get("packages") or {})

    # ---- the steps ---------------------------------------------------------------------------------------------------

    def _stack(self, phase: str) -> Result:
        """What the stack runs for a phase."""
        stack = str(self._options["stack"])
        answer = registered.gate_of(self._vars, self._turn())
        if phase == "drain" and answer is not None and answer["down"]:
            return {"skipped": True, "skip_reason": f"{self._host} is down already"}
        timeout = whole_number(self._options, "timeout")
        name = self._pacemaker_name(timeout) if stack == "crmsh" and phase in ("drain", "undrain") else ""
        changed = False
        for call in stacks.calls(stack, phase, device=self._has_device(answer), timeout=timeout, pacemaker_name=name):
            changed = bool(self._call(call, timeout).get("changed")) or changed
        return {"changed": changed}

    def _has_device(self, answer: Gate | None) -> bool:
        run = self._run()
        return bool((answer and answer["device"]) or (run and run["qdevice"]))

    def _pacemaker_name(self, timeout: int) -> str:
        return str(self._call(stacks.PACEMAKER_NAME, timeout).get("stdout") or "").strip()

    def _call(self, call: stacks.Call, timeout: int) -> Result:
        """Run one call; one with `until` is tried once a second. Raises AnsibleActionFail."""
        check_mode = False if call.only_reads else None
        if not call.until:
            return _actions.succeed(self, call.name, call.args, self._vars, call.what, check_mode)
        deadline = time.monotonic() + timeout
        while True:
            result = _actions.run(self, call.name, call.args, self._vars, check_mode)
            if not result.get("failed") and re.search(call.until, str(result.get("stdout") or "")):
                return dict(result, changed=False)
            if time.monotonic() > deadline:
                raise AnsibleActionFail(f"{call.what} did not succeed within {timeout} s: {_actions.cause(result)}")
            time.sleep(1)

    def _upgrade(self) -> Result:
        packages = list(self._options["packages"])
        if not packages:
            return {}
        result = _actions.succeed(self, "ansible.builtin.package", self._wanted_packages(), self._vars, f"Upgrading {', '.join(packages)}")
        return {"changed": bool(result.get("changed"))}

    def _reboot(self) -> Result:
        if str(self._options["reboot"]) != "always" and not self._asks_for_reboot():
            return {"skipped": True, "skip_reason": "the distribution does not ask for a reboot"}
        args = {"reboot_timeout": whole_number(self._options, "reboot_timeout")}
        return {"changed": bool(_actions.succeed(self, "ansible.builtin.reboot", args, self._vars, f"Rebooting {self._host}").get("changed"))}

    def _asks_for_reboot(self) -> bool:
        found = (_actions.run(self, "ansible.builtin.stat", {"path": path}, self._vars) for path in REBOOT_REQUESTS)
        return any(result.get("stat", {}).get("exists") for result in found)

    # ---- what a later run has to know --------------------------------------------------------------------------------

    def _mark(self, phase: str) -> Result:
        """On the node itself, so that a controller that dies takes nothing with it. A later run reads it in the preflight."""
        path = str(self._options["state_file"])
        folder = os.path.dirname(path)
        if phase == "stop":
            mode = {"mode": "0700"} if folder == OWN_FOLDER else {}
            _actions.succeed(self, "ansible.builtin.file", dict({"path": folder, "state": "directory"}, **mode), self._vars, f"Making the folder {folder}")
        answer = registered.gate_of(self._vars, self._turn())
        run = self._run()
        nodeid = answer["nodeid"] if answer else (run["nodeids"].get(self._host, 0) if run else 0)
        line = json.dumps({"phase": phase, "nodeid": int(nodeid)})
        args = {"path": path, "line": line, "regexp": "^", "create": True, "mode": "0600"}
        return {"changed": bool(_actions.succeed(self, "ansible.builtin.lineinfile", args, self._vars, f"Writing {path}").get("changed"))}

    def _done(self) -> Result:
        """The node is done: forget that its upgrade was under way, and see which versions it has now."""
        removed = _actions.succeed(
            self, "ansible.builtin.file", {"path": str(self._options["state_file"]), "state": "absent"}, self._vars, "Removing the role's mark"
        )
        return {"changed": bool(removed.get("changed")), "versions": self._versions()}

    def _run(self) -> Run | None:
        return registered.current_run(self._vars["hostvars"], list(self._options["hosts"]))

    def _found(self) -> Look | None:
        return registered.look_of(self._vars, self._run())

    def _turn(self) -> str | None:
        return registered.turn_of(self._vars, self._run())
