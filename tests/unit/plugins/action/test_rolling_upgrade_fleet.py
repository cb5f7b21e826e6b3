# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook rolling_upgrade makes of the answers of all hosts, before the first node is touched."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_fleet as module
from ansible_collections.corosync.quorum.plugins.plugin_utils import _facts
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.tests.unit.fakes import fleets
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import action_of, split, task_of

WEB, DB = fleets.cluster("web", domain=""), fleets.cluster("db", number=2, domain="")
PLAN_KEYS = {"batches", "run_id", "begun", "nodeids", "resumed", "done", "qdevice", "members", "configured"}


def run(hostvars: dict[str, t.Any], args: dict[str, t.Any], host: str = "", **more: t.Any) -> dict[str, t.Any]:
    own, of_role = split(args)
    action = action_of(module.ActionModule, task_of("corosync.quorum.rolling_upgrade_fleet"), own)
    first = host or next(iter(hostvars))
    variables = {**hostvars[first], **of_role, "hostvars": {"localhost": {}, **hostvars}, "groups": {"all": list(hostvars), "clusters": list(hostvars)}}
    result: dict[str, t.Any] = action.run(task_vars={**variables, "playbook_dir": "/nonexistent", **more})
    return result


def judged(results: dict[str, t.Any], change: t.Callable[[t.Any, t.Any], None] | None = None, **args: t.Any) -> dict[str, t.Any]:
    """change: of the hosts' variables and the arguments."""
    hostvars, given = fleets.asked(results)
    given.update(args)
    if change:
        change(hostvars, given)
    return run(hostvars, given)


def options_of(hostvars: dict[str, t.Any], host: str) -> dict[str, t.Any]:
    """The role's options as they are for one host, which others have no more."""
    item = hostvars[host][registered.VIEWS]["results"][0]
    item["options"] = dict(item["options"])
    return t.cast("dict[str, t.Any]", item["options"])


def test_one_cluster_is_the_plan_that_the_entry_point_preflight_has() -> None:
    result = judged(WEB)
    assert not result.get("failed") and set(result) >= PLAN_KEYS and "clusters" not in result
    assert result["batches"] == [["web3"], ["web2"], ["web1"]]


def test_one_cluster_that_is_refused_fails() -> None:
    result = judged({**WEB, "web3": fleets.NOT_RUNNING})
    assert result["failed"] and "Quorum cannot be read on web3: corosync is not running on web3" in result["msg"]


def test_hosts_that_were_given_by_hand_are_one_cluster_of_which_the_play_may_have_some() -> None:
    result = judged(
        {**WEB, **DB}, lambda hostvars, args: args["play"].update(everyone=["web2", "web3"], cluster=[*WEB]) or args["options"].update(hosts=[*WEB])
    )
    assert result["batches"] == [["web3"], ["web2"]] and set(result["nodeids"]) == {*WEB}


def test_many_clusters() -> None:
    result = judged({**WEB, **DB})
    assert not result.get("failed") and [cluster["name"] for cluster in result["clusters"]] == ["web", "db"]
    assert len({cluster["run"]["run_id"] for cluster in result["clusters"]}) == 2, "each has a run of its own"
    assert [one["hosts"] for one in result["rounds"]] == [["web3"], ["web2", "db3"], ["web1", "db2"], ["db1"]]


def test_how_many_go_side_by_side() -> None:
    assert [one["hosts"] for one in judged({**WEB, **DB}, at_once="1")["rounds"]] == [["web3"], ["web2"], ["web1"], ["db3"], ["db2"], ["db1"]]
    wrong = judged({**WEB, **DB}, at_once="none")
    assert wrong["failed"] and "rolling_upgrade_clusters_at_once is none, but must be" in wrong["msg"]


def test_one_cluster_is_refused_alone() -> None:
    result = judged({**WEB, **DB, "db2": fleets.NOT_RUNNING})
    assert not result.get("failed") and [bool(cluster["run"]) for cluster in result["clusters"]] == [True, False]
    assert [host for one in result["rounds"] for host in one["hosts"]] == ["web3", "web2", "web1"]


def test_where_all_are_refused_nothing_begins() -> None:
    result = judged({**WEB, **DB, "db2": fleets.NOT_RUNNING, "web1": fleets.NOT_RUNNING})
    assert result["failed"] and result["msg"].startswith("None of these clusters can be upgraded now, and nothing was changed.")


def test_options_are_those_of_each_cluster() -> None:
    def change(hostvars: t.Any, args: t.Any) -> None:
        options_of(hostvars, "db1")["timeout"] = "soon"

    result = judged({**WEB, **DB}, change)
    assert result["clusters"][1]["refusals"] == ["rolling_upgrade_timeout is soon, but must be a number of seconds above 0."]
    assert result["clusters"][0]["run"]


def test_a_quorum_device_is_relied_on_only_where_that_was_said_of_the_cluster() -> None:
    vm = fleets.cluster("vm", (1, 1), number=3, qdevice=1, domain="")

    def for_vm(hostvars: t.Any, args: t.Any) -> None:
        for host in vm:
            options_of(hostvars, host)["qdevice"] = hostvars[host]["rolling_upgrade_qdevice"] = "as_now"

    def in_the_play(hostvars: t.Any, args: t.Any) -> None:
        for host in [*hostvars]:
            options_of(hostvars, host)["qdevice"] = "as_now"

    def for_vm_and_in_the_play(hostvars: t.Any, args: t.Any) -> None:
        for_vm(hostvars, args)
        in_the_play(hostvars, args)

    def for_all(hostvars: t.Any, args: t.Any) -> None:
        for host in [*hostvars]:
            options_of(hostvars, host)["qdevice"] = hostvars[host]["rolling_upgrade_qdevice"] = "as_now"
        hostvars["localhost"] = {"rolling_upgrade_qdevice": "as_now"}

    assert judged({**WEB, **vm})["clusters"][1]["refusals"], "two nodes and a device that may be lost"
    assert judged({**WEB, **vm}, for_vm)["clusters"][1]["run"]
    refused = judged({**WEB, **vm}, for_all)
    assert refused["failed"] and "rolling_upgrade_qdevice is as_now for every host." in refused["msg"]
    refused = judged({**WEB, **vm}, in_the_play)
    assert refused["failed"] and "rolling_upgrade_qdevice is as_now for vm1, vm2, but the inventory does not say so for vm1, vm2." in refused["msg"]
    one = judged({**WEB, **vm}, for_vm_and_in_the_play)
    assert [bool(cluster["run"]) for cluster in one["clusters"]] == [False, True], "vm has said it itself"


@pytest.mark.parametrize("members", [[], [1, 2]])
def test_a_host_on_which_corosync_just_starts_refuses_its_own_cluster_alone(members: list[int]) -> None:
    """It says nothing of any use: no members, or others alone."""
    db3 = fleets.answer(dict(DB["db3"]["votequorum"], members=members))
    result = judged({**WEB, **DB, "db3": db3})
    assert not result.get("failed") and [bool(cluster["run"]) for cluster in result["clusters"]] == [True, False]
    (refusal,) = result["clusters"][1]["refusals"]
    assert "The result of db3 cannot be used." in refusal and refusal.endswith("If corosync has just been started there, run this again.")


def test_where_there_is_one_cluster_it_is_refused_with_a_page(tmp_path: pathlib.Path) -> None:
    web3 = fleets.answer(dict(WEB["web3"]["votequorum"], members=[]))
    page = tmp_path / "page.html"
    result = judged({**WEB, "web3": web3}, lambda hostvars, args: args["options"].update(report=str(page)))
    assert result["failed"] and "The result of web3 cannot be used." in result["msg"] and "nothing was changed" in result["msg"]
    assert "The result of web3 cannot be used." in page.read_text(encoding="utf-8")


def limited(monkeypatch: t.Any, limit: str | None, results: t.Any = None, **args: t.Any) -> dict[str, t.Any]:
    """As judged(), of a run with --limit."""
    monkeypatch.setattr(module.context, "CLIARGS", {"subset": limit})
    return judged(results or {**WEB, **DB}, **args)


@pytest.mark.parametrize("limit", [None, "", "!printer", "all", "all:!printer", "*"])
def test_a_limit_that_leaves_in_what_the_run_adds_is_fine(monkeypatch: t.Any, limit: str | None) -> None:
    assert len(limited(monkeypatch, limit)["rounds"]) == 4


@pytest.mark.parametrize("limit", ["clusters", "web1,web2,web3,db*", "all:&clusters", "all[0:5]"])
def test_a_limit_that_leaves_out_the_hosts_which_the_run_adds_is_refused(monkeypatch: t.Any, limit: str) -> None:
    """The sizes of the rounds would not be those of the batches any more, and hosts of a later round would go down with an earlier one."""
    result = limited(monkeypatch, limit)
    assert result["failed"] and "rounds" not in result
    assert result["msg"].startswith("None of these clusters can be upgraded now, and nothing was changed.\n")
    assert "rolling_upgrade_group" in result["msg"] and f"--limit {limit} " in result["msg"]


def test_a_limit_for_one_cluster_is_as_ever(monkeypatch: t.Any) -> None:
    assert limited(monkeypatch, "clusters", WEB)["batches"] == [["web3"], ["web2"], ["web1"]]


def test_clusters_that_look_alike_are_told_apart_by_the_inventory_and_not_by_facts() -> None:
    twins = {**fleets.cluster("debian", domain=".a"), **fleets.cluster("debian", domain=".b", ring=21)}

    def label(hostvars: t.Any, args: t.Any) -> None:
        for host in twins:
            hostvars[host][_facts.LABEL] = host[-1]

    def as_facts(hostvars: t.Any, args: t.Any) -> None:
        label(hostvars, args)
        for host in twins:
            hostvars[host]["ansible_facts"] = {_facts.LABEL: host[-1]}

    assert [cluster["name"] for cluster in judged({**WEB, **twins}, label)["clusters"] if cluster["run"]] == ["web", "a", "b"]
    for change in (None, as_facts):
        assert [cluster["name"] for cluster in judged({**WEB, **twins}, change)["clusters"] if cluster["run"]] == ["web"]


def test_groups_that_are_not_there_are_named() -> None:
    assert judged({**WEB, **DB}, groups="clusters,nope")["faults"] == ["rolling_upgrade_group names nope, which the inventory does not have."]


def test_so_they_are_where_one_cluster_is_found() -> None:
    """Half of what was meant would be upgraded, and the run would end well. A pattern of Ansible, and names of hosts, are no groups that are missing."""
    assert "rolling_upgrade_group names nope, which the inventory does not have." in judged(WEB, groups="clusters,nope")["msg"]
    for groups in ("clusters", "web1,web2,web3", "clusters:!old", ["clusters"]):
        assert not judged(WEB, groups=groups).get("failed"), groups


@pytest.mark.parametrize("groups", [",", " , ", "", []])
def test_no_group_at_all_is_not_the_whole_inventory(groups: t.Any) -> None:
    for results in (WEB, {**WEB, **DB}):
        result = judged(results, groups=groups)
        assert result["failed"] and "names no group. Set it to the group of the cluster's hosts." in result["msg"]


def test_a_fact_with_a_name_of_the_role_is_refused() -> None:
    result = judged({**WEB, **DB}, lambda hostvars, args: hostvars["db2"].update(ansible_facts={"rolling_upgrade_plan": {}}))
    assert result["failed"] and "db2 has facts with the names of variables of the role" in result["msg"]


def test_each_host_takes_what_is_its_own() -> None:
    hostvars, args = fleets.asked({**WEB, **DB, "printer": fleets.UNREACHABLE})
    plan = run(hostvars, args)
    own = {host: run(hostvars, {"point": "own"}, host, **{registered.PLAN: plan}) for host in hostvars}
    assert own["web1"]["cluster"] == [*WEB] and own["db3"]["run_id"] == plan["clusters"][1]["run"]["run_id"] and own["printer"]["cluster"] == []


@pytest.mark.parametrize("plan", [None, {"failed": True, "msg": "no"}, {"run_id": "0" * 16}])
def test_without_a_plan_nothing_is_taken(plan: t.Any) -> None:
    hostvars, _args = fleets.asked(WEB)
    result = run(hostvars, {"point": "own"}, **{registered.PLAN: plan})
    assert result["failed"] and result["msg"].startswith("There is no plan: run the playbook from its start")
