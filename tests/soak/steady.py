# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of the endurance test once more, where this machine's clock was set meanwhile."""

import time

# From so many seconds on a change of the clock is more than what comparisons bear.
CLOCK_SET = 1.0


def by_a_steady_clock(run):
    """(findings, figures) of run(); of a second one where this machine's clock was set meanwhile, as whoever lends a virtual machine does.

    All that is compared has times of that clock, and a record is read by it as it is in the end.
    """
    for word in ("", " once more"):
        before = time.time() - time.monotonic()
        wrong, counted = run()
        change = time.time() - time.monotonic() - before
        if abs(change) <= CLOCK_SET:
            return wrong, counted
        said = f"the clock of this machine was set by {change:.1f} s{word} while faults were made, so times cannot be compared"
        print("\n".join([f"soak: {said}", *(f"soak: not counted: {line}" for line in wrong)]), flush=True)
    return [*wrong, said], counted
