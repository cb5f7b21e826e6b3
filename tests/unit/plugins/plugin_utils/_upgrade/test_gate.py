# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate before a stop: what it answers, in which words, and that it is never more confident than the forecast."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import quorate_without
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import gate
from ansible_collections.corosync.quorum.tests.unit.fakes.daemons import values as any_values
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import device, node, value

Value = dict[str, t.Any]
# No run has the lock of the host that is asked.
NO_LOCK: dict[str, t.Any] = {"lock": None, "lock_fault": ""}


def stop(**more: t.Any) -> gate.Stop:
    return gate.Stop(**{"host": "web3", "batch": {"web3": 3}, **more})


def answer(**more: t.Any) -> dict[str, t.Any]:
    return {"changed": False, "available": True, "quorate": True, "votequorum": value(**more), **NO_LOCK}


def test_a_complete_cluster_may_lose_one() -> None:
    found = gate.judge(stop(turn="t1"), "web1", answer())
    assert (found["safe"], found["msg"], found["witness"], found["host"], found["turn"]) == (True, "", "web1", "web3", "t1")
    assert (found["nodeid"], found["down"], found["device"]) == (3, False, False)
    assert found["must_return"] == {"members": [1, 2, 3], "min_votes": 3, "qdevice": False}
    assert (found["now"] or {})["total_votes"] == 3 and (found["after"] or {})["total_votes"] == 2


@pytest.mark.parametrize(("is_first", "members", "refuses"), [(True, [1, 2, 3], True), (False, [1, 2, 3], False), (True, [1, 2], False)])
def test_after_a_failure_in_its_batch_a_node_that_runs_is_not_stopped(is_first: bool, members: list[int], refuses: bool) -> None:
    """One that is drained has begun, and one that is down has to come back."""
    found = gate.judge(stop(batch={"web2": 2, "web3": 3}, failed=["web2"], is_first=is_first), "web1", answer(votes=(3, 1, 1), members=members))
    assert found["safe"] is not refuses
    assert not refuses or found["msg"] == (
        "Refused to stop web3: a host of the same batch has failed (web2), and no other node is stopped then. Fix web2 and run the playbook again. "
        "Nothing was changed."
    )


def test_links_that_were_up_have_to_return_where_there_are_several() -> None:
    two = [{"link": 0, "connected": True}, {"link": 1, "connected": False}, {"link": 2, "connected": True}]

    def wanted(links: t.Any, **more: t.Any) -> t.Any:
        return gate.judge(stop(), "web1", answer(nodes=[node(1), node(2), node(3, links=links, **more)]))["must_return"].get("links")

    assert wanted(two) == [{"node": 1, "link": 0}, {"node": 1, "link": 2}]
    assert wanted(two[:1]) is None and wanted(None) is None and wanted([dict(link, connected=False) for link in two]) is None


def test_one_of_two_that_are_left_is_refused_with_the_numbers_and_who_is_down() -> None:
    found = gate.judge(stop(batch={"web3": "node3"}), "web1", answer(members=[1, 3]))
    assert not found["safe"]
    assert found["msg"] == (
        "Refused to stop web3: Without node3, 1 vote is present, quorum is 2 of 3 expected: 1 too few. Other nodes are down already: node2. "
        "Votes now: 2 present, 2 needed. Afterwards: 1 present, 2 needed (spare: 0). Nothing was changed."
    )


def test_another_node_that_is_down_is_reason_enough() -> None:
    nodes = [node(nodeid, nodeid != 5) for nodeid in range(1, 6)]
    found = gate.judge(stop(state="It is drained."), "web1", answer(members=[1, 2, 3, 4], nodes=nodes))
    assert not found["safe"]
    assert "Other nodes are down already: node5." in found["msg"] and found["msg"].endswith("It is drained.")


def test_an_interrupted_upgrade_comes_first() -> None:
    nodes = [node(nodeid, nodeid != 5) for nodeid in range(1, 6)]
    found = gate.judge(stop(resumed={"web5": 5}), "web1", answer(members=[1, 2, 3, 4], nodes=nodes))
    assert "An earlier run was interrupted on web5, which must be upgraded first." in found["msg"]


def test_the_rest_of_a_batch_is_no_other_node() -> None:
    nodes = [node(nodeid, nodeid != 5) for nodeid in range(1, 6)]
    found = gate.judge(stop(batch={"web3": 3, "web5": 5}), "web1", answer(members=[1, 2, 3, 4], nodes=nodes))
    assert found["safe"], found["msg"]


def test_a_node_that_is_down_may_be_upgraded() -> None:
    found = gate.judge(stop(), "web1", answer(members=[1, 2]))
    assert found["safe"] and found["down"]


@pytest.mark.parametrize(
    "said, words",
    [
        ({"failed": True, "msg": "boom"}, "web1, which stays, cannot say whether that is safe: boom."),
        ({"available": False, "reason": "not_running", "msg": "corosync does not run."}, "cannot say whether that is safe: corosync does not run."),
        ({"available": False, "reason": "timeout"}, "cannot say whether that is safe: timeout."),
        ({}, "cannot say whether that is safe: it gave no reason."),
        (dict(NO_LOCK, votequorum={"quorum": 2}), "web1 was asked: The dictionary given is not a votequorum value"),
    ],
)
def test_whoever_has_no_value_says_no(said: dict[str, t.Any], words: str) -> None:
    found = gate.judge(stop(), "web1", said)
    assert not found["safe"] and words in found["msg"] and found["msg"].startswith("Refused to stop web3: ") and found["msg"].endswith("Nothing was changed.")


def test_a_membership_that_changes_is_a_no() -> None:
    assert "A membership change was under way" in gate.judge(stop(), "web1", answer(settled=False))["msg"]


def test_a_name_that_is_not_there_is_a_no() -> None:
    found = gate.judge(stop(batch={"web3": "web3"}), "web1", answer())
    assert not found["safe"] and "there is no node 'web3' in this cluster" in found["msg"]


def test_a_witness_that_is_itself_to_be_stopped_is_none() -> None:
    assert "web1 is one of the nodes that would be stopped" in gate.judge(stop(batch={"web3": 1}), "web1", answer())["msg"]


def test_nobody_stays() -> None:
    assert "no host of rolling_upgrade_hosts (web1, web3) would stay, as web3 are taken together" in gate.nobody(stop(), ["web1", "web3"])["msg"]


def test_nobody_can_be_logged_in_to() -> None:
    found = gate.out_of_reach(stop(), {"web1": "ssh: refused.", "web2": "no route"})
    assert not found["safe"]
    assert "no host that stays can be logged in to, so nobody can say whether that is safe: web1 (ssh: refused); web2 (no route)." in found["msg"]


def test_what_must_be_back() -> None:
    """Not those that failed before, nor a vote of the device that was not there."""
    nodes = [node(nodeid, nodeid not in (4,)) for nodeid in range(1, 6)]
    found = gate.judge(stop(touched={"web3": 3, "web4": 4, "web5": 5}), "web1", answer(members=[1, 2, 3, 5], nodes=nodes, qdevice=device("alive")))
    assert found["must_return"] == {"members": [1, 2, 3], "min_votes": 3, "qdevice": False} and found["device"]
    voting = gate.judge(stop(), "web1", answer(qdevice=device("voting")))
    assert voting["must_return"] == {"members": [1, 2, 3], "min_votes": 4, "qdevice": True}


@pytest.mark.parametrize(
    "mode, all_of_them",
    [
        ({}, False),
        ({"last_man_standing": {"enabled": True, "window_ms": 10000}}, True),
        ({"allow_downscale": {"enabled": True, "ev_barrier": 3}}, True),
        ({"wait_for_all": {"enabled": True, "pending": False}}, True),
        ({"tie_breaker": "lowest"}, True),
        ({"tie_breaker": [3, 1]}, True),
        ({"two_node": True, "wait_for_all": False}, True),
        ({"nodes": [node(1), node(2), node(3, expected_votes=4)]}, True),
        ({"nodes": [node(1), node(2), node(3, False, expected_votes=4)], "members": [1, 2]}, False),
        ({"expected_votes": 4}, True),
        ({"qdevice": 1}, False),
    ],
)
def test_where_members_may_disagree_all_are_asked(mode: Value, all_of_them: bool) -> None:
    assert gate.must_ask_all(value(**mode)) is all_of_them


def test_one_host_of_a_cluster_is_enough_for_that() -> None:
    plain, down = answer(), {"available": False, "reason": "not_running"}
    assert not gate.any_must_ask_all([plain, down, {"failed": True}, {}])
    assert gate.any_must_ask_all([plain, down, answer(last_man_standing=True)])


def test_the_worst_answer_counts() -> None:
    yes = gate.judge(stop(), "web1", answer())
    no = gate.judge(stop(), "web2", answer(members=[1, 3]))
    assert gate.worst([yes, no]) is no and gate.worst([yes]) is yes


ODD: list[t.Any] = [None, True, -1, 0, 2**70, "", "x", [], [None], [[]], {}, {"a": 1}, 1.5, "gone"]


def places(within: t.Any, path: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    keys = list(within) if isinstance(within, dict) else range(len(within)) if isinstance(within, list) else ()
    for key in keys:
        yield (*path, key)
        yield from places(within[key], (*path, key))


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_value_is_an_answer_and_no_traceback(odd: t.Any) -> None:
    """Wherever it is. A host may run another version, or be broken into."""
    for path in list(places(answer(qdevice=device("voting"))["votequorum"])):
        said = answer(qdevice=device("voting"))
        within = said["votequorum"]
        for key in path[:-1]:
            within = within[key]
        if odd == "gone":
            del within[path[-1]]
        else:
            within[path[-1]] = odd
        found = gate.judge(stop(), "web1", said)
        assert found["safe"] or found["msg"].startswith("Refused to stop web3: ")


# ---- properties ----------------------------------------------------------------------------------------------------------


@examples(300)
@given(any_values(), st.data())
def test_never_safe_where_the_forecast_says_no_and_never_while_another_is_missing(a_value: Value, data: t.Any) -> None:
    members = a_value["members"]
    batch = data.draw(st.lists(st.sampled_from(members), min_size=1, max_size=len(members), unique=True))
    qdevice = data.draw(st.sampled_from(["either", "as_now", "lost"]))
    interrupted = data.draw(st.lists(st.sampled_from([node["nodeid"] for node in a_value["nodes"]]), max_size=2, unique=True))
    resumed = {f"interrupted-{nodeid}": nodeid for nodeid in interrupted}
    asked = gate.Stop(host="h", batch={"h": batch[0], **{f"h{nodeid}": nodeid for nodeid in batch[1:]}}, qdevice=qdevice, resumed=resumed)
    found = gate.judge(asked, "w", {"available": True, "votequorum": a_value, **NO_LOCK})
    others = [nodeid for nodeid in a_value["missing"] if nodeid not in batch] if "missing" in a_value else []
    if found["safe"]:
        assert quorate_without(a_value, batch, qdevice=qdevice)[0]
        assert not others and a_value["nodeid"] not in batch
    else:
        assert found["msg"].startswith("Refused to stop h: ")
        if a_value["nodeid"] not in batch:
            safe, reason = quorate_without(a_value, batch, qdevice=qdevice)
            assert safe or reason in found["msg"], "a reason is not told"
            assert not others or "Other nodes are down already: " in found["msg"], "a reason is not told"
            assert all(host in found["msg"] for host, nodeid in resumed.items() if nodeid in others), "a reason is not told"
