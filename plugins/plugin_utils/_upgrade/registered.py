# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the tasks of the role rolling_upgrade have registered, by host. The one place that knows the names of these variables."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Mapping

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import is_run_id
from ansible_collections.corosync.quorum.plugins.plugin_utils import _facts

from .hosts import Play
from .look import HOOKS
from .types import Carried, ClockLook, Ended, Fleet, Gate, Look, Own, Run

PREFIX = "__rolling_upgrade_"
# A documented output of the entry point preflight.
PLAN = "rolling_upgrade_plan"
FINISHED = PREFIX + "finished"
VIEWS = PREFIX + "views"
LOOK = PREFIX + "look"
GATE = PREFIX + "gate"
RECORDS = PREFIX + "records"
WATCH = PREFIX + "watch"
FIRST_LOOK = PREFIX + "first_look"
# The same after a reboot of a node
LOOK_AGAIN = PREFIX + "look_again"
# Of a run over many clusters, where the plan is about all of them: what a host takes of it, which hosts have the lock, and why a cluster has ended early.
OWN = PREFIX + "own_plan"
LOCKED = PREFIX + "locked"
ENDED = PREFIX + "ended"
# Phases of the role whose task registers a result, with the variable.
RESULTS = {
    "gate": GATE,
    "gate_again": PREFIX + "gate_again",
    "drain": PREFIX + "drained",
    "stop": PREFIX + "stopped",
    "upgrade": PREFIX + "upgraded",
    "reboot": PREFIX + "rebooted",
    "start": PREFIX + "started",
    "back": PREFIX + "back",
    "undrain": PREFIX + "undrained",
    "done": PREFIX + "done",
    "begin": PREFIX + "begun",
    "installed": PREFIX + "installed",
}
# The user's tasks register nothing. Before those that stop a node, or may restart it, a task of the role checks that they may begin. Before a reboot the
# gate does, where corosync runs again.
GATE_REBOOT = PREFIX + "gate_reboot"
CHECKS = {"stop_hook": PREFIX + "may_stop", "upgrade_hook": PREFIX + "may_upgrade", "reboot": GATE_REBOOT}

HostVars = t.Mapping[str, t.Mapping[str, t.Any]]


def jobs_folder(run_id: str) -> str:
    """Where a run's watch on a node has the files that Ansible keeps of a task in the background: removed as a whole, as Ansible may still write to them
    some seconds after a watch has ended."""
    return f"/run/corosync-quorum-jobs-{run_id}"


def current_run(hostvars: HostVars, hosts: t.Iterable[str]) -> Run | None:
    """The newest accepted plan that was not finished. Any host may have it: the preflight runs on the first host of a play.

    Not templated, where Ansible lets one: nothing that a task has registered is a template, and each host looks at all of them in most tasks.
    """
    raw = _raw(hostvars)
    variables = [variables_of(raw, host) for host in hosts]
    finished = [found for found in (each.get(FINISHED) for each in variables) if isinstance(found, dict)]
    over = {run_id for found in finished for run_id in (found.get("run_id"), *(found.get("run_ids") or ()))}
    # The plan of many clusters is large, and each look at it makes it anew.
    for name in (OWN, PLAN):
        plans = [found for found in (each.get(name) for each in variables) if _is_run(found)]
        newest = max(plans, key=lambda plan: plan["begun"], default=None)
        if newest is not None and newest["run_id"] not in over:
            return newest
    return None


def own_run(hostvars: HostVars, play: Play) -> Own | None:
    """The run of this host's cluster among many, from its own variables."""
    found = variables_of(hostvars, play.host).get(OWN)
    return t.cast(Own, found) if _is_run(found) else None


def fleet_of(hostvars: HostVars, host: str) -> Fleet | None:
    """What this run found out about many clusters, None where it has one alone. Not templated, where Ansible lets one: nothing in it is a template."""
    variables = variables_of(_raw(hostvars), host)
    found = variables.get(PLAN)
    return t.cast(Fleet, found) if isinstance(found, dict) and found.get("clusters") and not found.get("failed") else None


class Once(Mapping[str, t.Mapping[str, t.Any]]):
    """The variables of hosts, read once for each host: Ansible makes those of a host anew each time."""

    def __init__(self, hostvars: HostVars) -> None:
        self._hostvars = hostvars
        self._found: dict[str, t.Mapping[str, t.Any]] = {}

    @functools.cached_property
    def raw(self) -> Raw:
        """The same variables as they are, read once as well."""
        return Raw(self._hostvars)

    def __contains__(self, host: object) -> bool:
        return host in self._hostvars

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._hostvars)

    def __len__(self) -> int:
        return len(self._hostvars)

    def __getitem__(self, host: str) -> t.Mapping[str, t.Any]:
        if host not in self._found:
            self._found[host] = self._read(host)
        return self._found[host]

    def _read(self, host: str) -> t.Mapping[str, t.Any]:
        return self._hostvars[host]


class Raw(Once):
    """The same as they are. To template those that are about all hosts once for each host would cost the square."""

    def _read(self, host: str) -> t.Mapping[str, t.Any]:
        read: t.Callable[[str], t.Mapping[str, t.Any]] = getattr(self._hostvars, "raw_get", self._hostvars.__getitem__)
        return read(host)


def _raw(hostvars: HostVars) -> Raw:
    return hostvars.raw if isinstance(hostvars, Once) else Raw(hostvars)


def _is_run(found: t.Any) -> t.TypeGuard[Run]:
    return isinstance(found, dict) and is_run_id(found.get("run_id")) and isinstance(found.get("begun"), str)


def ended_of(variables: t.Mapping[str, t.Any], run: Run | None) -> Ended | None:
    """Why this host has ended this run of its cluster, None where it has not."""
    found = variables.get(ENDED)
    return t.cast(Ended, found) if run and isinstance(found, dict) and found.get("run") == run["run_id"] and not found.get("skipped") else None


def look_of(variables: t.Mapping[str, t.Any], run: Run | None) -> Look | None:
    """What this run found to do on a host, None where it has not looked yet, or failed to. Without a run nothing looks."""
    found = variables.get(LOOK)
    if not isinstance(found, dict) or found.get("failed") or "turn" not in found or "run" not in found:
        return None
    return t.cast(Look, found) if run and found["run"] == run["run_id"] else None


def turn_of(variables: t.Mapping[str, t.Any], run: Run | None) -> str | None:
    """Of the look of this run, None without one."""
    found = look_of(variables, run)
    return found["turn"] if found else None


def is_done(variables: t.Mapping[str, t.Any], turn: str) -> bool:
    """Whether all of this turn was done. What it had of answers is used up then."""
    return has_succeeded(variables, RESULTS["done"], turn)


def has_rebooted(variables: t.Mapping[str, t.Any], turn: str) -> bool:
    """Whether the role rebooted the node in this turn."""
    return has_succeeded(variables, RESULTS["reboot"], turn)


def has_succeeded(variables: t.Mapping[str, t.Any], name: str, turn: str) -> bool:
    """Whether the task that registers this variable was not left out in this turn, and did not fail."""
    found = variables.get(name)
    return isinstance(found, dict) and found.get("turn") == turn and not found.get("failed") and not found.get("skipped")


def has_failed_in_turn(variables: t.Mapping[str, t.Any], run: Run | None, is_lost: bool = False) -> bool:
    """Whether a host has failed in its newest turn of this run, behind its first gate. A node whose gate said no is as it was.

    Of the user's tasks Ansible tells it, and tells it until the next failure, so a node that is done may have that as well. is_lost: Ansible cannot reach
    the host any more, and tells nothing of that.
    """
    found = look_of(variables, run)
    if found is None or is_done(variables, found["turn"]):
        return False
    results = {phase: result for phase, result in results_of(variables, found["turn"]).items() if phase != "gate"}
    # A node that only has to come back has no gate, and its turn may begin with the user's tasks.
    has_begun = "begin" in results or bool(found["phases"]) and "gate" not in found["phases"]
    return any(result["failed"] for result in results.values()) or has_begun and (is_lost or isinstance(variables.get("ansible_failed_result"), dict))


def gate_of(variables: t.Mapping[str, t.Any], turn: str | None) -> Gate | None:
    """The newest answer of the gate in this turn. None where it was not asked."""
    for name in (RESULTS["gate_again"], RESULTS["gate"]):
        found = answer_of(variables.get(name))
        if found is not None and found["turn"] == turn:
            return found
    return None


def answer_of(registered: t.Any) -> Gate | None:
    """The answer in what a gate's loop has registered: one of its items has it. None where any item failed, whatever another one says."""
    if has_failed(registered):
        return None
    answers = [item["gate"] for item in _items(registered) if isinstance(item.get("gate"), dict)]
    return t.cast(Gate, answers[-1]) if answers else None


def first_asked(registered: t.Any, turn: str) -> dict[str, t.Any]:
    """The item of the first host of those that answered a gate's loop in this turn: what they said is no newer. Empty where there is none."""
    return next((item for item in _items(registered) if item.get("turn") == turn and not item.get("skipped")), {})


def has_failed(registered: t.Any) -> bool:
    """Whether a task has failed, or any item of its loop."""
    return any(item.get("failed") or item.get("unreachable") for item in [registered, *_items(registered)] if isinstance(item, dict))


def _items(registered: t.Any) -> list[dict[str, t.Any]]:
    """Of a loop; the result itself where there is none."""
    found = registered.get("results", [registered]) if isinstance(registered, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def results_of(variables: t.Mapping[str, t.Any], turn: str | None) -> dict[str, dict[str, t.Any]]:
    """phase of the role -> {started, ended, ...}, of this turn; None: of a play that has looked at no node, as it uses gates alone.

    Of the user's tasks there is only the check before them, where it has refused them. So it is of a reboot to which the gate said no.
    """
    found = {phase: summed(variables.get(name), turn) for phase, name in RESULTS.items()}
    checks = {phase: summed(variables.get(name), turn) for phase, name in CHECKS.items()}
    found.update((phase, dict(result, refused=True) if phase == "reboot" else result) for phase, result in checks.items() if result.get("failed"))
    return {phase: result for phase, result in found.items() if result}


def results_of_gates_alone(variables: t.Mapping[str, t.Any], run: Run | None) -> dict[str, dict[str, t.Any]]:
    """The same, of a play that has looked at no node: what it has registered before this run is of another one, and before the newest gate of another turn."""
    found = results_of(variables, None)
    since = max(run["begun"] if run else "", found.get("gate", {}).get("started", ""))
    return {phase: result for phase, result in found.items() if result["started"] >= since}


def absences_of(variables: t.Mapping[str, t.Any], run: Run) -> list[tuple[float, float]]:
    """When a host was down by plan, as the newest turn of it in this run has carried that on of the turns before it."""
    found = _carried_of(variables, run)
    return list(found["absences"]) if found else []


def clock_looks_of(variables: t.Mapping[str, t.Any], run: Run) -> list[ClockLook]:
    """Looks of this run at the clock of a host around its reboots, in any order."""
    carried = _carried_of(variables, run)
    registered = [variables.get(name) for name in (RESULTS["reboot"], LOOK_AGAIN)]
    found = [*(carried["looks"] if carried else []), *(item.get("clock") for item in registered if isinstance(item, dict))]
    return [t.cast(ClockLook, look) for look in found if isinstance(look, dict) and look["run"] == run["run_id"]]


def _carried_of(variables: t.Mapping[str, t.Any], run: Run) -> Carried | None:
    """What the newest turn of a host in this run has carried on of the turns before it."""
    for item in [variables.get(LOOK), *items_of(variables, GATE)]:
        found = item.get("carried") if isinstance(item, dict) else None
        if found and found["run"] == run["run_id"]:
            return t.cast(Carried, found)
    return None


def summed(registered: t.Any, turn: str | None) -> dict[str, t.Any]:
    """A task's result, or one made of those of its loop: from the first start to the last end. Empty where it is of another turn."""
    items = [item for item in _items(registered) if item.get("turn") == turn and item.get("started")]
    if not items:
        return {}
    last = dict(items[-1], started=items[0]["started"])
    last["failed"] = any(item.get("failed") for item in items)
    return last


def hooks_in(variables: t.Mapping[str, t.Any]) -> dict[str, str]:
    """step -> path as the user gave it, from {drain: path, ...}."""
    return {step: str(variables.get(step) or "") for step in HOOKS}


def items_of(variables: t.Mapping[str, t.Any], name: str) -> list[dict[str, t.Any]]:
    """What the items of a loop have returned."""
    found = variables.get(name)
    items = found.get("results") if isinstance(found, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def variables_of(hostvars: HostVars, host: str) -> t.Mapping[str, t.Any]:
    """Of a host, none where the inventory does not have it: Ansible has no error for that, but a value that is undefined. Raises FromFacts.

    What no task of this run has registered, a fact could pretend to be.
    """
    if host not in hostvars:
        return {}
    variables = hostvars[host]
    refuse_facts(host, variables)
    return variables


def refuse_facts(host: str, variables: t.Mapping[str, t.Any]) -> None:
    """Raise FromFacts where variables of the role, given or registered, are facts of this host."""
    _facts.refuse(host, variables, lambda name: name.startswith((PREFIX, PREFIX.lstrip("_"))))
