# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The type of a `votequorum` value, the check of one that is given, and the value that is made: all three have the same keys."""

import importlib.util
import sys
import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value import shape
from ansible_collections.corosync.quorum.plugins.module_utils._value import types as module
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import reported
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import device, value

if sys.version_info < (3, 10):  # noqa: UP036  (this file runs on managed nodes' Pythons, too)
    pytest.skip("The types are for type checkers, which run on the controller's Python.", allow_module_level=True)

KINDS = {
    int: "number",
    t.Optional[int]: "number or null",  # noqa: UP045  (ansible-test reads this file as a node's Python would)
    bool: "boolean",
    str: "text",
    t.Optional[str]: "text or null",  # noqa: UP045  (likewise)
    t.List[int]: "list of numbers",  # noqa: UP006  (as types.py has it)
    t.Optional[t.List[int]]: "list of numbers or null",  # noqa: UP006,UP045  (likewise)
    t.Optional[t.List[str]]: "list of addresses or null",  # noqa: UP006,UP045  (likewise)
    t.List[str]: "list of texts",  # noqa: UP006  (as types.py has it)
    t.Literal["none", "lowest", "highest", "list"]: "kind of tie-breaker",
}


@pytest.fixture(name="typed")
def fixture_typed(monkeypatch):
    """The types as a type checker sees them: at run time the module is empty."""
    monkeypatch.setattr(t, "TYPE_CHECKING", True)
    spec = importlib.util.spec_from_file_location("typed", module.__file__)
    typed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(typed)
    return typed


def described(typed, kind, prefix=""):
    """What a shape table has to say of this type: (path, kind) of each key. One that may be a dictionary or null is not looked into."""
    found = set()
    for key, hint in t.get_type_hints(kind).items():
        if hint in KINDS:
            found.add((prefix + key, KINDS[hint]))
        elif t.is_typeddict(hint):
            found |= described(typed, hint, prefix + key + ".")
        elif hint == t.Optional[t.List[typed.Link]]:  # noqa: UP006,UP045  (as types.py has it)
            found.add((prefix + key, "list of links or null"))
        elif t.get_origin(hint) is list:
            found.add((prefix + key, "list"))
        else:
            assert type(None) in t.get_args(hint), f"{prefix + key}: {hint}"
            found.add((prefix + key, "dictionary or null"))
    return found


@pytest.mark.parametrize(
    ("name", "table", "added"),
    [
        ("Value", shape.VALUE, {"forecast.tolerates", "forecast.quorate_without", "forecast.as_now.tolerates", "forecast.as_now.quorate_without", "problems"}),
        ("Node", shape.NODE, set()),
        ("DeviceFlags", shape.DEVICE_FLAGS, set()),
        ("Device", shape.DEVICE, set()),
    ],
)
def test_what_is_checked_is_what_the_type_says(typed, name, table, added):
    # Moments are texts that are looked at more closely.
    checked = {(path, kind.replace("moment", "text")) for path, kind in table}
    assert {entry for entry in described(typed, getattr(typed, name)) if entry[0] not in added} == checked
    assert len(table) == len(set(table))


def test_the_types_cost_nothing_at_run_time():
    assert not hasattr(module, "Value")


def test_what_the_tests_use_as_a_value_is_one(typed):
    made = value(qdevice=device())
    assert set(made) | {"forecast"} == set(typed.Value.__annotations__)
    assert set(made["nodes"][0]) == set(typed.Node.__annotations__)
    assert set(made["qdevice"]) == set(typed.Device.__annotations__)
    shape.check(made)


def test_what_is_reported_of_a_value_is_what_the_next_one_is_compared_with(typed):
    assert set(reported(value())) == set(typed.Compared.__annotations__)
