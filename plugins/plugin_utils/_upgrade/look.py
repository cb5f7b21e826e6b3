# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What there is to do on one node, and in which order. Pure."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import is_number

from .types import Mark

# What each stack does by itself. `custom` upgrades packages and has the user's tasks for the rest.
STACKS: dict[str, tuple[str, ...]] = {
    "corosync": ("stop", "upgrade", "start"),
    "pcs": ("drain", "stop", "upgrade", "start", "undrain"),
    "crmsh": ("drain", "stop", "upgrade", "start", "undrain"),
    "custom": ("upgrade",),
}
# The user may give tasks for each of these.
HOOKS = ("drain", "stop", "upgrade", "start", "undrain", "check")


@dataclasses.dataclass(frozen=True)
class Wishes:
    """The role's options that decide what is done. hooks: step -> path of the user's tasks, only those that were given. reboots: whether it may reboot."""

    stack: str
    hooks: t.Mapping[str, str]
    reboots: bool


class NoMark(Unusable):
    """The file is not what this role writes. The message says what it is."""


def read_mark(content: bytes | None) -> Mark | None:
    """What an interrupted upgrade left on a node. content: of its file, None where there is none. Raises NoMark."""
    if content is None:
        return None
    try:
        document = json.loads(content.decode("utf-8"))
    except ValueError as error:
        raise NoMark(f"it is no JSON: {error}") from error
    if not isinstance(document, dict) or document.get("phase") not in ("stop", "start") or not is_number(document.get("nodeid")):
        raise NoMark(f"it has {json.dumps(document)[:100]}")
    return Mark(phase=document["phase"], nodeid=document["nodeid"])


def fault(path: str, host: str, error: NoMark) -> str:
    """What to do about a file that is not the role's."""
    return (
        f"{path} on {host} is not what this role writes there ({error}), so nobody can say whether an upgrade was interrupted. See that {host} is well, "
        "and remove the file."
    )


def is_true(option: t.Any) -> bool:
    """Of an option that may be text, as `-e` gives it."""
    return option is True or str(option).strip().lower() in ("1", "true", "yes", "on", "y", "t")


def needed(option: t.Any, asks: bool, pending: bool, resumes: str) -> bool:
    """Whether the node has something to be done. option: rolling_upgrade_needed. asks: the package manager was asked, and pending is its answer."""
    if resumes:
        return True
    if str(option) != "auto":
        return is_true(option)
    return pending if asks else True


def resumes_at(mark: Mark | None, pending: bool) -> str:
    """Where an interrupted upgrade goes on: `stop`, `start`, or not at all.

    What an earlier run has installed may be what kept the node down: where there is something newer by now, its return alone is not enough.
    """
    if mark is None:
        return ""
    return "stop" if mark["phase"] == "start" and pending else mark["phase"]


def phases(wishes: Wishes, resumes: str) -> list[str]:
    """The files of the role's phases for one node, in order: below tasks/phases, without ending."""
    does = {*STACKS[wishes.stack], *wishes.hooks}
    before: list[str] = []
    if resumes != "start":
        before = ["gate", "begin"]
        if "drain" in does:
            # Much may happen while a node is drained, so the gate is asked again.
            before += [_file("drain", wishes), "gate_again"]
        before += [_file("stop", wishes), _file("upgrade", wishes)]
        if wishes.reboots:
            before.append("reboot")
        before.append("installed")
    after = [_file("start", wishes)]
    if wishes.reboots:
        after.append("watch_again")
    after.append("back")
    if "check" in does:
        after.append("check")
    if "undrain" in does:
        after.append(_file("undrain", wishes))
    return [*before, *after, "done"]


def file_of(found: t.Sequence[str]) -> str:
    """The role's file with these phases: a list without includes where there is one, else the one that includes each."""
    return next((name for name, fixed in FIXED.items() if list(fixed) == list(found)), "phases.yml")


# The commonest runs have files of their own, because each include is a line of output. A unit test compares them with these lists.
FIXED: dict[str, tuple[str, ...]] = {
    "node.yml": ("gate", "begin", "stop", "upgrade", "installed", "start", "back", "done"),
    "drained.yml": ("gate", "begin", "drain", "gate_again", "stop", "upgrade", "installed", "start", "back", "undrain", "done"),
}


def _file(step: str, wishes: Wishes) -> str:
    return f"{step}_hook" if step in wishes.hooks else step


def hooks_of(given: t.Mapping[str, str], folder: str) -> dict[str, str]:
    """step -> absolute path, of those that were given: beside the playbook, because Ansible would look among the role's own tasks first."""
    return {step: os.path.join(folder, os.path.expanduser(path)) for step, path in given.items() if path}


def package_name(entry: str) -> str:
    """The name in an entry of rolling_upgrade_packages, which may ask for a version: `corosync=3.1.9-2`."""
    return re.split(r"[=<> ]", entry, maxsplit=1)[0]


def versions(packages: t.Sequence[str], installed: t.Mapping[str, t.Any]) -> dict[str, str]:
    """By package, of those that are installed. installed: what package_facts says."""
    names = [package_name(entry) for entry in packages]
    return {name: str(installed[name][0].get("version", "")) for name in names if installed.get(name)}
