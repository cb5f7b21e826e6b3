# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What action and module say to each other: what one side makes the other reads, also when it has been passed on as JSON."""

import json

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Outcome, Slice, failure, is_final
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import marker, reported
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

FULL = Slice(60.0, 65.0, 5.0, 2.0, reported(value()), "DaemonGone")
FIRST = Slice(0.0, 5.0, 0.0, None, None, None)


def sent(data):
    return json.loads(json.dumps(data))


@pytest.mark.parametrize("slice_", [FULL, FIRST])
def test_a_slice_is_read_as_it_was_made(slice_):
    assert Slice.from_params(sent(slice_.as_argument())) == slice_


def test_a_module_without_a_slice_was_not_run_by_its_action():
    with pytest.raises(OptionError, match=r"full name, corosync\.quorum\.wait_for_quorum"):
        Slice.from_params({"_slice": None})


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(True, value(), 5.0, [], [marker(0.5, "corosync_available")], 1, 12.5, None, None),
        Outcome(False, None, None, [{"condition": "quorate", "wanted": True, "seen": None}], [], 0, 0.1, "DaemonGone", "corosync is not running."),
    ],
)
def test_an_outcome_is_sent_as_it_was_made(outcome):
    assert sent(outcome.as_result()) == {"changed": False, "slice": dict(outcome._asdict())}


def test_a_failure_of_the_module_is_final_and_one_of_the_node_is_not():
    assert failure("No library.", "no_library") == {"msg": "No library.", "reason": "no_library", "final": True}
    assert "reason" not in failure("No such node.")
    assert is_final(sent(dict(failure("No such node."), failed=True)))
    assert not is_final({"failed": True, "msg": "Unsupported parameters"})
    assert not is_final({"failed": True, "exception": "Traceback"}), "from ansible-core 2.19 on, of a module that raised an exception"
    assert not is_final({"failed": True, "msg": "MODULE FAILURE", "module_stdout": "", "rc": 127})
