# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What the use cases need of an Observer and of whoever polls. For type checkers alone: nothing imports this at run time."""

import typing as t

if t.TYPE_CHECKING:  # novermin: no Python comes past this line
    from ansible_collections.corosync.quorum.plugins.module_utils._corosync.cmap import Cmap
    from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline, Lane
    from ansible_collections.corosync.quorum.plugins.module_utils._corosync.votequorum import Event, Votequorum
    from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import Flip
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

    class Polls(t.Protocol):
        """Waits for a descriptor, as long as somebody wants the result."""

        def check(self) -> None:
            """Raise what ends the wait, if it is to end."""

        def wait(self, fd: t.Optional[int], seconds: float) -> bool:
            """Whether the descriptor is readable or broken, within so many seconds."""

    class Reads(t.Protocol):
        """An open connection whose readings a wait sees."""

        lane: Lane
        changes: int
        configuration: t.Dict[str, t.Any]

        def __enter__(self) -> "Reads":
            """Open it."""

        def __exit__(self, *dummy: t.Any) -> None:
            """Close it."""

        def fileno(self) -> int:
            """The descriptor that becomes readable when corosync has sent an event."""

        def dispatch(self) -> t.List[Event]:
            """What corosync has sent since the last time."""

        def read(self) -> Value:
            """The value as it is now, settled or not."""

        def moved(self) -> bool:
            """Whether anything that corosync sends no event for differs from the last reading."""

        def take_flips(self) -> t.List[Flip]:
            """The changes of quorum that corosync has told of since the last time."""

    class Changes(t.Protocol):
        """An open connection that votes are changed through."""

        lane: Lane
        announced: t.Deque[int]
        configuration: t.Dict[str, t.Any]
        votequorum: Votequorum
        cmap: Cmap

        def __enter__(self) -> "Changes":
            """Open it."""

        def __exit__(self, *dummy: t.Any) -> None:
            """Close it."""

        def dispatch(self) -> t.List[Event]:
            """What corosync has sent since the last time."""

        def moved(self) -> bool:
            """Whether anything that corosync sends no event for differs from the last reading."""

        def snapshot(self) -> Value:
            """The value, settled if that is so before the deadline."""

        def pause(self) -> None:
            """Wait until corosync sends something, or until it is time to look anyway."""

    ConnectToRead = t.Callable[[Deadline, t.Callable[[], None]], Reads]
    ConnectToChange = t.Callable[[Deadline], Changes]
