# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab tells pacemaker, and what it reads of it."""

import xml.etree.ElementTree

import pytest
from lab import LabError, pacemaker

CRM_MON = """<pacemaker-result api-version="2.25" request="crm_mon -1 --output-as=xml"><nodes>
<node name="node1" id="1" online="true" standby="false" pending="false" is_dc="true" resources_running="2" type="member"/>
<node name="node2" id="2" online="false" standby="true" pending="false" is_dc="false" resources_running="0" type="member"/>
</nodes></pacemaker-result>"""


def test_the_first_configuration_fences_nobody_and_has_the_resources():
    cib = xml.etree.ElementTree.fromstring(pacemaker.configuration())
    assert {pair.get("name"): pair.get("value") for pair in cib.find("./configuration/crm_config").iter("nvpair")}["stonith-enabled"] == "false"
    assert [part.get("id") for part in cib.iter("primitive")] == ["dummy", "everywhere"]
    assert len({pair.get("value") for pair in cib.find("./configuration/resources").iter("nvpair")}) == 2
    every_id = [part.get("id") for part in cib.iter() if part.get("id")]
    assert len(every_id) == len(set(every_id))


def test_nodes_are_read_from_crm_mon():
    nodes = pacemaker.parse_nodes(CRM_MON)
    assert nodes["node1"]["online"] and not nodes["node1"]["standby"]
    assert nodes["node2"]["standby"] and not nodes["node2"]["online"]


@pytest.mark.parametrize("text", ["", "crm_mon: Connection to cluster failed: Transport endpoint is not connected", "<pacemaker-result>"])
def test_a_pacemaker_that_does_not_answer_has_no_nodes(text):
    assert pacemaker.parse_nodes(text) == {}


def test_a_resource_is_down_when_the_last_node_has_lost_it():
    follower = pacemaker.Follower([])
    follower.seen["dummy"] = [(1.0, ["node1"]), (2.0, []), (2.5, ["node2"])]
    assert follower.down("dummy") == [2.0]
    with pytest.raises(LabError, match="everywhere"):
        follower.down("everywhere")
