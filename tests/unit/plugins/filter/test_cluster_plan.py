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

# What the role's tasks find on a host without a cluster
NOTHING = dict(ABSENT, quorum={"available": False, "reason": "not_running", "msg": "corosync does not run"})
cluster_plan = FilterModule().filters()["cluster_plan"]


def planned(facts: t.Any, *play: t.Any, **of_hosts: t.Any) -> t.Any:
    """of_hosts: host -> its facts. A dictionary stands for Jinja's context."""
    return cluster_plan({"hostvars": {host: {"ansible_facts": of_hosts.get(host, {})} for host in facts or ()}}, facts, *play)


def test_the_plan_is_plain_data() -> None:
    facts = {host: {"wish": wish, "seen": dict(NOTHING)} for host, wish in wishes().items()}
    found = planned(facts, list(facts), list(facts), list(facts))
    assert json.loads(json.dumps(found)) == found
    assert found["refusals"] == [] and found["key_from"] == "host1"
    assert "Not reachable" in planned(facts, [*facts, "host9"], list(facts), list(facts))["refusals"][0]


@pytest.mark.parametrize("given", [None, "text", ["host1"], {"host1": None}, {"host1": {"wish": {}}}])
def test_anything_else_is_an_error(given: t.Any) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        planned(given, [], [], [])
    assert "for the role corosync.quorum.cluster" in str(error.value)


@pytest.mark.parametrize("name", ["cluster_votes", "cluster_totem", "__cluster_fact"])
def test_a_node_does_not_say_how_all_are_configured(name: str) -> None:
    facts = {host: {"wish": wish, "seen": dict(NOTHING)} for host, wish in wishes().items()}
    play = [list(facts)] * 3
    assert planned(facts, *play, host2={"cluster_of_somebody_else": 1, "distribution": "Debian"})["refusals"] == []
    with pytest.raises(AnsibleFilterError, match=f"host2 has facts with the names of variables of the role: {name}"):
        planned(facts, *play, host2={name: 255})


def test_a_file_is_shown_without_its_tricks() -> None:
    facts = {host: {"wish": wish, "seen": dict(NOTHING)} for host, wish in wishes().items()}
    conf = "totem {\n    cluster_name: \x1b[2Jother\n}\nnodelist {\n    node {\n        ring0_addr: 10.0.0.9\n    }\n}\n"
    facts["host2"]["seen"] = dict(NOTHING, conf=conf)
    assert 'host2 has "\\x1b[2Jother"' in planned(facts, *[list(facts)] * 3)["refusals"][0]
