# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step of one node's upgrade: look what there is to do, drain, stop, upgrade, start, undrain. Private to the role rolling_upgrade.

Nothing here stops a node without the positive answer of the gate in this turn.
"""

from __future__ import annotations

import re
import secrets
import time
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.utils.display import Display

from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import look, registered, rehearsal, stacks, standing
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.action import MARK, TurnAction
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import is_of_many, listed
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.input import whole_number
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Gate, Look

Result = dict[str, t.Any]
display = Display()

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
# A variable of a helper host, of which each round of a run over many clusters has one
ROUND = "__rolling_upgrade_round"
REBOOT_REQUESTS = ("/run/reboot-required", "/run/reboot-needed")


class ActionModule(TurnAction):
    """One phase: `phase` names it."""

    def _begins_a_turn(self) -> bool:
        return str(self._args["phase"]) == "look"

    def _take(self) -> Result:
        phase = str(self._args["phase"])
        return self._look() if phase == "look" else self._of_turn(phase)

    def _of_turn(self, phase: str) -> Result:
        found = registered.look_of(self._vars, self._run)
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
            "installed": lambda: self._mark("start", self._is_rebooted(found)),
            "done": lambda: self._done(found),
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
        """Find out what there is to do on this node, or to bring to its end."""
        if ROUND in self._vars:
            display.display(str(self._vars[ROUND]))
            return {}
        why = self._why_not()
        if why:
            return {"skipped": True, "skip_reason": why}
        wishes = self._wishes()
        seen = _actions.run(self, MARK, {"state": "read", "path": str(self._options["state_file"])}, self._vars)
        mark = look.mark_of(seen, self._host, time.time())
        simulated = self._simulated() if wishes.asks else {}
        pending = bool(simulated.get("changed"))
        resumes = look.resumes_at(wishes, mark, pending)
        needed = look.needed(wishes, mark, pending)
        run = self._run
        phases = look.phases(wishes, resumes) if needed else []
        obstacles = stacks.obstacles(wishes.stack, wishes.hooks, seen, is_interrupted=True) if "stop" in phases else []
        if obstacles:
            raise AnsibleActionFail(" ".join(stacks.refusals(wishes.stack, {self._host: obstacles})))
        would = {"would": rehearsal.planned(simulated, list(map(look.package_name, self._packages)))} if self._task.check_mode else {}
        return dict(
            would,
            **Look(
                turn=secrets.token_hex(8),
                run=run["run_id"] if run else "",
                needed=needed,
                resumes=resumes,
                tasks=look.file_of(phases) if needed else "",
                phases=phases,
                versions=self._versions(),
                rebooted=resumes == "start" and mark is not None and mark["rebooted"],
            ),
        )

    def _why_not(self) -> str:
        """Why this run does nothing more in this cluster, which is one of many; empty where it goes on."""
        play = self._args.get("play")
        if play is None or not is_of_many(play):
            return ""
        run = registered.own_run(self._hostvars, self._play)
        return standing.why_not(self._play, self._hostvars, run) if run else "This cluster is not upgraded."

    def _wishes(self) -> look.Wishes:
        return look.wishes_of(self._options, str(self._vars.get("playbook_dir", ".")))

    def _simulated(self) -> Result:
        """What the package manager says that it would change."""
        facts = self._vars.get("ansible_facts") or {}
        manager = facts.get("pkg_mgr")
        if manager is None:
            found = _actions.succeed(
                self, "ansible.builtin.setup", {"gather_subset": ["!all", "!min", "pkg_mgr"]}, self._vars, "Looking for the package manager"
            )
            manager = _actions.inner(found, "ansible_facts").get("ansible_pkg_mgr")
        if manager == "apt":
            self._refresh_apt()
        what = "Asking which packages would be upgraded"
        return _actions.succeed(self, self._module(manager), self._wanted_packages(), self._vars, what, check_mode=True)

    def _refresh_apt(self) -> None:
        """Also in check mode. Otherwise Ansible's module does it, which installs the Python library that it needs where a small system does not have it."""
        what = "Refreshing apt's lists of packages"
        if self._task.check_mode:
            _actions.succeed(self, "ansible.builtin.command", {"argv": ["apt-get", "--quiet", "update"]}, self._vars, what, check_mode=False)
        else:
            _actions.succeed(self, "ansible.builtin.apt", {"update_cache": True}, self._vars, what)

    @staticmethod
    def _module(manager: t.Any) -> str:
        """ansible.builtin.package would look for the package manager again."""
        return "ansible.builtin.apt" if manager == "apt" else "ansible.builtin.package"

    def _wanted_packages(self) -> dict[str, t.Any]:
        return {"name": self._packages, "state": str(self._options["package_state"])}

    @property
    def _packages(self) -> list[str]:
        return list(listed(self._options["packages"]))

    def _versions(self) -> dict[str, str]:
        """For the report. A node whose versions nobody can list is upgraded all the same."""
        packages = self._packages
        if not packages:
            return {}
        found = _actions.run(self, "ansible.builtin.command", look.versions_command(packages), self._vars, check_mode=False)
        if not found.get("failed"):
            return look.versions(str(found.get("stdout") or ""))
        found = _actions.run(self, "ansible.builtin.package_facts", {}, self._vars, check_mode=False)
        return look.versions_of_facts(packages, _actions.inner(found, "ansible_facts", "packages"))

    # ---- the steps ---------------------------------------------------------------------------------------------------

    def _stack(self, phase: str) -> Result:
        """What the stack runs for a phase."""
        stack = str(self._options["stack"])
        answer = registered.gate_of(self._vars, self._turn)
        if phase == "drain" and answer is not None and answer["down"]:
            return {"skipped": True, "skip_reason": f"{self._host} is down already"}
        timeout = whole_number(self._options, "timeout")
        name = self._pacemaker_name(timeout) if stack == "crmsh" and phase in ("drain", "undrain") else ""
        changed = False
        for call in stacks.calls(stack, phase, device=self._has_device(answer), timeout=timeout, pacemaker_name=name):
            try:
                changed = bool(self._call(call, timeout).get("changed")) or changed
            except AnsibleActionFail as error:
                if phase != "start":
                    raise
                raise AnsibleActionFail("\n".join(filter(None, [str(error), self._said_by(str(call.args.get("name") or "corosync"))]))) from None
        return {"changed": changed}

    def _said_by(self, unit: str) -> str:
        """Why a service did not start, in its own words: systemd only says that it did not."""
        call = stacks.journal(unit)
        try:
            found = _actions.run(self, call.name, call.args, self._vars, check_mode=False)
        except AnsibleError:
            return ""
        return "" if found.get("failed") else stacks.said_by(unit, self._host, str(found.get("stdout") or ""))

    def _has_device(self, answer: Gate | None) -> bool:
        run = self._run
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
        packages = self._packages
        if not packages:
            return {}
        before = {} if self._task.check_mode else self._all_versions()
        result = _actions.succeed(self, "ansible.builtin.package", self._wanted_packages(), self._vars, f"Upgrading {', '.join(packages)}")
        after = self._all_versions() if before else {}
        return {"changed": bool(result.get("changed")), "packages": look.changed(before, after)}

    def _all_versions(self) -> dict[str, str]:
        """By package, of all that are installed, for the report: an upgrade changes more than was asked for. Empty where nobody can list them."""
        found = _actions.run(self, "ansible.builtin.command", look.versions_command([]), self._vars, check_mode=False)
        return {} if found.get("failed") else look.versions(str(found.get("stdout") or ""))

    def _reboot(self) -> Result:
        if str(self._options["reboot"]) != "always" and not self._asks_for_reboot():
            return {"skipped": True, "skip_reason": "the distribution does not ask for a reboot"}
        self._mark("reboot")
        args = {"reboot_timeout": whole_number(self._options, "reboot_timeout")}
        return {"changed": bool(_actions.succeed(self, "ansible.builtin.reboot", args, self._vars, f"Rebooting {self._host}").get("changed"))}

    def _asks_for_reboot(self) -> bool:
        found = (_actions.run(self, "ansible.builtin.stat", {"path": path}, self._vars) for path in REBOOT_REQUESTS)
        return any(_actions.inner(result, "stat").get("exists") for result in found)

    # ---- what a later run has to know --------------------------------------------------------------------------------

    def _mark(self, phase: str, rebooted: bool = False) -> Result:
        """On the node itself, so that a controller that dies takes nothing with it. A later run reads it in the preflight.

        Before the node is touched the run must have its lock. Later on it must not be another run's, which does this node now.
        """
        answer = registered.gate_of(self._vars, self._turn)
        run = self._run
        nodeid = answer["nodeid"] if answer else (run["nodeids"].get(self._host, 0) if run else 0)
        must_hold = phase == "stop" and run is not None
        return self._change_mark("written", phase=phase, nodeid=int(nodeid), rebooted=rebooted, must_hold=must_hold)

    def _is_rebooted(self, found: Look) -> bool:
        """In this turn, or by the interrupted run that this one goes on with."""
        return found["rebooted"] or registered.has_rebooted(self._vars, found["turn"])

    def _done(self, found: Look) -> Result:
        """The node is done: forget that its upgrade was under way, and see which versions it has now.

        Where the package manager would not tell a later run that nothing is left to do, the mark does so until this run has ended.
        """
        if self._wishes().is_for_every_node and self._run is not None:
            result = self._mark("done", self._is_rebooted(found))
        else:
            result = self._change_mark("removed")
        return dict(result, versions=self._versions())

    def _change_mark(self, state: str, **more: t.Any) -> Result:
        run = self._run
        args = dict(more, state=state, path=str(self._options["state_file"]), run=run["run_id"] if run else "")
        verb = "Writing" if state == "written" else "Removing"
        return {"changed": bool(_actions.succeed(self, MARK, args, self._vars, f"{verb} the role's mark on {self._host}").get("changed"))}
