# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every connection does: initialise, call, retry, finalise."""

import os
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import connection as tested
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.cmap import Cmap
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import (
    BY_CODE,
    AccessDenied,
    BadHandle,
    DaemonGone,
    NotSupported,
    QuorumError,
    ShuttingDown,
    TryAgain,
)
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.quorum import Quorum
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.votequorum import Votequorum
from ansible_collections.corosync.quorum.tests.unit.fakes.corosync import ANY


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
