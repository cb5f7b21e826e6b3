# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Why no call here can hang.

A stopped (SIGSTOP) or wedged corosync blocks every call of libqb for ever, and no signal interrupts it (libqb waits in slices of
two seconds and starts again, lib/ringbuffer_helper.c). So no call is made on the caller's thread: a Lane is one thread that owns a
set of handles and makes all calls on them, one after the other, while the caller waits no longer than the deadline. A call
that never returns costs one idle daemon thread, which ends with the process. One thread to a handle is also what the client
libraries need: they have no lock around a request and its reply.

A process that connects again and again would collect such threads. When corosync continues, all of them would continue at once, each with its own buffers,
and malloc would keep those (11 MiB after two minutes). So a new lane first waits until the thread of the one before it has ended.
"""

import os
import queue
import threading
import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DeadlineExceeded, QuorumError

# What a job returns
Answer = t.TypeVar("Answer")

# A call that notices the deadline itself (TRY_AGAIN) has the better message: leave it this long to say so. Seconds.
GRACE = 0.25
# How long closing may wait for corosync before it leaves that to the end of the process. Seconds.
CLOSING = 0.5
# For how long a new lane waits for the thread of an old one. No call is known that never returns although corosync answers; if there is one, this is how
# soon the process connects again. Seconds.
HOLDS_UP = 600.0
# votequorum_dispatch keeps a buffer of 1 MiB on the stack; a thread of musl has 128 KiB by default. Bytes.
STACK = 4 * 1024 * 1024


class Deadline:
    """A point in time, `seconds` from now, on the monotonic clock."""

    def __init__(self, seconds: float, clock: t.Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - self._clock())

    def expired(self) -> bool:
        return self.remaining() <= 0


class _Job:
    """One call, handed from the caller's thread to the lane's."""

    def __init__(self, function: t.Callable[..., t.Any], args: t.Tuple[t.Any, ...]) -> None:
        self._function = function
        self._args = args
        self._claim = threading.Lock()
        self._done = threading.Event()
        self._value: t.Any = None
        self._error: t.Optional[BaseException] = None

    def run(self) -> None:
        if self._claim.acquire(False):
            try:
                self._value = self._function(*self._args)
            except BaseException as exc:  # pylint: disable=broad-exception-caught
                self._error = exc  # whatever it is, it belongs to the caller and is raised there
        self._done.set()

    def abandon(self) -> None:
        """See to it that the call is not made any more, if it has not begun. Without effect on one that has."""
        self._claim.acquire(False)

    def wait(self, seconds: float) -> bool:
        """True as soon as the lane is through with it, made or abandoned."""
        return self._done.wait(seconds)

    def result(self) -> t.Any:
        if self._error is not None:
            raise self._error
        return self._value


# A thread whose lane was closed, and in which C function that was
class _Left(t.NamedTuple):
    thread: threading.Thread
    doing: str
    since: float


class Lane:
    """The one thread that makes all calls on a set of handles, and the deadline of whoever waits for it.

    deadline may be replaced at any time: it bounds the calls made from then on. doing: the C function called last, for messages.
    while_waiting is called once a second while a caller waits for an answer; what it raises ends the waiting.
    """

    def __init__(self, deadline: Deadline, while_waiting: t.Callable[[], None] = lambda: None) -> None:
        self.deadline = deadline
        self._while_waiting = while_waiting
        self.doing = "the connection"
        self._pid = os.getpid()
        self._jobs: "queue.Queue[t.Optional[_Job]]" = queue.Queue()
        self._thread: t.Optional[threading.Thread] = None
        self._given_up: t.Optional[_Job] = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether close() was called: nobody waits for an answer any more."""
        return self._closed

    def call(self, function: t.Callable[..., Answer], *args: t.Any) -> Answer:
        """function(*args) on the lane's thread. Raises what it raises, or DeadlineExceeded when it has not returned in time.

        Called on the lane's own thread (from within another call), it is a plain call.
        """
        if threading.current_thread() is self._thread:
            return function(*args)
        return self.begin(function, *args)()

    def begin(self, function: t.Callable[..., Answer], *args: t.Any) -> t.Callable[[], Answer]:
        """Have function(*args) called, and return at once a function that waits for it and returns or raises what call() does.

        It is for a caller who has something else to do meanwhile, and not for the lane's own thread.
        """
        self._refuse_other_process()
        if self._closed:
            raise QuorumError("This connection to corosync was closed: open a new one.")
        job = self._post(function, args)
        return lambda: self._awaited(job)

    def _awaited(self, job: _Job) -> t.Any:
        if not self._answered(job):
            self._given_up = job
            raise self.no_answer()
        return job.result()

    def no_answer(self) -> DeadlineExceeded:
        """The error that corosync has not answered the function called last."""
        return DeadlineExceeded(
            f"corosync did not answer {self.doing} within {self.deadline.seconds:g} s: it is stopped, frozen or overloaded. See systemctl status "
            "corosync and journalctl -u corosync on this node. 'ps -C corosync -o stat=' shows T for a frozen one. If the journal has a new membership every "
            "few seconds, the network is unstable."
        )

    def afterwards(self, function: t.Callable[..., t.Any], *args: t.Any) -> None:
        """Have function(*args) called behind all that was asked for before, also what was given up, and do not wait for it. What it raises is lost."""
        if self._thread is not None and not self._closed and os.getpid() == self._pid:
            self._post(function, args)

    def close(self, finalize: t.Optional[t.Callable[[], t.Any]] = None) -> None:
        """Make a last call, and end the thread as soon as that has returned. Raises nothing.

        Waits a moment for it, never longer, and not at all behind a call that was given up and has not returned.
        """
        if self._closed or os.getpid() != self._pid:
            return
        self._closed = True
        if self._thread is None:
            return
        if finalize is not None:
            self._post(finalize, ())
        self._jobs.put(None)
        stuck = self._given_up is not None and not self._given_up.wait(0)
        self._thread.join(0 if stuck else CLOSING)
        if self._thread.is_alive():
            _LEFT.append(_Left(self._thread, self.doing, time.monotonic()))

    def _answered(self, job: _Job) -> bool:
        given = Deadline(self.deadline.remaining() + GRACE)
        try:
            while not job.wait(min(1.0, given.remaining())):
                if given.expired():
                    return False
                self._while_waiting()
            return True
        finally:
            job.abandon()

    def _post(self, function: t.Callable[..., t.Any], args: t.Tuple[t.Any, ...]) -> _Job:
        if self._thread is None:
            self._wait_for_the_last()
            self._start()
        job = _Job(function, args)
        self._jobs.put(job)
        return job

    def _wait_for_the_last(self) -> None:
        """Return when the thread of the lane that was given up last has ended. Raises DeadlineExceeded."""
        while True:
            last = _left_last()
            if last is None:
                return
            self.doing = last.doing
            if self.deadline.expired():
                raise self.no_answer()
            last.thread.join(min(1.0, self.deadline.remaining()))
            self._while_waiting()

    def _start(self) -> None:
        thread = threading.Thread(target=_work, args=(self._jobs,), name="corosync")
        thread.daemon = True
        before = threading.stack_size(STACK)
        try:
            thread.start()
        except RuntimeError as exc:
            raise QuorumError(
                f"This process cannot start the thread that calls corosync ({exc}): raise the limit on processes of its user or unit "
                "(ulimit -u, TasksMax= of systemd), or free memory."
            )
        finally:
            threading.stack_size(before)
        self._thread = thread

    def _refuse_other_process(self) -> None:
        if os.getpid() != self._pid:
            raise QuorumError(f"This connection to corosync belongs to process {self._pid}, which forked this one ({os.getpid()}). Open a new one here.")


# The threads of this process whose lane was closed before they had ended, the oldest first
_LEFT: t.List[_Left] = []


def _left_last() -> t.Optional[_Left]:
    """The newest of them that has not ended yet, unless its lane was closed long ago."""
    _LEFT[:] = [left for left in _LEFT if left.thread.is_alive()]
    return _LEFT[-1] if _LEFT and time.monotonic() - _LEFT[-1].since < HOLDS_UP else None


def _work(jobs: "queue.Queue[t.Optional[_Job]]") -> None:
    while True:
        job = jobs.get()
        if job is None:
            return
        job.run()
