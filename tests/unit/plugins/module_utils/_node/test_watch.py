# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A watch against a scripted observer and a real record: entries are written at once, and it ends when it is told to."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone, DeadlineExceeded, LibraryMissing, QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._node import watch as tested
from ansible_collections.corosync.quorum.plugins.module_utils._node.clocks import stamp
from ansible_collections.corosync.quorum.plugins.module_utils._node.record import Record, RecordError, read
from ansible_collections.corosync.quorum.plugins.module_utils._node.watch import (
    DIED,
    OVER,
    REPLACED,
    STOPPED,
    RecordPoller,
    Seen,
    Stopped,
    Watched,
    line_of,
    watch,
    watch_here,
)
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import Flip, marker
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.tests.unit.fakes.observers import Observer
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value


def watched(record, timeout, observer, seen=None):
    return watch_here(record, timeout, 0.05, 5, os.getppid(), seen or Seen(), observer)


@pytest.fixture(name="record")
def _record(tmp_path):
    with Record(str(tmp_path / "w.jsonl")) as record:
        assert record.take()
        yield record


def test_each_change_is_on_disk_as_it_happens_and_the_watch_ends_when_its_record_is_gone(record, tmp_path):
    path = tmp_path / "w.jsonl"
    seen = []

    def last():
        seen.extend(entry["event"] for entry in read(str(path)).timeline)
        if path.exists():
            path.rename(tmp_path / "taken")

    start = time.time()
    assert watched(record, 60, Observer([value(), value(members=[1, 2], ring=14), value(members=[1], ring=18, settled=False)], last)) == Watched(STOPPED)
    assert seen[:2] == ["state", "node_left"]
    timeline = read(str(tmp_path / "taken")).timeline
    assert [entry["event"] for entry in timeline] == ["state", "node_left", "quorum_lost"], "what was under way is written at the end"
    assert all(start - 0.1 <= seconds_of(entry["at"]) <= time.time() + 0.1 for entry in timeline)


def test_its_memory_stays_flat(record, monkeypatch):
    done = []
    monkeypatch.setattr(tested, "give_back_large_blocks", lambda: done.append(True))
    watched(record, 0.1, Observer([value()]))
    assert done == [True]


def test_it_ends_by_itself(record):
    start = time.monotonic()
    assert watched(record, 0.3, Observer([value()])) == Watched(OVER)
    assert 0.25 <= time.monotonic() - start < 5


def recorded(record, tmp_path, readings, seen=None):
    """What is recorded of these readings, as (event, reason): with the last of them the record is taken away, which ends the watch."""
    path, taken = tmp_path / "w.jsonl", tmp_path / "taken"
    assert watched(record, 60, Observer(readings, lambda: path.exists() and path.rename(taken)), seen) == Watched(STOPPED)
    return [(entry["event"], entry.get("reason")) for entry in read(str(taken)).timeline]


def test_an_absence_has_its_reason(record, tmp_path):
    assert recorded(record, tmp_path, [value(), DaemonGone("x"), DeadlineExceeded("frozen"), value()]) == [
        ("state", None),
        ("corosync_unavailable", "not_running"),
        ("corosync_unavailable", "timeout"),
        ("corosync_available", None),
    ]


def test_what_waiting_cannot_fix_ends_it_at_first_and_is_an_absence_later(record, tmp_path):
    missing = LibraryMissing("libcmap.so.4 was not found.")
    assert recorded(record, tmp_path, [value(), missing, value()]) == [("state", None), ("corosync_unavailable", "no_library"), ("corosync_available", None)]
    with pytest.raises(LibraryMissing):
        watched(record, 60, Observer([missing]))


def test_what_corosync_has_reported_when_the_watch_ends_is_recorded(record, tmp_path):
    """The record is taken away while a change is being read."""
    path, taken = tmp_path / "w.jsonl", tmp_path / "taken"
    observer = Observer([value(), Stopped("gone")], lambda: path.exists() and path.rename(taken), {1: [Flip(False, {"nodeid": 1, "seq": 14}, [1])]})
    assert watched(record, 60, observer) == Watched(STOPPED)
    assert [(entry["event"], entry["members"]) for entry in read(str(taken)).timeline] == [("state", [1, 2, 3]), ("quorum_lost", [1])]


def test_only_an_absence_has_a_reason_which_may_be_unknown():
    assert line_of(marker(7.0, "corosync_available"), None) == marker(7.0, "corosync_available")
    assert line_of(marker(7.0, "corosync_unavailable"), None)["reason"] is None


def test_the_poller_waits_for_the_descriptor_as_long_as_the_record_is_there(record, tmp_path):
    reading, writing = os.pipe()
    poller = RecordPoller(record, os.getppid())
    assert poller.wait(reading, 0.05) is False
    assert poller.wait(None, 0.05) is False
    os.write(writing, b"x")
    assert poller.wait(reading, 10) is True
    (tmp_path / "w.jsonl").unlink()
    for call in (poller.check, lambda: poller.wait(reading, 10), lambda: poller.wait(None, 10)):
        with pytest.raises(Stopped):
            call()


def test_a_watch_whose_module_was_killed_ends(record):
    with pytest.raises(Stopped, match="was killed"):
        RecordPoller(record, os.getppid() + 1).check()


def test_the_poller_leaves_a_sign_that_the_watch_runs(record, tmp_path):
    os.utime(str(tmp_path / "w.jsonl"), (7, 7))
    RecordPoller(record, os.getppid()).check()
    assert time.time() - os.stat(str(tmp_path / "w.jsonl")).st_mtime < 5


# ---- libraries that are replaced -----------------------------------------------------------------------------------------


def test_it_ends_before_it_connects_again_with_libraries_that_were_replaced(record, tmp_path, monkeypatch):
    """And the next process goes on where it was: with no second start, and no error that waiting cannot fix is one."""
    replaced = []

    def gone():
        replaced.append(True)
        return DaemonGone("x")

    class Once(Observer):
        def read(self):
            return super().read() if self._readings[1:] else self._raise(gone())

        @staticmethod
        def _raise(error):
            raise error

    monkeypatch.setattr(tested.anew.mapped, "libraries_replaced", lambda: bool(replaced))
    ended = watched(record, 60, Once([value(), value(members=[1, 2], ring=14), None]))
    assert ended.end == REPLACED and ended.seen.away == "DaemonGone" and ended.seen.reported["members"] == [1, 2]
    replaced.clear()
    seen = Seen(*json.loads(json.dumps(ended.seen)))
    told = recorded(record, tmp_path, [LibraryMissing("x"), value(members=[1, 2], ring=14), value(members=[1], ring=18), value(members=[1], ring=18)], seen)
    assert told == [
        ("state", None),
        ("node_left", None),
        ("corosync_unavailable", "not_running"),
        ("corosync_unavailable", "no_library"),
        ("corosync_available", None),
        ("quorum_lost", None),
    ]


@pytest.fixture(name="replaced")
def _replaced(monkeypatch):
    """Let the first process of a watch end because libraries were replaced, and hand this over."""
    monkeypatch.setattr(tested, "watch_here", lambda *_args: Watched(REPLACED, Seen(None, "CallbacksRefused")))


def test_the_process_after_it_is_a_new_python_that_goes_on(record, tmp_path, replaced):
    """A real one, which finds no corosync here, or no library. It ends with the record, as the first one does."""
    path, seen = tmp_path / "w.jsonl", []

    def take_away():
        for _dummy in range(600):
            time.sleep(0.05)
            reading = read(str(path))
            if [entry["event"] for entry in reading.timeline] == ["corosync_unavailable"]:
                seen.append(reading.running)
                break
        path.rename(tmp_path / "taken")

    thread = threading.Thread(target=take_away)
    thread.start()
    assert watch(record, 60, 0.2, 5) is False
    thread.join()
    assert seen == [True]


@pytest.mark.slow
def test_a_python_that_does_not_run_is_tried_again_until_it_does(record, tmp_path, replaced, monkeypatch):
    """Its packages may just be replaced. Nobody knows what happened meanwhile, which the record says once."""
    monkeypatch.setattr(tested.anew.sys, "executable", "/bin/false")
    record.append(line_of(marker(0.0, "corosync_unavailable"), None), stamp())
    start = time.monotonic()
    assert watch(record, 1.5, 0.1, 5) is True
    assert 1 < time.monotonic() - start < 20
    assert [entry["event"] for entry in read(str(tmp_path / "w.jsonl")).timeline] == ["corosync_unavailable", "watch_ended"]
    (tmp_path / "w.jsonl").unlink()
    assert watch(record, 60, 0.1, 5) is False


@pytest.mark.parametrize(
    "raises, error, said, reason",
    [
        (LibraryMissing("no libcmap"), QuorumError, "no libcmap", "no_library"),
        (RecordError("the disk is full"), RecordError, "the disk is full", None),
        (SystemExit(3), QuorumError, "The process that watches quorum on this node has ended: its exit status is 1. See the kernel's log", None),
    ],
)
def test_how_the_process_of_a_watch_fails(record, monkeypatch, raises, error, said, reason):
    def here(*_args):
        raise raises

    monkeypatch.setattr(tested, "watch_here", here)
    with pytest.raises(error) as failed:
        watch(record, 60, 1, 5)
    assert str(failed.value).startswith(said) and getattr(failed.value, "reason", None) == reason


def test_a_process_of_a_watch_that_is_killed(record, monkeypatch):
    monkeypatch.setattr(tested, "watch_here", lambda *_args: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(QuorumError, match="signal 9 ended it"):
        watch(record, 60, 1, 5)


def test_a_watch_does_not_import_what_judges():
    """It is compiled in each task, and a watch throws away what it says."""
    program = (
        "import sys; from ansible_collections.corosync.quorum.plugins.module_utils._node import watch; "
        "print([name for name in sys.modules if name.endswith(('.assess', '.problems', '.losses', '.judged'))])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], universal_newlines=True) == "[]\n"


def test_a_watch_whose_processes_die_again_and_again_leaves_a_gap_for_each_death(record, tmp_path, monkeypatch):
    """What the one after the first death has recorded says nothing of the time after its own."""

    def lives():
        record.append(line_of(marker(0.0, "corosync_available"), None), stamp())

    ends = iter([Watched(REPLACED, Seen(None, "DaemonGone")), Watched(DIED, msg="x"), lives, lives, Watched(OVER)])

    def child(_run):
        end = next(ends)
        if callable(end):
            end()
            return Watched(DIED, msg="x")
        return end

    monkeypatch.setattr(tested, "_in_a_child", child)
    assert tested.watch(record, 60, 0.01, 1.0)
    assert [entry["event"] for entry in read(str(tmp_path / "w.jsonl")).timeline] == ["corosync_available", "watch_ended"] * 2
