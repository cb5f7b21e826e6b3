# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real sockets at which somebody listens in place of corosync, of names of the tests' own."""

import contextlib
import os
import socket

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.listener import _abstract

IS_ROOT = os.geteuid() == 0
SERVICE = f"corosync-quorum-test-{os.getpid()}"
# A user who is not root: the kernel keeps who calls listen()
STRANGER = 1 if IS_ROOT else os.geteuid()


@contextlib.contextmanager
def listening(uid=STRANGER, backlog=5, address=None):
    """A listener of this user; gives its socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(address or _abstract(SERVICE))
        if IS_ROOT:
            os.seteuid(uid)
        try:
            server.listen(backlog)
        finally:
            if IS_ROOT:
                os.seteuid(0)
        yield server
