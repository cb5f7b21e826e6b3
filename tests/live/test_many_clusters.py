# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling upgrades of many clusters in one run, with witnesses written in C on every node. The upgrade itself is a task of the test."""

import json
import signal

import pytest
from lab import private_lab, why_not
from lab.inventory import host_variables
from playing import Play
from upgrading import BOOK, pids, upgraded

# On a busy machine ten corosyncs, which have realtime priority, are not always given the second that others take for a lost node. Then they form rings all
# the time, and nothing else is given any. Milliseconds.
TOKEN = 3000
# A node whose file says so fails while it is stopped.
UPGRADE = [
    {"name": "Fail", "ansible.builtin.command": "test ! -e /etc/corosync/fails", "changed_when": False},
    {"name": "Count", "ansible.builtin.shell": "echo done >>/etc/corosync/upgraded", "changed_when": True},  # goes with the cluster
]


@pytest.fixture(scope="module", name="lab")
def _lab():
    """A lab of its own, with nodes for all clusters, and a machine for the quorum device of one."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with private_lab("live-many", nodes=11) as lab:
        yield lab


@pytest.fixture(name="fleet")
def _fleet(lab):
    """Four clusters by name, all quorate."""
    wishes = [{"quorum": {"two_node": 1}}, {}, {"quorum": {"last_man_standing": 1, "wait_for_all": 1}}, {}]
    names = ("pair", "trio", "lms", "device")
    named = [dict(wish, totem={"cluster_name": name, "token": TOKEN}) for name, wish in zip(names, wishes)]
    found = dict(zip(names, lab.clusters(2, 3, 3, 2, wishes=named, qdevices=[None, None, None, "ffsplit"])))
    for made in found.values():
        made.wait_quorate()
    yield found
    lab.heal()


def begin(lab, folder, fleet, own=None, hosts=None, arguments=(), ansible_playbook=None, **variables):
    """The playbook on all clusters, begun at once. own: variables of one cluster's hosts, by its name. hosts: more hosts, of no cluster."""
    tasks = folder / "upgrade.yml"
    tasks.write_text(json.dumps(UPGRADE), encoding="utf-8")
    given = {
        "rolling_upgrade_packages": [],
        "rolling_upgrade_stable_for": 0.5,
        "rolling_upgrade_report": str(folder / "report.html"),
        "rolling_upgrade_timeout": 60,
        "rolling_upgrade_upgrade_tasks": str(tasks),
    }
    own = dict({"device": {"rolling_upgrade_qdevice": "as_now"}}, **(own or {}))
    groups = {name: {"hosts": {node.name: host_variables(node) for node in made}, "vars": own.get(name, {})} for name, made in fleet.items()}
    clusters = {"vars": given, "hosts": hosts or {}, "children": groups}
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"children": {"clusters": clusters}}}), encoding="utf-8")
    more = dict({"rolling_upgrade_group": "clusters"}, **variables)
    return Play(lab, BOOK, arguments=["-i", str(inventory), *arguments, "-e", json.dumps(more)], ansible_playbook=ansible_playbook)


def counts(fleet):
    return {name: upgraded(made) for name, made in fleet.items()}


def end_badly(play):
    play.end(200)
    assert play.process.returncode, play.output
    return play.output


def test_one_is_refused_in_one_a_node_fails_and_the_others_are_done(lab, fleet, tmp_path):
    """Then the controller is killed while nodes of several clusters are down, and run again: each cluster goes on where it was."""
    watches = {name: made.watch() for name, made in fleet.items()}
    trio, lms = fleet["trio"], fleet["lms"]
    trio[5].stop_corosync()
    trio.wait_ring(nodes=[3, 4])
    lms[7].sh("touch /etc/corosync/fails")
    before = pids(trio)
    stranger = {"printer": {"ansible_host": "127.0.0.1", "ansible_port": 1}}
    with begin(lab, tmp_path, fleet, hosts=stranger, rolling_upgrade_group="clusters,nowhere") as play:
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
    with begin(lab, tmp_path, fleet, own={"trio": slow}) as play:
        play.until("Round 2 of", timeout=100)
        play.until("TASK [corosync.quorum.rolling_upgrade : Stop this node]", count=2)
        play.until("Count", timeout=60, count=2)
        play.signal(signal.SIGKILL)
    with begin(lab, tmp_path, fleet) as play:
        play.end(200)
        assert not play.process.returncode, play.output
        assert "4 of 4 clusters are done." in play.output
    done = counts(fleet)
    assert done["lms"][1:] == [1, 1], "done by the first run, or resumed by the second"
    assert all(min(of_one) >= 1 for of_one in done.values()), done
    assert {name: watch.losses() for name, watch in watches.items()} == {name: [] for name in fleet}
    assert not any(node.run(["sh", "-c", "ls /var/lib/corosync-quorum"], check=False).stdout for made in fleet.values() for node in made)
