# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rolling upgrade: nine nodes in batches against one by one, and what the gates cost where nothing has to be waited for."""

import json
import os
import pathlib
import subprocess
import time

import yaml
from lab import private_lab
from lab.host import CHECKOUT

from .bench import PLAYBOOK, SMALL, BenchmarkError, Play, durations, interleaved, say
from .figures import Target, median, ms, table, targets

NODES = 9
BOOK = CHECKOUT / "playbooks/rolling_upgrade.yml"
ROLE = "corosync.quorum.rolling_upgrade"
PING = "ping"
HOOK = "Check what else must be right before the next node"
GATES = ("before_stop", "after_start")


def upgrades(samples):
    """How many of each are run."""
    return max(1, samples // 5)


def gate_rounds(samples):
    """In how many upgrades the gates are measured, on each node of them."""
    return max(2, samples // SMALL)


def in_words(samples):
    """How many there are of what."""
    return f"{upgrades(samples)} upgrades each, interleaved; {SMALL * gate_rounds(samples)} of each task"


def run(bench):
    """Markdown."""
    rounds = upgrades(bench.samples)
    say(f"upgrade: {rounds} rounds of nine nodes one by one and in batches, then {gate_rounds(bench.samples)} rounds of gates")
    with private_lab("bench-upgrade", nodes=NODES, upgrade_to="trixie") as lab:
        runs = interleaved(rounds, {"one by one": lambda: _upgraded(bench, lab, False), "in batches": lambda: _upgraded(bench, lab, True)})
    taken = {name: [seconds for seconds, _busy in of_one] for name, of_one in runs.items()}
    gates, ping = _gates(bench)
    rows = [
        [name, f"{median(seconds):.0f}", ", ".join(f"{one:.0f}" for one in seconds), f"{100 * median([busy for _seconds, busy in runs[name]]):.0f} %"]
        for name, seconds in taken.items()
    ]
    gate_rows = [[name, ms(seconds)] for name, seconds in gates.items()] + [["all gate tasks of a node", ms(sum(gates.values()))], ["`ping`", ms(ping)]]
    return "\n\n".join(
        [
            (
                "A real upgrade (corosync 3.1.7 to 3.1.9) of nine nodes with one vote each by the playbook, `spare: 0`, from its start to its end. "
                "Witnesses in C on every node saw no loss of quorum in any run. All nodes and the controller share this machine's processors: what "
                "they compute takes as long in batches as one by one once the processors are busy, and only what they wait for goes on side by side."
            ),
            table(["nine nodes", "median, s", "runs, s", "processors busy"], rows),
            (
                "The gates' tasks in upgrades of three nodes one by one in which no step does anything, so that there is nothing to wait for "
                "(`rolling_upgrade_stable_for: 0`), and `ping` in the same plays."
            ),
            table(["task", "median"], gate_rows),
            targets(
                [
                    Target("in batches ÷ one by one (0.4 is 2.5 times faster)", median(taken["in batches"]) / median(taken["one by one"]), 0.4),
                    Target("gate tasks ÷ `ping`", sum(gates.values()) / ping, 3.0),
                ]
            ),
        ]
    )


def _upgraded(bench, lab, batches):
    """(the seconds of one upgrade, the share of them for which this machine's processors were busy)."""
    made = lab.cluster(nodes=NODES)
    made.wait_quorate()
    witness = made.watch()
    given = {"rolling_upgrade_group": "nodes", "rolling_upgrade_batches": batches, "rolling_upgrade_report": str(bench.scratch / "report.html")}
    start, before = time.monotonic(), _ticks()
    done = subprocess.run(
        [PLAYBOOK, str(BOOK), "-e", json.dumps(given)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1200,
        env=dict(os.environ, ANSIBLE_CONFIG=str(lab.ansible_cfg), ANSIBLE_NOCOLOR="1"),
        check=False,
    )
    seconds, after = time.monotonic() - start, _ticks()
    if done.returncode:
        raise BenchmarkError(f"An upgrade failed: {done.stdout[-2000:]}")
    if witness.losses():
        raise BenchmarkError(f"Quorum was lost in an upgrade: {witness.losses()}")
    return seconds, 1 - (after[1] - before[1]) / (after[0] - before[0])


def _ticks():
    """(all, idle ones) of all processors since the machine's start."""
    ticks = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


def _gates(bench):
    """({what: median seconds of its tasks on a node}, the median of ping).

    Upgrades of three nodes by the role, in which no step does anything: all gates are asked, and nothing has to be waited for.
    """
    lab = bench.lab(SMALL)
    cluster = lab.cluster(nodes=SMALL)
    cluster.wait_quorate()
    hooks = {"nothing": {"ansible.builtin.meta": "noop"}, PING: {"ansible.builtin.ping": {}}}
    for name, task in hooks.items():
        (bench.scratch / (name + ".yml")).write_text(json.dumps([dict(task, name=name)]), encoding="utf-8")
    steps = dict.fromkeys(("stop", "upgrade", "start"), "nothing") | {"check": PING}
    given = {
        "rolling_upgrade_hosts": [node.name for node in cluster],
        "rolling_upgrade_stable_for": 0,
        "rolling_upgrade_stack": "custom",
        "rolling_upgrade_packages": [],
        "rolling_upgrade_needed": True,
        "rolling_upgrade_watch": False,
        "rolling_upgrade_report": "",
    }
    given.update({f"rolling_upgrade_{step}_tasks": str(bench.scratch / (name + ".yml")) for step, name in steps.items()})
    task = {"ansible.builtin.include_role": {"name": ROLE}, "vars": given}
    taken = {}
    for _number in range(gate_rounds(bench.samples)):
        for name, seconds in durations(Play(bench, lab, ",".join(given["rolling_upgrade_hosts"]), [("upgrade", task)]).finish(120)).items():
            taken.setdefault(name.rpartition(" : ")[2], []).extend(seconds)
    gates = {entry + ": " + name: median(taken[name]) for entry in GATES for name in _names(entry) if name in taken and name != HOOK}
    if len(gates) < 6:
        raise BenchmarkError(f"The gates' tasks were not found among {', '.join(taken)}.")
    return gates, median(taken[PING])


def _names(entry):
    """The tasks of one of the role's files."""
    return [task["name"] for task in yaml.safe_load((CHECKOUT / "roles/rolling_upgrade/tasks" / (entry + ".yml")).read_text(encoding="utf-8"))]
