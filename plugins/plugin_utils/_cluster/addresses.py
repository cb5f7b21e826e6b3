# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Whether the nodes find each other by the addresses of the new cluster, judged from what each node makes of them.

Pure. Debian's installer writes `127.0.1.1 NAME` into /etc/hosts. A node whose address is that name forms a cluster of its own, for ever.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted, shown

Answer = t.Mapping[str, t.Any]
# What a node makes of each address, as the module cluster_ask says; by host.
Lookups = t.Mapping[str, Answer]

_LONGEST_LINE = 200


class _Pick(t.NamedTuple):
    """What corosync on a host takes a name for. address: empty where it is nothing. line: of /etc/hosts, 0 where it comes from elsewhere."""

    address: str
    line: int = 0
    text: str = ""
    error: str = ""

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.address)


def is_loopback(address: str) -> bool:
    """Whether this is an IP address that only the node itself reaches."""
    parsed = _parsed(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return parsed is not None and (mapped or parsed).is_loopback


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def doubts(lookups: Lookups, wanted: t.Mapping[str, t.Sequence[str]], ip_version: str) -> list[str]:
    """Why the nodes would not find each other, a sentence for each cause.

    wanted: the addresses of each node, one a link, by host. ip_version: as in corosync.conf.
    """
    names = [(host, name) for host, addresses in wanted.items() for name in addresses]
    picks = {(asked, host, name): _picked(lookups.get(asked, {}).get(name), ip_version) for asked in wanted for host, name in names}
    return [*_unknown(picks), *_loopbacks(picks), *_twice(picks, wanted)]


def _picked(answer: t.Any, ip_version: str) -> _Pick:
    """As totemip_parse() (exec/totemip.c) does: the first of the preferred family, or else of the other one, where that may be."""
    given = answer if isinstance(answer, t.Mapping) else {"error": "the node was not asked"}
    entries = given.get("found")
    found = [entry for entry in entries if isinstance(entry, t.Mapping)] if isinstance(entries, list) else []
    for version in {"ipv4": (4,), "ipv6": (6,), "ipv4-6": (4, 6)}.get(ip_version, (6, 4)):
        for entry in found:
            parsed = _parsed(str(entry.get("address")))
            if parsed is not None and parsed.version == version:
                line = entry.get("line")
                return _Pick(str(entry["address"]), line if isinstance(line, int) else 0, quoted(str(entry.get("text") or ""), _LONGEST_LINE))
    return _Pick("", error=quoted(str(given.get("error") or "it has no address of this IP version")))


Picks = t.Mapping[tuple[str, str, str], _Pick]  # by the host that was asked, the host whose address it is, and the address as it is configured


def _unknown(picks: Picks) -> list[str]:
    hosts: dict[tuple[str, str, str], list[str]] = {}
    for (asked, host, name), pick in picks.items():
        if not pick.address:
            hosts.setdefault((host, name, pick.error), []).append(asked)
    return [
        (
            f"{shown(name)}, the address of {host}, cannot be resolved on {', '.join(asked)} ({error}). Add a line with the address and this name to "
            f"/etc/hosts there, or set cluster_addresses of {host} to an address."
        )
        for (host, name, error), asked in hosts.items()
    ]


def _loopbacks(picks: Picks) -> list[str]:
    sentences = []
    for (asked, host, name), pick in picks.items():
        if not pick.is_loopback:
            continue
        if name == pick.address:
            if asked == host:
                sentences.append(
                    f"{name}, the address of {host}, is one that no other node reaches. Set cluster_addresses of {host} to one that all nodes reach."
                )
            continue
        others = {picks[key].address for key in picks if key[1:] == (host, name) and picks[key].address and not picks[key].is_loopback}
        sentences.append(
            f"{shown(name)}, the address of {host}, is {pick.address} on {asked}{' itself' if asked == host else ''}, which no other node reaches. "
            + _mending(asked, host, name, pick, others.pop() if len(others) == 1 else "")
        )
    return sentences


def _mending(asked: str, host: str, name: str, pick: _Pick, right: str) -> str:
    """right: the address that the others know, empty where they do not agree."""
    whole = f"{right or 'ADDRESS'} {shown(name)}"
    meaning = "" if right else f", where ADDRESS is the one by which the other nodes reach {host}"
    if not pick.line:
        return f'No line of /etc/hosts there says so. Add the line "{whole}"{meaning}, or set cluster_addresses of {host} to its address.'
    mended = pick.text.replace(pick.address, right or "ADDRESS", 1)
    return f'In /etc/hosts on {asked}, change line {pick.line} "{pick.text}" to "{mended}"{meaning}, or set cluster_addresses of {host} to its address.'


def _twice(picks: Picks, wanted: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """Addresses that two nodes have: on one host, or of each node as it sees itself."""
    found: dict[_Pair, list[str]] = {}
    for asked in wanted:
        for pair, lines in _pairs({(host, name): pick for (by, host, name), pick in picks.items() if by == asked}):
            found.setdefault(pair, []).append(f"{asked}{lines}")
    sentences = [_same(pair, f"on {', '.join(places)}") for pair, places in found.items()]
    own = _pairs({(host, name): pick for (by, host, name), pick in picks.items() if by == host})
    known = {(pair.one, pair.other) for pair in found}
    return sentences + [_same(pair, f"each on that node itself{lines}") for pair, lines in own if (pair.one, pair.other) not in known]


class _Pair(t.NamedTuple):
    """Two nodes, each by its host and its address as it is configured, and the address that both have."""

    one: tuple[str, str]
    other: tuple[str, str]
    address: str


def _pairs(picks: t.Mapping[tuple[str, str], _Pick]) -> t.Iterator[tuple[_Pair, str]]:
    """Nodes with one address, each with the lines that say so. A loopback is wrong by itself, and reported as that."""
    first: dict[str, tuple[str, str]] = {}
    for node, pick in picks.items():
        if pick.address and not pick.is_loopback:
            other = first.setdefault(pick.address, node)
            if other[0] != node[0]:
                lines = [f'line {found.line} "{found.text}"' for found in dict.fromkeys((picks[other], pick)) if found.line]
                yield _Pair(other, node, pick.address), f" (/etc/hosts, {' and '.join(lines)})" if lines else ""


def _same(pair: _Pair, where: str) -> str:
    return (
        f"{_owner(pair.one)} and {_owner(pair.other)} have the same address, {pair.address}, {where}. Each node needs its own: correct /etc/hosts there, or "
        "cluster_addresses."
    )


def _owner(node: tuple[str, str]) -> str:
    return f"{shown(node[1])} of {node[0]}"
