# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What our actions share: how they begin and end, and running other modules and actions on the same host."""

from __future__ import annotations

import abc
import re
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import printable, quoted

from ._answers import result_of_action

Vars = dict[str, t.Any]

# Characters
LONGEST_OUTPUT = 4000
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Action(ActionBase):
    """An action of which `_act` is all that it does. Where that raises, the result is a failure with a sentence."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: t.Any = None, task_vars: Vars | None = None) -> Vars:
        super().run(tmp, task_vars)
        self._vars: Vars = task_vars or {}
        try:
            result = self._act()
        except (AnsibleActionFail, Unusable) as error:
            # Returned and not raised: ansible-core says what an action raises twice.
            result = self._result_of(error)
        return dict({"changed": False}, **result_of_action(result))

    @abc.abstractmethod
    def _act(self) -> Vars:
        """The result. Raises AnsibleActionFail or Unusable with what the user is told."""

    def _result_of(self, error: AnsibleActionFail | Unusable) -> Vars:
        return {"failed": True, "msg": str(error)}

    @property
    def _host(self) -> str:
        """Whose task it is, wherever it is delegated to."""
        return str(self._vars.get("inventory_hostname"))


def run(action: ActionBase, name: str, args: Vars, task_vars: Vars, check_mode: bool | None = None) -> Vars:
    """The result of another module or action on this action's host, as if a task of its own had run it. Errors of Ansible pass.

    An answer that cannot be read is a failure, as one node must not end what is done for the others.
    """
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
    try:
        result: Vars = handler.run(task_vars=task_vars)
    except AnsibleError:
        raise
    except Exception as error:
        return unreadable(action, task_vars, error)
    return result


def unreadable(action: ActionBase, task_vars: Vars, error: Exception) -> Vars:
    """A failure in a sentence. ansible-core itself takes some answers for granted, such as facts that are a dictionary, and raises any error."""
    why = quoted(f"{type(error).__name__}: {error}")
    return {"failed": True, "msg": f"The answer of {host_of(action._task, task_vars)} cannot be read: {why}"}


def succeed(action: ActionBase, name: str, args: Vars, task_vars: Vars, what: str, check_mode: bool | None = None) -> Vars:
    """As run(). Raises AnsibleActionFail where it failed: `what` failed, with what the program itself wrote."""
    result = run(action, name, args, task_vars, check_mode)
    if result.get("failed"):
        raise AnsibleActionFail(f"{what} failed: {cause(result)}")
    return result


def cause(result: t.Mapping[str, t.Any]) -> str:
    """Why a module failed: what a command wrote says more than Ansible's words for any command."""
    wrote = _end(result.get("stderr")) or _end(result.get("stdout"))
    if wrote and "rc" in result:
        return f"{wrote} (exit code {quoted(str(result['rc']))})"
    return _end(result.get("msg")) or "it gave no reason"


def _end(text: t.Any) -> str:
    """What a program wrote, and of very much its end, where an error stands. Line ends stay, so it is nothing for a sentence in a list."""
    return printable(_COLOURS.sub("", str(text or "").strip())[-LONGEST_OUTPUT:], kept="\n")


# A connection that works on a node without room for Ansible's files: Ansible calls that a connection failure, too.
_NO_ROOM = re.compile(r"^Failed to create temporary directory|No space left on device")


def cannot_log_in(error: AnsibleError) -> bool:
    """Whether an error of Ansible means that a host cannot be logged in to, rather than that it answered something."""
    return isinstance(error, AnsibleConnectionFailure) and not _NO_ROOM.search(str(error))


def failure_of(variables: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """(task, why) of what Ansible says in a rescue has failed; of a loop the item. Empty where nothing has."""
    task, failed = variables.get("ansible_failed_task"), variables.get("ansible_failed_result")
    if not isinstance(failed, dict):
        return "", ""
    name = task.get("name") if isinstance(task, dict) else getattr(task, "name", "")
    results = failed.get("results")
    items = [item for item in results if isinstance(item, dict) and item.get("failed")] if isinstance(results, list) else []
    return str(name or ""), cause(items[0] if items else failed)


def out_of_reach(host: str, error: AnsibleError) -> str:
    """A sentence about a host with which Ansible cannot work any more."""
    what = "cannot be logged in to" if cannot_log_in(error) else "has no room for Ansible's files"
    return f"{host} {what}: {quoted(str(error))}"


def host_of(task: t.Any, task_vars: Vars) -> str:
    """Whom a task is about, for people: `web1`, or `web1 -> web2` where it was delegated."""
    host = str(task_vars.get("inventory_hostname", "?"))
    return f"{host} -> {task.delegate_to}" if task.delegate_to not in (None, "", host) else host


def inner(result: t.Mapping[str, t.Any], *keys: str) -> dict[str, t.Any]:
    """A dictionary inside of a result, empty where there is none: a node may answer anything."""
    found: t.Any = result
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
