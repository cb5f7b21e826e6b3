# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What one node's `votequorum` value tells of every member, in the terms of votequorum's arithmetic; and whether it is such a value.

Pure. What a value does not tell is taken as follows, and a doubt makes every answer "no":

- Every member counts quorum, waits for all and remembers the tie-breaker as the node asked does: one value knows no better, and
  `partitions` compares the values of all hosts. Each member's votes, expected votes and quorum device are its own.
- Members have told each other that they are quorate. (Where one has not, corosync may in rare cases let a quorum fall again that it had
  raised; not to count on that is the safe side.)
- The ring before the present one does not matter: the next change makes the present one "the one before".
- last_man_standing's timer is not running. Where it is, expected votes fall sooner: the variants with `lms_window` cover that.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._quorum import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._quorum.arithmetic import Daemon, Node, Rules
from ansible_collections.corosync.quorum.plugins.module_utils._quorum.nodes import Value, labels

Members = t.FrozenSet[int]
# Daemons that decide alike: what a member says of itself, and its expected votes.
Kind = t.Tuple[int, int]

_KINDS_OF_TIE_BREAKER = ("none", "lowest", "highest", "list")


class ForecastError(Exception):
    """A question that has no answer: a node that is not there, nobody left, a value that is not ours. The message says what to do."""


class Known(t.NamedTuple):
    value: Value
    rules: Rules
    nodes: t.Dict[int, Node]            # every member
    members: Members
    masters: Members                    # members whose own quorum device may win alone
    doubt: str                          # why nothing can be promised; empty where there is no doubt

    def kind(self, nodeid: int) -> Kind:
        return self.nodes[nodeid].flags, self.nodes[nodeid].expected_votes

    def daemon(self, us: int) -> Daemon:
        """The daemon of this member."""
        value, breaker = self.value, self.value["auto_tie_breaker"]
        return Daemon(
            rules=self.rules, us=us, nodes=self.nodes, ring=self.members, previous=self.members, quorum=value["quorum"],
            quorate=value["quorate"], waiting=value["wait_for_all"]["pending"], lowest=breaker["lowest"], highest=breaker["highest"],
            ev_barrier=value["allow_downscale"]["ev_barrier"] or 0, ev_tracking_barrier=0,
            last_man_standing=self.rules.last_man_standing, window_open=False, master_wins=us in self.masters,
            total_votes=value["total_votes"], rule=arithmetic.BY_WAIT_FOR_ALL if value["wait_for_all"]["pending"] else arithmetic.BY_VOTES)

    def tie_breaker(self, members: Members) -> t.Optional[int]:
        """Which of these members decides a tie, if one does."""
        breaker = self.value["auto_tie_breaker"]
        if breaker["kind"] == "list":
            return next((nodeid for nodeid in breaker["nodes"] if nodeid in members), None)
        nodeid = breaker[breaker["kind"]] if breaker["kind"] in ("lowest", "highest") else None
        return nodeid if nodeid in members else None

    def deciding_alone(self) -> Members:
        """Members whose quorum device's vote, by master_wins, is enough for every member that goes by it."""
        return frozenset(nodeid for nodeid in self.masters if self.nodes[nodeid].flags & arithmetic.QDEVICE_CASTS)

    def is_special(self, nodeid: int) -> bool:
        """Whether a node counts by more than its votes."""
        breaker = self.value["auto_tie_breaker"]
        return self.rules.tie_breaker != "none" and (nodeid in breaker["nodes"] or nodeid in (breaker["lowest"], breaker["highest"]))


def known(value: t.Any) -> Known:
    """Raises ForecastError where the value is not a `votequorum` value."""
    _check(value)
    entries = dict((node["nodeid"], node) for node in value["nodes"])
    members = frozenset(value["members"])
    device_votes = int((value["qdevice"] or {}).get("votes") or 0)
    seen = sum(entries[nodeid]["votes"] or 0 for nodeid in members) + device_votes
    common = (arithmetic.QUORATE if value["quorate"] else 0) | (arithmetic.WAITING if value["wait_for_all"]["pending"] else 0)
    nodes = {}
    for nodeid in members:
        expected = value["expected_votes"]
        if nodeid != value["nodeid"] and entries[nodeid]["expected_votes"] is not None:
            # What it last said of itself; but a daemon silently expects all the votes that it has seen since.
            expected = max(entries[nodeid]["expected_votes"], seen)
        nodes[nodeid] = Node(arithmetic.MEMBER, entries[nodeid]["votes"] or 0, expected, common | _device_flags(entries[nodeid]["qdevice"]))
    masters = frozenset(nodeid for nodeid in members if nodes[nodeid].flags & arithmetic.QDEVICE_MASTER_WINS)
    return Known(value, _rules(value, device_votes), nodes, members, masters, _doubt(value, entries))


def _rules(value: Value, device_votes: int) -> Rules:
    downscale = bool(value["allow_downscale"]["enabled"])
    return Rules(
        two_node=bool(value["two_node"]), wait_for_all=bool(value["wait_for_all"]["enabled"]),
        last_man_standing=bool(value["last_man_standing"]["enabled"]), tie_breaker=str(value["auto_tie_breaker"]["kind"]),
        tie_breaker_nodes=tuple(value["auto_tie_breaker"]["nodes"]), allow_downscale=downscale, expected_votes_tracking=downscale,
        qdevice_votes=device_votes)


def _device_flags(device: t.Optional[Value]) -> int:
    if not device:
        return 0
    names = (("registered", arithmetic.QDEVICE_REGISTERED), ("alive", arithmetic.QDEVICE_ALIVE),
             ("cast_vote", arithmetic.QDEVICE_CASTS), ("master_wins", arithmetic.QDEVICE_MASTER_WINS))
    return sum(bit for name, bit in names if device.get(name))


def _doubt(value: Value, entries: t.Mapping[int, Value]) -> str:
    if not value["settled"]:
        return "A membership change was under way when quorum was read, so nothing can be promised: read it again."
    mute = [nodeid for nodeid in value["members"] if entries[nodeid]["votes"] is None]
    if mute:
        return "The votes of %s are not known, so nothing can be promised: read votequorum again." % labels(mute, value)
    return ""


def _check(value: t.Any) -> None:
    if not isinstance(value, dict):
        raise ForecastError("%s was given where a votequorum value is expected: what corosync.quorum.votequorum_info returns under "
                            "'votequorum', or wait_for_quorum leaves as ansible_facts['votequorum']." % capital(described(value)))
    if "quorum" not in value and isinstance(value.get("votequorum"), dict):
        raise ForecastError("A whole task result was given where its votequorum value is expected: pass what it has under 'votequorum'.")
    if "quorum" not in value and (value.get("failed") or value.get("unreachable") or value.get("available") is False):
        raise ForecastError("The result of a task that could not read votequorum was given where a votequorum value is expected; it said: %s"
                            % (value.get("msg") or value.get("reason") or "nothing"))
    fault = _fault(value)
    if fault:
        raise ForecastError("The dictionary given is not a votequorum value that this version of corosync.quorum can use: %s. "
                            "Read it anew with corosync.quorum.votequorum_info of this version." % fault)


def _fault(value: Value) -> str:
    """What is wrong with it, empty if nothing is."""
    fault = _misfit(value, _SHAPE)
    if fault:
        return fault
    for node in value["nodes"]:
        fault = "it is %s" % described(node) if not isinstance(node, dict) else _misfit(node, _SHAPE_OF_NODE) or _misfit_of_device(node["qdevice"])
        if fault:
            return "of an entry of nodes, %s" % fault
    if not value["members"]:
        return "it has no members"
    entries = [node["nodeid"] for node in value["nodes"]]
    strangers = [nodeid for nodeid in value["members"] if nodeid not in entries]
    if strangers:
        return "nodes says nothing of member %s" % described(strangers[0])
    if value["nodeid"] not in value["members"]:
        return "the node asked, %d, is not among its members" % value["nodeid"]
    return _misfit_of_device(value["qdevice"]) or (_misfit(value["qdevice"], (("votes", "number"),)) if value["qdevice"] else "")


def _misfit(data: Value, shape: t.Sequence[t.Tuple[str, str]]) -> str:
    lacks = [path for path, dummy in shape if path.split(".")[0] not in data]
    if lacks:
        return "it lacks %s" % ", ".join(sorted(set(path.split(".")[0] for path in lacks), key=[path.split(".")[0] for path, dummy in shape].index))
    for path, kind in shape:
        item = data     # type: t.Any
        for key in path.split("."):
            if not isinstance(item, dict) or key not in item:
                return "it lacks %s" % path
            item = item[key]
        if not _FITS[kind](item):
            return "%s is %s, not a %s" % (path, described(item), kind)
    return ""


def _misfit_of_device(device: t.Optional[Value]) -> str:
    return _misfit(device, (("cast_vote", "boolean"), ("master_wins", "boolean"))) if device else ""


def is_number(item: t.Any) -> bool:
    return isinstance(item, int) and not isinstance(item, bool)


def _is_natural(item: t.Any) -> bool:
    return is_number(item) and item >= 0


_FITS = {
    "number": _is_natural,
    "number or null": lambda item: item is None or _is_natural(item),
    "boolean": lambda item: isinstance(item, bool),
    "list": lambda item: isinstance(item, list),
    "list of numbers": lambda item: isinstance(item, list) and all(_is_natural(entry) for entry in item),
    "text or null": lambda item: item is None or isinstance(item, str),
    "dictionary or null": lambda item: item is None or isinstance(item, dict),
    "kind of tie-breaker": lambda item: isinstance(item, str) and item in _KINDS_OF_TIE_BREAKER,
}   # type: t.Dict[str, t.Callable[[t.Any], bool]]
_SHAPE = (
    ("nodeid", "number"), ("quorate", "boolean"), ("settled", "boolean"), ("expected_votes", "number"), ("total_votes", "number"),
    ("quorum", "number"), ("two_node", "boolean"), ("wait_for_all.enabled", "boolean"), ("wait_for_all.pending", "boolean"),
    ("last_man_standing.enabled", "boolean"), ("last_man_standing.window_ms", "number or null"),
    ("auto_tie_breaker.kind", "kind of tie-breaker"), ("auto_tie_breaker.nodes", "list of numbers"),
    ("auto_tie_breaker.lowest", "number or null"), ("auto_tie_breaker.highest", "number or null"),
    ("allow_downscale.enabled", "boolean"), ("allow_downscale.ev_barrier", "number or null"), ("qdevice", "dictionary or null"),
    ("members", "list of numbers"), ("nodes", "list"))
_SHAPE_OF_NODE = (
    ("nodeid", "number"), ("name", "text or null"), ("state", "text or null"), ("votes", "number or null"),
    ("expected_votes", "number or null"), ("qdevice", "dictionary or null"))


def described(item: t.Any) -> str:
    """Something unexpected, in words: `a list`, `the string 'node9'`."""
    if item is None:
        return "nothing (None)"
    if isinstance(item, bool):
        return "the boolean %s" % str(item).lower()
    if isinstance(item, (int, float)):
        return "the number %s" % item
    if isinstance(item, str):
        return "the string '%s'" % item if len(item) <= 60 else "a string of %d characters" % len(item)
    if isinstance(item, dict):
        return "a dictionary"
    if isinstance(item, (list, tuple)):
        return "a list" if item else "an empty list"
    if type(item).__name__.endswith("Undefined"):
        return "an undefined variable"
    return "something of type %s" % type(item).__name__


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
