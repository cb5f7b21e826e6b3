# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Follow the corosync of this node for ever, and tell each event as it happens.

It is a wait for what never comes, as the watch is (watch.py of _node), with a Teller in place of the timeline: what corosync does while it is away, frozen
or replaced is the business of the wait.
"""

import functools
import os
import sys
import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.blocks import give_back_large_blocks
from ansible_collections.corosync.quorum.plugins.module_utils._node.anew import Replaced, unless_replaced
from ansible_collections.corosync.quorum.plugins.module_utils._node.judged import JudgedObserver
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Slice
from ansible_collections.corosync.quorum.plugins.module_utils._node.stdout import ReaderGone, StdoutPoller
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait import NEVER, Wait
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_state import WaitState
from ansible_collections.corosync.quorum.plugins.module_utils._value.events import Teller
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._node.interfaces import ConnectToRead, Polls
    from ansible_collections.corosync.quorum.plugins.module_utils._value.events import Tell
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import ToldEvent, Value

# How often to look at what corosync sends no event for, and to connect again. Seconds.
SLEEP = 1.0
# How often to look whether anybody still reads, where nothing happens. Seconds.
PULSE = 2.0
# Of a wait that has no end. Seconds.
_FOR_EVER = 1e9
# What a wait takes for the last error where corosync has not been asked yet: then no error ends it, as it would at the beginning of a task. Whether an error
# is news is the business of the Teller: a wait tells classes of errors apart, and no other process knows those.
_NOT_ASKED = "not asked yet"


class Seen(t.NamedTuple):
    """What one process hands over to the next one. last: the value that was told last. away: as of absence(), if one was told last.

    tolerates: the last reserve that was known, which `last` may not have. is_gained: whether quorum was gained since then, so that whatever it is now is news.
    """

    last: t.Optional["Value"] = None
    away: t.Optional[str] = None
    tolerates: t.Optional[int] = None
    is_gained: bool = False


class Listened(StdoutPoller):
    """Waits as long as somebody reads the standard output, and, where `stdin` is given, as long as that has not ended. Raises ReaderGone after that."""

    def __init__(self, stdin: t.Optional[int] = None, stdout: t.Optional[int] = None) -> None:
        super().__init__(stdout, PULSE)
        self._stdin = stdin

    def check(self) -> None:
        """Raise ReaderGone if nobody listens."""
        self._is_ready(None, 0)

    def _is_ready(self, fd: t.Optional[int], seconds: float) -> bool:
        wanted = [one for one in (fd, self._stdin) if one is not None]
        found = self._found(wanted, seconds)
        if self._stdin in found and not os.read(self._stdin, 4096):
            raise ReaderGone
        return fd in found


class Look(t.NamedTuple):
    """What this node's clock is ahead of the one that nobody sets, in seconds: compared with a moment before it was read, and with one behind that."""

    before_it: float
    behind_it: float

    @property
    def middle(self) -> float:
        """As far as one look can tell."""
        return (self.before_it + self.behind_it) / 2


def look_at_clocks() -> Look:
    """The difference now: it is between the two."""
    before, wall, behind = time.monotonic(), time.time(), time.monotonic()
    return Look(wall - before, wall - behind)


class WallClock:
    """Moments of the clock that nobody sets, by the clock of this node. Those of two events are in the order of the events, unless the latter was set.

    Between the looks at the two clocks time passes, never the same, and much of it where the processor was taken away in between. So the difference is
    kept as long as it may be the same.
    """

    _SET = 0.01  # seconds
    _FIRST_LOOKS = 5

    def __init__(self, look: t.Callable[[], Look] = look_at_clocks) -> None:
        self._look = look
        self._difference = min((look() for _number in range(self._FIRST_LOOKS)), key=lambda one: one.before_it - one.behind_it).middle

    def at(self, stamp: float) -> float:
        """Seconds since 1970."""
        found = self._look()
        if not found.behind_it - self._SET <= self._difference <= found.before_it + self._SET:
            self._difference = found.middle
        return stamp + self._difference


class Beat:
    """Writes an empty line every N seconds as long as it is called: what was told last is still so. Without seconds it does nothing."""

    def __init__(self, seconds: t.Optional[float], write: t.Callable[[str], None], clock: t.Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._write = write
        self._clock = clock
        self._next = clock() + (seconds or 0)

    def __call__(self) -> None:
        if self._seconds is not None and self._clock() >= self._next:
            self._next = self._clock() + self._seconds
            self._write("")


def follow(
    seen: Seen,
    timeout: float,
    tell: "Tell",
    poller: "Polls",
    beat: t.Callable[[], None],
    connect: "t.Optional[ConnectToRead]" = None,
    read: t.Callable[["Value"], None] = lambda value: None,
) -> Seen:
    """Tell what happens, with its time as text in UTC, until corosync's libraries are replaced. Returns what the process that loads them goes on from.

    timeout: how long corosync may take for an answer, in seconds. read: called with each value behind its events, also where it made none. Raises what the
    poller raises when nobody listens any more.
    """

    clock = WallClock()

    def tell_at(event: "ToldEvent") -> None:
        tell(t.cast("ToldEvent", dict(event, at=utc(clock.at(event["at"])))))

    give_back_large_blocks()
    teller = Teller(seen.last, os.uname().nodename, tell_at, seen.away, seen.tolerates, read, seen.is_gained)
    slice_ = Slice(seconds=_FOR_EVER, limit=_FOR_EVER, stable_for=0.0, linger=None, reported=None, away=_NOT_ASKED)
    state = WaitState(NEVER, slice_, SLEEP, timeout, time.monotonic(), fatal_only_at_first=True, timeline=teller)
    try:
        Wait(state, poller, unless_replaced(connect or functools.partial(JudgedObserver, beat=beat))).run()
    except Replaced:
        pass
    return Seen(teller.last_value, teller.away, teller.tolerates, teller.is_gained)


def standard_input() -> int:
    """The descriptor whose end says that whoever started the program has gone."""
    return sys.stdin.fileno() if sys.stdin else os.open(os.devnull, os.O_RDONLY)
