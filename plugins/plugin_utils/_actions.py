# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What our private actions share: running other modules and actions on the same host, and times."""

from __future__ import annotations

import base64
import datetime
import re
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

Vars = dict[str, t.Any]

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def now() -> str:
    """This moment by the controller's clock, in UTC."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def run(action: ActionBase, name: str, args: Vars, task_vars: Vars, check_mode: bool | None = None) -> Vars:
    """The result of another module or action on this action's host, as if a task of its own had run it. Connection errors pass."""
    task = action._task.copy()
    task.action, task.args = name, dict(args)
    if check_mode is not None:
        task.check_mode = check_mode
    loader = action._shared_loader_obj.action_loader
    handler = loader.get(
        name if loader.has_plugin(name) else "ansible.legacy.normal",
        task=task,
        connection=action._connection,
        play_context=action._play_context,
        loader=action._loader,
        templar=action._templar,
        shared_loader_obj=action._shared_loader_obj,
    )
    result: Vars = handler.run(task_vars=task_vars)
    return result


def succeed(action: ActionBase, name: str, args: Vars, task_vars: Vars, what: str, check_mode: bool | None = None) -> Vars:
    """As run(). Raises AnsibleActionFail where it failed: `what` failed, with what the program itself wrote."""
    result = run(action, name, args, task_vars, check_mode)
    if result.get("failed"):
        raise AnsibleActionFail(f"{what} failed: {cause(result)}")
    return result


def cause(result: t.Mapping[str, t.Any]) -> str:
    """Why a module failed: what a command wrote says more than Ansible's words for any command."""
    wrote = str(result.get("stderr") or "").strip() or str(result.get("stdout") or "").strip()
    said = str(result.get("msg") or "").strip()
    if wrote and "rc" in result:
        return f"{_COLOURS.sub('', wrote)} (exit code {result['rc']})"
    return said or "it gave no reason"


# A connection that works on a node without room for Ansible's files: Ansible calls that a connection failure, too.
_NO_ROOM = re.compile(r"^Failed to create temporary directory|No space left on device")


def cannot_log_in(error: AnsibleError) -> bool:
    """Whether an error of Ansible means that a host cannot be logged in to, rather than that it answered something."""
    return isinstance(error, AnsibleConnectionFailure) and not _NO_ROOM.search(str(error))


def read_file(action: ActionBase, path: str, task_vars: Vars) -> bytes | None:
    """What is in a file of this action's host. None where there is no such file."""
    found = run(action, "ansible.builtin.slurp", {"src": path}, task_vars)
    return base64.b64decode(found["content"]) if "content" in found else None
