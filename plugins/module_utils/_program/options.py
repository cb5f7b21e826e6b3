# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What options of the program may be: an Option each, and functions that read the text that was given for one."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError, positive_seconds
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import MOST_NODES
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted


class Option(t.NamedTuple):
    """An option of a verb. name: without dashes. value: what stands for its value in the help, None for a switch.

    default: the value where none is given, except for a switch, which is False then.
    read: the value that a text means, called with the option as it is typed and the text. Raises OptionError with a sentence.
    """

    name: str
    help: str
    value: t.Optional[str] = None
    default: t.Any = None
    read: t.Callable[[str, str], t.Any] = lambda option, text: text

    @property
    def flag(self) -> str:
        """As it is typed."""
        return f"--{self.name}"

    @property
    def key(self) -> str:
        """Its name among the values that a verb gets."""
        return self.name.replace("-", "_")


def seconds(option: str, text: str) -> float:
    """A number of seconds greater than 0. Raises OptionError."""
    try:
        number = float(text)
    except ValueError:
        raise OptionError(f"{option} must be a number of seconds greater than 0, such as 5; got '{quoted(text)}'.")
    return positive_seconds(option, number)


def nodes(option: str, text: str) -> int:
    """A number of nodes, 0 or more. Raises OptionError."""
    if not (text.isdecimal() and len(text) <= 9 and int(text) <= MOST_NODES):
        raise OptionError(f"{option} must be a number of nodes from 0 to {MOST_NODES}, such as 1; got '{quoted(text)}'.")
    return int(text)


# A frozen corosync answers nothing for as long as it is asked.
TIMEOUT = Option("timeout", "give up if corosync does not answer within this many seconds (default: 5)", "SECONDS", 5.0, seconds)
