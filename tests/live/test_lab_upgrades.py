# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the proofs of rolling upgrades stand on: the lab's upgrades are real, and its witnesses miss no loss of quorum."""

import time

import pytest
from lab import LabError, private_lab
from playing import Play
from upgrading import version

INSTALL = """\
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -q update && apt-get -q -y -o Dpkg::Options::=--force-confold install corosync
python3 -c 'import apt, json, sqlite3, ssl'
"""


def upgrade(lab, node):
    """Upgrade corosync on a node as a user of Ansible does; returns whether anything changed."""
    with Play(lab, [{"ansible.builtin.package": {"name": "corosync", "state": "latest", "update_cache": True}}], node.name) as play:
        return play.result(180).result["changed"]


def test_debian_12_to_13_by_ansible_and_the_mixed_cluster_stays_one(lab, cluster):
    made = cluster(nodes=3)
    made.wait_quorate()
    lab.offer_upgrade("trixie")
    watch = made.watch()
    assert version(made[1]) == "3.1.7"
    python = made[1].run(["python3", "-VV"]).stdout

    assert upgrade(lab, made[2])
    made.wait_ring()
    assert [version(node) for node in made] == ["3.1.7", "3.1.9", "3.1.7"]
    assert made[2].run(["corosync", "-v"]).stdout.startswith("Corosync Cluster Engine, version '3.1.9'")
    assert made[2].run(["python3", "-VV"]).stdout == python
    for node in made:
        assert "Nodes:            3" in node.run(["corosync-quorumtool", "-s"]).stdout

    assert watch.losses() == []
    assert [event.what for event in watch.events() if event.node == "node2"].count("started") == 2, "the package was to restart corosync"
    assert version(cluster(nodes=3)[2]) == "3.1.7", "a new cluster was to have new nodes"


def test_an_offer_is_for_the_nodes_it_names_and_ends_with_the_next_cluster(lab, cluster):
    offered = "apt-get -q update >&2; apt-cache policy corosync | grep Candidate"
    made = cluster(nodes=2)
    with pytest.raises(LabError, match="bookworm to trixie"):
        lab.offer_upgrade("bullseye")
    lab.offer_upgrade("trixie", [made[1]])
    assert "3.1.9" in made[1].sh(offered).stdout
    assert "3.1.7" in made[2].sh(offered).stdout
    assert "3.1.7" in cluster(nodes=1)[1].sh(offered).stdout


def test_debian_11_to_12():
    with private_lab("live-old", nodes=2, suite="bullseye", upgrade_to="bookworm") as old:
        made = old.cluster(nodes=2, quorum={"two_node": 1})
        made.wait_quorate()
        watch = made.watch()
        assert version(made[1]).startswith("3.1.2")
        made[1].sh(INSTALL, timeout=120)
        made.wait_ring()
        assert [version(node) for node in made] == ["3.1.7", "3.1.2"]
        assert watch.losses() == []


def test_the_witnesses_see_a_loss_and_no_restart(cluster):
    made = cluster(nodes=3)
    made.wait_quorate()
    watch = made.watch()
    made[3].stop_corosync()
    made.wait_ring([1, 2])
    made[3].start_corosync()
    made.wait_ring()
    made.wait_quorate()
    assert watch.losses() == [], "a restart is no loss"

    before = time.time()
    made[2].stop_corosync()
    made[3].kill_corosync()
    made.wait_quorate(False, node=1)
    made[2].start_corosync()
    made[3].start_corosync()
    made.wait_ring()
    made.wait_quorate()
    deadline = time.monotonic() + 60
    while watch.losses()[-1].until is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [loss.node for loss in watch.losses()] == ["node1"]
    assert before < watch.losses()[0].at < watch.losses()[0].until < time.time()


def test_a_partition_is_a_loss_on_the_side_without_quorum(cluster):
    made = cluster(nodes=3)
    made.wait_quorate()
    watch = made.watch()
    made.partition([1, 2], [3])
    made.wait_quorate(False, node=3)
    made.wait_ring([1, 2])
    assert {loss.node for loss in watch.losses()} == {"node3"}


def test_the_witness_outlives_a_reboot_and_a_dead_one_is_told(cluster):
    made = cluster(nodes=3)
    made.wait_quorate()
    watch = made.watch()
    made[3].reboot()
    made.wait_ring()
    made.wait_quorate()
    assert watch.losses() == []
    assert [event.what for event in watch.events() if event.node == "node3"].count("watching") == 2
    made[3].run(["systemctl", "kill", "-s", "KILL", "lab-watch"])
    made[3].run(["systemctl", "stop", "lab-watch"])
    with pytest.raises(LabError, match="node3"):
        watch.losses()
