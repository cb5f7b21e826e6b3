# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resident program, with children that are scripted and a real receiver."""

import io
import json
import re
import sys
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import forecast_entry
from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError
from ansible_collections.corosync.quorum.plugins.module_utils._program import resident as tested
from ansible_collections.corosync.quorum.plugins.module_utils._program import run as verb
from ansible_collections.corosync.quorum.plugins.module_utils._program.known import Known, Moment
from ansible_collections.corosync.quorum.plugins.module_utils._program.parsing import parsed
from ansible_collections.corosync.quorum.plugins.module_utils._program.post import Sender, target_of
from ansible_collections.corosync.quorum.plugins.module_utils._program.resident import Child, Postman, Resident
from ansible_collections.corosync.quorum.plugins.module_utils._value.events import Teller
from ansible_collections.corosync.quorum.tests.unit.fakes.receivers import Receiver
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node, value

PATIENCE = 60  # a busy disk keeps whoever waits for what was written, such as the file of metrics


def complete(**changes):
    made = value(**changes)
    return dict(made, forecast=forecast_entry(made), problems=[])


def lines(*values):
    """What a child prints of these values."""
    told = []
    teller = Teller(None, "host1", told.append)
    for number, one in enumerate(values):
        teller.add_value(float(number), one)
    return [json.dumps(event) for event in told]


def reading(one):
    """The line that a child prints of a value that makes no event."""
    return json.dumps({tested.events.READING: one})


def until(true):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(name="log")
def _log(monkeypatch):
    found = []
    monkeypatch.setattr(tested, "log", found.append)
    return found


@pytest.fixture(name="child")
def _child(monkeypatch, tmp_path):
    """Sets what a child does: a program in Python. Each child is given the lines in a file."""

    def does(program, *printed):
        (tmp_path / "lines").write_text("".join(line + "\n" for line in printed))
        monkeypatch.setattr(
            tested,
            "command",
            lambda *dummy: [sys.executable, "-c", "import os, sys, time\nprinted = open(sys.argv[1]).read()\n" + program] + [str(tmp_path / "lines")],
        )

    return does


def running(resident, true):
    """Take steps until something is so."""
    end = time.monotonic() + PATIENCE
    try:
        while not true():
            assert time.monotonic() < end
            resident._take_step()
    finally:
        resident._close()


WAITS = "sys.stdout.write(printed); sys.stdout.flush(); time.sleep(60)"
# With heartbeats, which write no file: the program takes one step after the other, however long its interval is.
BEATS = "sys.stdout.write(printed); sys.stdout.flush()\nfor dummy in range(600): time.sleep(0.1); print(flush=True)"


def test_the_file_is_written_at_each_event_and_again_and_again(child, tmp_path, log):
    path = tmp_path / "q.prom"
    child(WAITS, *lines(complete(), complete(members=[1, 2], ring=14)))
    resident = Resident(str(path), 0.05, 5.0, None)
    running(resident, lambda: path.exists() and "corosync_quorum_members 2" in path.read_text())
    first = path.stat().st_ino
    running(resident, lambda: path.stat().st_ino != first)
    assert log == []


def test_what_was_read_without_an_event_is_in_the_file_and_is_not_posted(child, tmp_path):
    """A node leaves while its links are still up, and then they go down."""
    path = tmp_path / "q.prom"
    left, later = (complete(nodes=[node(1), node(2), node(3, member=False, links=[{"link": 0, "connected": up}])]) for up in (True, False))
    child(BEATS, *lines(left), reading(later))
    with Receiver() as receiver:
        postman = Postman(Sender(target_of("--post", receiver.url), None, None))
        postman.start()
        resident = Resident(str(path), 60.0, 5.0, postman)
        running(resident, lambda: path.exists() and 'corosync_quorum_link_connected{node="node3",nodeid="3",link="0"} 0' in path.read_text())
        until(lambda: postman.left() == 0)
        assert [event["event"] for event in receiver.taken] == ["state"]
    assert resident._known.seen.last == later


def test_the_child_is_asked_for_readings_which_no_command_line_can(monkeypatch):
    asked = []
    monkeypatch.setattr(tested, "command", lambda title, module, arguments: asked.append(arguments[0]) or [sys.executable, "-c", ""])
    Child(5.0, Known()).end()
    assert asked == [{"timeout": 5.0, "heartbeat": tested.HEARTBEAT, "until_stdin_ends": False, tested.events.READINGS: True}]
    assert {option.key for option in tested.events.OPTIONS} == set(asked[0]) - {tested.events.READINGS}


def test_a_clock_that_is_set_back_makes_no_reading_younger(child, tmp_path, monkeypatch):
    path = tmp_path / "q.prom"
    child(BEATS, *lines(complete()))
    resident = Resident(str(path), 60.0, 5.0, None)
    running(resident, path.exists)
    seen = resident._known._seen
    monkeypatch.setattr(tested, "now", lambda: Moment(seen.at - 3600, seen.stamp + 7.5))
    resident._write_file()
    assert "corosync_quorum_reading_age_seconds 7.500" in path.read_text()


def test_a_child_that_dies_is_told_of_and_the_next_one_goes_on(child, monkeypatch, log):
    monkeypatch.setattr(tested, "_FIRST_PAUSE", 0.01)
    handed = []
    hand_over = tested.events.hand_over
    monkeypatch.setattr(tested.events, "hand_over", lambda seen: handed.append(seen) or hand_over(seen))
    child("sys.stdout.write(printed); sys.exit(3)", *lines(complete()))
    running(Resident(None, 0.05, 5.0, None), lambda: len(handed) >= 2)
    assert [seen.last for seen in handed[:2]] == [None, complete()]
    assert "the process that follows corosync has ended: its exit code is 3. Another one is started." in log


def assert_logs(log, words):
    """A resident program without options does. The thread of an earlier test, which posts to a receiver that has gone, may say something as well."""
    running(Resident(None, 0.05, 5.0, None), lambda: any(words in line for line in log))
    assert any(words in line for line in log), log


def test_a_child_that_cannot_be_started_is_tried_again(monkeypatch, log):
    monkeypatch.setattr(tested, "command", lambda *dummy: ["/no/such/python"])
    assert_logs(log, "cannot be started (No such file or directory")


def test_a_line_that_never_ends_is_the_end_of_the_child(child, monkeypatch, log):
    monkeypatch.setattr(tested, "_LONGEST_LINE", 1000)
    child("sys.stdout.write('x' * 5000); sys.stdout.flush(); time.sleep(60)")
    assert_logs(log, "signal 15 ended it")


def test_a_child_that_does_not_end_when_it_is_asked_to_is_ended(child, monkeypatch):
    monkeypatch.setattr(tested, "_ENDING", 0.2)
    child("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)")
    one = Child(5.0, Known())
    until(one.lines)
    assert one.end() == "signal 9 ended it"


def test_a_file_that_cannot_be_written_is_told_once_and_when_it_can(child, tmp_path, log):
    folder = tmp_path / "none"
    child(WAITS, *lines(complete()))
    resident = Resident(str(folder / "q.prom"), 0.01, 5.0, None)
    running(resident, lambda: log and resident._write_at < time.monotonic())
    folder.mkdir()
    running(resident, lambda: len(log) > 1)
    assert log == [f"{folder}/q.prom cannot be written: No such file or directory. It is tried again every 0.01 s.", f"{folder}/q.prom is written again."]


def test_a_heartbeat_makes_the_reading_younger(child, monkeypatch):
    beats = []
    monkeypatch.setattr(Known, "beat", lambda self, now: beats.append(now))
    child(WAITS, "", "")
    running(Resident(None, 0.05, 5.0, None), lambda: len(beats) == 2)


class Clock:
    """The time that a postman goes by: with each look 100 s have passed, so it never waits for its next attempt."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        time.sleep(0.01)
        self.now += 100
        return self.now


def test_events_wait_for_a_receiver_that_is_away_and_arrive_in_order_and_the_log_says_why(log):
    with Receiver() as receiver:
        postman = Postman(Sender(target_of("--post", receiver.url), None, None), clock=Clock())
        postman.start()

        def answers(status):
            receiver.answer = status
            had = len(receiver.got)
            postman.put(json.dumps({"event": str(status)}))
            until(lambda: len(receiver.got) > had)

        for status in (200, 500, 500, 401, 302):
            answers(status)
        until(lambda: len(log) == 3)
        receiver.answer = 200
        postman.put('{"event": "last"}')
        until(lambda: postman.left() == 0)
        until(lambda: len(log) == 4)
        assert [event["event"] for event in receiver.taken] == ["200", "500", "500", "401", "302", "last"]
    assert [line.partition(" Events")[0].replace(receiver.url, "URL") for line in log] == [
        "URL answered 500 (Internal Server Error).",
        "URL answered 401: it wants another token than the one in --token-file (none is given).",
        "URL answered 302, a redirect, which is not followed: give the URL that it leads to.",
        "events are delivered again.",
    ]


def test_one_that_is_refused_for_ever_is_dropped_and_the_next_says_so(log):
    with Receiver() as receiver:
        postman = Postman(Sender(target_of("--post", receiver.url), None, None))
        receiver.answer = 422
        postman.start()
        postman.put('{"event": "first"}')
        until(lambda: log)
        receiver.answer = 204
        postman.put('{"event": "second"}')
        until(lambda: receiver.taken)
        assert receiver.taken == [{"event": "second", "dropped": 1}]


def test_a_fault_nobody_has_thought_of_does_not_end_the_posting(log, monkeypatch):
    """As where the unit's limit on tasks is reached, and no thread can be started for a moment."""
    with Receiver() as receiver:
        clock = Clock()
        sender = Sender(target_of("--post", receiver.url), None, None)
        with monkeypatch.context() as faulty:
            faulty.setattr(sender, "send", lambda dummy: [].pop())
            postman = Postman(sender, clock=clock)
            postman.start()
            postman.put('{"event": "first"}')
            until(lambda: log)
        assert log[0].startswith("An event cannot be posted: IndexError: pop from empty list. Events wait (1,")
        clock.now += 100
        postman.put('{"event": "second"}')
        until(lambda: len(receiver.taken) == 2)
        assert [event["event"] for event in receiver.taken] == ["first", "second"]


def test_it_goes_on_where_nobody_takes_its_log(monkeypatch):
    with open("/dev/full", "wb", buffering=0) as full:
        for stream in (None, io.TextIOWrapper(full, write_through=True)):
            monkeypatch.setattr(sys, "stderr", stream)
            tested.log("of no use")


def test_what_is_not_delivered_at_the_end_is_told(child, log):
    child(WAITS, *lines(complete()))
    with Receiver() as receiver:
        receiver.answer = 500
        postman = Postman(Sender(target_of("--post", receiver.url), None, None))
        resident = Resident(None, 0.05, 5.0, postman)
        postman.start()
        running(resident, lambda: log)
    assert log[-1] == "it ends, and events are not delivered: 1."


def test_it_runs_until_the_process_ends(child, monkeypatch):
    child(WAITS, *lines(complete()))
    monkeypatch.setattr(Resident, "_take", lambda self, line: sys.exit(0))
    with pytest.raises(SystemExit):
        Resident(None, 15.0, 5.0, None).run()


GIVEN = {"textfile": None, "interval": 15.0, "post": None, "token_file": None, "ca_file": None, "allow_http": False, "timeout": 5.0}


@pytest.mark.parametrize(
    "given, said",
    [
        ({}, "there is nothing to do: give --textfile, --post or both."),
        ({"textfile": "/x.prom", "token_file": "/x"}, "--token-file has no effect without --post."),
        ({"textfile": "/x.prom", "allow_http": True}, "--allow-http has no effect without --post."),
        ({"post": "http://eda.example.com/"}, "--post http://eda.example.com:80 has no TLS"),
        ({"post": "http://eda.example.com/", "allow_http": True, "token_file": "/x"}, "without TLS the token could be read on the network."),
        ({"post": "http://127.0.0.1/", "ca_file": "/x"}, "--ca-file has no effect with a URL that begins with http://."),
        ({"post": "https://eda.example.com/", "token_file": "/nowhere/token"}, "--token-file cannot be used: /nowhere/token is not there."),
        ({"post": "https://eda.example.com/", "token_file": "relative"}, "--token-file cannot be used: relative is not the absolute path of a file."),
    ],
)
def test_what_it_refuses(given, said, monkeypatch):
    heard = io.StringIO()
    monkeypatch.setattr(verb, "complain", heard.write)
    monkeypatch.setattr(verb, "Resident", None)
    given = dict(GIVEN, **given)
    given["post"] = given["post"] and target_of("--post", given["post"])
    assert verb.run(given) == 2
    assert heard.getvalue().startswith("corosync-quorum run: ") and said in heard.getvalue()


@pytest.mark.parametrize("path", ["/etc/hosts", "/srv/metrics.prom/", "/srv/metrics.prom.txt", ""])
def test_it_replaces_no_file_that_may_be_another_one(path):
    """Only what reads the options is called: as root the program would write the file."""
    with pytest.raises(OptionError, match=re.escape(f"--textfile must be a file whose name ends in .prom, as node_exporter reads no others; got '{path}'.")):
        parsed(verb.OPTIONS, ["--textfile", path])
    assert parsed(verb.OPTIONS, ["--textfile", "/srv/metrics.prom"]) == {"textfile": "/srv/metrics.prom"}


def test_it_is_not_kept_busy_with_its_file():
    assert parsed(verb.OPTIONS, ["--interval", "0.1"]) == {"interval": 0.1}
    with pytest.raises(OptionError, match=re.escape("--interval must be a number of seconds from 0.1 on, such as 15; got '0.0001'.")):
        parsed(verb.OPTIONS, ["--interval", "0.0001"])
    with pytest.raises(OptionError, match="greater than 0"):
        parsed(verb.OPTIONS, ["--interval", "0"])


@pytest.mark.parametrize("url", ["https://eda.example.com/", "http://127.0.0.1:5000/"])
def test_what_it_takes(url, monkeypatch):
    made = []

    class Started:
        def __init__(self, *given):
            made.append(given)

        def run(self):
            return 0

    monkeypatch.setattr(verb, "Resident", Started)
    monkeypatch.setattr(verb, "end_when_asked", lambda: None)
    assert verb.run(dict(GIVEN, post=target_of("--post", url), textfile="/x.prom")) == 0
    assert made[0][:3] == ("/x.prom", 15.0, 5.0) and isinstance(made[0][3], Postman)
