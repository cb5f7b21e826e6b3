# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""watch_quorum: its three states, check mode, and its errors."""

import datetime
import os
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import errors
from ansible_collections.corosync.quorum.plugins.module_utils._node.record import DEFAULT, Record, read
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import marker
from ansible_collections.corosync.quorum.tests.unit.fakes.modules import run_main

# A managed node has ansible.module_utils and nothing else of Ansible; a bare Python has neither.
basic = pytest.importorskip("ansible.module_utils.basic", reason="ansible.module_utils is not there, which the module itself needs")

from ansible_collections.corosync.quorum.plugins.modules import watch_quorum as tested  # noqa: E402  pylint: disable=wrong-import-position

RUN = "0123456789abcdef"
ENTRY = marker("2026-11-22T10:15:02.000Z", "corosync_unavailable")


@pytest.fixture(name="path")
def _path(tmp_path):
    return str(tmp_path / "w.jsonl")


@pytest.fixture(name="watched")
def _watched(monkeypatch):
    """Let watch() write an entry and return or raise this, and record how long it was to watch."""
    given = []

    def use(answer):
        def watch(record, **times):
            given.append(times)
            record.append(ENTRY)
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(tested, "watch", watch)
        return given

    return use


@pytest.fixture(name="run")
def _run(monkeypatch, capsys):
    """Run main() as Ansible does, and return what it printed as JSON."""

    def run(**arguments):
        return run_main(tested, basic, arguments, monkeypatch, capsys)

    return run


def test_a_watch_that_was_stopped(run, watched, path):
    given = watched(False)
    assert run(state="running", record=path) == {"changed": True, "msg": "The watch was stopped."}
    assert given == [{"timeout": 14400, "sleep": 1, "connect_timeout": 5}]


def test_a_watch_whose_time_is_over(run, watched, path):
    watched(True)
    assert run(state="running", record=path, timeout=7.5, sleep=2, connect_timeout=3) == {"changed": True, "msg": "The watch ended after 7.5 s."}


def test_a_second_watch_leaves_the_first_alone(run, watched, path):
    given = watched(True)
    with Record(path) as record:
        assert record.take()
        for check_mode in (False, True):
            assert run(state="running", record=path, _ansible_check_mode=check_mode) == {"changed": False, "msg": f"A watch runs already and writes {path}."}
    assert given == []


def test_check_mode_starts_and_stops_nothing(run, watched, path):
    given = watched(True)
    assert run(state="running", record=path, _ansible_check_mode=True)["changed"] is True
    assert given == []
    run(state="running", record=path)
    answer = run(state="stopped", record=path, _ansible_check_mode=True)
    assert (answer["changed"], answer["running"], answer["timeline"]) == (True, False, [ENTRY])
    assert read(path).timeline == [ENTRY]


def test_read_and_stopped(run, watched, path):
    watched(True)
    run(state="running", record=path)
    with Record(path) as record:
        assert record.take()
        answer = run(state="read", record=path)
    assert answer["now"].endswith("Z") and answer.pop("now") == answer.pop("until")
    assert [entry["event"] for entry in answer.pop("timeline")] == ["corosync_unavailable", "watch_ended"]
    assert answer == {"changed": False, "running": True, "looked": False, "boots": [2], "unreadable": 0, "run": None, "runs": []}
    os.utime(path, times=(time.time() - 1, time.time() - 1))  # moments have milliseconds, and the last sign of life may be of this one
    answer = run(state="stopped", record=path)
    assert answer.pop("now") > answer.pop("until")
    assert answer.pop("timeline")[0] == ENTRY
    assert answer == {"changed": True, "running": False, "looked": False, "boots": [2], "unreadable": 0, "was_running": False, "run": None, "runs": []}
    assert run(state="stopped", record=path)["changed"] is False


def test_a_run_has_a_record_of_its_own(run, watched, path, monkeypatch):
    monkeypatch.setattr(tested._record, "FOLDER", os.path.dirname(path))
    watched(False)
    for name in (RUN, "f" * 16):
        run(state="running", run=name)
    answer = run(state="read", run=RUN)
    assert (answer["run"], answer["runs"], answer["timeline"]) == (RUN, [RUN, "f" * 16], [ENTRY])
    assert run(state="stopped", run="f" * 16)["runs"] == [RUN]
    assert os.listdir(os.path.dirname(path)) == [f"watch-{RUN}.jsonl"]
    assert run(state="read")["timeline"] == [], "the record of no run is another one"


def test_errors_of_corosync_have_their_reason(run, watched, path):
    watched(errors.LibraryMissing("libcmap.so.4 was not found."))
    assert run(state="running", record=path) == {"failed": True, "msg": "libcmap.so.4 was not found.", "reason": "no_library"}


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"record": "w.jsonl"}, "record must be an absolute path; got 'w.jsonl'."),
        ({"run": "../x"}, "run must be the id of a run, 16 hexadecimal digits in lower case such as '0123456789abcdef'; got '../x'."),
        ({"run": RUN, "record": "/w.jsonl"}, "record must not be set beside run, which has a record of its own; got '/w.jsonl'."),
        ({"timeout": 0}, "timeout must be a number of seconds greater than 0"),
        ({"sleep": -1}, "sleep must be a number of seconds greater than 0"),
        ({"connect_timeout": float("inf")}, "connect_timeout must be a number of seconds greater than 0"),
        ({"state": "started"}, "value of state must be one of: running, read, stopped, got: started"),
    ],
)
def test_wrong_options_are_named(run, watched, arguments, message):
    given = watched(True)
    answer = run(**dict({"state": "running"}, **arguments))
    assert answer["failed"] and message in answer["msg"], answer["msg"]
    assert given == []


def test_the_default_record_is_the_documented_one():
    assert f"    default: {DEFAULT}\n" in tested.DOCUMENTATION


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f+00:00"])
def test_the_offset_of_another_clock_is_of_the_beginning_of_the_task(run, watched, path, monkeypatch, form):
    """However long the watch takes to end. now(utc=true) of Jinja names no zone."""
    watched(False)
    run(state="running", record=path)
    stop = tested._record.stop

    def slowly(*given):
        time.sleep(0.7)
        return stop(*given)

    monkeypatch.setattr(tested._record, "stop", slowly)
    reference = datetime.datetime.fromtimestamp(time.time() + 100, datetime.timezone.utc).strftime(form)
    assert 99.5 < run(state="stopped", record=path, reference=reference)["offset"] < 100.5


def test_what_cannot_be_told_is_refused_before_the_record_is_removed(run, watched, path, monkeypatch):
    watched(False)
    run(state="running", record=path)
    assert "reference must be a moment" in run(state="stopped", record=path, reference="10:15")["msg"]

    def unreadable():
        raise tested._record.RecordError("The folder cannot be read.")

    with monkeypatch.context() as patched:
        patched.setattr(tested._record, "runs", unreadable)
        assert run(state="stopped", record=path)["msg"].startswith("The folder cannot be read.")
    assert [entry["event"] for entry in run(state="stopped", record=path)["timeline"]]


@pytest.mark.parametrize("reference", ["now", "", "2026-11-22T10:15:02+01:00", "10:15"])
def test_what_is_no_moment_in_utc_is_refused(run, watched, path, reference):
    assert "reference must be a moment in UTC such as" in run(state="read", record=path, reference=reference)["msg"]
