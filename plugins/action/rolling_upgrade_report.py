# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record, the verdict and the page of a rolling upgrade. Private to the role rolling_upgrade."""

from __future__ import annotations

import base64
import dataclasses
import functools
import json
import time
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.utils.display import Display

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import is_run_id
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted
from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions, _controller, _steady
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.ending import failure as has_failed
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.ending import in_words
from ansible_collections.corosync.quorum.plugins.plugin_utils._named import named
from ansible_collections.corosync.quorum.plugins.plugin_utils._report import many
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.file import write
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered, rehearsal, standing
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.account import Account
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.action import UpgradeAction
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.input import seconds, whole_number
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.last_words import End, end_of, failure_of, is_last_to_speak, last_words
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.locking import BEGINNING
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.look import is_true
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.one_clock import look_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.reading import read_record
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.story import Progress
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Ended, Fleet, Verdict
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.question import LONGEST, in_time

GATE = "corosync.quorum.rolling_upgrade_gate"
# How often to look for the first look of a watch. Seconds.
_AGAIN = 0.5
# In this time a watch has begun to run. Seconds.
_STARTING = 3.0
# So many watches of earlier runs are ended on a host. Each may take up to a minute.
_MOST_EARLIER = 20
_NOT_RECORDED = "Quorum is not recorded on"

Result = dict[str, t.Any]
display = Display()


class ActionModule(UpgradeAction):
    """point: `begun`, when the watches were started; `read` the record of one host; `failed`: write the page and stop; `so_far`: write it; `finish`:
    write it and judge.
    """

    def _work(self) -> Result:
        points: dict[str, t.Callable[[], Result]] = {
            "begun": self._begun,
            "read": self._read,
            "failed": self._failed,
            "so_far": self._so_far,
            "finish": self._finish,
            "not_as_before": self._not_as_before,
            "note": self._note,
        }
        return points[str(self._args["point"])]()

    # ---- the record of one host --------------------------------------------------------------------------------------

    def _begun(self) -> Result:
        """Wait until this run's watch on one host has recorded its first look. What watches of earlier runs have recorded there, which end with that."""
        run, host = self._run, str(self._args["asked"])
        if run is None or not self._watches():
            return {"skipped": True, "skip_reason": "quorum is not watched"}
        first = self._first_look(run["run_id"], host)
        # This run has the cluster, so no other one that goes on has a watch here.
        others = [other for other in first["runs"] if is_run_id(other) and other != run["run_id"]]
        return {"host": host, "run": run["run_id"], "clock": look_of(first, run["run_id"]), "earlier": self._ended(host, others[:_MOST_EARLIER])}

    def _ended(self, host: str, others: t.Sequence[str]) -> list[Result]:
        """The records of earlier runs, whose watches end with that. A host that takes long for it keeps the rest for a later run."""
        start, found = time.monotonic(), []
        for other in others:
            if time.monotonic() - start < LONGEST:
                found.append({"run": other, "record": self._in_time(host, functools.partial(self._record, "stopped", other))})
        return found

    def _first_look(self, run_id: str, host: str) -> Result:
        """A record with at least that. Raises AnsibleActionFail where there is none in time."""
        start, why = time.monotonic(), ""
        while not why:
            record = self._in_time(host, lambda: self._record("read", run_id))
            if record.get("looked") and record["timeline"]:
                return record
            waited = time.monotonic() - start
            if record.get("failed"):
                why = _actions.cause(record)
            elif not record.get("running") and waited > _STARTING:
                why = self._job_said(run_id, host)
            if waited > LONGEST:
                why = why or f"its watch has not recorded a first check within {LONGEST} s."
            time.sleep(_AGAIN)
        raise AnsibleActionFail(f"{_NOT_RECORDED} {host}: {named(host, why)}")

    @staticmethod
    def _in_time(host: str, call: t.Callable[[], Result]) -> Result:
        """As in_time(), with the name of a host that does not answer."""
        try:
            return in_time(call)
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as error:
            raise AnsibleActionFail(f"{_NOT_RECORDED} {host}: {quoted(str(error))}") from error

    def _job_said(self, run_id: str, host: str) -> str:
        """What the watch itself says, which ran in the background. Empty while it says nothing."""
        for item in registered.items_of(self._vars, registered.WATCH):
            if item.get("item") == host and item.get("ansible_job_id"):
                path = f"{registered.jobs_folder(run_id)}/{item['ansible_job_id']}"
                read = functools.partial(_actions.run, self, "ansible.builtin.slurp", {"src": path}, self._vars)
                try:
                    return quoted(str(json.loads(base64.b64decode(self._in_time(host, read).get("content") or ""))["msg"]))
                except (ValueError, KeyError, TypeError, RecursionError):
                    pass  # Ansible just writes it, or the node something else
        return ""

    def _read(self) -> Result:
        """What the watch of one host has recorded, and why this host has failed, if it has. Nothing here may hide what failed."""
        asked, state = str(self._args["asked"]), str(self._args["state"])
        result: Result = {"host": asked, "record": {}, "failure": "", "turn": self._turn}
        if state == "read":
            result["failure"] = self._failure()
        elif state == "finished":
            # First, so that a record that cannot be read keeps no lock. In the same task, so that a run in which nothing is pending stays short.
            gate = _actions.run(self, GATE, {**self._args, "point": "give_back" if self._has_ended_early() else "finished"}, self._vars)
            result["warnings"] = list(gate.get("warnings", []))
            state = "stopped"
        run = self._run
        if run is None or not self._watches():
            return result
        try:
            record = in_time(lambda: self._record(state, run["run_id"]))
        except AnsibleError as error:
            record = {"failed": True, "msg": str(error)}
        return dict(result, msg=_actions.cause(record)) if record.get("failed") else dict(result, record=record)

    def _has_ended_early(self) -> bool:
        """Of one cluster among many: then a later run has to know which of its nodes are done."""
        run = registered.own_run(self._hostvars, self._play) if self._play.is_of_many else None
        return run is not None and standing.has_ended(self._play, self._hostvars, run)

    def _record(self, state: str, run_id: str) -> Result:
        record = read_record(self, state, run_id, self._vars)
        if state == "stopped":
            try:
                _actions.run(self, "ansible.builtin.file", {"path": registered.jobs_folder(run_id), "state": "absent"}, self._vars)
            except AnsibleError:
                pass  # what was recorded counts for more than what is left behind
        return record

    def _failure(self) -> str:
        """Which task of this host has failed, and why. Ansible tells it in a rescue."""
        name, why = _actions.failure_of(self._vars)
        return named(self._host, f"{name}: {why}") if name or why else ""

    @property
    def _turn(self) -> str | None:
        return registered.turn_of(self._vars, self._run)

    def _watches(self) -> bool:
        return is_true(self._options["watch"]) and not self._task.check_mode

    # ---- the page ----------------------------------------------------------------------------------------------------

    def _failed(self) -> Result:
        """A host has failed: write what is known so far, and stop before the next node. Only the last host of the batch says why."""
        play, progress = self._play, self._account().progress()
        failing = [host for host in play.batch if host in progress and progress[host].failure]
        failed = [host for host in play.everyone if host in failing or host in play.failed] or [self._host]
        dummy, where = self._write(lambda judged: last_words(end_of(play.cluster, progress, failed)))
        if self._host in failing and not is_last_to_speak(self._host, play.batch, failing):
            return {"failed": True, "msg": f"{self._host} failed. The other hosts of its batch come back first.", "report": where}
        return {"failed": True, "msg": last_words(end_of(play.cluster, progress, failed, where)), "report": where}

    def _not_as_before(self) -> Result:
        """All hosts are done, but one of them does not see the cluster as it was before."""
        why = _actions.failure_of(self._vars)[1]
        if not why:
            # ansible-core 2.16 comes here once more with another host. By then the records are gone, so the page would be worse than the one that is there.
            return {"failed": True, "msg": "The cluster is not as it was before. Another host of this play says why."}

        def said(judged: Verdict, more: str = "") -> str:
            reasons = [why, *([judged["sentence"]] if judged["kept"] is False else [])]
            return last_words(End("not_as_before", reasons=reasons, more=more))

        judged, where = self._write(said)
        run = self._run
        return {"failed": True, "msg": said(judged, where), "run_id": run["run_id"] if run else ""}

    def _note(self) -> Result:
        """In a run over many clusters: why it ends for this one. Whoever reads that may not fail, as the others go on."""
        run, play, how, failure = self._run, self._play, str(self._args["how"]), self._failure()
        why = _actions.failure_of(self._vars)[1].replace(BEGINNING, "").strip() or "The reason is not known."
        broken = False
        if how in ("failed", "lost"):
            progress = self._account().progress()
            if how == "failed":
                mine = progress.get(self._host) or Progress(look=None, results={})
                progress[self._host] = dataclasses.replace(mine, failure=failure)
                broken = failure_of(self._host, progress[self._host]).is_broken
            failed = play.failed + ([self._host] if how == "failed" else [])
            why = last_words(end_of(play.cluster, progress, failed))
        ended = Ended(run=run["run_id"] if run else "", host=self._host, how=how, failure=failure, turn=self._turn, msg=why, broken=broken)
        return dict(ended, _ansible_verbose_always=True)

    def _so_far(self) -> Result:
        """A gate that a play uses alone has failed: write what is known. The gate itself has the last word."""
        if self._run is None:
            return {"skipped": True, "skip_reason": "no preflight has begun a run that has a report"}
        dummy, where = self._write(lambda judged: _actions.failure_of(self._vars)[1])
        return {"report": where}

    def _finish(self) -> Result:
        """All hosts are done. Fails if quorum was lost at any moment, or if nobody can say that it was not."""
        fleet = registered.fleet_of(self._vars["hostvars"], self._host) if self._play.is_of_many else None
        if fleet is not None:
            return self._finish_many(fleet)
        judged, where = self._write()
        run = self._run
        if run and self._task.check_mode:
            self._say(rehearsal.in_words("", run, self._account().progress()))
        result = {"msg": f"{judged['sentence']} {where}".strip(), "run_id": run["run_id"] if run else ""}
        if judged["kept"] is False:
            return dict(result, failed=True, msg=f"The upgrade is done, but: {judged['sentence']} {where}".strip())
        return dict(result, _ansible_verbose_always=True)

    def _finish_many(self, fleet: Fleet) -> Result:
        """Fails if it has not ended well for each cluster, and names them."""
        variables = registered.Raw(self._vars["hostvars"])
        ends = many.conclusions(fleet, variables, self._play.gone, bool(self._task.check_mode))
        if self._task.check_mode:
            for end in ends:
                self._say(rehearsal.in_words(end.part["name"], end.part["run"], end.account.progress()) if end.part["run"] and end.account else [])
        where = "" if self._task.check_mode else many.write(fleet, ends, variables, _steady.now(), _controller.who(self._vars))
        said = "\n".join(filter(None, [in_words(fleet, ends, bool(self._task.check_mode)), where]))
        result = {"msg": said, "run_ids": [end.part["run"]["run_id"] for end in ends if end.part["run"]]}
        return dict(result, failed=True) if has_failed(fleet, ends) else dict(result, _ansible_verbose_always=True)

    @staticmethod
    def _say(lines: list[str]) -> None:
        for line in ["", *lines] if lines else []:
            display.display(line)

    def _write(self, stopped: t.Callable[[Verdict], str] = lambda judged: "") -> tuple[Verdict, str]:
        """The verdict, and a sentence on where the page is. stopped: says why the run stops, and what to do."""
        account = self._account()
        judged = account.judged(self._watches(), seconds(self._options, "stable_for"))
        if not self._options["report"] or self._task.check_mode:
            return judged, ""

        def content() -> dict[str, t.Any]:
            return account.story(judged, whole_number(self._options, "spare"), _steady.now(), stopped(judged), _controller.who(self._vars))

        return judged, write(str(self._options["report"]), content)

    def _account(self) -> Account:
        return Account(self._hostvars, self._play.cluster, self._run, self._play.batch, self._play.failed)
