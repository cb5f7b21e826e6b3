# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the collection's arithmetic and forecast with corosync-vqsim on random clusters, and count the disagreements.

    python tests/truth/run.py --sequences 10000 --seed 1

PYTHONPATH must hold a folder with ansible_collections/corosync/quorum. Ends with 1 if there is a disagreement.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import multiprocessing
import os
import pathlib
import shutil
import sys
import time
import typing as t

if __package__ in (None, ""):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
    __package__ = "truth"

from hypothesis import HealthCheck, Phase, given, seed, settings

from .comparison import compared
from .prediction import DISUNITED, NOT_COUNTED, RAISED, RIGHT, SIMULATOR, predictions
from .scenario import Scenario, scenarios
from .simulator import COMMAND

PORTION = 100  # sequences to a process at a time


class Report(t.NamedTuple):
    counts: collections.Counter[str]
    disagreements: list[str]

    def __str__(self) -> str:
        counts = self.counts
        return "\n".join(
            (
                (
                    f"{counts['sequences']} sequences with {counts['events']} events in {counts['seconds']} s: {counts['agreed']} agreed,"
                    f" {counts['reordered']} agreed in another order of messages"
                ),
                (
                    f"{counts['predictions']} losses foretold from a value: {counts[RIGHT]} right ({counts['quorate']} stayed quorate);"
                    f" {counts[SIMULATOR]} where the simulator forgets wait_for_all, {counts[DISUNITED]} where the daemons differed among themselves,"
                    f" {counts[RAISED]} too careful about a quorum that had been raised"
                ),
                f"disagreements: {len(self.disagreements)}",
                *self.disagreements[:5],
            )
        )


def compare(sequences: int, first_seed: int, processes: int | None = None) -> Report:
    """The same seed gives the same sequences, however many processes there are."""
    if shutil.which(COMMAND) is None:
        raise SystemExit(f"{COMMAND} is not installed; on Debian and Ubuntu it is in the package corosync-vqsim.")
    portions = [(first_seed * 1_000_003 + start, min(PORTION, sequences - start)) for start in range(0, sequences, PORTION)]
    total = Report(collections.Counter(), [])
    began = time.monotonic()
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(processes or 2 * (os.cpu_count() or 1), mp_context=context) as pool:
        for portion in pool.map(_portion, portions):
            total.counts.update(portion.counts)
            total.disagreements.extend(portion.disagreements)
    total.counts["seconds"] = round(time.monotonic() - began)
    return total


def _portion(what: tuple[int, int]) -> Report:
    first_seed, count = what
    report = Report(collections.Counter(), [])

    @seed(first_seed)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(scenarios())
    def sequences(scenario: Scenario) -> None:
        _one(scenario, report)

    sequences()
    return report


def _one(scenario: Scenario, report: Report) -> None:
    outcome = compared(scenario)
    report.counts.update({"sequences": 1, "events": len(scenario.events), outcome.kind: 1})
    if outcome.kind == "disagreed":
        report.disagreements.append(_described(scenario, outcome.event, outcome.explanation))
    if outcome.kind != "agreed":
        return
    for prediction in predictions(scenario, outcome.seen):
        report.counts.update({"predictions": 1, prediction.verdict: 1, "quorate": prediction.quorate})
        if prediction.verdict not in NOT_COUNTED:
            report.disagreements.append(
                _described(scenario, prediction.event, f"forecast, asked of node {prediction.asked}: {prediction.verdict}. {prediction.reason}")
            )


def _described(scenario: Scenario, event: int, text: str) -> str:
    lines = [f"- {text}", f"  {scenario.configuration}"]
    return "\n".join(lines + [f"  {number}: {what}" for number, what in enumerate(scenario.events[: event + 1])])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequences", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=None, help="default: two for each core, since they mostly wait")
    options = parser.parse_args()
    report = compare(options.sequences, options.seed, options.processes)
    print(report)
    return 1 if report.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
