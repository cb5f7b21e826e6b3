# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Reasons for corosync not to start with a corosync.conf that it can read: one small function for each.

Sources, at corosync v3.1.10: totem_config_read() and totem_config_validate() (exec/totemconfig.c), exec/logconfig.c, exec/coroparse.c,
main() (exec/main.c), quorum_exec_init_fn() (exec/vsf_quorum.c) and votequorum_readconfig() (exec/votequorum.c). What depends on
the host and not on the file is not judged: whether names resolve, which node is the local one, whether the key file is there.
"""

from __future__ import annotations

import re

from ansible_collections.corosync.quorum.plugins.module_utils._value.shared_traps import Hit, Hits
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.in_force import crypto as crypto_in_force
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.in_force import dscp, timers
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import (
    LINKS,
    Check,
    Model,
    addresses_of,
    corosync_compares,
    family,
    links_of,
    literal,
    pairs_with_one_nodeid,
)

_ON_OFF = ("on", "off")
_YES_NO = ("yes", "no", "on", "off")
_PRIORITIES = ("emerg", "alert", "crit", "err", "error", "warning", "notice", "info", "debug")
_FACILITIES = ("auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog", "user", "uucp") + tuple(f"local{i}" for i in range(8))
_HASHES = ("none", "md5", "sha1", "sha256", "sha384", "sha512")
_CIPHERS = ("none", "aes256", "aes192", "aes128")
# Names of newer versions of libknet. corosync 3.1 refuses them, corosync's main branch takes them.
NEXT_CIPHERS = tuple(f"aes-{bits}-{mode}" for bits in (128, 192, 256) for mode in ("cbc", "ctr")) + tuple(f"aes{bits}-ctr" for bits in (128, 192, 256))

# key -> the words corosync takes. Crypto and compression models are those of any build; a build may have fewer.
WORDS: dict[str, tuple[str, ...]] = {
    "totem.transport": ("knet", "udp", "udpu"),
    "totem.ip_version": ("ipv4", "ipv6", "ipv4-6", "ipv6-4"),
    "totem.link_mode": ("passive", "active", "rr"),
    "totem.crypto_model": ("nss", "openssl", "gcrypt"),
    "totem.crypto_cipher": _CIPHERS,
    "totem.crypto_hash": _HASHES,
    "totem.knet_compression_model": ("zlib", "lz4", "lz4hc", "lzo2", "lzma", "bzip2", "zstd"),
    "system.qb_ipc_type": ("native", "shm", "socket"),
    "system.sched_rr": ("yes", "no"),
    "system.move_to_root_cgroup": ("yes", "no", "auto"),
    "system.allow_knet_handle_fallback": ("yes", "no"),
    "logging.fileline": _ON_OFF,
    "logging.function_name": _ON_OFF,
    "logging.timestamp": ("on", "off", "hires"),
    "logging.blackbox": _ON_OFF,
}
# corosync.conf key -> the section it must be in to be judged while it is read; others are judged wherever they come from.
_READ_IN_PLACE = re.compile(
    r"(totem\.(ip_version|crypto_(model|cipher|hash)|knet_compression_model)|system\.(qb_ipc_type|sched_rr|move_to_root_cgroup|allow_knet_handle_fallback))\Z"
)
# The same for "logging" and each of its subsystems.
LOGGING_WORDS: dict[str, tuple[str, ...]] = dict(
    dict.fromkeys(("to_stderr", "to_syslog", "to_file", "to_logfile"), _YES_NO),
    syslog_facility=_FACILITIES,
    syslog_priority=_PRIORITIES,
    syslog_level=_PRIORITIES,
    logfile_priority=_PRIORITIES,
    debug=("on", "off", "trace"),
)
_KNET_NODEIDS = 2**16  # KNET_MAX_HOST
_SHORTEST = 30  # MINIMUM_TIMEOUT, ms
# What a resolver may find: names of DNS, and what /etc/hosts may have beside them.
_HOST_NAME = re.compile(r"[A-Za-z0-9._\u0080-\U0010ffff-]+\Z")
_SHORTEST_HOLD = 14  # MINIMUM_TIMEOUT_HOLD, ms


def only_next_takes(model: Model) -> bool:
    """Whether corosync 3.1 refuses the encryption, and corosync's main branch, from its source, does not (totem_get_crypto() there).

    Without secauth it takes aes256 and sha256 for what is not written, where 3.1 takes none; and it takes libknet's own names of ciphers.
    """
    written = [model.conf.text("totem." + key) for key in ("crypto_cipher", "crypto_hash")]
    if model.transport != "knet" or model.conf.text("totem.secauth") not in (None, "on") or "none" in written:
        return False
    return (written[0] is not None and written[1] is None and model.conf.text("totem.secauth") is None) or written[0] in NEXT_CIPHERS


# --- words -----------------------------------------------------------------------------------------------------------


def words(model: Model) -> Hits:
    for item in model.conf.items:
        name = f"{item.section}.{item.key}"
        if _READ_IN_PLACE.match(name) and "." not in item.key and item.value not in WORDS[name] and not _is_of_next(model, name, item.value):
            yield _wrong_word(name, item.value, WORDS[name], item.line)
        if name == "totem.ip_dscp" and dscp(item.value) is None:
            yield Hit(f'totem.ip_dscp cannot be "{item.value}".', "Use a number from 0 to 63, or a name such as cs6, af41 or ef.", item.line)
    for name, allowed in WORDS.items():
        value = model.conf.text(name)
        if value is not None and value not in allowed and not _READ_IN_PLACE.match(name):
            yield _wrong_word(name, value, allowed, model.line(name))


def _is_of_next(model: Model, name: str, value: str) -> bool:
    return name == "totem.crypto_cipher" and value in NEXT_CIPHERS and only_next_takes(model)


def logging_words(model: Model) -> Hits:
    for name, value in model.conf.values.items():
        found = re.match(r"logging\.(?:logger_subsys\.([^.]+)\.)?([a-z_]+)\Z", name)
        if not found or not isinstance(value, str) or found.group(2) not in LOGGING_WORDS:
            continue
        if found.group(1) and model.conf.text(f"logging.logger_subsys.{found.group(1)}.subsys") is None:
            continue
        allowed = LOGGING_WORDS[found.group(2)]
        if (value.lower() if allowed is _PRIORITIES else value) not in allowed:
            yield _wrong_word(name, value, allowed, model.line(name))


def _wrong_word(name: str, value: str, allowed: tuple[str, ...], line: int | None) -> Hit:
    advice = f"Use one of: {', '.join(allowed)}."
    if name == "totem.knet_compression_model" and value == "none":
        advice = 'Remove the line: corosync refuses "none" here, although it does not compress without this line.'
    return Hit(f'{name} cannot be "{value}".', advice, line)


def priority(model: Model) -> Hits:
    value = model.conf.text("system.priority")
    if value is None or value in ("max", "min", ""):
        return
    found = re.match(r"\s*[+-]?\d+\Z", value)
    if not found or len(value) > 30 or not -(2**31) <= int(value) < 2**31:
        yield Hit(f'system.priority cannot be "{value}".', "Use max, min or a whole number.", model.line("system.priority"))


def uidgid(model: Model) -> Hits:
    for name in model.conf.values:
        found = re.match(r"uidgid\.config\.[ug]id\.(-?\d+)\Z", name)
        if found and (len(found.group(1)) > 12 or not 0 <= int(found.group(1)) < 2**32 - 1):
            yield Hit(f"There is no user or group number {found.group(1)}.", "Use a number from 0 to 4294967294, or a name.", model.line(name))


_NEVER_EMPTY = re.compile(r"(system\.state_dir|logging\.(logger_subsys\.[^.]+\.)?logfile)\Z")


def empty(model: Model) -> Hits:
    """A path or a name that is empty is never there. Another one may be: that is the host's."""
    for name, value in model.conf.values.items():
        if value == "" and _NEVER_EMPTY.match(name):
            yield Hit(f"{name} has no value.", "Give a path, or remove the line.", model.line(name))
        elif name in ("uidgid.config.uid.", "uidgid.config.gid."):
            yield Hit(f"{name[:-1].replace('config.', '')} has no value.", "Give a name or a number, or remove the line.", model.line(name))


# --- nodes and links -------------------------------------------------------------------------------------------------


def no_nodes(model: Model) -> Hits:
    if any("name" in node.values or "ring0_addr" in node.values for node in model.nodes) and any(addresses_of(node) for node in model.nodes):
        return
    yield Hit(
        "No node has a name and an address, so corosync finds neither itself nor the others.",
        'Give a nodelist with one "node {" section for each node: name, nodeid and ring0_addr.',
        model.section_line("nodelist"),
    )


def first_node(model: Model) -> Hits:
    nodes = model.nodes
    if not nodes or (nodes[0].position == 0 and (nodes[0].text("name") is not None or nodes[0].text("ring0_addr") is not None)):
        return
    yield Hit(
        "The first node of the nodelist has neither name nor ring0_addr. corosync then ignores the whole list, and aborts (corosync -t does not notice).",
        "Give the first node a name and a ring0_addr.",
        model.section_line("nodelist.node"),
    )


def link_numbers(model: Model) -> Hits:
    for link in links_of(model):
        if link >= LINKS:
            yield Hit(f"There is no link {link}.", f"Number links from 0 to {LINKS - 1}.", _line_of_link(model, link))


def _line_of_link(model: Model, link: int) -> int | None:
    pattern = re.compile(rf"(totem\.interface\.{link}\.|nodelist\.node\.\d+\.ring0*{link}_addr\Z)")
    return min((line for name, line in model.conf.lines.items() if pattern.match(name)), default=None)


def links(model: Model) -> Hits:
    found = links_of(model)
    if len(found) < 2:
        return
    if model.transport != "knet":
        yield Hit(
            f"{len(found)} links are configured, but transport {model.transport} has only one.",
            "Use transport knet, or keep only link 0.",
            _line_of_link(model, max(found)),
        )
    elif len(set(found.values())) > 1:
        counts = ", ".join(f"link {link}: {nodes}" for link, nodes in sorted(found.items()))
        yield Hit(f"Not all nodes have the same links (nodes on {counts}).", "Give every node an address on every link.", _line_of_link(model, max(found)))
    else:
        for node in [node for node in model.nodes if node.text("name") is None][:1]:
            yield Hit(f"With more than one link every node needs a name, but {node.label} has none.", "Give it its host name.", node.line)


def nodeids(model: Model) -> Hits:
    if model.transport != "knet":
        yield from _no_derived_nodeid(model)
        return
    for node in model.nodes:
        nodeid = node.number("nodeid")
        if not addresses_of(node):
            continue
        if not nodeid:
            yield Hit(f"{node.label} has no nodeid{' other than 0' if nodeid == 0 else ''}.", "Give each node a nodeid of its own, from 1.", node.line)
        elif nodeid >= _KNET_NODEIDS:
            yield Hit(f"{node.label} has nodeid {nodeid}.", f"With transport knet a nodeid is below {_KNET_NODEIDS}.", node.lines["nodeid"])


def _no_derived_nodeid(model: Model) -> Hits:
    """generate_nodeid(): an IPv4 address is a node id, an IPv6 address is none. What a name resolves to is the host's."""
    for node in model.nodes:
        if not node.number("nodeid") and family(node.text("ring0_addr") or "") == 6:
            yield Hit(
                f"{node.label} has no nodeid{' other than 0' if node.number('nodeid') == 0 else ''}, and corosync cannot derive one from an IPv6 address.",
                "Give each node a nodeid of its own, from 1.",
                node.line,
            )


def duplicate_nodeids(model: Model) -> Hits:
    for first, second, nodeid in pairs_with_one_nodeid(model):
        if corosync_compares(model, first, second):
            yield Hit(f"{first.label} and {second.label} both have nodeid {nodeid}.", "Give each node a nodeid of its own.", second.line)


def addresses(model: Model) -> Hits:
    """totemip_parse(), as far as it can be known without the host: what getaddrinfo(3) can make nothing of."""
    for node in model.nodes:
        for link, address in sorted(addresses_of(node).items()):
            if not resolvable(address):
                line = next((node.lines[key] for key in node.values if re.match(rf"ring0*{link}_addr\Z", key)), None)
                yield Hit(f"{_quoted(address)} is not an address for link {link} of {node.label}.", _write_address(address), line)
    for name, value in sorted(model.conf.values.items()):
        if isinstance(value, str) and _is_read_as_address(model, name) and not resolvable(value):
            yield Hit(f"{name} cannot be {_quoted(value)}.", _write_address(value), model.line(name))


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def _is_read_as_address(model: Model, name: str) -> bool:
    """Besides the nodelist. bindnetaddr is replaced by the address of the nodelist, and members count only without one."""
    if re.match(r"totem\.interface\.\d+\.mcastaddr\Z", name):
        return True
    without_nodelist = not any(node.position == 0 and node.text("ring0_addr") is not None for node in model.nodes)
    return without_nodelist and bool(re.match(r"totem\.interface\.\d+\.member\.\d+\Z", name))


def resolvable(address: str) -> bool:
    """Whether a resolver could make something of it. Which name does resolve is the host's."""
    if ":" in address:
        return family(address) == 6
    if re.match(r"[0-9.]+\Z", address):
        return family(address) == 4
    return bool(_HOST_NAME.match(address))


def _write_address(address: str) -> str:
    advice = "Give an IP address or a host name."
    if "#" in address:
        return advice + " A comment needs a line of its own."
    return advice + (" Write it without quotes." if address[:1] in ('"', "'") else "")


def families(model: Model) -> Hits:
    wanted = _wanted_family(model)
    first: dict[int, tuple[int, str]] = {}
    for node in model.nodes:
        for link, address in sorted(addresses_of(node).items()):
            version = family(address)
            if version is None:
                continue
            if wanted and version != wanted:
                yield Hit(f"{address} of {node.label} is not IPv{wanted}, as totem.ip_version wants it.", "Change the address or totem.ip_version.", node.line)
            elif first.setdefault(link, (version, node.label))[0] != version:
                yield Hit(
                    f"On link {link}, {node.label} has an IPv{version} address and {first[link][1]} another kind.",
                    "Use one IP version on a link.",
                    node.line,
                )


def _wanted_family(model: Model) -> int | None:
    return {"ipv4": 4, "ipv6": 6}.get(model.conf.text("totem.ip_version") or ("ipv4" if model.transport == "udp" else ""))


def link_options(model: Model) -> Hits:
    transport = model.transport
    for link in sorted(links_of(model)):
        prefix = f"totem.interface.{link}."
        ttl = model.conf.number(prefix + "ttl")
        if ttl not in (None, 1) and transport != "udp":
            yield Hit(f"Link {link} has a ttl, which only transport udp knows.", "Remove ttl.", model.line(prefix + "ttl"))
        if model.conf.number(prefix + "knet_link_priority") not in (None, 1) and transport != "knet":
            yield Hit(f"Link {link} has a priority, which only transport knet knows.", "Remove knet_link_priority.", model.line(prefix + "knet_link_priority"))
        if model.conf.text(prefix + "knet_transport") not in (None, "udp", "sctp") and transport != "udp":
            yield Hit(f'Link {link} has knet_transport "{model.conf.text(prefix + "knet_transport")}".', "Use udp.", model.line(prefix + "knet_transport"))


def multicast(model: Model) -> Hits:
    """Each transport reads mcastaddr, and only udp uses it."""
    wanted = _wanted_family(model)
    for link in sorted(links_of(model)):
        key = f"totem.interface.{link}.mcastaddr"
        version = family(model.conf.text(key) or "")
        if version and wanted and version != wanted:
            yield Hit(f"{key} is not IPv{wanted}, as totem.ip_version wants it.", "Change the address or totem.ip_version.", model.line(key))
    if model.transport == "udp" and model.conf.text("totem.interface.0.broadcast") != "yes":
        yield from _multicast_address(model)


def _multicast_address(model: Model) -> Hits:
    key = "totem.interface.0.mcastaddr"
    address = model.conf.text(key)
    if address is None:
        if model.conf.text("totem.cluster_name") is None:
            yield Hit("Transport udp has no multicast address.", "Set totem.cluster_name, which makes one, or mcastaddr.", model.line("totem.transport"))
    elif (found := literal(address)) is not None:
        own = {family(addresses_of(node).get(0, "")) for node in model.nodes} - {None}
        if not found.is_multicast:
            yield Hit(f"{key} {address} is no multicast address.", "Use one of 239.0.0.0/8, or remove the line: totem.cluster_name makes one.", model.line(key))
        elif len(own) == 1 and found.version not in own:
            yield Hit(f"{key} {address} is of another IP version than the addresses of the nodes.", "Use one IP version.", model.line(key))


# --- totem -----------------------------------------------------------------------------------------------------------


def version(model: Model) -> Hits:
    found = model.conf.number("totem.version")
    if found != 2:
        yield Hit(
            f"totem.version is {'missing' if found is None else found}.",
            "Set version: 2 in the totem section: it is the only valid value.",
            model.line("totem.version") or model.section_line("totem"),
        )


def crypto(model: Model) -> Hits:
    cipher, digest = crypto_in_force(model)
    line = model.line("totem.crypto_cipher", "totem.crypto_hash", "totem.secauth")
    if cipher != "none" and digest == "none" and not only_next_takes(model):
        yield Hit(f"totem.crypto_cipher is {cipher} without a crypto_hash.", "Set crypto_hash: sha256.", line)
    elif (cipher, digest) != ("none", "none") and model.transport != "knet":
        yield Hit(f"Transport {model.transport} cannot encrypt.", "Use transport knet, or set crypto_cipher and crypto_hash to none.", line)


def timeouts(model: Model) -> Hits:
    """totem_volatile_config_validate()."""
    found = timers(model)
    join, consensus = found["join"], found["consensus"]
    shortest = [(key, value, _SHORTEST_HOLD if key == "hold" else _SHORTEST) for key, value in found.items()]
    for key, value, limit in shortest:
        if value < limit:
            yield Hit(
                f"totem.{key} is {value} ms, less than {limit}.", "Raise it, or totem.token, or remove the line.", model.line("totem." + key, "totem.token")
            )
    if consensus < join:
        yield Hit(f"totem.consensus ({consensus} ms) is shorter than totem.join ({join} ms).", "Raise consensus.", model.line("totem.consensus", "totem.join"))
    if (model.conf.number("totem.token_warning") or 0) > 100:
        yield Hit("totem.token_warning is a percentage, at most 100.", "Lower it; 0 switches the warning off.", model.line("totem.token_warning"))


# --- quorum ----------------------------------------------------------------------------------------------------------


def provider(model: Model) -> Hits:
    if model.provider not in (None, "corosync_votequorum", "corosync_ykd"):
        yield Hit(
            f'There is no quorum provider "{model.provider}".',
            "Set provider: corosync_votequorum in the quorum section.",
            model.line("quorum.provider"),
        )


def two_node_with_qdevice(model: Model) -> Hits:
    if model.two_node and model.qdevice:
        yield Hit(
            "two_node and a quorum device are configured together.",
            "Remove two_node: the quorum device takes its place.",
            model.line("quorum.two_node"),
        )


def tie_breaker_with_last_man_standing(model: Model) -> Hits:
    if model.tie_breaker_is_odd and model.last_man_standing:
        yield Hit(
            f"auto_tie_breaker and last_man_standing are configured with an odd number of votes ({model.node_votes}) and without wait_for_all.",
            "Set wait_for_all: 1, or remove last_man_standing or auto_tie_breaker.",
            model.line("quorum.last_man_standing"),
        )


def qdevice_combinations(model: Model) -> Hits:
    if not model.qdevice:
        return
    asked = (
        ("last_man_standing", model.last_man_standing),
        ("auto_tie_breaker", model.tie_breaker_in_force != "none"),
        ("allow_downscale", model.allow_downscale),
    )
    for name, found in asked:
        if found:
            yield Hit(f"{name} and a quorum device are configured together.", "Remove one of them.", model.line("quorum." + name))


def qdevice_votes(model: Model) -> Hits:
    line = model.line("quorum.device.votes", "quorum.device.model")
    if not model.qdevice:
        return
    if model.qdevice_votes is None:
        if model.override:
            yield Hit(
                "quorum.expected_votes is set, but the device has no votes.",
                "Remove expected_votes: corosync adds up the votes of the nodelist. Or set quorum.device.votes.",
                line,
            )
        elif len(model.nodes) != model.node_votes % 2**32:
            yield Hit(
                "Not every node has one vote, so corosync cannot work out the votes of the quorum device.",
                "Set quorum.device.votes, or give every node one vote.",
                line,
            )
    elif model.qdevice_votes and model.override:
        delta = (model.override - model.qdevice_votes) % 2**32
        if delta < 2 or delta >= 2**31:
            yield Hit(
                f"quorum.expected_votes is {model.override} and the device alone has {model.qdevice_votes}.",
                "expected_votes must be at least 2 more than quorum.device.votes. Better remove it: corosync adds up the votes of the nodelist.",
                model.line("quorum.expected_votes"),
            )


# These count only where votequorum is the provider.
VOTEQUORUM: tuple[tuple[str, Check], ...] = (
    ("refused_two_node_with_qdevice", two_node_with_qdevice),
    ("refused_tie_breaker_with_last_man_standing", tie_breaker_with_last_man_standing),
    ("refused_qdevice_combination", qdevice_combinations),
    ("refused_qdevice_votes", qdevice_votes),
)
ALWAYS: tuple[tuple[str, Check], ...] = (
    ("refused_word", words),
    ("refused_word", logging_words),
    ("refused_word", priority),
    ("refused_uidgid", uidgid),
    ("refused_empty", empty),
    ("refused_nodelist", no_nodes),
    ("refused_first_node", first_node),
    ("refused_links", link_numbers),
    ("refused_links", links),
    ("refused_nodeid", nodeids),
    ("refused_duplicate_nodeid", duplicate_nodeids),
    ("refused_address", addresses),
    ("refused_address", families),
    ("refused_link_option", link_options),
    ("refused_multicast", multicast),
    ("refused_totem_version", version),
    ("refused_crypto", crypto),
    ("refused_timeout", timeouts),
    ("refused_provider", provider),
)
