# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""One settled snapshot of votequorum: the use case behind votequorum_info, and what wait_for_quorum looks at."""

import os
import select
import sys
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.cmap import Cmap
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.connection import sweep
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import INFO_QUORATE, MEMBER, QDEVICE_NODEID, TRACK_CHANGES
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline, Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import NotConfigured, QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.quorum import Quorum
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.votequorum import (
    Event,
    ExpectedVotesEvent,
    NodeInfo,
    NodelistEvent,
    QuorumEvent,
    RingId,
    Votequorum,
)
from ansible_collections.corosync.quorum.plugins.module_utils._node.zipimport_once import compiled_once

Value = t.Dict[str, t.Any]

PROVIDER = "corosync_votequorum"
# corosync's build defaults on every distribution that packages it. The pid file is as old as the daemon.
CONFIGURATION = "/etc/corosync/corosync.conf"
PID_FILE = "/run/corosync.pid"
WAITING_FOR_ALL = "runtime.votequorum.wait_for_all_status"
# How long to wait for corosync's next event before an unsettled reading is taken again. Seconds.
AGAIN = 0.05


# What corosync told of quorum, and the ring and its members at that moment
class Flip(t.NamedTuple):
    quorate: bool
    ring_id: RingId
    members: t.List[int]


class Observer:
    """Connections to the corosync of this node, and consistent readings through them. A context manager.

    judges: whether a value comes with what follows from it. Without that, whole.completed() is left to whoever gets the value.
    votequorum, cmap: the connections, for what is more than reading. configuration: what the last reading read from cmap.
    changes: counts the membership changes and the flips of quorum that corosync has told of, whoever took the events.
    announcements: likewise, how often it has told of expected votes.
    flips: whether it is quorate as corosync has told it, one for each time that this changed, even where a reading came too late to see it.
    Whoever wants them takes them out.

    Opening raises QuorumError: DaemonGone, NotConfigured, AccessDenied, LibraryMissing, DeadlineExceeded, and what else initialize can
    answer. So do the readings; after DaemonGone only a new Observer helps.
    """

    def __init__(self, deadline: Deadline, while_waiting: t.Callable[[], None] = lambda: None, judges: bool = True) -> None:
        self.lane = Lane(deadline, while_waiting)
        self.ring_id = RingId(0, 0)
        self.changes = 0
        self.announcements = 0
        self.flips: t.List[Flip] = []
        self.configuration: t.Dict[str, t.Any] = {}
        # votequorum's library first: it is the one that tells a corosync which is too old
        self.votequorum = Votequorum(self.lane)
        self.cmap = Cmap(self.lane)
        self._quorum = Quorum(self.lane)
        self._opened: t.List[t.Any] = []
        self._nodeids: t.Tuple[int, ...] = ()
        self._quorate: t.Optional[bool] = None
        self._last: t.Any = None
        self._judges = judges
        self._pure: t.Any = None
        self._completed: t.Any = None

    def __enter__(self) -> "Observer":
        try:
            opened = self.lane.begin(self._open)
            self._pure, self._completed = _pure(self._judges)
            opened()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *dummy: t.Any) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open, waiting for corosync no longer than a moment."""
        self.lane.close(self._finalize)

    def fileno(self) -> int:
        """The descriptor that becomes readable when corosync has sent an event, or has gone."""
        return self.votequorum.fd_get()

    def dispatch(self) -> t.List[Event]:
        """What corosync has sent since the last time."""
        events = self.votequorum.dispatch()
        for event in events:
            if isinstance(event, NodelistEvent):
                self.ring_id = event.ring_id
                self.changes += 1
            elif isinstance(event, QuorumEvent):
                self.changes += 1
                self._nodeids = tuple(nodeid for nodeid, dummy in event.nodes if nodeid != QDEVICE_NODEID)
                self._flip(event)
            elif isinstance(event, ExpectedVotesEvent):
                self.announcements += 1
        return events

    def snapshot(self) -> Value:
        """The `votequorum` value: of one ring, taken again while that changes. `settled` is False if it did until the deadline."""
        poller = select.poll()
        poller.register(self.fileno(), select.POLLIN)
        while True:
            value = self.lane.call(self._read)
            if value["settled"] or self.lane.deadline.expired():
                return self.completed(value)
            poller.poll(min(AGAIN, self.lane.deadline.remaining()) * 1000)

    def read(self) -> Value:
        """The `votequorum` value as it is now, settled or not."""
        return self.completed(self.lane.call(self._read))

    def completed(self, value: Value) -> Value:
        """The value with what follows from it, where this is asked for."""
        return self._completed(value, self.configuration, newer_file()) if self._judges else value

    def moved(self) -> bool:
        """Whether anything that corosync sends no event for (votes, the quorum device, wait-for-all) differs from the last reading."""
        return bool(self.lane.call(self._silent) != self._last)

    def _flip(self, event: QuorumEvent) -> None:
        if event.quorate != self._quorate:
            self._quorate = event.quorate
            members = sorted(nodeid for nodeid, state in event.nodes if state == MEMBER and nodeid != QDEVICE_NODEID)
            self.flips.append(Flip(event.quorate, self.ring_id, members))

    def _open(self) -> None:
        self._initialize(self.cmap)
        provider = self.cmap.get("quorum.provider")
        if provider != PROVIDER:
            raise NotConfigured(_without_votequorum(provider))
        self._initialize(self._quorum)
        self._initialize(self.votequorum)
        self.votequorum.trackstart(TRACK_CHANGES)

    def _initialize(self, connection: t.Any) -> None:
        if self.lane.closed:
            # Whoever gave up on a frozen corosync did not stop this: it goes on with the thaw, and each connection takes 3 MiB of /dev/shm.
            raise QuorumError("This connection to corosync was given up while it was being opened.")
        connection.initialize()
        self._opened.append(connection)

    def _finalize(self) -> None:
        while self._opened:
            try:
                self._opened.pop().finalize()
            except QuorumError:
                pass  # corosync has gone: there is nothing left to tell it
        sweep()

    def _read(self) -> Value:
        self.dispatch()
        ring_id = self.ring_id
        self._last = seen = self._silent()
        self.configuration = self.cmap.read(*self._pure.CMAP_PREFIXES, keys=self._pure.cmap_keys(self._nodeids))
        local, infos, waiting = seen
        settled = self._quorum.settled() == (ring_id.seq, bool(local.flags & INFO_QUORATE)) and self._pure.concluded(local, waiting)
        # corosync sends no event for a change of votes: only a second look shows that none fell between two of the readings.
        unchanged = not self.dispatch() and self._silent() == seen
        value: Value = self._pure.snapshot(ring_id, infos, local, self.configuration, settled and unchanged)
        return value

    def _silent(self) -> t.Tuple[NodeInfo, t.Dict[int, NodeInfo], t.Any]:
        infos = {nodeid: self.votequorum.getinfo(nodeid) for nodeid in self._nodeids}
        return self.votequorum.getinfo(), infos, self.cmap.get(WAITING_FOR_ALL)


def observe(timeout: float) -> Value:
    """One snapshot of this node's votequorum, within `timeout` seconds. Raises what Observer does."""
    with Observer(Deadline(timeout)) as observer:
        return observer.snapshot()


def read_alone(timeout: float) -> Value:
    """{value, cmap, files}: one snapshot without what follows from it, and what whole.completed() needs to add that elsewhere."""
    with Observer(Deadline(timeout), judges=False) as observer:
        return {"value": observer.snapshot(), "cmap": observer.configuration, "files": newer_file()}


def _pure(judges: bool) -> t.Tuple[t.Any, t.Any]:
    """The pure code that makes the value: snapshot.py, and whole.completed().

    Imported here and not above: it is compiled in each task, which takes about as long as corosync needs to connect.
    Meanwhile the lane needs the interpreter for a moment between its calls. Python would let it wait for five milliseconds each time.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        with compiled_once():
            from ansible_collections.corosync.quorum.plugins.module_utils._value import snapshot

            if not judges:
                return snapshot, None
            from ansible_collections.corosync.quorum.plugins.module_utils._judge.assess import completed

            return snapshot, completed
    finally:
        sys.setswitchinterval(interval)


def newer_file() -> t.Dict[str, str]:
    """{"corosync.conf": its text} if it was written after corosync started, so that what corosync has loaded may be something else."""
    try:
        if os.stat(PID_FILE).st_mtime > os.stat(CONFIGURATION).st_mtime:
            return {}
    except OSError:
        pass  # without a pid file: read it and see
    try:
        with open(CONFIGURATION, encoding="utf-8", errors="replace") as file:
            return {"corosync.conf": file.read()}
    except OSError:
        return {}  # elsewhere, or not for this user: nothing to compare with


def _without_votequorum(provider: t.Any) -> str:
    if provider is None:
        found = "its configuration has no quorum provider, so it calls every node quorate whatever happens"
    else:
        found = f"its quorum provider is '{provider}'"
    return (
        f"corosync runs on this node without votequorum: {found}. Set 'provider: {PROVIDER}' in the quorum section of "
        "/etc/corosync/corosync.conf on all nodes and restart corosync."
    )
