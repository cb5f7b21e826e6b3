# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts for the actions of the role rolling_upgrade: what modules and actions answer there, and what tasks have registered."""

from __future__ import annotations

import copy
import types
import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.template import Templar

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.given import OPTIONS as OPTIONS_OF_ROLE
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.given import PLAY

Vars = dict[str, t.Any]
OPTIONS: Vars = {
    "node": None,
    "stack": "corosync",
    "packages": ["corosync"],
    "package_state": "latest",
    "needed": "auto",
    "reboot": "never",
    "reboot_timeout": 600,
    "batches": False,
    "spare": 0,
    "qdevice": "either",
    "timeout": 300,
    "stable_for": 5,
    "watch": True,
    "watch_timeout": 14400,
    "report": "",
    "state_file": "/var/lib/corosync-quorum/rolling-upgrade.json",
    "take_over": "",
    "hooks": dict.fromkeys(("drain", "stop", "upgrade", "start", "undrain", "check"), ""),
}


def out_of_reach(host: str = "") -> AnsibleConnectionFailure:
    return AnsibleConnectionFailure(f"ssh: no route to {host}.")


def task_of(name: str, check_mode: bool = False) -> Task:
    """A task of a role. Its action is made for each item anew."""
    made = Task.load({"action": name})
    made.check_mode = check_mode
    return made


def split(given: Vars) -> tuple[Vars, Vars]:
    """(arguments of a task, the role's variables for it) of both together."""
    args = dict(given)
    return args, {variable: args.pop(name) for name, variable in (("options", OPTIONS_OF_ROLE), ("play", PLAY)) if name in args}


def action_of(kind: t.Any, task: Task, args: Vars) -> t.Any:
    task.args = args
    loader = DataLoader()
    connection = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir="/nonexistent"))
    return kind(task, connection, PlayContext(), loader, Templar(loader=loader), None)


class Cluster:
    """web1, web2 ... with what they have registered.

    answers: (module or action) or (it, host) -> a result, an exception to raise, or a function of its arguments that returns one.
    calls: (name, host, arguments, check mode) of each that was run. More than `answers` is a failure of the test.
    """

    def __init__(self, monkeypatch: t.Any, kind: t.Any, module: t.Any, count: int = 3) -> None:
        self.hosts = [f"web{number}" for number in range(1, count + 1)]
        self.hostvars: dict[str, Vars] = {host: {"inventory_hostname": host} for host in self.hosts}
        self.options: Vars = copy.deepcopy(OPTIONS)
        self.play: dict[str, t.Any] = {"cluster": self.hosts, "everyone": self.hosts, "active": self.hosts}
        self.answers: dict[t.Any, t.Any] = {}
        self.calls: list[tuple[str, str, Vars, bool]] = []
        self.check_mode = False
        self._kind, self._name = kind, module.__name__.rpartition(".")[2]
        monkeypatch.setattr(module._actions, "run", self._run)
        self._monkeypatch = monkeypatch

    def task(self) -> Task:
        return task_of(f"corosync.quorum.{self._name}", self.check_mode)

    def run(self, host: str, task: Task | None = None, asked: str = "", batch: t.Sequence[str] = (), **args: t.Any) -> Vars:
        """The result of the action for this host, delegated to `asked`."""
        given = dict(args, asked=asked) if asked else args
        action = action_of(self._kind, task or self.task(), given)
        action.asked = asked or host
        self._monkeypatch.setattr(action, "_execute_module", lambda **more: self._answer(action, more["module_name"], more["module_args"]))
        variables = dict(self.hostvars[host], hostvars=self.hostvars, groups={"all": self.hosts}, playbook_dir="/nonexistent")
        variables[OPTIONS_OF_ROLE] = dict(self.options, hosts=self.play["cluster"])
        variables[PLAY] = dict(self.play, host=host, batch=list(batch) or [host])
        result: Vars = action.run(task_vars=variables)
        assert result["changed"] in (True, False)
        return result

    def loop(self, host: str, over: t.Sequence[str], register: str = "", **args: t.Any) -> list[Vars]:
        """The items of a loop over hosts, each delegated to its item. Ansible registers them, and goes on with those after one that failed."""
        task = self.task()
        results = [dict(self.run(host, task, asked=item, **args), item=item) for item in over]
        if register:
            failed = {"failed": True} if any(result.get("failed") for result in results) else {}
            self.hostvars[host][register] = dict({"results": results}, **failed)
        return results

    def names(self) -> list[str]:
        return [call[0].rpartition(".")[2] for call in self.calls]

    def _run(self, action: t.Any, name: str, args: Vars, task_vars: Vars, check_mode: bool | None = None) -> Vars:
        return self._answer(action, name, args, check_mode)

    def _answer(self, action: t.Any, name: str, args: Vars, check_mode: bool | None = None) -> Vars:
        self.calls.append((name, action.asked, args, bool(action._task.check_mode if check_mode is None else check_mode)))
        said = self.answers[(name, action.asked)] if (name, action.asked) in self.answers else self.answers[name]
        said = said(args) if callable(said) else said
        if isinstance(said, Exception):
            raise said
        return t.cast(Vars, copy.deepcopy(said))
