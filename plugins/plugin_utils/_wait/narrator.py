# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What a wait prints while it lasts: a line for each change, and one a minute otherwise."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import in_words, summary
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import labels
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import printable
from ansible_collections.corosync.quorum.plugins.plugin_utils._changes import words_of

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Entry, Unmet, Value

# Seconds without a line after which one is due.
MINUTE = 60.0


class Narrator:
    """Lines about one wait. say prints one; None keeps silent."""

    def __init__(self, say: t.Callable[[str], None] | None, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._say = say or (lambda line: None)
        self._clock = clock
        self._start = self._last = clock()
        self._state = "the node has not been asked yet"

    def changed(self, entries: list[Entry], value: Value | None, unmet: list[Unmet], held: float | None) -> None:
        """Report these changes, and how things stand after them."""
        self._state = _state(value, unmet, held)
        if entries:
            happened = "; ".join(filter(None, (_in_words(entry, value) for entry in entries)))
            self._line(f"{happened + ': ' if happened else ''}{self._state}")

    def away(self, what: str) -> None:
        """Report that nothing can be read, and why."""
        self._state = what
        self._line(what)

    def heartbeat(self) -> None:
        """Report that the wait continues, if there has been no line for a minute."""
        if self._clock() - self._last >= MINUTE:
            self._line(f"still waiting: {self._state}")

    def _line(self, text: str) -> None:
        self._last = self._clock()
        self._say(f"{printable(text)} ({int(self._last - self._start)} s)")


def _state(value: Value | None, unmet: list[Unmet], held: float | None) -> str:
    seen = "nothing could be read yet" if value is None else summary(value)
    if held is not None:
        return f"{seen}. All conditions hold"
    return f"{seen}. Not met: {in_words(unmet)}" if unmet else seen


def _in_words(entry: Entry, value: Value | None) -> str:
    return words_of(entry, lambda nodeids: ", ".join(map(str, nodeids)) if value is None else labels(nodeids, value))
