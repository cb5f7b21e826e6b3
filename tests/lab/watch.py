# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorder of quorum on every node: a C program that shares no code with the collection and logs what corosync reports.

It continues when corosync restarts and when the node does. c/watch.c documents its log.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import time
from collections.abc import Iterable
from typing import NamedTuple

from . import host
from .errors import LabError
from .node import Node
from .parallel import each

SOURCE = pathlib.Path(__file__).with_name("c") / "watch.c"
PROGRAM = "/opt/lab-watch/watch"
RECORD = "/var/log/lab-watch.log"
UNIT = "/etc/systemd/system/lab-watch.service"
START_TIMEOUT = 60
UNIT_TEXT = f"""\
[Unit]
Description=Record of quorum for the tests
Before=corosync.service

[Service]
ExecStart={PROGRAM} {RECORD}

[Install]
WantedBy=multi-user.target
"""


class Event(NamedTuple):
    """A line of a node's record."""

    at: float  # seconds since the epoch, the same clock on all nodes
    node: str
    what: str  # a word of c/watch.c
    members: list[int]  # their nodeids


class Loss(NamedTuple):
    """A loss of quorum."""

    node: str
    at: float
    until: float | None  # when the node was quorate again, or its corosync ended; None: neither so far


class Watch:
    """The recorders on some nodes. Cluster.watch() makes one; the next Lab.cluster() removes it."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = list(nodes)

    def start(self) -> Watch:
        """Begin to record on all nodes; returns when each has its first lines (of a running corosync: whether it is quorate)."""
        programs = {image: compiled(image, self.nodes[0].ssh_config.with_name("watch")) for image in {node.machine.image for node in self.nodes}}
        each(self.nodes, lambda node: _start(node, programs[node.machine.image]))
        return self

    def events(self) -> list[Event]:
        """Everything recorded so far, in the order of time. LabError when a recorder has ended on a node that is on."""
        found: list[Event] = []
        for node in self.nodes:
            if node.is_on() and node.run(["systemctl", "is-active", "lab-watch"], check=False).returncode:
                raise LabError(f"the recorder on {node.name} has ended, so its record has a gap: see `systemctl status lab-watch` there")
            found += parse(node.name, pathlib.Path(str(node.machine.root) + RECORD).read_text())
        return sorted(found, key=lambda event: event.at)

    def losses(self) -> list[Loss]:
        """Every moment at which a node that was quorate became inquorate while its corosync went on running."""
        return losses(self.events())


def _start(node: Node, program: pathlib.Path) -> None:
    place = pathlib.Path(str(node.machine.root) + PROGRAM)
    place.parent.mkdir(exist_ok=True)
    shutil.copy(program, place)
    node.put(UNIT_TEXT, UNIT)
    runs = node.corosync_runs()
    node.run(["systemctl", "enable", "--now", "--quiet", "lab-watch"])
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        text = node.run(["cat", RECORD], check=False).stdout
        if "watching" in text and (not runs or "quorate" in text or "waiting" in text):
            return
        if time.monotonic() > deadline:
            raise LabError(f"the recorder on {node.name} has logged nothing of corosync after {START_TIMEOUT} s; it wrote: {text or 'nothing'}")
        time.sleep(0.02)


def compiled(image: str, target: pathlib.Path) -> pathlib.Path:
    """Compile the program for nodes of this image, with their own libraries: this machine's C library may be newer than theirs."""
    base = pathlib.Path(image.split(":")[-1])
    libraries = [found for name in ("libvotequorum.so.8", "libc.so.6") for found in base.glob("lib/*/" + name)]
    command: list[str | pathlib.Path] = ["cc", "-O2", "-Wall", "-Wextra", "-nodefaultlibs", "-Wl,--allow-shlib-undefined", "-o", target, SOURCE, *libraries]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False) if shutil.which("cc") else None
    if done is None or done.returncode:
        why = host.end_of_output(done) if done else "there is no cc"
        raise LabError(f"{SOURCE.name} does not compile (gcc, libc6-dev and libvotequorum-dev are needed): {why}")
    return target


def parse(node: str, text: str) -> list[Event]:
    """The events in a node's record."""
    events = []
    for line in text.splitlines():
        at, what, rest = (line + "  ").split(" ", 2)
        members = [int(word) for word in rest.strip().split(",") if word] if what in ("quorate", "inquorate", "waiting") else []
        events.append(Event(float(at), node, what, members))
    return events


def losses(events: Iterable[Event]) -> list[Loss]:
    """The losses in events that are in the order of time. A corosync that has never been quorate can lose nothing, nor one that ends."""
    quorate: set[str] = set()
    found: list[Loss] = []
    for event in events:
        if event.what in ("quorate", "started"):
            _end_losses(found, event)
            (quorate.add if event.what == "quorate" else quorate.discard)(event.node)
        elif event.what == "inquorate" and event.node in quorate:
            quorate.discard(event.node)
            found.append(Loss(event.node, event.at, None))
    return found


def _end_losses(found: list[Loss], event: Event) -> None:
    for number, loss in enumerate(found):
        if loss.node == event.node and loss.until is None:
            found[number] = loss._replace(until=event.at)
