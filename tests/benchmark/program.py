# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program `corosync-quorum` on a node, from its start to its end, beside a C program with the same calls of corosync."""

import sys

from run import trees

from .bench import LARGE, REMOTE, SMALL, BenchmarkError, interleaved, say
from .figures import Target, median, middle_half, ms, table, targets
from .process import PREFIXES

PYTHON = "/usr/bin/python3"
METRICS, CHECK, STATUS = "`corosync-quorum metrics`", "`corosync-quorum check`", "`corosync-quorum status --json`"
ARCHIVE, BARE, C = "`metrics` of the one file that travels", "Python, which does nothing", "C, the calls of one snapshot"
MOST = 60  # milliseconds


def run(bench):
    """Markdown."""
    say(f"program: readings of {SMALL} and of {LARGE} nodes")
    sys.path.insert(0, str(trees.linked()))
    found = {}
    # The nodes of a large cluster take this machine's processors from each other, and would from the small one.
    for size in (SMALL, LARGE):
        jobs = _jobs(bench, size)
        for job in jobs.values():
            job()  # the files are in the page cache
        found.update(interleaved(bench.samples, jobs))
    middle = {key: median([sample["wall"] for sample in samples]) for key, samples in found.items()}
    rows = [_row(what, size, found[what, size]) for what in (METRICS, CHECK, STATUS, ARCHIVE, BARE, C) for size in (SMALL, LARGE)]
    return "\n\n".join(
        [
            (
                "From fork to exit, on a node whose corosync runs. The program is installed as the role `monitor` does it: a folder with bytecode, and a "
                "launcher. The one file is a zip archive, which Python compiles each time. "
                f"The cluster of {SMALL} nodes is measured before that of {LARGE} is started."
            ),
            table(["from start to end", "nodes", "median", "middle half, ms", "CPU", "peak memory"], rows),
            targets([Target(f"{what}, {SMALL} nodes", middle[what, SMALL] * 1000, MOST, " ms") for what in (METRICS, CHECK, STATUS)]),
        ]
    )


def _jobs(bench, size):
    from live.installing import install

    from ansible_collections.corosync.quorum.plugins.plugin_utils import _program

    lab = bench.lab(size)
    lab.cluster(nodes=size).wait_quorate()
    node = lab.nodes[0]
    install([node])
    packed = bench.scratch / "corosync-quorum.pyz"
    packed.write_bytes(_program.archive())
    archive = bench.put(node, packed)
    prefixes = node.python(PREFIXES, parse=True)
    member = f'corosync_quorum_node_state{{node="node{size}",nodeid="{size}",state="member"}} 1'
    commands = {
        METRICS: ([_program.LAUNCHER, "metrics"], member),
        CHECK: ([_program.LAUNCHER, "check"], f"QUORUM OK - quorate, {size} of {size} votes"),
        STATUS: ([_program.LAUNCHER, "status", "--json"], f'"total_votes": {size},'),
        ARCHIVE: ([PYTHON, "-I", archive, "metrics"], member),
        BARE: ([PYTHON, "-I", "-c", "pass"], ""),
        C: ([REMOTE + "/snapshot", *prefixes], f'"nodes": {size}'),
    }
    return {(what, size): lambda command=command, wanted=wanted: _cost(bench, node, command, wanted) for what, (command, wanted) in commands.items()}


def _cost(bench, node, command, wanted):
    cost, out = bench.measured(node, *command)
    if wanted not in out:
        raise BenchmarkError(f"{' '.join(command)} says {out!r}, without {wanted!r}: the cluster was not complete.")
    return cost


def _row(what, size, samples):
    def middle(key):
        return median([sample[key] for sample in samples])

    return [what, size, ms(middle("wall")), middle_half([sample["wall"] for sample in samples]), ms(middle("cpu")), f"{middle('peak_kib') / 1024:.1f} MiB"]
