# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The sections and keys that corosync 3.1 and corosync-qdevice know (man corosync.conf, votequorum, corosync-qdevice).

corosync stores a key it does not know and does nothing else with it, so a misspelt one is simply without effect.
"""

from __future__ import annotations

import difflib
import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import LINK_KEYS, NUMBERS, Conf, number
from ansible_collections.corosync.quorum.plugins.module_utils._value.shared_traps import Hit, Hits
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.in_force import EXACT
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.refusals import LOGGING_WORDS, WORDS

_LOG = "to_stderr to_syslog to_file to_logfile logfile logfile_priority syslog_facility syslog_level syslog_priority debug".split()
_TEXT_KEYS: dict[str, str] = {
    "totem": "transport link_mode cluster_name secauth crypto_model crypto_cipher crypto_hash keyfile key clear_node_high_bit ip_version ip_dscp "
    # cluster_uuid is pcs's own
    "block_unlisted_ips cancel_token_hold_on_retransmit knet_compression_model cluster_uuid",
    "totem.interface": " ".join(LINK_KEYS),
    "totem.interface.member": "memberaddr",
    "logging": " ".join(_LOG + "timestamp fileline function_name blackbox".split()),
    "logging.logger_subsys": " ".join(_LOG + ["subsys"]),
    "logging.logging_daemon": " ".join(_LOG + ["subsys", "name", "timestamp", "fileline", "function_name", "blackbox"]),
    "quorum": "provider auto_tie_breaker_node",
    "quorum.device": "model",
    "quorum.device.net": "host port algorithm tie_breaker connect_timeout force_ip_version tls keep_active_partition_tie_breaker",
    "quorum.device.heuristics": "mode interval timeout sync_timeout",
    "nodelist": "",
    "nodelist.node": "name " + " ".join(f"ring{link}_addr" for link in range(8)),
    "system": "qb_ipc_type sched_rr priority move_to_root_cgroup allow_knet_handle_fallback state_dir",
    "uidgid": "uid gid",
    "nozzle": "name ipaddr ipprefix macaddr",
    "resources": "watchdog_device",
}
KEYS: dict[str, frozenset[str]] = {section: frozenset(keys.split()) | frozenset(NUMBERS.get(section, ())) for section, keys in _TEXT_KEYS.items()}

# Keys of corosync 1 and 2 (their man pages corosync.conf and votequorum) that corosync 3 does not know any more: what to do instead.
_ENCRYPTED = "Use crypto_cipher and crypto_hash."
_LINKS_NOW = "Remove it: knet looks after its links itself, see knet_ping_interval, knet_ping_timeout and knet_pong_count."
GONE: dict[str, dict[str, str]] = {
    "totem": {
        "rrp_mode": "Use link_mode (passive, active or rr), which counts with more than one link.",
        **dict.fromkeys(
            (
                "rrp_problem_count_timeout",
                "rrp_problem_count_threshold",
                "rrp_problem_count_mcast_threshold",
                "rrp_token_expired_timeout",
                "rrp_autorecovery_check_timeout",
            ),
            _LINKS_NOW,
        ),
        "vsftype": "Remove it: the provider of the quorum section decides.",
        "crypto_type": _ENCRYPTED,
        "crypto_accept": _ENCRYPTED,
        "fail_to_recv_const": "Use fail_recv_const.",
    },
    "totem.interface": {"ringnumber": "Use linknumber. Without it, every interface section is about link 0."},
    "logging": {"tags": "Remove it."},
    "logging.logger_subsys": {"tags": "Remove it."},
    "quorum": {
        "quorumdev_poll": "Use timeout in quorum.device.",
        "disallowed": "Remove it.",
    },
    "": {"compatibility": "Remove it."},
}
GONE_SECTIONS = {
    "amf": "Remove it: there is no availability management framework any more.",
    "event": "Remove it: there is no event service any more.",
    "service": "Remove it: corosync 3 has no plugins. Pacemaker is a service of its own.",
    "aisexec": "Remove it: corosync runs as root. See uidgid for other users.",
    "qb": "Use qb_ipc_type in section system.",
}
# Keys that corosync 3 knows and does nothing with, and why.
NOT_READ = {
    "totem.threads": "corosync 3 sends from one thread.",
    "totem.nodeid": "corosync takes the node id from the nodelist.",
    "totem.interface.bindnetaddr": "corosync takes the address from the nodelist.",
    "totem.interface.member.0": "corosync takes the members from the nodelist.",
    "quorum.votes": "corosync takes quorum_votes of the nodelist.",
    "quorum.leaving_timeout": "nothing in corosync 3 reads it.",
    "quorum.device.master_wins": "corosync-qdevice sets it by itself.",
}
# Transport and key of an interface section.
NOT_READ_WITH = (("knet", "mcastaddr"), ("udpu", "mcastaddr"), ("udpu", "broadcast"))

# Any key is allowed below these: the administrator chooses the names, or another program reads them.
_OPEN = re.compile(r"resources\.(system|process)(\.|\Z)")
_OPEN_KEY = re.compile(r"exec_[A-Za-z0-9_-]+\Z")
_CLOSE_ENOUGH = 0.7
_LONGEST_NAME = 60  # characters; beyond that no name here is near, and comparing costs time


def unknown_sections(conf: Conf) -> Hits:
    """Sections corosync knows nothing of, each once: everything in it is without effect."""
    for section in conf.sections:
        parent, dummy, name = section.path.rpartition(".")
        if section.path in KEYS or _OPEN.match(section.path) or (parent and parent not in KEYS):
            continue
        if section.path in GONE_SECTIONS:
            yield Hit(f'The section "{name}" is of an older corosync. Nothing in it has an effect.', GONE_SECTIONS[section.path], section.line)
            continue
        siblings = [path.rpartition(".")[2] for path in KEYS if path.rpartition(".")[0] == parent]
        elsewhere = [path for path in KEYS if path.rpartition(".")[2] == name]
        yield Hit(
            'corosync does not know a section "{}"{}. Nothing in it has an effect.'.format(name, f' in "{parent}"' if parent else ""),
            _hint(name, siblings, elsewhere),
            section.line,
        )


def unknown_keys(conf: Conf) -> Hits:
    """Keys without effect: unknown, or not in their section."""
    for item in conf.items:
        if item.key in GONE.get(item.section, ()):
            yield Hit(f'"{item.key}" is a key of corosync 1 or 2. corosync 3 does not know it: it has no effect.', GONE[item.section][item.key], item.line)
        elif not item.section:
            yield _outside(item.key, item.line)
        elif item.section in KEYS and item.key not in KEYS[item.section] and not (item.section == "quorum.device.heuristics" and _OPEN_KEY.match(item.key)):
            elsewhere = [path for path, keys in KEYS.items() if item.key in keys]
            yield Hit(
                f'corosync does not know a key "{item.key}" in section "{item.section}". It has no effect.',
                _hint(item.key, [key for key in KEYS[item.section] if takes(item.section, key, item.value)], elsewhere),
                item.line,
            )


def takes(section: str, key: str, value: str) -> bool:
    """Whether corosync would start with this value under this key, so that the key can be proposed."""
    limits = NUMBERS.get(section, {}).get(key)
    if limits:
        return number(value, limits) is not None
    logging = LOGGING_WORDS.get(key) if section.partition(".")[0] == "logging" else None
    words = WORDS.get(f"{section}.{key}") or logging or EXACT.get(f"{section}.{key}")
    return words is None or value in words


def _outside(key: str, line: int) -> Hit:
    elsewhere = [path for path, keys in KEYS.items() if key in keys]
    section, dummy, last = key.rpartition(".")
    if last in KEYS.get(section, ()):
        return Hit(f'"{key}" is outside of its section.', f'Write it as "{last}" inside section {section}.', line)
    return Hit(f'The key "{key}" is outside of any section. It has no effect.', _hint(key, [], elsewhere), line)


def _hint(name: str, near: t.Iterable[str], elsewhere: list[str]) -> str:
    if elsewhere:
        sections = [path if name in KEYS.get(path, ()) else path.rpartition(".")[0] or "top level" for path in elsewhere[:2]]
        places = " or ".join(f'section "{section}"' for section in sections)
        return f"It belongs in {places}."
    close = difflib.get_close_matches(name.lower(), sorted(near), 1, _CLOSE_ENOUGH) if len(name) <= _LONGEST_NAME else []
    return f'Did you mean "{close[0]}"?' if close else "Remove it, or see man corosync.conf for the right name."
