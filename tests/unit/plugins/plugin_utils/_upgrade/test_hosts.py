# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts are asked, and by whom."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import flow
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import Play

HOSTS = ["a", "b", "c", "d"]


def play(host: str = "c", **more: t.Any) -> dict[str, t.Any]:
    return dict({"host": host, "cluster": HOSTS, "batch": ["c"], "everyone": HOSTS, "active": HOSTS}, **more)


def test_hosts_that_stay_are_witnesses_but_not_those_that_failed() -> None:
    assert Play.of(play()).witnesses == ["a", "b", "d"]
    assert Play.of(play(active=["b", "c", "d"])).witnesses == ["b", "d"]
    assert Play.of(play(batch=["c", "d"])).witnesses == ["a", "b"]


def test_hosts_as_text_and_as_numbers() -> None:
    """A play that uses gates alone has not checked them."""
    assert Play.of(play(cluster="a, b,c")).witnesses == ["a", "b"]
    assert Play.of(play(host=3, cluster=[1, 2, 3], batch=["3"])).witnesses == ["1", "2"]


def test_hosts_outside_the_play_are_witnesses() -> None:
    assert Play.of(play(everyone=["c"], active=["c"])).witnesses == ["a", "b", "d"]


def test_each_answers_for_itself_where_all_are_here_else_the_first_asks_all() -> None:
    assert flow.ask(play(batch=HOSTS)) == ["c"]
    assert flow.ask(play()) == HOSTS
    assert flow.ask(play(batch=["b", "c"])) == []
    assert flow.read(play(batch=["b", "c"])) == HOSTS
    assert flow.read(play(batch=HOSTS)) == ["c"]


def test_somebody_is_always_asked_before_a_stop() -> None:
    """A loop over nobody would be skipped, and so would the gate."""
    assert flow.before_stop(play(batch=HOSTS)) == ["c"]
    assert flow.before_stop(play()) == ["a", "b", "d"]


def test_the_node_itself_is_waited_for_first() -> None:
    assert flow.after_start(play()) == ["c", "a", "b", "d"]


def test_touched_are_the_batch_and_those_that_failed() -> None:
    assert Play.of(play(active=["b", "c", "d"])).touched == ["c", "a"]


def test_behind_a_batch_with_a_failure_the_play_stops() -> None:
    assert flow.after_batch(play()) == []
    assert flow.after_batch(play(active=["b", "c", "d"])) == ["stopped.yml"]


PLAN = {"begun": "2026-11-28T10:00:00.000000Z", "nodeids": {}, "resumed": [], "qdevice": False}


def done(host: str, run: str = str(PLAN["begun"])) -> dict[str, t.Any]:
    turn = "turn-of-" + host
    return {
        "__rolling_upgrade_look": {"turn": turn, "run": run, "needed": True, "phases": ["done"]},
        "__rolling_upgrade_done": {"turn": turn, "started": "x", "ended": "y"},
    }


@pytest.mark.parametrize(
    "hostvars, begin, end",
    [
        ({}, ["preflight.yml", "upgrade.yml"], []),
        ({"a": {"rolling_upgrade_plan": PLAN}}, ["upgrade.yml"], []),
        ({"a": dict(done("a"), rolling_upgrade_plan=PLAN), **{host: done(host) for host in "bcd"}}, ["upgrade.yml"], ["finish.yml"]),
        ({"a": dict(done("a"), rolling_upgrade_plan=PLAN), **{host: done(host, "an earlier run") for host in "bcd"}}, ["upgrade.yml"], []),
        (
            {"a": {"rolling_upgrade_plan": PLAN}, "b": {"__rolling_upgrade_finished": {"begun": PLAN["begun"]}}},
            ["preflight.yml", "upgrade.yml"],
            [],
        ),
        ({"a": {"rolling_upgrade_plan": {"failed": True, "msg": "refused"}}}, ["preflight.yml", "upgrade.yml"], []),
    ],
)
def test_the_entry_point_main(hostvars: dict[str, t.Any], begin: list[str], end: list[str]) -> None:
    given = dict(dict.fromkeys(HOSTS, {}), **hostvars)
    assert (flow.begin(play(), given), flow.end(play(), given)) == (begin, end)


def test_after_start_alone_records_again_only_after_a_reboot_in_a_run() -> None:
    options = {"reboot": "never", "hosts": HOSTS, "hooks": {}}
    nothing: dict[str, t.Any] = dict.fromkeys(HOSTS, {})
    assert flow.after_start_phases(options, nothing) == ["back"]
    assert flow.after_start_phases(dict(options, reboot="always", hooks={"check": "x.yml"}), nothing) == ["back", "check"]
    assert flow.after_start_phases(dict(options, reboot="always"), dict(nothing, a={"rolling_upgrade_plan": PLAN})) == ["watch_again", "back"]


@pytest.mark.parametrize(
    "gate, up",
    [
        ({"results": [{"skipped": True}, {"gate": {"down": True}}]}, False),
        ({"results": [{"gate": {"down": False}}]}, True),
        ({"results": [{"gate": {"down": True}}, {"failed": True}]}, True),
        ({}, True),
    ],
)
def test_a_node_that_is_down_is_drained_of_nothing(gate: dict[str, t.Any], up: bool) -> None:
    assert flow.is_up(gate) is up
