# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Change votes, step by step: look, plan, send one step, see it applied, and look again.

CS_OK means no more than "queued": corosync sends the change to all nodes and applies it when it comes back, which takes as long as
the network is away. Its own numbers of votes and expected votes it changes at once, before it is known whether that ever happens
(exec/votequorum.c 2682-2773 at v3.1.10). So these numbers alone are no proof. What is: the quorum computed from them, and the event
that corosync sends when it hears of expected votes.
"""

import itertools
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DeadlineExceeded, InvalidParameter, QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.vote_change import (
    CANCEL,
    EXPECTED_VOTES,
    VOTES,
    VoteChangeRefused,
    VotePlan,
    VoteStep,
    VoteWish,
    in_words,
    is_done,
    plan_votes,
)
from ansible_collections.corosync.quorum.plugins.module_utils._node.judged import complete, connect_to_judge

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._node.interfaces import Changes, ConnectToChange
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

CANCEL_KEY = "quorum.cancel_wait_for_all"


class NotSeen(QuorumError):
    """corosync took a step, but it was not seen to be applied in time."""

    reason: t.Optional[str] = "timeout"


class Change:
    """One change, within `timeout` seconds. connect is there to be replaced in tests.

    before, value: the `votequorum` value at first and as last seen, None where none was seen; in check mode value is what would become
    of it. applied: the steps that were seen to be applied; in check mode those that would be made. unproven: those of them of which this node's own copy
    alone has the number, as nothing that corosync reports depends on it.
    """

    def __init__(self, wish: VoteWish, timeout: float, connect: "ConnectToChange" = connect_to_judge) -> None:
        self._wish = wish
        self._timeout = timeout
        self._connect = connect
        self.before: t.Optional[Value] = None
        self.value: t.Optional[Value] = None
        self.applied: t.List[VoteStep] = []
        self.unproven: t.List[VoteStep] = []

    def predict(self) -> None:
        """Look, and say in `value` and `applied` what make() would come to. Raises VoteChangeRefused, and QuorumError as Observer does."""
        with self._connect(Deadline(self._timeout)) as observer:
            todo = self._plan(observer)
            if todo.steps:
                self.applied = todo.steps
                befores = [self._seen(), *todo.values]
                self.unproven = [step for step, before, value in zip(todo.steps, befores, todo.values) if _shows_nowhere(step, before, value)]
                self.value = complete(todo.values[-1], observer.configuration)

    def make(self) -> None:
        """Make the change and see it applied. Raises VoteChangeRefused, NotSeen, and QuorumError as Observer does; `applied` says how far it came."""
        with self._connect(Deadline(self._timeout)) as observer:
            todo = self._plan(observer)
            while todo.steps:
                step = todo.steps[0]
                if any(step.what == done.what for done in self.applied):
                    raise QuorumError(
                        f"{in_words(step, self._seen())} was applied, but then undone by something else: whoever else changes votes of this cluster "
                        "has to stop that first."
                    )
                if observer.dispatch() or observer.moved():
                    self._refuse_endless(observer)  # the plan was made for a cluster that is not there any more
                else:
                    self._take(observer, step, todo.values[0])
                todo = self._plan(observer)

    def _plan(self, observer: "Changes") -> VotePlan:
        self.value = self._look(observer)
        self.before = self.before or self.value
        return plan_votes(self._wish, self.value, observer.configuration)

    @staticmethod
    def _look(observer: "Changes") -> "Value":
        return complete(observer.snapshot(), observer.configuration)

    def _seen(self) -> "Value":
        return self.value or t.cast("Value", {"nodes": []})

    def _refuse_endless(self, observer: "Changes") -> None:
        if observer.lane.deadline.expired():
            raise DeadlineExceeded(
                f"The cluster kept changing for {self._timeout:g} s, so the effect of the next change could not be calculated: see journalctl -u corosync."
            )

    def _take(self, observer: "Changes", step: VoteStep, predicted: "Value") -> None:
        """Make one step. Raises VoteChangeRefused where corosync refuses it, else NotSeen."""
        before = self._seen()
        try:
            announced = self._send(observer, step, predicted)
            self._see(observer, step, predicted, announced)
        except InvalidParameter as exc:
            raise VoteChangeRefused(
                f"corosync refused {in_words(step, self._seen())}, which corosync 3.0.4 and newer takes. Older ones also want quorum to be at least "
                f"half of the votes present. {exc}"
            )
        except NotSeen:
            raise
        except QuorumError as exc:
            raise _with_doubt(exc, in_words(step, self._seen()))
        self.applied.append(step)
        if _shows_nowhere(step, before, predicted):
            self.unproven.append(step)
        if step.what == VOTES and announced is not None:
            self._put_back(observer, announced)

    def _see(self, observer: "Changes", step: VoteStep, predicted: "Value", announced: t.Optional[int]) -> None:
        """Return when a step is seen to be applied. announced: the expected votes that corosync reports by then, None where it reports none."""
        while True:
            self.value = value = self._look(observer)
            if _shows(step, predicted, value, announced) and (announced is None or announced in observer.announced):
                return
            if observer.lane.deadline.expired():
                raise NotSeen(
                    f"corosync took {in_words(step, value)}, but within {self._timeout:g} s it was not seen to be applied: "
                    f"{_seen_instead(step, predicted, value)}. It sends such a change to all nodes first, and may still apply it: "
                    "see whether this node reaches the others (corosync-cfgtool -s), and look with votequorum_info."
                )
            observer.pause()

    def _send(self, observer: "Changes", step: VoteStep, predicted: "Value") -> t.Optional[int]:
        """Hand a step to corosync. Returns the expected votes that it will report when the step is applied, None where it will report none."""
        observer.announced.clear()
        if step.what == CANCEL:
            observer.cmap.set_uint8(CANCEL_KEY, 1)
            return None
        if step.what == EXPECTED_VOTES:
            observer.votequorum.setexpected(step.number)
            return step.number
        observer.votequorum.setvotes(step.nodeid, step.number)
        return self._send_echo(observer, predicted)

    def _send_echo(self, observer: "Changes", predicted: "Value") -> t.Optional[int]:
        """Votes are applied without an event. Where nothing else would show it, expected votes are set to what they are, behind them.

        Messages of one node keep their order, so the event of the second shows that the first was applied. It is sent only where it changes nothing.
        """
        before = self._seen()
        if _decided(predicted) != _decided(before) or _may_not_echo(before):
            return None
        observer.dispatch()
        observer.announced.clear()
        # At this moment, not as they were when the change was planned: somebody else may have set them since.
        expected = {observer.votequorum.getinfo(nodeid).node_expected_votes for nodeid in before["members"]}
        if len(expected) > 1:
            return None
        number = expected.pop()
        try:
            observer.votequorum.setexpected(number)
        except InvalidParameter:
            return None  # what is expected has just changed: then that shows
        return number

    def _put_back(self, observer: "Changes", echoed: int) -> None:
        """What somebody else set while the echo was on its way, and the echo has undone, is set again. Raises QuorumError."""
        undone = _reported_before(echoed, observer.announced)
        while undone is not None:
            try:
                observer.announced.clear()
                observer.votequorum.setexpected(undone)
                self._hear(observer, undone)
            except QuorumError as exc:
                raise QuorumError(
                    f"Somebody else set expected votes to {undone} at the moment of this change, and this change has overwritten them with {echoed}. The "
                    f"module tried to set {undone} again and failed: do that by hand. {exc}"
                )
            echoed, undone = undone, _reported_before(undone, observer.announced)
        self.value = self._look(observer)

    def _hear(self, observer: "Changes", expected: int) -> None:
        while expected not in observer.announced:
            if observer.lane.deadline.expired():
                raise DeadlineExceeded(f"corosync took them, but did not apply them within {self._timeout:g} s.")
            observer.pause()
            observer.dispatch()


def _reported_before(own: int, announced: t.Iterable[int]) -> t.Optional[int]:
    """The expected votes that were reported last before one's own were, if they are others."""
    earlier = list(itertools.takewhile(lambda number: number != own, announced))
    return earlier[-1] if earlier else None


def _shows(step: VoteStep, predicted: "Value", value: "Value", announced: t.Optional[int]) -> bool:
    if not value["settled"] or not is_done(step, value):
        return False
    if step.what == VOTES and announced is not None:
        return True  # the report is the proof, whatever others have changed meanwhile
    if value["ring_id"] != predicted["ring_id"]:
        return True  # every node has sent its votes again meanwhile: what it shows is so
    return not _differing(predicted, value)


def _may_not_echo(value: "Value") -> bool:
    """With these, expected votes that are set to what they are do change something."""
    return value["last_man_standing"]["enabled"] or value["allow_downscale"]["enabled"]


def _shows_nowhere(step: VoteStep, before: "Value", predicted: "Value") -> bool:
    """Whether nothing but this node's own copy will have the number, which corosync changes at once."""
    return step.what == VOTES and _decided(predicted) == _decided(before) and _may_not_echo(before)


def _differing(predicted: "Value", value: "Value") -> t.List[str]:
    """quorate counts only where no tie-breaker may have a say: whether it has depends on the ring before."""
    seen = _decided(value)
    return [key for key, wanted in _decided(predicted).items() if seen[key] != wanted and not (key == "quorate" and value["auto_tie_breaker"]["enabled"])]


def _decided(value: "Value") -> t.Dict[str, int]:
    """What of a value a step decides."""
    return {"expected_votes": value["expected_votes"], "quorum": value["quorum"], "quorate": value["quorate"]}


def _seen_instead(step: VoteStep, predicted: "Value", value: "Value") -> str:
    if not value["settled"]:
        return "a membership change is under way"
    if step.what == CANCEL and value["wait_for_all"]["pending"]:
        return "wait_for_all is still waiting"
    seen, wanted = _decided(value), _decided(predicted)
    differences = [f"{key} is {str(seen[key]).lower()}, not {str(wanted[key]).lower()}" for key in _differing(predicted, value)]
    if step.what == VOTES and not is_done(step, value):
        votes = [node["votes"] for node in value["nodes"] if node["nodeid"] == step.nodeid]
        differences.insert(0, f"its votes are {votes[0] if votes else 'not known'}")
    return ", ".join(differences) or "this node has the new number, but heard nothing of it from the cluster"


def _with_doubt(exc: QuorumError, words: str) -> NotSeen:
    """The same error, of a step that corosync may have got."""
    doubtful = NotSeen(f"{exc} Whether corosync took {words}, or will when it continues, is not known: look with votequorum_info.")
    doubtful.reason = exc.reason
    return doubtful
