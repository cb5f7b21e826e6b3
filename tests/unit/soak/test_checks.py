# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of the endurance test: each finds what it is for, and nothing in what is right."""

from lab.watch import Event
from soak import checks as tested
from soak.checks import Allowed, State, Told, Waited

THREE = (1, 2, 3)


def told(at, quorate=True, members=THREE):
    return at, {"votequorum": {"quorate": quorate, "members": list(members)}}


def away(at):
    return at, {"votequorum": None}


def states(*events, breaks=()):
    return tested.states_told(events, breaks)


def seen(*lines):
    return tested.states_seen("node1", [Event(at, "node1", what, list(members)) for at, what, members in lines])


def test_programs_that_agree_a_moment_later_agree():
    one = states(told(1.0), told(12.0, False, [1]), told(30.0))
    other = seen((0.5, "quorate", THREE), (10.0, "inquorate", [1]), (29.0, "quorate", THREE))
    assert tested.disagreements("node1", one, other, 100.0) == []


def test_a_program_that_goes_on_telling_the_old_state_is_found_once():
    one = states(told(1.0), told(60.0, False, [1]))
    other = seen((0.5, "quorate", THREE), (10.0, "inquorate", [1]))
    (wrong,) = tested.disagreements("node1", one, other, 100.0)
    assert wrong.startswith("node1: for 50.0 s from 10.000 on, the program told quorate with [1, 2, 3]") and wrong.endswith("not quorate with [1]")
    assert tested.disagreements("node1", states(told(1.0)), other, 100.0), "it lasts to the end"


def test_other_members_are_another_state_and_so_is_a_corosync_that_is_away():
    quorate = seen((0.5, "quorate", THREE))
    assert tested.disagreements("node1", states(told(1.0, True, [1, 2])), quorate, 100.0)
    assert tested.disagreements("node1", states(away(1.0)), quorate, 100.0)
    assert tested.disagreements("node1", states(told(1.0)), seen((0.5, "quorate", THREE), (2.0, "gone", [])), 100.0)
    assert not tested.disagreements("node1", states(told(1.0), away(3.0)), seen((0.5, "quorate", THREE), (2.0, "gone", [])), 100.0)


def test_nothing_is_wrong_where_one_of_them_is_not_there_or_corosync_is_frozen():
    quorate = seen((0.5, "quorate", THREE))
    assert not tested.disagreements("node1", states(told(1.0, False), breaks=[2.0]), quorate, 100.0)
    assert not tested.disagreements("node1", [], quorate, 100.0)
    assert not tested.disagreements("node1", states(told(1.0), away(20.0), told(55.0)), quorate, 100.0, frozen=[(15.0, 50.0)])
    assert tested.disagreements("node1", states(told(1.0), away(20.0)), quorate, 100.0, frozen=[(15.0, 50.0)])


def test_a_loss_that_was_not_told():
    other = seen((0.5, "quorate", THREE), (10.0, "inquorate", [1]), (10.1, "quorate", THREE))
    assert tested.missed_losses("node1", states(told(1.0), told(10.2)), other) == ["node1: the program did not tell the loss of quorum at 10.000"]
    assert not tested.missed_losses("node1", states(told(1.0), told(10.05, False, [1]), told(10.2)), other)
    assert not tested.missed_losses("node1", states(told(1.0), away(5.0), told(10.2)), other), "it could not be read"
    assert not tested.missed_losses("node1", states(told(1.0), told(10.2), breaks=[9.0]), other), "nobody was there to tell"
    assert not tested.missed_losses("node1", [], other)


def test_a_start_is_no_loss():
    other = seen((0.5, "started", ()), (0.6, "waiting", [1]), (1.0, "quorate", THREE), (2.0, "gone", []), (3.0, "started", ()), (3.1, "waiting", [1]))
    assert not tested.missed_losses("node1", states(told(0.7)), other)


def test_a_wait_is_true_if_it_was_so_between_its_last_reading_and_its_end():
    other = {"node1": seen((0.5, "quorate", THREE), (50.0, "inquorate", [1]), (70.0, "quorate", THREE))}
    for wait, wrong in [
        (Waited("node1", 9.0, 10.0, True, (2, 3)), 0),
        (Waited("node1", 51.0, 60.0, True), 0),
        (Waited("node1", 53.0, 60.0, True), 1),
        (Waited("node1", 49.0, 49.0, False), 0),
        (Waited("node1", 47.0, 47.0, False), 1),
        (Waited("node1", 60.0, 68.5, True), 0),
        (Waited("node1", 60.0, 67.5, True), 1),
        (Waited("node1", 71.0, 72.0, False), 0),
        (Waited("node1", 73.0, 74.0, False), 1),
        (Waited("node1", 9.0, 10.0, True, (4,)), 1),
        (Waited("node1", 0.0, 0.1, True), 0),
        (Waited("node1", -6.0, -5.0, True), 1),
    ]:
        assert len(tested.untrue_waits([wait], other)) == wrong, wait


def test_what_the_event_source_tells_of_a_node_has_breaks_where_it_could_not_be_followed():
    def event(second, name, hosts=("node1",), **more):
        return {"event": name, "at": f"1970-01-01T00:00:{second:02}.000Z", "votequorum": None, "meta": {"hosts": list(hosts)}, **more}

    value = {"quorate": True, "members": [1, 2, 3]}
    events = [
        event(1, "state", votequorum=value),
        event(2, "state", hosts=["node2"], votequorum=value),
        event(3, "unreachable"),
        event(4, "split", hosts=["node1", "node2"]),
        event(5, "reachable"),
        event(5, "corosync_unavailable"),
    ]
    told = tested.told_by_source("node1", events)
    assert (told.who, told.node, [(at, one["event"]) for at, one in told.events], told.breaks) == (
        "the event source",
        "node1",
        [(1.0, "state"), (5.0, "corosync_unavailable")],
        [3.0],
    )
    assert states(*told.events, breaks=told.breaks) == [State(1.0, True, THREE), State(3.0, known=False), State(5.0)]


def test_events_that_are_out_of_order_are_counted():
    assert Told("the program", "node1", [told(1.0), told(3.0), told(2.0), told(2.0), told(9.0)], []).late == 1
    assert Told("the program", "node1", [], []).late == 0


def test_a_promise_is_broken_where_one_that_stayed_lost_quorum():
    events = [Event(20.0, "node1", "inquorate", [1]), Event(21.0, "node2", "waiting", [2])]
    assert tested.broken_promises([Allowed("node3", 19.0, 25.0, ("node1", "node2"))], events) == [
        "node3 was stopped at 19.000 because that was called safe, and node1 lost quorum at 20.000"
    ]
    for fine in (Allowed("node3", 21.0, 25.0, ("node1",)), Allowed("node3", 10.0, 19.0, ("node1",)), Allowed("node3", 19.0, 25.0, ("node2",))):
        assert tested.broken_promises([fine], events) == []


def test_what_could_not_be_compared_is_found():
    other = seen((0.5, "quorate", THREE))
    assert tested.unlooked("node1", "its events", states(told(1.0), breaks=[50.0]), other, 0.0, 100.0) == []
    for one, seen_ in ((states(told(1.0), breaks=[10.0]), other), ([], other), (states(told(1.0)), [])):
        (line,) = tested.unlooked("node1", "its events", one, seen_, 0.0, 100.0)
        assert line.startswith("node1: its events could be compared with what the C program saw for ")


def test_what_did_not_happen_at_all_is_found():
    programs = (*tested.PROGRAMS, tested.SOURCE)
    readings = {f"node1: {program}, process 1 of 2": [(0.0, 100)] for program in programs}
    waited, by_filter = Waited("node1", 1.0, 1.0, True), Allowed("node3", 1.0, 2.0, ("node1",), by_gate=False)
    assert tested.unused([waited], [], 20, readings) == []
    assert tested.unused([waited], [by_filter], 20, readings) == ["the gate refused all 21 stops"]
    assert tested.unused([waited], [by_filter, by_filter._replace(by_gate=True)], 20, readings) == []
    assert tested.unused([], [], 21, {}) == ["no wait succeeded", "the gate refused all 21 stops"] + [
        f"the memory of {program} was never read" for program in programs
    ]


def test_memory_counts_after_the_first_minute():
    readings = {
        "grows": [(0.0, 100), (60.0, 9000), (120.0, 11000)],
        "warms up": [(0.0, 100), (60.0, 9000), (120.0, 9500)],
        "short": [(0.0, 100), (59.0, 9000)],
    }
    assert tested.growth(readings) == {"grows": 2000, "warms up": 500}
    assert tested.grown(readings) == ["grows has grown by 2000 KiB after its first minute"]


def test_the_record_of_a_watch_has_states_and_ends():
    entries = [(1.0, {"event": "state", "quorate": True, "members": [1]}), (2.0, {"event": "watch_ended", "quorate": None, "members": []})]
    assert tested.states_recorded(entries, 5.0) == [State(1.0, True, (1,)), State(2.0, None, (), False), State(5.0, None, (), False)]
