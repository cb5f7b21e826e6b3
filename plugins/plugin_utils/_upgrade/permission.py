# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Whether a phase of a node may begin: nothing stops a node without the positive answer of the gate in this turn. Pure."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._steady import Moment

from . import registered
from .types import Look, Run

# Phases that stop a node or lead to it, and the gate whose yes each needs. An upgrade may restart corosync, and a reboot does, also where a task before
# it was skipped or its failure ignored.
NEEDS_A_YES = {
    "begin": "gate",
    "drain": "gate",
    "may_stop": "gate_again",
    "stop": "gate_again",
    "may_upgrade": "gate_again",
    "upgrade": "gate_again",
    "may_reboot": "gate_again",
    "reboot": "gate_again",
    "refuse": "gate_again",
}
# Phases that stop a node which runs until then. The cluster may change meanwhile, such as while Ansible waits for another host of the batch, so an answer
# counts for so long. Seconds.
_STOPS = ("may_stop", "stop")
YES_COUNTS = 300.0
# Phases that stop a node only if the stop before them has not: it was left out, or it failed and the play ignores that.
_MAY_STOP = ("may_upgrade", "upgrade")
# A clock that was set by more than this between answer and stop says that nobody knows the time between them: the controller itself may have stood still.
_CLOCK = 5.0
_FROM_ITS_START = "Run the role from its start, without --start-at-task and without tags."


class NotAllowed(Unusable):
    """A phase may not begin. The message says why, and what to do."""


def look_with_yes(host: str, variables: t.Mapping[str, t.Any], run: Run | None, phase: str, now: Moment, runs: t.Callable[[], bool] = lambda: True) -> Look:
    """What this turn found to do on a host, if this phase may begin there. variables: of the host. Raises NotAllowed.

    runs: asks whether corosync runs on the node, or may.
    """
    found = _look(host, variables, run)
    if phase in NEEDS_A_YES:
        asked_at = _yes(host, variables, found, NEEDS_A_YES[phase])
        if phase in _STOPS:
            _refuse_old(host, asked_at, now)
        if phase in _MAY_STOP and not registered.has_succeeded(variables, registered.RESULTS["stop"], found["turn"]):
            _refuse_old_where_it_runs(host, asked_at, now, runs)
    if phase == "done":
        _refuse_left_out(host, variables, found)
    return found


def refuse_hook(host: str, variables: t.Mapping[str, t.Any], run: Run | None, phase: str) -> None:
    """Raise NotAllowed where the user's tasks of this phase may not begin.

    No clock is read: up to ansible-core 2.18, Ansible asks for their file again whenever they include another file, however long they take.
    """
    found = _look(host, variables, run)
    _yes(host, variables, found, NEEDS_A_YES[phase])
    check = registered.CHECKS.get(f"{phase}_hook")
    if check and not registered.has_succeeded(variables, check, found["turn"]):
        raise NotAllowed(f"Refused to stop {host}: the check before rolling_upgrade_{phase}_tasks was left out or failed. {_FROM_ITS_START}")


def refuse_to_go_on(host: str, variables: t.Mapping[str, t.Any], found: Look, now: Moment) -> None:
    """Raise NotAllowed where the yes gets too old while a stop is under way. found: of look_with_yes()."""
    _refuse_old(host, _yes(host, variables, found, NEEDS_A_YES["stop"]), now)


def refuse_reboot(host: str, variables: t.Mapping[str, t.Any], found: Look, now: Moment, runs: t.Callable[[], bool]) -> None:
    """Raise NotAllowed where a reboot would stop a node that runs, by a yes that is too old. found, runs: of look_with_yes().

    A package may have started corosync after the stop. The cluster counts on the node again then, and another one may have failed meanwhile. So the gate
    is asked once more before the reboot, and where that was left out, the earlier answer counts no longer than before a stop.
    """
    asked_at = _since(host, variables.get(registered.GATE_REBOOT), found)
    try:
        _refuse_old_where_it_runs(host, _yes(host, variables, found, NEEDS_A_YES["reboot"]) if asked_at is None else asked_at, now, runs)
    except NotAllowed as error:
        raise NotAllowed(f"{error} A reboot would stop {host}, where corosync runs or may run: an upgrade of its package starts it.") from None


def _refuse_old(host: str, asked_at: Moment, now: Moment) -> None:
    """Raise NotAllowed where a yes does not count any more. asked_at: of the gate."""
    if abs(now.ahead - asked_at.ahead) > _CLOCK:
        raise NotAllowed(
            f"Refused to stop {host}: the clock of this controller was set after the gate said yes, or the controller stood still, so nobody knows how old "
            "that answer is. Run this again. The gate is then asked once more."
        )
    age = now.seconds - asked_at.seconds
    if age > YES_COUNTS:
        raise NotAllowed(
            f"Refused to stop {host}: the gate said yes {age:.0f} s ago, and an answer counts for {YES_COUNTS:.0f} s. Something between the gate and the "
            "stop took too long, such as another host of the batch, or a queue of hosts. If the batch has more hosts than Ansible has forks, raise --forks. "
            "Run this again. The gate is then asked once more."
        )


def _refuse_old_where_it_runs(host: str, asked_at: Moment, now: Moment, runs: t.Callable[[], bool]) -> None:
    """The user's tasks may have stopped the node, or an earlier run. Nothing more is stopped then, and they may have taken long."""
    try:
        _refuse_old(host, asked_at, now)
    except NotAllowed:
        if runs():
            raise


def _look(host: str, variables: t.Mapping[str, t.Any], run: Run | None) -> Look:
    found = registered.look_of(variables, run)
    if found is None or registered.is_done(variables, found["turn"]):
        raise NotAllowed(f"Nothing was done on {host}: the task 'Find out what there is to do on this node' has not run in this run. {_FROM_ITS_START}")
    return found


def _yes(host: str, variables: t.Mapping[str, t.Any], found: Look, name: str) -> Moment:
    """When the gate was asked that said yes to the stop of this host, in this turn. Where the node was drained, only the answer after that counts.

    Raises NotAllowed where it did not.
    """
    if name == "gate_again" and name not in found["phases"]:
        name = "gate"
    asked_at = _since(host, variables.get(registered.RESULTS[name]), found)
    if asked_at is None:
        raise NotAllowed(f"Refused to stop {host}: the gate was not asked in this turn, or did not say yes. {_FROM_ITS_START}")
    return asked_at


def _since(host: str, given: t.Any, found: Look) -> Moment | None:
    """When the gate was asked that said yes to the stop of this host, in this turn. None where it did not. given: what its loop has registered."""
    answer = registered.answer_of(given)
    if answer is not None and answer["turn"] == found["turn"] and answer["safe"] and answer["host"] == host:
        # What somebody else than the gate has written there may be anything.
        with contextlib.suppress(LookupError, AttributeError, TypeError, ValueError):
            asked = registered.first_asked(given, found["turn"])
            return Moment(seconds_of(asked["started"]), float(asked["ahead"]))
    return None


def _refuse_left_out(host: str, variables: t.Mapping[str, t.Any], found: Look) -> None:
    """A node is done only if each step that was planned for it has a result of this turn. Of the user's tasks nothing is registered."""
    results = registered.results_of(variables, found["turn"])
    missing = [phase for phase in found["phases"] if phase in registered.RESULTS and phase != "done" and results.get(phase, {"failed": True})["failed"]]
    if missing:
        raise NotAllowed(f"The upgrade of {host} is not complete: no result of {', '.join(missing)} in this turn. {_FROM_ITS_START}")
