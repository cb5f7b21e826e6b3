# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a changed corosync.conf needs. The live tests compare some of it with what a reload of a real corosync takes in."""

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster import conf_changes as tested

TEXT = """\
totem {
    version: 2
    cluster_name: one
    config_version: 1
    transport: knet
}
nodelist {
    node {
        name: node1
        nodeid: 1
        ring0_addr: 10.0.0.1
    }
    node {
        name: node2
        nodeid: 2
        ring0_addr: 10.0.0.2
    }
}
quorum {
    provider: corosync_votequorum
}
"""


def needed(old, new):
    found = tested.changes(old, new)
    return tested.action_of(found), {change.key: change.action for change in found}


def with_quorum(line):
    return TEXT.replace("votequorum\n", f"votequorum\n    {line}\n")


def with_totem(line):
    return TEXT.replace("    transport", f"    {line}\n    transport")


def test_nothing_changes():
    assert needed(TEXT, TEXT) == ("none", {})


def test_form_makes_no_difference():
    again = "# by hand\n" + TEXT.replace("    ", "\t").replace("    version: 2\n", "").replace("transport: knet\n", "transport: knet\n\n    version: 2\n")
    assert needed(TEXT, again) == ("none", {})


def test_the_order_of_nodes_makes_no_difference():
    head, first, second = TEXT.partition("    node {\n        name: node1")[0], *TEXT.split("    node {\n")[1:]
    second, rest = second.split("    }\n", 1)
    assert needed(TEXT, head + "    node {\n" + second + "    }\n    node {\n" + first + rest) == ("none", {})


@pytest.mark.parametrize(
    ("line", "key", "action"),
    [
        ("two_node: 1", "quorum.two_node", "reload"),
        ("expected_votes: 2", "quorum.expected_votes", "reload"),
        ("wait_for_all: 1", "quorum.wait_for_all", "restart"),
        ("last_man_standing: 1", "quorum.last_man_standing", "restart"),
        ("last_man_standing_window: 5000", "quorum.last_man_standing_window", "restart"),
        ("auto_tie_breaker: 1", "quorum.auto_tie_breaker", "restart"),
        ("auto_tie_breaker_node: highest", "quorum.auto_tie_breaker_node", "restart"),
        ("allow_downscale: 1", "quorum.allow_downscale", "restart"),
        ("expected_votes_tracking: 1", "quorum.expected_votes_tracking", "restart"),
    ],
)
def test_options_of_quorum(line, key, action):
    assert needed(TEXT, with_quorum(line)) == (action, {key: action})
    assert needed(with_quorum(line), TEXT) == (action, {key: action})


@pytest.mark.parametrize("option", ["two_node", "last_man_standing", "auto_tie_breaker", "allow_downscale", "expected_votes_tracking"])
def test_off_is_the_same_as_not_there(option):
    assert needed(TEXT, with_quorum(option + ": 0")) == ("none", {})


@pytest.mark.parametrize("line", ["last_man_standing_window: 10000", "auto_tie_breaker_node: lowest", "wait_for_all: 0"])
def test_a_default_that_is_written_is_the_same_as_none(line):
    assert needed(TEXT, with_quorum(line)) == needed(with_quorum(line), TEXT) == ("none", {})


def test_transport_and_link_mode_have_defaults_too():
    assert needed(TEXT, TEXT.replace("    transport: knet\n", "")) == ("none", {})
    assert needed(TEXT.replace("    transport: knet\n", ""), TEXT.replace("knet", "udpu")) == ("stop", {"totem.transport": "stop"})
    assert needed(with_totem("link_mode: passive"), TEXT) == ("none", {})


def test_wait_for_all_is_what_two_node_makes_of_it_where_it_is_not_set():
    both = "two_node: 1\n    wait_for_all: 1"
    assert needed(with_quorum("two_node: 1"), with_quorum(both)) == needed(with_quorum(both), with_quorum("two_node: 1")) == ("none", {})
    assert needed(with_quorum("two_node: 1"), with_quorum("two_node: 1\n    wait_for_all: 0"))[1] == {"quorum.wait_for_all": "restart"}
    assert needed(TEXT, with_quorum("two_node: 1")) == ("reload", {"quorum.two_node": "reload"})


def test_wait_for_all_goes_with_two_node_by_a_reload_where_it_was_not_set_before():
    """votequorum_readconfig: wait_for_all_autoset. The daemon still follows two_node, whatever the new file says."""
    assert needed(with_quorum("two_node: 1"), with_quorum("wait_for_all: 1")) == ("restart", {"quorum.two_node": "reload", "quorum.wait_for_all": "restart"})


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("token: 1000", "reload"),
        ("crypto_cipher: aes256", "reload"),
        ("crypto_hash: sha256", "reload"),
        ("knet_pmtud_interval: 1", "reload"),
        ("threads: 2", "restart"),
        ("netmtu: 1400", "restart"),
        ("link_mode: active", "restart"),
        ("ip_dscp: 1", "restart"),
        ("ip_version: ipv6", "stop"),
    ],
)
def test_keys_of_totem(line, action):
    assert needed(TEXT, with_totem(line)) == (action, {"totem." + line.split(":")[0]: action})


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("transport: knet", "transport: udpu", "totem.transport"),
        ("cluster_name: one", "cluster_name: two", "totem.cluster_name"),
        ("ring0_addr: 10.0.0.2", "ring0_addr: 10.0.0.3", "nodelist.node(2).ring0_addr"),
    ],
)
def test_what_a_running_cluster_cannot_take_in(old, new, key):
    assert needed(TEXT, TEXT.replace(old, new)) == ("stop", {key: "stop"})


def test_ports_of_a_link_too():
    moved = with_totem("interface {\n        linknumber: 0\n        mcastport: 5500\n    }")
    assert needed(TEXT, moved) == ("stop", {"totem.interface.0.mcastport": "stop"})


def test_ports_of_a_link_that_comes_or_goes_are_no_change_of_a_link():
    port = "interface {\n        linknumber: 1\n        mcastport: 5500\n    }"
    two_links = with_totem(port).replace("ring0_addr: 10.0.0.", "ring1_addr: 10.0.1.9\n        ring0_addr: 10.0.0.")
    expected = {"totem.interface.1.mcastport": "reload", "nodelist.node(1).ring1_addr": "reload", "nodelist.node(2).ring1_addr": "reload"}
    for old, new in ((TEXT, two_links), (two_links, TEXT)):
        action, found = needed(old, new)
        assert (action, {key: found[key] for key in expected}) == ("reload", expected)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("ring0_addr: 10.0.0.2", "ring0_addr: 10.0.0.2\n        quorum_votes: 2", "nodelist.node(2).quorum_votes"),
        ("ring0_addr: 10.0.0.2", "ring0_addr: 10.0.0.2\n        ring1_addr: 10.0.1.2", "nodelist.node(2).ring1_addr"),
        ("name: node2", "name: other", "nodelist.node(2).name"),
    ],
)
def test_what_a_reload_takes_in_of_a_node(old, new, key):
    assert needed(TEXT, TEXT.replace(old, new)) == ("reload", {key: "reload"})


def test_one_vote_is_the_same_as_none_given():
    assert needed(TEXT, TEXT.replace("nodeid: 2", "nodeid: 2\n        quorum_votes: 1")) == ("none", {})


def test_nodes_come_and_go():
    found = tested.changes(TEXT, TEXT.replace("nodeid: 2", "nodeid: 3"))
    assert [tuple(change) for change in found] == [("nodelist.node(2)", "node2", None, "reload"), ("nodelist.node(3)", None, "node2", "reload")]


def test_the_strongest_action_counts():
    assert needed(TEXT, with_quorum("wait_for_all: 1").replace("transport: knet", "transport: udp"))[0] == "stop"
