# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Checks of option values that Ansible's argument specs cannot express."""

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable

# A year. Longer is a mistake, and poll(2) cannot count it in milliseconds. Seconds.
LONGEST = 366 * 24 * 3600
_RUN_ID = re.compile(r"[0-9a-f]{16}\Z")


class OptionError(Unusable):
    """An option has a value it cannot have. The message names the option and the value."""


def positive_seconds(name: str, value: float) -> float:
    """value, if it is more than 0 and at most a year. Raises OptionError, for NaN and infinity too."""
    if not 0 < value <= LONGEST:
        raise OptionError(f"{name} must be a number of seconds greater than 0 and at most {LONGEST} (a year); got {value:g}.")
    return value


def seconds(name: str, value: float) -> float:
    """value, if it is 0 or what positive_seconds takes. Raises OptionError."""
    if value != 0 and not 0 < value <= LONGEST:
        raise OptionError(f"{name} must be a number of seconds from 0 to {LONGEST} (a year); got {value:g}.")
    return value


def is_run_id(value: t.Any) -> bool:
    """Whether it names a run of a role. Files are called by that name, so nothing else may be one."""
    return isinstance(value, str) and bool(_RUN_ID.match(value))


def run_id(name: str, value: str) -> str:
    """value, if it names a run of a role. Raises OptionError."""
    if not is_run_id(value):
        raise OptionError(f"{name} must be the id of a run, 16 hexadecimal digits in lower case such as '0123456789abcdef'; got '{value}'.")
    return value
