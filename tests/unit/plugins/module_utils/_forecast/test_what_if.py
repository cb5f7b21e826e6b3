# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothetical values: what was not changed stays, and what follows from a change is what every daemon of such a cluster would count."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.facts import checked_facts_of
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import forecast
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.what_if import as_seen_by, what_if
from ansible_collections.corosync.quorum.tests.unit.fakes.daemons import values
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value


def without_flags(a_value):
    return {key: item for key, item in a_value.items() if key != "flags"}


@examples(200)
@given(values())
def test_if_nothing_were_different(a_value):
    before = copy.deepcopy(a_value)
    same = what_if(a_value, a_value["nodes"], a_value["members"], a_value["expected_votes"])
    assert without_flags(same) == without_flags(a_value)
    daemon = checked_facts_of(a_value).daemon(a_value["nodeid"])
    assert without_flags(as_seen_by(a_value, daemon)) == without_flags(a_value)
    assert a_value == before, "the value given is never changed"


@examples(200)
@given(values(plain=True), st.data())
def test_the_numbers_are_those_of_a_cluster_that_has_become_so(a_value, data):
    others = [nodeid for nodeid in a_value["members"] if nodeid != a_value["nodeid"]]
    gone = data.draw(st.sets(st.sampled_from(others), min_size=1))
    without = what_if(a_value, a_value["nodes"], set(a_value["members"]) - gone, a_value["expected_votes"])
    truth = forecast(a_value, sorted(gone))
    assert {key: without[key] for key in ("quorate", "total_votes", "quorum", "expected_votes", "members")} == {
        key: truth[key] for key in ("quorate", "total_votes", "quorum", "expected_votes", "members")
    }


def test_a_node_that_is_not_there_is_missing_and_votes_no_more():
    a_value = value([2, 1, 1])
    without = what_if(a_value, a_value["nodes"], [2, 3], 4)
    assert {key: without[key] for key in ("members", "missing", "total_votes", "quorum", "quorate", "flags")} == {
        "members": [2, 3],
        "missing": [1],
        "total_votes": 2,
        "quorum": 3,
        "quorate": False,
        "flags": [],
    }
    assert without["auto_tie_breaker"] == a_value["auto_tie_breaker"], "only a majority moves what the tie-breaker goes by"
    assert what_if(a_value, a_value["nodes"], [1, 2], 4)["auto_tie_breaker"]["highest"] == 2


def test_quorum_as_corosync_keeps_it():
    a_value = value([100] * 6)
    assert (what_if(a_value, a_value["nodes"], range(1, 7), 600)["quorum"], a_value["quorum"]) == (45, 45)
    pair = value([1, 1], two_node=True)
    assert what_if(pair, pair["nodes"], [1], 2)["quorum"] == 1
    assert what_if(pair, pair["nodes"], [1], 2)["flags"][:2] == ["two_node", "quorate"]
    three = value([1, 1, 1])
    assert what_if(three, three["nodes"], [1, 2, 3], 3, two_node=True)["quorum"] == 2


def test_a_device_counts_where_it_votes():
    a_value = value([1, 1], qdevice=1)
    assert what_if(a_value, a_value["nodes"], [1], 3)["total_votes"] == 2
    assert what_if(a_value, a_value["nodes"], [1, 2], 2, qdevice=None)["total_votes"] == 2
    silent = dict(a_value["qdevice"], cast_vote=False)
    assert what_if(a_value, a_value["nodes"], [1, 2], 3, qdevice=silent)["total_votes"] == 2


def test_what_the_tie_breaker_goes_by_is_signed_as_in_corosync():
    a_value = value({1: 1, 2: 1, 1 << 31: 1})
    breaker = what_if(a_value, a_value["nodes"], a_value["members"], 3)["auto_tie_breaker"]
    assert (breaker["lowest"], breaker["highest"]) == (1 << 31, 2)
