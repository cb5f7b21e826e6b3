# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""stable_for is never satisfied early, however short the break and whenever it comes."""

import contextlib
import datetime
import json
import random
import statistics
import threading
import time

from playing import Play, events, wait

# Plays a quorum device on the node that counts as much as all nodes together, so that quorum is lost and regained with its vote, outside any
# change of the ring, as fast as corosync goes. Prints when quorum may have been there, as [since, until] of each time, by the clock that all
# nodes and the controller share; and for how long it was away each time. argv: the pauses after which to take the vote away, and how long to
# go on at the end, or a file whose end is the end of it. All in seconds.
DEVICE = {"model": "net", "votes": 3}
FLAP = """
import json, os, sys, time
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

pauses, further, endless = json.loads(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
quorate, away = [], []
with Votequorum(Lane(Deadline(600))) as own:
    own.trackstart()
    ring = [event.ring_id for event in own.dispatch() if isinstance(event, NodelistEvent)][-1]
    own.qdevice_register("flapper")
    since = time.time()
    for pause in pauses:
        if not all(map(os.path.exists, endless)):
            break
        vote(True, pause)
        gone = time.time()
        vote(False)
        quorate.append([since, time.time()])
        since = time.time()
        vote(True)
        away.append(time.time() - gone)
    vote(True, further)
    quorate.append([since, time.time()])
print(json.dumps([quorate, away]))
"""
STABLE = 5
STABLE_SHORT = 2
ENDLESS = "/run/flapping"


class Flapping(threading.Thread):
    """FLAP on a node, begun at once."""

    def __init__(self, node, pauses, *more):
        super().__init__()
        self._run = lambda: node.python(FLAP, json.dumps(pauses), *map(str, more), parse=True, timeout=300)
        self._told = None
        self._fault = None
        self.start()

    def run(self):
        try:
            self._told = self._run()
        except Exception as fault:
            self._fault = fault

    @property
    def told(self):
        """[(since when quorum was there, until when), ...], and [for how long it was away, ...]"""
        self.join(300)
        assert self._told, f"the device did not flap: {self._fault}"
        return self._told


def at(entry):
    """A time in a timeline, as time.time() counts."""
    moment = datetime.datetime.strptime(entry["at"], "%Y-%m-%dT%H:%M:%S.%fZ")
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def fulfilled(quorate, stable):
    """When quorum had been there for so long without a break for the first time. A result that comes before that is early."""
    return next(since + stable for since, until in quorate if until - since >= stable)


def test_quorum_that_flaps(lab, cluster):
    """On three nodes, each with a device of its own, so that the flaps of one do not touch the others.

    node1: three times within the five seconds, between two looks where sleep is 30. node2: as the time ends. node3, after these: without an end.
    """
    made = cluster(nodes=3, device=DEVICE)
    three_times = [random.uniform(0, 2), random.uniform(1, STABLE - 1), random.uniform(3, STABLE - 1)]
    last_moments = [random.uniform(STABLE_SHORT - 0.6, STABLE_SHORT + 0.1) for _number in range(8)]
    endless = [random.uniform(0.5, STABLE - 3) for _number in range(100)]
    with contextlib.ExitStack() as stack:

        def begin(node, **options):
            return stack.enter_context(Play(lab, [wait(**dict({"timeout": 120}, **options))], hosts=node))

        often, seldom = begin("node1", stable_for=STABLE, sleep=0.2), begin("node1", stable_for=STABLE, sleep=30)
        short = [begin("node2", stable_for=STABLE_SHORT, sleep=sleep) for sleep in (0.1, 1, 30)]
        for play in (often, seldom, *short):
            play.until("Not met: quorate", timeout=60)
        flapping = [Flapping(made[1], three_times, STABLE + 6), Flapping(made[2], last_moments, STABLE_SHORT + 6)]
        answers = {play: play.result(70) for play in (often, seldom, *short)}
        (three, away), (moments, away_too) = [one.told for one in flapping]
        # Alone: an answer that is late by more than two seconds is not waited for.
        made[3].sh("touch " + ENDLESS)
        last = Flapping(made[3], endless, 0, ENDLESS)
        never = begin("node3", stable_for=STABLE, timeout=12, delay=3, sleep=5)
        answers[never] = never.result(70)
        made[3].sh("rm " + ENDLESS)
        flaps, away_as_well = last.told
    assert statistics.median(away + away_too + away_as_well) < 0.5, "the flaps were slow"
    for plays, quorate, stable in (((often, seldom), three, STABLE), (short, moments, STABLE_SHORT)):
        for play in plays:
            assert answers[play].status == "ok", play.output
            assert fulfilled(quorate, stable) <= answers[play].at < quorate[-1][0] + stable + 15, (answers[play].at, quorate)
    assert three[0][1] - three[0][0] < STABLE, "nothing began the time again: this proves nothing"
    assert max(until - since for since, until in flaps[:-1]) < STABLE, "the flaps came late: this proves nothing"
    assert answers[never].status == "failed"
    assert answers[never].result["msg"].startswith("Timed out after 12 s.")
    assert answers[never].result["unmet"]
    assert answers[never].result["votequorum"]["members"] == [1, 2, 3]


def test_ring_changes_start_the_time_again(lab, cluster):
    made = cluster(nodes=3)
    made[3].stop_corosync()
    made.wait_ring([1, 2])
    begun = []
    stable = 3 * STABLE  # longer than a restart takes on a busy machine
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
    # told of a change by how long ago it was, which is a moment longer by the time that is heard
    assert answer.at - at(last) >= stable - 2
    # One at least for each time: what happens within the time that a change takes to settle is told of as one change.
    assert sum(event.startswith("node_") for event in events(answer.result)) >= 3
    assert "quorum_lost" not in events(answer.result), "two of three stay quorate: it is the ring that counts"


WITHOUT_NODE3 = r"""sed -i '/^    node {$/{:a;N;/\n    }$/!ba;/nodeid: 3\n/d}' /etc/corosync/corosync.conf"""


def test_a_node_that_leaves_by_a_reload_is_absent_and_a_failed_task_keeps_no_facts(lab, cluster):
    """The usual end of a node: it is taken out of all files, and those are loaded. node1 does not know its name any more when it has gone."""
    made = cluster(nodes=3)
    keywords = {"register": "told", "ignore_errors": True}
    last = {"ansible.builtin.debug": {"msg": "{{ told.unmet | map(attribute='condition') | join }}, facts: {{ ansible_facts.votequorum is defined }}"}}
    first = wait(members=["node1"], absent=["node2"], timeout=6, quorate=None, keywords=keywords)
    with Play(lab, [first, last, wait(absent=["node3"], timeout=60)]) as play:
        play.until("absent: node3 still there")
        for node in made:
            node.sh(WITHOUT_NODE3)
            assert "nodeid: 3" not in node.run(["cat", "/etc/corosync/corosync.conf"]).stdout
        made[1].run(["corosync-cfgtool", "-R"])
        timed_out, told, answer = play.end(90)
    assert (timed_out.status, told.result["msg"]) == ("failed", "absent, facts: False")
    assert answer.status == "ok", answer.result
    assert (answer.result["votequorum"]["members"], answer.result["unmet"]) == ([1, 2], [])
    assert answer.result["ansible_facts"]["votequorum"]["members"] == [1, 2]
