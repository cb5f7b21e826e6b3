# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for what comes soon on a quiet machine, and later on a busy one."""

import time

# How long anything may take that takes no time of its own. It bounds what hangs, and is never waited for by a test that passes. Seconds.
PATIENCE = 30


def until(true, timeout=PATIENCE):
    """Return when true() is; AssertionError if it never is."""
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, f"not within {timeout} s"
        time.sleep(0.1)


def comes_to(wanted, look, timeout=PATIENCE):
    """What look() gives as soon as it is what is wanted, or what it still is when the time is over: for an assertion that shows it."""
    deadline = time.monotonic() + timeout
    while True:
        seen = look()
        if seen == wanted or time.monotonic() > deadline:
            return seen
        time.sleep(0.1)
