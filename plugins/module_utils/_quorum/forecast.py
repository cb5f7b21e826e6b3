# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What happens to quorum if nodes leave: the questions, asked of votequorum's arithmetic from one node's `votequorum` value.

Pure. What is taken for granted because a value does not tell is in known.py; a doubt makes the answer "no".
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._quorum import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._quorum.arithmetic import Daemon, Nodeinfo
from ansible_collections.corosync.quorum.plugins.module_utils._quorum.known import (
    ForecastError, Known, Members, capital, described, is_number, known)
from ansible_collections.corosync.quorum.plugins.module_utils._quorum.nodes import UnknownNode, Value, labels, nodeid_of
from ansible_collections.corosync.quorum.plugins.module_utils._quorum.reasons import reason_of

HOW = ("crash", "leave")
QDEVICE = ("as_now", "lost")
EITHER = "either"           # it must hold with the quorum device's vote as now, and with it lost

Steps = t.List[Members]


class Cluster(t.NamedTuple):
    """The members of one partition. Of daemons that decide alike one is stepped, and stands for the others."""

    known: Known
    daemons: t.Dict[int, Daemon]        # by the node id of the one that stands for its kind
    kind_of: t.Dict[int, int]           # every member -> the one that stands for it

    @property
    def members(self) -> Members:
        return frozenset(self.kind_of)


# ---- the questions -------------------------------------------------------------------------------------------------------

def forecast(value: t.Any, leave: t.Any, how: str = "crash", lms_window: bool = False, qdevice: str = "as_now") -> Value:
    """{quorate, total_votes, quorum, expected_votes, members, reason} for the nodes that stay.

    leave: names or node ids, or a list of such lists: steps, one after the other; the nodes of a step go at once. how: they `crash`, or
    `leave` by a clean stop. lms_window: after each step, last_man_standing's window elapses. qdevice: the quorum device's vote is
    `as_now`, or `lost` before they go. quorate is true only if it holds after every step, for each node that stays.

    Raises ForecastError.
    """
    one_of("how", how, HOW)
    one_of("qdevice", qdevice, QDEVICE)
    one_of("lms_window", lms_window, (False, True))
    facts = known(value)
    return foretold(facts, steps_of(facts, leave), how, lms_window, qdevice)


def quorate_without(value: t.Any, nodes: t.Any, qdevice: str = EITHER) -> t.Tuple[bool, str]:
    """Does the cluster stay quorate if these nodes (names or node ids) leave together, by a crash or a clean stop? And why.

    It must be quorate now, and settled. With last_man_standing it must hold before and after the window. qdevice: the vote of the quorum
    device is `as_now`, `lost`, or `either`: it must hold both ways. Raises ForecastError.
    """
    one_of("qdevice", qdevice, QDEVICE + (EITHER,))
    facts = known(value)
    steps = steps_of(facts, nodes)
    if len(steps) > 1:
        raise ForecastError("Steps were given where one list of nodes is expected that leave together; for steps there is the filter forecast.")
    return stays_quorate(facts, steps, qdevice)


def tolerates(value: t.Any, qdevice: str = EITHER) -> int:
    """How many nodes may fail together, whichever they are. 0 also where the cluster is not quorate, or not settled.

    qdevice: as for quorate_without. Raises ForecastError.
    """
    one_of("qdevice", qdevice, QDEVICE + (EITHER,))
    return _tolerated(known(value), qdevice)


def margin(value: t.Any) -> int:
    """How many votes there are above quorum, as the node asked counts them; negative where some are missing. Raises ForecastError."""
    known(value)
    return int(value["total_votes"]) - int(value["quorum"])


def forecast_entry(value: Value, qdevice: str = EITHER) -> Value:
    """{tolerates, quorate_without}: what votequorum_info adds to its value. quorate_without: node ids that may leave one at a time."""
    facts = known(value)
    return {"tolerates": _tolerated(facts, qdevice), "quorate_without": _alone(facts, qdevice)}


# ---- the same for node ids, and for what is known ------------------------------------------------------------------------

def foretold(facts: Known, steps: Steps, how: str, lms_window: bool, qdevice: str) -> Value:
    """forecast() for checked node ids."""
    fate = played(facts, steps, how, lms_window, qdevice)
    daemon = deciding(fate.cluster)
    votes_known = all(node["votes"] is not None for node in facts.value["nodes"] if node["nodeid"] in fate.cluster.members)
    return {
        "quorate": fate.quorate and not facts.doubt,
        "total_votes": daemon.total_votes if votes_known else None,
        "quorum": daemon.quorum if votes_known else None,
        "expected_votes": daemon.nodes[daemon.us].expected_votes if votes_known else None,
        "members": sorted(fate.cluster.members),
        "reason": facts.doubt or _why(facts, steps, fate, lms_window),
    }


class Fate(t.NamedTuple):
    """What became of a cluster: at the end, and where quorum was lost for the first time, if it was."""

    cluster: Cluster
    turning_point: Cluster      # where quorum was lost; the end where it never was
    step: int                   # the number of that step; 0: before the first

    @property
    def quorate(self) -> bool:
        return deciding(self.turning_point).quorate


def played(facts: Known, steps: t.Sequence[Members], how: str, lms_window: bool, qdevice: str) -> Fate:
    """The steps, one after the other."""
    cluster = cluster_of(facts)
    if qdevice == "lost":
        cluster = without_qdevice(cluster)
    turning_point, at = cluster, 0
    for number, step in enumerate(steps, start=1):
        cluster = lost(cluster, step, how)
        if lms_window:
            cluster = after_window(cluster)
        if deciding(turning_point).quorate or (at == 0 and not facts.value["quorate"]):
            turning_point, at = cluster, number
    return Fate(cluster, turning_point, at)


def _why(facts: Known, steps: t.Sequence[Members], fate: Fate, lms_window: bool) -> str:
    reason = reason_of(facts, deciding(fate.turning_point), facts.members - fate.turning_point.members, lms_window)
    if fate.quorate or fate.step == len(steps):
        return reason
    if fate.step == 0:
        return "The loss of the quorum device's vote is enough. %s" % reason
    return "Quorum is lost at step %d of %d already. %s" % (fate.step, len(steps), reason)


def stays_quorate(facts: Known, steps: Steps, qdevice: str = EITHER) -> t.Tuple[bool, str]:
    """quorate_without() for checked node ids, in steps: every variant of how they may go must hold."""
    fate, device, window = _worst_fate(facts, steps, qdevice)
    if fate is None:
        return False, facts.doubt or "The cluster is not quorate now. %s" % reason_of(facts, deciding(cluster_of(facts)), (), False)
    reason = _why(facts, steps, fate, window)
    if not fate.quorate and device == "lost" and qdevice == EITHER:
        reason = "If the quorum device's vote is lost too: %s" % reason
    return fate.quorate, reason


def survives(facts: Known, loss: Members, qdevice: str) -> bool:
    """stays_quorate() without the words."""
    fate = _worst_fate(facts, [loss], qdevice)[0]
    return fate is not None and fate.quorate


def _worst_fate(facts: Known, steps: Steps, qdevice: str) -> t.Tuple[t.Optional[Fate], str, bool]:
    """The first variant's fate that loses quorum, else the last one's; None where nothing can be promised to begin with."""
    fate, device, window = None, "as_now", False    # type: t.Optional[Fate], str, bool
    if facts.doubt or not facts.value["quorate"]:
        return fate, device, window
    for device, how, window in variants(facts, qdevice):
        fate = played(facts, steps, how, window, device)
        if not fate.quorate:
            break
    return fate, device, window


def variants(facts: Known, qdevice: str) -> t.List[t.Tuple[str, str, bool]]:
    """Every (qdevice, how, lms_window) that can make a difference to this cluster; how it most likely happens comes last."""
    votes = any(node.flags & arithmetic.QDEVICE_CASTS for node in facts.nodes.values())
    devices = ["lost", "as_now"] if qdevice == EITHER else [qdevice]
    return [(device, how, window)
            for device in (devices if votes else ["as_now"])
            for window in ((True, False) if facts.rules.last_man_standing else (False,))
            for how in (HOW if facts.rules.allow_downscale else HOW[:1])]


def _tolerated(facts: Known, qdevice: str) -> int:
    if not facts.value["quorate"]:
        return 0
    for count in range(1, len(facts.members)):
        if not all(survives(facts, loss, qdevice) for loss in worst_losses(facts, facts.members, count)):
            return count - 1
    return len(facts.members) - 1


def _alone(facts: Known, qdevice: str) -> t.List[int]:
    """Who may leave alone. Nodes that differ in nothing that counts are asked about once."""
    answers = {}    # type: t.Dict[t.Any, bool]
    alone = []
    for nodeid in sorted(facts.members) if len(facts.members) > 1 else []:
        like = facts.nodes[nodeid], nodeid if facts.is_special(nodeid) else None
        if like not in answers:
            answers[like] = survives(facts, frozenset([nodeid]), qdevice)
        if answers[like]:
            alone.append(nodeid)
    return alone


def worst_losses(facts: Known, members: Members, count: int) -> t.List[Members]:
    """Sets of so many members: if the cluster survives the loss of each of these sets, it survives the loss of any such set.

    The most votes go; or the most votes and the tie-breaker, or all whose quorum device wins alone. And of every kind of node one may
    be kept that has fewest votes, because each survivor has to stay quorate.
    """
    by_votes = sorted(members, key=lambda nodeid: (-facts.nodes[nodeid].votes, nodeid))
    smallest = dict((facts.kind(nodeid), nodeid) for nodeid in by_votes)
    kept = [frozenset()] + [frozenset([nodeid]) for nodeid in smallest.values() if len(smallest) > 1]  # type: t.List[Members]
    breaker = facts.tie_breaker(members)
    go = [frozenset(), frozenset() if breaker is None else frozenset([breaker]), facts.deciding_alone() & members]
    losses = []     # type: t.List[Members]
    for must in go:
        for keep in kept:
            rest = [nodeid for nodeid in by_votes if nodeid not in must and nodeid not in keep]
            loss = must | frozenset(rest[:max(0, count - len(must))])
            if len(loss) == count and not must & keep and loss not in losses:
                losses.append(loss)
    return losses


# ---- a cluster and what happens to it ------------------------------------------------------------------------------------

def cluster_of(facts: Known) -> Cluster:
    """The partition of the node asked."""
    standing = {}  # type: t.Dict[t.Any, int]
    for nodeid in sorted(facts.members):
        standing.setdefault(facts.kind(nodeid), nodeid)
    return Cluster(facts, dict((us, facts.daemon(us)) for us in standing.values()),
                   dict((nodeid, standing[facts.kind(nodeid)]) for nodeid in facts.members))


def lost(cluster: Cluster, gone: Members, how: str) -> Cluster:
    """These nodes go at once; the others form a ring. Who is no member goes nowhere."""
    gone &= cluster.members
    if not gone:
        return cluster
    cluster = _passed_on(cluster, gone)
    daemons = cluster.daemons
    if how == "leave" and cluster.known.rules.allow_downscale:
        for nodeid in sorted(gone):
            said = _says(arithmetic.leaving(daemons[cluster.kind_of[nodeid]]), nodeid)
            daemons = dict((us, arithmetic.heard(daemon, said)) for us, daemon in daemons.items())
    kind_of = dict((nodeid, us) for nodeid, us in cluster.kind_of.items() if nodeid not in gone)
    daemons = dict((us, daemon) for us, daemon in daemons.items() if us not in gone)
    return cluster._replace(daemons=arithmetic.formed(daemons, frozenset(kind_of), _speaker(kind_of)), kind_of=kind_of)


def _passed_on(cluster: Cluster, gone: Members) -> Cluster:
    """Where the one that stands for its kind goes, the next of the kind that stays stands for it."""
    heirs = {}  # type: t.Dict[int, int]
    for nodeid, us in sorted(cluster.kind_of.items()):
        if us in gone and nodeid not in gone:
            heirs.setdefault(us, nodeid)
    if not heirs:
        return cluster
    daemons = dict((heirs.get(us, us), _as(daemon, heirs[us]) if us in heirs else daemon) for us, daemon in cluster.daemons.items())
    return cluster._replace(daemons=daemons, kind_of=dict((nodeid, heirs.get(us, us)) for nodeid, us in cluster.kind_of.items()))


def _as(daemon: Daemon, us: int) -> Daemon:
    """The same daemon on another node."""
    own, nodes = daemon.nodes[daemon.us], dict(daemon.nodes)
    nodes[us] = nodes[us]._replace(expected_votes=own.expected_votes, flags=own.flags)
    return daemon._replace(us=us, nodes=nodes)


def without_qdevice(cluster: Cluster) -> Cluster:
    """No member hears of its quorum device any more."""
    silent = dict((us, arithmetic.qdevice_lost(daemon)) for us, daemon in cluster.daemons.items())
    return cluster._replace(daemons=arithmetic.told(silent, _speaker(cluster.kind_of)))


def after_window(cluster: Cluster) -> Cluster:
    """last_man_standing's window elapses."""
    return cluster._replace(daemons=dict((us, arithmetic.window_elapsed(daemon)) for us, daemon in cluster.daemons.items()))


def deciding(cluster: Cluster) -> Daemon:
    """The daemon whose judgement counts: the first that is not quorate, else the first."""
    return min(cluster.daemons.values(), key=lambda daemon: (daemon.quorate, daemon.us))


def _speaker(kind_of: t.Dict[int, int]) -> t.Callable[[Daemon], t.List[Nodeinfo]]:
    return lambda daemon: [_says(daemon, nodeid) for nodeid, us in kind_of.items() if us == daemon.us]


def _says(daemon: Daemon, nodeid: int) -> Nodeinfo:
    """What a node says that this daemon stands for."""
    us = daemon.nodes[daemon.us]
    return Nodeinfo(nodeid, daemon.nodes[nodeid].votes, us.expected_votes, us.flags)


# ---- what was asked ------------------------------------------------------------------------------------------------------

def steps_of(facts: Known, leave: t.Any) -> Steps:
    """Names and node ids as steps of node ids. Raises ForecastError: no node, an unknown node, a node twice, nobody left."""
    steps = [_nodes_of(facts, step) for step in _listed(leave)]
    named = [nodeid for step in steps for nodeid in step]
    twice = sorted(set(nodeid for nodeid in named if named.count(nodeid) > 1))
    if twice:
        raise ForecastError("A node can leave only once, but more than once there is: %s." % labels(twice, facts.value))
    if not facts.members - frozenset(named):
        raise ForecastError("All %d members (%s) would leave; a forecast needs a node that stays." % (
            len(facts.members), labels(sorted(facts.members), facts.value)))
    return [frozenset(step) for step in steps]


def _listed(leave: t.Any) -> t.List[t.List[t.Any]]:
    if isinstance(leave, str) or is_number(leave):
        return [[leave]]
    if not isinstance(leave, (list, tuple)):
        raise ForecastError("%s was given where a list of node names or node ids is expected." % capital(described(leave)))
    if not leave:
        raise ForecastError("An empty list of nodes was given: name at least one node that leaves.")
    inner = [isinstance(item, (list, tuple)) for item in leave]
    if all(inner):
        if not all(leave):
            raise ForecastError("One of the %d steps is an empty list: every step needs at least one node that leaves." % len(leave))
        return [list(step) for step in leave]
    if any(inner):
        raise ForecastError("Nodes and lists of nodes are mixed: give a list of nodes that leave at once, or a list of such lists, one a step.")
    return [list(leave)]


def _nodes_of(facts: Known, nodes: t.List[t.Any]) -> t.List[int]:
    for node in nodes:
        if not isinstance(node, str) and not is_number(node):
            raise ForecastError("%s was given where a node name or node id is expected." % capital(described(node)))
    try:
        return [nodeid_of(node, facts.value) for node in nodes]
    except UnknownNode as error:
        raise ForecastError("%s." % capital(str(error)))


def one_of(option: str, given: t.Any, choices: t.Sequence[t.Any]) -> None:
    """Raises ForecastError where an option has a value that it cannot have."""
    if not any(given == choice and isinstance(given, type(choice)) for choice in choices):
        raise ForecastError("%s is %s, but must be one of: %s." % (option, described(given), ", ".join(str(choice).lower() for choice in choices)))
