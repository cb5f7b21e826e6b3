# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab itself: every fault is the fault it says it is. A live test that trusts the lab stands on these."""

import pathlib
import subprocess
import sys

import pytest
from lab import LabError


def test_a_cluster_is_quorate_and_its_votes_are_as_asked(cluster):
    made = cluster(nodes=3, votes={1: 2}, quorum={"wait_for_all": 1})
    made.wait_quorate()
    status = made[1].run(["corosync-quorumtool", "-s"]).stdout
    assert "Total votes:      4" in status
    assert "WaitForAll" in status


def test_a_partition_is_seen_by_both_sides_and_heals(cluster):
    made = cluster(nodes=3)
    made.partition([1, 2], [3])
    made.wait_ring([1, 2])
    made.wait_ring([3])
    made.wait_quorate(False, node=3)
    made.wait_quorate(True, node=1)
    made.heal()
    made.wait_ring()


def test_a_frozen_corosync_answers_nothing_until_thawed(cluster):
    made = cluster(nodes=1)
    made[1].freeze_corosync()
    with pytest.raises(subprocess.TimeoutExpired):
        made[1].run(["corosync-quorumtool", "-s"], timeout=1)
    assert made[1].run(["pgrep", "-r", "R,S,D,T", "-x", "corosync-quorum"], check=False).returncode != 0, "the command outlived its timeout"
    made[1].thaw_corosync()
    made.wait_quorate()


def test_power_cut_loses_the_node_and_boot_brings_it_back_with_its_disk(cluster):
    made = cluster(nodes=3)
    made[3].put("kept", "/root/kept")
    made[3].power_cut()
    made.wait_ring([1, 2])
    made[3].boot()
    made.wait_ring()
    assert made[3].run(["cat", "/root/kept"]).stdout == "kept"


def test_reboot_from_inside(cluster):
    made = cluster(nodes=2)
    before = made[2].run(["cat", "/proc/1/stat"]).stdout.split()[21]
    made[2].reboot()
    made.wait_ring()
    assert made[2].run(["cat", "/proc/1/stat"]).stdout.split()[21] != before


def test_a_reboot_as_ansible_does_it(cluster):
    made = cluster(nodes=2)
    ansible = pathlib.Path(sys.executable).with_name("ansible")
    done = subprocess.run(
        [str(ansible), "-i", str(made.inventory(made[2].ssh_config.with_name("two.yml"))), "node2", "-m", "ansible.builtin.reboot", "-a", "reboot_timeout=180"],
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=False,
    )
    assert '"rebooted": true' in done.stdout
    made.wait_ring()


def test_stopping_corosync_on_one_node_leaves_the_others_alone(cluster):
    made = cluster(nodes=3)
    made[2].stop_corosync()
    made.wait_ring([1, 3])
    made[3].kill_corosync()
    made.wait_ring([1])
    assert made[1].corosync_runs()
    assert not made[2].corosync_runs()
    assert not made[3].corosync_runs()


def test_full_dev_shm_refuses_connections_until_freed(cluster):
    made = cluster(nodes=1)
    made[1].fill_dev_shm()
    assert made[1].run(["corosync-quorumtool", "-s"], check=False).returncode != 0
    made[1].free_dev_shm()
    made.wait_quorate()


SEND = """
import socket
talk = socket.socket(type=socket.SOCK_DGRAM)
for _number in range(20):
    talk.sendto(bytes(100), ("%s", 9))
"""
SECONDS_TO_READ = """
import socket, time
start = time.monotonic()
with socket.create_connection(("%s", 22)) as talk:
    talk.recv(1)
print(time.monotonic() - start)
"""


def test_a_delayed_link_delays(cluster):
    made = cluster(nodes=2)
    try:
        made[1].delay_link("200ms")
    except LabError as error:
        pytest.skip(str(error))
    assert 0.15 < made[1].python(SECONDS_TO_READ % made[2].address, parse=True) < 5


def test_a_slow_link_is_slow_until_it_is_normal(cluster):
    made = cluster(nodes=2)
    made[1].slow_link("8kbit")
    # in one program, since what was sent is soon through
    assert made[1].python((SEND + SECONDS_TO_READ) % (made[2].address, made[2].address), parse=True) > 0.5
    made[1].normal_link()
    assert min(made[1].python(SECONDS_TO_READ % made[2].address, parse=True) for _attempt in range(5)) < 0.5


def test_a_quorum_device_votes_until_it_is_lost(cluster):
    made = cluster(nodes=2, qdevice="ffsplit")
    assert "Total votes:      3" in made[1].run(["corosync-quorumtool", "-s"]).stdout
    made.stop_qnetd()
    made.wait_qdevice_votes(False)
    made.start_qnetd()
    made.wait_qdevice_votes()


def test_an_unprivileged_user_is_unprivileged(cluster):
    made = cluster(nodes=1)
    assert made[1].run(["id", "-un"], user="nobody").stdout.strip() == "nobody"
    assert made[1].run(["corosync-quorumtool", "-s"], user="nobody", check=False).returncode != 0


def test_the_collection_is_importable_in_a_node(cluster):
    made = cluster(nodes=1)
    found = made[1].python("import json\nimport ansible_collections.corosync.quorum as us\nprint(json.dumps(list(us.__path__)))", parse=True)
    assert found == ["/opt/collections/ansible_collections/corosync/quorum"]


def test_a_command_for_a_node_runs_only_there(lab, monkeypatch):
    """Where the number of its init has gone to the init of another node, say."""
    monkeypatch.setattr(lab["node1"].machine, "leader", lab["node2"].machine.leader)
    with pytest.raises(LabError, match="node1 has ended meanwhile.*: nothing was run"):
        lab["node1"].put("here", "/root/it-ran")
    assert lab["node2"].run(["test", "-e", "/root/it-ran"], check=False).returncode == 1


def test_ssh_logs_in(lab):
    done = subprocess.run(lab["node1"].ssh_args + ["hostname"], stdout=subprocess.PIPE, timeout=60, check=True)
    assert done.stdout.strip() == b"node1"
