# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Whether something given is a `votequorum` value, and words for what it is instead. Pure."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import names_a_node

_KINDS_OF_TIE_BREAKER = ("none", "lowest", "highest", "list")


class ForecastError(Unusable):
    """A question that has no answer: a node that is not there, nobody left, a value that is not ours. The message says what to do."""


def check(value: t.Any) -> None:
    """Raises ForecastError where this is not a `votequorum` value."""
    if not isinstance(value, dict):
        raise ForecastError(
            f"{capital(described(value))} was given where a votequorum value is expected: what corosync.quorum.votequorum_info returns under "
            "'votequorum', or wait_for_quorum leaves as ansible_facts['votequorum']."
        )
    if "quorum" not in value and isinstance(value.get("votequorum"), dict):
        raise ForecastError("A whole task result was given where its votequorum value is expected: pass what it has under 'votequorum'.")
    if "quorum" not in value and (value.get("failed") or value.get("unreachable") or value.get("available") is False):
        raise ForecastError(
            "The result of a task that could not read votequorum was given where a votequorum value is expected; it said: %s"
            % (value.get("msg") or value.get("reason") or "nothing")
        )
    fault = _fault(value)
    if fault:
        raise ForecastError(
            f"The dictionary given is not a votequorum value that this version of corosync.quorum can use: {fault}. "
            "Read it again with corosync.quorum.votequorum_info of this version."
        )


def _fault(value: t.Dict[str, t.Any]) -> str:
    """What is wrong with it, empty if nothing is."""
    fault = _misfit(value, VALUE)
    if fault:
        return fault
    for node in value["nodes"]:
        fault = f"it is {described(node)}" if not isinstance(node, dict) else _misfit(node, NODE) or _misfit_of_device(node["qdevice"], DEVICE_FLAGS)
        if fault:
            return f"of an entry of nodes, {fault}"
    if not value["members"]:
        return "it has no members"
    entries = [node["nodeid"] for node in value["nodes"]]
    strangers = [nodeid for nodeid in value["members"] if nodeid not in entries]
    if strangers:
        return f"nodes says nothing of member {described(strangers[0])}"
    if value["nodeid"] not in value["members"]:
        return f"the node asked, {value['nodeid']}, is not among its members"
    return _misfit_of_device(value["qdevice"], DEVICE)


def _misfit(data: t.Dict[str, t.Any], shape: t.Sequence[t.Tuple[str, str]]) -> str:
    lacks = [path for path, dummy in shape if path.split(".")[0] not in data]
    if lacks:
        return f"it lacks {', '.join(sorted({path.split('.')[0] for path in lacks}, key=[path.split('.')[0] for path, dummy in shape].index))}"
    for path, kind in shape:
        item: t.Any = data
        for key in path.split("."):
            if not isinstance(item, dict) or key not in item:
                return f"it lacks {path}"
            item = item[key]
        if not _FITS[kind](item):
            return f"{path} is {described(item)}, not a {kind}"
    return ""


def _misfit_of_device(device: t.Optional[t.Dict[str, t.Any]], shape: t.Sequence[t.Tuple[str, str]]) -> str:
    return _misfit(device, shape) if device else ""


def is_number(item: t.Any) -> bool:
    return isinstance(item, int) and not isinstance(item, bool)


def _is_natural(item: t.Any) -> bool:
    return is_number(item) and item >= 0


_FITS: t.Dict[str, t.Callable[[t.Any], bool]] = {
    "number": _is_natural,
    "number or null": lambda item: item is None or _is_natural(item),
    "boolean": lambda item: isinstance(item, bool),
    "list": lambda item: isinstance(item, list),
    "list of numbers": lambda item: isinstance(item, list) and all(_is_natural(entry) for entry in item),
    "list of texts": lambda item: isinstance(item, list) and all(isinstance(entry, str) for entry in item),
    "text": lambda item: isinstance(item, str),
    "text or null": lambda item: item is None or isinstance(item, str),
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
    ("auto_tie_breaker.nodes", "list of numbers"),
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
)
NODE = (
    ("nodeid", "number"),
    ("name", "text or null"),
    ("state", "text"),
    ("votes", "number or null"),
    ("expected_votes", "number or null"),
    ("qdevice", "dictionary or null"),
    ("configured_votes", "number or null"),
    ("local", "boolean"),
)
DEVICE_FLAGS = (("registered", "boolean"), ("alive", "boolean"), ("cast_vote", "boolean"), ("master_wins", "boolean"))
DEVICE = DEVICE_FLAGS + (("name", "text or null"), ("votes", "number"))


def described(item: t.Any) -> str:
    """Something unexpected, in words: `a list`, `the string 'node9'`."""
    if item is None:
        return "nothing (None)"
    if isinstance(item, bool):
        return f"the boolean {str(item).lower()}"
    if isinstance(item, (int, float)):
        return f"the number {item}"
    if item == "":
        return "an empty string"
    if isinstance(item, str):
        return f"the string '{item}'" if len(item) <= 60 else f"a string of {len(item)} characters"
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
