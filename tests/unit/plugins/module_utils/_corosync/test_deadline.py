# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No call hangs, none is made after it was given up, and no thread stays."""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import deadline as tested
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline, Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DeadlineExceeded, QuorumError


@pytest.fixture(name="stuck")
def _stuck():
    """A C call that does not return, until the end of the test."""
    event = threading.Event()
    yield event.wait
    event.set()


@pytest.fixture(name="closing")
def _closing(monkeypatch):
    """Closing waits for a last call as long as a busy machine may need to make it."""
    monkeypatch.setattr(tested, "CLOSING", 60)


@pytest.fixture(name="short")
def _short(monkeypatch):
    """A lane whose deadline is over in a moment."""
    monkeypatch.setattr(tested, "GRACE", 0.02)
    monkeypatch.setattr(tested, "CLOSING", 0.05)
    lane = Lane(Deadline(0.05))
    yield lane
    lane.close()


def lanes():
    return [thread for thread in threading.enumerate() if thread.name == "corosync"]


def elapsed(start):
    return time.monotonic() - start


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_deadline_counts_down_to_zero_and_not_below():
    clock = Clock()
    deadline = Deadline(3, clock)
    assert (deadline.remaining(), deadline.expired()) == (3, False)
    clock.now += 2.5
    assert (deadline.remaining(), deadline.expired()) == (0.5, False)
    clock.now += 0.5
    assert (deadline.remaining(), deadline.expired()) == (0, True)
    clock.now += 100
    assert (deadline.remaining(), deadline.expired()) == (0, True)
    assert deadline.seconds == 3


def test_calls_are_made_on_one_thread_that_is_not_the_callers(lane):
    threads = {lane.call(threading.get_ident) for dummy in range(5)}
    assert len(threads) == 1 and threading.get_ident() not in threads


def test_a_call_returns_its_value_and_raises_its_error(lane):
    assert lane.call(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        lane.call(divmod, 7, 0)
    assert lane.call(divmod, 9, 2) == (4, 1)


def test_a_call_that_was_begun_goes_on_meanwhile_and_is_waited_for_in_the_end(lane):
    running, go_on = threading.Event(), threading.Event()
    answer = lane.begin(lambda: (running.set(), go_on.wait(60)))
    assert running.wait(60), "it is made before anybody waits for it"
    go_on.set()
    assert answer() == (None, True)
    with pytest.raises(ZeroDivisionError):
        lane.begin(divmod, 7, 0)()


def test_a_call_that_was_begun_and_never_returns_ends_with_a_sentence_in_time(short, stuck):
    answer = short.begin(stuck)
    with pytest.raises(DeadlineExceeded, match="^corosync did not answer"):
        answer()


def test_a_call_within_a_call_is_a_plain_call(lane):
    def outer():
        return threading.get_ident(), lane.call(lambda: lane.call(threading.get_ident))

    first, second = lane.call(outer)
    assert first == second


def test_a_call_that_never_returns_ends_with_a_sentence_in_time(stuck, closing):
    lane = Lane(Deadline(0.1))
    lane.doing = "votequorum_getinfo"
    start = time.monotonic()
    with pytest.raises(
        DeadlineExceeded,
        match=r"^corosync did not answer votequorum_getinfo within 0\.1 s: it is stopped, frozen or overloaded\. "
        r"See systemctl status corosync ",
    ):
        lane.call(stuck)
    assert 0.1 <= elapsed(start) < 0.1 + tested.GRACE + 10
    start = time.monotonic()
    lane.close()
    assert elapsed(start) < tested.CLOSING / 2, "closing waited behind a call that does not return"


def test_closing_waits_a_moment_and_no_longer_for_a_last_call_that_does_not_return(stuck):
    lane = Lane(Deadline(60))
    lane.call(len, "")
    start = time.monotonic()
    lane.close(stuck)
    assert tested.CLOSING <= elapsed(start) < tested.CLOSING + 10


def test_closing_waits_again_once_calls_that_were_given_up_have_returned(short, closing):
    release, made = threading.Event(), []
    for function in (release.wait, len):
        with pytest.raises(DeadlineExceeded):
            short.call(function)
    release.set()
    short.deadline = Deadline(60)
    short.call(len, "")
    short.close(lambda: made.append(time.sleep(0.02)))
    assert len(made) == 1


def test_a_call_behind_a_stuck_one_is_given_up_and_never_made_later(short):
    release, made = threading.Event(), []
    with pytest.raises(DeadlineExceeded):
        short.call(release.wait)
    with pytest.raises(DeadlineExceeded):
        short.call(made.append, "setexpected")
    release.set()
    short.deadline = Deadline(60)
    assert short.call(len, "abc") == 3
    assert made == []


def test_a_late_answer_is_not_taken_for_that_of_the_next_call(short):
    release = threading.Event()
    with pytest.raises(DeadlineExceeded):
        short.call(lambda: release.wait() and "late")
    release.set()
    short.deadline = Deadline(60)
    assert short.call(lambda: "own") == "own"


def test_a_late_error_is_not_taken_for_that_of_the_next_call(short):
    release = threading.Event()

    def fail_late():
        release.wait()
        raise ZeroDivisionError()

    with pytest.raises(DeadlineExceeded):
        short.call(fail_late)
    release.set()
    short.deadline = Deadline(60)
    assert short.call(lambda: "own") == "own"


def test_a_new_deadline_bounds_the_calls_from_then_on(short, stuck):
    time.sleep(0.06)
    short.deadline = Deadline(60)
    assert short.call(time.sleep, 0.1) is None
    short.deadline = Deadline(0.05)
    with pytest.raises(DeadlineExceeded):
        short.call(stuck)


def test_a_call_is_still_made_when_the_deadline_is_over_but_is_not_waited_for_long(short, stuck, monkeypatch):
    time.sleep(0.06)
    with monkeypatch.context() as patient:
        patient.setattr(tested, "GRACE", 60)
        assert short.call(lambda: "quick") == "quick"
    start = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        short.call(stuck)
    assert elapsed(start) < 10


@pytest.mark.slow
def test_while_a_caller_waits_it_may_look_elsewhere_and_give_up(stuck):
    class Enough(Exception):
        pass

    def look():
        raise Enough()

    lane = Lane(Deadline(30), look)
    start = time.monotonic()
    with pytest.raises(Enough):
        lane.call(stuck)
    assert elapsed(start) < 20
    lane.close()


def test_a_signal_that_ends_the_waiting_takes_the_queued_call_back(short):
    def interrupt(*dummy):
        raise KeyboardInterrupt()

    release, made = threading.Event(), []
    with pytest.raises(DeadlineExceeded):
        short.call(release.wait)
    short.deadline = Deadline(60)
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            short.call(made.append, "setvotes")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    release.set()
    assert short.call(len, "abc") == 3
    assert made == []


def test_closing_makes_the_last_call_on_the_lane_and_ends_the_thread(closing):
    lane, seen = Lane(Deadline(60)), []
    worker = lane.call(threading.get_ident)
    lane.close(lambda: seen.append(threading.get_ident()))
    assert seen == [worker]
    assert lanes() == []


def test_closing_raises_nothing_and_ends_the_thread_when_the_last_call_fails(closing):
    lane = Lane(Deadline(60))
    lane.call(len, "")
    lane.close(lambda: 1 // 0)
    assert lanes() == []


def test_closing_before_the_first_call_makes_none_and_twice_makes_one(closing):
    lane, made = Lane(Deadline(60)), []
    lane.close(lambda: made.append("unused"))
    assert made == []
    lane = Lane(Deadline(60))
    lane.call(len, "")
    lane.close(lambda: made.append("first"))
    lane.close(lambda: made.append("second"))
    assert made == ["first"]


def test_a_call_after_closing_is_refused_at_once():
    for used in (True, False):
        lane, made = Lane(Deadline(60)), []
        if used:
            lane.call(len, "")
        lane.close()
        start = time.monotonic()
        with pytest.raises(QuorumError, match="was closed: open a new one"):
            lane.call(made.append, 1)
        assert elapsed(start) < 30 and made == []


def test_a_lane_tells_whether_it_is_closed_and_nobody_else_says_so():
    lane = Lane(Deadline(5))
    assert lane.closed is False
    lane.close()
    assert lane.closed is True
    with pytest.raises(AttributeError):
        lane.closed = False


def test_a_stuck_thread_makes_the_last_call_and_ends_as_soon_as_it_is_free(short):
    release, made = threading.Event(), []
    with pytest.raises(DeadlineExceeded):
        short.call(release.wait)
    short.close(lambda: made.append("finalize"))
    assert made == [] and len(lanes()) == 1
    release.set()
    lanes()[0].join(30)
    assert made == ["finalize"] and lanes() == []


def given_up(release):
    """A lane that was closed while a call on it did not return."""
    lane = Lane(Deadline(0.05))
    lane.doing = "votequorum_getinfo"
    with pytest.raises(DeadlineExceeded):
        lane.call(release.wait)
    lane.close()
    return lane


@pytest.mark.usefixtures("short")
def test_a_new_lane_begins_when_the_thread_of_one_that_was_given_up_has_ended(lane):
    release = threading.Event()
    given_up(release)
    made = []
    for _again in range(3):
        other = Lane(Deadline(0.05))
        with pytest.raises(DeadlineExceeded, match=r"^corosync did not answer votequorum_getinfo within 0\.05 s"):
            other.call(made.append, "never")
        other.close()
    assert len(lanes()) == 1, "threads are collected"
    threading.Timer(0.1, release.set).start()
    assert lane.call(len, "abc") == 3 and made == []
    assert len(lanes()) == 1


@pytest.mark.usefixtures("short")
def test_whoever_waits_for_the_thread_of_another_lane_may_look_elsewhere_and_give_up(lane):
    class Enough(Exception):
        pass

    def look():
        raise Enough()

    release = threading.Event()
    given_up(release)
    with pytest.raises(Enough):
        Lane(Deadline(0.05), look).call(len, "")
    release.set()
    assert lane.call(len, "abc") == 3


@pytest.mark.usefixtures("short")
def test_a_thread_that_never_ends_keeps_nobody_from_corosync_for_ever(lane, monkeypatch):
    release = threading.Event()
    given_up(release)
    monkeypatch.setattr(tested, "HOLDS_UP", 0.0)
    assert lane.call(len, "abc") == 3 and len(lanes()) == 2
    release.set()


def test_what_is_to_be_done_afterwards_comes_behind_a_call_that_was_given_up(short):
    release, made = threading.Event(), []
    with pytest.raises(DeadlineExceeded):
        short.call(release.wait)
    short.afterwards(made.append, "late")
    short.afterwards(lambda: 1 // 0)
    assert made == []
    release.set()
    short.deadline = Deadline(60)
    assert short.call(lambda: list(made)) == ["late"], "what it raises is lost, and the lane goes on"


def test_nothing_is_done_afterwards_where_nothing_was_done_before_or_is_any_more(lane):
    made = []
    lane.afterwards(made.append, "no thread")
    assert lanes() == []
    lane.call(len, "")
    lane.close()
    lane.afterwards(made.append, "closed")
    assert made == [] and lanes() == []


def test_a_thread_that_cannot_start_is_a_sentence_and_leaves_nothing(monkeypatch):
    def refuse(dummy):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    lane, made = Lane(Deadline(60)), []
    with pytest.raises(QuorumError, match=r"cannot start the thread that calls corosync \(can't start new thread\): raise the limit"):
        lane.call(made.append, 1)
    lane.close(lambda: made.append("finalize"))
    assert made == []


def test_the_stack_holds_the_librarys_buffer_and_other_threads_keep_theirs(lane, monkeypatch):
    sizes, start = [], threading.Thread.start

    def spy(thread):
        sizes.append(threading.stack_size())
        start(thread)

    before = threading.stack_size()
    monkeypatch.setattr(threading.Thread, "start", spy)
    lane.call(len, "")
    assert sizes == [tested.STACK] and tested.STACK >= 2 * 1024 * 1024
    assert threading.stack_size() == before


def in_child(function):
    """What the function returns in a forked process, as text."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        text = "died"
        try:
            text = str(function())
        except BaseException as exc:  # pylint: disable=broad-exception-caught
            text = f"{type(exc).__name__}: {exc}"
        finally:
            os.write(writing, text.encode("utf-8"))
            os._exit(0)  # pylint: disable=protected-access
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    return text


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # 3.12: fork in a process with threads, which is the point here
def test_a_forked_child_may_neither_use_the_connection_nor_close_it(lane):
    made = []
    lane.call(len, "")
    answer = in_child(lambda: lane.call(made.append, 1))
    assert answer.startswith(f"QuorumError: This connection to corosync belongs to process {os.getpid()}, which forked this one (")
    assert in_child(lambda: lane.close(lambda: made.append("finalize"))) == "None"
    assert lane.call(lambda: "mine") == "mine"


def test_a_thousand_lanes_leave_no_thread():
    before = threading.active_count()
    for _dummy in range(1000):
        lane = Lane(Deadline(60))
        lane.call(len, "")
        lane.close()
    assert threading.active_count() == before


LEAVE = """
import sys
import cffi
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline, Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DeadlineExceeded
ffi = cffi.FFI()
ffi.cdef("int pause(void); unsigned int usleep(unsigned int); void qsort(void *, size_t, size_t, int (*)(const void *, const void *));")
c = ffi.dlopen(None)
compare = ffi.callback("int(const void *, const void *)", lambda *dummy: c.usleep(200000))
array = ffi.new("int[]", 4)
class Slow:
    def __del__(self):
        c.usleep(400000)  # the interpreter is about to end, and still here when the call comes back
sys.modules["slow"] = Slow()
lane = Lane(Deadline(0.05))
try:
    lane.call({"never": c.pause, "late": lambda: c.usleep(400000), "by callback": lambda: c.qsort(array, 4, 4, compare)}[sys.argv[1]])
except DeadlineExceeded:
    lane.close()
    print("gave up")
"""


@pytest.mark.parametrize("returns", ["never", "late", "by callback"])
def test_the_process_ends_at_once_and_quietly_whatever_a_stuck_call_does(returns):
    root = pathlib.Path(tested.__file__).parents[6]
    done = subprocess.Popen(
        [sys.executable, "-c", LEAVE, returns],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join([str(root)] + [path for path in sys.path if path])),
    )
    start = time.monotonic()
    output, dummy = done.communicate(timeout=60)
    assert (done.returncode, output) == (0, "gave up\n")
    assert elapsed(start) < 20
