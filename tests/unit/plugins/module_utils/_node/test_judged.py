# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever follows corosync is told that it was looked at, also where that was refused, and reads again now and then where nothing moves."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import _abi
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import CallbacksRefused, DaemonGone, LibraryMissing
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.library import VOTEQUORUM
from ansible_collections.corosync.quorum.plugins.module_utils._node import judged as tested
from ansible_collections.corosync.quorum.plugins.module_utils._node.judged import JudgedObserver
from ansible_collections.corosync.quorum.tests.unit.fakes.libraries import Backend


@pytest.mark.parametrize("backend, error", [(Backend(), LibraryMissing), (Backend(VOTEQUORUM, error=MemoryError("refused")), CallbacksRefused)])
def test_it_beats_where_the_libraries_cannot_be_used(monkeypatch, backend, error):
    monkeypatch.setattr(_abi, "ffi", backend)
    beats = []
    with pytest.raises(error):
        JudgedObserver(Deadline(1), beat=lambda: beats.append(1))
    assert beats == [1]


def test_it_beats_where_corosync_does_not_run(script):
    script.listeners.append(DaemonGone("cmap_initialize"))
    beats = []
    with pytest.raises(DaemonGone):
        JudgedObserver(Deadline(1), beat=lambda: beats.append(1)).__enter__()
    assert beats == [1]


@pytest.mark.parametrize("moved", [True, False])
def test_a_reading_that_is_a_minute_old_is_taken_again_where_nothing_has_moved(monkeypatch, moved):
    """As after a reload that leaves all votes alone. That it is looked for is a sign of life all the same."""
    clock, beats = [100.0], []
    monkeypatch.setattr(tested.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(tested.Observer, "__init__", lambda *dummy, **more: None)
    monkeypatch.setattr(tested.Observer, "moved", lambda self: moved)
    monkeypatch.setattr(tested.Observer, "read", lambda self: {})
    monkeypatch.setattr(tested, "complete", lambda value, configuration: value)
    observer = JudgedObserver(Deadline(1), beat=lambda: beats.append(clock[0]))
    observer.configuration = {}
    for clock[0], is_due in ((159.9, False), (160.0, True), (161.0, True)):
        assert observer.moved() is (moved or is_due)
    observer.read()
    for clock[0], is_due in ((162.0, False), (220.9, False), (221.0, True)):
        assert observer.moved() is (moved or is_due)
    assert beats == [159.9, 160.0, 161.0, 161.0, 162.0, 220.9, 221.0]
