# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One running corosync-vqsim: commands in, what every simulated daemon last announced out.

The simulator reads commands from a pipe only, refuses all but very short paths to its configuration, and says a command is done
as soon as ring numbers look alike, which may be before the ring has changed at all. So it runs in the configuration's folder,
and after every command the caller says which ring every node must reach; `show` is asked until it has.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import tempfile
import time
import typing as t

COMMAND = "corosync-vqsim"
PARTITIONS = 16
_STATE = re.compile(r"^(\d+):(\d+): q=(\d) ring=\[[0-9a-f]+\.([0-9a-f]+)\] nodes=\[([\d ]*)\]$")


class SimulatorError(Exception):
    """The simulator did something that no rule of it explains; the sequence says nothing."""


class Seen(t.NamedTuple):
    partition: int
    quorate: bool
    sequence: int
    members: frozenset[int]


class Simulator:
    """A context manager around one process; the nodes of `config` are started in partition 0."""

    def __init__(self, config: str, nodes: t.Sequence[int]) -> None:
        self._config = config
        self.partitions: dict[int, set[int]] = {number: set() for number in range(PARTITIONS)}
        self.partitions[0] = set(nodes)
        self.registered: set[int] = set()  # nodes whose quorum device was ever started
        self._sequence = dict.fromkeys(range(PARTITIONS), 0)
        self._sequence[0] = 4 * len(nodes)

    def __enter__(self) -> Simulator:
        self._folder = tempfile.mkdtemp(prefix="vqsim-")
        with open(os.path.join(self._folder, "c"), "w", encoding="utf-8") as file:
            file.write(self._config)
        # Without a terminal's width, readline would fold long commands and repeat them oddly.
        environment = dict(os.environ, COLUMNS="4000", TERM="dumb", LC_ALL="C")
        self._errors = open(os.path.join(self._folder, "errors"), "wb+")
        self._process = subprocess.Popen(
            [COMMAND, "-c", "c"], cwd=self._folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
        )
        self._buffer = b""
        return self

    def __exit__(self, *dummy: object) -> None:
        try:
            self._write("exit")
            self._process.stdin.close()
            self._process.wait(timeout=5)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def errors(self) -> str:
        """What the simulator said on its standard error, to explain a failure."""
        self._errors.seek(0)
        return self._errors.read(20000).decode("utf-8", "replace")

    # -- commands ----------------------------------------------------------------------------------------------------------

    def down(self, node: int) -> None:
        partition = self._partition_of(node)
        self.partitions[partition].discard(node)
        self.registered.discard(node)
        self._sequence[partition] += 4
        self._write(f"down {node}")

    def up(self, node: int, partition: int) -> None:
        self.partitions[partition].add(node)
        self._sequence[partition] += 4
        self._write(f"up {partition}:{node}")

    def split(self, partition: int, nodes: t.Collection[int]) -> None:
        """Move nodes into a partition. Every partition forms a new ring, whether it changed or not."""
        for node in nodes:
            self.partitions[self._partition_of(node)].discard(node)
            self.partitions[partition].add(node)
        self._everybody_forms_a_ring()
        self._write(f"split {partition}:{','.join(map(str, sorted(nodes)))}")

    def join(self, into: int, other: int) -> None:
        self.partitions[into] |= self.partitions[other]
        self.partitions[other] = set()
        self._everybody_forms_a_ring()
        self._write(f"join {into} {other}")

    def qdevice(self, on: bool, nodes: t.Collection[int]) -> None:
        """Start or stop the simulated quorum device of nodes. Every partition synchronises once more, on the same ring."""
        if on:
            self.registered |= set(nodes)
        self._write(f"qdevice {'on' if on else 'off'} {','.join(map(str, sorted(nodes)))}")

    # -- what it shows -----------------------------------------------------------------------------------------------------

    def settled(self, deadline: float = 2.0) -> dict[int, Seen]:
        """All nodes as last announced, once each has announced the ring that the commands given so far lead to."""
        end = time.monotonic() + deadline
        while True:
            seen = self.show()
            if self._is_where_it_should_be(seen):
                time.sleep(0.004)  # a daemon announces its ring before it has heard the last message of it
                return self.show()
            if time.monotonic() > end:
                raise SimulatorError(f"not settled in {deadline} s: wanted {self.partitions}, seen {seen}\n{self.errors()}")
            time.sleep(0.003)

    def show(self) -> dict[int, Seen]:
        self._write("show")
        states: dict[int, Seen] = {}
        collecting = False
        for line in self._lines():
            if line.endswith("vqsim> show"):
                collecting, states = True, {}
            elif collecting and line.startswith("#autofence"):
                return states
            elif collecting:
                match = _STATE.match(line)
                if match:
                    partition, node, quorate, sequence, members = match.groups()
                    states[int(node)] = Seen(int(partition), quorate == "1", int(sequence, 16), frozenset(map(int, members.split())))
        raise SimulatorError(f"the simulator ended: {self.errors()}")

    # -- inside ------------------------------------------------------------------------------------------------------------

    def _is_where_it_should_be(self, seen: dict[int, Seen]) -> bool:
        return set(seen) == set().union(*self.partitions.values()) and all(
            state.sequence == self._sequence[state.partition] and state.members == self.partitions[state.partition] and node in state.members
            for node, state in seen.items()
        )

    def _partition_of(self, node: int) -> int:
        return next(number for number, nodes in self.partitions.items() if node in nodes)

    def _everybody_forms_a_ring(self) -> None:
        for partition in self._sequence:
            self._sequence[partition] += 4

    def _write(self, command: str) -> None:
        try:
            self._process.stdin.write(command.encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise SimulatorError(f'the simulator does not take "{command}": {error}\n{self.errors()}') from error

    def _lines(self) -> t.Iterator[str]:
        end = time.monotonic() + 5
        while True:
            while b"\n" in self._buffer:
                line, self._buffer = self._buffer.split(b"\n", 1)
                yield line.decode("utf-8", "replace").rstrip("\r")
            if not select.select([self._process.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
                raise SimulatorError(f"the simulator is silent\n{self.errors()}")
            data = os.read(self._process.stdout.fileno(), 65536)
            if not data:
                return
            self._buffer += data
