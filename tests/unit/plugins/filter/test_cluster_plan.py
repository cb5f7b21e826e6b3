# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter cluster_plan: it passes on what the role found, and refuses what is not the role's."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.filter.cluster_plan import FilterModule
from ansible_collections.corosync.quorum.tests.unit.fakes.clusters import ABSENT, wishes

cluster_plan = FilterModule().filters()["cluster_plan"]


def test_the_plan_is_plain_data() -> None:
    facts = {host: {"wish": wish, "seen": dict(ABSENT)} for host, wish in wishes().items()}
    found = cluster_plan(facts, list(facts), list(facts), list(facts))
    assert json.loads(json.dumps(found)) == found
    assert found["refusals"] == [] and found["key_from"] == "host1"
    assert "Not reachable" in cluster_plan(facts, [*facts, "host9"], list(facts), list(facts))["refusals"][0]


@pytest.mark.parametrize("given", [None, "text", ["host1"], {"host1": None}, {"host1": {"wish": {}}}])
def test_anything_else_is_an_error(given: t.Any) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        cluster_plan(given, [], [], [])
    assert "for the role corosync.quorum.cluster" in str(error.value)
