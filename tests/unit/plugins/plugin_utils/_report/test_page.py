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
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.given import NODE_RESULTS
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


def test_who_saw_it_is_said_in_few_words():
    read = page(upgrade(16))
    for wanted in ("all 16 nodes the watch begins", "the 15 others node1 left. 15 votes", "node1 corosync stopped"):
        assert wanted in read.text, wanted
    assert "node2, node3" not in read.text
    given = upgrade(6)
    given["timelines"]["node6"] = given["timelines"]["node6"][:1]
    assert "node2, node3, node4 and 1 more" not in page(given).text and "node2, node3, node4 and node5" in page(given).text


def test_who_ran_it_where_and_when():
    read = page(upgrade(2, user="anna"))
    assert "Ended 2026-" in read.text and "Run by anna on admin.example.com" in read.text


def test_nodes_are_in_the_order_in_which_they_were_taken():
    given = upgrade(3)
    given["nodes"] = [*given["nodes"][::-1], {"name": "untouched"}]
    assert read_nodes(given) == ["node1", "node2", "node3", "untouched"]


def read_nodes(given):
    return [
        row.split("<", maxsplit=1)[0].strip()
        for row in upgrade_report(given).split('data-label="Node"><span>')
        if "badge badge-" in row.split("</tr>", maxsplit=1)[0]
    ]


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


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ({"kept": True}, "No node that was up lost quorum."),
        ({"kept": False, "gaps": [{"node": "node1", "why": "no"}]}, "Nobody knows whether quorum was kept."),
        ({}, "No loss of quorum is recorded."),
    ],
)
def test_the_chart_in_words_says_no_more_than_the_verdict(verdict, words):
    assert words in page(dict(upgrade(), verdict=verdict)).text


def test_losses_that_the_verdict_leaves_out_are_shown_and_count():
    given = failed()
    given["verdict"] = {"kept": True, "sentence": "All is well."}
    read = page(given)
    assert "Quorum was lost, and node3 failed" in read.texts
    assert "What the nodes recorded says otherwise, and counts." in read.text
    assert read.text.count("lost quorum at") == 1


def test_a_node_that_failed_is_no_good_verdict():
    given = upgrade()
    given["nodes"][2]["result"] = "failed"
    assert "Quorum was kept, but node3 failed" in page(given).texts


def card(given):
    return upgrade_report(given).split('<section class="verdict ', maxsplit=1)[1].split("</section>", maxsplit=1)[0]


def test_what_the_run_said_as_it_stopped_and_the_cause_are_in_the_card():
    given = upgrade()
    given["nodes"][2].update(result="failed", phases=[dict(PHASE, phase="upgrade", result="failed", detail="Upgrade the packages: the disk is full")])
    given["stopped"] = "Stopped because node3 failed.\nFix node3 and run the playbook again."
    for wanted in ("bad", "<b>node3</b>: upgrade failed: Upgrade the packages: the disk is full", "<p>Fix node3 and run the playbook again.</p>"):
        assert wanted in card(given)
    given["stopped"] += " Upgrade the packages: the disk is full"
    assert "upgrade failed: Upgrade" not in card(given)


@pytest.mark.parametrize(
    "changes, word",
    [
        ({}, "Quorum was kept"),
        ({"stopped": "It is not as before."}, "Quorum was kept, but the run stopped"),
        ({"stopped": "No.", "verdict": {}}, "The run stopped"),
        ({"stopped": "No.", "verdict": {}, "nodes": [{"name": "node1"}]}, "The upgrade did not begin"),
        ({"nodes": [{"name": "node1", "result": "refused"}]}, "Quorum was kept, but node1 may not be stopped"),
        ({"verdict": {"kept": False, "gaps": [{"node": "node1", "why": "no"}]}}, "Nobody knows whether quorum was kept"),
        ({"verdict": {"kept": False, "gaps": [{"node": "a", "why": "no"}]}, "nodes": [{"name": "a", "result": "failed"}]}, "was kept, and a failed"),
        ({"verdict": {}, "nodes": [{"name": "node1", "result": "failed"}]}, "node1 failed"),
        ({"verdict": {}}, "Not judged"),
    ],
)
def test_the_words_of_the_verdict(changes, word):
    assert any(text.endswith(word) for text in page(upgrade(**changes)).texts), word


def starting(*more):
    """node1 is restarted: alone it has no quorum to lose."""
    alone = [mark(10, "corosync_unavailable", reason="not_running"), mark(12, "corosync_available"), seen(12, "quorum_lost", [1], 12, 2, left=[2, 3])]
    return [seen(0, "state", [1, 2, 3], 8, 2), *alone, seen(13, "quorum_gained", [1, 2, 3], 16, 2, joined=[2, 3]), *more]


def lines(given):
    """(kind, text) of each event on the page."""
    return re.findall(r'<tr class="event-(\w+)">.*?data-label="What"><span>(.*?)</span>', upgrade_report(given), re.DOTALL)


def test_a_node_that_starts_has_not_joined_yet_and_has_lost_nothing():
    lost = [seen(20, "quorum_lost", [1], 20, 2, left=[2, 3]), seen(21, "quorum_gained", [1, 2, 3], 24, 2, joined=[2, 3])]
    given = {"nodes": [{"name": "node1", "nodeid": 1}], "timelines": {"node1": starting()}, "verdict": {"kept": True}}
    assert lines(given)[1:] == [
        ("note", "corosync stopped"),
        ("note", "corosync can be read again"),
        ("note", "starting, not yet joined. 1 vote, 2 needed: not quorate."),
        ("change", "joined the cluster. 3 votes, 2 needed: quorate."),
    ]
    at_once = [*starting()[:-2], seen(13, "node_restarted", [1, 2, 3], 16, 2)]
    given["timelines"] = {"node1": at_once}
    assert lines(given)[-1] == ("change", "joined the cluster. 3 votes, 2 needed: quorate.")
    given["timelines"] = {"node1": starting(*lost)}
    assert lines(given)[-2:] == [
        ("lost", "quorum lost, node id 2 and node id 3 left. 1 vote, 2 needed: not quorate."),
        ("gained", "quorum gained, node id 2 and node id 3 joined. 3 votes, 2 needed: quorate."),
    ]


def test_what_counts_as_a_loss_is_one_in_the_list_too():
    """As of a node that was to stay, whose corosync went down."""
    loss = {"node": "node1", "at": at(10), "until": at(13), "total_votes": None, "quorum": None, "members": []}
    given = {"nodes": [{"name": "node1", "nodeid": 1}], "timelines": {"node1": starting()}, "verdict": {"kept": False, "losses": [loss]}}
    assert [text for kind, text in lines(given) if kind == "lost"] == ["corosync stopped"]


def row(given, name):
    """The texts of a node's row in the table of nodes."""
    rows = upgrade_report(given).split('<h2 id="nodes">', maxsplit=1)[1].split("<tr>")
    return Page("<tr>" + next(text for text in rows if f"<span>{name}" in text).split("</tr>", maxsplit=1)[0] + "</tr>").texts


def test_how_long_a_node_was_out_is_what_the_others_recorded():
    """Not its phases, which last from before its stop until it has been back for some time."""
    given = upgrade()
    assert row(given, "node2")[-2:] == ["27 s", "14 s"]
    given["nodes"][1]["phases"] = given["nodes"][1]["phases"][6:]  # the rest was in an interrupted run
    assert row(given, "node2")[-1] == "14 s"
    del given["timelines"]
    assert row(given, "node2")[-1] == "–"
    assert row(upgrade(timelines={}), "node2")[-1] == "at most 20 s"


def test_a_node_that_was_out_since_an_earlier_run_was_out_since_then():
    early = [seen(-100, "state", [1, 2, 3], 4, 2), seen(-60, "node_left", [1, 3], 6, 2, left=[2])]
    later = [seen(0, "state", [1, 3], 6, 2), seen(10, "node_joined", [1, 2, 3], 8, 2, joined=[2])]
    given = {"nodes": [{"name": "node2", "nodeid": 2}], "timelines": {"node1": later}, "verdict": {"kept": True}}
    assert row(given, "node2")[-1] == "at least 10 s"
    given["earlier"] = [{"run": "0123456789abcdef", "timelines": {"node1": early}}]
    assert row(given, "node2")[-1] == "1 min 10 s"
    given["earlier"][0]["timelines"]["node1"] = [*early, mark(-50, "watch_ended")]
    assert row(given, "node2")[-1] == "at least 10 s"
    given["earlier"][0]["timelines"]["node1"] = [*early, seen(-40, "node_joined", [1, 2, 3], 8, 2, joined=[2])]
    given["timelines"]["node1"] = [seen(0, "state", [1, 2, 3], 8, 2)]
    assert row(given, "node2")[-1] == "–", "what was over before is none of this run"


def test_all_packages_that_changed_and_those_first():
    given = upgrade()
    before = dict({f"lib{number}": "1" for number in range(12)}, corosync="3.1.7", zoo="1")
    given["nodes"][0].update({"from": before, "to": dict(dict.fromkeys(before, "2"), zoo="1", new="7")})
    found = " ".join(row(given, "node1"))
    assert "corosync 3.1.7 → 2" in found and "new not installed → 7" in found and "and 8 more" in found
    assert found.index("zoo 1") > found.index("new not installed") > found.index("lib9 1")
    del given["nodes"][0]["to"]["lib3"]
    assert "lib3 1 → removed" in " ".join(row(given, "node1"))


def test_a_node_that_was_rebooted_too():
    given = upgrade()
    given["nodes"][0]["phases"].insert(5, dict(PHASE, phase="reboot"))
    assert "upgraded, rebooted" in row(given, "node1") and "upgraded" in row(given, "node2")
    given["nodes"][1]["result"] = "rebooted"
    assert "rebooted" in row(given, "node2") and "3 of 3 done" in page(given).text


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
        ({"nodes": [], "timelines": {"node1": [seen(0, "state", [1, 2, 3], 8, 2)]}}, ["the watch begins. 3 votes, 2 needed: quorate.", "3 votes"]),
        ({"nodes": [], "timelines": {"node1": [mark(0, "corosync_unavailable")]}}, ["corosync cannot be read", "not known"]),
        ({"nodes": [{"name": "node1", "phases": [{"phase": "upgrade", "started": at(0)}]}]}, ["upgrade began, and was not seen to end", "not finished"]),
        (
            {"nodes": [{"name": "n", "phases": [{"phase": "gate", "started": at(0), "ended": at(0), "result": "failed", "detail": "2 votes, 2 needed."}]}]},
            ["gate failed after 0.0 s: 2 votes, 2 needed."],
        ),
        ({"nodes": [{"name": "node1"}], "offsets": {"node1": 1.5}}, ["node1"]),
        ({"nodes": [{"name": "node1", "from": {"corosync": "1"}, "to": {"corosync": "1", "new": "2"}}]}, ["corosync 1", "new not installed"]),
        ({"nodes": [], "batches": [["a.x", "b.x"], ["c.x"]], "spare": 1}, ["a, b · c", "Extra failures allowed 1"]),
    ],
)
def test_what_is_missing_is_left_out(given, wanted):
    read = page(given)
    for text in wanted:
        assert text in read.text, text


def test_a_page_does_not_grow_without_an_end():
    timeline = [seen(0, "state", [1, 2, 3], 8, 2)]
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
        (spoilt(spare=10**5000), "spare must be a whole number, but is a number of more than 64 bits."),
        (spoilt(batches=["node1"]), "An entry of batches must be a list, but is the string 'node1'."),
        (spoilt(verdict="good"), "verdict must be a dictionary, but is the string 'good'."),
        (spoilt(verdict={"kept": "yes"}), "verdict.kept must be true or false, but is the string 'yes'."),
        (spoilt(verdict={"losses": [{}]}), "verdict.losses[0] has no 'at': a loss must be as corosync.quorum.quorum_losses returns it."),
        (spoilt(timelines=[1]), "timelines must be a dictionary, but is a list."),
        (spoilt(timelines={"node1": [1]}), "timelines: Entry 1 of the timeline of node1 must be a dictionary"),
        (spoilt(nodes=["node1"]), "nodes[0] must be a dictionary, but is the string 'node1'."),
        (spoilt(nodes=[{}]), "nodes[0] has no name: each node must have one."),
        (spoilt_node(result="ok"), f"nodes[1] (node2).result must be one of {', '.join(NODE_RESULTS)}, but is the string 'ok'."),
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


@pytest.mark.slow
def test_a_page_has_a_bounded_size_and_says_what_is_left_out():
    timeline = [
        seen(number, "quorum_lost" if number % 2 else "quorum_gained", range(1, 1 if number % 2 else 301), number, 200, joined=list(range(300)))
        for number in range(4_500)
    ]
    nodes = [{"name": f"{number}-" + "n" * 4096, "nodeid": number} for number in range(1, 1201)]
    read = page({"nodes": nodes, "timelines": {"1": timeline}, "problems": ["p" * 10**6] * 1000, "batches": [[node["name"] for node in nodes]]})
    assert sum(map(len, read.texts)) < 5_000_000 and len(read.elements) < 20_000
    for wanted in (
        "700 more nodes are not shown.",
        "And 900 more.",
        "Of 3 changes in a row it shows the one that was nearest to the loss of quorum.",
        "4100 more events are not shown.",
        "And 2200 more.",
        "and 268 more joined",
        "At the least there were 0 votes",
    ):
        assert wanted in read.text, wanted


@pytest.mark.parametrize("votes", [5, 5_000_000, 2**64 - 1])
def test_any_number_of_votes_is_drawn(votes):
    read = page({"nodes": [{"name": "node1", "nodeid": 1}], "timelines": {"node1": [dict(seen(0, "state", [1], 1, 1), total_votes=votes)]}})
    assert f"{votes} votes" in read.text


def test_what_turns_the_direction_of_writing_is_an_escape():
    read = page({"nodes": [{"name": "node\u202e1\x1b", "nodeid": 1}], "timelines": {"node\u202e1\x1b": [seen(0, "state", [1], 1, 1)]}})
    assert "node\\u202e1\\x1b" in read.text and "\u202e" not in read.text
