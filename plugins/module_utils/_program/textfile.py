# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Write a file for the textfile collector of Prometheus's node_exporter: whoever reads it finds the old one or the new one, and never a part."""

import os


def aside_of(path: str) -> str:
    """The file beside it that becomes this one. It has the same name each time, so that none is left of a program that was killed.

    The collector reads only names that end in `.prom`.
    """
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.new")


def write(path: str, text: str) -> None:
    """Write it as a whole, for all users to read. Raises OSError."""
    aside = aside_of(path)
    try:
        os.unlink(aside)
    except FileNotFoundError:
        pass
    fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        with os.fdopen(fd, "wb") as file:
            os.fchmod(fd, 0o644)
            file.write(text.encode("utf-8"))
        os.rename(aside, path)
    except OSError:
        os.unlink(aside)
        raise
