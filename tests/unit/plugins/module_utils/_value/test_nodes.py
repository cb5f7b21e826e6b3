# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes by name and by id."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import (
    AmbiguousNode,
    UnknownNode,
    has_nodelist,
    label,
    labels,
    names_a_node,
    nodeid_of,
)
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node, value

CONFUSING = [node(1, name="2"), node(2, name="1"), node(3, name=None)]


@pytest.mark.parametrize("wanted, nodeid", [("node2", 2), ("2", 2), (2, 2)])
def test_a_name_or_an_id(wanted, nodeid):
    assert nodeid_of(wanted, value()) == nodeid


@pytest.mark.parametrize("nodeid", [1, 2, 3])
def test_a_number_is_always_a_node_id(nodeid):
    """Also where it is the name of another node: this is README's example, on nodes named 2, 1 and 3."""
    assert nodeid_of(nodeid, value(nodes=CONFUSING)) == nodeid


def test_digits_that_are_one_node_s_name_and_another_s_id_are_ambiguous():
    with pytest.raises(AmbiguousNode) as caught:
        nodeid_of("1", value(nodes=CONFUSING))
    assert str(caught.value) == (
        "'1' is ambiguous in this cluster: it is the name of node id 2 and the node id of the node named '2'. "
        "Give the node id, as a number without quotes: 1 or 2"
    )
    with pytest.raises(AmbiguousNode, match="it is the name of node id 2 and the node id of a node without a name"):
        nodeid_of("3", value(nodes=[node(1), node(2, name="3"), node(3, name=None)]))


def test_digits_that_are_name_and_id_of_one_node():
    assert nodeid_of("3", value(nodes=[node(1, name="1"), node(2, name="2"), node(3, name="3")])) == 3


def test_a_name_that_two_nodes_have_is_ambiguous():
    with pytest.raises(AmbiguousNode) as caught:
        nodeid_of("web", value(nodes=[node(1, name="web"), node(2), node(3, name="web")]))
    assert str(caught.value) == "'web' is ambiguous in this cluster: it is the name of node ids 1, 3. Give the node id, as a number without quotes: 1 or 3"


@pytest.mark.parametrize("wanted", ["node4", "4", "0", "02", "²", "NODE1", "", "node1.example.org"])
def test_an_unknown_node_and_who_there_is(wanted):
    with pytest.raises(UnknownNode) as caught:
        nodeid_of(wanted, value())
    assert str(caught.value) == f"there is no node '{wanted}' in this cluster; it has node1, node2, node3"


@pytest.mark.parametrize("wanted", [4, 0, -1])
def test_an_unknown_node_id_and_which_there_are(wanted):
    with pytest.raises(UnknownNode) as caught:
        nodeid_of(wanted, value())
    assert str(caught.value) == f"there is no node with the node id {wanted} in this cluster; it has the node ids 1, 2, 3"


@pytest.mark.parametrize("wanted", [True, 1.0, None, ["node1"], {"node1": 1}])
def test_what_names_no_node(wanted):
    assert not names_a_node(wanted)
    with pytest.raises(UnknownNode):
        nodeid_of(wanted, value())


def test_what_may_name_a_node():
    assert names_a_node("node1") and names_a_node(0) and not names_a_node("") and not names_a_node(" ")


@examples(100)
@given(st.permutations(["1", "2", "3", "node1", "node1", None]))
def test_what_names_a_node_names_that_node(names):
    """Whatever the names are: an answer is the node with that id or that name, and there is no other that could be meant."""
    nodes = value(nodes=[node(nodeid, name=name) for nodeid, name in zip((1, 2, 3), names)])["nodes"]
    for wanted in [1, 2, 3, *filter(None, names), "1"]:
        meant = [entry["nodeid"] for entry in nodes if wanted in (entry["nodeid"], entry["name"], str(entry["nodeid"]))]
        try:
            assert [nodeid_of(wanted, value(nodes=nodes))] == (meant if isinstance(wanted, str) else [wanted])
        except UnknownNode:
            assert len(meant) != 1


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


def test_nothing_is_not_the_node_without_a_name():
    with pytest.raises(UnknownNode):
        nodeid_of(None, value(nodes=[node(1), node(2, name=None)], members=[1, 2]))


def test_a_sentence_names_no_more_nodes_than_a_person_reads():
    many = value([1] * 100)
    assert labels(range(1, 101), many).endswith("node64 and 36 more")
    assert labels(range(1, 65), many).endswith(", node64")


def test_a_name_is_shown_and_does_nothing():
    odd = value(nodes=[node(1, name="\x1b[2Jx\nok: [y]"), node(2)])
    assert labels([1, 2], odd) == "\\x1b[2Jx\\nok: [y], node2"
    with pytest.raises(UnknownNode, match=re.escape("no node 'a\\x07' in this cluster; it has \\x1b[2Jx\\nok: [y]")):
        nodeid_of("a\x07", odd)
    assert nodeid_of("\x1b[2Jx\nok: [y]", odd) == 1
