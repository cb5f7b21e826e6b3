# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters forecast, upgrade_batches and partitions and the test quorate_without as Ansible has them: names, errors, plain data."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.filter.forecast import FilterModule as Forecast
from ansible_collections.corosync.quorum.plugins.filter.partitions import FilterModule as Partitions
from ansible_collections.corosync.quorum.plugins.filter.upgrade_batches import FilterModule as UpgradeBatches
from ansible_collections.corosync.quorum.plugins.test.quorate_without import TestModule as QuorateWithout
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

forecast = Forecast().filters()["forecast"]
upgrade_batches = UpgradeBatches().filters()["upgrade_batches"]
partitions = Partitions().filters()["partitions"]
quorate_without = QuorateWithout().tests()["quorate_without"]


def test_forecast() -> None:
    result = forecast(value([1, 1, 1]), leave=["node3"])
    assert (
        json.loads(json.dumps(result))
        == result
        == {
            "quorate": True,
            "total_votes": 2,
            "quorum": 2,
            "expected_votes": 3,
            "members": [1, 2],
            "reason": "Without node3, 2 votes are present, quorum is 2 of 3 expected: enough.",
        }
    )


def test_upgrade_batches_by_name_and_by_node_id() -> None:
    a_value = value([1] * 5)
    assert upgrade_batches(a_value) == [["node3", "node5"], ["node2", "node4"], ["node1"]]
    assert upgrade_batches(a_value, by="nodeid") == [[3, 5], [2, 4], [1]]
    a_value["nodes"][4]["name"] = None
    assert upgrade_batches(a_value)[0] == ["node3", 5]


def test_partitions() -> None:
    assert partitions({"a": value([1, 1]), "b": value([1, 1], asked=2)})["agreed"] is True


def test_quorate_without() -> None:
    assert quorate_without(value([1, 1, 1]), "node2") is True
    assert quorate_without(value([1, 1, 1]), ["node2", 3]) is False
    assert quorate_without(value([1, 1], qdevice=1), 1) is False
    assert quorate_without(value([1, 1], qdevice=1), 1, qdevice="as_now") is True


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: forecast(value([1, 1, 1]), ["node9"]), "corosync.quorum.forecast: There is no node 'node9' in this cluster; it has node1, node2, node3."),
        (lambda: forecast(None, ["node1"]), "corosync.quorum.forecast: Nothing (None) was given where a votequorum value is expected"),
        (lambda: upgrade_batches(value([1, 1])), "corosync.quorum.upgrade_batches: There are no safe batches"),
        (
            lambda: upgrade_batches(value([1, 1, 1]), by="address"),
            "corosync.quorum.upgrade_batches: by is the string 'address', but must be one of: name, nodeid.",
        ),
        (lambda: partitions([]), "corosync.quorum.partitions: partitions was given an empty list"),
        (lambda: quorate_without(value([1, 1, 1]), []), "corosync.quorum.quorate_without: An empty list of nodes was given"),
        (lambda: quorate_without({"failed": True, "msg": "Away."}, [1]), "it said: Away."),
    ],
)
def test_errors_are_ansible_s(call: t.Callable[[], t.Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        call()
    assert message in str(raised.value)
