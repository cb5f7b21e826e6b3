# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Who listens on corosync's sockets: asked before a library connects, and again on the connection it got.

The sockets are abstract names that every local user may take while corosync does not run. libqb's client does not look who that is. It opens the files
that the other side names, writes into them, and removes them in the end (lib/ipc_shm.c, lib/ringbuffer.c): with root's rights. So nothing is sent
to a process that is not root's.

The kernel says whose the socket is, as it was when that process called listen() (SO_PEERCRED). For that one must connect. corosync sees a connection
that ends before it has sent anything, closes it, and logs it at the level debug.
"""

import errno
import os
import pwd
import socket
import struct
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import AccessDenied, DaemonGone, NotTrusted, QuorumError, SocketMissing

# libqb uses sockets in the file system if this file is there (lib/ipc_socket.c), in a folder that is fixed when it is built: /run, and in Debian /tmp.
# Else abstract ones, whose names it fills up with zeros to the end of the struct (lib/ipc_setup.c).
FORCE_FILESYSTEM = "/etc/libqb/force-filesystem-sockets"
FOLDERS = ("/run", "/tmp")
ROOM = 108
# The uid that the kernel shows for one that has none in this process's user namespace
OVERFLOW = "/proc/sys/kernel/overflowuid"

# What connect() answers where nobody listens, where the queue of those who wait is full, and where it is forbidden
_NOBODY = (errno.ECONNREFUSED, errno.ENOENT)
_FORBIDDEN = (errno.EACCES, errno.EPERM)
# struct ucred: pid, uid, gid
_CREDENTIALS = struct.Struct("iII")


class QueueFull(Exception):
    """Somebody listens, but does not take up connections: so many wait already that no more may. Nothing is known about who it is."""


def refuse_stranger(service: str) -> None:
    """Return if root listens on the socket of this service. Raises NotTrusted, QueueFull, and QuorumError, such as DaemonGone where nobody listens."""
    listening = [_root_listens(address, service) for address in _addresses(service)]
    if not any(listening):
        raise DaemonGone(f"{service}_initialize")


def refuse_stranger_behind(descriptor: int, service: str) -> None:
    """Return if root is at the other end of a library's connection. Raises NotTrusted, and then the connection must not be used, nor even finalised."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, os.dup(descriptor)) as peer:
        # With 'system.qb_ipc_type: socket' this is a datagram socket, of which the kernel does not know the peer.
        if peer.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM:
            _refuse(peer, service, "its answer is not used")


def _addresses(service: str) -> t.Sequence[t.Union[str, bytes]]:
    """Where the service's socket may be."""
    if not os.path.exists(FORCE_FILESYSTEM):
        return [_abstract(service)]
    paths = [os.path.join(folder, service) for folder in FOLDERS]
    found = [path for path in paths if os.path.exists(path)]
    if not found:
        raise SocketMissing(
            f"corosync is not running on this node, or its socket {service} cannot be found: {FORCE_FILESYSTEM} asks for sockets in the file system, and there "
            f"is no {' or '.join(paths)}. Start corosync (systemctl start corosync). If it runs, remove {FORCE_FILESYSTEM} and restart corosync."
        )
    return found


def _abstract(service: str) -> bytes:
    return b"\0" + service.encode("ascii").ljust(ROOM - 1, b"\0")


def _root_listens(address: t.Union[str, bytes], service: str) -> bool:
    """False where nobody listens. Raises NotTrusted where somebody else does."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.setblocking(False)
            probe.connect(address)
            _refuse(probe, service, "nothing was sent to it")
    except OSError as exc:
        if exc.errno in _NOBODY:
            return False
        raise _failure(exc, service)
    return True


def _refuse(connected: socket.socket, service: str, so: str) -> None:
    pid, uid, dummy = _CREDENTIALS.unpack(connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    if uid != 0:
        raise NotTrusted(_stranger(service, pid, uid, so))


def _failure(exc: OSError, service: str) -> Exception:
    if exc.errno in _FORBIDDEN:
        return AccessDenied(f"{service}_initialize")
    if exc.errno == errno.EAGAIN:
        return QueueFull()
    if exc.errno in (errno.EMFILE, errno.ENFILE):
        return QuorumError(
            f"This process cannot ask who listens on corosync's socket {service}, because it has no file descriptor left ({exc.strerror}): raise the limit "
            "on open files of its user or unit (ulimit -n, LimitNOFILE= of systemd)."
        )
    return QuorumError(f"This process cannot ask who listens on corosync's socket {service}: {exc.strerror}.")


def _stranger(service: str, pid: int, uid: int, so: str) -> str:
    whose = f"process {pid} of {_user(uid)}" if pid else f"a process of {_user(uid)}"
    told = f"The socket of corosync's service {service} on this node belongs to {whose}, not to root, so {so}. "
    if uid == _overflow():
        told += (
            "If this task runs in a container whose users are not those of the host, it cannot tell root's corosync from others: run the task on the host. "
            "Otherwise that process has taken corosync's place: "
        )
    else:
        told += "It has taken corosync's place: "
    return told + f"{f'see what it is (ps -fp {pid})' if pid else 'find it (ss -xlp)'}, end it, and start corosync."


def _user(uid: int) -> str:
    try:
        return f"the user {pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"the user with the uid {uid}"


def _overflow() -> int:
    try:
        with open(OVERFLOW, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 65534
