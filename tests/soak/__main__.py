# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run it: `make soak`, or `python -m soak --help` with the paths that the Makefile sets."""

import argparse
import contextlib
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
from .background import Follower, Memory, Waits
from .report import page, written
from .trouble import FAULTS, Trouble, order

RUN = "50a450a450a450a4"
UNIT = "soak-run"
HOUR = 3600
# On a busy machine five corosyncs are not always given the second that others take for a lost node. Milliseconds.
TOKEN = 3000


def main(argv=None):
    """The exit status: 0 where nothing is wrong."""
    arguments = _parser().parse_args(argv)
    become_root("soak")
    if why_not():
        print(f"soak: {why_not()}", file=sys.stderr)
        return 1
    seed = random.randrange(2**32) if arguments.seed is None else arguments.seed
    print(f"soak: {arguments.seconds} s, seed {seed} (--seed {seed} makes the same faults again)", flush=True)
    try:
        with remains.own_folder() as folder:
            with private_lab("soak", nodes=5) as lab:
                found, figures = _run(lab, arguments.seconds, seed, arguments.only or FAULTS)
            found += [f"left on this machine: {line}" for line in remains.here(folder)]
    except LabError as error:
        print(f"soak: the lab failed: {error}", file=sys.stderr)
        return 1
    for line in found:
        print(f"FAILED {line}")
    print(page(figures, found))
    if arguments.seconds >= HOUR and not found:
        written(figures, found, seed)
    return 1 if found else 0


def _parser():
    top = argparse.ArgumentParser(prog="soak", description="A cluster of five with a random fault every few seconds, and the collection at work meanwhile.")
    top.add_argument("--seconds", type=int, default=HOUR, help="how long (default: %(default)s); the result of an hour is written down")
    top.add_argument("--only", nargs="+", choices=FAULTS, help="make these faults alone")
    top.add_argument("--seed", type=int, help="of the faults and of all else that is random")
    return top


def _run(lab, seconds, seed, only):
    """(findings, figures)."""
    dice = random.Random(seed)
    made = lab.cluster(nodes=5, totem={"token": TOKEN})
    made.wait_quorate()
    install(made)
    for node in made:
        put_module_library(node)
    witness = made.watch()
    trouble = Trouble(made, dice, anchor=made[1])
    followers = {node.name: Follower(node) for node in made}
    waits, memory = Waits(lab, list(made), random.Random(seed + 1)), Memory(list(made))
    workers = [*followers.values(), waits, memory]
    with contextlib.ExitStack() as stack:
        for node in made:
            stack.enter_context(watching(node, run=RUN, connect_timeout=2))
        made[1].run(["systemd-run", "-q", f"--unit={UNIT}", _program.LAUNCHER, "run", "--textfile", "/run/soak.prom"])
        for worker in workers:
            stack.callback(worker.stop)
            worker.start()
        begun = time.time()
        _make_faults(trouble, dice, seconds, only)
        end = time.time()
        for worker in reversed(workers):
            worker.stop()
        died = [] if made[1].run(["systemctl", "is-active", "-q", UNIT], check=False).returncode == 0 else ["the resident program has ended by itself"]
        made[1].run(["systemctl", "stop", UNIT], check=not died)
        records = {node.name: ask(node, "stopped", run=RUN) for node in made}
    events = witness.events()
    _keep(followers, records, events)
    found = died + _judged(trouble, followers, waits, memory, records, events, (begun, end))
    time.sleep(2)
    found += [line for node in made for line in remains.on_node(node, memory.pids[node.name])]
    return found, _figures(trouble, followers, waits, memory, records, events, seconds)


def _keep(followers, records, events):
    """What was told, recorded and seen, for whoever looks for the cause of a finding."""
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    kept = {
        "told": {name: [event for _at, event in follower.events] for name, follower in followers.items()},
        "recorded": {name: record["timeline"] for name, record in records.items()},
        "seen": [event._asdict() for event in events],
    }
    (paths.LOGS / "soak.json").write_text(json.dumps(kept), encoding="utf-8")


def _make_faults(trouble, dice, seconds, only):
    end = time.monotonic() + seconds
    for name in order(dice, only):
        if time.monotonic() >= end:
            return
        print(f"soak: {int(end - time.monotonic())} s left: {name}", flush=True)
        trouble.round(name)


def _judged(trouble, followers, waits, memory, records, events, span):
    """span: when the faults began, and when they were over."""
    workers = (*followers.values(), waits, memory)
    found = [f"{type(worker).__name__} died: {worker.trouble!r}" for worker in workers if worker.trouble]
    found += [f"{type(worker).__name__} did not end" for worker in workers if worker.is_alive()]
    seen = {name: checks.states_seen(name, events) for name in followers}
    for name, follower in followers.items():
        told = checks.states_told(follower.events, follower.breaks)
        recorded = checks.states_recorded([(seconds_of(entry["at"]), entry) for entry in records[name]["timeline"]], seconds_of(records[name]["until"]))
        for states in (told, recorded):
            found += checks.disagreements(name, states, seen[name], span[1], trouble.frozen[name])
            found += checks.missed_losses(name, states, seen[name])
        found += checks.unlooked(name, "its events", told, seen[name], *span)
        # A node that loses its power ends its watch.
        found += checks.unlooked(name, "the record of its watch", recorded, seen[name], *span) if name == trouble.anchor.name else []
        found += [f"{name}: {follower.late} events are out of order"] if follower.late else []
        found += [f"{name}: the record of the watch has {records[name]['unreadable']} lines that nobody can read"] if records[name]["unreadable"] else []
        found += [] if follower.events else [f"{name}: no event was told"]
    found += checks.unused(waits.succeeded, trouble.allowed, trouble.refused, memory.readings)
    found += checks.untrue_waits(waits.succeeded, seen)
    found += checks.broken_promises(trouble.allowed, events)
    return found + checks.grown(memory.readings)


def _figures(trouble, followers, waits, memory, records, events, seconds):
    return {
        "seconds": seconds,
        "rounds": sum(trouble.counts.values()),
        "faults": trouble.counts,
        "events told": sum(len(follower.events) for follower in followers.values()),
        "entries of watches": sum(len(record["timeline"]) for record in records.values()),
        "notifications that the C programs saw": len(events),
        "losses of quorum that they saw": sum(event.what == "inquorate" for event in events),
        "waits that succeeded": len(waits.succeeded),
        "waits that did not": waits.failed,
        "stops that the gate allowed, all carried out": len(trouble.allowed),
        "stops that it refused": trouble.refused,
        "processes that ran for more than a minute": len(checks.growth(memory.readings)),
        "largest growth of one after its first minute, KiB": max(checks.growth(memory.readings).values(), default=0),
    }


if __name__ == "__main__":
    sys.exit(main())
