# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Who runs this play, and which process it is: what a lock says of its run."""

from __future__ import annotations

import getpass
import multiprocessing
import os
import pathlib
import socket
import typing as t

from ansible import context

from ._lock import Process

PROC = pathlib.Path("/proc")
# A process that has ended, and whose parent has not looked yet.
_ENDED = ("Z", "X", "x")


def process() -> Process:
    """The ansible-playbook that this action belongs to."""
    # Ansible runs an action in a child process, which ends with the task.
    parent = multiprocessing.parent_process()
    pid = parent.pid if parent is not None and parent.pid else os.getpid()
    found = _stat(pid)
    return Process(boot_id=_boot_id(), pid_namespace=_pid_namespace(), pid=pid, start_time=found[1] if found else None)


def lives(pid: int, start_time: int) -> bool:
    """Whether a process of this controller is alive. One that is there and cannot be looked at is taken for it, as where /proc hides those of other users."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    found = _stat(pid)
    return found is None or found[1] == start_time and found[0] not in _ENDED


def who(variables: t.Mapping[str, t.Any]) -> dict[str, str]:
    """{user, playbook, controller}, for people. variables: of the task; AWX says there who started the job."""
    user = variables.get("awx_user_name") or os.environ.get("SUDO_USER") or _user()
    playbooks = context.CLIARGS.get("args") or ()
    return {
        "user": str(user),
        "playbook": " ".join(map(str, playbooks)) if isinstance(playbooks, (list, tuple)) else str(playbooks),
        "controller": socket.gethostname(),
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user that has no name
        return f"uid {os.getuid()}"


def _stat(pid: int) -> tuple[str, int] | None:
    """(state, start time in clock ticks after the boot) of a process, None where nobody tells."""
    try:
        # What stands before the last parenthesis is the name of the program, which may have anything in it.
        fields = (PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return fields[0], int(fields[19])
    except (OSError, IndexError, ValueError):
        return None


def _boot_id() -> str | None:
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip() or None
    except (OSError, ValueError):
        return None


def _pid_namespace() -> int | None:
    try:
        return (PROC / "self/ns/pid").stat().st_ino
    except OSError:
        return None
