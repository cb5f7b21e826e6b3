# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An upgrade of many clusters in which one is refused, fails or is not begun."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_fleet
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet import ending, limit
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet import many as _many
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.tests.unit.fakes import fleets
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import action_of, split, task_of
from ansible_collections.corosync.quorum.tests.unit.fakes.many import concluded, done, failed, fleet, part

from . import provokes, refusal

WEB, DB = fleets.cluster("web", domain=""), fleets.cluster("db", number=2, domain="")


def _judged(monkeypatch: t.Any, results: dict[str, t.Any]) -> tuple[dict[str, t.Any], str]:
    """(result of the action, what it displays) for what votequorum_info has said on the hosts of all clusters."""
    lines: list[str] = []
    monkeypatch.setattr(rolling_upgrade_fleet.display, "display", lambda line, *dummy, **more: lines.append(line))
    hostvars, given = fleets.asked(results)
    args, of_role = split(given)
    variables = {**of_role, "inventory_hostname": given["play"]["host"], "hostvars": hostvars, "groups": {"all": list(hostvars), "clusters": list(hostvars)}}
    action = action_of(rolling_upgrade_fleet.ActionModule, task_of("corosync.quorum.rolling_upgrade_fleet"), args)
    return action.run(task_vars=variables), " ".join(" ".join(lines).split())


def _shown(monkeypatch: t.Any, results: dict[str, t.Any]) -> str:
    """The plan of a run in which some cluster can be upgraded, as if its lines had no end."""
    result, said = _judged(monkeypatch, results)
    assert not result.get("failed"), result
    return said


@provokes("is not upgraded: …")
def _one_is_refused(monkeypatch: t.Any) -> str:
    return _shown(monkeypatch, {**WEB, **DB, "db3": fleets.NOT_RUNNING})


@provokes("None of these clusters can be upgraded now, and nothing was changed")
def _all_are_refused(monkeypatch: t.Any) -> str:
    result, _said = _judged(monkeypatch, {**WEB, **DB, "web3": fleets.NOT_RUNNING, "db3": fleets.NOT_RUNNING})
    assert result["failed"]
    return str(result["msg"])


@provokes("Hosts that belong to no known cluster: …")
def _stranger(monkeypatch: t.Any) -> str:
    return _shown(monkeypatch, {**WEB, **DB, "printer": fleets.UNREACHABLE})


@provokes("No host that answered is … of this cluster. One of these hosts, which did not answer, may be")
def _unplaced(monkeypatch: t.Any) -> str:
    less = {host: result for host, result in DB.items() if host != "db3"}
    return _shown(monkeypatch, {**WEB, **less, "storage": fleets.UNREACHABLE})


@provokes("Two clusters look alike, or a host has two names")
def _twins(monkeypatch: t.Any) -> str:
    twins = {**fleets.cluster("debian", (1, 1), number=8, domain=".a"), **fleets.cluster("debian", (1, 1), number=8, domain=".b", ring=21)}
    return _shown(monkeypatch, {**WEB, **twins})


@provokes("have a node in common and differ in the other nodes")
def _disagreement(monkeypatch: t.Any) -> str:
    pair = fleets.cluster("san", (1, 1), number=3, domain="")
    return _shown(monkeypatch, {**WEB, **pair, "san3": fleets.cluster("san", number=3, domain="")["san3"]})


@provokes("rolling_upgrade_group names …, which the inventory does not have")
def _no_group() -> str:
    return " ".join(_many.groups_not_there("web, nope", ["web"]))


@provokes("rolling_upgrade_clusters_at_once is …, but must be a number of clusters")
def _no_number() -> str:
    return refusal(Unusable, _many.at_once, 0)


@provokes("rolling_upgrade_qdevice is as_now for every host")
def _everywhere() -> str:
    return " ".join(_many.not_for_all({"qdevice": "as_now"}, {"rolling_upgrade_qdevice": "as_now"}))


@provokes("rolling_upgrade_qdevice is as_now for …, but the inventory does not say so for …")
def _in_the_play() -> str:
    view = {"results": [{"options": {"qdevice": "as_now"}}]}
    return " ".join(_many.not_its_own(["web1", "web2"], {"web1": {registered.VIEWS: view}, "web2": {}}))


@provokes("--limit … leaves out … that the rounds of this run need")
def _limited() -> str:
    return limit.refusal("web*", ["round-1-of-3"])


@provokes("The first batch of this run failed on …, so no other cluster was begun")
def _first_batch() -> str:
    found = fleet(part("web"), part("db"))
    return ending.in_words(found, concluded(found, {"web3": failed(found, "web3")}))


@provokes("… of … clusters … done")
def _one_failed() -> str:
    found = fleet(part("web"), part("db"))
    hostvars = {host: done(found, host) for host in ("web1", "web2", "web3")}
    return ending.in_words(found, concluded(found, dict(hostvars, db3=failed(found, "db3"))))
