# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""corosync.conf for a cluster of lab nodes, from what a test wants of it."""

from __future__ import annotations

# token: a lost node is noticed in about a second and a half; the coefficient is what corosync adds per node above two.
# pmtud: knet measures a link again only at this interval (default 30 s), and a healed link that it measured while
# it was cut stays too narrow for corosync until then.
from typing import Literal, TypeAlias, TypedDict

Value: TypeAlias = "str | int | bool | None"
Section: TypeAlias = "dict[str, Value | Section | list[Section]]"


class Wishes(TypedDict, total=False):
    """What render() takes besides the addresses."""

    votes: dict[int, int] | None
    quorum: Section | Literal[False] | None
    totem: Section | None
    device: Section | None
    system: Section | None
    nodelist: bool
    names: bool


TOTEM: Section = {
    "version": 2,
    "cluster_name": "lab",
    "transport": "knet",
    "crypto_cipher": "aes256",
    "crypto_hash": "sha256",
    "token": 1000,
    "token_coefficient": 50,
    "knet_pmtud_interval": 1,
}
# What knet alone has: no encryption for the others.
_UNENCRYPTED: Section = {"crypto_cipher": None, "crypto_hash": None}
# corosync notices a lost node only after twenty seconds. Without knet_ping_interval its links would also take longer to come up.
SLOW_TOKEN: Section = {"token": 20000, "consensus": 24000, "interface": {"linknumber": 0, "knet_ping_interval": 250}}
QUORUM: Section = {"provider": "corosync_votequorum"}
LOGGING: Section = {"to_logfile": "no", "to_syslog": "yes", "to_stderr": "no", "timestamp": "on"}


def section(name: str, content: Section, depth: int = 0) -> list[str]:
    """Lines of one section; `content` maps keys to values, to sections (dict), or to several sections of that name (list)."""
    indent = "    " * depth
    lines = [indent + name + " {"]  # corosync wants the brace to end its line
    for key, value in content.items():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                lines += section(key, part, depth + 1)
            elif part is not None:
                lines.append(f"{indent}    {key}: {_text(part)}")
    return lines + [indent + "}"]


def _text(value: str | int | bool) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def render(
    addresses: dict[int, str],
    votes: dict[int, int] | None = None,
    quorum: Section | Literal[False] | None = None,
    totem: Section | None = None,
    device: Section | None = None,
    system: Section | None = None,
    nodelist: bool = True,
    names: bool = True,
) -> str:
    """corosync.conf as text.

    addresses: {nodeid: address}; votes: {nodeid: votes} for nodes that don't have 1; quorum, totem: keys on top of the
    lab's own, None as a value takes a key out; quorum=False: no quorum section; device: the section quorum.device; system: the section of that name;
    nodelist=False: no nodelist; names=False: nodes without names.
    """
    without = _UNENCRYPTED if (totem or {}).get("transport") in ("udp", "udpu") else {}
    parts = [section("totem", {**TOTEM, **without, **(totem or {})})]
    if nodelist:
        parts.append(section("nodelist", {"node": [_node(nodeid, address, (votes or {}).get(nodeid), names) for nodeid, address in sorted(addresses.items())]}))
    if quorum is not False:
        parts.append(section("quorum", {**QUORUM, **(quorum or {}), **({"device": device} if device else {})}))
    if system:
        parts.append(section("system", system))
    parts.append(section("logging", LOGGING))
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _node(nodeid: int, address: str, votes: int | None, names: bool) -> Section:
    return {"ring0_addr": address, "nodeid": nodeid, "name": f"node{nodeid}" if names else None, "quorum_votes": votes}
