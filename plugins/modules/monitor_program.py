#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: monitor_program
short_description: Install, upgrade or remove the program corosync-quorum
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Private to the role P(corosync.quorum.monitor#role). It may change at any time, so do not use it in a playbook.
  - It takes the variables of the role, compares them with the node, and writes and removes files. It starts and stops nothing.
options:
  phase:
    description: Whether to check the variables and the node and change nothing, or to write and remove files.
    type: str
    required: true
    choices: [plan, apply]
extends_documentation_fragment:
  - corosync.quorum._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
"""

EXAMPLES = r"""
# Private to the role corosync.quorum.monitor.
"""

RETURN = r"""
service:
  description: Whether the service is to run.
  returned: with O(phase=plan)
  type: bool
  sample: true
stop:
  description: Whether the service has to be stopped, because its files are to be written or removed.
  returned: with O(phase=plan)
  type: bool
  sample: false
ready:
  description: Whether the unit of the service is on the node as it is to be.
  returned: with O(phase=plan)
  type: bool
  sample: true
"""
