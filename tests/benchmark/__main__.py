# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the benchmarks: `make bench`, or `PYTHONPATH=tests python3 -m benchmark --help`."""

import argparse
import os
import sys
import time

from lab import LabError, why_not
from lab.__main__ import become_root
from lab.host import give_to_sudo_user

from . import fleet, forecast, hour, idle, machine, memory, process, program, resident, sixteen, task, upgrade, wait
from .bench import HERE, SMALL, Bench, BenchmarkError, say


def each(samples):
    """The samples of most sections, in words."""
    return f"{samples} each, interleaved"


# In the order in which they run: what runs it, its title, and what it makes of --samples, in words
SECTIONS = {
    "task": (task.run, "A task: `votequorum_info` against `ping` and against the command it replaces", lambda samples: each(SMALL * samples)),
    "process": (process.run, "In the process on the node: from import to snapshot", each),
    "program": (program.run, "The program `corosync-quorum` on a node, from its start to its end", each),
    "events": (resident.latency, "From corosync's notification to the reader of `corosync-quorum events`", lambda samples: f"{samples} each"),
    "resident": (resident.minutes, "What `corosync-quorum run` costs while nothing happens", lambda _samples: "1"),
    "resident-hour": (resident.hour, "An hour of `corosync-quorum run`", lambda _samples: "1"),
    "memory": (memory.run, "The module's process: memory and CPU", each),
    "forecast": (forecast.run, "The forecast's cost", forecast.in_words),
    "fleet": (fleet.run, "Many clusters in one report", fleet.in_words),
    "sixteen": (sixteen.run, "From three nodes to sixteen", sixteen.in_words),
    "wait": (wait.run, "From quorum on the node to the task's result", each),
    "upgrade": (upgrade.run, "A rolling upgrade of nine nodes, and its gates", upgrade.in_words),
    "idle": (idle.run, "What a long wait costs while nothing happens", lambda _samples: "1 each, side by side"),
    "hour": (hour.run, "An hour of waiting", lambda _samples: "1"),
}
# Only when it is asked for
LONG = ("hour", "resident-hour")
HEAD = """\
<!--
Copyright (c) 2026 corosync.quorum contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
Written by `make bench SECTIONS=%s`. Do not edit.
-->

# %s
"""


def main(argv=None):
    """Run the sections asked for; returns the exit status."""
    arguments = parser().parse_args(argv)
    try:
        become_root("benchmark")
        if why_not():
            raise LabError(why_not())
        with Bench(arguments.samples, arguments.idle) as bench:
            for name in [name for name in SECTIONS if name in arguments.sections]:
                section(bench, name)
    except (LabError, BenchmarkError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        return 130
    return 0


def parser():
    """The command line."""
    top = argparse.ArgumentParser(prog="benchmark", description="Measure the collection on live nodes of this machine.")
    top.add_argument(
        "sections",
        nargs="*",
        default=[name for name in SECTIONS if name not in LONG],
        metavar="SECTION",
        help=f"of {', '.join(SECTIONS)} (default: all but {', '.join(LONG)})",
    )
    top.add_argument("--samples", type=int, default=15, help="how many of each (default: %(default)s; fewer are only to try things out)")
    top.add_argument("--idle", type=int, default=300, help="seconds of the long wait (default: %(default)s)")
    return top


def section(bench, name):
    """Run one section, print its tables and write them to results/."""
    run, title, in_words = SECTIONS[name]
    start, load = time.monotonic(), machine.load()
    text = "\n".join([HEAD % (name, title), run(bench), "", machine.facts(bench.lab(SMALL).nodes[0], in_words(bench.samples), load), ""])
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / (name + ".md")).write_text(text, encoding="utf-8")
    give_to_sudo_user(results, [path.name for path in results.iterdir()])
    print(text.partition("-->")[2].strip() + "\n", flush=True)
    say(f"{name} took {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    os.environ.pop("ANSIBLE_CONFIG", None)
    sys.exit(main())
