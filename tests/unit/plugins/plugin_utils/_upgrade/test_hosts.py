# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts are asked, and by whom."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import flow
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import Play, few_forks

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


PLAN = {"begun": "2026-11-28T10:00:00.000000Z", "run_id": "0123456789abcdef", "nodeids": {}, "resumed": [], "qdevice": False}


def done(host: str, run: str = str(PLAN["run_id"])) -> dict[str, t.Any]:
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
            {"a": {"rolling_upgrade_plan": PLAN}, "b": {"__rolling_upgrade_finished": {"run_id": PLAN["run_id"]}}},
            ["preflight.yml", "upgrade.yml"],
            [],
        ),
        ({"a": {"rolling_upgrade_plan": {"failed": True, "msg": "refused"}}}, ["preflight.yml", "upgrade.yml"], []),
    ],
)
def test_the_entry_point_main(hostvars: dict[str, t.Any], begin: list[str], end: list[str]) -> None:
    given = dict(dict.fromkeys(HOSTS, {}), **hostvars)
    assert (flow.begin(play(), given), flow.end(play(), given)) == (begin, end)


def files(items: list[dict[str, t.Any]]) -> list[str]:
    return [item["file"] for item in items]


def test_after_start_alone_records_again_only_after_a_reboot_in_a_run() -> None:
    options = {"reboot": "never", "hosts": HOSTS, "hooks": {}}
    nothing: dict[str, t.Any] = dict.fromkeys(HOSTS, {})
    assert files(flow.after_start_phases(options, nothing)) == ["back"]
    assert files(flow.after_start_phases(dict(options, reboot="always", hooks={"check": "x.yml"}), nothing)) == ["back", "check"]
    again = flow.after_start_phases(dict(options, reboot="always"), dict(nothing, a={"rolling_upgrade_plan": PLAN}))
    assert files(again) == ["watch_again", "back"]
    assert [item["of"] for item in again] == [files(again)] * 2, "else hosts with other lists would share the includes"


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


def test_the_play_that_upgrades_has_the_hosts_of_the_plan_in_their_batches() -> None:
    """The plan is on whichever host was the first of the preflight, as with --limit."""
    planned = dict(PLAN, batches=[["d", "b"], ["a"]])
    hostvars: t.Any = {"a": {}, "b": {"rolling_upgrade_plan": planned}, "c": {"rolling_upgrade_plan": {"failed": True}}}
    assert (flow.planned(hostvars, ["a", "b", "c", "elsewhere"]), flow.sizes(hostvars, ["a", "b"])) == (["d", "b", "a"], [2, 1])
    for nothing in ({}, {"b": {"rolling_upgrade_plan": dict(planned, batches=[])}}):
        assert (flow.planned(nothing, ["a", "b"]), flow.sizes(nothing, ["a", "b"])) == (["nothing planned"], [1]), "no hosts would be all of them"


def test_the_lock_is_taken_by_node_id() -> None:
    hostvars: t.Any = {"b": {"rolling_upgrade_plan": dict(PLAN, nodeids={"a": 9, "b": 5, "c": 7, "d": 6})}}
    assert flow.lock(play(), hostvars) == ["b", "d", "c", "a"]
    assert flow.lock(play(), {}) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("forks", "count", "words"),
    [(5, 16, "Ansible works on 5 of 16 hosts at a time (forks), so a wait on all of them may take 4 times"), (5, 5, ""), (50, 16, "")],
)
def test_few_forks_are_said(forks: t.Any, count: int, words: str) -> None:
    found = few_forks(forks, count)
    assert len(found) == bool(words) and "".join(found).startswith(words)


@pytest.mark.parametrize("forks", [None, 0, "5"])
def test_of_forks_that_nobody_knows_nothing_is_said(forks: t.Any) -> None:
    assert few_forks(forks, 16) == []


def test_over_many_clusters_a_host_has_to_do_with_its_own_alone() -> None:
    names = ["db1", "db2", "web1", "web2"]
    given = {"host": "web1", "cluster": names, "batch": names, "everyone": names, "active": ["db2", "web1", "web2"], "own": {"cluster": ["web1", "web2"]}}
    play = Play.of(given)
    assert (play.cluster, play.batch, play.everyone, play.active) == (("web1", "web2"),) * 4
    assert play.gone == ("db1",) and not play.failed and play.is_of_many and play.asked_here == ["web1"]
    none = Play.of(dict(given, own={"cluster": []}))
    assert none.is_of_many and none.asked_here == [] and none.cluster == ()
    assert not any(Play.of(dict(given, own=own)).is_of_many for own in ("", {}, {"skipped": True}))
