# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Events that are to be posted: in order, with a pause that grows between attempts, and in bounded memory. Pure: the times are given.

Whoever drives it posts what next_step() names and reports what came of it: delivered(), failed() or refused().
"""

import collections
import json
import typing as t

# What is kept while nothing can be delivered. The oldest are dropped for the newest. Events, and bytes.
MOST = 1000
MOST_BYTES = 8 * 1024 * 1024
# The pauses after an attempt that failed: twice as long each time. Seconds.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class Step(t.NamedTuple):
    """What to do: post `text`, or, where that is None, wait `seconds`, for ever where they are None. Either ends with the next put()."""

    text: t.Optional[str]
    seconds: t.Optional[float] = None


class Outbox:
    """text, here: an event as JSON, an object. All times in seconds, on one clock."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._waiting: "t.Deque[str]" = collections.deque()
        self._size = 0
        self._head: t.Optional[str] = None  # what is posted now, until it is delivered or refused
        self._dropped = self._dropped_before_head = 0
        self._pause = 0.0
        self._again_at = 0.0
        self._why: t.Optional[str] = None
        self._news: t.List[str] = []

    def __len__(self) -> int:
        """How many events are not delivered."""
        return len(self._waiting) + (self._head is not None)

    def put(self, text: str) -> None:
        """One more event. Where there are too many, the oldest are dropped, but never the one that is just posted."""
        self._waiting.append(text)
        self._size += len(text)
        while len(self._waiting) > self._most or self._size > self._most_bytes:
            self._size -= len(self._waiting.popleft())
            self._dropped += 1

    def next_step(self, now: float) -> Step:
        """What to do now."""
        if self._head is None and self._waiting:
            text = self._waiting.popleft()
            self._size -= len(text)
            self._dropped_before_head, self._dropped = self._dropped, 0
            self._head = _with_dropped(text, self._dropped_before_head)
        if self._head is None:
            return Step(None)
        if now < self._again_at:
            return Step(None, self._again_at - now)
        return Step(self._head)

    def delivered(self) -> None:
        """What was posted has arrived."""
        self._done()
        if self._why is not None:
            self._why = None
            self._news.append("events are delivered again.")

    def failed(self, now: float, why: str) -> None:
        """It has not, and is tried again. why: a sentence that is the same as long as the cause is."""
        self._pause = min(LONGEST_PAUSE, self._pause * 2 or FIRST_PAUSE)
        self._again_at = now + self._pause
        if why != self._why:
            self._why = why
            self._news.append(f"{why} Events wait ({len(self)}, at most {self._most}) and are posted again.")

    def refused(self, why: str) -> None:
        """The receiver will never take this one: it is dropped."""
        self._dropped += 1 + self._dropped_before_head
        self._done()
        if why != self._why:
            self._why = why
            self._news.append(f"{why} This event is dropped.")

    def take_news(self) -> t.List[str]:
        """Sentences for the log since the last call: one when it does not work, when that is for another reason, and when it works again."""
        news, self._news = self._news, []
        return news

    def _done(self) -> None:
        self._head = None
        self._dropped_before_head = 0
        self._pause = self._again_at = 0.0


def _with_dropped(text: str, dropped: int) -> str:
    return json.dumps(dict(json.loads(text), dropped=dropped), separators=(",", ":")) if dropped else text
