# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the HTML pages in the documentation, taken by a headless Chromium of pages that the collection's own code makes.

`make pictures` writes them to docs/NAME.png. The data is that of the tests in tests/browser: clusters in many states, an upgrade that went well.
"""

import base64
import pathlib
import tempfile
import time

from browser.chromium import Chromium

from ansible_collections.corosync.quorum.plugins.filter.upgrade_report import upgrade_report
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.clusters import clusters
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.fleet import fleet_page
from ansible_collections.corosync.quorum.tests.unit.fakes.fleets import mixed
from ansible_collections.corosync.quorum.tests.unit.fakes.upgrades import upgrade

from .examples import CHECKOUT

WIDTH = 900


def _report():
    now = time.time()
    return fleet_page(clusters(mixed(), None, 900, now), now, {"user": "anna", "controller": "admin1"})


# name: what makes the page, and how much of its height the picture shows.
PAGES = {"report-page": (_report, 760), "upgrade-page": (lambda: upgrade_report(upgrade()), 760)}


def taken(browser, path, height):
    """The upper part of a page as PNG."""
    browser.show(path, WIDTH, height)
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
    return base64.b64decode(browser.call("Page.captureScreenshot", format="png", clip=clip)["data"])


def main():
    with tempfile.TemporaryDirectory() as folder, Chromium() as browser:
        for name, (make, height) in PAGES.items():
            page = pathlib.Path(folder) / (name + ".html")
            page.write_text(make(), encoding="utf-8")
            path = CHECKOUT / "docs" / (name + ".png")
            path.write_bytes(taken(browser, page, height))
            print(f"wrote {path.relative_to(CHECKOUT)}, {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
