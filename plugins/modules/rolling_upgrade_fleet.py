#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rolling_upgrade_fleet
short_description: Find out which clusters a rolling upgrade has, and in which rounds they go
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Private to the playbook C(corosync.quorum.rolling_upgrade). It may change at any time, so do not use it in a playbook of your own.
  - It contacts no host. It fails if no cluster can be upgraded.
options:
  point:
    description: What to do. V(judge) all clusters, once for the play, or take what is this host's V(own).
    type: str
    required: true
    choices: [judge, own]
  groups:
    description: The groups of the inventory that the playbook was given.
    type: raw
  at_once:
    description: How many clusters go side by side, empty for the default.
    type: raw
extends_documentation_fragment:
  - corosync.quorum._attributes
  - corosync.quorum._attributes.no_diff
"""

EXAMPLES = r"""
# Private to the playbook corosync.quorum.rolling_upgrade.
"""

RETURN = r"""
msg:
  description: Why no cluster can be upgraded.
  returned: on failure
  type: str
  sample: "This cluster cannot be upgraded now, and nothing was changed."
"""
