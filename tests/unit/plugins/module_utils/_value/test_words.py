# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One vote is `1 vote`."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count


@pytest.mark.parametrize(("number", "words"), [(0, "0 votes"), (1, "1 vote"), (2, "2 votes")])
def test_count(number, words):
    assert count(number, "vote") == words
