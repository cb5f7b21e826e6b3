# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""votequorum: the whole API of corosync/votequorum.h, one method for each function, under its name."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.connection import Connection
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import (
    DISPATCH_ALL,
    DISPATCH_BLOCKING,
    DISPATCH_ONE,
    DISPATCH_ONE_NONBLOCKING,
    QDEVICE_MAX_NAME,
    QDEVICE_NODEID,
    TRACK_CHANGES,
)
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DeadlineExceeded, InvalidParameter, TryAgain
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.library import VOTEQUORUM, callback
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.poll import ready

# votequorum_getinfo writes what the daemon sent, and on an error that is not always a whole struct: leave it room. Bytes.
INFO_ROOM = 4096


class RingId(t.NamedTuple):
    nodeid: int
    seq: int


# The membership has begun to change: members (nodeids) of the new ring. votequorum_nodelist_notification_fn_t.
class NodelistEvent(t.NamedTuple):
    context: int
    ring_id: RingId
    members: t.Tuple[int, ...]


# It has settled, or quorum was won or lost: nodes are (nodeid, state), every node seen since the daemon started.
# votequorum_quorum_notification_fn_t. A device of the local node is in it as nodeid 0 with state 0.
class QuorumEvent(t.NamedTuple):
    context: int
    quorate: bool
    nodes: t.Tuple[t.Tuple[int, int], ...]


# votequorum_expectedvotes_notification_fn_t
class ExpectedVotesEvent(t.NamedTuple):
    context: int
    expected_votes: int


Event = t.Union[NodelistEvent, QuorumEvent, ExpectedVotesEvent]


# struct votequorum_info. flags: the bits as corosync sent them, unknown ones included.
class NodeInfo(t.NamedTuple):
    node_id: int
    node_state: int
    node_votes: int
    node_expected_votes: int
    highest_expected: int
    total_votes: int
    quorum: int
    flags: int
    qdevice_votes: int
    qdevice_name: str


class Votequorum(Connection):
    """One connection to votequorum.

    What corosync sends is copied out of the callbacks during dispatch, handed to the given functions on the caller's thread once
    the C function has returned (so they may call anything here, finalize included), and returned by dispatch. Events arrive only
    after trackstart. Source: votequorum_overview(3) and the man page of each function; lib/votequorum.c.
    """

    service = "votequorum"
    soname = VOTEQUORUM

    def __init__(
        self,
        lane: Lane,
        on_quorum: t.Optional[t.Callable[[QuorumEvent], None]] = None,
        on_nodelist: t.Optional[t.Callable[[NodelistEvent], None]] = None,
        on_expected_votes: t.Optional[t.Callable[[ExpectedVotesEvent], None]] = None,
    ) -> None:
        super().__init__(lane)
        self._handlers: t.Dict[t.Any, t.Any] = {QuorumEvent: on_quorum, NodelistEvent: on_nodelist, ExpectedVotesEvent: on_expected_votes}
        self._events: t.List[Event] = []
        # All three are always given: newer libraries read the struct without asking whether there is one. And the functions
        # behind the pointers must live as long as the handle.
        self._pointers = [
            callback("votequorum_quorum_notification_fn_t", self._quorum_notification),
            callback("votequorum_expectedvotes_notification_fn_t", self._expectedvotes_notification),
            callback("votequorum_nodelist_notification_fn_t", self._nodelist_notification),
        ]
        self._context: t.Any = None

    def _initialize_args(self) -> t.Tuple[t.Any, ...]:
        return (self.ffi.new("votequorum_callbacks_t *", self._pointers),)

    def getinfo(self, nodeid: int = 0) -> NodeInfo:
        """What votequorum knows of a node; 0 is the node asked. Raises DoesNotExist for one this daemon has never seen."""
        return self.lane.call(self._getinfo, nodeid)

    def setexpected(self, expected_votes: int) -> None:
        """Change the expected votes of all nodes, until corosync restarts. Returning means queued, not applied.

        Raises InvalidParameter where the cluster would lose quorum, NoResources. An inquorate partition is not protected.
        """
        self.call("setexpected", expected_votes)

    def setvotes(self, nodeid: int, votes: int) -> None:
        """Change a node's votes on all nodes, until corosync restarts. Returning means queued, not applied.

        nodeid must name a node: corosync takes 0 for the quorum device here, so this refuses it with InvalidParameter.
        Raises NameNotFound for a node never seen, InvalidParameter, NoResources.
        """
        if nodeid == QDEVICE_NODEID:
            raise InvalidParameter("votequorum_setvotes(nodeid=0, the quorum device)")
        self.call("setvotes", nodeid, votes)

    def trackstart(self, flags: int = TRACK_CHANGES, context: int = 0) -> None:
        """Ask for notifications: TRACK_CURRENT now, TRACK_CHANGES now and on every change, TRACK_CHANGES_ONLY on every change.

        context comes back in each event. Raises AlreadyExists while tracking (the present state is sent again all the same).
        """
        self.call("trackstart", context, flags)

    def trackstop(self) -> None:
        """Raises DoesNotExist when not tracking."""
        self.call("trackstop")

    def dispatch(self, dispatch_types: int = DISPATCH_ALL) -> t.List[Event]:
        """Take what corosync has sent, call the functions given for it, and return the events in their order.

        DISPATCH_ALL and DISPATCH_ONE_NONBLOCKING return at once; DISPATCH_ONE waits for one event, DISPATCH_BLOCKING takes events until
        the handle is finalised: both no longer than the lane's deadline, then DeadlineExceeded. Raises DaemonGone when corosync
        has gone, and then nothing that was still queued is delivered.
        """
        if dispatch_types == DISPATCH_ONE:
            return self._wait_for_event()
        if dispatch_types == DISPATCH_BLOCKING:
            events: t.List[Event] = []
            while self._handle is not None:
                events += self._wait_for_event()
            return events
        return self._dispatch(dispatch_types)

    def context_set(self, context: t.Any) -> None:
        """Attach any object to the connection (this is not trackstart's context)."""
        self.lane.call(self._context_set, context)

    def context_get(self) -> t.Any:
        """The object attached by context_set, None before."""
        return self.lane.call(self._context_get)

    def qdevice_register(self, name: str) -> None:
        """Raises AlreadyExists under another name, DeviceDisabled when the configuration disables the device, InvalidParameter for a bad name."""
        self.call("qdevice_register", _device_name("qdevice_register", name))

    def qdevice_unregister(self, name: str) -> None:
        """Raises InvalidParameter for another name than the registered one, DoesNotExist when none is. The device's votes go at once."""
        self.call("qdevice_unregister", _device_name("qdevice_unregister", name))

    def qdevice_update(self, oldname: str, newname: str) -> None:
        """Rename the device on all nodes. Raises InvalidParameter, DoesNotExist."""
        self.call("qdevice_update", _device_name("qdevice_update", oldname), _device_name("qdevice_update", newname))

    def qdevice_poll(self, name: str, cast_vote: bool, ring_id: RingId) -> None:
        """The device's heartbeat and vote, for the ring of the newest NodelistEvent. Raises MessageError for any other ring."""
        self.call(
            "qdevice_poll",
            _device_name("qdevice_poll", name),
            int(cast_vote),
            self.ffi.new("votequorum_ring_id_t *", {"nodeid": ring_id.nodeid, "seq": ring_id.seq})[0],
        )

    def qdevice_master_wins(self, name: str, allow: bool) -> None:
        """Let the partition that holds the device's vote stay quorate whatever its votes. Raises InvalidParameter, DoesNotExist, DeviceDisabled."""
        self.call("qdevice_master_wins", _device_name("qdevice_master_wins", name), int(allow))

    def _getinfo(self, nodeid: int) -> NodeInfo:
        # On the lane: it holds the buffer until C has written into it, also where nobody waits for that any more.
        room = self.ffi.new("char[]", INFO_ROOM)
        info = self.ffi.cast("struct votequorum_info *", room)
        self.call("getinfo", nodeid, info)
        name = self.ffi.string(info.qdevice_name).decode("utf-8", "replace")
        return NodeInfo(
            info.node_id,
            info.node_state,
            info.node_votes,
            info.node_expected_votes,
            info.highest_expected,
            info.total_votes,
            info.quorum,
            info.flags,
            info.qdevice_votes,
            name,
        )

    def _context_set(self, context: t.Any) -> None:
        handle = self.ffi.new_handle(context)
        self.call("context_set", handle)
        self._context = handle  # only now does C have no pointer to the old one any more

    def _context_get(self) -> t.Any:
        pointer = self.ffi.new("void **")
        self.call("context_get", pointer)
        return self.ffi.from_handle(pointer[0]) if pointer[0] else None

    def _wait_for_event(self) -> t.List[Event]:
        fd = self.fd_get()
        while not self.lane.deadline.expired():
            if ready(self.lane.deadline.remaining(), readable=[fd]):
                events = self._dispatch(DISPATCH_ONE_NONBLOCKING)
                if events:
                    return events
        raise DeadlineExceeded(f"corosync sent no event within {self.lane.deadline.seconds:g} s.")

    def _dispatch(self, dispatch_types: int) -> t.List[Event]:
        try:
            self.lane.call(self._dispatch_once, dispatch_types)
        finally:
            events, self._events = self._events, []
        for event in events:
            handler = self._handlers[type(event)]
            if handler is not None:
                handler(event)
        return events

    def _dispatch_once(self, dispatch_types: int) -> None:
        try:
            self._checked("votequorum_dispatch", (dispatch_types,), retry=False)
        except TryAgain:
            pass  # CS_DISPATCH_ONE_NONBLOCKING with nothing to do

    # The bodies of the C callbacks: called by C, on the lane's thread, where nothing may raise. The lists are C's and end with the call.

    def _quorum_notification(self, dummy: int, context: int, quorate: int, entries: int, nodes: t.Any) -> None:
        self._events.append(QuorumEvent(context, bool(quorate), tuple((nodes[i].nodeid, nodes[i].state) for i in range(entries))))

    def _nodelist_notification(self, dummy: int, context: int, ring_id: t.Any, entries: int, nodeids: t.Any) -> None:
        self._events.append(NodelistEvent(context, RingId(ring_id.nodeid, ring_id.seq), tuple(nodeids[i] for i in range(entries))))

    def _expectedvotes_notification(self, dummy: int, context: int, expected_votes: int) -> None:
        self._events.append(ExpectedVotesEvent(context, expected_votes))


def _device_name(function: str, name: str) -> bytes:
    encoded = name.encode("utf-8", "surrogateescape")
    if not 0 < len(encoded) <= QDEVICE_MAX_NAME or b"\0" in encoded:
        raise InvalidParameter(f"votequorum_{function}(name={name!r}, which is not 1 to {QDEVICE_MAX_NAME} bytes)")
    return encoded
