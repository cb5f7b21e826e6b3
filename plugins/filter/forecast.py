# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.forecast. Its documentation is in forecast.yml."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.plugin_utils._later import Later

question = Later("module_utils._forecast.questions")
shape = Later("module_utils._value.shape")


def forecast(value: t.Any, leave: t.Any, how: str = "crash", lms_window: bool = False, qdevice: str = "as_now") -> dict[str, t.Any]:
    """What the nodes that stay will see. AnsibleFilterError for a question that has no answer."""
    try:
        return question.forecast(value, leave, how=how, lms_window=lms_window, qdevice=qdevice)
    except shape.ForecastError as error:
        raise AnsibleFilterError(f"corosync.quorum.forecast: {error}") from error


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"forecast": forecast}
