# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which stages a run has."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Sequence

from .stage import Stage

# Several stages under one name: `make check` is the verdict on a change within a minute.
SETS = {"check": ("unit", "types", "python-3.6", "ruff", "format", "lint")}


def chosen(stages: Sequence[Stage], patterns: Sequence[str]) -> tuple[list[Stage], list[Stage]]:
    """The stages to run, and those left out because they run only where a pattern names them."""
    if not patterns:
        return [stage for stage in stages if not stage.on_request], [stage for stage in stages if stage.on_request]
    names = [stage.name for stage in stages]
    wanted = [name for pattern in patterns for name in SETS.get(pattern, (pattern,))]
    for pattern in wanted:
        if not fnmatch.filter(names, pattern):
            sys.exit(f"No stage is called {pattern}. There are: {', '.join(names)}; and sets of stages: {', '.join(SETS)}")
    return [stage for stage in stages if any(fnmatch.fnmatch(stage.name, pattern) for pattern in wanted)], []
