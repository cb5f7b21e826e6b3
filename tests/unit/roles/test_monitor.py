# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role monitor says so if its service does not run, also where no metrics show it: ansible-playbook is real, and systemd is not."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.corosync.quorum.tests.unit.fakes.monitored import ANSWER
from ansible_collections.corosync.quorum.tests.unit.fakes.nodes import Nodes
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

pytestmark = pytest.mark.plays

POSTS = {"monitor_post_url": "https://eda.example.com/"}
READING = {"value": value(), "cmap": {}, "files": {}}


@pytest.fixture(name="nodes")
def _nodes(tmp_path: pathlib.Path) -> Nodes:
    made = Nodes(tmp_path, 1)
    made.answers(
        "web1",
        monitor_files=dict(ANSWER, changed=True),
        votequorum_info={"changed": False, "available": True, "quorate": True, "reading": READING},
        stat={"changed": False, "stat": {"exists": True, "mtime": 1.0}},
        wait_for={"changed": False, "elapsed": 3},
    )
    return made


def systemd(nodes: Nodes, state: str, changed: bool = True, restarts: str = "0") -> None:
    nodes.answers("web1", systemd_service={"changed": changed, "status": {"ActiveState": state, "NRestarts": restarts}})


def played(nodes: Nodes, **variables: t.Any) -> tuple[int, str]:
    done = nodes.plays({"hosts": "nodes", "roles": ["corosync.quorum.monitor"]}, variables=variables)
    return done.returncode, " ".join(done.stdout.split())


@pytest.mark.parametrize(("state", "restarts"), [("activating", "0"), ("active", "1")])
def test_a_service_that_only_posts_and_does_not_stay_active_is_a_failure(nodes: Nodes, state: str, restarts: str) -> None:
    systemd(nodes, state, restarts=restarts)
    code, said = played(nodes, **POSTS)
    assert code == 2 and "The service corosync-quorum does not stay active on web1. To find out why, run" in said, said


def test_one_that_stays_active_is_none(nodes: Nodes) -> None:
    systemd(nodes, "active")
    code, said = played(nodes, **POSTS)
    assert code == 0 and nodes.calls.count("web1 wait_for") == 1, said


def test_where_it_ran_before_nobody_waits(nodes: Nodes) -> None:
    systemd(nodes, "active", changed=False)
    code, said = played(nodes, **POSTS)
    assert code == 0 and "web1 wait_for" not in nodes.calls, said
