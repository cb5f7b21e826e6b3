# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Values with what follows from them: the forecast and the problems.

The code for that is imported while corosync opens the connection: it is compiled in each task, which takes about as long.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline
from ansible_collections.corosync.quorum.plugins.module_utils._node.observe import Observer, newer_file, take_reading

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value


def observe(timeout: float) -> "Value":
    """One complete snapshot of this node's votequorum, within `timeout` seconds. Raises what Observer does."""
    reading = take_reading(timeout, meanwhile=_completed)
    return _completed()(*reading)


def connect_to_judge(deadline: Deadline, while_waiting: t.Callable[[], None] = lambda: None) -> Observer:
    """An Observer for somebody who calls complete() later."""
    return Observer(deadline, while_waiting, meanwhile=_completed)


def complete(value: "Value", configuration: t.Mapping[str, t.Any]) -> "Value":
    """A value that was just read with this configuration, with what follows from it."""
    return _completed()(value, configuration, newer_file())


def _completed() -> t.Callable[..., "Value"]:
    from ansible_collections.corosync.quorum.plugins.module_utils._judge.assess import completed

    return completed
