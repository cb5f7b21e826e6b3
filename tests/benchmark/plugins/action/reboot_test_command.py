# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of ansible.builtin.reboot without the reboot: its own loop runs its own `test_command` with its own back-off."""

from __future__ import annotations

from ansible.plugins.action.reboot import ActionModule as Reboot
from ansible.plugins.action.reboot import TimedOutException

# What reboot would learn of the nodes from their facts
NODES = {"name": "debian", "version": "12", "family": "debian"}


class ActionModule(Reboot):
    """Options: test_command, reboot_timeout."""

    def run(self, tmp=None, task_vars=None):
        result = super(Reboot, self).run(tmp, task_vars)
        try:
            self.do_until_success_or_timeout(
                action=self.run_test_command,
                action_desc="post-reboot test command",
                distribution=NODES,
                reboot_timeout=int(self._task.args["reboot_timeout"]),
                action_kwargs={},
            )
        except TimedOutException as exc:
            return dict(result, failed=True, msg=str(exc))
        return dict(result, changed=False)
