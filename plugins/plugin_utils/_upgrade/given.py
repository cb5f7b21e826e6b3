# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""A variable of the role that is a dictionary of templates."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleActionFail, AnsibleError

OPTIONS = "__rolling_upgrade_options"
PLAY = "__rolling_upgrade_play"


class Given(Mapping[str, t.Any]):
    """name -> value, each rendered when it is first asked for, and once. Most tasks need a few of the role's options, and Ansible compiles each template
    anew in each task.

    render: of the action's templar. Raises AnsibleActionFail for what cannot be rendered, and where the role has not set the variable.
    """

    def __init__(self, name: str, variables: t.Mapping[str, t.Any], render: t.Callable[[t.Any], t.Any]) -> None:
        templates = variables.get(name)
        if not isinstance(templates, Mapping):
            raise AnsibleActionFail(f"{name} is not set: this is a part of the role corosync.quorum.rolling_upgrade, and works in that role alone.")
        self._templates = templates
        self._render = render
        self._values: dict[str, t.Any] = {}

    def __getitem__(self, name: str) -> t.Any:
        if name not in self._values:
            template = self._templates[name]
            try:
                self._values[name] = self._render(template)
            except AnsibleError as error:
                raise AnsibleActionFail(f"{template} cannot be rendered: {error}") from error
        return self._values[name]

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)
