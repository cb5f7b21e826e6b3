# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the hosts of a cluster are like at present: their files, and what runs there.

Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import parse
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.wish import whole
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import Model, Node

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value


_NO_LIBRARY = "no_library"
_NOT_RUNNING = ("not_running", _NO_LIBRARY)
_LOOPBACK = ("127.", "::1", "localhost")
# Of votequorum_info: what corosync has loaded is not what the file says, or not on all nodes.
_RELOAD_PENDING = ("file_not_loaded", "config_version_differs", "reload_failed", "reload_stuck")
_RESTART_PENDING = "restart_required"


class Host:
    """One host. ``seen``: conf and key (the text of its file, a checksum of its key; None without), available, reason, msg and votequorum
    of votequorum_info, loaded_version (of cmap), marked (a restart is due), qdevice_marked (one of the quorum device's daemon is), proxmox (Proxmox
    VE owns the file)."""

    def __init__(self, name: str, seen: t.Mapping[str, t.Any]) -> None:
        self.name = name
        # Before ansible-core 2.19 a template makes an empty text of None.
        self.text: str | None = seen["conf"] or None
        self.key: str | None = seen["key"] or None
        self.value: Value | None = seen["votequorum"] if seen["available"] else None
        self.reason = "" if seen["available"] else str(seen["reason"])
        self.msg = str(seen["msg"] or "")
        self.loaded_version: int | None = whole(seen["loaded_version"])
        self.marked = bool(seen["marked"])
        self.qdevice_marked = bool(seen["qdevice_marked"])
        self.proxmox = bool(seen["proxmox"])
        self.model = Model(parse(self.text or ""))

    @property
    def has_cluster(self) -> bool:
        """Whether its file is that of a cluster, not the one that a package brings: a node alone, with an address that nobody else reaches."""
        return any(not _is_loopback(node) for node in self.model.nodes)

    @property
    def runs(self) -> bool:
        return self.reason not in _NOT_RUNNING

    @property
    def is_member(self) -> bool:
        """Whether corosync runs here, and not just for the one node that a package configures."""
        return self.runs and (self.has_cluster or (self.value is not None and len(self.value["nodes"]) > 1))

    @property
    def is_mute(self) -> bool:
        """Whether this host of a cluster lacks what is needed to ask it. It may be a member."""
        return self.reason == _NO_LIBRARY and self.has_cluster

    @property
    def is_stray(self) -> bool:
        """Whether corosync runs here as the package started it, alone. Nobody loses anything by its restart."""
        return self.runs and not self.is_member

    @property
    def cluster_name(self) -> str | None:
        return self.model.conf.text("totem.cluster_name")

    @property
    def version(self) -> int:
        """The highest config_version known here."""
        return max(self.model.conf.number("totem.config_version") or 0, self.loaded_version or 0)

    @property
    def reload_pending(self) -> bool:
        return bool(self._problems.intersection(_RELOAD_PENDING)) or self.loaded_version != (self.model.conf.number("totem.config_version"))

    @property
    def restart_pending(self) -> bool:
        return self.marked or _RESTART_PENDING in self._problems

    @property
    def _problems(self) -> set[str]:
        return {problem["id"] for problem in self.value["problems"]} if self.value else set()


def _is_loopback(node: Node) -> bool:
    addresses = [str(value) for key, value in node.values.items() if key.startswith("ring")]
    return all(address.startswith(_LOOPBACK) for address in addresses)
