# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches: never unsafe, as few as can be, late what should come late, and errors that help."""

import itertools
import random

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import quorate_without
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.batches import upgrade_batches
from ansible_collections.corosync.quorum.tests.unit.fakes.daemons import all_quorate, daemons_of, lose, silence, start, values
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value


def batches_or_none(a_value, **options):
    try:
        return upgrade_batches(a_value, **options)
    except ForecastError:
        return None


MANY_HAVE_NONE = [HealthCheck.filter_too_much, HealthCheck.too_slow]


@examples(300, suppress_health_check=MANY_HAVE_NONE)
@given(values(), st.sampled_from([0, 0, 0, 0, 1, 1, 2]), st.data())
def test_no_batch_is_unsafe(a_value, spare, data):
    """Played with every daemon on its own, in any order, with any failure on top, and back again with the votes of corosync.conf."""
    for node in [] if a_value["qdevice"] else data.draw(st.lists(st.sampled_from(a_value["nodes"]))):
        node["configured_votes"] = data.draw(st.integers(0, 1 if a_value["last_man_standing"]["enabled"] else 3))
    found = batches_or_none(a_value, spare=spare)
    assume(found is not None)
    assert sorted(itertools.chain(*found)) == a_value["members"]
    votes = {node["nodeid"]: node["configured_votes"] for node in a_value["nodes"]}
    daemons = daemons_of(a_value)
    for batch in found:
        how, window = data.draw(st.sampled_from(["crash", "leave"])), data.draw(st.booleans())
        down = silence(daemons) if data.draw(st.booleans()) else daemons
        order = data.draw(st.permutations(batch))
        for step in [order] if data.draw(st.booleans()) else [[nodeid] for nodeid in order]:
            down = lose(down, step, how, window)
            assert all_quorate(down), (found, batch, step)
        for more in itertools.combinations(sorted(down), spare):
            assert all_quorate(lose(down, more)), (found, batch, more)
        together = data.draw(st.booleans())
        for step in [batch] if together else [[nodeid] for nodeid in data.draw(st.permutations(batch))]:
            were = [nodeid for nodeid, daemon in down.items() if daemon.quorate]
            down = start(down, step, votes)
            # One without a vote that comes back first to a half that a tie-breaker keeps quorate is so only with the next one: it has seen no tie-breaker.
            assert all(down[nodeid].quorate for nodeid in were), (found, batch, "back")
        assert all_quorate(down), (found, batch, "all back")
        if not a_value["qdevice"]:  # the daemons go on where they are; with a device, the flags come back with it
            daemons = down


def test_a_spare_may_be_the_node_that_decides_a_tie_once_the_first_such_node_is_down():
    """Once 4 and 5 are down, 3 is the highest: without it the three votes of 1 and 2 are not quorate, and without 2 those of 1 and 3 are."""
    a_value = value([1, 2, 2, 2, 0], asked=2, tie_breaker="highest", wait_for_all=True)
    a_value["nodes"][1]["configured_votes"] = 0
    first = upgrade_batches(a_value, spare=1)[0]
    down = lose(daemons_of(a_value), first)
    assert all(all_quorate(lose(down, [nodeid])) for nodeid in down), first


def test_the_first_to_come_back_may_bring_no_vote():
    """With two_node, two nodes are quorate with any votes. Node 3 has none after its restart, and as the third one ends that."""
    a_value = value([1, 1, 1, 1, 1, 2], two_node=True)
    for nodeid in (1, 3):
        a_value["nodes"][nodeid - 1]["configured_votes"] = 0
    down = lose(daemons_of(a_value), [2, 3, 4, 5])
    assert all_quorate(down)
    assert not any(daemon.quorate for daemon in start(down, [3], {1: 0, 2: 1, 3: 0, 4: 1, 5: 1, 6: 2}).values())
    with pytest.raises(ForecastError, match=r"There are no safe batches: .* The votes of node1, node3 were changed at runtime"):
        upgrade_batches(a_value)


@pytest.mark.parametrize(
    ("votes", "found"),
    [
        ([2, 1, 1, 1, 1], [[4, 5], [2, 3], [1]]),
        ([1, 1, 1, 1, 1], [[4], [3, 5], [1, 2]]),
    ],
)
def test_votes_that_were_set_at_runtime_are_gone_with_a_restart(votes, found):
    """With node 1 first, the expected votes stay 6, and of the 5 votes that are left then no two may go."""
    assert upgrade_batches(configured(votes)) == found


def test_it_says_so_where_no_batches_are_safe_because_of_it():
    with pytest.raises(ForecastError, match="after 1 of them, .* The votes of node1, node2, node3 were changed at runtime, and after a restart they are those"):
        upgrade_batches(configured([2, 2, 2]))


def configured(votes):
    """A cluster with these votes, and one vote for each node in corosync.conf."""
    made = value(votes, asked=2)
    for node in made["nodes"]:
        node["configured_votes"] = 1
    return made


def _divisions(items):
    if not items:
        yield []
        return
    for rest in _divisions(items[1:]):
        yield [[items[0]]] + rest
        for position, batch in enumerate(rest):
            yield rest[:position] + [[items[0]] + batch] + rest[position + 1 :]


@examples(60, suppress_health_check=MANY_HAVE_NONE)
@given(values(most=7, plain=True), st.integers(0, 1))
def test_no_division_into_safe_batches_is_smaller(a_value, spare):
    """Where votes alone decide. Else a batch has to be safe node by node too, and what is fewest depends on what went before."""
    found = batches_or_none(a_value, spare=spare)
    assume(found is not None)
    members = a_value["members"]

    def safe(batch):
        stay = [nodeid for nodeid in members if nodeid not in batch]
        return len(stay) > spare and all(quorate_without(a_value, list(batch) + list(more))[0] for more in itertools.combinations(stay, spare))

    answers = {frozenset(batch): safe(batch) for size in range(1, len(members)) for batch in itertools.combinations(members, size)}
    answers[frozenset(members)] = False
    fewest = min(len(division) for division in _divisions(members) if all(answers[frozenset(batch)] for batch in division))
    assert len(found) == fewest


def test_the_tie_breaker_the_node_asked_and_the_lowest_id_come_last():
    assert upgrade_batches(value([1] * 5)) == [[3, 5], [2, 4], [1]]
    assert upgrade_batches(value([1] * 5, asked=3))[-1] == [1, 3]
    assert 4 in upgrade_batches(value([1] * 4, tie_breaker="highest"))[-1]
    assert upgrade_batches(value([1, 1], two_node=True, asked=2)) == [[1], [2]]


@examples(50)
@given(values())
def test_the_same_question_has_the_same_answer(a_value):
    assert batches_or_none(a_value) == batches_or_none(a_value)


@pytest.mark.parametrize("spare", [0, 1, 2])
def test_thirty_two_nodes_with_any_votes_take_three_batches(spare):
    for number in range(8):
        dice = random.Random(number)
        assert len(upgrade_batches(value([dice.randint(0, 5) for dummy in range(32)]), spare=spare)) == 3


@pytest.mark.parametrize(
    "a_value, options, parts",
    [
        (
            value([3, 1, 1, 1]),
            {},
            [
                "the cluster would not stay quorate without node1. Without node1, 3 votes are present, quorum is 4 of 6 expected: 1 too few.",
                "What would help: another node, a quorum device, or votes spread more evenly.",
            ],
        ),
        (value([1, 1]), {}, ["would not stay quorate without node1, node2.", "What would help: two_node in corosync.conf, or a quorum device."]),
        (value([1, 1], qdevice=1), {}, ["If the quorum device's vote is lost too", "What would help: qdevice='as_now', if the quorum device can be trusted"]),
        (value([1] * 4), {"spare": 1}, ["with 1 more to spare", "What would help: a smaller spare, or more nodes."]),
        (value([1]), {}, ["has only one member (node1)"]),
        (value([1, 1, 1]), {"spare": 2}, ["spare is 2, but of 3 members one goes and one has to stay, so it can be 1 at most."]),
        (value([1, 1, 1]), {"spare": -1}, ["spare is the number -1, but must be a number of nodes, 0 or more."]),
        (value([1, 1, 1]), {"spare": True}, ["spare is the boolean true"]),
        (value([1, 1, 1]), {"qdevice": "maybe"}, ["qdevice is the string 'maybe', but must be one of: as_now, lost, either."]),
        (value([1, 1, 1], settled=False), {}, ["nothing can be promised"]),
        (value([1, 1, 1], quorate=False), {}, ["The cluster is not quorate now."]),
        (None, {}, ["a votequorum value is expected"]),
    ],
)
def test_refusals_say_why_and_what_would_help(a_value, options, parts):
    with pytest.raises(ForecastError) as raised:
        upgrade_batches(a_value, **options)
    for part in parts:
        assert part in str(raised.value)


def test_missing_nodes_first():
    a_value = value([1, 1, 1])
    a_value["nodes"][2]["state"], a_value["members"], a_value["missing"], a_value["total_votes"] = "dead", [1, 2], [3], 2
    with pytest.raises(ForecastError, match=r"What would help: start the missing nodes first \(node3\)\."):
        upgrade_batches(a_value)


def test_a_device_that_is_trusted():
    assert upgrade_batches(value([1, 1], qdevice=1), qdevice="as_now") == [[2], [1]]
