# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The events that a node tells: what each changes, in which order, and that nothing is lost or told twice."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import forecast_entry
from ansible_collections.corosync.quorum.plugins.module_utils._value.events import OTHER_PARTS, PARTS, Teller, events_between, node_name, parts_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import Flip, event_of
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import device, node, value

PENDING = {"enabled": True, "pending": True}
KEYS = {"event", "at", "node", "nodeid", "cluster_name", "nodes", "changed", "votequorum"}


def complete(*args, **changes):
    made = value(*args, **changes)
    return dict(made, forecast=made.get("forecast") or forecast_entry(made), problems=[])


def linked(*connected):
    """Three nodes, of which node1 sees these two links to node2."""
    links = [{"link": number, "connected": up} for number, up in enumerate(connected)]
    return complete(nodes=[node(1), node(2, links=links), node(3, links=[{"link": 0, "connected": True}])])


def reserve(tolerates):
    return complete(forecast={"tolerates": 0, "quorate_without": [], "as_now": {"tolerates": tolerates, "quorate_without": []}})


def names(before, after):
    return [event["event"] for event in events_between(before, after)]


@pytest.mark.parametrize(
    "before, after, events",
    [
        (complete(), complete(), []),
        (complete(), complete(members=[1, 2], ring=14), ["node_left", "reserve_lost"]),
        (complete(members=[1, 2]), complete(ring=14), ["node_joined", "reserve_back"]),
        (complete(members=[1, 2]), complete(members=[1, 3], ring=14), ["node_left", "node_joined"]),
        (complete(), complete(members=[1], ring=14), ["quorum_lost", "node_left", "reserve_lost"]),
        (complete(members=[1]), complete(ring=14), ["quorum_gained", "node_joined", "reserve_back"]),
        (complete(), complete(ring=14), ["node_restarted"]),
        (complete(), complete(wait_for_all=PENDING), ["wait_for_all_pending"]),
        (complete(wait_for_all=PENDING), complete(wait_for_all=dict(PENDING, pending=False)), ["votes_changed"]),
        (complete(qdevice=device("alive")), complete(qdevice=device()), ["qdevice_changed", "reserve_back"]),
        (complete((1, 1, 1)), complete((2, 1, 1)), ["expected_votes_changed", "votes_changed", "reserve_lost"]),
        (complete(), complete(flags=["quorate", "bit_11"]), ["votes_changed"]),
        (complete(), complete(settled=False), ["votes_changed", "reserve_lost"]),
        (linked(True, True), linked(True, False), ["links_changed"]),
        (linked(True, True), dict(linked(False, False), members=[1, 3]), ["node_left"]),
        (dict(linked(False, False), members=[1, 3]), dict(linked(True, False), members=[1, 3]), []),
        (dict(linked(False, False), members=[1, 3]), linked(True, False), ["node_joined"]),
        (reserve(2), reserve(1), ["votes_changed"]),
        (reserve(1), reserve(0), ["reserve_lost"]),
        (reserve(0), reserve(1), ["reserve_back"]),
    ],
)
def test_a_step(before, after, events):
    assert names(before, after) == events


def test_an_event_says_who_tells_it_whom_it_is_about_and_what_changed():
    left, lost = events_between(complete(cluster_name="web"), complete(members=[1, 2], ring=14, cluster_name="web"))
    assert set(left) == set(lost) == KEYS
    assert (left["node"], left["nodeid"], left["cluster_name"], left["at"]) == ("node1", 1, "web", None)
    assert (left["nodes"], lost["nodes"]) == (["node3"], [])
    assert left["changed"]["members"] == {"before": [1, 2, 3], "after": [1, 2]}
    assert left["changed"]["total_votes"] == {"before": 3, "after": 2}, "what follows from it is with the first event"
    assert lost["changed"] == {"tolerates": {"before": 1, "after": 0}}
    assert left["votequorum"] == complete(members=[1, 2], ring=14, cluster_name="web")


def test_of_votes_and_links_only_what_differs_is_told():
    (changed,) = events_between(linked(True, True), linked(True, False))
    assert changed["nodes"] == ["node2"]
    assert changed["changed"] == {
        "links": {
            "before": [{"node": "node2", "nodeid": 2, "link": 1, "connected": True}],
            "after": [{"node": "node2", "nodeid": 2, "link": 1, "connected": False}],
        }
    }
    votes = next(event for event in events_between(complete(), complete((1, 5, 1))) if event["event"] == "votes_changed")
    assert votes["nodes"] == ["node2"]
    assert votes["changed"]["votes"]["after"] == [{"node": "node2", "nodeid": 2, "votes": 5}]


def test_a_node_without_a_name_is_called_by_the_digits_of_its_id():
    unnamed = complete(nodes=[node(1, name=None), node(7, name=None)])
    assert (node_name(unnamed, 7), node_name(unnamed, 9)) == ("7", "9")
    assert events_between(unnamed, dict(unnamed, members=[1]))[0]["nodes"] == ["7"]


VALUES = st.builds(
    complete,
    st.tuples(*[st.integers(0, 3)] * 4),
    members=st.sets(st.integers(1, 4)).map(lambda some: sorted(some | {1})),
    ring=st.integers(1, 2),
    qdevice=st.sampled_from([None, device("alive"), device()]),
    quorate=st.booleans(),
    settled=st.booleans(),
    wait_for_all=st.sampled_from([PENDING, dict(PENDING, pending=False)]),
    expected_votes=st.integers(3, 4),
    quorum=st.integers(2, 3),
    flags=st.sampled_from([["quorate"], ["bit_11"]]),
    forecast=st.integers(0, 2).map(lambda count: reserve(count)["forecast"]),
)
LINKED = st.builds(dict, st.tuples(st.booleans(), st.booleans()).map(lambda up: linked(*up)), members=st.sampled_from([[1, 2, 3], [1, 3], [1, 2]]))


def replay(parts, events):
    """The parts of a value after these events. An event that does not fit to what was before it is an error."""
    parts = copy.deepcopy(parts)
    for event in events:
        for part, change in event["changed"].items():
            if part in ("votes", "links"):
                assert all(entry in parts[part] for entry in change["before"])
                parts[part] = [entry for entry in parts[part] if entry not in change["before"]] + change["after"]
            else:
                assert parts[part] == change["before"] != change["after"], (part, event)
                parts[part] = change["after"]
    return {part: sorted(seen, key=str) if part in ("votes", "links") else seen for part, seen in parts.items()}


@examples(400)
@given(steps=st.tuples(VALUES, VALUES) | st.tuples(LINKED, LINKED))
def test_events_one_after_the_other_give_the_last_value_and_nothing_is_told_twice(steps):
    before, after = steps
    events = events_between(before, after)
    told = [event["event"] for event in events]
    order = list(PARTS)
    assert told == sorted(set(told), key=order.index), "in the order of the documentation, each once"
    assert replay(parts_of(before), events) == replay(parts_of(after), []), told
    assert bool(events) == (parts_of(before) != parts_of(after))
    for number, event in enumerate(events):
        others = set(event["changed"]) - set(PARTS[event["event"]])
        assert number == 0 or not others, "what has no event of its own is with the first one"
        assert event["votequorum"] == after
    assert not events or event_of(before, after) in (told[0], None)


def test_every_part_has_an_event_or_is_said_to_have_none():
    own = {part for parts in PARTS.values() for part in parts}
    assert own | set(OTHER_PARTS) == set(parts_of(complete()))


class Told(list):
    """What a Teller tells, as (event, at)."""

    def __init__(self, last=None):
        super().__init__()
        self.events = []
        self.teller = Teller(last, "host1", self.tell)

    def tell(self, event):
        self.events.append(event)
        self.append((event["event"], event["at"]))


def test_the_first_value_is_the_state_and_an_absence_has_its_reason():
    told = Told()
    told.teller.add_marker(1.0, "corosync_unavailable", "not_running", "corosync is not running.")
    told.teller.add_marker(2.0, "corosync_unavailable", "timeout", "It does not answer.")
    told.teller.add_marker(3.0, "corosync_available")
    told.teller.add_value(3.5, complete())
    told.teller.add_value(4.0, complete(ring=14))
    assert told == [("corosync_unavailable", 1.0), ("corosync_unavailable", 2.0), ("corosync_available", 3.0), ("state", 3.5), ("node_restarted", 4.0)]
    gone, back = told.events[0], told.events[2]
    assert (gone["node"], gone["nodeid"], gone["votequorum"], gone["reason"], gone["msg"]) == (
        "host1",
        None,
        None,
        "not_running",
        "corosync is not running.",
    )
    assert (back["node"], back["votequorum"]) == ("node1", complete())
    assert told.teller.entries == [], "it runs for years"


def test_it_is_back_only_after_it_was_gone():
    told = Told(complete())
    told.teller.add_marker(1.0, "corosync_available")
    told.teller.add_value(1.0, complete())
    assert told == []


def test_after_an_absence_the_gap_is_filled():
    told = Told(complete())
    told.teller.add_marker(1.0, "corosync_unavailable", "timeout", "x")
    told.teller.add_marker(2.0, "corosync_available")
    told.teller.add_value(2.0, complete(members=[1, 2], ring=18))
    assert [event for event, _at in told] == ["corosync_unavailable", "corosync_available", "node_left", "reserve_lost"]
    assert told.events[0]["node"] == "node1"


def test_a_loss_that_was_over_before_it_could_be_read_is_told_with_what_is_known():
    told = Told(complete())
    told.teller.add_flips(1.0, [Flip(False, {"nodeid": 1, "seq": 14}, [1])])
    told.teller.add_flips(2.0, [Flip(True, {"nodeid": 1, "seq": 18}, [1, 2, 3])])
    told.teller.add_value(3.0, complete(ring=18))
    assert told == [("quorum_lost", 1.0), ("node_left", 1.0), ("expected_votes_changed", 1.0), ("quorum_gained", 3.0), ("node_joined", 3.0)] + [
        ("expected_votes_changed", 3.0)
    ]
    seen = told.events[0]["votequorum"]
    assert (seen["members"], seen["missing"], seen["total_votes"], seen["quorum"], seen["forecast"], seen["settled"]) == ([1], [2, 3], None, None, None, False)
    assert [entry["state"] for entry in seen["nodes"]] == ["member", "dead", "dead"]
    assert told.events[-1]["votequorum"] == complete(ring=18)
