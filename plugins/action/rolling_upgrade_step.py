# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step of one node's upgrade: look what there is to do, drain, stop, upgrade, start, undrain. Private to the role rolling_upgrade.

Nothing here stops a node without the positive answer of the gate in this turn.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import time
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.utils.display import Display

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted
from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions, _info, _steady
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import look, registered, rehearsal, stacks, standing
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.action import MARK, TurnAction
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import listed
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.input import whole_number
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.one_clock import look_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.permission import NotAllowed, look_with_yes, refuse_reboot, refuse_to_go_on
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.reading import read_record
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import ClockLook, Gate, Look, Run
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.question import LONGEST, in_time
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.watchdog import Overdue, Watchdog

Result = dict[str, t.Any]
display = Display()

# A variable of a helper host, of which each round of a run over many clusters has one
ROUND = "__rolling_upgrade_round"
REBOOT_REQUESTS = ("/run/reboot-required", "/run/reboot-needed")
# A stop may take so many times what another step may: what is cut off has half stopped the node, and pacemaker's resources may take long.
STOP_TAKES = 3


class ActionModule(TurnAction):
    """One phase: `phase` names it."""

    def _begins_a_turn(self) -> bool:
        return str(self._args["phase"]) == "look"

    def _take(self) -> Result:
        phase = str(self._args["phase"])
        return self._look() if phase == "look" else self._of_turn(phase)

    def _of_turn(self, phase: str) -> Result:
        found = look_with_yes(self._host, self._vars, self._run, phase, _steady.moment(), self._corosync_runs)
        steps: dict[str, t.Callable[[], Result]] = {
            "begin": lambda: self._mark("stop"),
            "may_stop": dict,
            "may_upgrade": dict,
            "refuse": self._contradicted,
            "upgrade": self._upgrade,
            "may_reboot": self._may_reboot,
            "reboot": lambda: self._reboot(found),
            "installed": lambda: self._mark("start", self._is_rebooted(found)),
            "done": lambda: self._done(found),
        }
        return steps[phase]() if phase in steps else self._stack(phase, found)

    def _result_of(self, error: AnsibleActionFail | Unusable) -> Result:
        """A phase that was refused has done nothing to the node."""
        result = super()._result_of(error)
        return dict(result, refused=True) if isinstance(error, NotAllowed) else result

    def _contradicted(self) -> Result:
        """In place of the user's tasks. Without an error here these would be left out without a word."""
        raise AnsibleActionFail(
            f"Refused to stop {self._host}: the check before your own tasks was left out or failed, or a variable of the play contradicts what the gate said. "
            f"Remove variables whose names begin with {registered.PREFIX} from the play, and run the role from its start, without --start-at-task and "
            "without tags."
        )

    def _corosync_runs(self) -> bool:
        """Whether corosync runs on this node, or may: it does not where the node itself says so."""
        found = self._question(_info.INFO, {"if_unavailable": "report"})
        return found.get("available") is not False or found.get("reason") != "not_running"

    # ---- what there is to do -----------------------------------------------------------------------------------------

    def _look(self) -> Result:
        """Find out what there is to do on this node, or to bring to its end."""
        if ROUND in self._vars:
            display.display(str(self._vars[ROUND]))
            return {}
        why = self._why_not()
        if why:
            return {"skipped": True, "skip_reason": why}
        run, wishes = self._run_of_turn, self._wishes()
        seen = self._in_time(lambda: _actions.run(self, MARK, {"state": "read", "path": str(self._options["state_file"])}, self._vars))
        mark = look.mark_of(seen, self._host, time.time())
        simulated = self._simulated() if wishes.asks else {}
        pending = bool(simulated.get("changed"))
        resumes = look.resumes_at(wishes, mark, pending)
        needed = look.needed(wishes, mark, pending)
        phases = look.phases(wishes, resumes) if needed else []
        obstacles = stacks.obstacles(wishes.stack, wishes.hooks, seen, is_interrupted=True) if "stop" in phases else []
        if obstacles:
            raise AnsibleActionFail(" ".join(stacks.refusals(wishes.stack, {self._host: obstacles})))
        would = {"would": rehearsal.planned(simulated, list(map(look.package_name, self._packages)))} if self._task.check_mode else {}
        return dict(
            would,
            **Look(
                turn=secrets.token_hex(8),
                run=run["run_id"],
                needed=needed,
                resumes=resumes,
                tasks=look.file_of(phases) if needed else "",
                phases=phases,
                versions=self._versions(),
                rebooted=resumes == "start" and mark is not None and mark["rebooted"],
            ),
        )

    @property
    def _run_of_turn(self) -> Run:
        """The run that goes on. Two plays without one would not see each other, as only the preflight takes the lock."""
        if self._run is None:
            raise AnsibleActionFail(
                f"Nothing was done on {self._host}: no preflight of this play has accepted its cluster. Run the entry point preflight before upgrade, "
                "without --start-at-task and without tags."
            )
        return self._run

    def _why_not(self) -> str:
        """Why this run does nothing more in this cluster, which is one of many; empty where it goes on."""
        if not self._play.is_of_many:
            return ""
        run = registered.own_run(self._hostvars, self._play)
        return standing.why_not(self._play, self._hostvars, run) if run else "This cluster is not upgraded."

    def _in_time(self, call: t.Callable[[], Result]) -> Result:
        """What this host answers to a short question. Other hosts wait for it, so it has to end."""
        try:
            return in_time(call)
        except (AnsibleActionFail, AnsibleConnectionFailure):
            raise
        except AnsibleError as error:
            raise AnsibleActionFail(f"{self._host}: {error}") from error

    def _question(self, name: str, args: Result) -> Result:
        """The same where this run goes on without an answer: a failure stands for one that does not come."""
        try:
            return in_time(lambda: _actions.run(self, name, args, self._vars, check_mode=False))
        except (AnsibleActionFail, AnsibleConnectionFailure):
            raise
        except AnsibleError as error:
            return {"failed": True, "msg": quoted(str(error))}

    def _wishes(self) -> look.Wishes:
        return look.wishes_of(self._options, str(self._vars.get("playbook_dir", ".")))

    def _simulated(self) -> Result:
        """What the package manager says that it would change."""
        facts = self._vars.get("ansible_facts") or {}
        manager = facts.get("pkg_mgr")
        if manager is None:
            facts, what = {"gather_subset": ["!all", "!min", "pkg_mgr"]}, "Looking for the package manager"
            found = self._in_time(lambda: _actions.succeed(self, "ansible.builtin.setup", facts, self._vars, what))
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
        found = self._question("ansible.builtin.command", look.versions_command(packages))
        if not found.get("failed"):
            return look.versions(str(found.get("stdout") or ""))
        found = self._question("ansible.builtin.package_facts", {})
        return look.versions_of_facts(packages, _actions.inner(found, "ansible_facts", "packages"))

    # ---- the steps ---------------------------------------------------------------------------------------------------

    def _stack(self, phase: str, found: Look) -> Result:
        """What the stack runs for a phase."""
        stack = str(self._options["stack"])
        answer = registered.gate_of(self._vars, self._turn)
        if phase == "drain" and answer is not None and answer["down"]:
            return {"skipped": True, "skip_reason": f"{self._host} is down already"}
        timeout = whole_number(self._options, "timeout")
        name = self._pacemaker_name(timeout) if stack == "crmsh" and phase in ("drain", "undrain") else ""
        done: list[stacks.Call] = []
        changed = False
        for call in stacks.calls(stack, phase, device=self._has_device(answer), timeout=timeout, pacemaker_name=name):
            if phase == "stop" and done:
                self._refuse_to_go_on(found, done)
            changed = bool(self._step(phase, call, timeout).get("changed")) or changed
            done.append(call)
        return {"changed": changed}

    def _refuse_to_go_on(self, found: Look, done: t.Sequence[stacks.Call]) -> None:
        """Raise AnsibleActionFail where what is done already of the stop took so long that the gate's yes does not count any more."""
        try:
            refuse_to_go_on(self._host, self._vars, found, _steady.moment())
        except NotAllowed as error:
            units = ", ".join(str(call.args.get("name")) for call in done)
            raise AnsibleActionFail(f"{error} On {self._host} corosync runs on, but {units} is stopped already. Start it first.") from None

    def _step(self, phase: str, call: stacks.Call, timeout: int) -> Result:
        """Run one call of a phase. A start that fails shows what the service itself said."""
        try:
            return self._call(call, timeout * STOP_TAKES if phase == "stop" else timeout)
        except AnsibleActionFail as error:
            if phase != "start":
                raise
            raise AnsibleActionFail("\n".join(filter(None, [str(error), self._said_by(str(call.args.get("name") or "corosync"))]))) from None

    def _said_by(self, unit: str) -> str:
        """Why a service did not start, in its own words: systemd only says that it did not."""
        call = stacks.journal(unit)
        try:
            found = self._question(call.name, call.args)
        except AnsibleError:
            return ""
        return "" if found.get("failed") else stacks.said_by(unit, self._host, str(found.get("stdout") or ""))

    def _has_device(self, answer: Gate | None) -> bool:
        return bool((answer and answer["device"]) or self._run_of_turn["qdevice"])

    def _pacemaker_name(self, timeout: int) -> str:
        return str(self._call(stacks.PACEMAKER_NAME, timeout).get("stdout") or "").strip()

    def _call(self, call: stacks.Call, timeout: int) -> Result:
        """Run one call; one with `until` is tried once a second. Raises AnsibleActionFail."""
        if call.until:
            return self._until(call, timeout)
        return self._within(timeout + LONGEST, "timeout", call.name, call.args, call.what, False if call.only_reads else None)

    def _within(self, longest: float, option: str, name: str, args: Result, what: str, check_mode: bool | None = None) -> Result:
        """As _actions.succeed(), but it ends after so many seconds in any case. option: of the role, which makes that longer."""
        try:
            with Watchdog(longest):
                return _actions.succeed(self, name, args, self._vars, what, check_mode)
        except Overdue:
            raise AnsibleActionFail(
                f"{what} did not end within {longest} s. It may still be at work on {self._host}. If it needs longer, raise rolling_upgrade_{option}."
            ) from None

    def _until(self, call: stacks.Call, timeout: int) -> Result:
        """What a question says when it says what is waited for. A try that never ends is one that did not succeed."""
        deadline = time.monotonic() + timeout
        while True:
            result = self._question(call.name, call.args)
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
        found = self._question("ansible.builtin.command", look.versions_command([]))
        return {} if found.get("failed") else look.versions(str(found.get("stdout") or ""))

    def _may_reboot(self) -> Result:
        """asks: whether the gate has to be asked once more, as a reboot is due and stops a corosync that runs, or may run."""
        return {"asks": self._is_reboot_due() and self._corosync_runs()}

    def _is_reboot_due(self) -> bool:
        return str(self._options["reboot"]) == "always" or self._asks_for_reboot()

    def _reboot(self, found: Look) -> Result:
        if not self._is_reboot_due():
            return {"skipped": True, "skip_reason": "the distribution does not ask for a reboot"}
        refuse_reboot(self._host, self._vars, found, _steady.moment(), self._corosync_runs)
        clock = self._look_at_the_clock()
        self._mark("reboot")
        timeout = whole_number(self._options, "reboot_timeout")
        # Ansible may take it twice. It looks at it between its tests of the node alone, and one of a node that is half dead never ends.
        longest = 2 * timeout + LONGEST
        result = self._within(longest, "reboot_timeout", "ansible.builtin.reboot", {"reboot_timeout": timeout}, f"Rebooting {self._host}")
        return {"changed": bool(result.get("changed")), "clock": clock}

    def _look_at_the_clock(self) -> ClockLook | None:
        """The last one in this boot. With the first one it tells whether the node's clock can be trusted for all that was recorded in between."""
        run = self._run
        if run is None or self._task.check_mode or not look.is_true(self._options["watch"]):
            return None
        with contextlib.suppress(AnsibleError):  # a node that does not answer is not rebooted either
            record = self._in_time(lambda: read_record(self, "read", run["run_id"], self._vars))
            return None if record.get("failed") else look_of(record, run["run_id"])
        return None

    def _asks_for_reboot(self) -> bool:
        return any(self._exists(path) for path in REBOOT_REQUESTS)

    def _exists(self, path: str) -> bool:
        found = self._in_time(lambda: _actions.run(self, "ansible.builtin.stat", {"path": path}, self._vars))
        return bool(_actions.inner(found, "stat").get("exists"))

    # ---- what a later run has to know --------------------------------------------------------------------------------

    def _mark(self, phase: str, rebooted: bool = False) -> Result:
        """On the node itself, so that a controller that dies takes nothing with it. A later run reads it in the preflight.

        Before the node is touched the run must have its lock. Later on it must not be another run's, which does this node now.
        """
        answer = registered.gate_of(self._vars, self._turn)
        nodeid = answer["nodeid"] if answer else self._run_of_turn["nodeids"].get(self._host, 0)
        return self._change_mark("written", phase=phase, nodeid=int(nodeid), rebooted=rebooted, must_hold=phase == "stop")

    def _is_rebooted(self, found: Look) -> bool:
        """In this turn, or by the interrupted run that this one goes on with."""
        return found["rebooted"] or registered.has_rebooted(self._vars, found["turn"])

    def _done(self, found: Look) -> Result:
        """The node is done: forget that its upgrade was under way, and see which versions it has now.

        Where the package manager would not tell a later run that nothing is left to do, the mark does so until this run has ended.
        """
        if self._wishes().is_for_every_node:
            result = self._mark("done", self._is_rebooted(found))
        else:
            result = self._change_mark("removed")
        return dict(result, versions=self._versions())

    def _change_mark(self, state: str, **more: t.Any) -> Result:
        args = dict(more, state=state, path=str(self._options["state_file"]), run=self._run_of_turn["run_id"])
        verb = "Writing" if state == "written" else "Removing"
        result = self._in_time(lambda: _actions.succeed(self, MARK, args, self._vars, f"{verb} the role's mark on {self._host}"))
        return {"changed": bool(result.get("changed"))}
