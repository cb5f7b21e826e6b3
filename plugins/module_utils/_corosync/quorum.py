# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""quorum: the two things only libquorum knows, which ring has settled and whether any provider of quorum is loaded."""

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.connection import RETRY, Connection
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import DISPATCH_ALL, TRACK_CURRENT
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DeadlineExceeded
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.library import QUORUM, callback


class Quorum(Connection):
    """One connection to the quorum service, which publishes a ring only when votequorum has finished with it (exec/vsf_quorum.c)."""

    service = "quorum"
    soname = QUORUM

    def __init__(self, lane: Lane) -> None:
        super().__init__(lane)
        self._pointer = callback("quorum_notification_fn_t", self._notification)
        self._type = self.ffi.new("uint32_t *")
        self._settled: t.Optional[t.Tuple[int, bool]] = None

    def _initialize_args(self) -> t.Tuple[t.Any, ...]:
        return (self.ffi.new("quorum_callbacks_t *", [self._pointer]), self._type)

    def settled(self) -> t.Tuple[int, bool]:
        """(seq of the ring that settled last, quorate in it). Raises DeadlineExceeded when corosync does not send it."""
        return self.lane.call(self._settled_now)

    def _settled_now(self) -> t.Tuple[int, bool]:
        # On the lane: a dispatch that was given up brings what it has before this begins.
        self._settled = None
        while True:
            self.call("trackstart", TRACK_CURRENT)
            self.call("dispatch", DISPATCH_ALL)
            if self._settled is not None:
                return self._settled
            if self.lane.deadline.expired():
                raise DeadlineExceeded(
                    f"corosync did not send the state of its quorum service within {self.lane.deadline.seconds:g} s: it is overloaded. "
                    "See systemctl status corosync."
                )
            time.sleep(min(RETRY, self.lane.deadline.remaining()))

    def _notification(self, dummy: int, quorate: int, ring_seq: int, entries: int, members: t.Any) -> None:  # pylint: disable=unused-argument
        self._settled = (ring_seq, bool(quorate))
