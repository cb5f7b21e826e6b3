# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The report as a page: what page.html.j2 is given, and its rendering. What comes from nodes is data, and escaped."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, shortened
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.history import Histories, Step, votes_over_time
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.presence import Absence, Out, absences_in, one_after_the_other, out_of_the_cluster
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.story import DONE

from . import words
from .events import Event, events, recorded
from .geometry import NARROW, WIDE, chart, margin, span
from .given import Earlier, Node, Report
from .rendering import rendered

# No page is longer than a person reads, whatever nodes say: of more events, the less important are left out, of anything else, what comes later.
_EVENTS = 400
_LOSSES = 50
_NODES = 500
_PROBLEMS = 100
# Of one node, before the others are folded away
_PACKAGES = 8
_STEPS = 2000
# Nodes of one event
_NAMED = 3
# Texts that begin with so many equal characters say the same.
_SAME = 80
# Phases that have a colour together
_COLOURS = (("preflight", "gate"), ("drain", "undrain"), ("stop", "start"), ("upgrade", "reboot", "tasks"), ("rejoin",))
# While a node is in these phases, and between them, its corosync may be down
_DOWN = ("stop", "upgrade", "reboot", "start", "tasks", "rejoin")
# Phases that only a node that was to be stopped has
_STOPS = ("stop", "tasks")


def page(report: Report) -> str:
    """One HTML page that needs nothing else."""
    return rendered("page.html.j2", {"v": view_of(report)})


def view_of(whole: Report, anchor: str = "") -> dict[str, t.Any]:
    """What the templates of the parts of a page are given as `v`: verdict, chart, nodes, events. anchor: what the ids of its elements begin with."""
    nodes = tuple(sorted(whole.nodes[:_NODES], key=lambda node: node.phases[0].started if node.phases else float("inf")))
    report = dataclasses.replace(whole, nodes=nodes, problems=whole.problems[:_PROBLEMS])
    steps = votes_over_time(report.histories)
    drawn, together = _worst_of_each(steps)
    start, end = span(_moments(report, steps))
    shown, left_out = _most_important(events(report))
    losses = report.losses[:_LOSSES]
    out = _out_of_the_cluster(report)
    absences = _absences(report)
    charts = [chart(layout, start, end, drawn, report.nodes, losses, absences) for layout in (WIDE, NARROW)] if steps or _has_phases(report) else []
    return {
        "anchor": anchor,
        "report": report,
        "verdict": _verdict(whole),
        "facts": _facts(whole),
        "charts": charts,
        "steps": steps,
        "steps_together": together,
        "most_steps": _EVENTS,
        "events": [_told(event, report) for event in shown],
        "events_left_out": left_out,
        "nodes": [_node(node, report, out.get(node.nodeid) if node.nodeid in out else _by_phases(node)) for node in report.nodes],
        "nodes_left_out": len(whole.nodes) - len(report.nodes),
        "problems_left_out": len(whole.problems) - len(report.problems),
        "losses": [_loss(report, number) for number in range(len(losses))],
        "losses_left_out": len(report.losses) - len(losses),
        "gaps": report.gaps[:_LOSSES],
        "gaps_left_out": max(0, len(report.gaps) - _LOSSES),
        "earlier": [_earlier(run, report) for run in report.earlier],
        "is_bare": any(chart.bare for chart in charts),
        "was_down": any(row.down for chart in charts for row in chart.rows),
        "phases": _phases(report),
        "days": sorted({words.date(start), words.date(end)}),
        "summary": _summary(report, steps),
        "causes": _causes(report),
        "stopped": [line for line in report.stopped.split("\n") if line],
        "failed": any(phase.result == "failed" for node in report.nodes for phase in node.phases),
        "unfinished": any(phase.result == "running" for node in report.nodes for phase in node.phases),
        "contradiction": report.kept is True and bool(report.losses),
    }


def _worst_of_each(steps: t.Sequence[Step]) -> tuple[t.Sequence[Step], int]:
    """Steps that the chart has room for: of so many in a row the one nearest to the loss of quorum. And how many that is."""
    together = -(-len(steps) // _STEPS)
    if together <= 1:
        return steps, 1
    return [min(steps[place : place + together], key=_margin) for place in range(0, len(steps), together)], together


def _margin(step: Step) -> tuple[bool, int]:
    return step.quorate is not False, margin(step) or 0


def _most_important(found: list[Event]) -> tuple[list[Event], int]:
    """As many as are shown, in order, and how many are not."""
    if len(found) <= _EVENTS:
        return found, 0
    ranked = sorted(found, key=lambda event: (event.kind not in ("lost", "gained", "failed"), event.at))[:_EVENTS]
    return sorted(ranked, key=lambda event: event.at), len(found) - _EVENTS


def _earlier(run: Earlier, report: Report) -> tuple[str, list[dict[str, t.Any]], int]:
    found, left_out = _most_important(recorded(report, run.histories))
    return run.run, [_told(event, report) for event in found], left_out


def _told(event: Event, report: Report) -> dict[str, t.Any]:
    return {"at": event.at, "kind": event.kind, "text": event.text, "who": _people(event, [node.name for node in report.nodes])}


def _people(event: Event, names: t.Sequence[str]) -> str:
    """Whom it was at, or who saw it, in few words: `node1`, `all 16 nodes`, `the 15 others`. names: of all nodes."""
    others = [name for name in names if name not in event.who]
    if len(event.who) > _NAMED and len(others) <= 1 and set(event.who) <= set(names):
        if not others:
            return f"all {len(names)} nodes"
        is_about = event.text.startswith((f"{others[0]} left", f"{others[0]} joined"))
        return f"the {len(event.who)} others" if is_about else f"all but {others[0]}"
    ordered = [name for name in names if name in event.who] + [name for name in event.who if name not in names]
    return words.listed([*ordered[:_NAMED], f"{len(ordered) - _NAMED} more"] if len(ordered) > _NAMED + 1 else ordered)


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
    but = _but(report)
    if report.kept is False and report.gaps and not report.losses:
        return {"kind": "bad" if but else "open", "word": f"Nobody knows whether quorum was kept{but and ', and '}{but}", "sentence": report.sentence}
    if report.kept is False or report.losses:
        return {"kind": "bad", "word": f"Quorum was lost{but and ', and '}{but}", "sentence": report.sentence}
    if report.kept is None:
        sentence = report.sentence or ("" if but else "Nothing says whether quorum was kept.")
        return {
            "kind": "bad" if but else "open",
            "word": but.replace("the ", "The ", 1) if but.startswith("the ") else but or "Not judged",
            "sentence": sentence,
        }
    return {"kind": "bad" if but else "good", "word": f"Quorum was kept{but and ', but '}{but}", "sentence": report.sentence}


def _but(report: Report) -> str:
    """What is wrong beside quorum, empty for nothing."""
    failed = [node.name for node in report.nodes if node.result == "failed"]
    refused = [node.name for node in report.nodes if node.result == "refused"]
    if failed:
        return f"{words.listed(failed)} failed"
    if refused:
        return f"{words.listed(refused)} may not be stopped"
    if not report.stopped:
        return ""
    return "the run stopped" if _has_phases(report) else "the upgrade did not begin"


def _causes(report: Report) -> list[tuple[str, str]]:
    """(node, what failed there), where what is said of the end of the run does not say that, too."""
    failed = [(node.name, phase) for node in report.nodes for phase in node.phases if phase.result == "failed" and phase.detail]
    return [(name, f"{phase.phase} failed: {phase.detail}") for name, phase in failed if phase.detail[:_SAME] not in report.stopped][:_PROBLEMS]


def _facts(report: Report) -> list[tuple[str, str]]:
    """The line of numbers below the verdict."""
    facts: list[tuple[str, str]] = []
    if report.started is not None:
        facts.append(("Started", words.moment(report.started)))
    if report.ended is not None:
        facts.append(("Ended", words.moment(report.ended)))
    if report.started is not None and report.ended is not None and report.ended >= report.started:
        facts.append(("Took", words.duration(report.ended - report.started)))
    elif report.ended is None and report.started is not None:
        facts.append(("Took", "it did not come to its end"))
    if report.nodes:
        done = sum(node.result in DONE for node in report.nodes)
        facts.append(("Nodes", f"{done} of {len(report.nodes)} done"))
    if report.batches:
        facts.append(("Batches", shortened(_batches(report.batches))))
    if report.spare is not None:
        facts.append(("Extra failures allowed", str(report.spare)))
    by = " on ".join(filter(None, (report.user, report.controller)))
    if by:
        facts.append(("Run by" if report.user else "Controller", by))
    return facts


def _batches(batches: t.Sequence[t.Sequence[str]]) -> str:
    if all(len(batch) == 1 for batch in batches):
        return f"{len(batches)}, one node in each"
    names = words.short([name for batch in batches for name in batch])
    return " · ".join(", ".join(names[name] for name in batch) for batch in batches)


def _loss(report: Report, place: int) -> dict[str, t.Any]:
    loss = report.losses[place]
    names = {node.nodeid: node.name for node in report.nodes}
    numbers = "" if loss.total_votes is None or loss.quorum is None else f"{count(loss.total_votes, 'vote')}, {loss.quorum} needed"
    return {
        "number": place + 1,
        "node": loss.node,
        "at": loss.at,
        "until": loss.until,
        "numbers": numbers,
        "lasted": "and was not seen to regain it" if loss.until is None else f"for {words.duration(loss.until - loss.at)}",
        "members": words.listed(names.get(nodeid) or f"node id {nodeid}" for nodeid in loss.members),
    }


def _node(node: Node, report: Report, away: str | None) -> dict[str, t.Any]:
    batch = next((number for number, names in enumerate(report.batches, start=1) if node.name in names), None)
    ended = [phase.ended for phase in node.phases if phase.ended is not None]
    packages = [(package, node.before.get(package), node.after.get(package)) for package in sorted({**node.before, **node.after})]
    packages.sort(key=lambda package: package[1] == package[2])  # those that were changed come first
    rebooted = node.result == "upgraded" and any(phase.phase == "reboot" and phase.result == "ok" for phase in node.phases)
    return {
        "name": node.name,
        "nodeid": node.nodeid,
        "result": node.result,
        "gone": "removed" if node.result in DONE else "not known",
        "told": "upgraded, rebooted" if rebooted else node.result,
        "batch": batch,
        "packages": packages if len(packages) <= _PACKAGES else packages[: _PACKAGES - 1],
        "more_packages": [] if len(packages) <= _PACKAGES else packages[_PACKAGES - 1 :],
        "took": words.duration(max(ended) - node.phases[0].started) if ended else None,
        "away": away,
        "phases": node.phases,
    }


def _out_of_the_cluster(report: Report) -> dict[int | None, str | None]:
    """For how long each node was no member, by its node id, as the chart shows it. Empty where nothing was recorded."""
    found = _all_records(report)
    begun = [history[0]["at"] for history in report.histories.values() if history]
    if not begun:
        return {}
    nodeids = [node.nodeid for node in report.nodes if node.nodeid is not None]
    return {nodeid: out and _out(out) for nodeid, out in out_of_the_cluster(found, nodeids, min(begun)).items()}


def _absences(report: Report) -> dict[int, list[Absence]]:
    """When, by its node id."""
    return absences_in(_all_records(report), [node.nodeid for node in report.nodes if node.nodeid is not None])


def _all_records(report: Report) -> Histories:
    return one_after_the_other([*(run.histories for run in report.earlier), report.histories])


def _out(out: Out) -> str:
    if not out.is_back:
        return "not back"
    return words.duration(out.seconds) if out.whole else f"at least {words.duration(out.seconds)}"


def _by_phases(node: Node) -> str | None:
    """For how long at most, where nobody recorded it. None where it was never stopped."""
    down = [phase for phase in node.phases if phase.phase in _DOWN]
    if not any(phase.phase in _STOPS for phase in down):
        return None
    last = down[-1]
    return "not back" if last.ended is None or last.result != "ok" else f"at most {words.duration(last.ended - down[0].started)}"


# By whether quorum was kept, where no loss is known
_KEPT = {True: "No node that was up lost quorum.", False: "Nobody knows whether quorum was kept.", None: "No loss of quorum is recorded."}


def _summary(report: Report, steps: t.Sequence[Step]) -> str:
    """The chart in a sentence, for those who do not see it."""
    known = [step for step in steps if step.total_votes is not None and step.quorum is not None]
    if not known:
        return f"The phases of {count(len(report.nodes), 'node')} over time."
    least = min(known, key=lambda step: (step.total_votes or 0) - (step.quorum or 0))
    lost = f"Quorum was lost {count(len(report.losses), 'time')}." if report.losses else _KEPT[report.kept]
    nodes, votes = count(len(report.nodes), "node"), count(least.total_votes or 0, "vote")
    return (
        f"Votes against quorum over time, and the phases of {nodes}. At the least there were {votes} with {least.quorum or 0} needed, "
        f"at {words.clock(least.at)} UTC. {lost}"
    )
