# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What was given wrongly to the role rolling_upgrade: sentences that name the variable, the value and what it must be."""

from __future__ import annotations

import math
import os
import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils._lock import take_over_of

from .hosts import Play
from .look import HOOKS, STACKS, hooks_of

Options = t.Mapping[str, t.Any]


def refusals(options: Options, play: Play, inventory: t.Collection[str], folder: str) -> list[str]:
    """options: {hosts, stack, spare, timeout, ...} without the role's prefix. inventory: all its hosts. folder: of the playbook."""
    found = _hosts(options["hosts"], play, inventory)
    found += [f"rolling_upgrade_{name} is {options[name]}, but must be {wanted}." for name, wanted, holds in _numbers(options) if not holds]
    try:
        take_over_of(options["take_over"])
    except Unusable as error:
        found.append(str(error))
    return found + _files(options, folder)


def whole_number(options: Options, name: str) -> int:
    """Of an option that may be text. Raises Unusable: a play that uses one gate alone may not have checked it."""
    number = _number(options[name])
    if number is None or number != int(number):
        raise Unusable(f"rolling_upgrade_{name} is {options[name]}, but must be a whole number.")
    return int(number)


def seconds(options: Options, name: str) -> float:
    """Of an option that may be text. Raises Unusable, as whole_number()."""
    number = _number(options[name])
    if number is None:
        raise Unusable(f"rolling_upgrade_{name} is {options[name]}, but must be a number of seconds.")
    return number


def _hosts(hosts: t.Any, play: Play, inventory: t.Collection[str]) -> list[str]:
    if isinstance(hosts, str) or not isinstance(hosts, (list, tuple)) or len(hosts) < 2:
        wanted = "a list of at least two hosts of a cluster, one that is stopped and one that stays"
        return [f"rolling_upgrade_hosts must be {wanted}, but is {hosts}. Run the play on all hosts of the cluster, or set it to all of them."]
    hosts = [str(host) for host in hosts]
    lacks = [host for host in play.everyone if host not in hosts]
    strangers = [host for host in hosts if host not in inventory]
    if len(set(hosts)) == len(hosts) and not lacks and not strangers:
        return []
    rule = f"rolling_upgrade_hosts ({', '.join(hosts)}) must have each host of this play once, and only hosts of the inventory."
    return [f"{rule} Hosts of the play that are missing in it: {', '.join(lacks) or 'none'}; not in the inventory: {', '.join(strangers) or 'none'}."]


def _numbers(options: Options) -> t.Iterator[tuple[str, str, bool]]:
    """(option, what it must be, whether it is)."""
    reboot_timeout = _number(options["reboot_timeout"])
    timeout, stable_for = _number(options["timeout"]), _number(options["stable_for"])
    watch_timeout = _number(options["watch_timeout"])
    yield "stack", f"one of {', '.join(STACKS)}", options["stack"] in STACKS
    yield "spare", "a number of nodes, 0 or more", bool(re.fullmatch(r"\d+", str(options["spare"])))
    yield "timeout", "a number of seconds above 0", timeout is not None and timeout > 0
    yield "stable_for", "a number of seconds, 0 or more", stable_for is not None and stable_for >= 0
    if stable_for is not None and timeout:
        yield "stable_for", f"less than rolling_upgrade_timeout, which is {options['timeout']}", stable_for < timeout or timeout <= 0
    yield "reboot_timeout", "a number of seconds above 0", reboot_timeout is not None and reboot_timeout > 0
    yield "watch_timeout", "a number of seconds above 0", watch_timeout is not None and watch_timeout > 0
    state_file = str(options["state_file"])
    yield "state_file", "the absolute path of a file on the nodes", os.path.isabs(state_file) and bool(os.path.basename(state_file))
    report = str(options["report"] or "")
    there = os.path.dirname(report_path(report))
    yield "report", f"a file in a folder that is there on the controller ({there} is none), or empty", not report or os.path.isdir(there)


def report_path(report: str) -> str:
    """Where the report is written: a relative path is one below the current directory."""
    return os.path.join(os.environ.get("PWD") or os.getcwd(), os.path.expanduser(report))


def _files(options: Options, folder: str) -> list[str]:
    """The user's files with tasks."""
    given = {step: str(options["hooks"].get(step) or "") for step in HOOKS}
    found = [
        f"rolling_upgrade_{step}_tasks names the file {path}, which is not there. Give the path of a file with tasks: absolute, or relative to the "
        "folder of the playbook."
        for step, path in hooks_of(given, folder).items()
        if not os.path.isfile(path)
    ]
    if options["stack"] == "custom" and not (given["stop"] and given["start"]):
        found.append("rolling_upgrade_stack is custom, so rolling_upgrade_stop_tasks and rolling_upgrade_start_tasks must each name a file with tasks.")
    return found


def _number(value: t.Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
