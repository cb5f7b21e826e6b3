# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a wait, word for word."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import unmet
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import entry, marker
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.narrator import Narrator
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

ALL = {"members": ["node1", "node2", "node3"]}


class Told:
    """A narrator with a clock to set and the lines it said."""

    def __init__(self):
        self.lines = []
        self.now = 100.0
        self.narrator = Narrator(self.lines.append, lambda: self.now)

    def change(self, before, after, goal, held=None, more=()):
        changes = [found for found in [*more, entry(0.0, before, after)] if found]
        self.narrator.changed(changes, after, unmet(goal, after), held)
        return self.lines[-1] if self.lines else None


@pytest.fixture(name="told")
def _told():
    return Told()


@pytest.mark.parametrize(
    "before, after, goal, line",
    [
        (
            None,
            value(members=[1]),
            {"quorate": True},
            "NOT quorate, 1 of 3 votes, 2 needed; missing: node2, node3. Not met: quorate: wanted true, seen false (0 s)",
        ),
        (
            value(members=[1]),
            value(members=[1, 2], ring=14),
            ALL,
            ("quorum gained, node2 joined: quorate, 2 of 3 votes, 2 needed; missing: node3. Not met: members: node3 missing (0 s)"),
        ),
        (
            value(members=[1, 2]),
            value(members=[1, 3], ring=14),
            ALL,
            ("node3 joined, node2 left: quorate, 2 of 3 votes, 2 needed; missing: node2. Not met: members: node2 missing (0 s)"),
        ),
        (
            value(),
            value(members=[1], ring=14),
            {"quorate": True},
            "quorum lost, node2, node3 left: NOT quorate, 1 of 3 votes, 2 needed; missing: node2, node3. Not met: quorate: wanted true, seen false (0 s)",
        ),
        (
            value(),
            value(ring=14),
            {"ring_newer_than": 20},
            "a new ring with the same members: quorate, 3 of 3 votes, 2 needed. Not met: ring_newer_than: wanted 20, seen 14 (0 s)",
        ),
        (value(), value(total_votes=2), {"min_votes": 3}, "votes changed: quorate, 2 of 3 votes, 2 needed. Not met: min_votes: wanted 3, seen 2 (0 s)"),
        (
            value(),
            value(settled=False),
            {"quorate": True},
            "votes changed: quorate, 3 of 3 votes, 2 needed; membership still changing. Not met: settled: wanted true, seen false (0 s)",
        ),
    ],
)
def test_a_change(told, before, after, goal, line):
    assert told.change(before, after, goal) == line


def test_the_end(told):
    told.now += 12.7
    assert told.change(value(members=[1]), value(ring=14), ALL, held=0.0) == (
        "quorum gained, node2, node3 joined: quorate, 3 of 3 votes, 2 needed. All conditions hold (12 s)"
    )


def test_several_changes_in_one_line(told):
    line = told.change(
        value(members=[1, 2]),
        value(ring=18),
        ALL,
        held=0.0,
        more=[marker(1.0, "reachable"), marker(1.0, "corosync_available"), entry(1.0, value(), value(members=[1, 2], ring=14))],
    )
    assert line == "reachable; corosync available; node3 left; node3 joined: quorate, 3 of 3 votes, 2 needed. All conditions hold (0 s)"


def test_nothing_new_says_nothing(told):
    told.narrator.changed([], value(), [], None)
    assert told.lines == []


def test_away(told):
    told.now += 3
    told.narrator.away("corosync is not running on this node. Trying again.")
    assert told.lines == ["corosync is not running on this node. Trying again. (3 s)"]


def test_one_a_minute_otherwise(told):
    told.change(None, value(members=[1]), {"quorate": True})
    for _second in range(150):
        told.now += 1
        told.narrator.heartbeat()
    assert told.lines[1:] == [
        f"still waiting: NOT quorate, 1 of 3 votes, 2 needed; missing: node2, node3. Not met: quorate: wanted true, seen false ({at} s)" for at in (60, 120)
    ]


def test_a_line_puts_off_the_next(told):
    for _second in range(59):
        told.now += 1
        told.narrator.heartbeat()
    told.narrator.away("gone")
    told.now += 59
    told.narrator.heartbeat()
    assert told.lines == ["gone (59 s)"]
    told.now += 1
    told.narrator.heartbeat()
    assert told.lines[1:] == ["still waiting: gone (119 s)"]


def test_what_is_told_of_before_the_first_answer(told):
    told.now += 60
    told.narrator.heartbeat()
    assert told.lines == ["still waiting: the node has not been asked yet (60 s)"]


def test_the_state_is_kept_up_without_a_line(told):
    told.narrator.changed([], value(members=[1]), unmet({"quorate": True}, value(members=[1])), None)
    told.now += 60
    told.narrator.heartbeat()
    assert told.lines[0].startswith("still waiting: NOT quorate")


def test_silence():
    narrator = Narrator(None, lambda: 0.0)
    narrator.away("nobody hears this")
    narrator.changed([entry(0.0, None, value())], value(), [], 0.0)
    narrator.heartbeat()
