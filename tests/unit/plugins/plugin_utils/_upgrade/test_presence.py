# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long nodes were out of the cluster, by what was recorded."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.history import histories
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.presence import Out, one_after_the_other, out_of_the_cluster
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import mark, seen

START = seen(0, "state", [1, 2, 3], 8, 2)
LEFT = seen(10, "node_left", [1, 2], 12, 2, left=[3])
BACK = seen(36, "node_joined", [1, 2, 3], 16, 2, joined=[3])
STOPPED = mark(10.2, "corosync_unavailable", reason="not_running")
ALONE = (mark(30, "corosync_available"), seen(30, "quorum_lost", [3], 14, 2))
JOINED = seen(36.1, "quorum_gained", [1, 2, 3], 16, 2)


@pytest.mark.parametrize(
    "timelines, found",
    [
        ({"a": [START]}, None),
        ({"a": [START, LEFT, BACK]}, Out(26, True, True)),
        ({"a": [START, LEFT, BACK], "b": [START, LEFT, BACK], "c": [START, STOPPED, *ALONE, JOINED]}, Out(26, True, True)),
        ({"a": [START, LEFT]}, Out(0, False, True)),
        ({"a": [START, LEFT, BACK, seen(50, "node_left", [1, 2], 20, 2), seen(54, "node_joined", [1, 2, 3], 24, 2)]}, Out(30, True, True)),
        ({"a": [seen(0, "state", [1, 2], 12, 2), BACK]}, Out(36, True, False)),
        ({"a": [START, LEFT, mark(20, "watch_ended"), seen(90, "state", [1, 2, 3], 16, 2)]}, Out(10, True, False)),
        ({"a": [START, LEFT, mark(20, "watch_ended"), seen(90, "state", [1, 2], 16, 2)]}, Out(10, False, False)),
        ({"a": [START, mark(10, "corosync_unavailable", reason="timeout"), mark(12, "corosync_available")]}, None),
        ({"a": [mark(0, "corosync_unavailable")]}, None),
        ({"a": []}, None),
    ],
)
def test_out_of_the_cluster(timelines: dict[str, t.Any], found: Out | None) -> None:
    seconds = out_of_the_cluster(histories(timelines), [3])[3]
    assert (seconds and seconds._replace(seconds=round(seconds.seconds, 3))) == found


def test_a_node_that_is_alone_does_not_make_the_others_go() -> None:
    found = out_of_the_cluster(histories({"a": [START, LEFT, BACK], "c": [START, STOPPED, *ALONE, JOINED]}), [1, 2, 3])
    assert (found[1], found[2]) == (None, None)


def test_records_of_several_runs_as_one() -> None:
    early, late = histories({"a": [START, LEFT, mark(31, "watch_ended")]}), histories({"a": [seen(30, "state", [1, 2], 12, 2), BACK], "b": [START]})
    joined = one_after_the_other([early, late])
    assert [len(history) for history in joined.values()] == [4, 1]
    found = out_of_the_cluster({"a": joined["a"]}, [3])[3]
    assert found is not None and (round(found.seconds, 3), found.whole) == (26, True)
