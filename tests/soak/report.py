# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result, for the terminal and for the results of the benchmarks."""

import collections
import pathlib

from benchmark.figures import table

RESULT = pathlib.Path(__file__).resolve().parents[1] / "benchmark" / "results" / "soak.md"
_HEAD = """\
<!--
Copyright (c) 2026 corosync.quorum contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
Written by `make soak`. Do not edit.
-->

# Faults, one after the other, and everything at work

Five nodes, half of the time with a quorum device (ffsplit). What the program, the event source and the watches told, what waits and gates allowed, and the
memory of all processes were checked against what C programs saw on the nodes. Nothing was wrong.

"""


def summed(figures):
    """The figures of several clusters as one: all are sums but the largest growth."""
    found = {}
    for name in figures[0]:
        values = [one[name] for one in figures]
        if name == "faults":
            found[name] = dict(sum(map(collections.Counter, values), collections.Counter()))
        else:
            found[name] = max(values) if name.startswith("largest") else sum(values)
    return found


def page(figures, found):
    """The result as text. Its last line says how many rounds of faults there were, where nothing is wrong."""
    rows = [[name, figure] for name, figure in figures.items() if name != "faults"] + [
        [f"fault: {name}", count] for name, count in sorted(figures["faults"].items())
    ]
    last = f"wrong: {len(found)}" if found else f"{figures['rounds']} rounds of faults, and nothing is wrong"
    return "\n\n".join([table(["what", "how much"], rows), last])


def written(figures, seed):
    """Write it down."""
    RESULT.write_text(f"{_HEAD}{page(figures, [])}\n\nSeed {seed}.\n", encoding="utf-8")
