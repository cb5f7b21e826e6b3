# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What the action and the module of wait_for_quorum say to each other: both sides make and read it here, and nowhere else.

A wait is cut into slices, each one run of the module on the node, so that the controller can report progress and notices a node that has gone.
The action gives the task's options and a Slice; the module answers with an Outcome, or with a failure that ends the wait.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Compared, Entry, Unmet, Value

ARGUMENT = "_slice"
RESULT = "slice"
FINAL = "final"

Result = t.Dict[str, t.Any]


class Slice(t.NamedTuple):
    """One slice of a wait. All times in seconds.

    seconds: its length, which only a running stable_for prolongs, up to `limit`. stable_for: how long the conditions must hold without a break.
    linger: how long a change that does not meet the conditions is kept back for the next one, None to keep it back to the end of the slice.
    reported: what of the value was last reported, None at first. away: the class of the error last reported, None while corosync could be read.
    ids: the node ids that the nodes of the conditions meant when they were first looked for, None before.
    """

    seconds: float
    limit: float
    stable_for: float
    linger: t.Optional[float]
    reported: t.Optional["Compared"]
    away: t.Optional[str]
    ids: t.Optional[t.Dict[str, t.List[int]]] = None

    def as_argument(self) -> t.Dict[str, t.Any]:
        """What the action adds to the module's arguments."""
        return {ARGUMENT: dict(self._asdict())}

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> "Slice":
        """The module's side of as_argument(). Raises OptionError."""
        if params[ARGUMENT] is None:
            raise OptionError("wait_for_quorum is run by its action plugin: call it by its full name, corosync.quorum.wait_for_quorum, in a task.")
        return cls(**params[ARGUMENT])


class Outcome(t.NamedTuple):
    """What has come of a slice. All times in seconds.

    met: the conditions hold, and have for stable_for. votequorum: the last value read in this slice, None where there was none. held: for how long
    the conditions have held so far, None where they do not. timeline: its times count back from the end of the slice. took: the length of the slice.
    away, away_msg: the class and the message of the error, where corosync cannot be read as the slice ends. ids: as in Slice, for the next one.
    """

    met: bool
    votequorum: t.Optional["Value"]
    held: t.Optional[float]
    unmet: t.List["Unmet"]
    timeline: t.List["Entry"]
    reconnects: int
    took: float
    away: t.Optional[str]
    away_msg: t.Optional[str]
    ids: t.Optional[t.Dict[str, t.List[int]]] = None

    def as_result(self) -> Result:
        """The module's result. The action takes no node at its word: its side is outcome_of() in plugin_utils/_wait/outcomes.py."""
        return {"changed": False, RESULT: dict(self._asdict())}


def failure(msg: str, reason: t.Optional[str] = None, outcome: t.Optional[Outcome] = None) -> Result:
    """The result of a module that found out that waiting cannot help. outcome: what it has seen, if anything."""
    result: Result = {"msg": msg, FINAL: True}
    if outcome is not None:
        result.update(outcome.as_result())
    return dict(result, reason=reason) if reason else result


def is_final(failed: Result) -> bool:
    """Whether a failed result ends the wait: it is the module's own. Any other comes from a node that could not run the module, and may be able to later.

    Such as of a Python that is being upgraded: ansible-core may tell its exception as it tells a module's own failure.
    """
    return bool(failed.get(FINAL))
