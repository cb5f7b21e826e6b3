# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of timelines, as wait_for_quorum and watch_quorum return them."""

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc

T0 = 1795511055.0


def at(seconds):
    return utc(T0 + seconds)


def seen(seconds, event, members, ring, quorum=2, **more):
    """An entry of a node that sees these members, each with a vote."""
    return dict(
        {
            "at": at(seconds),
            "event": event,
            "quorate": len(members) >= quorum,
            "total_votes": len(members),
            "quorum": quorum,
            "ring_id": {"nodeid": 1, "seq": ring},
            "members": list(members),
            "joined": [],
            "left": [],
        },
        **more,
    )


def mark(seconds, event, **more):
    return dict(
        {"at": at(seconds), "event": event, "quorate": None, "total_votes": None, "quorum": None, "ring_id": None, "members": [], "joined": [], "left": []},
        **more,
    )
