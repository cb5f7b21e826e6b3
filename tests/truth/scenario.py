# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random clusters and what befalls them, drawn by hypothesis."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from .configuration import NEVER, Configuration, Qdevice

SHORT_WINDOW = 120  # ms


class Event(t.NamedTuple):
    kind: str  # down, up, split, join, qdevice_on, qdevice_off
    nodes: tuple[int, ...] = ()
    partition: int = 0  # where to
    other: int = 0  # join: the partition that ends
    pause: bool = False  # afterwards, last_man_standing's window elapses


class Scenario(t.NamedTuple):
    configuration: Configuration
    events: tuple[Event, ...]


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    count = draw(st.integers(1, 16))
    nodeids = draw(st.lists(st.integers(1, 99), min_size=count, max_size=count, unique=True))
    if draw(st.booleans()):
        votes = [1] * count
    else:
        highest = draw(st.sampled_from([1, 2, 3, 5, 5, 200]))  # with 200, quorum no longer fits into its 8 bits
        votes = draw(st.lists(st.integers(0, highest), min_size=count, max_size=count))
    tie_breaker = draw(st.sampled_from([None, None, "lowest", "highest", "list"]))
    if tie_breaker == "list":
        chosen = draw(st.lists(st.sampled_from(nodeids), min_size=1, max_size=4, unique=True))
        tie_breaker = " ".join(map(str, chosen))
    configuration = Configuration(
        votes=dict(zip(nodeids, votes)),
        two_node=draw(st.sampled_from([False, False, count == 2, True])),
        wait_for_all=draw(st.sampled_from([None, None, True, False])),
        last_man_standing=draw(st.sampled_from([False, False, True])),
        window=draw(st.sampled_from([NEVER, SHORT_WINDOW])),
        tie_breaker=tie_breaker,
        allow_downscale=draw(st.sampled_from([False] * 5 + [True])),
        expected_votes_tracking=draw(st.sampled_from([False] * 5 + [True])),
        expected_votes=draw(st.sampled_from([None] * 5 + [1, sum(votes) + 1, max(1, sum(votes) - 1)])),
    )
    if draw(st.sampled_from([False] * 5 + [True])):
        device = Qdevice(draw(st.sampled_from([None, 0, 1, 1, 2, 5])))
        configuration = configuration._replace(two_node=False, last_man_standing=False, tie_breaker=None, allow_downscale=False, qdevice=device)
        if device.votes is None:
            configuration = configuration._replace(votes=dict.fromkeys(nodeids, 1), expected_votes=None)
    return configuration


@st.composite
def scenarios(draw: st.DrawFn, longest: int = 10) -> Scenario:
    configuration = draw(configurations().filter(Configuration.accepted))
    partitions: dict[int, set[int]] = {0: set(configuration.votes)}
    away: set[int] = set()
    events = []
    for _dummy in range(draw(st.integers(2, longest))):
        kinds = [
            kind
            for kind, possible in (
                ("split", len(away) < len(configuration.votes)),
                ("split", len(away) < len(configuration.votes)),
                ("join", len(partitions) > 1),
                ("down", len(configuration.votes) - len(away) > 1),
                ("up", away),
                ("qdevice", configuration.qdevice is not None and partitions),
            )
            if possible
        ]
        kind = draw(st.sampled_from(kinds)) if kinds else None
        event = None
        if kind == "split":
            event = _split(draw, partitions)
        elif kind == "join":
            into, other = draw(st.permutations(sorted(partitions)))[:2]
            partitions[into] |= partitions.pop(other)
            event = Event("join", partition=into, other=other)
        elif kind == "down":
            event = Event("down", (draw(st.sampled_from(sorted(set().union(*partitions.values())))),))
            away.add(event.nodes[0])
            _take(partitions, event.nodes[0])
        elif kind == "up":
            event = Event("up", (draw(st.sampled_from(sorted(away))),), draw(st.sampled_from(sorted(partitions) or [0])))
            away.discard(event.nodes[0])
            partitions.setdefault(event.partition, set()).add(event.nodes[0])
        elif kind == "qdevice":
            running = sorted(set().union(*partitions.values()))
            nodes = running if draw(st.booleans()) else draw(st.lists(st.sampled_from(running), min_size=1, unique=True))
            event = Event(draw(st.sampled_from(["qdevice_on", "qdevice_on", "qdevice_off"])), tuple(sorted(nodes)))
        if event is not None:
            pauses = configuration.last_man_standing and configuration.window == SHORT_WINDOW
            events.append(event._replace(pause=pauses and draw(st.booleans())))
    return Scenario(configuration, tuple(events))


def _split(draw: st.DrawFn, partitions: dict[int, set[int]]) -> Event | None:
    source = draw(st.sampled_from(sorted(partitions)))
    members = sorted(partitions[source])
    if len(members) < 2:
        return None
    size = draw(st.integers(1, len(members) - 1))
    nodes = draw(st.permutations(members))[:size]
    into = min(set(range(len(partitions) + 1)) - set(partitions))
    if into > 9:
        return None
    partitions[into] = set(nodes)
    partitions[source] -= set(nodes)
    return Event("split", tuple(sorted(nodes)), into)


def _take(partitions: dict[int, set[int]], node: int) -> None:
    for number in list(partitions):
        partitions[number].discard(node)
        if not partitions[number]:
            del partitions[number]
