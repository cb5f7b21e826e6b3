# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record, the verdict and the page of a rolling upgrade. Private to the role rolling_upgrade."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions
from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import untemplated
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.given import report_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.page import page
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import Play
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.input import report_path, whole_number
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.look import is_true
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.story import Progress, story
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Run, Verdict
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.verdict import best, verdict
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.question import in_time

WATCH = "corosync.quorum.watch_quorum"

Result = dict[str, t.Any]


class ActionModule(ActionBase):
    """point: `read` the record of one host, `failed`: write the page and stop, or `finish`: write it and judge."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._args = dict(self._task.args)
        self._options: dict[str, t.Any] = dict(self._args["options"])
        self._play = Play.of(self._args["play"])
        points: dict[str, t.Callable[[], Result]] = {"read": self._read, "failed": self._failed, "finish": self._finish}
        result = points[str(self._args["point"])]()
        return dict({"changed": False}, **untemplated(result))

    # ---- the record of one host --------------------------------------------------------------------------------------

    def _read(self) -> Result:
        """What the watch of one host has recorded, and why this host has failed, if it has. Nothing here may hide what failed."""
        result: Result = {"host": str(self._args["asked"]), "record": {}, "failure": "", "turn": self._turn()}
        if self._args["state"] == "read":
            result["failure"] = self._failure()
        if not self._watches():
            return result
        try:
            result["record"] = in_time(self._record)
        except AnsibleError as error:
            result["msg"] = str(error)
        return result

    def _record(self) -> Result:
        record = _actions.run(self, WATCH, {"state": self._args["state"], "reference": _actions.now()}, self._vars)
        if self._args["state"] == "stopped":
            try:
                _actions.run(self, "ansible.builtin.file", {"path": self._options["async_dir"], "state": "absent"}, self._vars)
            except AnsibleError:
                pass  # what was recorded counts for more than what is left behind
        return {} if record.get("failed") else record

    def _failure(self) -> str:
        """Which task of this host has failed, and why. Ansible tells it in a rescue."""
        task, failed = self._vars.get("ansible_failed_task"), self._vars.get("ansible_failed_result")
        if not isinstance(failed, dict):
            return ""
        name = task.get("name") if isinstance(task, dict) else getattr(task, "name", "")
        return f"{name}: {_actions.cause(_first_failure(failed))}"

    def _turn(self) -> str | None:
        return registered.turn_of(self._vars, self._run())

    def _run(self) -> Run | None:
        return registered.current_run(self._vars["hostvars"], self._play.cluster)

    def _watches(self) -> bool:
        return is_true(self._options["watch"]) and not self._task.check_mode

    # ---- the page ----------------------------------------------------------------------------------------------------

    def _failed(self) -> Result:
        """A host has failed: write what is known so far, and stop before the next node."""
        own = self._progress(self._play.host, self._run())
        failed = {*self._play.failed, *([self._play.host] if own and own.failure else [])} or {self._play.host}
        hosts = ", ".join(host for host in self._play.everyone if host in failed)
        dummy, where = self._write()
        said = f"Stopped because {hosts} failed. Later nodes were not touched. Fix {hosts} and run the playbook again; it resumes there."
        return {"failed": True, "msg": said, "report": where}

    def _finish(self) -> Result:
        """All hosts are done. Fails if quorum was lost at any moment, or if nobody can say that it was not."""
        judged, where = self._write()
        run = self._run()
        result = {"msg": f"{judged['sentence']} {where}".strip(), "begun": run["begun"] if run else ""}
        if judged["kept"] is False:
            return dict(result, failed=True, msg=f"The upgrade is done, but: {judged['sentence']} {where}".strip())
        return dict(result, _ansible_verbose_always=True)

    def _write(self) -> tuple[Verdict, str]:
        """The verdict, and a sentence on where the page is. A page that cannot be written must not hide what it would tell."""
        cluster, run, records = self._play.cluster, self._run(), self._records()
        progress = {host: found for host in cluster if (found := self._progress(host, run)) is not None}
        judged = verdict(records, cluster, self._watches())
        if not self._options["report"] or self._task.check_mode:
            return judged, ""
        path = report_path(str(self._options["report"]))
        try:
            content = story(run, cluster, progress, records, judged, whole_number(self._options, "spare"), _actions.now())
            _write_page(path, page(report_of(content)))
        except (OSError, Unusable) as error:
            return judged, f"The report could not be written to {path}: {error}"
        return judged, f"The report is in {path}"

    def _records(self) -> dict[str, t.Any]:
        """host -> record, from whichever host has read it."""
        found = [(item["host"], item["record"]) for host in self._play.batch for item in self._read_by(host) if item.get("record")]
        return dict(best(found))

    def _read_by(self, host: str) -> list[dict[str, t.Any]]:
        found = registered.variables_of(self._vars["hostvars"], host).get(registered.RECORDS)
        items = found.get("results", []) if isinstance(found, dict) else []
        return [item for item in items if isinstance(item, dict) and "record" in item]

    def _progress(self, host: str, run: Run | None) -> Progress | None:
        """What a host's tasks have registered in this run, None where it was not its turn yet."""
        variables = registered.variables_of(self._vars["hostvars"], host)
        look = registered.look_of(variables, run)
        turn = look["turn"] if look else None
        # What Ansible says of a failure stays until the next one, so after a rescue among the user's tasks a node that is done has one, too.
        is_done = bool(look and (not look["needed"] or registered.is_done(variables, look["turn"])))
        failures = [item["failure"] for item in self._read_by(host) if item.get("failure") and item.get("turn") == turn and not is_done]
        lost = host in self._play.failed and not failures
        if look is None:
            return Progress(look=None, results={}, failure=failures[-1] if failures else "", lost=lost) if failures or lost else None
        return Progress(look=look, results=registered.results_of(variables, look["turn"]), failure=failures[-1] if failures else "", lost=lost)


def _first_failure(result: dict[str, t.Any]) -> dict[str, t.Any]:
    """The item that failed, of a loop."""
    items = [item for item in result.get("results", []) if isinstance(item, dict) and item.get("failed")]
    return items[0] if items else result


def _write_page(path: str, text: str) -> None:
    """As a whole, or not at all."""
    new = f"{path}.{os.getpid()}.new"
    try:
        # What a command wrote may have bytes that are no text.
        with open(new, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        os.chmod(new, 0o644)
        os.replace(new, path)
    finally:
        if os.path.exists(new):
            os.remove(new)
