# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node that lacks something, and a corosync that does not answer."""

from __future__ import annotations

import os
import resource
import threading
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import _abi, connection, library, listener
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline, Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone, QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.votequorum import Votequorum
from ansible_collections.corosync.quorum.plugins.module_utils._node.observe import take_reading
from ansible_collections.corosync.quorum.tests.unit.fakes.corosync import ANY, scripted
from ansible_collections.corosync.quorum.tests.unit.fakes.libraries import Backend
from ansible_collections.corosync.quorum.tests.unit.fakes.listeners import SERVICE, listening
from ansible_collections.corosync.quorum.tests.unit.fakes.openings import CMAP, VOTEQUORUM, expect_close, expect_open, first_events

from . import provokes, refusal

NOT_ALLOWED, NOT_THERE, FULL = 11, 12, 15


def _loading(monkeypatch: t.Any, backend: Backend | None) -> str:
    monkeypatch.setattr(_abi, "ffi", backend)
    return refusal(QuorumError, library.load, library.VOTEQUORUM)


def _initializing(monkeypatch: t.Any, *codes: int) -> str:
    """corosync answers these to a connection."""
    monkeypatch.setattr(connection, "RETRY", 0.001)
    lane = Lane(Deadline(5))
    with scripted(monkeypatch) as script:
        for code in codes:
            script.expect_initialize("votequorum", code=code)
        said = refusal(QuorumError, Votequorum(lane).initialize)
        lane.close()
    return said


def _dispatching(monkeypatch: t.Any, alive: bool) -> str:
    """The library says that the connection is broken."""
    lane = Lane(Deadline(5))
    with scripted(monkeypatch) as script:
        script.alive = alive
        script.expect_initialize("votequorum").expect("votequorum_dispatch", 7, 2, code=DaemonGone.code).expect("votequorum_finalize", 7)
        with Votequorum(lane) as votequorum:
            said = refusal(QuorumError, votequorum.dispatch)
        lane.close()
    return said


def _reading(monkeypatch: t.Any, changes: bool) -> str:
    """corosync does not answer any more. changes: whether it has reported a change of membership."""
    monkeypatch.setattr(f"{Lane.__module__}.CLOSING", 0.05)
    thaw = threading.Event()
    readable, writable = os.pipe()
    with scripted(monkeypatch) as script:
        expect_open(script, pipe=[readable])
        script.expect("votequorum_dispatch", VOTEQUORUM, 2, do=first_events(script))
        script.expect("votequorum_getinfo", VOTEQUORUM, 1, ANY, code=2, do=lambda *dummy: thaw.wait(30))
        expect_close(script)
        if changes:
            os.write(writable, b"x")
        said = refusal(QuorumError, take_reading, 0.3)
        thaw.set()
    os.close(readable)
    os.close(writable)
    return said


# ---- the node lacks something --------------------------------------------------------------------------------------------


@provokes("The Python of this task cannot use cffi's backend")
def _no_backend(monkeypatch: t.Any) -> str:
    return _loading(monkeypatch, None)


@provokes("… was not found on this host. It comes with corosync")
def _no_library(monkeypatch: t.Any) -> str:
    return _loading(monkeypatch, Backend())


@provokes("This host has …, which this collection refuses")
def _old_library(monkeypatch: t.Any) -> str:
    return _loading(monkeypatch, Backend("libvotequorum.so.7"))


@provokes("… cannot be loaded on this host")
def _broken_library(monkeypatch: t.Any) -> str:
    return _loading(monkeypatch, Backend(error="cannot load library '%s': libqb.so.100: cannot open shared object file: No such file or directory%.0s"))


@provokes("This host refuses the writable and executable memory that callbacks from corosync need")
def _no_closures(monkeypatch: t.Any) -> str:
    monkeypatch.setattr(_abi, "ffi", Backend(error=MemoryError("Cannot allocate write+execute memory for ffi.callback()")))
    return refusal(QuorumError, library.callback, "quorum_notification_fn_t", print)


# ---- corosync does not answer --------------------------------------------------------------------------------------------


@provokes("corosync is not running on this node, or it stopped during the call")
def _nobody_listens() -> str:
    return refusal(DaemonGone, listener.refuse_stranger, SERVICE)


@provokes("corosync did not answer … within … s: it is stopped, frozen or overloaded")
def _frozen(monkeypatch: t.Any) -> str:
    return _reading(monkeypatch, changes=False)


@provokes("corosync did not answer … within … s, because the membership of the cluster keeps changing")
def _rings_come_and_go(monkeypatch: t.Any) -> str:
    return _reading(monkeypatch, changes=True)


@provokes("corosync runs on this node without votequorum")
def _no_provider(monkeypatch: t.Any) -> str:
    with scripted(monkeypatch) as script:
        script.expect_initialize("cmap", handle=CMAP)
        for key in (b"quorum.provider", b"runtime.votequorum.this_node_id"):
            script.expect("cmap_get", CMAP, key, ANY, ANY, ANY, code=NOT_THERE)
        script.expect("cmap_finalize", CMAP)
        return refusal(QuorumError, take_reading, 5)


@provokes("corosync does not accept this user")
def _no_root(monkeypatch: t.Any) -> str:
    return _initializing(monkeypatch, NOT_ALLOWED)


@provokes("The socket of corosync's service … on this node belongs to …, not to root")
def _stranger() -> str:
    with listening():
        return refusal(QuorumError, listener.refuse_stranger, SERVICE)


@provokes("corosync runs on this node and has sent what its library in this process does not know")
def _outdated_library(monkeypatch: t.Any) -> str:
    return _dispatching(monkeypatch, alive=True)


@provokes("corosync runs on this node and the connection could not be opened")
def _too_few_descriptors(monkeypatch: t.Any) -> str:
    return _initializing(monkeypatch, DaemonGone.code, DaemonGone.code)


@provokes("This process does not see the files that corosync makes in /dev/shm")
def _hidden_memory(monkeypatch: t.Any) -> str:
    return _initializing(monkeypatch, NOT_THERE)


@provokes("corosync is not running on this node, or its socket … cannot be found")
def _no_socket_file(monkeypatch: t.Any, tmp_path: t.Any) -> str:
    (tmp_path / "force").touch()
    monkeypatch.setattr(listener, "FORCE_FILESYSTEM", str(tmp_path / "force"))
    monkeypatch.setattr(listener, "FOLDERS", (str(tmp_path),))
    return refusal(QuorumError, listener.refuse_stranger, SERVICE)


@provokes("This process cannot ask who listens on corosync's socket …")
def _no_descriptor_left() -> str:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        listener.refuse_stranger(SERVICE)
    except QuorumError as exc:
        return str(exc)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    return ""


@provokes("/dev/shm is full on this node")
def _no_space(monkeypatch: t.Any) -> str:
    return _initializing(monkeypatch, FULL)
