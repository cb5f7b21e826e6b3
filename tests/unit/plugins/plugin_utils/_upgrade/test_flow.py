# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the play that upgrades, and how many of them go together."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import flow, registered
from ansible_collections.corosync.quorum.tests.unit.fakes.many import fleet, part, run

HOSTS = ("web1", "web2", "web3", "db1", "db2", "db3")
EARLIER, LATER = "2026-11-28T09:00:00.000Z", "2026-11-28T11:00:00.000Z"


def play(hostvars: dict[str, t.Any], hosts: t.Sequence[str] = HOSTS) -> tuple[list[str], list[int]]:
    everyone = {host: hostvars.get(host, {}) for host in HOSTS}
    return flow.planned(everyone, hosts), flow.sizes(everyone, hosts)


def all_with(plan: t.Any, hosts: t.Sequence[str] = HOSTS) -> dict[str, t.Any]:
    return {host: {registered.PLAN: plan} for host in hosts}


def test_the_batches_of_one_cluster() -> None:
    plan = run("web", [["web3"], ["web2", "web1"]])
    assert play(all_with(plan, HOSTS[:3]), HOSTS[:3]) == (["web3", "web2", "web1"], [1, 2])


def test_each_round_of_many_clusters_has_its_helper() -> None:
    names, sizes = play(all_with(fleet(part("web"), part("db"))))
    assert names == ["round-1-of-4", "web3", "round-2-of-4", "web2", "db3", "round-3-of-4", "web1", "db2", "round-4-of-4", "db1"]
    assert sizes == [2, 3, 3, 2]


def test_before_a_reboot_nobody_is_asked_where_it_stops_no_corosync() -> None:
    """Nor where the question was left out: the reboot itself refuses an old yes then."""
    given: t.Any = {"host": "web3", "cluster": HOSTS[:3], "batch": ["web3"], "everyone": HOSTS[:3], "active": HOSTS[:3], "own": {}}
    assert [flow.before_reboot(given, said) for said in ({"asks": False}, {}, {"skipped": True}, None, "")] == [[]] * 5
    assert flow.before_reboot(given, {"asks": True}) == flow.before_stop(given) == ["web1", "web2"]


def test_without_a_plan_no_host_is_taken_for_all() -> None:
    assert play({}) == (["nothing planned"], [1])


def test_a_host_that_was_lost_before_has_an_old_plan() -> None:
    """The playbook was imported twice, and Ansible takes no more notice of a host that it could not reach in the first run."""
    old = dict(fleet(part("web"), part("db")), begun=EARLIER)
    lost = all_with(old, ["web1"])
    newer = run("web", [["web3"], ["web2"]], run_id="f" * 16, begun=LATER)
    assert play({**all_with(newer, ["web2", "web3"]), **lost}, HOSTS[:3]) == (["web3", "web2"], [1, 1])
    again = dict(fleet(part("db"), part("mail")), begun=LATER)
    assert play({**all_with(again, HOSTS[1:]), **lost})[1] == [2, 3, 3, 2]
    assert "web3" not in play({**all_with(again, HOSTS[1:]), **lost})[0]


def test_what_hosts_have_taken_of_a_plan_is_no_newer_plan() -> None:
    found = fleet(part("web"), part("db"))
    own = {host: {registered.PLAN: found, registered.OWN: dict(run("web", [["web3"]]), cluster=HOSTS[:3])} for host in HOSTS}
    assert play(own)[1] == [2, 3, 3, 2]
