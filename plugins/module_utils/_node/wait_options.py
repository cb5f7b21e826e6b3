# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The options of wait_for_quorum: one argument spec for its action and its module, and the checks that a spec cannot express."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import COUNTS_ON, EITHER, QDEVICE_STATES
from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError, positive_seconds, seconds
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import names_a_node
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import described

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
_NODE_LISTS = ("members", "absent", "quorate_without")


def check(options: t.Mapping[str, t.Any]) -> None:
    """Raise OptionError for a value that can be seen to be wrong without asking any node."""
    for name in ("timeout", "sleep", "connect_timeout"):
        positive_seconds(name, options[name])
    for name in ("delay", "stable_for"):
        seconds(name, options[name])
    for name, least in _LEAST.items():
        if options[name] is not None and options[name] < least:
            raise OptionError(f"{name} must be {least} or more; got {options[name]}.")
    for name in _NODE_LISTS:
        _check_nodes(name, options[name])
    both = [node for node in options["members"] or [] if node in (options["absent"] or [])]
    if both:
        raise OptionError(f"members and absent both name {', '.join(sorted(map(str, both)))}: no node can be a member and absent.")
    delay, stable_for, timeout = options["delay"], options["stable_for"], options["timeout"]
    if delay + stable_for >= timeout:
        raise OptionError(
            f"delay ({delay:g} s) and stable_for ({stable_for:g} s) leave nothing of timeout ({timeout:g} s): the wait could never end well. "
            "Give it a longer timeout."
        )


def with_lists_of_nodes(options: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """The options, with a single number where a list of nodes is expected as a list: of a number alone, Ansible would make text."""
    return {name: [given] if name in _NODE_LISTS and isinstance(given, (int, float)) else given for name, given in options.items()}


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
