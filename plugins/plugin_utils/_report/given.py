# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the report of a rolling upgrade is made of: the dictionary that the filter is given, checked, as values.

Times are seconds since 1970 on the controller's clock.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import described, is_natural
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import LONGEST_NAME, shortened
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.history import Histories, HistoryError, Loss, histories, losses
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.story import DONE

_LONGEST_TEXT = 2000
# tasks: of a play's own, between two gates
PHASES = ("preflight", "gate", "drain", "stop", "upgrade", "reboot", "start", "tasks", "rejoin", "undrain")
NODE_RESULTS = (*DONE, "refused", "failed", "running", "untouched")
PHASE_RESULTS = ("ok", "failed", "running")


class ReportError(Unusable):
    """The dictionary given cannot be made a report of. The message names the key, what it has, and what is expected."""


@dataclasses.dataclass(frozen=True)
class Phase:
    """ended: None where it was not seen to end."""

    phase: str
    started: float
    ended: float | None
    result: str
    detail: str


@dataclasses.dataclass(frozen=True)
class Node:
    """before, after: versions by package."""

    name: str
    nodeid: int | None
    result: str
    before: dict[str, str]
    after: dict[str, str]
    phases: tuple[Phase, ...]


@dataclasses.dataclass(frozen=True)
class Earlier:
    """What was recorded in a run before this one. run: its id."""

    run: str
    histories: Histories


@dataclasses.dataclass(frozen=True)
class Report:
    """kept: None where nobody has judged. losses: those that were named, and those that the timelines show.

    gaps: (node, why) where nobody knows whether quorum was kept. earlier: nothing of it counts. stopped: why the run stopped, and what to do.
    """

    title: str
    cluster_name: str
    controller: str
    user: str
    started: float | None
    ended: float | None
    batches: tuple[tuple[str, ...], ...]
    spare: int | None
    nodes: tuple[Node, ...]
    histories: Histories
    problems: tuple[str, ...]
    kept: bool | None
    sentence: str
    losses: tuple[Loss, ...]
    gaps: tuple[tuple[str, str], ...]
    earlier: tuple[Earlier, ...]
    stopped: str


def report_of(value: t.Any) -> Report:
    """The report that a dictionary describes. Raises ReportError."""
    given = _mapping("The report", value)
    found = _histories(given)
    verdict = _mapping("verdict", given.get("verdict") or {})
    kept = verdict.get("kept")
    if not (kept is None or isinstance(kept, bool)):
        raise ReportError(f"verdict.kept must be true or false, but is {described(kept)}.")
    if "nodes" not in given:
        raise ReportError(f"The report has no key 'nodes': it must have a list of nodes. It has: {', '.join(map(str, given)) or 'nothing'}.")
    return Report(
        title=_text("title", given.get("title")) or "Rolling upgrade",
        cluster_name=_text("cluster_name", given.get("cluster_name")),
        controller=_text("controller", given.get("controller")),
        user=_text("user", given.get("user")),
        started=_moment("started", given.get("started")),
        ended=_moment("ended", given.get("ended")),
        batches=tuple(tuple(_name("batches", name) for name in _list("An entry of batches", batch)) for batch in _list("batches", given.get("batches"))),
        spare=_integer("spare", given.get("spare")),
        nodes=tuple(_node(number, node) for number, node in enumerate(_list("nodes", given["nodes"]), start=1)),
        histories=found,
        problems=tuple(_problem(problem) for problem in _list("problems", given.get("problems"))),
        kept=kept,
        sentence=_text("verdict.sentence", verdict.get("sentence")),
        losses=_losses(_list("verdict.losses", verdict.get("losses")), losses(found)),
        gaps=tuple(_gap(number, gap) for number, gap in enumerate(_list("verdict.gaps", verdict.get("gaps")))),
        earlier=tuple(_run(number, run) for number, run in enumerate(_list("earlier", given.get("earlier")))),
        stopped=_text("stopped", given.get("stopped")),
    )


def _histories(given: t.Mapping[str, t.Any], where: str = "") -> Histories:
    timelines = _mapping(where + "timelines", given.get("timelines") or {})
    offsets = _mapping(where + "offsets", given.get("offsets") or {})
    try:
        # a node that could be asked for its time and not for its timeline has an offset all the same
        return histories(timelines, {name: offset for name, offset in offsets.items() if name in timelines})
    except HistoryError as error:
        raise ReportError(f"{where}timelines: {error}") from error


def _gap(number: int, value: t.Any) -> tuple[str, str]:
    where = f"verdict.gaps[{number}]"
    gap = _mapping(where, value)
    return _text(where + ".node", gap.get("node")), _text(where + ".why", gap.get("why"))


def _run(number: int, value: t.Any) -> Earlier:
    where = f"earlier[{number}]"
    run = _mapping(where, value)
    return Earlier(_text(where + ".run", run.get("run")), _histories(run, where + "."))


def _losses(named: t.Sequence[t.Any], shown: t.Sequence[Loss]) -> tuple[Loss, ...]:
    """What the verdict names, and what it leaves out although the timelines have it."""
    found = [_loss(number, loss) for number, loss in enumerate(named, start=1)]
    names = {(loss.node, round(loss.at, 3)) for loss in found}
    found += [loss for loss in shown if (loss.node, round(loss.at, 3)) not in names]
    return tuple(sorted(found, key=lambda loss: (loss.at, loss.node)))


def _loss(number: int, value: t.Any) -> Loss:
    where = f"verdict.losses[{number - 1}]"
    loss = _mapping(where, value)
    at = _moment(where + ".at", loss.get("at"))
    if at is None:
        raise ReportError(f"{where} has no 'at': a loss must be as corosync.quorum.quorum_losses returns it.")
    members = [_integer(where + ".members", member) or 0 for member in _list(where + ".members", loss.get("members"))]
    return Loss(
        _name(where + ".node", loss.get("node")),
        at,
        _moment(where + ".until", loss.get("until")),
        _integer(where + ".total_votes", loss.get("total_votes")),
        _integer(where + ".quorum", loss.get("quorum")),
        members,
    )


def _node(number: int, value: t.Any) -> Node:
    where = f"nodes[{number - 1}]"
    node = _mapping(where, value)
    name = _name(where + ".name", node.get("name"))
    if not name:
        raise ReportError(f"{where} has no name: each node must have one.")
    where = f"nodes[{number - 1}] ({name})"
    return Node(
        name=name,
        nodeid=_integer(where + ".nodeid", node.get("nodeid")),
        result=_one_of(where + ".result", node.get("result", "untouched"), NODE_RESULTS),
        before=_versions(where + ".from", node.get("from")),
        after=_versions(where + ".to", node.get("to")),
        phases=tuple(_phase(f"{where}.phases[{place}]", phase) for place, phase in enumerate(_list(where + ".phases", node.get("phases")))),
    )


def _phase(where: str, value: t.Any) -> Phase:
    phase = _mapping(where, value)
    started, ended = _moment(where + ".started", phase.get("started")), _moment(where + ".ended", phase.get("ended"))
    if started is None:
        raise ReportError(f"{where} has no 'started': each phase must have the moment at which it began.")
    if ended is not None:
        ended = max(ended, started)  # the clock may have been set back meanwhile
    return Phase(
        _one_of(where + ".phase", phase.get("phase"), PHASES),
        started,
        ended,
        _one_of(where + ".result", phase.get("result", "ok" if ended is not None else "running"), PHASE_RESULTS),
        _text(where + ".detail", phase.get("detail")),
    )


def _versions(where: str, value: t.Any) -> dict[str, str]:
    return {_text(where, package): _text(f"{where}.{package}", version) for package, version in _mapping(where, value or {}).items()}


def _problem(value: t.Any) -> str:
    """A problem as votequorum_info has it, or a sentence."""
    if isinstance(value, dict) and value.get("message"):
        return " ".join(str(value[key]) for key in ("message", "advice") if value.get(key))
    return _text("problems", value)


def _mapping(where: str, value: t.Any) -> dict[str, t.Any]:
    if not isinstance(value, dict):
        raise ReportError(f"{where} must be a dictionary, but is {described(value)}.")
    return value


def _list(where: str, value: t.Any) -> t.Sequence[t.Any]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise ReportError(f"{where} must be a list, but is {described(value)}.")
    return value


def _text(where: str, value: t.Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (dict, list, tuple)):
        raise ReportError(f"{where} must be text, but is {described(value)}.")
    return shortened(str(value), _LONGEST_TEXT)


def _name(where: str, value: t.Any) -> str:
    return shortened(_text(where, value), LONGEST_NAME)


def _integer(where: str, value: t.Any) -> int | None:
    if value is None or is_natural(value):
        return None if value is None else int(value)
    raise ReportError(f"{where} must be a whole number, but is {described(value)}.")


def _moment(where: str, value: t.Any) -> float | None:
    if value is None or value == "":
        return None
    try:
        return seconds_of(str(value))
    except ValueError:
        raise ReportError(f"{where} must be a moment in UTC such as '2026-11-22T10:15:02.123Z', but is {described(value)}.") from None


def _one_of(where: str, value: t.Any, allowed: t.Sequence[str]) -> str:
    if value not in allowed:
        raise ReportError(f"{where} must be one of {', '.join(allowed)}, but is {described(value)}.")
    return str(value)
