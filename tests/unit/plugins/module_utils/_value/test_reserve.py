# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reserve of a value is known or it is not: a doubt makes no 0 of it, and the same doubts make a forecast promise nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.facts import facts_of
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import forecast_entry
from ansible_collections.corosync.quorum.plugins.module_utils._value.reserve import doubt, reserve
from ansible_collections.corosync.quorum.tests.unit.fakes.daemons import values
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import device, node, value


def complete(*args, **changes):
    made = value(*args, **changes)
    return dict(made, forecast=forecast_entry(made))


def differing(members):
    """Each member expects other votes than the rest."""
    many = value([1] * members, wait_for_all=True, last_man_standing=True)
    for entry in many["nodes"]:
        entry["expected_votes"] += entry["nodeid"]
    return dict(many, forecast=forecast_entry(many))


DOUBTS = {
    "unsettled": (complete(settled=False), "A membership change was under way"),
    "mute": (complete(nodes=[node(1), node(2), node(3, votes=None)]), "The votes of node3 are not known"),
    "not in the nodelist": (complete(nodes=[node(1), node(2), node(3, configured=None)]), "The nodelist of node1 does not have node3"),
    "too many kinds": (differing(40), "The 40 members differ in 40 ways"),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_in_doubt_it_is_not_known_and_the_forecast_promises_nothing(name):
    doubtful, words = DOUBTS[name]
    assert doubtful["quorate"] and reserve(doubtful) is None
    assert doubt(doubtful).startswith(words) and doubt(doubtful).endswith(".")
    assert doubtful["forecast"]["as_now"]["tolerates"] == 0, "what votequorum_info returns is for gates"


@pytest.mark.parametrize("changes", [{"members": [1]}, {"members": [1], "settled": False}])
def test_without_quorum_it_is_0_whatever_else_is_in_doubt(changes):
    assert reserve(complete(**changes)) == 0


@pytest.mark.parametrize("seen, known", [(complete(), 1), (complete(members=[1, 2]), 0), (complete((1,) * 5), 2), (complete((1, 1), qdevice=device()), 1)])
def test_otherwise_it_is_what_the_forecast_says_as_things_are_now(seen, known):
    assert (doubt(seen), reserve(seen)) == ("", known)


def test_a_moment_of_which_only_the_members_are_known_has_none():
    assert reserve(dict(complete(), forecast=None)) is None and reserve(value()) is None


def test_members_that_are_few_or_alike_are_no_doubt():
    assert doubt(differing(32)) == "" and doubt(complete((1,) * 40)) == ""


@st.composite
def doubtful_values(draw):
    made = draw(values())
    made["settled"] = draw(st.booleans())
    for entry in made["nodes"][1:]:
        entry["votes"] = draw(st.sampled_from([entry["votes"], None]))
        entry["configured_votes"] = draw(st.sampled_from([entry["configured_votes"], None]))
    return made


@examples(200)
@given(doubtful_values())
def test_the_doubts_are_those_of_the_forecast(seen):
    assert doubt(seen) == facts_of(seen).doubt


@pytest.mark.parametrize("members", [33, 40, 64])
@pytest.mark.parametrize("states", [("voting", "alive", "absent"), ("voting",)])
def test_kinds_are_counted_as_the_forecast_counts_them(members, states):
    for most in (0, 14, 15, 16, 25, 26, 31, 32):
        many = value([1] * members, qdevice=1)
        for entry in many["nodes"]:
            entry["expected_votes"] = None if entry["nodeid"] > members - 2 else entry["expected_votes"] + min(entry["nodeid"], most)
            own = device(states[entry["nodeid"] % len(states)])
            entry["qdevice"] = {flag: own[flag] for flag in ("registered", "alive", "cast_vote", "master_wins")}
        assert doubt(many) == facts_of(many).doubt
