# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gate takes from the other hosts of its batch, whose phases may be others: then they go one after the other."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import Cluster
from ansible_collections.corosync.quorum.tests.unit.fakes.gates import IDS, INFO, LOOK, before_stop, gates, says

BATCH = ["web3", "web4"]
VOTES = (3, 3, 1, 1)


@pytest.fixture(name="cluster")
def _cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """web3 and web4 are the batch, and it is the turn of web4. Nothing is known of web3."""
    made = gates(monkeypatch)
    made.answers.update({(INFO, host): says(host, VOTES) for host in IDS})
    return made


def said(cluster: Cluster, **more: t.Any) -> str:
    results = before_stop(cluster, batch=BATCH, **more)
    return next((result["msg"] for result in results if result.get("failed")), "")


@pytest.mark.parametrize("phase", ["stop", "upgrade", "start", "back", "undrain"])
def test_where_another_one_has_failed_no_node_is_stopped(cluster: Cluster, phase: str) -> None:
    assert not said(cluster)
    taken = {registered.RESULTS["begin"]: {"turn": "t3", "started": "s"}, registered.RESULTS[phase]: {"turn": "t3", "started": "s", "failed": True}}
    cluster.hostvars["web3"].update({registered.LOOK: dict(LOOK, turn="t3"), **taken})
    assert said(cluster).startswith("Refused to stop web4: a host of the same batch has failed (web3)")
    assert not said(cluster, again=True), "it is drained, so its gate has been asked before"
    cluster.answers.update({(INFO, host): says(host, VOTES, members=[1, 2, 3]) for host in IDS})
    assert not said(cluster), "it is down, and has to come back"


def test_a_host_of_another_batch_is_nobody_to_wait_for(cluster: Cluster) -> None:
    """The play stops before the next batch by itself."""
    cluster.hostvars["web2"].update({registered.LOOK: dict(LOOK, turn="t2"), registered.RESULTS["start"]: {"turn": "t2", "started": "s", "failed": True}})
    assert not said(cluster)


def out_of_reach(cluster: Cluster, **registered_there: t.Any) -> str:
    """What the gate of web4 says where Ansible has lost web3 in its turn: it is no host of the batch any more then."""
    cluster.hostvars["web3"].update({registered.LOOK: dict(LOOK, turn="t3"), **registered_there})
    cluster.play["active"] = ["web1", "web2", "web4"]
    results = before_stop(cluster, batch=["web4"])
    return next((result["msg"] for result in results if result.get("failed")), "")


def test_one_that_went_out_of_reach_in_the_users_tasks_may_be_about_to_stop(cluster: Cluster) -> None:
    begun = {registered.RESULTS["begin"]: {"turn": "t3", "started": "s"}}
    assert out_of_reach(cluster, **begun).startswith("Refused to stop web4: a host of the same batch has failed (web3)")
    assert not out_of_reach(cluster, **{registered.RESULTS["done"]: {"turn": "t3", "started": "s"}}), "it was done before"


def test_one_that_went_out_of_reach_before_its_turn_is_as_it_was(cluster: Cluster) -> None:
    assert not out_of_reach(cluster)


@pytest.mark.parametrize(("phases", "is_refused"), [(["start_hook", "back", "done"], True), (["gate", "begin", "stop"], False), ([], False)])
def test_one_that_only_has_to_come_back_fails_in_the_users_tasks(cluster: Cluster, phases: list[str], is_refused: bool) -> None:
    """An interrupted run has stopped it. What Ansible says of a failure may also be of an earlier play, of a host that is not at fault."""
    cluster.hostvars["web3"].update({registered.LOOK: dict(LOOK, turn="t3", phases=phases), "ansible_failed_result": {"msg": "no"}})
    assert said(cluster).startswith("Refused to stop web4: a host of the same batch has failed (web3)") == is_refused
