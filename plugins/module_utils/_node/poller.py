# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Wait for corosync's next event as long as somebody wants the result."""

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.poll import ready


class Poller:
    """Waits for a descriptor and calls check() meanwhile, every `pulse` seconds. What check() raises ends the wait."""

    def __init__(self, pulse: float) -> None:
        self._pulse = pulse

    def check(self) -> None:
        """Raise an exception of the subclass if nobody wants the result any more."""
        raise NotImplementedError

    def wait(self, fd: t.Optional[int], seconds: float) -> bool:
        """True as soon as fd is readable or broken, False after this time. Raises what check() raises."""
        end = time.monotonic() + seconds
        while True:
            self.check()
            left = max(0.0, end - time.monotonic())
            if self._is_ready(fd, min(left, self._pulse)):
                return True
            if left <= self._pulse:
                return False

    def _is_ready(self, fd: t.Optional[int], seconds: float) -> bool:
        return bool(ready(seconds, readable=[] if fd is None else [fd]))
