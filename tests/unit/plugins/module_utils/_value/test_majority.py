# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic of a majority, and the 8 bits in which corosync keeps it."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value.majority import needed_of, quorum_of


@pytest.mark.parametrize(("votes", "needed", "quorum"), [(1, 1, 1), (2, 2, 2), (3, 2, 2), (4, 3, 3), (509, 255, 255), (510, 256, 0), (600, 301, 45)])
def test_more_than_half(votes, needed, quorum):
    assert (needed_of(votes), quorum_of(votes)) == (needed, quorum)


@pytest.mark.parametrize(("members", "quorum"), [(1, 1), (2, 1), (3, 2), (None, 2)])
def test_two_node(members, quorum):
    assert quorum_of(2 if members != 3 else 3, members) == quorum
