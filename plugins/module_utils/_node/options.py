# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Checks of option values that Ansible's argument specs cannot express."""

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable

# A year. Longer is a mistake, and poll(2) cannot count it in milliseconds. Seconds.
LONGEST = 366 * 24 * 3600


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
