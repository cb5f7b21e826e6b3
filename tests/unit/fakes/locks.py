# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of a node elsewhere than in /var/lib."""

from ansible_collections.corosync.quorum.plugins.module_utils._node import lock


def lock_is_at(path, monkeypatch):
    """From now on the lock of this node is this file."""
    for name in ("read", "seen", "take", "give_back", "request_stop", "held"):
        function = getattr(lock, name)
        function = getattr(function, "__wrapped__", function)
        monkeypatch.setattr(function, "__defaults__", tuple(path if default == lock.LOCK else default for default in function.__defaults__))
