# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What the resident program knows of corosync from the events that it was told. Pure: the times are given."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._program.follow import Seen
from ansible_collections.corosync.quorum.plugins.module_utils._program.reading import FAILED, Answer
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import COROSYNC_UNAVAILABLE, QUORUM_GAINED, QUORUM_LOST

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import ToldEvent, Value


class Known:
    """changes: how many changes of quorate were told. All times in seconds since 1970."""

    def __init__(self) -> None:
        self.changes = 0
        self._last: t.Optional[Value] = None
        self._away: t.Optional[ToldEvent] = None
        self._seen_at: t.Optional[float] = None

    def take(self, event: "ToldEvent", now: float) -> None:
        """This event was told."""
        self.changes += event["event"] in (QUORUM_LOST, QUORUM_GAINED)
        self._away = event if event["event"] == COROSYNC_UNAVAILABLE else None
        value = event["votequorum"]
        if value is not None and value["forecast"]:  # without one it is a moment that was over before it could be read, and another event follows
            self._last = value
        self.beat(now)

    def beat(self, now: float) -> None:
        """What was told last is still so."""
        self._seen_at = now

    @property
    def seen(self) -> Seen:
        """What a process that follows corosync goes on from."""
        return Seen(self._last, None if self._away is None else self._away["reason"] or FAILED)

    def answer(self) -> t.Optional[Answer]:
        """What metrics are made of, None before anything was told. A sign of life alone tells nothing."""
        if self._seen_at is None:
            return None
        if self._away is not None:
            return Answer(None, self._seen_at, self._away["reason"] or FAILED, self._away["msg"])
        return None if self._last is None else Answer(self._last, self._seen_at)
