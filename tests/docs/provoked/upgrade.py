# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role rolling_upgrade refuses, and how a run of it ends."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_report, rolling_upgrade_step
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import EITHER
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import back, gate, input, look, registered, stacks
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import Play
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.keys import Key
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.keys import refusals as key_refusals
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.last_words import End, Failure, last_words
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.plan import plan
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.reading import WATCH
from ansible_collections.corosync.quorum.tests.unit.fakes import fleets, gates, steps
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import OPTIONS, Cluster, out_of_reach
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import at, seen
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

from . import provokes, waits

ASKED = {"lock": None, "lock_fault": ""}
START = seen(0, "state", [1, 2, 3], 8)


def _planned(results: dict[str, t.Any], **options: t.Any) -> str:
    return "\n".join(plan(results, **options)["refusals"])


def _web(**changes: t.Any) -> dict[str, t.Any]:
    """What each host of a cluster of three says."""
    return fleets.cluster("web", domain="", **changes)


def _stop(**more: t.Any) -> gate.Stop:
    return gate.Stop(**{"host": "web3", "batch": {"web3": 3}, **more})


def _gate(stop: gate.Stop | None = None, **changes: t.Any) -> str:
    """What the gate makes of web1's answer."""
    return gate.judge(stop or _stop(), "web1", {"available": True, "votequorum": value(**changes), **ASKED})["msg"]


# ---- the preflight -------------------------------------------------------------------------------------------------------


@provokes("This cluster cannot be upgraded now, and nothing was changed")
def _preflight(monkeypatch: t.Any) -> str:
    cluster = gates.gates(monkeypatch)
    cluster.answers[(gates.INFO, "web2")] = out_of_reach("web2")
    gates.ask(cluster)
    return str(gates.preflight(cluster)["msg"])


@provokes("rolling_upgrade_… is …, but must be …")
def _wrong_number() -> str:
    hosts = ("web1", "web2")
    options = dict(OPTIONS, hosts=list(hosts), stable_for=600)
    return "\n".join(input.refusals(options, Play("web1", hosts, hosts, hosts, hosts), hosts, "/"))


@provokes("rolling_upgrade_…_tasks names the file …, which is not there")
def _no_tasks() -> str:
    hosts = ("web1", "web2")
    options = dict(OPTIONS, hosts=list(hosts), hooks=dict(OPTIONS["hooks"], drain="drain.yml"))
    return "\n".join(input.refusals(options, Play("web1", hosts, hosts, hosts, hosts), hosts, "/nonexistent"))


@provokes("A rolling upgrade needs at least two hosts of a cluster")
def _one_host() -> str:
    return _planned({"web1": _web()["web1"]})


@provokes("cannot be reached: …. Bring it back, or take it out of the cluster, first")
def _unreachable() -> str:
    return _planned(dict(_web(), web3=fleets.UNREACHABLE))


@provokes("Quorum cannot be read on …: …")
def _unreadable() -> str:
    return _planned(dict(_web(), web3=fleets.NOT_RUNNING))


@provokes("Not a member: …. Only a complete cluster is upgraded")
def _incomplete() -> str:
    return _planned(dict(_web(members=[1, 2]), web3=fleets.NOT_RUNNING))


@provokes("They belong to several clusters, or the network between them is cut")
def _several_rings() -> str:
    return _planned(dict(_web(), web3=_web(ring=21)["web3"]))


@provokes("of another configuration: by the configuration of … it is no member")
def _removed() -> str:
    alone = {"members": [4], "ring": 9, "quorate": False}
    return _planned(dict(_web(), web4=fleets.cluster("web", (1, 1, 1, 1), domain="", **alone)["web4"]))


@provokes("The hosts disagree about")
def _disagreement() -> str:
    return _planned(dict(_web(), web3=_web(expected_votes=5)["web3"]))


@provokes("is not quorate: it has … and needs …")
def _not_quorate() -> str:
    return _planned({"web1": _web(members=[1])["web1"], "web2": fleets.NOT_RUNNING})


@provokes("The membership was changing when … was asked")
def _unsettled() -> str:
    return _planned(_web(settled=False))


@provokes("The quorum device gives … no vote")
def _no_vote() -> str:
    return _planned(_web(qdevice=1, casting=[1, 2]))


@provokes("There are no safe batches")
def _no_batches() -> str:
    return _planned(fleets.cluster("web", (1, 1), domain=""), qdevice=EITHER)


@provokes("is not the key that the cluster has loaded, which is in the file of …")
def _wrong_key() -> str:
    keys = {"web1": Key("aa", False), "web2": Key("aa", False), "web3": Key("bb", True)}
    return key_refusals(keys, ["web1", "web2", "web3"])[0]


@provokes("the program … is not there, which the stack … needs")
def _no_program() -> str:
    return stacks.refusals("pcs", {"web1": stacks.obstacles("pcs", (), {"missing": ["pcs"], "pacemaker": True}, False)})[0]


@provokes("pacemaker does not run, so the stack … can neither drain the node nor bring it back")
def _no_pacemaker() -> str:
    return stacks.refusals("pcs", {"web1": stacks.obstacles("pcs", (), {"missing": [], "pacemaker": False}, False)})[0]


@provokes("pacemaker runs there. The stack corosync would stop it together with corosync")
def _pacemaker() -> str:
    return stacks.refusals("corosync", {"web1": stacks.obstacles("corosync", (), {"missing": [], "pacemaker": True}, False)})[0]


@provokes("would fail on …, because crmsh reaches a node by ssh even from itself")
def _locked_out() -> str:
    return stacks.refusals("crmsh", {"web1": [stacks.LOCKED_OUT]})[0]


@provokes("Left out: …. A run that was interrupted has")
def _left_out() -> str:
    mark = {"phase": "done", "nodeid": 1, "rebooted": True, "at": utc(time.time())}
    views: t.Any = {"web1": {"mark": look.mark_of({"mark": mark}, "web1", time.time())}}
    return "\n".join(look.left_out(look.wishes_of(dict(OPTIONS, packages=[], reboot="always"), "."), views, "/var/lib/x"))


# ---- the gate before a stop ----------------------------------------------------------------------------------------------


@provokes("Refused to stop …", "Votes now: … present, … needed. Afterwards: … present, … needed")
def _unsafe() -> str:
    return _gate(members=[1, 3])


@provokes("An earlier run was interrupted on …, which must be upgraded first")
def _interrupted() -> str:
    return _gate(_stop(resumed={"web2": 2}), votes=(1,) * 5, members=[1, 3, 4, 5])


@provokes("every host that stays has to say that it is safe, but these cannot be logged in to")
def _not_all() -> str:
    return gate.not_all(_stop(), {"web2": "no route"})["msg"]


@provokes("no host that stays can be logged in to, so nobody can say whether that is safe")
def _nobody() -> str:
    return gate.out_of_reach(_stop(), {"web1": "no route", "web2": "no route"})["msg"]


@provokes("no host of rolling_upgrade_hosts (…) would stay, as … are taken together")
def _all_at_once() -> str:
    return gate.nobody(_stop(batch={"web1": 1, "web2": 2, "web3": 3}), ["web1", "web2", "web3"])["msg"]


@provokes("the gate was not asked in this turn, or did not say yes")
def _skipped_gate(monkeypatch: t.Any) -> str:
    cluster = Cluster(monkeypatch, rolling_upgrade_step.ActionModule, rolling_upgrade_step)
    cluster.hostvars["web1"][registered.PLAN] = gates.PLAN
    cluster.hostvars["web3"][registered.LOOK] = dict(gates.LOOK, phases=["gate", "stop", "done"], rebooted=False)
    return str(cluster.run("web3", phase="stop")["msg"])


@provokes("the gate said yes … s ago, and an answer counts for … s")
def _old_yes(monkeypatch: t.Any) -> str:
    cluster = Cluster(monkeypatch, rolling_upgrade_step.ActionModule, rolling_upgrade_step)
    cluster.hostvars["web1"][registered.PLAN] = gates.PLAN
    before = utc(time.time() - 400)
    yes = {"turn": "t1", "started": before, "ended": before, "ahead": 0.0, "gate": {"turn": "t1", "host": "web3", "safe": True}}
    cluster.hostvars["web3"].update({registered.LOOK: dict(gates.LOOK, phases=["gate", "stop", "done"]), registered.GATE: yes})
    return str(cluster.run("web3", phase="stop")["msg"])


@provokes("the clock of this controller was set after the gate said yes, or the controller stood still")
def _clock_set(monkeypatch: t.Any) -> str:
    cluster, before = steps.steps(monkeypatch), time.time()
    monkeypatch.setattr(time, "time", lambda: before + 3600.0)
    return str(steps.step(cluster, "stop")["msg"])


@provokes("the check before … was left out or failed")
def _check_left_out(monkeypatch: t.Any) -> str:
    return str(steps.step(steps.steps(monkeypatch), "refuse")["msg"])


@provokes("a host of the same batch has failed (…)")
def _batch_has_failed() -> str:
    return _gate(_stop(batch={"web2": 2, "web3": 3}, failed=["web2"]), votes=(3, 1, 1))


@provokes("did not end within … s. It may still be at work on …")
def _never_ends(monkeypatch: t.Any) -> str:
    cluster = steps.steps(monkeypatch)
    monkeypatch.setattr(rolling_upgrade_step, "LONGEST", 0.1)
    cluster.options["timeout"] = 0
    cluster.answers[steps.SERVICE] = lambda args: time.sleep(10) or {}
    return str(steps.step(cluster, "start")["msg"])


@provokes("no preflight of this play has accepted its cluster")
def _no_preflight(monkeypatch: t.Any) -> str:
    return str(Cluster(monkeypatch, rolling_upgrade_step.ActionModule, rolling_upgrade_step).run("web3", phase="look")["msg"])


# ---- a node comes back, or does not ---------------------------------------------------------------------------------------


def _waited_in_vain(conditions: back.Conditions) -> str:
    """What a wait for this says on a node that sees nobody else, and no new ring."""
    return waits.waited(waits.sees(value(members=[1], ring=9), **conditions), **conditions)


@provokes("has not come back into the cluster. The nodes after it were not touched")
def _not_back() -> str:
    must_return = gate.judge(_stop(), "web1", {"available": True, "votequorum": value(), **ASKED})["must_return"]
    return _waited_in_vain(back.on_the_node("web3", must_return, stable_for=5, timeout=300))


@provokes("is back, but … does not see it")
def _unseen() -> str:
    return _waited_in_vain(back.by_another("web3", "web1", value(asked=3), timeout=300))


@provokes("does not see the cluster as it was before the upgrade")
def _not_as_before() -> str:
    return _waited_in_vain(back.in_the_end(t.cast(t.Any, gates.PLAN), "web1", timeout=300))


# ---- the end -------------------------------------------------------------------------------------------------------------


@provokes("Stopped because … failed", "Corosync is down on …, or may be", "Fix … and run the playbook again; it resumes there")
def _failed() -> str:
    return last_words(End("failed", failures=[Failure("web3", "upgrade", "Upgrade the packages of this node: the disk is full")], untouched=["web1"]))


@provokes("Stopped before …")
def _stopped_before() -> str:
    return last_words(End("failed", failures=[Failure("web3", "", "Refused to stop web3: no. Nothing was changed.")]))


@provokes("The upgrade did not begin")
def _not_begun() -> str:
    return last_words(End("not_begun", reasons=["Another run has the lock on web1."]))


@provokes("All nodes were done, but the cluster is not as it was before")
def _done_and_not_as_before() -> str:
    return last_words(End("not_as_before", reasons=[_not_as_before()]))


def _reporting(monkeypatch: t.Any, **watched: t.Any) -> Cluster:
    """web1 to web3 have recorded that all is well. watched: what is otherwise."""
    cluster = Cluster(monkeypatch, rolling_upgrade_report.ActionModule, rolling_upgrade_report)
    cluster.hostvars["web1"][registered.PLAN] = gates.PLAN
    record = {"changed": False, "timeline": [START], "unreadable": 0, "running": True, "looked": True, "run": gates.RUN_ID, "runs": [gates.RUN_ID]}
    made = dict(record, offset=0.0, until=at(99), now=at(99), **watched)
    cluster.answers[WATCH] = dict(made, boots=[len(made["timeline"])])
    return cluster


def _finished(cluster: Cluster) -> str:
    cluster.loop("web1", cluster.hosts, registered.RECORDS, point="read", state="read")
    result = cluster.run("web1", point="finish")
    assert result["failed"]
    return str(result["msg"])


@provokes("Quorum is not recorded on …")
def _no_record(monkeypatch: t.Any) -> str:
    cluster = _reporting(monkeypatch)
    cluster.answers[(WATCH, "web2")] = {"failed": True, "msg": "No space left on device."}
    return str(cluster.loop("web1", cluster.hosts, registered.FIRST_LOOK, point="begun")[1]["msg"])


@provokes("The upgrade is done, but: …", "Quorum was lost on")
def _lost(monkeypatch: t.Any) -> str:
    return _finished(_reporting(monkeypatch, timeline=[START, seen(20, "quorum_lost", [1], 12, left=[2, 3])]))


@provokes("Nobody can say whether quorum was kept")
def _unknown(monkeypatch: t.Any) -> str:
    cluster = _reporting(monkeypatch)
    cluster.answers[(WATCH, "web2")] = out_of_reach("web2")
    return _finished(cluster)
