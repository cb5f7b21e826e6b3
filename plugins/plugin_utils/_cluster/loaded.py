# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What corosync has loaded on the members. Mostly that is what their files say, but a file may be lost, damaged or edited while corosync runs.

Pure. The members of one ring that have loaded one version have loaded one configuration. So a good file of one of them speaks for the others.
"""

from __future__ import annotations

import collections

from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.conf_changes import STOP, ConfChange, changes
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.host import Host


class Loaded:
    """The loaded configuration of each member, as far as the files show it."""

    def __init__(self, members: list[Host]) -> None:
        self._members = members
        self._common = _common_host([host for host in members if _is_trusted(host)])

    def text_of(self, host: Host) -> str:
        """The text that corosync has loaded there: that of its file, unless a member of the ring cannot run with it."""
        common = self._common
        if common is not None and self._speaks_for(host) and (_fault_of(host) or _contradictions(common, host)):
            return common.text or ""
        return host.text or ""

    @property
    def lost(self) -> dict[str, str]:
        """The members whose file is not what corosync has loaded there, each with the member whose file is."""
        common = self._common
        return {host.name: common.name for host in self._members if common is not None and self.text_of(host) != (host.text or "")}

    def is_trusted(self, host: Host) -> bool:
        """Whether the file of this member is what its corosync has loaded."""
        return _is_trusted(host) and self.text_of(host) == host.text

    def refusals(self) -> list[str]:
        """Why nobody can say what the members have loaded."""
        sound = [host for host in self._members if not _fault_of(host)]
        if self._common is None:
            for host in sound[1:]:
                keys = sorted({change.key for change in _contradictions(sound[0], host)})
                if keys:
                    return [_two_files(sound[0], host, keys)]
        lost = [f"{host.name}: {_fault_of(host)}" for host in self._members if _fault_of(host) and not self._speaks_for(host)]
        return [_lost_files(lost)] if lost else []

    def _speaks_for(self, host: Host) -> bool:
        return self._common is not None and self._common.loaded_version == host.loaded_version


def _common_host(trusted: list[Host]) -> Host | None:
    """A member with the file that most have loaded. None where several files come into question: one of them was edited without a reload."""
    ranked = collections.Counter(host.text for host in trusted).most_common()
    first = [next(host for host in trusted if host.text == text) for text, count in ranked if count == ranked[0][1]]
    return first[0] if first and not any(_contradictions(first[0], other) for other in first[1:]) else None


def _is_trusted(host: Host) -> bool:
    return not _fault_of(host) and host.file_is_loaded


def _contradictions(one: Host, other: Host) -> list[ConfChange]:
    """What only a stop of the whole cluster can change. Two members of one ring cannot differ in it."""
    if one.text == other.text:
        return []
    return [change for change in changes(one.text or "", other.text or "") if change.action == STOP]


def _fault_of(host: Host) -> str:
    """Why corosync on this member cannot have loaded its file, empty where it can. What only a start refuses does not count: a reload takes that."""
    if not host.text:
        return "it is missing or empty."
    if host.model.conf.faults:
        return host.model.conf.faults[0].message
    if host.unlike_loaded:
        return f"corosync has loaded another {', '.join(host.unlike_loaded)}."
    if host.members_without_entry:
        return f"it has no node with the id of a member: {', '.join(map(str, host.members_without_entry))}."
    return "" if host.has_cluster else "it has no other node."


def _two_files(one: Host, other: Host, keys: list[str]) -> str:
    return (
        f"/etc/corosync/corosync.conf on {one.name} and on {other.name} differ in {', '.join(keys)}, although corosync runs in one cluster there. "
        "corosync-cmapctl shows what corosync has loaded. Copy the file that agrees with it to the other host."
    )


def _lost_files(lost: list[str]) -> str:
    return (
        "corosync runs, but /etc/corosync/corosync.conf is not what it has loaded, and no other member has the same configuration in a good file. So nobody "
        f"knows what a change would do. Put the right file in place. {' '.join(lost)}"
    )
