# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Moments as this collection writes them, `2026-11-22T10:15:02.123Z`, and as seconds since 1970 to calculate with.

Pure: no clock is read.
"""

import time

_FORMATS = ("%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S")


def utc(seconds: float) -> str:
    """Seconds since 1970 as text in UTC, to the millisecond that has begun."""
    whole, millionths = divmod(round(seconds * 1_000_000), 1_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{millionths // 1000:03}Z"


def seconds_of(text: str) -> float:
    """What utc() was given. Takes `+00:00` for `Z`, a space for `T`, and whole seconds. Raises ValueError for anything else."""
    import datetime  # The program only writes moments, and starts a fiftieth sooner without it.

    for ending in ("Z", "+00:00"):
        if text.endswith(ending):
            plain = text[: -len(ending)].replace(" ", "T")
            break
    else:
        raise ValueError(f"{text!r} is no moment in UTC")
    for form in _FORMATS:
        try:
            return (datetime.datetime.strptime(plain, form) - datetime.datetime(1970, 1, 1)).total_seconds()
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no moment in UTC")
