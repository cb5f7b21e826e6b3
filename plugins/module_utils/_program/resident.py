# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The resident program: a child process follows corosync, this one writes the file of metrics, and a thread posts the events.

So corosync holds up neither: a child that waits for a frozen one waits alone, and a receiver that does not answer holds up its thread alone. A child that
dies is replaced by another one, which goes on from what was told last.
"""

import functools
import json
import os
import subprocess
import threading
import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.poll import ready
from ansible_collections.corosync.quorum.plugins.module_utils._node.anew import command
from ansible_collections.corosync.quorum.plugins.module_utils._program import events, textfile
from ansible_collections.corosync.quorum.plugins.module_utils._program.exposition import exposition
from ansible_collections.corosync.quorum.plugins.module_utils._program.known import Known, Moment
from ansible_collections.corosync.quorum.plugins.module_utils._program.outbox import Outbox
from ansible_collections.corosync.quorum.plugins.module_utils._program.output import complain
from ansible_collections.corosync.quorum.plugins.module_utils._program.post import Undelivered
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._program.post import Sender

# How often the child says that it lives and that things are as told. Seconds.
HEARTBEAT = 5.0
# The pauses before another child is started, twice as long each time, until one has lived for as long as the longest. Seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
# How long a child may take to end. Seconds.
_ENDING = 1.0
_CHUNK = 64 * 1024
# No line of the child is longer. Bytes.
_LONGEST_LINE = 16 * 1024 * 1024


def now() -> Moment:
    """What the clocks say."""
    return Moment(time.time(), time.monotonic())


def log(text: str) -> None:
    """A line for the journal."""
    complain(f"corosync-quorum run: {text}")


class Postman(threading.Thread):
    """The thread that posts events, one after the other, for as long as the process lives."""

    def __init__(self, sender: "Sender", outbox: t.Optional[Outbox] = None, clock: t.Callable[[], float] = time.monotonic) -> None:
        super().__init__(name="postman", daemon=True)
        self._sender = sender
        self._outbox = outbox or Outbox()
        self._clock = clock
        self._changed = threading.Condition()

    def put(self, text: str) -> None:
        """One more event to post. Never waits for the receiver."""
        with self._changed:
            self._outbox.put(text)
            self._changed.notify()

    def left(self) -> int:
        """How many events are not delivered."""
        with self._changed:
            return len(self._outbox)

    def run(self) -> None:
        """Post for ever."""
        while True:
            self._take_step()

    def _take_step(self) -> None:
        with self._changed:
            text, seconds = self._outbox.next_step(self._clock())
            if text is None:
                self._changed.wait(seconds)
                return
        report = self._attempt(text)
        with self._changed:
            report()
            news = self._outbox.take_news()
        for line in news:
            log(line)

    def _attempt(self, text: str) -> t.Callable[[], None]:
        try:
            self._sender.send(text)
        except Undelivered as exc:
            if exc.is_final:
                return functools.partial(self._outbox.refused, str(exc))
            return functools.partial(self._outbox.failed, self._clock(), str(exc))
        except Exception as exc:  # pylint: disable=broad-exception-caught
            # Nobody would notice a thread that has ended, such as one that could start no other.
            return functools.partial(self._outbox.failed, self._clock(), f"An event cannot be posted: {type(exc).__name__}: {quoted(str(exc))}.")
        return self._outbox.delivered


class Child:
    """A process that follows corosync, from what was told before."""

    def __init__(self, timeout: float, known: Known) -> None:
        given = {"timeout": timeout, "heartbeat": HEARTBEAT, "until_stdin_ends": False, events.READINGS: True}
        descriptor = events.hand_over(known.seen)
        try:
            line = command(events.TITLE, events.__name__, [given, descriptor])
            # run_command() waits for a process and belongs to a module. This program has neither, and lives beside its child.
            self._process = subprocess.Popen(  # pylint: disable=ansible-bad-function
                line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=[descriptor]
            )
        finally:
            os.close(descriptor)
        self._begun = time.monotonic()
        self._rest = b""
        self.fd = t.cast(t.IO[bytes], self._process.stdout).fileno()

    def lines(self) -> t.Optional[t.List[bytes]]:
        """What it has printed, without line feeds; waits where there is nothing. None where it has ended."""
        chunk = os.read(self.fd, _CHUNK)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return lines if chunk and len(self._rest) <= _LONGEST_LINE else None

    def end(self) -> str:
        """See to it that it has ended. Returns how, in words."""
        self._process.terminate()
        try:
            self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        t.cast(t.IO[bytes], self._process.stdout).close()
        code = self._process.returncode
        return f"signal {-code} ended it" if code < 0 else f"its exit code is {code}"

    def lived(self) -> float:
        """For how long, in seconds."""
        return time.monotonic() - self._begun


class Resident:
    """path: of the file of metrics, None for none. interval: how often it is written while nothing happens. postman: None where nothing is posted."""

    def __init__(self, path: t.Optional[str], interval: float, timeout: float, postman: t.Optional[Postman]) -> None:
        self._path = path
        self._interval = interval
        self._timeout = timeout
        self._postman = postman
        self._known = Known()
        self._child: t.Optional[Child] = None
        self._write_at = self._start_at = time.monotonic()
        self._pause = _FIRST_PAUSE
        self._unwritable: t.Optional[str] = None

    def run(self) -> t.NoReturn:
        """For ever. What ends the process (SystemExit) ends the child, too."""
        if self._postman is not None:
            self._postman.start()
        try:
            while True:
                self._take_step()
        finally:
            self._close()

    def _take_step(self) -> None:
        begun = time.monotonic()
        if self._child is None and begun >= self._start_at:
            self._start()
        if self._path is not None and begun >= self._write_at:
            self._write_file()
        waits = [self._write_at - begun if self._path is not None else self._interval] + ([self._start_at - begun] if self._child is None else [])
        if ready(max(0.0, min(waits)), readable=[] if self._child is None else [self._child.fd]):
            self._read(t.cast(Child, self._child))

    def _start(self) -> None:
        try:
            self._child = Child(self._timeout, self._known)
        except OSError as exc:
            log(f"the process that follows corosync cannot be started ({exc.strerror or exc}): it is tried again.")
            self._later()

    def _read(self, child: Child) -> None:
        lines = child.lines()
        if lines is None:
            self._child = None
            how, lived = child.end(), child.lived()
            log(f"the process that follows corosync has ended: {how}. Another one is started.")
            self._pause = _FIRST_PAUSE if lived > _LONGEST_PAUSE else self._pause
            self._later()
            return
        for line in lines:
            if line.strip():
                self._take(line.decode("ascii"))
            else:
                self._known.beat(now())

    def _take(self, line: str) -> None:
        told = json.loads(line)
        if events.READING in told:
            self._known.read(told[events.READING], now())
        else:
            self._known.take(told, now())
            if self._postman is not None:
                self._postman.put(line)
        self._write_at = time.monotonic()

    def _later(self) -> None:
        self._start_at = time.monotonic() + self._pause
        self._pause = min(_LONGEST_PAUSE, self._pause * 2)

    def _write_file(self) -> None:
        self._write_at = time.monotonic() + self._interval
        answer = self._known.answer()
        if answer is None:
            return
        try:
            textfile.write(t.cast(str, self._path), exposition(answer, self._known.age(now()), self._known.changes))
        except OSError as exc:
            self._note_written(f"{self._path} cannot be written: {exc.strerror or exc}.")
        else:
            self._note_written(None)

    def _note_written(self, why_not: t.Optional[str]) -> None:
        """Log it once, and when it is otherwise again."""
        if why_not != self._unwritable:
            log(f"{why_not} It is tried again every {self._interval:g} s." if why_not else f"{self._path} is written again.")
            self._unwritable = why_not

    def _close(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()
        if self._postman is not None and self._postman.left():
            log(f"it ends, and events are not delivered: {self._postman.left()}.")
