# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that never return are brought back, and what they started ends."""

import os
import select
import signal
import subprocess
import sys
import threading
import time

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._wait import watchdog as _watchdog
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.watchdog import Orphaned, Overdue, Watchdog, pause

NOBODY = -1  # no process has this one for a parent
SOON = 30  # seconds; what is not brought back takes ten times as long, and a busy machine may be slow


@pytest.fixture(autouse=True)
def _nothing_is_left():
    """Neither a handler nor a thread, whatever happens."""
    handler, threads = signal.getsignal(signal.SIGUSR1), threading.active_count()
    yield
    assert signal.getsignal(signal.SIGUSR1) is handler
    assert threading.active_count() == threads


def in_select():
    read, write = os.pipe()
    try:
        select.select([read], [], [])
    finally:
        os.close(read)
        os.close(write)


def in_a_read():
    read, write = os.pipe()
    try:
        os.read(read, 1)
    finally:
        os.close(read)
        os.close(write)


def in_a_lock():
    threading.Event().wait()


def in_a_loop():
    while True:
        pass


def in_a_child():
    subprocess.run(["sleep", "300"], check=False)


@pytest.mark.parametrize("blocks", [lambda: time.sleep(300), in_select, in_a_read, in_a_lock, in_a_loop, in_a_child])
def test_a_call_that_never_returns(blocks):
    start = time.monotonic()
    with pytest.raises(Overdue), Watchdog(0.2):
        blocks()
    assert 0.2 <= time.monotonic() - start < SOON


def test_a_signal_that_comes_too_early_for_the_call_is_followed_by_another_one(monkeypatch):
    sent = []
    kill = signal.pthread_kill
    monkeypatch.setattr(_watchdog.signal, "pthread_kill", lambda *arguments: sent.append(arguments) or (len(sent) > 1 and kill(*arguments)))
    monkeypatch.setattr(_watchdog, "TICK", 0.1)
    with pytest.raises(Overdue), Watchdog(0.1):
        time.sleep(SOON)
    assert len(sent) == 2


def test_nothing_on_the_way_swallows_it():
    with pytest.raises(Overdue), Watchdog(0.1):
        for _number in range(3):
            try:
                time.sleep(300)
            except Exception:  # pylint: disable=broad-exception-caught
                pass


def test_a_call_in_time():
    with Watchdog(60):
        pass
    with pytest.raises(KeyError), Watchdog(60):
        raise KeyError("of its own")


def test_a_signal_that_comes_after_the_end_is_harmless():
    for _number in range(60):
        try:
            with Watchdog(0.0005):
                time.sleep(0.0004)
        except Overdue:
            pass
    time.sleep(0.05)


def ended(child):
    return child.wait(SOON) == -signal.SIGTERM


def test_children_that_it_started_end_with_it():
    before = subprocess.Popen(["sleep", "300"])
    time.sleep(0.02)  # the kernel tells the start of a process in hundredths of a second
    started = []
    try:
        with pytest.raises(Overdue), Watchdog(0.3):
            started += [subprocess.Popen(["sleep", "300"]), subprocess.Popen(["sleep", "300"])]
            time.sleep(300)
        assert all(ended(child) for child in started)
        assert before.poll() is None, "and no other"
    finally:
        for child in [before] + started:
            child.kill()
            child.wait()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, type("TaskTimeoutError", (BaseException,), {})])
def test_children_end_when_the_task_is_interrupted(error):
    with pytest.raises(error), Watchdog(60):
        child = subprocess.Popen(["sleep", "300"])
        raise error
    assert ended(child)


def test_children_outlive_success_and_ordinary_failure():
    """A connection that is shared by later tasks is made by the first."""
    with Watchdog(60):
        child = subprocess.Popen(["sleep", "300"])
    with pytest.raises(OSError), Watchdog(60):
        other = subprocess.Popen(["sleep", "300"])
        raise OSError
    for process in (child, other):
        assert process.poll() is None
        process.kill()
        process.wait()


def test_it_ticks(monkeypatch):
    monkeypatch.setattr(_watchdog, "TICK", 0.05)
    ticks, third = [], threading.Event()

    def tick():
        ticks.append((time.monotonic(), threading.current_thread()))
        if len(ticks) == 3:
            third.set()

    start = time.monotonic()
    with Watchdog(60, tick):
        assert third.wait(SOON)
    assert ticks[2][0] - start >= 3 * 0.05
    assert threading.main_thread() not in [thread for _at, thread in ticks]


def test_a_tick_that_takes_long_does_not_put_off_the_end(monkeypatch):
    monkeypatch.setattr(_watchdog, "TICK", 0.05)
    start = time.monotonic()
    with pytest.raises(Overdue), Watchdog(0.3, lambda: time.sleep(0.1)):
        time.sleep(300)
    assert time.monotonic() - start < SOON


@pytest.mark.slow
def test_the_parent_is_gone():
    start = time.monotonic()
    with pytest.raises(Orphaned), Watchdog(60, parent=NOBODY):
        time.sleep(300)
    assert time.monotonic() - start < SOON


@pytest.mark.slow
def test_the_parent_goes():
    """In a process of its own, whose parent ends while it is in the body: it ends, and its child with it."""
    source = (
        "import os, sys, time, subprocess\n"
        "from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.watchdog import Watchdog\n"
        "entered, enter = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    try:\n"
        "        with Watchdog(60):\n"
        "            child = subprocess.Popen(['sleep', '300'])\n"
        "            print(os.getpid(), child.pid, flush=True)\n"
        "            os.write(enter, b'.')\n"
        "            time.sleep(50)\n"
        "    finally:\n"
        "        os._exit(0)\n"
        "os.read(entered, 1)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, timeout=SOON, check=True, env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    )
    pids = [int(word) for word in done.stdout.split()]
    assert len(pids) == 2
    deadline = time.monotonic() + 10
    while any(_lives(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_one_within_another():
    with pytest.raises(Overdue), Watchdog(60), Watchdog(0.1):
        time.sleep(300)
    with Watchdog(60), pytest.raises(Overdue), Watchdog(0.1):
        time.sleep(300)


def test_the_outer_one_bites_after_an_inner_one():
    with pytest.raises(Overdue), Watchdog(0.5):
        with Watchdog(60):
            pass
        time.sleep(300)


def test_someone_elses_handler_is_put_back():
    got = []
    before = signal.signal(signal.SIGUSR1, lambda *dummy: got.append(1))
    try:
        with pytest.raises(Overdue), Watchdog(0.1):
            time.sleep(300)
        with Watchdog(5):
            pass
        signal.raise_signal(signal.SIGUSR1)
        assert got == [1]
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_the_task_timeouts_alarm_still_comes():
    class TaskTimeout(BaseException):
        pass

    def alarm(*dummy):
        raise TaskTimeout

    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(TaskTimeout), Watchdog(60):
            time.sleep(300)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_in_another_thread_nothing_is_watched():
    told = []

    def body():
        with Watchdog(0.1, parent=NOBODY):
            time.sleep(0.5)
        told.append("in full")

    thread = threading.Thread(target=body)
    thread.start()
    thread.join(SOON)
    assert told == ["in full"]


def test_a_pause():
    start = time.monotonic()
    pause(0.2, os.getppid())
    assert 0.2 <= time.monotonic() - start < SOON
    pause(0, os.getppid())


def test_a_pause_ends_with_the_parent(monkeypatch):
    monkeypatch.setattr(_watchdog, "TICK", 0.05)
    parents = iter([5, 5, 1])
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    with pytest.raises(Orphaned):
        pause(300, 5)
