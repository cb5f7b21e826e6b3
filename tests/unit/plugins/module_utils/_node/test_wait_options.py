# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that cannot be right, and what is said of them."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import CONDITIONS
from ansible_collections.corosync.quorum.plugins.module_utils._node.options import LONGEST, OptionError
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_options import ARGUMENT_SPEC, check, with_lists_of_nodes


def options(**given):
    return dict({name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}, **given)


NOT_POSITIVE = "%s must be a number of seconds greater than 0 and at most 31622400 (a year); got %s."
NEGATIVE = "%s must be a number of seconds from 0 to 31622400 (a year); got %s."
NO_NODE = "%s has %s where a node name or node id is expected."
NO_LINK = "links has %s where a link is expected: node (a name or node id) and link (a number from 0 to 7)."
EMPTY = "%s is empty or has an empty entry: leave the option out, or name nodes; got %s."


@pytest.mark.parametrize(
    "given, message",
    [
        ({"timeout": 0}, NOT_POSITIVE % ("timeout", "0")),
        ({"timeout": -1.5}, NOT_POSITIVE % ("timeout", "-1.5")),
        ({"timeout": float("nan")}, NOT_POSITIVE % ("timeout", "nan")),
        ({"timeout": float("inf")}, NOT_POSITIVE % ("timeout", "inf")),
        ({"sleep": 0}, NOT_POSITIVE % ("sleep", "0")),
        ({"connect_timeout": 0}, NOT_POSITIVE % ("connect_timeout", "0")),
        ({"delay": -1}, NEGATIVE % ("delay", "-1")),
        ({"delay": float("nan")}, NEGATIVE % ("delay", "nan")),
        ({"stable_for": -0.1}, NEGATIVE % ("stable_for", "-0.1")),
        ({"stable_for": LONGEST + 1.0}, NEGATIVE % ("stable_for", "3.16224e+07")),
        ({"min_members": 0}, "min_members must be 1 or more; got 0."),
        ({"min_votes": -3}, "min_votes must be 1 or more; got -3."),
        ({"expected_votes": 0}, "expected_votes must be 1 or more; got 0."),
        ({"tolerates": 0}, "tolerates must be 1 or more; got 0."),
        ({"ring_newer_than": -1}, "ring_newer_than must be 0 or more; got -1."),
        ({"links": "some"}, "links is the string 'some', but must be all, or a list of links, each with node and link."),
        ({"links": []}, "links is an empty list, but must be all, or a list of links, each with node and link."),
        ({"links": [{"node": "node1"}]}, NO_LINK % "a dictionary"),
        ({"links": [{"node": "node1", "link": 8}]}, NO_LINK % "a dictionary"),
        ({"links": [{"node": "node1", "link": "²"}]}, NO_LINK % "a dictionary"),
        ({"links": [{"node": "", "link": 0}]}, NO_LINK % "a dictionary"),
        ({"links": ["node1"]}, NO_LINK % "the string 'node1'"),
        ({"links": [{"node": "node1", "link": "5" * 5000}]}, NO_LINK % "a dictionary"),
        ({"members": []}, EMPTY % ("members", "[]")),
        ({"absent": [""]}, EMPTY % ("absent", "['']")),
        ({"quorate_without": []}, EMPTY % ("quorate_without", "[]")),
        ({"members": ["node1", "node2", "node1"]}, "members names a node twice: node1."),
        ({"members": [2, "node1", 2]}, "members names a node twice: 2."),
        ({"members": ["node1", True]}, NO_NODE % ("members", "the boolean true")),
        ({"absent": [1.5]}, NO_NODE % ("absent", "the number 1.5")),
        ({"quorate_without": [{"node1": 1}]}, NO_NODE % ("quorate_without", "a dictionary")),
        ({"quorate_without": [["node1"]]}, NO_NODE % ("quorate_without", "a list")),
        ({"members": [None]}, NO_NODE % ("members", "nothing (None)")),
        ({"members": [2, "b", 1], "absent": [1, 2, "2"]}, "members and absent both name 1, 2: no node can be a member and absent."),
        ({"members": ["b", "a"], "absent": ["a", "b", "c"]}, "members and absent both name a, b: no node can be a member and absent."),
        (
            {"delay": 300},
            "delay (300 s) and stable_for (0 s) are not less than timeout (300 s) together: the wait could never succeed. Set a longer timeout.",
        ),
        (
            {"stable_for": 5, "timeout": 5},
            "delay (0 s) and stable_for (5 s) are not less than timeout (5 s) together: the wait could never succeed. Set a longer timeout.",
        ),
        (
            {"stable_for": 6, "delay": 6, "timeout": 10},
            "delay (6 s) and stable_for (6 s) are not less than timeout (10 s) together: the wait could never succeed. Set a longer timeout.",
        ),
    ],
)
def test_what_is_wrong(given, message):
    with pytest.raises(OptionError) as caught:
        check(options(**given))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"members": ["node1"], "absent": ["node2"], "min_members": 1, "min_votes": 1, "ring_newer_than": 0, "expected_votes": 1},
        {"members": [1, "1", "node2"], "absent": [2]},
        {"timeout": LONGEST, "sleep": 0.01, "connect_timeout": LONGEST},
        {"timeout": 10, "stable_for": 5, "delay": 4.9},
    ],
)
def test_what_is_right(given):
    check(options(**given))


def test_every_condition_is_an_option():
    assert set(CONDITIONS) < set(ARGUMENT_SPEC)
    assert not [name for name in CONDITIONS if "default" in ARGUMENT_SPEC[name]], "a default would take away null"


@pytest.mark.parametrize("name", ["members", "absent", "quorate_without"])
def test_a_node_id_stays_a_number(name):
    """Ansible makes text of a number that is given where a list is expected, and of the entries of a list of text."""
    assert ARGUMENT_SPEC[name] == {"type": "list", "elements": "raw"}
    assert with_lists_of_nodes({name: 3, "msg": 4}) == {name: [3], "msg": 4}
    assert with_lists_of_nodes({name: True}) == {name: [True]}
    for given in ("node1,node2", [1, "2"], None, {"a": 1}):
        assert with_lists_of_nodes({name: given}) == {name: given}
