# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the forecast says before nodes are lost, and what corosync says after, on real clusters.

For each configuration every single node and every pair of nodes is lost: crashed at once, and stopped one after the other. Each time a
member's value is read, the forecast is made from it, the loss is carried out, and every survivor is asked. Then the lost come back.
All pairs take half an hour; unless QUORUM_EVERY_LOSS is set, as by `make truth`, one pair is lost in each of the usual configurations.
"""

import itertools
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from looking import program

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import forecast
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.partitions import partitions

WINDOW = 1500  # ms of last_man_standing's window where it is to elapse
EVERY_LOSS = bool(os.environ.get("QUORUM_EVERY_LOSS"))
DEVICE = 40  # s until a quorum device has answered the survivors, whose processes are not corosync's and wait for the machine
QUICK = {"token": 1000, "consensus": 1200}

CONFIGURATIONS = {
    "three nodes": {"nodes": 3},
    "four nodes": {"nodes": 4},
    "five nodes": {"nodes": 5},
    "one node with two votes": {"nodes": 3, "votes": {1: 2}},
    "one node without a vote": {"nodes": 4, "votes": {4: 0}},
    "expected_votes below the nodes": {"nodes": 3, "quorum": {"expected_votes": 2}},
    "expected_votes above the nodes": {"nodes": 4, "quorum": {"expected_votes": 5}},
    "two_node with three nodes": {"nodes": 3, "quorum": {"two_node": 1}},
    "wait_for_all": {"nodes": 3, "quorum": {"wait_for_all": 1}},
    "last_man_standing": {"nodes": 4, "quorum": {"last_man_standing": 1, "last_man_standing_window": WINDOW}},
    "last_man_standing, tie-breaker highest": {
        "nodes": 4,
        "quorum": {"last_man_standing": 1, "last_man_standing_window": WINDOW, "auto_tie_breaker": 1, "auto_tie_breaker_node": "highest"},
    },
    "tie-breaker lowest": {"nodes": 4, "quorum": {"auto_tie_breaker": 1}},
    "tie-breaker list": {"nodes": 4, "quorum": {"auto_tie_breaker": 1, "auto_tie_breaker_node": "3 2", "wait_for_all": 1}},
    "tie-breaker with an odd number": {"nodes": 3, "quorum": {"auto_tie_breaker": 1, "wait_for_all": 1}},
    "allow_downscale": {"nodes": 4, "quorum": {"allow_downscale": 1}},
    "eight bits": {"nodes": 3, "votes": {1: 170, 2: 170, 3: 170}},
    "seven nodes": {"nodes": 7},
    "quorum device, ffsplit": {"nodes": 4, "qdevice": "ffsplit"},
    "quorum device, lms": {"nodes": 3, "qdevice": "lms"},
}
# One for each option of votequorum. The others have other numbers, which corosync's simulator has as well (tests/truth).
USUAL = (
    *("four nodes", "one node with two votes", "wait_for_all", "last_man_standing, tie-breaker highest", "tie-breaker list", "allow_downscale"),
    *("quorum device, ffsplit", "quorum device, lms"),
)


def value_on(node):
    return program(node, "print(json.dumps(observe(20)))")


def at_once(nodes, what):
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        return list(pool.map(what, nodes))


class Trial:
    """One configuration, on which losses are foretold, carried out and compared."""

    def __init__(self, made, window, device):
        self.made, self.window, self.device = made, window, device
        self.wrong, self.asked = [], 0

        if device:  # or systemd would start the device's daemon again after a crash, and corosync with it
            for node in made:
                node.put("[Service]\nRestart=no\n", "/run/systemd/system/corosync-qdevice.service.d/no-restart.conf")
                node.run(["systemctl", "daemon-reload"])

    def crash(self, *lost):
        before = self._value(lost)
        at_once([self.made[nodeid] for nodeid in lost], lambda node: node.kill_corosync())
        self._compare(before, [list(lost)], "crash", lost)

    def stop_one_after_the_other(self, *lost):
        before = self._value(lost)
        for number, nodeid in enumerate(lost, start=1):
            self.made[nodeid].stop_corosync()
            self._compare(before, [[each] for each in lost[:number]], "leave", lost[:number])

    def everybody_back(self, lost):
        def start(node):
            node.start_corosync()
            if self.device:
                node.run(["systemctl", "start", "corosync-qdevice"], timeout=60)

        at_once([self.made[nodeid] for nodeid in lost], start)
        self.made.wait_ring()
        self.made.wait_quorate()
        if self.device:
            self.made.wait_qdevice_votes()

    def _value(self, lost):
        """Asked in turn of a node that goes and of one that stays."""
        self.asked += 1
        stays = [node.nodeid for node in self.made if node.nodeid not in lost]
        return value_on(self.made[lost[0] if self.asked % 2 else stays[-1]])

    def _compare(self, before, steps, how, lost):
        stay = [node for node in self.made if node.nodeid not in lost]
        self.made.wait_ring(stay)
        if self.window:
            time.sleep(WINDOW / 1000 + 0.5)
        foretold = forecast(before, steps, how=how, lms_window=self.window)
        deadline = time.monotonic() + (DEVICE if self.device else 0)
        after = at_once(stay, value_on)
        while not _came_true(foretold, after) and time.monotonic() < deadline:
            after = at_once(stay, value_on)
        if not _came_true(foretold, after):
            seen = {(value["total_votes"], value["quorum"], value["expected_votes"]) for value in after}
            quorate = [value["quorate"] for value in after]
            self.wrong.append(f"{how} {steps} asked of {before['nodeid']}: foretold {json.dumps(foretold)}; seen {sorted(seen)}, quorate {quorate}")


def _came_true(foretold, after):
    """Whether what was foretold is what all survivors say."""
    seen = {(value["total_votes"], value["quorum"], value["expected_votes"]) for value in after}
    said = (foretold["total_votes"], foretold["quorum"], foretold["expected_votes"])
    return foretold["quorate"] == all(value["quorate"] for value in after) and said in seen and foretold["members"] == after[0]["members"]


@pytest.mark.parametrize("name", CONFIGURATIONS if EVERY_LOSS else USUAL)
def test_every_loss_of_one_and_two_nodes_comes_true(cluster, name):
    wishes = CONFIGURATIONS[name]
    made = cluster(**dict(wishes, totem=QUICK))
    made.wait_quorate()
    trial = Trial(made, "last_man_standing" in wishes.get("quorum", {}), wishes.get("qdevice"))
    nodeids = [node.nodeid for node in made]
    for nodeid in nodeids:
        trial.crash(nodeid)
        trial.everybody_back([nodeid])
    # Of seven nodes all pairs would be 42 rounds that differ in nothing: some will do.
    pairs = list(itertools.combinations(nodeids, 2))
    chosen = pairs if len(nodeids) < 6 else pairs[::5]
    if not EVERY_LOSS:
        one = sorted(CONFIGURATIONS).index(name) % len(chosen)
        chosen = chosen[one : one + 1]
    for number, pair in enumerate(chosen):
        if len(nodeids) > 2:
            trial.crash(*pair)
            trial.everybody_back(pair)
            stopped = pair if number % 2 else pair[::-1]
            trial.stop_one_after_the_other(*stopped)
            trial.everybody_back(stopped)
    assert not trial.wrong, "\n".join(trial.wrong)


def test_two_nodes(cluster):
    made = cluster(nodes=2, quorum={"two_node": 1}, totem=QUICK)
    made.wait_quorate()
    trial = Trial(made, False, None)
    for nodeid in (1, 2):
        trial.crash(nodeid)
        trial.everybody_back([nodeid])
        trial.stop_one_after_the_other(nodeid)
        trial.everybody_back([nodeid])
    assert not trial.wrong, "\n".join(trial.wrong)


def test_wait_for_all_arms_again_when_quorum_is_lost(cluster):
    """What the simulator forgets: the survivors of a lost majority wait for everybody, even once a majority is back."""
    made = cluster(nodes=5, quorum={"wait_for_all": 1}, totem=QUICK)
    made.wait_quorate()
    at_once([made[nodeid] for nodeid in (3, 4, 5)], lambda node: node.kill_corosync())
    made.wait_ring([1, 2])
    assert [value_on(made[nodeid])["wait_for_all"]["pending"] for nodeid in (1, 2)] == [True, True]
    made[3].start_corosync()
    made.wait_ring([1, 2, 3])
    values = [value_on(made[nodeid]) for nodeid in (1, 2, 3)]
    assert [(value["quorate"], value["total_votes"], value["quorum"]) for value in values] == [(False, 3, 3)] * 3
    assert forecast(values[0], ["node3"])["reason"].find("wait_for_all holds quorum back") > 0
    at_once([made[nodeid] for nodeid in (4, 5)], lambda node: node.start_corosync())
    made.wait_ring()
    made.wait_quorate()


def test_a_quorum_device_that_is_lost_first(cluster):
    made = cluster(nodes=4, qdevice="ffsplit", totem=QUICK)
    made.wait_quorate()
    Trial(made, False, "ffsplit")
    before = value_on(made[1])
    made.stop_qnetd()
    made.wait_qdevice_votes(False)
    for lost in ([3], [3, 4]):
        foretold = forecast(before, lost, qdevice="lost")
        made[lost[-1]].kill_corosync()
        stay = [node for node in made if node.nodeid not in lost]
        made.wait_ring(stay)
        assert {value_on(node)["quorate"] for node in stay} == {foretold["quorate"]}, foretold


def test_three_and_two_are_two_partitions_of_which_one_is_quorate(cluster):
    made = cluster(nodes=5, totem=QUICK)
    made.wait_quorate()
    made.partition([1, 2, 3], [4, 5])
    made.wait_ring([1, 2, 3])
    made.wait_ring([4, 5])
    seen = partitions({node.name: {"votequorum": value_on(node)} for node in made})
    assert not seen["split"] and not seen["agreed"]
    assert [(part["names"], part["quorate"], part["seen_by"]) for part in seen["partitions"]] == [
        (["node1", "node2", "node3"], True, ["node1", "node2", "node3"]),
        (["node4", "node5"], False, ["node4", "node5"]),
    ]


def test_two_nodes_that_do_not_wait_for_all_are_a_split_brain(cluster):
    made = cluster(nodes=2, quorum={"two_node": 1, "wait_for_all": 0}, totem=QUICK)
    made.wait_quorate()
    whole = partitions({node.name: {"votequorum": value_on(node)} for node in made})
    assert whole["agreed"] and not whole["split"]
    made.partition([1], [2])
    made.wait_ring([1])
    made.wait_ring([2])
    seen = partitions({node.name: {"votequorum": value_on(node)} for node in made})
    assert seen["split"] and not seen["agreed"]
    assert [(part["members"], part["quorate"]) for part in seen["partitions"]] == [([1], True), ([2], True)]
