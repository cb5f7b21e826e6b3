# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""upgrade_report's page in a real browser: on wide and narrow screens, light and dark. Pictures of it are left in .cache/report."""

import pytest
from browser.looks import CONTRASTS, SCHEMES, as_files, readable_on_every_screen, requests

from ansible_collections.corosync.quorum.plugins.filter.upgrade_report import upgrade_report
from ansible_collections.corosync.quorum.tests.unit.fakes.many import pages
from ansible_collections.corosync.quorum.tests.unit.fakes.upgrades import HOSTILE, failed, gates, hostile, refused, upgrade

PAGES = {
    "kept": upgrade(),
    "lost": failed(),
    "hostile": hostile(),
    "gates": gates(),
    "refused": refused(),
    "nine": upgrade(9, name="pve%d.rack7.example.com"),
    "long": upgrade(2, name="a-very-long-name-of-a-host-that-nobody-can-read-%d"),
    "empty": {"nodes": []},
    "begun": {"nodes": [{"name": "node1"}]},
}

# The edges of bars and the lines against the card, which tell a picture's parts from each other
EDGES = (
    CONTRASTS.split("  const found", maxsplit=1)[0]
    + r"""
  return [...document.querySelectorAll(".chart .bar, .chart .votes-line, .chart .needed-line, .chart .loss-edge")]
    .filter(e => e.getClientRects().length)
    .map(e => [e.getAttribute("class"), contrast(over(channels(getComputedStyle(e).stroke), behind(e)), behind(e))]);
})()
"""
)

# Texts of the chart that overlap, or stick out of it
COLLISIONS = r"""
(() => {
  const chart = [...document.querySelectorAll(".chart")].find(e => e.getClientRects().length);
  if (!chart) return [];
  const frame = chart.getBoundingClientRect();
  const boxes = [...chart.querySelectorAll("text")].map(e => [e.firstChild.textContent, e.getBoundingClientRect()]);
  const found = boxes.filter(([, b]) => b.left < frame.left - 1 || b.right > frame.right + 1 || b.bottom > frame.bottom + 1)
    .map(([text]) => "outside: " + text);
  boxes.forEach(([one, a], place) => boxes.slice(place + 1).forEach(([other, b]) => {
    if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3) found.push(one + " / " + other);
  }));
  return found;
})()
"""


@pytest.fixture(scope="module", name="files")
def _files(tmp_path_factory):
    """The pages as files."""
    return as_files(
        tmp_path_factory.mktemp("pages"),
        {**{name: upgrade_report(given) for name, given in PAGES.items()}, **pages()},
    )


@pytest.mark.parametrize("name", [*PAGES, "many-mixed", "many-well"])
def test_it_fits_every_screen_and_can_be_read(browser, files, name):
    for where in readable_on_every_screen(browser, files[name], name):
        assert browser.ask(COLLISIONS) == [], where
        assert [edge for edge in browser.ask(EDGES) if edge[1] < 3] == [], where


@pytest.mark.parametrize("name", [*PAGES, "many-mixed", "many-well"])
def test_it_asks_for_nothing_and_complains_of_nothing(browser, files, name):
    browser.show(files[name], 1280)
    assert requests(browser) == [files[name].as_uri()]
    complaints = [event for event in browser.events if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown", "Page.javascriptDialogOpening")]
    assert complaints == []


def test_the_two_schemes_differ(browser, files):
    seen = {}
    for scheme in SCHEMES:
        browser.show(files["kept"], 1280, scheme=scheme)
        seen[scheme] = browser.ask(
            "[document.body, document.querySelector('section'), document.querySelector('.verdict h2')]"
            ".map(e => getComputedStyle(e).backgroundColor + getComputedStyle(e).color)"
        )
    assert all(light != dark for light, dark in zip(seen["light"], seen["dark"]))


@pytest.mark.parametrize("width, chart", [(1280, "wide"), (400, "narrow")])
def test_one_chart_is_shown_and_told(browser, files, width, chart):
    browser.show(files["lost"], width)
    assert browser.ask("[...document.querySelectorAll('.chart')].filter(e => e.getClientRects().length).map(e => e.classList[1])") == [chart]
    announced = browser.call("Accessibility.getFullAXTree")["nodes"]
    pictures = [node for node in announced if node["role"]["value"] in ("image", "img") and not node["ignored"]]
    assert len(pictures) == 1
    assert "Quorum was lost 1 time." in pictures[0]["name"]["value"]
    headings = [node["name"]["value"] for node in announced if node["role"]["value"] == "heading" and not node["ignored"]]
    assert headings == ["Rolling upgrade of corosync", "Quorum was lost, and node3 failed", "Votes and phases over time", "Nodes", "Events"]


def test_text_of_a_node_is_shown_as_it_is(browser, files):
    browser.show(files["hostile"], 1280)
    assert browser.ask("document.title") == f"{HOSTILE}: {HOSTILE}"
    assert browser.ask("document.querySelectorAll('script, img').length") == 0
    assert browser.ask("document.querySelector('h1').textContent") == HOSTILE


def test_what_a_reader_looks_for_is_in_the_first_screen(browser, files):
    browser.show(files["lost"], 1280)
    shown = browser.ask("[...document.querySelectorAll('.verdict')].map(e => [e.getBoundingClientRect().bottom, e.innerText])")[0]
    assert shown[0] < 900
    for text in ("Quorum was lost", "node1 lost quorum at", "node3 did not come back within 120 s."):
        assert text in shown[1], text
