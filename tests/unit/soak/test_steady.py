# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of the endurance test is made once more where the clock was set, and what it had found is told."""

from soak import steady as tested


def test_what_was_seen_while_the_clock_was_set_is_seen_once_more(monkeypatch, capsys):
    steps = [0.0]
    monkeypatch.setattr(tested.time, "time", lambda: 1000.0 + steps[0])
    monkeypatch.setattr(tested.time, "monotonic", lambda: 0.0)
    runs = []

    def run(*moved):
        runs.append(moved)
        steps[0] += moved[len(runs) - 1]
        return ["wrong"] if len(runs) == 1 else [], {"rounds": len(runs)}

    assert tested.by_a_steady_clock(lambda: run(0.2)) == (["wrong"], {"rounds": 1}) and len(runs) == 1
    runs.clear()
    assert tested.by_a_steady_clock(lambda: run(19.2, 0.0)) == ([], {"rounds": 2})
    said = capsys.readouterr().out
    assert "the clock of this machine was set by 19.2 s while faults were made" in said and "soak: not counted: wrong" in said
    runs.clear()
    found, dummy = tested.by_a_steady_clock(lambda: run(19.2, -3.0))
    assert found == ["the clock of this machine was set by -3.0 s once more while faults were made, so times cannot be compared"]
