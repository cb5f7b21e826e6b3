# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes by name and by id."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import UnknownNode, has_nodelist, label, labels, nodeid_of
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node, value


@pytest.mark.parametrize("wanted, nodeid", [("node2", 2), ("2", 2), (2, 2)])
def test_a_name_or_an_id(wanted, nodeid):
    assert nodeid_of(wanted, value()) == nodeid


def test_a_name_that_looks_like_an_id_wins():
    confusing = value(nodes=[node(1, name="2"), node(2, name="1"), node(3, name=None)])
    assert nodeid_of("1", confusing) == 2
    assert nodeid_of("2", confusing) == 1
    assert nodeid_of("3", confusing) == 3


@pytest.mark.parametrize("wanted", ["node4", "4", 0, "0", "NODE1", "", "node1.example.org"])
def test_an_unknown_node_and_who_there_is(wanted):
    with pytest.raises(UnknownNode) as caught:
        nodeid_of(wanted, value())
    assert str(caught.value) == f"there is no node '{wanted}' in this cluster; it has node1, node2, node3"


def test_labels():
    nameless = value(nodes=[node(1), node(2, name=None)])
    assert label(1, nameless) == "node1"
    assert label(2, nameless) == "node id 2"
    assert label(9, nameless) == "node id 9"
    assert labels([1, 2], nameless) == "node1, node id 2"
    assert labels([], nameless) == "none"


def test_a_cluster_without_a_nodelist():
    assert has_nodelist(value())
    assert not has_nodelist(value(nodes=[node(1, name=None, configured=None)]))
    assert has_nodelist(value(nodes=[node(1, name=None, configured=None), node(2, configured=0)])), "no votes is not no nodelist"
