# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""When what a node has recorded happened, by the controller's clock. Pure.

Each look at a record tells how far the two clocks are apart. Within one boot of the node, one look makes the times of all its entries right, whatever the
node's clock is set to. Two looks that do not agree tell that a machine has stood still meanwhile, or that its clock was made to go faster or slower.
"""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of, utc

from .history import is_seconds
from .types import ClockLook

Record = t.Mapping[str, t.Any]

# How much faster a machine may count the time than another one
_DRIFT = 1e-4


class _Range(t.NamedTuple):
    """How much later than its time plus offset something happened by the controller's clock: between these. Seconds. asked_at: of the look."""

    least: float
    most: float
    asked_at: float


def look_of(record: Record, run_id: str) -> ClockLook | None:
    """What a result of watch_quorum tells of the node's clock in this boot. None where nothing is recorded in this boot.

    record: with asked_at, ahead (of a Moment) and spread, for how many seconds it was asked.
    """
    counts = record["boots"]
    if not counts[-1]:
        return None
    return ClockLook(
        run=run_id,
        boot=len(counts) - 1,
        at=record["timeline"][-counts[-1]]["at"],
        offset=record["offset"],
        spread=record["spread"],
        asked_at=record["asked_at"],
        ahead=record["ahead"],
    )


def on_one_clock(record: Record, looks: t.Sequence[ClockLook]) -> Record:
    """A result of watch_quorum, its times by the controller's clock with `offset`: what happened did so up to `slack` seconds later.

    record: as for look_of(). looks: those before, in any order. apart: by how many seconds more than slack the times may be wrong, None where nobody knows.
    """
    if not is_seconds(record.get("offset")) or not isinstance(record.get("timeline"), list):
        return record
    boots = record.get("boots") or [len(record["timeline"])]
    counts = boots if boots[-1] or len(boots) == 1 else boots[:-1]
    is_watched_since = len(counts) == len(boots)
    ranges = [_ranges(record, looks, boot, start) for boot, start in enumerate(itertools.accumulate([0, *counts[:-1]]))]
    if is_watched_since:
        ranges[-1].append(_Range(0.0, record.get("spread", 0.0), record.get("asked_at", 0.0)))
    if not all(ranges):
        return dict(record, slack=record.get("spread", 0.0), apart=None)
    least = [min(found.least for found in boot) for boot in ranges]
    slack = max(max(found.most for found in boot) - first for boot, first in zip(ranges, least))
    apart = max(map(_apart, ranges))
    if len(ranges) > 1 and any(len(boot) == 1 for boot in ranges):
        # A controller that stood still is in no single look. Its own clock tells it, once that is right again.
        ahead = [look["ahead"] for look in looks] + [record.get("ahead", 0.0)]
        apart = max(apart, max(ahead) - min(ahead))
    offset = least[-1] if is_watched_since else 0.0
    moved = _later(record, counts, [seconds - offset for seconds in least])
    return dict(moved, offset=record["offset"] + offset, slack=slack, apart=apart)


def _ranges(record: Record, looks: t.Sequence[ClockLook], boot: int, start: int) -> list[_Range]:
    """By the looks in this boot. start: the place of its first entry."""
    return [found for look in looks if look["boot"] == boot and (found := _range(record, look, start)) is not None]


def _range(record: Record, look: ClockLook, start: int) -> _Range | None:
    """None where an entry has no time: then the whole record counts for nothing."""
    try:
        least = seconds_of(look["at"]) + look["offset"] - seconds_of(record["timeline"][start]["at"]) - record["offset"]
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
    return _Range(least, least + look["spread"], look["asked_at"])


def _apart(ranges: t.Sequence[_Range]) -> float:
    """By how much looks at one boot contradict each other."""
    moments = [found.asked_at for found in ranges]
    gap = max(found.least for found in ranges) - min(found.most for found in ranges)
    return max(gap - _DRIFT * (max(moments) - min(moments)), 0.0)


def _later(record: Record, counts: t.Sequence[int], seconds: t.Sequence[float]) -> Record:
    """A record of which all that is of each boot happened so much later. Its last sign of life is of the last one."""
    shifts = itertools.chain.from_iterable(itertools.repeat(shift, count) for shift, count in zip(seconds, counts))
    timeline = [dict(entry, at=_moved(entry["at"], shift)) if shift else entry for entry, shift in zip(record["timeline"], shifts)]
    return dict(record, timeline=timeline, until=_moved(record["until"], seconds[-1]) if seconds[-1] else record["until"])


def _moved(at: t.Any, seconds: float) -> str | None:
    try:
        return utc(seconds_of(at) + seconds)
    except (ValueError, AttributeError, OverflowError, OSError):
        return None  # it was at no time that a calendar has, which the verdict says
