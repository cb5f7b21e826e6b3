# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""In which rounds many clusters are upgraded in one run. Pure.

A round is what Ansible takes as one serial batch of a play: at most one batch of each cluster. The next round begins when all of it is done.
"""

from __future__ import annotations

import typing as t

Batches = t.Sequence[t.Sequence[str]]


class Turn(t.NamedTuple):
    """One batch of one cluster. cluster: its place among those that are given. hosts: those that are down together."""

    cluster: int
    hosts: tuple[str, ...]


def rounds(clusters: t.Sequence[Batches], at_once: int) -> list[list[Turn]]:
    """The first batch of the first cluster goes alone. Then at most so many clusters are under way at the same time, first batches together, then second
    ones. Where a cluster is done, the next one takes its place.

    clusters: the batches of each, in the order in which they begin; those without any are left out. at_once: 1 or more.
    """
    left = [(number, [tuple(batch) for batch in batches if batch]) for number, batches in enumerate(clusters)]
    left = [(number, batches) for number, batches in left if batches]
    under_way, found = left[:1], []
    waiting = left[1:]
    while under_way:
        found.append([Turn(number, batches.pop(0)) for number, batches in under_way])
        under_way = [(number, batches) for number, batches in under_way if batches]
        free = at_once - len(under_way)
        under_way, waiting = under_way + waiting[:free], waiting[free:]
    return found


def sizes(found: t.Sequence[t.Sequence[Turn]]) -> list[int]:
    """How many hosts each round has."""
    return [sum(len(turn.hosts) for turn in turns) for turns in found]
