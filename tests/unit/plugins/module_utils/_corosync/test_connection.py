# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every connection does: initialise, call, retry, finalise."""

import os
import socket
import threading
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import connection as tested
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.cmap import Cmap
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline, Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import (
    BY_CODE,
    AccessDenied,
    BadHandle,
    DaemonGone,
    DeadlineExceeded,
    LibraryOutdated,
    NotSupported,
    NotTrusted,
    OutOfDescriptors,
    QuorumError,
    ShuttingDown,
    TryAgain,
)
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.listener import QueueFull
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.quorum import Quorum
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.votequorum import Votequorum
from ansible_collections.corosync.quorum.tests.unit.fakes.corosync import ANY

# What the fixture `script` puts others in the place of
IS_ALIVE, REFUSE_STRANGER = tested.Connection._is_alive, tested.Connection._refuse_stranger
STRANGER = NotTrusted("The socket belongs to somebody else.")


@pytest.mark.parametrize(
    "kind, service, soname", [(Votequorum, "votequorum", "libvotequorum.so.8"), (Quorum, "quorum", "libquorum.so.5"), (Cmap, "cmap", "libcmap.so.4")]
)
def test_with_initialises_and_finalises_the_handle_it_was_given(script, lane, kind, service, soname):
    script.expect_initialize(service, handle=2**63 + 5).expect(service + "_finalize", 2**63 + 5)
    with kind(lane):
        pass
    assert script.loaded == [soname]


def test_a_second_initialize_is_refused_and_makes_no_call(script, lane):
    script.expect_initialize("votequorum").expect("votequorum_finalize", 7)
    with Votequorum(lane) as votequorum, pytest.raises(QuorumError, match="initialised already: finalise it first, or open another"):
        votequorum.initialize()


def test_a_finalised_connection_can_be_initialised_again(script, lane):
    votequorum = Votequorum(lane)
    for handle in (7, 8):
        script.expect_initialize("votequorum", handle=handle).expect("votequorum_trackstop", handle).expect("votequorum_finalize", handle)
        votequorum.initialize()
        votequorum.trackstop()
        votequorum.finalize()


def test_no_call_is_made_before_initialize_nor_after_finalize(script, lane):
    votequorum = Votequorum(lane)
    with pytest.raises(BadHandle, match=r"\(votequorum_trackstop: CS_ERR_BAD_HANDLE, 9\)"):
        votequorum.trackstop()
    script.expect_initialize("votequorum").expect("votequorum_finalize", 7)
    votequorum.initialize()
    votequorum.finalize()
    for call in (votequorum.finalize, votequorum.trackstop, votequorum.dispatch, votequorum.fd_get):
        with pytest.raises(BadHandle, match="The connection was already closed"):
            call()


def test_a_failed_initialize_leaves_no_handle(script, lane):
    script.expect_initialize("votequorum", code=AccessDenied.code)
    votequorum = Votequorum(lane)
    with pytest.raises(AccessDenied, match=r"\(votequorum_initialize: CS_ERR_ACCESS, 11\)"):
        votequorum.initialize()
    with pytest.raises(BadHandle):
        votequorum.trackstop()


@pytest.mark.parametrize("service, kind", [("votequorum", Votequorum), ("quorum", Quorum), ("cmap", Cmap)])
def test_a_service_that_takes_no_connection_any_more_is_that_of_a_corosync_that_ends(script, lane, service, kind):
    script.expect_initialize(service, code=NotSupported.code)
    with pytest.raises(ShuttingDown, match=rf"^corosync is shutting down .* \({service}_initialize: CS_ERR_NOT_SUPPORTED, 19\)") as caught:
        kind(lane).initialize()
    assert caught.value.reason == "not_running"


def test_a_function_that_a_running_corosync_does_not_offer_is_no_shutdown(script, lane):
    script.expect_initialize("votequorum").expect("votequorum_trackstop", 7, code=NotSupported.code).expect("votequorum_finalize", 7)
    with Votequorum(lane) as votequorum, pytest.raises(NotSupported) as caught:
        votequorum.trackstop()
    assert (type(caught.value), caught.value.reason) == (NotSupported, None)


def test_leaving_with_a_daemon_that_has_gone_hides_no_error(script, lane):
    script.expect_initialize("votequorum").expect("votequorum_trackstop", 7, code=DaemonGone.code)
    script.expect("votequorum_finalize", 7, code=DaemonGone.code)
    with pytest.raises(DaemonGone, match=r"\(votequorum_trackstop: "), Votequorum(lane) as votequorum:
        votequorum.trackstop()


def test_a_stranger_is_asked_for_nothing(script, lane):
    script.listeners = [STRANGER]
    with pytest.raises(NotTrusted):
        Votequorum(lane).initialize()


def test_who_listens_is_asked_before_every_attempt(script, lane, monkeypatch):
    monkeypatch.setattr(tested, "RETRY", 0.001)
    script.listeners = [None, STRANGER]
    script.expect_initialize("votequorum", code=TryAgain.code)
    with pytest.raises(NotTrusted):
        Votequorum(lane).initialize()


def test_a_connection_that_a_stranger_got_all_the_same_is_left_alone(script, lane, monkeypatch):
    """Not even finalised: what libqb then removes is what the stranger says."""
    asked = []

    def refuse(descriptor, service):
        asked.append((descriptor, service))
        raise STRANGER

    monkeypatch.setattr(tested, "refuse_stranger_behind", refuse)
    monkeypatch.setattr(tested.Connection, "_refuse_stranger", REFUSE_STRANGER)
    for service, kind in (("votequorum", Votequorum), ("quorum", Quorum), ("cmap", Cmap)):
        script.expect_initialize(service).expect(f"{service}_fd_get", 7, ANY, do=script.out(42))
        connection = kind(lane)
        with pytest.raises(NotTrusted):
            connection.initialize()
        with pytest.raises(BadHandle):
            connection.finalize()
    assert asked == [(42, "votequorum"), (42, "quorum"), (42, "cmap")]


@pytest.mark.parametrize("kind, service", [(Votequorum, "votequorum"), (Cmap, "cmap")])
def test_a_corosync_that_listens_and_opens_no_connection_is_not_gone(script, lane, monkeypatch, kind, service):
    monkeypatch.setattr(tested, "RETRY", 0.001)
    for _dummy in range(2):
        script.expect_initialize(service, code=DaemonGone.code)
    with pytest.raises(OutOfDescriptors, match=rf"^corosync runs on this node .* \({service}_initialize: CS_ERR_LIBRARY, 2\)\.$") as caught:
        kind(lane).initialize()
    assert caught.value.reason is None


def test_a_corosync_that_was_just_ending_is_gone(script, lane, monkeypatch):
    monkeypatch.setattr(tested, "RETRY", 0.001)
    script.listeners = [None, DaemonGone("votequorum_initialize")]
    script.expect_initialize("votequorum", code=DaemonGone.code)
    with pytest.raises(DaemonGone):
        Votequorum(lane).initialize()


def test_a_queue_that_is_full_is_waited_for_and_then_there_was_no_answer(script, lane, monkeypatch):
    monkeypatch.setattr(tested, "RETRY", 0.01)
    script.listeners = [QueueFull()]
    script.expect_initialize("votequorum").expect("votequorum_finalize", 7)
    with Votequorum(lane):
        pass
    script.listeners = [QueueFull()] * 1000
    lane.deadline = Deadline(0.1)
    with pytest.raises(DeadlineExceeded, match=r"^corosync did not answer votequorum_initialize within 0\.1 s: it is stopped, frozen or overloaded\."):
        Votequorum(lane).initialize()


def test_an_answer_that_the_library_does_not_know_is_no_end_of_corosync(script, lane):
    script.alive = True
    script.expect_initialize("votequorum").expect("votequorum_dispatch", 7, 2, code=DaemonGone.code).expect("votequorum_finalize", 7)
    words = r"older than the daemon: .* \(votequorum_dispatch: CS_ERR_LIBRARY, 2\)"
    with Votequorum(lane) as votequorum, pytest.raises(LibraryOutdated, match=words) as caught:
        votequorum.dispatch()
    assert caught.value.reason == "no_library"


def test_a_connection_is_alive_while_its_other_end_is_open_and_somebody_listens(script, lane, monkeypatch):
    monkeypatch.setattr(tested, "ENDING", 0.01)
    own, corosyncs = socket.socketpair()
    for _dummy in range(3):
        script.expect("votequorum_fd_get", 7, ANY, do=script.out(own.fileno()))
    votequorum = Votequorum(lane)
    with own:
        assert lane.call(IS_ALIVE, votequorum, 7) is True
        script.listeners = [DaemonGone("votequorum_initialize")]
        assert lane.call(IS_ALIVE, votequorum, 7) is False
        corosyncs.close()
        assert lane.call(IS_ALIVE, votequorum, 7) is False
    script.expect("votequorum_fd_get", 7, ANY, code=BadHandle.code)
    assert lane.call(IS_ALIVE, votequorum, 7) is False


def test_a_connection_that_opens_when_nobody_waits_for_it_any_more_is_closed(script, lane):
    """A frozen corosync that goes on: what it gave would stay open as long as the process."""
    release = threading.Event()
    script.expect_initialize("votequorum", first=lambda *dummy: release.wait(30)).expect("votequorum_finalize", 7)
    lane.deadline = Deadline(0.05)
    votequorum = Votequorum(lane)
    with pytest.raises(DeadlineExceeded):
        votequorum.initialize()
    release.set()
    lane.deadline = Deadline(30)
    with pytest.raises(BadHandle):
        votequorum.trackstop()
    script.expect_initialize("votequorum", handle=8).expect("votequorum_finalize", 8)
    with votequorum:
        pass


def test_a_finalize_that_was_given_up_is_one(script, lane):
    release = threading.Event()
    script.expect_initialize("votequorum").expect("votequorum_finalize", 7, do=lambda *dummy: release.wait(30))
    votequorum = Votequorum(lane)
    votequorum.initialize()
    lane.deadline = Deadline(0.05)
    with pytest.raises(DeadlineExceeded):
        votequorum.finalize()
    release.set()
    lane.deadline = Deadline(30)
    script.expect_initialize("votequorum", handle=8).expect("votequorum_finalize", 8)
    with votequorum:
        pass


def test_what_makes_many_calls_and_was_given_up_makes_no_more(script):
    release, ended = threading.Event(), []
    script.expect_initialize("votequorum").expect("votequorum_trackstop", 7, do=lambda *dummy: release.wait(30)).expect("votequorum_finalize", 7)
    lane = Lane(Deadline(30))
    votequorum = Votequorum(lane)
    votequorum.initialize()
    lane.deadline = Deadline(0.05)

    def many():
        try:
            for _call in range(3):
                votequorum.trackstop()
        except QuorumError as exc:
            ended.append(str(exc))

    with pytest.raises(DeadlineExceeded):
        lane.call(many)
    lane.close(votequorum.finalize)
    release.set()
    next(thread for thread in threading.enumerate() if thread.name == "corosync").join(30)
    assert ended == ["This connection to corosync was given up while it was in use."]


@pytest.mark.parametrize("code", sorted(set(BY_CODE) - {TryAgain.code}))
def test_each_code_ends_as_its_own_exception_after_one_call(script, lane, code):
    script.expect_initialize("votequorum").expect("votequorum_setexpected", 7, 3, code=code).expect("votequorum_finalize", 7)
    with Votequorum(lane) as votequorum, pytest.raises(BY_CODE[code]) as caught:
        votequorum.setexpected(3)
    assert caught.value.__class__ is BY_CODE[code]


def test_try_again_is_tried_again(script, lane, monkeypatch):
    monkeypatch.setattr(tested, "RETRY", 0.001)
    for _dummy in range(3):
        script.expect_initialize("votequorum", code=TryAgain.code)
    script.expect_initialize("votequorum")
    script.expect("votequorum_trackstart", 7, 0, 2, code=TryAgain.code).expect("votequorum_trackstart", 7, 0, 2)
    script.expect("votequorum_finalize", 7)
    with Votequorum(lane) as votequorum:
        votequorum.trackstart()


@pytest.mark.slow
def test_try_again_is_tried_until_the_deadline_and_then_says_so(script, lane, monkeypatch):
    monkeypatch.setattr(tested, "RETRY", 5)
    for _dummy in range(2):  # at once and, the pause being cut to the deadline, after 1 s
        script.expect_initialize("votequorum", code=TryAgain.code)
    lane.deadline = Deadline(1)
    start = time.monotonic()
    with pytest.raises(TryAgain, match=r"still starting .* \(votequorum_initialize: CS_ERR_TRY_AGAIN, 6\)"):
        Votequorum(lane).initialize()
    assert 1 <= time.monotonic() - start < 5


def test_the_lane_knows_the_name_of_the_call_it_is_in(script, lane):
    seen = []
    script.expect_initialize("votequorum").expect("votequorum_setvotes", 7, 2, 1, do=lambda *args: seen.append(lane.doing))
    script.expect("votequorum_finalize", 7)
    with Votequorum(lane) as votequorum:
        votequorum.setvotes(2, 1)
    assert seen == ["votequorum_setvotes"]


def test_several_connections_have_their_own_handles_and_callbacks_in_any_order(script, lane):
    script.expect_initialize("votequorum", handle=1).expect_initialize("votequorum", handle=2)
    script.expect("votequorum_trackstart", 2, 0, 2).expect("votequorum_trackstart", 1, 0, 2)
    script.expect("votequorum_finalize", 1).expect("votequorum_getinfo", 2, 0, ANY, do=script.info(node_id=3)).expect("votequorum_finalize", 2)
    first, second = Votequorum(lane), Votequorum(lane)
    first.initialize()
    second.initialize()
    second.trackstart()
    first.trackstart()
    first.finalize()
    assert second.getinfo().node_id == 3
    second.finalize()


def test_sweep_removes_the_empty_folders_of_this_process_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(tested, "SHARED", str(tmp_path))
    own, parent = os.getpid(), os.getppid()
    stay = [f"qb-12-{parent}-28-AbCdEf", f"qb-{own}-12-28-AbCdEf", f"qb-12-{own}1-28-AbCdEf", "other"]
    for name in [f"qb-12-{own}-28-AbCdEf", f"qb-12-{own}-29-x-y-z", f"qb-12-{own}-30-in-use"] + stay:
        (tmp_path / name).mkdir()
    (tmp_path / (f"qb-12-{own}-30-in-use") / "qb-request-cmap-data").write_bytes(b"")
    (tmp_path / (f"qb-corosync-{own}-blackbox-data")).write_bytes(b"")
    tested.sweep()
    stay += [f"qb-12-{own}-30-in-use", f"qb-corosync-{own}-blackbox-data"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(stay)
