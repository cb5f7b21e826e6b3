# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reserve of a cluster is, from what all of its hosts say, and when people are told of a change."""

import pytest
from unit.fakes.votequorum import value

from ansible_collections.corosync.quorum.plugins.plugin_utils._eda.reserves import BACK, LOST, Reserves, state_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._eda.views import view_of


def seen(asked, members, tolerates, **changes):
    return view_of(value(members=members, asked=asked, forecast={"as_now": {"tolerates": tolerates}}, **changes), None)


ALL = {"a": seen(1, [1, 2, 3], 1), "b": seen(2, [1, 2, 3], 1), "c": seen(3, [1, 2, 3], 1)}
TWO = {"a": seen(1, [1, 2], 0, ring=17), "b": seen(2, [1, 2], 0, ring=17)}


@pytest.mark.parametrize(
    ("last", "followed", "state"),
    [
        (ALL, "abc", "there"),
        (TWO, "ab", LOST),
        ({**ALL, **TWO}, "ab", LOST),
        # One of them has noticed first, and the others are of the past.
        (dict(ALL, a=TWO["a"]), "abc", LOST),
        (dict(TWO, a=seen(1, [1, 2, 3], 1, ring=21)), "ab", "there"),
        # One has another quorum device vote than the others: it is the one that matters, also while its connection is gone.
        (dict(ALL, b=seen(2, [1, 2, 3], 0)), "abc", LOST),
        (dict(ALL, b=seen(2, [1, 2, 3], 0)), "ac", LOST),
        # Nobody knows: not settled, no host at all, and a node that restarts so fast that the others have not noticed
        ({"a": seen(1, [1, 2], 0, settled=False)}, "a", None),
        ({}, "", None),
        (TWO, "", LOST),
        (dict(ALL, c=seen(3, [3], 0, ring=17)), "abc", None),
        # No host is quorate; those that are not followed do not say otherwise.
        ({"a": seen(1, [1], 0, ring=21), "b": TWO["b"]}, "a", "not quorate"),
        ({"a": seen(1, [1], 0, ring=21), "b": TWO["b"]}, "ab", None),
        # Of hosts with one node id nobody knows which one it is.
        (dict(ALL, z=seen(1, [1], 0, quorate=True)), "abcz", "there"),
    ],
)
def test_the_reserve_of_a_cluster(last, followed, state):
    assert state_of(last, set(followed)) == state


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (["there", "there"], [None, None]),
        ([LOST, LOST, "there", "there"], [LOST, None, BACK, None]),
        (["there", LOST, None, LOST], [None, LOST, None, None]),
        ([LOST, None, "there"], [LOST, None, BACK]),
        (["not quorate", LOST], [None, LOST]),
        (["not quorate", "there"], [None, BACK]),
        ([LOST, "not quorate", LOST], [LOST, None, LOST]),
        (["there", "not quorate", "there"], [None, None, BACK]),
        ([LOST, "there", LOST, "there"], [LOST, BACK, LOST, BACK]),
    ],
)
def test_each_change_is_told_once(states, told):
    reserves = Reserves()
    assert [reserves.change("web", state) for state in states] == told


def test_of_each_cluster_by_itself():
    reserves = Reserves()
    assert [reserves.change(name, LOST) for name in ("web", "db", "web")] == [LOST, LOST, None]
