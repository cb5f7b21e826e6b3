# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table, the page and the verdict about many clusters. Private to the playbook report."""

from __future__ import annotations

import json
import time
import typing as t

from ansible.utils.display import Display

from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import described
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted, shown
from ansible_collections.corosync.quorum.plugins.plugin_utils import _facts
from ansible_collections.corosync.quorum.plugins.plugin_utils._actions import Action, host_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._controller import who
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.clusters import clusters
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.types import VERDICTS, Cluster
from ansible_collections.corosync.quorum.plugins.plugin_utils._info import INFO, JUDGE, LOCK, RETURNED, RETURNED_OF_LOCK, judged
from ansible_collections.corosync.quorum.plugins.plugin_utils._lock import look_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import answer_of, discovered
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.fleet import fleet_page
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.fleet_words import called, worst_first
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.table import table
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.input import report_path
from ansible_collections.corosync.quorum.plugins.plugin_utils._written import write_whole

# What the hosts of the play have registered
RESULT = "__quorum_report_result"
# What was read longer ago says nothing of now. Seconds.
MAX_AGE = 900

Result = dict[str, t.Any]
display = Display()


class ActionModule(Action):
    """point: `ask` one host for its quorum and its lock; or `show` what all of them said.

    hosts: all hosts of the play. html, json: paths. fail_on: verdicts.
    """

    def _act(self) -> Result:
        return {"ask": self._ask, "show": self._show}[self._task.args["point"]]()

    def _ask(self) -> Result:
        """As votequorum_info, and who has the lock: both by one module."""
        asked_at = utc(time.time())
        arguments = {"if_unavailable": "report", JUDGE: False, LOCK: True}
        answer = answer_of(self, (*RETURNED, *RETURNED_OF_LOCK), module_name=INFO, module_args=arguments, task_vars=self._vars)
        lock = {name: answer.pop(name) for name in RETURNED_OF_LOCK if name in answer}
        answer.pop("invocation", None)
        facts = discovered(self)
        result = judged(answer, host_of(self._task, self._vars), asked_at)
        return dict(result, **look_of(lock).as_data(), **({"ansible_facts": facts} if facts else {}))

    def _show(self) -> Result:
        args = dict(self._task.args)
        _facts.refuse(self._host, self._vars, lambda name: name.startswith("quorum_report_"))
        found = self._clusters([str(host) for host in args["hosts"]], self._vars["hostvars"])
        for line in ["", *table(found), ""]:
            display.display(line)
        return self._end(found, args)

    def _clusters(self, hosts: list[str], hostvars: t.Mapping[str, t.Any]) -> list[Cluster]:
        results, labels = {}, {}
        for host in hosts:
            of_host = hostvars[host]
            results[host] = of_host.get(RESULT)
            label = _facts.label_of(of_host)
            if label is not None:
                labels[host] = label
        return clusters(results, labels, MAX_AGE, time.time())

    def _end(self, found: list[Cluster], args: Result) -> Result:
        """Everything that can be made is made; what could not, and the verdicts that were to fail, are said together."""
        made: dict[str, t.Callable[[], str]] = {
            "html": lambda: fleet_page(found, time.time(), who(self._vars)),
            "json": lambda: json.dumps(found, indent=1) + "\n",
        }
        written, faults = [], []
        for kind, text in made.items():
            given = args.get(kind)
            if not given or self._task.check_mode:
                continue
            if not isinstance(given, str):
                faults.append(f"quorum_report_{kind} is {described(given)}, but must be a path.")
                continue
            path = report_path(given)
            try:
                write_whole(path, text())
                written.append(path)
            except OSError as error:
                faults.append(f"quorum_report_{kind}: {path} could not be written: {error.strerror or error}.")
        faults += self._failing(found, args.get("fail_on"))
        said = " ".join([f"Written: {', '.join(written)}."] * bool(written) + faults)
        return {"failed": True, "msg": said} if faults else {"msg": said, "written": written}

    def _failing(self, found: list[Cluster], given: t.Any) -> list[str]:
        """Why the play is to fail: clusters with these verdicts, or no such verdicts."""
        wanted = [name.strip() for name in given.split(",") if name.strip()] if isinstance(given, str) else given or []
        strange = [name for name in wanted if name not in VERDICTS] if isinstance(wanted, (list, tuple)) else [wanted]
        if strange:
            return [f"quorum_report_fail_on has {quoted(str(strange[0]))}, but must be a list of: {', '.join(reversed(VERDICTS))}."]
        names = called(found)
        bad = [cluster for cluster in worst_first(found) if cluster["verdict"] in wanted]
        said = ", ".join(f"{names[cluster['hosts'][0]]} is {cluster['verdict'].replace('_', ' ')}" for cluster in bad if cluster["nodes"])
        none = ", ".join(shown(host) for cluster in bad if not cluster["nodes"] for host in cluster["hosts"])
        what = "This fails because of quorum_report_fail_on"
        return [f"{what}: {said}."] * bool(said) + [f"{what}, and hosts that belong to no known cluster: {none}."] * bool(none)
