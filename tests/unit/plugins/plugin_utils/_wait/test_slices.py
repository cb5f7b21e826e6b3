# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wait as the controller sees it, against a scripted node and clock: slice after slice, losses, and the result."""

import types

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import goal_of, unmet
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Outcome, Slice, failure
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import entry, marker, reported
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.narrator import Narrator
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.slices import (
    LATEST,
    LINGER,
    MOST_OVERTIME,
    MOST_ROUND_TRIP,
    OVERTIME,
    SLICE,
    Broken,
    Lost,
    Refused,
    RemoteWait,
    Silent,
)
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

FIELDS = {"changed", "elapsed", "quorate", "votequorum", "timeline", "unmet", "reconnects"}
OPTIONS = {
    "quorate": True,
    "members": None,
    "absent": None,
    "min_members": None,
    "min_votes": None,
    "expected_votes": None,
    "quorate_without": None,
    "tolerates": None,
    "qdevice": None,
    "ring_newer_than": None,
    "stable_for": 0.0,
    "timeout": 300.0,
    "delay": 0.0,
    "sleep": 1.0,
    "connect_timeout": 5.0,
    "msg": None,
    "progress": True,
}
NOON = 1795348800.0  # 2026-11-22T12:00:00Z


class Told:
    """An exception as ansible-core tells it from 2.19 on."""

    def __init__(self, msg):
        self.event = types.SimpleNamespace(msg=msg)


class Node:
    """Looks that must come in this order, and all of them: functions of (given, seconds). It is the clock, too."""

    def __init__(self, looks, **options):
        self._looks = list(looks)
        self.options = dict(OPTIONS, **options)
        self.now = 0.0
        self.given = []
        self.seconds = []
        self.slept = []
        self.lines = []

    def look(self, given, seconds):
        assert self._looks, f"one look too many: {self.given}"
        self.given.append(given)
        self.seconds.append(seconds)
        return self._looks.pop(0)(self, given, seconds)

    def sleep(self, seconds):
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds

    def wait(self, check_mode=False):
        narrator = Narrator(self.lines.append, lambda: self.now)
        wait = RemoteWait(self.options, self.look, narrator, clock=lambda: self.now, sleep=self.sleep, now=lambda: NOON + self.now)
        result = wait.look_once() if check_mode else wait.run()
        assert not self._looks, f"{len(self._looks)} looks never came"
        assert set(result) >= FIELDS
        # Ansible drops the facts of a task that failed, and would print the value twice
        assert ("ansible_facts" in result) != bool(result.get("failed"))
        return result


def answer(seen=None, took=None, trip=0.2, met=None, **other):
    """A look that the node answers: after `took` seconds there (None: the whole slice) and `trip` for the way."""

    def look(node, given, dummy):
        lasted = given.seconds if took is None else took
        node.now += lasted + trip
        missing = unmet(goal_of(node.options), seen)
        holds = not missing if met is None else met
        change = None if seen is None else entry(0.0, given.reported, seen)
        made = {
            "met": holds,
            "votequorum": seen,
            "held": 0.0 if holds else None,
            "unmet": missing,
            "timeline": [change] if change else [],
            "reconnects": 0,
            "took": lasted,
            "away": None,
            "away_msg": None,
            "ids": None,
        }
        return Outcome(**dict(made, **other)).as_result()

    return look


def gone(took=1.0, **other):
    """A look that finds corosync away."""
    told = {"away": "DaemonGone", "away_msg": "corosync is not running on this node.", "timeline": [marker(0.0, "corosync_unavailable")]}
    return answer(None, took=took, met=False, **dict(told, **other))


def fails(exc, after=0.5):
    def look(node, dummy, seconds):
        node.now += seconds if after is None else after
        raise exc

    return look


def module_fails(after=0.2, **result):
    def look(node, *dummy):
        node.now += after
        return dict(result, failed=True)

    return look


HERE, LESS = value(), value(members=[1])


def at(seconds, seen):
    """The same value, read so many seconds after the wait has begun."""
    return dict(seen, read_at=utc(NOON + seconds))


def events(result):
    return [change["event"] for change in result["timeline"]]


# -- ends well


def test_a_goal_that_holds_costs_one_look():
    node = Node([answer(HERE, took=0.05)])
    result = node.wait()
    assert result == {
        "changed": False,
        "elapsed": 0.25,
        "quorate": True,
        "votequorum": at(0.05, HERE),
        "timeline": result["timeline"],
        "unmet": [],
        "reconnects": 0,
        "ansible_facts": {"votequorum": at(0.05, HERE)},
    }
    assert node.given == [Slice(seconds=0.0, limit=5.0, stable_for=0.0, linger=LINGER, reported=None, away=None)]
    assert node.seconds == [5.0 + OVERTIME]
    assert node.slept == [0.0]
    assert node.lines == ["quorate, 3 of 3 votes, 2 needed. All conditions hold (0 s)"]


def test_then_it_waits_in_slices():
    node = Node([answer(LESS, took=0.1), answer(LESS), answer(LESS, took=30.0), answer(HERE, took=12.5)])
    result = node.wait()
    assert result["elapsed"] == pytest.approx(0.1 + 60 + 30 + 12.5 + 4 * 0.2)
    assert [given.seconds for given in node.given] == [0.0, SLICE, SLICE, SLICE]
    assert [given.reported for given in node.given] == [None] + 3 * [reported(LESS)]
    assert events(result) == ["state", "quorum_gained"]
    assert node.slept == [0.0], "nothing was lost, so nothing is to be paused for"


def test_a_value_is_never_said_to_be_newer_than_it_is():
    """The node says how long a slice took, not when: what meets the conditions was read at its end, which was no later than the way back allows."""
    assert Node([answer(LESS, took=0.1), answer(HERE, took=12.5)]).wait()["votequorum"]["read_at"] == utc(NOON + 0.3 + 12.5)
    late = Node([answer(HERE, took=0.1, trip=20.0)], timeout=60.0).wait()
    assert late["votequorum"]["read_at"] == utc(NOON + 0.1), "the way back took 20 s"
    assert Node([answer(LESS, took=0.1), answer(LESS, took=30.0), gone(took=None)], timeout=40.0).wait()["votequorum"]["read_at"] == utc(NOON + 0.3)


@pytest.mark.parametrize("took", [-5.0, 1e9, float("nan"), float("inf")])
def test_a_node_that_cannot_count_makes_no_value_newer_than_now(took):
    def look(*given):
        said = answer(HERE, took=0.1)(*given)
        said["slice"]["took"] = took
        return said

    node = Node([look, answer(HERE, took=0.1)])
    read_at = node.wait()["votequorum"]["read_at"]
    assert len(node.given) == 2, "an answer with such a number is none, so the node is asked again"
    assert utc(NOON) <= read_at <= utc(NOON + 5)


def test_one_round_trip_a_minute():
    node = Node([answer(LESS, took=0.1)] + 4 * [answer(LESS)] + [answer(HERE, took=10.0)], timeout=1000.0)
    assert len(node.given) <= 1 + node.wait()["elapsed"] / 60 + 1


def test_delay_comes_first_and_counts():
    node = Node([answer(HERE, took=0.1)], delay=7.0)
    assert node.wait()["elapsed"] == pytest.approx(7.3)
    assert node.slept == [7.0]


def test_without_progress_changes_are_kept_back_on_the_node():
    node = Node([answer(HERE, took=0.1)], progress=False)
    node.wait()
    assert node.given[0].linger is None


def test_stable_for_is_within_the_limit_of_each_slice():
    node = Node([answer(LESS, took=0.1), answer(HERE, took=65.0)], stable_for=20.0, timeout=1000.0)
    assert node.wait()["unmet"] == []
    assert [given.stable_for for given in node.given] == [20.0, 20.0]
    assert [given.limit for given in node.given] == [25.0, 85.0]
    assert node.seconds == [25.0 + OVERTIME, 85.0 + OVERTIME]


def test_times_are_those_of_the_controllers_clock():
    node = Node(
        [
            answer(LESS, took=0.0, trip=0.25),
            answer(
                HERE,
                took=10.0,
                trip=0.25,
                timeline=[dict(marker(0, "corosync_unavailable"), at=7.5), dict(marker(0, "corosync_available"), at=0.1234)],
            ),
        ]
    )
    assert [(change["at"], change["event"]) for change in node.wait()["timeline"]] == [
        ("2026-11-22T12:00:00.250Z", "state"),
        ("2026-11-22T12:00:03.000Z", "corosync_unavailable"),
        ("2026-11-22T12:00:10.376Z", "corosync_available"),
    ]


# -- the round trip


@pytest.mark.parametrize("trip, counted", [(0.2, 0.2), (0.9, 0.9), (8.0, MOST_ROUND_TRIP)])
def test_the_way_back_is_left_time_for(trip, counted):
    node = Node([answer(LESS, took=0.1, trip=trip), answer(LESS, trip=counted)], timeout=20.0)
    result = node.wait()
    left = 20.0 - 0.1 - trip
    assert node.given[0].limit == 5.0
    assert node.given[1].seconds == pytest.approx(left - counted)
    assert node.given[1].limit == pytest.approx(left - counted)
    assert node.seconds[1] == pytest.approx(min(left - counted + OVERTIME, left + LATEST))
    assert result["failed"]


def test_a_clock_that_jumps_on_the_node_makes_no_negative_way():
    node = Node([answer(LESS, took=0.1, trip=-0.05), answer(HERE, took=1.0)])
    node.wait()
    assert node.given[1].limit == SLICE + 5.0


# -- the timeout


def test_timed_out():
    node = Node([answer(LESS, took=0.1), answer(LESS)], timeout=10.0)
    result = node.wait()
    assert result["failed"] is True
    assert result["changed"] is False
    assert result["elapsed"] == pytest.approx(10)
    assert result["msg"] == (
        "Timed out after 10 s. Not met: quorate: wanted true, seen false. Last seen: NOT quorate, 1 of 3 votes, 2 needed; missing: node2, node3."
    )
    assert result["unmet"] == [{"condition": "quorate", "wanted": True, "seen": False}]
    assert result["votequorum"] == at(0.3, LESS)
    assert result["quorate"] is False
    assert "reason" not in result


def test_the_users_own_words_come_first():
    node = Node([answer(LESS, took=0.1), answer(LESS)], timeout=2.5, msg="Call the storage team.")
    assert node.wait()["msg"].startswith("Call the storage team. Timed out after 2.5 s. Not met: ")


@pytest.mark.parametrize(
    "own, words",
    [
        ("call the on-call (ext. 123)", "call the on-call (ext. 123). Timed out"),
        ("Nobody left", "Nobody left. Timed out"),
        ("Why?", "Why? Timed out"),
        ("Stop:  ", "Stop: Timed out"),
        (" ", "Timed out"),
    ],
)
def test_the_users_own_words_end_as_a_sentence(own, words):
    node = Node([answer(LESS, took=0.1), answer(LESS)], timeout=2.5, msg=own)
    assert node.wait()["msg"].startswith(words + " after 2.5 s.")


def test_timed_out_while_it_had_not_held_for_long():
    short = {"condition": "stable_for", "wanted": 5.0, "seen": 3.2}
    node = Node([answer(HERE, took=9.0, trip=0.5, met=False, unmet=[short])], timeout=9.5, stable_for=5.0)
    assert node.wait()["msg"] == "Timed out after 9.5 s. Not met: stable_for: wanted 5.0, seen 3.2. Last seen: quorate, 3 of 3 votes, 2 needed."


def test_timed_out_without_corosync():
    node = Node([answer(LESS, took=0.1), gone(), gone(took=None)], timeout=10.0)
    result = node.wait()
    assert result["msg"] == (
        "Timed out after 10 s. Not met: quorate: wanted true, seen unknown. corosync is not running on this node. "
        "Last seen: NOT quorate, 1 of 3 votes, 2 needed; missing: node2, node3."
    )
    assert result["votequorum"] == at(0.0, LESS)
    assert node.given[2].away == "DaemonGone"


def test_timed_out_without_a_condition():
    node = Node([gone(), gone(took=None)], timeout=10.0, quorate=None)
    assert node.wait()["msg"] == "Timed out after 10 s. Not met: votequorum could not be read. corosync is not running on this node."


@pytest.mark.parametrize("timeout", [0.1, 0.6, 3.0, 10.0, 61.0, 100.0])
@pytest.mark.parametrize("exc", [Lost("no route"), Silent("no answer")])
def test_never_later_than_its_timeout_whatever_the_node_does(timeout, exc):
    node = Node([fails(exc, after=None)] * 100, timeout=timeout, sleep=0.7)
    with pytest.raises(AssertionError, match="looks never came"):
        node.wait()
    assert timeout <= node.now <= timeout + LATEST + 1e-6
    assert all(0 < seconds <= timeout + LATEST for seconds in node.seconds)


# -- corosync away


def test_corosync_away_is_told_once():
    node = Node([gone(), gone(timeline=[]), answer(HERE, took=1.0, reconnects=1)])
    result = node.wait()
    assert events(result) == ["corosync_unavailable", "state"]
    assert result["reconnects"] == 1
    assert [given.away for given in node.given] == [None, "DaemonGone", "DaemonGone"]
    assert node.lines == ["corosync is not running on this node. Trying again. (1 s)", "quorate, 3 of 3 votes, 2 needed. All conditions hold (3 s)"]


def test_what_was_known_before_the_absence_is_compared_with():
    node = Node([answer(LESS, took=0.1), gone(), answer(HERE, took=1.0)])
    node.wait()
    assert node.given[2].reported == reported(LESS)


# -- the node out of reach


def test_lost_and_found():
    node = Node([answer(LESS, took=0.1), fails(Lost("Connection timed out.")), fails(Lost("No route to host")), answer(HERE, took=2.0)], sleep=3.0)
    result = node.wait()
    assert events(result) == ["state", "unreachable", "reachable", "quorum_gained"]
    assert result["reconnects"] == 1
    assert node.slept == [0.0, 3.0, 3.0]
    assert node.lines[1] == "The node is out of reach: Connection timed out. Trying again. (0 s)"
    assert node.lines[2].startswith("reachable; quorum gained, node2, node3 joined: ")
    assert len(node.lines) == 3


@pytest.mark.parametrize(
    "said", ["Failed to connect to the host via ssh:", "Failed to connect to the host via ssh: ", "Failed to connect to the host via ssh."]
)
def test_what_ansible_says_ends_as_a_sentence(said):
    node = Node([fails(Lost(said)), answer(HERE, took=2.0)])
    node.wait()
    assert node.lines[0] == "The node is out of reach: Failed to connect to the host via ssh. Trying again. (0 s)"


def test_lost_and_never_found():
    node = Node([fails(Lost("No route to host"), after=None)], timeout=8.0)
    result = node.wait()
    assert result["msg"] == "Timed out after 8 s. Not met: quorate: wanted true, seen unknown. The node is out of reach: No route to host."
    assert result["votequorum"] is None
    assert result["quorate"] is False
    assert result["votequorum"] is None
    assert events(result) == ["unreachable"]


def test_a_node_that_does_not_answer_in_time_gets_more_the_next_time():
    node = Node([fails(Silent("no answer"), after=None)] * 5 + [answer(HERE, took=0.1)], timeout=10000.0)
    node.wait()
    first = OVERTIME + 5.0
    assert node.seconds[0] == first
    overtime = [seconds - SLICE - 5.0 for seconds in node.seconds[1:]]
    assert overtime == [2 * OVERTIME, 4 * OVERTIME, MOST_OVERTIME, MOST_OVERTIME, MOST_OVERTIME]


def test_a_node_that_refuses_at_once_gets_no_more():
    node = Node([fails(Lost("refused"))] * 3 + [answer(HERE, took=0.1)])
    node.wait()
    assert node.seconds[1:] == 3 * [SLICE + 5.0 + OVERTIME]


def test_a_busy_node_that_is_late_in_the_end_is_not_called_lost():
    node = Node([answer(LESS, took=0.1), fails(Silent("it gave no answer within 10 s"), after=None)], timeout=10.0)
    result = node.wait()
    assert result["msg"] == (
        "Timed out after 10 s. Not met: quorate: wanted true, seen false. The last query of the node failed: "
        "it gave no answer within 10 s. "
        "Last seen: NOT quorate, 1 of 3 votes, 2 needed; missing: node2, node3."
    )
    assert events(result) == ["state"]
    assert len(node.lines) == 1


def test_a_node_that_does_not_answer_while_there_is_time_is_lost():
    node = Node([answer(LESS, took=0.1), fails(Silent("it gave no answer within 80 s"), after=None), answer(HERE, took=0.1)])
    assert events(node.wait()) == ["state", "unreachable", "reachable", "quorum_gained"]


# -- a node that cannot run the module


BROKEN = {
    "msg": "MODULE FAILURE\nSee stdout/stderr for the exact error",
    "module_stdout": "",
    "module_stderr": "x\n/bin/sh: 1: python9: not found\n",
    "rc": 127,
}
SAID = "The node cannot run the module: See stdout/stderr for the exact error | /bin/sh: 1: python9: not found."


def test_it_is_given_up_after_the_third_time():
    node = Node([module_fails(**BROKEN)] * 3)
    result = node.wait()
    assert result["msg"] == SAID
    assert node.slept == [0.0, 1.0, 1.0]
    assert events(result) == ["unreachable"]
    assert node.lines == [SAID + " Trying again. (0 s)"]


def test_what_it_did_once_it_may_do_again():
    """It shuts down, or its Python is being upgraded."""
    node = Node([answer(LESS, took=0.1)] + [module_fails(**BROKEN)] * 6 + [answer(HERE, took=0.1)])
    result = node.wait()
    assert result["reconnects"] == 1
    assert not result.get("failed")


@pytest.mark.parametrize("exception", ["Traceback:\n  x\nOSError: disk full", Told("OSError: disk full")], ids=["old", "new"])
def test_so_may_what_raised_an_exception_in_it(exception):
    """ansible-core before 2.19 tells a traceback, and later ones an object, without a message."""
    node = Node([module_fails(exception=exception)] * 3)
    assert node.wait()["msg"] == "The node cannot run the module: OSError: disk full."
    node = Node([answer(LESS, took=0.1), module_fails(exception=exception), answer(HERE, took=0.1)])
    assert not node.wait().get("failed")


def test_a_final_answer_without_a_message_is_a_failure():
    assert Node([module_fails(final=True)]).wait()["msg"] == "it gave no reason"


def test_losses_do_not_excuse_it():
    node = Node([module_fails(**BROKEN), fails(Lost("refused")), module_fails(**BROKEN), fails(Broken("no shell"))])
    assert node.wait()["msg"] == "The node cannot run the module: no shell."


def test_a_refused_password_is_not_tried_again():
    node = Node([fails(Refused("Invalid/incorrect password: Permission denied"))])
    assert node.wait()["msg"] == "The node cannot run the module: Invalid/incorrect password: Permission denied."


def test_a_password_that_was_good_is():
    node = Node([answer(LESS, took=0.1), fails(Refused("System is booting up.")), answer(HERE, took=0.1)])
    assert not node.wait().get("failed")


def test_what_waiting_cannot_fix_ends_it_at_once():
    node = Node([module_fails(**failure("members: there is no node 'x' in this cluster; it has node1."))], msg="Sorry.")
    result = node.wait()
    assert result["failed"]
    assert result["msg"] == "Sorry. members: there is no node 'x' in this cluster; it has node1."
    assert "reason" not in result
    assert "final" not in result


def test_an_impossible_condition_says_what_was_seen():
    def look(node, given, dummy):
        answered = answer(LESS, took=0.1)(node, given, dummy)
        return dict(failure("min_members is 9, but only 3 nodes can be members.", outcome=Outcome(**answered["slice"])), failed=True)

    result = Node([look], min_members=9).wait()
    assert result["msg"] == "min_members is 9, but only 3 nodes can be members."
    assert (result["votequorum"], [item["seen"] for item in result["unmet"]], len(result["timeline"])) == (at(0.0, LESS), [False, 1], 1)


def test_node_ids_that_were_found_are_kept_for_the_next_slice():
    node = Node([answer(LESS, took=0.1, ids={"absent": [4]}), gone(), answer(HERE, took=1.0, met=True)], absent=["node4"], quorate=None)
    node.wait()
    assert [given.ids for given in node.given] == [None, {"absent": [4]}, {"absent": [4]}]


def test_and_says_which_reason_it_is():
    node = Node([module_fails(**failure("libvotequorum.so.8 is not there.", "no_library"))])
    assert node.wait()["reason"] == "no_library"


# -- check mode


def test_check_mode_looks_once():
    node = Node([answer(LESS, took=0.1)], stable_for=30.0, delay=10.0)
    result = node.wait(check_mode=True)
    assert not result.get("failed")
    assert result["unmet"] == [{"condition": "quorate", "wanted": True, "seen": False}]
    assert result["votequorum"] == at(0.0, LESS)
    assert node.given[0].seconds == 0.0
    assert node.given[0].stable_for == 0.0
    assert node.slept == []


def test_check_mode_without_corosync():
    result = Node([gone()]).wait(check_mode=True)
    assert not result.get("failed")
    assert result["votequorum"] is None
    assert result["unmet"] == [{"condition": "quorate", "wanted": True, "seen": None}]


@pytest.mark.parametrize(
    "look, msg",
    [
        (fails(Lost("No route to host")), "The node is out of reach: No route to host."),
        (module_fails(**BROKEN), SAID),
        (module_fails(**failure("libvotequorum.so.8 is not there.", "no_library")), "libvotequorum.so.8 is not there."),
    ],
)
def test_check_mode_that_cannot_look_fails(look, msg):
    result = Node([look]).wait(check_mode=True)
    assert result["failed"]
    assert result["msg"] == msg
