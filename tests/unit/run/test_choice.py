# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stages run: all but those on request, what patterns name, and the set of `make check`."""

import re

import pytest
from run import environments, interpreters
from run.choice import SETS, chosen
from run.report import Report
from run.stage import PASSED, Outcome, Stage
from run.stages import all_stages


def stage(name, **options):
    return Stage(name, "a stage", ("true",), re.compile("x"), **options)


STAGES = [stage(name) for names in SETS.values() for name in names] + [stage("sanity-1"), stage("sanity-2", on_request=True), stage("sanity-3")]


def names(stages):
    return [each.name for each in stages]


def test_without_patterns_what_is_on_request_is_left_out():
    run, left_out = chosen(STAGES, [])
    assert names(left_out) == ["sanity-2"]
    assert names(run) == [each.name for each in STAGES if each.name != "sanity-2"]


@pytest.mark.parametrize("pattern", ["sanity-*", "sanity-?"])
def test_a_pattern_runs_what_is_on_request_too(pattern):
    assert [names(part) for part in chosen(STAGES, [pattern])] == [["sanity-1", "sanity-2", "sanity-3"], []]


def test_a_set_is_its_stages():
    assert [names(part) for part in chosen(STAGES, ["check", "sanity-3"])] == [[*SETS["check"], "sanity-3"], []]


def test_what_no_stage_is_called_ends_the_run_and_names_what_there_is():
    with pytest.raises(SystemExit, match=r"No stage is called nothing\. There are: unit, .*sets of stages: check"):
        chosen(STAGES, ["unit", "nothing"])


def test_the_summary_says_what_was_left_out_and_how_to_run_it(capsys):
    outcomes = {"sanity-1": Outcome(PASSED)}
    Report().summary(STAGES[-3:-2], outcomes, STAGES[-2:])
    lines = capsys.readouterr().out.splitlines()
    assert 'To run them: make test STAGES="sanity-2 sanity-3"' in lines
    assert lines[-1] == "1 passed, 0 failed, 0 skipped"


def test_all_that_make_check_runs_is_part_of_make_test():
    run, left_out = chosen(all_stages(), [])
    assert set(SETS["check"]) <= set(names(run))
    usual, tested = environments.usual_cores(), environments.oldest_and_newest_core()
    assert names(left_out) == [
        *("live-examples", "live-cores", "live-rare", "live-binding", "molecule-roles"),
        *("managed-" + interpreters.name(version) for version in interpreters.KNOWN if version not in environments.usual_pythons()),
        *("unit-" + core for core in environments.CORES if core not in tested),
        *("sanity-" + core for core in environments.CORES if core not in usual),
        "sanity-all",
    ]
    assert {min(environments.CORES), max(environments.CORES), environments.newest_own_core()} <= usual | {None}
    assert {min(environments.CORES), max(environments.CORES)} == tested
    assert (3, 6) in environments.usual_pythons() and len(environments.usual_pythons()) > 1
