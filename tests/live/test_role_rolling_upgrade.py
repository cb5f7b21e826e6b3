# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role rolling_upgrade on real clusters: what it refuses, what it does when a node fails, and that it goes on from there.

The upgrade itself is a task of the test here; real ones are in test_rolling_upgrade.py.
"""

import contextlib
import json
import re
import signal
import time

import pytest
from lab.host import CHECKOUT
from playing import Play

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of

BOOK = CHECKOUT / "playbooks/rolling_upgrade.yml"
ROLE = "corosync.quorum.rolling_upgrade"
ALONE = {"roles": [ROLE]}
FINISH = "Write the report, and fail if quorum was lost at any moment"
MARK = "/var/lib/corosync-quorum/rolling-upgrade.json"


@pytest.fixture(name="upgrade")
def _upgrade(lab, tmp_path):
    """Call it to begin the playbook on all nodes, or plays of one's own, one node after the other; steps: tasks for a step, by its name. It writes its
    report to tmp_path."""

    def begin(made, steps=None, plays=(), arguments=(), **variables):
        given = {
            "rolling_upgrade_group": "nodes",
            "rolling_upgrade_packages": [],
            "rolling_upgrade_needed": True,
            "rolling_upgrade_stable_for": 0.5,
            "rolling_upgrade_report": str(tmp_path / "report.html"),
            "rolling_upgrade_timeout": 30,
        }
        for step, tasks in (steps or {}).items():
            path = tmp_path / (f"{step}.yml")
            path.write_text(json.dumps(tasks), encoding="utf-8")
            given[f"rolling_upgrade_{step}_tasks"] = str(path)
        inventory = made.inventory(tmp_path / "inventory.yml")
        own = tmp_path / "own.json"
        own.write_text(json.dumps([dict({"hosts": "nodes", "serial": 1, "gather_facts": False}, **play) for play in plays]), encoding="utf-8")
        return Play(lab, own if plays else BOOK, arguments=["-i", str(inventory), *arguments, "-e", json.dumps(dict(given, **variables))])

    return begin


def pids(made):
    """The pid of corosync on each node, by name; what was restarted has another one."""
    return {node.name: node.run(["pgrep", "-x", "corosync"], check=False).stdout.strip() for node in made}


@contextlib.contextmanager
def without_sshd(node):
    """The node runs on, but nobody can log in, and who had is thrown out."""
    node.sh("systemctl stop ssh.socket ssh; pkill -x sshd; true")
    try:
        yield
    finally:
        node.sh("systemctl start ssh")


def failures(play):
    """What failed, each once: of a loop its item, and not that one of its items has failed."""
    found = [result.result for result in play.results if result.status in ("failed", "unreachable", "item failed")]
    return [result.get("msg", "") for result in found if "results" not in result]


def refused(play, made, *words):
    """The play ended with these words, and no corosync was touched."""
    before = pids(made)
    play.end(60)
    assert play.process.returncode != 0
    said = "\n".join(failures(play))
    for word in words:
        assert word in said, said
    assert pids(made) == before
    assert not any(node.run(["test", "-e", MARK], check=False).returncode == 0 for node in made if node.is_on())


def test_one_of_three_is_down_already(cluster, upgrade):
    made = cluster()
    made[3].stop_corosync()
    made.wait_ring(nodes=[1, 2])
    refused(upgrade(made), made, "Quorum cannot be read on node3", "Not a member: node3. Only a complete cluster is upgraded", "nothing was changed")


def test_two_nodes_and_the_other_is_down(cluster, upgrade):
    made = cluster(nodes=2, quorum={"two_node": 1})
    made.wait_quorate()
    made[2].stop_corosync()
    made.wait_ring(nodes=[1])
    refused(upgrade(made), made, "Not a member: node2")


def test_it_waits_for_all(cluster, upgrade):
    made = cluster(quorum={"wait_for_all": 1}, start=False)
    for nodeid in (1, 2):
        made[nodeid].start_corosync()
    made.wait_ring(nodes=[1, 2])
    refused(upgrade(made), made, "node1 is not quorate: it has 2 votes and needs 2. It waits for all nodes (wait_for_all)")


def test_the_quorum_device_does_not_vote(cluster, upgrade):
    made = cluster(nodes=3, qdevice="lms")
    made.stop_qnetd()
    made.wait_qdevice_votes(wanted=False)
    refused(upgrade(made, rolling_upgrade_qdevice="as_now"), made, "The quorum device gives node1 no vote")


def test_a_partition(cluster, upgrade):
    made = cluster(nodes=5)
    made.partition([1, 2, 3], [4, 5])
    made.wait_ring(nodes=[1, 2, 3])
    made.wait_ring(nodes=[4, 5])
    refused(upgrade(made), made, "The hosts are not in one partition", "node4 is not quorate: it has 2 votes and needs 3")


def test_a_problem_that_is_an_error(cluster, upgrade):
    made = cluster(nodes=3, quorum={"two_node": 1})
    made.wait_quorate()
    refused(upgrade(made), made, "On node1, node2, node3: two_node is on, but 3 nodes are configured")


def test_a_cluster_that_cannot_lose_a_node(cluster, upgrade):
    made = cluster(nodes=2)
    made.wait_quorate()
    refused(upgrade(made), made, "There are no safe batches: quorum does not stand the loss of node1, node2")


@pytest.mark.parametrize("plays", [[], [ALONE]])
def test_a_host_that_is_not_reachable(cluster, upgrade, tmp_path, plays):
    made = cluster()
    made.wait_quorate()
    away = tmp_path / "away.json"
    away.write_text(json.dumps({"nodes": {"hosts": {"node2": {"ansible_host": "127.255.255.1", "ansible_port": 1}}}}), encoding="utf-8")
    refused(
        upgrade(made, plays=plays, arguments=["-i", str(away)]),
        made,
        "nothing was changed",
        "node2 cannot be reached: ",
        "Bring it back, or take it out of the cluster, first.",
    )


# ---- a node that fails, and the run after it ----------------------------------------------------------------------------

FAIL_ON_NODE2 = [{"name": "Break on node2", "ansible.builtin.fail": {"msg": "the new package is broken"}, "when": "inventory_hostname == 'node2'"}]
DONE = [{"name": "Count", "ansible.builtin.shell": "echo done >>/etc/corosync/upgraded", "changed_when": True}]  # goes with the cluster


def stages(play, status="ok"):
    """(host, task) of the results so far."""
    return [(result.host, result.task.rpartition(" : ")[2]) for result in play.results if result.status == status]


def upgraded(made):
    """How often the upgrade ran on each node."""
    return [len(node.run(["cat", "/etc/corosync/upgraded"], check=False).stdout.split()) for node in made]


def test_a_node_whose_upgrade_fails_stops_the_play_and_the_next_run_goes_on_there(cluster, upgrade):
    made = cluster()
    made.wait_quorate()
    before = pids(made)
    with upgrade(made, {"upgrade": DONE + FAIL_ON_NODE2}) as play:
        play.end(90)
        assert play.process.returncode
        said = failures(play)
        assert said.count("the new package is broken") == 1, "a failure is said once"
        assert said[-1] == "Stopped because node2 failed. Later nodes were not touched. Fix node2 and run the playbook again; it resumes there.", said
    made.wait_ring(nodes=[1, 3])
    made.wait_quorate(node=1)
    assert pids(made)["node1"] == before["node1"], "the node after it was touched"
    assert upgraded(made) == [0, 1, 1]
    with upgrade(made, {"upgrade": DONE}, rolling_upgrade_needed="{{ inventory_hostname != 'node3' }}") as play:
        play.end(90)
        assert not play.process.returncode, play.output
    made.wait_ring()
    assert upgraded(made) == [1, 2, 1]
    assert not any(node.run(["test", "-e", MARK], check=False).returncode == 0 for node in made)


def test_a_node_that_does_not_come_back_in_time(cluster, upgrade):
    made = cluster()
    made.wait_quorate()
    before = pids(made)
    away = [{"name": "Nothing", "ansible.builtin.debug": {"msg": "forgotten"}}]
    with upgrade(made, {"start": away}, rolling_upgrade_timeout=6) as play:
        play.end(90)
        assert play.process.returncode
        said = "\n".join(failures(play))
        assert "node3 has not come back into the cluster. The nodes after it were not touched. Timed out after 6 s." in said, said
    assert {name: pid for name, pid in pids(made).items() if name != "node3"} == {"node1": before["node1"], "node2": before["node2"]}
    with upgrade(made, {"upgrade": DONE}, rolling_upgrade_needed=False) as play:
        play.end(90)
        assert not play.process.returncode, play.output
    made.wait_ring()
    assert upgraded(made) == [0, 0, 0], "the upgrade itself was done already"


def test_a_corosync_that_refuses_its_new_configuration(cluster, upgrade):
    made = cluster()
    made.wait_quorate()
    before = pids(made)
    spoil = [
        {"name": "Spoil its configuration", "ansible.builtin.lineinfile": {"path": "/etc/corosync/corosync.conf", "line": "quorum { broken", "create": False}}
    ]
    with upgrade(made, {"upgrade": spoil}) as play:
        play.end(90)
        assert play.process.returncode
        said = "\n".join(failures(play))
        assert "Starting the service corosync failed: Unable to start service corosync" in said, said
    assert {name: pid for name, pid in pids(made).items() if name != "node3"} == {"node1": before["node1"], "node2": before["node2"]}
    made.wait_quorate(node=1)


@pytest.mark.parametrize("step", ["upgrade", "start"])
def test_a_controller_that_is_killed(cluster, upgrade, step):
    """Wherever it is killed, the next run brings the interrupted node back first, and upgrades the others."""
    made = cluster()
    made.wait_quorate()
    linger = [{"name": "Stay a while", "ansible.builtin.command": "sleep 4", "changed_when": False}]
    first = {
        "stop": [{"name": "Stop it", "ansible.builtin.service": {"name": "corosync", "state": "stopped"}}],
        "upgrade": DONE,
        "start": [{"name": "Start it", "ansible.builtin.service": {"name": "corosync", "state": "started"}}],
    }
    with upgrade(made, dict(first, **{step: first[step] + linger})) as play:
        play.until("Stay a while", timeout=60)
        time.sleep(0.5)
        play.signal(signal.SIGKILL)
    assert [node.name for node in made if node.run(["test", "-e", MARK], check=False).returncode == 0] == ["node3"]
    with upgrade(made, first) as play:
        play.end(120)
        assert not play.process.returncode, play.output
    made.wait_ring()
    assert upgraded(made) == ([1, 1, 2] if step == "upgrade" else [1, 1, 1])
    assert not any(node.run(["find", "/var/lib/corosync-quorum", "-type", "f"], check=False).stdout for node in made)


def test_the_gate_after_a_drain_refuses(cluster, upgrade):
    """While a node is drained, another one goes: the drained node is not stopped, and the next run takes it first."""
    made = cluster(nodes=4)
    made.wait_quorate()
    before = pids(made)
    stop_another = [
        {"name": "Another node goes", "ansible.builtin.service": {"name": "corosync", "state": "stopped"}, "delegate_to": "node3"},
        {"name": "It is seen", "corosync.quorum.wait_for_quorum": {"absent": ["node3"], "quorate": True}},
    ]
    with upgrade(made, {"drain": stop_another, "upgrade": DONE}) as play:
        play.end(60)
        assert play.process.returncode
        said = "\n".join(failures(play))
        assert "Refused to stop node4" in said and "Other nodes are down already: node3." in said, said
        assert "It is drained, and runs on." in said and "Nothing was changed" not in said, said
    assert pids(made) == dict(before, node3="")
    assert upgraded(made) == [0, 0, 0, 0]
    made[3].start_corosync()
    made.wait_ring()
    drained = [{"name": "Drain", "ansible.builtin.debug": {"msg": "nothing runs here"}}]
    with upgrade(made, {"drain": drained, "upgrade": DONE}) as play:
        play.end(120)
        assert not play.process.returncode, play.output
        assert [host for host, task in stages(play) if task == "Stop this node"][0] == "node4"
    assert upgraded(made) == [1, 1, 1, 1]


def test_a_host_that_goes_out_of_reach_in_the_middle(lab, cluster, upgrade, tmp_path):
    """Ansible ends the play there and then. The watches record on, so the next run's report covers both."""
    made = cluster()
    made.wait_quorate()
    before = pids(made)
    linger = [{"name": "Stay a while", "ansible.builtin.command": "sleep 20", "changed_when": False}]
    with upgrade(made, {"upgrade": linger}) as play:
        play.until("Stay a while", timeout=60)
        with without_sshd(lab["node3"]):
            play.end(60)
            assert play.process.returncode
            assert [(result.host, result.status) for result in play.results][-1] == ("node3", "unreachable"), play.output
            assert {name: pid for name, pid in pids(made).items() if name != "node3"} == {"node1": before["node1"], "node2": before["node2"]}
            made.wait_quorate(node=1)
            with upgrade(made) as again:
                again.end(60)
                assert "node3 cannot be reached" in "\n".join(failures(again)), again.output
    with upgrade(made, {"upgrade": DONE}) as play:
        play.end(120)
        assert not play.process.returncode, play.output
        assert [host for host, task in stages(play) if task == "Start this node"][0] == "node3"
    assert upgraded(made) == [1, 1, 1]
    assert "Quorum was never lost on a node that was up." in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_host_of_a_batch_that_goes_out_of_reach(lab, cluster, upgrade, tmp_path):
    """The other one of its batch comes back, then the play stops; the report says of the one that is lost what is known."""
    made = cluster(nodes=5)
    made.wait_quorate()
    before = pids(made)
    linger = [{"name": "Stay a while", "ansible.builtin.command": "sleep 20", "changed_when": False, "when": "inventory_hostname == 'node5'"}]
    with upgrade(made, {"upgrade": DONE + linger}, rolling_upgrade_batches=True) as play:
        play.until("Stay a while", timeout=60)
        with without_sshd(lab["node5"]):
            play.end(90)
        assert play.process.returncode
        assert next(result.host for result in play.results if result.status == "unreachable") == "node5", play.output
        said = "\n".join(failures(play))
        assert "Stopped because node5 failed. Later nodes were not touched. Fix node5 and run the playbook again; it resumes there." in said, said
    assert {name: pid for name, pid in pids(made).items() if name not in ("node3", "node5")} == {name: before[name] for name in ("node1", "node2", "node4")}
    made.wait_ring(nodes=[1, 2, 3, 4])
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Ansible lost contact with this host." in report
    assert "The record of node5 ended too early" in report, "it cannot be read"
    with upgrade(made, {"upgrade": DONE}, rolling_upgrade_batches=True, rolling_upgrade_needed=False) as play:
        play.end(120)
        assert not play.process.returncode, play.output
    assert upgraded(made) == [0, 0, 1, 0, 2]


def test_quorum_that_was_lost_meanwhile_fails_the_play_at_its_end(cluster, upgrade, tmp_path):
    """While node3 is down, node2 goes too, and comes back: nobody's fault but it is told, with the moment that a witness in C saw."""
    made = cluster()
    made.wait_quorate()
    witness = made.watch()
    on_node2 = {"ansible.builtin.service": {"name": "corosync", "state": "stopped"}, "delegate_to": "node2"}
    outage = [
        {"name": "Meanwhile another node goes", **on_node2},
        {"name": "Quorum is lost", "corosync.quorum.wait_for_quorum": {"quorate": False}, "delegate_to": "node1"},
        {"name": "And comes back", **on_node2, "ansible.builtin.service": {"name": "corosync", "state": "started"}},
        {"name": "Quorum is back", "corosync.quorum.wait_for_quorum": {"quorate": True}, "delegate_to": "node1"},
    ]
    once = [{"name": "An outage", "when": "inventory_hostname == 'node3'", "block": outage}]
    with upgrade(made, {"upgrade": once + DONE}) as play:
        play.end(120)
        assert play.process.returncode
        said = "\n".join(failures(play))
    assert upgraded(made) == [1, 1, 1]
    (loss,) = witness.losses()
    assert loss.node == "node1"
    found = re.search(r"The upgrade is done, but: Quorum was lost on node1, for the first time at (\S+) on node1, until (\S+)\. The report is in", said)
    assert found, said
    at, until = map(seconds_of, found.groups())
    assert until - at == pytest.approx(loss.until - loss.at, abs=1.0)
    assert at == pytest.approx(loss.at, abs=20), "the controller's clock is known but for the time that a task takes to begin"
    assert "Quorum was lost on node1, for the first time at" in (tmp_path / "report.html").read_text(encoding="utf-8")


# ---- plays of other shapes -----------------------------------------------------------------------------------------------


def test_two_plays_in_one_run_each_in_an_order_of_its_own(cluster, upgrade, tmp_path):
    """Each looks back after its own last node. The file with tasks has the name of one of the role's own, which must not be taken for it."""
    made = cluster()
    made.wait_quorate()
    with upgrade(made, {"upgrade": DONE}, plays=[dict(ALONE, order="reverse_inventory"), ALONE], rolling_upgrade_upgrade_tasks="upgrade.yml") as play:
        play.end(180)
        assert not play.process.returncode, play.output
        told = [task for dummy, task in stages(play) if task in ("Count", FINISH)]
        assert [host for host, task in stages(play) if task == "Count"] == ["node3", "node2", "node1", "node1", "node2", "node3"]
    assert told == (["Count"] * 3 + [FINISH]) * 2
    assert upgraded(made) == [2, 2, 2]
    assert (tmp_path / "report.html").read_text(encoding="utf-8").count("Quorum was never lost on a node that was up.")


def test_only_the_hosts_of_the_play_are_upgraded_and_the_others_are_asked(cluster, upgrade, tmp_path):
    """With become as a variable, which overrides any keyword: the controller, where the report is written, may have no sudo."""
    made = cluster()
    made.wait_quorate()
    before = pids(made)
    everyone = [node.name for node in made]
    with upgrade(made, {"upgrade": DONE}, arguments=["--limit", "node2:node3"], rolling_upgrade_hosts=everyone, ansible_become=True) as play:
        play.end(90)
        assert not play.process.returncode, play.output
    assert (tmp_path / "report.html").exists()
    assert (upgraded(made), pids(made)["node1"]) == ([0, 1, 1], before["node1"])


def test_a_host_that_is_asked_goes_out_of_reach(lab, cluster, upgrade, tmp_path):
    """The next one is asked instead, before the stop and after the start; and where nobody can be asked nothing is stopped."""
    made = cluster()
    made.wait_quorate()
    before = pids(made)
    linger = [{"name": "Stay a while", "ansible.builtin.command": "sleep 5", "changed_when": False, "when": "inventory_hostname == 'node3'"}]
    with upgrade(made, {"drain": linger, "upgrade": DONE}, rolling_upgrade_needed="{{ inventory_hostname == 'node3' }}", rolling_upgrade_watch=False) as play:
        play.until("Stay a while", timeout=60)
        with without_sshd(lab["node1"]):
            play.until("Note that this node is done", timeout=60)
        play.end(60)
        asked = [
            result for result in play.results if result.host == "node3" and result.status == "item ok" and "whether this node may be stopped" in result.task
        ]
        assert [result.result["gate"]["witness"] for result in asked] == ["node1", "node2"], "the first one before the drain, the next one after it"
        assert upgraded(made) == [0, 0, 1]
        assert [result.result.get("seen_by") for result in play.results if result.task.endswith("the others see it") and result.status == "item ok"][
            -1
        ] == "node2"
    before = pids(made)
    with upgrade(made, {"drain": linger, "upgrade": DONE}, rolling_upgrade_needed="{{ inventory_hostname == 'node3' }}", rolling_upgrade_watch=False) as play:
        play.until("Stay a while", timeout=60)
        with without_sshd(lab["node1"]), without_sshd(lab["node2"]):
            play.end(60)
            assert play.process.returncode
            said = "\n".join(failures(play))
            assert "Refused to stop node3: no host that stays can be logged in to, so nobody can say whether that is safe: node1 (" in said, said
            assert "It is drained, and runs on." in said, said
    assert pids(made) == before
    assert "Ansible lost contact" not in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments, refuses",
    [
        (["--start-at-task", "Upgrade this node"], False),
        (["--start-at-task", "Go on only if no node of this batch has failed"], False),
        (["--tags", "upgrade"], False),
        (["--skip-tags", "gate"], True),
    ],
)
def test_a_gate_that_was_skipped_stops_nothing(cluster, upgrade, arguments, refuses):
    """Not by the role's steps, and not by the user's tasks. --skip-tags has nothing to skip: there the gate is asked, and says no."""
    made = cluster()
    made.wait_quorate()
    made[2].stop_corosync()
    made.wait_ring(nodes=[1, 3])
    before = pids(made)
    stop = [{"name": "Stop it", "ansible.builtin.service": {"name": "corosync", "state": "stopped"}, "tags": ["upgrade"]}]
    only = {"hosts": "node1", "tasks": [{"ansible.builtin.import_role": {"name": ROLE, "tasks_from": "upgrade"}}]}
    everyone = [node.name for node in made]
    for steps in ({"upgrade": DONE}, {"stop": stop, "upgrade": DONE}):
        with upgrade(made, steps, plays=[only], arguments=arguments, rolling_upgrade_hosts=everyone) as play:
            play.end(60)
            assert bool(play.process.returncode) == refuses, play.output
            assert ("Refused to stop node1: " in "\n".join(failures(play))) == refuses, play.output
        assert pids(made) == before
        assert upgraded(made) == [0, 0, 0]


def test_gates_alone_by_node_ids_with_a_device_that_does_not_vote(cluster, upgrade):
    """What did not vote before is not waited for afterwards."""
    made = cluster(nodes=4, qdevice="ffsplit")
    made.wait_quorate()
    made.stop_qnetd()
    made.wait_qdevice_votes(wanted=False)
    service = {"name": "corosync", "state": "restarted"}
    gates = {
        "tasks": [
            {"ansible.builtin.import_role": {"name": ROLE, "tasks_from": "before_stop"}},
            {"ansible.builtin.service": service},
            {"ansible.builtin.import_role": {"name": ROLE, "tasks_from": "after_start"}},
        ]
    }
    before = pids(made)
    with upgrade(made, plays=[gates], rolling_upgrade_node="{{ inventory_hostname[-1] | string }}") as play:
        play.end(120)
        assert not play.process.returncode, play.output
    assert not set(before.values()) & set(pids(made).values())
