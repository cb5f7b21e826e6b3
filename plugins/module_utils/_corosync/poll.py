# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""poll(2) with seconds and plain descriptors."""

import select
import typing as t

# poll(2) counts its milliseconds in an int: a longer wait is several. Seconds.
LONGEST = 24 * 3600


def ready(seconds: float, readable: t.Iterable[int] = (), broken: t.Iterable[int] = ()) -> t.Set[int]:
    """Those of `readable` that can be read or are broken, and those of `broken` that are broken, as soon as there is one. Empty after this time.

    May return a moment later than that, never earlier, and waits no longer than LONGEST.
    """
    poller = select.poll()
    for fd in readable:
        poller.register(fd, select.POLLIN)
    for fd in broken:
        poller.register(fd, 0)  # POLLERR and POLLHUP are reported unasked
    return {fd for fd, dummy in poller.poll(int(min(seconds, LONGEST) * 1000 + 0.999))}
