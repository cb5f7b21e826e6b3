# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""libquorum: the ring that settled."""

import threading
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import quorum as tested
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone, DeadlineExceeded
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.quorum import Quorum


@pytest.fixture(name="quorum")
def _quorum(script, lane):
    script.expect_initialize("quorum")
    quorum = Quorum(lane)
    quorum.initialize()
    return quorum


@pytest.mark.parametrize("quorate", [True, False])
def test_settled(script, quorum, quorate):
    script.expect("quorum_trackstart", 7, 1).expect("quorum_dispatch", 7, 2, do=script.settled_event(2**40 + 9, quorate, [1, 2]))
    assert quorum.settled() == (2**40 + 9, quorate)


def test_settled_asks_again_each_time_and_takes_the_newest(script, quorum):
    script.expect("quorum_trackstart", 7, 1).expect("quorum_dispatch", 7, 2, do=script.settled_event(9, True))
    script.expect("quorum_trackstart", 7, 1).expect("quorum_dispatch", 7, 2, do=[script.settled_event(9, True), script.settled_event(13, False)])
    assert (quorum.settled(), quorum.settled()) == ((9, True), (13, False))


def test_settled_asks_again_when_nothing_came(script, quorum, monkeypatch):
    monkeypatch.setattr(tested, "RETRY", 0.001)
    script.expect("quorum_trackstart", 7, 1).expect("quorum_dispatch", 7, 2)
    script.expect("quorum_trackstart", 7, 1).expect("quorum_dispatch", 7, 2, do=script.settled_event(9, True))
    assert quorum.settled() == (9, True)


@pytest.mark.slow
def test_settled_ends_with_the_deadline(script, quorum, monkeypatch):
    monkeypatch.setattr(tested, "RETRY", 1.5)
    quorum.lane.deadline = Deadline(1)
    for _dummy in range(2):  # within the second and after it
        script.expect("quorum_trackstart", 7, 1).expect("quorum_dispatch", 7, 2)
    start = time.monotonic()
    with pytest.raises(DeadlineExceeded, match=r"did not send the state of its quorum service within 1 s"):
        quorum.settled()
    assert time.monotonic() - start < 10


def test_what_a_late_dispatch_brings_is_not_taken_for_the_present(script, quorum):
    release = threading.Event()
    script.expect("quorum_trackstart", 7, 1).expect("quorum_dispatch", 7, 2, do=[lambda *dummy: release.wait(30), script.settled_event(9, True)])
    script.expect("quorum_trackstart", 7, 1).expect("quorum_dispatch", 7, 2)
    script.expect("quorum_trackstart", 7, 1).expect("quorum_dispatch", 7, 2, do=script.settled_event(13, False))
    quorum.lane.deadline = Deadline(0.05)
    with pytest.raises(DeadlineExceeded):
        quorum.settled()
    late = threading.Timer(0.1, release.set)
    late.start()
    quorum.lane.deadline = Deadline(30)
    assert quorum.settled() == (13, False)
    late.join()


def test_settled_when_the_daemon_dies(script, quorum):
    script.expect("quorum_trackstart", 7, 1).expect("quorum_dispatch", 7, 2, code=2)
    with pytest.raises(DaemonGone, match=r"\(quorum_dispatch: "):
        quorum.settled()
