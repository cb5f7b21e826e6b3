# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each trap is found where it is and only there. What corosync itself refuses is compared with it in tests/truth/test_lint_corosync.py."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.plugin_utils._lint import refusals as lint_refusals
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.checks import CHECKS, lint

DEVICE = "device {\nmodel: net\nvotes: 1\nnet {\nhost: qnetd\nalgorithm: ffsplit\n}\n}"


def configuration(nodes="1 1 1", quorum="", totem="", more=""):
    """A file without a fault and without a trap, but for what is added. ``nodes``: the votes of each."""
    lines = ["totem {", "version: 2", "config_version: 1", "cluster_name: demo", *totem.splitlines(), "}", "nodelist {"]
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
    ("duplicate_name", instead(configuration(), "name: node2", "name: node1"), '"node1"'),
    ("node_without_address", without(configuration(), "ring0_addr: 10.0.0.2"), "node2 has no ring0_addr"),
    ("node_without_nodeid", without(configuration(totem="transport: udpu"), "nodeid: 2"), "corosync makes 167772162 of its address"),
    ("node_without_name", without(configuration(), "name: node2"), "10.0.0.2 has no name"),
    ("two_node_without_two_nodes", configuration("1 1 1", "two_node: 1"), "has 3 nodes"),
    ("two_node_without_two_nodes", configuration("1", "two_node: 1"), "has one node"),
    ("two_node_with_votes", configuration("1 2", "two_node: 1"), "node2 has 2"),
    ("two_node_without_wait_for_all", configuration("1 1", "two_node: 1\nwait_for_all: 0"), "by itself"),
    ("two_node_with_tie_breaker", configuration("1 1", "two_node: 1\nauto_tie_breaker: 1"), "keeps the wait_for_all"),
    ("two_nodes_without_two_node", configuration("1 1"), "both are needed"),
    ("votes_wrap", configuration("255 255"), "so 256 would be needed but 0 is"),
    ("votes_wrap", configuration(quorum="expected_votes: 600"), "so 301 would be needed but 45 is"),
    ("votes_wrap", configuration("1 " * 128, "device {\nmodel: net\nvotes: 400\n}"), "528 votes"),
    ("no_votes", configuration("0 0 0"), "never quorate"),
    ("expected_votes_unreachable", configuration(quorum="expected_votes: 9"), "needs 5 votes"),
    ("expected_votes_split", configuration("1 1 1 1", "expected_votes: 2"), "two partitions of 2 votes each"),
    ("expected_votes_overrides", configuration(quorum="expected_votes: 4"), "adds up to 3"),
    ("tie_breaker_list_without_wait_for_all", configuration("1 1 1 1", "auto_tie_breaker: 1\nauto_tie_breaker_node: 1 2"), "cold start"),
    ("tie_breaker_dropped", configuration("1 1 1", "auto_tie_breaker: 1"), "odd number of votes (3)"),
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
    ("qdevice_settings", configuration(quorum=instead(DEVICE, "model: net", "model: disk")), '"disk"'),
    ("qdevice_settings", without(configuration(quorum=DEVICE), "cluster_name: demo"), "cluster name"),
    ("qdevice_algorithm_votes", configuration(quorum=instead(DEVICE, "votes: 1\n", "")), "votes is not set"),
    ("qdevice_algorithm_votes", configuration("1 1", instead(DEVICE, "votes: 1\n", "")), "votes is not set"),
    ("qdevice_algorithm_votes", configuration(quorum=instead(DEVICE, "votes: 1\n", "votes: 2\n")), "votes is 2"),
    ("qdevice_algorithm_votes", configuration("1 2 1", DEVICE), "node2 has 2 votes"),
    ("qdevice_algorithm_votes", configuration(quorum=instead(DEVICE, "ffsplit", "lms")), "needs 2"),
    ("uidgid_can_write", configuration(more="uidgid {\nuid: zabbix\ngid: 0\n}"), "User zabbix"),
    ("unknown_section", configuration(more="quroum {\n}"), '"quroum"'),
    ("unknown_section", configuration(quorum="devise {\nmodel: net\n}"), 'in "quorum"'),
    ("unknown_key", configuration("1 1", "two_nodes: 1\ntwo_node: 1"), '"two_nodes"'),
    ("unknown_key", configuration(more="expected_votes: 3"), "outside of any section"),
    ("unknown_key", configuration(more="quorum.wait_for_all: 1"), "outside of its section"),
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
    ("refused_nodelist", configuration(""), "No node has a name"),
    ("refused_first_node", instead(configuration(), "nodelist {", "nodelist {\nnode {\nnodeid: 9\n}"), "aborts"),
    ("refused_links", instead(configuration(), "ring0_addr: 10.0.0.2", "ring9_addr: 10.0.0.2"), "no link 9"),
    ("refused_links", instead(configuration(), "ring0_addr: 10.0.0.2", "ring0_addr: 10.0.0.2\nring1_addr: 10.0.1.2"), "link 0: 3, link 1: 1"),
    ("refused_nodeid", without(configuration(), "nodeid: 2"), "node2 has no nodeid"),
    ("refused_nodeid", instead(configuration(), "nodeid: 2", "nodeid: 70000"), "70000"),
    ("refused_duplicate_nodeid", instead(configuration(), "nodeid: 2", "nodeid: 1"), "node1 and node2 both have nodeid 1"),
    ("refused_address", instead(configuration(), "10.0.0.2", "10.0.0.256"), '"10.0.0.256"'),
    ("refused_address", instead(configuration(), "10.0.0.2", "fd00::2"), "IPv6"),
    ("refused_link_option", configuration(totem="transport: udpu\ninterface {\nttl: 4\n}"), "ttl"),
    ("refused_multicast", without(configuration(totem="transport: udp"), "cluster_name: demo"), "multicast"),
    ("refused_totem_version", without(configuration(), "version: 2"), "missing"),
    ("refused_crypto", configuration(totem="crypto_cipher: aes256"), "without a crypto_hash"),
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


@given(st.text())
def test_any_text_gives_findings_or_none(text):
    check_shape(text)


@given(st.lists(LINES, max_size=40))
def test_any_lines_give_findings_or_none(lines):
    check_shape("\n".join(lines))


@given(st.lists(st.tuples(st.integers(0, 60), LINES), max_size=6))
def test_a_good_file_with_any_damage_gives_findings_or_none(damage):
    lines = GOOD["every section"].split("\n")
    for at, line in damage:
        lines[at % len(lines)] = line
    check_shape("\n".join(lines))


@given(st.text(st.sampled_from("\ud800\udc80\udfff\0\x1f\x7f\x85\u2028\r\xa0 A{}:#")))
def test_surrogates_and_control_characters_too(text):
    check_shape("totem {\n" + text + ": 1\n}\nquorum {\nx: " + text)
