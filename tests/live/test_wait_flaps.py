# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""stable_for is never satisfied early, however short the break and whenever it comes."""

import contextlib
import datetime
import json
import random
import threading
import time

from playing import Play, events, wait

# Plays a quorum device on the node that counts as much as all nodes together, so that quorum is lost and regained with its vote, outside any
# change of the ring, as fast as corosync goes. Prints [when quorum was back, for how long it was away] of each loss, by the clock that all
# nodes and the controller share. argv: the pauses after which to take the vote away, and how long to go on at the end. All in seconds.
DEVICE = {"model": "net", "votes": 3}
FLAP = """
import json, sys, time
sys.path.insert(0, "/opt/collections")
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline, Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.votequorum import NodelistEvent, Votequorum

def vote(cast, seconds=0):
    end = time.time() + seconds
    while True:
        own.qdevice_poll("flapper", cast, ring)
        if time.time() >= end:
            break
        time.sleep(min(1, end - time.time()))
    while bool(own.getinfo().flags & 2) != cast:
        pass

told = []
with Votequorum(Lane(Deadline(120))) as own:
    own.trackstart()
    ring = [event.ring_id for event in own.dispatch() if isinstance(event, NodelistEvent)][-1]
    own.qdevice_register("flapper")
    for pause in json.loads(sys.argv[1]):
        vote(True, pause)
        gone = time.time()
        vote(False)
        vote(True)
        told.append([time.time(), time.time() - gone])
    vote(True, float(sys.argv[2]))
print(json.dumps(told))
"""
STABLE = 5
STABLE_SHORT = 2


class Flapping(threading.Thread):
    """FLAP on a node, begun at once."""

    def __init__(self, node, pauses, further):
        super().__init__()
        self._run = lambda: node.python(FLAP, json.dumps(pauses), str(further), parse=True, timeout=90)
        self._told = None
        self.start()

    def run(self):
        self._told = self._run()

    @property
    def told(self):
        """[(when quorum was back, for how long it was away), ...]"""
        self.join(90)
        assert self._told, "the device did not flap"
        return self._told


def at(entry):
    """A time in a timeline, as time.time() counts."""
    moment = datetime.datetime.strptime(entry["at"], "%Y-%m-%dT%H:%M:%S.%fZ")
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def breaks_before(answer, flaps):
    """How long before its result each flap was over, the last one first. What happens while the result is on its way is no break."""
    return sorted(answer.at - back for back, _away in flaps if back < answer.at - 0.5)


def test_quorum_that_flaps(lab, cluster):
    """On three nodes, each with a device of its own, so that the flaps of one do not touch the others.

    node1: three times within the five seconds, between two looks where sleep is 30. node2: as the time ends. node3, after these: without an end.
    """
    made = cluster(nodes=3, device=DEVICE)
    three_times = [random.uniform(0, 2), random.uniform(1, STABLE - 0.5), random.uniform(3, STABLE - 0.1)]
    last_moments = [random.uniform(STABLE_SHORT - 0.6, STABLE_SHORT + 0.1) for _number in range(8)]
    endless = [random.uniform(0.5, 3) for _number in range(10)]
    with contextlib.ExitStack() as stack:
        def begin(node, **options):
            return stack.enter_context(Play(lab, [wait(timeout=60, **options)], hosts=node))

        often, seldom = begin("node1", stable_for=STABLE, sleep=0.2), begin("node1", stable_for=STABLE, sleep=30)
        short = [begin("node2", stable_for=STABLE_SHORT, sleep=sleep) for sleep in (0.1, 1, 30)]
        for play in (often, seldom, *short):
            play.until("Not met: quorate", timeout=60)
        flapping = [Flapping(made[1], three_times, STABLE + 6), Flapping(made[2], last_moments, STABLE_SHORT + 6)]
        answers = {play: play.result(70) for play in (often, seldom, *short)}
        flaps = [one.told for one in flapping]
        # Alone: an answer that is late by more than two seconds is not waited for.
        never = stack.enter_context(Play(lab, [wait(stable_for=4, timeout=12, delay=3, sleep=5)], hosts="node3"))
        last = Flapping(made[3], endless, 1)
        answers[never] = never.result(70)
        flaps.append(last.told)
    assert max(away for node in flaps for _back, away in node) < 0.5, "the flaps were slow: %s" % flaps
    for play in (often, seldom):
        assert answers[play].status == "ok", play.output
        assert breaks_before(answers[play], flaps[0])[0] >= STABLE, flaps[0]
        assert len(breaks_before(answers[play], flaps[0])) == 3
        assert breaks_before(answers[play], flaps[0])[0] < STABLE + 4
    for play in short:
        assert answers[play].status == "ok", play.output
        before = breaks_before(answers[play], flaps[1])
        assert not before or before[0] >= STABLE_SHORT, flaps[1]
    assert answers[never].status == "failed"
    assert answers[never].result["msg"].startswith("Timed out after 12 s.")
    assert answers[never].result["unmet"]
    assert answers[never].result["votequorum"]["members"] == [1, 2, 3]


def test_ring_changes_start_the_time_again(lab, cluster):
    made = cluster(nodes=3)
    made[3].stop_corosync()
    made.wait_ring([1, 2])
    begun = []
    stable = 3 * STABLE     # longer than a restart takes on a busy machine
    with Play(lab, [wait(members=["node3"], stable_for=stable, timeout=120)], hosts="node1") as play:
        play.until("Not met: members")
        for number in range(3):
            if number:
                made[3].stop_corosync()
            begun.append(time.time())
            made[3].start_corosync()
            made.wait_ring()
            time.sleep(random.uniform(0, STABLE - 3))
        answer = play.result(90)
    assert answer.status == "ok", answer.result.get("msg")
    assert answer.at - begun[-1] >= stable
    last = answer.result["timeline"][-1]
    assert answer.at - at(last) >= stable
    # One at least for each time: what happens within the time that a change takes to settle is told of as one change.
    assert events(answer.result).count("membership") >= 3
    assert "quorum_lost" not in events(answer.result), "two of three stay quorate: it is the ring that counts"
