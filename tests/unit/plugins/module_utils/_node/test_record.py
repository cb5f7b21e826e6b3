# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a watch on a real file system: locks, what is written, what is read, and what is left."""

import errno
import json
import os
import stat
import threading
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import clocks
from ansible_collections.corosync.quorum.plugins.module_utils._node import record as tested
from ansible_collections.corosync.quorum.plugins.module_utils._node.clocks import stamp
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import marker
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of, utc


def entry(number):
    return marker(f"2026-11-22T10:15:{number:02}.000Z", "corosync_unavailable")


@pytest.fixture(name="path")
def _path(tmp_path):
    return str(tmp_path / "folder" / "watch.jsonl")


def told(reading):
    """(timeline without the ends of watches, unreadable, running)."""
    return [entry for entry in reading.timeline if entry["event"] != "watch_ended"], reading.unreadable, reading.running


def written(path, *numbers):
    with tested.Record(path) as record:
        assert record.take()
        for number in numbers:
            record.append(entry(number))


def test_what_is_written_is_read(path):
    assert told(tested.read(path)) == ([], 0, False)
    written(path, 1, 2)
    written(path, 3)
    assert told(tested.read(path)) == ([entry(1), entry(2), entry(3)], 0, False)
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def age(path, seconds):
    """Let it be touched last so long ago."""
    when = time.time() - seconds
    os.utime(path, (when, when))
    return when


def test_a_watch_that_goes_on_with_a_record_says_until_when_that_was_watched(path):
    written(path, 1)
    ended = age(path, 100)
    with tested.Record(path) as record:
        assert record.take()
        reading = tested.read(path)
        assert (reading.timeline[1], reading.running, reading.looked) == (marker(utc(ended), "watch_ended"), True, False)
        record.append(entry(2))
        assert tested.read(path).looked
    assert not tested.read(path).looked


def test_until_when_a_record_was_watched(path):
    assert tested.read(path).until is None
    written(path, 1)
    ended = age(path, 100)
    reading = tested.read(path)
    assert abs(reading.until - ended) < 0.01 < 90 < reading.now - reading.until
    with tested.Record(path) as record:
        assert record.take()
        assert not tested.read(path).looked and abs(tested.read(path).until - ended) < 0.01, "it has not had its first look"
        record.append(entry(2))
        reading = tested.read(path)
        assert reading.until == reading.now
        stands = age(path, 100)
        assert abs(tested.read(path).until - stands) < 0.01, "it has the lock, but stands still"
        record.touch()
        reading = tested.read(path)
        assert reading.until == reading.now
        age(path, 100)
        record.touch()
        assert tested.read(path).until < time.time() - 50, "it does so only now and then"
    reading = tested.stop(path)
    assert reading.until < time.time() - 50 < reading.now


def test_a_watch_that_runs_until_it_is_stopped_was_watched_until_then(path):
    def watch():
        with tested.Record(path) as record:
            assert record.take()
            taken.set()
            while not record.gone():
                time.sleep(0.01)

    taken = threading.Event()
    thread = threading.Thread(target=watch)
    thread.start()
    assert taken.wait(5)
    reading = tested.stop(path, seconds=5)
    thread.join(5)
    assert reading.until == reading.now and abs(reading.now - time.time()) < 5


def test_a_user_who_may_not_see_the_records_of_runs_has_none(monkeypatch):
    """Corosync allows users other than root, and each may have a record of its own."""

    def refused(folder):
        raise PermissionError(13, "Permission denied", folder)

    monkeypatch.setattr(tested.os, "listdir", refused)
    assert tested.runs() == []


def test_runs_that_have_a_record(path, monkeypatch):
    monkeypatch.setattr(tested, "FOLDER", os.path.dirname(path))
    assert tested.runs() == []
    for run in ("0" * 16, "f" * 16):
        written(tested.path_of(run), 1)
    os.rename(tested.path_of("f" * 16), tested.path_of("f" * 16) + ".stopped-0123456789012345")
    written(path, 1)
    written(os.path.join(tested.FOLDER, "watch-x.jsonl"), 1)
    assert tested.runs() == ["0" * 16, "f" * 16]


def test_it_is_watched_while_it_is_open_and_nobody_else_gets_it(path):
    with tested.Record(path) as record:
        assert record.take()
        assert tested.is_watched(path)
        assert tested.read(path).running
        with tested.Record(path) as other:
            assert not other.take()
    assert not tested.is_watched(path)


def test_a_record_that_is_moved_away_is_gone(path):
    with tested.Record(path) as record:
        assert record.take()
        assert not record.gone()
        os.rename(path, path + ".old")
        assert record.gone()
        open(path, "w").close()
        assert record.gone(), "another file is not it"


def test_lines_that_are_none_are_counted_and_the_next_watch_begins_a_new_one(path):
    written(path, 1)
    with open(path, "ab") as file:
        file.write(b"\n\xff\xfe\n{}\n7\n" + b'{"at": "half')
    written(path, 2)
    assert told(tested.read(path)) == ([entry(1), entry(2)], 4, False)


def test_stop_without_a_record_finds_nothing(path):
    assert not tested.is_there(path)
    assert told(tested.stop(path)) == ([], 0, False)


def test_stop_ends_the_watch_and_returns_what_it_wrote_until_its_end(path):
    taken = threading.Event()

    def watch():
        with tested.Record(path) as record:
            assert record.take()
            record.append(entry(1))
            taken.set()
            while not record.gone():
                time.sleep(0.01)
            record.append(entry(2))

    thread = threading.Thread(target=watch)
    thread.start()
    assert taken.wait(5)
    assert told(tested.stop(path, seconds=5)) == ([entry(1), entry(2)], 0, False)
    thread.join(5)
    assert os.listdir(os.path.dirname(path)) == []


def test_stop_gives_up_on_a_watch_that_does_not_end_and_keeps_what_it_wrote(path):
    with tested.Record(path) as record:
        assert record.take()
        record.append(entry(1))
        with pytest.raises(tested.RecordError, match=r"has not ended within 0.1 s .* Its record is kept as .*\.stopped-\d{16};"):
            tested.stop(path, seconds=0.1)
        assert tested.is_there(path)
        assert tested.read(path).timeline == [entry(1)]
    written(path, 2)
    assert told(tested.read(path))[0] == [entry(1), entry(2)], "what an interrupted stop left comes first"
    assert tested.stop(path).timeline == [entry(1), entry(2)]
    assert not tested.is_there(path)


def test_a_record_does_not_grow_without_an_end(path, monkeypatch):
    monkeypatch.setattr(tested, "LARGEST", 400)
    with tested.Record(path) as record:
        assert record.take()
        with pytest.raises(tested.RecordError, match=r"The record .*watch\.jsonl is full: it has \d+ bytes, and more than 400 are not written"):
            for number in range(4):
                record.append(entry(number))
    assert 0 < os.path.getsize(path) <= 400
    assert tested.read(path).unreadable == 0


def test_a_full_disk_leaves_no_half_line(path, monkeypatch):
    real = os.write

    def write(fd, data):
        real(fd, data[:10])
        return 10

    with tested.Record(path) as record:
        assert record.take()
        record.append(entry(1))
        monkeypatch.setattr(os, "write", write)
        with pytest.raises(tested.RecordError, match="Cannot write .*: No space left on device. Free some space"):
            record.append(entry(2))
        monkeypatch.undo()
    assert told(tested.read(path)) == ([entry(1)], 0, False)


def test_a_link_is_not_followed(path, tmp_path):
    os.makedirs(os.path.dirname(path))
    os.symlink(str(tmp_path / "elsewhere"), path)
    with tested.Record(path) as record, pytest.raises(tested.RecordError, match="is a symbolic link, which is not followed"):
        record.take()
    with pytest.raises(tested.RecordError, match="symbolic link"):
        tested.read(path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("code, advice", [(errno.EACCES, "become: true"), (errno.ENOSPC, "df -h"), (errno.EROFS, "choose another record")])
def test_errors_say_what_to_do(path, monkeypatch, code, advice):
    def fail(*_args, **_more):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "makedirs", fail)
    with tested.Record(path) as record, pytest.raises(tested.RecordError) as refused:
        record.take()
    assert path in str(refused.value) and os.strerror(code) in str(refused.value) and advice in str(refused.value)


STRANGERS = {
    "text": b"root:x:0:0:root:/root:/bin/bash\n",
    "json": b'{"phase": "stop", "nodeid": 2}\n',
    "other lines": b'{"at":"2026-11-22T10:15:02.123Z","level":"info"}\n{"at":"2026-11-22T10:15:03.123Z"}\n',
    "binary": b"\x7fELF\0\0",
}


@pytest.mark.parametrize("content", STRANGERS.values(), ids=STRANGERS)
def test_what_is_no_record_is_neither_changed_nor_removed(path, content):
    os.makedirs(os.path.dirname(path))
    for place in (path, path + ".stopped-0000000000000001"):
        with open(place, "wb") as file:
            file.write(content)
        with pytest.raises(tested.RecordError, match=r"is not the record of a watch \(it begins with .*Choose another record"):
            tested.stop(path)
        if place == path:
            with tested.Record(path) as record, pytest.raises(tested.RecordError, match="is not the record of a watch"):
                record.take()
        with open(place, "rb") as file:
            assert file.read() == content
        os.unlink(place)


@pytest.mark.parametrize("left", [b"", b"\0" * 100, b'{"at', b'{"at":"2026-11-22T10:1', b'\0\0{"at":"2026', b"\n"])
def test_what_a_power_cut_leaves_of_a_record_is_one(path, left):
    os.makedirs(os.path.dirname(path))
    with open(path, "wb") as file:
        file.write(left)
    tested.stop(path)
    assert not os.path.exists(path)


def test_a_record_that_others_could_have_put_there_is_refused(path):
    written(path, 1)
    os.chmod(os.path.dirname(path), 0o777)
    with pytest.raises(tested.RecordError, match=r"can be written by other users than root \(mode 0777\)\. Choose another record"):
        tested.stop(path)
    assert os.path.exists(path)


def test_what_is_no_file_is_no_record(path):
    os.makedirs(path)
    with tested.Record(path) as record, pytest.raises(tested.RecordError, match="is a folder"):
        record.take()
    os.rmdir(path)
    os.mkfifo(path)
    with tested.Record(path) as record, pytest.raises(tested.RecordError, match="is no regular file"):
        record.take()


# ---- a clock that is set -------------------------------------------------------------------------------------------------


class Machine:
    """The clock of the node can be set, and the node can be booted."""

    def __init__(self, monkeypatch):
        self._monkeypatch = monkeypatch
        self._time = time.time
        self.set(0)

    def set(self, ahead):
        self._monkeypatch.setattr(time, "time", lambda: self._time() + ahead)

    def boot(self, name):
        self._monkeypatch.setattr(clocks, "boot_id", lambda: name)


@pytest.fixture(name="machine")
def _machine(monkeypatch):
    return Machine(monkeypatch)


def moments(reading):
    return [seconds_of(entry["at"]) for entry in reading.timeline]


def test_the_times_of_this_boot_are_by_the_clock_as_it_is_when_they_are_read(path, machine):
    """Right after a boot it may be minutes off, until a time server has set it."""
    machine.set(-45)
    with tested.Record(path) as record:
        assert record.take()
        record.append(entry(1), stamp(5))
        machine.set(7)
        record.append(entry(2), stamp(1))
        machine.set(0)
        reading = tested.read(path)
    now = time.time()
    assert moments(reading) == [pytest.approx(now - 5, abs=2), pytest.approx(now - 1, abs=2)]
    assert reading.until == reading.now and reading.boots == [2]
    assert set(reading.timeline[0]) == set(entry(1)), "what it is made of is the record's business"


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_a_watch_that_was_killed_or_stands_still_has_watched_until_then_whatever_the_clock_is_set_to(path, machine, ahead):
    with tested.Record(path) as record:
        assert record.take()
        record.append(entry(1), stamp())
        stands = age(path, 1000)
        machine.set(ahead)
        assert tested.read(path).until == pytest.approx(stands + ahead, abs=2)
    reading = tested.read(path)
    assert reading.until == pytest.approx(stands + ahead, abs=2) and reading.now == pytest.approx(time.time(), abs=2)


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_the_end_of_a_watch_that_was_killed_is_by_its_own_clock(path, machine, ahead):
    """Whoever goes on with its record notes it."""
    with tested.Record(path) as record:
        assert record.take()
        record.append(entry(1), stamp())
    machine.set(ahead)
    with tested.Record(path) as record:
        assert record.take()
        record.append(entry(2), stamp())
        reading = tested.read(path)
    first, ended, second = moments(reading)
    assert reading.timeline[1]["event"] == "watch_ended" and first - 0.01 <= ended <= second + 0.01 and second - first < 5
    assert second == pytest.approx(time.time(), abs=5) and reading.until == reading.now


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_a_watch_of_an_earlier_boot_has_ended_with_that(path, machine, ahead):
    machine.boot("a")
    with tested.Record(path) as record:
        assert record.take()
        record.append(entry(1), stamp())
    ended = time.time()
    machine.boot("b")
    machine.set(ahead)
    reading = tested.read(path)
    assert (reading.until, reading.boots) == (pytest.approx(ended, abs=2), [1, 0])
    with tested.Record(path) as record:
        assert record.take()
        assert tested.read(path).until == pytest.approx(ended, abs=2), "it has not had its first look"
        record.append(entry(2), stamp())
        reading = tested.read(path)
    assert reading.boots == [2, 1] and moments(reading) == [pytest.approx(moment, abs=2) for moment in (ended, ended, time.time())]
    assert reading.until == reading.now


def test_a_process_that_goes_on_with_a_watch_goes_by_its_clock(path, machine):
    with tested.Record(path) as record:
        assert record.take()
        record.append(entry(1), stamp())
        machine.set(3600)
        goes_on = tested.Record.inherited(path, os.dup(record.descriptor))
        with goes_on:
            goes_on.touch()
            reading = tested.read(path)
    assert reading.until == reading.now
    assert os.stat(path).st_mtime == pytest.approx(time.time() - 3600, abs=5)


def test_a_record_is_by_one_clock_from_the_begin_of_the_task_that_reads_it(path, machine):
    with tested.Record(path) as record:
        assert record.take()
        record.append(entry(1), stamp())
        begin = clocks.clock()
        machine.set(3600)
        reading = tested.read(path, begin)
    assert reading.now == pytest.approx(time.time() - 3600, abs=5) and moments(reading) == [pytest.approx(reading.now, abs=5)]
    assert tested.stop(path, begin).now == pytest.approx(time.time() - 3600, abs=5)


@pytest.mark.parametrize("stamped", [["", 5.0], [None, 5.0], ["x"], {"boot": 1}, 7, [1, True], ["x", 1e300]])
def test_what_is_no_stamp_leaves_a_time_as_it_was_written(path, stamped):
    written(path, 1)
    with open(path, "a", encoding="ascii") as file:
        file.write(json.dumps(dict(entry(2), stamp=stamped)) + "\n")
    assert tested.read(path).timeline == [entry(1), entry(2)]


def test_on_a_kernel_that_does_not_tell_of_boots_times_are_as_they_were_written(path, machine):
    machine.boot("")
    with tested.Record(path) as record:
        assert record.take()
        record.append(entry(1), stamp())
        before = moments(tested.read(path))
        machine.set(3600)
        assert moments(tested.read(path)) == before == [pytest.approx(time.time() - 3600, abs=5)]


def test_a_file_that_is_no_record_is_not_read_as_an_empty_one(tmp_path):
    (tmp_path / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
    with pytest.raises(tested.RecordError, match="is not the record of a watch .* so it has no timeline"):
        tested.read(str(tmp_path / "passwd"))
