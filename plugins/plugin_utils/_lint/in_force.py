# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What each key of a corosync.conf comes to: its default where it is not set, and None where nothing reads it.

Two texts in which a key comes to the same thing do the same, whatever is written. The rules are those of corosync v3.1.10 (exec/totemconfig.c,
exec/votequorum.c, exec/logconfig.c, exec/main.c) and of corosync-qdevice (qdevices/qdevice-instance.c, qdevice-net-instance.c).
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.shared_traps import encryption
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import (
    LINKS,
    Model,
    addresses_of,
    is_literal,
    links_of,
)

InForce = t.Any  # a number, a text, a boolean or a tuple of such: compared, and never shown
_Rule = t.Callable[[Model, str], InForce]

TOKEN, TOKEN_COEFFICIENT, JOIN, RETRANSMITS = 3000, 650, 50, 4
_PORT = 5405
_DSCP = dict(
    {f"cs{number}": 8 * number for number in range(8)},
    **{f"af{group}{drop}": 8 * group + 2 * drop for group in range(1, 5) for drop in range(1, 4)},
    ef=46,
)
# What corosync compares with one text only, each with what it takes every other text for.
EXACT: dict[str, tuple[str, str]] = {
    "totem.secauth": ("on", "off"),
    "totem.clear_node_high_bit": ("yes", "no"),
    "totem.block_unlisted_ips": ("no", "yes"),
    "totem.cancel_token_hold_on_retransmit": ("yes", "no"),
    "broadcast": ("yes", "no"),
}


def in_force(model: Model, key: str) -> InForce:
    """What this key of cmap comes to. It compares equal in two files in which corosync and corosync-qdevice do the same with it."""
    for pattern, rule in _RULES:
        if pattern.match(key):
            return rule(model, key)
    return model.conf.values.get(key)


# --- totem -----------------------------------------------------------------------------------------------------------


def timers(model: Model) -> dict[str, int]:
    """totem_volatile_config_read(): the timers in force, in milliseconds, by the key that sets them. 0 means the default."""

    def given(key: str, default: int) -> int:
        return (model.conf.number("totem." + key) or default) % 2**32

    coefficient = model.conf.number("totem.token_coefficient")
    token = given("token", TOKEN) + max(links_of(model).get(0, 0) - 2, 0) * (TOKEN_COEFFICIENT if coefficient is None else coefficient)
    retransmit = given("token_retransmit", int(token / (given("token_retransmits_before_loss_const", RETRANSMITS) + 0.2)))
    return {
        "token": token,
        "token_retransmit": retransmit,
        "hold": given("hold", int(retransmit * 0.8 - 10)),
        "join": given("join", JOIN),
        "consensus": given("consensus", int(1.2 * token)),
        "merge": given("merge", 200),
        "downcheck": given("downcheck", 1000),
        "max_network_delay": given("max_network_delay", 50),
    }


def crypto(model: Model) -> tuple[str, str]:
    """Cipher and hash."""
    text = model.conf.text
    return encryption(text("totem.secauth"), text("totem.crypto_cipher"), text("totem.crypto_hash"))


def dscp(text: str) -> int | None:
    """get_dscp_value(): the number that totem.ip_dscp stands for, None where corosync refuses it."""
    if text in _DSCP:
        return _DSCP[text]
    found = re.match(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))\Z", text)
    if not found or len(text) > 30:
        return 0 if text == "" else None
    sign, hexadecimal, octal, decimal = found.groups()
    value = int(hexadecimal, 16) if hexadecimal else int(octal, 8) if octal else int(decimal)
    return (-value if sign == "-" else value) if (0 <= value <= 63 and (sign != "-" or value == 0)) else None


def _timer(model: Model, key: str) -> InForce:
    return timers(model)[key.split(".")[1]] if key != "totem.token" else model.conf.number(key) or TOKEN


def _crypto(model: Model, key: str) -> InForce:
    return crypto(model)


def _where_encrypted(default: str) -> _Rule:
    def rule(model: Model, key: str) -> InForce:
        return model.conf.values.get(key, default) if crypto(model) != ("none", "none") else None

    return rule


def _key(model: Model, key: str) -> InForce:
    return model.conf.values.get(key) if crypto(model) != ("none", "none") and model.conf.text("totem.keyfile") is None else None


def _exact(model: Model, key: str) -> InForce:
    word, default = EXACT[key]
    return word if model.conf.text(key) == word else default


def _high_bit(model: Model, key: str) -> InForce:
    """It counts where corosync makes a node id of an address."""
    return _exact(model, key) if model.transport != "knet" and any(not node.number("nodeid") for node in model.nodes) else None


def _ip_version(model: Model, key: str) -> InForce:
    """It says how names are resolved. Of an address there is nothing to resolve."""
    if all(is_literal(address) for node in model.nodes for address in addresses_of(node).values()):
        return None
    return model.conf.text(key) or ("ipv4" if model.transport == "udp" else "ipv6-4")


def _dscp(model: Model, key: str) -> InForce:
    return dscp(model.conf.text(key) or "")


def _netmtu(model: Model, key: str) -> InForce:
    return model.conf.number(key) or (65536 if model.transport == "knet" else 1500)


def _unlisted(model: Model, key: str) -> InForce:
    return _exact(model, key) if model.transport != "udp" else None


def _downcheck(model: Model, key: str) -> InForce:
    return _timer(model, key) if model.transport != "knet" else None


def _network_delay(model: Model, key: str) -> InForce:
    return _timer(model, key) if model.conf.number("totem.heartbeat_failures_allowed") else None


def _compression(model: Model, key: str) -> InForce:
    model_of_it = model.conf.text("totem.knet_compression_model") if model.transport == "knet" else None
    return model.conf.values.get(key, 0) if model_of_it not in (None, "none") else None


def _link_mode(model: Model, key: str) -> InForce:
    """With one link there is nothing to choose."""
    return model.conf.values.get(key, "passive") if model.transport == "knet" and len(links_of(model)) > 1 else None


def _default(default: int | str, zero_counts: bool = False) -> _Rule:
    """zero_counts: else 0 stands for the default."""

    def rule(model: Model, key: str) -> InForce:
        value = model.conf.values.get(key, default)
        return value if value or zero_counts else default

    return rule


def _knet(default: int | str | None) -> _Rule:
    def rule(model: Model, key: str) -> InForce:
        return (model.conf.values.get(key) or default) if model.transport == "knet" else None

    return rule


def _nothing(model: Model, key: str) -> InForce:
    return None


# --- links -----------------------------------------------------------------------------------------------------------


def _link(key: str) -> int:
    return int(key.split(".")[2])


def _ports(model: Model) -> tuple[tuple[int, int], ...]:
    """get_interface_params(): `broadcast` of a link, or of one before it, doubles the distance of the ports that are not set."""
    found, step = [], 1
    for link in sorted(set(links_of(model)) & set(range(LINKS))):
        prefix = f"totem.interface.{link}."
        step = 2 if model.conf.text(prefix + "broadcast") == "yes" else step
        found.append((link, model.conf.number(prefix + "mcastport") or _PORT + step * link))
    return tuple(found)


def _port(model: Model, key: str) -> InForce:
    return dict(_ports(model)).get(_link(key))


def _broadcast(model: Model, key: str) -> InForce:
    return model.conf.text(key) == "yes" if model.transport == "udp" else _ports(model)


def _mcastaddr(model: Model, key: str) -> InForce:
    """Of knet and udpu nobody reads it. udp makes one of the cluster's name."""
    if model.transport != "udp" or model.conf.text(f"totem.interface.{_link(key)}.broadcast") == "yes":
        return None
    return model.conf.text(key) or ("cluster_name", model.conf.text("totem.cluster_name"))


def _ttl(model: Model, key: str) -> InForce:
    value = model.conf.number(key)
    return (1 if value is None else value) if model.transport == "udp" else None


def _ping(model: Model, key: str) -> InForce:
    """calc_knet_ping_timers()."""
    if model.transport != "knet":
        return None
    token = timers(model)["token"]
    pongs = model.conf.number(f"totem.interface.{_link(key)}.knet_pong_count") or 2
    return model.conf.number(key) or token // (pongs if key.endswith("timeout") else 2 * pongs)


# --- logging, system, resources --------------------------------------------------------------------------------------

_LOGGING = {
    "to_stderr": "yes",
    "to_syslog": "yes",
    "to_logfile": "no",
    "debug": "off",
    "timestamp": "hires",
    "fileline": "off",
    "function_name": "off",
    "blackbox": "on",
    "syslog_facility": "daemon",
    "syslog_priority": "info",
    "logfile_priority": "info",
}


def _logging(model: Model, key: str) -> InForce:
    name = key.split(".")[1]
    value = model.conf.text(key) or _LOGGING[name]
    if name.startswith("to_"):
        return {"on": "yes", "off": "no"}.get(value, value)
    return value.lower() if name.endswith("priority") else value


def _priority(model: Model, key: str) -> InForce:
    """It counts only without the real-time scheduler."""
    return model.conf.text(key) or "0" if model.conf.text("system.sched_rr") == "no" else None


def _watchdog(model: Model, key: str) -> InForce:
    device = model.conf.text(key)
    return None if device in ("", "off") else device


# --- quorum and its device -------------------------------------------------------------------------------------------


def _quorum(rule: _Rule) -> _Rule:
    """What only votequorum reads."""

    def with_votequorum(model: Model, key: str) -> InForce:
        return rule(model, key) if model.is_votequorum else None

    return with_votequorum


def _flag(model: Model, key: str) -> InForce:
    return bool(model.conf.number(key))


def _expected_votes(model: Model, key: str) -> InForce:
    return model.first_expected


def _wait_for_all(model: Model, key: str) -> InForce:
    return model.wait_for_all


def _window(model: Model, key: str) -> InForce:
    value = model.conf.number(key)
    return (10000 if value is None else value) if model.last_man_standing else None


def _tie_breaker_node(model: Model, key: str) -> InForce:
    return (model.tie_breaker, tuple(model.tie_breaker_list))


def _device_votes(model: Model, key: str) -> InForce:
    """corosync-qdevice's algorithm ffsplit asks for the key itself, not for what votequorum makes of its absence."""
    written = model.conf.number(key)
    if not model.qdevice:
        return None
    return written if model.algorithm == "ffsplit" else model.most_votes - model.node_votes


def _device(default: InForce) -> _Rule:
    def rule(model: Model, key: str) -> InForce:
        return model.conf.values.get(key, default) if model.qdevice else None

    return rule


_TRUE, _FALSE = ("yes", "on", "1"), ("no", "off", "0")


def _device_word(default: str) -> _Rule:
    """utils_parse_bool_str()."""

    def rule(model: Model, key: str) -> InForce:
        word = (model.conf.text(key) or default).lower()
        return (True if word in _TRUE else False if word in _FALSE else word) if model.qdevice else None

    return rule


def _device_number(default: t.Callable[[int, int], float]) -> _Rule:
    """default: of quorum.device.timeout and sync_timeout."""

    def rule(model: Model, key: str) -> InForce:
        if not model.qdevice:
            return None
        timeout, sync_timeout = model.conf.number("quorum.device.timeout"), model.conf.number("quorum.device.sync_timeout")
        text = str(model.conf.values.get(key, "")).strip()
        return int(text) if re.match(r"[+-]?[0-9]{1,20}\Z", text) else int(default(timeout or 10000, sync_timeout or 30000))

    return rule


def _heuristics(rule: _Rule) -> _Rule:
    """Nothing runs where their mode is off."""

    def where_on(model: Model, key: str) -> InForce:
        return rule(model, key) if _device_word("off")(model, "quorum.device.heuristics.mode") else None

    return where_on


def _rules(*rows: tuple[str, _Rule]) -> tuple[tuple[t.Pattern[str], _Rule], ...]:
    return tuple((re.compile(f"(?:{pattern})\\Z"), rule) for pattern, rule in rows)


# The first whose pattern fits the whole key counts. A key without a rule counts as it is written: other programs may read it in cmap.
_RULES = _rules(
    (r"totem\.(?:threads|nodeid)", _nothing),
    (r"totem\.config_version", _default(0)),
    (r"totem\.transport", _default("knet")),
    (r"totem\.(?:secauth|crypto_cipher|crypto_hash)", _crypto),
    (r"totem\.crypto_model", _where_encrypted("nss")),
    (r"totem\.keyfile", _where_encrypted("/etc/corosync/authkey")),
    (r"totem\.key", _key),
    (r"totem\.(?:token|token_retransmit|hold|join|consensus|merge)", _timer),
    (r"totem\.downcheck", _downcheck),
    (r"totem\.max_network_delay", _network_delay),
    (r"totem\.token_coefficient", _default(TOKEN_COEFFICIENT, zero_counts=True)),
    (r"totem\.token_warning", _default(75, zero_counts=True)),
    (r"totem\.token_retransmits_before_loss_const", _default(RETRANSMITS)),
    (r"totem\.(?:send_join|heartbeat_failures_allowed)", _default(0)),
    (r"totem\.fail_recv_const", _default(2500)),
    (r"totem\.seqno_unchanged_const", _default(30)),
    (r"totem\.window_size", _default(50)),
    (r"totem\.max_messages", _default(17)),
    (r"totem\.miss_count_const", _default(5)),
    (r"totem\.clear_node_high_bit", _high_bit),
    (r"totem\.block_unlisted_ips", _unlisted),
    (r"totem\.cancel_token_hold_on_retransmit", _exact),
    (r"totem\.ip_version", _ip_version),
    (r"totem\.ip_dscp", _dscp),
    (r"totem\.netmtu", _netmtu),
    (r"totem\.link_mode", _link_mode),
    (r"totem\.knet_pmtud_interval", _knet(30)),
    (r"totem\.knet_mtu", _knet(0)),
    (r"totem\.knet_compression_(?:model|level|threshold)", _compression),
    # corosync has used the nodelist in place of these since it insists on one
    (r"totem\.interface\.\d+\.(?:bindnetaddr|member\.\d+)", _nothing),
    (r"totem\.interface\.\d+\.mcastaddr", _mcastaddr),
    (r"totem\.interface\.\d+\.mcastport", _port),
    (r"totem\.interface\.\d+\.broadcast", _broadcast),
    (r"totem\.interface\.\d+\.ttl", _ttl),
    (r"totem\.interface\.\d+\.knet_transport", _knet("udp")),
    (r"totem\.interface\.\d+\.knet_link_priority", _knet(1)),
    (r"totem\.interface\.\d+\.knet_pong_count", _knet(2)),
    (r"totem\.interface\.\d+\.knet_ping_precision", _knet(2048)),
    (r"totem\.interface\.\d+\.knet_ping_(?:interval|timeout)", _ping),
    (r"logging\.(?:{})".format("|".join(_LOGGING)), _logging),
    (r"system\.priority", _priority),
    (r"system\.sched_rr", _default("yes")),
    (r"system\.move_to_root_cgroup", _default("auto")),
    (r"system\.allow_knet_handle_fallback", _default("no")),
    (r"system\.qb_ipc_type", _default("native")),
    (r"resources\.watchdog_device", _watchdog),
    (r"resources\.watchdog_timeout", _default(6, zero_counts=True)),
    (r"quorum\.(?:votes|leaving_timeout)|quorum\.device\.master_wins", _nothing),
    (r"quorum\.expected_votes", _quorum(_expected_votes)),
    (r"quorum\.wait_for_all", _quorum(_wait_for_all)),
    (r"quorum\.last_man_standing_window", _quorum(_window)),
    (r"quorum\.auto_tie_breaker_node", _quorum(_tie_breaker_node)),
    (r"quorum\.(?:two_node|last_man_standing|auto_tie_breaker|allow_downscale|expected_votes_tracking)", _quorum(_flag)),
    (r"quorum\.device\.model", _quorum(_default(""))),
    (r"quorum\.device\.votes", _quorum(_device_votes)),
    (r"quorum\.device\.timeout", _quorum(_device(10000))),
    (r"quorum\.device\.sync_timeout", _quorum(_device(30000))),
    (r"quorum\.device\.net\.tls", _quorum(_device_word("on"))),
    (r"quorum\.device\.net\.keep_active_partition_tie_breaker", _quorum(_device_word("on"))),
    (r"quorum\.device\.net\.algorithm", _quorum(_device("ffsplit"))),
    (r"quorum\.device\.net\.tie_breaker", _quorum(_device("lowest"))),
    (r"quorum\.device\.net\.port", _quorum(_device_number(lambda timeout, sync_timeout: 5403))),
    (r"quorum\.device\.net\.force_ip_version", _quorum(_device_number(lambda timeout, sync_timeout: 0))),
    (r"quorum\.device\.net\.connect_timeout", _quorum(_device_number(lambda timeout, sync_timeout: min(max(0.8 * timeout, 1000), 120000)))),
    (r"quorum\.device\.heuristics\.mode", _quorum(_device_word("off"))),
    (r"quorum\.device\.heuristics\.timeout", _quorum(_heuristics(_device_number(lambda timeout, sync_timeout: timeout // 2)))),
    (r"quorum\.device\.heuristics\.sync_timeout", _quorum(_heuristics(_device_number(lambda timeout, sync_timeout: sync_timeout // 2)))),
    (r"quorum\.device\.heuristics\.interval", _quorum(_heuristics(_device_number(lambda timeout, sync_timeout: 3 * timeout)))),
    (r"quorum\.device\.heuristics\.exec_[^.]+", _quorum(_heuristics(_device(None)))),
    (r"quorum\.device\..*", _quorum(_device(None))),
)
