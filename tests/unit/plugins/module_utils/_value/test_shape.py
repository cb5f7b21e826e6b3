# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks hand over in place of a votequorum value, and what they are told."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError, check
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

VALUE = value([1, 1, 1])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"changed": False, "skipped": True, "skip_reason": "Conditional result was False"}, "the task was skipped, so it read nothing"),
        ({"changed": False, "skipped": True, "results": [{"skipped": True}]}, "the task was skipped"),
        ({"changed": False, "results": [{"votequorum": VALUE}, {"votequorum": VALUE}]}, "The result of a loop was given"),
        ({"changed": False, "votequorum": VALUE}, "A whole task result was given"),
        ({"failed": True, "msg": "no corosync"}, "it said: no corosync"),
        ("running", "votequorum value is expected"),
    ],
)
def test_what_is_given_instead_is_called_by_its_name(given, words):
    with pytest.raises(ForecastError) as error:
        check(given)
    assert words in str(error.value)


@pytest.mark.parametrize("changes", [{"qdevice": {}}, {"problems": True}, {"problems": [{"id": "x"}]}])
def test_a_part_that_is_none_is_refused(changes):
    """What is asked of it later would end in a traceback."""
    with pytest.raises(ForecastError, match="it lacks registered|its problems are none"):
        check(dict(value(), **changes))


def test_a_value_is_one():
    check(VALUE)


def test_a_value_of_a_version_that_did_not_read_names_of_clusters_addresses_and_links_is_one():
    nodes = [{key: item for key, item in node.items() if key not in ("addresses", "links")} for node in VALUE["nodes"]]
    check(dict({key: item for key, item in VALUE.items() if not key.startswith("cluster_")}, nodes=nodes))
