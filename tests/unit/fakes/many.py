# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run over clusters of three, and what the tasks of their hosts have registered."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet import ending, many
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.many import page
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import OPTIONS

AFTER = "2026-11-28T10:00:27.000Z"
KEPT = {"kept": True, "sentence": "Quorum was never lost on a node that was up.", "losses": [], "gaps": []}
LOST = dict(KEPT, kept=False, sentence="Quorum was lost on web1.")


def run(name: str, batches: list[list[str]], **more: t.Any) -> dict[str, t.Any]:
    hosts = sorted(host for batch in batches for host in batch)
    ids = {host: number for number, host in enumerate(hosts, start=1)}
    made = {
        "begun": "2026-11-28T10:00:00.000Z",
        "run_id": f"{sum(map(ord, name)):016x}",
        "nodeids": ids,
        "resumed": [],
        "done": [],
        "qdevice": False,
        "cluster_name": name,
    }
    return dict(
        made, batches=batches, members=list(ids.values()), configured=list(ids.values()), total_votes=3, warnings=[], refusals=[], cluster_name=name, **more
    )


def part(name: str, refused: str = "", **more: t.Any) -> t.Any:
    """A cluster of three that are upgraded one by one."""
    hosts = [f"{name}{number}" for number in (1, 2, 3)]
    made = None if refused else run(name, [[host] for host in reversed(hosts)], **more)
    return {"name": name, "hosts": hosts, "run": made, "refusals": [refused] if refused else [], "host": hosts[0]}


def fleet(*parts: t.Any, strangers: t.Any = (), faults: t.Any = ()) -> t.Any:
    return many.fleet(parts, dict(strangers), list(faults), 10, "2026-11-28T10:00:00.000Z", [])


def done(fleet: t.Any, host: str, **more: t.Any) -> dict[str, t.Any]:
    """What the tasks of a host have registered that is done, or has failed."""
    own = many.own(fleet, host)
    look = {"turn": "t", "run": own["run_id"], "needed": True, "phases": ["gate", "stop", "done"], "resumes": "", "tasks": "", "versions": {}}
    at = {"turn": "t", "started": "2026-11-28T10:00:01.000Z", "ended": "2026-11-28T10:00:02.000Z"}
    return {registered.OWN: own, registered.LOOK: look, registered.GATE: at, "__rolling_upgrade_stopped": at, "__rolling_upgrade_done": at, **more}


def failed(fleet: t.Any, host: str, how: str = "failed", broken: bool = True) -> dict[str, t.Any]:
    own = many.own(fleet, host)
    ended = {"run": own["run_id"], "host": host, "how": how, "failure": "Stop this node: no", "turn": "t", "msg": f"{host} failed.", "broken": broken}
    told = {name: value for name, value in done(fleet, host).items() if name != "__rolling_upgrade_done"}
    return dict(told, **{registered.ENDED: ended})


def concluded(found: t.Any, hostvars: t.Any, verdict: t.Any = None, gone: t.Sequence[str] = ()) -> list[t.Any]:
    return [ending.concluded(each, found, hostvars, gone, lambda account: verdict or KEPT) for each in found["clusters"]]


def pages() -> dict[str, str]:
    """The page of a run in which one cluster is done, one has failed, one was refused, and one could not begin; and that of one that went well."""
    found = fleet(part("web"), part("db"), part("mail", "mail3 is down."), part("storage"), strangers={"printer": "No route to host"})
    hostvars = {host: done(found, host) for host in ("web1", "web2", "web3")}
    hostvars.update({"db3": failed(found, "db3"), "storage3": failed(found, "storage3", how="not_begun")})
    well = fleet(part("web"), part("db"))
    runs = {"mixed": (found, hostvars), "well": (well, {host: done(well, host) for host in well["places"]})}
    return {
        f"many-{name}": page(one, concluded(one, those), with_options(those, one), AFTER, {"user": "alice", "controller": "admin1"})
        for name, (one, those) in runs.items()
    }


def with_options(hostvars: t.Any, found: t.Any) -> dict[str, t.Any]:
    """Each host was asked, with the role's options."""
    asked = {"results": [{"options": dict(OPTIONS, report="/nonexistent/page.html")}]}
    return {host: dict(hostvars.get(host, {}), **{registered.VIEWS: asked}) for host in found["places"]}
