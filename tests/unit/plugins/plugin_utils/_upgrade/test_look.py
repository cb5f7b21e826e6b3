# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is to do on a node, and in which order; and that the role's files do just that."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from run import paths

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import look, stacks

TASKS = paths.CHECKOUT / "roles/rolling_upgrade/tasks"


def wishes(stack: str = "corosync", hooks: t.Iterable[str] = (), reboots: bool = False) -> look.Wishes:
    return look.Wishes(stack=stack, hooks={step: f"/{step}.yml" for step in hooks}, reboots=reboots)


@pytest.mark.parametrize(
    "option, asks, pending, resumes, wanted",
    [
        ("auto", True, True, "", True),
        ("auto", True, False, "", False),
        ("auto", False, False, "", True),
        (True, False, False, "", True),
        (False, True, True, "", False),
        ("no", False, False, "", False),
        ("True", False, False, "", True),
        (False, False, False, "start", True),
        ("auto", True, False, "stop", True),
    ],
)
def test_whether_a_node_needs_it(option: t.Any, asks: bool, pending: bool, resumes: str, wanted: bool) -> None:
    assert look.needed(option, asks, pending, resumes) is wanted


def test_where_an_interrupted_upgrade_resumes() -> None:
    assert look.resumes_at(None, True) == ""
    assert look.resumes_at({"phase": "stop", "nodeid": 1}, False) == "stop"
    assert look.resumes_at({"phase": "start", "nodeid": 1}, False) == "start"
    assert look.resumes_at({"phase": "start", "nodeid": 1}, True) == "stop", "what is installed may be what keeps it down, and there is something newer"


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
    assert look.versions(["corosync=3.1.9-2", "absent", "pcs >= 0.11"], installed) == {"corosync": "3.1.7-1", "pcs": "0.11"}


def test_hooks_are_looked_for_beside_the_playbook() -> None:
    assert look.hooks_of({"stop": "x.yml", "start": "/abs.yml", "drain": ""}, "/plays") == {"stop": "/plays/x.yml", "start": "/abs.yml"}
