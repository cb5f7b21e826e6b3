# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table and the page about many clusters: that they fit, and say of each cluster what there is to say. tests/browser looks at the page."""

from __future__ import annotations

import html
import pathlib
import re
import time
import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.clusters import clusters
from ansible_collections.corosync.quorum.plugins.plugin_utils._report import fleet as pages
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.fleet import fleet_page
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.table import table
from ansible_collections.corosync.quorum.tests.unit.fakes.fleets import NOT_RUNNING, cluster, fleet, mixed

NOW = time.time()
EVIL = "<b>x</b>{{ 1 }}\x1b[2J\u202e"


def of(results: dict[str, t.Any]) -> t.Any:
    return clusters(results, None, 900, NOW)


def test_the_worst_comes_first_and_each_cluster_is_one_line() -> None:
    lines = table(of(mixed()))
    assert lines[0] == "8 clusters, 29 hosts: 1 split, 1 unknown, 2 degraded, 1 no reserve, 3 ok"
    rows = lines[3:11]
    assert [row.split()[0] for row in rows] == ["split", "unknown", "degraded", "degraded", "no", "ok", "ok", "ok"]
    assert rows[0].split()[1] == "old" and rows[0].endswith("none")
    text = " ".join(" ".join(lines[11:]).split())
    for wanted in (
        "old: Split brain",
        "storage: Not there: storage5",
        "link 1 to san2",
        "vm: Quorate with 3 votes",
        "Of no cluster: 2 hosts",
        "printer returned no votequorum value",
    ):
        assert wanted in text
    assert "web: " not in text


@pytest.mark.parametrize("name", ["web", EVIL, "\u5e93" * 40, "n" * 300])
def test_no_line_is_wider_than_a_terminal(name: str) -> None:
    for line in table(of(mixed(name))):
        assert len(line) <= 100 and line.isprintable()


def test_clusters_of_one_name_are_told_apart_by_a_host() -> None:
    lines = table(of({**cluster("debian", domain=".a"), **cluster("debian", domain=".b", number=2)}))
    assert "debian (debian1.a)" in lines[3] and "debian (debian1.b)" in lines[4]


def test_hosts_of_no_cluster_alone() -> None:
    assert table(of({"a": NOT_RUNNING}))[0] == "No cluster, 1 host"
    assert "Hosts of no cluster" in fleet_page(of({"a": NOT_RUNNING}), NOW, {})


def test_the_page_says_the_same() -> None:
    text = html.unescape(fleet_page(of(mixed()), NOW, {"user": "anna", "controller": "ctl1"}))
    for wanted in (
        "8 clusters, 29 hosts",
        "anna on ctl1",
        "Split brain: old1",
        "If any one node fails: it stays quorate.",
        "quorum may be lost",
        "link 1 down",
    ):
        assert wanted in text
    assert text.count('<section class="card') == 8 and "content-visibility" in text and "class=many" not in text


def test_one_vote_of_very_many_is_still_drawn() -> None:
    votes = {1: 255, 2: 1}
    nodes = [{"nodeid": nodeid, "name": f"web{nodeid}", "votes": count, "state": "member"} for nodeid, count in votes.items()]
    made = pages._bar(t.cast("t.Any", {"nodes": nodes, "total_votes": 256, "expected_votes": 256, "quorum": 129}))
    assert len(made["boxes"]) == 2 and all(box["width"] > 0 for box in made["boxes"])


def test_no_part_of_a_page_is_painted_as_a_phase_of_the_chart() -> None:
    """What CSS fills is inherited: text in a chart would have an outline."""
    folder = pathlib.Path(pages.__file__).parent
    painted = {
        name for rule in re.findall(r"^([^{}@]+)\{([^}]*)\}", (folder / "page.css").read_text("utf-8"), re.M) if "fill:" in rule[1] for name in rule[0].split()
    }
    around = {name for path in folder.glob("*.j2") for name in re.findall(r'<(?:details|section|main|div)[^>]* class="([a-z-]+)', path.read_text("utf-8"))}
    assert around and not {f".{name}" for name in around} & {name.rstrip(",") for name in painted}


def test_names_are_data() -> None:
    text = fleet_page(of(mixed(EVIL)), NOW, {})
    assert "<b>x" not in text and "\x1b" not in text and "\u202e" not in text and "{{ 1 }}" in text


@pytest.mark.slow
def test_a_thousand_hosts_are_a_page_of_less_than_two_megabytes() -> None:
    assert len(fleet_page(of(fleet(200, 5)), NOW, {}).encode("utf-8")) < 2_000_000
