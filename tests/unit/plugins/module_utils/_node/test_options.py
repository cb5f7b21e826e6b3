# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an argument spec cannot check: seconds that no clock can count, and names of runs that are no paths."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import LONGEST, OptionError, is_run_id, positive_seconds, run_id, seconds

NEVER = [-1, -0.001, float("nan"), float("inf"), float("-inf"), LONGEST + 1, 1e300]


@pytest.mark.parametrize("value", [0.001, 1, 10.5, LONGEST])
def test_times_that_are_taken(value):
    assert positive_seconds("timeout", value) == value
    assert seconds("delay", value) == value


@pytest.mark.parametrize("value", [0, 0.0, -0.0] + NEVER)
def test_times_that_are_refused_with_option_and_value(value):
    with pytest.raises(OptionError) as caught:
        positive_seconds("timeout", value)
    assert str(caught.value) == f"timeout must be a number of seconds greater than 0 and at most {LONGEST} (a year); got {value:g}."


def test_zero_is_a_time_where_waiting_none_makes_sense():
    assert seconds("delay", 0) == 0


@pytest.mark.parametrize("value", NEVER)
def test_times_that_are_refused_even_then(value):
    with pytest.raises(OptionError) as caught:
        seconds("delay", value)
    assert str(caught.value) == f"delay must be a number of seconds from 0 to {LONGEST} (a year); got {value:g}."


def test_the_id_of_a_run():
    assert run_id("run", "0123456789abcdef") == "0123456789abcdef"
    assert not is_run_id(None) and not is_run_id(5)


@pytest.mark.parametrize("value", ["", "..", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "0123456789abcdef\n", "../../etc/passwd"])
def test_what_is_no_id_of_a_run(value):
    assert not is_run_id(value)
    with pytest.raises(OptionError, match="run must be the id of a run, 16 hexadecimal digits"):
        run_id("run", value)
