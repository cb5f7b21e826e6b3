# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What is known of many clusters, as plain data. The keys are documented in the filter clusters."""

from __future__ import annotations

import typing as t

# Of a cluster, the worst first.
VERDICTS = ("split", "not_quorate", "unknown", "degraded", "no_reserve", "ok")

# The problem of a cluster whose lock a run has
RUN_UNDER_WAY = "run_under_way"


class FleetNode(t.TypedDict):
    nodeid: int
    name: str | None
    host: str | None
    state: str
    votes: int | None
    may_stop: bool
    reason: str
    links_down: list[int]


class FleetProblem(t.TypedDict):
    id: str
    severity: str
    message: str
    advice: str
    hosts: list[str]


class Cluster(t.TypedDict):
    """One cluster; or hosts of none, which have no name, no nodes and no numbers."""

    name: str | None
    hosts: list[str]
    nodes: list[FleetNode]
    quorate: bool
    total_votes: int | None
    quorum: int | None
    expected_votes: int | None
    tolerates: int | None
    margin: int | None
    partitions: dict[str, t.Any]
    may_stop_together: list[str | int]
    problems: list[FleetProblem]
    verdict: str
    summary: str
