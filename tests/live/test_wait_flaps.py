# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""stable_for is never satisfied early, however short the break and whenever it comes."""

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


# Each flap falls into another part of the five seconds; a sleep of 30 is longer than every flap, so that no look sees quorum gone.
def test_quorum_flaps_three_times_between_two_looks(lab, cluster):
    made = cluster(nodes=3, device=DEVICE)
    pauses = [random.uniform(5, 7), random.uniform(1, STABLE - 0.5), random.uniform(3, STABLE - 0.1)]
    flapping = Flapping(made[1], pauses, STABLE + 6)
    tasks = [wait(stable_for=STABLE, timeout=60, sleep=sleep) for sleep in (0.2, 30)]
    with Play(lab, tasks[:1]) as often, Play(lab, tasks[1:]) as seldom:
        answers = [play.result(60) for play in (often, seldom)]
    flaps = flapping.told
    assert max(away for _back, away in flaps) < 0.2, "the flaps were slow: %s" % flaps
    for answer in answers:
        assert answer.status == "ok", answer.result.get("msg")
        assert answer.at - flaps[-1][0] >= STABLE, "satisfied %.2f s after quorum was back; flaps %s" % (answer.at - flaps[-1][0], flaps)
        assert answer.at - flaps[-1][0] < STABLE + 4
        assert answer.result["votequorum"]["quorate"]


def test_a_flap_in_the_last_moment(lab, cluster):
    """The break comes as the time ends: satisfied before it, or the whole time after it, never in between."""
    made = cluster(nodes=1, device=DEVICE)
    flapping = Flapping(made[1], [5] + [random.uniform(1.4, 2.1) for _number in range(8)], 8)
    task = [wait(stable_for=STABLE_SHORT, timeout=60, progress=False)]
    with Play(lab, task * 3) as one, Play(lab, task * 3) as two, Play(lab, task * 3) as three:
        answers = [answer for play in (one, two, three) for answer in play.end(90)]
    flaps = flapping.told
    assert len(answers) == 9
    for answer in answers:
        assert answer.status == "ok", answer.result.get("msg")
        # what happens while the result is on its way is no break of what was waited for
        before = [answer.at - back for back, _away in flaps if back < answer.at - 0.5]
        assert not before or before[-1] >= STABLE_SHORT, "satisfied %.3f s after a break; %s" % (before[-1], flaps)


def test_quorum_that_never_stays_never_satisfies(lab, cluster):
    made = cluster(nodes=3, device=DEVICE)
    flapping = Flapping(made[1], [random.uniform(0.5, 3) for _number in range(12)], 1)
    with Play(lab, [wait(stable_for=4, timeout=14, sleep=5)]) as play:
        answer = play.result(30)
    assert flapping.told
    assert answer.status == "failed"
    assert answer.result["msg"].startswith("Timed out after 14 s.")
    assert answer.result["unmet"]
    assert answer.result["votequorum"]["members"] == [1, 2, 3]


def test_ring_changes_start_the_time_again(lab, cluster):
    made = cluster(nodes=3)
    stopped = []
    with Play(lab, [wait(stable_for=STABLE, timeout=90)], hosts="node1") as play:
        time.sleep(random.uniform(1, 3))
        for _number in range(3):
            made[3].stop_corosync()
            stopped.append(time.time())
            made[3].start_corosync()
            made.wait_ring()
            time.sleep(random.uniform(0, STABLE - 3))
        answer = play.result(60)
    assert answer.status == "ok", answer.result.get("msg")
    assert answer.at - stopped[-1] >= STABLE
    last = answer.result["timeline"][-1]
    assert answer.at - at(last) >= STABLE
    assert events(answer.result).count("membership") >= 4
    assert "quorum_lost" not in events(answer.result), "two of three stay quorate: it is the ring that counts"
