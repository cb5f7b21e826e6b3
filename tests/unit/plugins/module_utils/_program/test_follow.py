# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Following corosync, against a scripted observer: what is told of its readings and errors, and what ends it."""

import json
import os
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import _abi
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import AccessDenied, DaemonGone, DeadlineExceeded, LibraryMissing
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import forecast_entry
from ansible_collections.corosync.quorum.plugins.module_utils._node import anew
from ansible_collections.corosync.quorum.plugins.module_utils._node.stdout import ReaderGone
from ansible_collections.corosync.quorum.plugins.module_utils._program import events as verb
from ansible_collections.corosync.quorum.plugins.module_utils._program import follow as tested
from ansible_collections.corosync.quorum.plugins.module_utils._program.follow import Beat, Listened, Look, Seen, WallClock, follow, look_at_clocks
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import Flip
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.tests.unit.fakes.libraries import Backend
from ansible_collections.corosync.quorum.tests.unit.fakes.observers import Observer
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node, value


def complete(**changes):
    made = value(**changes)
    return dict(made, forecast=forecast_entry(made), problems=[])


NOTHING = Seen()


class Always:
    """A poller for which there is always an event."""

    def check(self):
        pass

    def wait(self, fd, seconds):
        return True


def told(*readings, seen=NOTHING, flips=None):
    """The events that are told of these readings. flips: what corosync reports before a reading, by its number."""
    found = []
    with pytest.raises(ReaderGone):
        follow(seen, 5.0, found.append, Always(), lambda: None, Observer([*readings, ReaderGone()], flips=flips))
    return found


def names(*readings, **more):
    return [event["event"] for event in told(*readings, **more)]


def test_its_memory_stays_flat(monkeypatch):
    done = []
    monkeypatch.setattr(tested, "give_back_large_blocks", lambda: done.append(True))
    told(complete())
    assert done == [True]


def test_each_event_is_told_with_the_time_of_the_clock():
    begun = time.time()
    events = told(complete(), complete(members=[1, 2], ring=14))
    assert [event["event"] for event in events] == ["state", "node_left", "reserve_lost"]
    assert all(begun - 0.1 <= seconds_of(event["at"]) <= time.time() + 0.1 for event in events)
    json.dumps(events)


def test_a_loss_that_corosync_reported_is_told_also_where_the_next_reading_fails():
    lost, gained = Flip(False, {"nodeid": 1, "seq": 14}, [1]), Flip(True, {"nodeid": 1, "seq": 18}, [1, 2, 3])
    found = names(complete(), DeadlineExceeded("the membership keeps changing"), complete(ring=22), flips={1: [lost, gained]})
    assert found[:5] == ["state", "quorum_lost", "node_left", "quorum_gained", "node_joined"]
    assert found[5:] == ["corosync_unavailable", "corosync_available", "node_restarted"]


@pytest.mark.parametrize("error", [LibraryMissing("libcmap.so.4 was not found."), AccessDenied("votequorum_initialize"), DaemonGone("x")])
def test_no_error_ends_it_not_even_at_first(error):
    events = told(error, error, complete())
    assert [event["event"] for event in events] == ["corosync_unavailable", "corosync_available", "state"]
    assert (events[0]["reason"], events[0]["msg"], events[0]["node"]) == (error.reason, str(error), os.uname().nodename)


def test_it_is_known_to_live_for_as_long_as_the_libraries_are_missing(monkeypatch):
    """The resident program takes the heartbeat for a reading that is still so."""
    monkeypatch.setattr(_abi, "ffi", Backend())
    found, beats, waits = [], [], []

    class Thrice(Always):
        def wait(self, fd, seconds):
            waits.append(seconds)
            if len(waits) == 3:
                raise ReaderGone
            return True

    with pytest.raises(ReaderGone):
        follow(NOTHING, 5.0, found.append, Thrice(), lambda: beats.append(1))
    assert [(event["event"], event["reason"]) for event in found] == [("corosync_unavailable", "no_library")]
    assert len(beats) == 3


def test_another_reason_is_told_and_then_what_changed_in_between():
    assert names(complete(), DaemonGone("x"), DeadlineExceeded("frozen"), complete(members=[1, 2], ring=18)) == [
        "state",
        "corosync_unavailable",
        "corosync_unavailable",
        "corosync_available",
        "node_left",
        "reserve_lost",
    ]


def test_a_process_goes_on_from_what_the_one_before_has_told():
    assert names(complete(members=[1, 2], ring=14), seen=Seen(complete())) == ["node_left", "reserve_lost"]
    assert names(complete(), seen=Seen(complete(), "not_running")) == ["corosync_available"]
    assert names(DaemonGone("x"), complete(), seen=Seen(complete(), "not_running")) == ["corosync_available"]
    assert names(DeadlineExceeded("x"), complete(), seen=Seen(complete(), "not_running")) == ["corosync_unavailable", "corosync_available"]
    assert names(complete(), seen=Seen(None, "not_running")) == ["corosync_available", "state"]
    assert names(complete(members=[1, 2], ring=14), seen=Seen(complete(settled=False), None, 1)) == ["node_left", "reserve_lost"]
    gained = Seen(complete(members=[1, 2], settled=False), None, 0, True)
    assert names(complete(members=[1, 2]), seen=gained) == ["votes_changed", "reserve_lost"]


def test_replaced_libraries_end_it_with_what_it_has_seen(monkeypatch):
    replaced = []
    monkeypatch.setattr(anew.mapped, "libraries_replaced", lambda: bool(replaced))
    seen = Seen(complete(), "not_running", 1)
    assert follow(seen, 5.0, replaced.append, Always(), lambda: None, Observer([complete(), DaemonGone("x")])) == seen
    assert [event["event"] for event in replaced] == ["corosync_available", "corosync_unavailable"]
    assert follow(Seen(), 5.0, replaced.append, Always(), lambda: None, Observer([complete()])) == Seen()


def test_an_absence_and_a_reserve_are_handed_over_as_they_were_told(monkeypatch):
    replaced, handed = [], []
    monkeypatch.setattr(anew.mapped, "libraries_replaced", lambda: bool(replaced))
    seen = Seen(complete(settled=False), "not_running", 1)
    assert follow(seen, 5.0, replaced.append, Always(), lambda: None, Observer([DaemonGone("x"), complete(), DaemonGone("x")])) == Seen(
        complete(), "not_running", 1
    )
    assert [event["event"] for event in replaced] == ["corosync_available", "votes_changed", "corosync_unavailable"]
    replaced[:] = [True]
    assert follow(seen, 5.0, handed.append, Always(), lambda: None, Observer([complete()])) == seen and handed == []


def printed(*steps, last=None):
    """The lines that are printed of these: names of events, and for a reading the seq of its ring. steps: events, and values that were read."""
    lines = []
    printer = verb.Printer(last, lines.append)
    for step in steps:
        say = printer.event if "event" in step else printer.reading
        say(step)
    told = [json.loads(line) for line in lines]
    return [one["event"] if "event" in one else one[verb.READING]["ring_id"]["seq"] for one in told]


def test_a_reading_is_printed_where_it_shows_something_new():
    (state,) = told(complete())
    assert printed(state, complete()) == ["state"]
    assert printed(state, complete(read_at="2026-11-22T10:15:02.123Z")) == ["state"], "that it was read again is what an empty line says"
    renamed = complete(cluster_name="web")
    assert printed(state, renamed, renamed, complete(), complete()) == ["state", 13, 13]
    assert printed(renamed, last=renamed) == [] and printed(renamed) == [13]
    assert printed(state, dict(state, event="corosync_unavailable", votequorum=None), complete()) == ["state", "corosync_unavailable"]


def test_only_whoever_asks_for_readings_gets_them(monkeypatch):
    """A link to a node that is away goes down, which is no event."""
    links = [[{"link": 0, "connected": up}] for up in (True, False)]
    values = [complete(nodes=[node(1), node(2), node(3, member=False, links=link)]) for link in links]
    monkeypatch.setattr(verb, "end_when_asked", lambda: None)
    monkeypatch.setattr(tested, "JudgedObserver", lambda deadline, waiting, beat: Observer([*values, ReaderGone()])(deadline, waiting))
    monkeypatch.setattr(verb, "Listened", lambda stdin: Always())
    given = {"timeout": 5.0, "heartbeat": None, "until_stdin_ends": False}
    for more, wanted in (({}, ["state"]), ({verb.READINGS: True}, ["state", verb.READING])):
        lines = []
        monkeypatch.setattr(verb, "say", lines.append)
        with pytest.raises(BrokenPipeError):
            verb.run(dict(given, **more))
        assert [json.loads(line).get("event", verb.READING) for line in lines] == wanted
    assert json.loads(lines[1])[verb.READING]["nodes"][2]["links"] == links[1]


@pytest.mark.parametrize("seen", [Seen(), Seen(complete(), "not_running", 1), Seen(complete(votes=(1,) * 100))])
def test_what_is_handed_over_is_taken_over(seen):
    assert verb.taken_over(verb.hand_over(seen)) == seen


def test_what_no_pipe_takes_is_not_handed_over(monkeypatch):
    monkeypatch.setattr(verb, "_LARGEST", 4096)
    assert verb.taken_over(verb.hand_over(Seen(complete(votes=(1,) * 100), "not_running", 2))) == Seen(None, "not_running", 2)


@pytest.mark.slow
def test_a_service_whose_user_has_too_many_pipes_goes_on_without_what_does_not_fit(monkeypatch):
    opened = len(os.listdir("/proc/self/fd"))
    control = verb.fcntl.fcntl

    def refused(descriptor, command, *more):
        if command == verb._F_SETPIPE_SZ:
            raise PermissionError(1, "Operation not permitted")
        return control(descriptor, command, *more)

    monkeypatch.setattr(verb.fcntl, "fcntl", refused)
    assert verb.taken_over(verb.hand_over(Seen(complete(), "not_running"))) == Seen(complete(), "not_running")
    assert verb.taken_over(verb.hand_over(Seen(complete(votes=(1,) * 1000), "not_running"))) == Seen(None, "not_running")
    assert len(os.listdir("/proc/self/fd")) == opened


def test_nobody_listens_where_the_output_was_closed_before_the_program_began(monkeypatch):
    monkeypatch.setattr(verb, "end_when_asked", lambda: None)
    monkeypatch.setattr(verb.sys, "stdout", None)
    with pytest.raises(BrokenPipeError):
        verb.run({"timeout": 5.0, "heartbeat": None, "until_stdin_ends": False})


def test_it_says_where_the_program_is_gone_that_would_go_on(monkeypatch, capfd):
    monkeypatch.setattr(verb, "follow", lambda *dummy, read: Seen())
    monkeypatch.setattr(verb, "end_when_asked", lambda: None)
    monkeypatch.setattr(verb, "ROOT", "/nowhere/corosync-quorum.pyz")
    assert verb.run({"timeout": 5.0, "heartbeat": None, "until_stdin_ends": False}) == 75
    assert "/nowhere/corosync-quorum.pyz" in capfd.readouterr().err


def test_nobody_listens_when_the_input_has_ended_or_the_output_is_broken():
    stdin, feeding = os.pipe()
    reading, stdout = os.pipe()
    poller = Listened(stdin, stdout)
    os.write(feeding, b"what is said to it is not read\n")
    assert poller.wait(None, 0.05) is False
    os.close(feeding)
    with pytest.raises(ReaderGone):
        poller.check()
    poller = Listened(None, stdout)
    poller.check()
    os.close(reading)
    with pytest.raises(ReaderGone):
        poller.wait(None, 10)


def test_the_input_has_no_say_where_it_is_not_asked_for(monkeypatch):
    monkeypatch.setattr(tested.sys, "stdin", None)
    assert os.read(tested.standard_input(), 1) == b"", "it was closed before the program began: that is an end"


def test_a_beat_comes_so_often_and_no_oftener():
    now, lines = [100.0], []
    beat = Beat(5.0, lines.append, lambda: now[0])
    for now[0] in (100.0, 101.0, 104.9, 105.0, 105.1, 120.0):
        beat()
    assert lines == ["", ""], "none before what there is to tell"
    silent = Beat(None, lines.append)
    silent()
    assert len(lines) == 2


def test_events_are_told_in_order_although_time_passes_between_two_looks_at_clocks():
    """A later event would be a moment too early where less time passes. A clock that was set counts at once."""
    clock = clock_of(START, Look(1000.000009, 1000.000008), Look(1000.002, 1000.001), Look(940.001, 940.0), Look(940.001, 939.999))
    assert [clock.at(stamp) for stamp in (1.0, 1.0)] == [1001.0, 1001.0]
    assert [clock.at(stamp) for stamp in (3.0, 3.0)] == pytest.approx([943.0005, 943.0005], abs=1e-6)


START = Look(1000.0, 1000.0)


def clock_of(first, *looks):
    """A clock that has seen the first look at its beginning, and then these."""
    script = iter([first] * 5 + list(looks))
    return WallClock(lambda: next(script))


def test_events_are_told_in_order_although_the_processor_was_taken_away_between_two_looks_at_clocks():
    """As corosync does, which has real-time priority, while rings are formed. Such a look is no clock that was set."""
    taken_before, taken_behind = Look(1000.3, 1000.0), Look(1000.0, 999.7)
    clock = clock_of(START, START, taken_before, taken_behind, START)
    assert [clock.at(stamp) for stamp in (1.0, 1.0, 1.0, 1.0)] == [1001.0] * 4
    begun = iter([taken_before, taken_behind, START, taken_before, taken_behind, START])
    assert WallClock(lambda: next(begun)).at(1.0) == 1001.0, "of the first looks the shortest counts"


def test_a_look_at_clocks_has_their_difference_in_between():
    found = look_at_clocks()
    assert found.behind_it <= found.middle <= found.before_it
    assert abs(found.middle - (time.time() - time.monotonic())) < 1
