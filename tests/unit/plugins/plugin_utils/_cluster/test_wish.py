# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the variables of the role `cluster` may be: each wrong one is refused in a sentence with its name, its host and its value."""

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster import wish as tested
from ansible_collections.corosync.quorum.tests.unit.fakes.clusters import planned, wishes


def refusal(given, **play):
    refusals = planned(given, **play)["refusals"]
    assert refusals
    return " ".join(refusals)


def test_a_good_wish_is_not_refused():
    assert planned(wishes())["refusals"] == []


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ({"nodeid": 0}, ["cluster_nodeid of host2 is 0", "1 to 65535"]),
        ({"nodeid": "two"}, ["cluster_nodeid of host2", '"two"']),
        ({"nodeid": 65536}, ["cluster_nodeid of host2 is 65536"]),
        ({"votes": -1}, ["cluster_votes of host2 is -1", "0 to 509"]),
        ({"votes": 510}, ["cluster_votes of host2 is 510"]),
        ({"votes": True}, ["cluster_votes of host2 is True"]),
        ({"votes": None}, ["cluster_votes of host2"]),
        ({"addresses": []}, ["cluster_addresses of host2 is []"]),
        ({"addresses": "10.0.0.2"}, ["cluster_addresses of host2", "must be a list"]),
        ({"addresses": ["10.0.0.2 "]}, ["cluster_addresses of host2", "neither an address nor a host name"]),
        ({"addresses": [f"10.0.0.{number}" for number in range(9)]}, ["cluster_addresses of host2"]),
        ({"addresses": ["10.0.0.2", "10.0.1.2"]}, ["cluster_addresses", "host1: 1, host2: 2, host3: 1"]),
        ({"addresses": ["10.0.0.1"]}, ["cluster_addresses 10.0.0.1", "host1", "host2"]),
        ({"node_name": "node1"}, ["cluster_node_name node1", "host1", "host2"]),
        ({"node_name": "no de"}, ["cluster_node_name of host2", '"no de"']),
        ({"name": "two"}, ["more than one cluster", 'cluster_name is "one" on host1, but "two" on host2']),
        ({"totem": {"token": 1}}, ["cluster_totem", "host1", "host2"]),
    ],
)
def test_one_host_is_wrong(host, words):
    told = refusal(wishes(host2=host))
    assert all(word in told for word in words), told


@pytest.mark.parametrize(
    ("shared", "words"),
    [
        ({"hosts": []}, ["cluster_hosts is empty"]),
        ({"hosts": "host1"}, ["cluster_hosts is no list"]),
        ({"hosts": ["host1", "host2", "host3", "host9"]}, ["not in the play: host9"]),
        ({"hosts": ["host1", "host2"]}, ["not in cluster_hosts: host3"]),
        ({"hosts": ["host1", "host2", "host3", "host1"]}, ["twice: host1"]),
        ({"remove": "node3"}, ['cluster_remove is "node3"', "list of names", '["node3"]']),
        ({"remove": {"node3": True}}, ["cluster_remove is {'node3': True}", "list of names"]),
        ({"remove": [["node3"]]}, ["cluster_remove is [['node3']]", "list of names"]),
        ({"quorum": "two_node=1"}, ['cluster_quorum is "two_node=1"', "dictionary"]),
        ({"device": ["qnetd"]}, ["cluster_device is ['qnetd']", "dictionary"]),
        ({"totem": 1000}, ["cluster_totem is 1000", "dictionary"]),
        ({"logging": True}, ["cluster_logging is True", "dictionary"]),
        ({"sections": "system", "remove": "node3"}, ['cluster_sections is "system"', 'cluster_remove is "node3"']),
        ({"timeout": 0}, ["cluster_timeout is 0", "above 0"]),
        ({"timeout": -5}, ["cluster_timeout is -5", "above 0"]),
        ({"timeout": "soon"}, ['cluster_timeout is "soon"']),
        ({"stable_for": -1}, ["cluster_stable_for is -1", "0 or more"]),
        ({"stable_for": "nan"}, ['cluster_stable_for is "nan"']),
        ({"stable_for": None}, ["cluster_stable_for is None"]),
        ({"stable_for": 300}, ["cluster_stable_for is 300", "below cluster_timeout, which is 300"]),
        ({"stable_for": "5", "timeout": "4"}, ['cluster_stable_for is "5"', 'below cluster_timeout, which is "4"']),
        ({"name": ""}, ["cluster_name"]),
        ({"name": "a\nb"}, ["cluster_name"]),
        ({"remove": ["node2", "node3"]}, ["one node: node1", "--limit"]),
        ({"remove": ["node1", "node2", "node3"]}, ["no node"]),
        ({"quorum": {"two_nodes": True}}, ["cluster_quorum has two_nodes"]),
        ({"quorum": {"wait_for_all": "perhaps"}}, ["cluster_quorum.wait_for_all", "perhaps"]),
        ({"totem": {"cluster_name": "x"}}, ["cluster_totem has cluster_name"]),
        ({"totem": {"key": "secret"}}, ["cluster_totem has key"]),
        ({"sections": {"quorum": {}}}, ["cluster_sections has quorum"]),
        ({"device": {"host": "q"}}, ["cluster_device lacks algorithm"]),
        ({"device": {"host": "q", "algorithm": "lms", "model": "disk"}}, ["cluster_device.model", "disk"]),
        ({"device": {"host": "q", "algorithm": "lms", "heuristics": {}}}, ["cluster_device has heuristics"]),
        ({"device": {"host": "q", "algorithm": "ffsplit", "votes": 2}}, ["cluster_device.votes is 2", "ffsplit", "must be 1"]),
        # what lint calls an error
        ({"quorum": {"two_node": True}}, ["corosync.conf would be wrong", "two_node"]),
        ({"totem": {"transport": "udpu"}}, ["corosync.conf would be wrong", "cannot encrypt"]),
        ({"totem": {"token": "soon"}}, ["corosync.conf would be wrong", "totem.token"]),
        ({"totem": {"token": "1\n}"}}, ["corosync.conf cannot be written", "totem.token"]),
    ],
)
def test_all_hosts_are_wrong(shared, words):
    told = refusal(wishes(shared=shared))
    assert all(word in told for word in words), told


@pytest.mark.parametrize(
    "shared",
    [
        {"remove": None},
        {"remove": ""},
        {"quorum": None, "device": "", "totem": None, "logging": None, "sections": None},
        {"timeout": "300", "stable_for": "0.5"},
        {"timeout": 1, "stable_for": 0},
    ],
)
def test_what_is_not_set_and_what_a_command_line_makes_of_numbers_is_fine(shared):
    assert planned(wishes(shared=shared))["refusals"] == []


def test_ffsplit_gets_the_vote_that_its_daemon_wants_to_see_and_lms_none():
    assert "votes: 1\n" in planned(wishes(2, {"device": {"host": "q", "algorithm": "ffsplit"}}))["conf"]
    assert "votes:" not in planned(wishes(2, {"device": {"host": "q", "algorithm": "lms"}}))["conf"]


def test_one_host_has_votes_that_ffsplit_does_not_take():
    told = refusal(wishes(3, {"device": {"host": "q", "algorithm": "ffsplit", "votes": "1"}}, host2={"votes": 0}))
    assert "cluster_votes" in told and "host2: 0." in told and "host1" not in told


def test_one_host_alone_is_no_cluster():
    assert "one node: node1" in refusal(wishes(1))


def test_two_nodes_with_one_id():
    assert "cluster_nodeid 7 is given to host1 and to host3" in refusal(wishes(host1={"nodeid": 7}, host3={"nodeid": "7"}))


def test_more_votes_than_corosync_counts():
    assert "are 510 together" in refusal(wishes(host1={"votes": 200}, host2={"votes": 200}, host3={"votes": 110}))
    assert "the votes of cluster_device are 510" in refusal(wishes(2, {"device": {"host": "q", "algorithm": "lms", "votes": 508}}))


def test_a_host_that_is_not_reachable():
    assert "Not reachable, or failed before: host9." in refusal(wishes(), hosts=["host1", "host2", "host3", "host9"])


def test_serial():
    told = refusal({"host1": wishes()["host1"]}, hosts=["host1", "host2", "host3"], alive=["host1", "host2", "host3"], batch=["host1"])
    assert "Remove serial from the play" in told


def test_every_wrong_variable_is_named_at_once():
    told = refusal(wishes(host1={"votes": 999}, host2={"nodeid": -3}))
    assert "cluster_votes of host1" in told and "cluster_nodeid of host2" in told


@pytest.mark.parametrize(("given", "wanted"), [("5", 5), (5, 5), ("-1", -1), ("5.0", None), (True, None), (None, None), ("", None), ("9" * 30, None)])
def test_parse_int(given, wanted):
    assert tested.parse_int(given) == wanted


@pytest.mark.parametrize(("given", "wanted"), [(True, True), ("yes", True), ("On", True), (1, True), (0, False), ("False", False), ("off", False), (2, None)])
def test_parse_bool(given, wanted):
    assert tested.parse_bool(given) is wanted


def test_the_text_has_all_that_was_asked_for():
    device = {"host": "qnetd", "algorithm": "lms", "votes": 2, "tls": False, "timeout": 9000}
    shared = {
        "device": device,
        "quorum": {"wait_for_all": "yes"},
        "totem": {"token": 1000, "interface": [{"linknumber": 0, "knet_link_priority": 1}]},
        "logging": {"to_syslog": True},
        "sections": {"system": {"priority": "max"}},
    }
    text = planned(
        wishes(2, shared, host1={"votes": "2", "nodeid": "9", "addresses": ["10.0.0.1", "10.0.1.1"]}, host2={"addresses": ["10.0.0.2", "10.0.1.2"]})
    )["conf"]
    for line in (
        "cluster_name: one",
        "crypto_cipher: aes256",
        "token: 1000",
        "knet_link_priority: 1",
        "nodeid: 9",
        "ring1_addr: 10.0.1.1",
        "quorum_votes: 2",
        "wait_for_all: 1",
        "model: net",
        "timeout: 9000",
        "host: qnetd",
        "tls: off",
        "to_syslog: yes",
        "priority: max",
    ):
        assert f"    {line}\n" in text, text
    assert text.index("nodeid: 1\n") < text.index("nodeid: 9\n")
