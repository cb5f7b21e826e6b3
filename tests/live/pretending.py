# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process on a node of the lab that listens where corosync should, with corosync's own libqb: a stranger, or a corosync of the future."""

import contextlib

from patience import until

UNIT = "lab-pretender"
PROGRAM = "/var/tmp/lab-pretender.py"

# It answers every request with CS_OK, and sends before that the event of corosync's main branch that libraries up to 3.1 do not know
# (MESSAGE_RES_VOTEQUORUM_QDEVICE_EXTRA_INFO_NOTIFICATION). $1...: the services.
SOURCE = """
import ctypes, struct, sys

qb = ctypes.CDLL("libqb.so.100")
pointer, i32 = ctypes.c_void_p, ctypes.c_int32
qb.qb_loop_create.restype = qb.qb_ipcs_create.restype = pointer
loop = pointer(qb.qb_loop_create())
NEWS, OK = 7, 1


def answer(connection, data, size):
    for send, number in ((qb.qb_ipcs_event_send, NEWS), (qb.qb_ipcs_response_send, 0)):
        text = struct.pack("=i4xi4xi4x", number, 24, OK)
        send(pointer(connection), text, ctypes.c_size_t(len(text)))
    return 0


class Handlers(ctypes.Structure):
    _fields_ = [
        ("accept", ctypes.CFUNCTYPE(i32, pointer, ctypes.c_uint32, ctypes.c_uint32)), ("created", ctypes.CFUNCTYPE(None, pointer)),
        ("process", ctypes.CFUNCTYPE(i32, pointer, pointer, ctypes.c_size_t)), ("closed", ctypes.CFUNCTYPE(i32, pointer)),
        ("destroyed", ctypes.CFUNCTYPE(None, pointer))]


class Polls(ctypes.Structure):
    _fields_ = [
        ("job", ctypes.CFUNCTYPE(i32, i32, pointer, pointer)), ("add", ctypes.CFUNCTYPE(i32, i32, i32, i32, pointer, pointer)),
        ("mod", ctypes.CFUNCTYPE(i32, i32, i32, i32, pointer, pointer)), ("delete", ctypes.CFUNCTYPE(i32, i32))]


def typed(structure, *functions):
    return structure(*[kind(function) for (_name, kind), function in zip(structure._fields_, functions)])


handlers = typed(Handlers, lambda *dummy: 0, lambda *dummy: None, answer, lambda *dummy: 0, lambda *dummy: None)
polls = typed(
    Polls,
    lambda priority, data, function: qb.qb_loop_job_add(loop, priority, pointer(data), pointer(function)),
    lambda priority, fd, events, data, function: qb.qb_loop_poll_add(loop, priority, fd, events, pointer(data), pointer(function)),
    lambda priority, fd, events, data, function: qb.qb_loop_poll_mod(loop, priority, fd, events, pointer(data), pointer(function)),
    lambda fd: qb.qb_loop_poll_del(loop, fd))
for name in sys.argv[1:]:
    service = pointer(qb.qb_ipcs_create(name.encode(), 0, 1, ctypes.byref(handlers)))
    qb.qb_ipcs_poll_handlers_set(service, ctypes.byref(polls))
    if qb.qb_ipcs_run(service) != 0:
        sys.exit("no " + name)
qb.qb_loop_run(loop)
"""


@contextlib.contextmanager
def pretending(node, *services, user="root"):
    """With such a process of this user, listening for these services; corosync must not run."""
    node.put(SOURCE, PROGRAM)
    node.run(["systemd-run", "--quiet", "--collect", f"--unit={UNIT}", f"--property=User={user}", "/usr/bin/python3", PROGRAM, *services])
    try:
        until(lambda: all(f"@{service}" in node.run(["cat", "/proc/net/unix"]).stdout for service in services))
        yield
    finally:
        node.run(["systemctl", "stop", UNIT], check=False)
        node.sh("rm -rf /dev/shm/qb-*")
