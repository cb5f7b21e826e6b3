# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All daemons of a simulated cluster, stepped with the collection's own arithmetic in the order of corosync-vqsim.

The simulator is not corosync in one respect: a daemon announces the result right after it has spoken, before it has heard the
others (vqsim_vq_engine.c, sync_dispatch_fn), while corosync waits until all have spoken and been heard. And when each daemon's
turn comes is up to a 10 ms timer in each of its processes: the order differs from run to run. An `Order` is one such order.
"""

from __future__ import annotations

import random
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import Daemon, Nodeinfo

from .configuration import Configuration
from .scenario import Event

World = dict[int, dict[int, Daemon]]  # partition -> node id -> daemon


class Order:
    """In which order daemons speak, and how many messages each has heard by then: all together, unless a subclass says else."""

    def of(self, nodes: t.Iterable[int]) -> list[int]:
        return sorted(nodes)

    def heard_before_speaking(self, spoken: int) -> int:
        return 0


class OneByOne(Order):
    def __init__(self, descending: bool) -> None:
        self._descending = descending

    def of(self, nodes: t.Iterable[int]) -> list[int]:
        return sorted(nodes, reverse=self._descending)

    def heard_before_speaking(self, spoken: int) -> int:
        return spoken


class AnyOrder(Order):
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def of(self, nodes: t.Iterable[int]) -> list[int]:
        shuffled = sorted(nodes)
        self._random.shuffle(shuffled)
        return shuffled

    def heard_before_speaking(self, spoken: int) -> int:
        return self._random.randint(0, spoken)


def booted(configuration: Configuration, order: Order) -> World:
    """All nodes started at once in partition 0."""
    daemons, said = {}, []
    for nodeid in configuration.votes:
        daemon = configuration.daemon(nodeid)
        said.append(arithmetic.nodeinfo(daemon))
        daemons[nodeid] = arithmetic.ring_changed(daemon, frozenset([nodeid]))
    return {0: _synchronised(daemons, frozenset(daemons), order, said)}


def stepped(world: World, configuration: Configuration, event: Event, order: Order) -> World:
    """What one event makes of the world. Events name what exists: a scenario is made so."""
    world = {number: dict(daemons) for number, daemons in world.items()}
    if event.kind == "down":
        number = _partition_of(world, event.nodes[0])
        del world[number][event.nodes[0]]
        return _ring_in(world, number, order)
    if event.kind == "up":
        nodeid = event.nodes[0]
        daemon = configuration.daemon(nodeid)
        said = [arithmetic.nodeinfo(daemon)]
        world.setdefault(event.partition, {})[nodeid] = arithmetic.ring_changed(daemon, frozenset([nodeid]))
        return _ring_in(world, event.partition, order, said)
    if event.kind == "split":
        for nodeid in event.nodes:
            daemon = world[_partition_of(world, nodeid)].pop(nodeid)
            world.setdefault(event.partition, {})[nodeid] = daemon
        return _ring_everywhere(world, order)
    if event.kind == "join":
        world.setdefault(event.partition, {}).update(world.pop(event.other, {}))
        return _ring_everywhere(world, order)
    if event.kind == "qdevice_on":
        known = [nodeid for nodeid in event.nodes if _is_registered(_daemon(world, nodeid))]
        if known:
            world = _device_stops(world, known, order)  # the simulator starts a device again only after it was stopped
        for nodeid in set(event.nodes) - set(known):
            world = _says(world, nodeid, arithmetic.qdevice_registered)
        world = _ring_everywhere(world, order, silent=frozenset())
        for nodeid in event.nodes:
            world = _says(world, nodeid, lambda daemon: arithmetic.qdevice_polled(daemon, True))
        return world
    if event.kind == "qdevice_off":
        known = [nodeid for nodeid in event.nodes if _is_registered(_daemon(world, nodeid))]
        return _device_stops(world, known, order)
    raise ValueError(f"unknown event {event}")


def windows_elapsed(world: World) -> World:
    return {number: {nodeid: arithmetic.window_elapsed(daemon) for nodeid, daemon in daemons.items()} for number, daemons in world.items()}


def fingerprint(world: World) -> t.Hashable:
    """Equal for worlds that no future can tell apart."""
    return frozenset(
        (number, daemon._replace(nodes=tuple(sorted(daemon.nodes.items())), rule="")) for number, daemons in world.items() for daemon in daemons.values()
    )


def quorate(world: World) -> dict[int, bool]:
    return {nodeid: daemon.quorate for daemons in world.values() for nodeid, daemon in daemons.items()}


def _partition_of(world: World, nodeid: int) -> int:
    return next(number for number, daemons in world.items() if nodeid in daemons)


def _daemon(world: World, nodeid: int) -> Daemon:
    return world[_partition_of(world, nodeid)][nodeid]


def _is_registered(daemon: Daemon) -> bool:
    return bool(daemon.nodes[daemon.us].flags & arithmetic.QDEVICE_REGISTERED)


def is_alive(daemon: Daemon) -> bool:
    return _is_registered(daemon) and bool(daemon.nodes[daemon.us].flags & arithmetic.QDEVICE_ALIVE)


def _device_stops(world: World, nodes: t.Collection[int], order: Order) -> World:
    """Its last sign of life says "no vote"; then everybody synchronises once more, and the daemon waits for the next, which does not come."""
    for nodeid in nodes:
        world = _says(world, nodeid, lambda daemon: arithmetic.qdevice_polled(daemon, False))
    return _ring_everywhere(world, order, silent=frozenset(nodes))


def _ring_everywhere(world: World, order: Order, silent: frozenset[int] | None = None) -> World:
    for number in world:
        world = _ring_in(world, number, order, silent=silent)
    return world


def _ring_in(world: World, number: int, order: Order, said: t.Sequence[Nodeinfo] = (), silent: frozenset[int] | None = None) -> World:
    daemons = world[number]
    return {**world, number: _synchronised(daemons, frozenset(daemons), order, list(said), silent)}


def _synchronised(
    daemons: dict[int, Daemon], members: frozenset[int], order: Order, said: list[Nodeinfo], silent: frozenset[int] | None = None
) -> dict[int, Daemon]:
    """A ring forms.

    :param said: what was said before and is heard on this ring.
    :param silent: nodes whose quorum device gives no sign of life for this ring; None: no device does, since on a new ring the
        simulator's devices go on to poll for the old one.
    """
    daemons = {nodeid: arithmetic.ring_changed(daemon, members) for nodeid, daemon in daemons.items()}
    waiting = [nodeid for nodeid, daemon in daemons.items() if is_alive(daemon)]
    heard = dict.fromkeys(daemons, 0)
    for spoken, nodeid in enumerate(order.of(daemons)):
        heard[nodeid] = len(said) - spoken + order.heard_before_speaking(spoken)
        for info in said[: heard[nodeid]]:
            daemons[nodeid] = arithmetic.heard(daemons[nodeid], info)
        said.append(arithmetic.nodeinfo(daemons[nodeid]))
        if nodeid not in waiting:
            daemons[nodeid] = arithmetic.synchronised(daemons[nodeid])
    for nodeid in daemons:
        for info in said[heard[nodeid] :]:
            daemons[nodeid] = arithmetic.heard(daemons[nodeid], info)
    for nodeid in order.of(waiting):
        if silent is None or nodeid in silent:
            daemons = _told_all(daemons, nodeid, arithmetic.qdevice_lost)
        daemons[nodeid] = arithmetic.synchronised(daemons[nodeid])
    return daemons


def _says(world: World, nodeid: int, change: t.Callable[[Daemon], Daemon]) -> World:
    number = _partition_of(world, nodeid)
    return {**world, number: _told_all(world[number], nodeid, change)}


def _told_all(daemons: dict[int, Daemon], nodeid: int, change: t.Callable[[Daemon], Daemon]) -> dict[int, Daemon]:
    speaker = change(daemons[nodeid])
    if speaker == daemons[nodeid]:
        return daemons
    info = arithmetic.nodeinfo(speaker)
    return {other: arithmetic.heard(daemon, info) for other, daemon in {**daemons, nodeid: speaker}.items()}
