# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The error that all code raises which is given something by a user. What corosync answers is in _corosync/errors.py."""


class Unusable(Exception):
    """What was given cannot be used. The message says why, and what to do."""
