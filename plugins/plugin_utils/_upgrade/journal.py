# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The phases of one node's upgrade, from what its tasks have registered. Pure.

Each of the role's own tasks returns when it started and ended. The user's tasks return nothing, so their phase is what lies in between.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of

from .spans import Away
from .types import Phase

# Phase of the report, by phase of the role.
REPORTED = {
    "gate": "gate",
    "drain": "drain",
    "gate_again": "gate",
    "stop": "stop",
    "upgrade": "upgrade",
    "reboot": "reboot",
    "start": "start",
    "back": "rejoin",
    "undrain": "undrain",
    "check": "rejoin",
    "tasks": "tasks",
}
# A task of the role that found nothing to do has left them out.
_LEFT_OUT = ("drain", "reboot")


# What is done to a node from its stop until it has rejoined
_AWAY = ("stop", "upgrade", "reboot", "installed", "start", "watch_again", "tasks", "back")
# Where one of these was refused, the node is as the gate before it has left it.
LEAD_TO_A_STOP = ("begin", "drain", "stop")
# What a play does that uses the gates alone, and stops and starts its nodes itself
GATES_ALONE = ("gate", "tasks_hook", "back")


class _Step(t.NamedTuple):
    """name: of the role's phase, without _hook. ended: empty where it has not."""

    name: str
    started: str
    ended: str
    result: t.Mapping[str, t.Any]


def phases(planned: t.Sequence[str], results: t.Mapping[str, t.Any], failure: Phase | None, now: str) -> list[Phase]:
    """The phases that began. planned: of the look. results: what was registered, by phase of the role; a hook has nothing there.

    failure: {detail} of what failed, where something did. now: a moment.
    """
    found: list[Phase] = []
    for step in _steps(planned, results):
        if not step.ended and failure is None and not step.result:
            break
        if step.name in REPORTED and not (step.name in _LEFT_OUT and step.result.get("skipped")):
            found.append(_phase(REPORTED[step.name], step.started, step.ended, step.result))
    if failure is not None and found:
        found[-1] = Phase(phase=found[-1]["phase"], started=found[-1]["started"], ended=now, result="failed", detail=failure.get("detail", ""))
    return found


def away(planned: t.Sequence[str], results: t.Mapping[str, t.Any], quiet: float) -> Away | None:
    """When the node was away by plan, None where it was not stopped. planned, results: as for phases(). quiet: rolling_upgrade_stable_for.

    A step that was refused has stopped nothing.
    """
    steps = [step for step in _steps(planned, results) if step.name in _AWAY and not step.result.get("refused")]
    if not steps:
        return None
    last = steps[-1]
    is_back = last.name == "back" and bool(last.ended) and not last.result.get("failed")
    return Away(seconds_of(steps[0].started), seconds_of(last.ended) if is_back else None, quiet)


def _steps(planned: t.Sequence[str], results: t.Mapping[str, t.Any]) -> t.Iterator[_Step]:
    """Those that began, up to the first one that failed or has not ended."""
    last_end = ""
    for place, name in enumerate(planned):
        result = results.get(name) or {}
        started = result.get("started") or last_end
        ended = result.get("ended") or _next_start(planned[place + 1 :], results)
        if not started:
            return
        yield _Step(name[: -len("_hook")] if name.endswith("_hook") else name, started, ended, result)
        if not ended or result.get("failed"):
            return
        last_end = ended


def _phase(name: str, started: str, ended: str, result: t.Mapping[str, t.Any]) -> Phase:
    if not ended:
        return Phase(phase=name, started=started, result="running", detail="")
    return Phase(phase=name, started=started, ended=ended, result="failed" if result.get("failed") else "ok", detail="")


def _next_start(rest: t.Sequence[str], results: t.Mapping[str, t.Any]) -> str:
    return next((str(results[name]["started"]) for name in rest if (results.get(name) or {}).get("started")), "")
