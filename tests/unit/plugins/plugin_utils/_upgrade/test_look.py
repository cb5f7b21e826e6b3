# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is to do on a node, and in which order; and that the role's files do just that."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import typing as t

import pytest
import yaml
from run import paths

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import look, stacks
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Mark, View

TASKS = paths.CHECKOUT / "roles/rolling_upgrade/tasks"


def wishes(stack: str = "corosync", hooks: t.Iterable[str] = (), reboots: bool = False, **more: t.Any) -> look.Wishes:
    return look.Wishes(**{"stack": stack, "hooks": {step: f"/{step}.yml" for step in hooks}, "reboot": "if_required" if reboots else "never", **more})


def mark(phase: str, rebooted: bool = False, at: str = "") -> Mark:
    return {"phase": phase, "nodeid": 1, "rebooted": rebooted, "at": at}


COROSYNC: dict[str, t.Any] = {"packages": ("corosync",)}
ALWAYS: dict[str, t.Any] = {"reboot": "always"}


@pytest.mark.parametrize(
    "options, found, pending, wanted",
    [
        (COROSYNC, None, True, True),
        (COROSYNC, None, False, False),
        ({}, None, False, True),
        ({"needed": True}, None, False, True),
        ({**COROSYNC, "needed": False}, None, True, False),
        ({"needed": "no"}, None, False, False),
        ({"needed": "True"}, None, False, True),
        ({"needed": False}, mark("start"), False, True),
        (COROSYNC, mark("stop"), False, True),
        # always means always, whatever is pending
        ({**COROSYNC, **ALWAYS}, None, False, True),
        (ALWAYS, None, False, True),
        ({**ALWAYS, "needed": False}, None, False, False),
        # a node that the interrupted run has done
        ({**COROSYNC, **ALWAYS}, mark("done", True), False, False),
        ({**COROSYNC, **ALWAYS}, mark("done", True), True, True),
        ({**COROSYNC, **ALWAYS}, mark("done"), False, True),
        (ALWAYS, mark("done", True), False, False),
        ({}, mark("done"), False, False),
        ({}, mark("done", True), False, False),
        ({"needed": True}, mark("done", True), False, True),
        (COROSYNC, mark("done"), True, True),
        (COROSYNC, mark("done"), False, False),
    ],
)
def test_whether_a_node_needs_it(options: dict[str, t.Any], found: Mark | None, pending: bool, wanted: bool) -> None:
    assert look.needed(wishes(**options), found, pending) is wanted


@pytest.mark.parametrize(
    "options, found, pending, where",
    [
        (COROSYNC, None, True, ""),
        (COROSYNC, mark("stop"), False, "stop"),
        (COROSYNC, mark("start"), False, "start"),
        (COROSYNC, mark("start"), True, "stop"),  # what is installed may be what keeps it down, and there is something newer
        (COROSYNC, mark("done"), True, ""),
        (ALWAYS, mark("reboot", True), False, "start"),
        (ALWAYS, mark("reboot"), False, "stop"),
        (ALWAYS, mark("start", True), False, "start"),
        (ALWAYS, mark("start"), False, "stop"),  # the interrupted run did not mean to reboot
        ({"reboot": "if_required"}, mark("start"), False, "start"),
        ({**COROSYNC, **ALWAYS}, mark("reboot", True), True, "stop"),
    ],
)
def test_where_an_interrupted_upgrade_resumes(options: dict[str, t.Any], found: Mark | None, pending: bool, where: str) -> None:
    assert look.resumes_at(wishes(**options), found, pending) == where


def test_who_is_left_out_is_said() -> None:
    def view(found: Mark | None) -> View:
        return {"host": "", "answer": {}, "mark": found, "obstacles": [], "fault": "", "lock": None}

    views = {"web1": view(None), "web2": view(mark("done", True, "2026-11-02")), "web3": view(mark("done", True, "2026-11-01")), "web4": view(mark("stop"))}
    (told,) = look.left_out(wishes(**ALWAYS), views, "/mark")
    assert told.startswith("Left out: web2, web3. A run that was interrupted has rebooted them already (since 2026-11-01).")
    assert told.endswith("To have them rebooted again, remove /mark there, and run this again.")
    assert "has restarted them already" in look.left_out(wishes(), views, "/mark")[0]
    assert look.left_out(wishes(**COROSYNC), views, "/mark") == []


@pytest.mark.parametrize(
    "phase, at, counts",
    [
        ("done", "2026-11-28T12:00:00.000Z", True),
        ("done", "2026-11-29T13:00:00.000Z", True),  # the node's clock is ahead
        ("done", "2026-11-28T11:00:00.000Z", False),
        ("done", "2026-12-02T12:00:00.000Z", False),
        ("done", "", False),
        ("start", "2026-03-01T12:00:00.000Z", True),  # what was interrupted stays so
    ],
)
def test_a_node_that_was_done_long_ago_is_not_left_out(phase: str, at: str, counts: bool) -> None:
    told = {"mark": {"phase": phase, "nodeid": 3, "rebooted": True, "at": at}}
    found = look.mark_of(told, "web3", seconds_of("2026-11-29T11:30:00.000Z"))
    assert (found is not None) is counts


@pytest.mark.parametrize("said", [{"fault": "\x1b[2J\nok: [owned]" + "x" * 10**6}, {"failed": True, "msg": "\x1b[2J\nok: [owned]" + "x" * 10**6}])
def test_a_fault_is_one_line_of_bounded_length(said: dict[str, t.Any]) -> None:
    with pytest.raises(look.NoMark) as raised:
        look.mark_of(said, "web3", 0.0)
    assert str(raised.value).startswith("On web3: \\x1b[2J ok: [owned]xxx") and len(str(raised.value)) < 1100


def test_packages_may_be_a_text_as_the_command_line_gives_it() -> None:
    options: dict[str, t.Any] = {"stack": "pcs", "hooks": {"stop": "x.yml", "start": ""}, "reboot": "always", "needed": "auto"}
    assert look.wishes_of(dict(options, packages=""), "/plays").packages == ()
    found = look.wishes_of(dict(options, packages="corosync, pacemaker"), "/plays")
    assert (found.packages, dict(found.hooks), found.always_reboots) == (("corosync", "pacemaker"), {"stop": "/plays/x.yml"}, True)


@pytest.mark.parametrize("stack", look.STACKS)
@pytest.mark.parametrize("hooks", [(), ("stop", "start"), look.HOOKS])
@pytest.mark.parametrize("reboots", [False, True])
def test_no_stop_comes_before_the_gate_and_none_after_it_has_no_way_back(stack: str, hooks: tuple[str, ...], reboots: bool) -> None:
    found = look.phases(wishes(stack, hooks, reboots), "")
    stop = next(place for place, name in enumerate(found) if name in ("stop", "stop_hook"))
    before = [name for name in found[:stop] if name.startswith("gate")]
    assert found[0] == "gate" and before
    drained = [place for place, name in enumerate(found) if name in ("drain", "drain_hook")]
    assert all("gate_again" in found[place:stop] for place in drained), "much may happen while a node is drained"
    assert found[1] == "begin" and found.index("installed") < found.index("back")
    assert [name for name in found if name in ("start", "start_hook")] and found[-1] == "done"
    assert len(set(found)) == len(found)


def test_what_was_installed_is_only_brought_back() -> None:
    assert look.phases(wishes("pcs"), "start") == ["start", "back", "undrain", "done"]


def test_hooks_take_the_place_of_the_stacks_steps() -> None:
    found = look.phases(wishes("corosync", ("drain", "upgrade", "check"), reboots=True), "")
    assert found == [
        "gate",
        "begin",
        "drain_hook",
        "gate_again",
        "stop",
        "upgrade_hook",
        "reboot",
        "installed",
        "start",
        "watch_again",
        "back",
        "check",
        "done",
    ]


@pytest.mark.parametrize("name", look.FIXED)
def test_files_without_includes_have_the_phases_of_their_list(name: str) -> None:
    tasks = yaml.safe_load((TASKS / name).read_text(encoding="utf-8"))
    assert [task["ansible.builtin.import_tasks"] for task in tasks] == [f"phases/{phase}.yml" for phase in look.FIXED[name]]


def test_the_commonest_runs_have_such_a_file() -> None:
    assert look.file_of(look.phases(wishes("corosync"), "")) == "node.yml"
    assert look.file_of(look.phases(wishes("pcs"), "")) == look.file_of(look.phases(wishes("crmsh"), "")) == "drained.yml"
    assert look.file_of(look.phases(wishes("custom", ("stop", "start")), "")) == "phases.yml"


def test_every_phase_has_a_file() -> None:
    files = {path.stem for path in (TASKS / "phases").glob("*.yml")}
    all_wishes = [wishes(stack, hooks, True) for stack in look.STACKS for hooks in ((), look.HOOKS)]
    assert {phase for wish in all_wishes for phase in look.phases(wish, "")} == files


def test_each_stack_runs_something_for_each_of_its_steps() -> None:
    for stack, steps in look.STACKS.items():
        for step in steps:
            assert step == "upgrade" or stacks.calls(stack, step, pacemaker_name="n"), (stack, step)
        for step in set(look.HOOKS) - set(steps):
            assert stacks.calls(stack, step) == []


def test_a_device_is_stopped_first_and_started_last() -> None:
    assert [call.args["name"] for call in stacks.calls("corosync", "stop", device=True)] == ["corosync-qdevice", "corosync"]
    assert [call.args["name"] for call in stacks.calls("corosync", "start", device=True)] == ["corosync", "corosync-qdevice"]
    assert [call.args["name"] for call in stacks.calls("corosync", "stop")] == ["corosync"]


def test_versions_are_of_the_packages_that_are_there() -> None:
    installed = {"corosync": [{"version": "3.1.7-1"}], "pcs": [{"version": "0.11"}]}
    assert look.versions_of_facts(["corosync=3.1.9-2", "absent", "pcs >= 0.11"], installed) == {"corosync": "3.1.7-1", "pcs": "0.11"}
    assert look.versions("corosync\t3.1.7-1\npackage absent is not installed\npcs\t0.11\nodd\x1b\t1\t2\n") == {"corosync": "3.1.7-1", "pcs": "0.11"}
    assert look.versions_command(["corosync=3.1.9-2", "pcs >= 0.11"])["argv"][3:] == ["versions", "corosync", "pcs"]


def _programs(folder: pathlib.Path, **scripts: str) -> dict[str, str]:
    for name, script in scripts.items():
        (folder / name.replace("_", "-")).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name.replace("_", "-")).chmod(0o755)
    for name in ("sh", "sed"):
        (folder / name).symlink_to(t.cast(str, shutil.which(name)))
    return {"PATH": str(folder)}


def test_packages_are_asked_for_by_the_programs_of_their_databases(tmp_path: pathlib.Path) -> None:
    """Neither needs a Python library. A Debian that has rpm has nothing in its database."""
    says = "printf 'ii \\tcorosync\\t3.1.7\\nrc \\tpcs\\t0.11\\n'; exit 1"
    environment = _programs(tmp_path, dpkg_query=says, rpm="printf 'package corosync is not installed\\nkernel\\t5\\n'; exit 1")
    command = look.versions_command(["corosync"])["argv"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, look.versions(done.stdout)) == (0, {"corosync": "3.1.7", "kernel": "5"})
    for name in ("dpkg-query", "rpm"):
        (tmp_path / name).unlink()
    assert subprocess.run(command, env=environment, check=False).returncode == 1


def test_hooks_are_looked_for_beside_the_playbook() -> None:
    assert look.hooks_of({"stop": "x.yml", "start": "/abs.yml", "drain": ""}, "/plays") == {"stop": "/plays/x.yml", "start": "/abs.yml"}
