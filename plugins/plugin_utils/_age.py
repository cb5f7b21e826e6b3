# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""When a `votequorum` value was read, and whether that is too long ago to stop a node by. All of it by the controller's clock. Pure."""

from __future__ import annotations

import math
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError, described
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

# Controllers that share a cache of facts may differ by so much, or a clock may have been set. Seconds.
_SKEW = 60


def too_old(value: Value, max_age: t.Any, now: float) -> str:
    """Why a value is too old for an answer, empty where it is not. value: one that was checked. max_age: in seconds, 0 for any age. now: seconds since 1970.

    Raises ForecastError for a max_age that is none.
    """
    _refuse_no_age(max_age)
    if not max_age:
        return ""
    read_at = value.get("read_at")
    if read_at is None:
        return "It is not known when this was read, because no action plugin returned it (async, for example): read it again, or set max_age=0."
    age = now - seconds_of(read_at)
    if age < -_SKEW:
        return f"By the clock of this controller this was read {_duration(-age)} in the future, so its age is not known: read it again."
    if age > max_age:
        return f"This was read {_duration(age)} ago, which is longer than max_age ({max_age:g} s): read it again."
    return ""


def _refuse_no_age(max_age: t.Any) -> None:
    is_number = isinstance(max_age, (int, float)) and not isinstance(max_age, bool)
    if not is_number or max_age == math.inf or not max_age >= 0:
        raise ForecastError(f"max_age is {described(max_age)}, but must be a number of seconds, 0 or more (0: any age).")


def _duration(seconds: float) -> str:
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return count(int(seconds // length), unit)
    return count(int(seconds), "second")
