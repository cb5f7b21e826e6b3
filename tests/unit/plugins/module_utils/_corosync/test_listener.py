# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who listens on a socket of corosync's: real sockets, of names of this test's own."""

import contextlib
import errno
import os
import pwd
import socket

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import listener as tested
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import AccessDenied, DaemonGone, NotTrusted, QuorumError, SocketMissing
from ansible_collections.corosync.quorum.tests.unit.fakes.listeners import IS_ROOT, SERVICE, STRANGER, listening

as_root = pytest.mark.skipif(not IS_ROOT, reason="only root can listen as root")


def name_of(uid):
    return pwd.getpwuid(uid).pw_name


def test_a_name_is_filled_up_as_libqb_does():
    """The kernel compares abstract names in their full length."""
    address = tested._abstract("cmap")
    assert (address[:5], len(address), set(address[5:])) == (b"\0cmap", 108, {0})


@as_root
def test_roots_listener_is_trusted_and_sent_nothing():
    with listening(0) as server:
        tested.refuse_stranger(SERVICE)
        taken, dummy = server.accept()
        with taken:
            assert taken.recv(1) == b"", "the connection has ended, and nothing was sent"


def test_a_strangers_listener_is_refused_and_sent_nothing():
    with listening() as server:
        with pytest.raises(NotTrusted) as caught:
            tested.refuse_stranger(SERVICE)
        taken, dummy = server.accept()
        with taken:
            assert taken.recv(1) == b""
    told = str(caught.value)
    assert told.startswith(
        f"The socket of corosync's service {SERVICE} on this node belongs to process {os.getpid()} of the user {name_of(STRANGER)} (uid {STRANGER}), "
        "not to root, so nothing was sent to it. "
    )
    assert told.endswith(f"see what it is (ps -fp {os.getpid()}), end it, and start corosync.")
    assert caught.value.reason == "not_trusted"


@pytest.mark.parametrize(
    "uid, words",
    [
        (
            65534,
            "If this task runs in a container whose users are not those of the host, it cannot tell root's corosync from others: run the task on the host.",
        ),
        (1, "not to root, so nothing was sent to it. It has taken corosync's place: "),
    ],
)
def test_a_user_namespace_is_mentioned_where_it_may_be_the_reason(monkeypatch, tmp_path, uid, words):
    (tmp_path / "overflowuid").write_text("65534\n", encoding="ascii")
    monkeypatch.setattr(tested, "OVERFLOW", str(tmp_path / "overflowuid"))
    assert words in tested._stranger("cmap", 7, uid, "nothing was sent to it")


def test_a_listener_of_an_unknown_user_in_another_pid_namespace(monkeypatch):
    monkeypatch.setattr(tested, "OVERFLOW", "/nonexistent")
    told = tested._stranger("cmap", 0, 4000000001, "nothing was sent to it")
    assert "belongs to a process of the user with the uid 4000000001, not to root" in told and "find it (ss -xlp), end it" in told


def test_nobody_listens():
    with pytest.raises(DaemonGone, match=rf"^corosync is not running .* \({SERVICE}_initialize: CS_ERR_LIBRARY, 2\)\.$") as caught:
        tested.refuse_stranger(SERVICE)
    assert caught.value.reason == "not_running"


def test_nobody_takes_up_connections():
    with listening(0, backlog=0), contextlib.ExitStack() as waiting:
        with pytest.raises(BlockingIOError):
            while True:
                one = waiting.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                one.setblocking(False)
                one.connect(tested._abstract(SERVICE))
        with pytest.raises(tested.QueueFull):
            tested.refuse_stranger(SERVICE)


@pytest.mark.parametrize(
    "number, error, words",
    [
        (errno.EACCES, AccessDenied, "corosync does not accept this user"),
        (errno.EPERM, AccessDenied, "corosync does not accept this user"),
        (
            errno.EMFILE,
            QuorumError,
            "This process cannot ask who listens on corosync's socket cmap, because it has no file descriptor left (Too many open files)",
        ),
        (errno.ENFILE, QuorumError, "no file descriptor left"),
        (errno.ENOMEM, QuorumError, "socket cmap: Cannot allocate memory."),
    ],
)
def test_what_else_the_kernel_may_say(monkeypatch, number, error, words):
    def refuse(*dummy):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(error) as caught:
        tested.refuse_stranger("cmap")
    assert words in str(caught.value)


@pytest.mark.parametrize("folder", [0, 1])
def test_sockets_in_the_file_system(monkeypatch, tmp_path, folder):
    """libqb does not tell in which folder."""
    force, folders = tmp_path / "force-filesystem-sockets", [tmp_path / "run", tmp_path / "tmp"]
    monkeypatch.setattr(tested, "FORCE_FILESYSTEM", str(force))
    monkeypatch.setattr(tested, "FOLDERS", tuple(map(str, folders)))
    force.touch()
    for one in folders:
        one.mkdir()
    with pytest.raises(SocketMissing, match=f"and there is no {tmp_path}/run/{SERVICE} or {tmp_path}/tmp/{SERVICE}") as caught:
        tested.refuse_stranger(SERVICE)
    assert caught.value.reason == "not_running"
    own = str(folders[folder] / SERVICE)
    with listening(address=own), pytest.raises(NotTrusted):
        tested.refuse_stranger(SERVICE)
    with pytest.raises(DaemonGone):
        tested.refuse_stranger(SERVICE)  # the file is still there, as after a crash
    if IS_ROOT:
        os.unlink(own)
        with listening(0, address=own):
            tested.refuse_stranger(SERVICE)
            with listening(address=str(folders[1 - folder] / SERVICE)), pytest.raises(NotTrusted):
                tested.refuse_stranger(SERVICE)


def test_a_connection_is_asked_too_and_stays_open():
    """There is a moment between the probe and the library's connection."""
    with listening(), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(tested._abstract(SERVICE))
        with pytest.raises(NotTrusted, match="so its answer is not used"):
            tested.refuse_stranger_behind(client.fileno(), SERVICE)
        assert client.send(b"still open") == 10


@as_root
def test_a_connection_to_root_is_trusted():
    with listening(0), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(tested._abstract(SERVICE))
        tested.refuse_stranger_behind(client.fileno(), SERVICE)


def test_a_socket_whose_peer_the_kernel_does_not_know_is_not_judged():
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        tested.refuse_stranger_behind(one.fileno(), SERVICE)
