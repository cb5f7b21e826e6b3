# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What can go wrong between a module and corosync, each as an exception that says what to do about it.

Source of the codes: cs_error_t in corosync/corotypes.h; what each means for votequorum: common_lib/error_conversion.c,
exec/ipc_glue.c and exec/votequorum.c.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import CS_OK


class QuorumError(Exception):
    """Everything this collection raises on a node. `reason` is the word `if_unavailable: report` returns, None where it has none."""

    reason: t.Optional[str] = None


class LibraryMissing(QuorumError):
    """A library is missing, too old, or refuses to work on this host."""

    reason = "no_library"


class CallbacksRefused(QuorumError):
    """The host forbids the writable and executable memory that libffi's callbacks need."""


class NotConfigured(QuorumError):
    """corosync runs, but without votequorum."""

    reason = "not_configured"


class NotTrusted(QuorumError):
    """Somebody else than root listens where corosync should: nothing was sent to it, or nothing that it sent is believed."""

    reason = "not_trusted"


class SocketMissing(QuorumError):
    """libqb is set to sockets in the file system, and there is none of corosync's."""

    reason = "not_running"


class DeadlineExceeded(QuorumError):
    """corosync gave no answer in the time it was given. Raised by this collection: libqb itself would wait for ever."""

    reason = "timeout"


class CorosyncError(QuorumError):
    """A function of corosync answered with something other than CS_OK.

    operation: the C function. code, name: the cs_error_t. advice: what that means and what to do about it, a sentence.
    """

    code = 0
    name = "unknown error"
    advice = "corosync refused the call: see its log on this node (journalctl -u corosync)."

    def __init__(self, operation: str, code: t.Optional[int] = None) -> None:
        if code is not None:
            self.code = code
        self.operation = operation
        super().__init__(f"{self.advice[:-1]} ({operation}: {self.name}, {self.code}).")


class DaemonGone(CorosyncError):
    code = 2
    name = "CS_ERR_LIBRARY"
    reason = "not_running"
    advice = "corosync is not running on this node, or it stopped during the call: start it (systemctl start corosync), and see journalctl -u corosync."


class VersionMismatch(CorosyncError):
    code = 3
    name = "CS_ERR_VERSION"
    advice = "corosync and its libraries on this node are of different versions: install both from one release and restart corosync."


class NotInitialised(CorosyncError):
    code = 4
    name = "CS_ERR_INIT"
    advice = "corosync has not finished starting: try again, and look at journalctl -u corosync if it lasts."


class TimedOut(CorosyncError):
    code = 5
    name = "CS_ERR_TIMEOUT"
    reason = "timeout"
    advice = "corosync did not answer in time: see whether it is stopped or overloaded (systemctl status corosync)."


class TryAgain(CorosyncError):
    code = 6
    name = "CS_ERR_TRY_AGAIN"
    reason = "timeout"
    advice = "corosync is still starting or too busy to take the request: try again, with a longer timeout if it lasts."


class InvalidParameter(CorosyncError):
    code = 7
    name = "CS_ERR_INVALID_PARAM"
    advice = (
        "corosync refuses this value: votes or expected votes with which the cluster would lose quorum or have more votes than expected, "
        "or the name of a quorum device while another one is registered."
    )


class NoMemory(CorosyncError):
    code = 8
    name = "CS_ERR_NO_MEMORY"
    advice = "This node is out of memory: free some and try again."


class BadHandle(CorosyncError):
    code = 9
    name = "CS_ERR_BAD_HANDLE"
    advice = "The connection was already closed: open a new one."


class Busy(CorosyncError):
    code = 10
    name = "CS_ERR_BUSY"
    advice = "corosync is busy: try again."


class AccessDenied(CorosyncError):
    code = 11
    name = "CS_ERR_ACCESS"
    reason = "not_allowed"
    advice = (
        "corosync does not accept this user: run the task as root (become: true), or allow its user or primary group in "
        "/etc/corosync/uidgid.d (whoever may connect may also change votes)."
    )


class DoesNotExist(CorosyncError):
    code = 12
    name = "CS_ERR_NOT_EXIST"
    advice = "corosync does not know what was asked for: a node it has not seen since it started, or notifications or a device that were not registered."


class NameTooLong(CorosyncError):
    code = 13
    name = "CS_ERR_NAME_TOO_LONG"
    advice = "The name is longer than corosync allows: give one of at most 254 bytes."


class AlreadyExists(CorosyncError):
    code = 14
    name = "CS_ERR_EXIST"
    advice = "It exists already: this connection already receives notifications, or a device of another name is registered."


class NoSpace(CorosyncError):
    code = 15
    name = "CS_ERR_NO_SPACE"
    advice = "/dev/shm is full on this node: free some space there (df -h /dev/shm) and try again; each connection to corosync needs about 3 MiB."


class Interrupted(CorosyncError):
    code = 16
    name = "CS_ERR_INTERRUPT"
    advice = "A signal interrupted the call: try again."


class NameNotFound(CorosyncError):
    code = 17
    name = "CS_ERR_NAME_NOT_FOUND"
    advice = "corosync has not seen a node of this id since it started: start corosync on that node, or name another one."


class NoResources(CorosyncError):
    code = 18
    name = "CS_ERR_NO_RESOURCES"
    advice = "corosync could not send the request to the other nodes: see whether this node has lost its network (corosync-cfgtool -s)."


class NotSupported(CorosyncError):
    code = 19
    name = "CS_ERR_NOT_SUPPORTED"
    advice = "This corosync does not offer the function, or it is shutting down: see journalctl -u corosync."


class BadOperation(CorosyncError):
    code = 20
    name = "CS_ERR_BAD_OPERATION"


class FailedOperation(CorosyncError):
    code = 21
    name = "CS_ERR_FAILED_OPERATION"


class MessageError(CorosyncError):
    code = 22
    name = "CS_ERR_MESSAGE_ERROR"
    advice = "The ring id is not the current one: take it from the newest node list notification and poll again."


class QueueFull(CorosyncError):
    code = 23
    name = "CS_ERR_QUEUE_FULL"
    advice = "corosync's queue is full: try again."


class QueueNotAvailable(CorosyncError):
    code = 24
    name = "CS_ERR_QUEUE_NOT_AVAILABLE"


class BadFlags(CorosyncError):
    code = 25
    name = "CS_ERR_BAD_FLAGS"


class TooBig(CorosyncError):
    code = 26
    name = "CS_ERR_TOO_BIG"


class NoSections(CorosyncError):
    code = 27
    name = "CS_ERR_NO_SECTIONS"


class ContextNotFound(CorosyncError):
    code = 28
    name = "CS_ERR_CONTEXT_NOT_FOUND"


class TooManyGroups(CorosyncError):
    code = 30
    name = "CS_ERR_TOO_MANY_GROUPS"


class SecurityError(CorosyncError):
    code = 100
    name = "CS_ERR_SECURITY"
    advice = "corosync refuses this for security reasons: see journalctl -u corosync."


BY_CODE = {error.code: error for error in CorosyncError.__subclasses__()}


# What some codes mean as the answer of one function, or on a connection that is alive. They are no subclasses of the errors above, as no more is true of them
# than of any other error.


class ShuttingDown(CorosyncError):
    """NotSupported as the answer of initialize: the socket is still there, and the service behind it has ended (exec/ipc_glue.c, -ENOSYS)."""

    code = NotSupported.code
    name = NotSupported.name
    reason = "not_running"
    advice = "corosync is shutting down on this node: wait until it has ended, then start it (systemctl start corosync) if it should run."


class SharedMemoryHidden(CorosyncError):
    """DoesNotExist as the answer of initialize: the files of the new connection are not there for this process (lib/ringbuffer.c, ENOENT)."""

    code = DoesNotExist.code
    name = DoesNotExist.name
    advice = (
        "This process does not see the files that corosync makes in /dev/shm for a connection, as in a container without the host's /dev/shm: run the task "
        "on the host, or give the container the host's /dev/shm."
    )


class OutOfDescriptors(CorosyncError):
    """DaemonGone as the answer of initialize while corosync listens: it has too few descriptors for a connection (exec/ipc_glue.c, -EMFILE), or the client."""

    code = DaemonGone.code
    name = DaemonGone.name
    advice = (
        "corosync runs on this node and the connection could not be opened, because corosync or this process has too few file descriptors left: see "
        "journalctl -u corosync ('Too many open files', 'refusing new connections'), and end the processes that hold too many connections (ls /dev/shm shows "
        "each as qb-COROSYNC-PROCESS-...) or raise LimitNOFILE= of corosync.service."
    )


class LibraryOutdated(CorosyncError):
    """DaemonGone on a connection that is alive: corosync has sent something that the library does not know (lib/votequorum.c, the end of the dispatch)."""

    code = DaemonGone.code
    name = DaemonGone.name
    reason = "no_library"
    advice = (
        "corosync runs on this node and has sent what its library in this process does not know, because the library is older than the daemon: run the task "
        "again if corosync was upgraded meanwhile, else upgrade its libraries (libvotequorum8, libquorum5 and libcmap4, or corosynclib; in a container, "
        "those of the container)."
    )


class DeviceDisabled(CorosyncError):
    """AccessDenied as the answer of a function for quorum devices (exec/votequorum.c, qdevice_can_operate)."""

    code = AccessDenied.code
    name = AccessDenied.name
    advice = (
        "corosync does not let a quorum device take part, because its configuration does not go with one: see journalctl -u corosync, and correct the section "
        "quorum of corosync.conf."
    )


class KeyReadOnly(CorosyncError):
    """AccessDenied as the answer of cmap_set (exec/cmap.c)."""

    code = AccessDenied.code
    name = AccessDenied.name
    advice = "This key of cmap is read-only: change corosync.conf on all nodes and run corosync-cfgtool -R instead."


_BY_FUNCTION: t.Dict[t.Tuple[str, int], t.Type[CorosyncError]] = {
    ("initialize", NotSupported.code): ShuttingDown,
    ("initialize", DoesNotExist.code): SharedMemoryHidden,
    ("set", AccessDenied.code): KeyReadOnly,
}
_BY_FUNCTION.update(((function, AccessDenied.code), DeviceDisabled) for function in ("qdevice_register", "qdevice_poll", "qdevice_master_wins"))


def meaning(code: int, operation: str) -> t.Type[CorosyncError]:
    """The exception for this answer of this C function."""
    function = operation.partition("_")[2]
    return _BY_FUNCTION.get((function, code)) or BY_CODE.get(code, CorosyncError)


def check(code: int, operation: str) -> None:
    """Return if code is CS_OK (which is 1, not 0), else raise its exception. An unknown code keeps its number."""
    if code != CS_OK:
        raise meaning(code, operation)(operation, code)
