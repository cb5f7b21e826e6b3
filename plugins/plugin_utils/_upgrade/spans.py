# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the record of one node says over time, and where that must not be so. Pure. Times are seconds since 1970 by the controller's clock."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import (
    COROSYNC_AVAILABLE,
    COROSYNC_UNAVAILABLE,
    REACHABLE,
    STATE,
    UNREACHABLE,
    WATCH_ENDED,
)

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import RecordedEntry as Entry

# UNKNOWN: corosync could not be read. UNWATCHED: no watch ran.
QUORATE, INQUORATE, DOWN, UNKNOWN, UNWATCHED = "quorate", "inquorate", "down", "unknown", "unwatched"
# Entries that tell of no votequorum value
ABSENT = (COROSYNC_UNAVAILABLE, UNREACHABLE, WATCH_ENDED)
MARKERS = (*ABSENT, COROSYNC_AVAILABLE, REACHABLE)
# Reasons of an absence that mean that corosync did not run as votequorum's. A timeline without reasons does not tell.
_STOPPED = ("not_running", "not_configured")
# How much later than a node itself its watch may see that it is back: it looks once a second, and an answer may take five. Seconds.
_GRACE = 10.0


class Away(t.NamedTuple):
    """From the stop of a node by plan until it has rejoined. end: None where it was not seen to rejoin.

    quiet: for how long it was watched in the end, and nothing happened to it.
    """

    start: float
    end: float | None
    quiet: float = 0.0


# A node of which nobody knows when it was stopped by plan
ALWAYS = Away(float("-inf"), None)


class Span(t.NamedTuple):
    """entry: what it began with. ran_on: it is INQUORATE, the node was quorate before, and corosync has run all the time in between."""

    at: float
    until: float
    state: str
    entry: Entry
    ran_on: bool


def spans(history: t.Sequence[Entry], end: float) -> list[Span]:
    """In order, without gaps in between. history: of histories(). end: until when the record goes."""
    found: list[Span] = []
    was_quorate = False
    for at, state, entry in _states(history):
        if found:
            found[-1] = found[-1]._replace(until=max(at, found[-1].at))
        found.append(Span(at, max(at, end), state, entry, state == INQUORATE and was_quorate))
        if state in (QUORATE, DOWN, UNWATCHED):
            was_quorate = state == QUORATE
    return found


def required_from(span: Span, aways: t.Sequence[Away], slack: float, unsure: float = 0.0) -> float | None:
    """Since when in this span the node had to be quorate, None where it was away by plan all the time.

    aways: in order. slack: how much earlier than it was the record may say that something happened. unsure: how much later than that the span may
    have begun. What began while the node was away counts from its return on, unless the watch was just about to see the return.
    """
    at, quiet = span.at, True
    for away in aways:
        if at < away.start - slack - unsure or span.until < away.start - slack:
            return at
        if away.end is None:
            return None
        if at <= away.end - (away.quiet if quiet else 0.0):
            if span.until <= away.end + _GRACE:
                return None
            at, quiet = away.end, False
    return at


def is_unreadable(entry: Entry) -> bool:
    """Whether from here on corosync could not be read, although it may have run."""
    return _state(entry) == UNKNOWN


def _states(history: t.Sequence[Entry]) -> t.Iterator[tuple[float, str, Entry]]:
    watched = False  # by a watch that has had its first look
    last_at = 0.0
    # The last value, and the state that it tells, while corosync can be read, or could not be read for a moment
    told: tuple[str, Entry] | None = None
    for entry in history:
        if entry["event"] == STATE:
            if watched:
                # The watch before has ended without a trace, so nobody knows since when.
                yield last_at, UNWATCHED, entry
            watched = True
        last_at = entry["at"]
        state = _state(entry)
        if state is not None:
            watched = watched and state != UNWATCHED
            yield last_at, state, entry
        elif entry["event"] == COROSYNC_AVAILABLE and told:
            # A watch says so when it has read a value again. If that value differs, another entry follows.
            yield last_at, *told
        if state in (QUORATE, INQUORATE):
            told = state, entry
        elif state in (DOWN, UNWATCHED):
            told = None


def _state(entry: Entry) -> str | None:
    """None where the entry says nothing of it."""
    if entry["event"] == WATCH_ENDED:
        return UNWATCHED
    if entry["event"] == COROSYNC_UNAVAILABLE:
        return DOWN if "reason" not in entry or entry["reason"] in _STOPPED else UNKNOWN
    if entry["event"] in MARKERS:
        return DOWN if entry["event"] in ABSENT else None
    return QUORATE if entry["quorate"] else INQUORATE
