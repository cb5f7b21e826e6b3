# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One scenario in the simulator and in the model, compared after every event.

First one order of messages is tried. If that does not give what was seen, every world is followed that some order could have
led to and that still agrees with all that was seen. Only when none is left do the two disagree.
"""

from __future__ import annotations

import time
import typing as t

from . import model
from .configuration import Configuration
from .scenario import SHORT_WINDOW, Event, Scenario
from .simulator import Simulator, SimulatorError

ATTEMPTS = 3  # a disagreement has to show in each of so many runs
MOST_WORLDS = 64
ORDERS: tuple[model.Order, ...] = (model.Order(), model.OneByOne(False), model.OneByOne(True)) + tuple(map(model.AnyOrder, range(13)))


class Observed(t.NamedTuple):
    quorate: dict[int, bool]
    window: str  # what became of last_man_standing's window: elapsed, open, or unsure where the machine was too slow to say


class Outcome(t.NamedTuple):
    kind: str  # agreed, reordered (agreed in another order of messages) or disagreed
    event: int = -1  # disagreed: after which event, -1 is the start
    seen: tuple[Observed, ...] = ()
    explanation: str = ""


def compared(scenario: Scenario) -> Outcome:
    outcome = Outcome("disagreed", explanation="never run")
    for _dummy in range(ATTEMPTS):
        try:
            seen = observed(scenario)
        except SimulatorError as error:
            outcome = Outcome("disagreed", explanation=str(error))
            continue
        outcome = judged(scenario, seen)
        if outcome.kind != "disagreed":
            break
    return outcome


def observed(scenario: Scenario) -> tuple[Observed, ...]:
    """What the simulator announces at the start and after every event."""
    configuration = scenario.configuration
    seen = []
    with Simulator(configuration.text(), list(configuration.votes)) as simulator:
        simulator.settled()
        time.sleep(0.012)  # timers of the rings that formed while the nodes were started
        opened = time.monotonic()
        for event in (None,) + scenario.events:
            if event is not None:
                _perform(simulator, configuration, event)
            states = simulator.settled()
            window = "open"
            if event is not None and event.pause:
                time.sleep(SHORT_WINDOW / 1000 + 0.04)
                states, window = simulator.settled(), "elapsed"
            elif configuration.last_man_standing and configuration.window == SHORT_WINDOW and time.monotonic() - opened > SHORT_WINDOW / 2000:
                # Too long ago to be sure that the window is open, or that it is not: make it sure.
                time.sleep(SHORT_WINDOW / 1000 + 0.04)
                states, window = simulator.settled(), "elapsed"
            if window == "elapsed":
                opened = time.monotonic()
            seen.append(Observed({node: state.quorate for node, state in states.items()}, window))
    return tuple(seen)


def judged(scenario: Scenario, seen: t.Sequence[Observed]) -> Outcome:
    first = _followed(scenario, seen, ORDERS[:1])
    if first is None:
        return Outcome("agreed", seen=tuple(seen))
    failed = _followed(scenario, seen, ORDERS)
    if failed is None:
        return Outcome("reordered", seen=tuple(seen))
    event, worlds = failed
    predicted = [model.quorate(world) for world in worlds[:4]]
    return Outcome("disagreed", event, tuple(seen), f"seen {seen[event + 1].quorate}, predicted {predicted}")


def _followed(scenario: Scenario, seen: t.Sequence[Observed], orders: t.Sequence[model.Order]) -> tuple[int, list[model.World]] | None:
    """None if some world agrees with all that was seen, else the event after which none did, and what they said."""
    worlds: list[model.World] = []
    for number, event in enumerate((None,) + scenario.events, start=-1):
        if event is None:
            nexts = [model.booted(scenario.configuration, order) for order in orders]
        else:
            nexts = [model.stepped(world, scenario.configuration, event, order) for world in worlds for order in orders]
        if seen[number + 1].window == "elapsed":
            nexts = [model.windows_elapsed(world) for world in nexts]
        worlds = [world for world in nexts if model.quorate(world) == seen[number + 1].quorate]
        if not worlds:
            return number, nexts
        worlds = list({model.fingerprint(world): world for world in worlds}.values())[:MOST_WORLDS]
    return None


def _perform(simulator: Simulator, configuration: Configuration, event: Event) -> None:
    device = configuration.qdevice
    if event.kind == "down":
        simulator.down(event.nodes[0])
    elif event.kind == "up":
        simulator.up(event.nodes[0], event.partition)
    elif event.kind == "split":
        simulator.split(event.partition, event.nodes)
    elif event.kind == "join":
        simulator.join(event.partition, event.other)
    elif event.kind == "qdevice_off":
        simulator.qdevice(False, event.nodes)
        time.sleep(device.sync_timeout / 1000 + 0.05)
    elif event.kind == "qdevice_on":
        known = simulator.registered & set(event.nodes)
        if known:
            simulator.qdevice(False, known)
            time.sleep(device.sync_timeout / 1000 + 0.05)
        simulator.qdevice(True, event.nodes)
        time.sleep(device.timeout / 1000 + 0.05)
