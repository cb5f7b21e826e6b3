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
