# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that would cost quorum are refused with the numbers, before anything is begun."""

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import parse
from ansible_collections.corosync.quorum.plugins.module_utils._forecast import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.facts import facts_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import Model
from ansible_collections.corosync.quorum.tests.unit.fakes.clusters import planned, running, stopped, wishes
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples


def refusal(*args):
    refusals = planned(*args)["refusals"]
    return " ".join(refusals)


@pytest.mark.parametrize(("had", "gets", "fits"), [(2, 3, True), (3, 4, True), (3, 5, True), (3, 6, False), (4, 7, True), (4, 8, False)])
def test_present_members_are_a_majority_of_the_new_cluster(had, gets, fits):
    told = refusal(wishes(gets), running(wishes(had)))
    assert (told == "") == fits
    if not fits:
        assert f"{had} votes of {gets} expected, but {gets // 2 + 1} are needed" in told and "fewer nodes" in told


def test_votes_for_a_node_that_is_down():
    told = refusal(wishes(host3={"votes": 3}), stopped(running(wishes()), "host3"))
    assert "2 votes of 5 expected, but 3 are needed" in told


def test_a_reload_with_a_node_down_is_no_danger_by_itself():
    steps = planned(wishes(shared={"totem": {"token": 1000}}), stopped(running(wishes()), "host3"))
    assert (steps["refusals"], steps["write"], steps["start"], steps["reload"]) == ([], ["host1", "host2", "host3"], ["host3"], "host1")


def test_no_change_without_quorum_but_stopped_nodes_are_started():
    seen = stopped(running(wishes()), "host2", "host3")
    assert "not quorate: host1 has 1 vote, 2 needed" in refusal(wishes(shared={"totem": {"token": 1000}}), seen)
    assert planned(wishes(), seen)["start"] == ["host2", "host3"]


def test_a_restart_with_a_node_down_that_is_started_before():
    """Such as the one whose restart failed in the play before."""
    steps = planned(wishes(shared={"quorum": {"wait_for_all": True}}), stopped(running(wishes()), "host3"))
    assert (steps["refusals"], steps["start"], steps["restart"]) == ([], ["host3"], ["host2", "host1"])


def test_a_restart_of_the_heaviest_node_with_a_node_down_that_is_started_before():
    had = wishes(4, host1={"votes": 3})
    told = refusal(wishes(4, {"quorum": {"wait_for_all": True}}, host1={"votes": 3}), stopped(running(had), "host4"))
    assert "A restart of corosync on host1 is needed, but it would cost quorum" in told and "3 votes" in told


def test_a_restart_where_a_new_node_is_started_before():
    steps = planned(wishes(3, {"quorum": {"wait_for_all": True}}), running(wishes(2)))
    assert (steps["refusals"], steps["start"], steps["restart"]) == ([], ["host3"], ["host2", "host1"])


def test_a_reload_counts_only_nodes_that_are_there_now():
    told = refusal(wishes(5, {"quorum": {"wait_for_all": True}}), stopped(running(wishes(3)), "host3"))
    assert "2 votes of 5 expected, but 3 are needed" in told


def test_a_restart_of_two_nodes():
    told = refusal(wishes(2, {"quorum": {"wait_for_all": True}}), running(wishes(2)))
    assert "would cost quorum" in told


def test_a_restart_of_two_nodes_with_two_node():
    given = wishes(2, {"quorum": {"two_node": True}})
    steps = planned(wishes(2, {"quorum": {"two_node": True}, "totem": {"netmtu": 1400}}), running(given, two_node=True))
    assert (steps["refusals"], steps["restart"]) == ([], ["host2", "host1"])


@pytest.mark.parametrize(("had", "leave", "fits"), [(3, ["node3"], True), (4, ["node4"], True), (4, ["node3", "node4"], False), (5, ["node4", "node5"], True)])
def test_nodes_that_leave(had, leave, fits):
    told = refusal(wishes(had, {"remove": leave}), running(wishes(had)))
    assert (told == "") == fits
    assert fits or "Stopping the nodes of cluster_remove would cost quorum" in told


def test_the_heaviest_node_does_not_leave():
    given = wishes(3, host1={"votes": 3})
    assert "would cost quorum" in refusal(wishes(3, {"remove": ["node1"]}, host1={"votes": 3}), running(given))


# --- expected votes that are written -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("written", "waited_for"), [(4, 5), (5, 5), (6, 6), (None, 5)])
def test_the_expected_votes_that_are_waited_for_are_those_that_corosync_comes_to(written, waited_for):
    """It raises them as soon as more votes are there."""
    assert planned(wishes(5, {"quorum": {"expected_votes": written}}))["expected_votes"] == waited_for


def test_written_expected_votes_are_raised_to_those_of_the_members_and_the_device():
    written = {"device": {"host": "q", "algorithm": "lms", "votes": 3}, "quorum": {"expected_votes": 5}}
    told = refusal(wishes(5, dict(written, totem={"netmtu": 1400})), running(wishes(5, written), qdevice=3))
    assert "A restart of corosync on host5 is needed, but it would cost quorum" in told and "quorum is 5 of 8 expected" in told


# --- votes that change by a reload -------------------------------------------------------------------------------------


def of_votes(votes, shared=None):
    return wishes(len(votes), shared, **{f"host{number}": {"votes": vote} for number, vote in enumerate(votes, start=1)})


@pytest.mark.parametrize(
    ("old", "new", "numbers"),
    [
        ((10, 1, 1), (1, 1, 1), "as few as 3 may be present where 7 are needed"),
        ((1, 1, 1), (10, 1, 1), "as few as 3 may be present where 7 are needed"),
        ((3, 1), (1, 3), "as few as 2 may be present where 4 are needed"),
        ((10, 10, 10, 1, 2), (10, 10, 10, 2, 1), "as many as 34 may be present, and corosync might keep expecting that many although there are only 33"),
        ((10, 1, 1), (5, 1, 1), None),
        ((5, 1, 1), (3, 1, 1), None),
        ((3, 1, 1), (1, 1, 1), None),
        ((1, 1, 1), (2, 1, 1), None),
    ],
)
def test_votes_that_change_too_much_at_once(old, new, numbers):
    told = refusal(of_votes(new), running(of_votes(old)))
    if numbers is None:
        assert told == ""
    else:
        assert numbers in told and "smaller steps, or with corosync stopped on all nodes" in told


def test_votes_of_the_device_that_change_too_much_at_once():
    def device(votes):
        return {"device": {"host": "q", "algorithm": "lms", "votes": votes}}

    told = refusal(of_votes((1, 1, 1), device(1)), running(of_votes((1, 1, 1), device(8)), qdevice=8))
    assert "as few as 4 may be present where 6 are needed" in told


def test_votes_under_two_node_may_change():
    two_node = {"quorum": {"two_node": True}}
    assert refusal(of_votes((1, 1), two_node), running(of_votes((5, 1), two_node), two_node=True)) == ""


def test_a_device_that_is_restarted_alone_may_not_cost_quorum_but_may_bring_it_back():
    given = wishes(2, {"device": {"host": "q", "algorithm": "ffsplit"}})
    alone = stopped(running(given, qdevice=1), "host2")["host1"]["votequorum"]
    for total, quorate in ((2, True), (1, False)):
        seen = stopped(running(given, qdevice=1), "host2")
        seen["host1"].update(qdevice_marked=True, votequorum=dict(alone, total_votes=total, quorate=quorate))
        assert ("Without the vote of the quorum device" in refusal(given, seen)) == quorate


def test_a_device_that_is_restarted_alone_changes_nothing_that_was_set_at_run_time():
    given = wishes(4, {"device": {"host": "q", "algorithm": "lms", "votes": 1}})
    seen = stopped(running(given, qdevice=1), "host3", "host4")
    for host in ("host1", "host2"):
        seen[host].update(qdevice_marked=True, votequorum=dict(seen[host]["votequorum"], expected_votes=3, quorum=2, quorate=True))
    steps = planned(given, seen)
    assert (steps["refusals"], steps["qdevice"], steps["reload"]) == ([], "restarted", None)


def test_a_device_is_not_restarted_where_nodes_that_join_raise_the_quorum():
    had, other = ({"device": {"host": host, "algorithm": "ffsplit"}} for host in ("one", "other"))
    seen = running(wishes(2, had), qdevice=1)
    assert refusal(wishes(2, other), seen) == refusal(wishes(4, had), seen) == ""
    told = refusal(wishes(4, other), seen)
    assert "Without the vote of the quorum device the cluster is not quorate: 2 votes, 3 needed" in told


def reloaded(seen, conf):
    """The daemons of these hosts right after all have read a new file, by node id, and what each is going to send (votequorum_refresh_config)."""
    model = Model(parse(conf))
    votes = {node.number("nodeid"): node.votes for node in model.nodes}
    daemons, messages = {}, {}
    for value in [found["votequorum"] for found in seen.values() if found["available"]]:
        old = facts_of(value).daemon(value["nodeid"])
        was = old.nodes[old.us]
        now = was._replace(votes=votes[old.us], expected_votes=model.first_expected)
        rules = old.rules._replace(two_node=model.two_node_in_force, qdevice_votes=model.most_votes - model.node_votes)
        new = daemons[old.us] = old._replace(rules=rules, nodes={**old.nodes, old.us: now}, ev_barrier=model.first_expected)
        info = arithmetic.nodeinfo(new)
        messages[old.us] = [lambda daemon, info=info: arithmetic.heard(daemon, info)]
        if now.votes != was.votes:
            messages[old.us].append(lambda daemon, us=old.us: arithmetic.votes_set(daemon, us, votes[us]))
        if now.expected_votes != was.expected_votes:
            messages[old.us].append(lambda daemon: arithmetic.expected_votes_set(daemon, model.first_expected))
    return daemons, messages


def in_every_order(daemons, messages):
    """All states on the way: every daemon hears all messages in one order, that of each sender kept. Gives (daemons, whether all is heard)."""
    count = {us: len(mine) for us, mine in messages.items()}
    todo, done = [(dict.fromkeys(count, 0), daemons)], set()
    while todo:
        heard, states = todo.pop()
        yield list(states.values()), heard == count
        for us in [us for us in heard if heard[us] < count[us]]:
            then = {nodeid: messages[us][heard[us]](daemon) for nodeid, daemon in states.items()}
            key = repr((us, sorted(heard.items()), sorted(then.items())))
            if key not in done:
                done.add(key)
                todo.append(({**heard, us: heard[us] + 1}, then))


def loses_quorum(seen, new):
    return not all(daemon.quorate for states, _end in in_every_order(*reloaded(seen, planned(new)["conf"])) for daemon in states)


def test_the_arithmetic_knows_what_a_real_cluster_does():
    """The same two changes as in tests/live/test_role_cluster.py."""
    old, new = of_votes((10, 1, 1)), of_votes((1, 1, 1))
    assert loses_quorum(running(old), new)
    assert not loses_quorum(running(old), of_votes((5, 1, 1)))


CHANGES_OF_VOTES = st.lists(st.tuples(st.integers(0, 6), st.sampled_from((-3, -2, -1, 0, 0, 0, 1, 2, 6))), min_size=2, max_size=3)
DEVICE_VOTES = st.sampled_from((None, None, (1, 1), (1, 2), (3, 2), (2, 4)))


@examples(100)
@drawn(CHANGES_OF_VOTES, DEVICE_VOTES, st.integers(0, 1), st.integers(0, 2))
def test_no_order_of_messages_costs_quorum_where_the_gate_lets_a_reload_pass(changes, device, down, more):
    def shared(votes):
        return {"device": {"host": "q", "algorithm": "lms", "votes": votes}} if device else {}

    old = of_votes([votes for votes, _change in changes], shared(device and device[0]))
    new = of_votes([max(0, votes + change) for votes, change in changes] + [1] * more, shared(device and device[1]))
    if planned(old)["refusals"]:
        return
    seen = running(old, qdevice=device[0] if device else 0)
    seen = stopped(seen, f"host{len(changes)}") if down else seen
    steps = planned(new, seen)
    if steps["refusals"] or not steps["reload"]:
        return
    most = Model(parse(steps["conf"])).most_votes
    for states, at_the_end in in_every_order(*reloaded(seen, steps["conf"])):
        assert all(daemon.quorate for daemon in states)
        assert not at_the_end or all(daemon.nodes[daemon.us].expected_votes <= most for daemon in states)
