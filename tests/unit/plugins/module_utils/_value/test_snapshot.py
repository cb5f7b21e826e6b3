# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `votequorum` value, from what three libraries say to plain data, in every shape a cluster can have."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.votequorum import NodeInfo, RingId
from ansible_collections.corosync.quorum.plugins.module_utils._value.snapshot import CMAP_PREFIXES, concluded, flag_names, link_keys, snapshot
from ansible_collections.corosync.quorum.tests.unit.fakes import daemons
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples

QUORATE, WAIT_FOR_ALL, LAST_MAN_STANDING, TIE_BREAKER, DOWNSCALE = 2, 4, 8, 16, 32
REGISTERED, ALIVE, CAST_VOTE, MASTER_WINS = 64, 128, 256, 512


def info(nodeid, state=1, votes=1, expected=3, total=3, quorum=2, flags=QUORATE, device_votes=0, device=""):
    return NodeInfo(nodeid, state, votes, expected, expected, total, quorum, flags, device_votes, device)


def nodelist(*nodeids, **extra):
    keys = {}
    for position, nodeid in enumerate(nodeids):
        keys[f"nodelist.node.{position}.nodeid"] = nodeid
        keys[f"nodelist.node.{position}.name"] = f"node{nodeid}"
        keys[f"nodelist.node.{position}.ring0_addr"] = f"192.0.2.{nodeid}"
    keys["nodelist.local_node_pos"] = 0
    keys.update(("quorum." + key, value) for key, value in extra.items())
    return keys


def taken(infos=None, cmap=None, local=None, settled=True):
    infos = infos if infos is not None else [info(1), info(2), info(3)]
    value = snapshot(RingId(1, 13), {one.node_id: one for one in infos}, local or infos[0], nodelist(1, 2, 3) if cmap is None else cmap, settled)
    assert json.loads(json.dumps(value)) == value, "an Ansible result is JSON"
    return value


def test_a_plain_cluster_is_the_documented_value():
    value = taken(
        cmap=dict(nodelist(1, 2, 3), **{"runtime.votequorum.lowest_node_id": 1, "runtime.votequorum.highest_node_id": 3, "runtime.votequorum.ev_barrier": 3})
    )
    assert value == {
        "nodeid": 1,
        "name": "node1",
        "cluster_name": None,
        "cluster_uuid": None,
        "read_at": None,
        "quorate": True,
        "settled": True,
        "ring_id": {"nodeid": 1, "seq": 13},
        "expected_votes": 3,
        "highest_expected": 3,
        "total_votes": 3,
        "quorum": 2,
        "flags": ["quorate"],
        "two_node": False,
        "wait_for_all": {"enabled": False, "pending": False},
        "last_man_standing": {"enabled": False, "window_ms": 10000},
        "auto_tie_breaker": {"enabled": False, "kind": "none", "nodes": [], "lowest": 1, "highest": 3},
        "allow_downscale": {"enabled": False, "ev_barrier": 3},
        "qdevice": None,
        "members": [1, 2, 3],
        "missing": [],
        "nodes": [
            {
                "nodeid": nodeid,
                "name": f"node{nodeid}",
                "state": "member",
                "votes": 1,
                "configured_votes": 1,
                "expected_votes": 3,
                "local": nodeid == 1,
                "qdevice": None,
                "addresses": [f"192.0.2.{nodeid}"],
                "links": None,
            }
            for nodeid in (1, 2, 3)
        ],
    }


@pytest.mark.parametrize(
    "flags, names",
    [
        (0, []),
        (1, ["two_node"]),
        (
            1023,
            [
                "two_node",
                "quorate",
                "wait_for_all",
                "last_man_standing",
                "auto_tie_breaker",
                "allow_downscale",
                "qdevice_registered",
                "qdevice_alive",
                "qdevice_cast_vote",
                "qdevice_master_wins",
            ],
        ),
        (1024 + 2, ["quorate", "qdevice_has_extra_info"]),
        (2048 + 2, ["quorate", "bit_11"]),
        (2**31, ["bit_31"]),
    ],
)
def test_flags_have_names_and_unknown_bits_numbers(flags, names):
    assert flag_names(flags) == names


def test_an_unknown_flag_does_not_hide_the_known_ones():
    value = taken([info(1, flags=QUORATE | 2048)])
    assert (value["quorate"], value["flags"]) == (True, ["quorate", "bit_11"])


def test_a_cluster_has_its_name_and_what_is_no_text_is_none():
    value = taken(cmap=dict(nodelist(1, 2, 3), **{"totem.cluster_name": "web", "totem.cluster_uuid": "0f6a"}))
    assert (value["cluster_name"], value["cluster_uuid"]) == ("web", "0f6a")
    odd = taken(cmap=dict(nodelist(1, 2, 3), **{"totem.cluster_name": 7, "nodelist.node.1.ring0_addr": b"x"}))
    assert (odd["cluster_name"], odd["nodes"][1]["addresses"]) == (None, [])


def two_rings(**stats):
    keys = dict(nodelist(1, 2, 3), **{"totem.transport": "knet"})
    keys.update({f"nodelist.node.{position}.ring1_addr": f"198.51.100.{position + 1}" for position in range(3)})
    keys.update((f"stats.knet.{key.replace('_', '.')}.connected", up) for key, up in stats.items())
    return keys


def test_links_are_those_of_the_nodelist_from_the_node_asked_to_the_others():
    keys = two_rings(node2_link0=1, node2_link1=1, node3_link0=1, node3_link1=0)
    assert link_keys(keys, 1) == [f"stats.knet.node{nodeid}.link{link}.connected" for nodeid in (2, 3) for link in (0, 1)]
    nodes = taken(cmap=keys)["nodes"]
    assert [node["links"] for node in nodes] == [
        None,
        [{"link": 0, "connected": True}, {"link": 1, "connected": True}],
        [{"link": 0, "connected": True}, {"link": 1, "connected": False}],
    ]
    assert nodes[2]["addresses"] == ["192.0.2.3", "198.51.100.3"]


def test_a_configured_link_that_knet_does_not_have_is_not_connected_and_without_knet_nothing_is_known():
    nodes = taken(cmap=two_rings(node2_link0=1, node3_link0=1))["nodes"]
    assert [link["connected"] for link in nodes[1]["links"]] == [True, False]
    assert [node["links"] for node in taken(cmap=two_rings())["nodes"]] == [None, None, None]
    assert [node["links"] for node in taken(cmap=dict(two_rings(node2_link0=1), **{"totem.transport": "udpu"}))["nodes"]] == [None, None, None]


def test_a_single_link_is_that_of_a_member_or_of_nobody_and_is_not_read():
    one = dict(nodelist(1, 2, 3), **{"totem.transport": "knet"})
    assert link_keys(one, 1) == []
    nodes = taken([info(1), info(2), info(3, state=2)], cmap=one)["nodes"]
    assert [node["links"] for node in nodes] == [None, [{"link": 0, "connected": True}], [{"link": 0, "connected": False}]]
    keys = {key.replace("ring0", "ring1"): item for key, item in one.items()}
    assert taken(cmap=keys)["nodes"][1]["links"] == [{"link": 1, "connected": True}], "links have the numbers of their addresses"


def test_a_node_that_is_not_in_the_nodelist_has_neither_addresses_nor_links():
    [node] = taken([info(1), info(2)], cmap=dict(nodelist(1), **{"stats.knet.node2.link0.connected": 1}))["nodes"][1:]
    assert (node["addresses"], node["links"]) == (None, None)


def test_inquorate_and_unsettled():
    value = taken([info(1, flags=0, total=1), info(2, state=2), info(3, state=2)], settled=False)
    assert (value["quorate"], value["settled"], value["members"], value["missing"]) == (False, False, [1], [2, 3])


def test_each_state_of_a_node():
    value = taken([info(1), info(2, state=3, votes=2), info(4, state=2, expected=5), info(5, state=9)], nodelist(1, 2, 3, 4))
    states = {node["nodeid"]: (node["state"], node["votes"], node["expected_votes"]) for node in value["nodes"]}
    assert states == {1: ("member", 1, 3), 2: ("leaving", 2, 3), 3: ("unseen", None, None), 4: ("dead", 1, 5), 5: ("state_9", 1, 3)}
    assert (value["members"], value["missing"]) == ([1], [2, 3, 4])


def test_a_node_that_was_seen_and_is_not_configured():
    extra = [node for node in taken([info(1), info(9)], nodelist(1))["nodes"] if node["nodeid"] == 9][0]
    assert (extra["name"], extra["configured_votes"], extra["state"], extra["votes"]) == (None, None, "member", 1)


def test_a_cluster_without_a_nodelist():
    value = taken([info(1), info(2)], {})
    assert (value["name"], value["members"], value["missing"]) == (None, [1, 2], [])
    assert [(node["name"], node["configured_votes"]) for node in value["nodes"]] == [(None, None), (None, None)]


def test_nodes_without_names():
    keys = {key: text for key, text in nodelist(1, 2).items() if not key.endswith(".name")}
    value = taken([info(1), info(2)], keys)
    assert (value["name"], [node["name"] for node in value["nodes"]]) == (None, [None, None])


def test_nodes_are_in_the_order_of_their_ids_wherever_they_are_configured():
    value = taken([info(30), info(2), info(100)], nodelist(100, 2, 30), local=info(30))
    assert [node["nodeid"] for node in value["nodes"]] == value["members"] == [2, 30, 100]
    assert [node["nodeid"] for node in value["nodes"] if node["local"]] == [30]
    assert value["name"] == "node30"


def test_configured_votes_are_those_of_the_configuration_and_votes_those_of_now():
    value = taken([info(1, votes=5), info(2, votes=0)], dict(nodelist(1, 2), **{"nodelist.node.0.quorum_votes": 2, "nodelist.node.1.quorum_votes": 0}))
    assert [(node["votes"], node["configured_votes"]) for node in value["nodes"]] == [(5, 2), (0, 0)]


def test_expected_votes_is_the_local_nodes_own_view():
    local = info(1, expected=4)._replace(highest_expected=6)
    value = taken([local, info(2, expected=6)], local=local)
    assert (value["expected_votes"], value["highest_expected"]) == (4, 6)


@pytest.mark.parametrize(
    "flags, status, wanted",
    [
        (QUORATE, None, {"enabled": False, "pending": False}),
        (QUORATE, 1, {"enabled": False, "pending": False}),  # the key stays when it was switched off
        (WAIT_FOR_ALL, 1, {"enabled": True, "pending": True}),
        (WAIT_FOR_ALL | QUORATE, 0, {"enabled": True, "pending": False}),
        (WAIT_FOR_ALL | QUORATE, None, {"enabled": True, "pending": False}),
    ],
)
def test_wait_for_all(flags, status, wanted):
    keys = nodelist(1) if status is None else dict(nodelist(1), **{"runtime.votequorum.wait_for_all_status": status})
    assert taken([info(1, flags=flags)], keys)["wait_for_all"] == wanted


def test_two_node_last_man_standing_and_downscale():
    value = taken([info(1, flags=1 | QUORATE | LAST_MAN_STANDING | DOWNSCALE)], nodelist(1, last_man_standing_window=500))
    assert value["two_node"] is True
    assert value["last_man_standing"] == {"enabled": True, "window_ms": 500}
    assert value["allow_downscale"] == {"enabled": True, "ev_barrier": None}


@pytest.mark.parametrize("kind, word", [(1, "lowest"), (2, "highest")])
def test_tie_breaker_by_id(kind, word):
    keys = dict(nodelist(1, 2, auto_tie_breaker_node=word), **{"runtime.votequorum.atb_type": kind})
    assert taken([info(1, flags=TIE_BREAKER), info(2)], keys)["auto_tie_breaker"] == {
        "enabled": True,
        "kind": word,
        "nodes": [],
        "lowest": None,
        "highest": None,
    }


# Text and what parse_atb_string (exec/votequorum.c) makes of it, which is a loop of strtol that ends at a 0.
TIE_BREAKER_LISTS = [
    ("1", [1]),
    ("3 1", [3, 1]),
    ("  3\t 1 ", [3, 1]),
    ("1,3", [1]),
    ("1, 3", [1]),
    ("1 3x 5", [1, 3]),
    ("1 three 5", [1]),
    ("1 0 3", [1]),
    ("+2 03", [2, 3]),
    ("4294967295 1", [4294967295, 1]),
    ("1 \u00b2", [1]),
    ("", []),
]


@pytest.mark.parametrize("text, nodes", TIE_BREAKER_LISTS)
def test_tie_breaker_by_list_is_read_as_corosync_reads_it(text, nodes):
    keys = dict(nodelist(1, 2, auto_tie_breaker_node=text), **{"runtime.votequorum.atb_type": 3})
    assert taken([info(1, flags=TIE_BREAKER), info(2)], keys)["auto_tie_breaker"]["nodes"] == nodes


def test_what_votequorum_reads_at_its_start_alone_is_not_known_after_a_reload():
    """cmap has what the reload read. How far a reload came does not matter: one that is refused has removed keys by then."""
    keys = nodelist(1, 2, auto_tie_breaker_node="1 2", last_man_standing_window=500)
    keys.update({"runtime.votequorum.atb_type": 3, "runtime.votequorum.lowest_node_id": 1, "config.reload_in_progress": 0})
    value = taken([info(1, flags=TIE_BREAKER | LAST_MAN_STANDING), info(2)], keys)
    assert value["auto_tie_breaker"] == {"enabled": True, "kind": "list", "nodes": None, "lowest": 1, "highest": None}
    assert value["last_man_standing"] == {"enabled": True, "window_ms": None}
    for status in ({"config.reload_status": 7}, {"config.totemconfig_reload_in_progress": 1}):
        assert taken([info(1, flags=TIE_BREAKER), info(2)], dict(keys, **status))["auto_tie_breaker"]["nodes"] is None


def test_what_is_known_after_a_reload():
    """The kind, which votequorum itself sets; what is off; and all of it where the file could not be parsed, as nothing was loaded then."""
    keys = dict(nodelist(1, 2), **{"runtime.votequorum.atb_type": 2, "config.reload_in_progress": 0})
    value = taken([info(1, flags=TIE_BREAKER), info(2)], keys)
    assert (value["auto_tie_breaker"]["kind"], value["auto_tie_breaker"]["nodes"], value["last_man_standing"]["window_ms"]) == ("highest", [], 10000)
    keys = dict(nodelist(1, 2, auto_tie_breaker_node="2 1"), **{"runtime.votequorum.atb_type": 3, "config.totemconfig_reload_in_progress": 1})
    assert taken([info(1, flags=TIE_BREAKER), info(2)], keys)["auto_tie_breaker"]["nodes"] == [2, 1]


def test_a_reload_between_two_reads_of_cmap_is_seen():
    """The keys below a prefix are read one after the other."""
    assert CMAP_PREFIXES.index("config.") > CMAP_PREFIXES.index("quorum.")


def test_a_tie_breaker_that_is_off_has_no_kind_and_no_nodes():
    keys = dict(nodelist(1, 2, auto_tie_breaker_node="1 2"), **{"runtime.votequorum.atb_type": 3})
    assert taken([info(1), info(2)], keys)["auto_tie_breaker"] == {"enabled": False, "kind": "none", "nodes": [], "lowest": None, "highest": None}


def test_a_tie_breaker_given_as_one_number_is_a_list():
    """corosync keeps it as text, but whoever sets it at runtime may store a number."""
    keys = dict(nodelist(1, 2, auto_tie_breaker_node=2), **{"runtime.votequorum.atb_type": 3})
    assert taken([info(1, flags=TIE_BREAKER), info(2)], keys)["auto_tie_breaker"]["nodes"] == [2]


def test_a_device_that_votes():
    local = info(1, flags=QUORATE | REGISTERED | ALIVE | CAST_VOTE, total=3, device_votes=1, device="Qdevice")
    value = taken([local, info(2, flags=QUORATE | REGISTERED | ALIVE)], nodelist(1, 2))
    assert value["qdevice"] == {"name": "Qdevice", "votes": 1, "registered": True, "alive": True, "cast_vote": True, "master_wins": False}
    assert [node["qdevice"] for node in value["nodes"]] == [
        {"registered": True, "alive": True, "cast_vote": True, "master_wins": False},
        {"registered": True, "alive": True, "cast_vote": False, "master_wins": False},
    ]


def test_a_device_with_master_wins():
    value = taken([info(1, flags=REGISTERED | MASTER_WINS, device_votes=0, device="Qdevice")])
    assert value["qdevice"] == {"name": "Qdevice", "votes": 0, "registered": True, "alive": False, "cast_vote": False, "master_wins": True}


def test_a_device_that_is_configured_and_not_there():
    value = taken([info(1, device_votes=2, device="Qdevice")], dict(nodelist(1), **{"quorum.device.model": "net"}))  # the name is of a peer's device
    assert value["qdevice"] == {"name": None, "votes": 2, "registered": False, "alive": False, "cast_vote": False, "master_wins": False}
    assert value["nodes"][0]["qdevice"] is None


def test_a_device_that_only_a_peer_has():
    """Its name stays on a node without one (votequorum.c); that makes no device of this node."""
    value = taken([info(1, device="Qdevice"), info(2, flags=QUORATE | REGISTERED)])
    assert value["qdevice"] is None
    assert [node["qdevice"] is None for node in value["nodes"]] == [True, False, True]


@pytest.mark.parametrize(
    "known, waiting, wanted",
    [
        ({}, None, True),
        ({"total": 2, "expected": 4, "quorum": 3, "flags": 0}, None, True),
        ({"total": 3, "expected": 4, "quorum": 3, "flags": 0}, None, False),  # votes were set that would be enough
        ({"total": 3, "expected": 4, "quorum": 3, "flags": WAIT_FOR_ALL}, 1, True),
        ({"total": 3, "expected": 4, "quorum": 3, "flags": WAIT_FOR_ALL}, 0, False),
        ({"total": 2, "expected": 4, "quorum": 3}, None, False),  # and such that are no longer
        ({"total": 2, "expected": 4, "quorum": 3, "flags": QUORATE | TIE_BREAKER}, None, True),
        ({"total": 2, "expected": 4, "quorum": 3, "flags": QUORATE | MASTER_WINS}, None, True),
        ({"total": 4, "expected": 3}, None, False),  # more than corosync has counted
        ({"total": 4, "expected": 3, "flags": QUORATE | DOWNSCALE}, None, True),
    ],
)
def test_whether_corosync_has_counted_the_votes_it_tells_of(known, waiting, wanted):
    assert concluded(info(1, **known), waiting) is wanted


FLAGS_OF_A_RULE = (("wait_for_all", WAIT_FOR_ALL), ("last_man_standing", LAST_MAN_STANDING), ("allow_downscale", DOWNSCALE))


def told_by(daemon):
    """What the getinfo of a daemon's node says."""
    own = daemon.nodes[daemon.us]
    flags = sum(flag for rule, flag in FLAGS_OF_A_RULE if getattr(daemon.rules, rule))
    flags |= (QUORATE if daemon.quorate else 0) | (MASTER_WINS if daemon.master_wins else 0) | (0 if daemon.rules.tie_breaker == "none" else TIE_BREAKER)
    return info(daemon.us, votes=own.votes, expected=own.expected_votes, total=daemon.total_votes, quorum=daemon.quorum, flags=flags)


@examples(200)
@given(daemons.values(), st.data())
def test_it_has_whenever_a_ring_has_formed(value, data):
    """Whatever the modes and whoever left how: otherwise a reading would never be called settled."""
    now = daemons.daemons_of(value)
    votes = {node["nodeid"]: node["votes"] for node in value["nodes"]}
    for _dummy in range(data.draw(st.integers(1, 4))):
        gone = data.draw(st.sets(st.sampled_from(sorted(now)), max_size=len(now) - 1))
        now = daemons.lose(now, gone, data.draw(st.sampled_from(["crash", "leave"])), data.draw(st.booleans()))
        assert all(concluded(told_by(daemon), daemon.waiting) for daemon in now.values())
        away = sorted(set(votes) - set(now))
        back = data.draw(st.sets(st.sampled_from(away))) if away else ()
        now = daemons.start(now, back, votes)
        assert all(concluded(told_by(daemon), daemon.waiting) for daemon in now.values())
