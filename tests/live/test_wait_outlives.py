# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wait_for_quorum outlives what it waits for: faults of corosync, of nodes and of the network, begun at a moment that varies from run to run."""

import concurrent.futures
import contextlib
import ipaddress
import random
import time

from lab.corosync_conf import SLOW_TOKEN
from lab.network import controller_address
from playing import Play, events, users_ssh, wait
from pretending import pretending

ALL = ["node1", "node2", "node3"]
MEMBERS = [1, 2, 3]


def ring(node):
    """The number of the ring that a node is in."""
    for line in node.run(["corosync-quorumtool", "-s"]).stdout.splitlines():
        if line.startswith("Ring ID:"):
            return int(line.split(".")[-1], 16)
    raise AssertionError(f"{node.name} names no ring")


def some_time(longest=2.5):
    """Let the fault fall anywhere in a look, a reading, or the pause between two."""
    time.sleep(random.uniform(0, longest))


def waited(lab, faults, timeout=90, environment=None, **goal):
    """Wait on several nodes at once, and let their faults happen as soon as all the waits have begun.

    faults: {node's name: what happens to it, None for nothing}, called with {node's name: its Play}. environment: of the plays. Returns for each
    the result of a wait that ended well, with `at`: when the controller had it, and `play`: the Play.
    """
    with contextlib.ExitStack() as stack:
        plays = {node: stack.enter_context(Play(lab, [wait(timeout=timeout, **goal)], hosts=node, environment=environment)) for node in faults}
        for node, play in plays.items():
            play.until(f"wait_for_quorum: [{node}]")
        with concurrent.futures.ThreadPoolExecutor(len(faults)) as pool:
            happened = [pool.submit(lambda fault=fault: (some_time(), fault(plays))) for fault in faults.values() if fault]
            results = [satisfied(play, timeout + 10) for play in plays.values()]
            for one in happened:
                one.result()
        return results


def satisfied(play, timeout=90):
    """The result of a wait that must have ended well."""
    answer = play.result(timeout)
    assert answer.status == "ok", answer.result.get("msg")
    assert answer.result["unmet"] == []
    assert answer.result["votequorum"]["settled"]
    assert answer.result["changed"] is False
    return dict(answer.result, at=answer.at, play=play)


def test_corosync_stopped_killed_and_restarted(lab, cluster):
    made = cluster(nodes=3)
    newer = ring(made[1])
    # longer than some_time(), so that no wait is over before the last fault has begun
    goal = {"members": ALL, "ring_newer_than": newer, "stable_for": 8}

    def stopped(plays):
        made[1].stop_corosync()
        time.sleep(4)
        plays["node1"].until("Trying again")
        with pretending(made[1], "cmap", user="daemon"):  # somebody takes its place
            plays["node1"].until("not to root, so nothing was sent to it")
        made[1].start_corosync()

    def killed(plays):
        made[2].kill_corosync()
        time.sleep(3)
        plays["node2"].until("Trying again")
        made[2].start_corosync()

    def restarted_twice(_plays):
        made[3].run(["systemctl", "restart", "corosync"])
        some_time(1)
        made[3].run(["systemctl", "restart", "corosync"])

    results = waited(lab, {"node1": stopped, "node2": killed, "node3": restarted_twice}, **goal)
    for result in results:
        assert result["votequorum"]["members"] == MEMBERS
        assert result["votequorum"]["ring_id"]["seq"] > newer
    # a restart may be over between two looks, an absence that lasts until it is told of not
    for result in results[:2]:
        assert result["reconnects"] >= 1
        seen = events(result)
        assert seen[0] == "state"
        assert seen.index("corosync_unavailable") < seen.index("corosync_available")


def test_frozen_corosync_and_cut_network_and_neither(lab, cluster):
    made = cluster(nodes=3)
    newer = ring(made[1])
    controller = str(controller_address(ipaddress.ip_network(lab.recorded["subnet"])))
    thawed, healed = [], []

    def frozen(_plays):
        made[1].freeze_corosync()
        time.sleep(20)
        made[1].thaw_corosync()
        thawed.append(time.time())

    def cut(_plays):
        made[2].block([controller])
        time.sleep(30)  # it is noticed after 15 to 20
        made[2].unblock()
        healed.append(time.time())

    goal = {"members": ALL, "ring_newer_than": newer, "stable_for": 1, "connect_timeout": 2}
    with users_ssh() as environment:
        asleep, deaf, fine = waited(lab, {"node1": frozen, "node2": cut, "node3": None}, environment=environment, **goal)
    assert asleep["at"] > thawed[0]
    assert deaf["at"] > healed[0]
    assert asleep["at"] - thawed[0] < 30
    assert deaf["at"] - healed[0] < 30
    assert "corosync_unavailable" in events(asleep)
    assert "frozen" in asleep["play"].output
    assert "unreachable" in events(deaf)
    assert "reachable" in events(deaf)
    assert deaf["reconnects"] >= 1
    assert "out of reach" in deaf["play"].output
    assert fine["reconnects"] == 0
    assert [entry for entry in fine["timeline"] if entry["left"] == [1]], fine["timeline"]
    assert [entry for entry in fine["timeline"] if entry["joined"] == [1]], fine["timeline"]


def test_reboot_and_power_cut(lab, cluster):
    made = cluster(nodes=3)
    newer = ring(made[3])

    def power_cut(_plays):
        made[2].power_cut()
        time.sleep(random.uniform(3, 6))  # so that the others miss it, however busy they are
        made[2].boot()

    goal = {"members": ALL, "ring_newer_than": newer, "stable_for": 1, "timeout": 120}
    rebooted, cut, watched = waited(lab, {"node1": lambda _plays: made[1].reboot(), "node2": power_cut, "node3": None}, **goal)
    for result in (rebooted, cut):
        assert result["votequorum"]["members"] == MEMBERS
        assert result["reconnects"] >= 1
        assert {"unreachable", "reachable"} <= set(events(result)) or "corosync_unavailable" in events(result)
    assert "unreachable" in events(cut)
    assert watched["reconnects"] == 0
    assert {node for entry in watched["timeline"] for node in entry["left"]} == {1, 2}


def test_partition_that_heals(lab, cluster):
    made = cluster(nodes=3)

    def partition(plays):
        made.partition([1, 2], [3])
        made.wait_ring([1, 2])
        plays["node3"].until("quorum lost")
        plays["node1"].until("node3 left")
        some_time()
        made.heal()

    lost, kept = waited(lab, {"node3": partition, "node1": None}, members=ALL, ring_newer_than=ring(made[1]))
    assert [event for event in events(lost) if event.startswith("quorum_")] == ["quorum_lost", "quorum_gained"]
    assert lost["reconnects"] == kept["reconnects"] == 0, "a partition of the cluster is no loss of the connection"
    assert "quorum_lost" not in events(kept)
    assert [entry["left"] for entry in kept["timeline"] if entry["left"]] == [[3]]
    assert "node3 joined" in kept["play"].output


def test_restart_so_fast_that_only_the_ring_moves(lab, cluster):
    made = cluster(nodes=3, totem=SLOW_TOKEN)
    newer = ring(made[1])

    def restart(_plays):
        # Killed, so that nobody is told. Back before the others miss its token. While systemd has not seen the death, a start would do nothing.
        made[3].sh("systemctl kill -s KILL --kill-who=all corosync; while systemctl -q is-active corosync; do :; done; systemctl restart corosync")

    (result,) = waited(lab, {"node1": restart}, members=ALL, ring_newer_than=newer)
    assert result["votequorum"]["ring_id"]["seq"] > newer
    assert result["reconnects"] == 0
    assert [entry["left"] for entry in result["timeline"]] == [[]] * len(result["timeline"])
    assert "node_restarted" in events(result)


def test_node_off_from_the_start_comes_back(lab, cluster):
    made = cluster(nodes=2, quorum={"two_node": 1, "wait_for_all": 0})
    made[2].power_cut()
    with Play(lab, [wait(members=["node1", "node2"], timeout=90)], hosts="node2") as play:
        play.until("out of reach")
        some_time(1)
        made[2].boot()
        result = satisfied(play)
    assert events(result)[:2] == ["unreachable", "reachable"]
    assert result["reconnects"] >= 1
