# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the binding's tests: the scripted library in place of the real ones, and a lane that ends with the test."""

import contextlib

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline, Lane
from ansible_collections.corosync.quorum.tests.unit.fakes.corosync import scripted


@pytest.fixture(name="script")
def _script(monkeypatch):
    # Not `with scripted()`: pylint wants a cleanup around its yield, and there finish() would hide why a test has failed.
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(scripted(monkeypatch))


@pytest.fixture(name="lane")
def _lane():
    lane = Lane(Deadline(5))
    yield lane
    lane.close()
