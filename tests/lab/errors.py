# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error the lab raises; its text says what was tried, what came of it and what to do."""

from __future__ import annotations


class LabError(Exception):
    """Something about the lab or this machine is not as it must be."""
