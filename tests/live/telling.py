# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that the role `cluster` makes a cluster of, play by play, for tests that are one story: each goes on where the one before it ended.

What counts for quorum is what corosync itself wrote into its log.
"""

import json
import signal
import typing as t

from docs.examples import Example
from lab.cluster import Cluster, reset
from playing import Play

ROLE = "corosync.quorum.cluster"
LOST = "within the non-primary component"
LOCK = "/var/lib/corosync-quorum/lock"
OTHER = {"run_id": "f" * 16, "user": "alice"}


class Ended(t.NamedTuple):
    results: list
    code: int
    output: str


class Story:
    """Nodes without a cluster, and plays on the first so many of them."""

    def __init__(self, lab, folder):
        self.lab, self.folder = lab, folder
        self.nodes = lab.nodes[:4]
        reset(lab.nodes)
        for node in self.nodes:
            node.run(["journalctl", "--rotate", "--vacuum-time=1s"], check=False)

    def play(self, what, hosts=3, arguments=(), unreachable=(), until=None, after=(), again=None):
        """Run an Example, or the role with these variables and tasks after it, to its end; or kill the controller's processes when they say something.

        again: variables of the role in a second play of the same run.
        """
        whole = {"hosts": "cluster", "gather_facts": False, "tasks": [*after]}
        plays = (
            what.data
            if isinstance(what, Example)
            else [dict(whole, roles=[dict(variables, role=ROLE)]) for variables in (what, again) if variables is not None]
        )
        book = self.folder / "book.json"
        book.write_text(json.dumps(plays), encoding="utf-8")
        names = [node.name for node in self.nodes[:hosts]] + list(unreachable)
        inventory = self.folder / "group.json"
        inventory.write_text(
            json.dumps({"cluster": {"hosts": {name: {"ansible_host": "127.255.255.1", "ansible_port": 1} if name in unreachable else {} for name in names}}}),
            encoding="utf-8",
        )
        more = ["-i", str(self.lab.inventory), "-i", str(inventory), "--forks", "8", "-e", "cluster_stable_for=0.5", *arguments]
        with Play(self.lab, book, arguments=more) as play:
            if until:
                play.until(until, timeout=240)
                play.signal(signal.SIGKILL)
                return None
            ended = Ended(play.end(240), play.process.returncode, play.output)
        locks = [node.sh(f"cat {LOCK} 2>/dev/null; true").stdout for node in self.nodes]
        assert all(OTHER["run_id"] in lock for lock in locks if lock), f"the lock was not given back: {locks}"
        return ended

    def files(self):
        """What each node has, and the process that runs there."""
        look = "md5sum /etc/corosync/* 2>&1; stat -c %a /etc/corosync/authkey 2>&1; pgrep -x corosync; corosync-quorumtool -s | grep 'Ring ID\\|Expected'; true"
        return [node.sh(look).stdout for node in self.nodes]

    def keys(self, hosts=3):
        """The key of each node, with its mode."""
        return [node.sh("stat -c %a /etc/corosync/authkey; base64 -w0 /etc/corosync/authkey").stdout for node in self.nodes[:hosts]]

    def comes_back(self, number):
        """Restart corosync on a node: it finds the others only with the key that they have in their memory."""
        node = self.nodes[number - 1]
        node.stop_corosync()
        node.start_corosync()
        Cluster(self.nodes[:3], conf=None).wait_ring()

    def corosync(self):
        """The process ids of corosync, None where it does not run."""
        return [int(node.run(["pgrep", "-x", "corosync"], check=False).stdout or 0) or None for node in self.nodes]

    def never_lost(self, hosts=3):
        """Whether no corosync of these has ever written that it lost quorum."""
        return all(LOST not in node.run(["journalctl", "-u", "corosync", "-o", "cat", "--no-pager"]).stdout for node in self.nodes[:hosts])

    def says(self, node, key):
        """A line of corosync-quorumtool."""
        lines = self.nodes[node - 1].run(["corosync-quorumtool", "-s"], check=False).stdout.splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(key))


def changed(play, task=""):
    return sorted({result.host for result in play.results if result.result.get("changed") and result.task.endswith(task)})


def notes(play):
    """What the role has said beside its plan."""
    return next(result.result["msg"]["notes"] for result in play.results if result.task.endswith(" : Show the plan"))


def ended_well(play):
    assert play.code == 0, play.output
    return play


def refused(play, *words):
    assert play.code != 0, play.output
    messages = " ".join(result.result.get("msg", "") for result in play.results if result.status == "failed")
    assert all(word in messages for word in words), messages or play.output
