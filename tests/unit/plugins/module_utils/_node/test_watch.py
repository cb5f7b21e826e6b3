# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A watch against a scripted observer and a real record: entries are written at once, and it ends when it is told to."""

import os
import subprocess
import sys
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone, DeadlineExceeded, LibraryMissing
from ansible_collections.corosync.quorum.plugins.module_utils._node.record import Record, read
from ansible_collections.corosync.quorum.plugins.module_utils._node.watch import RecordPoller, Stopped, line_of, watch
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import marker
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value


class Observer:
    """Gives these readings one after the other: values, or errors. `last` is called with the last one."""

    def __init__(self, readings, last=lambda: None):
        self._readings = list(readings)
        self._last = last
        self._reading, self._writing = os.pipe()
        os.write(self._writing, b"x")  # there is always something to dispatch
        self.changes, self.configuration, self.lane, self.deadline = 0, {}, self, None

    def __call__(self, deadline, while_waiting):
        assert deadline.seconds > 0 and callable(while_waiting)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        pass

    def fileno(self):
        return self._reading

    def dispatch(self):
        return []

    def take_flips(self):
        return []

    def moved(self):
        return False

    def read(self):
        if len(self._readings) == 1:
            self._last()
        reading = self._readings.pop(0) if len(self._readings) > 1 else self._readings[0]
        if isinstance(reading, Exception):
            raise reading
        return reading


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
    assert watch(record, 60, 0.05, 5, Observer([value(), value(members=[1, 2], ring=14), value(members=[1], ring=18, settled=False)], last)) is False
    assert seen[:2] == ["start", "membership"]
    timeline = read(str(tmp_path / "taken")).timeline
    assert [entry["event"] for entry in timeline] == ["start", "membership", "quorum_lost"], "what was under way is written at the end"
    assert all(start - 0.1 <= seconds_of(entry["at"]) <= time.time() + 0.1 for entry in timeline)


def test_it_ends_by_itself(record):
    start = time.monotonic()
    assert watch(record, 0.3, 0.05, 5, Observer([value()])) is True
    assert 0.25 <= time.monotonic() - start < 5


def recorded(record, tmp_path, readings):
    """What is recorded of these readings, as (event, reason): with the last of them the record is taken away, which ends the watch."""
    path, taken = tmp_path / "w.jsonl", tmp_path / "taken"
    assert watch(record, 60, 0.05, 5, Observer(readings, lambda: path.exists() and path.rename(taken))) is False
    return [(entry["event"], entry.get("reason")) for entry in read(str(taken)).timeline]


def test_an_absence_has_its_reason(record, tmp_path):
    assert recorded(record, tmp_path, [value(), DaemonGone("x"), DeadlineExceeded("frozen"), value()]) == [
        ("start", None),
        ("corosync_unavailable", "not_running"),
        ("corosync_unavailable", "timeout"),
        ("corosync_available", None),
    ]


def test_what_waiting_cannot_fix_ends_it_at_first_and_is_an_absence_later(record, tmp_path):
    missing = LibraryMissing("libcmap.so.4 was not found.")
    assert recorded(record, tmp_path, [value(), missing, value()]) == [("start", None), ("corosync_unavailable", "no_library"), ("corosync_available", None)]
    with pytest.raises(LibraryMissing):
        watch(record, 60, 0.05, 5, Observer([missing]))


def test_only_an_absence_has_a_reason_which_may_be_unknown():
    assert line_of(marker(7.0, "corosync_available"), None, 0.0) == marker("1970-01-01T00:00:00.000Z", "corosync_available")
    assert line_of(marker(7.0, "corosync_unavailable"), None, 0.0)["reason"] is None


def test_the_poller_waits_for_the_descriptor_as_long_as_the_record_is_there(record, tmp_path):
    reading, writing = os.pipe()
    poller = RecordPoller(record)
    assert poller.wait(reading, 0.05) is False
    assert poller.wait(None, 0.05) is False
    os.write(writing, b"x")
    assert poller.wait(reading, 10) is True
    (tmp_path / "w.jsonl").unlink()
    for call in (poller.check, lambda: poller.wait(reading, 10), lambda: poller.wait(None, 10)):
        with pytest.raises(Stopped):
            call()


def test_a_watch_does_not_import_what_judges():
    """It is compiled in each task, and a watch throws away what it says."""
    program = (
        "import sys; from ansible_collections.corosync.quorum.plugins.module_utils._node import watch; "
        "print([name for name in sys.modules if name.endswith(('.assess', '.problems', '.losses', '.judged'))])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], universal_newlines=True) == "[]\n"
