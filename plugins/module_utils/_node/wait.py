# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Wait until a goal holds: track, poll, dispatch, judge, until one slice of the wait is over.

A wait is cut into slices, each one run of the module on the node, so that the controller can report progress and notices a node
that has gone. A slice ends when the goal holds, when its seconds are over, or a moment after something changed (`linger`), in which
further changes are still acted on at once. Nothing is carried from one slice to the next but what was last reported: whether
the goal has held for `stable_for` is judged within one slice, where every event is seen.
"""

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import GRACE, Deadline
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import AccessDenied, CallbacksRefused, LibraryMissing, NotConfigured, QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import Goal, refuse_impossible, unmet
from ansible_collections.corosync.quorum.plugins.module_utils._node.observe import Flip, Observer
from ansible_collections.corosync.quorum.plugins.module_utils._node.stdout import Reader
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import entry, marker, passed

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Compared, Entry, Unmet, Value

# What no waiting mends
FATAL = (AccessDenied, CallbacksRefused, LibraryMissing, NotConfigured)
# How long to wait for the event that ends a membership change before looking all the same. Seconds.
SETTLING = 0.25
# For how long a change may be under way before it is told of as it stands. What is read meanwhile may be half of two rings. Seconds.
UNDER_WAY = 2.0


# goal: what must hold. stable_for: for how long without a break. seconds: the length of the slice, which only a running stable_for
# prolongs, up to `limit`. linger: how long a change that does not fulfil the goal is kept back for the next one, None to keep it
# back to the end of the slice. sleep: how often to look at what corosync sends no event for, and to try again when it is away.
# connect_timeout: how long corosync may take for one answer. reported: the value last reported, None at first. away: the kind of error
# last reported, None while corosync could be asked. All times in seconds.
class Slice(t.NamedTuple):
    goal: Goal
    stable_for: float
    seconds: float
    limit: float
    linger: t.Optional[float]
    sleep: float
    connect_timeout: float
    reported: t.Optional["Compared"]
    away: t.Optional[str]


# met: the goal held. value: the last that could be read in this slice, None where there was none. error: why not, where corosync is
# away as the slice ends. held: for how many seconds the goal has held so far. timeline: times in seconds before the end of the slice.
# took: seconds.
class Outcome(t.NamedTuple):
    met: bool
    value: t.Optional["Value"]
    error: t.Optional[QuorumError]
    held: t.Optional[float]
    unmet: t.List["Unmet"]
    timeline: t.List["Entry"]
    reconnects: int
    took: float


class Wait:
    """One slice. connect, reader and clock are there to be replaced in tests.

    noted is called with each entry of the timeline as soon as it is made, its time on `clock`; and with the error that it tells of, if any.
    patient: once something could be read, even FATAL is an absence like any other: packages may be replaced while it waits.
    run raises what waiting cannot mend: FATAL, ImpossibleGoal; and what the reader raises, which is ReaderGone when nobody waits for
    the result any more. outcome tells then what has come of the slice.
    """

    def __init__(
        self,
        task: Slice,
        connect: t.Callable[..., t.Any] = Observer,
        reader: t.Any = None,
        clock: t.Callable[[], float] = time.monotonic,
        noted: t.Callable[["Entry", t.Optional[QuorumError]], None] = lambda change, error: None,
        patient: bool = False,
    ) -> None:
        self._task = task
        self._patient = patient
        self._noted = noted
        self._connect = connect
        self._reader = reader or Reader()
        self._clock = clock
        self._start = clock()
        self._before = task.reported
        self._value: t.Optional[Value] = None
        self._unsettled_since: t.Optional[float] = None
        self._error: t.Optional[QuorumError] = None
        self._away = task.away
        self._changes = 0
        self._flips: t.List[t.Tuple[float, Flip]] = []
        self._changed: t.Optional[float] = None
        self._held_since: t.Optional[float] = None
        self._timeline: t.List[Entry] = []
        self._reconnects = -1 if task.away is None else 0  # the first connection is no reconnect, unless it ends an absence

    def run(self) -> Outcome:
        met = False
        while not met:
            try:
                met = self._connected()
            except QuorumError as exc:
                if isinstance(exc, FATAL) and not (self._patient and self._before is not None):
                    raise
                self._lost(exc)
            if met or self._over():
                break
            self._reader.wait(None, min(self._task.sleep, self._left()))
        return self.outcome(met)

    def outcome(self, met: bool = False) -> Outcome:
        """What has come of it so far. Notes a change that is still under way as it stands."""
        self._note_change()
        now = self._clock()
        current = None if self._error is not None else self._value
        return Outcome(
            met=met,
            value=self._value,
            error=self._error,
            held=None if self._held_since is None else now - self._held_since,
            unmet=[] if met else self._unmet(current),
            timeline=[t.cast("Entry", dict(change, at=now - change["at"])) for change in self._timeline],
            reconnects=max(0, self._reconnects),
            took=now - self._start,
        )

    def _connected(self) -> bool:
        """Watch over one connection. True when the goal was met, False when the slice is over. Raises QuorumError when it breaks."""
        with self._connect(self._deadline(), self._reader.check) as observer:
            self._reconnects += 1
            self._look(observer)
            look = self._clock() + self._task.sleep
            while True:
                if self._holds_long_enough(observer):
                    return True
                if self._over():
                    return False
                event = self._reader.wait(observer.fileno(), max(0.0, self._wake(look) - self._clock()))
                observer.lane.deadline = self._deadline()
                if event:
                    observer.dispatch()
                if event or self._unsettled():
                    self._look(observer)
                elif self._clock() < look:
                    continue
                elif observer.moved():
                    self._look(observer)
                look = self._clock() + self._task.sleep

    def _look(self, observer: t.Any) -> None:
        """Read and judge. A membership change or a flip of quorum breaks stability even when all is as before by now."""
        value = observer.read()
        self._flips += [(self._clock(), flip) for flip in observer.flips]
        del observer.flips[:]
        if observer.changes != self._changes:
            self._changes = observer.changes
            self._held_since = None
        self._see(value)

    def _see(self, value: "Value") -> None:
        """Take in a value: note what changed, once it has settled, and judge it."""
        refuse_impossible(self._task.goal, value)
        now = self._clock()
        if self._away is not None:
            self._note(marker(now, "corosync_available"))
        self._away = self._error = None
        self._value = value
        if value["settled"]:
            self._unsettled_since = None
        elif self._unsettled_since is None:
            self._unsettled_since = now
        if self._unsettled_since is None or now - self._unsettled_since >= UNDER_WAY:
            self._note_change()
        if unmet(self._task.goal, value):
            self._held_since = None
        elif self._held_since is None:
            self._held_since = now

    def _holds_long_enough(self, observer: t.Any) -> bool:
        if self._held_since is None or self._clock() - self._held_since < self._task.stable_for:
            return False
        if self._task.stable_for:
            self._look(observer)  # what is still on its way to us counts, too
        return self._held_since is not None and self._clock() - self._held_since >= self._task.stable_for

    def _lost(self, exc: QuorumError) -> None:
        self._note_change()  # whatever was under way
        self._unsettled_since = None
        if self._away != type(exc).__name__:
            self._note(marker(self._clock(), "corosync_unavailable"), exc)
        self._away = type(exc).__name__
        self._error = exc
        self._held_since = None

    def _note_change(self) -> None:
        if self._value is not None:
            self._note_passed(self._value)
            self._note_entry(self._clock(), self._value)

    def _note_passed(self, value: "Value") -> None:
        """Note where quorum came or went, and was as before when it could be read."""
        flips, self._flips = self._flips, []
        if self._before is None:
            return
        while flips and flips[0][1].quorate == self._before["quorate"]:
            flips.pop(0)
        if flips and flips[-1][1].quorate == value["quorate"]:
            flips.pop()  # that is the change to what was read
        for at, flip in flips:
            self._note_entry(at, passed(self._before, flip.quorate, flip.ring_id._asdict(), flip.members))

    def _note_entry(self, at: float, value: "Compared") -> None:
        change = entry(at, self._before, value)
        if change is not None:
            self._note(change)
            self._before = value

    def _note(self, change: "Entry", error: t.Optional[QuorumError] = None) -> None:
        self._timeline.append(change)
        self._noted(change, error)
        if self._changed is None:
            self._changed = self._clock()

    def _deadline(self) -> Deadline:
        left = self._start + self._task.limit - self._clock() - GRACE
        return Deadline(max(0.1, round(min(self._task.connect_timeout, left), 1)), self._clock)

    def _end(self) -> float:
        """When this slice ends, as things stand."""
        end = self._start + self._task.seconds
        if self._held_since is not None:
            return min(self._start + self._task.limit, max(end, self._held_since + self._task.stable_for))
        if self._changed is not None and self._task.linger is not None:
            end = min(end, self._changed + self._task.linger)
        return end

    def _over(self) -> bool:
        return self._left() <= 0

    def _left(self) -> float:
        return max(0.0, self._end() - self._clock())

    def _wake(self, look: float) -> float:
        """When to look up even though corosync has sent nothing."""
        times = [look, self._end()]
        if self._held_since is not None:
            times.append(self._held_since + self._task.stable_for)
        if self._unsettled():
            times.append(self._clock() + SETTLING)
        return min(times)

    def _unsettled(self) -> bool:
        return self._value is not None and not self._value["settled"]

    def _unmet(self, value: t.Optional["Value"]) -> t.List["Unmet"]:
        missing = unmet(self._task.goal, value)
        if missing or value is None:
            return missing
        held = 0.0 if self._held_since is None else self._clock() - self._held_since
        return [{"condition": "stable_for", "wanted": self._task.stable_for, "seen": round(held, 1)}]
