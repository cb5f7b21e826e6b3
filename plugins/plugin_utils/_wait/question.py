# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""A question to a host that ends in any case."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError

from .watchdog import Overdue, Watchdog

# Seconds in which a host has answered, or never will: the modules that are asked give up after 10.
LONGEST = 60
Answer = t.TypeVar("Answer")


def in_time(call: t.Callable[[], Answer]) -> Answer:
    """The answer of a call that only asks a host. Raises AnsibleError where there is none: over a dead network an open connection ends nothing.

    Not for a call that has a Watchdog of its own, such as a wait: the signal of this one would be lost while that one runs.
    """
    try:
        with Watchdog(LONGEST):
            return call()
    except Overdue:
        raise AnsibleError(f"it gave no answer within {LONGEST} s.") from None
