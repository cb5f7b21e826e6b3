# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Times and numbers of the report as people read them."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc

_MOST_NAMES = 32  # in one sentence


def clock(seconds: float) -> str:
    """The time of day, in UTC: `10:15:02`."""
    return utc(seconds)[11:19]


def exact(seconds: float) -> str:
    """The same to the tenth: `10:15:02.1`."""
    return utc(seconds)[11:21]


def date(seconds: float) -> str:
    """`2026-11-22`."""
    return utc(seconds)[:10]


def moment(seconds: float) -> str:
    """`2026-11-22 10:15:02 UTC`."""
    return f"{date(seconds)} {clock(seconds)} UTC"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`, `1 h 02 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    rounded = round(seconds)
    if rounded < 60:
        return f"{rounded} s"
    if rounded < 3600:
        return f"{rounded // 60} min {rounded % 60:02} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min"


def listed(names: t.Iterable[str]) -> str:
    """`node1, node2 and node3`; of very many, how many more there are."""
    *most, last = list(names) or [""]
    if len(most) > _MOST_NAMES:
        most, last = most[:_MOST_NAMES], f"{len(most) + 1 - _MOST_NAMES} more"
    return f"{', '.join(most)} and {last}" if most else last


def short(names: t.Sequence[str]) -> dict[str, str]:
    """Each name up to its first dot, where all of them can be told apart by that. Addresses stay whole."""
    shortened = {name: name.split(".")[0] for name in names}
    distinct = len(set(shortened.values())) == len(set(names)) and not any(name.isdigit() or not name for name in shortened.values())
    return shortened if distinct else {name: name for name in names}
