# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rolling upgrade: nine nodes in batches against one by one, and what the gates cost where nothing has to be waited for."""

import json
import os
import pathlib
import subprocess
import time

from lab import private_lab
from lab.host import CHECKOUT

from .bench import PLAYBOOK, SMALL, BenchmarkError, Play, durations, interleaved, say
from .figures import Target, median, ms, table, targets

NODES = 9
BOOK = CHECKOUT / "playbooks/rolling_upgrade.yml"
ROLE = "corosync.quorum.rolling_upgrade"
PING = "ping"
# Tasks of the user around the two gates of a node: (what comes between, the one before it, the one after it).
GATES = (("the gate before the stop", "drained", "stopped"), ("the gate after the start", "started", PING))
GATE_TASKS = ("Ask the nodes that stay once more whether this node may be stopped", "Wait until this node is back, and the others see it")


def upgrades(samples):
    """How many of each are run."""
    return max(1, samples // 5)


def gate_rounds(samples):
    """In how many upgrades the gates are measured, on each node of them."""
    return max(2, samples // SMALL)


def in_words(samples):
    """How many there are of what."""
    return f"{upgrades(samples)} upgrades each, interleaved; {SMALL * gate_rounds(samples)} of each gate"


def run(bench):
    """Markdown."""
    rounds = upgrades(bench.samples)
    say(f"upgrade: {rounds} rounds of nine nodes one by one and in batches, then {gate_rounds(bench.samples)} rounds of gates")
    with private_lab("bench-upgrade", nodes=NODES, upgrade_to="trixie") as lab:
        runs = interleaved(rounds, {"one by one": lambda: _upgraded(bench, lab, False), "in batches": lambda: _upgraded(bench, lab, True)})
    taken = {name: [seconds for seconds, _busy in of_one] for name, of_one in runs.items()}
    gates, tasks, ping = _gates(bench)
    rows = [
        [name, f"{median(seconds):.0f}", ", ".join(f"{one:.0f}" for one in seconds), f"{100 * median([busy for _seconds, busy in runs[name]]):.0f} %"]
        for name, seconds in taken.items()
    ]
    gate_rows = [[name, ms(seconds)] for name, seconds in gates.items()]
    gate_rows += [["both, between the hooks", ms(sum(gates.values()))], ["the gates' two tasks alone", ms(tasks)], ["`ping`", ms(ping)]]
    return "\n\n".join(
        [
            (
                "A real upgrade (corosync 3.1.7 to 3.1.9) of nine nodes with one vote each by the playbook, `spare: 0`, from its start to its end. "
                "Witnesses in C on every node saw no loss of quorum in any run. All nodes and the controller share this machine's processors: what "
                "they compute takes as long in batches as one by one once the processors are busy, and only what they wait for goes on side by side."
            ),
            table(["nine nodes", "median, s", "runs, s", "processors busy"], rows),
            (
                "The gates in upgrades of three nodes one by one in which no step does anything, so that there is nothing to wait for "
                "(`rolling_upgrade_stable_for: 0`), and `ping` in the same plays. Measured from the end of the user's task before a gate to the start of "
                "the one after it: all that Ansible and the role do in between."
            ),
            table(["between two tasks of the user", "median"], gate_rows),
            targets(
                [
                    Target("in batches ÷ one by one (0.4 is 2.5 times faster)", median(taken["in batches"]) / median(taken["one by one"]), 0.4),
                    Target("all between the hooks for both gates ÷ `ping`", sum(gates.values()) / ping, 3.6),
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
    """({gate: median seconds between the user's tasks around it}, the sum of the medians of the gates' tasks, the median of ping).

    Upgrades of three nodes by the role, in which no step does anything: all gates are asked, and nothing has to be waited for.
    """
    lab = bench.lab(SMALL)
    cluster = lab.cluster(nodes=SMALL)
    cluster.wait_quorate()
    given = {
        "rolling_upgrade_hosts": [node.name for node in cluster],
        "rolling_upgrade_stable_for": 0,
        "rolling_upgrade_stack": "custom",
        "rolling_upgrade_packages": [],
        "rolling_upgrade_needed": True,
        "rolling_upgrade_watch": False,
        "rolling_upgrade_report": "",
    }
    steps = {"drain": "drained", "stop": "stopped", "upgrade": "upgraded", "start": "started", "check": PING}
    for step, name in steps.items():
        task = {"ansible.builtin.ping": {}} if name == PING else {"ansible.builtin.debug": {"msg": name}}
        path = bench.scratch / (step + ".yml")
        path.write_text(json.dumps([dict(task, name=name)]), encoding="utf-8")
        given[f"rolling_upgrade_{step}_tasks"] = str(path)
    task = {"ansible.builtin.include_role": {"name": ROLE}, "vars": given}
    between, taken = {}, {}
    for _number in range(gate_rounds(bench.samples)):
        times = Play(bench, lab, ",".join(given["rolling_upgrade_hosts"]), [("upgrade", task)]).finish(120)
        for name, seconds in durations(times).items():
            taken.setdefault(name.rpartition(" : ")[2], []).extend(seconds)
        for gate, before, after in GATES:
            between.setdefault(gate, []).extend(_between(times, before, after))
    missing = [name for name in GATE_TASKS if name not in taken]
    if missing:
        raise BenchmarkError(f"The gates' tasks {', '.join(missing)} were not found among {', '.join(taken)}.")
    return {gate: median(seconds) for gate, seconds in between.items()}, sum(median(taken[name]) for name in GATE_TASKS), median(taken[PING])


def _between(times, before, after):
    """The seconds from the end of one task to the start of another, on each host."""
    named = [dict(line, task=line["task"].rpartition(" : ")[2]) for line in times]
    ended = {line["host"]: line["clock"] for line in named if line["task"] == before and line["event"] == "ok"}
    begun = {line["host"]: line["clock"] for line in named if line["task"] == after and line["event"] == "start"}
    return [begun[host] - ended[host] for host in ended]
