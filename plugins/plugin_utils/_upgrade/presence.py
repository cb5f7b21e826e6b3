# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""How long nodes were out of the cluster, by what the nodes have recorded: by the view that also gives the votes over time. Pure."""

from __future__ import annotations

import typing as t

from .history import Histories, best_of, moments


class Absence(t.NamedTuple):
    """until: None where the node was not seen to come back. whole: False where it was longer, because nobody watched when it began or ended."""

    start: float
    until: float | None
    whole: bool


class Out(t.NamedTuple):
    """All of one node's absences. seconds: of those that ended."""

    seconds: float
    is_back: bool
    whole: bool


def out_of_the_cluster(found: Histories, nodeids: t.Collection[int], since: float = float("-inf")) -> dict[int, Out | None]:
    """By node id; None of a node that was never out. since: what was over by then is left out."""
    absences = absences_in(found, nodeids)
    return {nodeid: _sum([absence for absence in absences[nodeid] if absence.until is None or absence.until > since]) for nodeid in nodeids}


def one_after_the_other(records: t.Iterable[Histories]) -> Histories:
    """The records of several runs, the earliest first, as one. Where a watch has begun, it tells all that the one before, which ends a little later, does."""
    joined: Histories = {}
    for record in records:
        for name, history in record.items():
            earlier = joined.get(name, [])
            joined[name] = [entry for entry in earlier if not history or entry["at"] < history[0]["at"]] + history
    return joined


def absences_in(found: Histories, nodeids: t.Collection[int]) -> dict[int, list[Absence]]:
    """By node id, in order."""
    absences: dict[int, list[Absence]] = {nodeid: [] for nodeid in nodeids}
    out: dict[int, Absence] = {}
    has_looked, last = False, None
    for moment in moments(found):
        best = best_of(moment.views)
        if not moment.watched:
            for nodeid, absence in out.items():
                absences[nodeid].append(absence._replace(until=moment.at, whole=False))
            out, has_looked, last = {}, False, None
        if best is None or best["members"] == last:
            continue
        last, members = best["members"], set(best["members"])
        for nodeid in nodeids:
            if nodeid not in members:
                out.setdefault(nodeid, Absence(moment.at, None, has_looked))
            elif nodeid in out:
                absences[nodeid].append(out.pop(nodeid)._replace(until=moment.at))
        has_looked = True
    for nodeid, absence in out.items():
        absences[nodeid].append(absence)
    return absences


def _sum(absences: t.Sequence[Absence]) -> Out | None:
    if not absences:
        return None
    ended = [absence.until - absence.start for absence in absences if absence.until is not None]
    return Out(sum(ended), absences[-1].until is not None, all(absence.whole for absence in absences))
