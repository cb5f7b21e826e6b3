# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of the endurance test, and the order of its faults."""

import random

from soak import report as tested
from soak.trouble import FAULTS, OF_DEVICE, order

FIGURES = {"seconds": 60, "rounds": 3, "faults": {"stop": 2, "crash": 1}, "largest growth of one after its first minute, KiB": 7}


def test_several_clusters_have_one_result():
    other = {"seconds": 61, "rounds": 2, "faults": {"stop": 1, "device_lost": 1}, "largest growth of one after its first minute, KiB": 5}
    assert tested.summed([FIGURES, other]) == {
        "seconds": 121,
        "rounds": 5,
        "faults": {"stop": 3, "crash": 1, "device_lost": 1},
        "largest growth of one after its first minute, KiB": 7,
    }
    assert tested.summed([FIGURES]) == FIGURES


def test_the_last_line_says_whether_something_is_wrong():
    clean = tested.page(FIGURES, [])
    assert clean.endswith("\n\n3 rounds of faults, and nothing is wrong")
    assert "| fault: stop " in clean and "'" not in clean
    assert tested.page(FIGURES, ["one", "another"]).endswith("\n\nwrong: 2")


def test_it_is_written_down_with_the_seed(tmp_path, monkeypatch):
    monkeypatch.setattr(tested, "RESULT", tmp_path / "soak.md")
    tested.written(FIGURES, 17)
    text = (tmp_path / "soak.md").read_text(encoding="utf-8")
    assert text.startswith("<!--\n") and text.endswith("nothing is wrong\n\nSeed 17.\n")


def test_each_fault_comes_once_before_any_comes_again():
    faults = order(random.Random(1))
    for _time in range(3):
        assert {next(faults) for _fault in FAULTS} == set(FAULTS)
    assert set(OF_DEVICE) < set(FAULTS) and len(OF_DEVICE) == 3 and "round" not in FAULTS
