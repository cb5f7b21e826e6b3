# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever follows corosync is told that it was looked at, also where that was refused."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import _abi
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import CallbacksRefused, DaemonGone, LibraryMissing
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.library import VOTEQUORUM
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
