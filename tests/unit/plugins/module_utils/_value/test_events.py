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


def with_a_stranger(**changes):
    """Node 4 is a member, and a reload has taken it out of the nodelist."""
    return complete(nodes=[node(1), node(2), node(3), node(4, configured=None)], ring=14, **changes)


def mute():
    """Node 3 is a member, and its votes are not known."""
    return complete(nodes=[node(1), node(2), node(3, votes=None)])


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
        (complete(), complete(settled=False), ["votes_changed"]),
        (complete(settled=False), complete(), ["votes_changed"]),
        (complete(settled=False), complete(members=[1, 2], ring=14), ["node_left", "reserve_lost"]),
        (complete(), complete(members=[1], ring=14, settled=False), ["quorum_lost", "node_left", "reserve_lost"]),
        (complete(), with_a_stranger(), ["node_joined"]),
        (complete(), mute(), ["votes_changed"]),
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

    def __init__(self, last=None, **more):
        super().__init__()
        self.events = []
        self.teller = Teller(last, "host1", self.tell, **more)

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
    assert told == [("quorum_lost", 1.0), ("node_left", 1.0), ("quorum_gained", 3.0), ("node_joined", 3.0)]
    assert told.events[0]["changed"]["quorum"] == {"before": 2, "after": None}
    assert told.events[2]["changed"]["quorum"] == {"before": None, "after": 2}
    seen = told.events[0]["votequorum"]
    assert (seen["members"], seen["missing"], seen["total_votes"], seen["quorum"], seen["forecast"], seen["settled"]) == ([1], [2, 3], None, None, None, False)
    assert [entry["state"] for entry in seen["nodes"]] == ["member", "dead", "dead"]
    assert told.events[-1]["votequorum"] == complete(ring=18)


LOST, GAINED = Flip(False, {"nodeid": 1, "seq": 14}, [1]), Flip(True, {"nodeid": 1, "seq": 18}, [1, 2, 3])


def after_a_short_loss(before, after, **more):
    """What is told, by names, where quorum is lost and is back between two readings."""
    told = Told(before, **more)
    told.teller.add_flips(1.0, [LOST, GAINED])
    told.teller.add_value(3.0, after)
    return [event for event, _at in told], told


def test_the_reserve_is_compared_with_the_last_that_was_known():
    names_, told = after_a_short_loss(complete(), complete(members=[1, 2], ring=18))
    assert names_[2:] == ["quorum_gained", "node_joined", "reserve_lost"]
    assert told.events[-1]["changed"] == {"tolerates": {"before": None, "after": 0}}
    assert told.teller.tolerates == 0
    assert "reserve_back" in after_a_short_loss(complete(members=[1, 2]), complete(ring=18))[0]
    assert not {"reserve_back", "reserve_lost"} & set(after_a_short_loss(complete(), complete(ring=18))[0])


def test_a_reserve_that_nobody_knew_before_is_told_where_there_is_none():
    told = Told()
    told.teller.add_value(1.0, complete(settled=False))
    told.teller.add_value(2.0, complete())
    assert [event for event, _at in told] == ["state", "votes_changed"]
    told = Told()
    told.teller.add_value(1.0, complete(members=[1, 2], settled=False))
    told.teller.add_value(2.0, complete(members=[1, 2]))
    assert [event for event, _at in told] == ["state", "votes_changed", "reserve_lost"]


@pytest.mark.parametrize("doubtful", [complete(settled=False), mute(), with_a_stranger()])
def test_a_reading_in_doubt_tells_nothing_of_the_reserve(doubtful):
    told = Told(complete())
    told.teller.add_value(1.0, doubtful)
    assert parts_of(doubtful)["tolerates"] is None
    assert told.teller.tolerates == 1
    told.teller.add_value(2.0, complete())
    assert not {"reserve_back", "reserve_lost"} & {event for event, _at in told}


@pytest.mark.parametrize(("members", "event"), [([1, 2], "reserve_lost"), ([1, 2, 3], "reserve_back")])
def test_the_reserve_after_a_gain_in_an_unsettled_moment_is_told_as_soon_as_it_is_known(members, event):
    """Whoever hears only of gains that are settled would never be told of it."""
    told = Told(complete(members=[1]))
    told.teller.add_value(1.0, complete(members=members, settled=False, ring=14))
    told.teller.add_value(2.0, complete(members=members, settled=False, ring=14, flags=[]))
    told.teller.add_value(3.0, complete(members=members, ring=14))
    told.teller.add_value(4.0, complete(members=members, settled=False, ring=14))
    told.teller.add_value(5.0, complete(members=members, ring=14))
    assert told[0] == ("quorum_gained", 1.0)
    assert [(name, at) for name, at in told if name.startswith("reserve_")] == [(event, 3.0)]


def test_a_gain_that_does_not_last_is_no_loss_of_the_reserve():
    told = Told(complete(members=[1]))
    told.teller.add_value(1.0, complete(settled=False, ring=14))
    told.teller.add_value(2.0, complete(members=[1], ring=18))
    assert not {"reserve_back", "reserve_lost"} & {event for event, _at in told}


def test_a_reserve_that_was_known_to_another_process_is_compared_with():
    told = Told(complete(settled=False), tolerates=1)
    told.teller.add_value(1.0, complete(members=[1, 2], ring=14))
    assert [event for event, _at in told] == ["node_left", "reserve_lost"]
    told = Told(complete(settled=False, members=[1, 2]), tolerates=0)
    told.teller.add_value(1.0, complete(members=[1, 2]))
    assert [event for event, _at in told] == ["votes_changed"]


def test_expected_votes_that_changed_during_a_short_loss_are_told():
    for changed, parts in (({"expected_votes": 4}, {"expected_votes"}), ({"quorum": 3}, {"quorum"})):
        names_, told = after_a_short_loss(complete(), complete(ring=18, **changed))
        assert names_.count("expected_votes_changed") == 1
        told_of = next(event for event in told.events if event["event"] == "expected_votes_changed")["changed"]
        assert parts <= set(told_of) <= {"expected_votes", "quorum"}


def test_an_absence_is_told_once_also_where_another_process_has_told_it():
    for reason, msg, away in (("not_running", "It does not run.", "not_running"), (None, "No room.", "No room.")):
        told = Told(complete(), away=away)
        told.teller.add_marker(1.0, "corosync_unavailable", reason, msg)
        assert (told, told.teller.away) == ([], away)
        told.teller.add_marker(2.0, "corosync_unavailable", "timeout", "It does not answer.")
        told.teller.add_marker(3.0, "corosync_available")
        told.teller.add_value(3.0, complete())
        assert [event for event, _at in told] == ["corosync_unavailable", "corosync_available"]
        assert told.teller.away is None


def test_each_value_is_given_on_behind_its_events():
    order = []
    teller = Teller(None, "host1", lambda event: order.append(event["event"]), read=lambda value: order.append(value["ring_id"]["seq"]))
    teller.add_value(1.0, complete())
    teller.add_value(2.0, complete())
    teller.add_flips(3.0, [LOST, GAINED])
    teller.add_value(4.0, complete(ring=18))
    assert order == ["state", 13, 13, "quorum_lost", "node_left", "quorum_gained", "node_joined", 18], "and not what was over before it could be read"


FLIPS = st.lists(st.booleans(), max_size=3).map(lambda states: [GAINED if quorate else LOST for quorate in states])


@examples(200)
@given(first=VALUES, steps=st.lists(st.tuples(FLIPS, VALUES), max_size=4))
def test_short_losses_leave_no_gap_and_tell_nothing_that_is_as_it_was(first, steps):
    told = Told(first)
    known = {part: parts_of(first)[part] for part in ("expected_votes", "quorum", "tolerates")}
    gained = False  # quorum, since the reserve was known
    for number, (flips, after) in enumerate(steps):
        del told[:]
        before = dict(known)
        told.teller.add_flips(number, flips)
        told.teller.add_value(number, after)
        later = parts_of(after)
        known.update((part, later[part]) for part in known if later[part] is not None)
        found = [event for event, _at in told]
        assert found.count("expected_votes_changed") == (
            [before[part] for part in ("expected_votes", "quorum")] != [known[part] for part in ("expected_votes", "quorum")]
        )
        lost = known["tolerates"] == 0 and before["tolerates"] != 0
        back = bool(known["tolerates"]) and before["tolerates"] == 0
        gained = gained or "quorum_gained" in found
        told_anew = gained and before["tolerates"] == known["tolerates"] == 0 and "reserve_lost" in found
        assert (found.count("reserve_lost"), found.count("reserve_back")) == (lost or told_anew, back)
        gained = gained and later["tolerates"] is None
    last = steps[-1][1] if steps else first
    assert replay(parts_of(first), told.events) == replay(parts_of(last), [])
