# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own network: a bridge and a /24 for each lab, with no way out."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Collection

from . import host
from .errors import LabError

# RFC 2544's range for benchmarks: routed nowhere, and in nobody's office network
POOL = ipaddress.IPv4Network("198.18.0.0/15")


def choose_subnet(start: int, taken: Collection[ipaddress.IPv4Network]) -> ipaddress.IPv4Network:
    """The first /24 of POOL, counted from number `start`, that overlaps none of `taken` (networks)."""
    subnets = list(POOL.subnets(new_prefix=24))
    for offset in range(len(subnets)):
        candidate = subnets[(start + offset) % len(subnets)]
        if not any(candidate.overlaps(network) for network in taken):
            return candidate
    raise LabError(f"every subnet of {POOL} is taken on this machine: take a lab down with `make lab-down`")


def subnets_in_use() -> list[ipaddress.IPv4Network]:
    """Networks that this machine has an address in or a route to."""
    taken = []
    for addresses in json.loads(host.run(["ip", "-j", "-4", "address", "show"]).stdout or "[]"):
        taken += [ipaddress.IPv4Network(f"{info['local']}/{info['prefixlen']}", strict=False) for info in addresses.get("addr_info", [])]
    for route in json.loads(host.run(["ip", "-j", "-4", "route", "show", "table", "all"]).stdout or "[]"):
        if route.get("dst", "default") != "default" and route.get("table") != "local":
            taken.append(ipaddress.IPv4Network(route["dst"], strict=False))
    return taken


def controller_address(subnet: ipaddress.IPv4Network) -> ipaddress.IPv4Address:
    """The address of this machine on the lab's bridge."""
    return subnet[254]


def make_bridge(name: str, subnet: ipaddress.IPv4Network) -> None:
    """Make the bridge of a lab, or complete one that is there."""
    if not bridge_exists(name):
        host.run(["ip", "link", "add", name, "type", "bridge"])
    host.run(["ip", "address", "replace", f"{controller_address(subnet)}/{subnet.prefixlen}", "dev", name])
    host.run(["ip", "link", "set", name, "up"])


def bridge_exists(name: str) -> bool:
    """Whether the bridge is there."""
    return host.run(["ip", "link", "show", name], check=False).returncode == 0


def remove_bridge(name: str) -> None:
    """Remove the bridge of a lab if it is there."""
    host.run(["ip", "link", "delete", name], check=False)
