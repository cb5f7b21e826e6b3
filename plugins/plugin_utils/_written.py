# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Files that an action writes on the controller."""

from __future__ import annotations

import os
import tempfile


def write_whole(path: str, text: str) -> None:
    """As a whole, or not at all. Others may write to its folder, as to /tmp: what is written is a new file, under a name that nobody knows before."""
    descriptor, new = tempfile.mkstemp(prefix=".corosync-quorum-", suffix=".new", dir=os.path.dirname(path))
    try:
        # What a command wrote may have bytes that are no text.
        with open(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            os.fchmod(file.fileno(), 0o644)
        os.replace(new, path)
    finally:
        if os.path.exists(new):
            os.remove(new)
