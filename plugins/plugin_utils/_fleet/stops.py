# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Which nodes of one cluster may be stopped, and why not: never more than the gates of a rolling upgrade would allow. Pure.

The gate asks one host that stays, and all of them only where they may disagree. Here each answer is known already, so each one counts.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import may_leave
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import expects, labels
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError
from ansible_collections.corosync.quorum.plugins.plugin_utils._age import too_old
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.batches import upgrade_batches
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.complete import others_down
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.gate import must_ask_all

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value


@dataclasses.dataclass(frozen=True)
class Clock:
    """now: seconds since 1970. max_age: what was read longer ago counts for nothing; 0 for any age."""

    now: float
    max_age: float

    def doubt(self, value: Value) -> str:
        """Why a value is too old, or may be, empty where it is not."""
        return too_old(value, self.max_age, self.now)


# What of a value an answer about a stop may depend on, and names, which are in its words
_JUDGED = (
    "quorate settled expected_votes total_votes quorum two_node wait_for_all last_man_standing auto_tie_breaker allow_downscale qdevice members missing"
).split()
_JUDGED_OF_NODES = ("nodeid", "state", "votes", "configured_votes", "qdevice")


def _view(value: Value, *names: t.Any) -> str:
    """Equal for hosts that see the same, whichever of them was asked. names: as what they see it."""
    whole: t.Mapping[str, t.Any] = t.cast("t.Mapping[str, t.Any]", value)
    nodes = [[t.cast("t.Mapping[str, t.Any]", node)[key] for key in _JUDGED_OF_NODES] for node in value["nodes"]]
    return repr(([whole[key] for key in _JUDGED], nodes, [expects(nodeid, value) for nodeid in value["members"]], names))


@dataclasses.dataclass(frozen=True)
class FirstBatches:
    """The first batches of upgrades, in node ids. Most clusters of a fleet are alike but for their names, so each kind is asked about once."""

    _known: dict[str, list[int]] = dataclasses.field(default_factory=dict)

    def of(self, value: Value) -> list[int]:
        """Empty where there is no safe one."""
        kind = _view(value, value["nodeid"])
        if kind not in self._known:
            try:
                self._known[kind] = upgrade_batches(value)[0]
            except ForecastError:
                self._known[kind] = []
        return self._known[kind]


@dataclasses.dataclass(frozen=True)
class Witnesses:
    """values: of the hosts that answered, by host. objections: what speaks against every stop."""

    values: t.Mapping[str, Value]
    objections: t.Sequence[str]
    clock: Clock
    _known: dict[t.Any, tuple[bool, str]] = dataclasses.field(default_factory=dict)

    def different(self) -> list[Value]:
        """One value for each view of the cluster: mostly all have the same."""
        return list({_view(value): value for value in self.values.values()}.values())

    def answer(self, nodeids: t.Collection[int]) -> tuple[bool, str]:
        """Whether these nodes may be stopped together, and why (not)."""
        if self.objections:
            return False, " ".join(self.objections)
        stay = {host: value for host, value in self.values.items() if value["nodeid"] not in nodeids}
        if not stay:
            return False, "No other host of the inventory is of this cluster, so nobody can say what stays without it."
        reason = ""
        for host, value in stay.items():
            safe, reason = self._said(host, value, nodeids)
            if not safe:
                return False, reason
        return self._all_were_heard(stay, nodeids) or (True, reason)

    def _said(self, host: str, value: Value, nodeids: t.Collection[int]) -> tuple[bool, str]:
        away = [nodeid for nodeid in nodeids if nodeid not in value["members"]]
        if away:
            return False, f"{labels(away, value)} is not a member now."
        down = others_down(value, nodeids)
        if down:
            return False, f"Other nodes are down already: {down}."
        old = self.clock.doubt(value)
        if old:
            return False, f"{host}: {old}"
        key = _view(value, *(node["name"] for node in value["nodes"])), frozenset(nodeids)
        if key not in self._known:
            try:
                found = may_leave(value, sorted(nodeids))
                self._known[key] = found["safe"], found["reason"]
            except ForecastError as error:
                self._known[key] = False, str(error)
        return self._known[key]

    def _all_were_heard(self, stay: t.Mapping[str, Value], nodeids: t.Collection[int]) -> tuple[bool, str] | None:
        """A no where members may disagree and one of them did not answer."""
        if not any(map(must_ask_all, self.values.values())):
            return None
        heard = {value["nodeid"] for value in stay.values()}
        value = next(iter(stay.values()))
        mute = [nodeid for nodeid in value["members"] if nodeid not in heard and nodeid not in nodeids]
        if not mute:
            return None
        return (
            False,
            f"Members of this cluster may disagree, so each one that stays has to say that it is safe, and there is no answer of {labels(mute, value)}.",
        )

    def together(self, first: list[int]) -> list[int]:
        """This first batch of an upgrade where nothing else speaks against it, else none."""
        is_safe = bool(first) and self.answer(first)[0] and all(self.answer([nodeid])[0] for nodeid in first)
        return first if is_safe else []
