# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the parts of a rolling upgrade hand to each other: plain data that the role's tasks register."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Numbers


class Plan(t.TypedDict):
    """What the preflight found out.

    refusals: why the upgrade may not begin, one sentence each. batches: hosts in the order in which they are upgraded. resumed: hosts with an
    interrupted upgrade. nodeids: host -> node id. total_votes, members: what there must be again in the end, None where that is not known.
    qdevice: whether a quorum device votes.
    """

    refusals: list[str]
    batches: list[list[str]]
    resumed: list[str]
    nodeids: dict[str, int]
    total_votes: int | None
    members: list[int]
    qdevice: bool


class Run(Plan):
    """A plan that was accepted. begun: the moment, which names the run."""

    begun: str


class View(t.TypedDict):
    """What one host says in the preflight. answer: the result of votequorum_info. mark: of an interrupted run. obstacle: its stack cannot be used.

    fault: a sentence on the file of such a run, where it cannot be read.
    """

    host: str
    answer: dict[str, t.Any]
    mark: Mark | None
    obstacle: str
    fault: str


class Mark(t.TypedDict):
    """The file on a node that tells a later run how far its upgrade came. phase: `stop` (to be done in full) or `start` (only its return is left)."""

    phase: str
    nodeid: int


class Gate(t.TypedDict):
    """The answer of the gate before a stop. turn: of the look at the node, None without one. safe: whether it may be stopped. msg: why not.

    must_return: what has to be there again afterwards. down: the node is no member already. device: there is a quorum device.
    """

    turn: str | None
    host: str
    witness: str
    safe: bool
    msg: str
    now: Numbers | None
    after: Numbers | None
    nodeid: int | str
    down: bool
    device: bool
    must_return: Return


class Return(t.TypedDict):
    """members: node ids, or the host's name where nothing is known. min_votes: None where nothing is known. qdevice: whether it voted."""

    members: list[int | str]
    min_votes: int | None
    qdevice: bool


class Look(t.TypedDict):
    """What there is to do on one node. tasks: the file of the role with it, empty for nothing. phases: the files that it includes. versions: by package."""

    turn: str
    run: str
    needed: bool
    resumes: str
    tasks: str
    phases: list[str]
    versions: dict[str, str]


class Phase(t.TypedDict, total=False):
    """One phase of one node, as the report shows it. started, ended: moments in UTC."""

    phase: str
    started: str
    ended: str
    result: str
    detail: str


class Verdict(t.TypedDict):
    """kept: None where quorum was not watched. gaps: hosts whose record does not cover the run."""

    kept: bool | None
    sentence: str
    losses: list[dict[str, t.Any]]
    gaps: list[str]
