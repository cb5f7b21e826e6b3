# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Values with what follows from them: the forecast and the problems.

The code for that is imported while corosync opens the connection: it is compiled in each task, which takes about as long.
"""

import contextlib
import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.blocks import give_back_tuples
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._node.key import newer_key
from ansible_collections.corosync.quorum.plugins.module_utils._node.observe import Observer, Reading, newer_file
from ansible_collections.corosync.quorum.plugins.module_utils._node.observe import take_reading as reading_of_corosync
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value


def observe(timeout: float) -> "Value":
    """One complete snapshot of this node's votequorum, within `timeout` seconds. Raises what Observer does."""
    return _completed()(*take_reading(timeout, meanwhile=_completed))


def take_reading(timeout: float, meanwhile: t.Callable[[], object] = lambda: None) -> Reading:
    """What observe() makes a value of, for somebody who does that elsewhere. Raises what Observer does."""
    reading = reading_of_corosync(timeout, meanwhile=meanwhile)
    return reading._replace(files=dict(reading.files, **newer_key()))


def connect_to_judge(deadline: Deadline, while_waiting: t.Callable[[], None] = lambda: None) -> Observer:
    """An Observer for somebody who calls complete() later."""
    return Observer(deadline, while_waiting, meanwhile=_completed)


# How old a reading may become where nothing seems to move: a reload that leaves all votes alone makes no event, and moved() does not see it. Seconds.
OLDEST = 60.0


class JudgedObserver(Observer):
    """An Observer whose readings are complete values, with the time of this node's clock in them.

    beat: called when a reading or a look has shown how things are, and when a connection could not be opened, or a library not be found.
    """

    def __init__(self, deadline: Deadline, while_waiting: t.Callable[[], None] = lambda: None, beat: t.Callable[[], None] = lambda: None) -> None:
        self._beat = beat
        self._read_at = time.monotonic()
        with self._beating_on_error():
            super().__init__(deadline, while_waiting, meanwhile=_completed)

    def __enter__(self) -> "JudgedObserver":
        with self._beating_on_error():
            super().__enter__()
        return self

    @contextlib.contextmanager
    def _beating_on_error(self) -> t.Iterator[None]:
        """What is refused is known, too."""
        try:
            yield
        except QuorumError:
            self._beat()
            raise

    def read(self) -> "Value":
        """The complete `votequorum` value as it is now, settled or not."""
        self._read_at = time.monotonic()
        value = complete(super().read(), self.configuration)
        value["read_at"] = utc(time.time())
        give_back_tuples()
        self._beat()
        return value

    def moved(self) -> bool:
        """As Observer.moved(), or whether it is time to read again all the same."""
        has_moved = super().moved()
        self._beat()
        return has_moved or time.monotonic() - self._read_at >= OLDEST


def complete(value: "Value", configuration: t.Mapping[str, t.Any]) -> "Value":
    """A value that was just read with this configuration, with what follows from it."""
    return _completed()(value, configuration, dict(newer_file(), **newer_key()))


def _completed() -> t.Callable[..., "Value"]:
    from ansible_collections.corosync.quorum.plugins.module_utils._judge.assess import completed

    return completed
