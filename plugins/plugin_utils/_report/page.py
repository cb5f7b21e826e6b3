# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The report as a page: what page.html.j2 is given, and its rendering. What comes from nodes is data, and escaped."""

from __future__ import annotations

import pathlib
import typing as t

import jinja2

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.history import Step, votes_over_time

from . import words
from .events import Event, events
from .geometry import NARROW, WIDE, chart, span
from .given import Node, Report

# No page is longer than a person reads: of more events, the less important are left out, and of more losses, the later ones.
_EVENTS = 400
_LOSSES = 50
_FOLDER = pathlib.Path(__file__).parent
# Phases that have a colour together
_COLOURS = (("preflight", "gate"), ("drain", "undrain"), ("stop", "start"), ("upgrade", "reboot"), ("rejoin",))
# While a node is in these phases, and between them, its corosync may be down
_DOWN = ("stop", "upgrade", "reboot", "start", "rejoin")


def page(report: Report) -> str:
    """One HTML page that needs nothing else."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(_FOLDER)), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(clock=words.clock, exact=words.exact, date=words.date, duration=words.duration)
    return str(environment.get_template("page.html.j2").render(_view(report)))


def _view(report: Report) -> dict[str, t.Any]:
    steps = votes_over_time(report.histories)
    start, end = span(_moments(report, steps))
    shown, left_out = _most_important(events(report))
    losses = report.losses[:_LOSSES]
    charts = [chart(layout, start, end, steps, report.nodes, losses) for layout in (WIDE, NARROW)] if steps or _has_phases(report) else []
    return {
        "report": report,
        "verdict": _verdict(report),
        "facts": _facts(report),
        "charts": charts,
        "steps": steps,
        "most_steps": _EVENTS,
        "events": shown,
        "events_left_out": left_out,
        "nodes": [_node(node, report) for node in report.nodes],
        "losses": [_loss(report, number) for number in range(len(losses))],
        "losses_left_out": len(report.losses) - len(losses),
        "phases": _phases(report),
        "days": sorted({words.date(start), words.date(end)}),
        "summary": _summary(report, steps),
        "failed": any(phase.result == "failed" for node in report.nodes for phase in node.phases),
        "unfinished": any(phase.result == "running" for node in report.nodes for phase in node.phases),
        "contradiction": report.kept is True and bool(report.losses),
    }


def _most_important(found: list[Event]) -> tuple[list[Event], int]:
    """As many as are shown, in order, and how many are not."""
    if len(found) <= _EVENTS:
        return found, 0
    ranked = sorted(found, key=lambda event: (event.kind not in ("lost", "gained", "failed"), event.at))[:_EVENTS]
    return sorted(ranked, key=lambda event: event.at), len(found) - _EVENTS


def _moments(report: Report, steps: t.Sequence[Step]) -> list[float]:
    phases = [phase for node in report.nodes for phase in node.phases]
    found = [
        report.started,
        report.ended,
        *(phase.started for phase in phases),
        *(phase.ended for phase in phases),
        *(step.at for step in steps),
        *(loss.at for loss in report.losses),
        *(loss.until for loss in report.losses),
    ]
    found += [entry["at"] for history in report.histories.values() for entry in history[-1:]]
    return [moment for moment in found if moment is not None]


def _has_phases(report: Report) -> bool:
    return any(node.phases for node in report.nodes)


def _phases(report: Report) -> list[tuple[str, str]]:
    """(name of the colour, phases that are there) for the legend."""
    there = {phase.phase for node in report.nodes for phase in node.phases}
    groups = [(group[0], [phase for phase in group if phase in there]) for group in _COLOURS]
    return [(colour, ", ".join(phases)) for colour, phases in groups if phases]


def _verdict(report: Report) -> dict[str, str]:
    """kind: good, bad, or open."""
    failed = [node.name for node in report.nodes if node.result == "failed"]
    if report.kept is False or report.losses:
        return {"kind": "bad", "word": "Quorum was lost", "sentence": report.sentence}
    if report.kept is None:
        return {"kind": "open", "word": "Not judged", "sentence": report.sentence or "Nothing says whether quorum was kept."}
    word = f"Quorum was kept, but {words.listed(failed)} failed" if failed else "Quorum was kept"
    return {"kind": "bad" if failed else "good", "word": word, "sentence": report.sentence}


def _facts(report: Report) -> list[tuple[str, str]]:
    """The line of numbers below the verdict."""
    facts: list[tuple[str, str]] = []
    if report.started is not None:
        facts.append(("Started", f"{words.date(report.started)} {words.clock(report.started)} UTC"))
    if report.started is not None and report.ended is not None and report.ended >= report.started:
        facts.append(("Took", words.duration(report.ended - report.started)))
    elif report.ended is None and report.started is not None:
        facts.append(("Took", "it did not come to its end"))
    if report.nodes:
        done = sum(node.result in ("upgraded", "unchanged") for node in report.nodes)
        facts.append(("Nodes", f"{done} of {len(report.nodes)} done"))
    if report.batches:
        facts.append(("Batches", _batches(report.batches)))
    if report.spare is not None:
        facts.append(("Spare failures", str(report.spare)))
    if report.controller:
        facts.append(("Controller", report.controller))
    return facts


def _batches(batches: t.Sequence[t.Sequence[str]]) -> str:
    if all(len(batch) == 1 for batch in batches):
        return f"{len(batches)}, one node in each"
    names = words.short([name for batch in batches for name in batch])
    return " · ".join(", ".join(names[name] for name in batch) for batch in batches)


def _loss(report: Report, place: int) -> dict[str, t.Any]:
    loss = report.losses[place]
    names = {node.nodeid: node.name for node in report.nodes}
    numbers = "" if loss.total_votes is None or loss.quorum is None else f"{words.count(loss.total_votes, 'vote')}, {loss.quorum} needed"
    return {
        "number": place + 1,
        "node": loss.node,
        "at": loss.at,
        "until": loss.until,
        "numbers": numbers,
        "lasted": "and was not seen to regain it" if loss.until is None else f"for {words.duration(loss.until - loss.at)}",
        "members": words.listed(names.get(nodeid) or f"node id {nodeid}" for nodeid in loss.members),
    }


def _node(node: Node, report: Report) -> dict[str, t.Any]:
    batch = next((number for number, names in enumerate(report.batches, start=1) if node.name in names), None)
    ended = [phase.ended for phase in node.phases if phase.ended is not None]
    return {
        "name": node.name,
        "nodeid": node.nodeid,
        "result": node.result,
        "batch": batch,
        "packages": [(package, node.before.get(package), node.after.get(package)) for package in sorted({**node.before, **node.after})],
        "took": words.duration(max(ended) - node.phases[0].started) if ended else None,
        "away": _away(node),
        "phases": node.phases,
    }


def _away(node: Node) -> str | None:
    """For how long its corosync was away at most. None where it was never stopped."""
    down = [phase for phase in node.phases if phase.phase in _DOWN]
    if not any(phase.phase == "stop" for phase in down):
        return None
    last = down[-1]
    return "not back" if last.ended is None or last.result != "ok" else words.duration(last.ended - down[0].started)


def _summary(report: Report, steps: t.Sequence[Step]) -> str:
    """The chart in a sentence, for those who do not see it."""
    known = [step for step in steps if step.total_votes is not None and step.quorum is not None]
    if not known:
        return f"The phases of {words.count(len(report.nodes), 'node')} over time."
    least = min(known, key=lambda step: (step.total_votes or 0) - (step.quorum or 0))
    lost = f"Quorum was lost {words.count(len(report.losses), 'time')}." if report.losses else "No node that was up lost quorum."
    nodes, votes = words.count(len(report.nodes), "node"), words.count(least.total_votes or 0, "vote")
    return (
        f"Votes against quorum over time, and the phases of {nodes}. At the least there were {votes} with {least.quorum or 0} needed, "
        f"at {words.clock(least.at)} UTC. {lost}"
    )
