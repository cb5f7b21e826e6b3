# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of one node's upgrade: what runs on the node, and what fails says why."""

from __future__ import annotations

import time
import types
import typing as t

import pytest
from ansible.errors import AnsibleError

from ansible_collections.corosync.quorum.plugins.action import rolling_upgrade_step as module
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import Cluster, out_of_reach
from ansible_collections.corosync.quorum.tests.unit.fakes.steps import (
    COMMAND,
    MARK,
    PACKAGE,
    PATH,
    PHASES,
    PLAN,
    RUN_ID,
    SERVICE,
    WATCH,
    commands,
    gate,
    look,
    result,
    step,
    steps,
)


@pytest.fixture(name="cluster")
def _cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    return steps(monkeypatch)


# ---- what there is to do -------------------------------------------------------------------------------------------------


def test_a_look(cluster: Cluster) -> None:
    cluster.answers[PACKAGE] = {"changed": True}
    cluster.hostvars["web3"]["ansible_facts"] = {"pkg_mgr": "dnf"}
    cluster.answers[COMMAND] = {"rc": 0, "stdout": "corosync\t3.1.7\n"}
    first, second = step(cluster, "look"), step(cluster, "look")
    assert (first["needed"], first["resumes"], first["tasks"], first["run"]) == (True, "", "node.yml", RUN_ID)
    assert first["versions"] == {"corosync": "3.1.7"}
    assert first["turn"] not in ("t1", second["turn"])
    asked = [call for call in cluster.calls if call[0] == PACKAGE]
    assert asked[0][2:] == ({"name": ["corosync"], "state": "latest"}, True), "it is only asked"


def test_a_look_with_apt(cluster: Cluster) -> None:
    cluster.answers["ansible.builtin.setup"] = {"ansible_facts": {"ansible_pkg_mgr": "apt"}}
    cluster.answers["ansible.builtin.apt"] = {"changed": False}
    assert not step(cluster, "look")["needed"]
    calls = [call for call in cluster.calls if call[0] == "ansible.builtin.apt"]
    assert [call[3] for call in calls] == [False, True], "the first one installs the Python library of apt where it is missing"


def test_a_look_with_apt_in_check_mode_installs_nothing(cluster: Cluster) -> None:
    """The lists are refreshed all the same. Without its Python library apt's module has words of its own for check mode."""
    cluster.answers["ansible.builtin.setup"] = {"ansible_facts": {"ansible_pkg_mgr": "apt"}}
    cluster.answers["ansible.builtin.apt"] = {"failed": True, "msg": "python3-apt must be installed to use check mode."}
    cluster.check_mode = True
    assert step(cluster, "look")["msg"] == "Asking which packages would be upgraded failed: python3-apt must be installed to use check mode."
    changing = [call for call in cluster.calls if not call[3]]
    assert [call[2]["argv"] for call in changing if "argv" in call[2]] == [["apt-get", "--quiet", "update"]]
    assert {call[3] for call in cluster.calls if call[0] == "ansible.builtin.apt"} == {True}


def test_versions_without_a_program_that_knows_them(cluster: Cluster) -> None:
    """They are for the report: a node whose versions nobody can list is not a node that failed."""
    cluster.options["needed"] = True
    cluster.answers[COMMAND] = {"failed": True, "rc": 1}
    facts = {"ansible_facts": {"packages": {"corosync": [{"version": "3.1.9"}]}}}
    for said, versions in ((facts, {"corosync": "3.1.9"}), ({"failed": True, "msg": "Could not detect a supported package manager"}, {})):
        cluster.answers["ansible.builtin.package_facts"] = said
        assert (step(cluster, "look")["versions"], step(cluster, "done")["versions"]) == (versions, versions)


def test_the_stack_corosync_does_not_stop_pacemaker(cluster: Cluster) -> None:
    """Neither by itself nor on a node that is to be done; tasks of the user's own may."""
    cluster.answers[MARK] = {"mark": None, "fault": "", "pacemaker": True}
    cluster.options.update(packages=[])
    assert step(cluster, "look")["msg"].startswith("web3: pacemaker runs there. The stack corosync would stop it together with corosync")
    cluster.options["needed"] = False
    assert not step(cluster, "look").get("failed")
    cluster.options.update(needed=True, hooks=dict(cluster.options["hooks"], stop="/stop.yml", start="/start.yml"))
    assert not step(cluster, "look").get("failed")


@pytest.mark.parametrize(
    "option, needed",
    [(True, True), ("true", True), ("Yes", True), (1, True), (False, False), ("false", False), ("0", False), ("no", False), (None, False)],
)
def test_whether_it_is_needed_may_be_text(cluster: Cluster, option: t.Any, needed: bool) -> None:
    cluster.options.update(needed=option, packages=[])
    assert step(cluster, "look")["needed"] is needed


def test_a_look_without_packages_has_something_to_do(cluster: Cluster) -> None:
    cluster.options["packages"] = []
    assert step(cluster, "look")["needed"] and cluster.names() == ["rolling_upgrade_mark"]


@pytest.mark.parametrize("phase, begins", [("stop", "gate"), ("start", "start")])
def test_a_look_at_what_was_interrupted(cluster: Cluster, phase: str, begins: str) -> None:
    cluster.answers[MARK] = {"mark": {"phase": phase, "nodeid": 3}, "fault": ""}
    cluster.options.update(needed=False)
    found = step(cluster, "look")
    assert (found["resumes"], found["phases"][0]) == (phase, begins)


@pytest.mark.parametrize("said", [{"mark": None, "fault": "/etc is a folder."}, {"failed": True, "msg": "/etc is a folder."}])
def test_a_mark_that_is_none_says_what_to_do(cluster: Cluster, said: dict[str, t.Any]) -> None:
    cluster.answers[MARK] = said
    result = step(cluster, "look")
    assert result["failed"] and result["msg"] == "On web3: /etc is a folder."
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
    its_own = types.SimpleNamespace(sleep=lambda seconds: None, monotonic=lambda: next(clock), time=time.time)
    monkeypatch.setattr(module, "time", its_own)  # the watchdog of each question has the true one
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


def test_a_node_that_goes_out_of_reach_has_failed(cluster: Cluster) -> None:
    """Where Ansible itself said it, the play would end without a report, and with the lock."""
    cluster.answers[SERVICE] = out_of_reach("web3")
    assert step(cluster, "stop")["msg"] == "web3 cannot be logged in to: ssh: no route to web3."


def test_a_device_that_does_not_start_has_a_journal_of_its_own(cluster: Cluster) -> None:
    cluster.hostvars["web3"][registered.GATE] = gate(device=True)
    cluster.answers[SERVICE] = lambda args: {"failed": args["name"] == "corosync-qdevice", "msg": "no"}
    cluster.answers[COMMAND] = {"rc": 0, "stdout": "Can't open socket"}
    said = "corosync-qdevice on web3 wrote (journalctl -u corosync-qdevice):\n    Can't open socket"
    assert step(cluster, "start")["msg"] == f"Starting the service corosync-qdevice failed: no\n{said}"


JOURNAL = "parse error in config\x1b[31m\n\nMAIN  [main.c] exiting (status 8)\n" + "MAIN  [main.c] exiting (status 8)\n" * 3


@pytest.mark.parametrize("phase, failed, words", [("start", SERVICE, True), ("stop", SERVICE, False)])
def test_a_start_that_fails_shows_what_corosync_itself_said(cluster: Cluster, phase: str, failed: str, words: bool) -> None:
    cluster.answers[failed] = {"failed": True, "msg": "Unable to start service corosync"}
    cluster.answers[COMMAND] = {"rc": 0, "stdout": JOURNAL}
    lines = step(cluster, phase)["msg"].split("\n")
    assert lines[0].endswith("the service corosync failed: Unable to start service corosync")
    said = ["corosync on web3 wrote (journalctl -u corosync):", r"    parse error in config\x1b[31m", "    MAIN [main.c] exiting (status 8)"]
    assert lines[1:] == (said if words else [])
    assert [call[3] for call in cluster.calls if call[0] == COMMAND] == ([False] if words else [])


@pytest.mark.parametrize("said", [{"failed": True, "rc": 1, "stdout": "x"}, {"rc": 0, "stdout": "\n"}, out_of_reach("web3")])
def test_a_journal_that_cannot_be_read_hides_nothing(cluster: Cluster, said: t.Any) -> None:
    cluster.answers[SERVICE] = {"failed": True, "msg": "no"}
    cluster.answers[COMMAND] = said
    assert step(cluster, "start")["msg"] == "Starting the service corosync failed: no"


def test_upgrade(cluster: Cluster) -> None:
    cluster.options.update(packages=["corosync=3.1.9-2", "pacemaker"], package_state="present")
    listed = iter(["corosync\t3.1.7\nlibqb100\t2.0.6\nbash\t5\nold\t1\n", "corosync\t3.1.9-2\nlibqb100\t2.0.8\nbash\t5\nodd\nnew\t1:2\n"])
    cluster.answers[COMMAND] = lambda args: {"rc": 0, "stdout": next(listed)}
    result = step(cluster, "upgrade")
    assert result["changed"]
    assert result["packages"] == {"corosync": ["3.1.7", "3.1.9-2"], "libqb100": ["2.0.6", "2.0.8"], "new": ["", "1:2"], "old": ["1", ""]}
    assert cluster.calls[1][:3] == (PACKAGE, "web3", {"name": ["corosync=3.1.9-2", "pacemaker"], "state": "present"})
    cluster.answers[COMMAND] = {"failed": True, "msg": "no sh"}
    assert step(cluster, "upgrade")["packages"] == {}
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


@pytest.mark.parametrize("watch", [True, False])
def test_before_a_reboot_there_is_a_last_look_at_the_clock_of_this_boot(cluster: Cluster, watch: bool) -> None:
    cluster.options.update(reboot="always", watch=watch)
    found = step(cluster, "reboot")
    assert found["changed"] and bool(found["clock"]) == watch == (WATCH in [call[0] for call in cluster.calls])
    assert not watch or (found["clock"]["run"], found["clock"]["boot"], found["clock"]["offset"]) == (PLAN["run_id"], 0, 0.5)


@pytest.mark.parametrize("answer", [{"failed": True, "msg": "no room"}, AnsibleError("no route")])
def test_a_record_that_cannot_be_read_keeps_no_node_from_its_reboot(cluster: Cluster, answer: t.Any) -> None:
    """In the end the run says that nobody knows."""
    cluster.options.update(reboot="always", watch=True)
    cluster.answers[WATCH] = answer
    assert step(cluster, "reboot")["clock"] is None and cluster.names()[-1] == "reboot"


@pytest.mark.parametrize("phase, marked", [("begin", "stop"), ("installed", "start")])
def test_what_a_later_run_has_to_know(cluster: Cluster, phase: str, marked: str) -> None:
    """Only a run that has its lock begins with a node."""
    del cluster.hostvars["web3"][registered.RESULTS["reboot"]]
    assert step(cluster, phase)["changed"]
    wanted = {"state": "written", "path": PATH, "phase": marked, "nodeid": 3, "run": RUN_ID, "must_hold": phase == "begin"}
    wanted["rebooted"] = False
    assert [call[:3] for call in cluster.calls] == [(MARK, "web3", wanted)]
    cluster.answers[MARK] = {"failed": True, "msg": "read-only"}
    assert step(cluster, phase)["msg"] == "Writing the role's mark on web3 failed: read-only"


def test_done(cluster: Cluster) -> None:
    cluster.answers[COMMAND] = {"rc": 0, "stdout": "corosync\t3.1.9\n"}
    result = step(cluster, "done")
    assert result["changed"] and result["versions"] == {"corosync": "3.1.9"} and result["turn"] == "t1"
    assert cluster.calls[0][2] == {"state": "removed", "path": PATH, "run": RUN_ID}


@pytest.mark.parametrize(
    "options, before, done, wanted",
    [
        ({"reboot": "always"}, False, result(), {"phase": "done", "rebooted": True}),
        ({"reboot": "always"}, True, result(turn="t0"), {"phase": "done", "rebooted": True}),
        ({"packages": []}, False, result(skipped=True), {"phase": "done", "rebooted": False}),
        ({"packages": ""}, False, None, {"phase": "done", "rebooted": False}),
        ({"packages": [], "needed": True}, False, None, {"state": "removed"}),
        ({"reboot": "always", "needed": True}, False, result(), {"state": "removed"}),
        ({"reboot": "if_required"}, False, result(), {"state": "removed"}),
    ],
)
def test_a_node_that_is_done_says_so_where_the_package_manager_does_not(
    cluster: Cluster, options: dict[str, t.Any], before: bool, done: t.Any, wanted: dict[str, t.Any]
) -> None:
    """For the run after one that was interrupted."""
    cluster.options.update(options)
    reboots = bool(done and done["turn"] == "t1")
    found = look(rebooted=before, phases=[phase for phase in PHASES if reboots or phase != "reboot"])
    cluster.hostvars["web3"].update({registered.LOOK: found, registered.RESULTS["reboot"]: done})
    assert not step(cluster, "done").get("failed")
    assert wanted.items() <= cluster.calls[0][2].items()


def test_the_mark_before_a_reboot_and_after_it(cluster: Cluster) -> None:
    cluster.options["reboot"] = "always"
    cluster.hostvars["web3"][registered.RESULTS["reboot"]] = step(cluster, "reboot")
    step(cluster, "installed")
    marks = [call[2] for call in cluster.calls if call[0] == MARK]
    assert [(mark["phase"], mark["rebooted"]) for mark in marks] == [("reboot", False), ("start", True)]
    assert cluster.names() == ["watch_quorum", "rolling_upgrade_mark", "reboot", "rolling_upgrade_mark"]


def test_check_mode_is_handed_on_but_to_questions(cluster: Cluster) -> None:
    cluster.check_mode = True
    cluster.options["stack"] = "crmsh"
    cluster.answers[COMMAND] = {"rc": 0, "stdout": "S_IDLE"}
    for phase in ("begin", "drain", "stop", "upgrade", "reboot", "installed", "undrain", "done"):
        assert not step(cluster, phase).get("failed")
    not_in_check_mode = [" ".join(call[2].get("argv", [call[0]])) for call in cluster.calls if not call[3]]
    assert not_in_check_mode[:3] == ["crm_node --name", "crm_node --name", "crmadmin --status=S_IDLE"]
    assert [words.split()[0] for words in not_in_check_mode[3:]] == ["sh"], "versions"


def test_a_timeout_that_is_no_number(cluster: Cluster) -> None:
    cluster.options["timeout"] = "soon"
    assert step(cluster, "stop")["msg"] == "rolling_upgrade_timeout is soon, but must be a whole number."


# ---- one cluster of many -------------------------------------------------------------------------------------------------


def many(cluster: Cluster, **ended: t.Any) -> dict[str, t.Any]:
    """The look of web3, in a run over many clusters; web2 has ended it for this one, where that is given."""
    own = dict(PLAN, cluster=cluster.hosts, name="web", first=[], first_run="")
    for host in cluster.hosts:
        cluster.hostvars[host][registered.OWN] = own
    if ended:
        note = {"run": RUN_ID, "host": "web2", "how": "failed", "failure": "", "turn": "t", "msg": "web2 failed.", "broken": True}
        cluster.hostvars["web2"][registered.ENDED] = dict(note, **ended)
    everyone = [*cluster.hosts, "db1"]
    play = {"host": "web3", "cluster": everyone, "batch": ["db1", "web3"], "everyone": everyone, "active": everyone, "own": {"cluster": cluster.hosts}}
    cluster.play.update(play)
    return cluster.run("web3", phase="look", batch=["db1", "web3"])


def test_a_cluster_that_goes_on_is_looked_at(cluster: Cluster) -> None:
    assert many(cluster)["needed"] is True


@pytest.mark.parametrize("how", ["failed", "not_begun"])
def test_in_a_cluster_that_has_ended_nothing_is_done(cluster: Cluster, how: str) -> None:
    result = many(cluster, how=how)
    assert result["skipped"] and result["skip_reason"] == "web2 failed." and cluster.calls == []
    cluster.hostvars["web3"][registered.LOOK] = result
    assert registered.look_of(cluster.hostvars["web3"], PLAN) is None, "so no step is taken, and the node counts as untouched"  # type: ignore[arg-type]


def test_the_end_of_another_run_is_none_of_this_one(cluster: Cluster) -> None:
    assert many(cluster, run="e" * 16)["needed"] is True


def test_the_helper_of_a_round_tells_what_the_round_has(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(module.display, "display", said.append)
    cluster.hostvars["web3"][module.ROUND] = "Round 1 of 4. web: web3"
    result = step(cluster, "look")
    assert said == ["Round 1 of 4. web: web3"] and "needed" not in result and cluster.calls == []
