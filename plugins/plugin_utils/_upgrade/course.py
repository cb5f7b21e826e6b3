# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The course of a run, as far as the verdict needs it: when it had stopped which node. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from . import registered
from .journal import GATES_ALONE, away
from .spans import ALWAYS, Away
from .types import Run


@dataclasses.dataclass(frozen=True)
class Course:
    """away: host -> when it was down by plan."""

    run_id: str
    away: t.Mapping[str, Away] = dataclasses.field(default_factory=dict)

    @property
    def first_stop(self) -> float:
        """Of this run, infinity where none was stopped. What an earlier run had stopped is none of it."""
        return min((away.start for away in self.away.values() if away.start != ALWAYS.start), default=float("inf"))


def course_of(run: Run, hostvars: registered.HostVars, hosts: t.Sequence[str], quiet: float) -> Course:
    """quiet: rolling_upgrade_stable_for. A host in which an earlier run was interrupted was down by plan from the beginning."""
    found = {host: _away(run, registered.variables_of(hostvars, host), quiet) for host in hosts}
    for host in run["resumed"]:
        own = found.get(host)
        found[host] = own._replace(start=ALWAYS.start) if own else ALWAYS
    return Course(run["run_id"], {host: away for host, away in found.items() if away is not None})


def _away(run: Run, variables: t.Mapping[str, t.Any], quiet: float) -> Away | None:
    look = registered.look_of(variables, run)
    if look is not None:
        return away(look["phases"], registered.results_of(variables, look["turn"]), quiet)
    return away(GATES_ALONE, registered.results_of_gates_alone(variables, run), quiet)
