# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the test run says, line by line, and its summary."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Mapping, Sequence

from . import paths
from .stage import FAILED, PASSED, SKIPPED, Outcome, Stage

_TAIL_LINES = 40
_SILENCE = 60
_MOST_FAILURES = 10


class Report:
    """Prints to standard output; every line is out at once."""

    def __init__(self) -> None:
        self._began = self._spoke = time.monotonic()

    def _say(self, text: str = "") -> None:
        self._spoke = time.monotonic()
        print(text, flush=True)

    def _line(self, word: str, stage: Stage, text: str) -> None:
        self._say(f"[{time.monotonic() - self._began:4.0f} s] {word:<7} {stage.name:<12} {text}")

    def opening(self, stages: Sequence[Stage], workers: int, clusters: int, clusters_alone: int) -> None:
        self._say(
            f"==> {len(stages)} stages, {workers} at a time, at most {clusters} of them with cluster nodes ({clusters_alone} once no others are left). "
            f"Logs: {paths.LOGS.relative_to(paths.CHECKOUT)}/NAME.log"
        )

    def started(self, stage: Stage) -> None:
        self._line("start", stage, stage.title)

    def stopping(self, stage: Stage) -> None:
        self._line("ending", stage, "interrupted")

    def ended(self, stage: Stage, outcome: Outcome, log: pathlib.Path | None) -> None:
        """A stage ended; log is None for one that never started."""
        if outcome.result == SKIPPED:
            self._line(outcome.result, stage, outcome.why)
            return
        what = outcome.why if outcome.result == FAILED else f"{outcome.checks} checks"
        self._line(outcome.result, stage, f"{what}, {outcome.seconds:.0f} s")
        if outcome.result == FAILED and log:
            self._tail(stage, log)

    def _tail(self, stage: Stage, log: pathlib.Path) -> None:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        self._say(f"--- the last lines of {log.relative_to(paths.CHECKOUT)}")
        for line in lines[-_TAIL_LINES:]:
            self._say("    " + line)
        self._say(f'--- to run it alone: make test STAGES="{" ".join(stage.after + (stage.name,))}"')

    def tick(self, running: Sequence[tuple[Stage, float]]) -> None:
        """Once a minute of silence, say what is under way: [(stage, seconds)]."""
        if running and time.monotonic() - self._spoke >= _SILENCE:
            self._say(f"[{time.monotonic() - self._began:4.0f} s] running {', '.join(f'{stage.name} ({seconds:.0f} s)' for stage, seconds in running)}")

    def summary(self, stages: Sequence[Stage], outcomes: Mapping[str, Outcome], left_out: Sequence[Stage] = ()) -> None:
        """The table, what was not run and why, pytest's closing lines, what failed by name, and the count as the last line."""
        self._say(f"\n{'stage':<14} {'result':<8} {'checks':>7} {'seconds':>7}")
        for stage in stages:
            outcome = outcomes[stage.name]
            self._say(f"{stage.name:<14} {outcome.result:<8} {outcome.checks:7} {outcome.seconds:7.0f}  {'; '.join(outcome.closing)}")
        self._not_run(stages, outcomes)
        if left_out:
            names = " ".join(stage.name for stage in left_out)
            self._say(f'\nLeft out, because they run only on request: {names}\nTo run them: make test STAGES="{names}"')
        failed = [stage.name for stage in stages if outcomes[stage.name].result == FAILED]
        self._say(f"\nTook {time.monotonic() - self._began:.0f} s.")
        for name in failed:
            self._say(f"Failed: {name} ({outcomes[name].why})")
            for line in outcomes[name].failures[:_MOST_FAILURES]:
                self._say(f"    {line:.300}")
        results = [outcomes[stage.name].result for stage in stages]
        self._say(", ".join(f"{results.count(result)} {result}" for result in (PASSED, FAILED, SKIPPED)))

    def _not_run(self, stages: Sequence[Stage], outcomes: Mapping[str, Outcome]) -> None:
        missing = [(stage.name, outcomes[stage.name].why) for stage in stages if outcomes[stage.name].result == SKIPPED]
        missing += [(stage.name, reason) for stage in stages for reason in outcomes[stage.name].left_out]
        if not missing:
            return
        self._say("\nNot run here, and why:")
        for name, reason in missing:
            self._say(f"  {name}: {reason}")
