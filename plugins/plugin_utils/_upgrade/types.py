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

    refusals: why the upgrade may not begin, one sentence each. warnings: what is wrong, but no reason not to begin. batches: hosts in the order
    in which they are upgraded. resumed: hosts with an interrupted upgrade. nodeids: host -> node id. total_votes, members: what there must be again
    in the end, None where that is not known. configured: node ids of all nodes of the cluster. qdevice: whether a quorum device votes.
    cluster_name: None where it has none.
    """

    refusals: list[str]
    warnings: list[str]
    batches: list[list[str]]
    resumed: list[str]
    nodeids: dict[str, int]
    total_votes: int | None
    members: list[int]
    configured: list[int]
    qdevice: bool
    cluster_name: str | None


class Run(Plan):
    """A plan that was accepted. begun: the moment. run_id: 16 hex digits that name the run, also where two runs begin in the same moment.

    asks_all: whether each gate asks every node that stays, as some host said. done: hosts that an interrupted run has done.
    """

    begun: str
    run_id: str
    asks_all: bool
    done: list[str]


class Own(Run, total=False):
    """The run of one cluster among many. name: of the cluster. cluster: its hosts. first: hosts of the first round, which is another cluster's batch, empty
    in this cluster itself. first_run: the run of that cluster.
    """

    name: str
    cluster: list[str]
    first: list[str]
    first_run: str


class FleetPart(t.TypedDict):
    """One cluster of a run over many. name: for people. run: None where it was refused. refusals: why. host: whose options count for it."""

    name: str
    hosts: list[str]
    run: Run | None
    refusals: list[str]
    host: str


class Round(t.TypedDict):
    """Hosts of several clusters that are upgraded side by side. helper: the name of a host that is none. says: which they are, for people."""

    helper: str
    hosts: list[str]
    says: str


class Fleet(t.TypedDict):
    """What a run over many clusters found out before the first node. strangers: host -> why nobody knows its cluster. faults: of what was given.

    places: host -> number of its cluster. begun: the moment.
    """

    clusters: list[FleetPart]
    places: dict[str, int]
    rounds: list[Round]
    strangers: dict[str, str]
    faults: list[str]
    begun: str


class Ended(t.TypedDict):
    """Why a run over many clusters has ended for one of them, as one of its hosts has noted. how: as in last_words.End. run: its id.

    failure, turn: as the record of a host has them. msg: for people. broken: whether the node itself has to be fixed.
    """

    run: str
    host: str
    how: str
    failure: str
    turn: str | None
    msg: str
    broken: bool


class View(t.TypedDict):
    """What one host says in the preflight. answer: the result of votequorum_info. mark: of an interrupted run. obstacles: why its stack cannot be used.

    fault: a sentence on the file of such a run, where it cannot be read. lock: {lock, lock_fault} of the host, None where it was not asked.
    key: {digest, changed} of its authkey, None where it was not asked.
    """

    host: str
    answer: dict[str, t.Any]
    mark: Mark | None
    obstacles: list[str]
    fault: str
    lock: dict[str, t.Any] | None
    key: dict[str, t.Any] | None


class Mark(t.TypedDict):
    """The file on a node that tells a later run how far its upgrade came.

    phase: `stop` (to be done in full), `reboot` (it was about to be rebooted), `start` (only its return is left) or `done` (the run went on with others).
    nodeid: None where a power cut has left nothing of it but the file. rebooted: whether it was rebooted after its upgrade. at: when it was written.
    """

    phase: str
    nodeid: int | None
    rebooted: bool
    at: str


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


class WantedLink(t.TypedDict):
    """A link of knet, as the condition `links` of wait_for_quorum has it."""

    node: int
    link: int


class _Return(t.TypedDict):
    """members: node ids, or the host's name where nothing is known. min_votes: None where nothing is known. qdevice: whether it voted."""

    members: list[int | str]
    min_votes: int | None
    qdevice: bool


class Return(_Return, total=False):
    """links: those to the witness that were up, where there were several; not there for a node that has one alone."""

    links: list[WantedLink]


class _Look(t.TypedDict):
    """What there is to do on one node. tasks: the file of the role with it, empty for nothing. phases: the files that it includes. versions: by package.

    rebooted: whether an interrupted run has rebooted it after its upgrade.
    """

    turn: str
    run: str
    needed: bool
    resumes: str
    tasks: str
    phases: list[str]
    versions: dict[str, str]
    rebooted: bool


class Look(_Look, total=False):
    """would: package -> version that would be installed, in check mode."""

    would: dict[str, str]


class ClockLook(t.TypedDict):
    """What a look at a node's record told of its clock. boot: in which boot of the record, from 0. at: of the first entry of that boot, as it was told then.

    offset, spread: of the record. asked_at, ahead: of the moment when it was asked.
    """

    run: str
    boot: int
    at: str
    offset: float
    spread: float
    asked_at: float
    ahead: float


class Carried(t.TypedDict):
    """Of earlier turns of a host in this run. absences: when it was down by plan, in order: (start, end) in seconds since 1970. looks: at its clock."""

    run: str
    absences: list[tuple[float, float]]
    looks: list[ClockLook]


class Phase(t.TypedDict, total=False):
    """One phase of one node, as the report shows it. started, ended: moments in UTC."""

    phase: str
    started: str
    ended: str
    result: str
    detail: str


class Gap(t.TypedDict):
    """Where nobody knows whether a node that was up was quorate. at, until: moments, None for all of the run. why: the end of a sentence."""

    node: str
    at: str | None
    until: str | None
    why: str


class Verdict(t.TypedDict):
    """kept: None where quorum was not watched, False also where nobody knows. gaps: where the records do not cover the run."""

    kept: bool | None
    sentence: str
    losses: list[dict[str, t.Any]]
    gaps: list[Gap]
