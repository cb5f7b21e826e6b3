# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""How many votes are needed of how many, as corosync computes and keeps it (exec/votequorum.c 906-974 and 197 at v3.1.10). Pure."""

import typing as t

QUORUM_BITS = 0xFF  # it is a uint8_t


def needed_of(votes: int) -> int:
    """More than half of these votes. This is the quorum before it is kept in 8 bits."""
    return (votes + 2) // 2


def quorum_of(expected_votes: int, two_node_members: t.Optional[int] = None) -> int:
    """The quorum as corosync keeps it. two_node_members: with two_node, how many members there are, one more where a quorum device votes."""
    return 1 if two_node_members is not None and two_node_members <= 2 else needed_of(expected_votes) & QUORUM_BITS
