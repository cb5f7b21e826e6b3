# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Moments that stay right where the clock of the node is set later on, as it often is soon after a boot."""

import time
import typing as t

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
# Python has had a name for it since 3.7, Linux since 2.6.39 (clock_gettime(2)): it also runs while the machine is suspended.
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", 7)


# The key of a line of a record that tells when it was by a clock that nobody sets
STAMP = "stamp"


# boot: of boot_id(). seconds: since that boot.
class Stamp(t.NamedTuple):
    boot: str
    seconds: float


def boot_id() -> str:
    """Another one after each boot, empty where the kernel does not tell."""
    try:
        with open(_BOOT_ID, encoding="ascii", errors="replace") as file:
            return file.read(100).strip()
    except OSError:
        return ""


def stamp(age: float = 0.0) -> Stamp:
    """A moment that is so many seconds ago."""
    return Stamps().of(time.monotonic() - age)


# A suspended machine was away for longer than this; a process that was not scheduled between its looks at two clocks was not. Seconds.
_SUSPENDED = 0.5


class Stamps:
    """Makes stamps of moments by time.monotonic(), which stands still while the machine is suspended. Their order and their distances stay."""

    def __init__(self) -> None:
        self._boot = boot_id()
        self._ahead = _ahead()

    def of(self, moment: float) -> Stamp:
        ahead = _ahead()
        if abs(ahead - self._ahead) > _SUSPENDED:
            self._ahead = ahead
        return Stamp(self._boot, moment + self._ahead)


def _ahead() -> float:
    """How far the clock since boot is ahead of time.monotonic()."""
    return time.clock_gettime(_SINCE_BOOT) - time.monotonic()


class Clock(t.NamedTuple):
    """The clock of the node as it was when clock() looked at it, and from then on as the time passes, whatever it is set to meanwhile.

    boot: of boot_id(). started: when that boot was by this clock, in seconds since 1970.
    """

    boot: str
    started: float

    def now(self) -> float:
        """Seconds since 1970."""
        return self.started + time.clock_gettime(_SINCE_BOOT)


def clock() -> Clock:
    return Clock(boot_id(), time.time() - time.clock_gettime(_SINCE_BOOT))
