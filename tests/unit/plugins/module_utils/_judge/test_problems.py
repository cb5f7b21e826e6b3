# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each problem of a running cluster is seen where it is and only there."""

import ast
import copy
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._judge.problems import CHECKS, problems
from ansible_collections.corosync.quorum.plugins.module_utils._value.snapshot import CMAP_PREFIXES, cmap_keys
from ansible_collections.corosync.quorum.tests.unit.fakes import votequorum
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples

DEVICE = votequorum.device()


def cluster(votes=(1, 1, 1), **changes):
    """The votequorum value of a healthy cluster seen from its first node, with some of it changed; of a dictionary only the keys given."""
    made = votequorum.value(votes)
    for key, change in changes.items():
        made[key] = dict(made[key], **change) if isinstance(change, dict) and isinstance(made[key], dict) else change
    return made


def with_node(value, number, **changes):
    value = copy.deepcopy(value)
    value["nodes"][number - 1].update(changes)
    return value


def with_told(value, told):
    """What other nodes have last told of the votes that they expect: node id -> votes."""
    for entry in value["nodes"]:
        entry.update(expected_votes=told.get(entry["nodeid"], entry["expected_votes"]))
    return value


def with_device(**changes):
    flags = {key: DEVICE[key] for key in ("registered", "alive", "cast_vote", "master_wins")}
    value = cluster((1, 1), qdevice=dict(DEVICE, **changes), expected_votes=3, highest_expected=3, total_votes=3, quorum=2)
    for node in value["nodes"]:
        node.update(qdevice=dict(flags), expected_votes=3)
    return value


def lowered(nodes, expected, away=1):
    """A cluster in which expected votes were set at runtime, while these many nodes were away."""
    value = cluster((1,) * nodes, expected_votes=expected, highest_expected=expected, total_votes=nodes - away)
    for entry in value["nodes"]:
        entry.update(expected_votes=expected)
    for number in range(away):
        value["nodes"][-1 - number]["state"] = "dead"
        value["members"].remove(value["nodes"][-1 - number]["nodeid"])
    return value


def with_new_id(asked):
    """node3 has the node id 7 in the nodelist since a reload, and runs with 3; seen from node `asked`."""
    value = with_node(cluster(nodeid=asked), 3, name=None, configured_votes=None)
    for entry in value["nodes"]:
        entry["local"] = entry["nodeid"] == asked
    value["nodes"].append(votequorum.node(7, name="node3", state="unseen", votes=None, expected_votes=None))
    return value


NEW_ID = {
    "runtime.members.3.ip": "r(0) ip(10.0.0.3) r(1) ip(10.1.0.3) ",
    "nodelist.node.2.nodeid": 7,
    "nodelist.node.2.ring0_addr": "node3.example",
    "nodelist.node.2.ring1_addr": "10.1.0.3",
}
CMAP = {
    "quorum.provider": "corosync_votequorum",
    "totem.secauth": "on",
    "runtime.votequorum.this_node_id": 1,
    "config.totemconfig_reload_in_progress": 0,
    "config.reload_status": 1,
}
ON = {"enabled": True}
LIST = {"enabled": True, "kind": "list", "nodes": [1, 2]}
FILE = "nodelist {\nnode {\nname: node1\nnodeid: 1\n}\n}\nquorum {\nprovider: corosync_votequorum\n}\n"
LOADED = dict(CMAP, **{"nodelist.node.0.name": "node1", "nodelist.node.0.nodeid": 1, "nodelist.local_node_pos": 0, "quorum.cancel_wait_for_all": 0})

# what is seen, cmap, the file
HEALTHY = {
    "three nodes": (cluster(), CMAP, None),
    "no cmap": (cluster(), {}, None),
    "one node away": (with_node(cluster(total_votes=2), 3, state="dead"), CMAP, None),
    "a node never seen": (with_node(cluster(total_votes=2), 3, state="unseen", votes=None, expected_votes=None), CMAP, None),
    "two_node": (cluster((1, 1), two_node=True, wait_for_all=ON), dict(CMAP, **{"quorum.two_node": 1}), None),
    "explicit wait_for_all": (cluster(wait_for_all=ON), dict(CMAP, **{"quorum.wait_for_all": 1}), None),
    "device": (with_device(), dict(CMAP, **{"quorum.device.model": "net", "runtime.votequorum.qdevice_can_operate": 1}), None),
    "last man standing has shrunk": (
        with_node(with_node(cluster(last_man_standing=ON, expected_votes=1, highest_expected=1, total_votes=1), 2, state="dead"), 3, state="dead"),
        dict(CMAP, **{"quorum.last_man_standing": 1}),
        None,
    ),
    "tie-breaker": (
        cluster((1, 1), auto_tie_breaker={"enabled": True, "kind": "highest"}),
        dict(CMAP, **{"quorum.auto_tie_breaker": 1, "quorum.auto_tie_breaker_node": "highest"}),
        None,
    ),
    "versions agree": (
        cluster(),
        dict(
            CMAP,
            **{
                "totem.config_version": 4,
                "runtime.members.1.config_version": 4,
                "runtime.members.2.config_version": 4,
                "runtime.members.3.config_version": 0,
            },
        ),
        None,
    ),
    "a dead node's version": (
        with_node(cluster(total_votes=2), 3, state="dead"),
        dict(CMAP, **{"totem.config_version": 4, "runtime.members.2.config_version": 4, "runtime.members.3.config_version": 3}),
        None,
    ),
    "a provider that somebody has removed from cmap": (cluster(), {key: value for key, value in CMAP.items() if key != "quorum.provider"}, None),
    "root in uidgid": (cluster(), dict(CMAP, **{"uidgid.config.uid.0": 1, "uidgid.uid.1000": 0}), None),
    "last man standing has shrunk, and the node is back": (
        with_told(cluster(last_man_standing=ON), {2: 2, 3: 2}),
        dict(CMAP, **{"quorum.last_man_standing": 1}),
        None,
    ),
    "the file as loaded": (cluster(), LOADED, FILE),
    "node ids made by udpu": (cluster(), LOADED, FILE.replace("nodeid: 1\n", "")),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_cluster_has_no_problem(name):
    value, cmap, text = HEALTHY[name]
    assert problems(value, cmap, None if text is None else {"corosync.conf": text}) == []


# id, what is seen, what is added to cmap, the file, words of the message
# Two links to a node, the second of which is down
LINKS = [{"link": 0, "connected": True}, {"link": 1, "connected": False}]
SEEN = [
    ("reload_stuck", cluster(), {"config.totemconfig_reload_in_progress": 1}, None, "votes and expected votes that are set at runtime still count"),
    ("reload_failed", cluster(), {"config.reload_status": 7, "config.reload_error_message": "no knet"}, None, "code 7: no knet"),
    ("file_refused", cluster(), {}, "quorum {\ntwo_node: yes\n}\n", '"yes"'),
    ("provider_removed", cluster(), {"quorum.provider": None, "config.reload_in_progress": 0}, None, "after a restart corosync runs without it"),
    (
        "provider_removed",
        cluster(),
        dict(LOADED, **{"quorum.provider": None, "config.reload_in_progress": 0}),
        FILE.replace("provider", "p"),
        "calls every node",
    ),
    ("file_not_loaded", cluster(), dict(LOADED, **{"quorum.expected_votes": 3}), FILE, "quorum.expected_votes (not set, loaded 3)"),
    (
        "file_not_loaded",
        cluster(),
        dict(LOADED, **{"quorum.provider": None, "config.reload_in_progress": 0}),
        FILE,
        "quorum.provider (corosync_votequorum, loaded",
    ),
    ("file_not_loaded", cluster(), LOADED, FILE.replace("}\nquorum", "node {\nnodeid: 2\n}\n}\nquorum"), "nodelist.node.1.nodeid (2, loaded not set)"),
    ("file_not_loaded", cluster(), {}, "nodelist {\n" + "node {\nname: x\nnodeid: 1\n}\n" * 4 + "}\n", "and 4 more"),
    (
        "restart_required",
        cluster(),
        {"quorum.last_man_standing": 1},
        None,
        "last_man_standing is on in the configuration, but votequorum still has it off",
    ),
    ("restart_required", cluster(wait_for_all=ON), {}, None, "wait_for_all is off"),
    ("restart_required", cluster(), {"quorum.wait_for_all": 1}, None, "wait_for_all is on"),
    (
        "restart_required",
        cluster((1, 1), auto_tie_breaker={"enabled": True, "kind": "lowest"}),
        {"quorum.auto_tie_breaker": 0},
        None,
        "auto_tie_breaker is off",
    ),
    ("restart_required", cluster((1, 1)), {"quorum.auto_tie_breaker": 1}, None, "auto_tie_breaker is on"),
    (
        "restart_required",
        cluster((1, 1), auto_tie_breaker={"enabled": True, "kind": "lowest"}),
        {"quorum.auto_tie_breaker": 1, "quorum.auto_tie_breaker_node": "2 1"},
        None,
        'now means "list"',
    ),
    ("restart_required", cluster(), {"quorum.allow_downscale": 1}, None, "allow_downscale"),
    ("restart_required", cluster(), {"quorum.expected_votes_tracking": 1}, None, "expected_votes_tracking is on in the configuration"),
    ("restart_required", cluster(), {"runtime.votequorum.ev_tracking_barrier": 3}, None, "expected_votes_tracking is off in the configuration"),
    (
        "unknown_since_reload",
        cluster((1, 1), wait_for_all=ON, auto_tie_breaker={"enabled": True, "kind": "list", "nodes": None}),
        {"quorum.wait_for_all": 1, "quorum.auto_tie_breaker": 1, "quorum.auto_tie_breaker_node": "9 8"},
        None,
        "quorum.auto_tie_breaker_node (now 9 8) only when it starts. So it is not known which nodes break a tie",
    ),
    (
        "unknown_since_reload",
        cluster(last_man_standing={"enabled": True, "window_ms": None}),
        {"quorum.last_man_standing": 1},
        None,
        "quorum.last_man_standing_window (now not set) only when it starts. So it is not known after how long",
    ),
    ("two_node_not_in_force", cluster((1, 1)), {"quorum.two_node": 1, "quorum.wait_for_all": 0}, None, "two_node is on in the configuration"),
    ("two_node_not_in_force", cluster((1, 1), two_node=True, wait_for_all=ON), {}, None, "two_node is off in the configuration"),
    ("two_node_without_two_nodes", cluster(two_node=True, wait_for_all=ON), {"quorum.two_node": 1}, None, "3 nodes are configured"),
    ("two_node_without_wait_for_all", cluster((1, 1), two_node=True), {"quorum.two_node": 1, "quorum.wait_for_all": 0}, None, "so both can be"),
    (
        "wait_for_all_pending",
        cluster(wait_for_all={"enabled": True, "pending": True}, total_votes=2),
        {"quorum.wait_for_all": 1},
        None,
        "all 3 expected votes are present (now 2)",
    ),
    (
        "wait_for_all_pending",
        cluster(wait_for_all={"enabled": True, "pending": True}, total_votes=1, quorate=False),
        {"quorum.wait_for_all": 1},
        None,
        "Without wait_for_all there would be no quorum either: 2 votes are needed.",
    ),
    ("wait_for_all_pending", cluster(wait_for_all={"enabled": True, "pending": True}, total_votes=0), {"quorum.wait_for_all": 1}, None, "(now 0)"),
    ("config_version_differs", cluster(), {"totem.config_version": 4, "runtime.members.2.config_version": 3}, None, "node1 has 4, node2 has 3"),
    ("votes_wrap", cluster((300, 300)), {}, None, "so 301 would be needed but 45 is"),
    ("no_votes", cluster((0, 0), quorum=1), {}, None, "never quorate"),
    ("expected_votes_split", lowered(4, 2, away=2), {}, None, "two partitions of 2 votes each"),
    ("expected_votes_low", lowered(3, 2), {}, None, "Expected votes are 2, but the configuration adds up to 3"),
    ("expected_votes_unreachable", lowered(3, 7, away=0), {}, None, "needs 4 votes, but all nodes together have 3"),
    ("expected_votes_differ", with_node(cluster(), 2, expected_votes=5), {}, None, "node1 3, node2 5"),
    ("node_id_changed", with_new_id(1), NEW_ID, None, "node3 runs with the node id 3, but corosync.conf now has the node id 7 for it"),
    ("node_id_changed", with_new_id(3), dict(NEW_ID, **{"nodelist.local_node_pos": 2}), None, "node3 runs with the node id 3, but"),
    ("member_not_configured", with_new_id(1), dict(NEW_ID, **{"runtime.members.3.ip": "r(0) ip(10.0.0.4) "}), None, "not in the nodelist of this node: node 3"),
    ("member_not_configured", with_new_id(3), NEW_ID, None, "This node, node 3, is not in the nodelist of its own corosync.conf."),
    ("membership_changing", cluster(settled=False), {}, None, "the membership of the cluster was changing"),
    ("votes_differ", with_node(cluster(total_votes=4, expected_votes=4), 2, votes=2), {}, None, "node2 has 2 votes, but 1 in the configuration"),
    ("member_not_configured", with_node(cluster(), 3, name=None, configured_votes=None), {}, None, "node 3"),
    ("link_down", with_node(cluster(), 2, links=[{"link": 2, "connected": True}, *LINKS]), {}, None, "1 link of knet is not connected: link 1 to node2."),
    ("tie_breaker_dropped", cluster(), {"quorum.auto_tie_breaker": 1}, None, "odd (3)"),
    ("tie_breaker_dropped", cluster((1, 1)), {"quorum.auto_tie_breaker": 1, "quorum.auto_tie_breaker_node": "node1"}, None, '"node1"'),
    (
        "tie_breaker_list_without_wait_for_all",
        cluster((1, 1), auto_tie_breaker=LIST),
        {"quorum.auto_tie_breaker": 1, "quorum.auto_tie_breaker_node": "1 2"},
        None,
        "cold start",
    ),
    ("last_man_standing_dropped", cluster((1, 2)), {"quorum.last_man_standing": 1}, None, "node2"),
    (
        "last_man_standing_tie_breaker",
        cluster((1, 1), last_man_standing=ON, auto_tie_breaker={"enabled": True, "kind": "highest"}),
        {"quorum.last_man_standing": 1, "quorum.auto_tie_breaker": 1, "quorum.auto_tie_breaker_node": "highest"},
        None,
        "lowest node id",
    ),
    (
        "unsupported_mode",
        cluster(allow_downscale=ON),
        {"quorum.allow_downscale": 1, "runtime.votequorum.ev_tracking_barrier": 3},
        None,
        "allow_downscale is on, which",
    ),
    (
        "unsupported_mode",
        cluster(),
        {"quorum.expected_votes_tracking": 1, "runtime.votequorum.ev_tracking_barrier": 3},
        None,
        "expected_votes_tracking",
    ),
    ("qdevice_disabled", with_device(), {"quorum.device.model": "net", "runtime.votequorum.qdevice_can_operate": 0}, None, "does not let it work"),
    ("qdevice_not_voting", with_device(registered=False, alive=False, cast_vote=False), {"quorum.device.model": "net"}, None, "none is registered"),
    ("qdevice_not_voting", with_device(alive=False, cast_vote=False), {}, None, "silent"),
    ("qdevice_not_voting", with_device(cast_vote=False), {}, None, "gives it no vote"),
    ("qdevice_not_voting_everywhere", with_node(with_device(), 2, qdevice=None), {}, None, "not on node2"),
    ("uidgid_can_write", cluster(), {"uidgid.config.uid.117": 1, "uidgid.gid.998": 1}, None, "user 117, group 998"),
    ("authkey_not_loaded", cluster(), {}, {"authkey": "changed"}, "/etc/corosync/authkey was changed after corosync started"),
    ("next_corosync", cluster(), {"totem.secauth": "off"}, None, "The cluster is not encrypted (cipher none, hash none)."),
    ("next_corosync", cluster(), {"totem.secauth": "off", "totem.transport": "udpu"}, None, "does not start with transport udpu"),
]


def test_a_key_that_was_changed_before_a_reload_or_is_not_used_is_no_problem():
    files = {"authkey": "changed"}
    assert problems(cluster(), dict(CMAP, **{"config.reload_in_progress": 0}), files) == []
    assert [problem["id"] for problem in problems(cluster(), dict(CMAP, **{"totem.secauth": "off"}), files)] == ["next_corosync"]


def test_a_cluster_without_any_word_on_encryption_is_not_encrypted():
    cmap = {key: value for key, value in CMAP.items() if key != "totem.secauth"}
    assert [problem["id"] for problem in problems(cluster(), cmap)] == ["next_corosync"]


@pytest.mark.parametrize(("problem", "value", "added", "text", "words"), SEEN)
def test_the_problem_is_seen_alone(problem, value, added, text, words):
    found = problems(value, dict(CMAP, **added), text if text is None or isinstance(text, dict) else {"corosync.conf": text})
    hits = [entry for entry in found if entry["id"] == problem]
    assert any(words in entry["message"] for entry in hits), found
    for entry in found:
        assert list(entry) == ["id", "severity", "message", "advice"]
        assert entry["message"].endswith(".") and entry["advice"].endswith(".")
    others = {entry["id"] for entry in found} - {problem}
    assert others <= ALONG.get(problem, set()), found


def test_a_cluster_that_waits_for_more_votes_than_there_are_waits_for_ever():
    waiting = cluster(wait_for_all={"enabled": True, "pending": True}, expected_votes=4, quorate=False)
    found = {entry["id"]: entry["message"] for entry in problems(waiting, dict(CMAP, **{"quorum.wait_for_all": 1}))}
    assert "with wait_for_all needs 4 votes, but all nodes together have 3" in found["expected_votes_unreachable"]


@pytest.mark.parametrize("asked", [0, 1])
def test_expected_votes_are_tracked_by_allow_downscale_whoever_asks(asked):
    cmap = dict(CMAP, **{"quorum.allow_downscale": 1, "quorum.expected_votes_tracking": asked, "runtime.votequorum.ev_tracking_barrier": 3})
    assert [entry["message"] for entry in problems(cluster(allow_downscale=ON), cmap)] == ["allow_downscale is on, which corosync calls unsupported."]


# What belongs to the same case by its nature.
ALONG = {
    "two_node_not_in_force": {"restart_required"},
    "expected_votes_low": set(),
    "restart_required": {"unsupported_mode"},
    "unsupported_mode": {"restart_required"},
    "provider_removed": {"file_not_loaded"},
    "last_man_standing_dropped": set(),
    "expected_votes_split": {"expected_votes_low"},
}


def test_every_check_has_a_case_here():
    # The last link that is left is never a problem alone: the others are not connected.
    assert {problem for problem, *_rest in SEEN} | {"no_link_redundancy"} == {check_id for check_id, _severity, _check in CHECKS}


def test_every_check_has_a_story_on_real_nodes():
    """Where it is seen, its advice is followed, and it is gone. Read as text: what runs the unit tests need not have a lab."""
    stories = ast.parse((pathlib.Path(__file__).parents[4] / "live/test_problems.py").read_text(encoding="utf-8"))
    told = {
        ast.literal_eval(argument)
        for function in stories.body
        if isinstance(function, ast.FunctionDef)
        for call in function.decorator_list
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "tells_of"
        for argument in call.args
    }
    assert told == {check_id for check_id, _severity, _check in CHECKS}


def test_cmap_prefixes_and_keys_are_what_the_checks_read():
    read = {key for _problem, _value, added, _text, _words in SEEN for key in added}
    assert all(key.startswith(CMAP_PREFIXES) or key in cmap_keys([1, 2, 3]) for key in read)


def test_errors_come_first():
    found = problems(cluster((300, 300), wait_for_all=ON), CMAP)
    assert [entry["severity"] for entry in found] == sorted(entry["severity"] for entry in found)
    assert [entry["id"] for entry in found] == ["votes_wrap", "restart_required"]


def test_the_last_link_that_is_left_is_another_problem():
    found = problems(with_node(with_node(cluster(), 2, links=LINKS), 3, links=LINKS), {})
    assert [problem["id"] for problem in found] == ["no_link_redundancy", "link_down"]
    assert found[0]["message"].startswith("Only one link is left to node2, node3") and "link 1 to node2, link 1 to node3" in found[1]["message"]


@pytest.mark.parametrize("links", [None, [], [{"link": 0, "connected": False}], [{"link": 0, "connected": True}, {"link": 1, "connected": True}]])
def test_links_that_are_up_or_not_known_or_single_are_no_problem(links):
    assert problems(with_node(cluster(), 2, links=links), {}) == []


def test_links_to_a_node_that_is_not_there_are_no_problem():
    assert problems(with_node(cluster(), 3, links=[dict(link, connected=False) for link in LINKS], state="dead"), {}) == []


NUMBERS = st.one_of(st.none(), st.integers(0, 700))
NODES = st.lists(
    st.fixed_dictionaries(
        {
            "nodeid": st.integers(1, 9),
            "name": st.one_of(st.none(), st.text(max_size=3)),
            "state": st.sampled_from(["member", "dead", "leaving", "unseen"]),
            "votes": NUMBERS,
            "configured_votes": NUMBERS,
            "expected_votes": NUMBERS,
            "local": st.booleans(),
            "qdevice": st.one_of(st.none(), st.just(DEVICE)),
            "addresses": st.one_of(st.none(), st.lists(st.text(max_size=3), max_size=2)),
            "links": st.one_of(st.none(), st.just([]), st.just([{"link": 0, "connected": False}])),
        }
    ),
    max_size=4,
)
KEYS = st.sampled_from(sorted({key for _problem, _value, added, _text, _words in SEEN for key in added} | {"uidgid.uid", "uidgid.", "quorum.", "config."}))
CMAPS = st.dictionaries(KEYS, st.one_of(st.integers(0, 2**32), st.text(max_size=8), st.binary(max_size=4), st.floats()))


@examples(100)
@given(
    nodes=NODES,
    device=st.one_of(
        st.none(), st.fixed_dictionaries(dict.fromkeys(("registered", "alive", "cast_vote", "master_wins"), st.booleans()), optional={"votes": NUMBERS})
    ),
    modes=st.lists(st.booleans(), min_size=5, max_size=5),
    expected=st.integers(0, 700),
    cmap=CMAPS,
    text=st.one_of(st.none(), st.text()),
)
def test_no_traceback_whatever_is_seen(nodes, device, modes, expected, cmap, text):
    value = cluster(
        nodes=nodes,
        qdevice=None if device is None else dict({"votes": None, "name": None}, **device),
        two_node=modes[0],
        wait_for_all={"enabled": modes[1], "pending": modes[1]},
        last_man_standing={"enabled": modes[2]},
        auto_tie_breaker={"enabled": modes[3], "kind": "list"},
        allow_downscale={"enabled": modes[4]},
        expected_votes=expected,
    )
    for entry in problems(value, cmap, None if text is None else {"corosync.conf": text}):
        assert entry["severity"] in ("error", "warning")
