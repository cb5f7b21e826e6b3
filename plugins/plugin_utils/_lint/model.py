# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What votequorum would make of a corosync.conf when it starts: the settings in force, which are not always those written.

A restatement of votequorum_readconfig() and what it calls (corosync's exec/votequorum.c 690-725 and 1146-1564, v3.1.10). Nothing
is judged here; checks.py does that.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import Conf, Value
from ansible_collections.corosync.quorum.plugins.module_utils._value.majority import needed_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.shared_traps import FFSPLIT, Hits, tie_breaker_kind
from ansible_collections.corosync.quorum.plugins.module_utils._value.snapshot import tie_breaker_nodes

PROVIDER = "corosync_votequorum"
LINKS = 8  # INTERFACE_MAX
_NODE_KEY = re.compile(r"nodelist\.node\.(\d+)\.(.+)\Z")
_RING_ADDRESS = re.compile(r"ring(\d+)_addr\Z")
_PART = re.compile(r"(?:0[xX](?P<hexadecimal>[0-9a-fA-F]{1,8})|(?P<octal>0[0-7]{0,11})|(?P<decimal>[1-9][0-9]{0,9}))\Z")
_UNSET_VOTES = 2**32 - 1  # what votequorum uses for "no quorum.device.votes", so writing this number means the same


class ConfNode:
    """One node of the nodelist. ``position`` counts from 0, ``line`` is the first that says something about it."""

    def __init__(self, position: int, line: int) -> None:
        self.position = position
        self.line = line
        self.values: dict[str, Value] = {}
        self.lines: dict[str, int] = {}

    def number(self, key: str) -> int | None:
        value = self.values.get(key)
        return value if isinstance(value, int) else None

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    @property
    def votes(self) -> int:
        votes = self.number("quorum_votes")
        return 1 if votes is None else votes

    @property
    def label(self) -> str:
        """How a person would call it."""
        return str(self.text("name") or self.text("ring0_addr") or f"node {self.values.get('nodeid', f'number {self.position + 1} in the nodelist')}")


class Model:
    """The settings votequorum starts with."""

    def __init__(self, conf: Conf) -> None:
        self.conf = conf
        self.nodes = _nodes(conf)
        self.provider = conf.text("quorum.provider")
        self.is_votequorum = self.provider == PROVIDER
        self.node_votes = sum(node.votes for node in self.nodes)
        self.override = conf.number("quorum.expected_votes") or 0
        self.two_node = bool(conf.number("quorum.two_node"))
        explicit = conf.number("quorum.wait_for_all")
        self.wait_for_all_is_explicit = explicit is not None
        self.wait_for_all = self.two_node if explicit is None else bool(explicit)
        self.last_man_standing = bool(conf.number("quorum.last_man_standing"))
        self.allow_downscale = bool(conf.number("quorum.allow_downscale"))
        self.expected_votes_tracking = bool(conf.number("quorum.expected_votes_tracking"))
        self.qdevice = bool(conf.text("quorum.device.model"))
        votes = conf.number("quorum.device.votes") if self.qdevice else 0
        self.qdevice_votes = None if votes == _UNSET_VOTES else votes
        self.tie_breaker, self.tie_breaker_list = _tie_breaker(conf)
        # "auto_tie_breaker & odd number of votes without wait_for_all": dropped, or refused with last_man_standing
        self.tie_breaker_is_odd = self.tie_breaker != "none" and self.node_votes % 2 == 1 and not self.wait_for_all

    @property
    def tie_breaker_in_force(self) -> str:
        return "none" if self.tie_breaker_is_odd else self.tie_breaker

    @property
    def two_node_in_force(self) -> bool:
        return self.two_node and self.tie_breaker == "none"

    @property
    def most_votes(self) -> int:
        """All votes there can ever be at once: those of the nodes and those of the quorum device."""
        if self.qdevice and self.qdevice_votes is None:
            return self.node_votes + max(self.node_votes - 1, 0)
        return self.node_votes + (self.qdevice_votes or 0)

    @property
    def first_expected(self) -> int:
        """expected_votes of a node that has just started and has seen no other."""
        if self.override:
            return self.override
        return self.most_votes if self.qdevice and self.qdevice_votes is None else self.node_votes

    @property
    def quorum_alone(self) -> int:
        """The votes needed at first, before 8 bits cut it."""
        return needed_of(self.first_expected)

    @property
    def needed_at_first(self) -> int:
        """The votes without which no cluster of this file becomes quorate: wait_for_all waits for all that are expected (are_we_quorate())."""
        if self.wait_for_all:
            return self.first_expected
        return 1 if self.two_node_in_force else self.quorum_alone

    @property
    def transport(self) -> str:
        return self.conf.text("totem.transport") or "knet"

    @property
    def algorithm(self) -> str:
        """What decides for the quorum device: corosync-qdevice takes ffsplit where none is given (qdevices/qnet-config.h)."""
        written = self.conf.text("quorum.device.net.algorithm")
        return FFSPLIT if written is None else written

    def line(self, *keys: str) -> int | None:
        """The line of the first of these cmap keys that the file sets."""
        for key in keys:
            if key in self.conf.lines:
                return self.conf.lines[key]
        return None

    def section_line(self, path: str) -> int | None:
        """The line that opens this section."""
        for section in self.conf.sections:
            if section.path == path:
                return section.line
        return None


def addresses_of(node: ConfNode) -> dict[int, str]:
    """link -> address of this node, or what stands in its place."""
    found = {}
    for key, value in node.values.items():
        ring = _RING_ADDRESS.match(key)
        if ring and isinstance(value, str):
            found[int(ring.group(1))] = value
    return found


def links_of(model: Model) -> dict[int, int]:
    """link -> how many nodes have an address on it. An interface section alone makes a link of no nodes."""
    found: dict[int, int] = {}
    for name in model.conf.values:
        key = re.match(r"totem\.interface\.(\d+)\.(.+)", name)
        if key and (model.transport != "udp" or key.group(2) == "bindnetaddr"):
            found.setdefault(int(key.group(1)), 0)
    for node in model.nodes:
        for link in addresses_of(node):
            found[link] = found.get(link, 0) + 1
    return found


def literal(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that every resolver makes of this text, None of a name."""
    number = _inet_aton(text)
    if number is not None:
        return ipaddress.IPv4Address(number)
    try:
        return ipaddress.IPv6Address(text)
    except ValueError:
        return None


def _inet_aton(text: str) -> int | None:
    """An IPv4 address as inet_aton() reads it: one to four numbers, of which the last one fills the rest. So 10.1 is 10.0.0.1."""
    found = [_PART.match(part) for part in text.split(".")]
    if len(found) > 4:
        return None
    values = []
    for part in found:
        if part is None:
            return None
        kind = part.lastgroup or ""
        values.append(int(part.group(kind), {"hexadecimal": 16, "octal": 8}.get(kind, 10)))
    if any(value > 255 for value in values[:-1]) or values[-1] >= 256 ** (5 - len(values)):
        return None
    return sum(value << 8 * (3 - position) for position, value in enumerate(values[:-1])) + values[-1]


def same_text(address: str) -> str:
    """One text for all ways to write an address: corosync compares the bytes. A name stays as it is."""
    return str(literal(address) or address)


def family(address: str) -> int | None:
    """4 or 6 for a literal address, None for anything else."""
    found = literal(address)
    return found.version if found else None


def is_literal(address: str) -> bool:
    return literal(address) is not None


def effective_nodeid(model: Model, node: ConfNode) -> int | None:
    """The node id in force: transports udp and udpu make one of an IPv4 address where none is given."""
    nodeid = node.number("nodeid")
    if nodeid or model.transport == "knet":
        return nodeid
    address = literal(node.text("ring0_addr") or "")
    if address is None or address.version == 6:
        return None
    made = int(address)
    return made & 0x7FFFFFFF if model.conf.text("totem.clear_node_high_bit") == "yes" else made


def corosync_compares(model: Model, first: ConfNode, second: ConfNode) -> bool:
    """Whether corosync notices that these two have one node id.

    check_for_duplicate_nodeids() walks the nodes before ``second`` in the order of text (0, 1, 10, 11, 2...) and stops at the first that
    comes after it in the list, so that with 11 nodes and more it compares most of them with nobody.
    """
    for position in sorted((node.position for node in model.nodes), key=str):
        if position >= second.position:
            return False
        if position == first.position:
            return True
    return False


def pairs_with_one_nodeid(model: Model) -> t.Iterator[tuple[ConfNode, ConfNode, int]]:
    """Pairs of nodes with the same node id, in the order of the list."""
    seen: dict[int, ConfNode] = {}
    for node in model.nodes:
        nodeid = effective_nodeid(model, node)
        if nodeid is None:
            continue
        if nodeid in seen:
            yield seen[nodeid], node, nodeid
        else:
            seen[nodeid] = node


def _nodes(conf: Conf) -> list[ConfNode]:
    nodes: dict[int, ConfNode] = {}
    for name, value in conf.values.items():
        found = _NODE_KEY.match(name)
        if found:
            position, key = int(found.group(1)), found.group(2)
            line = conf.lines[name]
            node = nodes.setdefault(position, ConfNode(position, line))
            node.values[key] = value
            node.lines[key] = line
            node.line = min(node.line, line)
    return [nodes[position] for position in sorted(nodes)]


def _tie_breaker(conf: Conf) -> tuple[str, list[int]]:
    """The kind in force (none, lowest, highest, list) and the list, as parse_atb_string() reads it."""
    if not conf.number("quorum.auto_tie_breaker"):
        return "none", []
    text = conf.text("quorum.auto_tie_breaker_node")
    text = "lowest" if text is None else text
    return tie_breaker_kind(text), tie_breaker_nodes(text)


# What one check finds in the settings.
Check = t.Callable[[Model], Hits]
