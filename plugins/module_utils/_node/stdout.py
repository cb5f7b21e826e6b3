# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Wait for a descriptor, and notice when nobody reads the result any more.

A play that was interrupted leaves its module running on the node: sshd does not signal a command without a terminal. But the
module's standard output loses its reader then, and poll(2) says so. Where something between keeps the output open (sudo, an ssh client
whose own reader has gone), only writing makes that notice: so an empty line, which Ansible skips, is written every few seconds.
"""

import os
import select
import sys
import time
import typing as t

# Seconds between two empty lines.
PULSE = 2.0


class ReaderGone(Exception):
    """The task that waits for this module's result has gone."""


class Reader:
    """The reader of this process's standard output."""

    def __init__(self, stdout: t.Optional[int] = None) -> None:
        self._stdout = sys.stdout.fileno() if stdout is None else stdout
        self._pulse = time.monotonic() + PULSE

    def check(self) -> None:
        """Raise ReaderGone if it has gone."""
        self.wait(None, 0)

    def wait(self, fd: t.Optional[int], seconds: float) -> bool:
        """True as soon as fd is readable (or broken, which reading it will tell), False after so many seconds. Raises ReaderGone."""
        end = time.monotonic() + seconds
        while True:
            left = max(0.0, end - time.monotonic())
            if self._poll(fd, min(left, PULSE)):
                return True
            self._beat()
            if left <= PULSE:
                return False

    def _poll(self, fd: t.Optional[int], seconds: float) -> bool:
        poller = select.poll()
        # Nothing is asked of standard output: POLLERR and POLLHUP are reported unasked.
        poller.register(self._stdout, 0)
        if fd is not None:
            poller.register(fd, select.POLLIN)
        ready = dict(poller.poll(int(seconds * 1000 + 0.999)))
        if ready.get(self._stdout):
            raise ReaderGone("Nobody waits for the result of this task any more.")
        return fd is not None and fd in ready

    def _beat(self) -> None:
        if time.monotonic() < self._pulse:
            return
        self._pulse = time.monotonic() + PULSE
        try:
            os.write(self._stdout, b"\n")
        except OSError:
            raise ReaderGone("Nobody waits for the result of this task any more.")
