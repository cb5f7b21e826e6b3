# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The options of wait_for_quorum: one argument spec for its action and its module, and the checks that a spec cannot express."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import ALL, COUNTS_ON, EITHER, NODE_LISTS, QDEVICE_STATES
from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError, positive_seconds, seconds
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import names_a_node
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import MOST_LINKS, described

# quorate has no default here although omitting it means true: a default would take away null, which means "do not care".
ARGUMENT_SPEC: t.Dict[str, t.Dict[str, t.Any]] = {
    "quorate": {"type": "bool"},
    "members": {"type": "list", "elements": "raw"},
    "absent": {"type": "list", "elements": "raw"},
    "min_members": {"type": "int"},
    "min_votes": {"type": "int"},
    "expected_votes": {"type": "int"},
    "quorate_without": {"type": "list", "elements": "raw"},
    "tolerates": {"type": "int"},
    "forecast_qdevice": {"type": "str", "choices": list(COUNTS_ON), "default": EITHER},
    "qdevice": {"type": "str", "choices": list(QDEVICE_STATES)},
    "ring_newer_than": {"type": "int"},
    "links": {"type": "raw"},
    "stable_for": {"type": "float", "default": 0},
    "timeout": {"type": "float", "default": 300},
    "delay": {"type": "float", "default": 0},
    "sleep": {"type": "float", "default": 1},
    "connect_timeout": {"type": "float", "default": 5},
    "msg": {"type": "str"},
    "progress": {"type": "bool", "default": True},
}

# The least that makes sense of each number
_LEAST = {"min_members": 1, "min_votes": 1, "expected_votes": 1, "tolerates": 1, "ring_newer_than": 0}


def check(options: t.Mapping[str, t.Any]) -> None:
    """Raise OptionError for a value that can be seen to be wrong without asking any node."""
    for name in ("timeout", "sleep", "connect_timeout"):
        positive_seconds(name, options[name])
    for name in ("delay", "stable_for"):
        seconds(name, options[name])
    for name, least in _LEAST.items():
        if options[name] is not None and options[name] < least:
            raise OptionError(f"{name} must be {least} or more; got {options[name]}.")
    for name in NODE_LISTS:
        _check_nodes(name, options[name])
    _check_links(options["links"])
    both = [node for node in options["members"] or [] if node in (options["absent"] or [])]
    if both:
        raise OptionError(f"members and absent both name {', '.join(sorted(map(str, both)))}: no node can be a member and absent.")
    delay, stable_for, timeout = options["delay"], options["stable_for"], options["timeout"]
    if delay + stable_for >= timeout:
        raise OptionError(
            f"delay ({delay:g} s) and stable_for ({stable_for:g} s) are not less than timeout ({timeout:g} s) together: the wait could never succeed. "
            "Set a longer timeout."
        )


def with_lists_of_nodes(options: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """The options, with a single number where a list of nodes is expected as a list: of a number alone, Ansible would make text."""
    return {name: [given] if name in NODE_LISTS and isinstance(given, (int, float)) else given for name, given in options.items()}


def _check_nodes(name: str, nodes: t.Optional[t.List[t.Any]]) -> None:
    if nodes is None:
        return
    if not nodes or "" in nodes:
        raise OptionError(f"{name} is empty or has an empty entry: leave the option out, or name nodes; got {nodes!r}.")
    for node in nodes:
        if not names_a_node(node):
            raise OptionError(f"{name} has {described(node)} where a node name or node id is expected.")
    twice = sorted({str(node) for node in nodes if nodes.count(node) > 1})
    if twice:
        raise OptionError(f"{name} names a node twice: {', '.join(twice)}.")


def _check_links(given: t.Any) -> None:
    if given is None or given == ALL:
        return
    if not isinstance(given, (list, tuple)) or not given:
        raise OptionError(f"links is {described(given)}, but must be all, or a list of links, each with node and link.")
    for entry in given:
        if not isinstance(entry, dict) or set(entry) != {"node", "link"} or not names_a_node(entry["node"]) or not _is_link(entry["link"]):
            raise OptionError(
                f"links has {described(entry)} where a link is expected: node (a name or node id) and link (a number from 0 to {MOST_LINKS - 1})."
            )


def _is_link(given: t.Any) -> bool:
    text = str(given)
    return not isinstance(given, bool) and text.isdecimal() and len(text) < 10 and int(text) < MOST_LINKS
