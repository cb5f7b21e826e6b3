# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Which authentication key the cluster has, which hosts get it, and whether its members have to load it.

Pure. corosync reads the key when it starts, and when it reloads; from then on nobody can read back which one it has. A key that only lies on the disks
of a running cluster is a trap: the first node that restarts has another key than the rest. So where a key changes on a member, all members load it in one
reload, and the role looks whether they still see each other.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.host import Host


class KeyPlan(t.NamedTuple):
    source: str | None = None  # the host that has the key, or makes it; None without encryption
    is_new: bool = False  # it is made
    to: tuple[str, ...] = ()  # the hosts that get it from there
    pending: tuple[str, ...] = ()  # members on which it changes, or may have changed since corosync read it

    @property
    def is_loaded_anew(self) -> bool:
        return bool(self.pending)


def plan_key(members: list[Host], staying: list[Host], rotates: bool) -> KeyPlan:
    """For a cluster with encryption. Keys that differ are refused by refuse_keys()."""
    if not staying:
        return KeyPlan()
    owner = None if rotates else next(iter(_owners(members, staying)), None)
    source = owner or (members or staying)[0]
    to = tuple(host.name for host in staying if host is not source and (owner is None or host.key != owner.key))
    changes = {source.name, *to} if owner is None else set(to)
    return KeyPlan(source.name, owner is None, to, tuple(host.name for host in members if host.name in changes or host.key_pending))


def refuse_keys(members: list[Host], staying: list[Host]) -> list[str]:
    """Nobody can say which of two keys is the right one."""
    keys: dict[str, list[str]] = {}
    for host in _owners(members, staying):
        keys.setdefault(host.key or "", []).append(host.name)
    if len(keys) < 2:
        return []
    groups = " from ".join(", ".join(names) for names in keys.values())
    return [
        (
            f"/etc/corosync/authkey differs: that of {groups}. A node that starts with another key than the rest stays alone. "
            "Run the play once with cluster_rotate_key=true: it gives all nodes a new key, and lets a running cluster load it."
        )
    ]


def refuse_rotation(members: list[Host]) -> list[str]:
    """Where a key is lost there is none to go back to: that node would keep the new one, and the rest the old one. members: those that need the file."""
    without = [host.name for host in members if not host.key]
    if not without or len({host.key for host in members if host.key}) != 1:
        return []
    return [
        (
            f"/etc/corosync/authkey is missing on {', '.join(without)}, so a rotation that fails could not be taken back there. "
            "Run the play once without cluster_rotate_key: it hands out the key of the other members."
        )
    ]


def _owners(members: list[Host], staying: list[Host]) -> list[Host]:
    """Those whose key counts: of a running cluster, its members."""
    return [host for host in members if host.key] or [host for host in staying if host.key]
