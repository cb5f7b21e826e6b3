# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The state of the hosts of a cluster: their files, and what runs there.

Pure.
"""

from __future__ import annotations

import re
import stat
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.encryption import may_have_key, needs_authkey
from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import parse
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError, check
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.addresses import is_loopback
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.wish import MANAGED, parse_int, parse_seconds
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import ConfNode, Model, effective_nodeid

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value


FOLDER = "/etc/corosync"
CONF = FOLDER + "/corosync.conf"
KEY = FOLDER + "/authkey"
PID = "/run/corosync.pid"
# What the tools that own a cluster bring to its nodes. Proxmox VE makes a cluster of its own of any corosync.conf that it finds.
PROXMOX = ("/etc/pve/corosync.conf", "/usr/bin/pvecm")
TOOLS = {"pcs": ("/usr/sbin/pcs", "/usr/bin/pcs"), "crmsh": ("/usr/sbin/crm", "/usr/bin/crm")}
# Keys of corosync's cmap, which lives as long as its daemon, so roles/cluster/vars/main.yml: a restart is due, one of the quorum device's daemon is due,
# and the checksum of the key that was loaded by a reload.
MARK, QDEVICE_MARK, KEY_MARK = "corosync_quorum.restart", "corosync_quorum.qdevice", "corosync_quorum.key"
_CMAP_LINE = re.compile(r"^(\S+) \(\w+\) = (.*)$", re.MULTILINE)
# The addresses of a member as the ring has them: r(0) ip(10.0.0.1) r(1) ip(10.1.0.1)
_TRACKS = "runtime.votequorum.ev_tracking_barrier"
# What no reload changes in cmap, and votequorum_info does not compare with the file. Each with its default. A reload may lose a key, so only those there count.
_LOADED = {"totem.transport": "knet", "totem.cluster_name": None, "totem.ip_version": None}
_RING_ADDRESSES = "runtime.members.%s.ip"
_ADDRESS = re.compile(r"ip\(([^()\s]+)\)")
_UNSEEN = "unseen"

_NO_LIBRARY = "no_library"
NOT_RUNNING = ("not_running", _NO_LIBRARY)
_NOT_CONFIGURED = "not_configured"
_LOOPBACK = ("127.", "::1", "localhost")
# Of votequorum_info: what corosync has loaded is not what the file says, or not on all nodes.
_RELOAD_FAILED = ("reload_failed", "reload_stuck")
_FILE_NOT_LOADED = "file_not_loaded"
_RELOAD_PENDING = (_FILE_NOT_LOADED, "config_version_differs", *_RELOAD_FAILED)
_RESTART_PENDING = "restart_required"


def seen_of(found: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What Host takes, from what the tasks of the role found on a host: conf (text), files (of the module find), quorum (of votequorum_info), cmap (text)."""
    files = {str(file["path"]): file for file in found.get("files") or [] if isinstance(file, dict) and "path" in file}
    cmap = cmap_of(str(found.get("cmap") or ""))
    quorum = _readable(found.get("quorum") or {})
    value = quorum.get("votequorum")
    nodeid = value.get("nodeid") if isinstance(value, dict) else None
    return {
        "conf": found.get("conf"),
        "key": files.get(KEY, {}).get("checksum"),
        "key_changed": files.get(KEY, {}).get("ctime"),
        "started": files.get(PID, {}).get("mtime"),
        "key_loaded": cmap.get(KEY_MARK),
        "token": cmap.get("runtime.config.totem.token"),
        "consensus": cmap.get("runtime.config.totem.consensus"),
        "available": quorum.get("available", False),
        "reason": quorum.get("reason"),
        "msg": quorum.get("msg", ""),
        "votequorum": value,
        "loaded_version": cmap.get("totem.config_version"),
        "marked": MARK in cmap,
        "qdevice_marked": QDEVICE_MARK in cmap,
        "loaded": {key: cmap[key] for key in _LOADED if key in cmap},
        "tracks": _TRACKS in cmap,
        "uses": _ADDRESS.findall(cmap.get(_RING_ADDRESSES % nodeid, "")),
        "tools": _tools_of(files),
        "installed": bool(found.get("installed")),
        "files": list(files.values()),
    }


def _readable(quorum: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
    """What votequorum_info said, or why it cannot be used: a node may answer anything."""
    try:
        if quorum.get("available"):
            check(quorum.get("votequorum"))
    except ForecastError as error:
        return {"available": False, "reason": "unusable", "msg": str(error)}
    return quorum


def _tools_of(files: t.Container[str]) -> list[str]:
    """The tools on a host that make clusters of their own."""
    return [tool for tool, paths in {"Proxmox VE": PROXMOX, **TOOLS}.items() if any(path in files for path in paths)]


def cmap_of(text: str) -> dict[str, str]:
    """What corosync-cmapctl prints: values as text, by key."""
    return dict(_CMAP_LINE.findall(text))


class Host:
    """One host, as the role found it. ``seen`` has:

    conf, key: the text of corosync.conf and a checksum of the key, None where there is none.
    key_changed, started: when the key was written or moved there, and when corosync was started, by the node's clock; None where that is not known.
    key_loaded: the checksum of the key that the role has made corosync load, None where it has not.
    token, consensus: milliseconds that corosync takes to notice that a node is lost, and to agree on who is left.
    files: what the role has found (the module find), of which ours are looked at.
    available, reason, msg, votequorum: of votequorum_info.
    loaded_version: totem.config_version in cmap.
    marked, qdevice_marked: whether a restart of corosync, or of corosync-qdevice, is due.
    loaded: settings that corosync has loaded, as text, by their key in cmap.
    tracks: whether votequorum was started with expected_votes_tracking, which allow_downscale switches on, too.
    uses: the addresses that corosync uses, one a link.
    tools: those that make clusters of their own: Proxmox VE, pcs, crmsh.
    installed: whether corosync can be asked and started there.

    is_apart: set by rings.sort_out() where corosync runs, but not in the cluster.
    """

    def __init__(self, name: str, seen: t.Mapping[str, t.Any]) -> None:
        self.name = name
        # Before ansible-core 2.19 a template makes an empty text of None.
        self.text: str | None = seen["conf"] or None
        self.key: str | None = str(seen["key"]) if seen["key"] else None
        self._key_changed: float | None = parse_seconds(seen["key_changed"])
        self._started: float | None = parse_seconds(seen["started"])
        self._key_loaded: str | None = seen["key_loaded"] or None
        self.loss_seconds = ((parse_int(seen["token"]) or 0) + (parse_int(seen["consensus"]) or 0)) / 1000
        self._files: list[t.Mapping[str, t.Any]] = list(seen["files"] or [])
        self.value: Value | None = seen["votequorum"] if seen["available"] else None
        self.reason = "" if seen["available"] else str(seen["reason"])
        self.msg = str(seen["msg"] or "")
        self.loaded_version: int | None = parse_int(seen["loaded_version"])
        self.marked = bool(seen["marked"])
        self.qdevice_marked = bool(seen["qdevice_marked"])
        self._loaded: t.Mapping[str, str] = seen["loaded"] or {}
        self.tracks = bool(seen["tracks"])
        self.uses: list[str] = [str(address) for address in seen["uses"] or []]
        self.installed = bool(seen["installed"])
        self._tools: list[str] = list(seen["tools"] or [])
        self.is_apart = False
        self.model = Model(parse(self.text or ""))

    @property
    def has_cluster(self) -> bool:
        """Whether its file is that of a cluster, not the one that a package brings: a node alone, with an address that nobody else reaches."""
        return any(not _is_loopback(node) for node in self.model.nodes)

    @property
    def runs(self) -> bool:
        return self.reason not in NOT_RUNNING

    @property
    def is_member(self) -> bool:
        """Whether corosync runs here in the cluster, and not apart from it or just for the one node that a package configures."""
        return not self.is_apart and self.runs_a_cluster

    @property
    def runs_a_cluster(self) -> bool:
        """Whether corosync runs here, and not just for the one node that a package configures."""
        return self.runs and (self.has_cluster or (self.value is not None and len(self.value["nodes"]) > 1))

    @property
    def owners(self) -> list[str]:
        """The tools to which the cluster of this host belongs. A cluster whose file the role has written is the role's, whatever is installed beside it."""
        if "Proxmox VE" in self._tools:
            return ["Proxmox VE"]
        is_own = any(line.startswith(MANAGED) for line in (self.text or "").splitlines())
        return [] if is_own or not self.has_cluster else self._tools

    @property
    def is_alone(self) -> bool:
        """Whether corosync here has seen no other node since it started, and has no quorum that a restart would cost."""
        value = self.value
        if value is None or value["quorate"]:
            return False
        return all(node["local"] or node["state"] == _UNSEEN for node in value["nodes"])

    @property
    def is_out_of_reach(self) -> bool:
        """Whether corosync uses only addresses that no other node reaches."""
        return bool(self.uses) and all(is_loopback(address) for address in self.uses)

    @property
    def lacks_library(self) -> bool:
        """Whether votequorum cannot be read on this host of a cluster, because a library is missing. It may be a member."""
        return self.reason == _NO_LIBRARY and self.has_cluster

    @property
    def runs_alone(self) -> bool:
        """Whether corosync runs here as the package started it, as a cluster of one node. A restart costs nobody quorum."""
        return self.runs and not self.runs_a_cluster

    @property
    def may_be_a_member(self) -> bool:
        """Whether corosync runs here, and nobody can say in which cluster: it need not have been started with the file that is there now."""
        return self.runs and self.value is None and self.reason != _NOT_CONFIGURED

    @property
    def cluster_name(self) -> str | None:
        return self.model.conf.text("totem.cluster_name")

    @property
    def runs_as(self) -> str | None:
        """The name of the cluster in which corosync runs, whatever the file says by now."""
        return self.value.get("cluster_name") if self.value else None

    @property
    def version(self) -> int:
        """The highest config_version known here."""
        return max(self.model.conf.number("totem.config_version") or 0, self.loaded_version or 0)

    @property
    def unlike_loaded(self) -> list[str]:
        """The keys in which its file contradicts what corosync has loaded, as far as that was read."""
        written = {key: self.model.conf.text(key) or _LOADED[key] for key in self._loaded}
        return [key for key, value in written.items() if value is not None and value != self._loaded[key]]

    @property
    def members_without_entry(self) -> list[int]:
        """The node ids of members of its ring that its file does not have. A reload throws them out, and one whose id was changed is cut off, too."""
        if self.value is None or not self.has_cluster:
            return []
        written = {effective_nodeid(self.model, node) for node in self.model.nodes}
        # Where corosync makes an id of the address that a name has, the file does not say which.
        return [] if None in written else sorted(set(self.value["members"]) - written)

    @property
    def runs_in_other_modes(self) -> bool:
        """Whether votequorum here was started with other modes than its file has."""
        if self.value is None:
            return False
        written = (self.model.wait_for_all, self.model.last_man_standing, self.model.allow_downscale, self.model.tie_breaker_in_force != "none")
        return written != tuple(self.value[mode]["enabled"] for mode in ("wait_for_all", "last_man_standing", "allow_downscale", "auto_tie_breaker"))

    @property
    def file_is_loaded(self) -> bool:
        """Whether nothing says that corosync has loaded another text than that of its file."""
        return self.loaded_version == self.model.conf.number("totem.config_version") and _FILE_NOT_LOADED not in self._problems

    @property
    def reload_failed(self) -> bool:
        """Whether corosync has not taken in what it was told to load before."""
        return bool(self._problems.intersection(_RELOAD_FAILED))

    @property
    def reload_pending(self) -> bool:
        return bool(self._problems.intersection(_RELOAD_PENDING)) or self.loaded_version != (self.model.conf.number("totem.config_version"))

    @property
    def key_pending(self) -> bool:
        """Whether corosync may have another key in its memory than the file has. It reads the file when it starts, and when it is told to reload.

        A node that starts with the file's key then finds nobody.
        """
        if not self.is_member or not needs_authkey(self.model.conf.values):
            return False
        if self._key_loaded:
            return self._key_loaded != self.key
        if self._key_changed is None or self._started is None:
            return True
        is_older = self._key_changed <= self._started  # false for a time that is no number, too
        return not is_older

    @property
    def has_inline_key(self) -> bool:
        """Whether its file may have a secret in it."""
        return may_have_key(self.text or "")

    @property
    def unsafe_files(self) -> list[str]:
        """What is wrong with the folder and the files that root would write to."""
        return [doubt for doubt in (_doubt_about(file) for file in self._files if file["path"] in (FOLDER, CONF, KEY)) if doubt]

    @property
    def restart_pending(self) -> bool:
        return self.marked or _RESTART_PENDING in self._problems

    @property
    def bars_device(self) -> bool:
        """Whether votequorum here lets no quorum device in. It has these modes since it was started, whatever it has loaded since then (1415-1444)."""
        value = self.value
        return value is not None and any(mode["enabled"] for mode in (value["last_man_standing"], value["auto_tie_breaker"], value["allow_downscale"]))

    @property
    def lowers_or_keeps_votes(self) -> bool:
        """Whether expected votes here need not become those of the configuration by a reload: a mode of votequorum changes them or keeps them up."""
        return self.tracks or (self.value is not None and self.value["last_man_standing"]["enabled"])

    @property
    def _problems(self) -> set[str]:
        return {problem["id"] for problem in self.value.get("problems", [])} if self.value else set()


def _doubt_about(file: t.Mapping[str, t.Any]) -> str:
    """Somebody else who owns the folder, or may write to it, chooses what root writes to and which key counts."""
    path, mode = str(file["path"]), _mode_of(file)
    if mode is None:
        return f"The host does not say who owns {path} and who may write to it. Look at it there (ls -l {path})."
    what = "folder" if path == FOLDER else "file"
    if file["islnk"] or not file["isdir" if path == FOLDER else "isreg"]:
        return f"{path} is {'a symbolic link' if file['islnk'] else f'not a {what}'}. Put a {what} in its place."
    if file["uid"] != 0:
        return f"{path} belongs to the user with the id {file['uid']}. Give it to root (chown root:root {path}), and check that nobody has changed its content."
    if mode & stat.S_IWOTH or (mode & stat.S_IWGRP and file["gid"] != 0):
        return f"{path} is writable by others than root (mode {file['mode']}). Change that (chmod go-w {path}), and check that nobody has changed its content."
    return ""


def _mode_of(file: t.Mapping[str, t.Any]) -> int | None:
    """Who may do what with a file. None where the answer lacks anything of what ansible.builtin.find says: a node may answer anything."""
    if not {"islnk", "isdir", "isreg", "uid", "gid", "mode"} <= set(file):
        return None
    try:
        return int(str(file["mode"]), 8)
    except ValueError:
        return None


def _is_loopback(node: ConfNode) -> bool:
    addresses = [str(value) for key, value in node.values.items() if key.startswith("ring")]
    return all(address.startswith(_LOOPBACK) for address in addresses)
