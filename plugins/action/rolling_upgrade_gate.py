# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of a rolling upgrade: each asks and judges. Private to the role rolling_upgrade."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import goal_of, unmet
from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions
from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import untemplated
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import back, gate, input, look, plan, registered, stacks
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import Play
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Gate, Run, View

INFO = "corosync.quorum.votequorum_info"
WAIT = "corosync.quorum.wait_for_quorum"

# What the items of one loop of this process have learned: task and host -> host asked -> why it cannot be logged in to, or its answer. Ansible runs
# the items of a loop one after the other in one process, which ends with the task.
_ASKED: dict[tuple[str, str], dict[str, t.Any]] = {}

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
        started = _actions.now()
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
        except AnsibleActionFail as error:
            # Returned and not raised: ansible-core says what an action raises twice.
            result = {"failed": True, "msg": str(error)}
        return dict({"changed": False, "started": started, "ended": _actions.now(), "turn": self._turn()}, **untemplated(result))

    # ---- before the first node ---------------------------------------------------------------------------------------

    def _input(self) -> Result:
        """Refuse what was given wrongly, before any host is asked."""
        refusals = input.refusals(self._options, self._play, self._vars["groups"]["all"], self._vars.get("playbook_dir", "."))
        if refusals:
            raise AnsibleActionFail("\n".join(refusals))
        return {}

    def _ask(self) -> Result:
        """What one host says of its quorum, of an interrupted upgrade, and of its stack."""
        view = View(host=str(self._args["asked"]), answer={}, mark=None, obstacle="")
        try:
            view["answer"] = _actions.run(self, INFO, {"if_unavailable": "report"}, self._vars)
            view["mark"] = look.mark_of(_actions.read_json(self, str(self._options["state_file"]), self._vars))
            if self._options["stack"] == "crmsh" and not self._has_own_stop_and_start():
                reached = _actions.run(self, stacks.REACHES_ITSELF.name, stacks.REACHES_ITSELF.args, self._vars, check_mode=False)
                view["obstacle"] = "crmsh" if reached.get("rc") else ""
        except AnsibleError as error:
            view["answer"] = {"unreachable" if _actions.cannot_log_in(error) else "failed": True, "msg": str(error)}
        return {"view": dict(view)}

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
            spare=int(self._options["spare"]),
            qdevice=str(self._options["qdevice"]),
            batches=bool(self._options["batches"]),
            only=list(self._play.everyone),
        )
        refusals = list(found["refusals"])
        blocked = [host for host, view in views.items() if view["obstacle"]]
        if blocked:
            refusals.append(stacks.CRMSH_CANNOT.format(hosts=", ".join(blocked)))
        if refusals:
            raise AnsibleActionFail("\n".join(["This cluster cannot be upgraded now, and nothing was changed.", *refusals]))
        return dict(found, begun=_actions.now())

    def _views(self) -> dict[str, View]:
        """By host, in the order of the cluster."""
        found = {}
        for host in self._play.batch:
            for item in (self._vars["hostvars"][host].get(registered.VIEWS) or {}).get("results", []):
                if "view" in item:
                    found[item["view"]["host"]] = item["view"]
        return {host: found[host] for host in self._play.cluster if host in found}

    # ---- around the stop of one node ---------------------------------------------------------------------------------

    def _before_stop(self) -> Result:
        """Ask hosts that stay, one an item of the loop, until the answer is final."""
        stop = self._stop()
        asked, earlier = str(self._args["asked"]), self._earlier()
        if not self._play.witnesses:
            raise AnsibleActionFail(gate.nobody(stop, self._play.cluster)["msg"])
        answers: list[t.Any] = [answer for answer in earlier.values() if isinstance(answer, dict)]
        if earlier.get("final"):
            return {"skipped": True, "skip_reason": "another host has answered"}
        answer, everybody = self._answer_of(stop, asked)
        if answer is None:
            return self._passed_over(stop, asked)
        if answer["safe"] and everybody and self._unreachable():
            answer = gate.out_of_reach(stop, self._unreachable())
        everybody = everybody or bool(earlier.get("all"))
        earlier.update({asked: answer, "all": everybody, "final": not answer["safe"] or not everybody})
        if not answer["safe"]:
            raise AnsibleActionFail(answer["msg"])
        return {"gate": gate.worst([*answers, answer])}

    def _answer_of(self, stop: gate.Stop, asked: str) -> tuple[Gate | None, bool]:
        """The answer of one host, None where it cannot be logged in to; and whether all that stay must be asked."""
        try:
            reading = self._reading()
        except AnsibleError as error:
            if _actions.cannot_log_in(error):
                self._earlier()[asked] = str(error)
                return None, False
            return gate.judge(stop, asked, {"failed": True, "msg": str(error)}), False
        answer = gate.judge(stop, asked, reading)
        return answer, answer["safe"] and gate.must_ask_all(reading["votequorum"])

    def _reading(self) -> Result:
        """What votequorum_info says on this item's host, without what follows from it: no gate needs that."""
        result: Result = self._execute_module(module_name=INFO, module_args={"if_unavailable": "report", "_judge": False}, task_vars=self._vars)
        if isinstance(result.get("reading"), dict):
            result["votequorum"] = result["reading"].get("value")
        return result

    def _passed_over(self, stop: gate.Stop, asked: str) -> Result:
        """The next host is asked instead; unless there is none, or all must be."""
        earlier = self._earlier()
        if earlier.get("all") or asked == self._play.witnesses[-1]:
            earlier["final"] = True
            raise AnsibleActionFail(gate.out_of_reach(stop, self._unreachable())["msg"])
        return {"skipped": True, "skip_reason": f"{asked} cannot be logged in to, so the next host is asked: {earlier[asked]}"}

    def _earlier(self) -> dict[str, t.Any]:
        return _ASKED.setdefault((str(self._task._uuid), self._play.host), {})

    def _unreachable(self) -> dict[str, str]:
        return {host: said for host, said in self._earlier().items() if isinstance(said, str)}

    def _stop(self) -> gate.Stop:
        run = self._run()
        names = self._nodes(run)
        resumed = {host: run["nodeids"][host] for host in run["resumed"] if host in run["nodeids"]} if run else {}
        return gate.Stop(
            host=self._play.host,
            batch={host: names[host] for host in self._play.batch},
            touched={host: names[host] for host in self._play.touched},
            resumed=resumed,
            spare=int(self._options["spare"]),
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
                given = self._options["node"] if own else self._vars["hostvars"][host].get("rolling_upgrade_node")
                nodes[host] = host if given is None else given
        return nodes

    def _after_start(self) -> Result:
        """First the node itself, then hosts that stay until one has answered: is it back, does that last, and do the others see it?"""
        asked, earlier = str(self._args["asked"]), self._earlier()
        if asked == self._play.host:
            value = self._wait(back.on_the_node(asked, self._must_return(), self._options["stable_for"], self._options["timeout"]))
            earlier["value"] = value
            return {"nodeid": value.get("nodeid")}
        if earlier.get("seen"):
            return {"skipped": True, "skip_reason": "another host has answered"}
        if "value" not in earlier or self._task.check_mode:
            return {"skipped": True, "skip_reason": "the node itself was not waited for"}
        try:
            self._see(back.by_another(self._play.host, asked, earlier["value"], self._options["timeout"]))
        except AnsibleError as error:
            if not _actions.cannot_log_in(error):
                raise
            earlier[asked] = str(error)
            if asked == self._play.witnesses[-1]:
                reasons = "; ".join(f"{host} ({said})" for host, said in self._unreachable().items())
                raise AnsibleActionFail(f"{self._play.host} is back, but no other host can be asked whether it sees it: {reasons}.") from error
            return {"skipped": True, "skip_reason": f"{asked} cannot be logged in to, so the next host is asked: {error}"}
        earlier["seen"] = {"by": asked}
        return {"seen_by": asked}

    def _see(self, conditions: dict[str, t.Any]) -> None:
        """Wait on another host, unless one look shows that it need not: a look costs less, and is enough most of the time."""
        answer = self._reading()
        if "votequorum" not in answer or unmet(goal_of(conditions), answer["votequorum"]):
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
        look = self._vars.get(registered.LOOK)
        return look.get("turn") if isinstance(look, dict) else None
