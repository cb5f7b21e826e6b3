# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What a run in check mode says that it would do to one cluster. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import LONGEST_NAME, quoted, shown

from .story import Progress
from .types import Look, Run

# A line of apt's simulation: `Inst corosync [3.1.7-1] (3.1.9-2 Debian:13.1/stable [amd64])`, without the old version where it is not installed.
_APT = re.compile(r"^Inst (?P<name>\S+) (?:\[\S+\] )?\((?P<version>\S+)", re.MULTILINE)
_MOST = 10_000


def planned(result: t.Mapping[str, t.Any], packages: t.Collection[str]) -> dict[str, str]:
    """package -> version that the package manager would install, of those that were asked for. result: of its module in check mode, which a node has made."""
    found = _APT.finditer(str(result.get("stdout") or "")[: _MOST * 100])
    return {match["name"]: quoted(match["version"], LONGEST_NAME) for match in found if match["name"] in packages}


def in_words(name: str, run: Run, progress: t.Mapping[str, Progress]) -> list[str]:
    """Lines: the batches in their order, and for each host what would be done, from which version to which. name: of the cluster, empty for the only one."""
    batches = [batch for batch in run["batches"] if batch]
    lines = [f"{name or 'This cluster'}, batch after batch:"]
    for number, batch in enumerate(batches, start=1):
        lines += [f"  {number}. {shown(host)}: {_of(progress.get(host))}" for host in batch]
    return lines


def _of(progress: Progress | None) -> str:
    if progress is None or progress.look is None:
        return f"not known: {progress.failure}" if progress and progress.failure else "not known, as the run stopped before"
    if progress.failure:
        return progress.failure
    if not progress.look["needed"]:
        return "nothing to do"
    return "; ".join([_what(progress.look), *_versions(progress.look)])


def _what(look: Look) -> str:
    if look["resumes"]:
        return "an interrupted upgrade continues"
    return "upgrade and reboot, if required" if "reboot" in look["phases"] else "stop, upgrade and start"


def _versions(look: Look) -> t.Iterator[str]:
    would = look.get("would") or {}
    for package, version in sorted(would.items()):
        yield f"{shown(package)} {look['versions'].get(package, 'not installed')} -> {version}"
