# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Go on in a new Python, where corosync's libraries on disk are no longer those that a process has loaded.

As the C library may have been replaced, too, nothing less than a new Python loads all that is there now.
"""

import json
import os
import sys
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import mapped

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline
    from ansible_collections.corosync.quorum.plugins.module_utils._node.interfaces import ConnectToRead, Reads

# The first line is for whoever looks for it among the processes.
_PROGRAM = """# corosync.quorum.%s
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.corosync.quorum.plugins.module_utils._node.zipimport_once import compiled_once
with compiled_once():
    module = importlib.import_module(sys.argv[2])
module.go_on(*json.loads(sys.argv[3]))
"""
# The folder or archive that has ansible_collections
ROOT = __file__.partition("/ansible_collections/")[0]


class Replaced(Exception):
    """corosync's libraries on disk are no longer those that this process has loaded."""


def unless_replaced(connect: "ConnectToRead") -> "ConnectToRead":
    """connect(), which raises Replaced in a process that has other libraries than it would load now."""

    def connect_if_not_replaced(deadline: "Deadline", while_waiting: t.Callable[[], None]) -> "Reads":
        if mapped.libraries_replaced():
            raise Replaced("corosync's libraries were replaced.")
        return connect(deadline, while_waiting)

    return connect_if_not_replaced


def command(title: str, module: str, arguments: t.Sequence[t.Any]) -> t.List[str]:
    """The command of a new Python that calls go_on(*arguments) of a module of this collection. title: among the processes."""
    isolated = ["-I"] if sys.flags.isolated else []
    return [sys.executable, *isolated, "-c", _PROGRAM % title, ROOT, module, json.dumps(arguments)]


def execute(title: str, module: str, arguments: t.Sequence[t.Any], inherited: t.Iterable[int]) -> t.NoReturn:
    """Make this process such a Python. inherited: the descriptors that it has, too. Raises OSError."""
    for descriptor in inherited:
        os.set_inheritable(descriptor, True)
    line = command(title, module, arguments)
    os.execv(line[0], line)
