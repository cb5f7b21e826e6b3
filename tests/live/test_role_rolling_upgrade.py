# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role rolling_upgrade on real clusters: what it refuses, what it does when a node fails, and that it goes on from there.

The upgrade itself is a task of the test here; real ones are in test_rolling_upgrade.py.
"""

import contextlib
import json
import re

import pytest
from upgrading import ALONE, DONE, MARK, ROLE, failures, pids, result_of, upgraded

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of

FINISH = "Write the report, and fail if quorum was lost at any moment"


@contextlib.contextmanager
def without_sshd(node):
    """The node runs on, but nobody can log in, and who had is thrown out."""
    node.sh("systemctl stop ssh.socket ssh; pkill -x sshd; true")
    try:
        yield
    finally:
        node.sh("systemctl start ssh")


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


def test_one_of_three_is_down_already(cluster, upgrade, tmp_path):
    made = cluster()
    made[3].stop_corosync()
    made.wait_ring(nodes=[1, 2])
    page = tmp_path / "report.html"
    page.write_text("yesterday's", encoding="utf-8")
    refused(upgrade(made), made, "Quorum cannot be read on node3", "Not a member: node3. Only a complete cluster is upgraded", "nothing was changed")
    text = page.read_text(encoding="utf-8")
    assert "The upgrade did not begin" in text and "Not a member: node3. Only a complete cluster is upgraded" in text


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


def test_a_problem_that_is_an_error_and_a_key_that_is_not_that_of_the_others(cluster, upgrade):
    made = cluster(nodes=3, quorum={"two_node": 1})
    made.wait_quorate()
    made[2].run(["corosync-keygen", "-k", "/etc/corosync/authkey"])
    wrong_key = "authkey of node2 is not the key that the cluster has loaded, which is in the file of node1, node3."
    refused(upgrade(made), made, "On node1, node2, node3: two_node is on, but 3 nodes are configured", wrong_key)


def test_a_cluster_that_cannot_lose_a_node(cluster, upgrade):
    made = cluster(nodes=2)
    made.wait_quorate()
    refused(upgrade(made), made, "There are no safe batches: the cluster would not stay quorate without node1, node2")


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


def stages(play, status="ok"):
    """(host, task) of the results so far."""
    return [(result.host, result.task.rpartition(" : ")[2]) for result in play.results if result.status == status]


def test_a_node_whose_upgrade_fails_stops_the_play_and_the_next_run_goes_on_there(cluster, upgrade, tmp_path):
    made = cluster()
    made.wait_quorate()
    before = pids(made)
    with upgrade(made, {"upgrade": DONE + FAIL_ON_NODE2}) as play:
        play.end(90)
        assert play.process.returncode
        said = failures(play)
        assert said.count("the new package is broken") == 1, "a failure is said once"
        assert said[-1].startswith(
            "Stopped because node2 failed. Break on node2: the new package is broken. Corosync is down on node2, or may be. Done: node3. As they were: node1. "
            "Fix node2 and run the playbook again; it resumes there. The report is in "
        ), said
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    card = page.split('<section class="verdict bad"')[1].split("</section>")[0]
    assert "but node2 failed" in card and "the new package is broken" in card and "run the playbook again" in card
    assert result_of(page, "node1", "untouched") and "not back" in result_of(page, "node2", "failed")
    made.wait_ring(nodes=[1, 3])
    made.wait_quorate(node=1)
    assert pids(made)["node1"] == before["node1"], "the node after it was touched"
    assert upgraded(made) == [0, 1, 1]
    with upgrade(made, {"upgrade": DONE}, rolling_upgrade_needed="{{ inventory_hostname != 'node3' }}") as play:
        play.end(90)
        assert not play.process.returncode, play.output
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Quorum was kept" in page and "2, one node in each" in page and result_of(page, "node3", "unchanged")
    # since its stop in the run before, whose watches have recorded on
    assert re.search(r"<span>([\d.]+ s|\d+ min \d+ s)</span></td></tr>", result_of(page, "node2", "done"))
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
        assert "corosync on node3 wrote (journalctl -u corosync):" in said and "parse" in said.lower().partition("wrote (journalctl")[2], said
        assert failures(play)[-1].startswith("Stopped because node3 failed. Start node3: Starting the service corosync failed: "), said
    assert {name: pid for name, pid in pids(made).items() if name != "node3"} == {"node1": before["node1"], "node2": before["node2"]}
    made.wait_quorate(node=1)


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
        assert failures(play)[-1].startswith("Stopped before node4. Refused to stop node4: "), said
        assert "node4 is drained, and its corosync runs on. As they were: node3, node2, node1." in failures(play)[-1], said
    assert pids(made) == dict(before, node3="")
    assert upgraded(made) == [0, 0, 0, 0]
    made[3].start_corosync()
    made.wait_ring()
    stop_witness = json.loads(json.dumps(stop_another).replace("node3", "node1"))
    with upgrade(made, {"drain": stop_witness, "upgrade": DONE}) as play:
        play.end(60)
        said = "\n".join(failures(play))
        assert "Refused to stop node4: node1, which stays, cannot say whether that is safe: " in said and "not running on node1" in said, said
        assert "this node:" not in said, "of healthy node4"
    made[1].start_corosync()
    made.wait_ring()
    drained = [{"name": "Drain", "ansible.builtin.debug": {"msg": "nothing runs here"}}]
    with upgrade(made, {"drain": drained, "upgrade": DONE}) as play:
        play.end(120)
        assert not play.process.returncode, play.output
        assert [host for host, task in stages(play) if task == "Stop this node"][0] == "node4"
    assert upgraded(made) == [1, 1, 1, 1]


def test_a_host_that_goes_out_of_reach_in_the_middle(lab, cluster, upgrade, tmp_path):
    """Ansible ends the play there and then. The watches record on until the next run, whose report shows that and whose verdict is about itself."""
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
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Quorum was never lost on a node that was up." in report and report.count("Recorded in the earlier run") == 1


def test_a_host_that_goes_out_of_reach_in_a_step_of_the_role(lab, cluster, upgrade, tmp_path):
    """That is a node that failed: there are last words and a report, and the others have no lock any more."""
    made = cluster()
    made.wait_quorate()
    away = "systemctl stop ssh.socket ssh; pkill -x sshd"
    leave = [
        {"name": "Leave soon", "ansible.builtin.command": {"argv": ["systemd-run", "--on-active=1", "sh", "-c", away]}, "changed_when": True},
        {"name": "Wait for that", "ansible.builtin.pause": {"seconds": 4}},
    ]
    try:
        with upgrade(made, {"upgrade": leave}) as play:
            play.end(150)
            said = failures(play)[-1]
        assert re.match("Stopped because node3 failed. (Note on node3 that its upgrade is installed|Start node3): node3 cannot be logged in to: ", said), said
        assert "Corosync is down on node3, or may be. As they were: node2, node1. Fix node3 and run the playbook again; it resumes there." in said, said
        assert all(made[nodeid].run(["test", "-e", "/var/lib/corosync-quorum/lock"], check=False).returncode for nodeid in (1, 2))
        assert "node3 cannot be logged in to" in (tmp_path / "report.html").read_text(encoding="utf-8")
    finally:
        lab["node3"].sh("systemctl start ssh")
    with upgrade(made, rolling_upgrade_needed=False) as play:
        play.end(90)
        assert not play.process.returncode, play.output


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
        words = "Stopped because node5 failed. Ansible lost contact with node5. Corosync is down on node5, or may be. Done: node3. As they were: "
        assert said.count(words) == 1 and "See that Ansible can log in to node5" in said, said
    assert {name: pid for name, pid in pids(made).items() if name not in ("node3", "node5")} == {name: before[name] for name in ("node1", "node2", "node4")}
    made.wait_ring(nodes=[1, 2, 3, 4])
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Ansible lost contact with this host." in report
    assert "Nobody knows whether quorum was kept" in report and "<b>node5</b>: its record could not be read (" in report
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
    # Both lost it in the same moment, and the clocks of nodes are known but for the time that a task takes to begin.
    found = re.search(r"The upgrade is done, but: Quorum was lost on node(?:1, node2|2, node1), for the first time at (\S+) on node[12]", said)
    assert found, said
    assert seconds_of(found.group(1)) == pytest.approx(loss.at, abs=20), "the controller's clock is known but for the time that a task takes to begin"
    lasted = re.search(r"<b>node1</b> lost quorum at \S+ UTC for (\S+) s: 1 vote, 2 needed", (tmp_path / "report.html").read_text(encoding="utf-8"))
    assert float(lasted.group(1)) == pytest.approx(loss.until - loss.at, abs=1.0)


def test_an_outage_in_which_no_running_corosync_lost_quorum_fails_the_play_at_its_end(cluster, upgrade):
    """Two nodes. While one is down, corosync crashes on the other, and waits for both when it is back: no program that follows corosync sees a loss."""
    made = cluster(nodes=2, quorum={"two_node": 1})
    made.wait_quorate()
    witness = made.watch()
    crash = [
        {"name": "Crash", "ansible.builtin.command": "systemctl kill --kill-who=all -s KILL corosync", "delegate_to": "node1", "changed_when": True},
        {
            "name": "And start",
            "ansible.builtin.service": {"name": "corosync", "state": "started"},
            "delegate_to": "node1",
            "retries": 5,
            "register": "started",
            "until": "started is success",
        },
        {"name": "It waits", "corosync.quorum.wait_for_quorum": {"quorate": False}, "delegate_to": "node1"},
    ]
    once = [{"name": "An outage", "when": "inventory_hostname == 'node2'", "block": crash}]
    with upgrade(made, {"upgrade": once}) as play:
        play.end(120)
        assert play.process.returncode
        said = "\n".join(failures(play))
    assert witness.losses() == []
    assert re.search(
        r"The upgrade is done, but: Quorum was lost on node1, for the first time at \S+ on node1, where corosync went down, until \S+\. The", said
    ), said


# ---- a rolling reboot, and a rolling restart -----------------------------------------------------------------------------


def boots(made):
    return {node.name: node.run(["cat", "/proc/sys/kernel/random/boot_id"]).stdout for node in made}


def marks(made):
    return [node.name for node in made if node.run(["test", "-e", MARK], check=False).returncode == 0]


def test_a_rolling_reboot_that_is_interrupted_and_a_rolling_restart(cluster, upgrade):
    """Without packages. What the interrupted run has rebooted is left out by the next one; the one after that takes all again."""
    made = cluster()
    made.wait_quorate()
    first = boots(made)
    reboot = {"rolling_upgrade_packages": "", "rolling_upgrade_needed": "auto", "rolling_upgrade_reboot": "always", "rolling_upgrade_timeout": 60}
    with upgrade(made, {"check": FAIL_ON_NODE2}, **reboot) as play:
        play.end(180)
        assert play.process.returncode
        assert failures(play)[-1].startswith(
            "Stopped because node2 failed. Break on node2: the new package is broken. node2 is back in the cluster, but not done."
        )
    second = boots(made)
    assert {name for name in second if second[name] != first[name]} == {"node2", "node3"} and marks(made) == ["node2", "node3"]
    with upgrade(made, **reboot) as play:
        play.end(180)
        assert not play.process.returncode, play.output
        assert "Left out: node3. A run that was interrupted has rebooted them already" in play.output.replace("\n", " "), play.output
    third = boots(made)
    assert {name for name in third if third[name] != second[name]} == {"node1"} and marks(made) == []
    before = pids(made)
    with upgrade(made, rolling_upgrade_packages=[], rolling_upgrade_needed="auto") as play:
        play.end(120)
        assert not play.process.returncode, play.output
    assert not set(before.values()) & set(pids(made).values()) and boots(made) == third and marks(made) == []


def test_a_node_that_its_packages_have_started_is_not_rebooted_while_another_is_down(cluster, upgrade):
    """The gate said yes before that node went down, and the cluster counts on this one again."""
    made = cluster()
    made.wait_quorate()
    witness, first = made.watch(), boots(made)
    start = {"name": "Start it as a package does", "ansible.builtin.command": "systemctl start corosync", "changed_when": True}
    seen = {"name": "See it come back", "corosync.quorum.wait_for_quorum": {"members": ["node3"], "timeout": 30}, "delegate_to": "node1"}
    lose = {"name": "Lose another node", "ansible.builtin.command": "systemctl stop corosync", "changed_when": True, "delegate_to": "node2"}
    with upgrade(made, {"upgrade": [start, seen, lose]}, rolling_upgrade_needed="auto", rolling_upgrade_reboot="always") as play:
        play.end(120)
        assert play.process.returncode
        said = failures(play)[-1]
    assert said.startswith("Stopped before node3. Refused to stop node3: ") and "Other nodes are down already: node2." in said, said
    assert "node3 is upgraded, but was not rebooted. Corosync runs there, or may run." in said, said
    assert boots(made) == first and witness.losses() == []


def test_a_stack_whose_tools_are_not_there(cluster, upgrade):
    made = cluster()
    made.wait_quorate()
    refused(
        upgrade(made, rolling_upgrade_stack="pcs"),
        made,
        "This cluster cannot be upgraded now, and nothing was changed.",
        "node1, node2, node3: the program pcs is not there, which the stack pcs needs. Install the package pcs",
        "When this is corrected, run the playbook again.",
    )


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
    """With become as a variable, which overrides any keyword: the controller, where the report is written, may have no sudo.

    node3 has no python3-apt, and nothing that could install it: the report has the versions all the same.
    """
    made = cluster()
    made.wait_quorate()
    made[3].run(["dpkg", "--purge", "--force-depends", "python3-apt"])
    before = pids(made)
    given = {"rolling_upgrade_hosts": [node.name for node in made], "ansible_become": True, "rolling_upgrade_packages": "corosync"}
    with upgrade(made, {"upgrade": DONE}, arguments=["--limit", "node2:node3"], **given) as play:
        looks = {result.host: result.result["versions"] for result in play.end(90) if result.task.endswith("Find out what there is to do on this node")}
        assert not play.process.returncode, play.output
    assert set(looks["node3"]) == {"corosync"} and looks["node3"] == looks["node2"]
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
        (["--start-at-task", "Continue only if no node of this batch has failed"], False),
        (["--tags", "upgrade"], False),
        (["--skip-tags", "gate"], True),
    ],
)
def test_a_gate_that_was_skipped_stops_nothing(cluster, upgrade, arguments, refuses):
    """Not by the role's steps, and not by the user's tasks. --skip-tags has nothing to skip: there the gate is asked, and says no."""
    made = cluster()
    made.wait_quorate()
    before = pids(made)
    stop = [{"name": "Stop it", "ansible.builtin.service": {"name": "corosync", "state": "stopped"}, "tags": ["upgrade"]}]
    plays = [_only("preflight", "nodes"), dict(STOP_NODE3, tags=["always"]), _only("upgrade", "node1")]
    everyone = [node.name for node in made]
    for steps in ({"upgrade": DONE}, {"stop": stop, "upgrade": DONE}):
        with upgrade(made, steps, plays=plays, arguments=arguments, rolling_upgrade_hosts=everyone, rolling_upgrade_watch=False) as play:
            play.end(90)
            assert bool(play.process.returncode) == refuses, play.output
            assert ("Refused to stop node1: " in "\n".join(failures(play))) == refuses, play.output
        now = pids(made)
        assert [now[name] for name in ("node1", "node2")] == [before[name] for name in ("node1", "node2")]
        assert upgraded(made) == [0, 0, 0]
        made[3].start_corosync()
        made.wait_quorate()


def _only(entry_point, hosts):
    """A play of one entry point."""
    more = {"tags": ["always"], "serial": "100%", "any_errors_fatal": True} if entry_point == "preflight" else {}
    return dict({"hosts": hosts, "tasks": [{"ansible.builtin.import_role": {"name": ROLE, "tasks_from": entry_point}}]}, **more)


STOP_NODE3 = {"hosts": "node3", "tasks": [{"name": "Another node stops", "ansible.builtin.service": {"name": "corosync", "state": "stopped"}}]}


def test_without_a_preflight_nothing_begins(cluster, upgrade):
    """Nobody has the lock then, so two such runs would not see each other."""
    made = cluster()
    made.wait_quorate()
    before = pids(made)
    with upgrade(made, {"upgrade": DONE}, plays=[_only("upgrade", "node1")], rolling_upgrade_hosts=[node.name for node in made]) as play:
        play.end(60)
        assert play.process.returncode
        assert "Nothing was done on node1: no preflight of this play has accepted its cluster." in "\n".join(failures(play)), play.output
    assert (pids(made), upgraded(made)) == (before, [0, 0, 0])
