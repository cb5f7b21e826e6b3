# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""End a call that may never return, such as one to a node behind a dead network."""

from __future__ import annotations

import os
import pathlib
import signal
import threading
import time
import typing as t

TICK = 1.0


class Overdue(BaseException):
    """The call took longer than it may. Not an Exception, so that nothing on the way swallows it."""


class Orphaned(BaseException):
    """The process that started this one has gone: nobody waits for the result any more."""


class Watchdog:
    """A context manager that raises Overdue in its body after this time, and Orphaned when the parent process has gone.

    Connection plugins wait in C or in select(2) without an end; only a signal to their thread brings them back, and SIGALRM belongs
    to the task keyword `timeout`. Processes that the body has started and left behind (an ssh on a dead network) are ended, by pid.
    Outside the main thread, where Python takes no signals, the body runs unwatched.

    parent: the pid of the parent process to watch, if it is not today's. tick: called about once a second from another thread while the
    body runs.
    """

    def __init__(self, seconds: float, tick: t.Callable[[], None] = lambda: None, parent: int | None = None) -> None:
        self._seconds = seconds
        self._tick = tick
        self._parent = os.getppid() if parent is None else parent
        self._done = threading.Event()
        self._verdict: type[BaseException] | None = None
        self._thread: threading.Thread | None = None
        self._begun = 0
        self._handler: t.Any = None

    def __enter__(self) -> Watchdog:
        if threading.current_thread() is threading.main_thread():
            self._begun = _ticks()
            self._handler = signal.signal(signal.SIGUSR1, self._raise_verdict)
            self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *dummy: t.Any) -> None:
        self._done.set()
        if self._thread is None:
            return
        self._thread.join()
        signal.signal(signal.SIGUSR1, self._handler)
        if kind is not None and not issubclass(kind, Exception):
            _end(_children(self._begun))

    def _watch(self) -> None:
        end = time.monotonic() + self._seconds
        while not self._done.wait(min(TICK, max(0.0, end - time.monotonic()))):
            if os.getppid() != self._parent:
                return self._interrupt(Orphaned)
            if time.monotonic() >= end:
                return self._interrupt(Overdue)
            self._tick()
        return None

    def _interrupt(self, verdict: type[BaseException]) -> None:
        """A signal that comes right before a call in C does not end that call, so there is another one until the verdict is raised."""
        self._verdict = verdict
        while True:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            if self._done.wait(TICK):
                return

    def _raise_verdict(self, *dummy: t.Any) -> None:
        if self._thread is not None and self._verdict is not None and not self._done.is_set():
            self._done.set()
            self._thread.join()  # no other signal comes after this: the handler before ours may end the process
            signal.signal(signal.SIGUSR1, self._handler)  # even if this falls between the body and __exit__
            raise self._verdict


def pause(seconds: float, parent: int) -> None:
    """Sleep, but no longer than this process has that parent: raises Orphaned."""
    end = time.monotonic() + seconds
    while os.getppid() == parent:
        left = end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(TICK, left))
    raise Orphaned


def _ticks() -> int:
    """Now, as /proc has the start of a process: in ticks since the machine's start."""
    return int(time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)) * os.sysconf("SC_CLK_TCK"))


def _children(since: int) -> set[int]:
    """The pids of this process's children that were started since then; none where there is no /proc.

    Sought only when they have to end: a look at all processes of a controller takes longer than most of what is done here.
    """
    me, found = os.getpid(), set()
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        parent, start = _parent_and_start(path)
        if parent == me and start >= since:
            found.add(int(path.name))
    return found


def _parent_and_start(path: pathlib.Path) -> tuple[int, int]:
    """ppid and starttime of proc(5)."""
    try:
        fields = (path / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return int(fields[1]), int(fields[19])
    except (OSError, ValueError, IndexError):
        return 0, 0  # it has ended meanwhile


def _end(pids: t.Iterable[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGTERM)
        except OSError:
            pass  # it has ended by itself
