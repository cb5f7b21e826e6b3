# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What has to be done so that a changed corosync.conf is in force: nothing, a reload, a restart of each node, or a stop of the whole cluster.

Pure. The rules are those of corosync 3.1: exec/cfg.c (remove_ro_entries), exec/totemconfig.c (totem_volatile_config_read,
check_things_have_not_changed) and exec/votequorum.c (votequorum_refresh_config).
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import Conf, Value, parse
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import ConfNode, Model

NONE, RELOAD, RESTART, STOP = "none", "reload", "restart", "stop"
ACTIONS = (NONE, RELOAD, RESTART, STOP)


class ConfChange(t.NamedTuple):
    key: str
    old: Value | None
    new: Value | None
    action: str


# The first that fits the whole key counts. A node that restarts alone with one of the STOP settings could not talk to the others.
_RULES: tuple[tuple[str, t.Pattern[str]], ...] = tuple(
    (action, re.compile(f"(?:{'|'.join(patterns)})\\Z"))
    for action, patterns in (
        (STOP, ("totem\\.(version|transport|cluster_name|ip_version|clear_node_high_bit)", "quorum\\.provider")),
        (STOP, ("totem\\.interface\\.\\d+\\.(bindnetaddr|mcastaddr|mcastport|broadcast|ttl|knet_transport)",)),
        (RESTART, ("totem\\.(threads|netmtu|ip_dscp|link_mode)", "(system|resources)\\..+")),
        (RESTART, ("quorum\\.(wait_for_all|last_man_standing|last_man_standing_window|leaving_timeout)",)),
        (RESTART, ("quorum\\.(auto_tie_breaker|auto_tie_breaker_node|allow_downscale|expected_votes_tracking)",)),
        (RELOAD, (".*",)),
    )
)
# What corosync takes where a key is not set. (wait_for_all is not among them: where it is not set, two_node decides.)
_DEFAULTS: dict[str, Value] = {
    "totem.transport": "knet",
    "totem.link_mode": "passive",
    "quorum.two_node": 0,
    "quorum.last_man_standing": 0,
    "quorum.last_man_standing_window": 10000,
    "quorum.auto_tie_breaker": 0,
    "quorum.auto_tie_breaker_node": "lowest",
    "quorum.allow_downscale": 0,
    "quorum.expected_votes_tracking": 0,
}
_TWO_NODE, _WAIT_FOR_ALL = "quorum.two_node", "quorum.wait_for_all"
_LINK_KEY = re.compile(r"totem\.interface\.(\d+)\.")
_NODE_KEY = re.compile(r"nodelist\.node\.\d+\.")
_ADDRESS = re.compile(r"ring\d+_addr\Z")


def action_of(changes: t.Iterable[ConfChange]) -> str:
    """The strongest of their actions."""
    return max([change.action for change in changes], key=ACTIONS.index, default=NONE)


def changes(old: str, new: str) -> list[ConfChange]:
    """What differs between two texts, by key. Comments, blanks and the order of keys make no difference, nor does the order of nodes."""
    before, after = parse(old), parse(new)
    return _settings(before, after) + _nodes(before, after)


def _settings(before: Conf, after: Conf) -> list[ConfChange]:
    found = []
    for key in sorted(set(before.values) | set(after.values)):
        if not _NODE_KEY.match(key) and _in_force(before, key, after) != _in_force(after, key, before):
            action = RELOAD if _link_comes_or_goes(before, after, key) else next(action for action, pattern in _RULES if pattern.match(key))
            found.append(ConfChange(key, before.values.get(key), after.values.get(key), action))
    return found


def _in_force(conf: Conf, key: str, other: Conf) -> Value | None:
    """What a key comes to in one of two files."""
    if key == _WAIT_FOR_ALL and _two_node(conf) == _two_node(other):
        # Where two_node changes, too, a running corosync still does what its old file says: it follows two_node only if that had no wait_for_all.
        return conf.values.get(key, _two_node(conf))
    return conf.values.get(key, _DEFAULTS.get(key))


def _two_node(conf: Conf) -> Value | None:
    return conf.values.get(_TWO_NODE, _DEFAULTS[_TWO_NODE])


def _link_comes_or_goes(before: Conf, after: Conf, key: str) -> bool:
    link = _LINK_KEY.match(key)
    return link is not None and _has_link(before, link.group(1)) != _has_link(after, link.group(1))


def _has_link(conf: Conf, number: str) -> bool:
    return any(f"ring{number}_addr" in node.values for node in Model(conf).nodes)


def _nodes(before: Conf, after: Conf) -> list[ConfChange]:
    """Nodes are compared by their node id: corosync knows them by it, wherever in the list they stand."""
    old, new = _by_nodeid(before), _by_nodeid(after)
    found = []
    for nodeid in sorted(set(old) | set(new)):
        if nodeid not in old or nodeid not in new:
            found.append(_node_change("nodelist.node", nodeid, old.get(nodeid), new.get(nodeid)))
            continue
        for key in sorted(set(old[nodeid].values) | set(new[nodeid].values)):
            change = _node_key_change(nodeid, key, old[nodeid].values.get(key), new[nodeid].values.get(key))
            if change.old != change.new:
                found.append(change)
    return found


def _node_change(prefix: str, nodeid: int, old: ConfNode | None, new: ConfNode | None) -> ConfChange:
    return ConfChange(f"{prefix}({nodeid})", old.label if old else None, new.label if new else None, RELOAD)


def _node_key_change(nodeid: int, key: str, old: Value | None, new: Value | None) -> ConfChange:
    if key == "quorum_votes":
        old, new = 1 if old is None else old, 1 if new is None else new
    # A link may come and go by a reload, but none may change its address (check_things_have_not_changed).
    moved = bool(_ADDRESS.match(key)) and old is not None and new is not None
    return ConfChange(f"nodelist.node({nodeid}).{key}", old, new, STOP if moved else RELOAD)


def _by_nodeid(conf: Conf) -> dict[int, ConfNode]:
    return {node.number("nodeid") or -1 - node.position: node for node in Model(conf).nodes}
