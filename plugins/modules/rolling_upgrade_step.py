#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rolling_upgrade_step
short_description: Take one step of the upgrade of a node
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Private to the role P(corosync.quorum.rolling_upgrade#role). It may change at any time, so do not use it in a playbook.
  - It drains, stops, upgrades, reboots, starts or undrains the node, and notes that on the node. It stops nothing unless the gate has said yes.
options:
  phase:
    description: Which step.
    type: str
    required: true
    choices: [look, begin, drain, may_stop, stop, may_upgrade, upgrade, may_reboot, reboot, installed, start, undrain, done, refuse]
extends_documentation_fragment:
  - corosync.quorum._attributes
  - corosync.quorum._attributes.no_diff
"""

EXAMPLES = r"""
# Private to the role corosync.quorum.rolling_upgrade.
"""

RETURN = r"""
msg:
  description: Why it refused or failed.
  returned: on failure
  type: str
  sample: "Starting the service corosync failed: Unable to start service corosync."
"""
