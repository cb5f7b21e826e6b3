# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What drives the cluster of this node: the programs that are there, and whether pacemaker runs."""

import os
import shutil
import typing as t

_PACEMAKER = "pacemakerd"


def missing(programs: t.Sequence[str]) -> t.List[str]:
    """Those that are not in PATH, where a task that runs them would look for them."""
    return [program for program in programs if shutil.which(program) is None]


def has_pacemaker(folder: str = "/proc") -> bool:
    """Whether pacemaker runs here. One in a container on this machine is not this node's."""
    own = _namespace(folder, "self")
    return any(pid.isdigit() and _name(folder, pid) == _PACEMAKER and _namespace(folder, pid) == own for pid in os.listdir(folder))


def _name(folder: str, pid: str) -> str:
    try:
        with open(os.path.join(folder, pid, "comm"), encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""  # it has ended


def _namespace(folder: str, pid: str) -> str:
    try:
        return os.readlink(os.path.join(folder, pid, "ns", "pid"))
    except OSError:
        return ""
