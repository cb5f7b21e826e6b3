# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role `cluster` on real nodes, with real ansible-playbook runs: one cluster from its birth through every kind of change.

The tests of this file are one story: each goes on with the cluster as the one before left it. What counts for quorum is what corosync itself wrote
into its log.
"""

import json
import signal
import typing as t

import patience
import pytest
from docs.examples import Example, role_examples
from lab.cluster import Cluster, reset
from playing import Play

ROLE = "corosync.quorum.cluster"
MINIMAL, REALISTIC = role_examples("cluster")
LOST = "within the non-primary component"
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


class Ended(t.NamedTuple):
    results: list
    code: int
    output: str


class Story:
    """Nodes without a cluster, and plays on the first so many of them."""

    def __init__(self, lab, folder):
        self.lab, self.folder = lab, folder
        self.nodes = lab.nodes[:4]
        reset(lab.nodes)
        for node in self.nodes:
            node.run(["journalctl", "--rotate", "--vacuum-time=1s"], check=False)

    def play(self, what, hosts=3, arguments=(), unreachable=(), until=None):
        """Run an Example, or the role with these variables, to its end; or kill the controller's processes when they say something."""
        plays = what.data if isinstance(what, Example) else [{"hosts": "cluster", "gather_facts": False, "roles": [dict(what, role=ROLE)]}]
        book = self.folder / "book.json"
        book.write_text(json.dumps(plays), encoding="utf-8")
        names = [node.name for node in self.nodes[:hosts]] + list(unreachable)
        inventory = self.folder / "group.json"
        inventory.write_text(
            json.dumps({"cluster": {"hosts": {name: {"ansible_host": "127.255.255.1", "ansible_port": 1} if name in unreachable else {} for name in names}}}),
            encoding="utf-8",
        )
        more = ["-i", str(self.lab.inventory), "-i", str(inventory), "--forks", "8", "-e", "cluster_stable_for=0.5", *arguments]
        with Play(self.lab, book, arguments=more) as play:
            if until:
                play.until(until, timeout=240)
                play.signal(signal.SIGKILL)
                return None
            return Ended(play.end(240), play.process.returncode, play.output)

    def files(self):
        """What each node has, and the process that runs there."""
        look = "md5sum /etc/corosync/* 2>&1; stat -c %a /etc/corosync/authkey 2>&1; pgrep -x corosync; corosync-quorumtool -s | grep 'Ring ID\\|Expected'; true"
        return [node.sh(look).stdout for node in self.nodes]

    def corosync(self):
        """The process ids of corosync, None where it does not run."""
        return [int(node.run(["pgrep", "-x", "corosync"], check=False).stdout or 0) or None for node in self.nodes]

    def never_lost(self, hosts=3):
        """Whether no corosync of these has ever written that it lost quorum."""
        return all(LOST not in node.run(["journalctl", "-u", "corosync", "-o", "cat", "--no-pager"]).stdout for node in self.nodes[:hosts])

    def says(self, node, key):
        """A line of corosync-quorumtool."""
        lines = self.nodes[node - 1].run(["corosync-quorumtool", "-s"], check=False).stdout.splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(key))


@pytest.fixture(name="story", scope="module")
def _story(lab, tmp_path_factory):
    if len(lab.nodes) < 4:
        lab.size = 4
        lab.up()
    yield Story(lab, tmp_path_factory.mktemp("story"))
    reset(lab.nodes)


def changed(play, task=""):
    return sorted({result.host for result in play.results if result.result.get("changed") and result.task.endswith(task)})


def ended_well(play):
    assert play.code == 0, play.output
    return play


def refused(play, *words):
    assert play.code != 0, play.output
    told = " ".join(result.result.get("msg", "") for result in play.results if result.status == "failed")
    assert all(word in told for word in words), told or play.output


def test_check_mode_promises_and_does_nothing(story):
    before = story.files()
    play = ended_well(story.play(MINIMAL, arguments=["--check", "--diff"]))
    assert changed(play, "Write corosync.conf") == ["node1", "node2", "node3"]
    assert "start corosync on node1, node2, node3" in play.output
    assert story.files() == before


def test_a_cluster_is_born_also_where_the_package_has_started_corosync(story):
    story.nodes[0].put(PACKAGED, "/etc/corosync/corosync.conf")
    story.nodes[0].start_corosync()
    play = ended_well(story.play(MINIMAL, arguments=["--diff"]))
    assert [story.says(node, "Total votes") for node in (1, 2, 3)] == ["3"] * 3
    keys = {node.sh("stat -c %a /etc/corosync/authkey; base64 -w0 /etc/corosync/authkey").stdout for node in story.nodes[:3]}
    assert len(keys) == 1
    mode, key = keys.pop().split()
    assert mode == "400" and len(key) > 300
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


def test_a_node_is_added_by_a_reload(story):
    before = story.corosync()
    play = ended_well(story.play(WAITING, hosts=4))
    assert [story.says(node, "Expected votes") for node in (1, 2, 3, 4)] == ["4"] * 4
    assert story.corosync()[:3] == before[:3] and story.corosync()[3]
    assert changed(play, "Have corosync read it, in the whole cluster at once") == ["node1"]
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
    story.nodes[3].start_corosync()
    Cluster(story.nodes, conf=None).wait_ring()
    before = story.corosync()
    failed = story.play(dict(WAITING, cluster_sections={"system": {"state_dir": "/not/there"}}), hosts=4)
    assert failed.code != 0 and {result.host for result in failed.results if result.status == "failed"} == {"node4"}, failed.output
    assert story.corosync() == before[:3] + [None]
    mended = ended_well(story.play(WAITING, hosts=4))
    assert changed(mended, "Run corosync, now and after a boot") == ["node4"]
    assert [story.says(node, "Total votes") for node in (1, 2, 3, 4)] == ["4"] * 4
    assert changed(ended_well(story.play(WAITING, hosts=4))) == []
    assert story.never_lost(4)


def test_a_node_is_taken_out(story):
    before = story.corosync()
    play = ended_well(story.play(dict(WAITING, cluster_remove=["node4"]), hosts=4))
    assert changed(play, "Stop corosync") == ["node4"]
    assert [story.says(node, "Expected votes") for node in (1, 2, 3)] == ["3"] * 3
    assert story.corosync() == before[:3] + [None]
    assert story.nodes[3].sh("ls /etc/corosync; systemctl is-enabled corosync", check=False).stdout.split() == ["disabled"]
    assert story.never_lost(4)


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
    play = ended_well(story.play(dict(without, cluster_device=device), hosts=2))
    assert "wait_for_quorum" in play.output
    assert [story.says(node, "Total votes") for node in (1, 2)] == ["3"] * 2
    assert story.says(1, "Flags") == "Quorate WaitForAll Qdevice"

    other = dict(without, cluster_device=dict(device, connect_timeout=9000))
    story.play(other, hosts=2, until="corosync.quorum.cluster : See that every member has read it]")
    again = ended_well(story.play(other, hosts=2))
    assert changed(again, "Write corosync.conf") == []
    assert changed(again, "Run the quorum device's daemon, now and after a boot") == ["node1", "node2"]
    assert changed(ended_well(story.play(other, hosts=2))) == []

    ended_well(story.play(without, hosts=2))
    assert [(story.says(node, "Total votes"), story.says(node, "Flags")) for node in (1, 2)] == [("2", "Quorate WaitForAll")] * 2
    assert {node.sh("pgrep -x corosync-qdevice; systemctl is-enabled corosync-qdevice", check=False).stdout for node in story.nodes[:2]} == {"disabled\n"}
    assert story.never_lost(2)


@pytest.mark.parametrize(("change", "loses"), [("s/quorum_votes: 10/quorum_votes: 5/", False), ("/quorum_votes: 10/d", True)])
def test_a_reload_that_mixes_old_and_new_votes_up_loses_quorum_for_a_moment(story, change, loses):
    """Why the role refuses the second change; see test_cluster_gates.py of the unit tests."""
    heavy = story.lab.cluster(nodes=3, votes={1: 10})
    watch = heavy.watch()
    for node in heavy:
        node.run(["sed", "-i", change, "/etc/corosync/corosync.conf"])
    heavy[1].run(["corosync-cfgtool", "-R"])
    patience.until(lambda: {story.says(node, "Expected votes") for node in (1, 2, 3)} == {"3" if loses else "7"}, 20)
    assert bool(watch.losses()) == loses
