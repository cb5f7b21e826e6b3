# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the stack needs on every node is looked for before the first one is touched; and why a start has failed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import stacks

RUNS: dict[str, t.Any] = {"missing": [], "pacemaker": True}
ALL = ("drain", "stop", "start", "undrain")


@pytest.mark.parametrize(
    "stack, hooks, answer, is_interrupted, found",
    [
        ("corosync", (), {"pacemaker": False}, False, []),
        ("corosync", (), RUNS, False, ["pacemaker"]),
        ("corosync", ("stop", "start"), RUNS, False, []),
        ("corosync", ("stop",), RUNS, False, ["pacemaker"]),
        ("pcs", (), RUNS, False, []),
        ("pcs", (), {"missing": ["pcs"], "pacemaker": False}, False, ["missing pcs"]),
        ("pcs", (), {"missing": ["pcs", "rm -rf"], "pacemaker": True}, True, ["missing pcs"]),
        ("pcs", (), {"missing": [], "pacemaker": False}, False, ["no-pacemaker"]),
        ("pcs", (), {"missing": [], "pacemaker": False}, True, []),
        ("pcs", ("drain", "undrain"), {"missing": [], "pacemaker": False}, False, []),
        ("pcs", ALL, {"missing": ["pcs"], "pacemaker": False}, False, []),
        ("crmsh", (), {"missing": ["crm", "crmadmin"], "pacemaker": False}, False, ["missing crm", "missing crmadmin"]),
        ("crmsh", (), RUNS, False, []),
        ("custom", (), {"missing": ["pcs"], "pacemaker": False}, False, []),
        ("pcs", (), {}, False, []),
        ("pcs", (), {"missing": 7, "pacemaker": "yes"}, False, []),
    ],
)
def test_what_is_in_the_way(stack: str, hooks: tuple[str, ...], answer: dict[str, t.Any], is_interrupted: bool, found: list[str]) -> None:
    assert stacks.obstacles(stack, hooks, answer, is_interrupted) == found


@pytest.mark.parametrize("stack, hooks, programs", [("corosync", (), []), ("pcs", (), ["pcs"]), ("pcs", ALL, []), ("custom", (), [])])
def test_what_has_to_be_there(stack: str, hooks: tuple[str, ...], programs: list[str]) -> None:
    assert stacks.programs(stack, hooks) == programs


def test_what_a_stack_runs_is_what_is_looked_for() -> None:
    for stack in ("pcs", "crmsh"):
        calls = [call for step in ALL for call in stacks.calls(stack, step, pacemaker_name="n")] + ([stacks.PACEMAKER_NAME] if stack == "crmsh" else [])
        assert {call.args["argv"][0] for call in calls} == set(stacks.programs(stack, ()))


def test_a_sentence_for_each_obstacle_names_all_its_hosts() -> None:
    found = {"web1": ["missing pcs"], "web2": [], "web3": ["missing pcs"], "web4": ["no-pacemaker"]}
    first, second = stacks.refusals("pcs", found)
    assert first.startswith("web1, web3: the program pcs is not there, which the stack pcs needs. Install the package pcs, or set rolling_upgrade_stack")
    assert second.startswith("web4: pacemaker does not run, so the stack pcs can neither drain the node nor bring it back. Start pacemaker there")
    (locked,) = stacks.refusals("crmsh", {"web1": [stacks.LOCKED_OUT]})
    assert locked.startswith("`crm cluster stop` would fail on web1, because")
    (tools,) = stacks.refusals("crmsh", {"web1": ["missing crmadmin"]})
    assert "the program crmadmin is not there" in tools and "Install the package pacemaker-cli-utils (Red Hat, SUSE: pacemaker-cli)" in tools


def test_what_corosync_wrote_is_bounded_and_printable() -> None:
    assert stacks.said_by("corosync", "web1", " \n\n") == ""
    said = stacks.said_by("corosync", "web1", "\n".join(["x" * 5000, "\x1b[31mred\x1b[0m\r", *map(str, range(40)), "last"])).split("\n")
    assert said[0] == "corosync on web1 wrote (journalctl -u corosync):" and said[-1] == "    last" and len(said) == 13
    long = stacks.said_by("corosync", "web1", "x" * 5000 + "\nfatal: \x1b[31mred\x07")
    assert long.endswith(r"fatal: \x1b[31mred\x07") and len(long) < 500
