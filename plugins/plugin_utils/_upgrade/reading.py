# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Read the record of a run on a host, with what the controller's clock was meanwhile."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions, _steady

if t.TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

WATCH = "corosync.quorum.watch_quorum"


def read_record(action: ActionBase, state: str, run_id: str, task_vars: _actions.Vars) -> _actions.Vars:
    """The result of watch_quorum for a run's record, with asked_at and ahead of that moment, and spread: for how many seconds it was asked."""
    asked_at, ahead = _steady.moment()
    record = _actions.run(action, WATCH, {"state": state, "run": run_id, "reference": utc(asked_at)}, task_vars)
    record.update(asked_at=asked_at, ahead=ahead, spread=_steady.seconds() - asked_at)
    return record
