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

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import LINK_KEYS, NUMBERS, Conf
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.refusals import Hits

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

# Below these anything goes: they hold names of the administrator's own, or belong to others.
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
        siblings = [path.rpartition(".")[2] for path in KEYS if path.rpartition(".")[0] == parent]
        elsewhere = [path for path in KEYS if path.rpartition(".")[2] == name]
        place = f' in "{parent}"' if parent else ""
        yield (
            f'corosync does not know a section "{name}"{place}. Nothing in it has an effect.',
            _hint(name, siblings, elsewhere),
            section.line,
        )


def unknown_keys(conf: Conf) -> Hits:
    """Keys without effect: unknown, or not in their section."""
    for item in conf.items:
        if not item.section:
            yield _outside(item.key, item.line)
        elif item.section in KEYS and item.key not in KEYS[item.section] and not (item.section == "quorum.device.heuristics" and _OPEN_KEY.match(item.key)):
            elsewhere = [path for path, keys in KEYS.items() if item.key in keys]
            yield (
                f'corosync does not know a key "{item.key}" in section "{item.section}". It has no effect.',
                _hint(item.key, KEYS[item.section], elsewhere),
                item.line,
            )


def _outside(key: str, line: int) -> tuple[str, str, int]:
    elsewhere = [path for path, keys in KEYS.items() if key in keys]
    section, dummy, last = key.rpartition(".")
    if last in KEYS.get(section, ()):
        return f'"{key}" stands outside of its section.', f'Write it as "{last}" inside of the section {section}.', line
    return f'The key "{key}" stands outside of any section. It has no effect.', _hint(key, [], elsewhere), line


def _hint(name: str, near: t.Iterable[str], elsewhere: list[str]) -> str:
    if elsewhere:
        sections = [path if name in KEYS.get(path, ()) else path.rpartition(".")[0] or "top level" for path in elsewhere[:2]]
        places = " or ".join(f'section "{section}"' for section in sections)
        return f"It belongs in {places}."
    close = difflib.get_close_matches(name.lower(), sorted(near), 1, _CLOSE_ENOUGH) if len(name) <= _LONGEST_NAME else []
    return f'Did you mean "{close[0]}"?' if close else "Remove it, or see man corosync.conf for the right name."
