# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""A change of votes at runtime, thought through before anything is sent: which steps, in which order, with which outcome, or why not.

Pure. Every member's daemon is asked, by votequorum's arithmetic, what a step would make of it. The numbers in parentheses are
lines of exec/votequorum.c in corosync 3.1.10.

Not known, and so taken both ways where an auto_tie_breaker might count by it: which nodes were members before the present ring, and after a
reload the list of tie-breakers.
"""

import itertools
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import VOTES_THAT_WRAP
from ansible_collections.corosync.quorum.plugins.module_utils._forecast import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import Daemon
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.facts import Facts, checked_facts_of
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.what_if import as_seen_by
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import UnknownNode, device_votes, has_nodelist, label, labels, nodeid_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.shared_traps import FFSPLIT, FFSPLIT_NEEDS_ONE_VOTE
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Node, Value

# What a step changes. In this order, where any order will do.
VOTES, EXPECTED_VOTES, CANCEL = "votes", "expected_votes", "cancel_wait_for_all"
TRACKING_BARRIER = "runtime.votequorum.ev_tracking_barrier"
ALGORITHM = "quorum.device.net.algorithm"
MODEL = "quorum.device.model"
RELOADING = "config.totemconfig_reload_in_progress"

Configuration = t.Mapping[str, t.Any]
# The daemons of all members, by node id.
Partition = t.Dict[int, Daemon]


# votes are those of `node` (a name or node id, None for the node asked). None or False: leave it as it is.
class VoteWish(t.NamedTuple):
    expected_votes: t.Optional[int]
    votes: t.Optional[int]
    node: t.Union[None, str, int]
    cancel_wait_for_all: bool
    allow_quorum_gain: bool
    allow_quorum_loss: bool


# nodeid: whose votes, or the node asked. number: the new votes or expected votes, 0 for CANCEL.
class VoteStep(t.NamedTuple):
    what: str
    nodeid: int
    number: int


# values: the `votequorum` value after each step, as corosync's arithmetic has it (forecast and problems are those of before).
class VotePlan(t.NamedTuple):
    steps: t.List[VoteStep]
    values: t.List["Value"]


class VoteChangeRefused(Unusable):
    """A change that must not or cannot be made. The message says why, with numbers, and what to do."""


class ConsentNeeded(VoteChangeRefused):
    """A change that is made only if the option that the message names allows it."""


def plan_votes(wish: VoteWish, value: "Value", configuration: Configuration) -> VotePlan:
    """The steps to what is wished, none where all of it is so already. Raises VoteChangeRefused.

    value: a settled `votequorum` value. configuration: the keys of cmap below quorum., runtime.votequorum. and config.
    """
    facts = checked_facts_of(value)
    if facts.doubt:
        raise VoteChangeRefused(facts.doubt)
    target = _target(wish, value, configuration)
    plans = [_planned(_Question(wish, target, value, configuration), start) for start in _partitions(facts, configuration)]
    return plans[0]


def in_words(step: VoteStep, value: "Value") -> str:
    """A step for people: `votes 3 of node2`."""
    if step.what == CANCEL:
        return CANCEL
    return f"{step.what} {step.number}{f' of {label(step.nodeid, value)}' if step.what == VOTES else ''}"


def is_done(step: VoteStep, value: "Value") -> bool:
    """Whether a value shows what the step was to change."""
    if step.what == CANCEL:
        return not value["wait_for_all"]["pending"]
    if step.what == EXPECTED_VOTES:
        return bool(value["expected_votes"] == step.number)
    return any(node["nodeid"] == step.nodeid and node["votes"] == step.number for node in value["nodes"])


# ---- what is asked for, and what is there --------------------------------------------------------------------------------


class _Question(t.NamedTuple):
    wish: VoteWish
    target: int
    value: "Value"
    configuration: Configuration


def _target(wish: VoteWish, value: "Value", configuration: Configuration) -> int:
    """The node whose votes are meant. Raises VoteChangeRefused if its votes cannot be set, or not to this number."""
    if wish.votes is None:
        return int(value["nodeid"])
    try:
        target = nodeid_of(value["nodeid"] if wish.node is None else wish.node, value)
    except UnknownNode as exc:
        raise VoteChangeRefused(f"node: {exc}.")
    entry = next(node for node in value["nodes"] if node["nodeid"] == target)
    name = label(target, value)
    if entry["state"] == "unseen":
        raise VoteChangeRefused(f"The votes of {name} cannot be set: corosync on {label(value['nodeid'], value)} has not seen it since it started.")
    if entry["state"] != "member":
        raise VoteChangeRefused(
            f"The votes of {name} cannot be set: it is not a member now ({entry['state']}). When it comes back, it brings its own votes, those of its "
            "corosync.conf, whatever was set before."
        )
    if value["two_node"]:
        raise VoteChangeRefused(
            "votes cannot be set on a two_node cluster: there one vote is enough whatever the nodes have. Remove two_node from "
            "corosync.conf first, if the nodes are to count differently."
        )
    _refuse_to_end_the_device(wish.votes, entry, value, configuration)
    _refuse_too_many(wish.votes, entry, value)
    return target


def _refuse_to_end_the_device(votes: int, entry: "Node", value: "Value", configuration: Configuration) -> None:
    """corosync takes it, but corosync-qdevice looks at the votes when expected votes are announced or it starts, and ends where they do not suit it."""
    if votes not in (1, entry["votes"]) and _algorithm(configuration) == FFSPLIT:
        raise VoteChangeRefused(
            f"votes {votes} of {label(entry['nodeid'], value)} would cost every node the vote of the quorum device: its {FFSPLIT_NEEDS_ONE_VOTE}, "
            "and corosync-qdevice ends on all of them when one has not. Let the device use the algorithm lms "
            "first (quorum.device.net.algorithm), if the nodes are to count differently."
        )


def _algorithm(configuration: Configuration) -> t.Optional[t.Any]:
    """Of the quorum device. corosync-qdevice takes ffsplit where none is given (QDEVICE_NET_DEFAULT_ALGORITHM in qnet-config.h)."""
    return configuration.get(ALGORITHM, FFSPLIT if configuration.get(MODEL) == "net" else None)


def _refuse_too_many(votes: int, entry: "Node", value: "Value") -> None:
    """corosync itself takes any number (2726-2773)."""
    others = sum(node["configured_votes"] or 0 if node["votes"] is None else node["votes"] for node in value["nodes"] if node is not entry)
    device = device_votes(value)
    together = others + device + votes
    if votes > (entry["votes"] or 0) and together >= VOTES_THAT_WRAP:
        raise VoteChangeRefused(
            f"votes {votes} of {label(entry['nodeid'], value)} would make {together} votes with those of the other nodes ({others}) and of the "
            f"quorum device ({device}), but corosync keeps the quorum in 8 bits: from {VOTES_THAT_WRAP} votes on it wraps round to a very small number. "
            f"Give all together at most {VOTES_THAT_WRAP - 1}."
        )


def _partitions(facts: Facts, configuration: Configuration) -> t.List[Partition]:
    """What the members may be like now: the likeliest, and what else could be."""
    barrier = configuration.get(TRACKING_BARRIER)  # corosync sets it only where it tracks
    partition = {}
    for nodeid in sorted(facts.members):
        daemon = facts.daemon(nodeid)
        if nodeid == facts.value["nodeid"]:
            daemon = daemon._replace(nodes=_as_seen(facts))
        partition[nodeid] = daemon._replace(rules=daemon.rules._replace(expected_votes_tracking=barrier is not None), ev_tracking_barrier=barrier or 0)
    if facts.rules.tie_breaker == "none" or facts.value["quorate"]:
        return [partition]
    if facts.value["auto_tie_breaker"]["nodes"] is None:
        partition = {nodeid: _with_any_tie_breaker(daemon) for nodeid, daemon in partition.items()}
    far = {nodeid: _without_tie_breaker(daemon) for nodeid, daemon in partition.items()}
    daemon = partition[facts.value["nodeid"]]
    ties_now = daemon.total_votes == daemon.nodes[daemon.us].expected_votes // 2 and arithmetic.tie_breaker_stays(daemon)
    return [far] if ties_now else [partition, far]


def _as_seen(facts: Facts) -> t.Dict[int, arithmetic.Node]:
    """The members as the node asked lists them: what they expect is what they last said, be it out of date."""
    said = {node["nodeid"]: node["expected_votes"] for node in facts.value["nodes"] if node["expected_votes"] is not None}
    return {nodeid: node._replace(expected_votes=said.get(nodeid, node.expected_votes)) for nodeid, node in facts.nodes.items()}


def _without_tie_breaker(daemon: Daemon) -> Daemon:
    """The same after a loss of too many at once for the tie-breaker to count (1027-1032): `previous` gets more nodes than any quorum."""
    return daemon._replace(previous=daemon.ring | frozenset(range(-256, 0)))


def _with_any_tie_breaker(daemon: Daemon) -> Daemon:
    """The same where the list of tie-breakers is not known, so that any member may be first in it."""
    return daemon._replace(rules=daemon.rules._replace(tie_breaker_nodes=tuple(sorted(daemon.ring))))


# ---- the steps -----------------------------------------------------------------------------------------------------------


def _planned(question: _Question, start: Partition) -> VotePlan:
    """Votes may have to go before expected votes or after them: corosync judges each step by itself."""
    refusals = []
    for order in itertools.permutations(_open(question, start[question.value["nodeid"]])):
        try:
            return _played(question, start, order)
        except VoteChangeRefused as exc:
            refusals.append(exc)
    if not refusals:
        return VotePlan([], [])
    raise next((refusal for refusal in refusals if isinstance(refusal, ConsentNeeded)), refusals[0])


def _open(question: _Question, daemon: Daemon) -> t.List[str]:
    """What of the wish is not so yet."""
    wish, nodes = question.wish, daemon.nodes
    expected = {nodes[daemon.us].expected_votes, _highest_expected(daemon)}
    todo = [VOTES] if wish.votes is not None and nodes[question.target].votes != wish.votes else []
    todo += [EXPECTED_VOTES] if wish.expected_votes is not None and expected != {wish.expected_votes} else []
    return todo + ([CANCEL] if wish.cancel_wait_for_all and daemon.waiting else [])


def _highest_expected(daemon: Daemon) -> int:
    return max(node.expected_votes for node in daemon.nodes.values())


def _played(question: _Question, partition: Partition, order: t.Sequence[str]) -> VotePlan:
    wish, value = question.wish, question.value
    us, made = value["nodeid"], VotePlan([], [])
    for what in order:
        if what not in _open(question, partition[us]):
            continue  # the step before has brought it about
        number = {VOTES: wish.votes, EXPECTED_VOTES: wish.expected_votes}.get(what)
        step = VoteStep(what, question.target if what == VOTES else us, number or 0)
        _refuse_what_corosync_refuses(step, partition[us], value)
        _refuse_what_corosync_ignores(step, question.configuration)
        after = _after(step, partition, question)
        _refuse_without_consent(step, partition, after, question)
        made.steps.append(step)
        made.values.append(as_seen_by(value, after[us]))
        partition = after
    undone = _open(question, partition[us])
    if undone:
        raise VoteChangeRefused(_why_undone(undone[0], made.steps, partition[us], question))
    return made


def _after(step: VoteStep, partition: Partition, question: _Question) -> Partition:
    """The members once each has heard of the step."""
    if step.what == CANCEL:
        return _cancelled(partition, question)
    if step.what == VOTES:
        return _each(partition, lambda daemon: arithmetic.votes_set(daemon, step.nodeid, step.number))
    return _each(partition, lambda daemon: arithmetic.expected_votes_set(daemon, step.number))


def _cancelled(partition: Partition, question: _Question) -> Partition:
    """wait_for_all cancelled through cmap: as corosync sets the key back to 0, it reads its configuration again first (1566-1633)."""
    us = question.value["nodeid"]
    before = partition[us].nodes[us]
    votes, expected = _configured(before, question)
    nodes = dict(partition[us].nodes)
    nodes[us] = before._replace(votes=votes, expected_votes=expected)
    asked = partition[us]._replace(nodes=nodes, ev_barrier=expected)
    info = arithmetic.nodeinfo(asked)
    partition = {nodeid: arithmetic.heard(asked if nodeid == us else daemon, info) for nodeid, daemon in partition.items()}
    if votes != before.votes:
        partition = _each(partition, lambda daemon: arithmetic.votes_set(daemon, us, votes))
    if expected != before.expected_votes:
        partition = _each(partition, lambda daemon: arithmetic.expected_votes_set(daemon, expected))
    return _each(partition, arithmetic.wait_for_all_cancelled)


def _configured(now: arithmetic.Node, question: _Question) -> t.Tuple[int, int]:
    """(votes, expected votes) of the node asked, as its loaded configuration has them (votequorum_readconfig, 1255-1560)."""
    value, configuration = question.value, question.configuration
    nodelist = [node["configured_votes"] for node in value["nodes"] if node["configured_votes"] is not None]
    own = next(node["configured_votes"] for node in value["nodes"] if node["nodeid"] == value["nodeid"])
    given = configuration.get("quorum.expected_votes") or 0
    if own is None and not given:
        return now.votes, now.expected_votes  # it cannot be used at runtime, and nothing changes
    expected = sum(nodelist)
    if configuration.get("quorum.device.model") and "quorum.device.votes" not in configuration and not given and len(nodelist) == expected:
        expected += expected - 1  # of itself, a quorum device has one vote less than there are nodes
    given = configuration.get(TRACKING_BARRIER, given)
    return own if own is not None else configuration.get("quorum.votes", 1), given or expected


def _each(partition: Partition, step: t.Callable[[Daemon], Daemon]) -> Partition:
    return {nodeid: step(daemon) for nodeid, daemon in partition.items()}


# ---- refusals ------------------------------------------------------------------------------------------------------------


def _refuse_what_corosync_refuses(step: VoteStep, daemon: Daemon, value: "Value") -> None:
    """corosync would say no more than CS_ERR_INVALID_PARAM. Its reasons, in words."""
    present, needed = daemon.total_votes, 0
    if step.what == EXPECTED_VOTES and not arithmetic.accepts_expected_votes(daemon, step.number):
        if step.number < present:
            raise VoteChangeRefused(
                f"expected_votes {step.number} is less than the {count(present, 'vote')} present (members: {labels(value['members'], value)}): "
                "corosync refuses to expect fewer votes than there are."
            )
        needed = arithmetic.expected_votes_set(daemon, step.number).quorum
    elif step.what == VOTES and not arithmetic.accepts_votes(daemon, step.nodeid, step.number):
        after = arithmetic.votes_set(daemon, step.nodeid, step.number)
        present, needed = after.total_votes, after.quorum
    else:
        return
    if daemon.quorate:
        raise VoteChangeRefused(
            f"{in_words(step, value)} would cost this cluster its quorum: {count(present, 'vote')} would be present, quorum would be {needed}. "
            "corosync refuses that even with allow_quorum_loss."
        )
    raise VoteChangeRefused(
        f"{in_words(step, value)} would not make this partition quorate ({count(present, 'vote')} would be present, quorum would be {needed}). In a "
        "partition that is not quorate, corosync accepts only votes that make it quorate."
    )


def _refuse_what_corosync_ignores(step: VoteStep, configuration: Configuration) -> None:
    """votequorum_refresh_config (1566-1590)"""
    if step.what == CANCEL and configuration.get(RELOADING):
        raise VoteChangeRefused(
            "cancel_wait_for_all would have no effect: the last reload of corosync.conf failed on an error in it, and since then corosync ignores "
            "the key that cancels the wait. Correct the file (corosync -t says what is wrong), and run corosync-cfgtool -R."
        )


def _refuse_without_consent(step: VoteStep, before: Partition, after: Partition, question: _Question) -> None:
    wish, value = question.wish, question.value
    gained = [nodeid for nodeid in sorted(after) if after[nodeid].quorate and not before[nodeid].quorate]
    lost = [nodeid for nodeid in sorted(after) if before[nodeid].quorate and not after[nodeid].quorate]
    if gained and not wish.allow_quorum_gain:
        daemon = after[value["nodeid"] if value["nodeid"] in gained else gained[0]]
        raise ConsentNeeded(
            f"{in_words(step, value)} would make this partition quorate, which it is not now: it has {count(daemon.total_votes, 'vote')} (members: "
            f"{labels(value['members'], value)}), and quorum would be {daemon.quorum} of {daemon.nodes[daemon.us].expected_votes} expected votes. "
            f"{_not_seen(value)} If another node runs nevertheless, for example behind a broken network, both sides can be quorate and start the same "
            "services twice: split brain. Make sure that all other nodes are off and stay off, then set allow_quorum_gain: true."
        )
    if lost and not wish.allow_quorum_loss:
        daemon = after[lost[0]]
        raise ConsentNeeded(
            f"{in_words(step, value)} would cost {labels(lost, value)} quorum: there {count(daemon.total_votes, 'vote')} would be present and quorum would "
            f"be {daemon.quorum}. Set allow_quorum_loss: true if you want that."
        )


def _not_seen(value: "Value") -> str:
    absent = [node["nodeid"] for node in value["nodes"] if node["state"] != "member"]
    if absent:
        return f"It does not see {labels(absent, value)}."
    if has_nodelist(value):
        return "It sees every node of its configuration."
    return "Which nodes it does not see is not known, since corosync.conf has no nodelist."


def _why_undone(what: str, steps: t.List[VoteStep], daemon: Daemon, question: _Question) -> str:
    wish, value = question.wish, question.value
    expected, reads_again = daemon.nodes[daemon.us].expected_votes, any(step.what == CANCEL for step in steps)
    if what == CANCEL:
        return (
            f"cancel_wait_for_all would have no effect: this partition still lacks votes ({count(daemon.total_votes, 'vote')} present, quorum is "
            f"{daemon.quorum} of {expected} expected), and corosync waits for all again whenever it is not quorate. To end the waiting, set expected_votes "
            f"to the votes that are present (expected_votes: {daemon.total_votes})."
        )
    if reads_again:
        return (
            f"cancel_wait_for_all would undo the rest: it makes corosync apply its loaded configuration again, which has expected_votes {expected}, and votes "
            f"{daemon.nodes[daemon.us].votes} of {label(daemon.us, value)}. Set cancel_wait_for_all first, in a task of its own."
        )
    if daemon.rules.expected_votes_tracking and expected == daemon.ev_tracking_barrier:
        return (
            f"expected_votes {wish.expected_votes or 0} would be undone at once: expected_votes_tracking is on, and with it corosync does not go "
            f"below the most it ever expected, {expected}."
        )
    return (
        f"expected_votes {wish.expected_votes or 0} would be undone at once: corosync expects at least the votes that the members and the quorum device have "
        f"together, {expected}, whether the device gives its votes or not."
    )
