# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What one node's `votequorum` value says about every member, in the terms of votequorum's arithmetic.

Pure. What a value does not tell is taken as follows, and a doubt makes every answer "no":

- Every member counts quorum, waits for all and remembers the tie-breaker as the node asked does: one value knows no better, and
  `partitions` compares the values of all hosts. Each member's votes, expected votes and quorum device are its own.
- Members have told each other that they are quorate. (Where one has not, corosync may in rare cases let a quorum fall again that it had
  raised; not to count on that is the safe side.)
- The ring before the present one does not matter: the next change makes the present one "the one before".
- A list of tie-breakers that is not known keeps quorum for nobody.
- last_man_standing's timer is not running. Where it is, expected votes fall sooner: the variants with `lms_window` cover that.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import MEMBER
from ansible_collections.corosync.quorum.plugins.module_utils._forecast import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import Daemon, Node, Rules
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import device_votes, expects
from ansible_collections.corosync.quorum.plugins.module_utils._value.reserve import doubt_of_members, too_many_kinds
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import check

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import DeviceFlags, Value

Members = t.FrozenSet[int]
# Daemons that decide alike: what a member says of itself, and its expected votes.
Kind = t.Tuple[int, int]


class Facts(t.NamedTuple):
    value: "Value"
    rules: Rules
    nodes: t.Dict[int, Node]  # every member
    members: Members
    masters: Members  # members whose own quorum device may win alone
    doubt: str  # why nothing can be promised; empty where there is no doubt

    def kind(self, nodeid: int) -> Kind:
        return self.nodes[nodeid].flags, self.nodes[nodeid].expected_votes

    def daemon(self, us: int) -> Daemon:
        """The daemon of this member."""
        value, breaker = self.value, self.value["auto_tie_breaker"]
        return Daemon(
            rules=self.rules,
            us=us,
            nodes=self.nodes,
            ring=self.members,
            previous=self.members,
            quorum=value["quorum"],
            quorate=value["quorate"],
            waiting=value["wait_for_all"]["pending"],
            lowest=breaker["lowest"],
            highest=breaker["highest"],
            ev_barrier=value["allow_downscale"]["ev_barrier"] or 0,
            ev_tracking_barrier=0,
            last_man_standing=self.rules.last_man_standing,
            window_open=False,
            master_wins=us in self.masters,
            total_votes=value["total_votes"],
            rule=arithmetic.BY_WAIT_FOR_ALL if value["wait_for_all"]["pending"] else arithmetic.BY_VOTES,
        )

    def tie_breaker(self, members: Members) -> t.Optional[int]:
        """Which of these members decides a tie, if one does."""
        breaker = self.value["auto_tie_breaker"]
        if breaker["kind"] == "list":
            return next((nodeid for nodeid in self.rules.tie_breaker_nodes if nodeid in members), None)
        nodeid = breaker[breaker["kind"]] if breaker["kind"] in ("lowest", "highest") else None
        return nodeid if nodeid in members else None

    def deciding_alone(self) -> Members:
        """Members whose quorum device's vote, by master_wins, is enough for every member that goes by it."""
        return frozenset(nodeid for nodeid in self.masters if self.nodes[nodeid].flags & arithmetic.QDEVICE_CASTS)

    def is_special(self, nodeid: int) -> bool:
        """Whether a node counts by more than its votes."""
        breaker = self.value["auto_tie_breaker"]
        return self.rules.tie_breaker != "none" and (nodeid in self.rules.tie_breaker_nodes or nodeid in (breaker["lowest"], breaker["highest"]))


def facts_of(value: "Value") -> Facts:
    """The facts of a value that was checked; for any other there is checked_facts_of()."""
    entries = {node["nodeid"]: node for node in value["nodes"]}
    members = frozenset(value["members"])
    common = (arithmetic.QUORATE if value["quorate"] else 0) | (arithmetic.WAITING if value["wait_for_all"]["pending"] else 0)
    nodes = {}
    for nodeid in members:
        said = expects(nodeid, value)
        expected = value["expected_votes"] if said is None else said
        nodes[nodeid] = Node(MEMBER, entries[nodeid]["votes"] or 0, expected, common | _device_flags(entries[nodeid]["qdevice"]))
    masters = frozenset(nodeid for nodeid in members if nodes[nodeid].flags & arithmetic.QDEVICE_MASTER_WINS)
    kinds = {(node.flags, node.expected_votes) for node in nodes.values()}
    return Facts(value, _rules(value), nodes, members, masters, doubt_of_members(value) or too_many_kinds(len(members), len(kinds)))


def checked_facts_of(value: t.Any) -> Facts:
    """facts_of() for something that was given. Raises ForecastError where it is not a `votequorum` value."""
    check(value)
    return facts_of(value)


def _rules(value: "Value") -> Rules:
    downscale = bool(value["allow_downscale"]["enabled"])
    return Rules(
        two_node=bool(value["two_node"]),
        wait_for_all=bool(value["wait_for_all"]["enabled"]),
        last_man_standing=bool(value["last_man_standing"]["enabled"]),
        tie_breaker=str(value["auto_tie_breaker"]["kind"]),
        tie_breaker_nodes=tuple(value["auto_tie_breaker"]["nodes"] or ()),
        allow_downscale=downscale,
        expected_votes_tracking=downscale,
        qdevice_votes=device_votes(value),
    )


def _device_flags(device: t.Optional["DeviceFlags"]) -> int:
    if not device:
        return 0
    names = (
        ("registered", arithmetic.QDEVICE_REGISTERED),
        ("alive", arithmetic.QDEVICE_ALIVE),
        ("cast_vote", arithmetic.QDEVICE_CASTS),
        ("master_wins", arithmetic.QDEVICE_MASTER_WINS),
    )
    return sum(bit for name, bit in names if device.get(name))
