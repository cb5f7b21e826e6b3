# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The time of a run: by the controller's clock as it was when this file was loaded, and from then on as the time passes, whatever it is set to.

A clock that is set in the middle of a run would move what came before it against what comes after it. Ansible loads the class of an action in
ansible-playbook itself before it starts a process for the task, so the processes of all tasks have inherited the same clock.
"""

from __future__ import annotations

import datetime
import time
import typing as t

# Linux alone has a clock with this name. On others the monotonic one goes on while the machine sleeps.
_SINCE_BOOT: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_STARTED = time.time() - time.clock_gettime(_SINCE_BOOT)


class Moment(t.NamedTuple):
    """seconds: since 1970. ahead: how far the controller's clock itself was ahead of that by then.

    Where `ahead` of two moments differs, the controller's clock was set in between, maybe because the whole machine had stood still.
    """

    seconds: float
    ahead: float


def moment() -> Moment:
    found = seconds()
    return Moment(found, time.time() - found)


def seconds() -> float:
    """Since 1970."""
    return _STARTED + time.clock_gettime(_SINCE_BOOT)


def now() -> str:
    """In UTC, as text that is in the order of time."""
    return datetime.datetime.fromtimestamp(seconds(), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
