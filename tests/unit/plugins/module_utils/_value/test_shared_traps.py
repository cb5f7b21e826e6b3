# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences and judgements that the lint, the problems and the refusals share."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value import shared_traps as tested


@pytest.mark.parametrize(("nodes", "words"), [(1, "only one node is configured."), (3, "3 nodes are configured. Any one or two nodes")])
def test_two_node_without_two_nodes(nodes, words):
    [hit] = tested.two_node_without_two_nodes(nodes, "Remove two_node.", 7)
    assert words in hit.message and hit[1:] == ("Remove two_node.", 7)


@pytest.mark.parametrize("nodes", [0, 2])
def test_two_node_with_two_nodes_or_no_list(nodes):
    assert list(tested.two_node_without_two_nodes(nodes, "")) == []


def test_votes_wrap_from_510_on():
    assert list(tested.votes_wrap(509)) == []
    [hit] = tested.votes_wrap(510)
    assert "so 256 would be needed but 0 is" in hit.message and "at most 509" in hit.advice


def test_one_vote_is_no_plural():
    assert "two partitions of 1 vote each" in tested.expected_votes_split(1, 2, 1)
    assert "needs 1 vote, but all nodes together have 0" in tested.expected_votes_unreachable(1, 1, "all nodes", 0)


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
