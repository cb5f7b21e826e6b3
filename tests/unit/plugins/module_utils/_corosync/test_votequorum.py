# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each method of Votequorum makes its one C call with the right arguments, and each callback becomes its event."""

import gc
import os
import threading
import time
import weakref

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import votequorum as tested
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import (
    DISPATCH_ALL,
    DISPATCH_BLOCKING,
    DISPATCH_ONE,
    DISPATCH_ONE_NONBLOCKING,
    TRACK_CHANGES,
    TRACK_CHANGES_ONLY,
    TRACK_CURRENT,
)
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline, Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import (
    BadHandle,
    DaemonGone,
    DeadlineExceeded,
    DoesNotExist,
    InvalidParameter,
    MessageError,
    NameNotFound,
    TryAgain,
)
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.votequorum import (
    ExpectedVotesEvent,
    NodeInfo,
    NodelistEvent,
    QuorumEvent,
    RingId,
    Votequorum,
)
from ansible_collections.corosync.quorum.tests.unit.fakes.corosync import ANY

RING = RingId(1, 2**40 + 13)


@pytest.fixture(name="votequorum")
def _votequorum(script, lane):
    """An initialised connection with handle 7. What it is told is in its `seen`."""
    seen = []
    votequorum = Votequorum(lane, seen.append, seen.append, seen.append)
    votequorum.seen = seen
    script.expect_initialize("votequorum")
    votequorum.initialize()
    return votequorum


@pytest.fixture(name="pipe")
def _pipe():
    """A descriptor to poll, and a function that makes it readable."""
    reading, writing = os.pipe()
    yield reading, lambda: os.write(writing, b"x")
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize(
    "method, arguments, function, wanted",
    [
        ("setexpected", (5,), "votequorum_setexpected", (5,)),
        ("setvotes", (2, 0), "votequorum_setvotes", (2, 0)),
        ("trackstart", (), "votequorum_trackstart", (0, TRACK_CHANGES)),
        ("trackstart", (TRACK_CURRENT, 2**63), "votequorum_trackstart", (2**63, TRACK_CURRENT)),
        ("trackstart", (TRACK_CHANGES_ONLY,), "votequorum_trackstart", (0, TRACK_CHANGES_ONLY)),
        ("trackstop", (), "votequorum_trackstop", ()),
        ("qdevice_register", ("device",), "votequorum_qdevice_register", (b"device",)),
        ("qdevice_unregister", ("device",), "votequorum_qdevice_unregister", (b"device",)),
        ("qdevice_update", ("old", "new"), "votequorum_qdevice_update", (b"old", b"new")),
        ("qdevice_master_wins", ("device", True), "votequorum_qdevice_master_wins", (b"device", 1)),
        ("qdevice_master_wins", ("device", False), "votequorum_qdevice_master_wins", (b"device", 0)),
        ("finalize", (), "votequorum_finalize", ()),
    ],
)
def test_a_method_calls_its_function(script, votequorum, method, arguments, function, wanted):
    script.expect(function, 7, *wanted)
    assert getattr(votequorum, method)(*arguments) is None


def test_initialize_gives_all_three_callbacks(script, lane):
    def all_given(callbacks):
        return all((callbacks.votequorum_quorum_notify_fn, callbacks.votequorum_expectedvotes_notify_fn, callbacks.votequorum_nodelist_notify_fn))

    script.expect("votequorum_initialize", ANY, all_given)
    Votequorum(lane).initialize()


@pytest.mark.parametrize("cast_vote", [True, False])
def test_the_ring_id_goes_to_qdevice_poll_by_value(script, votequorum, cast_vote):
    def is_ring(ring):
        return (ring.nodeid, ring.seq, script.ffi.typeof(ring).kind) == (RING.nodeid, RING.seq, "struct")

    script.expect("votequorum_qdevice_poll", 7, b"device", int(cast_vote), is_ring)
    votequorum.qdevice_poll("device", cast_vote, RING)


def test_a_stale_ring_id_says_where_the_new_one_is(script, votequorum):
    script.expect("votequorum_qdevice_poll", 7, b"device", 1, ANY, code=22)
    with pytest.raises(MessageError, match="take it from the newest node list notification"):
        votequorum.qdevice_poll("device", True, RING)


def test_getinfo_returns_every_field(script, votequorum):
    fields = dict(zip(NodeInfo._fields, range(11, 20)), qdevice_name=b"Qdevice")
    script.expect("votequorum_getinfo", 7, 3, ANY, do=script.info(**fields))
    assert votequorum.getinfo(3) == NodeInfo(*range(11, 20), qdevice_name="Qdevice")


def test_getinfo_without_a_node_asks_for_the_own(script, votequorum):
    script.expect("votequorum_getinfo", 7, 0, ANY, do=script.info(node_id=2))
    assert votequorum.getinfo().node_id == 2


def test_getinfo_keeps_flags_it_does_not_know_and_the_full_length_of_a_name(script, votequorum):
    script.expect("votequorum_getinfo", 7, 0, ANY, do=script.info(flags=0xFFFFFFFF, qdevice_name=b"n" * 254))
    info = votequorum.getinfo()
    assert (info.flags, info.qdevice_name) == (0xFFFFFFFF, "n" * 254)


def test_getinfo_takes_a_name_that_is_no_text(script, votequorum):
    script.expect("votequorum_getinfo", 7, 0, ANY, do=script.info(qdevice_name=b"\xff\xfe"))
    assert votequorum.getinfo().qdevice_name == "\ufffd\ufffd"


def test_what_a_failed_getinfo_wrote_is_never_read_and_has_room(script, votequorum):
    """On an error the daemon sends rubbish, and the library copies a name without an end (lib/votequorum.c)."""

    def rubbish(dummy_handle, dummy_nodeid, info):
        assert script.ffi.sizeof(script.ffi.typeof(info).item) + 2048 < tested.INFO_ROOM
        script.ffi.memmove(info, b"\xff" * tested.INFO_ROOM, tested.INFO_ROOM)

    script.expect("votequorum_getinfo", 7, 99, ANY, code=12, do=rubbish)
    script.expect("votequorum_getinfo", 7, 1, ANY, do=script.info(node_id=1))
    with pytest.raises(DoesNotExist, match=r"has not seen .* \(votequorum_getinfo: CS_ERR_NOT_EXIST, 12\)"):
        votequorum.getinfo(99)
    assert votequorum.getinfo(1) == NodeInfo(1, 0, 0, 0, 0, 0, 0, 0, 0, "")


class Watched:
    """cffi, and which of the memory that it gave is still there."""

    def __init__(self, ffi):
        self._ffi = ffi
        self.given = []

    def __getattr__(self, name):
        return getattr(self._ffi, name)

    def new(self, *args):
        made = self._ffi.new(*args)
        self.given.append(weakref.ref(made))
        return made

    def new_handle(self, thing):
        made = self._ffi.new_handle(thing)
        self.given.append(weakref.ref(made))
        return made

    def there(self):
        gc.collect()
        return [given() is not None for given in self.given]


def test_a_getinfo_that_was_given_up_still_has_its_buffer(script, votequorum):
    """C writes into it when corosync goes on, however long that takes."""
    release, seen = threading.Event(), []
    votequorum.ffi = watched = Watched(votequorum.ffi)
    script.expect("votequorum_getinfo", 7, 3, ANY, do=[lambda *dummy: release.wait(30), lambda *dummy: seen.append(watched.there())])
    script.expect("votequorum_getinfo", 7, 1, ANY, do=script.info(node_id=1))
    votequorum.lane.deadline = Deadline(0.05)
    with pytest.raises(DeadlineExceeded):
        votequorum.getinfo(3)
    assert watched.there() == [True]
    release.set()
    votequorum.lane.deadline = Deadline(30)
    assert votequorum.getinfo(1).node_id == 1
    assert seen == [[True]] and watched.there() == [False, False]


def test_setvotes_refuses_the_node_id_of_the_device_before_any_call(votequorum):
    with pytest.raises(InvalidParameter, match="nodeid=0, the quorum device"):
        votequorum.setvotes(0, 1)


def test_setvotes_of_a_node_that_was_never_seen(script, votequorum):
    script.expect("votequorum_setvotes", 7, 99, 1, code=17)
    with pytest.raises(NameNotFound, match="has not seen a node of this id"):
        votequorum.setvotes(99, 1)


@pytest.mark.parametrize("name", ["", "n" * 255, "\u00e9" * 128, "a\0b"])
def test_a_device_name_that_c_would_cut_or_refuse_makes_no_call(votequorum, name):
    calls = [
        lambda: votequorum.qdevice_register(name),
        lambda: votequorum.qdevice_unregister(name),
        lambda: votequorum.qdevice_update("old", name),
        lambda: votequorum.qdevice_poll(name, True, RING),
        lambda: votequorum.qdevice_master_wins(name, True),
    ]
    for call in calls:
        with pytest.raises(InvalidParameter, match="not 1 to 254 bytes"):
            call()


def test_fd_get(script, votequorum):
    script.expect("votequorum_fd_get", 7, ANY, do=script.out(42))
    assert votequorum.fd_get() == 42


def test_any_object_can_be_attached_and_is_given_back(script, votequorum):
    kept = []
    script.expect("votequorum_context_get", 7, ANY, do=script.out(script.ffi.NULL))
    script.expect("votequorum_context_set", 7, ANY, do=lambda handle, context: kept.append(context))
    script.expect("votequorum_context_get", 7, ANY, do=lambda handle, pointer: pointer.__setitem__(0, kept[0]))
    thing = object()
    assert votequorum.context_get() is None
    votequorum.context_set(thing)
    assert votequorum.context_get() is thing


def test_what_was_attached_stays_until_c_has_its_successor(script, votequorum):
    kept, seen = [], []
    votequorum.ffi = watched = Watched(votequorum.ffi)
    script.expect("votequorum_context_set", 7, ANY, do=lambda handle, context: kept.append(script.ffi.cast("void *", context)))
    script.expect("votequorum_context_set", 7, ANY, code=DaemonGone.code, do=lambda *dummy: seen.append(watched.there()))
    script.expect("votequorum_context_get", 7, ANY, do=lambda handle, pointer: pointer.__setitem__(0, kept[0]))
    votequorum.context_set("first")
    with pytest.raises(DaemonGone):
        votequorum.context_set("second")
    assert seen == [[True, True]]
    assert votequorum.context_get() == "first", "C still has it"


def test_what_was_attached_by_a_call_that_was_given_up_stays(script, votequorum):
    release, kept = threading.Event(), []
    votequorum.ffi = watched = Watched(votequorum.ffi)
    script.expect("votequorum_context_set", 7, ANY, do=lambda handle, context: release.wait(30) and kept.append(script.ffi.cast("void *", context)))
    script.expect("votequorum_context_get", 7, ANY, do=lambda handle, pointer: pointer.__setitem__(0, kept[0]))
    votequorum.lane.deadline = Deadline(0.05)
    with pytest.raises(DeadlineExceeded):
        votequorum.context_set("late")
    release.set()
    votequorum.lane.deadline = Deadline(30)
    assert votequorum.context_get() == "late"
    assert watched.there()[0] is True


def test_dispatch_returns_what_the_callbacks_brought_in_their_order_and_calls_the_functions_for_it(script, votequorum):
    script.expect(
        "votequorum_dispatch",
        7,
        DISPATCH_ALL,
        do=[
            script.nodelist_event(RING, [1, 2]),
            script.expected_votes_event(2**31, context=5),
            script.quorum_event(True, [(1, 1), (3, 2), (2, 1), (0, 0)], context=2**64 - 1),
        ],
    )
    events = [NodelistEvent(0, RING, (1, 2)), ExpectedVotesEvent(5, 2**31), QuorumEvent(2**64 - 1, True, ((1, 1), (3, 2), (2, 1), (0, 0)))]
    assert votequorum.dispatch() == events
    assert votequorum.seen == events


def test_an_empty_list_of_nodes_is_an_event(script, votequorum):
    script.expect("votequorum_dispatch", 7, DISPATCH_ALL, do=[script.nodelist_event((0, 0), []), script.quorum_event(False, [])])
    assert votequorum.dispatch() == [NodelistEvent(0, RingId(0, 0), ()), QuorumEvent(0, False, ())]


def test_dispatch_with_nothing_to_do(script, votequorum):
    script.expect("votequorum_dispatch", 7, DISPATCH_ALL).expect("votequorum_dispatch", 7, DISPATCH_ONE_NONBLOCKING, code=TryAgain.code)
    assert votequorum.dispatch() == []
    assert votequorum.dispatch(DISPATCH_ONE_NONBLOCKING) == []


def test_events_are_only_handed_out_once(script, votequorum):
    script.expect("votequorum_dispatch", 7, DISPATCH_ALL, do=script.expected_votes_event(3)).expect("votequorum_dispatch", 7, DISPATCH_ALL)
    assert (len(votequorum.dispatch()), votequorum.dispatch()) == (1, [])


def test_the_functions_are_called_on_the_callers_thread_and_may_call_anything(script, lane):
    seen = []

    def on_quorum(event):
        seen.append((threading.get_ident(), votequorum.getinfo().total_votes))
        votequorum.finalize()

    votequorum = Votequorum(lane, on_quorum=on_quorum)
    script.expect_initialize("votequorum").expect("votequorum_dispatch", 7, DISPATCH_ALL, do=[script.expected_votes_event(3), script.quorum_event(True, [])])
    script.expect("votequorum_getinfo", 7, 0, ANY, do=script.info(total_votes=9)).expect("votequorum_finalize", 7)
    votequorum.initialize()
    assert len(votequorum.dispatch()) == 2
    assert seen == [(threading.get_ident(), 9)]
    with pytest.raises(BadHandle):
        votequorum.dispatch()


def test_several_connections_get_their_own_events(script, lane):
    first, second = [], []
    connections = [Votequorum(lane, on_expected_votes=first.append), Votequorum(lane, on_expected_votes=second.append)]
    script.expect_initialize("votequorum", handle=1).expect_initialize("votequorum", handle=2)
    script.expect("votequorum_dispatch", 2, DISPATCH_ALL, do=script.expected_votes_event(22))
    script.expect("votequorum_dispatch", 1, DISPATCH_ALL, do=script.expected_votes_event(11))
    for connection in connections:
        connection.initialize()
    connections[1].dispatch()
    connections[0].dispatch()
    assert (first, second) == ([ExpectedVotesEvent(0, 11)], [ExpectedVotesEvent(0, 22)])


def test_dispatch_raises_when_the_daemon_has_gone_and_calls_nothing(script, votequorum):
    script.expect("votequorum_dispatch", 7, DISPATCH_ALL, code=2, do=script.expected_votes_event(3)).expect("votequorum_dispatch", 7, DISPATCH_ALL)
    with pytest.raises(DaemonGone):
        votequorum.dispatch()
    assert votequorum.seen == []
    assert votequorum.dispatch() == []


def test_dispatch_one_waits_for_the_descriptor(script, votequorum, pipe):
    descriptor, ready = pipe
    script.expect("votequorum_fd_get", 7, ANY, do=script.out(descriptor))
    script.expect("votequorum_dispatch", 7, DISPATCH_ONE_NONBLOCKING, do=script.expected_votes_event(4))
    timer = threading.Timer(0.1, ready)
    timer.start()
    start = time.monotonic()
    assert votequorum.dispatch(DISPATCH_ONE) == [ExpectedVotesEvent(0, 4)]
    assert 0.05 < time.monotonic() - start < 10
    timer.join()


def test_dispatch_one_waits_no_longer_than_the_deadline(script, votequorum, pipe):
    script.expect("votequorum_fd_get", 7, ANY, do=script.out(pipe[0]))
    votequorum.lane.deadline = Deadline(0.1)
    start = time.monotonic()
    with pytest.raises(DeadlineExceeded, match=r"sent no event within 0\.1 s"):
        votequorum.dispatch(DISPATCH_ONE)
    assert 0.1 <= time.monotonic() - start < 10


def test_dispatch_one_waits_on_when_an_event_was_for_nobody(script, votequorum, pipe):
    descriptor, ready = pipe
    ready()
    script.expect("votequorum_fd_get", 7, ANY, do=script.out(descriptor))
    script.expect("votequorum_dispatch", 7, DISPATCH_ONE_NONBLOCKING, code=TryAgain.code)
    script.expect("votequorum_dispatch", 7, DISPATCH_ONE_NONBLOCKING, do=script.expected_votes_event(4))
    assert votequorum.dispatch(DISPATCH_ONE) == [ExpectedVotesEvent(0, 4)]


def test_dispatch_one_with_a_deadline_longer_than_poll_can_count(script, votequorum, pipe):
    descriptor, ready = pipe
    ready()
    votequorum.lane.deadline = Deadline(366 * 24 * 3600)
    script.expect("votequorum_fd_get", 7, ANY, do=script.out(descriptor))
    script.expect("votequorum_dispatch", 7, DISPATCH_ONE_NONBLOCKING, do=script.expected_votes_event(4))
    assert votequorum.dispatch(DISPATCH_ONE) == [ExpectedVotesEvent(0, 4)]


def test_dispatch_blocking_goes_on_until_the_handle_is_finalised(script, lane, pipe):
    descriptor, ready = pipe
    ready()

    def end_at_five(event):
        if event.expected_votes == 5:
            votequorum.finalize()

    votequorum = Votequorum(lane, on_expected_votes=end_at_five)
    script.expect_initialize("votequorum")
    for votes in (4, 5):
        script.expect("votequorum_fd_get", 7, ANY, do=script.out(descriptor))
        script.expect("votequorum_dispatch", 7, DISPATCH_ONE_NONBLOCKING, do=script.expected_votes_event(votes))
    script.expect("votequorum_finalize", 7)
    votequorum.initialize()
    assert votequorum.dispatch(DISPATCH_BLOCKING) == [ExpectedVotesEvent(0, 4), ExpectedVotesEvent(0, 5)]


def test_dispatch_blocking_ends_with_the_deadline(script, votequorum, pipe):
    script.expect("votequorum_fd_get", 7, ANY, do=script.out(pipe[0]))
    votequorum.lane.deadline = Deadline(0.1)
    with pytest.raises(DeadlineExceeded):
        votequorum.dispatch(DISPATCH_BLOCKING)


def test_what_a_late_dispatch_brings_is_handed_out_by_the_next(script):
    """The wait for a dispatch was given up; it came back with an event all the same. Not one event may be lost."""
    release = threading.Event()
    lane = Lane(Deadline(60))
    votequorum = Votequorum(lane)
    script.expect_initialize("votequorum")
    script.expect("votequorum_dispatch", 7, DISPATCH_ALL, do=[lambda *args: release.wait(), script.expected_votes_event(4)])
    script.expect("votequorum_dispatch", 7, DISPATCH_ALL, do=script.expected_votes_event(5))
    votequorum.initialize()
    lane.deadline = Deadline(0.05)
    with pytest.raises(DeadlineExceeded, match="votequorum_dispatch"):
        votequorum.dispatch()
    release.set()
    lane.deadline = Deadline(60)
    assert votequorum.dispatch() == [ExpectedVotesEvent(0, 4), ExpectedVotesEvent(0, 5)]
    lane.close()
