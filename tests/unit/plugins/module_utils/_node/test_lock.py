# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of a run on a real file system: one has it, nobody removes another's, and races have one winner."""

import concurrent.futures
import fcntl
import multiprocessing
import os
import stat
import threading
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import lock as tested

ONE, TWO, THREE = ("1" * 16, "2" * 16, "3" * 16)


@pytest.fixture(name="path")
def _path(tmp_path):
    return str(tmp_path / "folder" / "lock")


def holder(run_id, **more):
    return dict({"run_id": run_id, "user": "alice", "pid": 7, "stop_requested": None}, **more)


def beside(path):
    return sorted(os.listdir(os.path.dirname(path)))


def test_one_takes_it_and_gives_it_back(path):
    assert tested.read(path) is None
    assert tested.take(holder(ONE), path=path) == (True, holder(ONE), "")
    assert tested.read(path) == holder(ONE)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
    assert beside(path) == ["lock"]
    assert tested.give_back(ONE, path) and tested.read(path) is None and beside(path) == []
    assert not tested.give_back(ONE, path)


def test_another_one_does_not_get_it_and_does_not_remove_it(path):
    tested.take(holder(ONE), path=path)
    assert tested.take(holder(TWO), path=path) == (False, holder(ONE), "")
    assert tested.take(holder(TWO), [THREE], path=path) == (False, holder(ONE), "")
    assert not tested.give_back(TWO, path)
    assert tested.read(path) == holder(ONE) and beside(path) == ["lock"]


def test_who_has_it_may_take_it_again(path):
    tested.take(holder(ONE), path=path)
    assert tested.take(holder(ONE, user="bob"), path=path).taken
    assert tested.read(path)["user"] == "bob"


def test_it_is_taken_over_from_the_run_that_is_named(path):
    tested.take(holder(ONE), path=path)
    assert tested.take(holder(TWO), [THREE, ONE], path=path) == (True, holder(TWO), ONE)
    assert tested.read(path) == holder(TWO) and beside(path) == ["lock"]
    assert not tested.give_back(ONE, path), "the run whose lock it was does not remove it"


def test_a_request_to_stop(path):
    assert tested.request_stop("now", path) is None
    tested.take(holder(ONE), path=path)
    assert tested.request_stop("now", path) == holder(ONE, stop_requested="now")
    assert tested.request_stop("later", path) == tested.read(path) == holder(ONE, stop_requested="now")
    assert tested.give_back(ONE, path) and beside(path) == []


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"{", b"[]", b"{}", b'{"run_id": "x"}', b'{"run_id": null}', b"\xff", b"[" * 60000, b" " * 70000])
def test_what_is_no_lock_is_nobodys(path, content):
    """Nobody takes it and nobody removes it, and what to do is said."""
    os.mkdir(os.path.dirname(path))
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o600)
    for call in (
        lambda: tested.read(path),
        lambda: tested.take(holder(ONE), path=path),
        lambda: tested.give_back(ONE, path),
        lambda: tested.request_stop("now", path),
    ):
        with pytest.raises(tested.LockError, match=f"^{path} on this node is not what the roles of this collection write there, .* and remove the file.$"):
            call()
    assert tested.seen(path)["lock_fault"] and beside(path) == ["lock"]


def test_a_folder_that_others_can_write_to_and_a_link(path):
    folder = os.path.dirname(path)
    os.mkdir(folder)
    os.symlink("/etc/passwd", path)
    with pytest.raises(tested.LockError, match="Cannot take the lock: .* is a symbolic link, which is not followed. Let it and its folder belong to root"):
        tested.take(holder(ONE), path=path)
    os.unlink(path)
    os.chmod(folder, 0o777)
    with pytest.raises(tested.LockError, match="Cannot read the lock: .* can be written by other users than root"):
        tested.read(path)
    assert os.listdir(folder) == []


@pytest.mark.parametrize(
    "number, words",
    [(13, "Run the task as root"), (28, "Free some space there"), (30, "Mount its file system for writing"), (5, "Make sure that root can write there")],
)
def test_where_it_cannot_be_written(path, monkeypatch, number, words):
    def fail(*dummy):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tested, "write_aside", fail)
    with pytest.raises(tested.LockError, match=words):
        tested.take(holder(ONE), path=path)
    assert tested.read(path) is None


def test_a_process_that_does_not_let_go(path, monkeypatch):
    monkeypatch.setattr(tested, "_LONGEST", 0.1)
    tested.take(holder(ONE), path=path)
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(tested.LockError, match="Another process of this node has been changing .* for 0.1 s: 'fuser -v"):
            tested.give_back(ONE, path)
        assert tested.read(path) == holder(ONE), "to read it nobody has to wait"
    assert tested.give_back(ONE, path)


def test_what_has_taken_its_place_meanwhile_is_not_removed(path):
    """Between the look and the removal another run takes over: it waits, and finds its lock."""
    tested.take(holder(ONE), path=path)
    with tested.held(path) as lock:
        assert lock == holder(ONE)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            other = pool.submit(tested.take, holder(TWO), [ONE], path)
            time.sleep(0.1)
            assert not other.done()
            os.unlink(path)
            # The other one was waiting for a lock that is gone: it sees that, and begins anew.
            time.sleep(0.05)
            assert not other.done() or other.result().taken
    assert tested.read(path) == holder(TWO)


# ---- races ---------------------------------------------------------------------------------------------------------------


def _race(path, number, begin, answers):
    begin.wait()
    answers.put((number, tested.take(holder(f"{number:016x}"), path=path).taken))


@pytest.mark.parametrize("round_", range(3))
def test_of_many_that_take_it_at_once_one_gets_it(path, round_):
    context = multiprocessing.get_context("fork")
    begin, answers = context.Event(), context.Queue()
    runs = [context.Process(target=_race, args=(path, number, begin, answers)) for number in range(8)]
    for run in runs:
        run.start()
    begin.set()
    winners = [number for number, taken in (answers.get(timeout=20) for _dummy in runs) if taken]
    for run in runs:
        run.join(20)
    assert len(winners) == 1
    assert tested.read(path)["run_id"] == f"{winners[0]:016x}" and beside(path) == ["lock"]


def test_readers_see_a_whole_lock_or_none_while_runs_come_and_go(path):
    """Takes, requests and removals side by side. A lock is never torn, and never two runs' at once."""
    end = time.monotonic() + 0.5
    has_it = threading.Semaphore(1)
    wrong = []

    def run(number):
        own = f"{number:016x}"
        while time.monotonic() < end:
            if tested.take(holder(own), path=path).taken:
                if not has_it.acquire(blocking=False):
                    wrong.append("two have it")
                tested.request_stop("now", path)
                if tested.read(path)["run_id"] != own:
                    wrong.append("it was removed by another run")
                has_it.release()
                tested.give_back(own, path)
        return True

    def read():
        while time.monotonic() < end:
            lock = tested.read(path)
            assert lock is None or lock["user"] == "alice"
        return True

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert all(done.result() for done in [*(pool.submit(run, number) for number in range(4)), *(pool.submit(read) for _dummy in range(2))])
    assert not wrong and beside(path) == []
