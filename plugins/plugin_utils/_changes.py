# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""An entry of a timeline in words, for the lines of a wait and for the report of an upgrade."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value import timeline

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Entry

# What the nodes that joined and left do not say already
_WORDS = {
    timeline.STATE: "",
    timeline.NODE_LEFT: "",
    timeline.NODE_JOINED: "",
    timeline.NODE_RESTARTED: "a new ring with the same members",
    timeline.WAIT_FOR_ALL_PENDING: "waiting for all nodes",
    timeline.QDEVICE_CHANGED: "quorum device changed",
}


def words_of(entry: Entry, names: t.Callable[[list[int]], str]) -> str:
    """What changed: `quorum lost, node2, node3 left`. Nothing of the first look. names: names nodes, by their ids."""
    moves = [f"{names(entry[key])} {key}" for key in ("joined", "left") if entry.get(key)]
    return ", ".join(filter(None, [_WORDS.get(entry["event"], entry["event"].replace("_", " ")), *moves]))
