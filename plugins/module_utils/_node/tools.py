# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Run corosync's own tools as root, but only where root listens on the sockets that they use.

The tools connect with libqb, which does not look who listens, and opens and removes the files that the other side names. While corosync is down, any
user of the node may listen in its place (_corosync/listener.py has the details). What needs no tool is asked with this collection's own binding, which
looks by itself.
"""

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DeadlineExceeded
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.listener import QueueFull, refuse_stranger

CFGTOOL, CMAPCTL = "corosync-cfgtool", "corosync-cmapctl"
# The services of corosync that a tool may connect to, whatever its arguments are
SERVICES = {CFGTOOL: ("cfg", "cmap"), CMAPCTL: ("cmap",)}
VERSION = "totem.config_version"
# How long corosync may take up no connection, and the pause between two looks. Seconds.
PATIENCE = 5.0
PAUSE = 0.1
# How long a reload that another node has begun may take to come to this one. Seconds.
ON_ITS_WAY = 1.0


class Said(t.NamedTuple):
    rc: int
    stdout: str
    stderr: str


# Runs a program with its arguments, as AnsibleModule.run_command() does
Execute = t.Callable[[t.List[str]], t.Tuple[int, str, str]]


def run(argv: t.Sequence[str], execute: Execute) -> Said:
    """What the tool said. Raises QuorumError, such as NotTrusted, where it was not run."""
    for service in SERVICES[argv[0]]:
        _refuse_stranger(service)
    # The tool connects once more. So a user may still come in between, but only if corosync ends in these few milliseconds.
    rc, stdout, stderr = execute(list(argv))
    return Said(rc, stdout.rstrip("\r\n"), stderr.rstrip("\r\n"))


def reload_unless_loaded(version: str, execute: Execute) -> Said:
    """Make corosync load its file, unless it has loaded this config_version already or does so right now. Returns what it has loaded then.

    Raises QuorumError.
    """
    if not _has_loaded(version, execute):
        time.sleep(ON_ITS_WAY)
        if not _has_loaded(version, execute) and run([CFGTOOL, "-R"], execute).rc != 0:
            time.sleep(ON_ITS_WAY)
    return run([CMAPCTL, VERSION], execute)


def _has_loaded(version: str, execute: Execute) -> bool:
    return run([CMAPCTL, "-g", VERSION], execute).stdout.endswith(f" = {version}")


def _refuse_stranger(service: str) -> None:
    deadline = Deadline(PATIENCE)
    while True:
        try:
            return refuse_stranger(service)
        except QueueFull:
            if deadline.expired():
                raise DeadlineExceeded(
                    f"Whatever listens on corosync's socket {service} on this node took up no connection within {PATIENCE:g} s, so nobody knows whether it is "
                    "corosync, and nothing was sent to it: see whether corosync is stopped or overloaded (systemctl status corosync)."
                )
            time.sleep(PAUSE)
