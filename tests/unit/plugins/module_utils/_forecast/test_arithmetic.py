# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Votequorum's rules one by one, as the source has them. Whether they are corosync's rules is what tests/truth finds out."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._forecast import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import Rules

PLAIN = Rules()


def booted(votes, rules=PLAIN, expected=None):
    """Daemons of nodes 1, 2, 3 … on one ring."""
    expected = sum(votes) if expected is None else expected
    daemons = {nodeid: arithmetic.started(rules, nodeid, count, expected) for nodeid, count in enumerate(votes, start=1)}
    return arithmetic.formed(daemons, frozenset(daemons))


def ring(daemons, *nodeids):
    return arithmetic.formed({nodeid: daemons[nodeid] for nodeid in nodeids}, frozenset(nodeids))


def elapsed(daemons):
    return {nodeid: arithmetic.window_elapsed(daemon) for nodeid, daemon in daemons.items()}


def quorate(daemons):
    """One answer for all: daemons that differ are a failure."""
    answers = {daemon.quorate for daemon in daemons.values()}
    assert len(answers) == 1, daemons
    return answers.pop()


@pytest.mark.parametrize(
    "votes, survivors, expected",
    [
        ([1, 1, 1], (1, 2), True),
        ([1, 1, 1], (1,), False),
        ([1] * 4, (1, 2, 3), True),
        ([1] * 4, (1, 2), False),
        ([3, 1, 1], (1,), True),
        ([3, 1, 1], (2, 3), False),
        ([0, 1, 1], (2, 3), True),
        ([0, 0, 0], (1, 2), False),
    ],
)
def test_the_majority_of_expected_votes(votes, survivors, expected):
    assert quorate(ring(booted(votes), *survivors)) is expected


def test_expected_votes_do_not_shrink():
    daemons = ring(ring(booted([1] * 5), 1, 2, 3), 1, 2)
    assert not quorate(daemons)
    assert daemons[1].quorum == 3


def test_expected_votes_grow_with_the_votes_seen():
    daemons = booted([1] * 5, expected=3)
    assert daemons[1].nodes[1].expected_votes == 5
    assert not quorate(ring(daemons, 1, 2))


def test_quorum_has_eight_bits():
    daemons = booted([100] * 6)
    assert daemons[1].quorum == 301 & 0xFF
    assert quorate(ring(daemons, 6))


def test_two_node():
    daemons = booted([1, 1], Rules(two_node=True, wait_for_all=True))
    assert quorate(daemons) and daemons[1].quorum == 1
    assert quorate(ring(daemons, 2))


def test_two_node_with_three_nodes_lets_one_node_alone_be_quorate():
    daemons = booted([1, 1, 1], Rules(two_node=True))
    assert daemons[1].quorum == 2
    assert quorate(ring(daemons, 3))


def test_wait_for_all_waits_at_the_start():
    rules = Rules(wait_for_all=True)
    fresh = {nodeid: arithmetic.started(rules, nodeid, 1, 3) for nodeid in (1, 2)}
    assert not quorate(arithmetic.formed(fresh, frozenset(fresh)))
    assert quorate(booted([1, 1, 1], rules))


def test_wait_for_all_arms_again_when_quorum_is_lost():
    daemons = booted([1] * 5, Rules(wait_for_all=True))
    parts = {}
    for part in ((1, 2), (3,), (4, 5)):
        parts.update(ring(daemons, *part))
    again = ring(parts, 1, 2, 4, 5)
    assert not quorate(again)
    everybody = dict(again)
    everybody[3] = parts[3]
    assert quorate(ring(everybody, 1, 2, 3, 4, 5))
    cancelled = {nodeid: arithmetic.wait_for_all_cancelled(daemon) for nodeid, daemon in again.items()}
    assert quorate(cancelled)


def test_last_man_standing_needs_its_window():
    daemons = booted([1] * 5, Rules(last_man_standing=True))
    assert not quorate(ring(ring(daemons, 1, 2, 3), 1, 2))
    slowly = elapsed(ring(daemons, 1, 2, 3))
    assert slowly[1].quorum == 2
    assert quorate(elapsed(ring(slowly, 1, 2)))


def test_last_man_standing_is_off_with_more_than_one_vote():
    assert not booted([2, 1, 1], Rules(last_man_standing=True))[1].last_man_standing


def test_last_man_standing_opens_its_window_for_the_lowest_id_only():
    """With a tie-breaker the window opens once more below a majority, but where the lowest id stays, whatever the tie-breaker is."""
    rules = Rules(last_man_standing=True, tie_breaker="highest", wait_for_all=True)
    assert not ring(booted([1, 1], rules), 2)[2].window_open
    assert ring(booted([1, 1], rules), 1)[1].window_open


@pytest.mark.parametrize(
    "kind, nodes, survivors, expected",
    [
        ("lowest", (), (1, 2), True),
        ("lowest", (), (2, 3), False),
        ("highest", (), (1, 4), True),
        ("highest", (), (1, 2), False),
        ("list", (2, 3), (1, 2), True),
        ("list", (2, 3), (3, 4), False),
        ("list", (9, 3), (3, 4), True),
        ("list", (9,), (1, 2), False),
    ],
)
def test_tie_breaker(kind, nodes, survivors, expected):
    assert quorate(ring(booted([1] * 4, Rules(tie_breaker=kind, tie_breaker_nodes=nodes)), *survivors)) is expected


def test_tie_breaker_remembers_the_last_majority():
    rules = Rules(tie_breaker="lowest")
    assert quorate(ring(ring(booted([1] * 4, rules), 2, 3, 4), 2, 3))
    assert not quorate(ring(ring(booted([1] * 4, rules), 1, 2, 3), 2, 3))


def test_tie_breaker_not_if_so_many_went_at_once_that_they_could_be_quorate():
    rules = Rules(tie_breaker="lowest", wait_for_all=True)
    assert not quorate(ring(booted([1] * 5, rules), 1, 2))
    assert quorate(ring(ring(booted([1] * 5, rules), 1, 2, 3), 1, 2))


def test_a_tie_breaker_list_that_denied_allows_at_the_next_change_of_ring():
    """What is denied is only that an earlier listed node was in the ring before: a second ring of the same nodes forgets it."""
    daemons = ring(booted([1] * 4, Rules(tie_breaker="list", tie_breaker_nodes=(2, 3))), 3, 4)
    assert not quorate(daemons)
    assert quorate(ring(daemons, 3, 4))


def _with_devices(daemons, casting):
    for nodeid in casting:
        daemons[nodeid] = arithmetic.qdevice_polled(arithmetic.qdevice_registered(daemons[nodeid]), True)
    return arithmetic.exchanged(daemons)


def test_each_daemon_counts_its_own_qdevice():
    daemons = _with_devices(booted([1, 1, 1], Rules(qdevice_votes=2), expected=5), (1,))
    assert daemons[1].total_votes == 5
    assert [daemons[nodeid].quorate for nodeid in (1, 2, 3)] == [True, True, True]
    alone = ring(daemons, 1, 2)
    assert (alone[1].total_votes, alone[1].quorate) == (4, True)
    assert (alone[2].total_votes, alone[2].quorate) == (2, False)


def test_master_wins_is_each_daemon_s_own_too():
    daemons = booted([1, 1, 1], Rules(qdevice_votes=1), expected=4)
    daemons[1] = arithmetic.qdevice_master_wins(daemons[1], True)
    daemons = _with_devices(daemons, (1,))
    assert ring(daemons, 1)[1].quorate
    pair = ring(daemons, 1, 2)
    assert pair[1].quorate and not pair[2].quorate


def test_a_lost_qdevice_does_not_vote():
    daemons = _with_devices(booted([1, 1], Rules(qdevice_votes=1), expected=3), (1, 2))
    assert quorate(ring(daemons, 1))
    silent = arithmetic.exchanged({nodeid: arithmetic.qdevice_lost(daemon) for nodeid, daemon in daemons.items()})
    assert quorate(silent)
    assert not quorate(ring(silent, 1))


def test_allow_downscale_shrinks_when_a_node_leaves_but_not_below_the_barrier():
    rules = Rules(allow_downscale=True, expected_votes_tracking=True)
    daemons = booted([1] * 5, rules, expected=3)
    daemons = {nodeid: daemon._replace(ev_barrier=3) for nodeid, daemon in daemons.items()}
    said = arithmetic.nodeinfo(arithmetic.leaving(daemons[5]))
    left = {nodeid: arithmetic.heard(daemon, said) for nodeid, daemon in daemons.items() if nodeid != 5}
    assert left[1].quorum == 3 and left[1].nodes[1].expected_votes == 4
    assert arithmetic.leaving(booted([1, 1])[1]) == booted([1, 1])[1]


def test_setting_expected_votes_lets_quorum_fall():
    daemon = arithmetic.expected_votes_set(ring(booted([1] * 5), 1, 2)[1], 2)
    assert daemon.quorate and daemon.quorum == 2 and daemon.ev_barrier == 2


def test_expected_votes_tracking_undoes_a_lower_value():
    daemon = arithmetic.expected_votes_set(ring(booted([1] * 5, Rules(expected_votes_tracking=True)), 1, 2, 3)[1], 3)
    assert daemon.nodes[1].expected_votes == 5 and daemon.quorum == 3


def test_setting_votes():
    daemon = arithmetic.votes_set(booted([1, 1, 1])[1], 2, 3)
    assert (daemon.total_votes, daemon.quorum, daemon.nodes[1].expected_votes) == (5, 3, 5)
    assert arithmetic.votes_set(daemon, 9, 3) == daemon


def test_a_node_that_joins_a_quorate_partition_adopts_its_expected_votes():
    daemons = {nodeid: arithmetic.expected_votes_set(daemon, 3) for nodeid, daemon in ring(booted([1] * 5), 1, 2, 3).items()}
    daemons[4] = arithmetic.started(Rules(), 4, 1, 5)
    joined = ring(daemons, 1, 2, 3, 4)
    assert quorate(joined)
    assert {daemon.quorum for daemon in joined.values()} == {3}


def test_node_ids_are_compared_as_signed_numbers():
    assert arithmetic.signed(1) == 1
    assert arithmetic.signed((1 << 32) - 2) == -2
