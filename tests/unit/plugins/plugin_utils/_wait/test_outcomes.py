# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node says has come of a slice is read as it was made, or refused with a sentence."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import RESULT, Outcome
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import entry, marker
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import StrangeAnswer
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.outcomes import outcome_of
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

OPTIONS = {"quorate": True, "members": ["node1"], "stable_for": 5.0}
START = entry(0.5, None, value())
MADE = [
    Outcome(True, value(), 5.0, [], [START, marker(0.5, "corosync_available")], 1, 12.5, None, None),
    Outcome(False, None, None, [{"condition": "quorate", "wanted": True, "seen": None}], [], 0, 0.1, "DaemonGone", "corosync is not running."),
    Outcome(False, value(), 3.2, [{"condition": "stable_for", "wanted": 5.0, "seen": 3.2}], [], 0, 0.1, None, None),
    Outcome(False, value(), None, [{"condition": "settled", "wanted": True, "seen": False}], [], 0, 0.1, None, None),
    Outcome(False, value(), None, [], [], 0, 0.1, None, None, {"members": [1]}),
    Outcome(False, value(), None, [{"condition": "members", "wanted": ["node1"], "seen": ["node2", "3"]}], [], 0, 0.1, None, None),
]


def sent(outcome: Outcome, **changes: t.Any) -> t.Any:
    return dict(json.loads(json.dumps(outcome.as_result()))[RESULT], **changes)


@pytest.mark.parametrize("outcome", MADE)
def test_an_outcome_is_read_as_it_was_made(outcome: Outcome) -> None:
    assert outcome_of(sent(outcome), OPTIONS) == outcome


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"took": float("inf")}, "took is the number inf, not a number of seconds"),
        ({"took": float("nan")}, "took is the number nan, not a number of seconds"),
        ({"held": -1}, "held is the number -1, not a number of seconds"),
        ({"timeline": [START] * 100_000}, "its timeline has 100000 entries, more than 1000"),
        ({"timeline": [dict(START, event="\x1b[2J")]}, "event of entry 1 of its timeline is the string '\\x1b[2J'"),
        ({"timeline": [dict(START, members=list(range(1000)))]}, "members of entry 1 of its timeline is a list"),
        ({"timeline": [dict(START, members=[1.5])]}, "members of entry 1 of its timeline is a list"),
        ({"timeline": [dict(START, quorate=1)]}, "quorate of entry 1 of its timeline is the number 1"),
        ({"timeline": [dict(START, at=float("inf"))]}, "at of entry 1 of its timeline is the number inf"),
        ({"timeline": [{"event": "start"}]}, "entry 1 of its timeline lacks at"),
        ({"timeline": ["start"]}, "entry 1 of its timeline is the string 'start'"),
        ({"timeline": [dict(START, total_votes=10**400)]}, "total_votes of entry 1 of its timeline is a number of more than 64 bits"),
        ({"timeline": [dict(START, ring_id=7)]}, "ring_id of entry 1 of its timeline is the number 7"),
        ({"timeline": None}, "timeline is nothing (None), not a list"),
        ({"unmet": [{"condition": "tolerates", "wanted": 1, "seen": 0}]}, "what it calls not met was not asked for"),
        ({"unmet": [{"condition": ["quorate"]}]}, "what it calls not met was not asked for"),
        ({"ids": {"members": [1, 2]}}, "what it has found of members is not a node id for each node"),
        ({"ids": {"members": ["1"]}}, "what it has found of members is not a node id for each node"),
        ({"ids": {"absent": [1]}}, "the nodes that it has found are not those that were asked for"),
        ({"reconnects": "many"}, "reconnects is the string 'many', not a number from 0"),
        ({"votequorum": {"quorum": 2}}, "of its votequorum value, it lacks nodeid"),
    ],
)
def test_what_the_module_does_not_say_is_named(changes: dict[str, t.Any], words: str) -> None:
    with pytest.raises(StrangeAnswer) as raised:
        outcome_of(sent(MADE[0], **changes), OPTIONS)
    assert words in str(raised.value) and len(str(raised.value)) < 500


@pytest.mark.parametrize("given_", [None, [], {}, {"met": True}, "text"])
def test_what_is_no_outcome_is_named(given_: t.Any) -> None:
    with pytest.raises(StrangeAnswer, match="in place of what came of the wait"):
        outcome_of(given_, OPTIONS)


def test_the_controller_knows_what_was_wanted_and_bounds_what_was_seen() -> None:
    unmet = [{"condition": "members", "wanted": "anything", "seen": seen} for seen in ("s" * 10**6, [["deep"]], {"a": 1}, ["n\x1b"], float("inf"))]
    found = outcome_of(sent(MADE[1], unmet=unmet, away="rm -rf", away_msg="gone\n\x1b" + "x" * 10**6), OPTIONS)
    assert all(item["wanted"] == ["node1"] for item in found.unmet) and len(json.dumps(found.unmet)) < 2000
    assert "Infinity" not in json.dumps(found.unmet)
    assert found.away is None and found.away_msg is not None and found.away_msg.startswith("gone \\x1bxxx") and len(found.away_msg) < 1100


@examples(100)
@given(
    st.dictionaries(
        st.sampled_from(Outcome._fields),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
            lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from([*START, "condition", "seen", "seq"]), inner, max_size=8)),
            max_leaves=20,
        ),
    )
)
def test_anything_is_an_outcome_or_refused(changes: dict[str, t.Any]) -> None:
    try:
        assert outcome_of(sent(MADE[0], **changes), OPTIONS)
    except StrangeAnswer as error:
        assert str(error)
