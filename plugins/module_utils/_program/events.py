# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Follows corosync and prints each event as a line of JSON. Ends when the reader closes the output.

The first line is the state. If corosync does not run or does not answer, an event says so, and the
program tries again every second. The guide "Reacting to quorum events" of the collection
corosync.quorum describes the events.
"""

import fcntl
import functools
import json
import os
import sys
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.anew import ROOT, execute
from ansible_collections.corosync.quorum.plugins.module_utils._node.stdout import ReaderGone
from ansible_collections.corosync.quorum.plugins.module_utils._program.ending import end_when_asked, exit_code_of
from ansible_collections.corosync.quorum.plugins.module_utils._program.follow import Beat, Listened, Seen, follow, standard_input
from ansible_collections.corosync.quorum.plugins.module_utils._program.options import TIMEOUT, Option, seconds
from ansible_collections.corosync.quorum.plugins.module_utils._program.output import complain, say

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import ToldEvent, Value

OPTIONS = (
    TIMEOUT,
    Option(
        "heartbeat",
        "print an empty line after this many seconds without an event, to show that the program still checks corosync (default: never)",
        "SECONDS",
        None,
        seconds,
    ),
    Option("until-stdin-ends", "end as soon as the standard input ends, so that a program that was started over ssh does not stay on the node"),
)
TITLE = "events"
# Of the resident program alone, which is no option of the command line: whether to print also what was read, where that made no event and yet shows
# something new, such as a link to a node that is not there. Such a line has one key, and nobody posts it.
READINGS, READING = "readings", "read"
# What a pipe takes that one process fills for the next: the most that a user may set, who is not root. Bytes.
_LARGEST = 1024 * 1024
# fcntl.h of Linux; Python has the names from 3.10 on.
_F_SETPIPE_SZ, _F_GETPIPE_SZ = 1031, 1032
# What sysexits.h has for "try again"
_TRY_AGAIN = 75


def run(given: t.Mapping[str, t.Any]) -> int:
    """Print what happens. Returns the exit code, which nobody gets who has gone."""
    return _print_from(Seen(), given)


def go_on(given: t.Mapping[str, t.Any], descriptor: int) -> t.NoReturn:
    """The same in a new process, from what another one has handed over (hand_over())."""
    raise SystemExit(exit_code_of(functools.partial(_print_from, taken_over(descriptor), given)))


def hand_over(seen: Seen) -> int:
    """A descriptor from which the next process reads what this one has seen. A value that is too large for that is not handed over."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        room = _widened(pipe.fileno())
        os.set_blocking(pipe.fileno(), False)
        told = json.dumps(seen).encode("ascii")
        pipe.write(told if len(told) <= room else json.dumps(seen._replace(last=None)).encode("ascii"))
    return reading


def _widened(pipe: int) -> int:
    """Make room in a pipe. Returns how many bytes it takes: Linux refuses a large one to a service without rights whose user has many pipes."""
    try:
        return fcntl.fcntl(pipe, _F_SETPIPE_SZ, _LARGEST)
    except OSError:
        return fcntl.fcntl(pipe, _F_GETPIPE_SZ)


def taken_over(descriptor: int) -> Seen:
    """What hand_over() was given."""
    with os.fdopen(descriptor, "rb") as pipe:
        return Seen(*json.loads(pipe.read().decode("ascii")))


class Printer:
    """Prints events, and readings where they are wanted. last: the value that whoever reads the output has by now."""

    def __init__(self, last: t.Optional["Value"], write: t.Callable[[str], None]) -> None:
        self._last = last
        self._write = write

    def event(self, event: "ToldEvent") -> None:
        """This has happened."""
        self._last = event["votequorum"] or self._last
        self._write(json.dumps(event, separators=(",", ":")))

    def reading(self, value: "Value") -> None:
        """This was read, and its events were printed."""
        if self._last is None or dict(value, read_at=None) != dict(self._last, read_at=None):
            self._last = value
            self._write(json.dumps({READING: value}, separators=(",", ":")))


def _print_from(seen: Seen, given: t.Mapping[str, t.Any]) -> int:
    end_when_asked()
    if sys.stdout is None:
        raise BrokenPipeError  # it was closed before the program began: nobody reads
    poller = Listened(standard_input() if given["until_stdin_ends"] else None)
    printer = Printer(seen.last, say)
    read = printer.reading if given.get(READINGS) else lambda value: None
    try:
        seen = follow(seen, given["timeout"], printer.event, poller, Beat(given["heartbeat"], say), read=read)
    except ReaderGone:
        raise BrokenPipeError
    return _anew(seen, given)


def _anew(seen: Seen, given: t.Mapping[str, t.Any]) -> int:
    """Go on as a new process, which has corosync's new libraries."""
    if not os.path.exists(ROOT):
        complain(f"corosync-quorum events: corosync's libraries were replaced, and the program itself ({ROOT}) is gone: start it again.")
        return _TRY_AGAIN
    descriptor = hand_over(seen)
    return execute(TITLE, __name__, [dict(given), descriptor], [descriptor])
