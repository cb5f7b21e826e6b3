# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quorum device's half of the binding, on a real cluster with a `quorum.device` section: Python is the device."""

import pytest
from lab import corosync_conf
from looking import Background, look, program

from ansible_collections.corosync.quorum.plugins.filter.forecast import forecast

DEVICE = {"model": "net", "votes": 1, "timeout": 6000, "sync_timeout": 3000, "net": {"host": "127.0.0.1", "algorithm": "ffsplit"}}


@pytest.fixture(scope="module", name="two")
def _two(lab):
    yield lab.cluster(nodes=2, device=DEVICE)
    lab.heal()


LIFE = """
lane = Lane(Deadline(100))
answers = {}
def device():
    return observe(5)["qdevice"]
with Votequorum(lane) as votequorum:
    votequorum.trackstart()
    ring = [event.ring_id for event in votequorum.dispatch() if isinstance(event, NodelistEvent)][-1]
    answers["configured"] = device()
    answers["poll before"] = tried(votequorum.qdevice_poll, "python", True, ring)
    votequorum.qdevice_register("python")
    votequorum.qdevice_register("python")
    answers["another"] = tried(votequorum.qdevice_register, "other")
    answers["registered"] = device()
    votequorum.qdevice_poll("python", True, ring)
    answers["voting"] = device()
    answers["votes"] = votequorum.getinfo().total_votes
    answers["stale"] = [tried(votequorum.qdevice_poll, "python", True, stale) for stale in (
        RingId(ring.nodeid, ring.seq - 1), RingId(ring.nodeid, ring.seq + 4), RingId(ring.nodeid + 1, ring.seq), RingId(0, 0))]
    votequorum.qdevice_poll("python", False, ring)
    answers["not voting"] = device()
    answers["votes then"] = votequorum.getinfo().total_votes
    answers["wrong name"] = [tried(votequorum.qdevice_poll, "other", True, ring), tried(votequorum.qdevice_update, "other", "new"),
                             tried(votequorum.qdevice_unregister, "other"), tried(votequorum.qdevice_master_wins, "other", True)]
    votequorum.qdevice_update("python", "renamed")  # returning means queued
    while votequorum.getinfo().qdevice_name != "renamed" and not lane.deadline.expired():
        time.sleep(0.01)
    votequorum.qdevice_master_wins("renamed", True)
    answers["renamed"] = device()
    votequorum.qdevice_master_wins("renamed", False)
    votequorum.qdevice_poll("renamed", True, ring)
    start = time.monotonic()
    while device()["alive"] and time.monotonic() - start < 20:
        time.sleep(0.2)
    answers["silent"] = device()
    answers["silent after"] = time.monotonic() - start
    votequorum.qdevice_unregister("renamed")
    answers["gone"] = device()
    answers["gone twice"] = tried(votequorum.qdevice_unregister, "renamed")
lane.close()
print(json.dumps(answers))
"""


def shape(name, registered=False, alive=False, cast_vote=False, master_wins=False):
    return {"name": name, "votes": 1, "registered": registered, "alive": alive, "cast_vote": cast_vote, "master_wins": master_wins}


def test_the_life_of_a_device(two):
    told = program(two[1], LIFE)
    assert told["configured"]["registered"] is False and told["configured"]["votes"] == 1
    assert told["poll before"]["error"] == "DoesNotExist"
    assert told["another"]["error"] == "AlreadyExists" and "a device of another name is registered" in told["another"]["message"]
    assert told["registered"] == shape("python", registered=True)
    assert told["voting"] == shape("python", registered=True, alive=True, cast_vote=True)
    assert (told["votes"], told["votes then"]) == (3, 2)
    assert [stale["error"] for stale in told["stale"]] == ["MessageError"] * 4
    assert "take it from the newest node list notification" in told["stale"][0]["message"]
    assert told["not voting"] == shape("python", registered=True, alive=True)
    assert [wrong["error"] for wrong in told["wrong name"]] == ["InvalidParameter"] * 4
    assert told["renamed"] == shape("renamed", registered=True, alive=True, master_wins=True)
    assert told["silent"] == shape("renamed", registered=True), "a device that does not poll is dead after its timeout"
    assert 5 < told["silent after"] < 20
    assert told["gone"]["registered"] is False
    assert told["gone twice"]["error"] == "DoesNotExist"


POLL = """
# Votes on, each time with the ring of the newest node list notification, while its file is there. A ring may be over before its notification is read.
lane = Lane(Deadline(200))
rings, stale, polls = [], [], set()
def on_nodelist(event):
    if rings:
        stale.append(tried(votequorum.qdevice_poll, "python", True, rings[-1])["error"])
    rings.append(event.ring_id)
    polls.add(tried(votequorum.qdevice_poll, "python", True, event.ring_id)["error"])
votequorum = Votequorum(lane, on_nodelist=on_nodelist)
votequorum.initialize()
votequorum.qdevice_register("python")
votequorum.qdevice_master_wins("python", "master wins" in sys.argv)
votequorum.trackstart()
votequorum.dispatch()
open("/run/polling", "w").close()
while os.path.exists("/run/polling"):
    select.select([votequorum.fd_get()], [], [], 0.2)
    votequorum.dispatch()
    polls.add(tried(votequorum.qdevice_poll, "python", True, rings[-1])["error"])
votequorum.qdevice_unregister("python")
votequorum.finalize()
lane.close()
print(json.dumps({"rings": rings, "stale": stale, "polls": sorted(polls, key=str)}))
"""


def test_the_ring_id_of_the_callback_is_that_of_the_poll_through_membership_changes(two):
    try:
        with Background(two[1], POLL, "/run/polling") as device:
            before = look(two[1], 5)["value"]
            two[2].stop_corosync()
            two.wait_ring([1])
            alone = look(two[1], 10)["value"]
            two[2].start_corosync()
            two.wait_ring()
            again = look(two[1], 10)["value"]
            peer = look(two[2], 10)["value"]
    finally:
        two[2].start_corosync()
    assert (before["total_votes"], before["quorate"], before["qdevice"]["cast_vote"]) == (3, True, True)
    assert (alone["total_votes"], alone["quorate"], alone["members"], alone["settled"]) == (2, True, [1], True), "one node and the device are quorate"
    assert (again["members"], again["settled"]) == ([1, 2], True)
    rings = device.answer["rings"]
    assert [ring[1] for ring in rings] == sorted({ring[1] for ring in rings}) and len(rings) >= 3
    assert again["ring_id"] == {"nodeid": rings[-1][0], "seq": rings[-1][1]}
    assert set(device.answer["stale"]) == {"MessageError"}, "the ring before is refused"
    assert None in device.answer["polls"] and set(device.answer["polls"]) <= {None, "MessageError"}
    # the peer has no device of its own, but sees that node 1 has one
    flags = {node["nodeid"]: node["qdevice"] for node in peer["nodes"]}
    assert flags[1]["cast_vote"] is True
    assert flags[2] is None or flags[2]["registered"] is False


DO = """
# What some of the functions answer; a device's name stays known when the process has gone that registered it.
with Votequorum(Lane(Deadline(30))) as votequorum:
    print(json.dumps([tried(getattr(votequorum, words[0]), *words[1:])["error"] for words in (one.split() for one in sys.argv[1:])]))
"""
NAME = """
# The name of node 1's device, as soon as it is the one that is asked for
lane = Lane(Deadline(30))
with Votequorum(lane) as votequorum:
    while votequorum.getinfo(1).qdevice_name != sys.argv[1] and not lane.deadline.expired():
        time.sleep(0.02)
    print(json.dumps(votequorum.getinfo(1).qdevice_name))
"""


def test_the_whole_cluster_has_one_name_for_its_devices(two):
    try:
        assert program(two[1], DO, "qdevice_register python", "qdevice_register other") == [None, "AlreadyExists"]
        assert program(two[2], NAME, "python") == "python"
        assert program(two[2], DO, "qdevice_register other") == ["AlreadyExists"], "the other node's device counts as well"
        assert program(two[2], DO, "qdevice_register python") == [None]
        assert program(two[1], DO, "qdevice_update python renamed") == [None]
        assert program(two[2], NAME, "renamed") == "renamed"
        gone = program(two[2], DO, "qdevice_unregister python", "qdevice_unregister renamed", "qdevice_unregister renamed")
        assert gone == ["InvalidParameter", None, "DoesNotExist"]
    finally:
        program(two[1], DO, "qdevice_unregister python", "qdevice_unregister renamed")


def test_a_device_that_is_none_yet(two):
    """What polls, renames, is to win or goes without being registered."""
    told = program(
        two[2],
        """
with Votequorum(Lane(Deadline(30))) as votequorum:
    print(json.dumps([tried(votequorum.qdevice_poll, "python", True, RingId(1, 1)), tried(votequorum.qdevice_update, "python", "new"),
                      tried(votequorum.qdevice_master_wins, "python", True), tried(votequorum.qdevice_unregister, "python")]))
""",
    )
    assert [one["error"] for one in told] == ["DoesNotExist"] * 4


def test_master_wins_keeps_a_node_quorate_that_has_too_few_votes(cluster):
    """And the forecast says so before, and that nothing of it is left once the device gives it up."""
    made = cluster(nodes=3, device=DEVICE)
    with Background(made[1], POLL, "/run/polling", "master wins"):
        whole = look(made[1], 10)["value"]
        foretold = forecast(whole, ["node2", "node3"])
        for nodeid in (2, 3):
            made[nodeid].kill_corosync()
        made.wait_ring([1])
        alone = look(made[1], 20)["value"]
    after = look(made[1], 10)["value"]
    assert whole["qdevice"]["master_wins"] is True and foretold["reason"].endswith("below quorum 3: the quorum device's master_wins keeps quorum.")
    assert (foretold["quorate"], foretold["total_votes"], foretold["quorum"]) == (True, 2, 3)
    assert (alone["quorate"], alone["total_votes"], alone["quorum"], alone["members"]) == (True, 2, 3, [1])
    assert (after["quorate"], after["total_votes"]) == (False, 1)


def test_a_device_that_the_configuration_disables(cluster):
    """With last_man_standing corosync does not start; with one that was reloaded it goes on and takes no device (exec/votequorum.c)."""
    node = cluster(nodes=1, quorum={"last_man_standing": 1})[1]
    node.put(corosync_conf.render({1: node.address}, quorum={"last_man_standing": 1}, device=DEVICE), "/etc/corosync/corosync.conf")
    node.run(["corosync-cfgtool", "-R"])
    told = program(
        node,
        """
lane = Lane(Deadline(60))
with Votequorum(lane) as votequorum:
    deadline = time.monotonic() + 20
    told = {"error": None}
    while told["error"] is None and time.monotonic() < deadline:  # a reload takes a moment
        told = tried(votequorum.qdevice_register, "python")
    others = [tried(votequorum.qdevice_poll, "python", True, RingId(1, 1)), tried(votequorum.qdevice_master_wins, "python", True),
              tried(votequorum.qdevice_update, "python", "new"), tried(votequorum.qdevice_unregister, "python")]
lane.close()
print(json.dumps([told] + others))
""",
    )
    assert (told[0]["error"], told[0]["reason"]) == ("DeviceDisabled", None) and "does not let a quorum device take part" in told[0]["message"]
    assert [one["error"] for one in told[1:]] == ["DeviceDisabled", "DeviceDisabled", "DoesNotExist", "DoesNotExist"]
