# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Sentences of modules that are shown in another host's task. Pure.

A module on node1 says "corosync is not running on this node". In a task of node6, which asks node1, that would be said of node6.
"""

from __future__ import annotations

import re

_ITSELF = re.compile(r"\b[Tt]his (?:node|host)\b")


def named(host: str, text: str) -> str:
    """The same sentence with the name of the host that says it."""
    return _ITSELF.sub(lambda dummy: host, text)
