# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run [NAME ...]: run the stages of the tests, or those whose names match the patterns, or a set of them such as `check`."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
from types import FrameType
from typing import TextIO

from . import paths, scheduler
from .choice import chosen
from .report import Report
from .stage import FAILED, PASSED
from .stages import all_stages


def _only_one_run() -> TextIO:
    """Two runs in one checkout would write to the same logs and trees."""
    paths.SCRATCH.mkdir(exist_ok=True)
    # It stays open: the caller closes it when the run has ended.
    lock = open(paths.SCRATCH / "run.lock", "w", encoding="utf-8")  # noqa: SIM115
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("Another test run is under way in this checkout. Wait for it, or end it, and try again.")
    return lock


def _interrupt(number: int, frame: FrameType | None) -> None:
    # Once is enough: a second Ctrl-C would cut short the ending of what was started.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m run", description=__doc__)
    parser.add_argument("patterns", nargs="*", metavar="NAME", help="stages to run, as names or shell patterns (default: all but those on request)")
    parser.add_argument("--list", action="store_true", help="print the stages and what hinders them, and run nothing")
    # One more than there may be with cluster nodes, which would leave no room for the others.
    parser.add_argument(
        "--jobs", type=int, default=max(scheduler.MOST_CLUSTERS + 1, os.cpu_count() or 1), help="how many stages at a time (default: %(default)s)"
    )
    options = parser.parse_args()

    stages, left_out = chosen(all_stages(), options.patterns)
    if options.list:
        for stage in stages + left_out:
            remarks = (" [on request]" if stage.on_request else "") + (f" [not here: {stage.absent}]" if stage.absent else "")
            print(f"{stage.name:<14} {stage.title}{remarks}")
        return 0

    lock = _only_one_run()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    report = Report()
    report.opening(stages, options.jobs, scheduler.MOST_CLUSTERS, scheduler.MOST_CLUSTERS_ALONE)
    try:
        outcomes = scheduler.run(stages, options.jobs, paths.LOGS, report)
    except KeyboardInterrupt:
        print("Interrupted; all that was started has been stopped. The next run starts from the beginning.", flush=True)
        return 130
    finally:
        lock.close()
    report.summary(stages, outcomes, left_out)
    results = [outcome.result for outcome in outcomes.values()]
    return 1 if FAILED in results or PASSED not in results else 0


if __name__ == "__main__":
    sys.exit(main())
