# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What has to be done so that a changed corosync.conf is in force: nothing, a reload, a restart of each node, or a stop of the whole cluster.

Pure. The rules are those of corosync 3.1: exec/cfg.c (remove_ro_entries), exec/totemconfig.c (totem_volatile_config_read,
check_things_have_not_changed), exec/totemsrp.c (totemsrp_initialize) and exec/votequorum.c (votequorum_refresh_config); and of corosync-qdevice,
which follows its heuristics, the nodelist and logging while it runs, and nothing else (qdevices/qdevice-cmap.c).
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.encryption import shown_value
from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import Value, parse
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.in_force import InForce, in_force
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import ConfNode, Model, addresses_of, effective_nodeid, same_text

NONE, RELOAD, RESTART_QDEVICE, RESTART, STOP = "none", "reload", "restart_qdevice", "restart", "stop"
ACTIONS = (NONE, RELOAD, RESTART_QDEVICE, RESTART, STOP)


class ConfChange(t.NamedTuple):
    key: str
    old: Value | None
    new: Value | None
    action: str


# The first that fits the whole key counts. A node that restarts alone with one of the STOP settings could not talk to the others. (Of two names of the
# cluster, corosync would take no notice with knet; but corosync-qnetd and the lock manager would.)
_RULES: tuple[tuple[str, t.Pattern[str]], ...] = tuple(
    (action, re.compile(f"(?:{'|'.join(patterns)})\\Z"))
    for action, patterns in (
        (STOP, ("totem\\.(version|transport|cluster_name|ip_version|clear_node_high_bit)", "quorum\\.provider")),
        (STOP, ("totem\\.interface\\.\\d+\\.(mcastaddr|mcastport|broadcast|knet_transport)",)),
        (RELOAD, ("resources\\.watchdog_timeout",)),
        (RESTART, ("totem\\.(netmtu|ip_dscp|link_mode|heartbeat_failures_allowed|max_network_delay)", "(system|resources)\\..+")),
        (RESTART, ("totem\\.interface\\.\\d+\\.ttl",)),
        (RESTART, ("quorum\\.(wait_for_all|last_man_standing|last_man_standing_window)",)),
        (RESTART, ("quorum\\.(auto_tie_breaker|auto_tie_breaker_node|allow_downscale|expected_votes_tracking)",)),
        (RESTART_QDEVICE, ("quorum\\.device\\.(model|timeout|sync_timeout|net\\..+)",)),
        (RELOAD, (".*",)),
    )
)
_WAIT_FOR_ALL = "quorum.wait_for_all"
_LINK_KEY = re.compile(r"totem\.interface\.(\d+)\.")
_NODE_KEY = re.compile(r"nodelist\.node\.\d+\.")
_ADDRESS = re.compile(r"ring\d+_addr\Z")


def action_of(changes: t.Iterable[ConfChange]) -> str:
    """The strongest of their actions."""
    return max([change.action for change in changes], key=ACTIONS.index, default=NONE)


def changes(old: str, new: str) -> list[ConfChange]:
    """What differs between two texts, by key. Comments, blanks and the order of keys make no difference, nor does the order of nodes.

    A key that comes to the same in both makes none either: its default, written or not, or one that nothing reads. A secret is not shown.
    """
    before, after = Model(parse(old)), Model(parse(new))
    return _settings(before, after) + _nodes(before, after)


def _settings(before: Model, after: Model) -> list[ConfChange]:
    found = []
    old, new = before.conf.values, after.conf.values
    for key in sorted(set(old) | set(new)):
        if not _NODE_KEY.match(key) and old.get(key) != new.get(key) and _after_reload(before, key, after) != in_force(after, key):
            action = RELOAD if _link_comes_or_goes(before, after, key) else _action_of_key(key, new.get(key))
            found.append(ConfChange(key, shown_value(key, old.get(key)), shown_value(key, new.get(key)), action))
    return found


def _action_of_key(key: str, new: Value | None) -> str:
    # remove_deleted_entries() in exec/cfg.c goes through other sections only: a key that is gone here stays in cmap.
    if key.startswith("resources.") and new is None:
        return RESTART
    return next(action for action, pattern in _RULES if pattern.match(key))


def _after_reload(before: Model, key: str, after: Model) -> InForce:
    """What a key of the old file comes to once the new file is loaded, where nothing but a reload is done."""
    if key == _WAIT_FOR_ALL and before.is_votequorum and not before.wait_for_all_is_explicit:
        # votequorum_readconfig(): wait_for_all follows two_node, unless corosync was started with the key.
        return after.two_node
    return in_force(before, key)


def _link_comes_or_goes(before: Model, after: Model, key: str) -> bool:
    link = _LINK_KEY.match(key)
    return link is not None and _has_link(before, int(link.group(1))) != _has_link(after, int(link.group(1)))


def _has_link(model: Model, link: int) -> bool:
    return any(link in addresses_of(node) for node in model.nodes)


def _nodes(before: Model, after: Model) -> list[ConfChange]:
    """Nodes are compared by their node id: corosync knows them by it, wherever in the list they stand. One that has got another id is found by its name."""
    old, new = _by_nodeid(before), _by_nodeid(after)
    renumbered = _renumbered(old, new)
    found = []
    for nodeid in sorted(set(old) | set(new)):
        if nodeid in renumbered.values():
            continue
        before_node, after_node = old.get(nodeid), new.get(renumbered.get(nodeid, nodeid))
        if before_node is None or after_node is None:
            labels = [node.label if node else None for node in (before_node, after_node)]
            found.append(ConfChange(f"nodelist.node({nodeid})", labels[0], labels[1], RELOAD))
            continue
        for key in sorted(set(before_node.values) | set(after_node.values)):
            change = _node_key_change(nodeid, key, before_node.values.get(key), after_node.values.get(key))
            if change.old != change.new:
                found.append(change)
    return found


def _renumbered(old: t.Mapping[int, ConfNode], new: t.Mapping[int, ConfNode]) -> dict[int, int]:
    """old -> new node id of those that are the same node, by name, or by an address where one has no name.

    corosync reads its own node id when it starts (totem_config_read): after a reload, cmap has the new one and the daemon the old one.
    """
    gone, come = [nodeid for nodeid in old if nodeid not in new], [nodeid for nodeid in new if nodeid not in old]
    return {was: now for was in gone for now in come if _is_same(old[was], new[now])}


def _is_same(one: ConfNode, other: ConfNode) -> bool:
    if one.text("name") is not None and other.text("name") is not None:
        return one.text("name") == other.text("name")
    return bool(_addresses(one) & _addresses(other))


def _addresses(node: ConfNode) -> set[tuple[int, str]]:
    return {(link, same_text(address)) for link, address in addresses_of(node).items()}


def _node_key_change(nodeid: int, key: str, old: Value | None, new: Value | None) -> ConfChange:
    if key == "quorum_votes":
        old, new = 1 if old is None else old, 1 if new is None else new
    is_address = bool(_ADDRESS.match(key))
    if is_address and isinstance(old, str) and isinstance(new, str) and same_text(old) == same_text(new):
        new = old
    # A link may come and go by a reload, but none may change its address (check_things_have_not_changed), and no node its id.
    moved = key == "nodeid" or (is_address and old is not None and new is not None)
    return ConfChange(f"nodelist.node({nodeid}).{key}", old, new, STOP if moved else RELOAD)


def _by_nodeid(model: Model) -> dict[int, ConfNode]:
    return {effective_nodeid(model, node) or -1 - node.position: node for node in model.nodes}
