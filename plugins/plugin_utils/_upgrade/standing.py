# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Whether the run of one cluster among many goes on. Each of its hosts finds that out for itself, from what the others have registered. Pure."""

from __future__ import annotations

import typing as t

from . import registered
from .hosts import Play
from .types import Ended, Own

# The run itself is over, or never began; what comes after the last node is another matter.
_STOPPED = ("not_begun", "failed")


def has_lock(play: Play, hostvars: registered.HostVars) -> bool:
    """Whether the first host of this cluster could take its lock on all that it had to."""
    leader = play.batch[0] if play.batch else play.host
    found = registered.variables_of(hostvars, leader).get(registered.LOCKED)
    items = registered.items_of({registered.LOCKED: found}, registered.LOCKED)
    return bool(items) and not any(item.get("failed") or item.get("unreachable") for item in items) and any(item.get("taken") for item in items)


def endings(play: Play, hostvars: registered.HostVars, run: Own) -> list[Ended]:
    """Why the run has ended for this cluster, as its hosts have noted."""
    return [ended for host in play.cluster if (ended := registered.ended_of(registered.variables_of(hostvars, host), run)) is not None]


def has_ended(play: Play, hostvars: registered.HostVars, run: Own) -> bool:
    """Whether it has ended for this cluster before its regular end."""
    return bool(endings(play, hostvars, run) or why_not(play, hostvars, run))


def why_not(play: Play, hostvars: registered.HostVars, run: Own) -> str:
    """Why nothing more is done on this cluster's hosts, empty where the run goes on."""
    stopped = [ended for ended in endings(play, hostvars, run) if ended["how"] in _STOPPED]
    if stopped:
        return stopped[0]["msg"]
    if play.failed:
        return f"Ansible lost contact with {', '.join(play.failed)}."
    return _of_the_first_round(play, hostvars, run)


def _of_the_first_round(play: Play, hostvars: registered.HostVars, run: Own) -> str:
    """It goes alone so that what breaks every node breaks one."""
    for host in run.get("first", ()):
        ended = registered.ended_of(registered.variables_of(hostvars, host), t.cast(Own, {"run_id": run["first_run"]}))
        if host in play.gone or (ended is not None and ended["how"] == "failed" and ended["broken"]):
            return f"The first batch of this run failed on {host}, so no other cluster was begun. Nothing was changed."
    return ""
