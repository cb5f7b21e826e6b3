#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rolling_upgrade_gate
short_description: Ask whether a step of a rolling upgrade may be taken
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Private to the role P(corosync.quorum.rolling_upgrade#role). It may change at any time, so do not use it in a playbook.
  - It asks hosts of the cluster, judges what they say, and fails with the reasons.
options:
  point:
    description: Which gate.
    type: str
    required: true
    choices: [input, ask, survey, preflight, lock, give_back, not_begun, refused, before_stop, after_start, not_back, finish, finished]
  asked:
    description: The host that is asked in this item of a loop.
    type: str
  state:
    description: What is so if the gate refuses, in a sentence.
    type: str
  again:
    description: Whether this gate was asked before for the same node, so that something was done to the node already.
    type: bool
    default: false
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
  sample: "Refused to stop node2: no host that stays can be logged in to."
"""
