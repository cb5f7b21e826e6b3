# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Votequorum's state machine, restated: a daemon's state in, one step, its state out.

Every daemon has a state of its own, and two daemons of one partition may differ (whose quorum device votes, who waits for
all). So a step is always a step of one :class:`Daemon`; nothing here knows a cluster, a clock or a network. Who puts daemons
together decides who hears what, and in which order: :func:`formed` does it as corosync's synchronisation does.

The numbers in parentheses are lines of exec/votequorum.c, the same in corosync 3.1.7 to 3.1.10. Its quirks are kept: they are
what a cluster does, whatever one would wish.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import DEAD, MEMBER
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import LEAVING as STATE_LEAVING
from ansible_collections.corosync.quorum.plugins.module_utils._value.majority import QUORUM_BITS, needed_of

# What a daemon says about itself in each message (169-176).
QUORATE = 1
LEAVING = 2
WAITING = 4
FIRST = 8
QDEVICE_REGISTERED = 16
QDEVICE_ALIVE = 32
QDEVICE_CASTS = 64
QDEVICE_MASTER_WINS = 128

# Which rule had the last word, see Daemon.rule.
BY_VOTES = "votes"
BY_TIE_BREAKER = "auto_tie_breaker"
BY_MASTER_WINS = "master_wins"
BY_WAIT_FOR_ALL = "wait_for_all"


class Rules(t.NamedTuple):
    """What the configuration switches on; it stays while the daemon runs."""

    two_node: bool = False
    wait_for_all: bool = False
    last_man_standing: bool = False
    tie_breaker: str = "none"  # none, lowest, highest or list
    tie_breaker_nodes: t.Tuple[int, ...] = ()  # of a list: the ids, the first one counts most
    allow_downscale: bool = False
    expected_votes_tracking: bool = False
    qdevice_votes: int = 0  # configured, whether cast or not


class Node(t.NamedTuple):
    """A node as one daemon knows it."""

    state: int
    votes: int
    expected_votes: int
    flags: int


class Nodeinfo(t.NamedTuple):
    """What a daemon tells all others of itself."""

    nodeid: int
    votes: int
    expected_votes: int
    flags: int


class Daemon(t.NamedTuple):
    """All that one daemon knows and decides by."""

    rules: Rules
    us: int  # its own node id
    nodes: t.Dict[int, Node]  # all it ever saw, itself too; never changed in place
    ring: t.FrozenSet[int]
    previous: t.FrozenSet[int]  # the ring before, which a tie-breaker remembers
    quorum: int  # 8 bits wide
    quorate: bool
    waiting: bool  # wait_for_all still (or again) holds quorum back
    lowest: t.Optional[int]  # lowest and highest id at the last majority, None before the first
    highest: t.Optional[int]
    ev_barrier: int  # allow_downscale never goes below it
    ev_tracking_barrier: int
    last_man_standing: bool  # switches itself off when a node has more than one vote
    window_open: bool  # last_man_standing's timer runs
    master_wins: bool  # this daemon's own qdevice said so
    total_votes: int  # as last counted
    rule: str  # which rule decided last: for explanations alone


def signed(nodeid: int) -> int:
    """A node id as votequorum compares it: a C int (185)."""
    return nodeid - (1 << 32) if nodeid >= 1 << 31 else nodeid


def started(rules: Rules, nodeid: int, votes: int, expected_votes: int) -> Daemon:
    """A daemon that has just read its configuration and is alone (2281-2346).

    :param expected_votes: what the configuration comes to, a quorum device's votes included.
    """
    return _recalculated(
        Daemon(
            rules=rules,
            us=nodeid,
            nodes={nodeid: Node(MEMBER, votes, expected_votes, FIRST | (WAITING if rules.wait_for_all else 0))},
            ring=frozenset(),
            previous=frozenset(),
            quorum=0,
            quorate=False,
            waiting=rules.wait_for_all,
            lowest=None,
            highest=None,
            ev_barrier=expected_votes,
            ev_tracking_barrier=0,
            last_man_standing=rules.last_man_standing,
            window_open=False,
            master_wins=False,
            total_votes=0,
            rule=BY_VOTES,
        )
    )


# ---- the core: how many votes are needed, and are they here --------------------------------------------------------------


def _calculated(daemon: Daemon, decrease: bool, expected: int) -> t.Tuple[int, int]:
    """calculate_quorum (906-974): the quorum and the votes present."""
    rules = daemon.rules
    if rules.allow_downscale and decrease and expected:
        expected = max(daemon.ev_barrier, expected)
    votes = members = highest_expected = 0
    for node in daemon.nodes.values():
        if node.state == MEMBER:
            members += 1
            votes += node.votes
            if node.expected_votes > highest_expected:
                highest_expected = node.expected_votes
    if daemon.nodes[daemon.us].flags & QDEVICE_CASTS:  # each daemon counts its own device, not its neighbour's
        members += 1
        votes += rules.qdevice_votes
    quorum = max(needed_of(expected or highest_expected), needed_of(votes))
    if not decrease:
        quorum = max(daemon.quorum, quorum)
    if rules.two_node and members <= 2:
        quorum = 1
    return quorum, votes


def _recalculated(daemon: Daemon, decrease: bool = False, by_nodes: bool = False) -> Daemon:
    """recalculate_quorum (1107-1138). by_nodes: the number of members becomes the expected votes."""
    rules, nodes, us = daemon.rules, daemon.nodes, daemon.nodes[daemon.us]
    possible, count = rules.qdevice_votes, 1 if rules.qdevice_votes else 0
    for node in nodes.values():
        if node.state == MEMBER:
            possible += node.votes
            count += 1
    if possible > us.expected_votes:
        us = us._replace(expected_votes=possible)
        nodes = dict(nodes)
        nodes[daemon.us] = us
    barrier = daemon.ev_tracking_barrier
    if rules.expected_votes_tracking:
        barrier = max(barrier, us.expected_votes)
    daemon = daemon._replace(nodes=nodes, ev_tracking_barrier=barrier)
    quorum, votes = _calculated(daemon, decrease, count if by_nodes else 0)
    if by_nodes:
        nodes = _all_members_expect(nodes, count)
    return _judged(daemon._replace(nodes=nodes, quorum=quorum & QUORUM_BITS, total_votes=votes))


def _all_members_expect(nodes: t.Dict[int, Node], votes: int) -> t.Dict[int, Node]:
    if not votes:
        return nodes
    return {nodeid: node._replace(expected_votes=votes) if node.state == MEMBER else node for nodeid, node in nodes.items()}


def _judged(daemon: Daemon) -> Daemon:
    """are_we_quorate (995-1075)."""
    rules, us, votes = daemon.rules, daemon.nodes[daemon.us], daemon.total_votes
    if rules.wait_for_all and daemon.waiting and votes != us.expected_votes:
        return daemon._replace(rule=BY_WAIT_FOR_ALL)
    waiting, lowest, highest, rule = daemon.waiting, daemon.lowest, daemon.highest, BY_VOTES
    quorate = daemon.quorum <= votes
    if quorate:
        members = [nodeid for nodeid, node in daemon.nodes.items() if node.state == MEMBER]
        lowest, highest = min(members, key=signed), max(members, key=signed)
    elif (
        rules.tie_breaker != "none"
        and votes == us.expected_votes // 2
        and len(daemon.previous) - len(daemon.ring) < daemon.quorum
        and tie_breaker_stays(daemon)
    ):
        quorate, rule = True, BY_TIE_BREAKER
    if not quorate and daemon.master_wins and _a_master_votes(daemon):
        quorate, rule = True, BY_MASTER_WINS
    if rules.wait_for_all:
        waiting = not quorate  # not only at boot: every loss of quorum arms it again
    flags = _with(_with(us.flags, QUORATE, quorate), WAITING, waiting)
    return _with_own_flags(daemon, flags)._replace(quorate=quorate, waiting=waiting, lowest=lowest, highest=highest, rule=rule)


def tie_breaker_stays(daemon: Daemon) -> bool:
    """check_auto_tie_breaker (638-692)."""
    kind = daemon.rules.tie_breaker
    if kind in ("lowest", "highest"):
        return _is_member(daemon, daemon.lowest if kind == "lowest" else daemon.highest)
    for position, nodeid in enumerate(daemon.rules.tie_breaker_nodes):
        if nodeid in daemon.ring:
            return not any(earlier in daemon.previous for earlier in daemon.rules.tie_breaker_nodes[:position])
    return False


def _a_master_votes(daemon: Daemon) -> bool:
    wanted = QDEVICE_MASTER_WINS | QDEVICE_CASTS
    return any(node.state == MEMBER and node.flags & wanted == wanted for node in daemon.nodes.values())


def _is_member(daemon: Daemon, nodeid: t.Optional[int]) -> bool:
    return nodeid is not None and nodeid in daemon.nodes and daemon.nodes[nodeid].state == MEMBER


def _with(flags: int, flag: int, on: bool) -> int:
    return flags | flag if on else flags & ~flag


def _with_own_flags(daemon: Daemon, flags: int) -> Daemon:
    us = daemon.nodes[daemon.us]
    if us.flags == flags:
        return daemon
    nodes = dict(daemon.nodes)
    nodes[daemon.us] = us._replace(flags=flags)
    return daemon._replace(nodes=nodes)


def _with_waiting(daemon: Daemon, waiting: bool) -> Daemon:
    daemon = _with_own_flags(daemon, _with(daemon.nodes[daemon.us].flags, WAITING, waiting))
    return daemon if daemon.waiting == waiting else daemon._replace(waiting=waiting)


# ---- a change of membership ----------------------------------------------------------------------------------------------


def ring_changed(daemon: Daemon, members: t.FrozenSet[int]) -> Daemon:
    """votequorum_sync_init (2364-2443): who is not on the new ring is dead; nothing is counted yet."""
    gone = daemon.ring - members
    nodes = daemon.nodes
    if gone or (len(members) > 1 and nodes[daemon.us].flags & FIRST):
        nodes = dict(nodes)
        for nodeid in gone:
            if nodeid in nodes:
                nodes[nodeid] = nodes[nodeid]._replace(state=DEAD)
        if len(members) > 1:
            nodes[daemon.us] = nodes[daemon.us]._replace(flags=nodes[daemon.us].flags & ~FIRST)
    daemon = daemon._replace(nodes=nodes)
    # Whatever the tie-breaker's kind, it is the lowest id that opens the window (2409): kept.
    opens = daemon.last_man_standing and (
        (len(members) >= daemon.quorum and bool(gone))
        or (len(members) <= daemon.quorum and daemon.rules.tie_breaker != "none" and _is_member(daemon, daemon.lowest))
    )
    return daemon._replace(previous=daemon.ring, ring=members, window_open=daemon.window_open or opens)


def nodeinfo(daemon: Daemon) -> Nodeinfo:
    """What a daemon sends of itself when a ring forms (votequorum_exec_send_nodeinfo, 1695)."""
    us = daemon.nodes[daemon.us]
    return Nodeinfo(daemon.us, us.votes, us.expected_votes, us.flags)


def heard(daemon: Daemon, info: Nodeinfo) -> Daemon:
    """message_handler_req_exec_votequorum_nodeinfo (2069-2185); a daemon hears itself too."""
    old, own = daemon.nodes.get(info.nodeid), info.nodeid == daemon.us
    if (
        daemon.quorate
        and not own
        and not daemon.waiting
        and not info.flags & (FIRST | LEAVING)
        and info.flags & QUORATE
        and (old == (MEMBER, info.votes, info.expected_votes, info.flags))
    ):
        return daemon  # the usual case, and most of the work: nothing new
    us, leaving, quorate = daemon.nodes[daemon.us], bool(info.flags & LEAVING), bool(info.flags & QUORATE)
    adopts = quorate and not daemon.quorate  # an inquorate daemon believes a quorate one
    expected = info.expected_votes if adopts else us.expected_votes
    trusted = quorate or daemon.rules.expected_votes_tracking
    new = Node(STATE_LEAVING if leaving else MEMBER, info.votes, info.expected_votes if trusted else expected, info.flags)
    if new != old or expected != us.expected_votes:
        nodes = dict(daemon.nodes)
        nodes[daemon.us] = us._replace(expected_votes=expected)
        nodes[info.nodeid] = new
        daemon = daemon._replace(nodes=nodes)
    if daemon.last_man_standing and info.votes > 1:
        daemon = daemon._replace(last_man_standing=False, window_open=False)
    if own or new != old or info.flags & FIRST:
        daemon = _recalculated(daemon, decrease=leaving or adopts, by_nodes=leaving)
    if daemon.rules.wait_for_all and daemon.nodes[info.nodeid].flags & (QUORATE | WAITING) == QUORATE:
        daemon = _with_waiting(daemon, False)
    return daemon


def synchronised(daemon: Daemon) -> Daemon:
    """votequorum_sync_activate (2471-2479): the ring is formed, the result is announced."""
    return _recalculated(daemon)


def formed(daemons: t.Dict[int, Daemon], members: t.FrozenSet[int], infos: t.Callable[[Daemon], t.Any] = nodeinfo) -> t.Dict[int, Daemon]:
    """One ring of all these daemons, in the order of corosync's synchronisation: all change, all speak, all hear, all count.

    :param infos: gives the message(s) of a daemon: one Nodeinfo, or a list where a daemon stands for several like it.
    """
    daemons = {nodeid: ring_changed(daemon, members) for nodeid, daemon in daemons.items()}
    return {nodeid: synchronised(daemon) for nodeid, daemon in exchanged(daemons, infos).items()}


def exchanged(daemons: t.Dict[int, Daemon], infos: t.Callable[[Daemon], t.Any] = nodeinfo) -> t.Dict[int, Daemon]:
    """Every daemon speaks, then every daemon hears it all, in the order of ids."""
    messages: t.List[Nodeinfo] = []
    for daemon in daemons.values():
        said = infos(daemon)
        messages.extend([said] if isinstance(said, Nodeinfo) else said)
    messages.sort(key=lambda info: info.nodeid)
    return {nodeid: _heard_all(daemon, messages) for nodeid, daemon in daemons.items()}


def _heard_all(daemon: Daemon, messages: t.List[Nodeinfo]) -> Daemon:
    for info in messages:
        daemon = heard(daemon, info)
    return daemon


# ---- what else happens to a daemon ---------------------------------------------------------------------------------------


def window_elapsed(daemon: Daemon) -> Daemon:
    """last_man_standing's timer (2352-2362), where it runs: the members become the expected votes."""
    if not daemon.window_open:
        return daemon
    daemon = daemon._replace(window_open=False)
    return _recalculated(daemon, decrease=True, by_nodes=True) if daemon.quorate else daemon


def leaving(daemon: Daemon) -> Daemon:
    """A clean stop (2246-2266). Only with allow_downscale does the daemon say so; its nodeinfo is still to be sent."""
    if not daemon.rules.allow_downscale:
        return daemon
    return _with_own_flags(daemon, daemon.nodes[daemon.us].flags | LEAVING)


def qdevice_registered(daemon: Daemon) -> Daemon:
    """Here and below: the daemon's own flags change, and count once it hears its own nodeinfo (2018-2022)."""
    return _with_own_flags(daemon, daemon.nodes[daemon.us].flags | QDEVICE_REGISTERED)


def qdevice_polled(daemon: Daemon, casts: bool) -> Daemon:
    """The device gave a sign of life, and its vote or not (2973-3030)."""
    return _with_own_flags(daemon, _with(daemon.nodes[daemon.us].flags | QDEVICE_ALIVE, QDEVICE_CASTS, casts))


def qdevice_lost(daemon: Daemon) -> Daemon:
    """No sign of life in time (2548-2567)."""
    return _with_own_flags(daemon, daemon.nodes[daemon.us].flags & ~(QDEVICE_ALIVE | QDEVICE_CASTS))


def qdevice_master_wins(daemon: Daemon, allow: bool) -> Daemon:
    """The device says whether its vote alone is enough (3039-3071)."""
    return _with_own_flags(daemon, _with(daemon.nodes[daemon.us].flags, QDEVICE_MASTER_WINS, allow))._replace(master_wins=allow)


def accepts_expected_votes(daemon: Daemon, votes: int) -> bool:
    """Whether corosync takes this from its library at all (2682-2724; the rule of corosync 3.0.4 and newer)."""
    quorum, present = _calculated(daemon._replace(rules=daemon.rules._replace(allow_downscale=False)), True, votes)
    return votes >= present and not (daemon.quorate and quorum > present)


def accepts_votes(daemon: Daemon, nodeid: int, votes: int) -> bool:
    """Whether corosync takes this from its library at all (2726-2773)."""
    nodes = dict(daemon.nodes)
    nodes[nodeid] = nodes[nodeid]._replace(votes=votes)
    quorum, present = _calculated(daemon._replace(nodes=nodes), True, 0)
    return present // 2 <= quorum <= present


def expected_votes_set(daemon: Daemon, votes: int) -> Daemon:
    """Somebody set the expected votes for all (2213-2221)."""
    daemon = daemon._replace(nodes=_all_members_expect(daemon.nodes, votes), ev_barrier=votes)
    if daemon.rules.expected_votes_tracking:
        us = daemon.nodes[daemon.us]
        nodes = dict(daemon.nodes)
        nodes[daemon.us] = us._replace(expected_votes=max(us.expected_votes, daemon.ev_tracking_barrier))
        daemon = daemon._replace(nodes=nodes)
    return _recalculated(daemon, decrease=True)


def votes_set(daemon: Daemon, nodeid: int, votes: int) -> Daemon:
    """Somebody set one node's votes (2223-2231)."""
    if nodeid not in daemon.nodes:
        return daemon
    nodes = dict(daemon.nodes)
    nodes[nodeid] = nodes[nodeid]._replace(votes=votes)
    return _recalculated(daemon._replace(nodes=nodes), decrease=True)


def wait_for_all_cancelled(daemon: Daemon) -> Daemon:
    """quorum.cancel_wait_for_all (2233-2239)."""
    return _recalculated(_with_waiting(daemon, False))
