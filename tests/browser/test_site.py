# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation's web pages, as `make docs` renders them: each one fits a phone, no link is broken, and nothing private is in them."""

import html.parser
import os
import subprocess
import sys
import urllib.parse

import pytest
from browser.looks import PICTURES
from docs.examples import CHECKOUT, private_plugins
from run import paths

PHONE, WIDE = 400, 1280
SITE = paths.SCRATCH / "docs/build/html"
# What sticks out of the window on the right, without a bar to scroll it into sight
STICKS_OUT = """
[...document.querySelectorAll("[itemprop=articleBody] *")].filter(e => {
  if (!e.getClientRects().length || e.getBoundingClientRect().right <= document.documentElement.clientWidth + 1) return false;
  for (let p = e.parentElement; p; p = p.parentElement) if (["auto", "scroll"].includes(getComputedStyle(p).overflowX)) return false;
  return true;
}).map(e => e.tagName + " " + e.textContent.trim().slice(0, 60))
"""


class Page(html.parser.HTMLParser):
    """The anchors of a page, and where its links lead."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links = set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors.update(given[name] for name in ("id", "name") if given.get(name))
        self.links += [given[name] for name in ("href", "src") if given.get(name)]


@pytest.fixture(scope="module", name="pages")
def _pages():
    """Every page of the rendered site."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(CHECKOUT / "tests"), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run([sys.executable, "-m", "run.steps.docs"], cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    PICTURES.mkdir(parents=True, exist_ok=True)
    return sorted(path for path in SITE.rglob("*.html") if "_static" not in path.parts)


def test_every_page_fits_a_phone(browser, pages):
    wide = {}
    for page in pages:
        browser.show(page, PHONE)
        wide[page.name] = browser.ask(STICKS_OUT)[:3]
    browser.picture(PICTURES / "site-phone.png")
    assert {name: found for name, found in wide.items() if found} == {}


def test_a_table_can_be_read_on_a_phone_without_scrolling(browser, pages):
    """The one that every reader needs."""
    browser.show(SITE / "index.html", PHONE)
    assert browser.ask("document.querySelector('table').getBoundingClientRect().right") <= PHONE


def test_the_entry_page_leads_to_every_page(browser, pages):
    browser.show(SITE / "index.html", WIDE)
    browser.picture(PICTURES / "site-start.png")
    linked = set(browser.ask("[...document.querySelectorAll('a[href]')].map(a => a.href.split('#')[0])"))
    left_out = {page.name for page in pages if page.as_uri() not in linked} - {"search.html", "genindex.html"}
    assert left_out == set()
    assert browser.ask("document.title").startswith("corosync.quorum")


def test_no_link_within_the_site_is_broken(pages):
    read = {page: Page(page) for page in pages}
    broken = []
    for page, content in read.items():
        for link in content.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else page
            anchor = urllib.parse.unquote(parts.fragment)
            known = read.get(target)
            if not target.exists() or (anchor and known and anchor not in known.anchors):
                broken.append(f"{page.name}: {link}")
    assert sum(len(content.links) for content in read.values()) > 1000
    assert broken == []


def test_nothing_private_is_shown(pages):
    stems = {page.stem for page in pages}
    assert {"votequorum_info_module", "rolling_upgrade_role", "cookbook"} <= stems
    assert [stem for stem in stems if stem.rsplit("_", 1)[0] in private_plugins()] == []


def test_a_page_of_a_role_begins_with_main_and_has_an_example(pages):
    roles = [page for page in pages if page.stem.endswith("_role")]
    assert roles
    for page in roles:
        text = page.read_text(encoding="utf-8")
        entries = [part.split("<", 1)[0] for part in text.split('<span class="pre">Entry point')[1:]]
        first = text.index("entrypoint-main")
        assert all(first <= text.index(anchor) for anchor in ("entrypoint-preflight", "entrypoint-after-start") if anchor in text), (page.name, entries)
        assert ">Example<" in text and "corosync.quorum." + page.stem.removesuffix("_role") in text
