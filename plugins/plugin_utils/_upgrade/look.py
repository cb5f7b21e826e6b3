# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What there is to do on one node, and in which order. Pure."""

from __future__ import annotations

import dataclasses
import os
import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import is_number
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import LONGEST_NAME, quoted

from .hosts import listed
from .types import Mark, View

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
    """The role's options that decide what is done. hooks: step -> path of the user's tasks, only those that were given."""

    stack: str = "corosync"
    hooks: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    reboot: str = "never"
    packages: t.Sequence[str] = ()
    needed: t.Any = "auto"

    @property
    def reboots(self) -> bool:
        """Whether it may reboot."""
        return self.reboot != "never"

    @property
    def always_reboots(self) -> bool:
        return self.reboot == "always"

    @property
    def asks(self) -> bool:
        """Whether the package manager is asked."""
        return str(self.needed) == "auto" and bool(self.packages)

    @property
    def is_for_every_node(self) -> bool:
        """Whether every node has something to be done, whatever the package manager says: a rolling restart, or a rolling reboot."""
        return str(self.needed) == "auto" and (self.always_reboots or not self.packages)


def wishes_of(options: t.Mapping[str, t.Any], folder: str) -> Wishes:
    """From the role's options. folder: of the playbook."""
    hooks = hooks_of({step: str(options["hooks"].get(step) or "") for step in HOOKS}, folder)
    return Wishes(stack=str(options["stack"]), hooks=hooks, reboot=str(options["reboot"]), packages=listed(options["packages"]), needed=options["needed"])


# For so long after an interrupted run the nodes that it has done are left out. A later run is another one: to leave out a node by mistake is worse than
# to restart it once more. Seconds.
DONE_COUNTS = 86_400


class NoMark(Unusable):
    """Nobody can say whether an upgrade of a host was interrupted. The message says why, and what to do."""


def mark_of(result: t.Mapping[str, t.Any], host: str, now: float) -> Mark | None:
    """What an interrupted upgrade left on a host. result: of rolling_upgrade_mark there. now: seconds since 1970. Raises NoMark."""
    said = result.get("fault") or (result.get("failed") and (result.get("msg") or "it gave no reason"))
    if said:
        raise NoMark(f"On {host}: {quoted(str(said))}")
    mark = result.get("mark", "nothing")
    if mark is None:
        return None
    nodeid: t.Any = mark.get("nodeid") if isinstance(mark, dict) else ""
    if nodeid is not None and not is_number(nodeid) or mark.get("phase") not in ("stop", "reboot", "start", "done"):
        raise NoMark(f"On {host}: what it says of an interrupted upgrade is not what this role writes there.")
    at = quoted(str(mark.get("at") or ""), LONGEST_NAME)
    if mark["phase"] == "done" and not _is_recent(at, now):
        return None
    return Mark(phase=mark["phase"], nodeid=nodeid, rebooted=mark.get("rebooted") is True, at=at)


def _is_recent(at: str, now: float) -> bool:
    """By two clocks. A node's clock that is wrong by a day costs it one restart more."""
    try:
        return abs(now - seconds_of(at)) <= DONE_COUNTS
    except ValueError:
        return False


def under_way(views: t.Mapping[str, View], path: str) -> tuple[dict[str, int], list[str]]:
    """(host -> node id, of hosts in which an upgrade has begun and not ended; a sentence for each of which nobody can say which node it is)."""
    found, faults = {}, []
    for host, view in views.items():
        mark = view["mark"]
        if mark is None or mark["phase"] == "done":
            continue
        value = view["answer"].get("votequorum")
        nodeid: t.Any = value.get("nodeid") if mark["nodeid"] is None and isinstance(value, dict) else mark["nodeid"]
        if is_number(nodeid):
            found[host] = nodeid
        else:
            faults.append(
                f"An upgrade of {host} has begun, but {path} is not complete and does not name the node any more, as after a power failure. corosync does "
                f"not run there. Start corosync on {host} and run this again: it continues there."
            )
    return found, faults


def is_true(option: t.Any) -> bool:
    """Of an option that may be text, as `-e` gives it."""
    return option is True or str(option).strip().lower() in ("1", "true", "yes", "on", "y", "t")


def needed(wishes: Wishes, mark: Mark | None, pending: bool) -> bool:
    """Whether the node has something to be done. pending: the package manager's answer, where it was asked."""
    if resumes_at(wishes, mark, pending):
        return True
    if str(wishes.needed) != "auto":
        return is_true(wishes.needed)
    if is_left_out(wishes, mark):
        return pending
    return pending or wishes.is_for_every_node


def is_left_out(wishes: Wishes, mark: Mark | None) -> bool:
    """Whether an interrupted run has done what is asked for, on this node. A reboot is a restart too, but not the other way round."""
    return wishes.is_for_every_node and mark is not None and mark["phase"] == "done" and (mark["rebooted"] or not wishes.always_reboots)


def left_out(wishes: Wishes, views: t.Mapping[str, View], path: str) -> list[str]:
    """What to say of nodes that this run leaves out, because the run that was interrupted has done them. wishes: of the play."""
    hosts = [host for host, view in views.items() if is_left_out(wishes, view["mark"])]
    if not hosts:
        return []
    moments = [mark["at"] for host in hosts if (mark := views[host]["mark"]) and mark["at"]]
    since = f" (since {min(moments)})" if moments else ""
    what = "rebooted" if wishes.always_reboots else "restarted"
    already = f"Left out: {', '.join(hosts)}. A run that was interrupted has {what} them already{since}."
    return [f"{already} To have them {what} again, remove {path} there, and run this again."]


def resumes_at(wishes: Wishes, mark: Mark | None, pending: bool) -> str:
    """Where an interrupted upgrade continues: `stop`, `start`, or not at all.

    What an earlier run has installed may be what kept the node down: where there is something newer by now, its return alone is not enough.
    """
    if mark is None or mark["phase"] == "done":
        return ""
    is_installed = mark["phase"] == "start" or mark["phase"] == "reboot" and mark["rebooted"]
    is_rebooted = mark["rebooted"] or not wishes.always_reboots
    return "start" if is_installed and is_rebooted and not pending else "stop"


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
    return next((name for name, fixed in FIXED.items() if list(fixed) == list(found)), EACH)


# The role's file that includes the file of each phase.
EACH = "phases.yml"


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


# The databases of packages are asked by their own programs: Ansible's package_facts needs a Python library for each, which a small system does not have.
# What is not installed, rpm says on a line without a tab.
_VERSIONS = r"""
found=1
if [ $# = 0 ]; then all=yes; else all=; fi
if command -v dpkg-query; then found=0; fi >/dev/null
if command -v rpm; then found=0; fi >/dev/null
dpkg-query --show --showformat='${db:Status-Abbrev}\t${Package}\t${Version}\n' -- "$@" 2>/dev/null | sed -n 's/^.i *\t//p'
rpm --query ${all:+--all} --queryformat '%{NAME}\t%{VERSION}-%{RELEASE}\n' -- "$@" 2>/dev/null
exit $found
"""
_MOST_VERSIONS = 10_000
# What one upgrade may have changed, for a report that somebody reads
_MOST_CHANGED = 1_000


def versions_command(packages: t.Sequence[str]) -> dict[str, t.Any]:
    """Arguments of the module `command` that asks which versions are installed, of all packages where none is named.

    It fails where the node has no program that could tell.
    """
    return {"argv": ["sh", "-c", _VERSIONS, "versions", *(package_name(entry) for entry in packages)]}


def versions(stdout: str) -> dict[str, str]:
    """By package. stdout: of that command. A node may say anything of its packages."""
    pairs = [line.split("\t") for line in stdout.splitlines()[:_MOST_VERSIONS]]
    return {quoted(pair[0], LONGEST_NAME): quoted(pair[1], LONGEST_NAME) for pair in pairs if len(pair) == len(("name", "version"))}


def versions_of_facts(packages: t.Sequence[str], installed: t.Mapping[str, t.Any]) -> dict[str, str]:
    """By package, of those that are installed. installed: what package_facts says."""
    names = [package_name(entry) for entry in packages]
    return {name: _version(installed[name]) for name in names if installed.get(name)}


def changed(before: t.Mapping[str, str], after: t.Mapping[str, str]) -> dict[str, list[str]]:
    """package -> [version before, version after], empty for none: of those that differ."""
    names = [name for name in sorted({**before, **after}) if before.get(name) != after.get(name)]
    return {name: [before.get(name, ""), after.get(name, "")] for name in names[:_MOST_CHANGED]}


def _version(entries: t.Any) -> str:
    """Of the first of a package's entries."""
    first = entries[0] if isinstance(entries, list) and entries else None
    return quoted(str(first.get("version", "")), LONGEST_NAME) if isinstance(first, dict) else ""
