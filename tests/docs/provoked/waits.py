# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gate that says no, and a wait that fails."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.corosync.quorum.plugins.action import wait_for_quorum
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import forecast
from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import ImpossibleGoal, goal_of, refuse_impossible, unmet
from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import ARGUMENT, Outcome, Slice
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_options import ARGUMENT_SPEC, check
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import entry
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.plugin_utils._age import too_old
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.narrator import Narrator
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.slices import Lost, RemoteWait
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import action_of, task_of
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node, value
from ansible_collections.corosync.quorum.tests.unit.fakes.waiting import Waiting

from . import provokes, refusal

NOW = 1795511055.0
MODULE = "corosync.quorum.wait_for_quorum"


# ---- a gate says no ------------------------------------------------------------------------------------------------------


@provokes("This was read … ago, which is longer than max_age")
def _old() -> str:
    return too_old(value(read_at=utc(NOW - 3600)), 60, NOW)


@provokes("It is not known when this was read")
def _of_any_time() -> str:
    return too_old(value(read_at=None), 60, NOW)


@provokes("By the clock of this controller this was read … in the future")
def _of_the_future() -> str:
    return too_old(value(read_at=utc(NOW + 3600)), 60, NOW)


@provokes("auto_tie_breaker does not help, because it is not known which list of nodes corosync took when it started")
def _unknown_tie_breakers() -> str:
    seen = value([1, 1, 1, 1], tie_breaker=[2, 3])
    seen["auto_tie_breaker"]["nodes"] = None
    return str(forecast(seen, [3, 4])["reason"])


# ---- a wait fails --------------------------------------------------------------------------------------------------------


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def _options(**given: t.Any) -> dict[str, t.Any]:
    """The task's options, as Ansible reads them."""
    validated = ArgumentSpecValidator(ARGUMENT_SPEC).validate(dict({"quorate": True}, **given))
    assert validated.error_messages == []
    return dict(validated.validated_parameters)


def waited(answers: t.Callable[[Slice], dict[str, t.Any]], lines: list[str] | None = None, **given: t.Any) -> str:
    """The message of a wait that fails. answers: what each slice comes to, or raises. lines: its progress goes there."""
    clock, options = _Clock(), _options(**given)

    def run(slice_: Slice, seconds: float) -> dict[str, t.Any]:
        clock.now += max(1.0, slice_.seconds)
        return answers(slice_)

    narrator = Narrator(None if lines is None else lines.append, clock)
    result = RemoteWait(options, run, narrator, clock=clock, sleep=clock.sleep, now=lambda: NOW + clock.now).run()
    assert result["failed"]
    return str(result["msg"])


def sees(seen: t.Any, **given: t.Any) -> t.Callable[[Slice], dict[str, t.Any]]:
    """A node that always sees this. given: the options of the wait."""

    def answer(slice_: Slice) -> dict[str, t.Any]:
        told = entry(0.0, slice_.reported, seen)
        missing = unmet(goal_of(_options(**given)), seen)
        return Outcome(False, seen, None, missing, [told] if told else [], 0, max(1.0, slice_.seconds), None, None).as_result()

    return answer


def _lost(slice_: Slice) -> dict[str, t.Any]:
    raise Lost("ssh: connect to host node1 port 22: No route to host")


@provokes("Timed out after … s. Not met")
def _timed_out() -> str:
    return waited(sees(value(members=[1])))


@provokes("stable_for")
def _not_stable() -> str:
    waiting = Waiting(stable_for=30.0, seconds=7.0, limit=7.0)
    waiting.saw(value())
    waiting.quiet()
    seen = waiting.ends()
    return waited(lambda slice_: seen.as_result(), stable_for=30)


@provokes("waiting for all")
def _waits_for_all() -> str:
    lines: list[str] = []
    seen = value(wait_for_all={"enabled": True, "pending": True}, quorate=False)
    waited(sees(seen), lines)
    return "\n".join(lines)


@provokes("The node is out of reach")
def _out_of_reach() -> str:
    return waited(_lost)


@provokes("The node cannot run the module")
def _no_python() -> str:
    return waited(lambda slice_: {"failed": True, "msg": "MODULE FAILURE", "module_stdout": "/bin/sh: 1: /usr/bin/python4: not found\r\n", "rc": 127})


def _impossible(seen: t.Any = None, **goal: t.Any) -> str:
    return refusal(ImpossibleGoal, refuse_impossible, goal, seen or value())


@provokes("there is no node '…' in this cluster; it has …")
def _no_such_name() -> str:
    return _impossible(members=["node9"])


@provokes("there is no node with the node id … in this cluster")
def _no_such_id() -> str:
    return _impossible(members=[9])


@provokes("'…' is ambiguous in this cluster")
def _two_of_a_name() -> str:
    return _impossible(value(nodes=[node(1, name="2"), node(2), node(3)]), members=["2"])


@provokes("min_members is …, but only … can be members")
def _too_many_members() -> str:
    return _impossible(min_members=4)


@provokes("min_votes is …, but")
def _too_many_votes() -> str:
    return _impossible(min_votes=9)


@provokes("tolerates is …, but even with all nodes there")
def _tolerates_too_much() -> str:
    return _impossible(tolerates=2)


@provokes("quorate_without names …, but even with all nodes there")
def _never_quorate_without() -> str:
    return _impossible(quorate_without=["node2", "node3"])


@provokes("qdevice is '…', but this cluster has no quorum device")
def _no_device() -> str:
    return _impossible(qdevice="voting")


@provokes("delay (… s) and stable_for (… s) are not less than timeout (… s) together")
def _no_time() -> str:
    return refusal(OptionError, check, _options(timeout=10, delay=5, stable_for=5))


@provokes("must be a number of seconds")
def _no_seconds() -> str:
    return refusal(OptionError, check, _options(timeout=0))


@provokes("argument '…' is of type … and we were unable to convert to float")
def _no_number() -> str:
    """ansible-core's own words: it looks at the options before any code of this collection does."""
    action = action_of(wait_for_quorum.ActionModule, task_of(MODULE), {"timeout": "5m"})
    return str(action.run(task_vars={"inventory_hostname": "node1"})["msg"])


@provokes("wait_for_quorum is run by its action plugin")
def _without_its_action() -> str:
    return refusal(OptionError, Slice.from_params, {ARGUMENT: None})
