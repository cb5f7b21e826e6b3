# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program's verb `events` on a node, read from this machine as it prints."""

import json
import os
import signal
import subprocess
import threading
import time

from patience import PATIENCE, until

from ansible_collections.corosync.quorum.plugins.plugin_utils import _program


class Followed:
    """`corosync-quorum events` on a node during a `with`, which is entered when its first line is there.

    events: the objects so far. came: when each was there (time.time()). heartbeats: how many empty lines.
    """

    def __init__(self, node, *options, ssh=False):
        self.node, self.events, self.came, self.heartbeats = node, [], [], 0
        command = [_program.LAUNCHER, "events", *options]
        self._command = [*node.ssh_args, *command] if ssh else node.inside(command)

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        until(lambda: self.events or self._process.poll() is not None)
        assert pids(self.node) or self._process.poll() is not None, "what left_behind() looks for is there"
        return self

    def __exit__(self, *dummy):
        self.kill()

    def kill(self):
        """End what runs on this machine, as an interrupted reader would; what runs on the node ends by itself."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._thread.join(PATIENCE)

    def close_stdin(self):
        self._process.stdin.close()

    def ended(self):
        """Its exit code, as soon as it has ended by itself."""
        self._process.wait(PATIENCE)
        self._thread.join(PATIENCE)
        return self._process.returncode

    def names(self, since=0):
        return [event["event"] for event in self.events[since:]]

    def wait_for(self, name, since=0, timeout=PATIENCE):
        """The first event of this name behind the first `since` ones, as soon as it is there."""
        try:
            until(lambda: name in self.names(since), timeout)
        except AssertionError:
            raise AssertionError(f"no {name}: {self.names(since)}") from None
        return next(event for event in self.events[since:] if event["event"] == name)

    def _read(self):
        for line in self._process.stdout:
            if line.strip():
                self.events.append(json.loads(line))
                self.came.append(time.time())
            else:
                self.heartbeats += 1


_PIDS = {}


def pids(node):
    """The processes of the program on a node."""
    found = node.run(["pgrep", "-f", f"{_program.LAUNCHER}|corosync.quorum.events"], check=False).stdout.split()
    _PIDS.setdefault(node.name, set()).update(found)
    return found


def left_behind(node):
    """What there is of the program on a node: processes, and buffers of connections of any of them that pids() has seen."""
    # libqb names the folder of a connection by the pids of the server and the client.
    folders = node.sh("ls /dev/shm").stdout.split()
    return pids(node) + [name for name in folders if name.startswith("qb-") and name.split("-")[2] in _PIDS[node.name]]
