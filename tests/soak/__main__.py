# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run it: `make soak`, or `python -m soak --help` with the paths that the Makefile sets."""

import argparse
import contextlib
import functools
import json
import random
import sys
import time

from installing import install
from lab import LabError, private_lab, why_not
from lab.__main__ import become_root
from looking import put_module_library
from run import paths
from watches import ask, watching

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.plugin_utils import _program

from . import checks, remains
from .background import Follower, Memory, Source, Waits
from .report import page, summed, written
from .steady import by_a_steady_clock
from .trouble import FAULTS, OF_DEVICE, Trouble, order

RUN = "50a450a450a450a4"
UNIT = "soak-run"
HOUR = 3600
# The result of a run that takes so long is written down, and it has clusters of both kinds. Seconds.
LONG = 600
# On a busy machine five corosyncs are not always given the second that others take for a lost node. Milliseconds.
TOKEN = 3000
# corosync's own are 10 s and 30 s: for so long a membership would not settle when a node is lost. Milliseconds.
DEVICE = {"timeout": 2000, "sync_timeout": 4000}
# With real-time priority five corosyncs that form rings anew can take all of a small machine for a minute, and nobody else is given a processor.
SYSTEM = {"sched_rr": False, "priority": "max"}
WITH, WITHOUT = "with", "without"


def main(argv=None):
    """The exit status: 0 where nothing is wrong."""
    arguments = _parser().parse_args(argv)
    become_root("soak")
    if why_not():
        print(f"soak: {why_not()}", file=sys.stderr)
        return 1
    seed = random.randrange(2**32) if arguments.seed is None else arguments.seed
    print(f"soak: {arguments.seconds} s, seed {seed} (--seed {seed} makes the same faults again)", flush=True)
    kinds = _kinds(arguments, random.Random(seed))
    found, figures = [], []
    try:
        with remains.own_folder() as folder:
            with private_lab("soak", nodes=5) as lab:
                for number, kind in enumerate(kinds):
                    wrong, counted = by_a_steady_clock(functools.partial(_run, lab, arguments.seconds / len(kinds), seed + number, arguments.only, kind))
                    found += wrong
                    figures.append(counted)
            found += [f"left on this machine: {line}" for line in remains.here(folder)]
    except LabError as error:
        print(f"soak: the lab failed: {error}", file=sys.stderr)
        return 1
    for line in found:
        print(f"FAILED {line}")
    print(page(summed(figures), found))
    if arguments.seconds >= LONG and not found and not arguments.only:
        written(summed(figures), seed)
    return 1 if found else 0


def _parser():
    top = argparse.ArgumentParser(prog="soak", description="A cluster of five with a random fault every few seconds, and the collection at work meanwhile.")
    top.add_argument("--seconds", type=int, default=HOUR, help=f"how long (default: %(default)s); the result of at least {LONG} s is written down")
    top.add_argument("--only", nargs="+", choices=FAULTS, help="make these faults alone")
    top.add_argument("--seed", type=int, help="of the faults and of all else that is random")
    top.add_argument("--device", choices=(WITH, WITHOUT), help="the cluster's quorum device (default: half of the time with one, in a short run by the seed)")
    return top


def _kinds(arguments, dice):
    """Of the clusters, which come one after the other."""
    if arguments.device or set(arguments.only or ()) & set(OF_DEVICE):
        return [arguments.device or WITH]
    return [WITHOUT, WITH] if arguments.seconds >= LONG else [dice.choice([WITHOUT, WITH])]


def _cluster(lab, kind):
    if kind == WITHOUT:
        made = lab.cluster(nodes=5, totem={"token": TOKEN}, system=SYSTEM)
    else:
        made = lab.cluster(nodes=5, totem={"token": TOKEN}, system=SYSTEM, qdevice="ffsplit", device=DEVICE)
        made.disable_restart_after_crash()
    made.wait_quorate()
    return made


def _run(lab, seconds, seed, only, kind):
    """(findings, figures) of one cluster."""
    print(f"soak: a cluster {kind} a quorum device", flush=True)
    dice = random.Random(seed)
    made = _cluster(lab, kind)
    install(made)
    for node in made:
        put_module_library(node)
    witness = made.watch()
    trouble = Trouble(made, dice, anchor=made[1])
    followers, source = [Follower(node) for node in made], Source(list(made))
    waits, memory = Waits(lab, list(made), random.Random(seed + 1)), Memory(list(made), source)
    workers, unit = [*followers, source, waits, memory], f"{UNIT}-{kind}"
    with contextlib.ExitStack() as stack:
        for worker in workers:
            stack.callback(worker.stop)
            worker.start()
        for node in made:
            stack.enter_context(watching(node, run=RUN, connect_timeout=2))
        made[1].run(["systemd-run", "-q", f"--unit={unit}", _program.LAUNCHER, "run", "--textfile", "/run/soak.prom"])
        begun = time.time()
        _make_faults(trouble, dice, seconds, only or [fault for fault in FAULTS if kind == WITH or fault not in OF_DEVICE])
        end = time.time()
        for worker in reversed(workers):
            worker.stop()
        died = [] if made[1].run(["systemctl", "is-active", "-q", unit], check=False).returncode == 0 else ["the resident program has ended by itself"]
        made[1].run(["systemctl", "stop", unit], check=not died)
        records = {node.name: ask(node, "stopped", run=RUN) for node in made}
    events = witness.events()
    told = [follower.told for follower in followers] + [checks.told_by_source(node.name, source.events) for node in made]
    _keep(kind, told, source, records, events, trouble, memory)
    found = died + _died(workers) + trouble.wrong + _judged(trouble, told, waits, memory, records, events, (begun, end))
    time.sleep(2)
    found += [line for node in made for line in remains.on_node(node, memory.pids[node.name])]
    return found, _figures(trouble, told, waits, memory, records, events, end - begun)


def _keep(kind, told, source, records, events, trouble, memory):
    """What was told, recorded and seen, for whoever looks for the cause of a finding."""
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    kept = {
        "told": {f"{one.who} of {one.node}": one._asdict() for one in told},
        "source": source.events,
        "complaints": source.said,
        "recorded": {name: record["timeline"] for name, record in records.items()},
        "seen": [event._asdict() for event in events],
        "rounds": trouble.rounds,
        "allowed": [stop._asdict() for stop in trouble.allowed],
        "memory": memory.readings,
    }
    (paths.LOGS / f"soak-{kind}-device.json").write_text(json.dumps(kept), encoding="utf-8")


def _make_faults(trouble, dice, seconds, only):
    end = time.monotonic() + seconds
    for name in order(dice, only):
        if time.monotonic() >= end:
            return
        print(f"soak: {int(end - time.monotonic())} s left: {name}", flush=True)
        trouble.round(name)


def _died(workers):
    found = [f"{type(worker).__name__} died: {worker.trouble!r}" for worker in workers if worker.trouble]
    return found + [f"{type(worker).__name__} did not end" for worker in workers if worker.is_alive()]


def _judged(trouble, told, waits, memory, records, events, span):
    """span: when the faults began, and when they were over."""
    found = []
    seen = {node.name: checks.states_seen(node.name, events) for node in trouble.nodes}
    for one in told:
        states = checks.states_told(one.events, one.breaks)
        found += _compared(one.node, one.who, states, seen[one.node], span, trouble)
        found += checks.unlooked(one.node, f"what {one.who} told", states, seen[one.node], *span)
        found += [f"{one.node}: {one.late} events of {one.who} are out of order"] if one.late else []
        found += [] if one.events else [f"{one.node}: {one.who} told no event"]
    for name, record in records.items():
        states = checks.states_recorded([(seconds_of(entry["at"]), entry) for entry in record["timeline"]], seconds_of(record["until"]))
        found += _compared(name, "the record of the watch", states, seen[name], span, trouble)
        # A node that loses its power ends its watch.
        found += checks.unlooked(name, "the record of its watch", states, seen[name], *span) if name == trouble.anchor.name else []
        found += [f"{name}: the record of the watch has {record['unreadable']} lines that nobody can read"] if record["unreadable"] else []
    found += checks.unused(waits.succeeded, trouble.allowed, trouble.refused, memory.readings)
    found += checks.untrue_waits(waits.succeeded, seen)
    found += checks.broken_promises(trouble.allowed, events)
    return found + checks.grown(memory.readings)


def _compared(node, who, states, seen, span, trouble):
    return checks.disagreements(node, states, seen, span[1], trouble.frozen[node], who=who) + checks.missed_losses(node, states, seen, who=who)


def _figures(trouble, told, waits, memory, records, events, seconds):
    by_source = sum(len(one.events) for one in told if one.who == checks.SOURCE)
    by_gate = sum(stop.by_gate for stop in trouble.allowed)
    return {
        "seconds": round(seconds),
        "rounds": sum(trouble.counts.values()),
        "faults": trouble.counts,
        "events of the program": sum(len(one.events) for one in told) - by_source,
        "events of the event source": by_source,
        "entries of watches": sum(len(record["timeline"]) for record in records.values()),
        "notifications that the C programs saw": len(events),
        "losses of quorum that they saw": sum(event.what == "inquorate" for event in events),
        "waits that succeeded": len(waits.succeeded),
        "waits that did not": waits.failed,
        "stops that the role's gate allowed, all carried out": by_gate,
        "stops that only `may_leave` allowed, all carried out": len(trouble.allowed) - by_gate,
        "stops that both refused": trouble.refused,
        "processes that ran for more than a minute": len(checks.growth(memory.readings)),
        "largest growth of one after its first minute, KiB": max(checks.growth(memory.readings).values(), default=0),
    }


if __name__ == "__main__":
    sys.exit(main())
