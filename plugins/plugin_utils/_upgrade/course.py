# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The course of a run, as far as the verdict needs it: when it had stopped which node. Pure.

A host can have several turns in one run. What its tasks register is of the newest turn, so each turn begins by carrying on when the node was down by plan
in the turns before it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from . import registered
from .journal import GATES_ALONE, away
from .spans import ALWAYS, QUORATE, Away, Span
from .types import Carried, Run


@dataclasses.dataclass(frozen=True)
class Course:
    """away: host -> when it was down by plan, in order. resumed: hosts in which an earlier run was interrupted. They may be down when this run begins.

    without_host: node ids of nodes of the cluster that have no host in this run, so that nobody watched them.
    """

    run_id: str
    away: t.Mapping[str, t.Sequence[Away]] = dataclasses.field(default_factory=dict)
    resumed: t.Collection[str] = ()
    without_host: t.Sequence[int] = ()

    @property
    def first_stop(self) -> float:
        """Of this run, infinity where none was stopped. What an earlier run had stopped is none of it."""
        return min((one.start for aways in self.away.values() for one in aways), default=float("inf"))

    def away_of(self, host: str, found: t.Sequence[Span]) -> list[Away]:
        """When this host was down by plan. found: what it recorded.

        One in which an earlier run was interrupted was so from the beginning, until it was quorate for the first time.
        """
        own = list(self.away.get(host, ()))
        if host not in self.resumed:
            return own
        return [ALWAYS._replace(end=next((span.at for span in found if span.state == QUORATE), None)), *own]


def course_of(run: Run, hostvars: registered.HostVars, hosts: t.Sequence[str], quiet: float) -> Course:
    """quiet: rolling_upgrade_stable_for."""
    aways = {host: _aways(run, registered.variables_of(hostvars, host), quiet) for host in hosts}
    watched = set(run["nodeids"].values())
    return Course(run["run_id"], aways, run["resumed"], [nodeid for nodeid in run["configured"] if nodeid not in watched])


def carried(run: Run | None, variables: t.Mapping[str, t.Any]) -> Carried | None:
    """What a new turn of a host carries on of those before it, None outside a run. variables: of the host."""
    if run is None:
        return None
    ended = [(one.start, one.end) for one in _aways(run, variables, 0.0) if one.end is not None]
    return Carried(run=run["run_id"], absences=ended, looks=registered.clock_looks_of(variables, run))


def _aways(run: Run, variables: t.Mapping[str, t.Any], quiet: float) -> list[Away]:
    newest = _newest(run, variables, quiet)
    return [*(Away(start, end, quiet) for start, end in registered.absences_of(variables, run)), *([newest] if newest else [])]


def _newest(run: Run, variables: t.Mapping[str, t.Any], quiet: float) -> Away | None:
    look = registered.look_of(variables, run)
    if look is not None:
        return away(look["phases"], registered.results_of(variables, look["turn"]), quiet)
    return away(GATES_ALONE, registered.results_of_gates_alone(variables, run), quiet)
