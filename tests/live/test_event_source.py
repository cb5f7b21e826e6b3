# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source for Event-Driven Ansible on real clusters: it tells what happens, whatever one of its hosts does, and leaves nothing behind."""

import contextlib

import pytest
from patience import PATIENCE, comes_to, until
from sourcing import following

# Everything that a program might leave on a node: processes, and files in the places for what is temporary
TRACES = """
ps -eo comm,args --no-headers | grep -F sys.stdin.buffer.read | grep -v grep
find /tmp /var/tmp /dev/shm /root /run/user -xdev -newer /run/lab-traces ! -path '*/qb-*' ! -type d
true
"""


def traces(node):
    return node.sh(TRACES).stdout


@pytest.fixture(name="three")
def _three(cluster):
    nodes = cluster(nodes=3).nodes
    for node in nodes:
        node.sh("touch /run/lab-traces")
    return nodes


def test_what_happens_is_told_whatever_one_of_the_hosts_does(three):
    one, two, three_ = three
    three_.stop_corosync()
    others = [
        {"host": "nowhere", "address": "nowhere.invalid"},
        {"host": "closed", "address": one.address, "port": 1},
        {"host": "pythonless", "address": one.name, "python": "/usr/bin/python9"},
        {"host": "keyless", "address": two.name, "user": "nobody"},
    ]
    by_sudo = {"host": two.name, "become": True}
    with following([one, by_sudo, three_, *others]) as followed:
        for host, reason, text in (
            ("nowhere", "ssh", "Could not resolve hostname"),
            ("closed", "ssh", "Connection refused"),
            ("pythonless", "python", "/usr/bin/python9 cannot be run there"),
            ("keyless", "ssh", "Permission denied"),
        ):
            event = followed.first(host, "unreachable")
            assert event["reason"] == reason and text in event["msg"] and event["msg"].startswith(f"{host} cannot be followed: "), event
        for node in (one, two):
            state = followed.first(node.name, "state")
            assert (state["node"], state["cluster_name"], state["votequorum"]["members"]) == (node.name, "lab", [1, 2])
        absent = followed.first(three_.name, "corosync_unavailable")
        assert (absent["reason"], absent["votequorum"]) == ("not_running", None)

        three_.start_corosync()
        joined = followed.first(one.name, "node_joined")
        assert joined["nodes"] == [three_.name] and joined["meta"]["hosts"] == [one.name]
        assert followed.first(one.name, "reserve_back")["changed"]["tolerates"] == {"before": 0, "after": 1}
        until(lambda: followed.of(three_.name)[-1]["meta"]["cluster_hosts"] == [node.name for node in three])
        assert "split" not in {event["event"] for event in followed.events}
        assert all(traces(node) for node in three), "what is looked for is there"
    assert [comes_to("", lambda node=node: traces(node)) for node in three] == ["", "", ""]


def test_a_node_that_reboots_is_followed_again(three):
    one, two, _three_node = three
    with following([one, two]) as followed:
        followed.first(one.name, "state")
        followed.first(two.name, "state")
        two.reboot()
        two.start_corosync()
        lost = followed.first(two.name, "unreachable")
        assert lost["reason"] == "ssh" and lost["cluster_name"] == "lab"
        seen = followed.names(two.name).index("unreachable")
        followed.first(two.name, "reachable", after=seen, timeout=4 * PATIENCE)
        assert followed.first(one.name, "node_left", timeout=4 * PATIENCE)["nodes"] == [two.name]
        assert followed.first(one.name, "node_joined", timeout=4 * PATIENCE)["nodes"] == [two.name]
        assert "unreachable" not in followed.names(one.name)


def test_a_loss_of_quorum_while_nobody_follows_the_node_is_told_afterwards(three):
    one, two, three_ = three
    with following([one]) as followed:
        followed.first(one.name, "state")
        one.sh("systemctl stop ssh; pkill -f '^sshd(-session)?: ' || true")
        try:
            assert followed.first(one.name, "unreachable", timeout=4 * PATIENCE)["reason"] == "ssh"
            for node in (two, three_):
                node.stop_corosync()
        finally:
            one.run(["systemctl", "start", "ssh"])
        gap = followed.names(one.name).index("unreachable")
        lost = followed.first(one.name, "quorum_lost", after=gap, timeout=4 * PATIENCE)
        names = followed.names(one.name)[gap:]
        assert names[names.index("reachable") :][:3] == ["reachable", "state", "quorum_lost"]
        assert lost["changed"] == {"quorate": {"before": True, "after": False}} and lost["meta"]["cluster_quorate"] is False
        assert lost["votequorum"]["members"] == [1] and lost["meta"]["cluster"] == one.name


def reserve_changes(followed):
    return [event["meta"]["reserve_change"] for event in list(followed.events) if "reserve_change" in event["meta"]]


@contextlib.contextmanager
def unfollowed(followed, nodes):
    """No node can be followed meanwhile; afterwards each has told its state."""
    gaps = {}
    for node in nodes:
        node.sh("systemctl stop ssh; pkill -f '^sshd(-session)?: ' || true")
    try:
        for node in nodes:
            until(lambda node=node: followed.names(node.name)[-1] == "unreachable", 4 * PATIENCE)
            gaps[node.name] = len(followed.names(node.name))
        yield
    finally:
        for node in nodes:
            node.run(["systemctl", "start", "ssh"])
    for node in nodes:
        until(lambda node=node: set(followed.names(node.name)[gaps[node.name] :]) & {"state", "corosync_unavailable"}, 4 * PATIENCE)


def test_the_reserve_is_told_once_for_the_cluster_and_after_a_gap_only_if_it_has_changed(three):
    with following(three) as followed:
        for node in three:
            followed.first(node.name, "state")
        three[2].stop_corosync()
        for node in three[:2]:
            followed.first(node.name, "reserve_lost")
        assert reserve_changes(followed) == ["lost"]
        with unfollowed(followed, three):
            pass
        assert reserve_changes(followed) == ["lost"]
        with unfollowed(followed, three):
            three[2].start_corosync()
            until(lambda: "Total votes:      3" in three[0].sh("corosync-quorumtool -s", check=False).stdout)
        assert comes_to(["lost", "back"], lambda: reserve_changes(followed)) == ["lost", "back"]
        assert followed.names(three[0].name)[-2:] == ["state", "reserve_back"]


def test_a_node_that_restarts_before_the_others_notice_is_no_cluster_without_quorum(three):
    with following(three) as followed:
        for node in three:
            followed.first(node.name, "state")
        three[2].kill_corosync()
        three[2].start_corosync()
        followed.first(three[2].name, "corosync_available")
        until(lambda: followed.of(three[2].name)[-1]["votequorum"] and followed.of(three[2].name)[-1]["votequorum"]["members"] == [1, 2, 3])
        until(lambda: followed.of(three[0].name)[-1]["votequorum"]["members"] == [1, 2, 3])
        lost = followed.named("quorum_lost")
        assert {event["meta"]["hosts"][0] for event in lost} <= {three[2].name} and all(event["meta"]["cluster_quorate"] for event in lost), lost


def test_a_program_that_hangs_while_its_connection_lives_is_started_again(three):
    one, two, _three_node = three
    program = "sys[.]stdin[.]buffer[.]read"
    with following([one, two]) as followed:
        for node in (one, two):
            followed.first(node.name, "state")
        one.run(["pkill", "-STOP", "-f", program])
        lost = followed.first(one.name, "unreachable", timeout=4 * PATIENCE)
        assert lost["reason"] == "timeout" and "not even the empty line" in lost["msg"]
        followed.first(one.name, "state", after=followed.names(one.name).index("unreachable"))
        assert followed.names(two.name) == ["state"], "a quiet program that does not hang is left alone"
        one.run(["pkill", "-CONT", "-f", program])
    assert [comes_to("", lambda node=node: traces(node)) for node in (one, two)] == ["", ""]


def test_a_corosync_that_is_frozen_from_the_beginning_is_told_of_with_any_timeout(three):
    one = three[0]
    one.freeze_corosync()
    with following([one], timeout=1) as followed:
        away = followed.first(one.name, "corosync_unavailable", timeout=4 * PATIENCE)
        assert away["reason"] == "timeout" and "unreachable" not in followed.names(one.name)
        one.thaw_corosync()
        followed.first(one.name, "state", timeout=4 * PATIENCE)


def test_a_split_is_told_with_who_sees_whom_and_ends(three):
    names = [node.name for node in three]
    with following(three) as followed:
        for name in names:
            followed.first(name, "state")
        three[2].block([node.address for node in three[:2]])
        for node in three[:2]:
            node.block([three[2].address])
        until(lambda: followed.named("split"))
        split = followed.named("split")[0]
        assert split["meta"]["hosts"] == names and split["cluster_name"] == "lab"
        assert [(part["seen_by"], part["quorate"]) for part in split["partitions"]] == [(names[:2], True), (names[2:], False)]
        for node in three:
            node.unblock()
        until(lambda: followed.named("split_ended"))
        assert len(followed.named("split")) == 1


def test_the_end_of_a_split_is_told_when_the_node_that_was_fenced_is_back(three):
    one, two, three_ = three
    with following(three) as followed:
        for node in three:
            followed.first(node.name, "state")
        three_.block([one.address, two.address])
        for node in (one, two):
            node.block([three_.address])
        until(lambda: followed.named("split"))
        three_.kill_corosync()
        followed.first(three_.name, "corosync_unavailable")
        for node in three:
            node.unblock()
        assert not followed.named("split_ended")
        three_.start_corosync()
        until(lambda: followed.named("split_ended"))
        assert len(followed.named("split")) == len(followed.named("split_ended")) == 1
