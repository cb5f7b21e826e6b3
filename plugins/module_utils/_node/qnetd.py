# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Ask the server of a quorum device, corosync-qnetd, whether it would talk to this node.

The question is the first message of corosync-qdevice (PREINIT), and the connection is closed after the answer: corosync-qnetd counts no client before
the message after it. The format is that of qdevices/msg.c and tlv.c: a type (2 bytes), a length (4 bytes), then options, each with a type, a length
(2 bytes each) and a value.
"""

import socket
import struct
import time
import typing as t

_PREINIT, _PREINIT_REPLY = 0, 1
_SEQUENCE_NUMBER, _CLUSTER_NAME, _TLS = 0, 1, 2
_HEADER = struct.Struct("!HI")
_OPTION = struct.Struct("!HH")
# An answer of corosync-qnetd has some 20 bytes. Whatever else listens there may send what it likes.
_LONGEST = 4096
_TLS_NAMES = {0: "unsupported", 1: "supported", 2: "required"}
_FAMILIES = {0: socket.AF_UNSPEC, 4: socket.AF_INET, 6: socket.AF_INET6}


class NoAnswer(Exception):
    """corosync-qnetd did not answer. reason: unknown_name, refused, silent, unreachable or stranger. The message is the system's, or empty."""

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message)
        self.reason = reason


def ask(host: str, port: int, cluster_name: str, ip_version: int, timeout: float) -> str:
    """Whether the server there wants TLS: unsupported, supported or required. Raises NoAnswer, within the timeout but for the time to resolve a name."""
    deadline = time.monotonic() + timeout
    error = NoAnswer("unknown_name")
    for family, kind, protocol, _name, address in _addresses(host, port, ip_version):
        try:
            with socket.socket(family, kind, protocol) as connection:
                return _asked(connection, address, cluster_name, deadline)
        except socket.timeout:
            error = NoAnswer("silent")
        except ConnectionRefusedError:
            error = NoAnswer("refused")
        except OSError as exc:
            error = NoAnswer("unreachable", exc.strerror or str(exc))
    raise error


def question(cluster_name: str) -> bytes:
    """The first message of a client."""
    options = _option(_SEQUENCE_NUMBER, struct.pack("!I", 1)) + _option(_CLUSTER_NAME, cluster_name.encode("utf-8"))
    return _HEADER.pack(_PREINIT, len(options)) + options


def tls_of(answer: bytes) -> str:
    """What an answer says about TLS. Raises NoAnswer where it is not one of corosync-qnetd."""
    options = {}
    kind, length = _HEADER.unpack_from(answer)
    rest = answer[_HEADER.size :]
    while len(rest) >= _OPTION.size:
        option, size = _OPTION.unpack_from(rest)
        options[option] = rest[_OPTION.size : _OPTION.size + size]
        rest = rest[_OPTION.size + size :]
    tls = options.get(_TLS, b"")
    if kind != _PREINIT_REPLY or length != len(answer) - _HEADER.size or rest or len(tls) != 1 or tls[0] not in _TLS_NAMES:
        raise NoAnswer("stranger")
    return _TLS_NAMES[tls[0]]


def _addresses(host: str, port: int, ip_version: int) -> t.List[t.Any]:
    try:
        return socket.getaddrinfo(host, port, _FAMILIES[ip_version], socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise NoAnswer("unknown_name", getattr(exc, "strerror", None) or str(exc))


def _asked(connection: socket.socket, address: t.Any, cluster_name: str, deadline: float) -> str:
    connection.settimeout(_left(deadline))
    connection.connect(address)
    connection.sendall(question(cluster_name))
    answer = _read(connection, _HEADER.size, deadline)
    length = _HEADER.unpack(answer)[1]
    if length > _LONGEST:
        raise NoAnswer("stranger")
    return tls_of(answer + _read(connection, length, deadline))


def _read(connection: socket.socket, length: int, deadline: float) -> bytes:
    """So many bytes."""
    found = b""
    while len(found) < length:
        connection.settimeout(_left(deadline))
        more = connection.recv(length - len(found))
        if not more:
            raise NoAnswer("stranger")
        found += more
    return found


def _left(deadline: float) -> float:
    """Seconds until then. Raises socket.timeout where there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout
    return left


def _option(kind: int, value: bytes) -> bytes:
    return _OPTION.pack(kind, len(value)) + value
