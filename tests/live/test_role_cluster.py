# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role `cluster` on real nodes, with real ansible-playbook runs: one cluster from its birth through every kind of change.

The tests of this file are one story: each goes on with the cluster as the one before left it.
"""

import json

import patience
import pytest
from docs.examples import role_examples
from lab import corosync_conf
from lab.cluster import Cluster, reset
from telling import LOCK, LOST, OTHER, changed, ended_well, notes, refused

MINIMAL, REALISTIC = role_examples("cluster")
# What Debian's package configures and starts.
PACKAGED = """\
totem {
    version: 2
    cluster_name: debian
    crypto_cipher: none
    crypto_hash: none
}
logging {
    to_syslog: yes
}
quorum {
    provider: corosync_votequorum
}
nodelist {
    node {
        name: node1
        nodeid: 1
        ring0_addr: 127.0.0.1
    }
}
"""


def test_check_mode_promises_and_does_nothing(story):
    before = story.files()
    play = ended_well(story.play(MINIMAL, arguments=["--check", "--diff"]))
    assert changed(play, "Write corosync.conf") == ["node1", "node2", "node3"]
    assert "start corosync on node1, node2, node3" in play.output
    assert story.files() == before


NOWHERE = {"logfile": "/not/there/corosync.log", "to_logfile": True, "to_syslog": True}


def test_a_text_with_which_a_node_would_not_start_is_refused_and_leaves_nothing(story):
    """On nodes without a key, of which one lacks the folder of the log file and another one a user."""
    for node in story.nodes[:2]:
        node.run(["mkdir", "-p", "/not/there"])
    for node in story.nodes[1:3]:
        node.run(["useradd", "--system", "watcher"])
    before = story.files()
    wishes = {"cluster_logging": NOWHERE, "cluster_sections": {"uidgid": {"uid": "watcher"}}}
    play = story.play(wishes)
    refused(play, "corosync on node1 would not start with the new corosync.conf", "watcher", "corosync on node3 would not start", "/not/there/corosync.log")
    assert "node2 would" not in play.output and changed(play) == []
    assert story.files() == before
    assert [node.sh("ls -A /tmp /root/.ansible/tmp /not/there | grep -i corosync", check=False).stdout for node in story.nodes[:3]] == [""] * 3


def test_nodes_that_are_alone_on_their_loopback_are_refused_with_the_lines_to_mend_and_then_mended(story):
    """As Debian's installer writes /etc/hosts, and an earlier play has deployed such a cluster, which never came together."""
    by_name = {"cluster_addresses": ["{{ inventory_hostname }}"], "cluster_totem": {"token": 1000}}
    good = [node.run(["cat", "/etc/hosts"]).stdout for node in story.nodes[:3]]
    for node, hosts in zip(story.nodes, good):
        others = "".join(line for line in hosts.splitlines(True) if not line.endswith(f" {node.name}\n"))
        node.put(others.replace("\n", f"\n127.0.1.1 {node.name}.example.com {node.name}\n", 1), "/etc/hosts")
    text = corosync_conf.render({number: f"node{number}" for number in (1, 2, 3)}, totem={"cluster_name": "cluster"})
    story.lab.cluster(nodes=3, conf=text, wait=False)
    story.nodes[0].sh(f"sed -i 's/.* node2$/{story.nodes[2].address} node2/' /etc/hosts")
    before = story.files()
    refused(
        story.play(by_name),
        f'In /etc/hosts on node1, change line 2 "127.0.1.1 node1.example.com node1" to "{story.nodes[0].address} node1.example.com node1"',
        f'In /etc/hosts on node3, change line 2 "127.0.1.1 node3.example.com node3" to "{story.nodes[2].address} node3.example.com node3"',
        f"node2 of node2 and node3 of node3 have the same address, {story.nodes[2].address}, on node1 (/etc/hosts, line ",
    )
    assert story.files() == before
    for node, hosts in zip(story.nodes, good):
        node.put(hosts, "/etc/hosts")
    play = ended_well(story.play(by_name))
    assert changed(play, "Stop corosync where it runs apart from the cluster") == ["node1", "node2", "node3"]
    assert "corosync on node2 uses 127.0.1.1, which no other node reaches, and has formed a cluster of its own." in notes(play)
    assert [story.says(node, "Total votes") for node in (1, 2, 3)] == ["3"] * 3
    assert changed(ended_well(story.play(by_name))) == []
    reset(story.nodes)
    for node in story.nodes:
        node.run(["journalctl", "--rotate", "--vacuum-time=1s"], check=False)


def test_a_cluster_is_born_also_where_the_package_has_started_corosync(story):
    story.nodes[0].put(PACKAGED, "/etc/corosync/corosync.conf")
    story.nodes[0].start_corosync()
    story.nodes[1].sh("umask 022; echo an earlier try >/etc/corosync/authkey.new")
    play = ended_well(story.play(MINIMAL, arguments=["--diff"]))
    assert [story.says(node, "Total votes") for node in (1, 2, 3)] == ["3"] * 3
    assert len(set(story.keys())) == 1
    mode, key = story.keys()[0].split()
    assert mode == "400" and len(key) > 300
    assert {node.sh("ls /etc/corosync").stdout.strip() for node in story.nodes[:3]} == {"authkey\ncorosync.conf"}
    assert key[:40] not in play.output and key[:40] not in json.dumps(play.results)
    assert "aes256" in story.nodes[2].run(["corosync-cmapctl", "-g", "totem.crypto_cipher"]).stdout
    assert {node.run(["systemctl", "is-enabled", "corosync"]).stdout.strip() for node in story.nodes[:3]} == {"enabled"}


def test_what_needs_a_restart_is_restarted_one_by_one_also_by_a_second_play_and_quorum_is_never_lost(story):
    """The controller of the first is killed at the first restart. Corosync itself says that more are due."""
    before = story.corosync()
    story.play(REALISTIC, until="corosync.quorum.cluster : Restart corosync]")
    again = ended_well(story.play(REALISTIC))
    assert changed(again, "Write corosync.conf") == [] and "restart corosync one node after the other" in again.output
    restarts = [result.host for result in again.results if result.task.endswith(" : Restart corosync") and result.result.get("changed")]
    assert restarts and restarts == ["node3", "node2", "node1"][-len(restarts) :]
    assert all(old != new for old, new in zip(before[:3], story.corosync()))
    assert [story.says(node, "Flags") for node in (1, 2, 3)] == ["Quorate WaitForAll"] * 3
    assert story.never_lost()


def test_a_second_run_changes_nothing(story):
    before = story.files()
    play = ended_well(story.play(REALISTIC))
    assert changed(play) == [] and "nothing to do" in play.output
    assert story.files() == before


WAITING = {"cluster_totem": {"token": 2000}, "cluster_quorum": {"wait_for_all": True}, "cluster_logging": {"to_syslog": True, "debug": "off"}}


def test_another_run_has_the_lock(story):
    """As one of the role rolling_upgrade. Nothing is changed, and what was taken of the lock is given back."""
    story.nodes[1].sh(f"umask 077; mkdir -p /var/lib/corosync-quorum; printf %s '{json.dumps(OTHER)}' >{LOCK}")
    before = story.files()
    refused(story.play(WAITING), "Another run has the lock on node2: run ffffffffffffffff, started by alice.", "-e quorum_lock_take_over=ffffffffffffffff")
    assert story.files() == before
    assert [node.run(["test", "-e", LOCK], check=False).returncode for node in story.nodes[:3]] == [1, 0, 1]
    story.nodes[1].run(["rm", LOCK])


def test_two_plays_of_one_run_both_reload(story):
    """What the first one has registered lives as long as the run, and must not be judged by the second one."""
    play = ended_well(story.play(dict(WAITING, cluster_totem={"token": 1900}), again=WAITING))
    reloads = [result.host for result in play.results if result.task.endswith(" : Reload corosync.conf in the whole cluster at once") and result.status == "ok"]
    assert reloads == ["node1", "node1"]
    loaded = {node.run(["corosync-cmapctl", "-g", "runtime.config.totem.token"]).stdout.split()[-1] for node in story.nodes[:3]}
    assert loaded == {"2650"}, "2000 ms, and 650 more for the third node"


def test_files_that_are_lost_or_damaged_come_back(story):
    """corosync goes on with what it has loaded, and a good file of another member says what that is."""
    before = story.corosync()
    story.nodes[0].sh("echo '}' >>/etc/corosync/corosync.conf")
    story.nodes[1].run(["rm", "/etc/corosync/corosync.conf"])
    play = ended_well(story.play(WAITING))
    assert changed(play, "Write corosync.conf") == ["node1", "node2", "node3"] and story.corosync() == before
    assert len({node.run(["md5sum", "/etc/corosync/corosync.conf"]).stdout for node in story.nodes[:3]}) == 1
    assert changed(ended_well(story.play(WAITING))) == []
    for node in story.nodes[:3]:
        node.run(["sed", "-i", "s/transport: knet/transport: udpu/", "/etc/corosync/corosync.conf"])
    refused(story.play(WAITING), "node2: corosync has loaded another totem.transport.")
    for node in story.nodes[:3]:
        node.run(["sed", "-i", "s/transport: udpu/transport: knet/", "/etc/corosync/corosync.conf"])
    assert changed(ended_well(story.play(WAITING))) == []


def test_a_key_that_was_made_by_hand_on_one_node_is_loaded_by_all(story):
    """Before the role knew of that, it only copied the key, and the next node that was restarted stayed alone for ever."""
    before = story.corosync()
    story.nodes[0].run(["corosync-keygen", "-k", "/etc/corosync/authkey"])
    for node in story.nodes[1:3]:
        node.run(["rm", "/etc/corosync/authkey"])
    play = ended_well(story.play(WAITING))
    assert "let corosync load the key" in play.output
    assert len(set(story.keys())) == 1 and story.corosync() == before
    assert changed(ended_well(story.play(WAITING))) == []
    story.nodes[2].run(["chmod", "0640", "/etc/corosync/authkey"])
    story.comes_back(3)
    assert changed(ended_well(story.play(WAITING))) == ["node3"], "the mode is corrected, and that is no new key"
    assert changed(ended_well(story.play(WAITING))) == []
    assert story.never_lost(2)


def test_a_rotation_of_the_key_that_was_interrupted_is_brought_to_its_end(story):
    """The controller is killed when all nodes have the key, and none has loaded it yet."""
    old = story.keys()[0].split()[1]
    story.nodes[0].run(["corosync-keygen", "-k", "/etc/corosync/authkey"])
    refused(story.play(WAITING), "authkey differs: that of node1 from node2, node3", "cluster_rotate_key=true")
    before = story.corosync()
    story.play(WAITING, arguments=["-e", "cluster_rotate_key=true"], until="corosync.quorum.cluster : Reload corosync.conf in the whole cluster at once]")
    new = story.keys()[0].split()[1]
    assert len(set(story.keys())) == 1 and new != old
    play = ended_well(story.play(WAITING, arguments=["-vvv"], after=[{"debug": {"var": "hostvars"}}]))
    assert changed(play, "Reload corosync.conf in the whole cluster at once") == ["node1"]
    assert new[:40] not in play.output and story.corosync() == before
    story.comes_back(2)
    story.comes_back(3)
    assert changed(ended_well(story.play(WAITING))) == []


def test_a_reload_that_fails_on_one_node_brings_the_old_text_back(story):
    """Something spoils the file of node2 between the moment when it is written and the reload."""
    before, running = story.files(), story.corosync()
    spoil = "while ! grep -q 'token: 1777' /etc/corosync/corosync.conf; do sleep 0.01; done; echo '}' >>/etc/corosync/corosync.conf"
    story.nodes[1].run(["systemd-run", "--quiet", "--collect", "--property=RuntimeMaxSec=120", "sh", "-c", spoil])
    other = dict(WAITING, cluster_totem={"token": 1777})
    refused(story.play(other), "corosync on node2 has not loaded the new corosync.conf", "have the old corosync.conf and key again, and have loaded them")
    assert story.files() == before and story.corosync() == running
    assert changed(ended_well(story.play(WAITING))) == []
    assert story.never_lost()


def test_a_new_key_with_which_a_member_is_alone_gives_way_to_the_old_one(story):
    """Something spoils the key of node2 between the moment when it is put in place and the reload."""
    keys, running = story.keys(), story.corosync()
    key = "/etc/corosync/authkey"
    spoil = f"inode=$(stat -c %i {key}); while [ $(stat -c %i {key}) = $inode ]; do sleep 0.01; done; head -c 1024 /dev/urandom >{key}"
    story.nodes[1].run(["systemd-run", "--quiet", "--collect", "--property=RuntimeMaxSec=120", "sh", "-c", spoil])
    play = story.play(WAITING, arguments=["-e", "cluster_rotate_key=true"])
    refused(play, "With the new key or encryption the members lost each other: ", "node2 sees node2", "have the old corosync.conf and key again")
    assert story.keys() == keys and story.corosync() == running
    patience.until(lambda: [story.says(node, "Total votes") for node in (1, 2, 3)] == ["3"] * 3, 20)
    story.comes_back(3)
    assert changed(ended_well(story.play(WAITING))) == []
    assert all(LOST not in story.nodes[number].run(["journalctl", "-u", "corosync", "-o", "cat", "--no-pager"]).stdout for number in (0, 2))
    story.nodes[1].run(["journalctl", "--rotate", "--vacuum-time=1s"], check=False)  # this one was without the others for a moment


def test_files_that_others_may_write_to_are_refused(story):
    story.nodes[0].run(["chmod", "o+w", "/etc/corosync"])
    story.nodes[1].sh("mv /etc/corosync/corosync.conf /root/own.conf; ln -s /root/own.conf /etc/corosync/corosync.conf")
    story.nodes[2].run(["chown", "nobody", "/etc/corosync/authkey"])
    refused(
        story.play(WAITING), "node1: /etc/corosync is writable", "node2: /etc/corosync/corosync.conf is a symbolic link", "node3: /etc/corosync/authkey belongs"
    )
    story.nodes[0].run(["chmod", "o-w", "/etc/corosync"])
    story.nodes[1].run(["mv", "/root/own.conf", "/etc/corosync/corosync.conf"])
    story.nodes[2].run(["chown", "root", "/etc/corosync/authkey"])


def test_an_id_that_was_changed_by_hand_on_all_nodes_is_refused(story):
    """Corosync would take the reload, and node3 would be cut off."""
    before = story.files()
    for node in story.nodes[:3]:
        node.run(["sed", "-i.mine", "s/nodeid: 3$/nodeid: 13/", "/etc/corosync/corosync.conf"])
    refused(story.play(WAITING), "node1: it has no node with the id of a member: 3.", "node3: it has no node")
    for node in story.nodes[:3]:
        node.run(["mv", "/etc/corosync/corosync.conf.mine", "/etc/corosync/corosync.conf"])
    assert story.files() == before


def test_a_cluster_of_another_tool_is_refused(story):
    """Such a tool writes the file anew, without the first line. On node3 it is installed beside a cluster of the role."""
    for node in story.nodes[1:3]:
        node.run(["touch", "/usr/sbin/crm"])
    story.nodes[1].run(["sed", "-i.mine", "1d", "/etc/corosync/corosync.conf"])
    refused(story.play(WAITING), "The cluster of node2 seems to be one of crmsh: crmsh is installed there", 'make "# Managed by Ansible')
    story.nodes[1].run(["mv", "/etc/corosync/corosync.conf.mine", "/etc/corosync/corosync.conf"])
    for node in story.nodes[1:3]:
        node.run(["rm", "/usr/sbin/crm"])


def test_a_key_that_stands_in_the_file_is_shown_nowhere(story):
    secret = "S3cret" * 30
    story.nodes[0].run(["sed", "-i.mine", f"s/cluster_name:/key: {secret}\\n    &/", "/etc/corosync/corosync.conf"])
    play = ended_well(story.play(WAITING, arguments=["--check", "--diff", "-vvvv"], after=[{"debug": {"var": "hostvars"}}]))
    assert changed(play, "Write corosync.conf") == ["node1", "node2", "node3"]
    assert "S3cretS3cret" not in play.output and "(hidden)" in play.output
    story.nodes[0].run(["mv", "/etc/corosync/corosync.conf.mine", "/etc/corosync/corosync.conf"])


def test_a_node_is_added_by_a_reload(story):
    before = story.corosync()
    play = ended_well(story.play(WAITING, hosts=4))
    assert not any(node.run(["test", "-e", LOCK], check=False).returncode == 0 for node in story.nodes)
    assert [story.says(node, "Expected votes") for node in (1, 2, 3, 4)] == ["4"] * 4
    assert story.corosync()[:3] == before[:3] and story.corosync()[3]
    assert changed(play, "Reload corosync.conf in the whole cluster at once") == ["node1"]
    assert len({node.sh("md5sum </etc/corosync/corosync.conf; md5sum </etc/corosync/authkey").stdout for node in story.nodes}) == 1
    assert story.never_lost(4)


def test_what_would_cost_quorum_is_refused_before_anything_is_written(story):
    story.nodes[3].stop_corosync()
    before = story.files()
    heavy = dict(WAITING, cluster_votes="{{ 9 if inventory_hostname == 'node1' else 1 }}")
    refused(story.play(heavy, hosts=4), "as few as 3 may be present where 7 are needed", "smaller steps")
    refused(story.play({"cluster_remove": ["node3"]}, hosts=4), "would cost quorum")
    refused(story.play(WAITING, hosts=3), "node4 is in the configuration of the cluster", "cluster_remove")
    assert story.files() == before


def test_a_restart_that_failed_is_mended_by_a_second_play_and_quorum_is_never_lost(story):
    """The node that is restarted first does not come back, and the others are left alone. The second play begins with that node."""
    node4 = story.nodes[3]
    node4.start_corosync()
    Cluster(story.nodes, conf=None).wait_ring()
    before = story.corosync()
    drop_in = "/run/systemd/system/corosync.service.d"
    node4.sh(f"mkdir -p {drop_in}; printf '[Service]\nExecStartPre=/bin/false\n' >{drop_in}/broken.conf; systemctl daemon-reload")
    failed = story.play(dict(WAITING, cluster_sections={"system": {"sched_rr": False}}), hosts=4)
    node4.sh(f"rm -r {drop_in}; systemctl daemon-reload; systemctl reset-failed corosync")
    assert failed.code != 0 and {result.host for result in failed.results if result.status == "failed"} == {"node4"}, failed.output
    assert story.corosync() == before[:3] + [None]
    mended = ended_well(story.play(WAITING, hosts=4))
    assert changed(mended, "Start and enable corosync") == ["node4"]
    assert [story.says(node, "Total votes") for node in (1, 2, 3, 4)] == ["4"] * 4
    assert changed(ended_well(story.play(WAITING, hosts=4))) == []
    assert story.never_lost(4)


NO_MEMBER = "corosync on node4 runs as node 4 of an old configuration: by the configuration of node1, node2, node3 it is no member."


def test_a_node_that_was_removed_while_it_was_dead_comes_in_again(story):
    """It comes back with its old configuration, of which the others do not have it as a member any more."""
    node4 = story.nodes[3]
    node4.stop_corosync()
    node4.sh("rm -rf /root/old && cp -a /etc/corosync /root/old")
    ended_well(story.play(dict(WAITING, cluster_remove=["node4"]), hosts=3))
    node4.start_corosync(wait=False)
    patience.until(lambda: "Total votes" in node4.run(["corosync-quorumtool", "-s"], check=False).stdout, 20)
    before = story.corosync()
    play = ended_well(story.play(WAITING, hosts=4))
    assert notes(play) == [NO_MEMBER]
    assert changed(play, "Stop corosync where it runs apart from the cluster") == ["node4"]
    assert [story.says(node, "Total votes") for node in (1, 2, 3, 4)] == ["4"] * 4
    assert story.corosync()[:3] == before[:3] and story.never_lost()


def test_a_node_is_taken_out(story):
    before = story.corosync()
    play = ended_well(story.play(dict(WAITING, cluster_remove=["node4"]), hosts=4))
    assert changed(play, "Stop corosync") == ["node4"]
    assert [story.says(node, "Expected votes") for node in (1, 2, 3)] == ["3"] * 3
    assert story.corosync() == before[:3] + [None]
    assert story.nodes[3].sh("ls /etc/corosync; systemctl is-enabled corosync", check=False).stdout.split() == ["disabled"]
    assert story.never_lost()


def test_a_node_that_was_removed_while_it_was_dead_is_taken_out(story):
    node4 = story.nodes[3]
    node4.sh("cp -a /root/old/. /etc/corosync/")
    node4.start_corosync(wait=False)
    patience.until(lambda: "Total votes" in node4.run(["corosync-quorumtool", "-s"], check=False).stdout, 20)
    before = story.corosync()
    play = ended_well(story.play(dict(WAITING, cluster_remove=["node4"]), hosts=4))
    assert changed(play) == ["node4"] and NO_MEMBER in notes(play)
    assert story.corosync() == before[:3] + [None] and story.nodes[3].sh("ls /etc/corosync").stdout == ""
    assert story.never_lost()


def test_bad_input_names_the_variable_and_changes_nothing(story):
    before = story.files()
    refused(story.play(dict(WAITING, cluster_name="other")), 'cluster_name is "other"', "another cluster")
    wrong = dict(WAITING, cluster_votes=300, cluster_nodeid=1)
    refused(story.play(wrong), "cluster_votes of all nodes are 900", "cluster_nodeid 1 is given to node1 and to node2")
    refused(story.play(dict(WAITING, cluster_quorum={"two_node": True})), "corosync.conf would be wrong", "two_node")
    refused(story.play(WAITING, arguments=["-e", "cluster_remove=node3"]), 'cluster_remove is "node3", but must be a list of names')
    refused(story.play(dict(WAITING, cluster_timeout=0)), "cluster_timeout is 0, but must be")
    play = story.play(WAITING, unreachable=["gone"])
    refused(play, "Not reachable, or failed before: gone")
    assert story.files() == before


def test_a_quorum_device_comes_changes_and_goes(story):
    """On a cluster of its own: two nodes, whose device is served by the third. With wait_for_all nobody is quorate before it votes.

    The controller of the play that changes the device is killed before the daemon has heard of it; the next play goes on from there.
    """
    served = story.lab.cluster(nodes=2, qdevice="ffsplit", start=False)
    served.start_qnetd()
    reset(served.nodes)
    device = {"host": served.qnetd.address, "algorithm": "ffsplit", "tls": "off"}
    without = {"cluster_totem": {"token": 1000}, "cluster_quorum": {"wait_for_all": True}}
    before = story.files()
    served.stop_qnetd()
    served.cut_off_qnetd(2)
    server = f"corosync-qnetd on {served.qnetd.address}, port 5403"
    play = story.play(dict(without, cluster_device=device), hosts=2)
    refused(play, f"node1 cannot use the quorum device's server, {server}: nothing listens there", f"node2 cannot use the quorum device's server, {server}: ")
    assert story.files() == before
    served.heal()
    served.start_qnetd()
    play = ended_well(story.play(dict(without, cluster_device=device), hosts=2))
    assert "wait_for_quorum" in play.output
    assert [story.says(node, "Total votes") for node in (1, 2)] == ["3"] * 2
    assert story.says(1, "Flags") == "Quorate WaitForAll Qdevice"

    other = dict(without, cluster_device=dict(device, connect_timeout=9000))
    story.play(other, hosts=2, until="corosync.quorum.cluster : Check that every member has loaded the new corosync.conf]")
    again = ended_well(story.play(other, hosts=2))
    assert changed(again, "Write corosync.conf") == []
    assert changed(again, "Start and enable corosync-qdevice") == ["node1", "node2"]
    assert changed(ended_well(story.play(other, hosts=2))) == []

    ended_well(story.play(without, hosts=2))
    assert [(story.says(node, "Total votes"), story.says(node, "Flags")) for node in (1, 2)] == [("2", "Quorate WaitForAll")] * 2
    assert {node.sh("pgrep -x corosync-qdevice; systemctl is-enabled corosync-qdevice", check=False).stdout for node in story.nodes[:2]} == {"disabled\n"}
    assert story.never_lost(2)


@pytest.mark.parametrize(("change", "loses"), [("s/quorum_votes: 10/quorum_votes: 5/", False), ("/quorum_votes: 10/d", True)])
def test_a_reload_that_mixes_old_and_new_votes_up_loses_quorum_for_a_moment(story, change, loses):
    """Why the role refuses the second change; see test_gates.py of the unit tests."""
    heavy = story.lab.cluster(nodes=3, votes={1: 10})
    watch = heavy.watch()
    for node in heavy:
        node.run(["sed", "-i", change, "/etc/corosync/corosync.conf"])
    heavy[1].run(["corosync-cfgtool", "-R"])
    patience.until(lambda: {story.says(node, "Expected votes") for node in (1, 2, 3)} == {"3" if loses else "7"}, 20)
    assert bool(watch.losses()) == loses
