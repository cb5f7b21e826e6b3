# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the tasks of the role rolling_upgrade have registered, by host. The one place that knows the names of these variables."""

from __future__ import annotations

import typing as t

from .look import HOOKS
from .types import Gate, Look, Run

PREFIX = "__rolling_upgrade_"
# A documented output of the entry point preflight.
PLAN = "rolling_upgrade_plan"
FINISHED = PREFIX + "finished"
VIEWS = PREFIX + "views"
LOOK = PREFIX + "look"
GATE = PREFIX + "gate"
RECORDS = PREFIX + "records"
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

HostVars = t.Mapping[str, t.Mapping[str, t.Any]]


def current_run(hostvars: HostVars, hosts: t.Iterable[str]) -> Run | None:
    """The newest accepted plan that was not finished. Any host may have it: the preflight runs on the first host of a play."""
    plans = [found for found in (variables_of(hostvars, host).get(PLAN) for host in hosts) if isinstance(found, dict) and found.get("begun")]
    if not plans:
        return None
    newest = max(plans, key=lambda plan: str(plan["begun"]))
    over = {found.get("begun") for found in (variables_of(hostvars, host).get(FINISHED) for host in hosts) if isinstance(found, dict)}
    return None if newest["begun"] in over else t.cast(Run, newest)


def look_of(variables: t.Mapping[str, t.Any], run: Run | None) -> Look | None:
    """What this run found to do on a host, None where it has not looked yet, or failed to."""
    found = variables.get(LOOK)
    if not isinstance(found, dict) or found.get("failed") or "turn" not in found or "run" not in found:
        return None
    return t.cast(Look, found) if found["run"] == (run["begun"] if run else "") else None


def turn_of(variables: t.Mapping[str, t.Any], run: Run | None) -> str | None:
    """Of the look of this run, None without one."""
    found = look_of(variables, run)
    return found["turn"] if found else None


def is_done(variables: t.Mapping[str, t.Any], turn: str) -> bool:
    """Whether all of this turn was done. What it had of answers is used up then."""
    done = variables.get(RESULTS["done"])
    return isinstance(done, dict) and done.get("turn") == turn and not done.get("failed") and not done.get("skipped")


def gate_of(variables: t.Mapping[str, t.Any], turn: str | None) -> Gate | None:
    """The newest answer of the gate in this turn. None where it was not asked."""
    for name in (RESULTS["gate_again"], RESULTS["gate"]):
        found = answer_of(variables.get(name))
        if found is not None and found["turn"] == turn:
            return found
    return None


def answer_of(registered: t.Any) -> Gate | None:
    """The answer in what a gate's loop has registered: one of its items has it. None where any item failed, whatever another one says."""
    items = registered.get("results", [registered]) if isinstance(registered, dict) else []
    items = [item for item in items if isinstance(item, dict)]
    if any(item.get("failed") or item.get("unreachable") for item in [registered, *items] if isinstance(item, dict)):
        return None
    answers = [item["gate"] for item in items if isinstance(item.get("gate"), dict)]
    return t.cast(Gate, answers[-1]) if answers else None


def results_of(variables: t.Mapping[str, t.Any], turn: str) -> dict[str, dict[str, t.Any]]:
    """phase of the role -> {started, ended, ...}, of this turn."""
    found = {phase: summed(variables.get(name), turn) for phase, name in RESULTS.items()}
    return {phase: result for phase, result in found.items() if result}


def summed(registered: t.Any, turn: str) -> dict[str, t.Any]:
    """A task's result, or one made of those of its loop: from the first start to the last end. Empty where it is of another turn."""
    if not isinstance(registered, dict):
        return {}
    items = [item for item in registered.get("results", [registered]) if isinstance(item, dict) and item.get("turn") == turn and item.get("started")]
    if not items:
        return {}
    last = dict(items[-1], started=items[0]["started"])
    last["failed"] = any(item.get("failed") for item in items)
    return last


def hooks_in(variables: t.Mapping[str, t.Any]) -> dict[str, str]:
    """step -> path as the user gave it, from {drain: path, ...}."""
    return {step: str(variables.get(step) or "") for step in HOOKS}


def variables_of(hostvars: HostVars, host: str) -> t.Mapping[str, t.Any]:
    """Of a host, none where the inventory does not have it: Ansible has no error for that, but a value that is undefined."""
    if host not in hostvars:
        return {}
    return hostvars[host]
