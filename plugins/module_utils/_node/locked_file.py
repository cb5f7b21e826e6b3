# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Locks of files by flock(2), and whether a path still names the file that is locked."""

import fcntl
import os


def flocked(fd: int, kind: int) -> bool:
    """Lock this file without waiting. kind: LOCK_EX or LOCK_SH of fcntl. False where somebody else has it locked. Raises OSError."""
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_at(path: str, fd: int) -> bool:
    """Whether this open file is the one at the path: somebody may have removed or replaced it before it was locked."""
    try:
        there = os.lstat(path)
    except OSError:
        return False
    return os.path.samestat(there, os.fstat(fd))
