# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An upgrade does not begin where a node would start with another key than the others have loaded."""

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.keys import Key, key_of, refusals


def told(running=("node1", "node2", "node3"), **keys):
    return " ".join(refusals({host: Key(*key) for host, key in keys.items()}, running))


def test_equal_keys():
    assert told(node1=("aa", False), node2=("aa", True), node3=("aa", False)) == ""
    assert told(node1=("aa", True), node2=("aa", True), node3=("aa", None)) == "", "nobody can say that this is another key; the problem of each node warns"


def test_without_encryption():
    assert told(node1=(None, None), node2=(None, None)) == ""


def test_the_key_that_is_loaded_is_known():
    sentence = told(node1=("aa", False), node2=("bb", True), node3=("aa", False))
    assert sentence == (
        "/etc/corosync/authkey of node2 is not the key that the cluster has loaded, which is in the file of node1, node3. A node that starts with another "
        "key stays alone. Copy the file of node1 there."
    )
    assert "authkey of node1, node2 is not the key" in told(node1=("bb", True), node2=("bb", True), node3=("aa", False))


def test_a_node_without_a_key():
    assert "authkey of node2 is not the key" in told(node1=("aa", False), node2=("", None), node3=("aa", False))


def test_the_key_that_is_loaded_is_not_known():
    for changed in (True, None):
        sentence = told(node1=("aa", changed), node2=("bb", changed), node3=("aa", changed))
        assert "authkey differs: that of node1, node3 from node2" in sentence and "copy one file to all, and run corosync-cfgtool -R once" in sentence


def test_clocks_that_contradict_each_other_prove_nothing():
    assert "differs: that of node1 from node2" in told(node1=("aa", False), node2=("bb", False))


def test_a_node_that_is_down_must_have_the_key_but_proves_nothing():
    assert "authkey of node2 is not the key" in told(("node1",), node1=("aa", False), node2=("bb", False))


@pytest.mark.parametrize("said", [None, 7, "aa", {}, {"digest": 7, "changed": "yes"}, {"digest": "\x1b[2J"}, {"digest": "a" * 100}])
def test_a_node_may_say_anything(said):
    assert key_of(said) == Key(None, None)


def test_what_a_node_says():
    assert key_of({"digest": "0123456789abcdef", "changed": True}) == Key("0123456789abcdef", True)
    assert key_of({"digest": "", "changed": None}) == Key("", None)
