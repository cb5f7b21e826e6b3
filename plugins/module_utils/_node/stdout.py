# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Notice when nobody reads the module's result any more.

A play that was interrupted leaves its module running on the node: sshd does not signal a command without a terminal. But the
module's standard output loses its reader then, and poll(2) reports that. Where something between keeps the output open (sudo, an ssh client
whose own reader has gone), only a write fails: so an empty line, which Ansible skips, is written every few seconds.
"""

import os
import sys
import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.poll import ready
from ansible_collections.corosync.quorum.plugins.module_utils._node.poller import Poller

# Seconds between two empty lines.
PULSE = 2.0


class ReaderGone(Exception):
    """The task that waits for this module's result has gone."""

    def __init__(self) -> None:
        super().__init__("Nobody waits for the result of this task any more.")


class StdoutPoller(Poller):
    """Waits as long as somebody reads this process's standard output. Raises ReaderGone after that."""

    def __init__(self, stdout: t.Optional[int] = None, pulse: float = PULSE) -> None:
        super().__init__(pulse)
        self._stdout = sys.stdout.fileno() if stdout is None else stdout
        self._next_line = time.monotonic() + pulse

    def check(self) -> None:
        """Raise ReaderGone if the reader has gone."""
        self._is_ready(None, 0)
        if time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + self._pulse
            self._write_empty_line()

    def _is_ready(self, fd: t.Optional[int], seconds: float) -> bool:
        return bool(self._found([] if fd is None else [fd], seconds))

    def _found(self, readable: t.Sequence[int], seconds: float) -> t.Set[int]:
        found = ready(seconds, readable=readable, broken=[self._stdout])
        if self._stdout in found:
            raise ReaderGone
        return found

    def _write_empty_line(self) -> None:
        try:
            os.write(self._stdout, b"\n")
        except OSError:
            raise ReaderGone
