#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: quorum_report
short_description: Show which nodes of which clusters may be stopped now
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Private to the playbook C(corosync.quorum.report). It may change at any time, so do not use it in a playbook of your own.
  - With O(point=show) it prints a table and writes the page and the data on the controller. It contacts no host.
  - With O(point=ask) it reads quorum and the lock of one host.
options:
  point:
    description: What to do.
    type: str
    choices: [ask, show]
    required: true
  hosts:
    description: All hosts of the play.
    type: list
    elements: str
  html:
    description: The path of the page on the controller, empty for none.
    type: raw
  json:
    description: The path of the data on the controller, empty for none.
    type: raw
  fail_on:
    description: The verdicts with which it fails, a list.
    type: raw
extends_documentation_fragment:
  - corosync.quorum._attributes
  - corosync.quorum._attributes.no_diff
"""

EXAMPLES = r"""
# Private to the playbook corosync.quorum.report.
"""

RETURN = r"""
msg:
  description: What was written, and why it failed.
  returned: always
  type: str
  sample: "Written: /var/www/quorum.html."
"""
