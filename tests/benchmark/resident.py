# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program `corosync-quorum` while it stays on a node: how soon an event is told, and what it costs while nothing happens."""

import contextlib
import json
import subprocess
import sys
import threading
import time

from run import trees

from .bench import SMALL, BenchmarkError, say
from .figures import Target, median, middle_half, ms, percentile, table, targets
from .hour import SPAN

UNIT, FILE = "bench-resident", "/run/bench-resident.prom"
# A reading of the processes of the unit every so many seconds; so long after the start they are warm.
EVERY, WARM = 10, 60
HOUR = 3600
PATIENCE = 60
# CPU seconds of all processes of a unit, also of those that have ended, and their anonymous memory in KiB, by name
COST = """
import json, os, pathlib, subprocess, sys
show = subprocess.run(["systemctl", "show", "-P", "ControlGroup", sys.argv[1]], stdout=subprocess.PIPE, check=True, universal_newlines=True).stdout.strip()
roots = ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified")
group = next(path for path in (pathlib.Path(root + show) for root in roots) if (path / "cgroup.procs").exists())
memory, ticks = {}, 0
for pid in (group / "cgroup.procs").read_text().split():
    process = pathlib.Path("/proc", pid)
    name = "the child that follows corosync" if b"corosync.quorum.events" in (process / "cmdline").read_bytes() else "the program"
    lines = (process / "smaps_rollup").read_text().splitlines()
    memory[name] = next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))
    ticks += sum(int(field) for field in (process / "stat").read_text().rpartition(")")[2].split()[11:15])
print(json.dumps({"cpu": ticks / os.sysconf("SC_CLK_TCK"), "memory": memory}))
"""


def latency(bench):
    """Markdown: from corosync's notification, as a C program has it on the node, to the line at the reader."""
    cluster = _cluster(bench)
    witness = cluster.watch()
    node, other = cluster.nodes[0], cluster.nodes[-1]
    command = [_launcher(), "events"]
    ways = {"on the node": node.inside(command), "over ssh": [*node.ssh_args, *command]}
    found = {way: {"left": [], "joined": []} for way in ways}
    for way, line in ways.items():
        say(f"events: {bench.samples} stops and starts, read {way}")
        with _reading(line) as lines:
            for _sample in range(bench.samples):
                for what, act in (("left", other.stop_corosync), ("joined", other.start_corosync)):
                    found[way][what].append(_delay(witness, node, lines, act, f"node_{what}"))
                cluster.wait_ring()
    rows = [
        [f"a node {what}, read {way}", ms(median(samples)), middle_half(samples), ms(percentile(samples, 95)), len(samples)]
        for way, kinds in found.items()
        for what, samples in kinds.items()
    ]
    every = [sample for kinds in found.values() for samples in kinds.values() for sample in samples]
    return "\n\n".join(
        [
            (
                "corosync stops and starts on another node. From the moment at which a C program on the node has written down corosync's notification to "
                "the moment at which the line of `corosync-quorum events` is at its reader on the controller."
            ),
            table(["from notification to reader", "median", "middle half, ms", "95 %", "samples"], rows),
            targets([Target("from notification to reader, median", median(every), 0.2, " s")]),
        ]
    )


def minutes(bench):
    """Markdown: some minutes in which nothing happens."""
    return _idle(bench, bench.idle)


def hour(bench):
    """Markdown: an hour in which nothing happens."""
    return _idle(bench, HOUR)


def _cluster(bench):
    sys.path.insert(0, str(trees.linked()))
    from live.installing import install

    cluster = bench.lab().cluster(nodes=SMALL)
    cluster.wait_quorate()
    install(cluster)
    return cluster


def _launcher():
    from ansible_collections.corosync.quorum.plugins.plugin_utils import _program

    return _program.LAUNCHER


@contextlib.contextmanager
def _reading(command):
    """What a command prints: a list of (time, event), which grows."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    lines = []

    def read():
        for line in process.stdout:
            lines.append((time.time(), json.loads(line)))

    threading.Thread(target=read, daemon=True).start()
    try:
        _until(lambda: lines)
        yield lines
    finally:
        process.kill()
        process.wait()


def _delay(witness, node, lines, act, wanted):
    """Seconds from the notification to the reader."""
    had, begun = len(lines), time.time()
    act()
    _until(lambda: any(event["event"] == wanted for _at, event in lines[had:]))
    at, told = next((at, event) for at, event in lines[had:] if event["event"] == wanted)
    members = told["votequorum"]["members"]
    _until(lambda: _noted(witness, node, begun, members))
    return at - _noted(witness, node, begun, members)[0]


def _noted(witness, node, begun, members):
    return [event.at for event in witness.events() if event.node == node.name and event.at >= begun and sorted(event.members) == members]


def _until(true):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise BenchmarkError(f"What is measured did not happen within {PATIENCE} s.")
        time.sleep(0.01)


def _idle(bench, seconds):
    cluster = _cluster(bench)
    node = cluster.nodes[0]
    node.run(["systemd-run", "-q", f"--unit={UNIT}", _launcher(), "run", "--textfile", FILE])
    readings = []
    try:
        time.sleep(WARM)
        say(f"resident: {seconds} s in which nothing happens")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            readings.append((time.monotonic(), node.run(["/usr/bin/python3", "-c", COST, UNIT]).stdout))
            time.sleep(EVERY)
    finally:
        node.run(["systemctl", "stop", UNIT])
    readings = [(at, json.loads(text)) for at, text in readings]
    (first, before), (last, after) = readings[0], readings[-1]
    cpu = (after["cpu"] - before["cpu"]) / (last - first) * 100
    span = min(SPAN, max(1, len(readings) // 3))
    rows, grown = [], {}
    for name in before["memory"]:
        values = [reading["memory"][name] for _at, reading in readings if name in reading["memory"]]
        begun, ended = median(values[:span]), median(values[-span:])
        grown[name] = (ended - begun) / 1024
        rows.append([name, f"{begun / 1024:.2f} MiB", f"{ended / 1024:.2f} MiB", f"{ended - begun:+.0f} KiB", len(values)])
    return "\n\n".join(
        [
            (
                f"`corosync-quorum run --textfile` as a service on one of three nodes, for {seconds // 60} minutes in which nothing happens, after its first "
                f"minute. Anonymous memory of its two processes, read every {EVERY} s, medians of the first and of the last {span} readings."
            ),
            table(["memory", "at the beginning", "at the end", "grown", "readings"], rows),
            targets(
                [
                    Target("CPU of both processes, of one core", cpu, 0.2, " %"),
                    *(Target(f"growth of {name}", size, 1.0, " MiB") for name, size in grown.items()),
                ]
            ),
        ]
    )
