# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The whole `votequorum` value of one reading: what was read, and what follows from it. Pure."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import forecast_entry
from ansible_collections.corosync.quorum.plugins.module_utils._judge.problems import problems

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value


def completed(value: "Value", cmap: t.Mapping[str, t.Any], files: t.Mapping[str, str]) -> "Value":
    """The value of snapshot(), with what follows from it added. cmap, files: as for problems()."""
    value["forecast"] = forecast_entry(value)
    value["problems"] = problems(value, cmap, files)
    return value
