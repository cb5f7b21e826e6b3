# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.may_leave. Its documentation is in may_leave.yml."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Leave


@answers
def may_leave(value: t.Any, nodes: t.Any, qdevice: str = "either", spare: int = 0, max_age: float = 900) -> Leave:
    """Whether these nodes may leave, why, and the numbers."""
    from ansible_collections.corosync.quorum.plugins.module_utils._forecast import questions
    from ansible_collections.corosync.quorum.plugins.plugin_utils._age import too_old

    answer = questions.may_leave(value, nodes, qdevice=qdevice, spare=spare)
    old = too_old(value, max_age, time.time())
    if old:
        answer["safe"], answer["reason"] = False, old
    return answer


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"may_leave": may_leave}
