# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions: that they are answered as all daemons together would, and what is refused or doubted."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._forecast import losses
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import forecast_entry
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import forecast, may_leave, quorate_without, tolerates
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError
from ansible_collections.corosync.quorum.tests.unit.fakes.daemons import all_quorate, daemons_of, lose, silence, values
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node as entry_of
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value


@examples(300)
@given(values(), st.data())
def test_the_same_as_every_daemon_on_its_own(a_value, data):
    order = data.draw(st.permutations(a_value["members"]))
    cuts = sorted(data.draw(st.lists(st.integers(1, len(order) - 1), min_size=1, max_size=3, unique=True)))
    steps = [order[start:end] for start, end in zip([0] + cuts, cuts)]
    how, window = data.draw(st.sampled_from(["crash", "leave"])), data.draw(st.booleans())
    device = data.draw(st.sampled_from(["as_now", "lost"]))
    daemons = silence(daemons_of(a_value)) if device == "lost" else daemons_of(a_value)
    expected = device == "as_now" or all_quorate(daemons) or not a_value["quorate"]
    for step in steps:
        daemons = lose(daemons, step, how, window)
        expected = expected and all_quorate(daemons)
    result = forecast(a_value, steps, how=how, lms_window=window, qdevice=device)
    assert result["quorate"] == expected, result
    assert result["members"] == sorted(daemons)
    seen = {(daemon.total_votes, daemon.quorum, daemon.nodes[nodeid].expected_votes) for nodeid, daemon in daemons.items()}
    assert (result["total_votes"], result["quorum"], result["expected_votes"]) in seen
    assert re.match(r"[A-Z].*\.$", result["reason"]), result["reason"]


def _tolerates_by_trying_everything(a_value, qdevice):
    members = a_value["members"]
    for count in range(1, len(members)):
        for loss in itertools.combinations(members, count):
            if not quorate_without(a_value, list(loss), qdevice)[0]:
                return count - 1
    return len(members) - 1


@examples(150)
@given(values(), st.sampled_from(["as_now", "lost", "either"]))
def test_tolerates_is_what_every_combination_survives(a_value, qdevice):
    assert tolerates(a_value, qdevice) == (_tolerates_by_trying_everything(a_value, qdevice) if a_value["quorate"] else 0)


@examples(150)
@given(values(), st.integers(0, 2), st.sampled_from(["as_now", "lost", "either"]))
def test_where_quorum_was_raised_no_more_may_fail_than_every_combination_survives(a_value, raised, qdevice):
    a_value["quorum"] += raised
    assert tolerates(a_value, qdevice) <= (_tolerates_by_trying_everything(a_value, qdevice) if a_value["quorate"] else 0)


def test_half_of_the_votes_are_enough_by_the_tie_breaker_and_one_more_is_not():
    """Where quorum was raised to 7 of 11: without nodes 1 and 3 the rest has half of the votes, and without others it has one more."""
    a_value = value([2, 1, 3, 1, 3, 0, 1], tie_breaker="highest")
    a_value["quorum"] = 7
    assert tolerates(a_value) == _tolerates_by_trying_everything(a_value, "either") == 1


@examples(100)
@given(values())
def test_the_entry_is_the_single_questions(a_value):
    """Careful, and with the quorum device's vote as it is."""
    careful, as_now = (
        {
            "tolerates": tolerates(a_value, qdevice),
            "quorate_without": [nodeid for nodeid in a_value["members"] if quorate_without(a_value, nodeid, qdevice)[0]],
        }
        for qdevice in ("either", "as_now")
    )
    assert forecast_entry(a_value) == dict(careful, as_now=as_now)
    assert as_now["tolerates"] >= careful["tolerates"] and set(as_now["quorate_without"]) >= set(careful["quorate_without"])


def test_the_entry_of_three_nodes_and_a_device_that_votes():
    assert forecast_entry(value([1, 1, 1], qdevice=1)) == {
        "tolerates": 0,
        "quorate_without": [],
        "as_now": {"tolerates": 1, "quorate_without": [1, 2, 3]},
    }


def test_without_a_device_that_votes_nothing_is_computed_twice(monkeypatch):
    asked = []
    survives = losses.survives
    monkeypatch.setattr(losses, "survives", lambda *given: asked.append(given[1:]) or survives(*given))
    for a_value in (value([1] * 5), value([1] * 5, qdevice=1, casting=[])):
        entry = forecast_entry(a_value)
        assert {key: entry[key] for key in entry["as_now"]} == entry["as_now"]
        assert entry["as_now"]["quorate_without"] is not entry["quorate_without"], "or YAML shows a reference"
        assert {qdevice for dummy, qdevice in asked} == {"either"}


@examples(100)
@given(values(plain=True), st.data())
def test_without_special_modes_fewer_losses_are_never_worse(a_value, data):
    loss = data.draw(st.lists(st.sampled_from(a_value["members"]), min_size=1, max_size=len(a_value["members"]) - 1, unique=True))
    if quorate_without(a_value, loss)[0]:
        assert all(quorate_without(a_value, [nodeid])[0] for nodeid in loss)


@examples(100)
@given(values(), st.data())
def test_what_is_quorate_with_the_device_lost_and_as_now_is_quorate_either_way(a_value, data):
    node = data.draw(st.sampled_from(a_value["members"]))
    both = [quorate_without(a_value, node, device)[0] for device in ("lost", "as_now")]
    assert quorate_without(a_value, node)[0] == all(both)


@examples(300)
@given(values(), st.data())
def test_spare_is_any_so_many_more(a_value, data):
    members = a_value["members"]
    leave = data.draw(st.lists(st.sampled_from(members), min_size=1, max_size=len(members) - 1, unique=True))
    stay = [nodeid for nodeid in members if nodeid not in leave]
    spare = data.draw(st.integers(0, len(stay) - 1))
    safe, reason = quorate_without(a_value, leave, spare=spare)
    at_once = all(quorate_without(a_value, leave + list(more))[0] for more in itertools.combinations(stay, spare))
    assert not safe or at_once, reason
    if safe:
        for more in itertools.combinations(stay, spare):
            down = lose(daemons_of(a_value), leave)
            assert all_quorate(lose(down, more) if more else down), (leave, more)
    elif spare == 0:
        assert not at_once


@examples(100)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=5), st.booleans(), st.booleans(), st.data())
def test_where_the_list_of_tie_breakers_is_not_known_a_yes_holds_for_any_list(votes, odd, standing, data):
    """And nothing else than the tie-breaker is doubted: what a majority decides is as it was."""
    votes = [min(count, 1) if standing else count for count in [1, *votes]]
    wait_for_all = odd or standing or bool(sum(votes) % 2)
    nodes = list(range(1, len(votes) + 1))
    leave = data.draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=len(nodes) - 1, unique=True))
    spare = data.draw(st.integers(0, len(nodes) - len(leave) - 1))

    def asked(breakers, kind):
        seen = value(votes, wait_for_all=wait_for_all, last_man_standing=standing, tie_breaker=kind)
        if kind != "none":
            seen["auto_tie_breaker"]["nodes"] = breakers
        return quorate_without(seen, leave, spare=spare)[0]

    safe = asked(None, [1])
    assert safe == asked([], [1])
    if safe:
        assert all(asked(list(breakers), [1]) for count in range(1, len(nodes) + 1) for breakers in itertools.islice(itertools.permutations(nodes, count), 40))
    if not standing:
        assert safe == asked([], "none")


def test_an_unknown_list_of_tie_breakers_does_not_block_the_restart_that_makes_it_known():
    seen = value([1] * 4, tie_breaker=[3, 4], wait_for_all=True)
    assert quorate_without(seen, [1, 2])[0]
    seen["auto_tie_breaker"]["nodes"] = None
    assert not quorate_without(seen, [1, 2])[0] and not quorate_without(seen, [3, 4])[0]
    assert all(quorate_without(seen, nodeid)[0] for nodeid in (1, 2, 3, 4))
    assert forecast_entry(seen)["quorate_without"] == [1, 2, 3, 4]


def test_a_node_that_has_another_id_since_a_reload_may_be_there_under_the_old_one():
    """node3 was told to be node id 7, and still is 3: its name means a node that is not there, of which nobody would miss anything."""
    nodes = [
        entry_of(1),
        entry_of(2, False),
        entry_of(3, name=None, configured=None),
        entry_of(7, False, votes=None, name="node3", state="unseen", expected_votes=None),
    ]
    seen = value(nodes=nodes, quorum=2, expected_votes=3, total_votes=2, quorate=True)
    safe, reason = quorate_without(seen, "node3")
    assert not safe
    assert reason.startswith("By the nodelist, node3 is not a member. But node id 3 is a member that is not in the nodelist, and may be the same node")
    assert not quorate_without(seen, ["node3", 1], spare=0)[0] and not may_leave(seen, 7)["safe"]
    assert "does not have node id 3, which may leave at any moment" in quorate_without(seen, 3)[1]
    assert forecast_entry(seen)["quorate_without"] == [] and forecast_entry(seen)["as_now"]["tolerates"] == 0
    # Nodes that are down, where every member is configured, and clusters without a nodelist
    assert quorate_without(value([1] * 3, members=[1, 2]), 3)[0]
    bare = [dict(entry_of(nodeid, nodeid != 3), configured_votes=None, name=None) for nodeid in (1, 2, 3)]
    assert quorate_without(value(nodes=bare, quorum=2, expected_votes=3, total_votes=2, quorate=True), 3)[0]


def test_the_gate_says_why_with_numbers():
    answer = may_leave(value([1] * 5), ["node2"], spare=1)
    assert (answer["safe"], answer["now"], answer["after"]) == (
        True,
        {"quorate": True, "total_votes": 5, "quorum": 3, "members": [1, 2, 3, 4, 5]},
        {"quorate": True, "total_votes": 4, "quorum": 3, "members": [1, 3, 4, 5]},
    )
    answer = may_leave(value([1] * 5), ["node2", 3], spare=1)
    assert not answer["safe"]
    assert answer["reason"] == "If node1 failed as well: Without node1, node2, node3, 2 votes are present, quorum is 3 of 5 expected: 1 too few."


@pytest.mark.parametrize(
    "spare, message",
    [
        (-1, "spare is the number -1, but must be a number of nodes, 0 or more."),
        ("1", "spare is the string '1', but"),
        (2, "spare is 2, but only 2 of 3 members stay, and one of them must remain: spare can be at most 1."),
    ],
)
def test_a_spare_that_is_none(spare, message):
    with pytest.raises(ForecastError, match=re.escape(message)):
        quorate_without(value([1] * 3), 1, spare=spare)


def test_reasons_name_the_rule_and_its_numbers():
    assert forecast(value([1, 1, 1]), ["node1"])["reason"] == "Without node1, 2 votes are present, quorum is 2 of 3 expected: enough."
    assert forecast(value([1, 1, 1]), [1, 2])["reason"] == "Without node1, node2, 1 vote is present, quorum is 2 of 3 expected: 1 too few."
    assert "two_node lets one vote be enough" in forecast(value([1, 1], two_node=True), [1])["reason"]
    assert "auto_tie_breaker keeps quorum, because node1, the lowest node id" in forecast(value([1] * 4, tie_breaker="lowest"), [3, 4])["reason"]
    assert "node1, which breaks the tie, is among those gone" in forecast(value([1] * 4, tie_breaker="lowest"), [1, 2])["reason"]
    assert "node2 of auto_tie_breaker_node stays" in forecast(value([1] * 4, tie_breaker=[2, 3]), [3, 4])["reason"]
    unknown = value([1] * 4, tie_breaker=[2, 3])
    unknown["auto_tie_breaker"]["nodes"] = None
    assert "it is not known which list of nodes corosync took when it started" in forecast(unknown, [3, 4])["reason"]
    assert "so many went at once (3)" in forecast(value([1] * 5, tie_breaker="lowest", wait_for_all=True), [3, 4, 5])["reason"]
    waiting = dict(value([1, 1, 1]), quorate=False, wait_for_all={"enabled": True, "pending": True})
    assert "wait_for_all holds quorum back" in forecast(waiting, [1])["reason"]
    assert "once its window of 10000 ms has elapsed" in forecast(value([1] * 5, last_man_standing=True), [[1, 2], [3]])["reason"]
    assert "made the number of members the expected votes" in forecast(value([1] * 5, last_man_standing=True), [[1], [2], [3]], lms_window=True)["reason"]
    assert "(1 of the quorum device)" in forecast(value([1, 1], qdevice=1), [1])["reason"]
    assert "master_wins keeps quorum" in forecast(value([1, 1, 1], qdevice=1, master_wins=True), [1, 2])["reason"]
    assert "8 bits" in forecast(value([100] * 6), [1, 2, 3, 4, 5])["reason"]
    assert forecast(value([1] * 5), [[1, 2, 3], [4]])["reason"].startswith("Quorum is lost at step 1 of 2 already. Without node1, node2, node3,")
    assert quorate_without(value([1, 1], qdevice=1), 1)[1].startswith("If the quorum device's vote is lost too: ")


def test_what_is_not_known_is_not_safe():
    moving = value([1, 1, 1], settled=False)
    assert forecast(moving, [1])["quorate"] is False and "read it again" in forecast(moving, [1])["reason"]
    assert (quorate_without(moving, 1)[0], tolerates(moving), forecast_entry(moving)) == (
        False,
        0,
        {"tolerates": 0, "quorate_without": [], "as_now": {"tolerates": 0, "quorate_without": []}},
    )
    mute = value([1, 1, 1])
    mute["nodes"][1]["votes"] = None
    result = forecast(mute, [1])
    assert (result["quorate"], result["total_votes"], result["quorum"]) == (False, None, None)
    assert "The votes of node2 are not known" in result["reason"]


def test_without_a_member_nothing_can_be_lost():
    """A daemon that has just started tells of itself before it is a member."""
    assert forecast_entry(dict(value([1, 1, 1]), members=[])) == {"tolerates": 0, "quorate_without": [], "as_now": {"tolerates": 0, "quorate_without": []}}


def test_a_cluster_that_is_not_quorate_is_not_safe():
    lost = value([1, 1, 1])
    lost.update(quorate=False, members=[1], total_votes=1)
    for node in lost["nodes"][1:]:
        node["state"] = "dead"
    assert tolerates(lost) == 0
    two = value([2, 1, 1, 1, 1, 1], two_node=True, quorate=False, wait_for_all=False)
    assert quorate_without(two, 1) == (False, quorate_without(two, 1)[1])
    assert quorate_without(two, 1)[1].startswith("The cluster is not quorate now. ")


def test_a_node_that_is_away_already_changes_nothing():
    a_value = value([1, 1, 1])
    a_value["nodes"][2]["state"], a_value["members"], a_value["missing"], a_value["total_votes"] = "dead", [1, 2], [3], 2
    assert forecast(a_value, ["node3"])["quorate"] is True
    assert forecast(a_value, ["node3", "node2"])["quorate"] is False


def test_names_and_node_ids():
    a_value = value({7: 1, 8: 1, 9: 1})
    assert forecast(a_value, ["node7"]) == forecast(a_value, [7]) == forecast(a_value, ["7"]) == forecast(a_value, "node7") == forecast(a_value, 7)


@pytest.mark.parametrize(
    "leave, message",
    [
        (["node9"], "There is no node 'node9' in this cluster; it has node1, node2, node3."),
        ([], "An empty list of nodes was given: name at least one node that leaves."),
        ([["node1"], []], "One of the 2 steps is an empty list: every step needs at least one node that leaves."),
        ([1, 2, 3], "All 3 members (node1, node2, node3) would leave; a forecast needs a node that stays."),
        ([["node1"], ["node2", 1]], "A node can leave only once, but this is named more than once: node1."),
        (
            [["node1"], "node2"],
            "Nodes and lists of nodes are mixed: give a list of nodes that leave at the same time, or a list with one such list for each step.",
        ),
        (None, "Nothing (None) was given where a list of node names or node ids is expected."),
        ({"node1": 1}, "A dictionary was given where a list of node names or node ids is expected."),
        ([True], "leave has the boolean true where a node name or node id is expected."),
        ([["node1"], [2.0]], "leave has the number 2.0 where a node name or node id is expected."),
        ([""], "leave has an empty string where a node name or node id is expected."),
        ("", "leave has an empty string where a node name or node id is expected."),
        ([9], "There is no node with the node id 9 in this cluster; it has the node ids 1, 2, 3."),
    ],
)
def test_questions_that_have_no_answer(leave, message):
    with pytest.raises(ForecastError) as raised:
        forecast(value([1, 1, 1]), leave)
    assert str(raised.value) == message


@pytest.mark.parametrize("question", [quorate_without, may_leave])
def test_what_names_no_node_is_refused_with_the_option(question):
    with pytest.raises(ForecastError) as raised:
        question(value([1, 1, 1]), {"node1": 1})
    assert str(raised.value) == "A dictionary was given where a list of node names or node ids is expected."
    with pytest.raises(ForecastError) as raised:
        question(value([1, 1, 1]), ["node1", False])
    assert str(raised.value) == "nodes has the boolean false where a node name or node id is expected."


def crossed(votes=(1, 1, 1)):
    """The value of node id 1 in a cluster whose nodes 1, 2, 3 are named 2, 1, 3."""
    a_value = value(list(votes))
    for node, name in zip(a_value["nodes"], ("2", "1", "3")):
        node["name"] = name
    return a_value


def test_a_node_id_is_that_node_whatever_the_others_are_named():
    """README's example asks whether the node with this node id may leave. Node id 2, which is named 1, might; node id 1 has half of the votes."""
    a_value = crossed([3, 1, 1])
    assert forecast(a_value, [a_value["nodeid"]])["members"] == [2, 3]
    assert not quorate_without(a_value, a_value["nodeid"])[0]
    assert not may_leave(a_value, [a_value["nodeid"]])["safe"]
    assert quorate_without(a_value, 2)[0]
    with pytest.raises(ForecastError, match="'1' is ambiguous in this cluster"):
        quorate_without(a_value, "1")
    assert quorate_without(a_value, "3")[0]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"how": "bang"}, "how is the string 'bang', but must be one of: crash, leave."),
        ({"qdevice": None}, "qdevice is nothing (None), but must be one of: as_now, lost."),
        ({"lms_window": "yes"}, "lms_window is the string 'yes', but must be one of: false, true."),
    ],
)
def test_options_that_are_none(options, message):
    with pytest.raises(ForecastError) as raised:
        forecast(value([1, 1, 1]), [1], **options)
    assert str(raised.value) == message


def test_steps_are_not_for_quorate_without():
    with pytest.raises(ForecastError, match="For steps use the filter corosync.quorum.forecast"):
        quorate_without(value([1, 1, 1]), [[1], [2]])


def without(key):
    a_value = value([1, 1, 1])
    del a_value[key]
    return a_value


@pytest.mark.parametrize(
    "given_value, message",
    [
        (None, "Nothing (None) was given where a votequorum value is expected"),
        ("x", "The string 'x' was given where a votequorum value is expected"),
        ({"failed": True, "msg": "Corosync is away."}, "it said: Corosync is away."),
        ({"available": False, "reason": "not_running"}, "it said: not_running"),
        ({"votequorum": value([1, 1]), "changed": False}, "pass what it has under 'votequorum'"),
        ({}, "it lacks nodeid, quorate, settled, ring_id, expected_votes,"),
        (without("auto_tie_breaker"), "it lacks auto_tie_breaker."),
        (value([1, 1, 1], quorum="2"), "quorum is the string '2', not a number"),
        (dict(value([1, 1, 1]), wait_for_all=True), "it lacks wait_for_all.enabled"),
        (dict(value([1, 1, 1]), members=[1, 4]), "nodes says nothing of member the number 4"),
        (dict(value([1, 1, 1]), members=[2, 3]), "the node asked, 1, is not among its members"),
        (dict(value([1, 1, 1]), nodes=[{"nodeid": 1}]), "of an entry of nodes, it lacks name, state, votes, expected_votes, qdevice"),
    ],
)
def test_values_that_are_not_ours(given_value, message):
    for question in (
        lambda: forecast(given_value, [1]),
        lambda: quorate_without(given_value, [1]),
        lambda: tolerates(given_value),
    ):
        with pytest.raises(ForecastError) as raised:
            question()
        assert message in str(raised.value)


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@examples(300)
@given(st.sampled_from(sorted(value([1, 1, 1]))), _junk)
def test_a_damaged_value_gives_an_error_or_an_answer_but_no_traceback(key, junk):
    try:
        forecast(dict(value([1, 1, 1]), **{key: junk}), [1])
    except ForecastError:
        pass


@examples(200)
@given(st.sampled_from(["nodeid", "name", "state", "votes", "expected_votes", "qdevice"]), _junk)
def test_a_damaged_node_gives_an_error_or_an_answer_but_no_traceback(key, junk):
    a_value = value([1, 1, 1], qdevice=1)
    a_value["nodes"][1][key] = junk
    try:
        forecast(a_value, [1])
    except ForecastError:
        pass


def test_hundreds_of_members_that_all_differ_are_a_doubt_and_cost_no_minutes():
    """Each would be stepped for itself. A real cluster of that size has a few kinds of members at the most."""
    many = value([1] * 384, wait_for_all=True, last_man_standing=True)
    for entry in many["nodes"]:
        entry["expected_votes"] += entry["nodeid"]
    assert forecast_entry(many) == {"tolerates": 0, "quorate_without": [], "as_now": {"tolerates": 0, "quorate_without": []}}
    safe, reason = quorate_without(many, [2])
    assert not safe and reason.startswith("The 384 members differ in 384 ways in the votes that they expect")
