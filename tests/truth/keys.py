# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of corosync.conf, as its manual pages name them, and files that have one of them with a value of any kind."""

from __future__ import annotations

import copy
import re
import typing as t

from lab.corosync_conf import Section, section

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import NUMBERS

Key = tuple[str, str]  # section, key

# --- what the manual pages say ---------------------------------------------------------------------------------------

_SECTIONS = {"interface": "totem.interface", "logger_subsys": "logging.logger_subsys", "nodelist": "nodelist.node"}
_STARTS = re.compile(r"(?:Within the|The)\n\.B (\w+)\s(?:sub-)?directive")
_TERM = re.compile(r"(?:^\.TP\n+)+(?:\.B )?([a-z]\w*)(?: \(udp only\))?$", re.IGNORECASE | re.MULTILINE)


def of_corosync_conf(page: str) -> set[Key]:
    """corosync.conf(5): paragraphs with a term each, after a sentence that names their section."""
    page = re.sub(r"\\f[A-Z]", "", page)
    starts = list(_STARTS.finditer(page))
    found = set()
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(page)
        name = start.group(1)
        found |= {(_SECTIONS.get(name, name), key.replace("X", "0")) for key in _TERM.findall(page[start.end() : end])}
    return found


def of_votequorum(page: str) -> set[Key]:
    """votequorum(5): a headline for each option, and examples that are not all complete."""
    page = re.sub(r"\\f[A-Z]", "", page)
    found = {("quorum", key) for key in re.findall(r"^[.\\]B (\w+): ", page, re.MULTILINE)}
    for example in re.findall(r"^\.nf\n(.*?)^\.fi", page, re.DOTALL | re.MULTILINE):
        path: list[str] = []
        for line in map(str.strip, example.splitlines()):
            start, item = re.match(r"(\w+) \{", line), re.match(r"(\w+): \S", line)
            if start:
                path.append(start.group(1))
            elif line == "}":
                path.pop()
            elif item and path:
                found.add((".".join(path), item.group(1)))
    return found


def of_corosync_qdevice(page: str) -> set[Key]:
    """corosync-qdevice(8), section CONFIGURATION."""
    page = re.sub(r"\\f[A-Z]", "", page)
    page = page[page.index(".SH CONFIGURATION") : page.index("Logging configuration is within")]
    starts = list(re.finditer(r"^\.B (quorum\.device\S*)\nsub-?key", page, re.MULTILINE))
    found = set()
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(page)
        found |= {(start.group(1), key) for key in _TERM.findall(page[start.end() : end])}
    return found


# --- a value for each key --------------------------------------------------------------------------------------------

# Right values of each key. The tests make the wrong ones.
_RIGHT = """
totem: version 2 | transport knet udpu udp | cluster_name web | config_version 7 | ip_version ipv4 ipv6-4 ipv4-6 | clear_node_high_bit yes no
totem: secauth on off | crypto_model nss openssl | crypto_cipher none | crypto_hash none sha256 | keyfile /etc/corosync/authkey | cluster_uuid 0123abcd
totem: link_mode passive active rr | netmtu 1400 | nodeid 3 | threads 2 | block_unlisted_ips yes no | cancel_token_hold_on_retransmit yes no
totem: token 1000 | token_warning 0 100 | token_coefficient 0 650 | token_retransmit 30 | hold 14 | token_retransmits_before_loss_const 2 | join 30
totem: send_join 80 | consensus 4000 | merge 30 | downcheck 1000 | fail_recv_const 10 | seqno_unchanged_const 10 | heartbeat_failures_allowed 3
totem: max_network_delay 30 | window_size 300 | max_messages 20 | miss_count_const 5
totem: knet_pmtud_interval 1 | knet_mtu 1400 | knet_compression_model zlib lz4 | knet_compression_threshold 100 | knet_compression_level -1 3
totem.interface: linknumber 0 | bindnetaddr 127.0.0.0 | mcastaddr 239.1.1.1 | mcastport 5405 | broadcast yes no | ttl 1 | knet_transport udp
totem.interface: knet_link_priority 1 255 | knet_ping_interval 500 | knet_ping_timeout 1000 | knet_ping_precision 1 | knet_pong_count 3
totem.interface.member: memberaddr 127.0.0.1
logging: to_stderr yes no | to_syslog on off | to_logfile no | to_file no | logfile /var/log/corosync.log | logfile_priority info ALERT
logging: syslog_facility daemon local0 | syslog_priority err | syslog_level debug | debug off on trace | timestamp hires on off | fileline on off
logging: function_name on off | blackbox on off
logging.logger_subsys: subsys QUORUM | to_stderr yes no | to_syslog on off | to_logfile no | to_file no | logfile /var/log/corosync.log
logging.logger_subsys: logfile_priority info | syslog_facility daemon | syslog_priority notice | syslog_level debug | debug off on trace
logging.logging_daemon: name corosync pacemaker | subsys QUORUM | to_stderr yes | to_syslog on | to_logfile no | to_file no | logfile /var/log/x.log
logging.logging_daemon: logfile_priority info | syslog_facility daemon | syslog_priority notice | syslog_level debug | debug off | timestamp on
logging.logging_daemon: fileline on | function_name on | blackbox on
quorum: provider corosync_votequorum corosync_ykd | expected_votes 2 | two_node 1 | wait_for_all 0 1 | last_man_standing 1 | votes 2 | leaving_timeout 5
quorum: last_man_standing_window 5000 | auto_tie_breaker 1 | auto_tie_breaker_node lowest highest 1 | allow_downscale 1 | expected_votes_tracking 1
quorum.device: model net | timeout 10000 | sync_timeout 30000 | votes 1 | master_wins 1
quorum.device.net: host 127.0.0.9 | port 5403 | algorithm ffsplit lms | tie_breaker lowest highest 1 | connect_timeout 8000 | force_ip_version 0 4 6
quorum.device.net: tls on off required | keep_active_partition_tie_breaker on off
quorum.device.heuristics: mode on off sync | interval 30000 | timeout 5000 | sync_timeout 15000 | exec_ping /bin/true
nodelist.node: name truth2 | nodeid 2 65535 | ring0_addr 127.0.0.2 127.2 | quorum_votes 0 1 3
system: qb_ipc_type native shm socket | sched_rr yes no | priority max min 5 -3 | move_to_root_cgroup yes no auto | allow_knet_handle_fallback yes no
system: state_dir /var/lib/corosync
uidgid: uid 0 root 1000 | gid 0 root 1000
resources: watchdog_device off /dev/watchdog | watchdog_timeout 6
nozzle: name quorum0 | ipaddr 10.9.0.0 | ipprefix 24 | macaddr 54:54:12:24:12:12
"""
KEY = "k" * 128  # totem.key: as many bytes as corosync wants


def right_values() -> dict[Key, tuple[str, ...]]:
    found = {("totem", "key"): (KEY,), ("totem", "ip_dscp"): ("0", "63", "cs6", "ef", "0x10")}
    for line in _RIGHT.strip().splitlines():
        path, rest = line.split(": ", 1)
        for words in rest.split(" | "):
            key, *values = words.split()
            found[path, key] = tuple(values)
    return found


def values(key: Key, right: t.Sequence[str]) -> list[str]:
    """Right, empty, commented, quoted, of the wrong type, out of every range, and what looks like yes."""
    wrong = ["", f"{right[0]} # why", f'"{right[0]}"', f"{right[0]} {right[0]}", "maybe", "true", "ON"]
    limits = NUMBERS.get(key[0], {}).get(key[1])
    if limits:
        wrong += ["0", "-1", str(limits[1]), str(limits[1] + 1), "0x10", "1.5"]
    return list(dict.fromkeys([*right, *wrong]))


_BASE: Section = {
    "totem": {"version": 2, "cluster_name": "truth", "transport": "knet", "interface": {"linknumber": 0}},
    "nodelist": {
        "node": [{"name": "truth1", "nodeid": 1, "ring0_addr": "127.0.0.1"}, {"name": "truth2", "nodeid": 2, "ring0_addr": "127.0.0.2"}],
    },
    "quorum": {"provider": "corosync_votequorum"},
}
_ADDED: dict[str, Section] = {
    "quorum.device": {"model": "net", "votes": 1},
    "logging.logger_subsys": {"subsys": "QUORUM"},
    "logging.logging_daemon": {"name": "corosync"},
}


def file_with(settings: t.Sequence[tuple[Key, str]], transport: str = "knet") -> str:
    """A good file, but for these values of these keys."""
    content = copy.deepcopy(_BASE)
    content["totem"]["transport"] = transport  # type: ignore[index]
    for (path, key), value in settings:
        _section(content, path)[key] = value
    return "\n".join("\n".join(section(name, part)) for name, part in content.items() if isinstance(part, dict)) + "\n"


def _section(content: Section, path: str) -> Section:
    if path == "nodelist.node":
        return t.cast("list[Section]", t.cast(Section, content["nodelist"])["node"])[1]
    here, walked = content, ""
    for name in path.split("."):
        walked = f"{walked}.{name}".lstrip(".")
        here = t.cast(Section, here.setdefault(name, copy.deepcopy(_ADDED.get(walked, {}))))
    return here
