# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the role rolling_upgrade does next: hosts to loop over, files to include. Pure."""

from __future__ import annotations

import typing as t

from . import registered
from .hosts import Play
from .look import hooks_of
from .story import Progress, result_of

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


def after_start(given: Given, dummy: t.Any = None) -> list[str]:
    """Who is asked after this host was started: itself first."""
    play = Play.of(given)
    return [play.host, *play.witnesses]


def after_start_phases(options: Given, hostvars: registered.HostVars) -> list[str]:
    """The role's phases around a node's return, for a play that only uses this entry point."""
    found = ["back"]
    if str(options["reboot"]) != "never" and registered.current_run(hostvars, list(options["hosts"])):
        found.insert(0, "watch_again")
    return [*found, "check"] if options["hooks"].get("check") else found


def hooks(options: Given, folder: str) -> dict[str, str]:
    """step -> absolute path of the user's tasks. folder: of the playbook."""
    return hooks_of(registered.hooks_in(options["hooks"]), folder)


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
    play = Play.of(given)
    run = registered.current_run(hostvars, play.cluster)
    for host in play.everyone:
        variables = hostvars[host]
        look = registered.look_of(variables, run)
        if look is None or result_of(Progress(look, registered.results_of(variables, look["turn"]))) not in ("upgraded", "unchanged"):
            return []
    return ["finish.yml"]


def after_batch(given: Given, dummy: t.Any = None) -> list[str]:
    """Files behind a batch in which a host has failed: the play stops before the next one. A host that went out of reach cannot report for itself."""
    play = Play.of(given)
    if not play.failed:
        return []
    return ["stopped.yml"]


ANSWERS: dict[str, t.Callable[[Given, t.Any], list[str] | dict[str, str] | bool]] = {
    "ask": ask,
    "read": read,
    "before_stop": before_stop,
    "after_start": after_start,
    "after_start_phases": after_start_phases,
    "hooks": hooks,
    "is_up": is_up,
    "begin": begin,
    "end": end,
    "after_batch": after_batch,
}
