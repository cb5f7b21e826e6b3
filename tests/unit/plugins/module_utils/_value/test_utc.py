# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments as text and as numbers."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of, utc


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1795511055.1234, "2026-11-24T09:04:15.123Z"),
        (0.0009, "1970-01-01T00:00:00.000Z"),
        (0.9999999, "1970-01-01T00:00:01.000Z"),
    ],
)
def test_text(seconds, text):
    assert utc(seconds) == text
    assert seconds_of(text) == pytest.approx(seconds, abs=0.001)
    assert utc(seconds_of(text)) == text


@pytest.mark.parametrize("text", ["2026-11-24T09:04:15Z", "2026-11-24 09:04:15+00:00", "2026-11-24T09:04:15.000000Z"])
def test_other_ways_to_write_it(text):
    assert seconds_of(text) == 1795511055


@pytest.mark.parametrize("text", ["", "now", "2026-11-24T09:04:15", "2026-11-24T09:04:15+01:00", "2026-13-24T09:04:15Z"])
def test_anything_else_is_no_moment(text):
    with pytest.raises(ValueError, match="is no moment in UTC"):
        seconds_of(text)
