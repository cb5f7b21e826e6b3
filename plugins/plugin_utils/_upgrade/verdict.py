# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Was quorum kept? The judgement over what every host has recorded while the run went its course. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import REACHABLE, WATCH_ENDED, marker
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, quoted

from .course import Course
from .history import HistoryError, Loss, as_data, histories, losses_of
from .spans import UNKNOWN, UNWATCHED, Away, Span, required_from, spans
from .types import Gap, Verdict

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import RecordedEntry as Entry

Record = t.Mapping[str, t.Any]
Records = t.Mapping[str, Record]

NOT_WATCHED = "Quorum was not watched."
KEPT = "Quorum was never lost on a node that was up."
# How often a watch leaves a sign that it runs, and some time for a busy node. Seconds.
SIGNS = 4.0
# A record of which nobody knows when it was by more than this proves nothing, and by more than that where the clocks were right at both ends. Seconds.
_APART = 1.0
_SLACK = 60.0
# So many reasons are told in a sentence.
_REASONS = 3


def verdict(records: Records, hosts: t.Sequence[str], course: Course | None) -> Verdict:
    """records: host -> result of watch_quorum, or {msg} of a host whose record could not be read. hosts: all that must be covered.

    A result is one of on_one_clock(): by the controller's clock, what happened did so up to `slack` seconds later than its time plus offset.
    course: None where nothing was watched.
    """
    if course is None:
        return Verdict(kept=None, sentence=NOT_WATCHED, losses=[], gaps=[])
    lost: list[Loss] = []
    gaps: list[Gap] = []
    for host in hosts:
        record = records.get(host) or {}
        fault = _fault(host, record, course)
        if fault:
            gaps.append(Gap(node=host, at=None, until=None, why=fault))
        if "timeline" in record and not _unusable(host, record) and _is_of(record, course):
            found = _spans(host, record)
            aways = course.away_of(host, found)
            lost += losses_of(host, found, aways, _slack(record))
            gaps += _gaps(host, found, aways, _slack(record))
    lost.sort(key=lambda loss: (loss.at, loss.node))
    return Verdict(kept=not lost and not gaps, sentence=_sentence(lost, gaps, course.without_host), losses=as_data(lost), gaps=gaps)


def best(records: t.Sequence[tuple[str, Record]]) -> dict[str, Record]:
    """By host, the newest one with entries: of several that stop a watch, only the first has what it recorded."""
    found: dict[str, Record] = {}
    for host, record in records:
        if host not in found or _worth(record) > _worth(found[host]):
            found[host] = record
    return found


def of(records: Records) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """(timelines, offsets) by host, as histories() takes them."""
    kept = {host: record for host, record in records.items() if "timeline" in record and not _unusable(host, record)}
    return {host: record["timeline"] for host, record in kept.items()}, {host: record["offset"] for host, record in kept.items() if "offset" in record}


# ---- one host ------------------------------------------------------------------------------------------------------------


def _worth(record: Record) -> tuple[bool, float]:
    return bool(record.get("timeline")), record.get("asked_at", 0.0)


def _slack(record: Record) -> float:
    return float(record.get("slack", 0.0))


def _is_of(record: Record, course: Course) -> bool:
    return record.get("run") == course.run_id


def _fault(host: str, record: Record, course: Course) -> str:
    """Why nobody can rely on any of this record, empty where one can."""
    if "timeline" not in record:
        return f"its record could not be read ({quoted(str(record['msg']))})" if record.get("msg") else "there is no record of it"
    if record.get("until", "") is None:
        return "there is no record of it, as somebody has removed it"
    why = _unusable(host, record)
    if why:
        return f"its record cannot be used ({why})"
    if not _is_of(record, course):
        return "its record is not of this run"
    if record.get("unreadable"):
        return f"its record has lines that cannot be read: {quoted(str(record['unreadable']))}"
    apart = record.get("apart", 0.0)
    if apart is None:
        return "nobody looked at its clock in one of its boots"
    if apart > _APART:
        return f"its times are uncertain by {apart:.1f} s, as a machine stood still or a clock was set during the run"
    if _slack(record) > _SLACK:
        return f"it took {_slack(record):.0f} s to compare its clock with the controller's clock"
    history = _history(host, record)
    if len(history) == _ENDS:
        return "its watch recorded nothing"
    if history[0]["at"] > course.first_stop:
        return f"its record begins at {utc(history[0]['at'])}, when a node was stopped already"
    return ""


def _unusable(host: str, record: Record) -> str:
    """Why its timeline is none. A page about the others must not fail because of it."""
    try:
        _history(host, record)
    except (HistoryError, KeyError, TypeError) as error:
        return str(error).rstrip(".") if isinstance(error, HistoryError) else "it is not what watch_quorum returns"
    return ""


# What _history() adds
_ENDS = 2


def _history(host: str, record: Record) -> list[Entry]:
    """Of the whole record, with its end: when the watch was last seen to run, which is the moment of reading where it runs, and that moment."""
    if not isinstance(record["timeline"], (list, tuple)):
        raise TypeError
    entries = [*record["timeline"], marker(record["until"], WATCH_ENDED), marker(record["now"], REACHABLE)]
    return histories({host: entries}, {host: record["offset"]})[host]


def _spans(host: str, record: Record) -> list[Span]:
    history = _history(host, record)
    return spans(history, history[-1]["at"])


def _gaps(host: str, found: t.Sequence[Span], aways: t.Sequence[Away], slack: float) -> t.Iterator[Gap]:
    for span in found:
        if span.state in (UNKNOWN, UNWATCHED) and span.until > span.at:
            at = required_from(span, aways, slack, SIGNS if span.state == UNWATCHED else 0.0)
            if at is not None:
                what = "no watch ran" if span.state == UNWATCHED else "corosync could not be read"
                start, end = utc(at), utc(span.until)
                yield Gap(node=host, at=start, until=end, why=f"{what} from {start} to {end}")


# ---- in words ------------------------------------------------------------------------------------------------------------


def _sentence(lost: t.Sequence[Loss], gaps: t.Sequence[Gap], without_host: t.Sequence[int]) -> str:
    if lost or gaps:
        return " ".join([*_of_losses(lost), *_of_gaps(gaps)])
    if not without_host:
        return KEPT
    return f"{KEPT} This is not known of {count(len(without_host), 'node')} without a host in this run (node id {', '.join(map(str, without_host))})."


def _of_losses(lost: t.Sequence[Loss]) -> t.Iterator[str]:
    for first in lost[:1]:
        nodes = dict.fromkeys(loss.node for loss in lost)
        down = "" if first.members else ", where corosync went down"
        end = f", until {utc(first.until)}" if first.until is not None else ", and has not come back"
        yield f"Quorum was lost on {', '.join(nodes)}, for the first time at {utc(first.at)} on {first.node}{down}{end}."


def _of_gaps(gaps: t.Sequence[Gap]) -> t.Iterator[str]:
    """A reason that several have is told once."""
    nodes_by_reason: dict[str, dict[str, None]] = {}
    for gap in gaps:
        nodes_by_reason.setdefault(gap["why"], {})[gap["node"]] = None
    if gaps:
        told = [f"{', '.join(nodes)}: {why}" for why, nodes in nodes_by_reason.items()]
        more = [f"and {count(len(told) - _REASONS, 'more reason')}"] if len(told) > _REASONS else []
        yield f"Nobody can say whether quorum was kept: {'; '.join([*told[:_REASONS], *more])}."
