# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A browser for the tests of pages, where this machine has one."""

import pytest
from browser.chromium import Chromium, why_not


@pytest.fixture(scope="session", name="browser")
def _browser():
    if why_not():
        pytest.skip(why_not())
    with Chromium() as browser:
        yield browser
