# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""corosync.conf as the lab writes it."""

from lab import corosync_conf

ADDRESSES = {1: "198.18.0.1", 2: "198.18.0.2", 3: "198.18.0.3"}


def lines(**wishes):
    """The rendered file without its indentation."""
    return [line.strip() for line in corosync_conf.render(ADDRESSES, **wishes).splitlines()]


def test_every_opening_brace_ends_its_line_and_all_are_closed():
    text = lines(device={"model": "net", "votes": 1, "net": {"host": "198.18.0.9", "algorithm": "ffsplit", "tls": False}})
    assert all(line.endswith("{") for line in text if "{" in line)
    assert sum("{" in line for line in text) == text.count("}")


def test_a_plain_cluster_names_its_nodes_and_their_votes_are_left_to_corosync():
    text = lines()
    assert [line for line in text if line.startswith("ring0_addr")] == [f"ring0_addr: 198.18.0.{number}" for number in (1, 2, 3)]
    assert [line for line in text if line.startswith("name:")] == ["name: node1", "name: node2", "name: node3"]
    assert not [line for line in text if line.startswith("quorum_votes")]


def test_votes_go_to_their_node_alone():
    text = lines(votes={2: 0, 3: 5})
    assert text[text.index("nodeid: 2") + 2] == "quorum_votes: 0"
    assert text[text.index("nodeid: 3") + 2] == "quorum_votes: 5"
    assert text[text.index("nodeid: 1") + 2] == "}"


def test_quorum_and_totem_keys_come_on_top_of_the_labs_own():
    text = lines(quorum={"two_node": 1, "wait_for_all": 0}, totem={"token": 5000})
    assert "provider: corosync_votequorum" in text
    assert "two_node: 1" in text
    assert "wait_for_all: 0" in text
    assert [line for line in text if line.startswith("token:")] == ["token: 5000"]


def test_none_takes_a_key_out():
    assert not [line for line in lines(quorum={"provider": None}) if line.startswith("provider")]


def test_sections_that_a_test_does_not_want_are_not_there():
    text = lines(quorum=False, nodelist=False)
    assert "quorum {" not in text
    assert "nodelist {" not in text
    assert "name: node1" not in lines(names=False)


def test_truth_values_are_corosyncs():
    assert corosync_conf.section("net", {"tls": False, "force": True}) == ["net {", "    tls: no", "    force: yes", "}"]


def test_a_cluster_is_encrypted_where_its_transport_can():
    assert "crypto_cipher: aes256" in lines() and "crypto_hash: sha256" in lines()
    assert not [line for line in lines(totem={"transport": "udpu"}) if "crypto" in line]
    assert not [line for line in lines(totem={"crypto_cipher": None, "crypto_hash": None}) if "crypto" in line]
