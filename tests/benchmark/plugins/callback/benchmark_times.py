# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes when each task began and ended at the controller, one JSON object a line, to the file that BENCHMARK_TIMES names."""

from __future__ import annotations

import json
import os
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: benchmark_times
type: aggregate
short_description: Times of tasks for the benchmarks
description: Internal to the collection's benchmarks.
"""


class CallbackModule(CallbackBase):
    """start: the task's worker process was started. ok, skipped, failed, unreachable: its result has reached the controller's main process."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "benchmark_times"
    CALLBACK_NEEDS_ENABLED = True

    def _note(self, event, host, task, result=None):
        line = {"event": event, "host": host.get_name(), "task": task.get_name(), "time": time.time(), "clock": time.perf_counter()}
        if event in ("failed", "unreachable"):
            line["msg"] = str((result or {}).get("msg"))
        with open(os.environ["BENCHMARK_TIMES"], "a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")

    def _end(self, event, result):
        self._note(event, result._host, result._task, result._result)

    def v2_runner_on_start(self, host, task):
        self._note("start", host, task)

    def v2_runner_on_ok(self, result):
        self._end("ok", result)

    def v2_runner_on_skipped(self, result):
        self._end("skipped", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._end("failed", result)

    def v2_runner_on_unreachable(self, result):
        self._end("unreachable", result)
