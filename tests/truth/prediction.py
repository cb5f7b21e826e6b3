# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecast itself against the simulator: before every loss, what would a node's value have foretold?

The forecast does not start from the boot as the model does, but from a `votequorum` value taken in the middle of a sequence, which
tells less than a daemon knows.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import Daemon
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import forecast
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.partitions import partitions

from . import model
from .comparison import ORDERS, Observed
from .projection import value_of
from .scenario import Scenario

RIGHT, WRONGLY_SAFE, WRONGLY_UNSAFE = "right", "wrongly safe", "wrongly unsafe"
SIMULATOR = "simulator"  # what the simulator forgets and corosync does not: see README.md, "wait_for_all"
DISUNITED = "disunited"  # the daemons differ on quorum, which one value cannot tell, and partitions does
RAISED = "raised quorum"  # foretold "not quorate" where quorum stood above what expected votes ask for: see README.md, "does not tell"
NOT_COUNTED = (RIGHT, SIMULATOR, DISUNITED, RAISED)


class Prediction(t.NamedTuple):
    event: int
    asked: int
    verdict: str
    quorate: bool  # what was seen
    reason: str


def predictions(scenario: Scenario, seen: t.Sequence[Observed]) -> t.Iterator[Prediction]:
    """For every partition that an event made smaller, asked of its first, second and last node. The model must have agreed with `seen`."""
    world = _after(model.booted(scenario.configuration, ORDERS[0]), seen[0])
    for number, event in enumerate(scenario.events):
        changed = _after(model.stepped(world, scenario.configuration, event, ORDERS[0]), seen[number + 1])
        for partition, daemons in world.items() if event.kind in ("down", "split") else ():
            stay = frozenset(changed.get(partition, {}))
            if not stay or not stay < frozenset(daemons):
                continue
            quorate = all(seen[number + 1].quorate[nodeid] for nodeid in stay)
            devices = any(model.is_alive(daemon) for daemon in daemons.values())  # the simulator drops their votes on every new ring
            for asked in sorted(set(sorted(daemons)[:2] + sorted(daemons)[-1:])):
                value = value_of(daemons[asked], scenario.configuration.votes)
                foretold = forecast(
                    value, sorted(set(daemons) - stay), lms_window=seen[number + 1].window == "elapsed", qdevice="lost" if devices else "as_now"
                )
                verdict = _verdict(foretold["quorate"], quorate, value)
                if verdict not in NOT_COUNTED and _are_disunited(daemons, scenario):
                    verdict = DISUNITED
                yield Prediction(number, asked, verdict, quorate, foretold["reason"])
        world = changed


def _after(world: model.World, seen: Observed) -> model.World:
    return model.windows_elapsed(world) if seen.window == "elapsed" else world


def _verdict(foretold: bool, seen: bool, value: dict[str, t.Any]) -> str:
    if foretold == seen:
        return RIGHT
    if foretold:
        return WRONGLY_SAFE
    if value["wait_for_all"]["enabled"] and not value["quorate"]:
        return SIMULATOR
    return RAISED if value["quorum"] > (value["highest_expected"] + 2) // 2 else WRONGLY_UNSAFE


def _are_disunited(daemons: dict[int, Daemon], scenario: Scenario) -> bool:
    values = {str(nodeid): value_of(daemon, scenario.configuration.votes) for nodeid, daemon in daemons.items()}
    return bool(
        {"quorate", "quorum", "expected_votes", "wait_for_all_pending", "tie_breaker"} & {entry["about"] for entry in partitions(values)["disagreements"]}
    )
