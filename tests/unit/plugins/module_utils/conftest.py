# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the binding's tests: the scripted library in place of the real ones, and a lane that ends with the test."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import connection
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline, Lane
from ansible_collections.corosync.quorum.tests.unit.fakes.corosync import Script


@pytest.fixture(name="script")
def _script(monkeypatch):
    script = Script()
    monkeypatch.setattr(connection, "load", script.load)
    # Sockets are not the script's: test_listener.py has real ones.
    monkeypatch.setattr(connection, "refuse_stranger", script.asked_for_listener)
    monkeypatch.setattr(connection.Connection, "_refuse_stranger", lambda self, handle: None)
    monkeypatch.setattr(connection.Connection, "_is_alive", lambda self, handle: script.alive)
    yield script
    script.finish()


@pytest.fixture(name="lane")
def _lane():
    lane = Lane(Deadline(5))
    yield lane
    lane.close()
