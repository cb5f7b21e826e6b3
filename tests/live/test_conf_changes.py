# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What corosync_conf_changes says of each key, and what real nodes do with it: on a restart of one of them, and on a reload.

For each key three nodes run with the old text. Then one of them is restarted with the new text: it finds the others, or not. Then all have the new
text and reload it, and what corosync shows of itself is compared with what it shows after all were restarted. All keys take a quarter of an
hour: unless QUORUM_EVERY_KEY is set, as by `make truth`, three are tried.
"""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from lab.corosync_conf import render, section

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import parse
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.conf_changes import action_of, changes
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.keys import KEYS

EVERY_KEY = bool(os.environ.get("QUORUM_EVERY_KEY"))
PATH = "/etc/corosync/corosync.conf"
ALONE = 6  # seconds: a node that has not found the others by then does not find them. At this token it takes less than two.
TOKEN = {"token": 500, "token_coefficient": 0, "consensus": 600}


class Case(NamedTuple):
    """A key, what it gets, and the action that is due. base: what both texts have beside it, by section."""

    key: str
    value: str
    action: str
    base: dict = {}  # never changed


ENCRYPTED = {"totem": {"crypto_cipher": "aes256", "crypto_hash": "sha256"}}
UDP, UDPU = {"totem": {"transport": "udp"}}, {"totem": {"transport": "udpu"}}
CLEAR = {"totem": {"crypto_cipher": None, "crypto_hash": None}}
LMS, ATB = {"quorum": {"last_man_standing": 1}}, {"quorum": {"auto_tie_breaker": 1, "wait_for_all": 1}}
COMPRESSED = {"totem": {"knet_compression_model": "zlib"}}
HEARTBEAT = {"totem": {"heartbeat_failures_allowed": 2}}
NICE = {"system": {"sched_rr": "no"}}

# These are tried always.
FEW = (
    Case("quorum.last_man_standing", "1", "restart"),
    Case("totem.interface.bindnetaddr", "10.0.0.0", "none"),
    Case("nodelist.node.nodeid", "7", "stop"),
)
CASES = FEW + (
    Case("totem.token", "700", "reload"),
    Case("totem.interface.mcastport", "5505", "stop"),
    *[
        Case(f"totem.{key}", value, "reload")
        for key, value in {
            "token_warning": "50",
            "token_retransmit": "60",
            "token_retransmits_before_loss_const": "8",
            "hold": "40",
            "join": "60",
            "send_join": "10",
            "consensus": "900",
            "merge": "300",
            "fail_recv_const": "1000",
            "seqno_unchanged_const": "20",
            "window_size": "60",
            "max_messages": "20",
            "miss_count_const": "6",
            "knet_pmtud_interval": "2",
            "knet_mtu": "1400",
            "knet_compression_model": "zlib",
            "block_unlisted_ips": "no",
            "cancel_token_hold_on_retransmit": "yes",
            "config_version": "2",
            "cluster_uuid": "0123",
            "token_coefficient": "100",
        }.items()
    ],
    Case("totem.downcheck", "2000", "reload", UDPU),
    Case("totem.downcheck", "2000", "none"),
    Case("totem.knet_compression_threshold", "500", "reload", COMPRESSED),
    Case("totem.knet_compression_threshold", "500", "none"),
    Case("totem.knet_compression_level", "5", "reload", COMPRESSED),
    Case("totem.secauth", "on", "reload", CLEAR),
    Case("totem.secauth", "yes", "none", CLEAR),
    Case("totem.crypto_cipher", "aes128", "reload", ENCRYPTED),
    Case("totem.crypto_hash", "sha512", "reload", ENCRYPTED),
    Case("totem.crypto_model", "openssl", "reload", ENCRYPTED),
    Case("totem.crypto_model", "openssl", "none", CLEAR),
    Case("totem.keyfile", "/etc/corosync/other", "reload", ENCRYPTED),
    Case("totem.key", "k" * 128, "reload", ENCRYPTED),
    Case("totem.version", "2", "none"),
    Case("totem.transport", "udpu", "stop", CLEAR),
    Case("totem.cluster_name", "other", "stop"),
    Case("totem.ip_version", "ipv4", "none"),
    Case("totem.clear_node_high_bit", "yes", "none"),
    Case("totem.nodeid", "9", "none"),
    Case("totem.threads", "2", "none"),
    Case("totem.netmtu", "1400", "restart"),
    Case("totem.link_mode", "rr", "none"),
    Case("totem.heartbeat_failures_allowed", "2", "restart"),
    Case("totem.max_network_delay", "60", "restart", HEARTBEAT),
    Case("totem.max_network_delay", "60", "none"),
    Case("totem.interface.linknumber", "0", "none"),
    Case("totem.interface.mcastaddr", "239.1.1.1", "none"),
    Case("totem.interface.mcastaddr", "239.1.1.1", "stop", UDP),
    Case("totem.interface.bindnetaddr", "10.0.0.0", "none", UDP),
    Case("totem.interface.broadcast", "yes", "none"),
    Case("totem.interface.broadcast", "yes", "stop", UDP),
    Case("totem.interface.ttl", "1", "none"),
    Case("totem.interface.ttl", "3", "restart", UDP),
    Case("totem.interface.knet_transport", "udp", "none"),
    Case("totem.interface.knet_link_priority", "5", "reload"),
    Case("totem.interface.knet_ping_interval", "100", "reload"),
    Case("totem.interface.knet_ping_timeout", "300", "reload"),
    Case("totem.interface.knet_ping_precision", "100", "reload"),
    Case("totem.interface.knet_pong_count", "3", "reload"),
    Case("totem.interface.member.memberaddr", "10.0.0.9", "none"),
    *[
        Case(f"logging.{key}", value, action)
        for key, value, action in (
            ("to_stderr", "yes", "reload"),
            ("to_syslog", "no", "reload"),
            ("to_logfile", "yes", "reload"),
            ("to_file", "yes", "reload"),
            ("logfile", "/var/log/corosync/other.log", "reload"),
            ("logfile_priority", "debug", "reload"),
            ("syslog_facility", "local3", "reload"),
            ("syslog_priority", "debug", "reload"),
            ("syslog_level", "debug", "reload"),
            ("timestamp", "off", "reload"),
            ("fileline", "on", "reload"),
            ("function_name", "on", "reload"),
            ("blackbox", "off", "reload"),
            ("debug", "on", "reload"),
        )
    ],
    Case("quorum.provider", "corosync_ykd", "stop"),
    Case("quorum.expected_votes", "4", "reload"),
    Case("quorum.two_node", "1", "reload"),
    Case("quorum.wait_for_all", "1", "restart"),
    Case("quorum.last_man_standing_window", "4000", "restart", LMS),
    Case("quorum.last_man_standing_window", "4000", "none"),
    Case("quorum.auto_tie_breaker", "1", "restart", {"quorum": {"wait_for_all": 1}}),
    Case("quorum.auto_tie_breaker_node", "highest", "restart", ATB),
    Case("quorum.auto_tie_breaker_node", "highest", "none"),
    Case("quorum.allow_downscale", "1", "restart"),
    Case("quorum.expected_votes_tracking", "1", "restart"),
    Case("quorum.votes", "2", "none"),
    Case("quorum.leaving_timeout", "4", "none"),
    Case("nodelist.node.name", "other", "reload"),
    Case("nodelist.node.ring0_addr", "", "stop"),  # the second address of the node
    Case("nodelist.node.quorum_votes", "2", "reload"),
    Case("system.qb_ipc_type", "socket", "restart"),
    Case("system.sched_rr", "no", "restart"),
    Case("system.priority", "5", "restart", NICE),
    Case("system.priority", "5", "none"),
    Case("system.move_to_root_cgroup", "no", "restart"),
    Case("system.allow_knet_handle_fallback", "yes", "restart"),
    Case("system.state_dir", "/var/lib/other", "restart"),
    Case("uidgid.uid", "1000", "reload"),
    Case("uidgid.gid", "1000", "reload"),
    Case("resources.watchdog_device", "/dev/nothing", "restart"),
    Case("resources.watchdog_timeout", "7", "reload"),
)
# Without a case: keys of other sections of the same kind, what the lab has not, and what corosync 3.1.7 does not know.
WITHOUT = re.compile(r"logging\.(logger_subsys|logging_daemon)\.|nozzle\.|quorum\.device\.|totem\.ip_dscp\Z|nodelist\.node\.ring[1-7]_addr\Z")
# corosync takes no notice, but programs beside it do.
OTHERS_MIND = ("totem.cluster_name", "quorum.provider")
# A node that is restarted with it finds the others after they have reloaded it: a reload comes before any restart.
RELOADED_FIRST = re.compile(r"totem\.(secauth|crypto_cipher|crypto_hash|key|keyfile)\Z")
# What corosync shows of itself.
SHOWN = re.compile(r"(runtime\.config\.|runtime\.votequorum\.(two_node|atb_type|allow_downscale)|uidgid\.config\.|resources\.watchdog_timeout).* = ")
# Of these keys it shows nothing: only that a reload was taken, and whether the node joins.
UNSHOWN = re.compile(
    r"(system\..*|resources\..*|logging\..*|totem\.(netmtu|heartbeat_failures_allowed|max_network_delay|interface\.ttl)|quorum\.(last_man_standing_window"
    r"|expected_votes_tracking))\Z"
)


def test_every_key_has_a_case_here() -> None:
    known = {f"{path}.{key}" for path, names in KEYS.items() for key in names}
    assert {key for key in known if not WITHOUT.match(key)} <= {case.key for case in CASES}


class Trial:
    def __init__(self, cluster, case: Case) -> None:
        self.case = case
        base = {path: dict(values) for path, values in case.base.items()}
        totem = dict(TOKEN, **base.pop("totem", {}))
        self.made = cluster(nodes=3, totem=totem, quorum=base.pop("quorum", None))
        self.made.wait_ring()
        self.old = self.made.conf + "".join("\n".join(section(path, values)) + "\n" for path, values in base.items())
        self.new = self._with_the_key(self.old)
        self.wrong: list[str] = []
        if base:
            self._write(self.old, self.made)
            self._restart_all()

    def _with_the_key(self, text: str) -> str:
        path, key = self.case.key.rsplit(".", 1)
        value = self.case.value or f"{self._second_address(self.made[3])}"
        if path == "nodelist.node":
            lines = text.split("\n")
            at = next(number for number, line in enumerate(lines) if "nodeid: 3" in line)
            node = range(at - 2, at + 3)
            own = [number for number in node if lines[number].strip().startswith(key + ":")]
            if own:
                lines[own[0]] = f"        {key}: {value}"
            else:
                lines.insert(at, f"        {key}: {value}")
            return "\n".join(lines)
        without = re.sub(rf"(?m)^    {key}: .*\n", "", text) if path in ("totem", "quorum", "logging") else text
        content: dict = {key: value}
        for name in reversed(path.split(".")[1:]):
            content = {name: content}
        return without + "\n".join(section(path.split(".")[0], content)) + "\n"

    def _second_address(self, node) -> str:
        address = re.sub(r"\.(\d+)$", lambda last: f".{int(last.group(1)) + 100}", str(node.address))
        node.sh(f"ip addr show dev host0 | grep -q {address}/ || ip addr add {address}/24 dev host0")
        return address

    def go(self) -> list[str]:
        for node in self.made:
            node.sh("mkdir -p /var/lib/other /var/log/corosync; cd /etc/corosync; tr a-f g-l <authkey >other; chmod 600 other")
        said = action_of(changes(self.old, self.new))
        self._check(said == self.case.action, f"the filter says {said}")
        before = self._shown()
        joins = self._joins()
        due = self.case.action != "stop" or self.case.key in OTHERS_MIND
        if self.case.action == "reload" and RELOADED_FIRST.match(self.case.key):
            due = False
        self._check(joins is due, f"a node that is restarted with it {'joins' if joins else 'is alone'}")
        if self.case.action != "stop":
            self._compare(before, *self._after_a_reload(), self._after_a_restart())
        return self.wrong

    def _check(self, holds: bool, message: str) -> None:
        if not holds:
            self.wrong.append(f"{self.case.key} {self.case.value}: {self.case.action} is due, but {message}")

    def _joins(self) -> bool:
        """One node is restarted with the new text, and then with the old one again."""
        node = self.made[3]
        self._write(self.new, [node])
        node.run(["systemctl", "restart", "corosync"], timeout=60, check=False)
        deadline = time.monotonic() + ALONE
        found = False
        while not found and time.monotonic() < deadline:
            found = len(node.ring_members()) == 3 and len(self.made[1].ring_members() - {3, 7}) == 2 and len(self.made[1].ring_members()) == 3
            time.sleep(0.2)
        self._write(self.old, [node])
        node.run(["systemctl", "restart", "corosync"], timeout=60)
        self.made.wait_ring()
        return found

    def _after_a_reload(self) -> tuple[list[str], str]:
        self._write(self.new, self.made)
        done = self.made[1].run(["corosync-cfgtool", "-R"], check=False, timeout=30)
        self._check(done.returncode == 0, f"a reload fails: {done.stdout} {done.stderr}")
        time.sleep(2)
        self.made.wait_ring()
        return self._shown(), self.made[3].run(["journalctl", "-u", "corosync", "-n", "40", "-o", "cat", "--no-pager"]).stdout

    def _after_a_restart(self) -> list[str]:
        self._restart_all()
        return self._shown()

    def _compare(self, before: list[str], reloaded: list[str], log: str, restarted: list[str]) -> None:
        action, differs = self.case.action, set(reloaded) ^ set(restarted)
        refused = f"'{self.case.key}' in corosync.conf cannot be changed at run-time" in log
        if action == "none":
            self._check(before == reloaded == restarted, f"it changes {sorted(set(before) ^ set(restarted) | differs)}")
        elif action == "reload":
            self._check(not differs and not refused, f"a restart changes more than a reload: {sorted(differs)}")
        elif action == "restart":
            self._check(bool(differs) or refused or bool(UNSHOWN.match(self.case.key)), "a reload does as much as a restart")

    def _shown(self) -> list[str]:
        node = self.made[3]
        cmap = [line for line in node.run(["corosync-cmapctl"]).stdout.splitlines() if SHOWN.match(line) and not self._is_of_no_meaning(line)]
        quorum = node.run(["corosync-quorumtool", "-s"], check=False).stdout
        return sorted(cmap + re.findall(r"(?m)^(?:Expected votes|Total votes|Quorum|Flags): .*", quorum))

    def _is_of_no_meaning(self, line: str) -> bool:
        """A tie-breaker that is off is shown after a reload only. A reload calculates the timers of the links with the token timeout before it.

        And a number is shown as it is written, also where nothing uses it.
        """
        unused = self.case.action == "none" and line.startswith(f"runtime.config.{self.case.key} ")
        return unused or line.endswith("atb_type (u32) = 0") or ("knet_ping_" in line and self.case.key.startswith("totem.token"))

    def _write(self, text: str, nodes) -> None:
        for node in nodes:
            node.put(text, PATH)

    def _restart_all(self) -> None:
        for what in ("stop", "start"):
            with ThreadPoolExecutor(3) as pool:
                list(pool.map(lambda node, what=what: node.run(["systemctl", what, "corosync"], timeout=60), self.made))
        self.made.wait_ring()
        self.made.wait_quorate()


@pytest.mark.parametrize("case", CASES if EVERY_KEY else FEW, ids=lambda case: f"{case.key}-{case.action}")
def test_a_key_does_what_is_said_of_it(cluster, case: Case) -> None:
    assert Trial(cluster, case).go() == []


# --- the quorum device -----------------------------------------------------------------------------------------------

# What to put in place of what, the action that is due, and what corosync-qdevice-tool or corosync-quorumtool shows once it is in force.
DEVICE = (
    ("algorithm: ffsplit", "algorithm: ffsplit\n            tie_breaker: highest", "restart_qdevice", r"Tie-breaker:\s+Node with highest"),
    ("algorithm: ffsplit", "algorithm: ffsplit\n            connect_timeout: 7000", "restart_qdevice", r"Connect timeout:\s+7000ms"),
    ("algorithm: ffsplit", "algorithm: ffsplit\n            force_ip_version: 4", "restart_qdevice", r"Force IP version:\s+4"),
    ("model: net", "model: net\n        timeout: 9000", "restart_qdevice", r"HB interval:\s+9000ms"),
    ("model: net", "model: net\n        sync_timeout: 25000", "restart_qdevice", r"Sync HB interval:\s+25000ms"),
    (
        "model: net",
        "model: net\n        heuristics {\n            mode: on\n            exec_true: /bin/true\n        }",
        "reload",
        r"Heuristics result:\s+Pass",
    ),
    ("tls: off", "tls: no", "none", r"TLS:\s+Unsupported"),
    ("algorithm: ffsplit", "algorithm: lms", "restart_qdevice", r"Algorithm:\s+LMS"),
    ("algorithm: ffsplit", "algorithm: ffsplit\n            keep_active_partition_tie_breaker: off", "restart_qdevice", r"KAP Tie-breaker:\s+Disabled"),
    # The last one, as its daemon does not start again: ffsplit takes no device with two votes. What corosync itself shows is in force all the same.
    ("votes: 1", "votes: 2", "reload", r"Expected votes:\s+4"),
)
# There is one model, the daemon sets master_wins itself, host and port need another server, and nothing is shown of the others.
DEVICE_WITHOUT = re.compile(r"quorum\.device\.(model|master_wins|net\.host|net\.port|heuristics\.(interval|timeout|sync_timeout))\Z")


def test_every_key_of_the_device_has_a_case_here() -> None:
    net = {"host": "10.0.0.9", "algorithm": "ffsplit", "tls": "off"}
    text = render({1: "10.0.0.1", 2: "10.0.0.2"}, device={"model": "net", "votes": 1, "net": net})
    tried = {key for old, new, *_dummy in DEVICE for key in _keys_in(text.replace(old, new, 1))}
    known = {f"{path}.{key}" for path, names in KEYS.items() for key in names if path.startswith("quorum.device")}
    assert {key for key in known if not DEVICE_WITHOUT.match(key)} <= tried


def _keys_in(text: str) -> set[str]:
    return {".".join((item.section, item.key)) for item in parse(text).items}


def test_the_daemon_of_the_device_follows_what_is_said_of_it(cluster) -> None:
    made = cluster(nodes=2, qdevice="ffsplit")
    made.wait_qdevice_votes()
    wrong = []
    for old, new, action, shown in DEVICE if EVERY_KEY else DEVICE[:1]:
        assert old in made.conf
        text = made.conf.replace(old, new, 1)
        said = action_of(changes(made.conf, text))
        for node in made:
            node.put(text, PATH)
        made[1].run(["corosync-cfgtool", "-R"])
        at_reload = _shows(made[1], shown, patience=45 if action == "reload" else 1)  # heuristics run every 30 s
        made[1].run(["systemctl", "restart", "corosync-qdevice"], check=action != "reload", timeout=60)
        at_restart = _shows(made[1], shown, patience=20)
        if (said, at_reload, at_restart) != (action, action != "restart_qdevice", True):
            wrong.append(
                f"{new}: {action} is due, and the filter says {said}; in force after a reload: {at_reload}, after a restart of the daemon: {at_restart}"
            )
    assert not wrong, "\n".join(wrong)


def _shows(node, pattern: str, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not re.search(pattern, node.sh("corosync-qdevice-tool -sv; corosync-quorumtool -s", check=False, timeout=20).stdout):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    return True
