# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What the resident program knows of corosync from what its child has printed. Pure: the times are given."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._program.follow import Seen
from ansible_collections.corosync.quorum.plugins.module_utils._program.reading import FAILED, Answer
from ansible_collections.corosync.quorum.plugins.module_utils._value.events import UNKNOWN, absence
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import COROSYNC_UNAVAILABLE, QUORUM_GAINED, QUORUM_LOST

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import ToldEvent, Value


class Moment(t.NamedTuple):
    """at: seconds since 1970 by the clock of this node, which may be set. stamp: seconds on one that nobody sets, for what has passed since then."""

    at: float
    stamp: float


class Known:
    """changes: how many changes of quorate were told."""

    def __init__(self) -> None:
        self.changes = 0
        self._last: t.Optional[Value] = None
        # What was told last, also of a moment that was over before it could be read
        self._compared: t.Optional[Value] = None
        self._numbers = UNKNOWN
        self._away: t.Optional[ToldEvent] = None
        self._seen: t.Optional[Moment] = None

    def take(self, event: "ToldEvent", now: Moment) -> None:
        """This event was told."""
        self.changes += event["event"] in (QUORUM_LOST, QUORUM_GAINED)
        self._away = event if event["event"] == COROSYNC_UNAVAILABLE else None
        value = event["votequorum"]
        if value is not None:
            self._note(value)
        self.beat(now)

    def read(self, value: "Value", now: Moment) -> None:
        """This was read. It differs from what was told last in nothing that makes an event."""
        self._note(value)
        self.beat(now)

    def beat(self, now: Moment) -> None:
        """What was told or read last is still so."""
        self._seen = now

    @property
    def seen(self) -> Seen:
        """What a process that follows corosync goes on from."""
        away = None if self._away is None else absence(self._away["reason"], self._away["msg"])
        return Seen(self._last, away, self._numbers.tolerates, self._numbers.is_gained)

    def answer(self) -> t.Optional[Answer]:
        """What metrics are made of, None before anything was told. A sign of life alone tells nothing."""
        if self._seen is None:
            return None
        if self._away is not None:
            return Answer(None, self._seen.at, self._away["reason"] or FAILED, self._away["msg"])
        return None if self._last is None else Answer(self._last, self._seen.at)

    def age(self, now: Moment) -> float:
        """How long ago the last sign of life came, in seconds."""
        return 0.0 if self._seen is None else now.stamp - self._seen.stamp

    def _note(self, value: "Value") -> None:
        self._numbers = self._numbers.updated(value, self._compared)
        self._compared = value
        if value["forecast"]:  # without one it is a moment that was over before it could be read, and another event follows
            self._last = value
