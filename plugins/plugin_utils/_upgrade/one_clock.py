# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""When what a node has recorded happened, by the controller's clock. Pure.

Each look at a record tells how far the two clocks are apart. Within one boot of the node, that makes the times of all its entries right, whatever its
clock is set to. The first boot has the first look, the newest one has the last.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of, utc

from .history import is_seconds

Record = t.Mapping[str, t.Any]


class _Range(t.NamedTuple):
    """How much later than its time plus offset something happened by the controller's clock: between these. Seconds."""

    least: float
    most: float


def on_one_clock(record: Record, first: Record | None) -> Record:
    """A result of watch_quorum, its times by the controller's clock with `offset`: what happened did so up to `slack` seconds later.

    record: with asked_at, ahead and spread, see Moment; spread: for how many seconds it was asked. first: the same of the first look, with its offset,
    and at: of its first entry. None without one. apart: by how many seconds more than slack the times may be wrong, None where nobody knows.
    """
    if not is_seconds(record.get("offset")):
        return record
    now = _Range(0.0, record.get("spread", 0.0))
    then = _of_first_look(record, first)
    counts = record.get("boots", ())
    if first is None or then is None:
        return dict(record, slack=now.most, apart=0.0 if len(counts) <= 1 else None)
    apart = max(then.least - now.most, now.least - then.most, 0.0)
    if len(counts) <= 1:
        # Both are about the same boot, so whatever lies between them is possible.
        least = min(now.least, then.least)
        drift = _DRIFT * (record.get("asked_at", 0.0) - first.get("asked_at", 0.0))
        return dict(record, offset=record["offset"] + least, slack=max(now.most, then.most) - least, apart=max(apart - drift, 0.0))
    # No look is about the same boot as another one. What a controller has lost that stood still is in none of them, but its clock tells it.
    apart = max(apart if len(counts) > _FIRST_AND_LAST else 0.0, abs(record.get("ahead", 0.0) - first.get("ahead", 0.0)))
    return dict(_later(record, counts, then.least), slack=max(now.most, then.most - then.least), apart=apart)


_FIRST_AND_LAST = 2
# How much faster a machine may count the time than another one
_DRIFT = 1e-4


def _of_first_look(record: Record, first: Record | None) -> _Range | None:
    """Of the first boot, as the first look had it. None where there was none, or where an entry has no time: then the whole record counts for nothing."""
    try:
        least = _moment(first or {}) - _moment(dict(record["timeline"][0], offset=record["offset"]))
        return _Range(least, least + (first or {})["spread"])
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def _moment(entry: Record) -> float:
    return seconds_of(entry["at"]) + float(entry["offset"])


def _later(record: Record, counts: t.Sequence[int], seconds: float) -> Record:
    """A record of which all that is of the first boot happened so much later."""
    timeline = [dict(entry, at=_moved(entry["at"], seconds)) for entry in record["timeline"][: counts[0]]] + record["timeline"][counts[0] :]
    ended_then = len(counts) == _FIRST_AND_LAST and not counts[-1]
    return dict(record, timeline=timeline, until=_moved(record["until"], seconds) if ended_then else record["until"])


def _moved(at: t.Any, seconds: float) -> str | None:
    try:
        return utc(seconds_of(at) + seconds)
    except (ValueError, AttributeError, OverflowError, OSError):
        return None  # it was at no time that a calendar has, which the verdict says
