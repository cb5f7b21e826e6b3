# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The lock of a run: who may take it over, whether it is held on enough nodes, and in which words it is refused. Pure.

A lock never expires by its age. When in doubt, the run that has it is under way.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import is_run_id
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import is_number
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted, shown
from ansible_collections.corosync.quorum.plugins.plugin_utils._named import named

# Texts in a lock are written by a node, so they may be anything.
_TEXTS = ("role", "user", "playbook", "controller", "since")


@dataclasses.dataclass(frozen=True)
class Process:
    """The ansible-playbook of a run. None where its controller does not tell, as one that has no /proc."""

    boot_id: str | None
    pid_namespace: int | None
    pid: int | None
    start_time: int | None

    @property
    def is_known(self) -> bool:
        """Whether another process of the same controller can find out if it still runs."""
        return None not in (self.boot_id, self.pid_namespace, self.pid, self.start_time)

    def is_seen_from(self, other: Process) -> bool:
        """Whether both are processes of one boot of one machine (or container), and know each other's pids."""
        return self.is_known and other.is_known and (self.boot_id, self.pid_namespace) == (other.boot_id, other.pid_namespace)


@dataclasses.dataclass(frozen=True)
class Holder:
    """Who has a lock, as a node says. stop_requested: the moment, empty for none."""

    run_id: str
    process: Process
    role: str = ""
    user: str = ""
    playbook: str = ""
    controller: str = ""
    since: str = ""
    stop_requested: str = ""


# Whether the process of this controller with this pid and start time is alive.
Lives = t.Callable[[int, int], bool]


@dataclasses.dataclass(frozen=True)
class Look:
    """What a node says of its lock. holder: None where nobody has it. fault: why nobody can say that, empty where somebody can."""

    holder: Holder | None
    fault: str = ""

    def as_data(self) -> dict[str, t.Any]:
        """{lock, lock_fault}, with nothing in it that look_of() has not looked at. The process is left out."""
        lock = self.holder and {"run_id": self.holder.run_id, **{name: getattr(self.holder, name) for name in _TEXTS}}
        return {"lock": lock, "lock_fault": self.fault}


def look_of(result: t.Mapping[str, t.Any]) -> Look:
    """From {lock, lock_fault}, as a module returns them."""
    fault = result.get("lock_fault")
    if "lock" not in result or fault:
        return Look(None, quoted(str(fault)) if fault else "it did not say who has the lock.")
    lock = result["lock"]
    if lock is None:
        return Look(None)
    if not isinstance(lock, dict) or not is_run_id(lock.get("run_id")):
        return Look(None, "it answered with something that is not a lock.")
    return Look(_holder(lock))


def _holder(lock: t.Mapping[str, t.Any]) -> Holder:
    numbers = {name: lock[name] if is_number(lock.get(name)) and lock[name] > 0 else None for name in ("pid_namespace", "pid", "start_time")}
    process = Process(boot_id=shown(lock["boot_id"]) if lock.get("boot_id") else None, **numbers)
    stop = shown(lock["stop_requested"]) if lock.get("stop_requested") else ""
    return Holder(run_id=str(lock["run_id"]), process=process, stop_requested=stop, **{name: shown(lock.get(name) or "") for name in _TEXTS})


# ---- who may take it ------------------------------------------------------------------------------------------------------


def has_ended(holder: Holder, own: Process, lives: Lives) -> bool:
    """Whether the run that has a lock is over for sure, as this process of a controller can tell.

    Another run of the same process is one of an earlier play: plays run one after the other.
    """
    process = holder.process
    if not process.is_seen_from(own) or process.pid is None or process.start_time is None:
        return False
    return process == own or not lives(process.pid, process.start_time)


def take_over_of(given: t.Any) -> list[str]:
    """The ids in quorum_lock_take_over: a text, also of several with commas, or a list. Raises Unusable for what names no run, such as `true`."""
    if given is None or given == "":
        return []
    text = str(given) if is_number(given) else given  # YAML takes an id of decimal digits alone for a number
    found = [part.strip() for part in text.split(",")] if isinstance(text, str) else text
    if not isinstance(found, (list, tuple)) or not all(is_run_id(one) for one in found):
        raise Unusable(
            f"quorum_lock_take_over is {shown(given)}, but must be the id of the run whose lock this run may take over: 16 hexadecimal digits. The message "
            "that refuses the lock names it."
        )
    return [str(one) for one in found]


def refusals(looks: t.Mapping[str, Look], own: Process, lives: Lives, take_over: t.Collection[str], own_run: str = "") -> list[str]:
    """Why the lock of these hosts cannot be taken: a sentence for each run that has it. looks: by host."""
    found = [f"On {host} nobody can say which run has the lock: {named(host, look.fault)}" for host, look in looks.items() if look.fault]
    by_run: dict[str, list[str]] = {}
    holders: dict[str, Holder] = {}
    for host, look in looks.items():
        holder = look.holder
        if holder is None or holder.run_id in (own_run, *take_over) or has_ended(holder, own, lives):
            continue
        by_run.setdefault(holder.run_id, []).append(host)
        holders.setdefault(holder.run_id, holder)
    return found + [refusal(hosts, holders[run_id], own) for run_id, hosts in by_run.items()]


def refusal(hosts: t.Sequence[str], holder: Holder, own: Process) -> str:
    """Who has the lock, and what to do."""
    if holder.process.is_seen_from(own):
        advice = f"It runs on this controller as process {holder.process.pid}: wait for its end, or end it and run this again."
    else:
        advice = f"This controller cannot see whether it still runs. If it is over, run this again with -e quorum_lock_take_over={holder.run_id}."
    return f"Another run has the lock on {', '.join(hosts)}: {described(holder)}. {advice}"


def described(holder: Holder) -> str:
    """The run that has a lock, in words."""
    what = f"run {holder.run_id}" + (f" of the role {holder.role}" if holder.role else "")
    details = [f"at {holder.since}" if holder.since else "", f"by {holder.user}" if holder.user else "", f"on {holder.controller}" if holder.controller else ""]
    begun = " ".join(part for part in details if part)
    playbook = f" (playbook {holder.playbook})" if holder.playbook else ""
    return what + (f", started {begun}{playbook}" if begun else playbook)


# ---- is it held on enough nodes -------------------------------------------------------------------------------------------


def shortage(held: t.Collection[str], nodeids: t.Mapping[str, int], configured: t.Collection[int], changed: t.Collection[str]) -> str:
    """Why a lock is not held, empty where it is: on each host that will be changed, and on more than half of the configured nodes.

    held: hosts on which it was taken. nodeids: by host.
    """
    without = [host for host in changed if host not in held]
    if without:
        return f"The lock could not be taken on {', '.join(without)}, which this run would change."
    nodes = {nodeids[host] for host in held if host in nodeids} & set(configured)
    if 2 * len(nodes) <= len(set(configured)):
        return (
            f"The lock could be taken on {len(nodes)} of {len(set(configured))} configured nodes, and must be on more than half of them, so that no other run "
            "can have it at the same time. Set rolling_upgrade_hosts to all hosts of the cluster."
        )
    return ""


# ---- what a gate makes of it ----------------------------------------------------------------------------------------------


def doubt(witness: str, look: Look, run_id: str, has_taken: bool, before_a_node: bool) -> str:
    """Why a gate of a run has to say no because of its witness's lock, empty for no reason.

    run_id: empty for a gate that is used without a preflight. has_taken: whether the run has taken the lock, which it has not in check mode.
    before_a_node: whether this is the gate before the first step of a node.
    """
    if look.fault:
        return f"nobody can say which run has the lock on {witness}: {named(witness, look.fault)}"
    holder = look.holder
    if holder is None:
        if not has_taken:
            return ""
        return f"this run ({run_id}) does not have its lock on {witness} any more, as somebody has removed it. Run the play again from its start."
    if holder.run_id != run_id or not has_taken:
        return f"another run has the lock on {witness}: {described(holder)}. Two runs must not stop nodes of one cluster at the same time."
    if holder.stop_requested and before_a_node:
        return f"somebody asked this run to stop before its next node (at {holder.stop_requested}, by the clock of {witness}). Run the play again to continue."
    return ""
