# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences and judgements that the lint, the problems and the refusals share."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value import shared_traps as tested


def test_two_node_without_two_nodes():
    [hit] = tested.two_node_without_two_nodes(3, "Remove two_node.", 7)
    assert "3 nodes are configured. Any one or two nodes" in hit.message and hit[1:] == ("Remove two_node.", 7)


@pytest.mark.parametrize("nodes", [0, 1, 2])
def test_two_node_with_two_nodes_or_no_list(nodes):
    assert list(tested.two_node_without_two_nodes(nodes, "")) == []
    assert len(list(tested.two_node_with_one_node(nodes, ""))) == (nodes == 1)


ON = {"crypto_cipher": "aes256", "crypto_hash": "sha256"}


@pytest.mark.parametrize(
    ("totem", "words"),
    [
        ({"transport": "udpu"}, "does not start with transport udpu"),
        ({"transport": "udp", "crypto_cipher": "none"}, "does not start with transport udp"),
        ({}, "Where nothing is set, the cluster has cipher none and hash none."),
        ({"transport": "knet"}, "the same file means aes256 and sha256: a node that is upgraded does not find the others."),
        ({"crypto_hash": "sha512"}, "cipher none and hash sha512. With"),
        ({"secauth": "off"}, "not encrypted (cipher none, hash none). A node with"),
        ({"secauth": "yes"}, "not encrypted"),
        ({"crypto_cipher": "none", "crypto_hash": "none"}, "not encrypted"),
        ({"crypto_cipher": "none", "crypto_hash": "sha256"}, "(cipher none, hash sha256)"),
    ],
)
def test_what_the_next_corosync_does_not_take(totem, words):
    [hit] = tested.next_corosync(totem)
    assert words in hit.message and "(from its source; a build can switch this off)" in hit.message and hit.advice.startswith("Before you upgrade to it,")


@pytest.mark.parametrize("totem", [ON, {"secauth": "on"}, dict(ON, secauth="off"), dict(ON, transport="knet")])
def test_what_it_takes(totem):
    assert list(tested.next_corosync(totem)) == []


def test_votes_wrap_from_510_on():
    assert list(tested.votes_wrap(509)) == []
    [hit] = tested.votes_wrap(510)
    assert "so 256 would be needed but 0 is" in hit.message and "at most 509" in hit.advice


def test_one_vote_is_no_plural():
    assert "two partitions of 1 vote each" in tested.expected_votes_split(1, 2, 1)
    assert "needs 1 vote, but all nodes together have 0" in tested.expected_votes_unreachable(1, 1, "all nodes", 0, False)


@pytest.mark.parametrize(
    ("text", "kind"), [("lowest", "lowest"), ("highest", "highest"), ("1 2", "list"), ("3,1", "list"), ("0", "none"), ("node1", "none"), ("", "none")]
)
def test_tie_breaker_kind(text, kind):
    assert tested.tie_breaker_kind(text) == kind


@pytest.mark.parametrize(
    ("key", "who"),
    [
        ("uidgid.config.uid.zabbix", "user zabbix"),
        ("uidgid.gid.998", "group 998"),
        ("uidgid.config.uid.root", ""),
        ("uidgid.config.gid.0", ""),
        ("uidgid.uid", ""),
        ("quorum.two_node", ""),
    ],
)
def test_may_connect(key, who):
    assert tested.may_connect(key) == who
