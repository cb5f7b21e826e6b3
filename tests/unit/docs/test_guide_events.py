# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of the guide "Reacting to quorum events" are those of the code: each event, its keys, and the parts of the value that it changes."""

import pathlib
import re

import yaml

from ansible_collections.corosync.quorum.plugins.module_utils._value import timeline
from ansible_collections.corosync.quorum.plugins.module_utils._value.events import PARTS, Teller, parts_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._eda.views import OWN
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

SOURCE = pathlib.Path(__file__).resolve().parents[3] / "extensions/eda/plugins/event_source/votequorum.py"
PAGE = pathlib.Path(__file__).resolve().parents[3].joinpath("docs/docsite/rst/guide_events.rst").read_text(encoding="utf-8")
# What the controller tells of a wait, and the marks of a watch's record
OTHERS = {"watch_ended"}


def table(after):
    """The rows of the first table behind this text, without its header: the texts of the columns."""
    rows = PAGE.split(after, 1)[1].split("  * - ")[2:]
    found = []
    for row in rows:
        body, end, _rest = row.partition("\n\n")
        found.append([column.strip() for column in re.split(r"\n    -", body)])
        if end:
            return found
    return found


def words(text):
    return re.findall(r"``(\w+)``", text)


def test_every_event_of_a_node_is_in_the_table_in_the_order_in_which_they_are_told():
    rows = table("The events\n----------")
    assert [words(name)[0] for name, *_rest in rows] == list(PARTS)
    assert {words(name)[0]: tuple(words(parts)) for name, _when, parts in rows if name != "``votes_changed``"} == {
        event: parts for event, parts in PARTS.items() if event != "votes_changed"
    }


def test_the_vocabulary_has_no_other_events():
    names = {text for name, text in vars(timeline).items() if name.isupper() and isinstance(text, str)}
    assert names - OTHERS == {*PARTS, *OWN}
    assert {words(name)[0] for name, _when in table("The event source for Event-Driven Ansible adds")} == OWN


def test_every_argument_of_the_event_source_is_in_the_table():
    rows = table("These are the arguments of the source")
    documented = yaml.safe_load(SOURCE.with_suffix(".yaml").read_text(encoding="utf-8"))["DOCUMENTATION"]["options"]
    assert {name for names, _meaning in rows for name in words(names)} == set(documented)
    assert set(documented["hosts"]["suboptions"]) <= set(words(PAGE.split("These are the arguments", 1)[1].split("What to know", 1)[0]))


def test_every_rulebook_is_in_the_table():
    names = {f"corosync.quorum.{path.stem}" for path in SOURCE.parents[2].joinpath("rulebooks").glob("*.yml")}
    assert {re.findall("``(.+?)``", name)[0] for name, _what in table("The collection has four rulebooks")} == names


def test_every_key_of_an_event_is_in_the_table():
    told = []
    teller = Teller(None, "host1", told.append)
    teller.add_value(1.0, value())
    teller.add_marker(2.0, "corosync_unavailable", "timeout", "x")
    assert {words(key)[0] for key, _meaning in table("What an event is\n")} == {*told[0], *told[1], "dropped"}


def test_every_part_of_the_value_is_in_the_table():
    assert sorted(part for name, _meaning in table("The parts of the value in") for part in words(name)) == sorted(parts_of(value()))
