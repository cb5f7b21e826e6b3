# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the memory of a wait grow, in an hour in which nothing happens?"""

import pathlib
import time

from .bench import BenchmarkError, Play, say
from .figures import Target, median, table, targets
from .idle import SETTLE

SECONDS, EVERY = 3600, 30
# So many readings at the beginning and at the end are compared by their medians: a wait starts again on the node every few minutes.
SPAN = 15
MODULE = "wait_for_quorum"
# The module's process. Anonymous memory alone: of files, such as libraries, a process's share depends on who else has them open. KiB.
ON_NODE = """
import pathlib
def pss(process):
    lines = (process / "smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))
found = []
for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        if b"python" in (process / "cmdline").read_bytes().split(b"\\0")[0]:
            found.append(pss(process))
    except (OSError, StopIteration):
        pass
print(max(found, default=0))
"""


def run(bench):
    """Markdown."""
    lab = bench.lab()
    cluster = lab.cluster(nodes=2)
    cluster.partition(*([node.name] for node in cluster))
    cluster.wait_quorate(wanted=False)
    node = cluster.nodes[0]
    say(f"hour: one wait, for {SECONDS} s")
    play = Play(bench, lab, node.name, [("wait", {"corosync.quorum." + MODULE: {"timeout": SECONDS + 600}})])
    readings = []
    try:
        play.wait_started()
        time.sleep(SETTLE)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            readings.append((_controller(play), node.python(ON_NODE, parse=True)))
            if len(readings) % SPAN == 1:
                at_controller, on_node = readings[-1]
                say(f"hour: {at_controller} KiB at the controller, {on_node} KiB on the node")
            time.sleep(EVERY)
        if len(play.times()) > 1:
            raise BenchmarkError("The wait ended although there was no quorum.")
    finally:
        play.stop()
        cluster.heal()
    kinds = {"at the controller": [one for one, _two in readings], "on the node": [two for _one, two in readings if two]}
    grown = {where: median(values[-SPAN:]) - median(values[:SPAN]) for where, values in kinds.items()}
    rows = [
        [where, f"{median(values[:SPAN]) / 1024:.2f} MiB", f"{median(values[-SPAN:]) / 1024:.2f} MiB", f"{grown[where]:+.0f} KiB", len(values)]
        for where, values in kinds.items()
    ]
    return "\n\n".join(
        [
            (
                f"One wait of {SECONDS // 60} minutes without quorum. Anonymous memory of all processes of `ansible-playbook`, what they share "
                f"counted once, and of the module's process; read every {EVERY} s, medians of the first and of the last {SPAN} readings."
            ),
            table(["memory", "at the beginning", "at the end", "grown", "readings"], rows),
            targets([Target("growth in an hour " + where, grown[where] / median(kinds[where][:SPAN]) * 100, 1.0, " %") for where in kinds]),
        ]
    )


def _controller(play):
    """KiB of all processes of the play."""
    return sum(_pss(pid) for pid in play.processes())


def _pss(pid):
    try:
        lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))
