# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every problem of a running cluster: it is seen where it is, its advice is followed to the letter, and it is gone. And what is healthy has none.

A story names the problems that it tells of; a unit test wants each problem to have one.
"""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from looking import look_of_the_starved, play, program, put_module_library, run_module

PATIENCE = 20
QUICK_DEVICE = {"timeout": 2000, "sync_timeout": 3000}
STORIES = {}


def tells_of(*ids, **wishes):
    """A story of these problems, on a cluster of these wishes. It is called with the Story; start=False leaves starting corosync to it."""

    def add(function):
        STORIES[function.__name__] = (ids, wishes, function)
        return function

    return add


class Story:
    """A cluster, and which problems its nodes have seen, and have not seen any more."""

    def __init__(self, lab, made):
        self.lab, self.made = lab, made
        self.seen, self.gone = set(), set()

    def __getitem__(self, which):
        return self.made[which]

    def found(self, nodeid):
        """The problems of a node, by id."""
        told = program(self.made[nodeid], "print(json.dumps(observe(10)['problems']))")
        return {problem["id"]: problem for problem in told}

    def sees(self, nodeid, *ids):
        """Return as soon as this node has these problems and no other: what it says of them, by id."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self.found(nodeid)
            if set(found) == set(ids):
                self.gone |= self.seen - set(found)
                self.seen |= set(found)
                return found
            assert time.monotonic() < deadline, (nodeid, ids, found)
            time.sleep(0.2)

    def edit(self, pattern, replacement, *nodeids):
        """Change corosync.conf on these nodes, or on all. The pattern has to be there."""
        for node in [self.made[nodeid] for nodeid in nodeids] or self.made:
            text = node.run(["cat", "/etc/corosync/corosync.conf"]).stdout
            changed, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
            assert count, (pattern, text)
            node.put(changed, "/etc/corosync/corosync.conf")

    def remove(self, key, *nodeids):
        """Remove a key, in every section."""
        self.edit(rf"^ *{key}: .*\n", "", *nodeids)

    def add(self, section, line, *nodeids):
        """A line more at the beginning of a section."""
        self.edit(rf"^( *){section} {{$", rf"\g<0>\n    \1{line}", *nodeids)

    def reload(self, nodeid=1, check=True):
        self.made[nodeid].run(["corosync-cfgtool", "-R"], check=check)

    def restart(self, *nodeids):
        """Restart corosync on these nodes, or on all, one after the other."""
        for node in [self.made[nodeid] for nodeid in nodeids] or self.made:
            node.stop_corosync()
            node.start_corosync()
            self.made.wait_ring()

    def start(self, *nodeids):
        for nodeid in nodeids:
            self.made[nodeid].start_corosync()
        self.made.wait_ring(nodeids)


# ---- the file and the reload


@tells_of("reload_stuck", "file_refused", nodes=2)
def a_reload_of_a_file_with_an_error(story):
    story.add("quorum", "two_node: yes", 1)
    story.sees(1, "file_refused")
    story.reload(check=False)
    found = story.sees(1, "reload_stuck", "file_refused")
    assert "votes and expected votes that are set at runtime still count" in found["reload_stuck"]["message"]
    story[1].run(["corosync-quorumtool", "-e", "3"])
    story.made.wait_quorate(node=1)
    assert "Expected votes:   3" in story[1].run(["corosync-quorumtool", "-s"]).stdout
    story[1].run(["corosync-quorumtool", "-e", "2"])
    refused = story[1].run(["corosync", "-t"], check=False)
    assert refused.returncode and "two_node" in refused.stdout + refused.stderr, "it says what is wrong, as advised"
    story.remove("two_node", 1)
    story.reload()
    story.sees(1)


@tells_of("reload_failed", nodes=2)
def a_reload_that_cannot_be_done(story):
    story[1].run(["mv", "/etc/corosync/authkey", "/etc/corosync/away"])
    story.reload(check=False)
    story.sees(1, "reload_failed")
    story[1].run(["mv", "/etc/corosync/away", "/etc/corosync/authkey"])
    story.reload()
    story.sees(1)


@tells_of("provider_removed", nodes=2)
def the_provider_is_removed(story):
    story.remove("provider")
    story.reload()
    story.sees(1, "provider_removed")
    story.add("quorum", "provider: corosync_votequorum")
    story.restart()
    story.sees(1)


@tells_of("link_down", "no_link_redundancy", nodes=2, start=False)
def one_of_two_links_is_cut(story):
    for node in story.made:
        node.sh(f"ip address add 198.18.7.{node.nodeid}/24 dev host0")
    try:
        story.edit(r"^( *)nodeid: (\d)$", r"\g<0>\n\1ring1_addr: 198.18.7.\2")
        story.start(1, 2)
        story.sees(1)
        story[1].sh("ip route add blackhole 198.18.7.2/32")
        found = story.sees(1, "no_link_redundancy", "link_down")
        assert found["link_down"]["message"] == "1 link of knet is not connected: link 1 to node2."
        assert "LINK: 1 udp (198.18.7.1->198.18.7.2) enabled" in story[1].run(["corosync-cfgtool", "-n"]).stdout, "it shows the links, as advised"
        story[1].sh("ip route del blackhole 198.18.7.2/32")
        story.sees(1)
    finally:
        for node in story.made:
            node.sh(f"ip route del blackhole 198.18.7.2/32; ip address del 198.18.7.{node.nodeid}/24 dev host0", check=False)


@tells_of("file_not_loaded", nodes=2)
def a_file_that_was_not_loaded(story):
    story.add("node", "quorum_votes: 2", 1)
    found = story.sees(1, "file_not_loaded")
    assert "quorum_votes (2, loaded not set)" in found["file_not_loaded"]["message"]
    story.edit("^ *quorum_votes: 2\n", "", 1)
    story.sees(1)
    story.add("quorum", "two_node: 1")
    story.sees(1, "file_not_loaded")
    story.reload()
    story.sees(1)


@tells_of("authkey_not_loaded", nodes=2)
def a_key_that_was_not_loaded(story):
    story[1].run(["touch", "/etc/corosync/authkey"])
    story.sees(1, "authkey_not_loaded")
    story.reload()
    story.sees(1)


@tells_of("file_not_loaded", nodes=1)
def corosync_with_a_file_of_another_name(story):
    """The file that corosync reads is the one that is compared. corosync 2 reads its name from the environment, corosync 3 does not."""
    node = story[1]
    node.sh("cp /etc/corosync/corosync.conf /etc/corosync/other.conf; cp /etc/default/corosync /root/default-corosync")
    try:
        node.put("COROSYNC_OPTIONS='-c /etc/corosync/other.conf'\n", "/etc/default/corosync")
        story.restart()
        story.add("node", "quorum_votes: 9")
        story.sees(1)
        node.sh("sed -i 's/nodeid: 1/nodeid: 1\\n        quorum_votes: 3/' /etc/corosync/other.conf")
        assert "quorum_votes (3, loaded not set)" in story.sees(1, "file_not_loaded")["file_not_loaded"]["message"]
        story.reload()
        story.sees(1)
        node.put("COROSYNC_MAIN_CONFIG_FILE=/etc/corosync/other.conf\n", "/etc/default/corosync")
        story.restart()
        node.sh("echo '# newer' | tee -a /etc/corosync/corosync.conf >>/etc/corosync/other.conf")
        story.sees(1)
        story.remove("quorum_votes")
        story.sees(1, "file_not_loaded")
    finally:
        node.sh("cp /root/default-corosync /etc/default/corosync; rm /root/default-corosync")


@tells_of("config_version_differs", nodes=2, totem={"config_version": 3})
def files_of_different_versions(story):
    story.edit("config_version: 3", "config_version: 4", 1)
    story.reload()
    story.sees(1, "config_version_differs")
    story.edit("config_version: 3", "config_version: 4", 2)
    story.reload()
    story.sees(1)


# ---- what is in force


@tells_of("restart_required", nodes=2)
def a_setting_that_a_reload_does_not_change(story):
    story.add("quorum", "wait_for_all: 1")
    story.reload()
    story.sees(1, "restart_required")
    story.restart()
    story.sees(1)


@tells_of("unknown_since_reload", nodes=3, quorum={"last_man_standing": 1, "last_man_standing_window": 2000, "wait_for_all": 1})
def a_setting_that_a_reload_hides(story):
    story.reload()
    story.sees(3, "unknown_since_reload")
    story.restart()
    story.sees(3)


@tells_of("two_node_not_in_force", nodes=2, quorum={"two_node": 1, "auto_tie_breaker": 1})
def two_node_and_a_tie_breaker(story):
    found = story.sees(1, "two_node_not_in_force")
    assert found["two_node_not_in_force"]["advice"] == "auto_tie_breaker excludes it: remove one of them, and restart corosync on one node after the other."
    story.remove("auto_tie_breaker")
    story.restart()
    story.sees(1)


@tells_of("two_node_without_two_nodes", nodes=3, quorum={"two_node": 1})
def two_node_with_three_nodes(story):
    story.sees(1, "two_node_without_two_nodes")
    story.remove("two_node")
    story.reload()
    story.sees(1)


@tells_of("two_node_without_wait_for_all", nodes=2, quorum={"two_node": 1, "wait_for_all": 0})
def two_node_that_waits_for_nobody(story):
    story.sees(1, "two_node_without_wait_for_all")
    story.remove("wait_for_all")
    story.restart()
    story.sees(1)


@tells_of("tie_breaker_dropped", nodes=3, quorum={"auto_tie_breaker": 1})
def a_tie_breaker_where_there_is_no_tie(story):
    story.sees(1, "tie_breaker_dropped")
    story.remove("auto_tie_breaker")
    story.restart()
    story.sees(1)


@tells_of("tie_breaker_list_without_wait_for_all", nodes=2, quorum={"auto_tie_breaker": 1, "auto_tie_breaker_node": "1 2"})
def a_list_of_tie_breakers(story):
    story.sees(1, "tie_breaker_list_without_wait_for_all")
    story.add("quorum", "wait_for_all: 1")
    story.restart()
    story.sees(1)


@tells_of("last_man_standing_dropped", nodes=3, votes={1: 2}, quorum={"last_man_standing": 1})
def last_man_standing_with_a_node_of_two_votes(story):
    story.sees(1, "last_man_standing_dropped")
    story.remove("last_man_standing")
    story.reload()
    story.sees(1)


@tells_of(
    "last_man_standing_tie_breaker", nodes=2, quorum={"last_man_standing": 1, "auto_tie_breaker": 1, "auto_tie_breaker_node": "highest", "wait_for_all": 1}
)
def last_man_standing_and_the_highest_node(story):
    story.sees(1, "last_man_standing_tie_breaker")
    story.remove("auto_tie_breaker_node")
    story.restart()
    story.sees(1)


@tells_of("unsupported_mode", nodes=2, quorum={"allow_downscale": 1})
def a_mode_that_nobody_supports(story):
    story.sees(1, "unsupported_mode")
    story.remove("allow_downscale")
    story.restart()
    story.sees(1)


# ---- votes


@tells_of("votes_wrap", nodes=2, votes={1: 300, 2: 300})
def more_votes_than_corosync_can_count(story):
    story.sees(1, "votes_wrap")
    story.remove("quorum_votes")
    story.reload()
    story.sees(1)


@tells_of("no_votes", nodes=2, votes={1: 0, 2: 0})
def nodes_without_votes(story):
    story.sees(1, "no_votes")
    story.remove("quorum_votes")
    story.reload()
    story.sees(1)


@tells_of("expected_votes_split", nodes=4, quorum={"expected_votes": 2}, start=False)
def expected_votes_that_both_halves_have(story):
    story.start(1, 2)
    story.sees(1, "expected_votes_split")
    story.edit("expected_votes: 2", "expected_votes: 4")
    story.reload()
    story.sees(1)


@tells_of("expected_votes_low", nodes=3, quorum={"expected_votes": 2}, start=False)
def expected_votes_that_are_too_few(story):
    story.start(1, 2)
    story.sees(1, "expected_votes_low")
    story.remove("expected_votes")
    story.reload()
    story.sees(1)


@tells_of("expected_votes_unreachable", nodes=3, quorum={"expected_votes": 9})
def expected_votes_that_nobody_has(story):
    story.sees(1, "expected_votes_unreachable")
    story.edit("expected_votes: 9", "expected_votes: 3")
    story.reload()
    story.sees(1)


@tells_of("expected_votes_differ", nodes=5, quorum={"last_man_standing": 1, "last_man_standing_window": 3000}, start=False)
def members_that_expect_different_votes(story):
    """One member's window is longer. When it tells the others what it expects, they have lowered that, and it has not."""
    story.edit("last_man_standing_window: 3000", "last_man_standing_window: 600000", 3)
    for node in story.made:
        node.start_corosync()
    story.made.wait_ring()
    story[5].kill_corosync()
    story.made.wait_ring([1, 2, 3, 4])
    deadline = time.monotonic() + PATIENCE
    while "Expected votes:   4" not in story[1].run(["corosync-quorumtool", "-s"]).stdout:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    story.sees(1)
    story[4].stop_corosync()
    story.made.wait_ring([1, 2, 3])
    assert "node1 4, node2 4, node3 5" in story.sees(1, "expected_votes_differ")["expected_votes_differ"]["message"]
    story.edit("last_man_standing_window: 600000", "last_man_standing_window: 3000", 3)  # what the comparison shows
    story.reload()
    story.sees(1, "unknown_since_reload")


@tells_of("votes_differ", nodes=2)
def votes_that_were_set_at_runtime(story):
    story[1].run(["corosync-quorumtool", "-n", "2", "-v", "3"])
    story.sees(1, "votes_differ")
    story.edit("nodeid: 2$", "nodeid: 2\n        quorum_votes: 3")
    story.reload()
    story.sees(1)


# ---- nodes


@tells_of("node_id_changed", nodes=3)
def a_node_that_runs_with_its_old_id(story):
    """For some seconds it is a member; then the ring splits. It is gone for the others then, and comes back as another node when it is restarted."""
    story.edit("nodeid: 3$", "nodeid: 7")
    story.reload()
    told = program(story[1], "print(json.dumps(observe(10)))")
    assert told["members"] == [1, 2, 3], "as long as the token lasts"
    [problem] = told["problems"]
    assert (problem["id"], problem["severity"], problem["advice"]) == ("node_id_changed", "error", "Restart corosync on node3.")
    assert problem["message"].startswith("node3 runs with the node id 3, but corosync.conf now has the node id 7 for it.")
    assert told["forecast"] == {"tolerates": 0, "quorate_without": [], "as_now": {"tolerates": 0, "quorate_without": []}}
    story.sees(1)
    story.made.wait_ring([1, 2])
    story.reload(3)  # the message about the first may not have come here before the link went
    assert story.sees(3, "node_id_changed")["node_id_changed"]["advice"] == "Restart corosync on node3."
    story[3].stop_corosync()
    story[3].start_corosync()
    story.sees(3)
    assert program(story[3], "print(json.dumps(observe(10)))")["nodeid"] == 7


@tells_of("member_not_configured", nodes=3)
def a_node_that_was_taken_out(story):
    with_it = story[3].run(["cat", "/etc/corosync/corosync.conf"]).stdout
    story.edit(r"^    node {\n(?:(?!^    }).*\n)*?        nodeid: 3\n(?:(?!^    }).*\n)*^    }\n", "")
    story.reload()
    found = story.found(1)
    assert set(found) == {"member_not_configured"} and "node id was changed" in found["member_not_configured"]["advice"]
    story.sees(1)
    story.reload(3)  # the message about the first may not have come here before the link went
    assert "not in the nodelist of its own corosync.conf" in story.sees(3, "member_not_configured")["member_not_configured"]["message"]
    for node in story.made:
        node.put(with_it, "/etc/corosync/corosync.conf")
    story.reload(1)
    story.reload(3)
    story.made.wait_ring()
    story.sees(3)
    story.sees(1)


@tells_of("wait_for_all_pending", nodes=3, quorum={"wait_for_all": 1}, start=False)
def nodes_that_are_waited_for(story):
    """To cancel it helps where there are votes enough, and else does not: then expected votes are what keeps quorum away."""
    put_module_library(story[1])
    story.start(1)
    advice = story.sees(1, "wait_for_all_pending")["wait_for_all_pending"]["advice"]
    assert "corosync-quorumtool -e 1, or the module votequorum with expected_votes: 1." in advice and "Cancelling wait_for_all has no effect" in advice
    story[1].run(["corosync-cmapctl", "-s", "quorum.cancel_wait_for_all", "u8", "1"])
    time.sleep(1)
    story.sees(1, "wait_for_all_pending")
    changed = run_module(story[1], "votequorum", {"expected_votes": 1, "allow_quorum_gain": True})
    assert changed["votequorum"]["quorate"] is True
    story.sees(1, "expected_votes_split")
    story[1].stop_corosync()
    story.start(1, 2)
    assert story.sees(1, "wait_for_all_pending")["wait_for_all_pending"]["advice"].endswith("corosync-cmapctl -s quorum.cancel_wait_for_all u8 1.")
    story[1].run(["corosync-cmapctl", "-s", "quorum.cancel_wait_for_all", "u8", "1"])
    story.sees(1)
    story.made.wait_quorate(node=1)


@tells_of("membership_changing", nodes=5)
def rings_that_come_and_go(story):
    """Three nodes cannot send to the fourth, and form a new ring every second or two. What could be read is the answer, and no frozen corosync."""
    for nodeid in (1, 2, 3):
        story[nodeid].block([story[4].address])
    deadline = time.monotonic() + 60
    with ThreadPoolExecutor(max_workers=4) as pool:
        while "membership_changing" not in story.seen:
            assert time.monotonic() < deadline, story.seen
            for told in pool.map(lambda nodeid: look_of_the_starved(story[nodeid], 2), (1, 2, 3, 5)):
                assert told["seconds"] - told["starved"] < 2 + 3, told
                if told["value"] and not told["value"]["settled"]:
                    [problem] = [problem for problem in told["value"]["problems"] if problem["severity"] == "error"]
                    assert problem["id"] == "membership_changing"
                    assert told["value"]["forecast"]["as_now"] == {"tolerates": 0, "quorate_without": []}
                    story.seen.add(problem["id"])
    # A whole play, too: its task ends by its timeout, whatever the rings do.
    begun = time.monotonic()
    play(story.lab, story[1], ({"timeout": 5}, {}))
    assert time.monotonic() - begun < 40
    for nodeid in (1, 2, 3):
        story[nodeid].unblock()
    story.made.wait_ring()
    story.sees(1)


# ---- quorum device, access, the next corosync


@tells_of("qdevice_not_voting", "qdevice_not_voting_everywhere", "qdevice_disabled", nodes=2, qdevice="ffsplit", device=QUICK_DEVICE)
def a_device_without_its_daemon(story):
    story.sees(1)
    story[1].run(["systemctl", "stop", "corosync-qdevice"])
    assert story.sees(1, "qdevice_not_voting")["qdevice_not_voting"]["advice"] == "Start corosync-qdevice on this node."
    story.sees(2, "qdevice_not_voting_everywhere")
    story[1].run(["systemctl", "start", "corosync-qdevice"])
    story.sees(1)
    story.sees(2)
    for node in story.made:
        node.run(["systemctl", "stop", "corosync-qdevice"])
    story.add("quorum", "two_node: 1")
    story.reload()
    assert "qdevice_disabled" in story.found(1)
    story.seen.add("qdevice_disabled")
    story.remove("two_node")
    story.reload()
    for node in story.made:
        node.run(["systemctl", "start", "corosync-qdevice"])
    story.sees(1)


@tells_of("uidgid_can_write", nodes=1)
def a_user_who_may_connect(story):
    story[1].sh("mkdir -p /etc/corosync/uidgid.d; printf 'uidgid {\\n  uid: 65534\\n}\\n' >/etc/corosync/uidgid.d/monitor")
    story.reload()
    story.sees(1, "uidgid_can_write")
    story[1].run(["rm", "/etc/corosync/uidgid.d/monitor"])
    story.reload()
    story.sees(1)


@tells_of("next_corosync", nodes=2, totem={"crypto_cipher": None, "crypto_hash": None})
def a_cluster_without_encryption(story):
    assert "crypto_cipher: aes256 and crypto_hash: sha256 in corosync.conf on all nodes" in story.sees(1, "next_corosync")["next_corosync"]["advice"]
    story.add("totem", "crypto_cipher: aes256")
    story.add("totem", "crypto_hash: sha256")
    story.reload()
    story.made.wait_ring()
    story.sees(1)
    assert "tx_crypt_packets (u64) = 0" not in story[2].run(["corosync-cmapctl", "-m", "stats", "-g", "stats.knet.handle.tx_crypt_packets"]).stdout


@pytest.mark.parametrize("name", STORIES)
def test_the_problem_is_seen_and_its_advice_ends_it(lab, name):
    ids, wishes, tell = STORIES[name]
    try:
        story = Story(lab, lab.cluster(**wishes))
        tell(story)
        assert story.seen >= set(ids), "seen where it is"
        assert story.gone >= set(ids), "and gone when its advice was followed"
    finally:
        lab.heal()


# ---- what is healthy

LMS = {"last_man_standing": 1, "last_man_standing_window": 1000, "wait_for_all": 1}
ATB = {"auto_tie_breaker": 1}
HEALTHY = {
    "one node": {"nodes": 1},
    "three nodes": {"nodes": 3},
    "two_node": {"nodes": 2, "quorum": {"two_node": 1}},
    "wait_for_all": {"nodes": 2, "quorum": {"wait_for_all": 1}},
    "the lowest breaks a tie": {"nodes": 2, "quorum": ATB},
    "the highest breaks a tie": {"nodes": 2, "quorum": {**ATB, "auto_tie_breaker_node": "highest"}},
    "a list breaks a tie": {"nodes": 2, "quorum": {**ATB, "auto_tie_breaker_node": "2 1", "wait_for_all": 1}},
    "last man standing with a tie-breaker": {"nodes": 4, "quorum": {**LMS, **ATB}},
    "different votes": {"nodes": 3, "votes": {1: 3, 2: 0}},
    "no names": {"nodes": 2, "names": False},
    "expected votes beside the nodelist": {"nodes": 2, "quorum": {"expected_votes": 2}},
    "a device": {"nodes": 3, "qdevice": "lms", "device": QUICK_DEVICE},
}


def all_ids(made):
    return {node.nodeid: [problem["id"] for problem in program(node, "print(json.dumps(observe(10)['problems']))")] for node in made}


@pytest.mark.parametrize("name", HEALTHY)
def test_what_is_healthy_has_no_problem(cluster, name):
    made = cluster(**HEALTHY[name])
    made.wait_quorate()
    assert all_ids(made) == {node.nodeid: [] for node in made}


@pytest.mark.parametrize("transport", ["udpu", "udp"])
def test_an_old_transport_has_no_other_problem_than_its_end(cluster, transport):
    wishes = {"mcastaddr": "239.192.7.7", "mcastport": 5405, "ringnumber": 0} if transport == "udp" else {}
    made = cluster(nodes=2, totem={"transport": transport, **({"interface": wishes} if wishes else {})})
    assert all_ids(made) == {1: ["next_corosync"], 2: ["next_corosync"]}


def test_expected_votes_differ_where_they_do_and_not_where_a_node_only_was_the_last_to_tell(cluster):
    """After a return with last_man_standing, and with a device whose daemon is absent, each node tells fewer votes than it expects: of that nobody is told."""
    made = cluster(nodes=4, quorum=LMS)
    made[4].stop_corosync()
    made.wait_ring([1, 2, 3])
    deadline = time.monotonic() + PATIENCE
    while "Expected votes:   3" not in made[1].run(["corosync-quorumtool", "-s"]).stdout:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert all_ids(list(made)[:3]) == {1: [], 2: [], 3: []}
    made[4].start_corosync()
    made.wait_ring()
    value = program(made[1], "print(json.dumps(observe(10)))")
    assert {node["expected_votes"] for node in value["nodes"]} == {3, 4}, "what corosync tells of the others is old"
    assert all_ids(made) == {1: [], 2: [], 3: [], 4: []}


def test_a_device_without_its_daemon_on_any_node_is_one_problem(lab):
    made = lab.cluster(nodes=3, device={"model": "net", "votes": 1, "net": {"host": "198.51.100.1", "algorithm": "ffsplit"}})
    assert all_ids(made) == {nodeid: ["qdevice_not_voting"] for nodeid in (1, 2, 3)}
