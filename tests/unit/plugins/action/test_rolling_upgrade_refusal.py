# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a refusal of a rolling upgrade leaves: its page, and its last words."""

from __future__ import annotations

import html
import pathlib

import pytest

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_gate as module
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import Cluster
from ansible_collections.corosync.quorum.tests.unit.fakes.gates import gates, preflight

INFO = module.INFO


@pytest.fixture(name="cluster")
def _cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """web1 to web4 are all well, and it is the turn of web4."""
    return gates(monkeypatch)


def test_a_refusal_writes_a_page_and_yesterdays_is_gone(cluster: Cluster, tmp_path: pathlib.Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("yesterday's", encoding="utf-8")
    cluster.options["report"] = str(page)
    cluster.answers[(INFO, "web2")] = {"available": False, "reason": "not_running", "msg": "corosync is not running on this node."}
    result = preflight(cluster)
    text = page.read_text(encoding="utf-8")
    assert result["failed"] and result["report"] == f"The report is in {page}"
    assert "The upgrade did not begin" in text and "0 of 4 done" in text
    for line in result["msg"].splitlines():
        assert f"<p>{html.escape(line)}</p>" in text


def test_options_that_are_refused_and_a_lock_that_cannot_be_had_too(cluster: Cluster, tmp_path: pathlib.Path) -> None:
    page = tmp_path / "report.html"
    cluster.options.update(report=str(page), spare="many")
    assert cluster.run("web1", point="input")["failed"] and "rolling_upgrade_spare" in page.read_text(encoding="utf-8")
    cluster.options["spare"] = 0
    cluster.hostvars["web1"].update(ansible_failed_task={"name": "Take the lock"}, ansible_failed_result={"failed": True, "msg": "Another run has the lock."})
    assert cluster.run("web1", point="not_begun")["failed"] and "Another run has the lock." in page.read_text(encoding="utf-8")
    # A host that Ansible takes along into the rescue, though it has not failed, says nothing and leaves the page as it is.
    other = cluster.run("web2", point="not_begun")
    assert other["msg"] == "The upgrade did not begin. Another host of this play says why." and other["failed"]
    assert "Another run has the lock." in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("why", ["check mode", "none is wanted", "no folder"])
def test_no_page_of_a_refusal(cluster: Cluster, tmp_path: pathlib.Path, why: str) -> None:
    cluster.options["report"] = {"none is wanted": "", "no folder": str(tmp_path / "not there" / "report.html")}.get(why, str(tmp_path / "report.html"))
    cluster.check_mode = why == "check mode"
    cluster.hostvars["web1"].update(ansible_failed_task={"name": "Take the lock"}, ansible_failed_result={"failed": True, "msg": "no"})
    result = cluster.run("web1", point="not_begun")
    assert result["failed"] and "did not begin" in result["msg"] and not list(tmp_path.iterdir())
    assert ("could not be written" in result.get("report", "")) == (why == "no folder")


@pytest.mark.parametrize("run, kept", [(True, " This run keeps its lock."), (False, "")])
def test_a_node_that_is_not_back_stops_a_play_that_uses_gates_alone(cluster: Cluster, run: bool, kept: str) -> None:
    if not run:
        del cluster.hostvars["web1"][registered.PLAN]
    assert cluster.run("web4", point="not_back")["msg"] == f"The play stops, because web4 is not back as it has to be.{kept}"
