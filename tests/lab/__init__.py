# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real corosync clusters on one machine: see README.md in this folder."""

from .cluster import Cluster
from .errors import LabError
from .host import prepare, why_not
from .lab import Lab, private_lab
from .node import Node
from .pacemaker import Pacemaker

__all__ = ["Cluster", "Lab", "LabError", "Node", "Pacemaker", "prepare", "private_lab", "why_not"]
