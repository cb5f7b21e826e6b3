# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does corosync refuse what lint says it refuses? A real corosync decides: that of the lab's image of Debian 12, in namespaces of its own.

Each configuration is given to ``corosync -t``; where that has nothing against it, corosync is started and must either be ready to provide
service or end. It is ended by its process id. The first node of each configuration is 127.0.0.1, so the host is in the list.
"""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import parse
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.checks import lint

from . import real_corosync

SEED = 20261122
COMBINATIONS = 60  # random quorum settings
MUTATIONS = 100  # random damage to a good file


@pytest.fixture(scope="module", autouse=True)
def _real_corosync() -> None:
    real_corosync.needed()


def refused(findings: list[dict[str, Any]]) -> bool:
    """What only the next corosync takes, the one of the lab's image refuses."""
    return any(finding["id"].startswith(("refused_", "only_next_corosync")) for finding in findings)


def agree(text: str, folder: Path) -> str | None:
    """None, or how lint and corosync disagree."""
    findings = lint(text)
    real, said = real_corosync.refuses(text, folder)
    if refused(findings) == real:
        return None
    reasons = [finding["message"] for finding in findings if finding["id"].startswith("refused_")]
    return f"corosync {'refuses' if real else 'starts'}, lint says {reasons or 'nothing'}\n{said}\n{text}\n"


def configuration(nodes: str = "1 1", quorum: str = "", transport: str = "udpu", totem: str = "", more: str = "") -> str:
    """``nodes``: the votes of each node. udpu starts three times as fast as knet."""
    lines = ["totem {", "version: 2", "cluster_name: truth", "token: 300", f"transport: {transport}", totem, "}", "nodelist {"]
    for number, votes in enumerate(nodes.split(), 1):
        lines += [
            "node {",
            f"name: truth{number}",
            f"nodeid: {number}",
            f"ring0_addr: 127.0.0.{number}",
            *([f"quorum_votes: {votes}"] if votes != "1" else []),
            "}",
        ]
    lines += ["}", "quorum {", "provider: corosync_votequorum", quorum, "}", more]
    return "\n".join(lines) + "\n"


GOOD = configuration()
KNET = configuration(transport="knet")
IPV6 = GOOD.replace("127.0.0.", "::")
DEVICE = "device {\nmodel: net\n%s\n}"


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


CASES = {
    "good": (GOOD, False),
    "good knet": (KNET, False),
    "empty": ("", True),
    "only comments": ("# nothing\n\n", True),
    "no quorum section": (GOOD[: GOOD.index("quorum {")], False),
    "no provider": (changed(GOOD, "provider: corosync_votequorum", ""), False),
    "ykd": (changed(GOOD, "corosync_votequorum", "corosync_ykd"), False),
    "unknown provider": (changed(GOOD, "corosync_votequorum", "votequorum"), True),
    "no nodelist": (GOOD[: GOOD.index("nodelist {")] + GOOD[GOOD.index("quorum {") :], True),
    "expected_votes for a nodelist": (
        changed(GOOD[: GOOD.index("nodelist {")] + GOOD[GOOD.index("quorum {") :], "provider", "expected_votes: 2\nprovider"),
        True,
    ),
    # the form of the file
    "brace on one line": (GOOD + "logging { to_stderr: yes }\n", True),
    "comment after a brace": (GOOD + "logging { # mine\n}\n", True),
    "text after a closing brace": (GOOD + "logging {\n} # end\n", True),
    "closing brace too many": (GOOD + "}\n", True),
    "closing brace missing": (GOOD.rstrip().rstrip("}"), True),
    "no colon": (GOOD + "logging {\nto_stderr\n}\n", True),
    "equals sign": (GOOD + "logging {\nto_stderr = yes\n}\n", True),
    "section without a name": (GOOD + "{\n}\n", True),
    "section with a colon": (GOOD + "logging: {\n}\n", False),
    "brace in a value": (GOOD + "logging {\nx: a{\n}\n}\n", False),
    "windows line ends": (GOOD.replace("\n", "\r\n"), False),
    "byte order mark": ("\ufeff" + GOOD, True),
    "byte order mark before a comment": ("\ufeff# ours\n" + GOOD, True),
    "byte order mark before a section without keys": ("\ufefflogging {\n}\n" + GOOD, False),
    "no newline at the end": (GOOD.rstrip("\n"), False),
    "line of 510": (GOOD + "#" * 510 + "\n", False),
    "line of 511": (GOOD + "#" * 511 + "\n", True),
    "last line of 511 without newline": (GOOD + "#" * 511, True),
    "last line of 510 without newline": (GOOD + "#" * 510, False),
    "NUL in a line": (GOOD + "# a\0b\n", True),
    "NUL first in a line": (GOOD + "\0b\n", False),
    "accents in a value": (changed(GOOD, "truth2", "tr\u00fcth"), False),
    "accents in a key": (GOOD + "logging {\n\u00e9: 1\n}\n", True),
    "accents in a section without keys": (GOOD + "\u00e9t\u00e9 {\n}\n", False),
    "blank in a key": (GOOD + "logging {\ntwo words: 1\n}\n", True),
    "key of two letters outside of sections": (GOOD + "ab: 1\n", True),
    "key of three letters outside of sections": (GOOD + "abc: 1\n", False),
    "long key": (GOOD + "logging {\n" + "k" * 246 + ": 1\n}\n", False),
    "longer key": (GOOD + "logging {\n" + "k" * 247 + ": 1\n}\n", True),
    # values
    "yes for a number": (configuration(quorum="two_node: yes"), True),
    "comment after a number": (configuration(quorum="two_node: 1 # pair"), True),
    "256 for 8 bits": (configuration(quorum="wait_for_all: 256"), True),
    "2 is true": (configuration(quorum="two_node: 2"), False),
    "minus 1": (configuration("-1 1"), True),
    "plus 1": (configuration("+1 1"), False),
    "no number": (configuration(quorum="expected_votes:"), True),
    "hexadecimal": (configuration(quorum="expected_votes: 0x2"), True),
    "votes of 2**32": (configuration("4294967296 1"), True),
    "votes of 2**32 - 1": (configuration("4294967295 1"), False),
    "5000 digits": (configuration(quorum="expected_votes: " + "0" * 400 + "2"), False),
    "config_version -1 wraps": (configuration(totem="config_version: -1"), False),
    "config_version 2**64": (configuration(totem="config_version: 18446744073709551616"), True),
    "a number outside of its section is text": (GOOD + "quorum.two_node: yes\n", False),
    "a dotted key in its parent section is text": (configuration(quorum="device.votes: many"), False),
    "unknown key": (configuration(quorum="two_nodes: 1"), False),
    "unknown section": (GOOD + "quorom {\ntwo_node: yes\n}\n", False),
    "version 3": (changed(GOOD, "version: 2", "version: 3"), True),
    "no version": (changed(GOOD, "version: 2", ""), True),
    "transport tcp": (changed(GOOD, "udpu", "tcp"), True),
    "ip_version 4": (configuration(totem="ip_version: 4"), True),
    "link_mode both": (configuration(totem="link_mode: both"), True),
    "compression none": (configuration(totem="knet_compression_model: none", transport="knet"), True),
    "cipher of the next corosync": (configuration(totem="crypto_cipher: aes-256-cbc\ncrypto_hash: sha256", transport="knet"), True),
    "comment behind an address": (changed(KNET, "127.0.0.2", "127.0.0.2  # rack 2"), True),
    "quotes around an address": (changed(KNET, "127.0.0.2", '"127.0.0.2"'), True),
    "network behind an address": (changed(KNET, "127.0.0.2", "127.0.0.2/24"), True),
    "port behind an address": (changed(KNET, "127.0.0.2", "127.0.0.2:5405"), True),
    "brackets around an address": (changed(KNET, "127.0.0.2", "[::1]"), True),
    "comment behind an address that nobody uses": (configuration(transport="knet", totem="interface {\nmcastaddr: 239.1.1.1 # ours\n}"), True),
    "multicast address that nobody uses": (configuration(transport="knet", totem="interface {\nmcastaddr: 239.1.1.1\n}"), False),
    "bindnetaddr that the nodelist replaces": (configuration(transport="knet", totem="interface {\nbindnetaddr: nothing # at all\n}"), False),
    "udp with an address that is no multicast one": (configuration(transport="udp", totem="interface {\nmcastaddr: 10.1.1.1\n}"), True),
    "udp with a multicast address of another family": (
        configuration(transport="udp", totem="ip_version: ipv4-6\ninterface {\nmcastaddr: ff15::1\n}"),
        True,
    ),
    "multicast address of no wanted family": (configuration(transport="knet", totem="ip_version: ipv4\ninterface {\nmcastaddr: ff15::1\n}"), True),
    "members besides a nodelist": (configuration(transport="knet", totem="interface {\nmember {\nmemberaddr: nothing at all\n}\n}"), False),
    "cipher without hash": (configuration(totem="crypto_cipher: aes256", transport="knet"), True),
    "crypto without knet": (configuration(totem="crypto_cipher: none\ncrypto_hash: none\nsecauth: off"), False),
    "token too short": (configuration(totem="token: 29"), True),
    "token 0 is the default": (configuration(totem="token: 0\nconsensus: 400"), False),
    "token shorter than its retransmit": (configuration(totem="token: 100"), True),
    "token warning 101": (configuration(totem="token_warning: 101"), True),
    "consensus below join": (configuration(totem="join: 500"), True),
    "logging word": (GOOD + "logging {\nto_syslog: maybe\n}\n", True),
    "logging priority in capitals": (GOOD + "logging {\nsyslog_priority: INFO\n}\n", False),
    "logging facility in capitals": (GOOD + "logging {\nsyslog_facility: DAEMON\n}\n", True),
    "logging debug yes": (GOOD + "logging {\ndebug: yes\n}\n", True),
    "logger_subsys without subsys": (GOOD + "logging {\nlogger_subsys {\ndebug: on\n}\n}\n", True),
    "logger_subsys": (GOOD + "logging {\nlogger_subsys {\nsubsys: QUORUM\ndebug: on\n}\n}\n", False),
    "logger_subsys with a bad word": (GOOD + "logging {\nlogger_subsys {\nsubsys: QUORUM\ndebug: much\n}\n}\n", True),
    "logging_daemon without name": (GOOD + "logging {\nlogging_daemon {\ndebug: on\n}\n}\n", True),
    "system priority": (GOOD + "system {\npriority: high\n}\n", True),
    "system sched_rr": (GOOD + "system {\nsched_rr: 1\n}\n", True),
    "uidgid": (GOOD + "uidgid {\nuid: 1000\n}\n", False),
    "uidgid user": (GOOD + "uidgid {\nuser: 1000\n}\n", True),
    "uidgid -1": (GOOD + "uidgid {\nuid: -1\n}\n", True),
    # nodes
    "knet without nodeid": (changed(KNET, "nodeid: 2", ""), True),
    "knet with nodeid 0": (changed(KNET, "nodeid: 2", "nodeid: 0"), True),
    "knet with nodeid 65536": (changed(KNET, "nodeid: 2", "nodeid: 65536"), True),
    "knet with nodeid 65535": (changed(KNET, "nodeid: 2", "nodeid: 65535"), False),
    "udpu without nodeid": (changed(GOOD, "nodeid: 2", ""), False),
    "udpu without nodeid, short address": (changed(changed(GOOD, "nodeid: 2", ""), "127.0.0.2", "127.2"), False),
    "udpu without nodeid, the node id of an address": (changed(changed(GOOD, "nodeid: 2", "nodeid: 2130706433"), "nodeid: 1\n", ""), True),
    "udpu, IPv6": (IPV6, False),
    "udpu, IPv6 without nodeid": (changed(IPV6, "nodeid: 2", ""), True),
    "udpu, IPv6 with nodeid 0": (changed(IPV6, "nodeid: 2", "nodeid: 0"), True),
    "udpu with nodeid 65536": (changed(GOOD, "nodeid: 2", "nodeid: 65536"), False),
    "duplicate nodeid": (changed(KNET, "nodeid: 2", "nodeid: 1"), True),
    "duplicate nodeid, third and fourth of 11": (changed(configuration("1 " * 11, transport="knet"), "nodeid: 4\n", "nodeid: 3\n"), False),
    "duplicate nodeid, third and fourth of 10": (changed(configuration("1 " * 10, transport="knet"), "nodeid: 4\n", "nodeid: 3\n"), True),
    "duplicate nodeid, second and fourth of 11": (changed(configuration("1 " * 11, transport="knet"), "nodeid: 4\n", "nodeid: 2\n"), True),
    "duplicate name": (changed(KNET, "truth2", "truth1"), False),
    "duplicate address": (changed(KNET, "127.0.0.2", "127.0.0.1"), False),
    "node without address": (changed(KNET, "ring0_addr: 127.0.0.2", ""), False),
    "empty address": (changed(KNET, "127.0.0.2", ""), True),
    "impossible address": (changed(KNET, "127.0.0.2", "127.0.0.300"), True),
    "short address": (changed(KNET, "127.0.0.2", "127.2"), False),
    "short address beside another family": (changed(KNET.replace("127.0.0.1", "::1"), "127.0.0.2", "127.2"), True),
    "hexadecimal address": (changed(KNET, "127.0.0.2", "0x7f.2"), False),
    "another family": (changed(KNET, "127.0.0.2", "fd00::2"), True),
    "first node empty": (changed(KNET, "nodelist {", "nodelist {\nnode {\n}"), True),
    "first node with an id only": (changed(KNET, "nodelist {", "nodelist {\nnode {\nnodeid: 9\n}"), True),
    "no names": (re.sub("name: truth[0-9]", "", KNET), False),
    "second link on one node": (changed(KNET, "ring0_addr: 127.0.0.2", "ring0_addr: 127.0.0.2\nring1_addr: 127.0.1.2"), True),
    "two links on udpu": (GOOD.replace("ring0_addr: 127.0.0.", "ring0_addr: 127.0.0.9\nring1_addr: 127.0.0."), True),
    "two links without names": (
        re.sub("name: truth[0-9]", "", re.sub(r"ring0_addr: 127.0.0.(\d)", r"ring0_addr: 127.0.0.\1\nring1_addr: 127.0.0.1\1", KNET)),
        True,
    ),
    "link 8": (changed(KNET, "ring0_addr: 127.0.0.2", "ring8_addr: 127.0.0.2"), True),
    "interface of a link without nodes": (configuration(transport="knet", totem="interface {\nlinknumber: 1\nmcastport: 5409\n}"), True),
    "interface of link 0": (configuration(transport="knet", totem="interface {\nlinknumber: 0\nmcastport: 5409\n}"), False),
    "port 0 is the default": (configuration(transport="knet", totem="interface {\nmcastport: 0\n}"), False),
    "ttl on udpu": (configuration(totem="interface {\nttl: 3\n}"), True),
    "link priority on udpu": (configuration(totem="interface {\nknet_link_priority: 3\n}"), True),
    "link priority on knet": (configuration(transport="knet", totem="interface {\nknet_link_priority: 3\n}"), False),
    "udp without multicast": (changed(configuration(transport="udp"), "cluster_name: truth", ""), True),
    "second nodelist": (GOOD + "nodelist {\nnode {\nnodeid: 2\n}\n}\n", True),
    # votequorum
    "two_node with three nodes": (configuration("1 1 1", "two_node: 1"), False),
    "two_node with a device": (configuration(quorum="two_node: 1\n" + DEVICE % ""), True),
    "two_node with a device without model": (configuration(quorum="two_node: 1\ndevice {\nvotes: 1\n}"), False),
    "two_node with a device, no provider": (changed(configuration(quorum="two_node: 1\n" + DEVICE % ""), "provider: corosync_votequorum", ""), False),
    "two_node and tie-breaker": (configuration(quorum="two_node: 1\nauto_tie_breaker: 1"), False),
    "device": (configuration("1 1 1", DEVICE % "votes: 1"), False),
    "device without votes": (configuration("1 1 1", DEVICE % ""), False),
    "device without votes, unequal nodes": (configuration("1 2 1", DEVICE % ""), True),
    "device without votes, unequal nodes of the right sum": (configuration("0 2 1", DEVICE % ""), False),
    "device and expected_votes": (configuration("1 1 1", "expected_votes: 4\n" + DEVICE % "votes: 1"), False),
    "device without votes and expected_votes": (configuration("1 1 1", "expected_votes: 4\n" + DEVICE % ""), True),
    "device with all but one vote": (configuration("1 1 1", "expected_votes: 4\n" + DEVICE % "votes: 3"), True),
    "device with 2**32 - 1 votes is one without": (configuration("1 1 1", "expected_votes: 4\n" + DEVICE % "votes: 4294967295"), True),
    "device with votes that wrap": (configuration("1 1 1", "expected_votes: 5\n" + DEVICE % "votes: 4294967290"), False),
    "device and last_man_standing": (configuration("1 1 1", "last_man_standing: 1\n" + DEVICE % "votes: 1"), True),
    "device and tie-breaker": (configuration("1 1", "auto_tie_breaker: 1\n" + DEVICE % "votes: 1"), True),
    "device and tie-breaker dropped for odd votes": (configuration("1 1 1", "auto_tie_breaker: 1\n" + DEVICE % "votes: 1"), False),
    "device and invalid tie-breaker": (configuration("1 1", "auto_tie_breaker: 1\nauto_tie_breaker_node: truth1\n" + DEVICE % "votes: 1"), False),
    "device and allow_downscale": (configuration("1 1 1", "allow_downscale: 1\n" + DEVICE % "votes: 1"), True),
    "odd, tie-breaker and last_man_standing": (configuration("1 1 1", "auto_tie_breaker: 1\nlast_man_standing: 1"), True),
    "odd, tie-breaker, last_man_standing, wait_for_all": (configuration("1 1 1", "auto_tie_breaker: 1\nlast_man_standing: 1\nwait_for_all: 1"), False),
    "even, tie-breaker and last_man_standing": (configuration("1 1", "auto_tie_breaker: 1\nlast_man_standing: 1"), False),
    "tie-breaker list with commas": (configuration("1 1 1 1", "auto_tie_breaker: 1\nauto_tie_breaker_node: 1,3"), False),
    "600 votes": (configuration("300 300"), False),
    "no votes": (configuration("0 0"), False),
}


@pytest.mark.parametrize("name", CASES)
def test_verdict_is_corosyncs(name: str, tmp_path: Path) -> None:
    text, refuses = CASES[name]
    assert agree(text, tmp_path) is None
    assert refused(lint(text)) is refuses, "the table here is wrong"


def random_quorum(dice: random.Random) -> str:
    """Settings that meet each other by chance, valid numbers all of them."""
    settings = []
    for key in ("two_node", "wait_for_all", "last_man_standing", "auto_tie_breaker", "allow_downscale", "expected_votes_tracking"):
        value = dice.choice((None, None, "0", "1", "1"))
        if value and not (key in ("allow_downscale", "expected_votes_tracking") and dice.random() < 0.7):
            settings.append(f"{key}: {value}")
    if dice.random() < 0.4:
        settings.append("auto_tie_breaker_node: " + dice.choice(("lowest", "highest", "1 2", "2,1", "truth1", "0 1", "", "-1")))
    if dice.random() < 0.3:
        settings.append(f"expected_votes: {dice.choice((0, 1, 2, 3, 4, 5, 9))}")
    if dice.random() < 0.5:
        settings.append(
            "device {\n" + dice.choice(("model: net\n", "model: net\n", "model:\n", "")) + dice.choice(("", "votes: 0\n", "votes: 1\n", "votes: 2\n")) + "}"
        )
    dice.shuffle(settings)
    return "\n".join(settings)


def test_random_combinations_agree(tmp_path: Path) -> None:
    dice = random.Random(SEED)
    verdicts, disagreements = {True: 0, False: 0}, []
    for dummy in range(COMBINATIONS):
        nodes = " ".join(dice.choice("1111102") for dummy in range(dice.randint(1, 5)))
        text = configuration(nodes, random_quorum(dice))
        verdicts[refused(lint(text))] += 1
        disagreement = agree(text, tmp_path)
        disagreements += [disagreement] if disagreement else []
    assert not disagreements, "\n".join(disagreements)
    assert min(verdicts.values()) >= COMBINATIONS // 6, f"one-sided: {verdicts}"


DAMAGED = configuration(
    "1 1 2",
    "two_node: 0\nwait_for_all: 1\nlast_man_standing_window: 10000",
    totem="config_version: 7\ntoken_retransmit: 60\njoin: 60\nip_version: ipv4\ninterface {\nlinknumber: 0\nmcastport: 5405\n}",
    more="logging {\nto_syslog: no\ntimestamp: on\nlogger_subsys {\nsubsys: QUORUM\ndebug: off\n}\n}\nsystem {\nsched_rr: no\n}",
)
VALUES = ("", "yes", "no", "on", "-1", "0", "1", "8", "29", "256", "65536", "4294967296", "1 # one", "1}", "none", "x" * 600)
LINES = ("}", "{", "x", "x {", "a b: c", "# {", "xyz: 1", "\t ", "}}", "} #", "quorum {", "nodelist {", "quorum.two_node: 1", "two_node: 1", "}:", "{}")


def damage(dice: random.Random, text: str) -> str:
    """One line of the file lost, doubled, changed or added. Addresses stay: whether a name resolves is the host's."""
    lines = text.split("\n")
    at = dice.choice([number for number, line in enumerate(lines) if "_addr" not in line and "transport" not in line])
    how = dice.choice(("lose", "double", "change", "change", "change", "add"))
    if how == "lose":
        del lines[at]
    elif how == "double":
        lines.insert(at, lines[at])
    elif how == "change" and ": " in lines[at]:
        lines[at] = lines[at].split(": ")[0] + ": " + dice.choice(VALUES)
    else:
        lines.insert(at, dice.choice(LINES))
    return "\n".join(lines)


def differs_between_releases(text: str) -> bool:
    """3.1.7 and 3.1.10 read a section inside of these differently; lint follows the newer."""
    return any(re.match(r"(nodelist\.node|totem\.interface|uidgid|logging\.logger_subsys)\.", section.path) for section in parse(text).sections)


def test_random_damage_agrees(tmp_path: Path) -> None:
    dice = random.Random(SEED)
    verdicts, disagreements = {True: 0, False: 0}, []
    for _dummy in range(MUTATIONS):
        text = damage(dice, DAMAGED)
        if dice.random() < 0.3:
            text = damage(dice, text)
        if differs_between_releases(text):
            continue
        verdicts[refused(lint(text))] += 1
        disagreement = agree(text, tmp_path)
        disagreements += [disagreement] if disagreement else []
    assert not disagreements, "\n".join(disagreements)
    assert min(verdicts.values()) >= MUTATIONS // 6, f"one-sided: {verdicts}"
