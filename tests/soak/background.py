# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs while the cluster has its faults: the events of all nodes are followed, there are waits and watches, and memory is read."""

import json
import subprocess
import threading
import time

from looking import PYTHON
from playing import Play, wait

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.plugin_utils import _program

from .checks import PROGRAMS, Waited

# A connection to a node without power is given up so soon.
SSH = ["-o", "ConnectTimeout=3", "-o", "ServerAliveInterval=2", "-o", "ServerAliveCountMax=2"]
# Anonymous memory of the processes of the collection on a node, in KiB, by pid and when the process began. This program has their names in it, too.
MEMORY = f"""
import json, os, pathlib
NAMES = {PROGRAMS!r}
"""
MEMORY += """
found = {}
for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        words = (process / "cmdline").read_bytes().split(b"\\0")
        text = b" ".join(words)
        what = next((name for name in NAMES if name.encode() in text), None)
        if what is None or not words[0].endswith(b"python3") or process.name == os.readlink("/proc/self"):
            continue
        begun = (process / "stat").read_text().rpartition(")")[2].split()[19]
        lines = (process / "smaps_rollup").read_text().splitlines()
        found["%s, process %s of %s" % (what, process.name, begun)] = next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))
    except (OSError, StopIteration):
        pass
print(json.dumps(found))
"""
EVERY = 5.0


class Worker(threading.Thread):
    """Does step() again and again until stop(). trouble: what it died of, which is a finding."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ending = threading.Event()
        self.trouble = None

    def run(self):
        try:
            while not self.ending.is_set():
                self.step()
        except Exception as exc:  # pylint: disable=broad-exception-caught
            self.trouble = exc

    def stop(self):
        self.ending.set()
        self.join(120)


class Follower(Worker):
    """Follows the events of a node by ssh, as the event source does: again when the connection has ended.

    events: (time, object) each. breaks: when connections ended. late: events whose time is before that of the one before it in the same connection.
    """

    def __init__(self, node):
        super().__init__()
        self.node, self.events, self.breaks, self.late = node, [], [], 0
        self._process = None

    def step(self):
        command = [*self.node.ssh_args[:1], *SSH, *self.node.ssh_args[1:], _program.LAUNCHER, "events", "--until-stdin-ends"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        before = 0.0
        for line in self._process.stdout:
            if not line.endswith("}\n"):
                continue
            event = json.loads(line)
            moment = seconds_of(event["at"])
            self.late += moment < before
            before = moment
            self.events.append((moment, event))
        self._process.wait()
        self.breaks.append(time.time())
        self.ending.wait(0.5)

    def stop(self):
        """End the connection as somebody does who goes away."""
        self.ending.set()
        if self._process is not None:
            self._process.kill()
        super().stop()


class Waits(Worker):
    """Real plays with random waits, one after the other. succeeded: those that did. failed: how many did not, which is no finding."""

    def __init__(self, lab, nodes, dice):
        super().__init__()
        self._lab, self._nodes, self._dice = lab, nodes, dice
        self.succeeded, self.failed = [], 0

    def step(self):
        node = self._dice.choice(self._nodes)
        quorate = self._dice.random() < 0.8
        members = self._dice.sample([one.nodeid for one in self._nodes], self._dice.choice([0, 2, 4])) if quorate else []
        options = dict({"quorate": quorate, "timeout": self._dice.choice([5, 15]), "connect_timeout": 2}, **({"members": members} if members else {}))
        with Play(self._lab, [wait(**options)], hosts=node.name) as play:
            results = play.end()
        for result in results:
            if result.status == "ok":
                self.succeeded.append(Waited(node.name, result.at, quorate, tuple(members)))
            else:
                self.failed += 1


class Memory(Worker):
    """Reads the memory of what runs on the nodes. readings: name of a process -> [(time, KiB)]. pids: by node, of all that were seen."""

    def __init__(self, nodes):
        super().__init__()
        self._nodes = nodes
        self.readings, self.pids = {}, {node.name: set() for node in nodes}

    def step(self):
        for node in self._nodes:
            done = None
            try:
                done = node.run([PYTHON, "-c", MEMORY], check=False, timeout=20)
            except Exception:  # pylint: disable=broad-exception-caught
                continue  # it has no power now
            if done.returncode == 0:
                for name, size in json.loads(done.stdout).items():
                    self.readings.setdefault(f"{node.name}: {name}", []).append((time.time(), size))
                    self.pids[node.name].add(name.split()[-3])
        self.ending.wait(EVERY)
