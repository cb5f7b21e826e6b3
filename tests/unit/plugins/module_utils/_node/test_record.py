# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a watch on a real file system: locks, what is written, what is read, and what is left."""

import errno
import os
import stat
import threading
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import record as tested
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import marker


def entry(number):
    return marker(f"2026-11-22T10:15:{number:02}.000Z", "corosync_unavailable")


@pytest.fixture(name="path")
def _path(tmp_path):
    return str(tmp_path / "folder" / "watch.jsonl")


def written(path, *numbers):
    with tested.Record(path) as record:
        assert record.take()
        for number in numbers:
            record.append(entry(number))


def test_what_is_written_is_read(path):
    assert tested.read(path) == ([], 0, False)
    written(path, 1, 2)
    written(path, 3)
    assert tested.read(path) == ([entry(1), entry(2), entry(3)], 0, False)
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


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
    assert tested.read(path) == ([entry(1), entry(2)], 4, False)


def test_stop_without_a_record_finds_nothing(path):
    assert not tested.is_there(path)
    assert tested.stop(path) == ([], 0, False)


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
    assert tested.stop(path, 5) == ([entry(1), entry(2)], 0, False)
    thread.join(5)
    assert os.listdir(os.path.dirname(path)) == []


def test_stop_gives_up_on_a_watch_that_does_not_end_and_keeps_what_it_wrote(path):
    with tested.Record(path) as record:
        assert record.take()
        record.append(entry(1))
        with pytest.raises(tested.RecordError, match=r"has not ended within 0.1 s .* Its record is kept as .*\.stopped-\d{16};"):
            tested.stop(path, 0.1)
        assert tested.is_there(path)
        assert tested.read(path).timeline == [entry(1)]
    written(path, 2)
    assert tested.read(path).timeline == [entry(1), entry(2)], "what an interrupted stop left comes first"
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
    assert tested.read(path) == ([entry(1)], 0, False)


def test_a_link_is_not_followed(path, tmp_path):
    os.makedirs(os.path.dirname(path))
    os.symlink(str(tmp_path / "elsewhere"), path)
    with tested.Record(path) as record, pytest.raises(tested.RecordError, match="It is a symbolic link, which is not followed"):
        record.take()
    with pytest.raises(tested.RecordError, match="symbolic link"):
        tested.read(path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("code, advice", [(errno.EACCES, "become: true"), (errno.ENOSPC, "df -h"), (errno.EROFS, "Choose another record")])
def test_errors_say_what_to_do(path, monkeypatch, code, advice):
    def fail(*_args, **_more):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "makedirs", fail)
    with tested.Record(path) as record, pytest.raises(tested.RecordError) as refused:
        record.take()
    assert path in str(refused.value) and os.strerror(code) in str(refused.value) and advice in str(refused.value)


def test_what_is_no_file_is_no_record(path):
    os.makedirs(path)
    with tested.Record(path) as record, pytest.raises(tested.RecordError, match="Is a directory"):
        record.take()
    os.rmdir(path)
    os.mkfifo(path)
    with tested.Record(path) as record, pytest.raises(tested.RecordError, match="it is no regular file"):
        record.take()
