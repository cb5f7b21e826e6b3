# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What each stack runs on a node in each phase. Pure: a list of modules with their arguments."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted


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

# ---- what the preflight looks for on every node --------------------------------------------------------------------------

# The programs that each stack calls, and the package that has them.
_PROGRAMS = {"pcs": {"pcs": "pcs"}, "crmsh": {"crm": "crmsh", "crm_node": "pacemaker", "crmadmin": "pacemaker-cli-utils (Red Hat, SUSE: pacemaker-cli)"}}
_STEPS = ("drain", "stop", "start", "undrain")
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
LOCKED_OUT = "locked-out"
_CRMSH_CANNOT = (
    "`crm cluster stop` would fail on {hosts}, because crmsh reaches a node by ssh even from itself. Let root there log in to its own host name by ssh, "
    'with a key and without a password, until `crm cluster run true "$(uname -n)"` succeeds.'
)
_NO_PROGRAM = (
    "{hosts}: the program {program} is not there, which the stack {stack} needs. Install the package {package}, or set rolling_upgrade_stack to what this "
    "cluster is driven with."
)
_NO_PACEMAKER = (
    "{hosts}: pacemaker does not run, so the stack {stack} can neither drain the node nor bring it back. Start pacemaker there (systemctl start pacemaker) "
    "and wait until the node is online in it; or set rolling_upgrade_stack to corosync, if this cluster has no pacemaker."
)
_PACEMAKER = (
    "{hosts}: pacemaker runs there. The stack corosync would stop it together with corosync, without a drain, and would not start it again. Set "
    "rolling_upgrade_stack to pcs or crmsh; or give rolling_upgrade_drain_tasks, rolling_upgrade_stop_tasks and rolling_upgrade_start_tasks."
)


def programs(stack: str, hooks: t.Collection[str]) -> list[str]:
    """What has to be there on every node. hooks: steps for which the user has given tasks."""
    return [] if _is_all_by_hooks(stack, hooks) else list(_PROGRAMS.get(stack, {}))


def must_reach_itself(stack: str, hooks: t.Collection[str]) -> bool:
    """Whether REACHES_ITSELF has to succeed on every node."""
    return stack == "crmsh" and not {"stop", "start"} <= set(hooks)


def obstacles(stack: str, hooks: t.Collection[str], answer: t.Mapping[str, t.Any], is_interrupted: bool) -> list[str]:
    """Why the stack cannot be used on a node, as refusals() takes it. answer: of rolling_upgrade_mark there, which was asked for the programs.

    is_interrupted: whether an earlier run may have left the node down, so that it is no wonder that nothing runs there.
    """
    if _is_all_by_hooks(stack, hooks):
        return []
    pacemaker = answer.get("pacemaker")
    if stack == "corosync":
        return ["pacemaker"] if pacemaker is True else []
    told = answer.get("missing")
    found = [f"missing {program}" for program in programs(stack, hooks) if isinstance(told, list) and program in told]
    drains = not {"drain", "undrain"} <= set(hooks)
    return found or (["no-pacemaker"] if drains and pacemaker is False and not is_interrupted else [])


def refusals(stack: str, found: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """A sentence for each obstacle, with all hosts that have it. found: host -> obstacles."""
    hosts_by_obstacle: dict[str, list[str]] = {}
    for host, those in found.items():
        for obstacle in those:
            hosts_by_obstacle.setdefault(obstacle, []).append(host)
    return [_refusal(stack, obstacle, ", ".join(hosts)) for obstacle, hosts in hosts_by_obstacle.items()]


def _refusal(stack: str, obstacle: str, hosts: str) -> str:
    program = obstacle.partition(" ")[2]
    sentence = {LOCKED_OUT: _CRMSH_CANNOT, "no-pacemaker": _NO_PACEMAKER, "pacemaker": _PACEMAKER}.get(obstacle, _NO_PROGRAM)
    return sentence.format(hosts=hosts, stack=stack, program=program, package=_PROGRAMS.get(stack, {}).get(program, program))


def _is_all_by_hooks(stack: str, hooks: t.Collection[str]) -> bool:
    """Whether the stack itself does nothing that could fail for want of a program, nor stop more than it should."""
    if stack == "corosync":
        return {"stop", "start"} <= set(hooks)
    return stack not in _PROGRAMS or set(_STEPS) <= set(hooks)


# ---- why a start has failed ----------------------------------------------------------------------------------------------

# What a service itself wrote since it was last started. By the node's own clock, which systemd knows the start by.
_LINES = 12
_LONGEST_LINE = 300
_JOURNAL = """
since=$(systemctl show --property ExecMainStartTimestamp "$1") || exit 1
since=${since#*=}
journalctl --quiet --no-pager --output cat --lines "$2" ${since:+--since "$since"} SYSLOG_IDENTIFIER="$1" + _SYSTEMD_UNIT="$1.service"
"""


def journal(unit: str) -> Call:
    """What tells why a service did not start."""
    return Call("ansible.builtin.command", {"argv": ["sh", "-c", _JOURNAL, "journal", unit, str(_LINES)]}, f"Reading the journal of {unit}", only_reads=True)


def said_by(unit: str, host: str, stdout: str) -> str:
    """Lines of their own with what a service wrote, empty for nothing. It comes from a node: a line of it is one line, of bounded length, and printable."""
    lines = dict.fromkeys(quoted(line, _LONGEST_LINE) for line in stdout.splitlines() if line.strip())
    if not lines:
        return ""
    return "\n".join([f"{unit} on {host} wrote (journalctl -u {unit}):", *(f"    {line}" for line in list(lines)[-_LINES:])])


def _command(argv: list[str]) -> Call:
    return Call("ansible.builtin.command", {"argv": argv}, f"`{' '.join(argv)}`")
