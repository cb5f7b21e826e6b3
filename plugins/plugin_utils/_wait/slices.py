# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The controller's part of a wait: slice after slice on the node, through everything that may happen to the way there."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import CONDITIONS, goal_of, in_words, summary, unmet
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import RESULT, Outcome, Result, Slice, is_final
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import REACHABLE, UNREACHABLE, marker, reported
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import StrangeAnswer
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.narrator import Narrator
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.outcomes import outcome_of

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Compared, Entry, Value

# The longest slice: the loss of a node that sends nothing any more is noticed at its end. Where the connection itself notices that, a slice
# may be longer, since starting one costs the node a fifth of a second of CPU. Seconds.
SLICE = 60.0
LONG_SLICE = 300.0
# How long a change that does not meet the conditions is kept back on the node, for the next one. Seconds.
LINGER = 2.0
# What a round trip is expected to take before one has been measured, and at the most: a slice ends so much before the wait, so that its answer
# comes in time. Seconds.
ROUND_TRIP = 0.5
MOST_ROUND_TRIP = 4.0
# No slice is begun when less than a round trip is left, but a wait does not end earlier than this before its timeout. Seconds.
MOST_EARLY = 1.0
# How much longer than its limit a slice may take (for the way there and back, and for a busy node to start the module) before the node
# counts as lost; twice as long after each such loss. Seconds.
OVERTIME = 15.0
MOST_OVERTIME = 120.0
# How much later than its timeout the wait may end. Seconds.
LATEST = 1.2
# A timeline has no more entries, the newest ones.
MOST_ENTRIES = 10_000
# How often a node that has never run the module may fail to (it may be shutting down) before the wait fails.
FAILURES = 3
NO_REASON = "it gave no reason"


class Lost(Exception):
    """The node could not be reached. It may be later."""


class Silent(Lost):
    """The node did not answer in time."""


class Broken(Exception):
    """The node was reached and cannot run the module."""


class Refused(Broken):
    """The login or the password of become was refused. Trying again cannot help and may lock the account."""


class RemoteWait:
    """A wait as the controller sees it.

    longest: of a slice, in seconds. run_slice(slice, seconds): runs one slice on the node, within that time, and returns the module's
    result. Raises Lost, Silent, Broken, Refused. Broken and Refused end the wait only where the node has never run the module: what it did
    once it may do again.
    """

    def __init__(
        self,
        options: dict[str, t.Any],
        run_slice: t.Callable[[Slice, float], Result],
        narrator: Narrator,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
        now: t.Callable[[], float] = time.time,
        longest: float = SLICE,
    ) -> None:
        self._options = options
        self._run_slice = run_slice
        self._narrator = narrator
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._longest = longest
        self._start = clock()
        self._round_trip = ROUND_TRIP
        self._value: Value | None = None
        self._reported: Compared | None = None
        self._ids: dict[str, list[int]] | None = None
        self._away: str | None = None
        self._trouble: str | None = None
        self._lost = False
        self._overtime = OVERTIME
        self._failures = 0
        self._reached = False
        self._timeline: list[Entry] = []
        self._unmet = unmet(goal_of(options), None)
        self._reconnects = 0

    def look_once(self) -> Result:
        """Check mode: what there is now, whether it meets the conditions or not."""
        try:
            answer = self._slice(0.0, 0.0)
        except (Lost, Broken) as exc:
            return self._failure(_sentence(exc))
        return answer if answer is not None and answer.get("failed") else self._result()

    def run(self) -> Result:
        """The task's result."""
        self._sleep(self._options["delay"])
        seconds = 0.0  # the first slice only reads once: conditions that hold already cost one round trip
        while True:
            try:
                answer = self._slice(min(seconds, self._left()), self._options["stable_for"])
            except (Lost, Broken) as exc:
                if self._is_hopeless(exc):
                    return self._failure(_sentence(exc))
                if self._is_late(exc):
                    self._trouble = f"The last query of the node failed: {exc}."
                else:
                    self._out_of_reach(exc)
            else:
                if answer is not None:
                    return answer
            if self._left() <= min(MOST_EARLY, self._round_trip):
                return self._failure(self._timed_out())
            if self._lost:
                self._sleep(min(self._options["sleep"], self._left()))
            seconds = self._longest

    def _slice(self, seconds: float, stable_for: float) -> Result | None:
        """One slice. The task's result if that ends the wait, else None."""
        begun = self._clock()
        left = self._left() - self._round_trip
        limit = max(0.1, min(left, seconds + stable_for + self._options["connect_timeout"]))
        slice_ = Slice(
            seconds=max(0.0, min(seconds, left)),
            limit=limit,
            stable_for=stable_for,
            linger=LINGER if self._options["progress"] else None,
            reported=self._reported,
            away=self._away,
            ids=self._ids,
        )
        answer = self._run_slice(slice_, min(limit + self._overtime, self._left() + LATEST))
        if answer.get("failed") and not is_final(answer):
            raise Broken(_module_failure(answer))
        if RESULT in answer or not answer.get("failed"):
            try:
                outcome = outcome_of(answer.get(RESULT), self._options)
            except StrangeAnswer as exc:
                raise Broken(f"its answer is not one that the module can give: {exc}") from exc
            self._take(outcome, begun)
        if answer.get("failed"):
            return self._failure(answer.get("msg") or NO_REASON, reason=answer.get("reason"))
        return self._result() if outcome.met else None

    def _take(self, outcome: Outcome, begun: float) -> None:
        self._round_trip = min(MOST_ROUND_TRIP, max(0.0, self._clock() - begun - outcome.took))
        self._reached = True
        entries = outcome.timeline
        if self._lost:
            self._lost = False
            self._reconnects += 1
            entries = [marker(outcome.took, REACHABLE)] + entries
        self._note(entries)
        if outcome.votequorum:
            self._value = t.cast("Value", dict(outcome.votequorum, read_at=utc(self._now() - self._age(outcome, begun))))
            self._reported = reported(outcome.votequorum)
        self._unmet = outcome.unmet
        self._ids = outcome.ids or self._ids
        self._reconnects += outcome.reconnects
        self._trouble = outcome.away_msg
        if outcome.away and outcome.away != self._away:
            self._narrator.away(f"{outcome.away_msg} Trying again.")
        elif not outcome.away:
            self._narrator.changed(entries, self._value, self._unmet, outcome.held)
        self._away = outcome.away

    def _age(self, outcome: Outcome, begun: float) -> float:
        """The most seconds since the value of a slice was read: at its end where the conditions are met, else at some time in it."""
        elapsed = self._clock() - begun
        return min(elapsed, max(0.0, elapsed - outcome.took)) if outcome.met else elapsed

    def _is_hopeless(self, exc: Exception) -> bool:
        self._failures += isinstance(exc, Broken)
        return not self._reached and self._failures >= (1 if isinstance(exc, Refused) else FAILURES)

    def _is_late(self, exc: Exception) -> bool:
        """Whether only the time was over: then the node may just be busy, and what was seen of it last may still be so."""
        return isinstance(exc, Silent) and self._reached and not self._lost and not self._left()

    def _out_of_reach(self, exc: Exception) -> None:
        if isinstance(exc, Silent):
            self._overtime = min(MOST_OVERTIME, 2 * self._overtime)
        self._trouble = _sentence(exc)
        if not self._lost:
            self._lost = True
            self._note([marker(0.0, UNREACHABLE)])
            self._narrator.away(f"{self._trouble} Trying again.")
        self._narrator.heartbeat()
        self._unmet = unmet(goal_of(self._options), None)

    def _note(self, entries: list[Entry]) -> None:
        now = self._now()
        self._timeline += [t.cast("Entry", dict(entry, at=utc(now - entry["at"]))) for entry in entries]
        del self._timeline[:-MOST_ENTRIES]

    def _left(self) -> float:
        left: float = self._start + self._options["timeout"] - self._clock()
        return max(0.0, left)

    def _timed_out(self) -> str:
        text = f"Timed out after {self._options['timeout']:g} s. Not met: {in_words(self._unmet) or 'votequorum could not be read'}."
        if self._trouble is not None:
            text += f" {self._trouble}"
        if self._value is not None:
            text += f" Last seen: {summary(self._value)}."
        return text

    def _failure(self, msg: str, reason: str | None = None) -> Result:
        """Without facts: Ansible takes none from a task that failed, and would print the value twice."""
        result = dict(self._returned(), failed=True, msg=_joined(self._options["msg"] or "", msg))
        return dict(result, reason=reason) if reason else result

    def _result(self) -> Result:
        return dict(self._returned(), ansible_facts={"votequorum": self._value})

    def _returned(self) -> Result:
        return dict(
            nothing_seen({}),
            elapsed=round(self._clock() - self._start, 3),
            quorate=bool(self._value and self._value["quorate"]),
            votequorum=self._value,
            timeline=self._timeline,
            unmet=self._unmet,
            reconnects=self._reconnects,
        )


def nothing_seen(wanted: t.Mapping[str, t.Any]) -> Result:
    """What a wait returns always, before anything was seen. wanted: the conditions."""
    unmet_conditions = [{"condition": name, "wanted": wanted[name], "seen": None} for name in CONDITIONS if wanted.get(name) is not None]
    return {"changed": False, "elapsed": 0.0, "quorate": False, "votequorum": None, "timeline": [], "unmet": unmet_conditions, "reconnects": 0}


def _module_failure(answer: Result) -> str:
    """A module that ended without a result of its own: what it or its interpreter said last."""
    exception = answer.get("exception")
    raised = getattr(getattr(exception, "event", None), "msg", exception)  # an object from ansible-core 2.19 on, a traceback before
    outputs = [str(text or "").strip() for text in (answer.get("msg") or raised, answer.get("module_stderr"), answer.get("module_stdout"))]
    return quoted(" | ".join(text.splitlines()[-1] for text in outputs if text)) or NO_REASON


def _sentence(exc: Exception) -> str:
    what = "The node is out of reach" if isinstance(exc, Lost) else "The node cannot run the module"
    return f"{what}: {str(exc).rstrip(' .:;,')}."


def _joined(own: str, msg: str) -> str:
    """The user's own words and a message, with an end of a sentence between them."""
    own = own.rstrip()
    if not own:
        return msg
    return f"{own} {msg}" if own[-1] in ".!?:;…" else f"{own}. {msg}"
