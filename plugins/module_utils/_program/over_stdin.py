# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Runs the program `corosync-quorum` on a node on which it is not installed, and leaves nothing behind there.

The event source for Event-Driven Ansible sends this file over the standard input of a Python, and the program as a zip application after it. Arguments:
the length of the application in bytes, its SHA-256 in hexadecimal, and the words of the program's command line. It imports nothing of the
collection, which is not there yet.
"""

import contextlib
import hashlib
import os
import runpy
import sys
import tempfile
import typing as t


def main(arguments: t.Sequence[str]) -> None:
    """Run the program. SystemExit is raised with its exit code, or with a sentence where what arrived is not what was sent."""
    size, digest, words = int(arguments[0]), arguments[1], arguments[2:]
    program = sys.stdin.buffer.read(size)
    if hashlib.sha256(program).hexdigest() != digest:
        raise SystemExit(
            f"The program did not arrive as it was sent: {len(program)} of {size} bytes came. Check that nothing in the start files of the login shell reads "
            "the standard input."
        )
    sys.argv[1:] = words
    with _without_name(program) as path:
        runpy.run_path(path, run_name="__main__")


@contextlib.contextmanager
def _without_name(content: bytes) -> t.Iterator[str]:
    """The path of a file with this content that is in no folder."""
    with _unnamed() as file:
        file.write(content)
        file.flush()
        # The program may go on as a new one (anew.py), which reads itself from this path again.
        os.set_inheritable(file.fileno(), True)
        yield f"/proc/self/fd/{file.fileno()}"


def _unnamed() -> t.IO[bytes]:
    """A file in memory, or, where this Python has none (before 3.8), one that is deleted already."""
    in_memory = getattr(os, "memfd_create", None)
    if in_memory is None:
        return tempfile.TemporaryFile()
    return os.fdopen(in_memory("corosync-quorum"), "wb")


if __name__ == "__main__":
    main(sys.argv[1:])
