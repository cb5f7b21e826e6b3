# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict over the records, and what must be back."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import back
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.verdict import KEPT, NOT_WATCHED, verdict
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import at, seen
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

HOSTS = ["a", "b"]


def record(*entries: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return dict({"timeline": [seen(0, "start", [1, 2, 3], 8, 2), *entries], "offset": 0.0, "running": False, "was_running": True}, **more)


LOST = (seen(10, "quorum_lost", [1], 12, 2, left=[2, 3]), seen(14, "quorum_gained", [1, 2], 16, 2, joined=[2]))


def test_quorum_was_kept() -> None:
    assert verdict({host: record() for host in HOSTS}, HOSTS, True) == {"kept": True, "sentence": KEPT, "losses": [], "gaps": []}


def test_quorum_was_lost() -> None:
    found = verdict({"a": record(*LOST), "b": record()}, HOSTS, True)
    assert found["kept"] is False and [loss["node"] for loss in found["losses"]] == ["a"]
    assert found["sentence"] == f"Quorum was lost on a, for the first time at {at(10)} on a, until {at(14)}."


def test_quorum_is_still_lost() -> None:
    assert verdict({"a": record(LOST[0]), "b": record(LOST[0])}, HOSTS, True)["sentence"] == (
        f"Quorum was lost on a, b, for the first time at {at(10)} on a, and has not come back."
    )


def test_a_record_that_ended_too_early_proves_nothing() -> None:
    found = verdict({"a": record(was_running=False)}, HOSTS, True)
    assert (found["kept"], found["gaps"]) == (False, ["a", "b"])
    assert found["sentence"] == "The record of a, b ended too early, so nobody can say whether quorum was kept there."
    assert verdict({host: record(running=True, was_running=False) for host in HOSTS}, HOSTS, True)["kept"] is True


def test_a_loss_is_told_before_a_gap() -> None:
    assert verdict({"a": record(*LOST)}, HOSTS, True)["sentence"].startswith("Quorum was lost on a")


def test_times_are_by_the_controllers_clock() -> None:
    assert verdict({"a": record(*LOST, offset=5.0), "b": record()}, HOSTS, True)["losses"][0]["at"] == at(15)


def test_nobody_watched() -> None:
    assert verdict({}, HOSTS, False) == {"kept": None, "sentence": NOT_WATCHED, "losses": [], "gaps": []}


def test_what_the_node_itself_has_to_see() -> None:
    wanted = back.on_the_node("a", {"members": [1, 2], "min_votes": 2, "qdevice": True}, 5, 300)
    assert {key: wanted[key] for key in ("members", "min_votes", "qdevice", "stable_for", "timeout")} == {
        "members": [1, 2],
        "min_votes": 2,
        "qdevice": "voting",
        "stable_for": 5,
        "timeout": 300,
    }
    assert "min_votes" not in back.on_the_node("a", {"members": ["a"], "min_votes": None, "qdevice": False}, 5, 300)


def test_what_another_host_has_to_see() -> None:
    wanted = back.by_another("a", "b", value(ring=12), 60)
    assert (wanted["members"], wanted["ring_newer_than"], wanted["timeout"]) == ([1], 11, 60)
    assert wanted["msg"] == "a is back, but b does not see it. The nodes after it were not touched."


def test_what_there_must_be_in_the_end() -> None:
    plan: t.Any = {"members": [1, 2], "total_votes": 3, "qdevice": True}
    assert back.in_the_end(plan, 60) == {"timeout": 60, "members": [1, 2], "min_votes": 3, "qdevice": "voting"}
    assert back.in_the_end(dict(plan, members=[], total_votes=None, qdevice=False), 60) == {"timeout": 60}
    assert back.in_the_end(None, 60) == {"timeout": 60}
