# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What the connections to corosync's three services have in common: opened, called and closed on one lane."""

import os
import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import BadHandle, NotSupported, QuorumError, ShuttingDown, TryAgain, check
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.library import ffi, load

# Pause before a request that corosync could not take yet is made again. Seconds.
RETRY = 0.05

# Where libqb keeps the buffers of a connection, each in a folder qb-SERVER-CLIENT-FD-XXXXXX (process ids; lib/ipc_setup.c)
SHARED = "/dev/shm"

C = t.TypeVar("C", bound="Connection")


class Connection:
    """One handle of one service. A context manager: `with` initialises and finalises it.

    After an error of the class DaemonGone the handle never recovers (lib/votequorum.c): finalise it and open another connection.
    """

    service = ""
    soname = ""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.ffi = ffi()
        self._library = load(self.soname)
        self._handle: t.Optional[int] = None

    def __enter__(self: C) -> C:
        self.initialize()
        return self

    def __exit__(self, *dummy: t.Any) -> None:
        try:
            self.finalize()
        except QuorumError:
            pass  # the daemon is gone or does not answer: the end of the process closes what is left

    def initialize(self) -> None:
        """Connect to the service. Retries TRY_AGAIN until the lane's deadline. Raises every CorosyncError, DeadlineExceeded."""
        if self._handle is not None:
            raise QuorumError(f"This connection to {self.service} is initialised already: finalise it first, or open another.")
        self.lane.call(self._initialize)

    def finalize(self) -> None:
        """Disconnect. Raises BadHandle when that was done already."""
        self.call("finalize")
        self._handle = None

    def call(self, function: str, *args: t.Any) -> None:
        """The service's C function with the handle and these arguments, on the lane. Raises by its cs_error_t, retries TRY_AGAIN."""
        self.lane.call(self._checked, self._name(function), args)

    def _initialize(self) -> None:
        handle = self.ffi.new("uint64_t *")
        try:
            self._answered(self._name("initialize"), (handle,) + self._initialize_args())
        except NotSupported as exc:
            raise ShuttingDown(exc.operation)
        self._handle = int(handle[0])

    def _initialize_args(self) -> t.Tuple[t.Any, ...]:
        """What the service's initialize takes behind the handle."""
        return ()

    def _checked(self, operation: str, args: t.Tuple[t.Any, ...], retry: bool = True) -> None:
        if self._handle is None:
            raise BadHandle(operation)
        self._answered(operation, (self._handle,) + args, retry)

    def _answered(self, operation: str, args: t.Tuple[t.Any, ...], retry: bool = True) -> None:
        function = getattr(self._library, operation)
        self.lane.doing = operation
        while True:
            code = int(function(*args))
            if code != TryAgain.code or not retry or self.lane.deadline.expired():
                return check(code, operation)
            time.sleep(min(RETRY, self.lane.deadline.remaining()))

    def _name(self, function: str) -> str:
        return f"{self.service}_{function}"


def sweep() -> None:
    """Remove what finalize leaves when corosync was killed: libqb then removes this process's files, but not their folders."""
    for name in os.listdir(SHARED):
        if name.startswith("qb-") and name.split("-")[2:3] == [str(os.getpid())]:
            try:
                os.rmdir(os.path.join(SHARED, name))
            except OSError:
                pass  # it is in use, or corosync was quicker
