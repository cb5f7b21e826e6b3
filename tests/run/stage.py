# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stage of the tests, and how it ended."""

from __future__ import annotations

import re
from re import Pattern
from typing import NamedTuple

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"

# pytest's closing line, which is the proof that tests ran: "12 passed, 1 skipped in 0.40s".
PYTEST_PASSED = re.compile(r"^(?:=+ )?(?:\d+ failed, )?(\d+) passed\b.* in [\d.]+s", re.MULTILINE)

# What a test says of something that it left out, with the reason as group 1.
_LEFT_OUT = (
    re.compile(r"^SKIPPED (.+)$", re.MULTILINE),
    re.compile(r"^WARNING: (Skipping .+)$", re.MULTILINE),
    re.compile(r"^WARNING: (Required program .+)$", re.MULTILINE),
    re.compile(r"^LEFT OUT: (.+)$", re.MULTILINE),
)

# How pytest, ansible-test and ansible-playbook name what failed, a line each.
_FAILED = re.compile(r"^((?:FAILED|ERROR|ERROR:|fatal:) \S.*)$", re.MULTILINE)


class Stage(NamedTuple):
    """One command of the test run.

    evidence matches once for each check the command made, or has a group with their number: a stage without any has failed,
    whatever its exit code. absent says why it cannot run here. cluster marks stages that boot lab nodes: few at a time, never niced.
    after names stages that have to pass first. on_request: it runs only where a pattern names it.
    """

    name: str
    title: str
    command: tuple[str, ...]
    evidence: Pattern[str]
    absent: str | None = None
    cluster: bool = False
    after: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    minutes: int = 25
    on_request: bool = False


class Outcome(NamedTuple):
    """How a stage ended: result is PASSED, FAILED or SKIPPED; why explains the latter two; left_out are sentences on parts not run;
    failures are the lines that name what failed."""

    result: str
    seconds: float = 0.0
    checks: int = 0
    why: str = ""
    left_out: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


def count_checks(stage: Stage, output: str) -> int:
    """How many checks the output of a stage proves."""
    if stage.evidence.groups == 0:
        return len(stage.evidence.findall(output))
    return sum(int(number) for number in stage.evidence.findall(output))


def judge(stage: Stage, exit_code: int, output: str, seconds: float) -> Outcome:
    """The outcome of a stage that ended by itself."""
    checks = count_checks(stage, output)
    left_out = tuple(dict.fromkeys(reason for pattern in _LEFT_OUT for reason in pattern.findall(output)))
    closing = tuple(match.group(0).strip("= ") for match in PYTEST_PASSED.finditer(output))
    why = ""
    if exit_code < 0:
        why = f"ended by signal {-exit_code}"
    elif exit_code > 0:
        why = f"exit code {exit_code}"
    elif checks == 0:
        why = f"it ran no test: its output has nothing like {stage.evidence.pattern}"
    failures = tuple(dict.fromkeys(_FAILED.findall(output))) if why else ()
    return Outcome(FAILED if why else PASSED, seconds, checks, why, left_out, closing, failures)
