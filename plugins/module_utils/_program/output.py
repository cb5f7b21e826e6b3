# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What the program writes, in UTF-8 whatever the locale says: names of nodes may have any characters."""

import sys
import typing as t


class Unwritten(Exception):
    """What it was to print could not be written, as on a disk that is full. The message says why."""


def say(text: str, stream: t.Optional[t.TextIO] = None) -> None:
    """write() with an end of line behind it."""
    write(text + "\n", stream)


def complain(text: str) -> None:
    """Say it on the standard error. Where that is closed or takes nothing, there is nobody to tell, and the work goes on."""
    try:
        if sys.stderr is not None:
            say(text, sys.stderr)
    except (OSError, Unwritten):
        pass


def write(text: str, stream: t.Optional[t.TextIO] = None) -> None:
    """Write this to a stream, by default the standard output, so that it has left this process. Raises Unwritten, and BrokenPipeError where nobody reads."""
    target = sys.stdout if stream is None else stream
    if target is None:
        return  # it was closed before the program began
    try:
        target.flush()
        target.buffer.write(text.encode("utf-8", "backslashreplace"))
        target.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise Unwritten(f"The output could not be written: {exc.strerror}.") from exc
