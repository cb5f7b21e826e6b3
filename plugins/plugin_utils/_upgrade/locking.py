# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Taking the lock on one host after the other. Pure.

All runs go by node id, so that of two runs that begin at the same time the one that gets the first node gets the others, too.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._lock import shortage

from .types import Run

BEGINNING = "The upgrade did not begin, and nothing was changed."


def order(run: Run | None, cluster: t.Sequence[str]) -> list[str]:
    """All hosts of the cluster, in the order in which the lock is taken on them."""
    nodeids = run["nodeids"] if run else {}
    return sorted(cluster, key=lambda host: (host not in nodeids, nodeids.get(host, 0), host))


@dataclasses.dataclass
class Locking:
    """What the items of the loop have done so far. held: hosts with the lock. out_of_reach: host -> why. is_over: nothing more is taken."""

    held: list[str] = dataclasses.field(default_factory=list)
    out_of_reach: dict[str, str] = dataclasses.field(default_factory=dict)
    is_over: bool = False

    def refusal(self, run: Run, cluster: t.Sequence[str], changed: t.Collection[str], asked: str) -> str:
        """Why the run does not have the lock, as is known after this host; empty for no reason so far. changed: hosts that the run will change."""
        is_last = asked == order(run, cluster)[-1]
        if not is_last and not (asked in changed and asked in self.out_of_reach):
            return ""
        wanted = [host for host in changed if is_last or host in self.out_of_reach]
        short = shortage(self.held, run["nodeids"], run["configured"], wanted)
        self.is_over = True
        reasons = [f"{host} cannot be logged in to: {why.strip().rstrip('.')}." for host, why in self.out_of_reach.items()]
        return " ".join([BEGINNING, short, *reasons]) if short else ""
