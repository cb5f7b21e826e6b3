# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as text: what it says, that it is well-formed and needs nothing, and what it refuses. tests/browser looks at it."""

from __future__ import annotations

import copy
import html.parser
import re

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.filter.quorum_losses import FilterModule as Losses
from ansible_collections.corosync.quorum.plugins.filter.upgrade_report import FilterModule as Report
from ansible_collections.corosync.quorum.plugins.plugin_utils._report import words
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import T0, at, mark, seen
from ansible_collections.corosync.quorum.tests.unit.fakes.upgrades import HOSTILE, failed, hostile, upgrade

quorum_losses = Losses().filters()["quorum_losses"]
upgrade_report = Report().filters()["upgrade_report"]
VOID = {"meta", "link", "br"}
DRAWN = {"path", "rect", "circle"}


class Page(html.parser.HTMLParser):
    """A page's texts, elements and ids. AssertionError where an element is not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.texts, self.elements, self.ids, self._open = [], [], [], []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in DRAWN
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open[-1:] != ["style"] and data.strip():
            self.texts.append(" ".join(data.split()))

    @property
    def text(self):
        return " ".join(self.texts)


def page(given):
    text = upgrade_report(given)
    assert isinstance(text, str) and not hasattr(text, "__html__"), "text, and no markup of Jinja's"
    read = Page(text)
    assert len(read.ids) == len(set(read.ids)), "an id is there twice"
    named = [name for _tag, attributes in read.elements for key in ("aria-labelledby",) if key in attributes for name in attributes[key].split()]
    assert set(named) <= set(read.ids)
    return read


def addresses(read):
    return [value for _tag, attributes in read.elements for name, value in attributes.items() if name in ("src", "href", "action", "data", "srcset")]


def test_an_upgrade_that_went_well():
    read = page(upgrade())
    for wanted in (
        "Rolling upgrade of corosync",
        "Cluster storage",
        "Quorum was kept",
        "All 3 nodes were upgraded one after the other",
        "1 min 24 s",
        "3 of 3 done",
        "3, one node in each",
        "corosync 3.1.7-1",
        "3.1.9-2",
        "node2 left. 2 votes, 2 needed: quorate.",
        "admin.example.com",
        "corosync stopped",
        "done, upgraded",
        "begins with preflight",
        "No node that was up lost quorum.",
    ):
        assert wanted in read.text, wanted
    assert "lost quorum at" not in read.text
    assert [attributes["viewbox"].split()[2] for tag, attributes in read.elements if tag == "svg" and "chart" in attributes.get("class", "")] == ["1120", "360"]


def test_an_upgrade_that_failed():
    read = page(failed())
    for wanted in (
        "Quorum was lost",
        "lost quorum at",
        "for 7.0 s: 1 vote, 2 needed (node1).",
        "node3 did not come back within 120 s.",
        "two_node is on. Turn it off.",
        "upgrade failed after 9.5 s: " + HOSTILE,
        "quorum lost, node2 left. 1 vote, 2 needed: not quorate.",
        "not known",
        "not back",
        "Quorum was lost 1 time.",
    ):
        assert wanted in read.text, wanted


def test_losses_that_the_verdict_leaves_out_are_shown_and_count():
    given = failed()
    given["verdict"] = {"kept": True, "sentence": "All is well."}
    read = page(given)
    assert "Quorum was lost" in read.texts
    assert "What the nodes recorded says otherwise, and counts." in read.text
    assert read.text.count("lost quorum at") == 1


def test_a_node_that_failed_is_no_good_verdict():
    given = upgrade()
    given["nodes"][2]["result"] = "failed"
    assert "Quorum was kept, but node3 failed" in page(given).texts


def test_text_is_text():
    read = page(hostile())
    assert not {"script", "img"} & {tag for tag, _attributes in read.elements}
    assert not [name for _tag, attributes in read.elements for name in attributes if name.startswith("on")]
    assert HOSTILE in read.texts
    assert "'49" not in read.text


@pytest.mark.parametrize("given", [upgrade(), failed(), hostile(), upgrade(16), {"nodes": []}])
def test_nothing_is_loaded(given):
    text = upgrade_report(given)
    assert addresses(page(given)) == ["data:,"]
    assert not re.search(r"url\(|@import|<script|<iframe|<object", text.split("</style>", maxsplit=1)[0])
    assert "default-src 'none'" in text


@pytest.mark.parametrize(
    "given, wanted",
    [
        ({"nodes": []}, ["Not judged", "No node was named.", "there is nothing to draw", "Nothing was recorded."]),
        ({"nodes": [{"name": "node1"}]}, ["node1", "untouched"]),
        ({"nodes": [], "started": at(0)}, ["it did not come to its end"]),
        ({"nodes": [], "timelines": {"node1": [seen(0, "start", [1, 2, 3], 8, 2)]}}, ["the watch begins. 3 votes, 2 needed: quorate.", "3 votes"]),
        ({"nodes": [], "timelines": {"node1": [mark(0, "corosync_unavailable")]}}, ["corosync cannot be read", "not known"]),
        ({"nodes": [{"name": "node1", "phases": [{"phase": "upgrade", "started": at(0)}]}]}, ["upgrade began, and was not seen to end", "not finished"]),
        (
            {"nodes": [{"name": "n", "phases": [{"phase": "gate", "started": at(0), "ended": at(0), "result": "failed", "detail": "2 votes, 2 needed."}]}]},
            ["gate failed after 0.0 s: 2 votes, 2 needed."],
        ),
        ({"nodes": [{"name": "node1"}], "offsets": {"node1": 1.5}}, ["node1"]),
        ({"nodes": [{"name": "node1", "from": {"corosync": "1"}, "to": {"corosync": "1", "new": "2"}}]}, ["corosync 1", "new not installed"]),
        ({"nodes": [], "batches": [["a.x", "b.x"], ["c.x"]], "spare": 1}, ["a, b · c", "Spare failures 1"]),
    ],
)
def test_what_is_missing_is_left_out(given, wanted):
    read = page(given)
    for text in wanted:
        assert text in read.text, text


def test_a_page_does_not_grow_without_an_end():
    timeline = [seen(0, "start", [1, 2, 3], 8, 2)]
    for number in range(1, 3000, 2):
        timeline += [seen(number, "quorum_lost", [1], 8 + number, 2), seen(number + 1, "quorum_gained", [1, 2], 9 + number, 2)]
    read = page({"nodes": [{"name": name, "nodeid": 1} for name in ("node1", "node2")], "timelines": {"node1": timeline, "node2": timeline}})
    assert "And 2950 more." in read.text
    assert "more events are not shown." in read.text
    assert "Votes against quorum as a table, the first 400" in read.text
    assert len(read.elements) < 8000


def test_a_clock_that_was_set_back_meanwhile():
    assert "node1 stop 09:04:20.0 0.0 s ok" in page({"nodes": [{"name": "node1", "phases": [dict(PHASE, started=at(5), ended=at(2))]}]}).text


def test_times_are_on_the_controllers_clock():
    given = upgrade(offsets={"node1": 3600})
    text = page(given).text
    assert words.exact(T0 + 3600.3) in text
    assert words.exact(T0 + 0.3) in text


def spoilt(**changes):
    given = copy.deepcopy(upgrade())
    given.update(changes)
    return given


def spoilt_node(**changes):
    given = spoilt()
    given["nodes"][1].update(changes)
    return given


PHASE = {"phase": "stop", "started": at(1), "ended": at(2)}


@pytest.mark.parametrize(
    "given, message",
    [
        (None, "The report must be a dictionary, but is nothing (None)."),
        ({}, "The report has no key 'nodes': it must have a list of nodes. It has: nothing."),
        ({"title": "x"}, "The report has no key 'nodes': it must have a list of nodes. It has: title."),
        (spoilt(nodes={}), "nodes must be a list, but is"),
        (spoilt(title=["x"]), "title must be text, but is a list."),
        (spoilt(started="soon"), "started must be a moment in UTC such as '2026-11-22T10:15:02.123Z', but is the string 'soon'."),
        (spoilt(spare="1"), "spare must be a whole number, but is the string '1'."),
        (spoilt(batches=["node1"]), "An entry of batches must be a list, but is the string 'node1'."),
        (spoilt(verdict="good"), "verdict must be a dictionary, but is the string 'good'."),
        (spoilt(verdict={"kept": "yes"}), "verdict.kept must be true or false, but is the string 'yes'."),
        (spoilt(verdict={"losses": [{}]}), "verdict.losses[0] has no 'at': a loss must be as corosync.quorum.quorum_losses returns it."),
        (spoilt(timelines=[1]), "timelines must be a dictionary, but is a list."),
        (spoilt(timelines={"node1": [1]}), "timelines: Entry 1 of the timeline of node1 must be a dictionary"),
        (spoilt(nodes=["node1"]), "nodes[0] must be a dictionary, but is the string 'node1'."),
        (spoilt(nodes=[{}]), "nodes[0] has no name: each node must have one."),
        (spoilt_node(result="ok"), "nodes[1] (node2).result must be one of upgraded, unchanged, failed, running, untouched, but is the string 'ok'."),
        (spoilt_node(phases=[dict(PHASE, phase="reinstall")]), "nodes[1] (node2).phases[0].phase must be one of preflight, gate,"),
        (spoilt_node(phases=[dict(PHASE, started=None)]), "nodes[1] (node2).phases[0] has no 'started'"),
        (spoilt_node(phases=[dict(PHASE, result="done")]), "nodes[1] (node2).phases[0].result must be one of ok, failed, running, but is"),
        (spoilt_node(**{"from": "3.1.7"}), "nodes[1] (node2).from must be a dictionary, but is the string '3.1.7'."),
    ],
)
def test_what_is_no_report_is_named(given, message):
    with pytest.raises(AnsibleFilterError) as refused:
        upgrade_report(given)
    assert ("corosync.quorum.upgrade_report: " + message) in str(refused.value)


def test_losses_are_plain_data():
    assert quorum_losses(failed()["timelines"]) == failed()["verdict"]["losses"]
    assert quorum_losses(upgrade()["timelines"], offsets={"node1": 1}) == []
    with pytest.raises(AnsibleFilterError, match="corosync.quorum.quorum_losses: The timelines must be a dictionary"):
        quorum_losses([])


@pytest.mark.parametrize("seconds, text", [(0, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (3720, "1 h 02 min")])
def test_durations(seconds, text):
    assert words.duration(seconds) == text
