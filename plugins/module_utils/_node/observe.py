# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Consistent readings of this node's votequorum. What follows from a value is added elsewhere (judged.py), by whoever wants it."""

import collections
import contextlib
import os
import re
import sys
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.cmap import Cmap, Statistics
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.connection import sweep
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import INFO_QUORATE, MEMBER, QDEVICE_NODEID, TRACK_CHANGES
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline, Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone, DeadlineExceeded, NotConfigured, QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.poll import ready
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
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import Flip

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import RingId as RingIdOfValue
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

PROVIDER = "corosync_votequorum"
# corosync's build defaults on every distribution that packages it. The pid file is as old as the daemon.
CONFIGURATION = "/etc/corosync/corosync.conf"
# totem.key, the secret of a cluster: it does not leave the node, also from a line in which corosync finds no key.
_INLINE_KEY = r"((?:^|[^\w-])key[ \t\xa0]*[:={ \t\xa0]).*"
PID_FILE = "/run/corosync.pid"
PROCESSES = "/proc"
FILE_VARIABLE = "COROSYNC_MAIN_CONFIG_FILE"
TRANSPORT = "totem.transport"
# What corosync takes from version 3 on where none is configured. Earlier versions have neither knet nor a map of statistics.
DEFAULT_TRANSPORT = "knet"
RUNS_VOTEQUORUM = "runtime.votequorum.this_node_id"
WAITING_FOR_ALL = "runtime.votequorum.wait_for_all_status"
# How long to wait for corosync's next event before an unsettled reading is taken again. Seconds.
AGAIN = 0.05
# How many reports of expected votes are kept. Each change brings at most one for each node.
ANNOUNCED = 1000


_Answer = t.TypeVar("_Answer")
# What corosync sends no event for: the node asked, each node, and whether it waits for all
_Silent = t.Tuple[NodeInfo, t.Dict[int, NodeInfo], t.Any]


class Reading(t.NamedTuple):
    """A value, and what problems() needs beside it: the keys of cmap, and the files that differ from what corosync has loaded, by name."""

    value: "Value"
    cmap: t.Dict[str, t.Any]
    files: t.Dict[str, str]


class Observer:
    """Connections to the corosync of this node, and consistent readings through them. A context manager.

    while_waiting: called once a second while corosync's answer is waited for. meanwhile: called once, while corosync opens the connections, which
    takes about as long as importing what the caller needs later.
    votequorum, cmap: the connections, for what is more than reading. configuration: what the last reading read from cmap.
    changes: counts the membership changes and the changes of quorate that corosync has reported, whoever took the events.
    announced: the expected votes that it has reported, in that order, as far as they are of interest: whoever reads them may remove them.

    Opening raises QuorumError: DaemonGone, NotConfigured, AccessDenied, NotTrusted, LibraryMissing, DeadlineExceeded, and what else initialize
    can answer. So do the readings; after DaemonGone only a new Observer helps.
    """

    def __init__(self, deadline: Deadline, while_waiting: t.Callable[[], None] = lambda: None, meanwhile: t.Callable[[], object] = lambda: None) -> None:
        self.lane = Lane(deadline, while_waiting)
        self.ring_id = RingId(0, 0)
        self.changes = 0
        self.announced: "t.Deque[int]" = collections.deque(maxlen=ANNOUNCED)
        self.configuration: t.Dict[str, t.Any] = {}
        # votequorum's library first: it is the one that tells a corosync which is too old
        self.votequorum = Votequorum(self.lane)
        self.cmap = Cmap(self.lane)
        self._quorum = Quorum(self.lane)
        self._statistics = Statistics(self.lane)
        self._has_statistics = False
        self._link_keys: t.List[str] = []
        self._links: t.Dict[str, t.Any] = {}
        self._meanwhile = meanwhile
        self._opened: t.List[t.Any] = []
        self._nodeids: t.Tuple[int, ...] = ()
        self._quorate: t.Optional[bool] = None
        self._flips: t.List[Flip] = []
        self._last: t.Optional[_Silent] = None
        self._pure: t.Any = None
        self._fd = -1

    def __enter__(self) -> "Observer":
        try:
            opened = self.lane.begin(self._open)
            with _imports_beside_the_lane():
                self._pure = _pure()
                self._meanwhile()
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
        return self._fd

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
                self._note_flip(event)
            elif isinstance(event, ExpectedVotesEvent):
                self.announced.append(event.expected_votes)
        return events

    def snapshot(self) -> "Value":
        """The `votequorum` value: of one ring, taken again while that changes. `settled` is False if it did until the deadline.

        While rings come and go, corosync may leave a request unanswered for as long as that lasts: then the value is what was read before.
        """
        value: t.Optional[Value] = None
        while True:
            try:
                value = self.read()
            except DeadlineExceeded:
                if value is None:
                    raise
                return value
            if value["settled"] or self.lane.deadline.expired():
                return value
            self.pause()

    def pause(self) -> None:
        """Before something is read again: until corosync sends an event, but no longer than AGAIN or to the deadline."""
        ready(min(AGAIN, self.lane.deadline.remaining()), readable=[self.fileno()])

    def read(self) -> "Value":
        """The `votequorum` value as it is now, settled or not."""
        return self._answered(self._read)

    def moved(self) -> bool:
        """Whether anything that corosync sends no event for (votes, the quorum device, wait-for-all, links) differs from the last reading."""
        return self._answered(self._has_moved)

    def _answered(self, function: t.Callable[[], _Answer]) -> _Answer:
        """What this reads. Raises DeadlineExceeded with the reason, where corosync has reported a change of membership but answers no question."""
        try:
            return self.lane.call(function)
        except DeadlineExceeded as exc:
            if not ready(0, readable=[self._fd]):
                raise
            raise DeadlineExceeded(
                f"corosync did not answer {self.lane.doing} within {self.lane.deadline.seconds:g} s, because the membership of the cluster keeps changing. "
                "Some nodes may reach each other in one direction only, or lose packets: see journalctl -u corosync on all nodes, and corosync-cfgtool -s."
            ) from exc

    def take_flips(self) -> t.List[Flip]:
        """Each change of quorate that corosync has reported since the last call, even where a reading came too late to see it."""
        flips, self._flips = self._flips, []
        return flips

    def _note_flip(self, event: QuorumEvent) -> None:
        if event.quorate != self._quorate:
            self._quorate = event.quorate
            members = sorted(nodeid for nodeid, state in event.nodes if state == MEMBER and nodeid != QDEVICE_NODEID)
            self._flips.append(Flip(event.quorate, t.cast("RingIdOfValue", dict(self.ring_id._asdict())), members))

    def _open(self) -> None:
        self._initialize(self.cmap)
        provider = self.cmap.get("quorum.provider")
        # A reload of a file without this key removes it from cmap, and votequorum goes on all the same.
        if provider != PROVIDER and (provider is not None or self.cmap.get(RUNS_VOTEQUORUM) is None):
            raise NotConfigured(_without_votequorum(provider))
        self._initialize(self._quorum)
        self._initialize(self.votequorum)
        self.votequorum.trackstart(TRACK_CHANGES)
        self._fd = self.votequorum.fd_get()

    def _initialize(self, connection: t.Any) -> None:
        if self.lane.closed:
            # Whoever gave up on a frozen corosync did not stop this thread: it continues when corosync does, and each connection takes 3 MiB of /dev/shm.
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

    def _read(self) -> "Value":
        self.dispatch()
        ring_id = self.ring_id
        self._last = seen = self._read_silent()
        self.configuration = self.cmap.read(*self._pure.CMAP_PREFIXES, keys=self._pure.cmap_keys(self._nodeids))
        local, infos, waiting = seen
        if self._statistics.is_offered():
            self.configuration.setdefault(TRANSPORT, DEFAULT_TRANSPORT)
            self._link_keys = self._pure.link_keys(self.configuration, local.node_id)
            self._links = self._read_statistics(self._link_keys)
            self.configuration.update(self._links)
        settled = self._quorum.settled() == (ring_id.seq, bool(local.flags & INFO_QUORATE)) and self._pure.concluded(local, waiting)
        # corosync sends no event for a change of votes: only a second look shows that none fell between two of the readings.
        unchanged = not self.dispatch() and self._read_silent() == seen
        value: Value = self._pure.snapshot(ring_id, infos, local, self.configuration, settled and unchanged)
        return value

    def _read_statistics(self, keys: t.Sequence[str]) -> t.Dict[str, t.Any]:
        """What the map that has knet's links says, by a connection that is opened when there is something to read.

        What goes wrong with it alone leaves the links unknown, and costs nobody the quorum.
        """
        if not keys:
            return {}
        try:
            if not self._has_statistics:
                self._initialize(self._statistics)
                self._has_statistics = True
            return self._statistics.read(keys=keys)
        except (DaemonGone, DeadlineExceeded):
            raise
        except QuorumError:
            return {}

    def _has_moved(self) -> bool:
        return self._read_silent() != self._last or self._read_statistics(self._link_keys) != self._links

    def _read_silent(self) -> _Silent:
        infos = {nodeid: self.votequorum.getinfo(nodeid) for nodeid in self._nodeids}
        return self.votequorum.getinfo(), infos, self.cmap.get(WAITING_FOR_ALL)


def take_reading(timeout: float, meanwhile: t.Callable[[], object] = lambda: None) -> Reading:
    """One snapshot of this node's votequorum, within `timeout` seconds. Raises what Observer does."""
    with Observer(Deadline(timeout), meanwhile=meanwhile) as observer:
        return Reading(observer.snapshot(), observer.configuration, newer_file())


@contextlib.contextmanager
def _imports_beside_the_lane() -> t.Iterator[None]:
    """What is imported within is compiled in each task, and the lane needs the interpreter for a moment between its calls meanwhile.

    Python would let it wait for five milliseconds each time.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        with compiled_once():
            yield
    finally:
        sys.setswitchinterval(interval)


def _pure() -> t.Any:
    """The pure code that makes the value. Imported here and not above, because that takes about as long as corosync needs to connect."""
    from ansible_collections.corosync.quorum.plugins.module_utils._value import snapshot

    return snapshot


def newer_file() -> t.Dict[str, str]:
    """{"corosync.conf": its text} if it was written after corosync started, so that what corosync has loaded may be something else."""
    path = configuration_file()
    if changed_since_start(path) is False:
        return {}
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return {"corosync.conf": re.sub(_INLINE_KEY, r"\1 (hidden)", file.read(), flags=re.MULTILINE)}
    except OSError:
        return {}  # elsewhere, or not for this user: nothing to compare with


def changed_since_start(path: str) -> t.Optional[bool]:
    """Whether a file was changed after corosync had started, or in the same moment. None where nobody can say that: without it, or without a pid file."""
    try:
        # The time of the last change of the file itself: a file that is moved there, or copied with its times, may look old.
        return os.stat(path).st_ctime >= os.stat(PID_FILE).st_mtime
    except OSError:
        return None


def configuration_file() -> str:
    """The file that the running corosync reads: its option -c (from 3.0 on), else the variable of its environment (before 3.0), else the usual one."""
    try:
        with open(PID_FILE, encoding="ascii") as file:
            pid = int(file.read())
    except (OSError, ValueError):
        return CONFIGURATION
    return _of_option(_strings_of(pid, "cmdline")) or _of_environment(pid) or CONFIGURATION


def _of_process(pid: int, name: str) -> bytes:
    """A file of a process in /proc; nothing where the process has gone, or where this user may not read it."""
    try:
        with open(f"{PROCESSES}/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def _strings_of(pid: int, name: str) -> t.List[str]:
    return [os.fsdecode(part) for part in _of_process(pid, name).split(b"\0")]


def _of_option(command: t.List[str]) -> str:
    """What getopt(3) takes for the last -c, of which corosync has no other option that ends in it."""
    path = ""
    for number, argument in enumerate(command[1:], start=1):
        if argument == "-c" and number + 1 < len(command):
            path = command[number + 1]
        elif argument.startswith("-c"):
            path = argument[2:] or path
    return path


def _of_environment(pid: int) -> str:
    """The variable has no effect on a corosync whose program does not have its name."""
    path = next((entry.partition("=")[2] for entry in _strings_of(pid, "environ") if entry.startswith(FILE_VARIABLE + "=")), "")
    return path if path and FILE_VARIABLE.encode("ascii") in _of_process(pid, "exe") else ""


def _without_votequorum(provider: t.Any) -> str:
    if provider is None:
        found = "its configuration has no quorum provider, so it calls every node quorate whatever happens"
    else:
        found = f"its quorum provider is '{provider}'"
    return (
        f"corosync runs on this node without votequorum: {found}. Set 'provider: {PROVIDER}' in the quorum section of "
        "/etc/corosync/corosync.conf on all nodes and restart corosync."
    )
