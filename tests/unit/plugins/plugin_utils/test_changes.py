# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An entry of a timeline in words."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import marker
from ansible_collections.corosync.quorum.plugins.plugin_utils._changes import words_of


@pytest.mark.parametrize(
    "event, moves, words",
    [
        ("state", {}, ""),
        ("quorum_lost", {"left": [2, 3]}, "quorum lost, 2+3 left"),
        ("quorum_gained", {"joined": [2]}, "quorum gained, 2 joined"),
        ("quorum_lost", {}, "quorum lost"),
        ("node_left", {"left": [3]}, "3 left"),
        ("node_left", {"joined": [1], "left": [3]}, "1 joined, 3 left"),
        ("node_joined", {"joined": [1, 2]}, "1+2 joined"),
        ("node_restarted", {}, "a new ring with the same members"),
        ("wait_for_all_pending", {}, "waiting for all nodes"),
        ("qdevice_changed", {}, "quorum device changed"),
        ("expected_votes_changed", {}, "expected votes changed"),
        ("votes_changed", {}, "votes changed"),
        ("corosync_unavailable", {}, "corosync unavailable"),
        ("unreachable", {}, "unreachable"),
    ],
)
def test_in_words(event, moves, words):
    assert words_of(dict(marker(0.0, event), **moves), lambda nodeids: "+".join(map(str, nodeids))) == words
