# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs while the cluster has its faults: the events of all nodes are followed, there are waits and watches, and memory is read."""

import json
import pathlib
import signal
import subprocess
import sys
import threading
import time

from looking import PYTHON
from playing import Play, wait

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.plugin_utils import _program

from .checks import PROGRAMS, SOURCE, Told, Waited

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
# Arguments of the event source. It gives up a connection to a node without power as soon as the followers do.
SOURCE_ARGUMENTS = {"timeout": 5, "delay": 0.5, "max_delay": 2}


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
    """Follows the events of a node by ssh with the program that is installed there: again when the connection has ended. told: what came of it."""

    def __init__(self, node):
        super().__init__()
        self.node, self.told = node, Told("the program", node.name, [], [])
        self._process = None

    def step(self):
        command = [*self.node.ssh_args[:1], *SSH, *self.node.ssh_args[1:], _program.LAUNCHER, "events", "--until-stdin-ends"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self._process.stdout:
            if line.endswith("}\n"):
                event = json.loads(line)
                self.told.events.append((seconds_of(event["at"]), event))
        self._process.wait()
        self.told.breaks.append(time.time())
        self.ending.wait(0.5)

    def stop(self):
        """End the connection as somebody does who goes away."""
        self.ending.set()
        if self._process is not None:
            self._process.kill()
        super().stop()


class Source(Worker):
    """The event source, which follows all nodes, in a process of its own. events: all that it has put into its queue. said: what it complained of."""

    def __init__(self, nodes):
        super().__init__()
        ssh_args = ["-F", str(nodes[0].ssh_config), *SSH[2:]]
        arguments = dict(SOURCE_ARGUMENTS, hosts=[node.name for node in nodes], ssh_args=ssh_args)
        self.events, self.said = [], ""
        self.process = subprocess.Popen(
            [sys.executable, str(pathlib.Path(__file__).with_name("source.py")), json.dumps(arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def step(self):
        complaints = threading.Thread(target=self._read_complaints, daemon=True)
        complaints.start()
        for line in self.process.stdout:
            self.events.append(json.loads(line))
        code = self.process.wait()
        complaints.join(10)
        if not self.ending.is_set() or code:
            raise RuntimeError(f"it has ended with {code}: {self.said[-2000:]}")
        if "Traceback" in self.said or "Warning" in self.said:
            raise RuntimeError(self.said[-2000:])

    def _read_complaints(self):
        for line in self.process.stderr:
            self.said += line

    def stop(self):
        """End it as ansible-rulebook is ended."""
        self.ending.set()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        super().stop()
        if self.process.poll() is None:
            self.process.kill()


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
                read_at = seconds_of(result.result["votequorum"]["read_at"])
                self.succeeded.append(Waited(node.name, read_at, result.at, quorate, tuple(members)))
            else:
                self.failed += 1


class Memory(Worker):
    """Reads the memory of what runs on the nodes, and of the event source. readings: name of a process -> [(time, KiB)]. pids: by node, of all seen."""

    def __init__(self, nodes, source):
        super().__init__()
        self._nodes, self._source = nodes, source
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
                    self._note(f"{node.name}: {name}", size)
                    self.pids[node.name].add(name.split()[-3])
        own = _anonymous(self._source.process.pid)
        if own:
            self._note(f"{SOURCE} on this machine", own)
        self.ending.wait(EVERY)

    def _note(self, name, size):
        self.readings.setdefault(name, []).append((time.time(), size))


def _anonymous(pid):
    """KiB of a process of this machine, 0 where it is not there."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))
