# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was told, waited for and allowed, against what the C programs saw. Pure: each function returns sentences, none where nothing is wrong.

All times in seconds since 1970: the nodes and this machine have one clock.
"""

from typing import NamedTuple

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._eda.views import OWN, UNREACHABLE

# How long two programs may differ about a moment. Ours gives up a corosync that does not answer after 5 s, connects again 1 s later, and tells a membership
# that does not settle after 2 s.
SLACK = 8.0
# How long after corosync's notification a busy machine lets a C program write it down, or another one read what it says
NOTED = 2.0
# What a process may grow by after its first minute. KiB, and seconds.
GROWTH, WARM = 1024, 60.0
# The least share of the time in which what is compared has to have been known on both sides
LOOKED_AT = 0.25
# Stops of which the gate may refuse every one by chance
MOST_REFUSED = 20
# What Memory looks for among the processes of a node. The third is what the first starts, and what the second becomes. The last is what the event source runs.
PROGRAMS = ("corosync-quorum run", "corosync-quorum events", "corosync.quorum.events", "watch_quorum", "exec(sys.stdin.buffer.read(")
# The event source on the controller
SOURCE = "the event source"


class State(NamedTuple):
    """What a program says of its node from a moment on.

    quorate: None while corosync is away for it. members: node ids. known: False from where the program itself was away on.
    """

    at: float
    quorate: bool | None = None
    members: tuple = ()
    known: bool = True


class Waited(NamedTuple):
    """A wait that succeeded: on which node, what it was for, and between which moments its last reading was made: that of its result, and its end."""

    node: str
    since: float
    end: float
    quorate: bool
    members: tuple = ()


class Allowed(NamedTuple):
    """A stop that was allowed and carried out. stayed: the nodes that were members and stayed, until nothing is promised any more.

    by_gate: whether the gate of the role allowed it, which the filter may_leave does in any case.
    """

    victim: str
    at: float
    until: float
    stayed: tuple
    by_gate: bool = True


class Told(NamedTuple):
    """What somebody said of a node. who: in words. events: (time, object) each. breaks: when nobody was there any more who could say something."""

    who: str
    node: str
    events: list
    breaks: list

    @property
    def late(self):
        """How many events have an earlier time than the one before them."""
        times = [at for at, _event in self.events]
        return sum(later < earlier for earlier, later in zip(times, times[1:]))


def told_by_source(node, events):
    """What the event source said of a node. events: all that it put into its queue."""
    mine = [(seconds_of(event["at"]), event) for event in events if event["meta"]["hosts"] == [node]]
    breaks = [at for at, event in mine if event["event"] == UNREACHABLE]
    return Told(SOURCE, node, [(at, event) for at, event in mine if event["event"] not in OWN], breaks)


def states_told(events, breaks=()):
    """The states that a node's events tell. breaks: when the program ended that told them."""
    found = [State(at, known=False) for at in breaks]
    for at, event in events:
        value = event["votequorum"]
        found.append(State(at) if value is None else State(at, value["quorate"], tuple(value["members"])))
    return sorted(found, key=lambda state: state.at)


def states_recorded(timeline, until):
    """The states in the record of a watch: (time, entry) each. until: when it is known to have been watched; a node that loses its power ends a watch."""
    found = [State(at, entry["quorate"], tuple(entry["members"]), known=entry["event"] != "watch_ended") for at, entry in timeline]
    return [*found, State(until, known=False)]


def states_seen(node, events):
    """The states that the C program on a node has logged."""
    found = []
    for event in events:
        if event.node != node:
            continue
        if event.what in ("quorate", "inquorate", "waiting"):
            found.append(State(event.at, event.what == "quorate", tuple(sorted(event.members))))
        else:
            found.append(State(event.at, known=event.what == "gone"))
    return found


def at(states, moment):
    """The state at a moment; None before the first."""
    found = None
    for state in states:
        if state.at > moment:
            break
        found = state
    return found


def disagreements(node, told, seen, end, frozen=(), slack=SLACK, who="the program"):
    """Stretches of more than `slack` seconds in which the two say different things of a node. frozen: stretches in which its corosync answered nobody."""
    thaws = {thawed + slack for _frozen, thawed in frozen if thawed + slack < end}
    moments = sorted({state.at for state in (*told, *seen)} | {end} | thaws)
    wrong, since = [], None
    for start, stop in zip(moments, moments[1:]):
        one, other = at(told, start), at(seen, start)
        if one is None or other is None or not (one.known and other.known) or one[1:] == other[1:] or _is_frozen(start, frozen, slack):
            since = None
            continue
        since = start if since is None else since
        if stop - since > slack:
            wrong.append(f"{node}: for {stop - since:.1f} s from {since:.3f} on, {who} told {_words(one)}, and corosync told the C program {_words(other)}")
            since = stop
    return wrong


def _is_frozen(moment, frozen, slack):
    return any(start <= moment < end + slack for start, end in frozen)


def _words(state):
    return "that corosync is away" if state.quorate is None else f"{'quorate' if state.quorate else 'not quorate'} with {list(state.members)}"


def missed_losses(node, told, seen, slack=SLACK, who="the program"):
    """Losses of quorum that the C program saw and that were not told, although the one who tells was there and could read corosync."""
    wrong = []
    for before, state in zip(seen, seen[1:]):
        if not (before.quorate and state.quorate is False):
            continue
        near = [one for one in told if state.at - 2 <= one.at <= state.at + slack]
        around = [one for one in (at(told, state.at - 2), *near) if one is not None]
        blind = not around or any(not one.known or one.quorate is None for one in around)
        if not blind and all(one.quorate for one in near):
            wrong.append(f"{node}: {who} did not tell the loss of quorum at {state.at:.3f}")
    return wrong


def untrue_waits(waits, seen, slack=NOTED):
    """Waits that succeeded although what they waited for was not so at any moment at which they may have read it. seen: node -> states."""
    wrong = []
    for wait in waits:
        states, since = seen[wait.node], wait.since - slack
        moments = [since, *(state.at for state in states if since < state.at <= wait.end + slack)]
        if not any(_holds(wait, at(states, moment)) for moment in moments):
            what = _words(State(0, wait.quorate, wait.members))
            wrong.append(f"{wait.node}: a wait for {what} ended at {wait.end:.3f} with what was read after {wait.since:.3f}, and it was not so then")
    return wrong


def _holds(wait, state):
    return state is not None and state.quorate == wait.quorate and set(wait.members) <= set(state.members)


def broken_promises(stops, events):
    """Stops that were allowed and after which a node that stayed lost quorum. events: all that the C programs saw."""
    return [
        f"{stop.victim} was stopped at {stop.at:.3f} because that was called safe, and {event.node} lost quorum at {event.at:.3f}"
        for stop in stops
        for event in events
        if event.what == "inquorate" and event.node in stop.stayed and stop.at <= event.at <= stop.until
    ]


def unlooked(name, what, states, seen, since, end):
    """That what one said of a node could be compared for too little of the time to mean anything. what: what one said it in."""
    moments = sorted({since, end} | {state.at for state in (*states, *seen) if since < state.at < end})
    known = 0.0
    for start, stop in zip(moments, moments[1:]):
        pair = at(states, start), at(seen, start)
        known += stop - start if all(state is not None and state.known for state in pair) else 0.0
    share = known / (end - since)
    return [] if share >= LOOKED_AT else [f"{name}: {what} could be compared with what the C program saw for {share:.0%} of the time only"]


def unused(succeeded, allowed, refused, readings):
    """What did not happen at all, so that nothing wrong can have been found in it. succeeded: the waits. readings: as for growth()."""
    found = [] if succeeded else ["no wait succeeded"]
    by_gate = sum(stop.by_gate for stop in allowed)
    found += [] if by_gate or len(allowed) + refused <= MOST_REFUSED else [f"the gate refused all {len(allowed) + refused} stops"]
    return found + [f"the memory of {program} was never read" for program in (*PROGRAMS, SOURCE) if not any(program in name for name in readings)]


def growth(readings):
    """By process, how much it has grown after its first minute, in KiB: {name: KiB}. readings: name -> [(time, KiB)]; what was too short is left out."""
    found = {}
    for name, values in readings.items():
        begun = values[0][0]
        warm = [size for moment, size in values if moment - begun >= WARM]
        if len(warm) > 1:
            found[name] = warm[-1] - warm[0]
    return found


def grown(readings):
    """Processes that have grown by more than GROWTH."""
    return [f"{name} has grown by {size} KiB after its first minute" for name, size in sorted(growth(readings).items()) if size > GROWTH]
