# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Which of the hosts that run corosync are the cluster, and which run apart from it.

Pure. A host that runs apart is stopped and started anew, or taken out. So it counts as one only if it has no quorum that this would cost, and if there is
no other way in which it could come back. Every other host that does not see the rest is a partition, in which nothing is changed.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import shown
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.host import Host
from ansible_collections.corosync.quorum.plugins.plugin_utils._removed import no_member, was_left_out

Ring = tuple[int, int]


class Sorted(t.NamedTuple):
    """apart: hosts that run apart from the cluster, each with the reason. never_met: whether no host has ever seen another one, so that there is no cluster.

    partition: who sees whom, empty where all others see each other.
    """

    apart: dict[str, str]
    never_met: bool
    partition: str


def sort_out(hosts: t.Iterable[Host]) -> Sorted:
    """Set is_apart of the hosts. Of no interest are those on which no cluster runs, or whose quorum cannot be read."""
    running = [host for host in hosts if host.runs_a_cluster and host.value]
    apart = {host.name: _out_of_reach(host) for host in running if host.is_out_of_reach and host.is_alone}
    rest = [host for host in running if host.name not in apart]
    rings = _rings_of(rest)
    main = [ring for ring, members in rings.items() if any(host.value and host.value["quorate"] for host in members)]
    if len(main) == 1:
        # A cluster that went on without such a node has quorum, and that node has none.
        others = [host for ring, members in rings.items() if ring != main[0] for host in members]
        apart.update({host.name: _no_member(host, rings[main[0]]) for host in others if _was_removed(host, rings[main[0]])})
    never_met = bool(running) and all(host.is_alone for host in running) and (len(rings) != 1 or bool(apart))
    if never_met:
        apart.update({host.name: f"corosync on {host.name} has seen no other node since it was started." for host in rest})
    for host in running:
        host.is_apart = host.name in apart
    return Sorted(apart, never_met, _partition([host for host in rest if not host.is_apart]))


def partition_of(hosts: t.Iterable[Host]) -> str:
    """Who of these sees whom, in words."""
    rings = sorted(_rings_of([host for host in hosts if host.value]).items())
    return "; ".join(f"{_names(members)} on ring {nodeid:x}.{seq:x}" for (nodeid, seq), members in rings)


def _partition(hosts: list[Host]) -> str:
    """Empty where all see each other."""
    rings = _rings_of(hosts)
    if len(rings) < 2:
        return ""
    foreign = [_no_member(host, others) for host, others in _foreign(rings)]
    return " ".join([partition_of(hosts) + ".", *foreign])


def _foreign(rings: dict[Ring, list[Host]]) -> t.Iterator[tuple[Host, list[Host]]]:
    """Hosts that the quorate ones of other rings have removed from their configuration."""
    for ring, members in rings.items():
        for host in members:
            others = [other for key, found in rings.items() if key != ring for other in found if other.value and other.value["quorate"]]
            if others and _was_removed(host, others):
                yield host, others


def _rings_of(hosts: t.Iterable[Host]) -> dict[Ring, list[Host]]:
    rings: dict[Ring, list[Host]] = {}
    for host in hosts:
        if host.value:
            ring = host.value["ring_id"]
            rings.setdefault((ring["nodeid"], ring["seq"]), []).append(host)
    return rings


def _was_removed(host: Host, others: list[Host]) -> bool:
    """Whether the others have left this node behind, whose configuration is none of a later time."""
    newest = max(other.version for other in others)
    known = [other.value for other in others if other.value]
    return host.value is not None and was_left_out(host.value, known) and (host.loaded_version or 0) <= newest


def _no_member(host: Host, others: list[Host]) -> str:
    return no_member(host.name, host.value, [other.name for other in others], "an old configuration") if host.value else ""


def _out_of_reach(host: Host) -> str:
    return (
        f"corosync on {host.name} uses {', '.join(shown(address) for address in host.uses)}, which no other node reaches, and has formed a cluster of its own."
    )


def _names(hosts: list[Host]) -> str:
    return ", ".join(host.name for host in hosts)
