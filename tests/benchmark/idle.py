# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a long wait costs while nothing happens: CPU on the node, round trips of ssh."""

import pathlib
import time

from lab.parallel import each

from .bench import BenchmarkError, Play, say
from .figures import Target, table, targets
from .wait import OURS, tasks

# Between the tasks' start and the first reading: connections are made, programs have started. Seconds.
SETTLE = 8
SSH = """\
#!/bin/sh
# Stands in for ssh and writes a line for each use.
date +%s.%N >>"$BENCHMARK_SSH_USES"
exec ssh "$@"
"""
# CPU seconds of everything that came in by ssh, of processes that ended as well, and of corosync.
CPU = """
import json, os, pathlib, subprocess
TICK = os.sysconf("SC_CLK_TCK")
def stat(pid):
    fields = pathlib.Path("/proc/%s/stat" % pid).read_text().rpartition(")")[2].split()
    return int(fields[1]), fields
stats = {}
for path in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        stats[int(path.name)] = stat(path.name)
    except OSError:
        pass
def below(pid):
    return [pid] + [found for child, (parent, _) in stats.items() if parent == pid for found in below(child)]
def main_pid(unit):
    return int(subprocess.run(["systemctl", "show", "-P", "MainPID", unit], stdout=subprocess.PIPE, check=True).stdout)
def ticks(pid, fields):
    return sum(int(stats[pid][1][field]) for field in fields)
ssh, corosync = main_pid("ssh"), main_pid("corosync")
print(json.dumps({"ssh": sum(ticks(pid, (11, 12, 13, 14)) for pid in below(ssh)) / TICK, "corosync": ticks(corosync, (11, 12)) / TICK}))
"""


def run(bench):
    """Markdown."""
    ways = tasks(bench.idle + 60)
    lab = bench.lab()
    cluster = lab.cluster(nodes=len(ways) + 1)
    bench.furnish(lab)
    cluster.partition(*([node.name] for node in cluster))
    cluster.wait_quorate(wanted=False)
    say(f"idle: {len(ways)} waits side by side, for {bench.idle} s")
    ssh = bench.scratch / "ssh"
    ssh.write_text(SSH)
    ssh.chmod(0o755)
    nodes = dict(zip(ways, cluster.nodes))
    uses = {way: bench.scratch / (f"ssh-uses-{number}") for number, way in enumerate(ways)}
    plays = {
        way: Play(bench, lab, node.name, [("wait", ways[way])], {"ANSIBLE_SSH_EXECUTABLE": str(ssh), "BENCHMARK_SSH_USES": str(uses[way])})
        for way, node in nodes.items()
    }
    try:
        for play in plays.values():
            play.wait_started()
        time.sleep(SETTLE)
        spent = _window(cluster, bench.idle)
        if any(len(play.times()) > 1 for play in plays.values()):
            raise BenchmarkError("A wait ended although there was no quorum.")
    finally:
        for play in plays.values():
            play.stop()
        cluster.heal()
    start, end = spent.pop("window")
    idle_corosync = spent[cluster.nodes[-1].name]["corosync"]
    rows = [
        [
            way,
            f"{spent[node.name]['ssh']:.2f} s",
            f"{spent[node.name]['ssh'] / (end - start) * 100:.3f} %",
            f"{spent[node.name]['corosync'] - idle_corosync:+.2f} s",
            _uses(uses[way], start, end),
        ]
        for way, node in nodes.items()
    ]
    ours = spent[nodes[OURS].name]["ssh"] / (end - start) * 100
    minutes, seconds = divmod(int(bench.idle), 60)
    return "\n\n".join(
        [
            (
                f"{minutes} minutes and {seconds} seconds without quorum, one node for each way of waiting. CPU: everything that came to the node by "
                "ssh, sshd's own part included. corosync: how much more its daemon used than on a node where nobody waits. Round trips: uses of ssh "
                "by the controller."
            ),
            table(["way of waiting", "CPU on the node", "of one core", "corosync", "round trips"], rows),
            targets(
                [
                    Target("CPU of `wait_for_quorum` on the node", ours, 0.2, " %"),
                    Target("round trips of `wait_for_quorum` a minute", _uses(uses[OURS], start, end) / (end - start) * 60, 1.0),
                ]
            ),
        ]
    )


def _window(cluster, seconds):
    """{node name: CPU seconds spent within so many seconds}, and under `window` when that began and ended."""
    before = dict(each(cluster, _cpu))
    start = time.time()
    time.sleep(seconds)
    end = time.time()
    after = dict(each(cluster, _cpu))
    spent = {name: {what: after[name][what] - used for what, used in before[name].items()} for name in before}
    return dict(spent, window=(start, end))


def _cpu(node):
    return node.name, node.python(CPU, parse=True)


def _uses(log, start, end):
    lines = pathlib.Path(log).read_text().split() if pathlib.Path(log).exists() else []
    return sum(start <= float(line) <= end for line in lines)
