# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the nodes make of the addresses of a cluster: a node on its loopback, and two with one address, are refused with the line to mend."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.addresses import doubts, is_loopback
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples

WANTED = {"host1": ["node1"], "host2": ["node2"]}


def found(*addresses, line=None, text=""):
    return {"found": [{"address": address, "line": line, "text": text} for address in addresses], "error": ""}


def lookups(**changes):
    """Each host knows both nodes; host1={"node1": ...} for what one of them says of one."""
    own = {"node1": found("10.0.0.1"), "node2": found("10.0.0.2")}
    return {host: dict(own, **changes.get(host, {})) for host in WANTED}


def told(ip_version="ipv6-4", wanted=None, **changes):
    return doubts(lookups(**changes), wanted or WANTED, ip_version)


def test_all_is_well():
    assert told() == []


def test_debians_own_line_is_named_with_the_one_in_its_place():
    debian = found("127.0.1.1", line=2, text="127.0.1.1 node1.example.com node1")
    (sentence,) = told(host1={"node1": debian})
    assert sentence == (
        "node1, the address of host1, is 127.0.1.1 on host1 itself, which no other node reaches. In /etc/hosts on host1, change line 2 "
        '"127.0.1.1 node1.example.com node1" to "10.0.0.1 node1.example.com node1", or set cluster_addresses of host1 to its address.'
    )


def test_where_nobody_knows_the_right_address():
    debian = found("127.0.1.1", line=2, text="127.0.1.1 node1")
    sentences = told(host1={"node1": debian}, host2={"node1": debian})
    assert len(sentences) == 2 and all('to "ADDRESS node1", where ADDRESS is the one by which the other nodes reach host1' in text for text in sentences)
    assert "on host2, which no other node reaches" in sentences[1]


def test_a_loopback_that_no_line_explains():
    (sentence,) = told(host2={"node2": found("127.0.0.2")})
    assert 'No line of /etc/hosts there says so. Add the line "10.0.0.2 node2"' in sentence


def test_an_address_of_the_loopback():
    whole = {"127.0.0.1": found("127.0.0.1"), "node2": found("10.0.0.2")}
    sentences = doubts({"host1": whole, "host2": whole}, {"host1": ["127.0.0.1"], "host2": ["node2"]}, "ipv4")
    assert sentences == ["127.0.0.1, the address of host1, is one that no other node reaches. Set cluster_addresses of host1 to one that all nodes reach."]


@pytest.mark.parametrize(
    ("ip_version", "is_wrong"), [("ipv4", False), ("ipv6", True), ("ipv4-6", False), ("ipv6-4", True)], ids=["ipv4", "ipv6", "ipv4-6", "ipv6-4"]
)
def test_the_address_that_corosync_takes_counts(ip_version, is_wrong):
    both = found("10.0.0.1", "::1")
    sentences = told(ip_version, host1={"node1": both})
    assert any("is ::1 on host1 itself" in text for text in sentences) == is_wrong


def test_two_nodes_with_one_address():
    (sentence,) = told(host1={"node2": found("10.0.0.1")})
    assert sentence.startswith("node1 of host1 and node2 of host2 have the same address, 10.0.0.1, on host1. Each node needs its own")


def test_the_lines_that_give_two_nodes_one_address_are_named():
    (sentence,) = told(host1={"node2": found("10.0.0.1", line=4, text="10.0.0.1 node2"), "node1": found("10.0.0.1", line=3, text="10.0.0.1 node1")})
    assert 'on host1 (/etc/hosts, line 3 "10.0.0.1 node1" and line 4 "10.0.0.1 node2"). Each node' in sentence
    both = found("10.0.0.1", line=3, text="10.0.0.1 node1 node2")
    (sentence,) = told(host1={"node1": both, "node2": both})
    assert 'on host1 (/etc/hosts, line 3 "10.0.0.1 node1 node2"). Each node' in sentence


def test_two_nodes_that_each_take_one_address_for_their_own():
    (sentence,) = told(host1={"node1": found("10.0.0.7")}, host2={"node2": found("10.0.0.7")})
    assert "node1 of host1 and node2 of host2 have the same address, 10.0.0.7, each on that node itself" in sentence


def test_a_name_that_is_nothing():
    (sentence,) = told(host2={"node1": {"found": [], "error": "Name or service not known"}})
    assert sentence.startswith("node1, the address of host1, cannot be resolved on host2 (Name or service not known). Add a line")


def test_a_host_that_did_not_say():
    assert "the node was not asked" in " ".join(doubts({"host1": lookups()["host1"]}, WANTED, "ipv4"))


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("node1", False),
        ("", False),
    ],
)
def test_what_is_a_loopback(address, is_one):
    assert is_loopback(address) == is_one


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["found", "error", "address", "line", "text", "node1", "node2"]), inner, max_size=3)
    ),
)


@examples(100)
@given(st.dictionaries(st.sampled_from(["host1", "host2"]), st.dictionaries(st.sampled_from(["node1", "node2"]), JUNK)))
def test_whatever_a_node_answers_there_is_a_sentence_or_none(answers):
    sentences = doubts(answers, WANTED, "ipv6-4")
    assert all(text.isprintable() for text in sentences)
