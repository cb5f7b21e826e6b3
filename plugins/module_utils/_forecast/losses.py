# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What becomes of quorum if nodes leave, and what `forecast` in a `votequorum` value says: votequorum's arithmetic, stepped.

Pure. Kept apart from the questions that users ask and from the words of the answers (questions.py): this is compiled in every task.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import Daemon, Nodeinfo
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.facts import Facts, Members, facts_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.majority import needed_of

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Tolerance, ToleranceAsNow, Value

HOW = ("crash", "leave")
# Whether the quorum device's vote is as now or lost. EITHER: it must hold both ways
AS_NOW, LOST, EITHER = "as_now", "lost", "either"

Steps = t.Sequence[Members]


class Cluster(t.NamedTuple):
    """The members of one partition. Of daemons that decide alike one is stepped, and stands for the others."""

    facts: Facts
    daemons: t.Dict[int, Daemon]  # by the node id of the one that stands for its kind
    kind_of: t.Dict[int, int]  # every member -> the one that stands for it

    @property
    def members(self) -> Members:
        return frozenset(self.kind_of)


class Fate(t.NamedTuple):
    """What became of a cluster: at the end, and where quorum was lost for the first time, if it was."""

    cluster: Cluster
    turning_point: Cluster  # where quorum was lost; the end where it never was
    step: int  # the number of that step; 0: before the first

    @property
    def quorate(self) -> bool:
        return deciding(self.turning_point).quorate


# ---- what may be lost ----------------------------------------------------------------------------------------------------


def forecast_entry(value: "Value") -> "Tolerance":
    """{tolerates, quorate_without, as_now}: what votequorum_info adds to its value. quorate_without: node ids that may leave one at a time.

    Both hold with the quorum device's vote as now and with it lost. as_now: the same two, with its vote as it is.
    """
    facts = facts_of(value)
    count, alone = tolerated(facts, EITHER), _alone(facts, EITHER)
    as_now: ToleranceAsNow = {"tolerates": count, "quorate_without": list(alone)}
    if _device_votes(facts):
        as_now = {"tolerates": tolerated(facts, AS_NOW, at_least=count), "quorate_without": _alone(facts, AS_NOW, surely=alone)}
    return {"tolerates": count, "quorate_without": alone, "as_now": as_now}


def survives(facts: Facts, loss: Members, qdevice: str) -> bool:
    """Whether the cluster stays quorate if these members leave together: every variant of how they may go must hold."""
    fate = worst_fate(facts, [loss], qdevice)[0]
    return fate is not None and fate.quorate


def worst_fate(facts: Facts, steps: Steps, qdevice: str) -> t.Tuple[t.Optional[Fate], str, bool]:
    """The first variant's fate that loses quorum, else the last one's; None where nothing can be promised to begin with."""
    fate: t.Optional[Fate] = None
    device, window = AS_NOW, False
    if facts.doubt or not facts.value["quorate"]:
        return fate, device, window
    for device, how, window in variants(facts, qdevice):
        fate = played(facts, steps, how, window, device)
        if not fate.quorate:
            break
    return fate, device, window


def tolerated(facts: Facts, qdevice: str, at_least: int = 0) -> int:
    """How many members may fail together, whichever they are. at_least: a number that is known to cost no quorum."""
    if not facts.value["quorate"]:
        return 0
    facts = _without_a_misleading_tie(facts)
    for count in range(at_least + 1, len(facts.members)):
        if not all(survives(facts, loss, qdevice) for loss in worst_losses(facts, facts.members, count)):
            return count - 1
    return max(0, len(facts.members) - 1)


def _without_a_misleading_tie(facts: Facts) -> Facts:
    """Without the tie-breaker, where a quorum that was raised needs more votes than one more than a half.

    Half of the votes are quorate there by the tie-breaker, and one vote more is not. So fewer votes are not always worse, which worst_losses() goes by.
    """
    is_raised = facts.value["quorum"] > needed_of(facts.value["expected_votes"])
    return facts._replace(rules=facts.rules._replace(tie_breaker="none")) if is_raised else facts


def _alone(facts: Facts, qdevice: str, surely: t.Sequence[int] = ()) -> t.List[int]:
    """Who may leave alone. Nodes that differ in nothing that counts are asked about once. surely: nodes that are known to be among them."""
    answers: t.Dict[t.Any, bool] = {}
    alone = []
    for nodeid in sorted(facts.members) if len(facts.members) > 1 else []:
        like = facts.nodes[nodeid], nodeid if facts.is_special(nodeid) else None
        if like not in answers:
            answers[like] = nodeid in surely or survives(facts, frozenset([nodeid]), qdevice)
        if answers[like]:
            alone.append(nodeid)
    return alone


def variants(facts: Facts, qdevice: str) -> t.List[t.Tuple[str, str, bool]]:
    """Every (qdevice, how, lms_window) that can make a difference to this cluster; how it most likely happens comes last."""
    devices = [LOST, AS_NOW] if qdevice == EITHER else [qdevice]
    return [
        (device, how, window)
        for device in (devices if _device_votes(facts) else [AS_NOW])
        for window in ((True, False) if facts.rules.last_man_standing else (False,))
        for how in (HOW if facts.rules.allow_downscale else HOW[:1])
    ]


def _device_votes(facts: Facts) -> bool:
    """Whether any member has its quorum device's vote, so that it can be lost."""
    return any(node.flags & arithmetic.QDEVICE_CASTS for node in facts.nodes.values())


def worst_losses(facts: Facts, members: Members, count: int) -> t.List[Members]:
    """Sets of `count` members: if the cluster survives the loss of each of these sets, it survives the loss of any such set.

    The most votes go; or the most votes and the tie-breaker, or all whose quorum device wins alone. And of every kind of node one may
    be kept that has fewest votes, because each survivor has to stay quorate.
    """
    by_votes = sorted(members, key=lambda nodeid: (-facts.nodes[nodeid].votes, nodeid))
    smallest = {facts.kind(nodeid): nodeid for nodeid in by_votes}
    kept: t.List[Members] = [frozenset()] + [frozenset([nodeid]) for nodeid in smallest.values() if len(smallest) > 1]
    breaker = facts.tie_breaker(members)
    go = [frozenset(), frozenset() if breaker is None else frozenset([breaker]), facts.deciding_alone() & members]
    losses: t.List[Members] = []
    for must in go:
        for keep in kept:
            rest = [nodeid for nodeid in by_votes if nodeid not in must and nodeid not in keep]
            loss = must | frozenset(rest[: max(0, count - len(must))])
            if len(loss) == count and not must & keep and loss not in losses:
                losses.append(loss)
    return losses


def played(facts: Facts, steps: Steps, how: str, lms_window: bool, qdevice: str) -> Fate:
    """The steps, one after the other."""
    cluster = cluster_of(facts)
    if qdevice == LOST:
        cluster = without_qdevice(cluster)
    turning_point, at = cluster, 0
    for number, step in enumerate(steps, start=1):
        cluster = lost(cluster, step, how)
        if lms_window:
            cluster = after_window(cluster)
        if deciding(turning_point).quorate or (at == 0 and not facts.value["quorate"]):
            turning_point, at = cluster, number
    return Fate(cluster, turning_point, at)


# ---- a cluster and what happens to it ------------------------------------------------------------------------------------


def cluster_of(facts: Facts) -> Cluster:
    """The partition of the node asked."""
    standing: t.Dict[t.Any, int] = {}
    for nodeid in sorted(facts.members):
        standing.setdefault(facts.kind(nodeid), nodeid)
    return Cluster(facts, {us: facts.daemon(us) for us in standing.values()}, {nodeid: standing[facts.kind(nodeid)] for nodeid in facts.members})


def lost(cluster: Cluster, gone: Members, how: str) -> Cluster:
    """These nodes go at once; the others form a ring. Who is no member goes nowhere."""
    gone &= cluster.members
    if not gone:
        return cluster
    cluster = _passed_on(cluster, gone)
    daemons = cluster.daemons
    if how == "leave" and cluster.facts.rules.allow_downscale:
        for nodeid in sorted(gone):
            said = _says(arithmetic.leaving(daemons[cluster.kind_of[nodeid]]), nodeid)
            daemons = {us: arithmetic.heard(daemon, said) for us, daemon in daemons.items()}
    kind_of = {nodeid: us for nodeid, us in cluster.kind_of.items() if nodeid not in gone}
    daemons = {us: daemon for us, daemon in daemons.items() if us not in gone}
    return cluster._replace(daemons=arithmetic.formed(daemons, frozenset(kind_of), _speaker(kind_of)), kind_of=kind_of)


def _passed_on(cluster: Cluster, gone: Members) -> Cluster:
    """Where the one that stands for its kind goes, the next of the kind that stays stands for it."""
    heirs: t.Dict[int, int] = {}
    for nodeid, us in sorted(cluster.kind_of.items()):
        if us in gone and nodeid not in gone:
            heirs.setdefault(us, nodeid)
    if not heirs:
        return cluster
    daemons = {heirs.get(us, us): _as(daemon, heirs[us]) if us in heirs else daemon for us, daemon in cluster.daemons.items()}
    return cluster._replace(daemons=daemons, kind_of={nodeid: heirs.get(us, us) for nodeid, us in cluster.kind_of.items()})


def _as(daemon: Daemon, us: int) -> Daemon:
    """The same daemon on another node."""
    own, nodes = daemon.nodes[daemon.us], dict(daemon.nodes)
    nodes[us] = nodes[us]._replace(expected_votes=own.expected_votes, flags=own.flags)
    return daemon._replace(us=us, nodes=nodes)


def without_qdevice(cluster: Cluster) -> Cluster:
    """No member hears of its quorum device any more."""
    silent = {us: arithmetic.qdevice_lost(daemon) for us, daemon in cluster.daemons.items()}
    return cluster._replace(daemons=arithmetic.exchanged(silent, _speaker(cluster.kind_of)))


def after_window(cluster: Cluster) -> Cluster:
    """last_man_standing's window elapses."""
    return cluster._replace(daemons={us: arithmetic.window_elapsed(daemon) for us, daemon in cluster.daemons.items()})


def deciding(cluster: Cluster) -> Daemon:
    """The daemon whose judgement counts: the first that is not quorate, else the first."""
    return min(cluster.daemons.values(), key=lambda daemon: (daemon.quorate, daemon.us))


def _speaker(kind_of: t.Dict[int, int]) -> t.Callable[[Daemon], t.List[Nodeinfo]]:
    return lambda daemon: [_says(daemon, nodeid) for nodeid, us in kind_of.items() if us == daemon.us]


def _says(daemon: Daemon, nodeid: int) -> Nodeinfo:
    """What a node says that this daemon stands for."""
    us = daemon.nodes[daemon.us]
    return Nodeinfo(nodeid, daemon.nodes[nodeid].votes, us.expected_votes, us.flags)
