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
class Progress:
    """What one host's tasks have registered. results: by phase of the role. failure: why it failed, empty where it did not. lost: it went out of reach."""

    look: Look | None
    results: t.Mapping[str, t.Any]
    failure: str = ""
    lost: bool = False


def story(
    run: Run | None, hosts: t.Sequence[str], progress: t.Mapping[str, Progress], records: t.Mapping[str, t.Any], verdict: Verdict, spare: int, now: str
) -> dict[str, t.Any]:
    """hosts: all of the cluster. progress: of hosts that this run has begun with. records: host -> result of watch_quorum."""
    timelines, offsets = of(records) if verdict["kept"] is not None else ({}, {})
    return {
        "title": "Rolling upgrade",
        "started": run["begun"] if run else None,
        "ended": now,
        "batches": run["batches"] if run else [],
        "spare": spare,
        "nodes": [_node(host, run, progress.get(host), now) for host in hosts],
        "timelines": timelines,
        "offsets": offsets,
        "verdict": {"kept": verdict["kept"], "sentence": verdict["sentence"]},
    }


def _node(host: str, run: Run | None, progress: Progress | None, now: str) -> dict[str, t.Any]:
    nodeid = run["nodeids"].get(host) if run else None
    if progress is None or progress.look is None:
        return {
            "name": host,
            "nodeid": nodeid,
            "result": "failed" if progress and (progress.lost or progress.failure) else "untouched",
            "from": {},
            "to": {},
            "phases": [],
        }
    detail = _LOST_CONTACT if progress.lost else progress.failure
    failure = Phase(detail=detail) if detail else None
    done = progress.results.get("done") or {}
    return {
        "name": host,
        "nodeid": nodeid,
        "result": result_of(progress),
        "from": progress.look["versions"],
        "to": done.get("versions") or {},
        "phases": phases(progress.look["phases"], progress.results, failure, now) if progress.look["needed"] else [],
    }


def result_of(progress: Progress) -> str:
    """One of the report's results of a node."""
    if progress.lost or progress.failure:
        return "failed"
    if progress.look is None:
        return "untouched"
    if not progress.look["needed"]:
        return "unchanged"
    done = progress.results.get("done") or {}
    return "upgraded" if done and not done.get("failed") else "running"
