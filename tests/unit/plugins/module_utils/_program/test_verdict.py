# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The monitoring check: which state makes which exit code, and that its line is one whatever nodes are called."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._program.verdict import CRITICAL, OK, STATES, UNKNOWN, WARNING, line, verdict
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.readings import answer, answers, none
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import device, node


def said(reading, tolerates=1, links=False):
    found = verdict(reading, tolerates, links)
    return found.code, line(found)


def test_a_healthy_cluster_is_ok_with_performance_data():
    assert said(answer()) == (
        OK,
        "QUORUM OK - quorate, 3 of 3 votes, 2 needed | votes=3;;2:;0 needed=2;;;0 expected=3;;;0 members=3;;;0;3 reserve=1;1:;;0",
    )


@pytest.mark.parametrize(
    "reading, tolerates, code, words",
    [
        (answer(members=[1, 2]), 1, WARNING, "QUORUM WARNING - no node may fail; quorate, 2 of 3 votes, 2 needed; missing: node3 |"),
        (answer(members=[1, 2]), 0, OK, "QUORUM OK - quorate, 2 of 3 votes, 2 needed; missing: node3 |"),
        (answer((1,) * 5), 2, OK, "QUORUM OK - quorate, 5 of 5 votes, 3 needed |"),
        (answer((1,) * 5), 3, WARNING, "QUORUM WARNING - 2 nodes may fail, 3 wanted; quorate"),
        (answer((1,) * 5, members=[1, 2, 3, 4]), 1, OK, "missing: node5"),
        (answer(members=[1]), 1, CRITICAL, "QUORUM CRITICAL - NOT quorate, 1 of 3 votes, 2 needed; missing: node2, node3 | votes=1;;2:;0"),
        (answer((1, 1), two_node=True), 1, OK, "QUORUM OK"),
        (answer((1, 1), qdevice=device("voting")), 1, OK, "QUORUM OK - quorate, 3 of 3 votes"),
        (answer((1, 1, 1), qdevice=1), 1, OK, "QUORUM OK"),
        (answer((1,) * 3, qdevice=device("alive")), 0, WARNING, "the quorum device gives this node no vote; quorate"),
        (answer((1,) * 3, qdevice=device("registered")), 0, WARNING, "the quorum device is silent on this node; quorate"),
        (answer((1,) * 3, qdevice=device("absent")), 0, WARNING, "the quorum device is not registered on this node; quorate"),
        (answer(settled=False), 1, WARNING, "QUORUM WARNING - quorate, 3 of 3 votes, 2 needed; membership still changing |"),
        (answer(quorate=False, wait_for_all={"enabled": True, "pending": True}), 1, CRITICAL, "NOT quorate, 3 of 3 votes, 2 needed, waiting for all"),
    ],
)
def test_states_of_a_cluster(reading, tolerates, code, words):
    assert said(reading, tolerates)[0] == code
    assert words in said(reading, tolerates)[1]


STRANGER = answer(nodes=[node(1), node(2), node(3), node(4, configured=None)])
WHY = "it is not known how many nodes may fail: the nodelist of node1 does not have node4, which may leave at any moment, so nothing can be promised"


def test_a_reserve_that_is_not_known_is_a_warning_with_the_reason_and_no_number():
    assert said(STRANGER) == (
        WARNING,
        f"QUORUM WARNING - {WHY}: see the problems of node1; quorate, 4 of 3 votes, 2 needed | votes=4;;2:;0 needed=2;;;0 expected=3;;;0 members=4;;;0;4",
    )
    assert said(STRANGER, tolerates=0)[0] == OK, "nothing was to be promised"
    assert "the quorum device is silent" in said(answer(nodes=STRANGER.value["nodes"], qdevice=device("registered")))[1]


def test_that_a_change_is_under_way_is_said_once_and_its_reserve_is_no_number():
    words = said(answer(settled=False))[1]
    assert "may fail" not in words and "reserve" not in words and words.count("membership still changing") == 1
    assert " reserve=0;" in said(answer(members=[1], settled=False))[1], "without quorum there is none, whatever comes"


@pytest.mark.parametrize("reason", ["not_running", "timeout", "not_trusted"])
def test_a_corosync_that_does_not_do_its_work_is_critical(reason):
    assert said(none(reason, "corosync is away.")) == (CRITICAL, "QUORUM CRITICAL - corosync is away.")


@pytest.mark.parametrize("reason", ["not_configured", "not_allowed", "no_library", "failed"])
def test_what_could_not_be_found_out_is_unknown(reason):
    assert said(none(reason, "corosync does not accept\nthis user.")) == (UNKNOWN, "QUORUM UNKNOWN - corosync does not accept this user.")


def linked(*connected, **changes):
    links = [{"link": number, "connected": up} for number, up in enumerate(connected)]
    return answer(nodes=[node(1), node(2, links=links), node(3, links=[dict(link, connected=True) for link in links], **changes)])


def test_links_are_looked_at_where_that_is_asked_for():
    assert said(linked(True, False))[0] == OK
    assert said(linked(True, True), links=True)[0] == OK
    code, words = said(linked(True, False), links=True)
    assert code == WARNING and "- link 1 to node2 not connected; quorate" in words
    assert "no node may fail; link 1 to node2 not connected" in said(linked(True, False, state="dead"), links=True)[1], "the worst first"


def test_links_to_a_node_that_is_not_there_say_nothing_new():
    links = [{"link": 0, "connected": False}]
    gone = answer(
        (1,) * 5,
        nodes=[node(number, links=None if number == 1 else [{"link": 0, "connected": True}]) for number in (1, 2, 3, 4)] + [node(5, state="dead", links=links)],
    )
    assert said(gone, links=True)[0] == OK


def test_a_cluster_without_links_cannot_have_them_checked_unless_something_else_is_wrong():
    code, words = said(answer(), links=True)
    assert code == UNKNOWN and "That needs the transport knet (totem.transport)" in words and "quorate, 3 of 3 votes" in words
    assert said(answer(members=[1, 2]), links=True)[0] == WARNING
    assert said(answer(members=[1]), links=True)[0] == CRITICAL


LINE = re.compile(r"QUORUM (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]*( \| [a-z]+=[0-9:;]+( [a-z]+=[0-9:;]+)*)?\Z")


@examples(200)
@given(answers(), st.integers(0, 384), st.booleans())
def test_one_line_of_bounded_length_whatever_was_read(reading, tolerates, links):
    code, words = said(reading, tolerates, links)
    assert LINE.match(words) and words.isprintable() and len(words) < 1500
    assert words.startswith(f"QUORUM {STATES[code]} - ")
    assert (" | " in words) == (reading.value is not None)
    if reading.value is not None and not reading.value["quorate"]:
        assert code == CRITICAL
    if code == OK:
        assert reading.value["settled"] and reading.value["forecast"]["as_now"]["tolerates"] >= tolerates
