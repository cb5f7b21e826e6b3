# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Numbers in sentences."""


def count(number: int, what: str) -> str:
    """`1 vote`, `3 votes`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
