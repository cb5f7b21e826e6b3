# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order the lock is taken, and when it is clear that a run does not have it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.locking import BEGINNING, Locking, order

RUN: t.Any = {"nodeids": {"a": 3, "b": 1, "c": 2}, "configured": [1, 2, 3]}
CLUSTER = ["a", "b", "c"]


def test_all_runs_go_by_node_id_whatever_their_own_order_is() -> None:
    assert order(RUN, CLUSTER) == order(RUN, CLUSTER[::-1]) == ["b", "c", "a"]
    assert order(RUN, ["z", *CLUSTER, "y"]) == ["b", "c", "a", "y", "z"]
    assert order(None, CLUSTER[::-1]) == CLUSTER


@pytest.mark.parametrize(
    "away, changed, said",
    [
        ([], CLUSTER, ["", "", ""]),
        (["b"], ["a"], ["", "", ""]),
        (["a"], ["b", "c"], ["", "", ""]),
        (["b"], CLUSTER, ["The lock could not be taken on b, which this run would change. b cannot be logged in to: no route."]),
        (["b", "c"], ["a"], ["", "", "The lock could be taken on 1 of 3 configured nodes"]),
        (["b", "c"], ["c"], ["", "The lock could not be taken on c, which this run would change. b cannot be logged in to: no route. c cannot"]),
    ],
)
def test_a_host_that_cannot_be_reached_counts_as_not_held(away: list[str], changed: list[str], said: list[str]) -> None:
    """One that would be changed ends it at once, so that no more is taken in vain."""
    locking, found = Locking(), []
    for host in order(RUN, CLUSTER):
        if host in away:
            locking.out_of_reach[host] = "no route. "
        else:
            locking.held.append(host)
        found.append(locking.refusal(RUN, CLUSTER, changed, host))
        if locking.is_over:
            break
    assert len(found) == len(said)
    for sentence, words in zip(found, said, strict=True):
        assert sentence.startswith(f"{BEGINNING} {words}") if words else sentence == ""
