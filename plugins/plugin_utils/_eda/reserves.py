# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Whether a cluster can lose a node, from what all of its followed hosts say, and when that is news for people. Pure."""

from __future__ import annotations

import typing as t

from .views import undisputed, up_to_date

if t.TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from .views import View

# What changes of a reserve are called in events
LOST, BACK = "lost", "back"
# What a cluster may be otherwise: able to lose a node, or without quorum
_THERE, _NOT_QUORATE = "there", "not quorate"


def state_of(cluster: Mapping[str, View], followed: Container[str]) -> str | None:
    """LOST if a quorate host of a cluster says that no node may fail; None where nobody knows.

    cluster: what each host saw last. A host that is not followed now counts, too, until a newer ring shows that it is of the past: else the end of a
    connection would be a change of the reserve.
    """
    known = [view.reserve for view in up_to_date(undisputed(cluster)) if view.quorate and view.reserve is not None]
    if known:
        return _THERE if min(known) else LOST
    now = undisputed(cluster, followed).values()
    return _NOT_QUORATE if now and not any(view.quorate for view in now) else None


class Reserves:
    """Counts each change of a cluster's reserve once, however many nodes tell of it, and although a new connection tells all again."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}

    def change(self, name: str, state: str | None) -> str | None:
        """LOST or BACK if a cluster of this name now has another reserve than people know of. That it is there is no news in the beginning."""
        before = self._states.get(name)
        if state is None or state == before:
            return None
        self._states[name] = state
        if state == LOST:
            return LOST
        return BACK if state == _THERE and before is not None else None
