# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the runner reads and writes."""

from __future__ import annotations

import os
import pathlib

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]

# In the checkout, ignored by git: gone with `make clean`.
SCRATCH = CHECKOUT / ".cache"
LOGS = SCRATCH / "logs"
DIST = CHECKOUT / "dist"


def shared() -> pathlib.Path:
    """The folder for what is dear to make and the same for every checkout: environments of other Pythons and ansible-cores."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return pathlib.Path(home).expanduser() / "corosync.quorum"
