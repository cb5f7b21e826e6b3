# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: no other code may rely on it.

from __future__ import annotations


class ModuleDocFragment:
    # Attributes that every module of the collection states for itself
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  platform:
    description: Target operating systems that can be operated against.
    support: full
    platforms: posix
    details: Linux nodes that run corosync 2.4.2 or newer.
"""

    # Modules that only look
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: This module does not change anything.
  diff_mode:
    support: N/A
    details: This module does not change anything.
"""

    # Modules that show no differences
    NO_DIFF = r"""
options: {}
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
"""

    # Members of the module defaults group
    ACTIONGROUP_QUORUM = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/corosync.quorum.quorum) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - corosync.quorum.quorum
"""
