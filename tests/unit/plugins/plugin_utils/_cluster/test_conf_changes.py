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
        ("expected_votes: 3", "quorum.expected_votes", "reload"),
        ("wait_for_all: 1", "quorum.wait_for_all", "restart"),
        ("last_man_standing: 1", "quorum.last_man_standing", "restart"),
        ("auto_tie_breaker: 1", "quorum.auto_tie_breaker", "restart"),
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


@pytest.mark.parametrize("line", ["expected_votes: 2", "last_man_standing_window: 10000", "auto_tie_breaker_node: lowest", "wait_for_all: 0"])
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


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("wait_for_all: 1", "two_node: 1", {"quorum.two_node": "reload"}),
        ("wait_for_all: 0", "two_node: 1", {"quorum.two_node": "reload", "quorum.wait_for_all": "restart"}),
        ("two_node: 1\n    wait_for_all: 1", "wait_for_all: 1", {"quorum.two_node": "reload"}),
        ("two_node: 1\n    wait_for_all: 1", "two_node: 0", {"quorum.two_node": "reload", "quorum.wait_for_all": "restart"}),
        ("two_node: 0", "two_node: 1\n    wait_for_all: 0", {"quorum.two_node": "reload", "quorum.wait_for_all": "restart"}),
    ],
)
def test_wait_for_all_that_was_set_at_the_start_stays_as_it_was(old, new, found):
    assert needed(with_quorum(old), with_quorum(new))[1] == found


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
        ("netmtu: 1400", "restart"),
        ("ip_dscp: 1", "restart"),
        ("heartbeat_failures_allowed: 3", "restart"),
        ("cluster_uuid: 1234", "reload"),
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


@pytest.mark.parametrize(
    ("old", "new"),
    [("10.0.0.2", "10.2"), ("10.0.0.2", "10.0.2"), ("10.0.0.2", "0x0a.0.0.02"), ("fd00::2", "FD00:0::2"), ("fd00::2", "fd00:0:0:0:0:0:0:2")],
)
def test_another_way_to_write_an_address_is_no_other_address(old, new):
    """corosync compares what it has made of them (check_things_have_not_changed)."""
    texts = [TEXT.replace("10.0.0.2", address).replace("10.0.0.1", "10.0.0.1" if "." in old else "fd00::1") for address in (old, new)]
    assert needed(*texts) == needed(*texts[::-1]) == ("none", {})
    renumbered = texts[1].replace("nodeid: 2", "nodeid: 7").replace("        name: node2\n", "")
    assert needed(texts[0].replace("        name: node2\n", ""), renumbered)[1] == {"nodelist.node(2).nodeid": "stop"}
    assert needed(texts[0], texts[1].replace(new, new.replace("2", "3")))[0] == "stop"


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
    found = tested.changes(TEXT, TEXT.replace("nodeid: 2", "nodeid: 3").replace("node2", "node3").replace("10.0.0.2", "10.0.0.3"))
    assert [tuple(change) for change in found] == [("nodelist.node(2)", "node2", None, "reload"), ("nodelist.node(3)", None, "node3", "reload")]


def test_a_node_id_is_read_at_start_only():
    """After a reload cmap has the new one, and the daemon the old one."""
    renumbered = TEXT.replace("nodeid: 2", "nodeid: 7")
    assert [tuple(change) for change in tested.changes(TEXT, renumbered)] == [("nodelist.node(2).nodeid", 2, 7, "stop")]
    nameless = [text.replace("        name: node2\n", "") for text in (TEXT, renumbered)]
    assert needed(*nameless) == ("stop", {"nodelist.node(2).nodeid": "stop"})
    made_of_addresses = [text.replace("knet", "udpu").replace("        nodeid: 2\n", "") for text in (TEXT, TEXT.replace("10.0.0.2", "10.0.0.9"))]
    assert needed(*made_of_addresses)[0] == "stop"


def test_node_ids_that_are_swapped_swap_names_and_addresses():
    swapped = TEXT.replace("nodeid: 1", "nodeid: 9").replace("nodeid: 2", "nodeid: 1").replace("nodeid: 9", "nodeid: 2")
    assert needed(TEXT, swapped)[0] == "stop"


DEVICE = "device {\n        model: net\n        votes: 1\n        net {\n            host: qnetd\n            %s\n        }\n%s    }"


def with_device(net="algorithm: ffsplit", more=""):
    return with_quorum(DEVICE % (net, more))


@pytest.mark.parametrize(
    ("new", "key", "action"),
    [
        (with_device().replace("host: qnetd", "host: other"), "net.host", "restart_qdevice"),
        (with_device("algorithm: lms"), "net.algorithm", "restart_qdevice"),
        (with_device("tls: off"), "net.tls", "restart_qdevice"),
        (with_device("tie_breaker: 2"), "net.tie_breaker", "restart_qdevice"),
        (with_device("port: 5404"), "net.port", "restart_qdevice"),
        (with_device(more="        timeout: 5000\n"), "timeout", "restart_qdevice"),
        (with_device().replace("votes: 1", "votes: 2"), "votes", "reload"),
        (with_device(more="        heuristics {\n            mode: on\n        }\n"), "heuristics.mode", "reload"),
    ],
)
def test_the_daemon_of_the_device_follows_its_heuristics_alone(new, key, action):
    found = needed(with_device(), new)[1]
    assert found.pop("quorum.device." + key) == action
    assert set(found) <= {"quorum.device.net.algorithm"}


def test_a_device_that_comes_needs_its_daemon():
    action, found = needed(TEXT, with_device())
    assert action == "restart_qdevice" and found["quorum.device.model"] == "restart_qdevice"


@pytest.mark.parametrize(
    "net", ["port: 5403", "tls: on", "tls: YES", "tie_breaker: lowest", "force_ip_version: 0", "connect_timeout: 8000", "keep_active_partition_tie_breaker: 1"]
)
def test_a_default_of_the_device_is_the_same_as_none(net):
    assert needed(with_device(), with_device("algorithm: ffsplit\n            " + net)) == ("none", {})
    assert needed(with_device(""), with_device()) == ("none", {})


def interface(line):
    return f"interface {{\n        linknumber: 0\n        {line}\n    }}"


UDPU, UDP = TEXT.replace("knet", "udpu"), TEXT.replace("knet", "udp")


@pytest.mark.parametrize(
    ("old", "line"),
    [
        *[
            (TEXT, interface(line))
            for line in (
                "bindnetaddr: 10.0.0.0",
                "mcastaddr: 239.1.1.1",
                "broadcast: yes",
                "ttl: 1",
                "mcastport: 5405",
                "mcastport: 0",
                "knet_transport: udp",
                "knet_link_priority: 1",
                "knet_ping_interval: 750",
                "knet_ping_timeout: 1500",
                "knet_pong_count: 2",
                "knet_ping_precision: 2048",
                "member {\n            memberaddr: 10.0.0.1\n        }",
            )
        ],
        *[
            (TEXT, line)
            for line in (
                "token: 3000",
                "token: 0",
                "consensus: 3600",
                "join: 50",
                "token_retransmit: 714",
                "hold: 561",
                "token_warning: 75",
                "merge: 200",
                "downcheck: 9000",
                "max_network_delay: 90",
                "send_join: 0",
                "threads: 4",
                "nodeid: 5",
                "netmtu: 65536",
                "link_mode: active",
                "ip_version: ipv4",
                "ip_dscp: cs0",
                "secauth: off",
                "secauth: yes",
                "crypto_model: openssl",
                "crypto_cipher: none",
                "keyfile: /elsewhere",
                "clear_node_high_bit: yes",
                "block_unlisted_ips: yes",
                "cancel_token_hold_on_retransmit: maybe",
                "knet_pmtud_interval: 30",
                "knet_mtu: 0",
                "knet_compression_threshold: 200",
            )
        ],
        (UDPU, interface("bindnetaddr: 10.0.0.0")),
        (UDPU, interface("mcastaddr: 239.1.1.1")),
        (UDPU, interface("knet_ping_interval: 1")),
        (UDPU, "knet_mtu: 1400"),
        (UDPU, "netmtu: 1500"),
        (UDP, interface("bindnetaddr: 10.0.0.0")),
        (UDP, interface("ttl: 1")),
        (UDP, "block_unlisted_ips: no"),
    ],
)
def test_a_key_that_nobody_reads_or_that_has_its_default_changes_nothing(old, line):
    new = old.replace("    transport", f"    {line}\n    transport")
    for before, after in ((old, new), (new, old)):
        assert needed(before, after) == ("none", {})


def test_what_only_another_setting_brings_to_life_changes_nothing():
    for line in ("last_man_standing_window: 5000", "auto_tie_breaker_node: highest", "votes: 2", "leaving_timeout: 5", "expected_votes: 0"):
        assert needed(TEXT, with_quorum(line)) == ("none", {})
    for line in ("last_man_standing: 1\n    last_man_standing_window: %d", "auto_tie_breaker: 1\n    auto_tie_breaker_node: %d"):
        assert needed(with_quorum(line % 1), with_quorum(line % 2))[0] == "restart"
    secret = "crypto_cipher: aes256\n    crypto_hash: sha256\n    "
    assert needed(with_totem(secret), with_totem(secret + "keyfile: /elsewhere")) == ("reload", {"totem.keyfile": "reload"})
    assert needed(with_totem("secauth: on"), with_totem(secret)) == ("none", {})
    two_links = TEXT.replace("ring0_addr: 10.0.0.", "ring1_addr: 10.0.1.9\n        ring0_addr: 10.0.0.")
    assert needed(two_links, two_links.replace("    transport", "    link_mode: rr\n    transport")) == ("restart", {"totem.link_mode": "restart"})
    names = TEXT.replace("10.0.0.", "host")
    assert needed(names, names.replace("    transport", "    ip_version: ipv4\n    transport")) == ("stop", {"totem.ip_version": "stop"})
    assert needed(UDP, UDP.replace("    transport", f"    {interface('mcastaddr: 239.1.1.1')}\n    transport"))[0] == "stop"
    assert needed(UDP, UDP.replace("    transport", f"    {interface('ttl: 4')}\n    transport"))[0] == "restart"


@pytest.mark.parametrize(
    ("line", "same"), [("debug: off", True), ("to_syslog: on", True), ("timestamp: hires", True), ("debug: on", False), ("to_stderr: no", False)]
)
def test_logging(line, same):
    logging = "logging {\n    %s\n}\n"
    assert needed(TEXT, TEXT + logging % line)[0] == ("none" if same else "reload")


def test_a_watchdog_that_is_no_longer_configured_stays_as_it_was_until_a_restart():
    """A reload removes nothing that is below resources."""
    watchdog = TEXT + "resources {\n    watchdog_timeout: %d\n}\n"
    assert needed(watchdog % 30, TEXT) == ("restart", {"resources.watchdog_timeout": "restart"})
    assert needed(watchdog % 30, watchdog % 10) == ("reload", {"resources.watchdog_timeout": "reload"})
    assert needed(TEXT, watchdog % 30) == ("reload", {"resources.watchdog_timeout": "reload"})
    assert needed(TEXT, watchdog % 6) == needed(watchdog % 6, TEXT) == ("none", {})


@pytest.mark.parametrize(
    ("line", "action"),
    [("sched_rr: yes", "none"), ("priority: 5", "none"), ("sched_rr: no", "restart"), ("move_to_root_cgroup: auto", "none"), ("state_dir: /x", "restart")],
)
def test_system(line, action):
    assert needed(TEXT, TEXT + f"system {{\n    {line}\n}}\n")[0] == action


def test_the_strongest_action_counts():
    assert needed(TEXT, with_quorum("wait_for_all: 1").replace("transport: knet", "transport: udp"))[0] == "stop"
