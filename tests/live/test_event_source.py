# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source for Event-Driven Ansible on real clusters: it tells what happens, whatever one of its hosts does, and leaves nothing behind."""

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
