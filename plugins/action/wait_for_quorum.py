# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind wait_for_quorum: the node waits for events, the controller starts slice after slice. Documented in plugins/modules."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleAuthenticationFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.connection import ConnectionBase
from ansible.utils.display import Display
from ansible.utils.path import makedirs_safe, unfrackpath

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import FINAL, RESULT, Slice, is_final
from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_options import ARGUMENT_SPEC, check, with_lists_of_nodes
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import printable, quoted
from ansible_collections.corosync.quorum.plugins.plugin_utils._actions import cannot_log_in, host_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import result_of_action
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import answer_of, discovered
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.narrator import Narrator
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.slices import LONG_SLICE, SLICE, Broken, Lost, Refused, RemoteWait, Silent, nothing_seen
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.watchdog import Overdue, Watchdog, pause

MODULE = "corosync.quorum.wait_for_quorum"
# What the module itself returns.
RETURNED = (RESULT, FINAL)
# A peer that says nothing for 20 s is gone: ssh ends at the check after the third that had no answer. Only for connections that are made during the wait.
KEEPALIVE = "-o ServerAliveInterval=5 -o ServerAliveCountMax=3"

# The name of a socket: macOS has room for 103 bytes, Linux for a few more, and ssh needs 17 of them for the name that it listens under first
LONGEST_SOCKET = 86

# How long closing a connection may take, even after the last moment of the wait. Seconds.
RESET = 0.4
# How long removing what was left on the node may take, after the wait has ended. Seconds.
CLEARING = 3.0

# Ansible has one exception for all that ssh can say and none for a refused password of become: only the words tell them apart.
# Refused was a login, by either side, or a password of become
REFUSAL = re.compile(
    r"Permission denied \(|Too many authentication failures|Host key verification failed"
    r"|(Incorrect|Missing) \S+ password|Duplicate become password prompt"
)

display = Display()


class ActionModule(ActionBase):
    """Checks the options and runs slices on the node until the wait ends."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        try:
            super().run(tmp, task_vars)
            options = self._options()
        except (AnsibleActionFail, _WrongOption) as exc:  # the first one of async
            wanted = dict(self._task.args, quorate=self._task.args.get("quorate", True))
            return result_of_action(dict(nothing_seen(wanted), failed=True, msg=str(exc)))
        host = host_of(self._task, task_vars or {})
        is_verbose = options["progress"] and not self._task.no_log
        narrator = Narrator((lambda line: display.display(f"wait_for_quorum: [{host}] {line}")) if is_verbose else None)
        node = _Node(self, task_vars or {}, options, narrator)
        wait = RemoteWait(options, node.run_slice, narrator, sleep=node.pause, longest=LONG_SLICE if node.can_keep_alive else SLICE)
        try:
            result = wait.look_once() if self._task.check_mode else wait.run()
        finally:
            node.restore()
        if "ansible_facts" in result:
            result["ansible_facts"].update(discovered(self))
        return result_of_action(result)

    def _options(self) -> dict[str, t.Any]:
        """Raises _WrongOption."""
        self._task.args = with_lists_of_nodes(self._task.args)
        try:
            dummy, options = self.validate_argument_spec(argument_spec=ARGUMENT_SPEC)
            if "quorate" not in self._task.args:
                options["quorate"] = True
            check(options)
        except OptionError as exc:
            raise _WrongOption(str(exc)) from exc
        except AnsibleActionFail as exc:
            raise _WrongOption(printable(_with_values(str(exc), self._task.args))) from exc
        return {name: options[name] for name in ARGUMENT_SPEC}


class _WrongOption(Exception):
    """The task cannot be run as it is written."""


class _Node:
    """The node of the task, and the way to it."""

    def __init__(self, action: ActionModule, task_vars: dict[str, t.Any], options: dict[str, t.Any], narrator: Narrator) -> None:
        self._action = action
        self._connection = action._connection
        self._task_vars = task_vars
        self._options = {name: value for name, value in options.items() if value is not None}
        self._narrator = narrator
        self._parent = os.getppid()
        self._slices = 0
        self.can_keep_alive = getattr(self._connection, "transport", None) == "ssh"
        self._lost = False
        self._is_own = False
        self._in_use = False
        self._ssh_args: t.Any = None
        self._folders: set[str] = set()  # temporary ones on the node, of slices that did not end in time

    def run_slice(self, slice_: Slice, seconds: float) -> dict[str, t.Any]:
        """Run one slice on the node: the module's result. Raises Silent, Lost, Refused, Broken."""
        self._slices += 1
        if self._slices == 2 and self.can_keep_alive:
            self._connect_for_long()
        self._in_use = True
        try:
            with Watchdog(seconds, self._narrator.heartbeat, self._parent):
                arguments = dict(self._options, **slice_.as_argument())
                answer = answer_of(self._action, RETURNED, module_name=MODULE, module_args=arguments, task_vars=self._task_vars)
        except Overdue:
            self._forget()
            raise Silent(f"it gave no answer within {int(seconds)} s") from None
        except AnsibleError as exc:
            self._forget()
            raise _trouble(exc) from exc
        if answer.get("failed") and not is_final(answer) and "module_stdout" not in answer:
            self._forget()  # an error of the connection that is none of Ansible's looks like this
        return answer

    def pause(self, seconds: float) -> None:
        """Wait without the node, as long as somebody wants the result."""
        pause(seconds, self._parent)

    def restore(self) -> None:
        """Leave the connection as it was found and none of the wait's own; but not one that is shared and may have died with the node.

        And no folder on the node, where it can be reached.
        """
        self._remove_folders()
        if not self._is_own:
            return
        try:
            if self._in_use:
                self._reset()
        finally:
            self._connection.set_option("ssh_args", self._ssh_args)
        if self._lost:
            self._reset()

    def _remove_folders(self) -> None:
        if not self._folders:
            return
        self._in_use = True
        try:
            with Watchdog(CLEARING, parent=self._parent):
                for folder in sorted(self._folders):
                    self._action._remove_tmp_path(folder, force=True)
            self._folders.clear()
        except (AnsibleError, Overdue) as exc:
            display.vvv(f"wait_for_quorum: {', '.join(sorted(self._folders))} may be left on the node: {quoted(str(exc))}")

    def _connect_for_long(self) -> None:
        """Before a long wait: a connection of its own that notices when the node sends nothing any more.

        One that is shared by other tasks and waits would not, and is not ours to close. The arguments come before all others, since of an
        option that is given twice ssh takes the first.
        """
        self._ssh_args = self._connection.get_option("ssh_args")
        self._is_own = True
        path = f'ControlPath="{_socket(self._connection.get_option("control_path_dir"))}"'
        self._connection.set_option("ssh_args", (f"{KEEPALIVE} -o {shlex.quote(path)} {self._ssh_args or ''}").strip())

    def _forget(self) -> None:
        """After a loss: whatever was there of the connection, and of a temporary folder on the node, may be gone."""
        self._lost = True
        if self._connection._shell.tmpdir:
            self._folders.add(self._connection._shell.tmpdir)
        self._connection._shell.tmpdir = None
        self._reset()

    def _reset(self) -> None:
        if type(self._connection).reset is ConnectionBase.reset:
            return
        try:
            with Watchdog(RESET, parent=self._parent):
                self._connection.reset()
            self._in_use = False
        except (AnsibleError, Overdue) as exc:
            display.vvv(f"wait_for_quorum: the connection could not be reset: {quoted(str(exc))}")


def _socket(folder: str) -> str:
    """Where ssh's master is to listen, in this folder; `none` where it cannot, so that each command connects for itself.

    Ansible makes the folder only for a ControlPath that it gives itself, and ssh ends if it cannot listen.
    """
    folder = unfrackpath(folder)
    path = os.path.join(folder, secrets.token_hex(5))  # as long as the names that Ansible gives
    try:
        makedirs_safe(folder, 0o700)
    except AnsibleError:
        return "none"
    return path if os.access(folder, os.W_OK) and len(os.fsencode(path)) <= LONGEST_SOCKET else "none"


def _trouble(exc: AnsibleError) -> Lost | Broken:
    """What an error of Ansible is to the wait."""
    message = quoted(str(exc))
    if isinstance(exc, AnsibleAuthenticationFailure) or REFUSAL.search(message):
        return Refused(message)
    if cannot_log_in(exc):
        return Lost(message)
    return Broken(message)


def _with_values(message: str, args: dict[str, t.Any]) -> str:
    """Ansible's words for a wrong option, and the value, which they do not always have."""
    values = [f"{name}: {value}" for name, value in args.items() if name in message and str(value) not in message]
    return f"{message.rstrip('.')}; got {', '.join(values)}." if values else message
