# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of a rolling upgrade: each asks and judges. Private to the role rolling_upgrade."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions
from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import untemplated
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import back, gate, input, look, plan, registered, stacks
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.asked import Asked
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import Play
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Gate, Run, View
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.question import in_time

INFO = "corosync.quorum.votequorum_info"
WAIT = "corosync.quorum.wait_for_quorum"

# By task and host. Ansible runs the items of a loop one after the other in one process, which ends with the task.
_ASKED: dict[tuple[str, str], Asked] = {}

Result = dict[str, t.Any]


class ActionModule(ActionBase):
    """One gate: point names it. With a loop over hosts, `asked` is the host of this item, to which the task is delegated."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._args = dict(self._task.args)
        self._options: dict[str, t.Any] = dict(self._args["options"])
        self._play = Play.of(self._args["play"])
        started, turn = _actions.now(), self._turn()
        points: dict[str, t.Callable[[], Result]] = {
            "input": self._input,
            "ask": self._ask,
            "preflight": self._preflight,
            "before_stop": self._before_stop,
            "after_start": self._after_start,
            "finish": self._finish,
        }
        try:
            result = points[self._args["point"]]()
        except (AnsibleActionFail, Unusable) as error:
            # Returned and not raised: ansible-core says what an action raises twice.
            result = {"failed": True, "msg": str(error)}
        return dict({"changed": False, "started": started, "ended": _actions.now(), "turn": turn}, **untemplated(result))

    # ---- before the first node ---------------------------------------------------------------------------------------

    def _input(self) -> Result:
        """Refuse what was given wrongly, before any host is asked."""
        refusals = input.refusals(self._options, self._play, self._vars["groups"]["all"], self._vars.get("playbook_dir", "."))
        if refusals:
            raise AnsibleActionFail("\n".join(refusals))
        return {}

    def _ask(self) -> Result:
        """What one host says of its quorum, of an interrupted upgrade, and of its stack."""
        view = View(host=str(self._args["asked"]), answer={}, mark=None, obstacle="", fault="")
        try:
            in_time(lambda: self._look_at(view))
        except AnsibleError as error:
            view["answer"] = {"unreachable" if _actions.cannot_log_in(error) else "failed": True, "msg": str(error)}
        except look.NoMark as error:
            view["fault"] = look.fault(str(self._options["state_file"]), view["host"], error)
        return {"view": dict(view)}

    def _look_at(self, view: View) -> None:
        view["answer"] = _actions.run(self, INFO, {"if_unavailable": "report"}, self._vars)
        view["mark"] = look.read_mark(_actions.read_file(self, str(self._options["state_file"]), self._vars))
        if self._options["stack"] == "crmsh" and not self._has_own_stop_and_start():
            reached = _actions.run(self, stacks.REACHES_ITSELF.name, stacks.REACHES_ITSELF.args, self._vars, check_mode=False)
            view["obstacle"] = "crmsh" if reached.get("rc") else ""

    def _has_own_stop_and_start(self) -> bool:
        hooks = self._options.get("hooks") or {}
        return bool(hooks.get("stop") and hooks.get("start"))

    def _preflight(self) -> Result:
        """The plan. Fails with all reasons, and nothing was changed."""
        views = self._views()
        marks = {host: view["mark"]["nodeid"] for host, view in views.items() if view["mark"]}
        found = plan.plan(
            {host: view["answer"] for host, view in views.items()},
            under_way=marks,
            spare=input.whole_number(self._options, "spare"),
            qdevice=str(self._options["qdevice"]),
            batches=look.is_true(self._options["batches"]),
            only=list(self._play.everyone),
        )
        refusals = [*found["refusals"], *(view["fault"] for view in views.values() if view["fault"])]
        blocked = [host for host, view in views.items() if view["obstacle"]]
        if blocked:
            refusals.append(stacks.CRMSH_CANNOT.format(hosts=", ".join(blocked)))
        if refusals:
            raise AnsibleActionFail("\n".join(["This cluster cannot be upgraded now, and nothing was changed.", *refusals]))
        return dict(found, begun=_actions.now())

    def _views(self) -> dict[str, View]:
        """By host, in the order of the cluster. A host that was not asked has not said that it is well."""
        found = {}
        for host in self._play.batch:
            for item in (registered.variables_of(self._vars["hostvars"], host).get(registered.VIEWS) or {}).get("results", []):
                if "view" in item:
                    found[item["view"]["host"]] = item["view"]
        nothing = {"failed": True, "msg": "it was not asked."}
        return {host: found.get(host) or View(host=host, answer=nothing, mark=None, obstacle="", fault="") for host in self._play.cluster}

    # ---- around the stop of one node ---------------------------------------------------------------------------------

    def _before_stop(self) -> Result:
        """Ask hosts that stay, one an item of the loop, until the answer is final. Only the item with the final answer returns it."""
        stop, asked, loop = self._stop(), str(self._args["asked"]), self._asked()
        if not self._play.witnesses:
            raise AnsibleActionFail(gate.nobody(stop, self._play.cluster)["msg"])
        if loop.is_over:
            return _skipped("another host has answered")
        loop.is_over = True
        is_last = asked == self._play.witnesses[-1]
        try:
            reading = self._reading()
        except AnsibleError as error:
            if _actions.cannot_log_in(error):
                final = loop.passed_over(stop, asked, str(error), is_last)
                return self._final(final) if final else _skipped(f"{asked} cannot be logged in to, so the next host is asked: {error}")
            reading = {"failed": True, "msg": str(error)}
        answer = gate.judge(stop, asked, reading)
        final = loop.answered(stop, answer, reading.get("votequorum"), is_last)
        return self._final(final) if final else {"asked": asked}

    @staticmethod
    def _final(answer: Gate) -> Result:
        if not answer["safe"]:
            raise AnsibleActionFail(answer["msg"])
        return {"gate": answer}

    def _reading(self) -> Result:
        """What votequorum_info says on this item's host, without what follows from it: no gate needs that."""
        args = {"if_unavailable": "report", "_judge": False}
        result: Result = in_time(lambda: self._execute_module(module_name=INFO, module_args=args, task_vars=self._vars))
        if isinstance(result.get("reading"), dict):
            result["votequorum"] = result["reading"].get("value")
        return result

    def _asked(self) -> Asked:
        return _ASKED.setdefault((str(self._task._uuid), self._play.host), Asked())

    def _stop(self) -> gate.Stop:
        run = self._run()
        names = self._nodes(run)
        resumed = {host: run["nodeids"][host] for host in run["resumed"] if host in run["nodeids"]} if run else {}
        return gate.Stop(
            host=self._play.host,
            batch={host: names[host] for host in self._play.batch},
            touched={host: names[host] for host in self._play.touched},
            resumed=resumed,
            spare=input.whole_number(self._options, "spare"),
            qdevice=str(self._options["qdevice"]),
            expects_device=bool(run and run["qdevice"]),
            state=str(self._args.get("state") or gate.Stop.state),
            turn=self._turn(),
        )

    def _nodes(self, run: Run | None) -> dict[str, int | str]:
        """How corosync knows each host of this batch: as the preflight found out, else as the user says, else by its name in the inventory."""
        nodes: dict[str, int | str] = {}
        for host in self._play.touched:
            if run and host in run["nodeids"]:
                nodes[host] = run["nodeids"][host]
            else:
                own = host == self._play.host
                given = self._options["node"] if own else registered.variables_of(self._vars["hostvars"], host).get("rolling_upgrade_node")
                nodes[host] = host if given is None else given
        return nodes

    def _after_start(self) -> Result:
        """First the node itself, then hosts that stay until one has answered: is it back, does that last, and do the others see it?"""
        asked, loop = str(self._args["asked"]), self._asked()
        if asked == self._play.host:
            value = self._wait(back.on_the_node(asked, self._must_return(), self._options["stable_for"], self._options["timeout"]))
            loop.value = None if self._task.check_mode else value
            return {"nodeid": value.get("nodeid")}
        if loop.value is None:
            return _skipped("the node itself was not waited for")
        if loop.is_over:
            return _skipped("another host has answered")
        loop.is_over = True
        try:
            self._see(back.by_another(self._play.host, asked, loop.value, self._options["timeout"]))
        except AnsibleError as error:
            if not _actions.cannot_log_in(error):
                raise
            return self._not_seen(asked, str(error))
        return {"seen_by": asked}

    def _not_seen(self, asked: str, why: str) -> Result:
        """A host cannot be logged in to, so the next one is asked, if there is one."""
        loop = self._asked()
        loop.out_of_reach[asked] = why
        loop.is_over = asked == self._play.witnesses[-1]
        if loop.is_over:
            reasons = "; ".join(f"{host} ({said})" for host, said in loop.out_of_reach.items())
            raise AnsibleActionFail(f"{self._play.host} is back, but no other host can be asked whether it sees it: {reasons}.")
        return _skipped(f"{asked} cannot be logged in to, so the next host is asked: {why}")

    def _see(self, conditions: back.Conditions) -> None:
        """Wait on another host, unless one look shows that it need not: a look costs less, and is enough most of the time."""
        value = None
        try:
            value = self._reading().get("votequorum")
        except AnsibleError as error:
            if _actions.cannot_log_in(error):
                raise
        if not back.is_met(conditions, value):
            self._wait(conditions)

    def _must_return(self) -> t.Any:
        answer = registered.gate_of(self._vars, self._turn())
        if answer is not None:
            return answer["must_return"]
        run = self._run()
        return {"members": [self._nodes(run)[self._play.host]], "min_votes": None, "qdevice": bool(run and run["qdevice"])}

    # ---- in the end --------------------------------------------------------------------------------------------------

    def _finish(self) -> Result:
        """All is as it was before the first node, on one host."""
        self._wait(back.in_the_end(self._run(), self._options["timeout"]))
        return {}

    # ---- what all of them need ---------------------------------------------------------------------------------------

    def _wait(self, conditions: dict[str, t.Any]) -> dict[str, t.Any]:
        """The value when they hold. Raises AnsibleActionFail when they do not in time."""
        result = _actions.run(self, WAIT, conditions, self._vars)
        if result.get("failed"):
            raise AnsibleActionFail(str(result.get("msg")))
        return result.get("votequorum") or {}

    def _run(self) -> Run | None:
        return registered.current_run(self._vars["hostvars"], self._play.cluster)

    def _turn(self) -> str | None:
        return registered.turn_of(self._vars, self._run())


def _skipped(why: str) -> Result:
    return {"skipped": True, "skip_reason": why}
