# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests' runner: it tells passed from failed from empty, keeps an order, and leaves no process."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from run import scheduler
from run.report import Report
from run.stage import FAILED, PASSED, PYTEST_PASSED, SKIPPED, Stage, judge

CHECKED = re.compile(r"^checked (\d+)", re.MULTILINE)


def shell(name, script, **options):
    return Stage(name, "a stage", ("sh", "-c", script), CHECKED, **options)


@pytest.fixture(name="run")
def fixture_run(tmp_path, monkeypatch):
    monkeypatch.setattr("run.paths.CHECKOUT", tmp_path)
    return lambda *stages, workers=2: scheduler.run(stages, workers, tmp_path / "logs", Report())


def alive(pid):
    """A process that ended and waits for its parent's attention is not alive."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state) and not state.startswith("Z")


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition()


def test_a_stage_that_checked_something_passes(run):
    outcome = run(shell("good", "echo checked 3; echo checked 4"))["good"]
    assert (outcome.result, outcome.checks) == (PASSED, 7)


def test_a_stage_that_ran_no_test_fails(run, capsys):
    outcome = run(shell("empty", "echo checked 0"))["empty"]
    assert outcome.result == FAILED
    assert "ran no test" in capsys.readouterr().out


def test_a_failed_stage_shows_its_last_lines_and_how_to_repeat_it(run, capsys):
    assert run(shell("bad", "echo checked 1; echo the reason; exit 3"))["bad"].result == FAILED
    said = capsys.readouterr().out
    assert "exit code 3" in said
    assert "the reason" in said
    assert 'make test STAGES="bad"' in said


def test_an_absent_stage_is_skipped_with_its_reason(run):
    outcome = run(shell("far", "echo checked 1", absent="no such machine"))["far"]
    assert (outcome.result, outcome.why) == (SKIPPED, "no such machine")


def test_a_stage_waits_for_its_predecessor(run, tmp_path):
    mark = tmp_path / "mark"
    outcomes = run(shell("second", f"test -e {mark} && echo checked 1", after=("first",)), shell("first", f"sleep 0.3; touch {mark}; echo checked 1"))
    assert outcomes["second"].result == PASSED


def test_a_stage_whose_predecessor_failed_is_not_run(run):
    outcomes = run(shell("first", "exit 1"), shell("second", "echo checked 1", after=("first",)))
    assert (outcomes["second"].result, outcomes["second"].why) == (SKIPPED, "first did not pass")


@pytest.mark.slow
@pytest.mark.parametrize("others, most", [(1, scheduler.MOST_CLUSTERS), (0, scheduler.MOST_CLUSTERS_ALONE)], ids=["beside others", "alone"])
def test_only_so_many_stages_at_a_time_have_cluster_nodes(run, tmp_path, others, most):
    """The first to come wait for as many as there may be, and half a second for more; the other stage is there until all have counted."""
    nodes, counts = tmp_path / "nodes", tmp_path / "counts"
    nodes.mkdir()
    counts.touch()
    script = "touch {0}/$$; until [ $(ls {0} | wc -l) -ge {2} ] || [ -s {1} ]; do sleep 0.05; done; sleep 0.5; ls {0} | wc -l >>{1}; rm {0}/$$; echo checked 1"
    clusters = [shell(name, script.format(nodes, counts, most), cluster=True, minutes=2) for name in ("one", "two", "three", "four")]
    beside = [shell("other", f"until [ $(wc -l <{counts}) -ge 4 ]; do sleep 0.05; done; echo checked 1", minutes=2)] * others
    outcomes = run(*clusters, *beside, workers=scheduler.MOST_CLUSTERS + 2)
    assert {outcome.result for outcome in outcomes.values()} == {PASSED}
    assert max(map(int, counts.read_text(encoding="ascii").split())) == most


@pytest.mark.slow
def test_a_stage_that_takes_too_long_is_ended_with_all_its_processes(run, tmp_path):
    pid_file = tmp_path / "pid"
    outcome = run(shell("slow", f"sleep 600 & echo $! >{pid_file}; wait", minutes=0.05))["slow"]
    assert outcome.result == FAILED
    assert "not done" in outcome.why
    wait_until(lambda: not alive(int(pid_file.read_text(encoding="ascii"))))


def test_what_a_stage_leaves_in_the_background_is_ended(run, tmp_path):
    pid_file = tmp_path / "pid"
    run(shell("litter", f"sleep 600 & echo $! >{pid_file}; echo checked 1"))
    wait_until(lambda: not alive(int(pid_file.read_text(encoding="ascii"))))


def test_an_interruption_ends_what_was_started(tmp_path):
    pid_file = tmp_path / "pid"
    program = (
        "import pathlib, re, run.paths, run.scheduler as s; from run.report import Report; from run.stage import Stage; "
        f"run.paths.CHECKOUT = pathlib.Path({str(tmp_path)!r}); "
        f"s.run([Stage('long', 't', ('sh', '-c', 'sleep 600 & echo $! >{pid_file}; wait'), re.compile('x'))], 2, pathlib.Path({str(tmp_path)!r}), Report())"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as runner:
        wait_until(lambda: pid_file.exists() and pid_file.read_text(encoding="ascii").strip())
        os.kill(runner.pid, signal.SIGINT)
        said = runner.communicate(timeout=60)[0]
    assert "ending" in said
    wait_until(lambda: not alive(int(pid_file.read_text(encoding="ascii"))))


@pytest.mark.parametrize(
    ("line", "passed"),
    [
        ("12 passed in 0.40s", 12),
        ("1 failed, 3 passed, 2 skipped in 75.30s (0:01:15)", 3),
        ("======== 5 passed, 1 warning in 2.00s ========", 5),
        ("no tests ran in 0.70s", 0),
        ("4 skipped in 0.10s", 0),
    ],
)
def test_pytest_counts(line, passed):
    assert judge(Stage("s", "t", (), PYTEST_PASSED), 0, line + "\n", 1).checks == passed


def test_what_was_left_out_is_told():
    output = "checked 1\nSKIPPED [1] tests/x.py:3: no root\nWARNING: Skipping sanity test 'import' on Python 3.14 because it is missing\n"
    outcome = judge(shell("s", ""), 0, output, 1)
    assert outcome.left_out == ("[1] tests/x.py:3: no root", "Skipping sanity test 'import' on Python 3.14 because it is missing")


def test_the_summary_ends_in_a_plain_count(run, capsys):
    stages = (shell("good", "echo checked 1"), shell("bad", "exit 1"), shell("far", "", absent="no such machine"))
    outcomes = run(*stages)
    capsys.readouterr()
    Report().summary(stages, outcomes)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "1 passed, 1 failed, 1 skipped"
    assert "  far: no such machine" in lines


def test_the_summary_names_what_failed(run, capsys):
    """A log may be gone with its machine, and its last lines are far above the summary."""
    stages = [
        shell("bad", "echo checked 1; echo 'FAILED tests/x.py::test_y - assert 1 == 2'; echo noise; exit 1"),
        shell("good", "echo checked 1; echo 'FAILED it says'"),
    ]
    outcomes = run(*stages)
    capsys.readouterr()
    Report().summary(stages, outcomes)
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "Failed: bad (exit code 1)",
        "    FAILED tests/x.py::test_y - assert 1 == 2",
        "1 passed, 1 failed, 0 skipped",
    ]
