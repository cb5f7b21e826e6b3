# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which events the rules of the rulebooks take, and which of them are one to a throttle. tests/live runs them in a real ansible-rulebook."""

import pathlib
import re
import runpy

import pytest
import yaml
from unit.fakes.votequorum import node, value

RULEBOOKS = pathlib.Path(__file__).resolve().parents[4] / "extensions/eda/rulebooks"
POSTED = runpy.run_path(str(RULEBOOKS.parent / "plugins/event_filter/posted.py"))["main"]
LOST, BACK = "No node may fail any more", "A node may fail again"


class Path:
    """What a condition sees of an event: a path that leads nowhere is null, as in ansible-rulebook's rule engine."""

    def __init__(self, data):
        self._data = data

    def __getattr__(self, name):
        found = self._data.get(name) if isinstance(self._data, dict) else None
        return Path(found) if found is None or isinstance(found, dict) else found

    def __eq__(self, other):
        return self._data == other

    __hash__ = None


def rules(book):
    ((ruleset),) = yaml.safe_load((RULEBOOKS / f"{book}.yml").read_text(encoding="utf-8"))
    return {rule["name"]: rule for rule in ruleset["rules"]}


def takes(rule, event):
    return bool(eval(rule["condition"], {"__builtins__": {}}, {"event": Path(event), "true": True, "false": False}))


def group(rule, event):
    """What an event is one of to the throttle of a rule."""
    return [eval(path, {"__builtins__": {}}, {"event": Path(event)}) for path in rule["throttle"]["group_by_attributes"]]


def told(event, tolerates=0, cluster="node1", node="node1", name="lab", **of_value):
    """An event as the source puts it into the queue, or as a node posts it. tolerates: None for a moment that was over before it could be read."""
    seen = value(cluster_name=name, forecast=None if tolerates is None else {"as_now": {"tolerates": tolerates}}, **of_value)
    meta = {"cluster": cluster, "cluster_quorate": seen["quorate"]}
    return {"event": event, "at": "2026-11-22T10:15:02.123Z", "node": node, "cluster_name": name, "votequorum": seen, "meta": meta}


AWAY = dict(told("corosync_unavailable"), votequorum=None)


@pytest.mark.parametrize(("change", "taken"), [("lost", [LOST]), ("back", [BACK]), (None, [])])
def test_what_the_source_marks_is_told_and_nothing_else(change, taken):
    """Whatever event it is, and each time: a throttle would hide the third of three changes within seconds."""
    for event in (told("reserve_lost"), told("state"), told("node_joined", tolerates=1), AWAY):
        marked = dict(event, meta=dict(event["meta"], **({"reserve_change": change} if change else {})))
        assert [name for name, rule in rules("reserve_lost").items() if takes(rule, marked)] == taken
    assert not any("throttle" in rule for rule in rules("reserve_lost").values())


@pytest.mark.parametrize(
    ("event", "is_taken"),
    [
        (told("reserve_lost"), True),
        (told("reserve_lost", tolerates=None), True),
        (told("reserve_lost", quorate=False), False),
        (told("state"), True),
        (told("state", tolerates=1), False),
        (told("state", quorate=False), False),
        (told("quorum_gained"), True),
        (told("quorum_gained", tolerates=1), False),
        (told("quorum_gained", tolerates=None, settled=False), False),
        (told("state", settled=False), False),
        (told("state", nodes=[node(1), node(2, votes=None), node(3)]), False),
        (told("votes_changed"), False),
        (AWAY, False),
    ],
)
def test_a_node_that_posts_tells_of_a_cluster_that_is_quorate_without_a_reserve_however_it_came_to_that(event, is_taken):
    taken = POSTED({"payload": event})
    assert takes(rules("webhook")[LOST], taken) == is_taken
    assert not takes(rules("webhook")[BACK], taken)


def test_of_what_a_node_posts_only_the_same_event_is_one():
    """It posts an event again if the answer was lost. Else people are told lost, back, and not the third that comes within ten seconds."""
    rule = rules("webhook")[LOST]
    event = told("reserve_lost")
    assert group(rule, event) == group(rule, told("reserve_lost"))
    assert all(group(rule, event) != group(rule, other) for other in (told("state"), dict(event, at="2026-11-22T10:15:03.123Z"), told("state", node="node2")))
    assert rules("webhook")[BACK]["throttle"] == rule["throttle"]


@pytest.mark.parametrize("book", ["quorum_lost", "stop_upgrade"])
def test_clusters_of_one_name_are_not_one_to_a_throttle(book):
    for rule in rules(book).values():
        assert group(rule, told("quorum_lost", cluster="node1")) != group(rule, told("quorum_lost", cluster="node7"))


def test_nodes_of_one_cluster_are():
    for rule in rules("stop_upgrade").values():
        assert group(rule, told("quorum_lost", node="node1")) == group(rule, told("quorum_lost", node="node2"))


def test_nodes_that_post_are_not_as_nobody_knows_of_which_cluster_they_are():
    for rule in rules("webhook").values():
        assert group(rule, told("quorum_lost", node="node1")) != group(rule, told("quorum_lost", node="node2"))
        assert "meta" not in str(rule["throttle"]), "the filter leaves none of it"


def test_what_throttles_group_by_is_a_path_to_a_text_or_a_number():
    """The rule engine takes any path, but not one that an event of the rule does not have: all such events would be one."""
    for path in RULEBOOKS.glob("*.yml"):
        for rule in (rule for rule in rules(path.stem).values() if "throttle" in rule):
            assert all(re.fullmatch(r"event(\.[a-z_]+)+", one) for one in rule["throttle"]["group_by_attributes"])
            assert all(isinstance(one, (str, int)) for one in group(rule, told("quorum_lost")))
