# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the playbook report in a real browser, as that of an upgrade. Pictures of it are left in .cache/report."""

import time

import pytest
from browser.looks import SCHEMES, WIDTHS, as_files, readable_on_every_screen, requests

from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.clusters import clusters
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.fleet import fleet_page
from ansible_collections.corosync.quorum.tests.unit.fakes.fleets import fleet, mixed

EVIL = "<script>alert(1)</script>{{ 1 }}\u202e"
PAGES = {
    "mixed": mixed(),
    "hostile": mixed(name=EVIL),
    "long": mixed(name="a-very-long-name-of-a-cluster-that-nobody-can-read"),
    "thousand": fleet(200, 5),
}


@pytest.fixture(scope="module", name="files")
def _files(tmp_path_factory):
    """The pages as files."""
    now = time.time()
    texts = {name: fleet_page(clusters(given, None, 900, now), now, {"user": "anna", "controller": "ctl1"}) for name, given in PAGES.items()}
    return as_files(tmp_path_factory.mktemp("pages"), texts)


@pytest.mark.parametrize("name", ["mixed", "hostile", "long"])
def test_it_fits_every_screen_and_can_be_read(browser, files, name):
    assert len(list(readable_on_every_screen(browser, files[name], f"fleet-{name}"))) == len(WIDTHS) * len(SCHEMES)


def test_text_of_a_node_is_shown_as_it_is_and_asks_for_nothing(browser, files):
    browser.show(files["hostile"], 1280)
    assert browser.ask("document.querySelectorAll('script, img').length") == 0
    assert requests(browser) == [files["hostile"].as_uri()]


def test_two_hundred_clusters_are_a_small_page_that_is_quick(browser, files):
    assert files["thousand"].stat().st_size < 2_000_000
    browser.show(files["thousand"], 1280)
    assert browser.ask("document.querySelectorAll('.card').length") == 200
    jump = "(() => { const begun = performance.now(); window.scrollTo(0, document.body.scrollHeight); document.body.getBoundingClientRect(); "
    assert browser.ask(jump + "return performance.now() - begun; })()") < 2000
