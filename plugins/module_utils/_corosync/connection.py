# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What the connections to corosync's three services have in common: opened, called and closed on one lane."""

import os
import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import (
    BadHandle,
    DaemonGone,
    LibraryOutdated,
    OutOfDescriptors,
    QuorumError,
    TryAgain,
    check,
)
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.library import ffi, load
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.listener import QueueFull, refuse_stranger, refuse_stranger_behind
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.poll import ready

# Pause before a request that corosync could not take yet is made again. Seconds.
RETRY = 0.05

# How long a connection may take to show that the daemon behind it has ended. Seconds.
ENDING = 0.2

# Where libqb keeps the buffers of a connection, each in a folder qb-SERVER-CLIENT-FD-XXXXXX (process ids; lib/ipc_setup.c)
SHARED = "/dev/shm"

C = t.TypeVar("C", bound="Connection")


class Connection:
    """One handle of one service. A context manager: `with` initialises and finalises it.

    After an error of the class DaemonGone the handle never recovers (lib/votequorum.c): finalise it and open another connection.
    """

    service = ""
    soname = ""
    opens_with = "initialize"

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
        """Connect to the service. Retries TRY_AGAIN until the lane's deadline. Raises every CorosyncError, DeadlineExceeded, NotTrusted."""
        opened: t.List[int] = []
        try:
            self.lane.call(self._initialize, opened)
        except BaseException:
            # Whoever gave up on a frozen corosync did not stop the call: it ends when corosync goes on, and a connection takes 3 MiB of /dev/shm.
            self.lane.afterwards(self._finalize_late, opened)
            raise

    def finalize(self) -> None:
        """Disconnect. Raises BadHandle when that was done already."""
        self.lane.call(self._finalize)

    def fd_get(self) -> int:
        """The descriptor that is readable when dispatch has something to do. corosync's library owns it: never close it."""
        return self.lane.call(self._fd_get)

    def call(self, function: str, *args: t.Any) -> None:
        """The service's C function with the handle and these arguments, on the lane. Raises by its cs_error_t, retries TRY_AGAIN.

        What C keeps longer than the call is the caller's to keep. What it writes into is read on the lane, too: a call that was given up still writes.
        """
        self.lane.call(self._checked, self._name(function), args)

    # What follows runs on the lane.

    def _initialize(self, opened: t.List[int]) -> None:
        if self._handle is not None:
            raise QuorumError(f"This connection to {self.service} is initialised already: finalise it first, or open another.")
        handle = self._open()
        self._refuse_stranger(handle)  # and leave the connection as it is, not even finalised: libqb would remove files that the stranger names
        self._handle = handle
        opened.append(handle)

    def _open(self) -> int:
        handle = self.ffi.new("uint64_t *")
        operation = self._name(self.opens_with)
        unexplained = 0
        while True:
            self.lane.doing = operation
            code = self._asked(operation, (handle,) + self._initialize_args())
            if code == DaemonGone.code:
                # Somebody listens, so it is not gone. Unless it was just ending: then nobody listens the next time.
                unexplained += 1
                if unexplained > 1:
                    raise OutOfDescriptors(operation)
            elif code != TryAgain.code or self.lane.deadline.expired():
                check(code, operation)
                return int(handle[0])
            time.sleep(min(RETRY, self.lane.deadline.remaining()))

    def _asked(self, operation: str, args: t.Tuple[t.Any, ...]) -> int:
        """What initialize answers, of a listener that is root's."""
        try:
            refuse_stranger(self.service)
        except QueueFull:
            if self.lane.deadline.expired():
                raise self.lane.no_answer()
            return TryAgain.code
        return int(getattr(self._library, operation)(*args))

    def _initialize_args(self) -> t.Tuple[t.Any, ...]:
        """What the service's initialize takes behind the handle."""
        return ()

    def _finalize(self) -> None:
        self._checked(self._name("finalize"), ())
        self._handle = None

    def _refuse_stranger(self, handle: int) -> None:
        refuse_stranger_behind(self._descriptor(handle), self.service)

    def _finalize_late(self, opened: t.List[int]) -> None:
        if opened == [self._handle]:
            self._finalize()

    def _fd_get(self) -> int:
        if self._handle is None:
            raise BadHandle(self._name("fd_get"))
        return self._descriptor(self._handle)

    def _descriptor(self, handle: int) -> int:
        fd = self.ffi.new("int *")
        operation = self._name("fd_get")
        check(int(getattr(self._library, operation)(handle, fd)), operation)
        return int(fd[0])

    def _checked(self, operation: str, args: t.Tuple[t.Any, ...], retry: bool = True) -> None:
        if self._handle is None:
            raise BadHandle(operation)
        if self.lane.closed and operation != self._name("finalize"):
            # Whoever gave up on a slow corosync did not stop what makes many calls. Nobody wants the rest, and the next connection waits for its end.
            raise QuorumError("This connection to corosync was given up while it was in use.")
        function = getattr(self._library, operation)
        self.lane.doing = operation
        while True:
            code = int(function(self._handle, *args))
            if code == DaemonGone.code and self._is_alive(self._handle):
                raise LibraryOutdated(operation)
            if code != TryAgain.code or not retry or self.lane.deadline.expired():
                return check(code, operation)
            time.sleep(min(RETRY, self.lane.deadline.remaining()))

    def _is_alive(self, handle: int) -> bool:
        """Whether corosync is still at the other end, and listens."""
        try:
            if ready(ENDING, broken=[self._descriptor(handle)]):
                return False
            refuse_stranger(self.service)
        except (QuorumError, QueueFull):
            return False
        return True

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
