# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The preflight of one cluster: from what each of its hosts has said to a run that may begin, or to all reasons why not. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils import _lock

from . import gate, input, keys, look, plan, registered, stacks
from .types import Plan, Run, View

Options = t.Mapping[str, t.Any]
Views = t.Mapping[str, View]


class Controller(t.NamedTuple):
    """This process of the controller, and how it finds out whether another one is alive."""

    own: _lock.Process
    lives: _lock.Lives


def views_of(variables: t.Iterable[t.Mapping[str, t.Any]], hosts: t.Sequence[str]) -> dict[str, View]:
    """By host, in this order. A host that was not asked has not said that it is well. variables: of the hosts that have asked."""
    found = {item["view"]["host"]: item["view"] for each in variables for item in (each.get(registered.VIEWS) or {}).get("results", []) if "view" in item}
    nothing = {"failed": True, "msg": "it was not asked."}
    not_asked: dict[str, t.Any] = {"answer": nothing, "mark": None, "obstacles": [], "fault": "", "lock": None, "key": None}
    return {host: found.get(host) or t.cast(View, dict(not_asked, host=host)) for host in hosts}


def judged(views: Views, options: Options, only: t.Sequence[str], controller: Controller) -> tuple[Plan, list[str]]:
    """The plan of a cluster, and all reasons why it may not begin. only: the hosts that are to be upgraded."""
    marks, unknown = look.under_way(views, str(options["state_file"]))
    found = plan.plan(
        {host: view["answer"] for host, view in views.items()},
        under_way=marks,
        spare=input.whole_number(options, "spare"),
        qdevice=str(options["qdevice"]),
        batches=look.is_true(options["batches"]),
        only=list(only),
    )
    refusals = [*found["refusals"], *unknown, *(view["fault"] for view in views.values() if view["fault"])]
    running = [host for host in views if views[host]["answer"].get("available")]
    refusals += keys.refusals({host: keys.key_of(view["key"]) for host, view in views.items()}, running)
    obstacles = stacks.refusals(str(options["stack"]), {host: view["obstacles"] for host, view in views.items()})
    if options["stack"] == "corosync":
        # A play of the user's own, which has only the gates, may stop pacemaker in its own way. The step that would stop it here refuses.
        found["warnings"] += obstacles
    else:
        refusals += obstacles
    looks = {host: _lock.look_of(view["lock"]) for host, view in views.items() if view["lock"] is not None}
    refusals += _lock.refusals(looks, controller.own, controller.lives, _lock.take_over_of(options["take_over"]))
    found["warnings"] += look.left_out(look.wishes_of(options, "."), views, str(options["state_file"]))
    return found, refusals


def accepted(found: Plan, views: Views, begun: str, run_id: str) -> Run:
    """The run that begins with this plan."""
    asks_all = gate.any_must_ask_all(view["answer"] for view in views.values())
    done = [host for host, view in views.items() if view["mark"] and view["mark"]["phase"] == "done"]
    return t.cast(Run, dict(found, begun=begun, run_id=run_id, asks_all=asks_all, done=done))
