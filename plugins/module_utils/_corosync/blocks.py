# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What keeps the memory of a process flat that connects to corosync again and again."""

import gc

# mallopt(3): blocks of this size and larger are mapped, and given back to the kernel when they are freed. glibc begins with this size. Bytes.
_M_MMAP_THRESHOLD, _THRESHOLD = -3, 128 * 1024


def give_back_large_blocks() -> None:
    """Let the C library give back large blocks as soon as they are freed, for as long as the process lives.

    Each connection has a buffer of 1 MiB (receive_buf in libqb's lib/ipcc.c), of which little is used. When the first one is freed, glibc would raise the
    threshold to its size. From then on it would clear such buffers, so that all of their pages are in use, and keep them: 3 MiB for four connections.
    Without effect where the C library has no such function: musl gives back large blocks anyway.
    """
    try:
        import _cffi_backend

        number = _cffi_backend.new_primitive_type("int")
        mallopt = _cffi_backend.load_library(None).load_function(_cffi_backend.new_function_type((number, number), number), "mallopt")
    except (ImportError, AttributeError, KeyError, OSError):  # KeyError: of an old cffi, where there is no such function
        return
    mallopt(_M_MMAP_THRESHOLD, _THRESHOLD)


def give_back_tuples() -> None:
    """Free the memory of tuples that are not used any more.

    Python keeps up to 2,000 of each length for later (PyTuple_MAXFREELIST in Objects/tupleobject.c), and a tuple that grew while it was made counts for
    its last length. So a process that reads for hours would grow by more than a mebibyte. A full collection frees them, in less than 0.1 ms.
    """
    gc.collect()
