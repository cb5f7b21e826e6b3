# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of a rolling upgrade: each asks and judges. Private to the role rolling_upgrade."""

from __future__ import annotations

import contextlib
import time
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted
from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions, _info, _lock
from ansible_collections.corosync.quorum.plugins.plugin_utils._facts import FromFacts
from ansible_collections.corosync.quorum.plugins.plugin_utils._named import named
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import StrangeAnswer, answer_of, value_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.file import page_of_refusal
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import back, flow, gate, input, keys, look, preflight, registered, stacks
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.action import MARK, TurnAction
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.asked import Asked
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.last_words import End, Failure, last_words
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.locking import BEGINNING, Locking
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Gate, Run, View
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.question import in_time

INFO = _info.INFO
WAIT = "corosync.quorum.wait_for_quorum"
LOCK = "corosync.quorum.quorum_lock"
ROLE = "rolling_upgrade"
# Points whose no is the end of a run that has not begun
_REFUSALS = ("input", "preflight", "not_begun")

# By task and host. Ansible runs the items of a loop one after the other in one process, which ends with the task.
_ASKED: dict[tuple[str, str], Asked] = {}
_LOCKING: dict[tuple[str, str], Locking] = {}

Result = dict[str, t.Any]


class ActionModule(TurnAction):
    """One gate: point names it. With a loop over hosts, `asked` is the host of this item, to which the task is delegated."""

    def _begins_a_turn(self) -> bool:
        """Of a play that uses the gates alone. Else the look at the node has begun its turn."""
        return self._turn is None and self._args["point"] == "before_stop"

    def _take(self) -> Result:
        points: dict[str, t.Callable[[], Result]] = {
            "input": self._input,
            "ask": self._ask,
            "survey": self._survey,
            "preflight": self._preflight,
            "lock": self._take_lock,
            "give_back": self._give_back,
            "not_begun": self._not_begun,
            "refused": self._refused,
            "not_back": self._not_back,
            "before_stop": self._before_stop,
            "after_start": self._after_start,
            "finish": self._finish,
            "finished": self._finished,
        }
        return points[self._args["point"]]()

    def _result_of(self, error: AnsibleActionFail | Unusable) -> Result:
        result = super()._result_of(error)
        if isinstance(error, FromFacts) or self._args["point"] not in _REFUSALS or self._task.check_mode:
            return result  # a fact may also say where to write the report
        return dict(result, **page_of_refusal(str(self._options["report"] or ""), self._play.cluster, self._started, str(error), self._vars))

    # ---- before the first node ---------------------------------------------------------------------------------------

    def _input(self) -> Result:
        """Refuse what was given wrongly, before any host is asked."""
        refusals = self._wrong_input(self._options, self._play)
        if refusals:
            raise AnsibleActionFail(last_words(End("refused", reasons=refusals)))
        return {}

    def _ask(self) -> Result:
        """What one host says of its quorum, of an interrupted upgrade, and of its stack."""
        view = View(host=str(self._args["asked"]), answer={}, mark=None, obstacles=[], fault="", lock=None, key=None)
        try:
            in_time(lambda: self._look_at(view))
        except AnsibleError as error:
            view["answer"] = {"unreachable" if _actions.cannot_log_in(error) else "failed": True, "msg": quoted(str(error))}
        except look.NoMark as error:
            view["fault"] = str(error)
        return {"view": dict(view)}

    def _survey(self) -> Result:
        """As _ask(), of a host that may be of any cluster, with its options, which may be another cluster's as well. What was given wrongly is said later."""
        if self._wrong_input(self._options, self._play):
            return {"options": dict(self._options)}
        return dict(self._ask(), options=dict(self._options))

    def _look_at(self, view: View) -> None:
        view["answer"] = _actions.run(self, INFO, {"if_unavailable": "report"}, self._vars)
        stack, hooks = str(self._options["stack"]), look.wishes_of(self._options, ".").hooks
        args = {"state": "read", "path": str(self._options["state_file"]), "programs": stacks.programs(stack, hooks)}
        result = _actions.run(self, MARK, args, self._vars)
        view["lock"] = {name: result.get(name) for name in ("lock", "lock_fault")}
        view["key"] = keys.key_of(result.get("key"))._asdict()
        view["mark"] = look.mark_of(result, view["host"], time.time())
        is_interrupted = view["mark"] is not None and view["mark"]["phase"] != "done"
        view["obstacles"] = stacks.obstacles(stack, hooks, result, is_interrupted)
        if not view["obstacles"] and stacks.must_reach_itself(stack, hooks):
            reached = _actions.run(self, stacks.REACHES_ITSELF.name, stacks.REACHES_ITSELF.args, self._vars, check_mode=False)
            view["obstacles"] = [stacks.LOCKED_OUT] if reached.get("rc") else []

    def _preflight(self) -> Result:
        """The plan. Fails with all reasons, and nothing was changed."""
        views = preflight.views_of((registered.variables_of(self._hostvars, host) for host in self._play.batch), self._play.cluster)
        run, refusals = self._run_of_play(views)
        if run is None:
            raise AnsibleActionFail(last_words(End("refused", reasons=refusals)))
        return dict(run)

    # ---- the lock ----------------------------------------------------------------------------------------------------

    def _take_lock(self) -> Result:
        """Take the lock on one host an item. What was taken is given back by the rescue where an item fails."""
        run, asked = self._run, str(self._args["asked"])
        if run is None:
            raise AnsibleActionFail(f"{BEGINNING} There is no plan: the entry point preflight has to run as a whole, without tags.")
        locking = _LOCKING.setdefault((str(self._task._uuid), self._host), Locking())
        if locking.is_over:
            return _skipped("the lock cannot be had on another host")
        locking.is_over = True
        result: Result = {}
        try:
            result = in_time(lambda: self._lock("taken", run, take_over=_lock.take_over_of(self._options["take_over"]), role=ROLE))
        except AnsibleError as error:
            if not _actions.cannot_log_in(error):
                raise AnsibleActionFail(f"{BEGINNING} {asked} does not say whether it has the lock: {quoted(str(error))}") from error
            locking.out_of_reach[asked] = quoted(str(error))
        if result.get("failed"):
            raise AnsibleActionFail(f"{BEGINNING} {named(asked, str(result.get('msg') or f'{asked} does not say why it cannot take the lock.'))}")
        locking.held += [asked] if result else []
        locking.is_over = False
        refusal = locking.refusal(run, self._play.cluster, self._play.everyone, asked)
        if refusal:
            raise AnsibleActionFail(refusal)
        return {"taken": bool(result), "replaced": str(result.get("replaced") or "")}

    def _give_back(self) -> Result:
        """Give the lock of this run back on one host. Nothing here may hide why that is done; what cannot be given back is for a later run to see."""
        run = self._run
        if run is None or self._task.check_mode:
            return {}
        try:
            result = in_time(lambda: self._lock("given_back", run))
        except AnsibleError as error:
            return {"msg": quoted(str(error))}
        return {"msg": _actions.cause(result)} if result.get("failed") else {"given_back": bool(result.get("changed"))}

    def _lock(self, state: str, run: Run, **more: t.Any) -> Result:
        return _actions.run(self, LOCK, dict(more, state=state, run=run["run_id"]), self._vars)

    def _not_begun(self) -> Result:
        """Behind a preflight that failed when it took the lock, or after that."""
        why = _actions.failure_of(self._vars)[1].replace(BEGINNING, "").strip()
        if not why:
            # Ansible takes hosts along that have not failed, which ones depends on its version. They would write a page without the reason.
            return {"failed": True, "msg": "The upgrade did not begin. Another host of this play says why."}
        raise AnsibleActionFail(last_words(End("not_begun", reasons=[why], more="The lock was given back where this run had it.")))

    def _refused(self) -> Result:
        """Behind a gate that said no, where it is used alone."""
        others = f"Other hosts of its batch continue{', so this run keeps its lock' if self._run else ''}."
        kept = "" if flow.are_all_refused(self._play, self._hostvars) else others
        failure = Failure(self._host, "gate", _actions.failure_of(self._vars)[1])
        raise AnsibleActionFail(last_words(End("not_stopped", failures=[failure], more=kept)))

    def _not_back(self) -> Result:
        """Behind a gate after a start that failed, where it is used alone. Its own words stand above."""
        kept = " This run keeps its lock." if self._run else ""
        raise AnsibleActionFail(f"The play stops, because {self._host} is not back as it has to be.{kept}")

    # ---- around the stop of one node ---------------------------------------------------------------------------------

    def _before_stop(self) -> Result:
        """Ask hosts that stay, one an item of the loop, until the answer is final. Only the item with the final answer returns it."""
        asked, loop = str(self._args["asked"]), self._asked()
        if loop.is_over:
            return _skipped("another host has answered")
        stop = self._stop()
        if not self._play.witnesses:
            raise AnsibleActionFail(gate.nobody(stop, self._play.cluster)["msg"])
        loop.is_over = True
        is_last = asked == self._play.witnesses[-1]
        try:
            reading = self._reading(with_lock=True)
        except AnsibleError as error:
            if _actions.cannot_log_in(error):
                final = loop.passed_over(stop, asked, str(error), is_last)
                return self._final(final) if final else _skipped(f"{asked} cannot be logged in to, so the next host is asked: {quoted(str(error))}")
            reading = {"failed": True, "msg": quoted(str(error))}
        answer = gate.judge(stop, asked, reading)
        final = loop.answered(stop, answer, reading.get("votequorum"), is_last)
        return self._final(final) if final else {"asked": asked}

    @staticmethod
    def _final(answer: Gate) -> Result:
        if not answer["safe"]:
            raise AnsibleActionFail(answer["msg"])
        return {"gate": answer}

    def _reading(self, with_lock: bool = False) -> Result:
        """What votequorum_info says on this item's host, without what follows from it: no gate needs that. with_lock: and who has the lock there."""
        args = {"if_unavailable": "report", _info.JUDGE: False, _info.LOCK: with_lock}
        own = ("available", "reading", *_info.RETURNED_OF_LOCK)
        result: Result = in_time(lambda: answer_of(self, own, module_name=INFO, module_args=args, task_vars=self._vars))
        reading = result.pop("reading", None)
        if isinstance(reading, dict) and not result.get("failed"):
            try:
                result["votequorum"] = value_of(reading.get("value"))
            except StrangeAnswer as error:
                return {"failed": True, "msg": f"its answer is not one that the module can give: {error}."}
        return result

    def _asked(self) -> Asked:
        run = self._run
        return _ASKED.setdefault((str(self._task._uuid), self._host), Asked(asks_all=bool(run and run.get("asks_all")), hears_all=run is None))

    def _stop(self) -> gate.Stop:
        run = self._run
        names = self._nodes(run)
        resumed = {host: run["nodeids"][host] for host in run["resumed"] if host in run["nodeids"]} if run else {}
        return gate.Stop(
            host=self._host,
            batch={host: names[host] for host in self._play.batch},
            touched={host: names[host] for host in self._play.touched},
            resumed=resumed,
            spare=input.whole_number(self._options, "spare"),
            qdevice=str(self._options["qdevice"]),
            expects_device=bool(run and run["qdevice"]),
            state=str(self._args.get("state") or gate.Stop.state),
            turn=self._turn,
            run_id=run["run_id"] if run else "",
            has_lock=run is not None and not self._task.check_mode,
            is_first=not look.is_true(self._args.get("again")),
            failed=[host for host in self._play.touched if host != self._host and self._has_failed(host)],
        )

    def _has_failed(self, host: str) -> bool:
        return registered.has_failed_in_turn(registered.variables_of(self._hostvars, host), self._run, is_lost=host in self._play.failed)

    def _nodes(self, run: Run | None) -> dict[str, int | str]:
        """How corosync knows each host of this batch: as the preflight found out, else as the user says, else by its name in the inventory."""
        nodes: dict[str, int | str] = {}
        for host in self._play.touched:
            if run and host in run["nodeids"]:
                nodes[host] = run["nodeids"][host]
            else:
                own = host == self._host
                given = self._options["node"] if own else registered.variables_of(self._hostvars, host).get("rolling_upgrade_node")
                nodes[host] = host if given is None else given
        return nodes

    def _after_start(self) -> Result:
        """First the node itself, then hosts that stay until one has answered: is it back, does that last, and do the others see it?"""
        asked, loop = str(self._args["asked"]), self._asked()
        if asked == self._host:
            value = self._back_on_the_node()
            loop.value = None if self._task.check_mode else value
            return {"nodeid": value.get("nodeid")}
        if loop.value is None:
            return _skipped("the node itself was not waited for")
        if loop.is_over:
            return _skipped("another host has answered")
        loop.is_over = True
        try:
            self._see(back.by_another(self._host, asked, loop.value, self._options["timeout"]))
        except AnsibleError as error:
            if not _actions.cannot_log_in(error):
                raise
            return self._not_seen(asked, quoted(str(error)))
        return {"seen_by": asked}

    def _back_on_the_node(self) -> Result:
        """What the node sees when it is back. Where nothing has to last, one look may be enough."""
        stable_for = input.seconds(self._options, "stable_for")
        conditions = back.on_the_node(self._host, self._must_return(), stable_for, self._options["timeout"])
        value = None
        if not stable_for and not self._task.check_mode:
            with contextlib.suppress(AnsibleError):  # the wait goes on where a node cannot be logged in to for a while
                value = self._reading().get("votequorum")
        return value if value and back.is_met(conditions, value) else self._wait(conditions)

    def _not_seen(self, asked: str, why: str) -> Result:
        """A host cannot be logged in to, so the next one is asked, if there is one."""
        loop = self._asked()
        loop.out_of_reach[asked] = why
        loop.is_over = asked == self._play.witnesses[-1]
        if loop.is_over:
            reasons = "; ".join(f"{host} ({said})" for host, said in loop.out_of_reach.items())
            raise AnsibleActionFail(f"{self._host} is back, but no other host can be asked whether it sees {self._host}: {reasons}.")
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
            self._wait(conditions, f"{self._host} is back, but {self._args['asked']} does not say whether it sees {self._host}: ")

    def _must_return(self) -> t.Any:
        answer = registered.gate_of(self._vars, self._turn)
        if answer is not None:
            return answer["must_return"]
        run = self._run
        return {"members": [self._nodes(run)[self._host]], "min_votes": None, "qdevice": bool(run and run["qdevice"])}

    # ---- in the end --------------------------------------------------------------------------------------------------

    def _finish(self) -> Result:
        """All is as it was before the first node, on one host. If it is not, this run changes nothing more, so the lock is given back all the same."""
        try:
            self._wait(back.in_the_end(self._run, str(self._args["asked"]), self._options["timeout"]))
        except AnsibleActionFail:
            self._give_back()
            raise
        return {}

    def _finished(self) -> Result:
        """All hosts see that. Not before: where one of them does not, the next run has to know of each node that it is done, and takes none again.

        Fails for nothing, as the record is still to be read, and the report to be written.
        """
        try:
            in_time(self._forget_done)
        except (AnsibleError, Unusable) as error:
            asked, path = str(self._args["asked"]), str(self._options["state_file"])
            said = f"{path} on {asked} was not removed, so the next run may leave {asked} out. Remove it there. {quoted(named(asked, str(error)))}"
            return dict(self._give_back(), warnings=[said])
        return self._give_back()

    def _forget_done(self) -> None:
        """No node is left to be done, so nothing has to tell a later run which ones are."""
        run = self._run
        if run is None or not (str(self._args["asked"]) in run["done"] or look.wishes_of(self._options, ".").is_for_every_node):
            return
        args = {"state": "removed", "only_done": True, "path": str(self._options["state_file"]), "run": run["run_id"]}
        _actions.succeed(self, MARK, args, self._vars, f"Removing the role's mark on {self._args['asked']}")

    # ---- what all of them need ---------------------------------------------------------------------------------------

    def _wait(self, conditions: dict[str, t.Any], beginning: str = "") -> dict[str, t.Any]:
        """The value when they hold. Raises AnsibleActionFail when they do not in time, or where nobody can say: then with this beginning."""
        result = _actions.run(self, WAIT, conditions, self._vars)
        if result.get("failed"):
            said, asked = str(result.get("msg")), str(self._args["asked"])
            if not said.startswith(conditions["msg"]):
                said = (beginning or f"Quorum cannot be read on {asked}: ") + said
            raise AnsibleActionFail(named(asked, said))
        return result.get("votequorum") or {}


def _skipped(why: str) -> Result:
    return {"skipped": True, "skip_reason": why}
