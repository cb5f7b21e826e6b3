# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the report of a run tells, as the filter upgrade_report takes it. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import WATCH_ENDED, marker
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of

from .history import histories
from .journal import GATES_ALONE, LEAD_TO_A_STOP, phases
from .spans import DOWN, UNWATCHED, Span, spans
from .types import Look, Phase, Run, Verdict
from .verdict import SIGNS, of

_LOST_CONTACT = "Ansible lost contact with this host."
# Results of a node that is done. done: what was done to it, nobody knows but the tasks that did it.
DONE = ("upgraded", "rebooted", "restarted", "done", "unchanged")


@dataclasses.dataclass(frozen=True)
class Progress:
    """What one host's tasks have registered. look: None of a play that uses gates alone, or where it failed. results: by phase of the role.

    failure: why it failed, empty where it did not. lost: it went out of reach.
    """

    look: Look | None
    results: t.Mapping[str, t.Any]
    failure: str = ""
    lost: bool = False


def story(
    run: Run | None,
    hosts: t.Sequence[str],
    progress: t.Mapping[str, Progress],
    records: t.Mapping[str, t.Any],
    verdict: Verdict,
    spare: int,
    now: str,
    earlier: t.Sequence[tuple[str, str, t.Mapping[str, t.Any]]] = (),
    stopped: str = "",
    by: t.Mapping[str, str] | None = None,
) -> dict[str, t.Any]:
    """hosts: all of the cluster. progress: of hosts that this run has begun with. records: host -> result of watch_quorum.

    earlier: (run id, host, result of watch_quorum) of runs before this one whose watches were left. stopped: why the run stopped, and what to do.
    by: user and controller, for people.
    """
    timelines, offsets = of(records) if verdict["kept"] is not None else ({}, {})
    recorded = {host: spans(history, history[-1]["at"]) for host, history in histories(timelines, offsets).items() if history}
    nodes = [_node(host, run, progress.get(host), recorded.get(host, []), now) for host in hosts]
    return {
        **_head(by),
        "cluster_name": run["cluster_name"] if run else None,
        "started": run["begun"] if run else None,
        "ended": now,
        "batches": _batches(nodes),
        "spare": spare,
        "nodes": nodes,
        "timelines": timelines,
        "offsets": offsets,
        "verdict": dict(verdict),
        "earlier": _earlier(earlier),
        "stopped": stopped,
    }


def refusal(hosts: t.Sequence[str], started: str, now: str, stopped: str, by: t.Mapping[str, str] | None = None) -> dict[str, t.Any]:
    """Of a run that did not begin. stopped: why, and what to do. by: as for story()."""
    return {**_head(by), "started": started, "ended": now, "nodes": [{"name": host} for host in hosts], "stopped": stopped}


def _head(by: t.Mapping[str, str] | None) -> dict[str, t.Any]:
    return {"title": "Rolling upgrade", "user": (by or {}).get("user"), "controller": (by or {}).get("controller")}


def _batches(nodes: t.Iterable[t.Mapping[str, t.Any]]) -> list[list[str]]:
    """The nodes that something was done to at the same time, in the order in which it was: what the plan had in mind may have come in another way."""
    spans = sorted(
        (node["phases"][0]["started"], node["phases"][-1].get("ended") or "~", node["name"]) for node in nodes if node["phases"] and node["result"] != "refused"
    )
    batches: list[list[str]] = []
    until = ""
    for started, ended, name in spans:
        if not batches or started >= until:
            batches.append([])
        batches[-1].append(name)
        until = max(until, ended)
    return batches


def _earlier(records: t.Sequence[tuple[str, str, t.Mapping[str, t.Any]]]) -> list[dict[str, t.Any]]:
    found = []
    for run_id in dict.fromkeys(run_id for run_id, dummy, record in records):
        timelines, offsets = of({host: _with_its_end(record) for other, host, record in records if other == run_id})
        found.append({"run": run_id, "timelines": timelines, "offsets": offsets})
    return found


def _with_its_end(record: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
    """What nobody recorded between two runs is not as it was before."""
    if not isinstance(record.get("timeline"), list) or not isinstance(record.get("until"), str):
        return record
    return dict(record, timeline=[*record["timeline"], marker(t.cast(t.Any, record["until"]), WATCH_ENDED)])


def _node(host: str, run: Run | None, progress: Progress | None, recorded: t.Sequence[Span], now: str) -> dict[str, t.Any]:
    node: dict[str, t.Any] = {"name": host, "nodeid": run["nodeids"].get(host) if run else None, "result": "untouched", "from": {}, "to": {}, "phases": []}
    if progress is None:
        return node
    detail = _LOST_CONTACT if progress.lost else progress.failure
    told = phases(_planned(progress), progress.results, Phase(detail=detail) if detail else None, now)
    node.update(phases=told, result=_told(progress, told, recorded))
    if progress.look is not None:
        node["from"], node["to"] = _versions(progress.look, progress.results)
    return node


def _planned(progress: Progress) -> t.Sequence[str]:
    if progress.look is None:
        return GATES_ALONE
    return progress.look["phases"] if progress.look["needed"] else []


def _versions(look: Look, results: t.Mapping[str, t.Any]) -> tuple[dict[str, str], dict[str, str]]:
    """(before, after): of the packages that were asked for, and of all that were changed with them."""
    before, after = dict(look["versions"]), dict((results.get("done") or {}).get("versions") or {})
    changed = (results.get("upgrade") or {}).get("packages") or {}
    before.update({name: versions[0] for name, versions in changed.items() if versions[0]})
    after.update({name: versions[1] for name, versions in changed.items() if versions[1] and name not in after})
    return before, after


def result_of(progress: Progress) -> str:
    """How far a node has come: failed, untouched, unchanged, running, or upgraded, which is all that was to be done."""
    if progress.lost or progress.failure:
        return "failed"
    if progress.look is None:
        return "untouched"
    if not progress.look["needed"]:
        return "unchanged"
    done = progress.results.get("done") or {}
    return "upgraded" if done and not done.get("failed") else "running"


def _told(progress: Progress, told: t.Sequence[Phase], recorded: t.Sequence[Span]) -> str:
    """What the report calls it. told: its phases. recorded: by the node itself."""
    result = result_of(progress)
    if told and told[-1]["result"] == "failed":
        result = "refused" if _said_no(progress.results) and not progress.lost else "failed"
    elif progress.look is None and progress.results and result == "untouched":
        result = _done_by_others(told, recorded) if progress.results.get("back") else "running"
    elif progress.look is not None and result == "upgraded":
        result = _done_by_role(progress.look, progress.results)
    return result


def _said_no(results: t.Mapping[str, t.Any]) -> bool:
    """Whether the node was not stopped because a gate said no, or because its yes did not count any more: the node is as it was."""
    by_gate = any((results.get(name) or {}).get("failed") for name in ("gate", "gate_again"))
    return by_gate or any((results.get(name) or {}).get("refused") for phase in LEAD_TO_A_STOP for name in (phase, f"{phase}_hook"))


def _done_by_role(look: Look, results: t.Mapping[str, t.Any]) -> str:
    before, after = _versions(look, results)
    reboot = results.get("reboot") or {}
    if before != after and after:
        return "upgraded"
    if reboot and not reboot.get("skipped"):
        return "rebooted"
    return "done" if look["resumes"] == "start" or "upgrade_hook" in look["phases"] else "restarted"


def _done_by_others(told: t.Sequence[Phase], recorded: t.Sequence[Span]) -> str:
    """Of a node that the play's own tasks did something to, between the gates. A watch that another one had to follow has ended with its node.

    What happened before the first gate or after the second one is none of it.
    """
    since = min((seconds_of(phase["started"]) for phase in told if phase["phase"] == "tasks"), default=float("inf"))
    until = max((seconds_of(phase["ended"]) for phase in told if phase.get("ended")), default=since)
    states = [span.state for span in recorded if since - SIGNS <= span.at <= until]
    if UNWATCHED in states:
        return "rebooted"
    return "restarted" if DOWN in states else "done"
