# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of one node's upgrade: nothing that stops a node runs without the yes of this turn, and what fails says why."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_step as module
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import Cluster, out_of_reach

BEGUN = "2026-11-28T10:00:00.000000Z"
PLAN: dict[str, t.Any] = {"begun": BEGUN, "nodeids": {"web1": 1, "web2": 2, "web3": 3}, "resumed": [], "qdevice": False}
PHASES = ["gate", "begin", "stop", "upgrade", "reboot", "installed", "start", "back", "done"]
DRAINED = ["gate", "begin", "drain", "gate_again", "stop", "upgrade", "installed", "start", "back", "undrain", "done"]
SERVICE, COMMAND, PACKAGE, SLURP = (f"ansible.builtin.{name}" for name in ("service", "command", "package", "slurp"))
MARK = "/var/lib/corosync-quorum/rolling-upgrade.json"
STOPPING = ["begin", "drain", "may_stop", "stop", "upgrade", "reboot"]


def look(**more: t.Any) -> dict[str, t.Any]:
    return dict({"turn": "t1", "run": BEGUN, "needed": True, "resumes": "", "tasks": "node.yml", "phases": PHASES, "versions": {}}, **more)


def gate(**more: t.Any) -> dict[str, t.Any]:
    answer = dict({"turn": "t1", "host": "web3", "witness": "web1", "safe": True, "nodeid": 3, "down": False, "device": False}, **more)
    return {"results": [{"skipped": True}, {"gate": answer}, {"skipped": True}]}


@pytest.fixture(name="cluster")
def _cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """It is the turn of web3, and the gate said yes."""
    made = Cluster(monkeypatch, module.ActionModule, module)
    made.hostvars["web1"][registered.PLAN] = PLAN
    made.hostvars["web3"].update({registered.LOOK: look(), registered.GATE: gate()})
    for name in ("service", "command", "package", "apt", "file", "lineinfile", "reboot", "stat", "setup", "package_facts", "slurp"):
        made.answers[f"ansible.builtin.{name}"] = {"changed": True, "stat": {"exists": False}, "ansible_facts": {"packages": {}}}
    return made


def step(cluster: Cluster, phase: str) -> dict[str, t.Any]:
    return cluster.run("web3", phase=phase)


def commands(cluster: Cluster) -> list[str]:
    return [" ".join(args.get("argv", [args.get("name"), args.get("state")])) for name, dummy, args, dummy in cluster.calls if name in (COMMAND, SERVICE)]


# ---- no stop without a yes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", STOPPING)
def test_with_the_yes_of_this_turn_it_goes_on(cluster: Cluster, phase: str) -> None:
    assert not step(cluster, phase).get("failed")


@pytest.mark.parametrize("phase", STOPPING)
@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"skipped": True},
        {"results": []},
        {"results": [{"skipped": True}]},
        gate(turn="t0"),
        gate(turn=None),
        gate(host="web2"),
        gate(safe=False),
        dict(gate(), failed=True),
        {"results": [*gate()["results"], {"failed": True, "msg": "web2 said no"}]},
        {"results": [*gate()["results"], {"unreachable": True, "msg": "web2 is out of reach"}]},
        "odd",
    ],
)
def test_without_it_nothing_that_stops_a_node_runs(cluster: Cluster, phase: str, answer: t.Any) -> None:
    """Nor what leads to a stop, such as a drain or an upgrade that restarts corosync: a play may ignore that a task before it has failed."""
    cluster.hostvars["web3"][registered.GATE] = answer
    result = step(cluster, phase)
    assert result["failed"] and result["msg"].startswith("Refused to stop web3: the gate was not asked in this turn, or did not say yes.")
    assert not cluster.calls


@pytest.mark.parametrize("again", [None, gate(turn="t0"), dict(gate(), failed=True), {"results": [{"failed": True, "msg": "no"}]}])
def test_after_a_drain_only_the_second_answer_counts(cluster: Cluster, again: t.Any) -> None:
    cluster.hostvars["web3"].update({registered.LOOK: look(phases=DRAINED), registered.RESULTS["gate_again"]: again})
    assert not step(cluster, "begin").get("failed") and not step(cluster, "drain").get("failed")
    cluster.calls.clear()
    for phase in ("may_stop", "stop", "upgrade", "reboot"):
        assert step(cluster, phase)["msg"].startswith("Refused to stop web3: ")
    assert not cluster.calls
    cluster.hostvars["web3"][registered.RESULTS["gate_again"]] = gate()
    assert not step(cluster, "stop").get("failed")


@pytest.mark.parametrize("phase", [*STOPPING, "installed", "start", "undrain", "done"])
@pytest.mark.parametrize(
    "found",
    [None, {}, {"skipped": True}, {"failed": True, "msg": "boom", "turn": "t1"}, look(run="an earlier one"), look(failed=True)],
)
def test_nothing_is_done_without_a_look_in_this_run(cluster: Cluster, phase: str, found: t.Any) -> None:
    cluster.hostvars["web3"][registered.LOOK] = found
    assert step(cluster, phase)["msg"].startswith("Nothing was done on web3: what there is to do was not looked for in this run.")
    assert not cluster.calls


def test_nothing_is_done_once_the_run_is_over(cluster: Cluster) -> None:
    cluster.hostvars["web2"][registered.FINISHED] = {"begun": BEGUN}
    assert step(cluster, "stop")["failed"] and not cluster.calls


def test_an_answer_is_used_up_once_the_node_is_done(cluster: Cluster) -> None:
    """Also where another play of the same run skips the look and the gate."""
    cluster.hostvars["web3"][registered.RESULTS["done"]] = {"turn": "t1", "changed": True}
    assert step(cluster, "stop")["failed"] and not cluster.calls
    cluster.hostvars["web3"][registered.RESULTS["done"]] = {"turn": "t0", "changed": True}
    assert not step(cluster, "stop").get("failed")


# ---- what there is to do -------------------------------------------------------------------------------------------------


def test_a_look(cluster: Cluster) -> None:
    cluster.answers[PACKAGE] = {"changed": True}
    cluster.hostvars["web3"]["ansible_facts"] = {"pkg_mgr": "dnf"}
    cluster.answers["ansible.builtin.package_facts"] = {"ansible_facts": {"packages": {"corosync": [{"version": "3.1.7"}]}}}
    first, second = step(cluster, "look"), step(cluster, "look")
    assert (first["needed"], first["resumes"], first["tasks"], first["run"]) == (True, "", "node.yml", BEGUN)
    assert first["versions"] == {"corosync": "3.1.7"}
    assert first["turn"] not in ("t1", second["turn"])
    asked = [call for call in cluster.calls if call[0] == PACKAGE]
    assert asked[0][2:] == ({"name": ["corosync"], "state": "latest"}, True), "it is only asked"


def test_a_look_with_apt(cluster: Cluster) -> None:
    cluster.answers["ansible.builtin.setup"] = {"ansible_facts": {"ansible_pkg_mgr": "apt"}}
    cluster.answers["ansible.builtin.apt"] = {"changed": False}
    cluster.check_mode = True
    assert not step(cluster, "look")["needed"]
    calls = [call for call in cluster.calls if call[0] == "ansible.builtin.apt"]
    assert [call[3] for call in calls] == [False, True], "the lists are refreshed in check mode too"


@pytest.mark.parametrize(
    "option, needed",
    [(True, True), ("true", True), ("Yes", True), (1, True), (False, False), ("false", False), ("0", False), ("no", False), (None, False)],
)
def test_whether_it_is_needed_may_be_text(cluster: Cluster, option: t.Any, needed: bool) -> None:
    cluster.options.update(needed=option, packages=[])
    assert step(cluster, "look")["needed"] is needed


def test_a_look_without_packages_has_something_to_do(cluster: Cluster) -> None:
    cluster.options["packages"] = []
    assert step(cluster, "look")["needed"] and cluster.names() == ["slurp"]


@pytest.mark.parametrize("phase, begins", [("stop", "gate"), ("start", "start")])
def test_a_look_at_what_was_interrupted(cluster: Cluster, phase: str, begins: str) -> None:
    mark = json.dumps({"phase": phase, "nodeid": 3})
    cluster.answers[SLURP] = {"content": base64.b64encode(mark.encode()).decode()}
    cluster.options.update(needed=False)
    found = step(cluster, "look")
    assert (found["resumes"], found["phases"][0]) == (phase, begins)


@pytest.mark.parametrize("text", ["", "garbage", "[]", '{"phase": "stop"}'])
def test_a_mark_that_is_none_says_what_to_do(cluster: Cluster, text: str) -> None:
    cluster.answers[SLURP] = {"content": base64.b64encode(text.encode()).decode()}
    result = step(cluster, "look")
    assert result["failed"] and result["msg"].startswith(f"{MARK} on web3 is not what this role writes there (it ") and "remove the file" in result["msg"]
    cluster.hostvars["web3"][registered.LOOK] = result
    assert step(cluster, "stop")["msg"].startswith("Nothing was done on web3")


def test_a_look_that_fails_says_what_the_command_wrote(cluster: Cluster) -> None:
    cluster.answers["ansible.builtin.setup"] = {"ansible_facts": {"ansible_pkg_mgr": "apt"}}
    cluster.answers["ansible.builtin.apt"] = {"failed": True, "msg": "Failed to update apt cache: no route"}
    result = step(cluster, "look")
    assert result["msg"] == "Refreshing apt's lists of packages failed: Failed to update apt cache: no route"


# ---- the steps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", [False, True])
def test_stop_and_start_of_corosync(cluster: Cluster, device: bool) -> None:
    cluster.hostvars["web3"][registered.GATE] = gate(device=device)
    assert step(cluster, "stop")["changed"] and step(cluster, "start")["changed"]
    stopped, started = ["corosync stopped"], ["corosync started"]
    if device:
        stopped, started = ["corosync-qdevice stopped", *stopped], [*started, "corosync-qdevice started"]
    assert commands(cluster) == [*stopped, *started]


def test_the_device_of_a_node_that_is_only_brought_back(cluster: Cluster) -> None:
    cluster.hostvars["web1"][registered.PLAN] = dict(PLAN, qdevice=True)
    cluster.hostvars["web3"].update({registered.LOOK: look(resumes="start", phases=["start", "back", "done"]), registered.GATE: gate(turn="t0")})
    assert step(cluster, "start")["changed"]
    assert commands(cluster) == ["corosync started", "corosync-qdevice started"]


def test_pcs(cluster: Cluster) -> None:
    cluster.options.update(stack="pcs", timeout="60")
    for phase in ("drain", "stop", "start", "undrain"):
        assert step(cluster, phase)["changed"]
    assert commands(cluster) == ["pcs node standby --wait=60", "pcs cluster stop", "pcs cluster start --wait=60", "pcs node unstandby --wait=60"]


def test_crmsh(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name that pacemaker has, and not before pacemaker has taken the node in."""
    slept: list[float] = []
    monkeypatch.setattr(module.time, "sleep", slept.append)
    states = iter([{"failed": True, "rc": 1, "stderr": "no"}, {"rc": 0, "stdout": "S_PENDING"}, {"rc": 0, "stdout": "S_NOT_DC"}])
    said = {"crm_node": lambda: {"rc": 0, "stdout": "db3\n"}, "crmadmin": lambda: next(states), "crm": lambda: {"rc": 0, "changed": True}}
    cluster.answers[COMMAND] = lambda args: said[args["argv"][0]]()
    cluster.options["stack"] = "crmsh"
    assert step(cluster, "drain")["changed"] and step(cluster, "undrain")["changed"]
    assert commands(cluster) == [
        "crm_node --name",
        "crm --wait node standby db3",
        "crm_node --name",
        *["crmadmin --status=db3"] * 3,
        "crm --wait node online db3",
    ]
    assert len(slept) == 2


def test_what_is_waited_for_ends(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10000, 100))
    monkeypatch.setattr(module.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    cluster.answers[COMMAND] = {"failed": True, "rc": 107, "stderr": "crm_node: \x1b[31mno pacemaker\x1b[0m\n", "msg": "non-zero return code"}
    cluster.options["stack"] = "crmsh"
    assert step(cluster, "undrain")["msg"] == (
        "Asking pacemaker for the name of this node did not succeed within 300 s: crm_node: no pacemaker (exit code 107)"
    )


def test_a_node_that_is_down_is_not_drained(cluster: Cluster) -> None:
    cluster.hostvars["web3"][registered.GATE] = gate(down=True)
    cluster.options["stack"] = "pcs"
    assert step(cluster, "drain")["skipped"] and not cluster.calls


@pytest.mark.parametrize(
    "said, words",
    [
        ({"failed": True, "rc": 1, "stderr": "\x1b[31mError: no\x1b[0m", "stdout": "out", "msg": "non-zero return code"}, "Error: no (exit code 1)"),
        ({"failed": True, "rc": 2, "stderr": "", "stdout": "only this", "msg": "non-zero return code"}, "only this (exit code 2)"),
        ({"failed": True, "msg": "No such file or directory: b'pcs'"}, "No such file or directory: b'pcs'"),
        ({"failed": True}, "it gave no reason"),
    ],
)
def test_a_call_that_fails_says_what_it_wrote(cluster: Cluster, said: dict[str, t.Any], words: str) -> None:
    cluster.options["stack"] = "pcs"
    cluster.answers[COMMAND] = said
    assert step(cluster, "stop")["msg"] == f"`pcs cluster stop` failed: {words}"


def test_nothing_follows_a_call_that_failed(cluster: Cluster) -> None:
    cluster.hostvars["web3"][registered.GATE] = gate(device=True)
    cluster.answers[SERVICE] = {"failed": True, "msg": "no"}
    assert step(cluster, "stop")["msg"] == "Stopping the service corosync-qdevice failed: no"
    assert commands(cluster) == ["corosync-qdevice stopped"]


def test_a_node_that_goes_out_of_reach_is_ansibles_to_say(cluster: Cluster) -> None:
    cluster.answers[SERVICE] = out_of_reach("web3")
    with pytest.raises(type(out_of_reach())):
        step(cluster, "stop")


def test_upgrade(cluster: Cluster) -> None:
    cluster.options.update(packages=["corosync=3.1.9-2", "pacemaker"], package_state="present")
    assert step(cluster, "upgrade")["changed"]
    assert cluster.calls[0][:3] == (PACKAGE, "web3", {"name": ["corosync=3.1.9-2", "pacemaker"], "state": "present"})
    cluster.answers[PACKAGE] = {"failed": True, "msg": "dpkg is locked"}
    assert step(cluster, "upgrade")["msg"] == "Upgrading corosync=3.1.9-2, pacemaker failed: dpkg is locked"
    cluster.options["packages"] = []
    assert not step(cluster, "upgrade")["changed"]


@pytest.mark.parametrize("option, asks, reboots", [("always", False, True), ("if_required", False, False), ("if_required", True, True), (False, False, False)])
def test_reboot(cluster: Cluster, option: t.Any, asks: bool, reboots: bool) -> None:
    """What is none of the choices is no reason to reboot."""
    cluster.options.update(reboot=option, reboot_timeout="90")
    cluster.answers["ansible.builtin.stat"] = {"stat": {"exists": asks}}
    result = step(cluster, "reboot")
    assert bool(result.get("changed")) == reboots == (cluster.names()[-1] == "reboot") == (not result.get("skipped"))
    assert not reboots or cluster.calls[-1][2] == {"reboot_timeout": 90}


@pytest.mark.parametrize("phase, marked, made", [("begin", "stop", ["file", "lineinfile"]), ("installed", "start", ["lineinfile"])])
def test_what_a_later_run_has_to_know(cluster: Cluster, phase: str, marked: str, made: list[str]) -> None:
    assert step(cluster, phase)["changed"] and cluster.names() == made
    args = cluster.calls[-1][2]
    assert (args["path"], args["mode"], json.loads(args["line"])) == (MARK, "0600", {"phase": marked, "nodeid": 3})
    assert phase != "begin" or cluster.calls[0][2] == {"path": "/var/lib/corosync-quorum", "state": "directory", "mode": "0700"}


def test_a_folder_of_somebody_else_keeps_its_mode(cluster: Cluster) -> None:
    cluster.options["state_file"] = "/srv/mark.json"
    step(cluster, "begin")
    assert cluster.calls[0][2] == {"path": "/srv", "state": "directory"}
    cluster.answers["ansible.builtin.file"] = {"failed": True, "msg": "read-only"}
    assert step(cluster, "begin")["msg"] == "Making the folder /srv failed: read-only"


def test_done(cluster: Cluster) -> None:
    cluster.answers["ansible.builtin.package_facts"] = {"ansible_facts": {"packages": {"corosync": [{"version": "3.1.9"}]}}}
    result = step(cluster, "done")
    assert result["changed"] and result["versions"] == {"corosync": "3.1.9"} and result["turn"] == "t1"
    assert cluster.calls[0][2] == {"path": MARK, "state": "absent"}


def test_check_mode_is_handed_on_but_to_questions(cluster: Cluster) -> None:
    cluster.check_mode = True
    cluster.options["stack"] = "crmsh"
    cluster.answers[COMMAND] = {"rc": 0, "stdout": "S_IDLE"}
    for phase in ("begin", "drain", "stop", "upgrade", "reboot", "installed", "undrain", "done"):
        assert not step(cluster, phase).get("failed")
    not_in_check_mode = [" ".join(call[2].get("argv", [call[0]])) for call in cluster.calls if not call[3]]
    assert not_in_check_mode == ["crm_node --name", "crm_node --name", "crmadmin --status=S_IDLE", "ansible.builtin.package_facts"]


def test_a_timeout_that_is_no_number(cluster: Cluster) -> None:
    cluster.options["timeout"] = "soon"
    assert step(cluster, "stop")["msg"] == "rolling_upgrade_timeout is soon, but must be a whole number."
