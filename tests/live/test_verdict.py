# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict about random faults of a real cluster, against what C programs saw that share no code with the collection.

The faults are recorded once. Then each stretch from one quiet moment to another is judged as a run of its own, with some of the stops in it as planned.
"""

import contextlib
import dataclasses
import itertools
import os
import random
import re
import time

import pytest
from looking import put_module_library
from patience import until
from upgrading import failures
from watches import ask, watching

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of, utc
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.course import Course
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.spans import Away
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.verdict import verdict

RUN = "0123456789abcdef"
FAULTS = 8
# How long a watch waits for corosync, in seconds: a busy machine lets it wait for more than one, and the record then says so with good reason.
CONNECT_TIMEOUT = 3
# Both programs are told at the same moment, and may be some time in writing it down on a busy machine. Seconds.
NEAR = 2.0


@dataclasses.dataclass
class Fault:
    """stops: nodes that were stopped as a run stops them, with the time that took. blind: nodes whose watch saw nothing for some time."""

    name: str
    start: float
    stops: dict = dataclasses.field(default_factory=dict)
    blind: set = dataclasses.field(default_factory=set)
    end: float = 0.0


class Trouble:
    """Each method but make() makes one fault, and mends it."""

    def __init__(self, made, watch, dice):
        self.made, self.watch, self.dice = made, watch, dice
        self.names = [node.name for node in made]

    def make(self, name):
        fault = Fault(name, time.time())
        getattr(self, name)(fault, *self.dice.sample(self.names, 2))
        self.made.wait_ring()
        self.made.wait_quorate()
        for node in fault.stops:
            fault.stops[node] = Away(fault.start, time.time())
        time.sleep(1)  # what looks once in a while has looked
        fault.end = time.time()
        return fault

    def restart(self, fault, name, _other):
        fault.stops[name] = None
        self.made[name].stop_corosync()
        self.made[name].start_corosync()

    def crash(self, fault, name, _other):
        self.made[name].kill_corosync()
        time.sleep(self.dice.random())
        self.made[name].start_corosync()

    def crash_while_another_is_stopped(self, fault, name, other):
        fault.stops[name] = None
        self.made[name].stop_corosync()
        self.made[other].kill_corosync()
        self.made[other].start_corosync()
        time.sleep(self.dice.random())
        self.made[name].start_corosync()

    def cut_off(self, fault, name, _other):
        number = self.names.index(name) + 1
        self.made.partition([number], [one for one in (1, 2, 3) if one != number])
        self.made.wait_quorate(wanted=False, node=number)
        self.made.heal()

    def stop_two(self, fault, name, other):
        for one in (name, other):
            fault.stops[one] = None
            self.made[one].stop_corosync()
        for one in (name, other):
            self.made[one].start_corosync()

    def freeze(self, fault, name, _other):
        fault.blind.add(name)
        self.made[name].freeze_corosync()
        time.sleep(CONNECT_TIMEOUT + 2.5)
        self.made[name].thaw_corosync()

    def watch_dies(self, fault, name, other):
        self._kill_watch(fault, name)
        if self.dice.random() < 0.5:
            self.made[other].kill_corosync()
            self.made[other].start_corosync()
        self.watch(name, alive=True)

    def watch_dies_while_its_node_is_stopped(self, fault, name, _other):
        fault.stops[name] = None
        self.made[name].stop_corosync()
        self._kill_watch(fault, name)
        self.watch(name, alive=True)
        self.made[name].start_corosync()

    def _kill_watch(self, fault, name):
        """When it has left a sign that it has run during this fault, as what was recorded before is to count."""
        fault.blind.add(name)
        until(lambda: float(self.made[name].run(["stat", "-c", "%.Y", f"/var/lib/corosync-quorum/watch-{RUN}.jsonl"]).stdout) > fault.start)
        self.watch(name, alive=False)


NAMES = [name for name in vars(Trouble) if not name.startswith("_") and name != "make"]


def recorded(made, dice):
    """(faults, host -> record, events of the C programs)."""
    witness = made.watch()
    with contextlib.ExitStack() as stack:
        running = {}

        def watch(name, alive):
            if alive:
                running[name] = stack.enter_context(watching(made[name], run=RUN, sleep=0.3, connect_timeout=CONNECT_TIMEOUT))
            else:
                running[name].send("KILL")

        for node in made:
            put_module_library(node)
            watch(node.name, alive=True)
        trouble = Trouble(made, watch, dice)
        # Each kind once, if there is time, and the dangerous one in any case
        names = dice.sample([name for name in NAMES if name != "crash_while_another_is_stopped"], min(FAULTS, len(NAMES)) - 1)
        names.insert(dice.randrange(len(names) + 1), "crash_while_another_is_stopped")
        faults = [trouble.make(name) for name in names]
        return faults, {node.name: ask(node, "stopped", run=RUN) for node in made}, witness.events()


def stretch(record, start, end):
    """The part of a record that a run would have which begins and ends with these moments. None where the node is not known to be quorate then."""
    before = [entry for entry in record["timeline"] if seconds_of(entry["at"]) < start]
    if not before or not before[-1]["quorate"]:
        return None
    entries = [dict(before[-1], event="state", at=utc(start)), *(entry for entry in record["timeline"] if start <= seconds_of(entry["at"]) < end)]
    return dict(record, timeline=entries, until=utc(end), now=utc(end), offset=0.0, slack=0.2)


def without_quorum(events, name, start, end):
    """Stretches in which the C program on a node saw no quorum: [(from, to, whether corosync ran on from a time with quorum)]."""
    found, since, ran_on = [], None, False
    for event in events:
        if event.node != name or not start <= event.at < end or event.what in ("watching", "started"):
            continue
        if event.what == "quorate":
            if since is not None:
                found.append((since, event.at, ran_on))
            since, ran_on = None, False
        else:
            since = event.at if since is None else since
            ran_on = ran_on or event.what == "inquorate"
    return found + ([(since, end, ran_on)] if since is not None else [])


def expected(events, name, start, end, away):
    """When the node had lost quorum that it should have had, by the C programs."""
    gone = without_quorum(events, name, start, end)
    return [(since, back) for since, back, ran_on in gone if ran_on or away is None or not away.start <= since <= back <= away.end + NEAR]


def check(found, name, lost, blind, about):
    losses = [(seconds_of(loss["at"]), seconds_of(loss["until"] or utc(time.time()))) for loss in found["losses"] if loss["node"] == name]
    gaps = [gap for gap in found["gaps"] if gap["node"] == name]
    assert bool(gaps) == blind, (about, gaps)
    for since, back in losses:
        assert any(since <= end + NEAR and start - NEAR <= back for start, end in lost), (about, "the C program saw no loss", since, back)
    for start, end in lost:
        assert blind or any(since <= end + NEAR and start - NEAR <= back for since, back in losses), (about, "a loss was not seen", start, end)


def test_what_is_said_of_random_faults_is_what_was_seen(cluster):
    seed = int(os.environ.get("QUORUM_SEED") or random.randrange(2**32))
    dice = random.Random(seed)
    made = cluster(nodes=3, quorum={"wait_for_all": 1})
    made.wait_quorate()
    begun = time.time()
    faults, records, events = recorded(made, dice)
    judged = {True: 0, False: 0}
    moments = [max(seconds_of(record["timeline"][0]["at"]) for record in records.values()) + 0.001, *(fault.end for fault in faults)]
    for (one, start), (other, end) in itertools.combinations(enumerate(moments), 2):
        parts = {name: stretch(record, start, end) for name, record in records.items()}
        if None in parts.values():
            pytest.fail(f"seed {seed}: not quorate at the quiet moment {utc(start)}: {records}")
        within = faults[one:other]
        for planned in (True, False):
            stops = [(name, away) for fault in within for name, away in fault.stops.items()]
            # A run stops each node once.
            aways = {name: away for name, away in dice.sample(stops, len(stops)) if planned and len([1 for found, dummy in stops if found == name]) == 1}
            found = verdict(parts, list(parts), Course(RUN, {name: [away] for name, away in aways.items()}))
            for name in parts:
                lost = expected(events, name, start, end, aways.get(name))
                blind = any(name in fault.blind and not (name in fault.stops and name in aways) for fault in within)
                check(found, name, lost, blind, (f"QUORUM_SEED={seed}", [fault.name for fault in within], name, aways, found["sentence"]))
            judged[found["kept"]] += 1
    assert judged[False] and sum(judged.values()) == len(moments) * (len(moments) - 1)
    print(f"seed {seed}: {judged}, {time.time() - begun:.0f} s")


# ---- a clock that is set -------------------------------------------------------------------------------------------------

# The clock of one node alone cannot be set, as all of them have that of this machine. So Python takes another one for it, whatever it runs.
ANOTHER_CLOCK = """
import os, time

_time, _utime = time.time, os.utime


def _ahead():
    try:
        with open("/run/clock-is-ahead") as file:
            return float(file.read())
    except OSError:
        return 0.0


time.time = lambda: _time() + _ahead()
os.utime = lambda path, times=None, **more: _utime(path, times or (time.time(), time.time()), **more)
"""
LIBRARIES = "/usr/local/lib/python3.11/dist-packages"


def test_an_outage_right_before_a_stop_is_told_although_the_clock_was_set_meanwhile(cluster, upgrade):
    """The node was down for a moment, and was stopped for its upgrade soon after. Who took the one for the other would say that quorum was never lost."""
    made = cluster()
    made.wait_quorate()
    made[2].put(ANOTHER_CLOCK, f"{LIBRARIES}/another_clock.py")
    made[2].put("import another_clock\n", f"{LIBRARIES}/another_clock.pth")
    drain = [
        {"name": "Set the clock", "ansible.builtin.shell": "echo 19 >/run/clock-is-ahead", "changed_when": True},
        {"name": "Go", "ansible.builtin.service": {"name": "corosync", "state": "stopped"}},
        {"name": "Come back", "ansible.builtin.service": {"name": "corosync", "state": "started"}},
        {"name": "Wait for quorum", "corosync.quorum.wait_for_quorum": {"min_members": 3}},
    ]
    try:
        with upgrade(made, {"drain": drain}, rolling_upgrade_needed="{{ inventory_hostname == 'node2' }}") as play:
            play.end(120)
            assert play.process.returncode
            said = "\n".join(failures(play))
            stop = next(result.at for result in play.results if (result.host, result.task.split(" : ")[-1]) == ("node2", "Stop this node"))
    finally:
        made[2].sh(f"rm -f {LIBRARIES}/another_clock.* /run/clock-is-ahead")
    found = re.search(r"Quorum was lost on node2, for the first time at (\S+) on node2, where corosync went down, until (\S+)\. The report", said)
    assert found, said
    assert seconds_of(found.group(1)) < seconds_of(found.group(2)) < stop < seconds_of(found.group(1)) + 19, "else the test proves nothing"
