# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The times of a record, which may be of several boots of the node: within each boot by one clock, whenever that was set. Pure."""

import itertools
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.clocks import STAMP, Clock, Stamp
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import WATCH_ENDED, marker
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of, utc

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import RecordedEntry

Line = t.Dict[str, t.Any]
# No machine has run for so long. Seconds.
_MOST = 1e10


def by_boot(lines: t.Sequence[Line], clock: Clock) -> t.Tuple[t.List["RecordedEntry"], t.List[int]]:
    """The entries, and how many of them are of each boot, in order; the last number is of this boot and may be 0. lines: of a record, as written.

    Times of this boot are by the clock of now, those of an earlier one by the one clock that they were written by, see own_clock(). A line that does not tell
    its boot is of that of the line before. Where none does, as on a kernel that has no name for it, all are of this boot.
    """
    stamps = [_stamp(line) for line in lines]
    started = _started(lines, stamps, clock)
    boots = _boots(stamps, clock.boot)
    counts = [len(list(group)) for dummy, group in itertools.groupby(boots)]
    if not boots or boots[-1] != clock.boot:
        counts.append(0)
    return [_entry(line, stamped, started) for line, stamped in zip(lines, stamps)], counts


def own_clock(lines: t.Sequence[Line], clock: Clock) -> Clock:
    """The clock that those go by who write this record in this boot: that of the newest line, else this one. So all times of one boot are by one clock."""
    last = _last(lines)
    return Clock(clock.boot, last[1]) if last and last[0] == clock.boot else clock


def last_sign(lines: t.Sequence[Line], touched: float) -> Line:
    """An end of the watch that wrote these lines, as a line like them. touched: when its file was, by own_clock()."""
    if lines and lines[-1].get("event") == WATCH_ENDED:
        return dict(lines[-1])
    line = t.cast(Line, marker(t.cast(float, utc(touched)), WATCH_ENDED))
    last = _last(lines)
    return line if last is None else dict(line, **{STAMP: [last[0], touched - last[1]]})


def watched_until(lines: t.Sequence[Line], touched: float, clock: Clock) -> t.Tuple[float, bool]:
    """(when the watch that wrote these lines ran for the last time, whether that is by this clock rather than by that of an earlier boot)."""
    line = last_sign(lines, touched)
    stamped, at = _stamp(line), _written(line)
    if stamped and stamped.boot == clock.boot:
        return clock.started + stamped.seconds, True
    return touched if at is None else at, stamped is None


def _last(lines: t.Sequence[Line]) -> t.Optional[t.Tuple[str, float]]:
    """(boot, when that was by the clock of the line) of the newest line that tells. None where none does."""
    for line in reversed(lines):
        stamped, at = _stamp(line), _written(line)
        if stamped and at is not None:
            return stamped.boot, at - stamped.seconds
    return None


def _started(lines: t.Sequence[Line], stamps: t.Sequence[t.Optional[Stamp]], clock: Clock) -> t.Dict[str, float]:
    """boot -> when it was, by the clock that its entries are to be by."""
    told = zip(stamps, map(_written, lines))
    found = {stamped.boot: at - stamped.seconds for stamped, at in told if stamped and at is not None}
    return dict(found, **{clock.boot: clock.started})


def _boots(stamps: t.Sequence[t.Optional[Stamp]], this_boot: str) -> t.List[str]:
    boot = next((stamped.boot for stamped in stamps if stamped), this_boot)
    found = []
    for stamped in stamps:
        boot = stamped.boot if stamped else boot
        found.append(boot)
    return found


def _entry(line: Line, stamped: t.Optional[Stamp], started: t.Mapping[str, float]) -> "RecordedEntry":
    entry = {key: item for key, item in line.items() if key != STAMP}
    if stamped and stamped.boot in started:
        entry["at"] = utc(started[stamped.boot] + stamped.seconds)
    return t.cast("RecordedEntry", entry)


def _stamp(line: Line) -> t.Optional[Stamp]:
    """None where it has none, or something else: also a record that somebody has written by hand is read."""
    found = line.get(STAMP)
    if not isinstance(found, list) or len(found) != len(Stamp._fields):
        return None
    boot, seconds = found
    is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and abs(seconds) < _MOST
    return Stamp(boot, seconds) if isinstance(boot, str) and boot and is_number else None


def _written(line: Line) -> t.Optional[float]:
    try:
        return seconds_of(line["at"])
    except (ValueError, AttributeError):
        return None
