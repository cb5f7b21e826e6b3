# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Whether something given is a `votequorum` value, and words for what it is instead. Pure."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import names_a_node
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import printable, quoted

_KINDS_OF_TIE_BREAKER = ("none", "lowest", "highest", "list")
# Whoever says more than corosync can have must not cost the controller its memory or its time. Its clusters have at most 384 members
# (PROCESSOR_COUNT_MAX in totem.h), lines of its configuration 510 bytes, and its numbers 64 bits.
MOST_NODES = 384
LONGEST_TEXT = 1024
# Of one node's record, of the largest size that it can have
MOST_ENTRIES = 25_000
# Addresses of a node (INTERFACE_MAX in totem.h)
MOST_LINKS = 8
_HIGHEST = 2**64 - 1


class ForecastError(Unusable):
    """A question that has no answer: a node that is not there, nobody left, a value that is not ours. The message says what to do."""


def check(value: t.Any) -> None:
    """Raises ForecastError where this is not a `votequorum` value."""
    if not isinstance(value, dict):
        raise ForecastError(
            f"{capital(described(value))} was given where a votequorum value is expected: what corosync.quorum.votequorum_info returns under "
            "'votequorum', or wait_for_quorum leaves as ansible_facts['votequorum']."
        )
    if "quorum" not in value and value.get("skipped"):
        raise ForecastError("The result of a task that was skipped was given where a votequorum value is expected: the task was skipped, so it read nothing.")
    if "quorum" not in value and isinstance(value.get("results"), (list, tuple)):
        raise ForecastError("The result of a loop was given where a votequorum value is expected: pass what one of its results has under 'votequorum'.")
    if "quorum" not in value and isinstance(value.get("votequorum"), dict):
        raise ForecastError("A whole task result was given where its votequorum value is expected: pass what it has under 'votequorum'.")
    if "quorum" not in value and (value.get("failed") or value.get("unreachable") or value.get("available") is False):
        said = quoted(str(value.get("msg") or value.get("reason") or "nothing"))
        raise ForecastError(f"The result of a task that could not read votequorum was given where a votequorum value is expected; it said: {said}")
    fault = fault_of(value) or _fault_of_members(value)
    if fault:
        raise ForecastError(
            f"The dictionary given is not a votequorum value that this version of corosync.quorum can use: {fault}. "
            "Read it again with corosync.quorum.votequorum_info of this version."
        )


def fault_of(value: t.Any) -> str:
    """Why corosync can have said no such value, empty where it can: then it has the shape of its type, and sizes that a cluster can have."""
    if not isinstance(value, dict):
        return f"it is {described(value)}"
    fault = _too_many(value) or _misfit(value, VALUE)
    if fault:
        return fault
    for node in value["nodes"]:
        fault = f"it is {described(node)}" if not isinstance(node, dict) else _misfit(node, NODE) or _misfit_of_device(node["qdevice"], DEVICE_FLAGS)
        if fault:
            return f"of an entry of nodes, {fault}"
    entries = [node["nodeid"] for node in value["nodes"]]
    strangers = [nodeid for nodeid in value["members"] if nodeid not in entries]
    if strangers:
        return f"nodes says nothing of member {described(strangers[0])}"
    return _misfit_of_device(value["qdevice"], DEVICE) or ("" if _are_problems(value.get("problems", [])) else "its problems are none")


def _are_problems(item: t.Any) -> bool:
    """Whether it is a list of problems, each in words."""
    return isinstance(item, list) and all(isinstance(problem, dict) and all(isinstance(problem.get(key), str) for key in PROBLEM) for problem in item)


def _fault_of_members(value: t.Dict[str, t.Any]) -> str:
    """What no answer can be made of: corosync says such a thing while it starts."""
    if not value["members"]:
        return "it has no members"
    if value["nodeid"] not in value["members"]:
        return f"the node asked, {value['nodeid']}, is not among its members"
    return ""


def _too_many(value: t.Dict[str, t.Any]) -> str:
    breaker = value.get("auto_tie_breaker")
    lists = {"nodes of auto_tie_breaker": breaker.get("nodes") if isinstance(breaker, dict) else None}
    lists.update((key, value.get(key)) for key in ("nodes", "members", "missing", "flags"))
    for what, found in lists.items():
        if isinstance(found, list) and len(found) > MOST_NODES:
            return f"{what} has {len(found)} entries, and a cluster at most {MOST_NODES} nodes"
    return ""


def _misfit(data: t.Dict[str, t.Any], shape: t.Sequence[t.Tuple[str, str]]) -> str:
    lacks = [path for path, dummy in shape if path.split(".")[0] not in data and path not in _MAY_LACK]
    if lacks:
        return f"it lacks {', '.join(sorted({path.split('.')[0] for path in lacks}, key=[path.split('.')[0] for path, dummy in shape].index))}"
    for path, kind in shape:
        item: t.Any = data
        for key in path.split("."):
            if not isinstance(item, dict) or (key not in item and path not in _MAY_LACK):
                return f"it lacks {path}"
            item = item.get(key)
        if not _FITS[kind](item):
            return f"{path} is {described(item)}, not a {kind}{_limit(item)}"
    return ""


def _limit(item: t.Any) -> str:
    """What makes something a misfit although it is of the right kind."""
    if isinstance(item, str) and len(item) > LONGEST_TEXT:
        return f" of at most {LONGEST_TEXT} characters"
    return " of 64 bits" if is_number(item) and item > _HIGHEST else ""


def _is_text(item: t.Any) -> bool:
    return isinstance(item, str) and len(item) <= LONGEST_TEXT


def _misfit_of_device(device: t.Optional[t.Dict[str, t.Any]], shape: t.Sequence[t.Tuple[str, str]]) -> str:
    return "" if device is None else _misfit(device, shape)


def is_number(item: t.Any) -> bool:
    return isinstance(item, int) and not isinstance(item, bool)


def is_natural(item: t.Any) -> bool:
    """Whether it is a number that corosync can have."""
    return is_number(item) and 0 <= item <= _HIGHEST


def are_natural(items: t.Sequence[t.Any]) -> bool:
    """is_natural() of all of them. Quick, as a timeline may have thousands of lists of members."""
    if items and set(map(type, items)) == {int}:
        return bool(min(items) >= 0 and max(items) <= _HIGHEST)
    return all(map(is_natural, items))


def _is_moment(item: t.Any) -> bool:
    try:
        return isinstance(item, str) and seconds_of(item) is not None
    except ValueError:
        return False


def _is_list_of_numbers(item: t.Any) -> bool:
    return isinstance(item, list) and are_natural(item)


def _is_short_list(item: t.Any, fits: t.Callable[[t.Any], bool]) -> bool:
    return isinstance(item, list) and len(item) <= MOST_LINKS and all(map(fits, item))


def _is_link(item: t.Any) -> bool:
    return isinstance(item, dict) and is_number(item.get("link")) and 0 <= item["link"] < MOST_LINKS and isinstance(item.get("connected"), bool)


_FITS: t.Dict[str, t.Callable[[t.Any], bool]] = {
    "number": is_natural,
    "number or null": lambda item: item is None or is_natural(item),
    "boolean": lambda item: isinstance(item, bool),
    "list": lambda item: isinstance(item, list),
    "list of numbers": _is_list_of_numbers,
    "list of numbers or null": lambda item: item is None or _is_list_of_numbers(item),
    "list of texts": lambda item: isinstance(item, list) and all(_is_text(entry) for entry in item),
    "text": _is_text,
    "text or null": lambda item: item is None or _is_text(item),
    "moment or null": lambda item: item is None or _is_moment(item),
    "list of addresses or null": lambda item: item is None or _is_short_list(item, _is_text),
    "list of links or null": lambda item: item is None or _is_short_list(item, _is_link),
    "dictionary or null": lambda item: item is None or isinstance(item, dict),
    "kind of tie-breaker": lambda item: isinstance(item, str) and item in _KINDS_OF_TIE_BREAKER,
}
# The keys of the types in types.py, in the order in which a fault is looked for. A test compares both.
VALUE = (
    ("nodeid", "number"),
    ("quorate", "boolean"),
    ("settled", "boolean"),
    ("ring_id.nodeid", "number"),
    ("ring_id.seq", "number"),
    ("expected_votes", "number"),
    ("total_votes", "number"),
    ("quorum", "number"),
    ("two_node", "boolean"),
    ("wait_for_all.enabled", "boolean"),
    ("wait_for_all.pending", "boolean"),
    ("last_man_standing.enabled", "boolean"),
    ("last_man_standing.window_ms", "number or null"),
    ("auto_tie_breaker.kind", "kind of tie-breaker"),
    ("auto_tie_breaker.nodes", "list of numbers or null"),
    ("auto_tie_breaker.lowest", "number or null"),
    ("auto_tie_breaker.highest", "number or null"),
    ("allow_downscale.enabled", "boolean"),
    ("allow_downscale.ev_barrier", "number or null"),
    ("qdevice", "dictionary or null"),
    ("members", "list of numbers"),
    ("nodes", "list"),
    ("name", "text or null"),
    ("highest_expected", "number"),
    ("flags", "list of texts"),
    ("auto_tie_breaker.enabled", "boolean"),
    ("missing", "list of numbers"),
    ("read_at", "moment or null"),
    ("cluster_name", "text or null"),
    ("cluster_uuid", "text or null"),
)
# A value that was not read by an action has no read_at, and one that an older version has read says nothing of names of clusters, addresses and links.
_MAY_LACK = ("read_at", "cluster_name", "cluster_uuid", "addresses", "links")
NODE = (
    ("nodeid", "number"),
    ("name", "text or null"),
    ("state", "text"),
    ("votes", "number or null"),
    ("expected_votes", "number or null"),
    ("qdevice", "dictionary or null"),
    ("configured_votes", "number or null"),
    ("local", "boolean"),
    ("addresses", "list of addresses or null"),
    ("links", "list of links or null"),
)
DEVICE_FLAGS = (("registered", "boolean"), ("alive", "boolean"), ("cast_vote", "boolean"), ("master_wins", "boolean"))
PROBLEM = ("id", "severity", "message", "advice")
DEVICE = DEVICE_FLAGS + (("name", "text or null"), ("votes", "number"))


def described(item: t.Any) -> str:
    """Something unexpected, in words: `a list`, `the string 'node9'`."""
    if item is None:
        return "nothing (None)"
    if isinstance(item, bool):
        return f"the boolean {str(item).lower()}"
    if isinstance(item, int) and not -_HIGHEST <= item <= _HIGHEST:
        return "a number of more than 64 bits"
    if isinstance(item, (int, float)):
        return f"the number {item}"
    if item == "":
        return "an empty string"
    if isinstance(item, str):
        return f"the string '{printable(item)}'" if len(item) <= 60 else f"a string of {len(item)} characters"
    if isinstance(item, dict):
        return "a dictionary"
    if isinstance(item, (list, tuple)):
        return "a list" if item else "an empty list"
    if type(item).__name__.endswith("Undefined"):
        return "an undefined variable"
    return f"something of type {type(item).__name__}"


def refuse_no_nodes(option: str, nodes: t.Iterable[t.Any]) -> None:
    """Raises ForecastError where an entry of an option is nothing that could name a node."""
    for node in nodes:
        if not names_a_node(node):
            raise ForecastError(f"{option} has {described(node)} where a node name or node id is expected.")


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
