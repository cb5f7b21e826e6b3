#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rolling_upgrade_report
short_description: Read the records of a rolling upgrade, judge them, and write the report
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Private to the role P(corosync.quorum.rolling_upgrade#role). It may change at any time, so do not use it in a playbook.
  - It fails if quorum was lost, or if a host of the play has failed.
options:
  point:
    description: What to do.
    type: str
    required: true
    choices: [begun, read, failed, so_far, finish, not_as_before, note]
  asked:
    description: The host whose record is read in this item of a loop.
    type: str
  state:
    description:
      - Whether recording continues or ends.
      - With V(finished) the host also forgets that it is done, and gives back the lock of the run, before recording ends.
    type: str
    choices: [read, stopped, finished]
  how:
    description: How the run has ended for this cluster, which is one of many.
    type: str
    choices: [not_begun, failed, lost, not_as_before]
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
  sample: "Stopped because node2 failed. Later nodes were not touched. Fix node2 and run the playbook again; it resumes there."
"""
