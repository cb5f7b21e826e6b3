# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Batches of nodes for an upgrade: those of a batch may be down together, and come back before the next batch goes.

Pure. First as few batches as possible are packed by a quick rule; then every batch is played through with votequorum's arithmetic, its
nodes' return included, and what does not stand that is packed again, node by node.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import MEMBER, VOTES_THAT_WRAP
from ansible_collections.corosync.quorum.plugins.module_utils._forecast import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import Daemon, Node
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.facts import Facts, Members, checked_facts_of
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import EITHER, Cluster, deciding, lost, played, survives, variants, worst_losses
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import QDEVICE, count_of_nodes, one_of, stays_quorate
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.what_if import as_seen_by
from ansible_collections.corosync.quorum.plugins.module_utils._value.majority import needed_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import labels
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

Batch = frozenset[int]
# By _key()
States = dict[t.Any, Facts]
# So many arrangements of votes are looked at for fewer batches before the best found is taken.
PATIENCE = 2000


def upgrade_batches(value: t.Any, spare: int = 0, qdevice: str = EITHER) -> list[list[int]]:
    """The members as batches of node ids, in the order to take them.

    While a batch is down, the cluster stays quorate, and would even if `spare` more nodes failed, whichever. As few batches as possible;
    the tie-breaker, the lowest node id and the node asked come as late as possible, else the order is that of votes and node ids: the
    same question has the same answer. qdevice: as for quorate_without.

    Raises ForecastError: a cluster that cannot lose each of its nodes; it says why and what would help.
    """
    one_of("qdevice", qdevice, QDEVICE + (EITHER,))
    count_of_nodes("spare", spare)
    facts = checked_facts_of(value)
    safe = _Safe(facts, spare, qdevice)
    _refuse(facts, safe, spare, qdevice)
    late = _late_first(facts)
    packed = _packed(facts, late, safe)
    if not all(safe.through(packed)):
        packed = _one_after_the_other(late, safe)
    return [sorted(batch) for batch in packed]


# ---- is it safe ----------------------------------------------------------------------------------------------------------


class _Safe:
    """Whether a batch is, played through with every variant of how it may go."""

    def __init__(self, facts: Facts, spare: int, qdevice: str) -> None:
        self._facts, self._spare, self._variants = facts, spare, variants(facts, qdevice)
        self._seen: dict[t.Any, bool] = {}
        expected = max(node.expected_votes for node in facts.nodes.values())
        self.quorum = max(facts.value["quorum"], needed_of(expected))
        rules = facts.rules
        self.special = (
            rules.two_node
            or rules.last_man_standing
            or rules.tie_breaker != "none"
            or rules.allow_downscale
            or bool(rules.qdevice_votes)
            or expected >= VOTES_THAT_WRAP
        )

    def at_once(self, batch: Batch) -> bool:
        """The quick rule: the batch crashes at once, and the spare nodes with it; before anything else may go wrong."""
        by_votes = self._by_votes(batch)
        if by_votes is not None:
            return by_votes
        key = self._signature(batch)
        if key not in self._seen:
            stay = self._facts.members - batch
            spares = worst_losses(self._facts, stay, self._spare) if self._spare else [frozenset()]
            self._seen[key] = self._spare < len(stay) and all(self._survives(batch | loss) for loss in spares)
        return self._seen[key]

    def _by_votes(self, batch: Batch) -> bool | None:
        """The quicker rule, where votes alone decide; None where they do not."""
        if self.special:
            return None
        left = sorted(self._facts.nodes[nodeid].votes for nodeid in self._facts.members - batch)
        return len(left) > self._spare and sum(left[: len(left) - self._spare]) >= self.quorum

    def through(self, batches: t.Sequence[Batch]) -> t.Iterator[bool]:
        """Whether each of the batches stands, one after the other, whatever the ones before have left behind."""
        states = self.now()
        for batch in batches:
            states = self.after(states, batch)
            yield bool(states)
            if not states:
                return

    def now(self) -> States:
        """What the cluster is like before the first batch."""
        return {_key(self._facts): self._facts}

    def after(self, states: States, batch: Batch) -> States:
        """What it may be like once a batch has come back, if it was like one of these before; none where one of them does not stand it."""
        found: States = {}
        for facts in states.values():
            for outcome in self._outcomes(facts, batch):
                if outcome is None:
                    return {}
                found[_key(outcome)] = outcome
        return found

    def _outcomes(self, facts: Facts, batch: Batch) -> t.Iterator[Facts | None]:
        """What the cluster is like once the batch has come back, for every way it may have gone; None where quorum was lost."""
        if len(facts.members - batch) <= self._spare:
            yield None
            return
        orders = [[frozenset([nodeid]) for nodeid in order] for order in self._orders(batch)]
        for device, how, window in self._variants:
            for steps in [[batch]] + orders:
                down = self._gone(facts, steps, how, window, device)
                if down is None or not all(_stands(lost(down, loss, "crash")) for loss in self._spares_of(down)):
                    yield None
                    return
                for back in [[batch]] + [order[::-1] for order in orders]:
                    yield _returned(down, back)

    def why_less(self) -> str:
        """Of members that come back with other votes, with a space in front; empty where there are none."""
        changed = _changed_by_a_restart(self._facts)
        if not changed:
            return ""
        return (
            f" The votes of {labels(changed, self._facts.value)} were changed at runtime, and after a restart they are those of corosync.conf again: "
            "set them back first, or change corosync.conf and reload it."
        )

    def _orders(self, batch: Batch) -> list[list[int]]:
        """In which orders the nodes go one by one, and the other way round come back: those that leave or bring fewest votes, or the memory of
        the tie-breaker, or the quorum device's vote, in the worst place. Where votes alone decide nothing is worse than all at once."""
        if not self.special or len(batch) == 1:
            return []
        weights, alone, of_the_file = self._facts.nodes, self._facts.deciding_alone(), _votes_of_the_file(self._facts)
        orders = [
            sorted(batch),
            sorted(batch, reverse=True),
            sorted(batch, key=lambda nodeid: (-weights[nodeid].votes, nodeid)),
            sorted(batch, key=lambda nodeid: (-of_the_file[nodeid], nodeid)),
            sorted(batch, key=lambda nodeid: (nodeid not in alone, -weights[nodeid].votes, nodeid)),
        ]
        return [order for position, order in enumerate(orders) if order not in orders[:position]]

    def _gone(self, facts: Facts, steps: t.Sequence[Members], how: str, window: bool, device: str) -> Cluster | None:
        fate = played(facts, steps, how, window, device)
        return fate.cluster if fate.quorate and _stands(fate.cluster) else None

    def _spares_of(self, cluster: Cluster) -> list[Members]:
        if not self._spare or self._spare >= len(cluster.members):
            return []
        # As those see it that stay: with lowest and highest another node decides a tie once the first one is down.
        value = as_seen_by(cluster.facts.value, deciding(cluster), total_votes=cluster.facts.value["total_votes"])
        return worst_losses(cluster.facts._replace(value=value), cluster.members, self._spare)

    def _survives(self, gone: Members) -> bool:
        return bool(gone) and all(self._gone(self._facts, [gone], how, window, device) is not None for device, how, window in self._variants)

    def _signature(self, batch: Batch) -> t.Any:
        """Equal for batches that the quick rule cannot tell apart."""
        facts = self._facts
        special = facts.masters | frozenset(nodeid for nodeid in (facts.tie_breaker(facts.members), facts.value["nodeid"]) if nodeid is not None)
        special |= frozenset(facts.rules.tie_breaker_nodes)
        return (tuple(sorted((facts.kind(nodeid), facts.nodes[nodeid].votes) for nodeid in batch)), batch & special)


def _stands(cluster: Cluster) -> bool:
    """Whether it is quorate, and not by a tie-breaker that last_man_standing may take back.

    Its timer may still run from an earlier batch, on the nodes that saw that one go and on no other. Where it then ends, members expect
    different votes, and what is half for one of them is less for the other as soon as a ring forms.
    """
    daemon = deciding(cluster)
    by_tie_breaker = any(each.rule == arithmetic.BY_TIE_BREAKER for each in cluster.daemons.values())
    return daemon.quorate and not (cluster.facts.rules.last_man_standing and by_tie_breaker)


def _key(facts: Facts) -> t.Any:
    """Equal for states that no batch can tell apart."""
    value = facts.value
    breaker = value["auto_tie_breaker"]
    return tuple(sorted(facts.nodes.items())), value["quorum"], value["total_votes"], breaker["lowest"], breaker["highest"]


def _returned(cluster: Cluster, steps: t.Sequence[Members]) -> Facts | None:
    """The cluster once these nodes have been started again; None where that costs quorum, or leaves members that do not agree."""
    for step in steps:
        cluster = cluster._replace(facts=_with_votes_of_the_file(cluster.facts, step))
        newcomers = _kinds_of_newcomers(cluster.facts, step)
        kind_of = {**cluster.kind_of, **newcomers}
        started = {nodeid: _restarted(cluster.facts, nodeid) for nodeid in newcomers.values()}
        daemons = arithmetic.formed({**cluster.daemons, **started}, frozenset(kind_of), _speaker(cluster.facts, kind_of))
        cluster = cluster._replace(daemons=daemons, kind_of=kind_of)
        if not deciding(cluster).quorate or len(set(map(_judges_by, daemons.values()))) > 1:
            return None
        cluster = _taken_in(cluster, frozenset(started))
    return _seen_by(cluster.facts, deciding(cluster), cluster.members)


def _with_votes_of_the_file(facts: Facts, restarted: Members) -> Facts:
    """What a node was given while it ran (votequorum_setvotes) is gone with its restart: it has the votes of corosync.conf."""
    votes = _votes_of_the_file(facts)
    change = sum(votes[nodeid] - facts.nodes[nodeid].votes for nodeid in restarted)
    nodes = {nodeid: node._replace(votes=votes[nodeid]) if nodeid in restarted else node for nodeid, node in facts.nodes.items()}
    value = t.cast("Value", dict(facts.value, total_votes=facts.value["total_votes"] + change))
    return facts._replace(nodes=nodes, value=value)


def _votes_of_the_file(facts: Facts) -> dict[int, int]:
    """By node id, of all nodes. Those of a member that the nodelist does not have are the ones that it has now."""
    configured = {node["nodeid"]: node["configured_votes"] for node in facts.value["nodes"] if node["configured_votes"] is not None}
    return {**{nodeid: node.votes for nodeid, node in facts.nodes.items()}, **configured}


def _changed_by_a_restart(facts: Facts) -> list[int]:
    """The members that would come back with other votes than they have."""
    votes = _votes_of_the_file(facts)
    return [nodeid for nodeid in sorted(facts.members) if votes[nodeid] != facts.nodes[nodeid].votes]


def _restarted(facts: Facts, nodeid: int) -> Daemon:
    """A node of the batch, freshly started and still alone."""
    votes = facts.nodes[nodeid].votes
    expected = sum(_votes_of_the_file(facts).values()) + facts.rules.qdevice_votes
    return arithmetic.ring_changed(arithmetic.started(facts.rules, nodeid, votes, expected), frozenset([nodeid]))


def _speaker(facts: Facts, kind_of: t.Mapping[int, int]) -> t.Callable[[Daemon], list[arithmetic.Nodeinfo]]:
    def infos(daemon: Daemon) -> list[arithmetic.Nodeinfo]:
        said = arithmetic.nodeinfo(daemon)
        return [said._replace(nodeid=nodeid, votes=facts.nodes[nodeid].votes) for nodeid, us in kind_of.items() if us == daemon.us]

    return infos


def _judges_by(daemon: Daemon) -> t.Any:
    return daemon.quorum, daemon.lowest, daemon.highest, daemon.nodes[daemon.us].expected_votes


def _kinds_of_newcomers(facts: Facts, step: Members) -> dict[int, int]:
    """Which node stands for each of those that start together: the first, as they differ in nothing but their votes.

    Where the file has other votes than the cluster, what a newcomer expects counts, too: who hears of it first may judge otherwise. So each is its own.
    """
    changed = _changed_by_a_restart(facts)
    return {nodeid: nodeid if changed else min(step) for nodeid in step}


def _taken_in(cluster: Cluster, newcomers: Members) -> Cluster:
    """Newcomers that judge as the others do need no daemon of their own any more."""
    others = {us: daemon for us, daemon in cluster.daemons.items() if us not in newcomers}
    return cluster._replace(daemons=others, kind_of={nodeid: min(others) if us in newcomers else us for nodeid, us in cluster.kind_of.items()})


def _seen_by(facts: Facts, daemon: Daemon, ring: Members) -> Facts:
    """What is known after a batch has come back. A quorum device's flags are those of before: the device comes back with the node."""
    expected = daemon.nodes[daemon.us].expected_votes
    nodes = {nodeid: Node(MEMBER, facts.nodes[nodeid].votes, expected, facts.nodes[nodeid].flags) for nodeid in ring}
    value = as_seen_by(facts.value, daemon, total_votes=facts.value["total_votes"])
    return facts._replace(value=value, nodes=nodes, members=ring)


# ---- what to refuse ------------------------------------------------------------------------------------------------------


def _refuse(facts: Facts, safe: _Safe, spare: int, qdevice: str) -> None:
    """Raise ForecastError where some node can never be in a batch."""
    if len(facts.members) == 1:
        raise ForecastError(f"The cluster has only one member ({labels(facts.members, facts.value)}), and nothing stays when it goes. Start other nodes first.")
    most = len(facts.members) - 2
    if spare > most:
        raise ForecastError(f"spare is {spare}, but of {len(facts.members)} members one goes and one has to stay, so it can be {most} at most.")
    if facts.doubt:
        raise ForecastError(facts.doubt)
    if not facts.value["quorate"]:
        raise ForecastError(f"There are no safe batches. {stays_quorate(facts, [], qdevice)[1]}")
    cannot_leave: list[int] = []
    loss_of_quorum: Members = frozenset()
    for nodeid in sorted(facts.members):
        if not safe.at_once(frozenset([nodeid])):
            cannot_leave.append(nodeid)
            loss_of_quorum = loss_of_quorum or next((loss for loss in _with_spares(facts, nodeid, spare) if not survives(facts, loss, qdevice)), loss_of_quorum)
    if cannot_leave:
        spared = f", with {spare} more to spare" if spare else ""
        raise ForecastError(
            f"There are no safe batches: the cluster would not stay quorate without {labels(cannot_leave, facts.value)}{spared}. "
            f"{stays_quorate(facts, [loss_of_quorum], qdevice)[1]} {_remedy(facts, spare, qdevice)}"
        )


def _with_spares(facts: Facts, nodeid: int, spare: int) -> list[Members]:
    one = frozenset([nodeid])
    return [one | loss for loss in worst_losses(facts, facts.members - one, spare)] if spare else [one]


def _remedy(facts: Facts, spare: int, qdevice: str) -> str:
    if facts.value["missing"]:
        return f"What would help: start the missing nodes first ({labels(facts.value['missing'], facts.value)})."
    if spare and all(survives(facts, frozenset([nodeid]), qdevice) for nodeid in facts.members):
        return "What would help: a smaller spare, or more nodes."
    device = any(node.flags & arithmetic.QDEVICE_CASTS for node in facts.nodes.values())
    if device and qdevice != "as_now" and all(survives(facts, frozenset([nodeid]), "as_now") for nodeid in facts.members):
        return "What would help: qdevice='as_now', if the quorum device can be trusted to keep its vote meanwhile."
    if len(facts.nodes) == 2 and not facts.rules.two_node:
        return "What would help: two_node in corosync.conf, or a quorum device."
    return "What would help: another node, a quorum device, or votes spread more evenly."


# ---- packing -------------------------------------------------------------------------------------------------------------


def _late_first(facts: Facts) -> list[int]:
    """All members, those to come last in front: the tie-breaker, the node asked, the lowest id; then by votes, most first, and by id."""
    late = _late(facts)
    return late + sorted(facts.members - frozenset(late), key=lambda nodeid: (-facts.nodes[nodeid].votes, nodeid))


def _late(facts: Facts) -> list[int]:
    late: list[int] = []
    for nodeid in (facts.tie_breaker(facts.members), facts.value["nodeid"], min(facts.members)):
        if nodeid is not None and nodeid not in late:
            late.append(nodeid)
    return late


def _packed(facts: Facts, late_first: list[int], safe: _Safe) -> list[Batch]:
    """As few batches as can be found, and among those even ones where that can be: what is down at once is smaller then."""
    by_votes = sorted(late_first, key=lambda nodeid: (-facts.nodes[nodeid].votes, late_first.index(nodeid)))
    best = min((_first_fit(order, safe) for order in (late_first, by_votes)), key=len)
    best = _Search(facts, late_first, safe).fewer_than(len(best)) or best
    even = _evenly(facts, late_first, len(best), safe)
    return _late_ones_last(even or best, late_first)


def _evenly(facts: Facts, late_first: list[int], count: int, safe: _Safe) -> list[Batch] | None:
    """So many batches of about as many votes each, the late nodes together; None where not all of them are safe."""
    batches: list[Batch] = [frozenset()] * count
    late = _late(facts)
    for nodeid in late_first:
        place = min(range(count), key=lambda number: (sum(facts.nodes[other].votes for other in batches[number]), len(batches[number])))
        if nodeid in late and safe.at_once(batches[-1] | {nodeid}):
            place = count - 1
        batches[place] |= {nodeid}
    return batches if all(batches) and all(safe.at_once(batch) for batch in batches) else None


def _first_fit(nodes: t.Sequence[int], safe: _Safe) -> list[Batch]:
    batches: list[Batch] = []
    for nodeid in nodes:
        for position, batch in enumerate(batches):
            if safe.at_once(batch | {nodeid}):
                batches[position] = batch | {nodeid}
                break
        else:
            batches.append(frozenset([nodeid]))
    return batches


class _Search:
    """Looks for a packing into fewer batches, filling one batch after the other; gives up after PATIENCE tries."""

    def __init__(self, facts: Facts, nodes: t.Sequence[int], safe: _Safe) -> None:
        self._safe, self._tries = safe, PATIENCE
        self._votes = {nodeid: facts.nodes[nodeid].votes for nodeid in nodes}
        self._nodes = sorted(nodes, key=lambda nodeid: (-self._votes[nodeid], nodes.index(nodeid)))
        self._hopeless: set[tuple[Batch, int]] = set()

    def fewer_than(self, count: int) -> list[Batch] | None:
        best: list[Batch] | None = None
        total = sum(self._votes.values())
        least = 2 if self._safe.special else -(-total // max(1, total - self._safe.quorum))
        while count - 1 >= least and self._tries > 0:
            found = self._fill(frozenset(self._nodes), count - 1)
            if found is None:
                return best
            best, count = found, len(found)
        return best

    def _fill(self, rest: Batch, batches: int) -> list[Batch] | None:
        if not rest:
            return []
        if not batches or (rest, batches) in self._hopeless:
            return None
        for batch in self._batches_with_the_heaviest(rest):
            more = self._fill(rest - batch, batches - 1)
            if more is not None:
                return [batch] + more
            if self._tries <= 0:
                return None
        self._hopeless.add((rest, batches))
        return None

    def _batches_with_the_heaviest(self, rest: Batch) -> t.Iterator[Batch]:
        """Full batches of these nodes, each with the one of most votes, which has to be in some batch."""
        nodes = [nodeid for nodeid in self._nodes if nodeid in rest]
        seen: set[tuple[int, ...]] = set()

        def grow(batch: Batch, position: int) -> t.Iterator[Batch]:
            self._tries -= 1
            full = True
            previous: int | None = None
            for at in range(position, len(nodes)):
                if self._tries <= 0:
                    return
                if self._votes[nodes[at]] == previous:
                    continue  # its like was tried in this place
                if self._safe.at_once(batch | {nodes[at]}):
                    full = False
                    previous = self._votes[nodes[at]]
                    yield from grow(batch | {nodes[at]}, at + 1)
            if full:
                votes = tuple(sorted(self._votes[nodeid] for nodeid in batch))
                if votes not in seen:
                    seen.add(votes)
                    yield batch

        return grow(frozenset(nodes[:1]), 1)


def _late_ones_last(batches: list[Batch], late_first: list[int]) -> list[Batch]:
    """The batch with the latest node comes last; else the fuller batches first, then by the lowest node id."""

    def place(batch: Batch) -> t.Any:
        latest = min(late_first.index(nodeid) for nodeid in batch)
        return -latest if latest < 3 else -len(late_first), -len(batch), min(batch)

    return sorted(batches, key=place)


def _one_after_the_other(late_first: list[int], safe: _Safe) -> list[Batch]:
    """The careful way: every batch is grown by what stands being played through, after those before it. Raises ForecastError."""
    done: list[Batch] = []
    states, rest = safe.now(), list(reversed(late_first))
    while rest:
        batch: Batch = frozenset()
        after: States = {}
        for nodeid in rest:
            found = safe.after(states, batch | {nodeid})
            if found:
                batch, after = batch | {nodeid}, found
        if not batch:
            raise ForecastError(
                f"There are no safe batches: after {len(done)} of them, quorum would not stand the loss of any of the nodes that are left.{safe.why_less()}"
            )
        done.append(batch)
        states, rest = after, [nodeid for nodeid in rest if nodeid not in batch]
    return done
