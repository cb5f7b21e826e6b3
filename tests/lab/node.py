# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node of the lab: run things in it, and break it in the ways that real nodes break."""

from __future__ import annotations

import ipaddress
import json
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, overload

from . import host
from .errors import LabError
from .machine import Bind, Machine

COLLECTIONS = "/opt/collections"
COLLECTION = COLLECTIONS + "/ansible_collections/corosync/quorum"
INSIDE = {"PATH": host.SBIN, "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb"}
# They bound what hangs, and are no promise: a machine may be busy.
BOOT_TIMEOUT = 120
COROSYNC_TIMEOUT = 120
TIMEOUT = 60

# Each node has its name on this machine in a file. Commands run only where it is: the pid of a node's init may belong to another process by the time that
# nsenter looks at it, and a node's scripts remove files and kill processes as root.
MARK = "/etc/lab-node"
NOT_THERE = "lab: this is not the node "
ONLY_THERE = f"""\
{{ read -r mark <{MARK}; }} 2>/dev/null
[ "$mark" = "$0" ] || {{ echo "{NOT_THERE}$0" >&2; exit 125; }}
exec "$@"
"""

# Back to a node without faults. A frozen corosync must wake up before anything can stop it.
HEAL = """\
pkill -CONT -x corosync
rm -f /dev/shm/lab-filler
[ ! -e /run/lab-shm-size ] || mount -o remount,size="$(cat /run/lab-shm-size)" /dev/shm
rm -f /run/lab-shm-size
ip route flush type blackhole
tc qdisc del dev host0 root 2>/dev/null
true
"""


class Node:
    """One node; a lab makes them. Commands go in by nsenter (about 10 ms), not by ssh."""

    def __init__(self, machine: Machine, nodeid: int, address: ipaddress.IPv4Address, ssh_config: pathlib.Path, binds: Sequence[Bind]) -> None:
        self.machine = machine
        self.nodeid = nodeid
        self.name = machine.hostname
        self.address = str(address)
        self.ssh_config = ssh_config
        self._binds = binds

    def __repr__(self) -> str:
        return f"<Node {self.name} {self.address}>"

    # -- run things in it

    def run(
        self,
        argv: Iterable[host.Word],
        check: bool = True,
        timeout: float = TIMEOUT,
        input: str | None = None,  # pylint: disable=redefined-builtin
        user: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the node and return its CompletedProcess (text).

        A failure is a LabError unless check=False. After `timeout` seconds the command and its children
        are killed and subprocess.TimeoutExpired is raised. user: name of a user of the node, instead of root.
        """
        command = [str(word) for word in argv]
        process = subprocess.Popen(
            self.inside(command, user),
            stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            env=dict(INSIDE, **(env or {})),
            start_new_session=True,
        )
        try:
            out, err = process.communicate(input, timeout=timeout)
        except BaseException:
            _kill_group(process.pid)
            process.communicate()
            raise
        done = subprocess.CompletedProcess(command, process.returncode, out, err)
        if err.startswith(NOT_THERE):
            raise LabError(f"{self.name} has ended meanwhile, or was made by an older version of the lab (`make lab-up` makes it anew): nothing was run")
        if check and done.returncode:
            raise LabError(f"on {self.name} `{' '.join(command)}` ended with {done.returncode}: {host.end_of_output(done)}")
        return done

    def inside(self, argv: Sequence[str], user: str | None = None) -> list[str]:
        """The command of this machine that runs a command in the node, and nowhere else."""
        enter = ["nsenter", "-t", str(self._leader()), "-a", "--root", "--wd"]
        return enter + (self._setpriv(user) if user else []) + ["sh", "-c", ONLY_THERE, self.machine.unique, *argv]

    def sh(self, script: str, check: bool = True, timeout: float = TIMEOUT) -> subprocess.CompletedProcess[str]:
        """Run a shell script in the node."""
        return self.run(["sh", "-s"], check=check, timeout=timeout, input=script)

    @overload
    def python(
        self, source: str | pathlib.Path, *args: host.Word, user: str | None = None, timeout: float = TIMEOUT, parse: Literal[False] = False, check: bool = True
    ) -> subprocess.CompletedProcess[str]: ...

    @overload
    def python(
        self, source: str | pathlib.Path, *args: host.Word, user: str | None = None, timeout: float = TIMEOUT, parse: Literal[True], check: bool = True
    ) -> Any: ...  # whatever the program printed as JSON

    def python(
        self, source: str | pathlib.Path, *args: host.Word, user: str | None = None, timeout: float = TIMEOUT, parse: bool = False, check: bool = True
    ) -> Any:
        """Run Python in the node, with the collection of this checkout importable.

        source: a program as text, or a pathlib.Path of one. Returns the CompletedProcess, or with parse=True what the
        program printed as JSON. `from ansible_collections.corosync.quorum.plugins.module_utils...` works in it.
        """
        if isinstance(source, pathlib.Path):
            source = source.read_text()
        env = {"PYTHONPATH": COLLECTIONS, "PYTHONPYCACHEPREFIX": f"/var/tmp/pycache-{user or 'root'}"}
        done = self.run(["/usr/bin/python3", "-", *args], check=check, timeout=timeout, input=source, user=user, env=env)
        return json.loads(done.stdout) if parse else done

    def put(self, text: str, path: str, mode: int = 0o644) -> None:
        """Write a file in the node."""
        self.run(["sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"', "put", path, f"{mode:o}"], input=text)

    @property
    def ssh_args(self) -> list[str]:
        """The command that logs in to the node by ssh, as a list; append a command to run."""
        return ["ssh", "-F", str(self.ssh_config), self.name]

    def _setpriv(self, user: str) -> list[str]:
        for line in (self.machine.root / "etc/passwd").read_text().splitlines():
            name, _x, uid, gid = line.split(":")[:4]
            if name == user:
                return ["setpriv", "--reuid", uid, "--regid", gid, "--init-groups"]
        raise LabError(f"{self.name} has no user {user!r}")

    def _leader(self) -> int:
        leader = self.machine.leader()
        if leader is None:
            raise LabError(f"{self.name} is switched off: call boot() first")
        return leader

    # -- power

    def is_on(self) -> bool:
        """Whether the node has power."""
        return self.machine.is_on()

    def power_on(self) -> None:
        """Switch the node on, without waiting for its boot."""
        if not self.machine.is_on():
            self.machine.power_on(self._binds)

    def wait_booted(self, timeout: float = BOOT_TIMEOUT) -> None:
        """Return when the node has booted."""
        self.machine.wait_booted(time.monotonic() + timeout)

    def boot(self) -> None:
        """Switch the node on if it is off, and return when it has booted. Its disk is as it was."""
        self.power_on()
        self.wait_booted()

    def power_cut(self) -> None:
        """Pull the plug: everything in the node is gone at once, its disk stays."""
        self.machine.power_cut()

    def reboot(self, wait: bool = True) -> None:
        """Reboot in order; with wait=True return when the node is up again."""
        before = self._leader()
        self.run(["systemctl", "reboot"])
        if wait:
            deadline = time.monotonic() + BOOT_TIMEOUT
            while self.machine.leader() in (before, None):
                if time.monotonic() > deadline:
                    raise LabError(f"{self.name} did not go down for a reboot within {BOOT_TIMEOUT} s")
                time.sleep(0.05)
            self.wait_booted()

    # -- corosync

    def start_corosync(self, wait: bool = True) -> None:
        """Start corosync; with wait=True return when systemd says it runs."""
        self.run(["systemctl"] + ([] if wait else ["--no-block"]) + ["start", "corosync"], timeout=COROSYNC_TIMEOUT)

    def stop_corosync(self) -> None:
        """Stop corosync in order: the others see the node leave."""
        self.run(["systemctl", "stop", "corosync"], timeout=COROSYNC_TIMEOUT)

    def kill_corosync(self) -> None:
        """Crash corosync (SIGKILL)."""
        self.run(["systemctl", "kill", "--kill-who=all", "-s", "KILL", "corosync"])

    def freeze_corosync(self) -> None:
        """Stop the process (SIGSTOP): it is there, and answers nothing."""
        self._signal_corosync("STOP")

    def thaw_corosync(self) -> None:
        """Let a frozen corosync go on."""
        self._signal_corosync("CONT")

    def _signal_corosync(self, name: str) -> None:
        self.run(["pkill", "-" + name, "-x", "corosync"])

    def corosync_runs(self) -> bool:
        """Whether a corosync process is there."""
        return self.run(["pgrep", "-x", "corosync"], check=False).returncode == 0

    def ring_members(self) -> set[int]:
        """Nodeids that corosync's membership has here, as a set; empty when corosync does not answer."""
        try:
            answer = self.run(["corosync-cmapctl", "runtime.members."], check=False, timeout=5).stdout
        except subprocess.TimeoutExpired:
            return set()
        return {int(line.split(".")[2]) for line in answer.splitlines() if ".status " in line and line.endswith("joined")}

    # -- faults

    def block(self, addresses: Iterable[str | ipaddress.IPv4Address]) -> None:
        """Drop everything to these addresses (a list); needs no packet filter. For a real partition block on both sides."""
        batch = "".join(f"route replace blackhole {address}/32\n" for address in addresses)
        self.run(["ip", "-batch", "-"], input=batch)

    def unblock(self) -> None:
        """Undo block()."""
        self.run(["ip", "route", "flush", "type", "blackhole"], check=False)

    def delay_link(self, delay: str, *more: str) -> None:
        """Hold back what the node sends, such as delay_link("200ms") or delay_link("50ms", "loss", "5%") (tc netem).

        Raises LabError where the machine's kernel has no netem; slow_link() works everywhere.
        """
        shaped = self.run(["tc", "qdisc", "replace", "dev", "host0", "root", "netem", "delay", delay] + list(more), check=False)
        if shaped.returncode:
            raise LabError(f"the link of {self.name} cannot be delayed, as this machine's kernel has no netem (sch_netem): {host.end_of_output(shaped)}")

    def slow_link(self, rate: str) -> None:
        """Let the node send no more than `rate`, such as "64kbit"; what does not fit waits up to 2 s, then is lost (tc tbf)."""
        self.run(["tc", "qdisc", "replace", "dev", "host0", "root", "tbf", "rate", rate, "burst", "2kb", "latency", "2s"])

    def normal_link(self) -> None:
        """Undo delay_link() and slow_link()."""
        self.run(["tc", "qdisc", "del", "dev", "host0", "root"], check=False)

    def fill_dev_shm(self) -> None:
        """Leave not one free block in /dev/shm: corosync can make no new connection."""
        self.sh(
            "set -e\n[ -e /run/lab-shm-size ] || df --output=size -B1 /dev/shm | tail -n1 | tr -d ' ' >/run/lab-shm-size\n"
            "used=$(df --output=used -k /dev/shm | tail -n1)\nmount -o remount,size=$((used + 64))k /dev/shm\n"
            "dd if=/dev/zero of=/dev/shm/lab-filler bs=4k 2>/dev/null || true\n"
        )

    def free_dev_shm(self) -> None:
        """Undo fill_dev_shm()."""
        self.sh('rm -f /dev/shm/lab-filler\nmount -o remount,size="$(cat /run/lab-shm-size)" /dev/shm\nrm -f /run/lab-shm-size\n')

    def heal(self) -> None:
        """Undo every fault of this node but what happened to corosync's process; a node that is off is booted."""
        self.boot()
        self.sh(HEAL)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
