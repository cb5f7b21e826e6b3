# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real quorum device, qnetd on a machine of its own: what is read of it, waited for and foretold, while it is lost in each of its ways.

What the forecast says before is carried out each time, and every node that stays is asked.
"""

import functools
import json
import re
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from looking import program
from playing import Play, events, wait

from ansible_collections.corosync.quorum.plugins.filter.forecast import forecast
from ansible_collections.corosync.quorum.plugins.filter.partitions import partitions
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import tolerates
from ansible_collections.corosync.quorum.plugins.test.quorate_without import quorate_without as of_any_age

quorate_without = functools.partial(of_any_age, max_age=0)  # what a node says itself has no moment of the controller's

# corosync's own are 10 s and 30 s. Milliseconds.
QUICK = {"timeout": 2000, "sync_timeout": 3000}
TOTEM = {"token": 1000, "consensus": 1200}
STATES = ["absent", "registered", "alive", "voting"]
# How long the device may take for anything. A client of Debian 11 waits long for an answer before it connects again. Seconds.
SOON = 40


def with_device(make, algorithm, nodes, **net):
    """A cluster with a quorum device, on which what crashes stays down."""
    made = make(nodes=nodes, qdevice=algorithm, device=dict(QUICK, net=net), totem=TOTEM)
    made.disable_restart_after_crash()
    return made


@pytest.fixture(scope="module", name="pair")
def _pair(lab):
    yield with_device(lab.cluster, "ffsplit", 2)
    lab.heal()


@pytest.fixture(name="two")
def _two(pair):
    """Two nodes and a device with one vote, which all have; so they are left."""
    yield pair
    pair.heal()
    pair.start_missing()


def values(nodes):
    """The settled value of each of these nodes, all asked at once."""
    nodes = list(nodes)
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        return list(pool.map(lambda node: program(node, "print(json.dumps(observe(20)))", timeout=40), nodes))


def state(value):
    """The device of the node asked, as wait_for_quorum's option names it."""
    device = value["qdevice"]
    return STATES[sum(1 for key in ("registered", "alive", "cast_vote") if device[key])]


def become(made, wanted):
    """The values of all nodes as soon as each node's device is in the state that is wanted of it, such as {1: "alive", 2: "voting"}, and all say so."""
    deadline = time.monotonic() + SOON
    while True:
        seen = values(made[nodeid] for nodeid in wanted)
        told = [[node["qdevice"] for node in value["nodes"]] for value in seen]
        if [state(value) for value in seen] == list(wanted.values()) and told == [told[0]] * len(told):
            return seen
        assert time.monotonic() < deadline, [value["qdevice"] for value in seen]
        time.sleep(0.2)


def foretold_by(before, leave, **how):
    """The forecast, which has to be the same whichever node's value it is made from."""
    told = [forecast(value, leave, **how) for value in before]
    assert told == [told[0]] * len(before), told
    return told[0]


def comes_true(made, stay, foretold):
    """The values of the nodes that stay, as soon as they are what was foretold of them; AssertionError where they do not become so."""
    deadline = time.monotonic() + SOON
    while True:
        after = values(made[nodeid] for nodeid in stay)
        counted = [(value["total_votes"], value["quorum"], value["expected_votes"]) for value in after]
        said = (foretold["total_votes"], foretold["quorum"], foretold["expected_votes"])
        if (
            said in counted
            and all(value["quorate"] for value in after) == foretold["quorate"]
            and {tuple(value["members"]) for value in after} == {tuple(foretold["members"])}
        ):
            assert foretold["members"] == sorted(stay)
            return after
        if time.monotonic() >= deadline:
            seen = [(value["members"], value["quorate"], numbers) for value, numbers in zip(after, counted)]
            says = made.qnetd.run(["corosync-qnetd-tool", "-lv"], check=False).stdout
            pytest.fail(f"foretold {json.dumps(foretold)}; seen {seen}; qnetd says:\n{says}")
        time.sleep(0.2)


def flags(node):
    """What corosync-quorumtool says of the device of each node: {node id: "A,V,NMW"}."""
    text = node.run(["corosync-quorumtool", "-s"], check=False).stdout
    return {int(nodeid): told for nodeid, told in re.findall(r"^ +(\d+) +\d+ +(\S+) node", text, re.MULTILINE)}


def met(lab, hosts):
    """For each host which of the four states its device has reached, in the eyes of wait_for_quorum: {host: ["voting", ...]}."""
    tasks = [dict(wait(qdevice=wanted, quorate=None), name=wanted, check_mode=True) for wanted in STATES]
    told = {}
    with Play(lab, tasks, hosts=hosts) as play:
        for answer in play.end():
            assert answer.status == "ok", answer.result
            reached = told.setdefault(answer.host, [])
            if not answer.result["unmet"]:
                reached.append(answer.task)
            else:
                assert answer.result["unmet"] == [{"condition": "qdevice", "wanted": answer.task, "seen": state(answer.result["votequorum"])}]
    return told


# ---- what is read of it, and waited for ----------------------------------------------------------------------------------


def test_each_state_is_read_as_it_is(two, lab):
    """qnetd stopped: alive, without a vote. The device's daemon killed on a node: registered. Stopped there: absent."""
    for value in become(two, {1: "voting", 2: "voting"}):
        assert value["qdevice"] == {"name": "Qdevice", "votes": 1, "registered": True, "alive": True, "cast_vote": True, "master_wins": False}
        assert (value["total_votes"], value["expected_votes"], value["quorum"], value["problems"]) == (3, 3, 2, [])
        assert {"qdevice", "qdevice_registered", "qdevice_alive", "qdevice_cast_vote"} & set(value["flags"]) == {
            "qdevice_registered",
            "qdevice_alive",
            "qdevice_cast_vote",
        }
    assert flags(two[1]) == {1: "A,V,NMW", 2: "A,V,NMW"}

    two.stop_qnetd()
    for value in become(two, {1: "alive", 2: "alive"}):
        assert (value["total_votes"], value["quorate"], [problem["id"] for problem in value["problems"]]) == (2, True, ["qdevice_not_voting"])
    two.start_qnetd()
    become(two, {1: "voting", 2: "voting"})

    two.kill_qdevice(1)
    killed, whole_one = become(two, {1: "registered", 2: "voting"})
    assert (killed["total_votes"], whole_one["total_votes"]) == (2, 3), "each node counts its own device's vote"
    assert [node["qdevice"]["cast_vote"] for node in whole_one["nodes"]] == [False, True]
    assert [problem["id"] for problem in killed["problems"] + whole_one["problems"]] == ["qdevice_not_voting", "qdevice_not_voting_everywhere"]
    assert flags(two[2])[1].startswith("NA,NV")
    two.stop_qnetd()
    become(two, {1: "registered", 2: "alive"})
    assert met(lab, "node1:node2") == {"node1": ["registered"], "node2": ["registered", "alive"]}

    two.start_qnetd()
    two[1].run(["systemctl", "start", "corosync-qdevice"])
    become(two, {1: "voting", 2: "voting"})
    two[1].run(["systemctl", "stop", "corosync-qdevice"])
    stopped = become(two, {1: "absent", 2: "voting"})[0]
    assert stopped["nodes"][0]["qdevice"] is None and stopped["qdevice"]["votes"] == 1


def until(play, results, said):
    """Return when a play has so many results, and the wait that is on has said this."""
    deadline = time.monotonic() + 60
    while len(play.results) < results or not (play.said and said in play.said[-1]):
        assert time.monotonic() < deadline and play.process.poll() is None, play.output
        time.sleep(0.05)


def test_a_wait_ends_when_the_device_comes_to_the_state(two, lab):
    tasks = [
        wait(qdevice="voting"),
        wait(qdevice="absent", timeout=60),
        wait(qdevice="registered", timeout=60),
        wait(qdevice="alive", timeout=60),
        wait(qdevice="voting", min_votes=3, timeout=5, keywords={"ignore_errors": True}),
        wait(qdevice="voting", timeout=60),
        wait(qdevice="voting", tolerates=1, keywords={"ignore_errors": True}),
    ]
    with Play(lab, tasks) as play:
        until(play, 1, "Not met: qdevice: wanted absent, seen voting")
        two.stop_qnetd()
        two[1].run(["systemctl", "stop", "corosync-qdevice"])
        until(play, 2, "Not met: qdevice: wanted registered, seen absent")
        two[1].run(["systemctl", "start", "corosync-qdevice"])
        until(play, 5, "Not met: qdevice: wanted voting, seen alive")
        two.start_qnetd()
        answers = play.end()
    assert [answer.status for answer in answers] == ["ok", "ok", "ok", "ok", "failed", "ok", "failed"], play.output
    states = [state(answer.result["votequorum"]) for answer in answers[:6]]
    assert states[0] == "voting" and states[1] == "absent" and {states[2], states[4]} <= {"registered", "alive"}, "a busy machine's client may be late"
    assert states[3] == "alive" and states[5] == "voting"
    assert answers[4].result["unmet"] == [{"condition": "min_votes", "wanted": 3, "seen": 2}, {"condition": "qdevice", "wanted": "voting", "seen": states[4]}]
    assert f"Not met: min_votes: wanted 3, seen 2; qdevice: wanted voting, seen {states[4]}." in answers[4].result["msg"]
    assert events(answers[5].result) == ["state", "qdevice_changed"], "the vote comes without any event of corosync's"
    assert "even with all nodes there no more than 0 may fail together" in answers[6].result["msg"]


# ---- what is foretold, carried out ---------------------------------------------------------------------------------------


def test_the_network_to_qnetd_is_cut_and_then_a_node_leaves(two):
    before = values(two)
    assert [value["forecast"] for value in before] == [{"tolerates": 0, "quorate_without": [], "as_now": {"tolerates": 1, "quorate_without": [1, 2]}}] * 2
    assert not quorate_without(before[0], "node2") and quorate_without(before[0], "node2", qdevice="as_now")
    two.cut_off_qnetd()
    lost = become(two, {1: "alive", 2: "alive"})
    foretold = foretold_by(before, ["node2"], qdevice="lost")
    assert foretold == foretold_by(lost, ["node2"])
    assert foretold["reason"] == "Without node2, 1 vote is present, quorum is 2 of 3 expected: 1 too few."
    assert not quorate_without(lost[0], "node2", qdevice="as_now")
    two[2].stop_corosync()
    comes_true(two, [1], foretold)
    two[1].unblock()
    comes_true(two, [1], foretold_by(before, ["node2"]))


@pytest.mark.parametrize("how", ["cut off", "killed"])
def test_one_nodes_device_does_not_vote(two, how):
    """The node that has no vote cannot stay alone, the other one can. Who has it does not depend on whom one asks."""
    if how == "cut off":
        two.cut_off_qnetd(1)
    else:
        two.kill_qdevice(1)
    now = become(two, {1: "alive" if how == "cut off" else "registered", 2: "voting"})
    for gone, stays, quorate in ((2, 1, False), (1, 2, True)):
        foretold = foretold_by(now, [f"node{gone}"])
        assert foretold["quorate"] is quorate
        assert [quorate_without(value, gone, qdevice="as_now") for value in now] == [quorate] * 2
        two[gone].kill_corosync()
        comes_true(two, [stays], foretold)
        two[gone].start_corosync()
        two.wait_ring()
        if gone == 2:  # its device's daemon went with corosync
            two[2].run(["systemctl", "start", "corosync-qdevice"], timeout=60)
            become(two, {2: "voting"})


class Undecided(AssertionError):
    """qnetd has given its vote to neither half. Seen now and then on a busy machine; then no half is quorate, which harms nobody."""


def both_halves(made, winners, losers):
    """Split, and see that the half which was foretold to stay quorate is the one that does. Returns the values of all. Raises Undecided."""
    before = values(made)
    stay, lose = foretold_by(before, losers, qdevice="as_now"), foretold_by(before, winners, qdevice="lost")
    assert (stay["quorate"], lose["quorate"]) == (True, False)
    assert not any(quorate_without(value, losers) or quorate_without(value, winners) for value in before), "it depends on the device"
    made.partition(winners, losers)
    made.wait_ring(winners)
    made.wait_ring(losers)
    try:
        comes_true(made, winners, stay)
    except AssertionError as error:
        after = values(made)
        if not any(value["quorate"] or value["qdevice"]["cast_vote"] for value in after):
            raise Undecided(str(error)) from error
        raise
    comes_true(made, losers, lose)
    return values(made)


def seen_as(made, found, winners, losers):
    """What the filter `partitions` makes of it."""
    seen = partitions({node.name: {"votequorum": value} for node, value in zip(made, found)})
    assert (seen["split"], seen["agreed"], seen["disagreements"], seen["stale"]) == (False, False, [], [])
    assert [(part["members"], part["quorate"], part["seen_by"]) for part in seen["partitions"]] == [
        (part, quorate, [f"node{nodeid}" for nodeid in part]) for part, quorate in ((winners, True), (losers, False))
    ]


def test_two_nodes_split_in_halves_while_both_are_waited_on(two, lab):
    """qnetd gives its vote to the lowest node id. Where it could not make up its mind it is asked once more."""
    try:
        split_while_both_are_waited_on(two, lab)
    except Undecided as undecided:
        warnings.warn(f"qnetd gave its vote to neither half: {undecided}", stacklevel=2)
        two.heal()
        two.start_missing()
        split_while_both_are_waited_on(two, lab)


def split_while_both_are_waited_on(two, lab):
    goal = wait(absent=["node2"], qdevice="voting", stable_for=3, timeout=90)
    with Play(lab, [goal]) as stays, Play(lab, [wait(quorate=False, timeout=90)], hosts="node2") as loses:
        stays.until("Not met: absent")
        loses.until("Not met: quorate")
        found = both_halves(two, [1], [2])
        winner, loser = stays.result(), loses.result()
    seen_as(two, found, [1], [2])
    assert (winner.status, loser.status) == ("ok", "ok")
    assert "quorum_lost" not in events(winner.result) and winner.result["votequorum"]["total_votes"] == 2
    assert "quorum_lost" in events(loser.result) and state(loser.result["votequorum"]) == "alive"


def test_the_half_that_reaches_qnetd_stays_when_the_one_that_would_does_not(two):
    two.cut_off_qnetd(1)
    now = become(two, {1: "alive", 2: "voting"})
    foretold = [foretold_by(now, [gone]) for gone in (1, 2)]
    assert [one["quorate"] for one in foretold] == [True, False]
    two.partition([1], [2])
    for one in foretold:
        comes_true(two, one["members"], one)
    seen_as(two, values(two), [2], [1])


def test_three_nodes_and_a_device_as_it_votes_now(cluster, lab):
    """One may fail while the device votes, and none when it is lost as well: for the value, for waits, and in truth."""
    made = with_device(cluster, "ffsplit", 3)
    careful, as_now = {"tolerates": 0, "quorate_without": []}, {"tolerates": 1, "quorate_without": [1, 2, 3]}
    before = become(made, {1: "voting", 2: "voting", 3: "voting"})
    assert [value["forecast"] for value in before] == [dict(careful, as_now=as_now)] * 3
    tasks = [
        wait(tolerates=1, quorate_without=["node2", 3], forecast_qdevice="as_now", keywords={"ignore_errors": True}),
        wait(tolerates=1, quorate_without=[3], forecast_qdevice="as_now"),
        wait(tolerates=1, keywords={"ignore_errors": True}),
        wait(quorate_without=[3], forecast_qdevice="lost", keywords={"ignore_errors": True}),
    ]
    with Play(lab, tasks) as play:
        answers = play.end()
    assert [answer.status for answer in answers] == ["failed", "ok", "failed", "failed"], play.output
    assert "quorate_without names node2, 3, but even with all nodes there" in answers[0].result["msg"]
    assert "forecast_qdevice=as_now counts on that" in answers[2].result["msg"] and "forecast_qdevice" not in answers[3].result["msg"]
    made[3].kill_corosync()
    left = comes_true(made, [1, 2], foretold_by(before, [3], qdevice="as_now"))
    assert [value["quorate"] for value in left] == [True, True]


def test_four_nodes_split_in_halves(cluster):
    """And what the values said before about single nodes: two may fail together while the device votes, one when it is lost too."""
    made = with_device(cluster, "ffsplit", 4, tie_breaker="highest")
    before = values(made)
    as_now = {"tolerates": 2, "quorate_without": [1, 2, 3, 4]}
    assert [value["forecast"] for value in before] == [{"tolerates": 1, "quorate_without": [1, 2, 3, 4], "as_now": as_now}] * 4
    assert [tolerates(value, qdevice="as_now") for value in before] == [2] * 4
    seen_as(made, both_halves(made, [3, 4], [1, 2]), [3, 4], [1, 2])
    made.heal()
    made.start_missing()

    # One may fail, whichever it is, and the device: that is what `tolerates` and `quorate_without` promise, and no more.
    gone = [foretold_by(before, leave, qdevice="lost") for leave in (["node2"], ["node2", "node3"])]
    assert [one["quorate"] for one in gone] == [True, False]
    made.stop_qnetd()
    made[2].kill_corosync()
    left = comes_true(made, [1, 3, 4], gone[0])
    assert [value["forecast"] for value in left] == [{"tolerates": 0, "quorate_without": [], "as_now": {"tolerates": 0, "quorate_without": []}}] * 3
    made[3].kill_corosync()
    comes_true(made, [1, 4], gone[1])


def test_four_nodes_one_of_which_has_no_vote_of_the_device(cluster):
    """Members of one partition differ: the forecast says no, since one of them loses quorum, and partitions tells of it."""
    made = with_device(cluster, "ffsplit", 4)
    made.kill_qdevice(1)
    now = become(made, {1: "registered", 2: "voting", 3: "voting", 4: "voting"})
    foretold = foretold_by(now, ["node3", "node4"])
    assert foretold["quorate"] is False
    assert [tolerates(value, qdevice="as_now") for value in now] == [1] * 4
    for nodeid in (3, 4):
        made[nodeid].kill_corosync()
    after = comes_true(made, [1, 2], foretold)
    assert [value["quorate"] for value in after] == [False, True]
    seen = partitions({f"node{value['nodeid']}": {"votequorum": value} for value in after})
    assert (seen["split"], seen["agreed"]) == (False, False)
    assert {"about": "quorate", "seen": [{"value": False, "hosts": ["node1"]}, {"value": True, "hosts": ["node2"]}]} in seen["disagreements"]


def test_last_man_standing_by_a_device(cluster):
    """The algorithm lms: its votes let one node stay alone, but in a split they go to the larger part."""
    made = with_device(cluster, "lms", 3)
    before = values(made)
    assert [(value["qdevice"]["votes"], value["total_votes"], value["quorum"]) for value in before] == [(2, 5, 3)] * 3
    assert [(tolerates(value), tolerates(value, qdevice="as_now")) for value in before] == [(0, 2)] * 3
    found = both_halves(made, [2, 3], [1])
    seen_as(made, found, [2, 3], [1])
    lost = foretold_by(found[1:], ["node3"], qdevice="lost")
    assert not lost["quorate"] and lost["reason"].startswith("The loss of the quorum device's vote is enough.")
    made.stop_qnetd()
    become(made, {2: "alive", 3: "alive"})
    made[3].kill_corosync()
    comes_true(made, [2], lost)
    made.heal()
    made.start_missing()
    alone = foretold_by(before, ["node1", "node2"])
    assert alone["quorate"]
    for nodeid in (1, 2):
        made[nodeid].kill_corosync()
    comes_true(made, [3], alone)
