# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each trap is found where it is and only there. What corosync itself refuses is compared with it in tests/truth/test_lint_corosync.py."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.plugin_utils._lint import refusals as lint_refusals
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.checks import CHECKS, lint, why_refused
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples

ENCRYPTED = "crypto_cipher: aes256\ncrypto_hash: sha256"
DEVICE = "device {\nmodel: net\nvotes: 1\nnet {\nhost: qnetd\nalgorithm: ffsplit\n}\n}"


def configuration(nodes="1 1 1", quorum="", totem="", more=""):
    """A file without a fault and without a trap, but for what is added. ``nodes``: the votes of each."""
    crypto = [] if re.search("transport: udp|crypto|secauth", totem) else ENCRYPTED.splitlines()
    lines = ["totem {", "version: 2", "config_version: 1", "cluster_name: demo", *crypto, *totem.splitlines(), "}", "nodelist {"]
    for number, votes in enumerate(nodes.split(), 1):
        lines += [
            "node {",
            f"name: node{number}",
            f"nodeid: {number}",
            f"ring0_addr: 10.0.0.{number}",
            *([f"quorum_votes: {votes}"] if votes != "1" else []),
            "}",
        ]
    return "\n".join([*lines, "}", "quorum {", "provider: corosync_votequorum", *quorum.splitlines(), "}", *more.splitlines()]) + "\n"


def without(text, *lines):
    assert all(line in text.split("\n") for line in lines)
    return "\n".join(line for line in text.split("\n") if line not in lines)


def instead(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


GOOD = {
    "three nodes": configuration(),
    "one vote more": configuration("1 1 1 2"),
    "two_node": configuration("1 1", "two_node: 1"),
    "two nodes with a device": configuration("1 1", DEVICE),
    "four nodes with the tie-breaker": configuration("1 1 1 1", "auto_tie_breaker: 1\nwait_for_all: 1\nauto_tie_breaker_node: 1 2"),
    "last man standing": configuration("1 1 1 1", "last_man_standing: 1\nwait_for_all: 1\nauto_tie_breaker: 1"),
    "most votes that can be counted": configuration("170 170 169"),
    "expected votes as they are": configuration(quorum="expected_votes: 3"),
    "as pcs writes it": configuration(
        "1 1",
        "two_node: 1",
        totem="cluster_uuid: 0123456789abcdef0123456789abcdef\ntransport: knet\ncrypto_cipher: aes256\ncrypto_hash: sha256",
        more="logging {\nto_logfile: yes\nlogfile: /var/log/cluster/corosync.log\nto_syslog: yes\ntimestamp: on\n}",
    ),
    "as Proxmox VE writes it": configuration(
        totem="interface {\nlinknumber: 0\n}\nip_version: ipv4-6\nlink_mode: passive\nsecauth: on",
        more="logging {\ndebug: off\nto_syslog: yes\n}",
    ),
    "every section": configuration(
        totem="token: 1000\ninterface {\nlinknumber: 0\nmcastport: 5405\n}",
        more="logging {\nto_syslog: yes\nlogger_subsys {\nsubsys: QUORUM\ndebug: off\n}\n}\n"
        "system {\nsched_rr: no\n}\nresources {\nsystem {\nload_15min {\nmax: 8\n}\n}\n}\n",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_nothing_is_found_where_nothing_is(name):
    assert lint(GOOD[name]) == []


# id, the file, what its message says
TRAPS = [
    ("no_quorum_section", configuration()[: configuration().index("quorum {")], "calls every partition quorate"),
    ("no_provider", without(configuration(), "provider: corosync_votequorum"), "no provider"),
    ("other_provider", instead(configuration(), "corosync_votequorum", "corosync_ykd"), "corosync_ykd"),
    ("duplicate_nodeid", instead(configuration("1 " * 11), "nodeid: 5\n", "nodeid: 4\n"), "node4 and node5 both have nodeid 4"),
    ("duplicate_address", instead(configuration(), "10.0.0.2", "10.0.0.1"), "10.0.0.1 of node2 is already an address of node1"),
    ("duplicate_address", instead(configuration(), "10.0.0.2", "10.1"), "10.1 of node2 is already an address of node1"),
    ("duplicate_address", instead(configuration().replace("10.0.0.", "fd00::"), "fd00::2", "FD00:0::1"), "FD00:0::1 of node2"),
    ("duplicate_name", instead(configuration(), "name: node2", "name: node1"), '"node1"'),
    ("node_without_address", without(configuration(), "ring0_addr: 10.0.0.2"), "node2 has no ring0_addr"),
    ("node_without_nodeid", without(configuration(totem="transport: udpu"), "nodeid: 2"), "corosync derives 167772162 from its address"),
    ("node_without_nodeid", instead(without(configuration(totem="transport: udpu"), "nodeid: 2"), "10.0.0.2", "10.2"), "corosync derives 167772162 from"),
    ("node_without_nodeid", instead(without(configuration(totem="transport: udpu"), "nodeid: 2"), "10.0.0.2", "host2"), "the address that host2 resolves to"),
    ("node_without_name", without(configuration(), "name: node2"), "10.0.0.2 has no name"),
    ("two_node_without_two_nodes", configuration("1 1 1", "two_node: 1"), "3 nodes are configured"),
    ("two_node_without_two_nodes", configuration("1", "two_node: 1"), "only one node is configured"),
    ("two_node_with_votes", configuration("1 2", "two_node: 1"), "node2 has 2"),
    ("two_node_without_wait_for_all", configuration("1 1", "two_node: 1\nwait_for_all: 0"), "by itself"),
    ("two_node_without_two_nodes", configuration("1 1 1", "two_node: 1\nauto_tie_breaker: 1"), "Only auto_tie_breaker keeps"),
    ("two_node_with_tie_breaker", configuration("1 1", "two_node: 1\nauto_tie_breaker: 1"), "keeps the wait_for_all"),
    ("two_node_with_tie_breaker", configuration("1 1 1", "two_node: 1\nauto_tie_breaker: 1\nwait_for_all: 1"), "drops two_node, keeps auto_tie_breaker."),
    ("two_node_with_tie_breaker", configuration("1 1 1", "two_node: 1\nauto_tie_breaker: 1\nwait_for_all: 0"), "drops two_node and auto_tie_breaker, too"),
    ("two_nodes_without_two_node", configuration("1 1"), "both are needed"),
    ("votes_wrap", configuration("255 255"), "so 256 would be needed but 0 is"),
    ("votes_wrap", configuration(quorum="expected_votes: 600"), "so 301 would be needed but 45 is"),
    ("votes_wrap", configuration("1 " * 128, "device {\nmodel: net\nvotes: 400\n}"), "528 votes"),
    ("no_votes", configuration("0 0 0"), "never quorate"),
    ("expected_votes_unreachable", configuration(quorum="expected_votes: 9"), "needs 5 votes"),
    (
        "expected_votes_unreachable",
        configuration(quorum="expected_votes: 4\nwait_for_all: 1"),
        "with wait_for_all needs 4 votes, but all nodes together have 3",
    ),
    ("expected_votes_unreachable", configuration("1 1", "two_node: 1\nexpected_votes: 3"), "with wait_for_all needs 3 votes"),
    ("expected_votes_overrides", configuration("1 1", "two_node: 1\nwait_for_all: 0\nexpected_votes: 5"), "adds up to 2"),
    ("expected_votes_split", configuration("1 1 1 1", "expected_votes: 2"), "two partitions of 2 votes each"),
    ("expected_votes_overrides", configuration(quorum="expected_votes: 4"), "adds up to 3"),
    ("tie_breaker_list_without_wait_for_all", configuration("1 1 1 1", "auto_tie_breaker: 1\nauto_tie_breaker_node: 1 2"), "cold start"),
    ("tie_breaker_dropped", configuration("1 1 1", "auto_tie_breaker: 1"), "odd (3)"),
    ("tie_breaker_invalid", configuration("1 1 1 1", "auto_tie_breaker: 1\nauto_tie_breaker_node: node1"), '"node1"'),
    ("tie_breaker_list_cut", configuration("1 1 1 1", "wait_for_all: 1\nauto_tie_breaker: 1\nauto_tie_breaker_node: 1,3"), "reads only 1."),
    ("tie_breaker_list_cut", configuration("1 1 1 1", "wait_for_all: 1\nauto_tie_breaker: 1\nauto_tie_breaker_node: 2 x 3"), "reads only 2."),
    ("tie_breaker_unknown_node", configuration("1 1 1 1", "wait_for_all: 1\nauto_tie_breaker: 1\nauto_tie_breaker_node: 1 9"), "9"),
    ("tie_breaker_off", configuration("1 1 1", "auto_tie_breaker_node: lowest"), "no effect"),
    ("last_man_standing_with_votes", configuration("1 1 2", "last_man_standing: 1\nwait_for_all: 1"), "node3"),
    ("last_man_standing_without_wait_for_all", configuration("1 1 1", "last_man_standing: 1"), "second quorate partition"),
    (
        "last_man_standing_tie_breaker",
        configuration("1 1 1 1", "last_man_standing: 1\nwait_for_all: 1\nauto_tie_breaker: 1\nauto_tie_breaker_node: highest"),
        "lowest",
    ),
    ("allow_downscale", configuration(quorum="allow_downscale: 1"), "unsupported"),
    ("expected_votes_tracking", configuration(quorum="expected_votes_tracking: 1"), "on disk"),
    ("qdevice_without_model", configuration(quorum="device {\nvotes: 1\n}"), "ignores it"),
    ("qdevice_settings", configuration(quorum=instead(DEVICE, "host: qnetd\n", "")), "no host"),
    ("qdevice_settings", configuration(quorum=instead(DEVICE, "ffsplit", "test")), '"test"'),
    *[
        ("qdevice_settings", configuration(quorum=instead(DEVICE, "host: qnetd", "host: qnetd\n" + line)), f"{line.partition(':')[0]} is ")
        for line in ("tls: true", "port: 0", "port: https", "tie_breaker: node1", "tie_breaker: 9", "connect_timeout: 900", "force_ip_version: 5")
        + ("keep_active_partition_tie_breaker: yes please", "tls:")
    ],
    *[
        ("qdevice_settings", configuration(quorum=instead(DEVICE, "net {", f"heuristics {{\n{line}\n}}\nnet {{")), f"{line.partition(':')[0]} is ")
        for line in ("mode: true", "timeout: 10", "sync_timeout: 2 s", "interval: 999")
    ],
    ("qdevice_settings", configuration(quorum=instead(DEVICE, "algorithm: ffsplit", "algorithm:")), 'algorithm is ""'),
    ("qdevice_settings", configuration(quorum=instead(DEVICE, "model: net", "model: disk")), '"disk"'),
    ("qdevice_settings", without(configuration(quorum=DEVICE), "cluster_name: demo"), "cluster name"),
    ("qdevice_algorithm_votes", configuration(quorum=instead(DEVICE, "votes: 1\n", "")), "votes is not set"),
    ("qdevice_algorithm_votes", configuration("1 1", instead(DEVICE, "votes: 1\n", "")), "votes is not set"),
    ("qdevice_algorithm_votes", configuration("1 1", instead(instead(DEVICE, "votes: 1\n", ""), "algorithm: ffsplit\n", "")), "where none is set, "),
    ("qdevice_algorithm_votes", configuration(quorum=instead(DEVICE, "votes: 1\n", "votes: 2\n")), "votes is 2"),
    ("qdevice_algorithm_votes", configuration("1 2 1", DEVICE), "node2 has 2 votes"),
    ("qdevice_algorithm_votes", configuration(quorum=instead(DEVICE, "ffsplit", "lms")), "needs 2"),
    ("qdevice_algorithm_nodes", configuration(quorum=instead(DEVICE, "ffsplit", "2nodelms")), "is for two nodes, but 3 nodes are configured"),
    ("qdevice_algorithm_nodes", configuration("1", quorum=instead(DEVICE, "ffsplit", "2nodelms")), "but 1 node is configured"),
    ("uidgid_can_write", configuration(more="uidgid {\nuid: zabbix\ngid: 0\n}"), "user zabbix"),
    ("unknown_section", configuration(more="quroum {\n}"), '"quroum"'),
    ("unknown_section", configuration(quorum="devise {\nmodel: net\n}"), 'in "quorum"'),
    ("unknown_key", configuration("1 1", "two_nodes: 1\ntwo_node: 1"), '"two_nodes"'),
    ("unknown_key", configuration(more="expected_votes: 3"), "outside of any section"),
    ("unknown_key", configuration(more="quorum.wait_for_all: 1"), "outside of its section"),
    ("unknown_key", configuration(totem="rrp_mode: passive"), "a key of corosync 1 or 2"),
    ("unknown_key", configuration(totem="interface {\nringnumber: 0\n}"), "a key of corosync 1 or 2"),
    ("unknown_section", configuration(more="service {\nname: pacemaker\n}"), "of an older corosync"),
    ("more_than_the_value", instead(configuration(), "cluster_name: demo", 'cluster_name: "demo"'), "quotes"),
    ("more_than_the_value", instead(configuration(), "name: node2", "name: node2 # rack 2"), "node2 # rack 2"),
    *[
        ("word_not_understood", configuration(totem=line), words)
        for line, words in (
            ("secauth: yes", 'reads totem.secauth "yes" as "off". Nothing is encrypted.'),
            ("secauth: ON", "Nothing is encrypted."),
            ("secauth: yes\ncrypto_cipher: aes256\ncrypto_hash: sha256", 'as "off".'),
            ("clear_node_high_bit: on", 'as "no"'),
            ("block_unlisted_ips: off", 'as "yes"'),
            ("cancel_token_hold_on_retransmit: true", 'as "no"'),
            ("transport: udp\ninterface {\nbroadcast: true\n}", 'as "no"'),
        )
    ],
    *[
        ("key_not_read", configuration(totem=line), "has no effect")
        for line in ("threads: 2", "nodeid: 3", "interface {\nbindnetaddr: 10.0.0.0\n}", "interface {\nmcastaddr: 239.1.1.1\n}")
        + ("interface {\nmember {\nmemberaddr: 10.0.0.1\n}\n}", "transport: udpu\ninterface {\nbroadcast: yes\n}")
    ],
    *[("key_not_read", configuration(quorum=line), "has no effect") for line in ("votes: 1", "leaving_timeout: 4", DEVICE[:-1] + "master_wins: 1\n}")],
    ("consensus_below_token", configuration(totem="token: 10000\nconsensus: 3600"), "3 nodes the token timeout is 10650 ms"),
    ("consensus_below_token", configuration("1 " * 12, totem="consensus: 3600"), "12 nodes the token timeout is 9500 ms"),
    ("next_corosync", configuration(totem="transport: udpu"), "does not start with transport udpu"),
    ("next_corosync", configuration(totem="crypto_cipher: none\ncrypto_hash: none"), "not encrypted"),
    ("next_corosync", without(configuration(), *ENCRYPTED.split("\n")), "does not find the others"),
    ("only_next_corosync", configuration(totem="crypto_cipher: aes256"), "without a crypto_hash"),
    ("only_next_corosync", configuration(totem="crypto_cipher: aes-256-cbc\ncrypto_hash: sha256"), '"aes-256-cbc"'),
    ("repeated_key", configuration(totem="version: 2"), "line 2"),
    ("repeated_nodelist", configuration(more="nodelist {\nnode {\nnodeid: 1\n}\n}"), "second nodelist"),
    ("even_votes", configuration("1 1 1 1"), "(4)"),
    ("single_node", configuration("1"), "only one node"),
    ("zero_votes", configuration("1 1 1 0"), "node4"),
    ("no_config_version", without(configuration(), "config_version: 1"), "old file"),
]

REFUSALS = [
    ("refused_syntax", configuration(more="foo"), "Line"),
    ("refused_number", configuration(quorum="two_node: yes"), '"yes"'),
    ("refused_key", configuration(more="uidgid {\nuser: 3\n}"), '"user"'),
    ("refused_key_name", configuration(totem="a b: 3"), '"totem.a b"'),
    ("refused_logging", configuration(more="logging {\nlogger_subsys {\n}\n}"), "subsys"),
    ("refused_word", configuration(totem="ip_version: 4"), 'totem.ip_version cannot be "4"'),
    ("refused_word", configuration(totem="knet_compression_model: none"), '"none"'),
    ("refused_word", configuration(more="logging {\nlogger_subsys {\nsubsys: CPG\ndebug: yes\n}\n}"), "logging.logger_subsys.CPG.debug"),
    ("refused_word", configuration(more="system {\npriority: high\n}"), '"high"'),
    ("refused_uidgid", configuration(more="uidgid {\nuid: -1\n}"), "-1"),
    ("refused_empty", configuration(more="system {\nstate_dir:\n}"), "system.state_dir has no value"),
    ("refused_empty", configuration(more="logging {\nlogger_subsys {\nsubsys: CPG\nlogfile:\n}\n}"), "logging.logger_subsys.CPG.logfile has no value"),
    ("refused_empty", configuration(more="uidgid {\ngid:\n}"), "uidgid.gid has no value"),
    ("refused_nodelist", configuration(""), "No node has a name"),
    ("refused_first_node", instead(configuration(), "nodelist {", "nodelist {\nnode {\nnodeid: 9\n}"), "aborts"),
    ("refused_links", instead(configuration(), "ring0_addr: 10.0.0.2", "ring9_addr: 10.0.0.2"), "no link 9"),
    ("refused_links", instead(configuration(), "ring0_addr: 10.0.0.2", "ring0_addr: 10.0.0.2\nring1_addr: 10.0.1.2"), "link 0: 3, link 1: 1"),
    ("refused_nodeid", without(configuration(), "nodeid: 2"), "node2 has no nodeid"),
    ("refused_nodeid", without(configuration(totem="transport: udpu").replace("10.0.0.", "fd00::"), "nodeid: 2"), "derive one from an IPv6 address"),
    ("refused_nodeid", instead(configuration(totem="transport: udp\nip_version: ipv6").replace("10.0.0.", "fd00::"), "nodeid: 2", "nodeid: 0"), "than 0, and"),
    ("refused_nodeid", instead(configuration(), "nodeid: 2", "nodeid: 70000"), "70000"),
    ("refused_duplicate_nodeid", instead(configuration(), "nodeid: 2", "nodeid: 1"), "node1 and node2 both have nodeid 1"),
    ("refused_address", instead(configuration(), "10.0.0.2", "10.0.0.256"), '"10.0.0.256"'),
    ("refused_address", instead(configuration(), "10.0.0.2", "fd00::2"), "IPv6"),
    *[
        ("refused_address", instead(configuration(), "10.0.0.2", address), "is not an address for link 0 of node2")
        for address in ("10.0.0.2  # rack 2", '"10.0.0.2"', "'10.0.0.2'", "10.0.0.2/24", "10.0.0.2:5405", "[fd00::2]", "fd00::2::1", "node 2", "node2,node3")
    ],
    ("refused_address", configuration(totem="interface {\nmcastaddr: 239.1.1.1 # ours\n}"), "mcastaddr cannot be"),
    ("refused_multicast", configuration(totem="transport: udp\ninterface {\nmcastaddr: 10.1.1.1\n}"), "no multicast address"),
    ("refused_multicast", configuration(totem="transport: udp\nip_version: ipv4\ninterface {\nmcastaddr: ff15::1\n}"), "not IPv4"),
    ("refused_multicast", configuration(totem="transport: udp\nip_version: ipv4-6\ninterface {\nmcastaddr: ff15::1\n}"), "another IP version"),
    ("refused_word", configuration(totem="ip_dscp: 64"), 'totem.ip_dscp cannot be "64"'),
    ("refused_word", configuration(totem="crypto_cipher: aes512\ncrypto_hash: sha256"), '"aes512"'),
    ("refused_word", configuration(totem="secauth: off\ncrypto_cipher: aes-256-cbc\ncrypto_hash: sha256"), '"aes-256-cbc"'),
    ("refused_link_option", configuration(totem="transport: udpu\ninterface {\nttl: 4\n}"), "ttl"),
    ("refused_multicast", without(configuration(totem="transport: udp"), "cluster_name: demo"), "multicast"),
    ("refused_totem_version", without(configuration(), "version: 2"), "missing"),
    ("refused_crypto", configuration(totem="secauth: off\ncrypto_cipher: aes256"), "without a crypto_hash"),
    ("refused_crypto", configuration(totem="crypto_cipher: aes256\ncrypto_hash: none"), "without a crypto_hash"),
    ("refused_timeout", configuration(totem="consensus: 40\njoin: 45"), "shorter"),
    ("refused_provider", instead(configuration(), "corosync_votequorum", "votequorum"), '"votequorum"'),
    ("refused_two_node_with_qdevice", configuration("1 1", "two_node: 1\n" + DEVICE), "two_node"),
    ("refused_tie_breaker_with_last_man_standing", configuration(quorum="auto_tie_breaker: 1\nlast_man_standing: 1"), "odd number of votes (3)"),
    ("refused_qdevice_combination", configuration(quorum="last_man_standing: 1\n" + DEVICE), "last_man_standing"),
    ("refused_qdevice_votes", configuration("1 1 2", instead(DEVICE, "votes: 1\n", "")), "Not every node has one vote"),
]


@pytest.mark.parametrize(("trap", "text", "words"), TRAPS + REFUSALS)
def test_the_trap_is_found_and_says_what_and_where(trap, text, words):
    findings = [finding for finding in lint(text) if finding["id"] == trap]
    assert any(words in finding["message"] for finding in findings), lint(text)
    for finding in findings:
        assert finding["message"].endswith(".") and finding["advice"].endswith((".", "?", ")")), finding
        assert finding["line"] is None or 1 <= finding["line"] <= text.count("\n")


@pytest.mark.parametrize(("trap", "text", "words"), TRAPS + REFUSALS)
def test_nothing_is_refused_but_what_a_case_says(trap, text, words):
    assert any(finding["id"].startswith("refused_") for finding in lint(text)) is trap.startswith("refused_")


def test_every_check_has_a_case_here():
    cases = {trap for trap, _text, _words in TRAPS + REFUSALS}
    judged = {check_id for check_id, _severity, _check in CHECKS}
    judged |= {check_id for check_id, _check in lint_refusals.ALWAYS + lint_refusals.VOTEQUORUM}
    read = {"refused_syntax", "refused_number", "refused_key", "refused_key_name", "refused_logging"}
    assert cases == judged | read


def findings_of(text, check_id):
    return [finding for finding in lint(text) if finding["id"] == check_id]


@pytest.mark.parametrize(
    ("trap", "text"),
    [
        ("consensus_below_token", configuration("1 1", totem="token: 10000\nconsensus: 3600", quorum="two_node: 1")),  # man corosync.conf: safe with two
        ("consensus_below_token", configuration(totem="token: 10000\nconsensus: 12780")),
        ("node_without_nodeid", without(configuration(), "nodeid: 2")),
        ("more_than_the_value", instead(configuration(), "cluster_name: demo", "cluster_name: web#1")),
        ("more_than_the_value", instead(configuration(), "name: node2", "name: it's")),
        ("word_not_understood", configuration(totem="secauth: off\nblock_unlisted_ips: no")),
        ("key_not_read", configuration(totem="transport: udp\ninterface {\nmcastaddr: 239.1.1.1\n}")),
        ("tie_breaker_dropped", configuration("1 1 1", "two_node: 1\nauto_tie_breaker: 1\nwait_for_all: 0")),
        *[
            ("qdevice_settings", configuration(quorum=instead(DEVICE, "host: qnetd", "host: qnetd\n" + line)))
            for line in ("tls: Off", "tls: REQUIRED", "port: 1", "tie_breaker: 2", "connect_timeout: +1000", "force_ip_version: 4", "")
        ],
        ("qdevice_settings", configuration(quorum=without(DEVICE, "algorithm: ffsplit"))),
        ("qdevice_algorithm_votes", configuration(quorum=without(DEVICE, "algorithm: ffsplit"))),
        ("qdevice_algorithm_nodes", configuration("1 1", quorum=instead(DEVICE, "ffsplit", "2nodelms"))),
        ("qdevice_algorithm_nodes", configuration(quorum=instead(DEVICE, "ffsplit", "lms"))),
        ("next_corosync", configuration(totem="secauth: on")),
        ("next_corosync", configuration(totem="crypto_cipher: aes256")),
        ("refused_address", instead(configuration(), "10.0.0.2", "node-2_b.example.com")),
        ("refused_address", instead(configuration(), "10.0.0.2", "tr\u00fcth2")),
        ("refused_address", configuration(totem="interface {\nbindnetaddr: nothing # at all\n}")),  # corosync takes the nodelist's
    ],
)
def test_what_looks_similar_is_not_found(trap, text):
    assert findings_of(text, trap) == []


def test_two_node_on_one_node_does_no_harm():
    assert [finding["severity"] for finding in findings_of(configuration("1", "two_node: 1"), "two_node_without_two_nodes")] == ["warning"]
    assert [finding["severity"] for finding in findings_of(configuration("1 1 1", "two_node: 1"), "two_node_without_two_nodes")] == ["error"]


def test_a_refusal_is_said_once_and_in_its_line():
    text = instead(configuration(), "10.0.0.2", "10.0.0.2 # rack 2")
    [finding] = lint(text)
    assert finding["line"] == text.split("\n").index("ring0_addr: 10.0.0.2 # rack 2") + 1
    assert finding["advice"] == "Give an IP address or a host name. A comment needs a line of its own."


@pytest.mark.parametrize(
    "line", ["key: S3cret # prod", "key: 'S3cret'", "key S3cret", "key = S3cret", "key: a { S3cret", "key: S3cret\nkey: S3cret", "keyy: S3cret"]
)
def test_a_secret_is_not_shown(line):
    findings = lint(configuration(totem=f"{ENCRYPTED}\n{line}"))
    assert findings and not any("S3cret" in finding["message"] + finding["advice"] for finding in findings)


@pytest.mark.parametrize(
    "text",
    [
        "totem { key: S3cret }\n",
        "totem {\n} key S3cret\n",
        "totem {\nversion: 2\n}\nkey S3cret\n",
        "totem {\nkey: S3cret {\n",
        "totem {\nkey: S3cret {\na: b\n}\n}\n",
        "totem {\nversion: 2 key: S3cret\n}\n",
    ],
)
def test_nor_is_it_where_corosync_reads_no_key(text):
    findings = lint(text)
    assert findings and not any("S3cret" in finding["message"] + finding["advice"] for finding in findings)


def test_a_byte_order_mark_is_called_so():
    for text in ("\ufeff" + configuration(), "\ufeff# a comment\n" + configuration()):
        [finding] = lint(text)
        assert (finding["id"], finding["line"]) == ("refused_syntax", 1) and "byte order mark" in finding["message"]
    assert [finding["id"] for finding in lint("\ufefflogging {\n}\n" + configuration())] == ["unknown_section"], "corosync starts with it"


def test_names_are_shown_as_they_are_written():
    [finding] = lint(configuration(more="clust\u00e9r {\n}"))
    assert '"clust\u00e9r"' in finding["message"]
    [finding] = lint(configuration(quorum="t\u00e9st {\n}"))
    assert '"t\u00e9st"' in finding["message"]
    assert '"\u00e9t\u00e9"' in lint(configuration(more="\u00e9t\u00e9 {"))[0]["message"]


def test_what_only_the_next_corosync_takes_is_no_error():
    for totem in ("crypto_cipher: aes256", "crypto_cipher: aes-128-ctr\ncrypto_hash: sha256", "secauth: on\ncrypto_cipher: aes256-ctr"):
        assert [(found["id"], found["severity"]) for found in lint(configuration(totem=totem))] == [("only_next_corosync", "warning")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (configuration(), ""),
        (configuration(quorum="two_node: yes # pair"), "line 27: quorum.two_node takes a number from 0 to 255, not"),
        (configuration(more="}"), "Line 28 has "),
        (without(configuration(), "version: 2"), "line 1: totem.version is missing."),
    ],
)
def test_why_a_text_is_refused_in_one_sentence(text, why):
    assert why_refused(text).startswith(why) and bool(why_refused(text)) == bool(why)


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("two_nodes", 'Did you mean "two_node"?'),
        ("Two_Node", 'Did you mean "two_node"?'),
        ("wait_for_al", 'Did you mean "wait_for_all"?'),
        ("expected_vote", 'Did you mean "expected_votes"?'),
        ("quorum_votes", 'It belongs in section "nodelist.node".'),
        ("token", 'It belongs in section "totem".'),
        ("zzz", "Remove it, or see man corosync.conf for the right name."),
    ],
)
def test_an_unknown_key_gets_the_nearest_name(key, advice):
    assert [finding["advice"] for finding in lint(configuration(quorum=f"{key}: 1")) if finding["id"] == "unknown_key"] == [advice]


def test_a_name_is_proposed_only_if_corosync_would_start_with_it():
    """Whoever follows advice must not make it worse."""
    for line, proposed in (("crypto_modell: nss", True), ("crypto_modell: passive", False), ("tokenn: 5000", True), ("tokenn: soon", False)):
        [finding] = [finding for finding in lint(configuration(totem=line)) if finding["id"] == "unknown_key"]
        assert ("Did you mean" in finding["advice"]) is proposed, finding


def test_a_misplaced_section_is_told_where_it_belongs():
    findings = lint(configuration(more="device {\nmodel: net\n}"))
    assert [finding["advice"] for finding in findings if finding["id"] == "unknown_section"] == ['It belongs in section "quorum".']


def test_votequorums_settings_do_not_matter_without_it():
    text = without(configuration("1 1 1", "two_node: 1\n" + DEVICE), "provider: corosync_votequorum")
    assert [finding["id"] for finding in lint(text)] == ["no_provider"]


def test_the_worst_comes_first():
    findings = lint(configuration("1 1 1 1", "two_node: 1\nfoo: 1\nbar: 1"))
    assert [finding["severity"] for finding in findings] == ["error", "warning", "warning", "info"]
    assert [finding["line"] for finding in findings[1:3]] == sorted(finding["line"] for finding in findings[1:3])


def test_last_man_standing_needs_no_advice_twice():
    """Refused for one reason: not also called a warning for the same."""
    ids = {finding["id"] for finding in lint(configuration(quorum="auto_tie_breaker: 1\nlast_man_standing: 1"))}
    assert not ids & {"tie_breaker_dropped", "last_man_standing_without_wait_for_all"}


NAMES = st.sampled_from(sorted({word for _trap, text, _words in TRAPS + REFUSALS for word in re.findall(r"[a-z_0-9.]+", text)}))
VALUES = st.one_of(
    NAMES, st.integers(-5, 2**33).map(str), st.sampled_from(["", "1 2", "1,2", "-", "0" * 5000, "9" * 5000, "\u0661", "fd00::1", "1.2.3.4.5", "0x1"])
)
LINES = st.one_of(
    st.builds("{}: {}".format, NAMES, VALUES),
    st.builds("{} {{".format, NAMES),
    st.sampled_from(["}", "", "#", "{", ":", "}}", "\0", "a\0", "\r", "\xa0", "x" * 520, "nodelist {", "node {", "quorum {", "totem {", "interface {"]),
)


def check_shape(text):
    findings = lint(text)
    for finding in findings:
        assert list(finding) == ["id", "severity", "message", "advice", "line"]
        assert finding["severity"] in ("error", "warning", "info")
        assert finding["message"] and finding["advice"]
        assert finding["line"] is None or finding["line"] >= 1


@examples(100)
@given(st.text())
def test_any_text_gives_findings_or_none(text):
    check_shape(text)


@examples(100)
@given(st.lists(LINES, max_size=40))
def test_any_lines_give_findings_or_none(lines):
    check_shape("\n".join(lines))


@examples(100)
@given(st.lists(st.tuples(st.integers(0, 60), LINES), max_size=6))
def test_a_good_file_with_any_damage_gives_findings_or_none(damage):
    lines = GOOD["every section"].split("\n")
    for at, line in damage:
        lines[at % len(lines)] = line
    check_shape("\n".join(lines))


@examples(100)
@given(st.text(st.sampled_from("\ud800\udc80\udfff\0\x1f\x7f\x85\u2028\r\xa0 A{}:#")))
def test_surrogates_and_control_characters_too(text):
    check_shape("totem {\n" + text + ": 1\n}\nquorum {\nx: " + text)
