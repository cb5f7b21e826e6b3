# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the report of a run tells, as the filter upgrade_report takes it. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .journal import phases
from .types import Look, Phase, Run, Verdict
from .verdict import of

_LOST_CONTACT = "Ansible lost contact with this host."


@dataclasses.dataclass(frozen=True)
class Told:
    """What one host's tasks have registered. results: by phase of the role. failure: why it failed, empty where it did not. lost: it went out of reach."""

    look: Look | None
    results: t.Mapping[str, t.Any]
    failure: str = ""
    lost: bool = False


def story(
    run: Run | None, hosts: t.Sequence[str], told: t.Mapping[str, Told], records: t.Mapping[str, t.Any], verdict: Verdict, spare: int, now: str
) -> dict[str, t.Any]:
    """hosts: all of the cluster. told: of hosts that this run has begun with. records: host -> result of watch_quorum."""
    timelines, offsets = of(records) if verdict["kept"] is not None else ({}, {})
    return {
        "title": "Rolling upgrade",
        "started": run["begun"] if run else None,
        "ended": now,
        "batches": run["batches"] if run else [],
        "spare": spare,
        "nodes": [_node(host, run, told.get(host), now) for host in hosts],
        "timelines": timelines,
        "offsets": offsets,
        "verdict": {"kept": verdict["kept"], "sentence": verdict["sentence"]},
    }


def _node(host: str, run: Run | None, told: Told | None, now: str) -> dict[str, t.Any]:
    nodeid = run["nodeids"].get(host) if run else None
    if told is None or told.look is None:
        return {"name": host, "nodeid": nodeid, "result": "failed" if told and told.lost else "untouched", "from": {}, "to": {}, "phases": []}
    detail = _LOST_CONTACT if told.lost else told.failure
    failure = Phase(detail=detail) if detail else None
    done = told.results.get("done") or {}
    return {
        "name": host,
        "nodeid": nodeid,
        "result": result_of(told),
        "from": told.look["versions"],
        "to": done.get("versions") or {},
        "phases": phases(told.look["phases"], told.results, failure, now) if told.look["needed"] else [],
    }


def result_of(told: Told) -> str:
    """One of the report's results of a node."""
    if told.lost or told.failure:
        return "failed"
    if told.look is None:
        return "untouched"
    if not told.look["needed"]:
        return "unchanged"
    done = told.results.get("done") or {}
    return "upgraded" if done and not done.get("failed") else "running"
