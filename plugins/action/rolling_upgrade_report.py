# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record, the verdict and the page of a rolling upgrade. Private to the role rolling_upgrade."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions
from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import untemplated
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.given import ReportError, report_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.page import page
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import Play
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.input import report_path
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.story import Progress, story
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Verdict
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.verdict import verdict

WATCH = "corosync.quorum.watch_quorum"

Result = dict[str, t.Any]


class ActionModule(ActionBase):
    """point: `read` the record of one host, `write` the page, or `finish`: write it and judge."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._args = dict(self._task.args)
        self._options: dict[str, t.Any] = dict(self._args["options"])
        self._play = Play.of(self._args["play"])
        points: dict[str, t.Callable[[], Result]] = {"read": self._read, "failed": self._failed, "finish": self._finish}
        try:
            result = points[str(self._args["point"])]()
        except AnsibleActionFail as error:
            # Returned and not raised: ansible-core says what an action raises twice.
            result = {"failed": True, "msg": str(error)}
        return dict({"changed": False}, **untemplated(result))

    # ---- the record of one host --------------------------------------------------------------------------------------

    def _read(self) -> Result:
        """What the watch of one host has recorded, and why this host has failed, if it has. Nothing here may hide what failed."""
        result: Result = {"host": str(self._args["asked"]), "record": {}, "failure": self._failure(), "turn": self._turn()}
        if not self._watches():
            return result
        try:
            record = _actions.run(self, WATCH, {"state": self._args["state"], "reference": _actions.now()}, self._vars)
            result["record"] = {} if record.get("failed") else record
            if self._args["state"] == "stopped":
                _actions.run(self, "ansible.builtin.file", {"path": self._options["async_dir"], "state": "absent"}, self._vars)
        except AnsibleError as error:
            result["msg"] = str(error)
        return result

    def _failure(self) -> str:
        """Which task of this host has failed, and why. Ansible tells it in a rescue."""
        task, failed = self._vars.get("ansible_failed_task"), self._vars.get("ansible_failed_result")
        if not isinstance(failed, dict):
            return ""
        name = task.get("name") if isinstance(task, dict) else getattr(task, "name", "")
        return f"{name}: {_actions.cause(_first_failure(failed))}"

    def _turn(self) -> str | None:
        look = self._vars.get(registered.LOOK)
        return look.get("turn") if isinstance(look, dict) else None

    def _watches(self) -> bool:
        return bool(self._options["watch"]) and not self._task.check_mode

    # ---- the page ----------------------------------------------------------------------------------------------------

    def _failed(self) -> Result:
        """A host has failed: write what is known so far, and stop before the next node."""
        hosts = ", ".join(self._play.failed or [self._play.host])
        self._write()
        raise AnsibleActionFail(f"Stopped because {hosts} failed. Later nodes were not touched. Fix {hosts} and run the playbook again; it resumes there.")

    def _finish(self) -> Result:
        """All hosts are done. Fails if quorum was lost at any moment, or if nobody can say that it was not."""
        judged, where = self._write()
        run = registered.current_run(self._vars["hostvars"], self._play.cluster)
        result = {"msg": f"{judged['sentence']} {where}".strip(), "begun": run["begun"] if run else ""}
        if judged["kept"] is False:
            return dict(result, failed=True, msg=f"The upgrade is done, but: {judged['sentence']} {where}".strip())
        return dict(result, _ansible_verbose_always=True)

    def _write(self) -> tuple[Verdict, str]:
        """The verdict, and a sentence on where the page is. A page that cannot be written must not hide what it would tell."""
        hostvars, cluster = self._vars["hostvars"], self._play.cluster
        run = registered.current_run(hostvars, cluster)
        records, progress = self._records(), {}
        for host in cluster:
            found = self._progress(host, run)
            if found is not None:
                progress[host] = found
        judged = verdict(records, cluster, self._watches())
        if not self._options["report"]:
            return judged, ""
        content = story(run, cluster, progress, records, judged, int(self._options["spare"]), _actions.now())
        path = report_path(str(self._options["report"]))
        try:
            _write_page(path, page(report_of(content)))
        except (OSError, ReportError) as error:
            return judged, f"The report could not be written to {path}: {error}"
        return judged, f"The report is in {path}"

    def _records(self) -> dict[str, t.Any]:
        """host -> record, from whichever host has read it; of several the longest, because one may have been read when it was gone already."""
        found: dict[str, t.Any] = {}
        for item in (item for host in self._play.batch for item in self._read_by(host) if item.get("record")):
            before = found.get(item["host"])
            if before is None or len(item["record"].get("timeline") or ()) > len(before.get("timeline") or ()):
                found[item["host"]] = item["record"]
        return found

    def _read_by(self, host: str) -> list[dict[str, t.Any]]:
        found = self._vars["hostvars"][host].get(registered.RECORDS)
        items = found.get("results", []) if isinstance(found, dict) else []
        return [item for item in items if isinstance(item, dict) and "record" in item]

    def _progress(self, host: str, run: t.Any) -> Progress | None:
        """What a host's tasks have registered in this run, None where it was not its turn yet."""
        variables = self._vars["hostvars"][host]
        look = registered.look_of(variables, run)
        failed = host in self._play.failed
        if look is None:
            return Progress(look=None, results={}, lost=True) if failed else None
        failures = [item["failure"] for item in self._read_by(host) if item.get("failure") and item.get("turn") == look["turn"]]
        return Progress(
            look=look,
            results=registered.results_of(variables, look["turn"]),
            failure=failures[-1] if failures else "",
            lost=failed and not failures,
        )


def _first_failure(result: dict[str, t.Any]) -> dict[str, t.Any]:
    """The item that failed, of a loop."""
    items = [item for item in result.get("results", []) if isinstance(item, dict) and item.get("failed")]
    return items[0] if items else result


def _write_page(path: str, text: str) -> None:
    """As a whole, or not at all."""
    new = f"{path}.{os.getpid()}.new"
    with open(new, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(new, 0o644)
    os.replace(new, path)
