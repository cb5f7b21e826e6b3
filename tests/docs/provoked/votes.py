# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of votes that are refused, and such as fail."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone, QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.vote_change import (
    ALGORITHM,
    RELOADING,
    TRACKING_BARRIER,
    VoteChangeRefused,
    plan_votes,
)
from ansible_collections.corosync.quorum.plugins.module_utils._node.change import Change
from ansible_collections.corosync.quorum.tests.unit.fakes.changes import THREE, Daemon, wish, with_expected
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node, value

from . import provokes, refusal

DEAD = value((1, 1, 1), members=[1])
WAITING = {"enabled": True, "pending": True}
PENDING = value((1, 1, 1), members=[1, 2], wait_for_all=WAITING, quorate=False)


def _refused(seen: t.Any, configuration: t.Any = None, **wishes: t.Any) -> str:
    return refusal(VoteChangeRefused, plan_votes, wish(**wishes), seen, configuration or {})


def _failed(daemon: t.Any, **wishes: t.Any) -> str:
    return refusal(QuorumError, Change(wish(**wishes), 5, daemon).make)


@provokes("would cost this cluster its quorum")
def _costs_quorum() -> str:
    return _refused(value((1, 1, 1), members=[1, 2]), expected_votes=4, allow_quorum_loss=True)


@provokes("Set allow_quorum_loss: true if you want that")
def _costs_quorum_unasked() -> str:
    """Of two members one alone has the quorum device's vote."""
    return _refused(value((1, 1), qdevice=1, casting=[1]), expected_votes=4)


@provokes("would make this partition quorate, which it is not now")
def _gains_quorum() -> str:
    return _refused(DEAD, expected_votes=1)


@provokes("would not make this partition quorate")
def _gains_nothing() -> str:
    return _refused(DEAD, votes=0)


@provokes("expected_votes … is less than the … present")
def _too_few_expected() -> str:
    return _refused(value(), expected_votes=2)


@provokes("expected_votes … would be undone at once")
def _raised_again() -> str:
    return _refused(value((1, 1, 1), members=[1, 2], quorate=True), {TRACKING_BARRIER: 3}, expected_votes=2)


@provokes("but corosync keeps the quorum in 8 bits")
def _wraps() -> str:
    return _refused(value(), votes=600, node="node2")


@provokes("votes cannot be set on a two_node cluster")
def _two_node() -> str:
    return _refused(value((1, 1), two_node=True), votes=2)


@provokes("would cost every node the vote of the quorum device")
def _ends_the_device() -> str:
    return _refused(value((1, 1), qdevice=1), {ALGORITHM: "ffsplit"}, votes=2)


@provokes("cannot be set: it is not a member now")
def _of_a_dead_node() -> str:
    return _refused(value(members=[1, 2]), votes=2, node="node3")


@provokes("cannot be set: corosync on … has not seen it since it started")
def _of_an_unseen_node() -> str:
    return _refused(value(nodes=[node(1), node(2), node(3, member=False, state="unseen", votes=None)]), votes=2, node="node3")


@provokes("cancel_wait_for_all would have no effect: the last reload of corosync.conf failed")
def _cancel_after_a_bad_reload() -> str:
    return _refused(PENDING, {RELOADING: 1}, cancel_wait_for_all=True, allow_quorum_gain=True)


@provokes("cancel_wait_for_all would have no effect: this partition still lacks votes")
def _cancel_without_votes() -> str:
    return _refused(value((1, 1, 1), members=[1], wait_for_all=WAITING), cancel_wait_for_all=True)


@provokes("cancel_wait_for_all would undo the rest")
def _cancel_and_more() -> str:
    return _refused(PENDING, cancel_wait_for_all=True, expected_votes=5, allow_quorum_gain=True, allow_quorum_loss=True)


@provokes("it was not seen to be applied")
def _not_seen() -> str:
    return _failed(Daemon([with_expected(4, 2)]), expected_votes=4)


@provokes("was applied, but then undone by something else")
def _undone() -> str:
    return _failed(Daemon([with_expected(4, 3), with_expected(5, 3)]), expected_votes=4)


@provokes("Whether corosync took …, or will when it continues, is not known")
def _gone_meanwhile() -> str:
    return _failed(Daemon([THREE], sending=("setexpected", DaemonGone("votequorum_setexpected"))), expected_votes=4)


@provokes("The cluster kept changing for … s, so the effect of the next change could not be calculated")
def _moves_all_the_time() -> str:
    return _failed(Daemon([THREE], moves=100), expected_votes=4)
