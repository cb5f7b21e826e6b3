# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.lint_corosync_conf. Its documentation is in lint_corosync_conf.yml."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers


@answers
def lint_corosync_conf(text: t.Any) -> list[dict[str, t.Any]]:
    """The findings for the text of a corosync.conf."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.checks import lint

    if not isinstance(text, str):
        raise AnsibleFilterError(
            f"corosync.quorum.lint_corosync_conf takes the text of a corosync.conf, but was given {_called(text)}. "
            "Use lookup('ansible.builtin.file', 'corosync.conf') on the controller, or ansible.builtin.slurp and b64decode for a file of a node."
        )
    return lint(text)


def _called(value: t.Any) -> str:
    names = {dict: "a dictionary", list: "a list", bytes: "bytes", bool: "a boolean", int: "a number", float: "a number"}
    if value is None:
        return "nothing (None)"
    return next((name for kind, name in names.items() if isinstance(value, kind)), f"a value of type {type(value).__name__}")


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"lint_corosync_conf": lint_corosync_conf}
