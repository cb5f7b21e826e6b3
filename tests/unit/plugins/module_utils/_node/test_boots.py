# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The times of a record over several boots of a node."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node.boots import by_boot
from ansible_collections.corosync.quorum.plugins.module_utils._node.clocks import Clock
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import marker
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc

BOOTED = {"a": 1_000_000.0, "b": 1_002_000.0}


def line(at, stamp=None):
    entry = marker(utc(at), "corosync_available")
    return dict(entry, stamp=stamp) if stamp is not None else entry


def of(boot, seconds, ahead=0.0):
    """Written so many seconds after a boot, when the clock was so far ahead."""
    return line(BOOTED[boot] + seconds + ahead, [boot, seconds])


def times(*lines, boot="b", ahead=0.0):
    """(seconds of each entry, boots)."""
    timeline, boots = by_boot(lines, Clock(boot, BOOTED.get(boot, 0.0) + ahead))
    assert all("stamp" not in entry for entry in timeline)
    return [entry["at"] for entry in timeline], boots


def test_times_of_this_boot_are_by_the_clock_of_now():
    assert times(of("b", 5.0), of("b", 10.0, ahead=7.0), ahead=30.0) == ([utc(1_002_035.0), utc(1_002_040.0)], [2])


def test_times_of_an_earlier_boot_are_by_its_clock_at_its_last_entry():
    lines = of("a", 5.0, ahead=-40.0), of("a", 10.0), of("b", 5.0)
    assert times(*lines, ahead=30.0) == ([utc(1_000_005.0), utc(1_000_010.0), utc(1_002_035.0)], [2, 1])


def test_that_a_watch_has_ended_is_of_the_boot_in_which_it_ran():
    lines = of("a", 5.0), line(1_000_020.0), of("b", 5.0)
    assert times(*lines) == ([utc(1_000_005.0), utc(1_000_020.0), utc(1_002_005.0)], [2, 1])


def test_of_a_node_that_was_booted_and_not_watched_since_nothing_is_of_this_boot():
    assert times(of("a", 5.0), of("a", 10.0))[1] == [2, 0]
    assert times()[1] == [0]


@pytest.mark.parametrize("boot", ["", "b"])
def test_without_names_of_boots_all_is_of_this_one(boot):
    """Such a kernel gives no name to any boot."""
    at = utc(1_000_005.0)
    assert times(line(1_000_005.0), line(1_000_005.0, ["", 5.0]), boot=boot) == ([at, at], [2])


@pytest.mark.parametrize("stamp", [["", 5.0], [None, 5.0], ["x"], {"boot": 1}, 7, [1, True], ["x", 1e300], ["x", True], ["x", "5"]])
def test_a_stamp_that_is_none(stamp):
    assert times(of("a", 5.0), line(1_000_007.0, stamp), of("b", 5.0)) == ([utc(1_000_005.0), utc(1_000_007.0), utc(1_002_005.0)], [2, 1])


@pytest.mark.parametrize("at", ["odd", None, 7])
def test_a_line_that_tells_no_time_is_as_it_was_written(at):
    odd = dict(of("a", 5.0), at=at)
    assert times(odd, of("b", 5.0))[0] == [at, utc(1_002_005.0)]
    assert times(of("a", 1.0), odd, of("b", 5.0))[0] == [utc(1_000_001.0), utc(1_000_005.0), utc(1_002_005.0)], "its stamp tells it"
