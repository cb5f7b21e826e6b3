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
from ansible_collections.corosync.quorum.plugins.module_utils._program.follow import Beat, Listened, Seen, follow
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.tests.unit.fakes.libraries import Backend
from ansible_collections.corosync.quorum.tests.unit.fakes.observers import Observer
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value


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


def told(*readings, seen=NOTHING):
    """The events that are told of these readings."""
    found = []
    with pytest.raises(ReaderGone):
        follow(seen, 5.0, found.append, Always(), lambda: None, Observer([*readings, ReaderGone()]))
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
    assert names(complete(), seen=Seen(complete(), "DaemonGone")) == ["corosync_available"]
    assert names(DaemonGone("x"), complete(), seen=Seen(complete(), "DaemonGone")) == ["corosync_available"]
    assert names(complete(), seen=Seen(None, "DaemonGone")) == ["corosync_available", "state"]


def test_replaced_libraries_end_it_with_what_it_has_seen(monkeypatch):
    replaced = []
    monkeypatch.setattr(anew.mapped, "libraries_replaced", lambda: bool(replaced))
    seen = Seen(complete(), "DaemonGone")
    assert follow(seen, 5.0, replaced.append, Always(), lambda: None, Observer([complete(), DaemonGone("x")])) == seen
    assert [event["event"] for event in replaced] == ["corosync_available", "corosync_unavailable"]
    assert follow(Seen(), 5.0, replaced.append, Always(), lambda: None, Observer([complete()])) == Seen()


@pytest.mark.parametrize("seen", [Seen(), Seen(complete(), "DaemonGone"), Seen(complete(votes=(1,) * 100))])
def test_what_is_handed_over_is_taken_over(seen):
    assert verb.taken_over(verb.hand_over(seen)) == seen


def test_what_no_pipe_takes_is_not_handed_over(monkeypatch):
    monkeypatch.setattr(verb, "_LARGEST", 4096)
    assert verb.taken_over(verb.hand_over(Seen(complete(votes=(1,) * 100), "DaemonGone"))) == Seen(None, "DaemonGone")


@pytest.mark.slow
def test_a_service_whose_user_has_too_many_pipes_goes_on_without_what_does_not_fit(monkeypatch):
    opened = len(os.listdir("/proc/self/fd"))
    control = verb.fcntl.fcntl

    def refused(descriptor, command, *more):
        if command == verb._F_SETPIPE_SZ:
            raise PermissionError(1, "Operation not permitted")
        return control(descriptor, command, *more)

    monkeypatch.setattr(verb.fcntl, "fcntl", refused)
    assert verb.taken_over(verb.hand_over(Seen(complete(), "DaemonGone"))) == Seen(complete(), "DaemonGone")
    assert verb.taken_over(verb.hand_over(Seen(complete(votes=(1,) * 1000), "DaemonGone"))) == Seen(None, "DaemonGone")
    assert len(os.listdir("/proc/self/fd")) == opened


def test_nobody_listens_where_the_output_was_closed_before_the_program_began(monkeypatch):
    monkeypatch.setattr(verb, "end_when_asked", lambda: None)
    monkeypatch.setattr(verb.sys, "stdout", None)
    with pytest.raises(BrokenPipeError):
        verb.run({"timeout": 5.0, "heartbeat": None, "until_stdin_ends": False})


def test_it_says_where_the_program_is_gone_that_would_go_on(monkeypatch, capfd):
    monkeypatch.setattr(verb, "follow", lambda *dummy: Seen())
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
