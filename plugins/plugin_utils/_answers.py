# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What filters, tests and actions answer: text that is never templated, and errors as Ansible has them.

To find one filter Ansible loads the files of a collection's filters one after the other, in every task that uses it, and compiles each again with all
that it imports (get_with_context() of Jinja2Loader in lib/ansible/plugins/loader.py). So a filter imports what answers its question in its function,
and this file imports nothing of the collection until it is asked.
"""

from __future__ import annotations

import functools
import typing as t

from ansible.errors import AnsibleFilterError

try:
    # Up to ansible-core 2.18 text that a filter makes could be templated again.
    from ansible.utils.unsafe_proxy import wrap_var
except ImportError:  # from 2.19 on nothing is templated that is not trusted, and this helper is on its way out

    def wrap_var(v: t.Any) -> t.Any:
        return v


# Keys of a result that Ansible shows as they are
_SHOWN = ("msg", "skip_reason")

Given = t.ParamSpec("Given")
Answer = t.TypeVar("Answer")


def untemplated(value: Answer) -> Answer:
    """The same value. Its texts may quote files and inventories, and are never templated.

    Its containers are plain ones: an answer may hold a part of what was given, and Ansible's lazy containers cannot be wrapped (from ansible-core 2.19 on).
    """
    return t.cast(Answer, _wrapped(value))


def _wrapped(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {_wrapped(key): _wrapped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_wrapped(item) for item in value]
    return wrap_var(value) if isinstance(value, str) else value


def result_of_action(result: dict[str, t.Any]) -> dict[str, t.Any]:
    """What an action returns: never templated, and what is shown of it without being asked for acts on no terminal and no log."""
    shown = {key: _printable(result[key]) for key in _SHOWN if isinstance(result.get(key), str)}
    return untemplated(dict(result, **shown))


def _printable(text: str) -> str:
    """Sentences of ours may be lines of their own: what they quote has no line ends."""
    from ansible_collections.corosync.quorum.plugins.module_utils._value.words import printable

    return printable(text, kept="\n")


def answers(function: t.Callable[Given, Answer]) -> t.Callable[Given, Answer]:
    """A filter or test of the function's name: its answer is never templated, and what cannot be used is an AnsibleFilterError."""

    @functools.wraps(function)
    def answered(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable

        try:
            return untemplated(function(*args, **kwargs))
        except Unusable as error:
            raise AnsibleFilterError(f"corosync.quorum.{function.__name__}: {_printable(str(error))}") from error

    return answered
