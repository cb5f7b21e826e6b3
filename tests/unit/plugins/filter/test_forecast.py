# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters forecast, may_leave, upgrade_batches and partitions and the test quorate_without as Ansible has them: names, errors, plain data."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.filter.forecast import FilterModule as Forecast
from ansible_collections.corosync.quorum.plugins.filter.may_leave import FilterModule as MayLeave
from ansible_collections.corosync.quorum.plugins.filter.partitions import FilterModule as Partitions
from ansible_collections.corosync.quorum.plugins.filter.upgrade_batches import FilterModule as UpgradeBatches
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.test.quorate_without import TestModule as QuorateWithout
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

forecast = Forecast().filters()["forecast"]
upgrade_batches = UpgradeBatches().filters()["upgrade_batches"]
may_leave = MayLeave().filters()["may_leave"]
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


def read(*arguments: t.Any, ago: float = 0, **more: t.Any) -> dict[str, t.Any]:
    """A value that was read so many seconds ago."""
    return value(*arguments, read_at=utc(time.time() - ago), **more)


def test_quorate_without() -> None:
    assert quorate_without(read([1, 1, 1]), "node2") is True
    assert quorate_without(read([1, 1, 1]), ["node2", 3]) is False
    assert quorate_without(read([1, 1], qdevice=1), 1) is False
    assert quorate_without(read([1, 1], qdevice=1), 1, qdevice="as_now") is True


# What is given beside the node; how long ago it was read; why it is too old
AGES: list[tuple[dict[str, t.Any], float, str]] = [
    ({}, 0, ""),
    ({}, 880, ""),
    ({}, 920, "This was read 15 minutes ago, which is longer than max_age (900 s): read it again."),
    ({}, 31 * 60, "This was read 31 minutes ago, which is longer than max_age (900 s): read it again."),
    ({}, 30 * 3600, "This was read 30 hours ago, which is longer than max_age (900 s): read it again."),
    ({}, 49 * 3600, "This was read 2 days ago, which is longer than max_age (900 s): read it again."),
    ({"max_age": 0.5}, 10, "This was read 10 seconds ago, which is longer than max_age (0.5 s): read it again."),
    ({"max_age": 3600}, 31 * 60, ""),
    ({"max_age": 0}, 400 * 86400, ""),
    ({"max_age": 10**400}, 400 * 86400, ""),
    ({}, -30, ""),
    ({}, -330, "By the clock of this controller this was read 5 minutes in the future, so its age is not known: read it again."),
    ({"max_age": 0}, -330, ""),
]


@pytest.mark.parametrize("given, ago, why", AGES)
def test_an_old_value_is_no_answer(given: dict[str, t.Any], ago: float, why: str) -> None:
    assert quorate_without(read([1, 1, 1], ago=ago), "node2", **given) is not bool(why)
    answer = may_leave(read([1, 1, 1], ago=ago), "node2", **given)
    assert (answer["safe"], answer["reason"]) == (not why, why or "Without node2, 2 votes are present, quorum is 2 of 3 expected: enough.")
    assert (answer["now"]["total_votes"], answer["after"]["total_votes"]) == (3, 2)


def test_age_makes_no_yes_of_a_no() -> None:
    assert quorate_without(read([1, 1, 1]), [2, 3]) is quorate_without(read([1, 1, 1], ago=5000), [2, 3]) is False
    assert quorate_without(value([1, 1, 1]), [2, 3], max_age=0) is False
    assert may_leave(read([1, 1, 1]), [2, 3])["reason"].endswith("1 too few.")


@pytest.mark.parametrize("lacks", [True, False])
def test_a_value_of_unknown_age_is_an_old_one(lacks: bool) -> None:
    seen = value([1, 1, 1])
    if lacks:
        del seen["read_at"]
    assert quorate_without(seen, 2) is False and quorate_without(seen, 2, max_age=0) is True
    assert may_leave(seen, 2)["reason"] == (
        "It is not known when this was read, because no action plugin returned it (async, for example): read it again, or set max_age=0."
    )
    assert may_leave(seen, 2, max_age=0)["safe"] is True


def test_a_plan_may_be_made_of_an_old_value() -> None:
    assert forecast(read([1, 1, 1], ago=10**6), leave=["node3"])["quorate"] is True
    assert upgrade_batches(read([1, 1, 1], ago=10**6)) == upgrade_batches(value([1, 1, 1]))


@pytest.mark.parametrize("max_age", [-1, True, None, "900", float("nan"), float("inf"), [900]])
def test_a_max_age_that_is_none(max_age: t.Any) -> None:
    for ask in (quorate_without, may_leave):
        with pytest.raises(AnsibleFilterError, match="max_age is .*, but must be a number of seconds, 0 or more"):
            ask(read([1, 1, 1]), 2, max_age=max_age)


@pytest.mark.parametrize("moment", ["yesterday", "", 1795348800, ["2026-11-22T12:00:00Z"], "2026-13-22T12:00:00Z", True])
def test_a_moment_that_is_none(moment: t.Any) -> None:
    for ask in (quorate_without, may_leave):
        with pytest.raises(AnsibleFilterError, match="read_at is .*, not a moment or null"):
            ask(value([1, 1, 1], read_at=moment), 2)


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
