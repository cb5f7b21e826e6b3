# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of the demo: a headline for each act, what was changed, what was said, and everything that failed. Nothing else."""

import time

from ansible import constants
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: story
type: stdout
short_description: The demo as a story
description: Prints a headline for each play, and of its tasks only those that changed something, said something or failed.
"""

GATE = "corosync.quorum.rolling_upgrade_gate"
# What these return as msg is for people.
SPEAKING = ("ansible.builtin.debug", "corosync.quorum.rolling_upgrade_report")


class CallbackModule(CallbackBase):
    """Keeps what the hosts say in one task until the task is over, so that what they say alike is one line."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "story"

    def __init__(self):
        super().__init__()
        self.began = time.monotonic()
        self.acts, self.play, self.headline = 0, "", ""
        self.task, self.said = "", {}

    def v2_playbook_on_play_start(self, play):
        self._tell()
        if play.get_name() != self.play:  # the batches of an upgrade are plays of one name
            self.play = self.headline = play.get_name()

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._tell()
        self.task = task.get_name().rpartition(" : ")[2]
        if task.action == "corosync.quorum.wait_for_quorum":
            self._begin_act()  # its own lines come before its result

    def v2_playbook_on_handler_task_start(self, task):
        self.v2_playbook_on_task_start(task, False)

    def v2_runner_on_ok(self, result):
        if "results" not in result._result:
            self._hear(result)

    def v2_runner_item_on_ok(self, result):
        self._hear(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if "results" not in result._result and not ignore_errors:
            self._keep(result, f"FAILED: {self.task}. {result._result.get('msg', '')}", constants.COLOR_ERROR)

    def v2_runner_item_on_failed(self, result):
        self.v2_runner_on_failed(result)

    def v2_runner_on_unreachable(self, result):
        self.v2_runner_on_failed(result)

    def v2_playbook_on_stats(self, stats):
        self._tell()

    def _hear(self, result):
        """Keep what a host said, or what was changed there."""
        said, action = result._result, result._task.action
        if action in SPEAKING and said.get("msg"):
            for text in self._lines(said["msg"]):
                self._keep(result, text, constants.COLOR_OK)
        elif action == GATE and said.get("gate"):
            self._keep(result, self._answer(**said["gate"]), constants.COLOR_OK)
        elif said.get("changed") and not self.task.startswith("Note"):  # the role's notes on the node are for a later run
            self._keep(result, self.task + self._packages(said.get("packages", {})), constants.COLOR_CHANGED)

    @staticmethod
    def _lines(message):
        """A message as lines: the plan of the role cluster is a dictionary of lists."""
        return [line for lines in message.values() for line in lines] if isinstance(message, dict) else [message]

    @staticmethod
    def _answer(host, now, after, **dummy):
        return f"{host} may be stopped: {now['total_votes']} votes are present, {after['total_votes']} stay, {after['quorum']} are needed."

    @staticmethod
    def _packages(changed):
        """What an upgrade did to corosync, and to how many packages beside it."""
        if "corosync" not in changed:
            return ""
        before, after = changed["corosync"]
        return f": corosync {before} -> {after}, and {len(changed) - 1} more"

    def _keep(self, result, text, color):
        where = result._task.delegate_to or result._host.get_name()
        hosts = self.said.setdefault((str(text), color), [])
        if where not in hosts:
            hosts.append(where)

    def _begin_act(self):
        if self.headline:
            self.acts += 1
            self._display.display(f"\n{self.acts}. {self.headline}  ({time.monotonic() - self.began:.0f} s)", color=constants.COLOR_HIGHLIGHT)
            self.headline = ""

    def _tell(self):
        """Print what was kept of the task that is over."""
        for (text, color), hosts in self.said.items():
            self._begin_act()
            self._display.display(f"   {', '.join(sorted(hosts))}: {text}", color=color)
        self.said = {}
