# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs stages side by side, each in a process group of its own with its output in a log."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence

from .report import Report
from .stage import FAILED, PASSED, SKIPPED, Outcome, Stage, judge

_TICK = 0.1
# Stages with cluster nodes wait for time to pass now and then, each on nodes of its own. More of them beside stages of other kinds would wait
# for each other; once no other stage is left, there is room for one more.
MOST_CLUSTERS = 2
MOST_CLUSTERS_ALONE = MOST_CLUSTERS + 1
# From polite to final, and the seconds to wait after each. SIGINT first: pytest and molecule take down their nodes on it, which may take longer.
_STOPPING = ((signal.SIGINT, 30), (signal.SIGTERM, 10), (signal.SIGKILL, 5))
_STOPPING_NODES = ((signal.SIGINT, 120),) + _STOPPING[1:]


@contextlib.contextmanager
def _undivided() -> Iterator[None]:
    """Let a signal that comes meanwhile wait until the end: what is being started must be known to whoever ends it."""
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, frame: came.append(number)) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for first in came[:1]:
            signal.raise_signal(first)


class _Running:
    """A started stage."""

    def __init__(self, stage: Stage, log: pathlib.Path) -> None:
        self.stage = stage
        self.log = log
        self.started = time.monotonic()
        # Live clusters are sensitive to time: whatever else computes steps back for them.
        command = stage.command if stage.cluster else ("nice", "-n", "10") + stage.command
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(os.environ, **stage.environment),
                start_new_session=True,
            )

    def seconds(self) -> float:
        return time.monotonic() - self.started

    def outcome(self) -> Outcome | None:
        """None while it runs."""
        exit_code = self.process.poll()
        if exit_code is not None:
            # A background process of the stage would go on beside the stages that follow.
            _signal_group(self.process.pid, signal.SIGTERM)
            return judge(self.stage, exit_code, self.output(), self.seconds())
        if self.seconds() > self.stage.minutes * 60:
            self.stop()
            return Outcome(FAILED, self.seconds(), why=f"not done after {self.stage.minutes} minutes, ended")
        return None

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        for number, patience in _STOPPING_NODES if self.stage.cluster else _STOPPING:
            if not _signal_group(self.process.pid, number):
                break
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                continue


def _signal_group(group: int, number: int) -> bool:
    """Whether the process group was still there."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _hindrance(stage: Stage, outcomes: Mapping[str, Outcome]) -> str | None:
    """Why a stage whose predecessors have ended cannot run, or None."""
    for name in stage.after:
        if name in outcomes and outcomes[name].result != PASSED:
            return f"{name} did not pass"
    return None


def _may_start(stage: Stage, running: list[_Running], waiting: list[Stage], outcomes: Mapping[str, Outcome], chosen: Collection[str]) -> bool:
    others_left = any(not other.cluster for other in [started.stage for started in running] + waiting)
    most = MOST_CLUSTERS if others_left else MOST_CLUSTERS_ALONE
    if stage.cluster and sum(other.stage.cluster for other in running) >= most:
        return False
    return all(name in outcomes for name in stage.after if name in chosen)


def run(stages: Sequence[Stage], workers: int, logs: pathlib.Path, report: Report) -> dict[str, Outcome]:
    """Run stages, at most `workers` at a time and MOST_CLUSTERS of them on clusters (MOST_CLUSTERS_ALONE when no others are left), and tell report.

    :returns: {name: Outcome} of all stages.
    :raises KeyboardInterrupt: after everything started was ended.
    """
    logs.mkdir(parents=True, exist_ok=True)
    chosen = {stage.name for stage in stages}
    outcomes: dict[str, Outcome] = {}
    running: list[_Running] = []
    # Clusters first: they take longest, and only so many can run at a time.
    waiting = sorted(stages, key=lambda stage: not stage.cluster)
    try:
        while waiting or running:
            for stage in [stage for stage in waiting if stage.absent or _hindrance(stage, outcomes)]:
                waiting.remove(stage)
                outcomes[stage.name] = Outcome(SKIPPED, why=stage.absent or _hindrance(stage, outcomes) or "")
                report.ended(stage, outcomes[stage.name], None)
            for stage in list(waiting):
                if len(running) < workers and _may_start(stage, running, waiting, outcomes, chosen):
                    waiting.remove(stage)
                    report.started(stage)
                    with _undivided():
                        running.append(_Running(stage, logs / (stage.name + ".log")))
            for started in list(running):
                outcome = started.outcome()
                if outcome is not None:
                    running.remove(started)
                    outcomes[started.stage.name] = outcome
                    report.ended(started.stage, outcome, started.log)
            report.tick([(started.stage, started.seconds()) for started in running])
            time.sleep(_TICK)
    finally:
        for started in running:
            report.stopping(started.stage)
            started.stop()
    return outcomes
