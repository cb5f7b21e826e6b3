# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling upgrades of many clusters in one run, with witnesses written in C on every node.

The upgrade itself is a task of the test. A real one, by the plays of the guide, is in test_docs_tonight.py.
"""

import json
import signal

from fleets import begin
from run import environments
from upgrading import pids, upgraded


def counts(fleet):
    return {name: upgraded(made) for name, made in fleet.items()}


def oldest_core():
    """ansible-playbook of the oldest supported ansible-core for which this machine has a Python, None without any."""
    core = next((core for core in environments.CORES if environments.python_of_core(core)), None)
    return core and environments.core_environment(core).with_name("ansible-playbook")


def end_badly(play):
    play.end(200)
    assert play.process.returncode, play.output
    return play.output


def test_one_is_refused_in_one_a_node_fails_and_the_others_are_done(fleet_lab, fleet, tmp_path):
    """Then the controller is killed while nodes of several clusters are down, and run again: each cluster goes on where it was."""
    watches = {name: made.watch() for name, made in fleet.items()}
    trio, lms = fleet["trio"], fleet["lms"]
    trio[5].stop_corosync()
    trio.wait_ring(nodes=[3, 4])
    lms[7].sh("touch /etc/corosync/fails")
    before = pids(trio)
    stranger = {"printer": {"ansible_host": "127.0.0.1", "ansible_port": 1}}
    with begin(fleet_lab, tmp_path, fleet, hosts=stranger, ansible_playbook=oldest_core(), rolling_upgrade_group="clusters,nowhere") as play:
        said = end_badly(play)
    for words in (
        "2 of 4 clusters are done.",
        "Done: pair, device.",
        "Stopped: lms.",
        "Refused: trio.",
        "lms: Stopped because node7 failed.",
        "trio is not upgraded: Quorum cannot be read on node5",
        "Hosts that belong to no known cluster: printer.",
        "rolling_upgrade_group names nowhere, which the inventory does not have.",
    ):
        assert words in said, said
    assert counts(fleet) == {"pair": [1, 1], "trio": [0, 0, 0], "lms": [0, 0, 1], "device": [1, 1]}
    assert pids(trio) == before
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert [f'{name} <span class="badge">' in page for name in fleet] == [True] * 4
    assert page.count("Quorum was never lost on a node that was up.") == 3

    lms[7].sh("rm /etc/corosync/fails")
    trio[5].start_corosync()
    trio.wait_ring()
    slow = {"rolling_upgrade_check_tasks": str(tmp_path / "slow.yml")}
    (tmp_path / "slow.yml").write_text(json.dumps([{"name": "Wait", "ansible.builtin.pause": {"seconds": 1}}]), encoding="utf-8")
    with begin(fleet_lab, tmp_path, fleet, own={"trio": slow}) as play:
        play.until("Round 2 of", timeout=100)
        play.until("TASK [corosync.quorum.rolling_upgrade : Stop this node]", count=2)
        play.until("Count", timeout=60, count=2)
        play.signal(signal.SIGKILL)
    with begin(fleet_lab, tmp_path, fleet) as play:
        play.end(200)
        assert not play.process.returncode, play.output
        assert "4 of 4 clusters are done." in play.output
    done = counts(fleet)
    assert done["lms"][1:] == [1, 1], "done by the first run, or resumed by the second"
    assert all(min(of_one) >= 1 for of_one in done.values()), done

    assert {name: watch.losses() for name, watch in watches.items()} == {name: [] for name in fleet}
    assert not any(node.run(["sh", "-c", "ls /var/lib/corosync-quorum"], check=False).stdout for made in fleet.values() for node in made)
