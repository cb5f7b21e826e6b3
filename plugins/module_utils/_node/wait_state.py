# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The state of one slice of a wait: what was seen, and what to do next. Pure: events and times are given, nothing is read. wait.py does the I/O.

Whoever drives it takes the step that next_step() names and reports what came of it: connected(), saw(), unchanged(), woke() or lost().
A slice ends when the conditions hold, when its seconds are over, or a moment after something changed (`linger`), in which further changes still
count at once. Whether the conditions have held for `stable_for` is decided within one slice, where every event is seen.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import AccessDenied, CallbacksRefused, LibraryMissing, NotConfigured, QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import Goal, ImpossibleGoal, ids_of, refuse_impossible, resolved, unmet
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Outcome, Slice
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import COROSYNC_AVAILABLE, COROSYNC_UNAVAILABLE, Flip, Timeline, reported

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Compared, Entry, Unmet, Value

# Errors that waiting cannot fix
FATAL = (AccessDenied, CallbacksRefused, LibraryMissing, NotConfigured)
# How long to wait for the event that ends a membership change before reading all the same. Seconds.
SETTLING = 0.25
# For how long a change may be in progress before it is reported as it stands. What is read meanwhile may be half of two rings. Seconds.
IN_PROGRESS = 2.0

# The steps: open a connection; read the value; ask whether anything changed that corosync sends no event for; wait for an event; end the slice.
CONNECT, READ, CHECK, WAIT, END = "connect", "read", "check", "wait", "end"


# seconds: how long to WAIT.
class Step(t.NamedTuple):
    action: str
    seconds: float = 0.0


class WaitState:
    """One slice.

    goal: the conditions. sleep: how often to ask for what corosync sends no event for, and to connect again. connect_timeout: how long
    corosync may take for one answer. now: any clock, as everywhere here. All times in seconds.
    fatal_only_at_first: once a value was read, FATAL errors are waited out, too: packages may be replaced meanwhile. So they are in a slice that is not
    the first one.
    timeline: what is told of what happens, by default the timeline of a wait.
    """

    def __init__(
        self,
        goal: Goal,
        slice_: Slice,
        sleep: float,
        connect_timeout: float,
        now: float,
        fatal_only_at_first: bool = False,
        timeline: t.Optional[Timeline] = None,
    ) -> None:
        self._goal = goal
        self._ids = slice_.ids
        self._slice = slice_
        self._sleep = sleep
        self._connect_timeout = connect_timeout
        self._fatal_only_at_first = fatal_only_at_first
        self._is_first = slice_.reported is None and slice_.away is None
        self._start = self._check_at = now
        # the connection, and the step that is due whatever the time is
        self._connected = False
        self._due: t.Optional[str] = CONNECT
        self._reconnects = -1 if slice_.away is None else 0  # the first connection is no reconnect, unless it ends an absence
        # what was seen last, and what happened so far
        self._value: t.Optional[Value] = None
        self._is_noted = True
        self._error: t.Optional[QuorumError] = None
        self._away = slice_.away
        self._changes = 0
        self._unsettled_since: t.Optional[float] = None
        self._timeline = timeline or Timeline(slice_.reported)
        # whether the conditions hold
        self._held_since: t.Optional[float] = None
        self._confirming = False
        self._met = False

    # -- what to do

    def next_step(self, now: float) -> Step:
        """What to do now. Report what came of it before the next question."""
        if self._due is not None:
            due, self._due = self._due, END if self._due == END else None
            return Step(due)
        if self._has_held_long_enough(now):
            if not self._slice.stable_for:
                return self._finished(True)
            self._confirming = True  # an event that is still on its way counts, too
            return Step(READ)
        if self._left(now) <= 0:
            return self._finished(False)
        return Step(WAIT, self._pause(now))

    def call_timeout(self, now: float, grace: float) -> float:
        """How long corosync may take for an answer from now on. grace: how much later than that a call may return."""
        left = self._start + self._slice.limit - now - grace
        return max(0.1, round(min(self._connect_timeout, left), 1))

    # -- what happened

    def connected(self) -> None:
        """There is a new connection."""
        self._reconnects += 1
        self._connected = True
        self._due = READ

    def woke(self, event: bool, now: float) -> None:
        """A WAIT has ended. event: because corosync sent something; else because its time has passed."""
        if not self._connected:
            self._due = CONNECT
        elif event or self._is_unsettled():
            self._due = READ
        elif now >= self._check_at:
            self._due = CHECK

    def unchanged(self, now: float) -> None:
        """A CHECK found nothing new."""
        self._check_at = now + self._sleep

    def saw(self, value: "Value", now: float, changes: int, flips: t.Sequence[Flip] = ()) -> None:
        """This was read. Raises ImpossibleGoal.

        changes: a number that corosync's events of membership and quorum have made another one, if there were any: they end what held, even where all
        is as before by now. flips: each change of quorate since the last reading.
        """
        self._refuse_impossible(value)
        self._timeline.add_flips(now, flips)
        if changes != self._changes:
            self._changes = changes
            self._held_since = None
        if self._away is not None:
            self._timeline.add_marker(now, COROSYNC_AVAILABLE)
        self._away = self._error = None
        self._value, self._is_noted = value, False
        self._see_whether_settled(now)
        self._see_whether_met(now)
        self._check_at = now + self._sleep

    def lost(self, error: QuorumError, now: float, flips: t.Sequence[Flip] = ()) -> None:
        """corosync could not be connected to or read. flips: each change of quorate since the last reading. Raises the error where waiting cannot fix it."""
        is_at_first = self._is_first and self._timeline.last is None
        if isinstance(error, FATAL) and (is_at_first or not self._fatal_only_at_first):
            raise error
        if self._away is None:
            self._note_the_last(now, flips)
        if self._away != type(error).__name__:
            self._timeline.add_marker(now, COROSYNC_UNAVAILABLE, error.reason, str(error))
        self._away = type(error).__name__
        self._error = error
        self._unsettled_since = self._held_since = None
        self._connected = self._confirming = False
        self._due = None

    @property
    def last_reported(self) -> t.Optional["Compared"]:
        """What the slice after this one is given as `reported`."""
        return None if self._timeline.last is None else reported(t.cast("Value", self._timeline.last))

    @property
    def last_away(self) -> t.Optional[str]:
        """What the slice after this one is given as `away`."""
        return self._away

    def take_news(self) -> t.List[t.Tuple["Entry", t.Optional[str]]]:
        """The entries that are new since the last call, their times as they were given; of an absence with the error's reason."""
        return self._timeline.take_news()

    def end(self, now: float, flips: t.Sequence[Flip] = ()) -> Outcome:
        """What has come of the slice, if it ends now. Reports a change that is still in progress as it stands. flips: as for lost()."""
        self._note_the_last(now, flips if self._away is None else ())
        return Outcome(
            met=self._met,
            votequorum=self._value,
            held=None if self._held_since is None else now - self._held_since,
            unmet=[] if self._met else self._unmet(now),
            timeline=[t.cast("Entry", dict(entry, at=now - entry["at"])) for entry in self._timeline.entries],
            reconnects=max(0, self._reconnects),
            took=now - self._start,
            away=None if self._error is None else type(self._error).__name__,
            away_msg=None if self._error is None else str(self._error),
            ids=self._ids,
        )

    # -- inside

    def _refuse_impossible(self, value: "Value") -> None:
        """A name means what it meant when the wait began: a node that leaves the configuration meanwhile is absent, and not unknown."""
        try:
            refuse_impossible(resolved(self._goal, self._ids or {}), value)
        except ImpossibleGoal:
            if self._value is None:
                self._value, self._is_noted = value, False  # what the refusal is about
            raise
        if self._ids is None:
            self._ids = {option: list(ids) for option, ids in ids_of(self._goal, value).items()}

    def _see_whether_settled(self, now: float) -> None:
        if not self._is_unsettled():
            self._unsettled_since = None
        elif self._unsettled_since is None:
            self._unsettled_since = now
        if self._unsettled_since is None or now - self._unsettled_since >= IN_PROGRESS:
            self._note_value(now)

    def _see_whether_met(self, now: float) -> None:
        if unmet(self._goal, self._value, self._ids):
            self._held_since = None
        elif self._held_since is None:
            self._held_since = now
        if self._confirming and self._has_held_long_enough(now):
            self._finished(True)
        self._confirming = False

    def _finished(self, met: bool) -> Step:
        self._met = met
        self._due = END
        return Step(END)

    def _note_value(self, now: float) -> None:
        if self._value is not None and not self._is_noted:
            self._is_noted = True
            self._timeline.add_value(now, self._value)

    def _note_the_last(self, now: float, flips: t.Sequence[Flip] = ()) -> None:
        """The change that was in progress, and what corosync has reported since."""
        self._note_value(now)
        self._timeline.add_flips(now, flips)
        self._timeline.add_unread_flips(now)

    def _has_held_long_enough(self, now: float) -> bool:
        return self._held_since is not None and now - self._held_since >= self._slice.stable_for

    def _is_unsettled(self) -> bool:
        return self._value is not None and not self._value["settled"]

    def _end(self) -> float:
        """When this slice ends, as things stand."""
        end = self._start + self._slice.seconds
        if self._held_since is not None:
            return min(self._start + self._slice.limit, max(end, self._held_since + self._slice.stable_for))
        if self._timeline.first_change_at is not None and self._slice.linger is not None:
            end = min(end, self._timeline.first_change_at + self._slice.linger)
        return end

    def _left(self, now: float) -> float:
        return max(0.0, self._end() - now)

    def _pause(self, now: float) -> float:
        """How long to wait, if no event comes."""
        if not self._connected:
            return min(self._sleep, self._left(now))
        times = [self._check_at, self._end()]
        if self._held_since is not None:
            times.append(self._held_since + self._slice.stable_for)
        if self._is_unsettled():
            times.append(now + SETTLING)
        return max(0.0, min(times) - now)

    def _unmet(self, now: float) -> t.List["Unmet"]:
        value = None if self._error is not None else self._value
        missing = unmet(self._goal, value, self._ids)
        if missing or value is None or not self._slice.stable_for:
            return missing  # none where what holds was refused, such as a node that is named twice
        held = 0.0 if self._held_since is None else now - self._held_since
        return [{"condition": "stable_for", "wanted": self._slice.stable_for, "seen": round(held, 1)}]
