# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The phases of one node's upgrade, from what its tasks have registered. Pure.

Each of the role's own tasks returns when it started and ended. The user's tasks return nothing, so their phase is what lies in between.
"""

from __future__ import annotations

import typing as t

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
}


def phases(planned: t.Sequence[str], results: t.Mapping[str, t.Any], failure: Phase | None, now: str) -> list[Phase]:
    """The phases that began. planned: of the look. results: what was registered, by phase of the role; a hook has nothing there.

    failure: {detail} of what failed, where something did. now: a moment.
    """
    found: list[Phase] = []
    last_end = ""
    for place, name in enumerate(planned):
        result = results.get(name) or {}
        step = name[: -len("_hook")] if name.endswith("_hook") else name
        started = result.get("started") or last_end
        ended = result.get("ended") or _next_start(planned[place + 1 :], results)
        if not started or (not ended and failure is None and not result):
            break
        if step in REPORTED:
            found.append(_phase(REPORTED[step], started, ended, result))
        if not ended:
            break
        last_end = ended
    if failure is not None and found:
        found[-1] = Phase(phase=found[-1]["phase"], started=found[-1]["started"], ended=now, result="failed", detail=failure.get("detail", ""))
    return found


def _phase(name: str, started: str, ended: str, result: t.Mapping[str, t.Any]) -> Phase:
    if not ended:
        return Phase(phase=name, started=started, result="running", detail="")
    return Phase(phase=name, started=started, ended=ended, result="failed" if result.get("failed") else "ok", detail="")


def _next_start(rest: t.Sequence[str], results: t.Mapping[str, t.Any]) -> str:
    return next((str(results[name]["started"]) for name in rest if (results.get(name) or {}).get("started")), "")
