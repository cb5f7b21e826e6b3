# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""upgrade_report's page in a real browser: on wide and narrow screens, light and dark. Pictures of it are left in .cache/report."""

import pathlib

import pytest
from browser.chromium import Chromium, why_not

from ansible_collections.corosync.quorum.plugins.filter.upgrade_report import upgrade_report
from ansible_collections.corosync.quorum.tests.unit.fakes.upgrades import HOSTILE, failed, hostile, upgrade

PICTURES = pathlib.Path(__file__).resolve().parents[2] / ".cache/report"
WIDTHS = (1280, 760, 400, 320)
SCHEMES = ("light", "dark")
PAGES = {
    "kept": upgrade(),
    "lost": failed(),
    "hostile": hostile(),
    "nine": upgrade(9, name="pve%d.rack7.example.com"),
    "long": upgrade(2, name="a-very-long-name-of-a-host-that-nobody-can-read-%d"),
    "empty": {"nodes": []},
    "begun": {"nodes": [{"name": "node1"}]},
}

# Every text that is seen, with its contrast to what is behind it, as WCAG counts it: [text, contrast, size, bold]. What is behind a text in the
# chart is what of the chart is painted below its middle.
CONTRASTS = r"""
(() => {
  const channels = colour => colour.match(/[\d.]+/g).map(Number);
  const over = (top, below) => { const a = top.length > 3 ? top[3] : 1; return [0, 1, 2].map(i => top[i] * a + below[i] * (1 - a)); };
  const light = colour => { const [r, g, b] = colour.map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                            return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const page = channels(getComputedStyle(document.body).backgroundColor);
  const behind = element => {
    const chain = [];
    for (let e = element; e; e = e.parentElement) chain.unshift(e);
    return chain.reduce((below, e) => e instanceof SVGElement ? below : over(channels(getComputedStyle(e).backgroundColor), below), page);
  };
  const inside = (shape, x, y) => {
    const matrix = shape.getScreenCTM().inverse(), point = new DOMPoint(x, y).matrixTransform(matrix);
    return shape.isPointInFill(point);
  };
  const painted = text => {
    const box = text.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    let colour = behind(text);
    for (const shape of text.closest("svg").querySelectorAll("rect, circle, path.area, path.loss, text")) {
      if (shape === text) break;
      if (shape.tagName === "text" || !inside(shape, x, y)) continue;
      const style = getComputedStyle(shape), fill = channels(style.fill);
      colour = over([fill[0], fill[1], fill[2], (fill.length > 3 ? fill[3] : 1) * Number(style.fillOpacity)], colour);
    }
    return colour;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element.getClientRects().length || ["title", "desc", "style"].includes(element.tagName.toLowerCase())) continue;
    const style = getComputedStyle(element), svg = element instanceof SVGElement;
    const ink = over(channels(svg ? style.fill : style.color), svg ? painted(element) : behind(element));
    const ground = svg ? painted(element) : behind(element);
    found.push([node.textContent.trim().slice(0, 60), contrast(ink, ground), parseFloat(style.fontSize), style.fontWeight >= 600]);
  }
  return found;
})()
"""
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
# Elements that stick out of the window on the right
OUTSIDE = """
[...document.querySelectorAll("body *")].filter(e => e.getClientRects().length && e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .map(e => e.tagName + "." + (e.getAttribute("class") || ""))
"""
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

if why_not():
    pytest.skip(why_not(), allow_module_level=True)


@pytest.fixture(scope="module", name="browser")
def _browser():
    with Chromium() as browser:
        yield browser


@pytest.fixture(scope="module", name="files")
def _files(tmp_path_factory):
    """The pages as files."""
    folder = tmp_path_factory.mktemp("pages")
    files = {name: folder / (name + ".html") for name in PAGES}
    for name, path in files.items():
        path.write_text(upgrade_report(PAGES[name]), encoding="utf-8")
    PICTURES.mkdir(parents=True, exist_ok=True)
    return files


@pytest.mark.parametrize("name", PAGES)
def test_it_fits_every_screen_and_can_be_read(browser, files, name):
    for width in WIDTHS:
        for scheme in SCHEMES:
            browser.show(files[name], width, scheme=scheme)
            where = f"{name}, {width} pixels, {scheme}"
            assert browser.ask("document.documentElement.scrollWidth") <= width, where
            assert browser.ask(OUTSIDE) == [], where
            assert browser.ask(COLLISIONS) == [], where
            pale = [text for text in browser.ask(CONTRASTS) if text[1] < (3 if text[2] >= 24 or text[2] >= 18.66 and text[3] else 4.5)]
            assert pale == [], where
            assert [edge for edge in browser.ask(EDGES) if edge[1] < 3] == [], where
            if width in (1280, 400):
                browser.picture(PICTURES / (f"{name}-{width}-{scheme}.png"))


@pytest.mark.parametrize("name", PAGES)
def test_it_asks_for_nothing_and_complains_of_nothing(browser, files, name):
    browser.show(files[name], 1280)
    requests = [event["params"]["request"]["url"] for event in browser.events if event.get("method") == "Network.requestWillBeSent"]
    assert [url for url in requests if not url.startswith("data:")] == [files[name].as_uri()]
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
    assert headings == ["Rolling upgrade of corosync", "Quorum was lost", "Votes and phases over time", "Nodes", "Events"]


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
