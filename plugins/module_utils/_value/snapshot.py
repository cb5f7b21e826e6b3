# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The `votequorum` value: what one node knows of its cluster's quorum, as plain data (DESIGN: votequorum_info's return value).

Pure: built from what was read, without reading anything.
"""

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import DEAD, FLAGS, LAST_MAN_STANDING_WINDOW, LEAVING, MEMBER

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import (
        Device,
        DeviceFlags,
        LastManStanding,
        Link,
        Node,
        TieBreaker,
        TieBreakerKind,
        Value,
    )


STATES = {MEMBER: "member", DEAD: "dead", LEAVING: "leaving"}
# runtime.votequorum.atb_type (exec/votequorum.c)
TIE_BREAKERS: t.Dict[int, "TieBreakerKind"] = {1: "lowest", 2: "highest", 3: "list"}

# What has to be read of cmap, and no more: everything below these, and cmap_keys().
# Read in this order: `config.` after `quorum.`, so that a reload between both is seen.
CMAP_PREFIXES = ("quorum.", "nodelist.node.", "runtime.votequorum.", "config.", "uidgid.")
_TOTEM_KEYS = ["totem." + key for key in ("cluster_name", "cluster_uuid", "config_version", "transport", "secauth", "crypto_cipher", "crypto_hash")]
# corosync makes this key when the first reload since its start begins to change cmap, and never removes it; no client may write it
# (message_handler_req_exec_cfg_reload_config, exec/cfg.c, and set_icmap_ro_keys_flag, exec/main.c; the same from corosync 2.4.2 to 3.1.10).
RELOADED = "config.reload_in_progress"
# Of the map of statistics, which only knet fills: whether a link to a node is up (exec/stats.c).
_CONNECTED = "stats.knet.node%s.link%d.connected"
# A node has an address for each link, `ring0_addr` for link 0 (INTERFACE_MAX in totem.h).
_LINKS = range(8)
MEMBERS_VERSION = "runtime.members.%d.config_version"
MEMBERS_ADDRESSES = "runtime.members.%d.ip"
# The place in the nodelist that has an address of this node; corosync looks for it again at each reload.
OWN_PLACE = "nodelist.local_node_pos"

# What may make a cluster quorate that has not the votes
_QUORATE_WITHOUT_VOTES = {"auto_tie_breaker", "qdevice_master_wins"}
# What strtol(3) takes for a number
_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")


def cmap_keys(nodeids: t.Iterable[int]) -> t.List[str]:
    """What else has to be read, of a cluster with these nodes. One by one, because there is much beside it that nobody needs."""
    return _TOTEM_KEYS + [OWN_PLACE] + [key % nodeid for nodeid in nodeids for key in (MEMBERS_VERSION, MEMBERS_ADDRESSES)]


def link_keys(cmap: t.Mapping[str, t.Any], local: int) -> t.List[str]:
    """What to read of the map of statistics: each link that is configured from the node asked to another one.

    None where each node has a single one, which carries the messages of every member: that is not worth a connection to corosync in each task.
    """
    configured = configured_nodes(cmap)
    if cmap.get("totem.transport") != "knet" or all(len(node["addresses"]) < 2 for node in configured.values()):
        return []
    return [_CONNECTED % (nodeid, link) for nodeid, node in configured.items() if nodeid != local for link in node["addresses"]]


def flag_names(flags: int) -> t.List[str]:
    """The set bits by name, lowest first. A bit this collection does not know is `bit_N` (N counted from 0)."""
    return [FLAGS[bit] if bit < len(FLAGS) else f"bit_{bit}" for bit in range(flags.bit_length()) if flags >> bit & 1]


def concluded(local: t.Any, waiting_for_all: t.Any) -> bool:
    """Whether corosync has drawn its conclusions from the votes that it reports. local: struct votequorum_info of the node asked.

    votequorum_setvotes(3) changes a node's votes at once where it is called; whether that makes the cluster quorate is counted when the
    message about it has come round the ring (exec/votequorum.c, message_handler_req_lib_votequorum_setvotes), which on a ring that stands
    still takes until the next one. Then expected votes are no fewer than those present, unless allow_downscale counts nodes instead.
    """
    flags = set(flag_names(local.flags))
    if local.total_votes > local.node_expected_votes and "allow_downscale" not in flags:
        return False
    enough = bool(local.total_votes >= local.quorum)
    if "quorate" in flags:
        return enough or bool(flags & _QUORATE_WITHOUT_VOTES)
    return not enough or bool(waiting_for_all)


def snapshot(ring_id: t.Any, infos: t.Mapping[int, t.Any], local: t.Any, cmap: t.Mapping[str, t.Any], settled: bool) -> "Value":
    """The `votequorum` value.

    ring_id: .nodeid and .seq of the last node list notification. infos: nodeid -> struct votequorum_info (its fields as attributes)
    of every node seen. local: that of the node asked. cmap: every key below CMAP_PREFIXES and those of cmap_keys(), and what there is of link_keys(),
    numbers as int, text as str. settled: whether all of it is of one ring that votequorum had finished with.
    """
    flags = set(flag_names(local.flags))
    configured = configured_nodes(cmap)
    members = {nodeid for nodeid, info in infos.items() if info.node_state == MEMBER}
    links = _links(cmap, local.node_id, configured, members)
    nodes = [
        _node(nodeid, infos.get(nodeid), configured.get(nodeid), nodeid == local.node_id, links.get(nodeid)) for nodeid in sorted(set(infos) | set(configured))
    ]
    return {
        "nodeid": local.node_id,
        "name": configured.get(local.node_id, {}).get("name"),
        "cluster_name": _text(cmap.get("totem.cluster_name")),
        "cluster_uuid": _text(cmap.get("totem.cluster_uuid")),
        "read_at": None,  # the controller's to say: what a node's clock says no other host can use
        "quorate": "quorate" in flags,
        "settled": settled,
        "ring_id": {"nodeid": ring_id.nodeid, "seq": ring_id.seq},
        "expected_votes": local.node_expected_votes,
        "highest_expected": local.highest_expected,
        "total_votes": local.total_votes,
        "quorum": local.quorum,
        "flags": flag_names(local.flags),
        "two_node": "two_node" in flags,
        "wait_for_all": {
            "enabled": "wait_for_all" in flags,
            "pending": "wait_for_all" in flags and bool(cmap.get("runtime.votequorum.wait_for_all_status", 0)),
        },
        "last_man_standing": _last_man_standing("last_man_standing" in flags, cmap),
        "auto_tie_breaker": _tie_breaker("auto_tie_breaker" in flags, cmap),
        "allow_downscale": {"enabled": "allow_downscale" in flags, "ev_barrier": cmap.get("runtime.votequorum.ev_barrier")},
        "qdevice": _device(flags, local, cmap),
        "members": [node["nodeid"] for node in nodes if node["state"] == "member"],
        "missing": [node["nodeid"] for node in nodes if node["nodeid"] in configured and node["state"] != "member"],
        "nodes": nodes,
    }


def configured_nodes(cmap: t.Mapping[str, t.Any]) -> t.Dict[int, t.Dict[str, t.Any]]:
    """nodeid -> {name, votes, addresses} of every node in the nodelist. A name that is not set is None, votes that are not set are 1 (coroparse.c).

    addresses: by link.
    """
    nodes = {}
    for key, nodeid in cmap.items():
        if key.startswith("nodelist.node.") and key.endswith(".nodeid"):
            entry = key[: -len("nodeid")]
            addresses = {link: _text(cmap.get(f"{entry}ring{link}_addr")) for link in _LINKS}
            nodes[nodeid] = {
                "name": cmap.get(entry + "name"),
                "votes": cmap.get(entry + "quorum_votes", 1),
                "addresses": {link: address for link, address in addresses.items() if address is not None},
            }
    return nodes


def _text(item: t.Any) -> t.Optional[str]:
    """A text of cmap. Whoever may write there may have put something else in its place."""
    return item if isinstance(item, str) else None


def _links(cmap: t.Mapping[str, t.Any], local: int, configured: t.Mapping[int, t.Dict[str, t.Any]], members: t.Set[int]) -> t.Dict[int, t.List["Link"]]:
    """By node id, the links to each other node. Empty where nothing is known of any: without knet, or with an old corosync.

    A configured link that knet does not have, as after a reload of which it could not take all, is not connected.
    """
    keys = link_keys(cmap, local)
    if cmap.get("totem.transport") != "knet" or keys and not any(key in cmap for key in keys):
        return {}
    return {
        nodeid: [{"link": link, "connected": cmap.get(_CONNECTED % (nodeid, link)) == 1 if keys else nodeid in members} for link in node["addresses"]]
        for nodeid, node in configured.items()
        if nodeid != local
    }


def _node(nodeid: int, info: t.Any, configured: t.Optional[t.Dict[str, t.Any]], local: bool, links: t.Optional[t.List["Link"]]) -> "Node":
    return {
        "nodeid": nodeid,
        "name": configured["name"] if configured else None,
        "state": "unseen" if info is None else STATES.get(info.node_state, f"state_{info.node_state}"),
        "votes": None if info is None else info.node_votes,
        "configured_votes": configured["votes"] if configured else None,
        "expected_votes": None if info is None else info.node_expected_votes,
        "local": local,
        "qdevice": None if info is None else _device_flags(set(flag_names(info.flags))),
        "addresses": list(configured["addresses"].values()) if configured else None,
        "links": links,
    }


def _device_flags(flags: t.Set[str]) -> t.Optional["DeviceFlags"]:
    own: DeviceFlags = {
        "registered": "qdevice_registered" in flags,
        "alive": "qdevice_alive" in flags,
        "cast_vote": "qdevice_cast_vote" in flags,
        "master_wins": "qdevice_master_wins" in flags,
    }
    return own if any(own.values()) else None


def _device(flags: t.Set[str], local: t.Any, cmap: t.Mapping[str, t.Any]) -> t.Optional["Device"]:
    """The quorum device as the local node sees it: None where none is configured, registered or counted."""
    if _device_flags(flags) is None and not local.qdevice_votes and "quorum.device.model" not in cmap:
        return None
    return {
        # A node whose own device is not registered has the name that another node's device has told it.
        "name": (local.qdevice_name or None) if "qdevice_registered" in flags else None,
        "votes": local.qdevice_votes,
        "registered": "qdevice_registered" in flags,
        "alive": "qdevice_alive" in flags,
        "cast_vote": "qdevice_cast_vote" in flags,
        "master_wins": "qdevice_master_wins" in flags,
    }


def _last_man_standing(enabled: bool, cmap: t.Mapping[str, t.Any]) -> "LastManStanding":
    window = None if enabled and RELOADED in cmap else cmap.get("quorum.last_man_standing_window", LAST_MAN_STANDING_WINDOW)
    return {"enabled": enabled, "window_ms": window}


def _tie_breaker(enabled: bool, cmap: t.Mapping[str, t.Any]) -> "TieBreaker":
    """votequorum reads the list when it starts. A reload overwrites it in cmap alone, so after one it is not known."""
    kind: TieBreakerKind = TIE_BREAKERS.get(cmap.get("runtime.votequorum.atb_type", 0), "none") if enabled else "none"
    nodes: t.Optional[t.List[int]] = []
    if kind == "list":
        nodes = None if RELOADED in cmap else tie_breaker_nodes(str(cmap.get("quorum.auto_tie_breaker_node", "")))
    return {
        "enabled": enabled,
        "kind": kind,
        "nodes": nodes,
        "lowest": cmap.get("runtime.votequorum.lowest_node_id"),
        "highest": cmap.get("runtime.votequorum.highest_node_id"),
    }


def tie_breaker_nodes(text: str) -> t.List[int]:
    """The node ids as corosync reads them: up to the first that is 0 or no number (parse_atb_string, exec/votequorum.c)."""
    nodes: t.List[int] = []
    found = _NUMBER.match(text)
    while found and int(found.group(1)):
        nodes.append(int(found.group(1)) & 0xFFFFFFFF)
        found = _NUMBER.match(text, found.end())
    return nodes
