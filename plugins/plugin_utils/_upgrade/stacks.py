# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What each stack runs on a node in each phase. Pure: a list of modules with their arguments."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class Call:
    """One module or action. until: a pattern that its output must match, tried once a second; `what` says what it does, for a failure."""

    name: str
    args: dict[str, t.Any]
    what: str
    until: str = ""
    only_reads: bool = False


def calls(stack: str, phase: str, *, device: bool = False, timeout: int = 300, pacemaker_name: str = "") -> list[Call]:
    """In order. device: there is a quorum device. pacemaker_name: what pacemaker calls the node, which crmsh needs."""
    if stack == "corosync":
        return _corosync(phase, device)
    if stack == "pcs":
        return _pcs(phase, timeout)
    if stack == "crmsh":
        return _crmsh(phase, pacemaker_name)
    return []


def _corosync(phase: str, device: bool) -> list[Call]:
    state = {"stop": "stopped", "start": "started"}.get(phase)
    if state is None:
        return []
    units = ["corosync", "corosync-qdevice"] if device else ["corosync"]
    verb = "Stopping" if state == "stopped" else "Starting"
    ordered = reversed(units) if state == "stopped" else units
    return [Call("ansible.builtin.service", {"name": unit, "state": state}, f"{verb} the service {unit}") for unit in ordered]


def _pcs(phase: str, timeout: int) -> list[Call]:
    """Without a name pcs takes this node, by the name that pacemaker has for it."""
    wait = f"--wait={timeout}"
    argv = {
        "drain": ["pcs", "node", "standby", wait],
        "stop": ["pcs", "cluster", "stop"],
        "start": ["pcs", "cluster", "start", wait],
        "undrain": ["pcs", "node", "unstandby", wait],
    }.get(phase)
    return [_command(argv)] if argv else []


def _crmsh(phase: str, name: str) -> list[Call]:
    if phase == "drain":
        return [_command(["crm", "--wait", "node", "standby", name])]
    if phase in ("stop", "start"):
        return [_command(["crm", "cluster", phase])]
    if phase == "undrain":
        # corosync's membership is there before pacemaker's: a node that is still joining would be out of standby, and run nothing yet.
        joined = Call(
            "ansible.builtin.command",
            {"argv": ["crmadmin", f"--status={name}"]},
            "Waiting until this node has joined pacemaker's cluster",
            until="S_(IDLE|NOT_DC|POLICY_ENGINE|TRANSITION_ENGINE)",
            only_reads=True,
        )
        return [joined, _command(["crm", "--wait", "node", "online", name])]
    return []


# Without a name crmsh takes the host's name, which need not be the one that pacemaker has for it.
PACEMAKER_NAME = Call("ansible.builtin.command", {"argv": ["crm_node", "--name"]}, "Asking pacemaker for the name of this node", until=r"\S", only_reads=True)

# `crm cluster stop` and `start` reach a node by ssh even from itself, as root. crmsh itself is asked, because how it does so is its own affair.
# When it is not let in it ends with a traceback, which nobody needs, or with an error on a line and 0.
REACHES_ITSELF = Call(
    "ansible.builtin.command",
    {
        "_raw_params": 'said=$(crm cluster run true "$(uname -n)" 2>&1 </dev/null) && case "$said" in *ERROR*) exit 1;; esac',
        "_uses_shell": True,
    },
    "Asking crmsh whether it reaches this node",
    only_reads=True,
)
CRMSH_CANNOT = (
    "`crm cluster stop` would fail on {hosts}, because crmsh reaches a node by ssh even from itself. Let root there log in to its own host name by ssh, "
    'with a key and without a password, until `crm cluster run true "$(uname -n)"` succeeds.'
)


def _command(argv: list[str]) -> Call:
    return Call("ansible.builtin.command", {"argv": argv}, f"`{' '.join(argv)}`")
