# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role `cluster` where a mode of votequorum keeps what the configuration no longer has: several restarts and reloads, so each test takes minutes.

The tests of this file are one story: the second goes on with the cluster as the first left it.
"""

from lab.cluster import Cluster
from telling import changed, ended_well

TIE_BREAKER = {"cluster_totem": {"token": 1000}, "cluster_quorum": {"auto_tie_breaker": True, "wait_for_all": True}}


def test_votes_that_were_tracked_give_way_to_those_of_the_configuration(story):
    """On a cluster that had a vote more. A restarted node takes over what the others expect, so the restarts alone would change nothing."""
    tracking = dict(TIE_BREAKER, cluster_quorum=dict(TIE_BREAKER["cluster_quorum"], expected_votes_tracking=True))
    ended_well(story.play(dict(tracking, cluster_votes="{{ 2 if inventory_hostname == 'node1' else 1 }}"), hosts=4))
    ended_well(story.play(tracking, hosts=4))
    assert [story.says(node, "Expected votes") for node in (1, 2, 3, 4)] == ["5"] * 4
    before = story.corosync()
    play = ended_well(story.play(TIE_BREAKER, hosts=4))
    assert changed(play, "Restart corosync") == ["node1", "node2", "node3", "node4"] and changed(play, "Reload corosync.conf once more") == ["node1"]
    assert [story.says(node, "Expected votes") for node in (1, 2, 3, 4)] == ["4"] * 4
    assert all(old != new for old, new in zip(before, story.corosync()))
    assert changed(ended_well(story.play(TIE_BREAKER, hosts=4))) == []
    assert story.never_lost(4)


def test_a_tie_breaker_gives_way_to_a_quorum_device(story):
    """Until corosync is restarted it refuses the daemon of the device. The server runs on one of the nodes here. The controller is killed in between."""
    ended_well(story.play(TIE_BREAKER, hosts=4))
    cluster = Cluster(story.nodes, conf=None, qnetd=story.nodes[3])
    cluster.start_qnetd()
    device = {"host": story.nodes[3].address, "algorithm": "ffsplit", "tls": "off"}
    wanted = dict(TIE_BREAKER, cluster_quorum={"wait_for_all": True}, cluster_device=device)
    story.play(wanted, hosts=4, until="corosync.quorum.cluster : Restart corosync]")
    play = ended_well(story.play(wanted, hosts=4))
    assert changed(play, "Write corosync.conf") == [] and changed(play, "Start and enable corosync-qdevice") == ["node1", "node2", "node3", "node4"]
    assert [story.says(node, "Total votes") for node in (1, 2, 3, 4)] == ["5"] * 4
    assert changed(ended_well(story.play(wanted, hosts=4))) == []
    assert story.never_lost(4)
