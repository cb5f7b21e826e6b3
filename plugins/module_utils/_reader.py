# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Wait for a descriptor, and notice when nobody reads the result any more.

A play that was interrupted leaves its module running on the node: sshd does not signal a command without a terminal. But the
module's standard output loses its reader then, and poll(2) says so.
"""

import select
import sys
import typing as t


class ReaderGone(Exception):
    """The task that waits for this module's result has gone."""


class Reader:
    """The reader of this process's standard output."""

    def __init__(self, stdout: t.Optional[int] = None) -> None:
        self._stdout = sys.stdout.fileno() if stdout is None else stdout

    def check(self) -> None:
        """Raise ReaderGone if it has gone."""
        self.wait(None, 0)

    def wait(self, fd: t.Optional[int], seconds: float) -> bool:
        """True as soon as fd is readable (or broken, which reading it will tell), False after so many seconds. Raises ReaderGone."""
        poller = select.poll()
        # Nothing is asked of standard output: POLLERR and POLLHUP are reported unasked.
        poller.register(self._stdout, 0)
        if fd is not None:
            poller.register(fd, select.POLLIN)
        ready = dict(poller.poll(int(seconds * 1000 + 0.999)))
        if ready.get(self._stdout):
            raise ReaderGone("Nobody waits for the result of this task any more.")
        return fd is not None and fd in ready
