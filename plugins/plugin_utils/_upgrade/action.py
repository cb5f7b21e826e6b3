# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the actions of the role rolling_upgrade share: what a task was given, and what the tasks before it have registered, each read once."""

from __future__ import annotations

import abc
import functools
import secrets
import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.loader import filter_loader

from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions, _controller, _steady

from . import input, preflight, registered
from .course import carried
from .given import OPTIONS, PLAY, Given
from .hosts import Play, few_forks
from .types import Carried, Run

Result = dict[str, t.Any]
# The module that reads and writes what a later run has to know
MARK = "corosync.quorum.rolling_upgrade_mark"

# Ansible's main process imports an action before it forks the worker of a task. What it has loaded of the filters, no worker compiles anew: without
# this each task with a filter in it does, as Ansible keeps no bytecode of them. Any of Ansible's own filters will do.
filter_loader.get("to_json")


class UpgradeAction(_actions.Action):
    """An action of the role, of which `_work` is all that it does."""

    def run(self, tmp: t.Any = None, task_vars: Result | None = None) -> Result:
        self._started, self._ahead = _steady.now(), _steady.moment().ahead
        self._args = dict(self._task.args)
        return super().run(tmp, task_vars)

    def _act(self) -> Result:
        registered.refuse_facts(self._host, self._vars)
        try:
            return self._work()
        except AnsibleConnectionFailure as error:
            # Ansible would end the play without a word of ours, without a report, and with the lock.
            return {"failed": True, "msg": _actions.out_of_reach(str(self._args.get("asked") or self._host), error)}

    @abc.abstractmethod
    def _work(self) -> Result:
        """As _act(). Errors of the connection may pass."""

    # ---- what is read once, where it is asked for --------------------------------------------------------------------

    @functools.cached_property
    def _options(self) -> preflight.Options:
        """The role's options, as they are for this host."""
        return Given(OPTIONS, self._vars, self._templar.template)

    @functools.cached_property
    def _play(self) -> Play:
        return Play.of(Given(PLAY, self._vars, self._templar.template))

    @functools.cached_property
    def _inventory(self) -> frozenset[str]:
        """All hosts. Made once, as the hosts of each of many clusters are looked up in it."""
        return frozenset(map(str, self._vars["groups"]["all"]))

    @functools.cached_property
    def _hostvars(self) -> registered.Once:
        return registered.Once(self._vars["hostvars"])

    @functools.cached_property
    def _run(self) -> Run | None:
        """The run of this host's cluster that goes on."""
        return registered.current_run(self._hostvars, self._play.cluster)

    # ---- what begins a run -------------------------------------------------------------------------------------------

    def _wrong_input(self, options: preflight.Options, play: Play) -> list[str]:
        return input.refusals(options, play, self._inventory, self._vars.get("playbook_dir", "."))

    def _run_of_play(self, views: preflight.Views) -> tuple[Run | None, list[str]]:
        """As run_from(), where the play has one cluster."""
        run, refusals = run_from(views, self._options, self._play.everyone)
        if run is not None:
            run["warnings"] += few_forks(self._vars.get("ansible_forks"), len(self._play.batch))
        return run, refusals


class TurnAction(UpgradeAction):
    """An action around the upgrade of a node, of which `_take` is all that it does. Its result says when it ran, and in which turn of the node.

    ahead: of the moment when it started.
    """

    _turn: str | None = None
    # Of a task with which a turn begins
    _carried: Carried | None = None

    def run(self, tmp: t.Any = None, task_vars: Result | None = None) -> Result:
        result = super().run(tmp, task_vars)
        more = {} if self._carried is None else {"carried": self._carried}
        return dict({"turn": self._turn, "started": self._started, "ended": _steady.now(), "ahead": self._ahead, **more}, **result)

    def _work(self) -> Result:
        self._turn = registered.turn_of(self._vars, self._run)
        if self._begins_a_turn():
            self._carried = carried(self._run, self._vars)
        return self._take()

    @abc.abstractmethod
    def _begins_a_turn(self) -> bool:
        """Whether what was registered before this task is of an earlier turn of the host."""

    @abc.abstractmethod
    def _take(self) -> Result:
        """As _work(), when the turn is known."""


def run_from(views: preflight.Views, options: preflight.Options, only: t.Sequence[str]) -> tuple[Run | None, list[str]]:
    """The run of a cluster that begins now; None and all reasons where it may not. only: the hosts that are to be upgraded."""
    found, refusals = preflight.judged(views, options, only, preflight.Controller(_controller.process(), _controller.lives))
    return (None, refusals) if refusals else (preflight.accepted(found, views, _steady.now(), secrets.token_hex(8)), [])
