# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The question to the server of a quorum device: what it answers, and what else may listen there, or nothing. tests/live asks a real one."""

import contextlib
import socket
import struct
import threading
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import qnetd as tested

QUESTION = b"\x00\x00" + struct.pack("!I", 8 + 4 + 3) + b"\x00\x00\x00\x04\x00\x00\x00\x01" + b"\x00\x01\x00\x03web"


def answer(tls=1, kind=1):
    options = b"\x00\x00\x00\x04\x00\x00\x00\x01" + b"\x00\x02\x00\x01" + bytes([tls]) + b"\x00\x03\x00\x01\x00"
    return struct.pack("!HI", kind, len(options)) + options


@contextlib.contextmanager
def server(reply):
    """A server that answers each client like this, or says nothing (None). Yields its port and the list of what it was sent."""
    heard, listener = [], socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(5)
    done = threading.Event()

    def serve():
        with contextlib.suppress(OSError):
            client = listener.accept()[0]
            with client:
                heard.append(client.recv(1000))
                if reply is None:
                    done.wait(10)
                else:
                    client.sendall(reply)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        done.set()
        thread.join()
        listener.close()


def ask(port, host="127.0.0.1", ip_version=0, timeout=5.0):
    return tested.ask(host=host, port=port, cluster_name="web", ip_version=ip_version, timeout=timeout)


def reason_of(*args, **kwargs):
    with pytest.raises(tested.NoAnswer) as error:
        ask(*args, **kwargs)
    return error.value.reason


@pytest.mark.parametrize(("tls", "said"), [(0, "unsupported"), (1, "supported"), (2, "required")])
def test_a_server_that_answers(tls, said):
    with server(answer(tls)) as (port, heard):
        assert ask(port) == said
    assert heard == [QUESTION]


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
        b"\x00\x01\x00\x00\x00\x00",
        answer(kind=5),
        answer(tls=3),
        answer()[:-1],
        b"\x00\x01\xff\xff\xff\xff" + b"x" * 100,
    ],
)
def test_what_is_no_qnetd(reply):
    with server(reply) as (port, _heard):
        assert reason_of(port) == "stranger"


def test_one_that_says_nothing_costs_no_more_than_the_timeout():
    with server(None) as (port, _heard):
        start = time.monotonic()
        assert reason_of(port, timeout=0.3) == "silent"
    assert time.monotonic() - start < 3


def test_nothing_listens_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        assert reason_of(taken.getsockname()[1]) == "refused"


@pytest.mark.parametrize("host", ["no.such.host.invalid", "", "x" * 300])
def test_a_name_that_is_not_known(host, monkeypatch):
    def unknown(*_args):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert reason_of(5403, host=host) == "unknown_name"


def test_an_address_of_the_other_ip_version():
    assert reason_of(5403, ip_version=6) == "unknown_name"


def test_a_network_that_is_not_reachable(monkeypatch):
    def unreachable(*_args):
        raise OSError(113, "No route to host")

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    with pytest.raises(tested.NoAnswer) as error:
        ask(5403)
    assert (error.value.reason, str(error.value)) == ("unreachable", "No route to host")
