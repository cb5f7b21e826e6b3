# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments by a clock that nobody sets."""

import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import clocks


@pytest.fixture(name="since_boot")
def _since_boot(monkeypatch):
    """How far the clock since boot is ahead of time.monotonic() whenever somebody looks, the last one from then on."""
    ahead = [100.0]

    def clock_gettime(clock):
        return time.monotonic() + (ahead.pop(0) if len(ahead) > 1 else ahead[0])

    monkeypatch.setattr(clocks.time, "clock_gettime", clock_gettime)
    return ahead


def test_two_entries_of_one_moment_have_one_stamp_however_long_the_look_at_two_clocks_takes(since_boot):
    """A process that is not scheduled between its looks at two clocks sees another distance between them."""
    since_boot[:] = [100.0, 100.2, 99.9, 100.0]
    stamps = clocks.Stamps()
    made = [stamps.of(moment) for moment in (50.0, 50.0, 50.001)]
    assert made[0] == made[1] and made[1].seconds < made[2].seconds
    assert made[0].seconds == pytest.approx(150.0, abs=0.1)
    assert made[0].boot == clocks.boot_id()


def test_after_the_machine_was_suspended_the_time_that_passed_counts(since_boot):
    since_boot[:] = [100.0]
    stamps = clocks.Stamps()
    before = stamps.of(50.0)
    since_boot[:] = [3700.0]
    assert stamps.of(51.0).seconds - before.seconds == pytest.approx(3601.0, abs=0.1)


def test_an_age_is_counted_from_now(since_boot):
    since_boot[:] = [100.0]
    assert clocks.stamp(5.0).seconds == pytest.approx(time.monotonic() + 95.0, abs=1.0)
