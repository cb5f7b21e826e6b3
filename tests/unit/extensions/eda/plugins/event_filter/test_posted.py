# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event filter for what nodes post: the same event as from the source, or none."""

import pathlib
import runpy

import pytest
from unit.fakes.votequorum import node, value

FILTER = pathlib.Path(__file__).resolve().parents[6] / "extensions/eda/plugins/event_filter/posted.py"
POSTED = {
    "event": "quorum_lost",
    "at": "2026-11-22T10:15:02.123Z",
    "node": "node1",
    "nodeid": 1,
    "cluster_name": "lab",
    "nodes": [],
    "changed": {},
    "votequorum": value(),
    "dropped": 2,
}
META = {"endpoint": "quorum", "headers": {"Host": "{{ 7 }}"}, "source": {"name": "posted", "type": "eda.builtin.webhook"}, "uuid": "x"}


@pytest.fixture(name="posted", scope="module")
def _posted():
    return runpy.run_path(str(FILTER))["main"]


def test_what_was_posted_takes_the_place_of_the_event(posted):
    assert posted({"payload": POSTED, "meta": META}) == dict(POSTED, meta={"source": META["source"], "uuid": "x", "reserve": None})
    assert posted({"payload": POSTED}) == dict(POSTED, meta={"reserve": None})


def test_a_node_cannot_say_on_which_hosts_playbooks_run(posted):
    assert posted({"payload": dict(POSTED, meta={"hosts": ["localhost"]}), "meta": META})["meta"] == {"source": META["source"], "uuid": "x", "reserve": None}


@pytest.mark.parametrize(
    ("of_value", "reserve"),
    [
        ({}, 0),
        ({"tolerates": 1}, 1),
        ({"settled": False}, None),
        ({"nodes": [node(1), node(2, votes=None), node(3)]}, None),
        ({"nodes": [node(1), node(2, configured_votes=None), node(3)]}, None),
        ({"forecast": None}, None),
        ({"settled": False, "quorate": False}, 0),
    ],
)
def test_a_reserve_that_nobody_knows_is_none(posted, of_value, reserve):
    """Where a forecast promises nothing, its number is 0."""
    forecast = {"as_now": {"tolerates": of_value.pop("tolerates", 0)}}
    assert posted({"payload": dict(POSTED, votequorum=value(**{"forecast": forecast, **of_value}))})["meta"] == {"reserve": reserve}


def test_where_corosync_is_away_there_is_no_reserve(posted):
    assert posted({"payload": dict(POSTED, event="corosync_unavailable", votequorum=None)})["meta"] == {"reserve": None}


def test_text_is_no_template(posted):
    assert posted({"payload": dict(POSTED, node="{{ 7 }}")})["node"] == "{ { 7 }}"


@pytest.mark.parametrize("event", [{}, {"payload": None}, {"payload": "x"}, {"payload": {"event": "state"}}, {"payload": dict(POSTED, __ansible_vault="x")}])
def test_what_is_no_event_is_refused(posted, event):
    with pytest.raises(Exception, match="it is JSON, but no event|is missing or wrong|it has the key '__ansible_vault'"):
        posted(event)
