# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the role rolling_upgrade does next: hosts to loop over, files to include. Pure."""

from __future__ import annotations

import typing as t

from . import registered, standing
from .hosts import Play, is_of_many
from .locking import order
from .look import EACH, FIXED, hooks_of
from .permission import NotAllowed, refuse_hook
from .story import Progress, result_of
from .types import Look

Given = t.Mapping[str, t.Any]


def ask(given: Given, dummy: t.Any = None) -> list[str]:
    """Whom this host asks, where each is asked once."""
    return Play.of(given).asked_here


def read(given: Given, dummy: t.Any = None) -> list[str]:
    """Whose records this host reads."""
    return Play.of(given).read_here


def before_stop(given: Given, dummy: t.Any = None) -> list[str]:
    """Who is asked before this host is stopped. Never empty: with nobody to ask, the gate itself has to say no."""
    play = Play.of(given)
    return play.witnesses or [play.host]


def before_reboot(given: Given, may_reboot: t.Any) -> list[str]:
    """Who is asked before this host is rebooted: nobody where that stops no corosync. may_reboot: what the step of that name has registered."""
    asks = isinstance(may_reboot, dict) and may_reboot.get("asks")
    return before_stop(given) if asks else []


def gives_back(given: Given, hostvars: registered.HostVars) -> bool:
    """Whether a play of the user's own gives its lock back, as its gate said no."""
    return are_all_refused(Play.of(given), registered.Once(hostvars))


def are_all_refused(play: Play, hostvars: registered.HostVars) -> bool:
    """Whether the play ends with the refusal of this host: none of its batch may be stopped. A host that the gate's task leaves out was not refused."""
    found = [registered.variables_of(hostvars, host).get(registered.GATE) for host in play.batch]
    return len(found) == 1 or all(registered.has_failed(one) for one in found)


def after_start(given: Given, dummy: t.Any = None) -> list[str]:
    """Who is asked after this host was started: itself first."""
    play = Play.of(given)
    return [play.host, *play.witnesses]


def after_start_phases(options: Given, hostvars: registered.HostVars) -> list[dict[str, t.Any]]:
    """The role's phases around a node's return, for a play that only uses this entry point. As _ordered()."""
    found = ["back"]
    if str(options["reboot"]) != "never" and registered.current_run(hostvars, list(options["hosts"])):
        found.insert(0, "watch_again")
    return _ordered([*found, "check"] if options["hooks"].get("check") else found)


def hooks(options: Given, folder: str) -> dict[str, str]:
    """step -> absolute path of the user's tasks. folder: of the playbook."""
    return hooks_of(registered.hooks_in(options["hooks"]), folder)


def hook_after_yes(given: Given, more: t.Mapping[str, t.Any]) -> str:
    """The user's file of tasks of a phase that needs the gate's yes; one of the role that refuses, where they may not begin. more: {file, phase, hostvars}."""
    play, hostvars = Play.of(given), registered.Once(more["hostvars"])
    run = registered.current_run(hostvars, play.cluster)
    try:
        refuse_hook(play.host, registered.variables_of(hostvars, play.host), run, str(more["phase"]))
    except NotAllowed:
        return "refuse.yml"
    return str(more["file"])


def run_id(given: Given, hostvars: registered.HostVars) -> str:
    """Of the run that goes on, empty without one."""
    run = registered.current_run(hostvars, Play.of(given).cluster)
    return run["run_id"] if run else ""


def tasks(given: Given, hostvars: registered.HostVars) -> str:
    """The file of the role with what is to be done on this host, empty for nothing."""
    look = _look(given, hostvars)
    return look["tasks"] if look and look["tasks"] in (*FIXED, EACH) else ""


def phases(given: Given, hostvars: registered.HostVars) -> list[dict[str, t.Any]]:
    """The files of the phases that are to be included one by one. As _ordered()."""
    look = _look(given, hostvars)
    return _ordered(look["phases"]) if look else []


def _ordered(files: t.Sequence[str]) -> list[dict[str, t.Any]]:
    """Items of a loop of includes: {file, of}, with the whole list in each.

    Ansible includes equal items of all hosts together, in the order of the host that comes first. Another host with some of the same files would have
    its own ones behind all of those: with the lists in them, only items of hosts with the same list are equal.
    """
    return [{"file": file, "of": list(files)} for file in files]


def _look(given: Given, hostvars: registered.HostVars) -> Look | None:
    play = Play.of(given)
    return registered.look_of(registered.variables_of(hostvars, play.host), registered.current_run(hostvars, play.cluster))


def is_up(given: t.Any, dummy: t.Any = None) -> bool:
    """Whether a node has anything to be drained of. given: what the gate has registered."""
    answer = registered.answer_of(given)
    return answer is None or not answer["down"]


def begin(given: Given, hostvars: registered.HostVars) -> list[str]:
    """Files of the entry point main for one batch: the preflight only before the first one."""
    play = Play.of(given)
    return ["upgrade.yml"] if registered.current_run(hostvars, play.cluster) else ["preflight.yml", "upgrade.yml"]


def end(given: Given, hostvars: registered.HostVars) -> list[str]:
    """Files of the entry point main behind a batch: the finish only when all hosts of the play are done."""
    play, hostvars = Play.of(given), registered.Once(hostvars)
    run = registered.current_run(hostvars, play.cluster)
    for host in play.everyone:
        variables = registered.variables_of(hostvars, host)
        look = registered.look_of(variables, run)
        if look is None or result_of(Progress(look, registered.results_of(variables, look["turn"]))) not in ("upgraded", "unchanged"):
            return []
    return ["finish.yml"]


def after_batch(given: Given, dummy: t.Any = None) -> list[str]:
    """Files behind a batch in which a host has failed: the play stops before the next one. A host that went out of reach cannot report for itself."""
    play = Play.of(given)
    if not play.failed:
        return []
    return ["many/stopped.yml" if is_of_many(given) else "stopped.yml"]


def planned(hostvars: registered.HostVars, groups: t.Any) -> list[str]:
    """Hosts of the play that upgrades, in their order. groups: of the playbook. Never empty: Ansible would take no hosts for all of them."""
    return [host for batch in _batches(hostvars, groups) for host in batch] or ["nothing planned"]


def sizes(hostvars: registered.HostVars, groups: t.Any) -> list[int]:
    """How many of these hosts are upgraded together, as `serial` takes it."""
    return [len(batch) for batch in _batches(hostvars, groups)] or [1]


def _batches(hostvars: registered.HostVars, hosts: t.Sequence[str]) -> list[list[str]]:
    """Of many clusters the rounds, each with its helper.

    A host that Ansible has lost in an earlier run of the same process still has the plan of that run, so the newest plan counts.
    """
    hostvars = registered.Once(hostvars)
    fleets = [found for host in hosts if (found := registered.fleet_of(hostvars, host)) is not None]
    fleet = max(fleets, key=lambda found: found["begun"], default=None)
    run = registered.current_run(hostvars, hosts)
    if fleet is not None and (run is None or run["begun"] <= fleet["begun"]):
        return [[one["helper"], *one["hosts"]] for one in fleet["rounds"]]
    return run["batches"] if run else []


# ---- one cluster of many --------------------------------------------------------------------------------------------------


def files(given: Given, name: str) -> str:
    """The role's file for a step that is another one in a run over many clusters."""
    return f"{'many/' if is_of_many(given) else ''}{name}.yml"


def begin_file(given: Given, hostvars: registered.HostVars) -> str:
    """The role's file behind the preflight of the playbook."""
    return "begin.yml" if registered.fleet_of(hostvars, str(given["host"])) is None else "many/begin.yml"


def helpers(given: Given, hostvars: registered.HostVars) -> list[dict[str, str]]:
    """One a round: {name, says}. A round in which all hosts fail would end the play, so each has one that cannot."""
    fleet = registered.fleet_of(hostvars, str(given["host"]))
    return [{"name": one["helper"], "says": one["says"]} for one in fleet["rounds"]] if fleet else []


def lock_here(given: Given, hostvars: registered.HostVars) -> list[str]:
    """Hosts on which this host takes the lock for its cluster: all of them where it is the first one, else none."""
    play = Play.of(given)
    run = registered.own_run(hostvars, play)
    return order(run, play.cluster) if run and play.batch and play.host == play.batch[0] else []


def begin_here(given: Given, hostvars: registered.HostVars) -> list[str]:
    """Whose watch this host starts: nobody's where the lock of its cluster could not be taken."""
    play = Play.of(given)
    return play.asked_here if registered.own_run(hostvars, play) and standing.has_lock(play, hostvars) else []


def finish(given: Given, hostvars: registered.HostVars) -> list[str]:
    """Whom this host asks in the end whether all is as it was: nobody where the run of its cluster has ended before."""
    play, hostvars = Play.of(given), registered.Once(hostvars)
    if not play.is_of_many:
        return play.asked_here
    run = registered.own_run(hostvars, play)
    return play.asked_here if run and not standing.has_ended(play, hostvars, run) else []


def watched(given: Given, hostvars: registered.HostVars) -> list[str]:
    """Whose watch this host ends in the end."""
    play = Play.of(given)
    return play.asked_here if not is_of_many(given) or registered.own_run(hostvars, play) else []


def lock(given: Given, hostvars: registered.HostVars) -> list[str]:
    """Hosts on which this run takes the lock, one after the other."""
    play = Play.of(given)
    return order(registered.current_run(hostvars, play.cluster), play.cluster)


Answer = list[str] | list[int] | list[dict[str, str]] | list[dict[str, t.Any]] | dict[str, str] | str | bool
ANSWERS: dict[str, t.Callable[[t.Any, t.Any], Answer]] = {
    "ask": ask,
    "read": read,
    "before_stop": before_stop,
    "before_reboot": before_reboot,
    "gives_back": gives_back,
    "after_start": after_start,
    "after_start_phases": after_start_phases,
    "hooks": hooks,
    "hook_after_yes": hook_after_yes,
    "run_id": run_id,
    "tasks": tasks,
    "phases": phases,
    "is_up": is_up,
    "begin": begin,
    "end": end,
    "after_batch": after_batch,
    "lock": lock,
    "files": files,
    "begin_file": begin_file,
    "helpers": helpers,
    "lock_here": lock_here,
    "begin_here": begin_here,
    "finish": finish,
    "watched": watched,
    "planned": planned,
    "sizes": sizes,
}
