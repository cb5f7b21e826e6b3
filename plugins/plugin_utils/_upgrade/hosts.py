# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Which hosts are asked, and by whom, while a play takes the hosts of a cluster one batch after the other. Pure."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Play:
    """What Ansible's magic variables say. cluster: rolling_upgrade_hosts. batch: ansible_play_batch, without hosts that failed.

    everyone: ansible_play_hosts_all. active: ansible_play_hosts, which have not failed in this play. In a play over many clusters all of them are of this
    host's cluster alone. gone: hosts of any cluster that have failed in this play. is_of_many: whether it is such a play.
    """

    host: str
    cluster: tuple[str, ...]
    batch: tuple[str, ...]
    everyone: tuple[str, ...]
    active: tuple[str, ...]
    gone: tuple[str, ...] = ()
    is_of_many: bool = False

    @classmethod
    def of(cls, variables: t.Mapping[str, t.Any]) -> Play:
        """From {host, cluster, batch, everyone, active}, as the role's variable has it. own: the plan of this host's cluster, where there are many."""
        cluster, batch, everyone, active = (listed(variables[name]) for name in ("cluster", "batch", "everyone", "active"))
        running = set(active)
        gone = tuple(host for host in everyone if host not in running)
        if is_of_many(variables):
            cluster = listed(variables["own"]["cluster"])
            batch, everyone, active = (tuple(host for host in hosts if host in cluster) for hosts in (batch, everyone, active))
        return cls(str(variables["host"]), cluster, batch, everyone, active, gone, is_of_many(variables))

    @property
    def failed(self) -> list[str]:
        """Hosts of the play that failed or went out of reach."""
        return [host for host in self.everyone if host not in self.active]

    @property
    def has_whole_cluster(self) -> bool:
        """Whether the whole cluster is in this batch, so that each host can answer for itself, side by side."""
        return all(host in self.batch for host in self.cluster)

    @property
    def witnesses(self) -> list[str]:
        """Hosts that stay up while this batch is down, and that have not failed in this play: who is asked before a stop."""
        return sorted(host for host in self.cluster if host not in self.batch and host not in self.failed)

    @property
    def asked_here(self) -> list[str]:
        """Whom this host asks, where each host is to be asked once: itself, or all of them where it is the first of a part of the cluster."""
        if self.host not in self.cluster:
            return []
        if self.has_whole_cluster:
            return [self.host]
        return list(self.cluster) if self.batch and self.host == self.batch[0] else []

    @property
    def read_here(self) -> list[str]:
        """As asked_here, but for every host of the batch: the first one may have failed."""
        return [self.host] if self.has_whole_cluster else list(self.cluster)

    @property
    def touched(self) -> list[str]:
        """Hosts that may be down because of this play: those of the batch, and those that have failed."""
        return [*self.batch, *(host for host in self.failed if host not in self.batch)]


def few_forks(forks: t.Any, count: int) -> list[str]:
    """A warning where so many hosts do not fit into so many forks, else nothing. A fork takes about 20 MB of the controller's memory."""
    if not isinstance(forks, int) or not 0 < forks < count:
        return []
    rounds = -(-count // forks)
    said = f"Ansible works on {forks} of {count} hosts at a time (forks), so a wait on all of them may take {rounds} times its timeout."
    return [f"{said} Run the play with --forks {count} if the controller has about {20 * count} MB of memory for that."]


def is_of_many(variables: t.Mapping[str, t.Any]) -> bool:
    """Whether the play is over many clusters, of which this host has one, or none that is upgraded. variables: as for Play.of()."""
    own = variables.get("own")
    return isinstance(own, Mapping) and isinstance(own.get("cluster"), (list, tuple))


def listed(given: t.Any) -> tuple[str, ...]:
    """Names of hosts or packages. In a text, as `-e` gives it, they are separated by commas, as Ansible's own options of lists have it."""
    names = given.split(",") if isinstance(given, str) else given
    return tuple(str(name).strip() for name in names if str(name).strip())
