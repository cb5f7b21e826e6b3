# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.forecast. Its documentation is in forecast.yml."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Forecast


@answers
def forecast(value: t.Any, leave: t.Any, how: str = "crash", lms_window: bool = False, qdevice: str = "as_now") -> Forecast:
    """What the nodes that stay will see."""
    from ansible_collections.corosync.quorum.plugins.module_utils._forecast import questions

    return questions.forecast(value, leave, how=how, lms_window=lms_window, qdevice=qdevice)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"forecast": forecast}
