# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program `corosync-quorum` on real nodes: what `check` and `metrics` make of each fault that a cluster can have."""

import json
import shutil
import time

import pytest
from alerts.accepting import parsed, refused
from installing import install, say
from linking import add_second_link, give_second_addresses, remove_second_link
from looking import look
from patience import until

OK, WARNING, CRITICAL, UNKNOWN = range(4)
NODE_3_IS_AWAY = (1, (), WARNING, "QUORUM WARNING - no node may fail; quorate, 2 of 3 votes, 2 needed; missing: node3 | votes=2;;2:;0")


@pytest.fixture(scope="module", name="made")
def _made(lab):
    """Three nodes with two links and the program. Each test gives them back in order, see `restored`."""
    made = lab.cluster(nodes=3, start=False)
    try:
        add_second_link(made)
        install(made)
        made[1].sh("id plain 2>/dev/null || useradd --create-home --shell /bin/sh plain")
        restored(made)
        yield made
    finally:
        lab.heal()
        remove_second_link(made)


def restored(made):
    """Return when every node says that nothing is wrong."""
    made.heal()
    give_second_addresses(made)
    for node in made:
        node.sh("systemctl reset-failed corosync; systemctl start corosync", timeout=120)
    for node in made:
        comes_to_say(node, ["--links"], OK, "QUORUM OK - quorate, 3 of 3 votes, 2 needed | votes=3;;2:;0 ")


def comes_to_say(node, options, code, words, user=None):
    """Return when the check says so on a node. AssertionError with what it says otherwise."""
    said = []

    def true():
        done = say(node, "check", *options, user=user)
        said[:] = [done.returncode, done.stdout]
        return done.returncode == code and words in done.stdout and done.stdout.count("\n") == 1 and done.stderr == ""

    try:
        until(true, 60)
    except AssertionError as exc:
        raise AssertionError(f"{node.name} says {said}") from exc


def metrics(node, *options, user=None):
    """What `metrics` says on a node, by name and labels, once everybody has taken it who has to."""
    done = say(node, "metrics", *options, user=user)
    assert (done.returncode, done.stderr) == (0, "")
    if shutil.which("promtool"):  # the stage of the alerting rules says where it is not there
        assert refused(done.stdout) == ""
    return parsed(done.stdout)


def cut_in_two(made):
    for node in made:
        others = made[1], made[2]
        node.block([f"198.18.7.{other.nodeid}" for other in ([made[3]] if node in others else others)])
    made.partition([1, 2], [3])


# What is done to a cluster of three, and what nodes say then: node, options, exit code, words
FAULTS = {
    "clean stop": (lambda made: made[3].stop_corosync(), [NODE_3_IS_AWAY, (3, (), CRITICAL, "QUORUM CRITICAL - corosync is not running on this node")]),
    "crash": (lambda made: made[3].kill_corosync(), [NODE_3_IS_AWAY, (3, (), CRITICAL, "QUORUM CRITICAL - corosync is not running on this node")]),
    "freeze": (
        lambda made: made[3].freeze_corosync(),
        [NODE_3_IS_AWAY, (3, ("--timeout", "1"), CRITICAL, "QUORUM CRITICAL - corosync did not answer ")],
    ),
    "power cut": (lambda made: made[3].power_cut(), [NODE_3_IS_AWAY, (1, ("--tolerates", "0"), OK, "QUORUM OK - quorate, 2 of 3 votes")]),
    "reboot": (lambda made: made[3].reboot(), [(nodeid, (), OK, "QUORUM OK - quorate, 3 of 3 votes") for nodeid in (1, 3)]),
    "slow link": (lambda made: made[3].slow_link("1mbit"), [(3, (), OK, "QUORUM OK - quorate, 3 of 3 votes")]),
    "partition": (cut_in_two, [NODE_3_IS_AWAY, (3, (), CRITICAL, "QUORUM CRITICAL - NOT quorate, 1 of 3 votes, 2 needed; missing: node1, node2 |")]),
    "link down": (
        lambda made: made[1].block(["198.18.7.2"]),
        [(1, ("--links",), WARNING, "QUORUM WARNING - link 1 to node2 not connected; quorate, 3 of 3 votes"), (1, (), OK, "QUORUM OK - quorate, 3 of 3 votes")],
    ),
    "full /dev/shm": (lambda made: made[1].fill_dev_shm(), [(1, (), UNKNOWN, "QUORUM UNKNOWN - /dev/shm is full on this node")]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_check_knows_each_fault(made, fault):
    happens, expected = FAULTS[fault]
    happens(made)
    try:
        for nodeid, options, code, words in expected:
            comes_to_say(made[nodeid], options, code, words)
            found = metrics(made[nodeid], "--timeout", "2")
            assert found["corosync_quorum_up", ()] == ("votes" in words), "it was read where the line says votes"
            if found["corosync_quorum_up", ()]:
                assert found["corosync_quorum_quorate", ()] == (code != CRITICAL)
    finally:
        restored(made)


def test_a_frozen_corosync_costs_no_more_than_the_deadline(made):
    made[3].freeze_corosync()
    try:
        began = time.monotonic()
        done = say(made[3], "check", "--timeout", "2")
        assert done.returncode == CRITICAL and time.monotonic() - began < 12, "a busy machine may take some seconds"
        down = metrics(made[3], "--timeout", "0.5")
        assert down["corosync_quorum_down_info", (("reason", "timeout"),)] == 1
        assert time.time() - down["corosync_quorum_reading_timestamp_seconds", ()] < 60
        assert say(made[3], "status", "--timeout", "0.5").returncode == 1
    finally:
        restored(made)


def test_a_user_whom_corosync_does_not_accept_finds_out_nothing_and_is_told_so(made):
    comes_to_say(made[1], [], UNKNOWN, "QUORUM UNKNOWN - corosync does not accept this user", user="plain")
    assert metrics(made[1], user="plain")["corosync_quorum_down_info", (("reason", "not_allowed"),)] == 1
    told = say(made[1], "status", "--json", user="plain")
    assert told.returncode == 1 and json.loads(told.stdout)["reason"] == "not_allowed"


def test_status_has_the_words_and_the_value_of_votequorum_info(made):
    done = say(made[2], "status", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["available"], told["quorate"]) == (0, True, True)
    assert dict(told["votequorum"], read_at=None) == look(made[2], 5)["value"]
    assert "quorum    quorate, 3 of 3 votes, 2 needed" in say(made[2], "status").stdout.splitlines()


def test_the_numbers_of_a_healthy_cluster(made):
    found = metrics(made[2])
    alone = {name[len("corosync_quorum_") :]: number for (name, labels), number in found.items() if not labels}
    ring, read_at = alone.pop("ring_sequence"), alone.pop("reading_timestamp_seconds")
    assert ring == look(made[2], 5)["value"]["ring_id"]["seq"] and abs(time.time() - read_at) < 60 and 0 <= alone.pop("reading_age_seconds") < 10
    assert alone == {
        "up": 1,
        "quorate": 1,
        "votes": 3,
        "expected_votes": 3,
        "needed_votes": 2,
        "reserve_nodes": 1,
        "members": 3,
        "configured_nodes": 3,
        "qdevice_configured": 0,
        "qdevice_alive": 0,
        "qdevice_votes": 0,
        "wait_for_all_pending": 0,
    }
    assert found["corosync_quorum_info", (("cluster_name", "lab"), ("node", "node2"), ("nodeid", "2"))] == 1
    links = {dict(labels)["node"] + dict(labels)["link"]: number for (name, labels), number in found.items() if name == "corosync_quorum_link_connected"}
    assert links == {"node10": 1, "node11": 1, "node30": 1, "node31": 1}


def test_a_quorum_device_that_is_lost(cluster):
    made = cluster(nodes=2, qdevice="ffsplit")
    install([made[1]])
    comes_to_say(made[1], [], OK, "QUORUM OK - quorate, 3 of 3 votes, 2 needed |")
    assert metrics(made[1])["corosync_quorum_qdevice_votes", ()] == 1
    made.stop_qnetd()
    comes_to_say(made[1], [], WARNING, "QUORUM WARNING - no node may fail; the quorum device gives this node no vote; quorate, 2 of 3 votes")
    lost = metrics(made[1])
    assert [lost[f"corosync_quorum_qdevice_{name}", ()] for name in ("configured", "alive", "votes")] == [1, 1, 0]
    made[1].run(["systemctl", "stop", "corosync-qdevice"])
    comes_to_say(made[1], ["--tolerates", "0"], WARNING, "QUORUM WARNING - the quorum device is not registered on this node; quorate, 2 of 3 votes")
    assert metrics(made[1])["corosync_quorum_qdevice_alive", ()] == 0


def test_a_corosync_without_votequorum(cluster):
    made = cluster(nodes=1, quorum=False)
    install(made)
    comes_to_say(made[1], [], UNKNOWN, "QUORUM UNKNOWN - corosync runs on this node without votequorum")
    assert metrics(made[1])["corosync_quorum_down_info", (("reason", "not_configured"),)] == 1
