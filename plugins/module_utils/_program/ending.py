# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""How the program ends: the exit codes of a job that was interrupted or that nobody reads, and an end in order when it is asked to end."""

import os
import signal
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._program.output import Unwritten, complain

# Exit codes (128 + SIGINT, 128 + SIGPIPE), and what sysexits.h has for an error of input or output
INTERRUPTED, UNREAD, UNWRITTEN = 130, 141, 74


def exit_code_of(job: t.Callable[[], int]) -> int:
    """What the job returns, or what it is that it was interrupted (Ctrl-C) or could not write what it says."""
    try:
        return job()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `corosync-quorum status | true`
        _drop_what_is_left()
        return UNREAD
    except Unwritten as exc:
        _drop_what_is_left()
        complain(f"corosync-quorum: {exc}")
        return UNWRITTEN


def leave(exit_code: int) -> t.NoReturn:
    """End the process at once. Python's own end would free each object first, which takes a twentieth of a reading's time.

    By now nothing is open that matters: each verb closes what it has opened, and output.write() leaves nothing in a buffer.
    """
    os._exit(exit_code)


def _drop_what_is_left() -> None:
    """Python would try to write it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def end_when_asked() -> None:
    """From now on SIGTERM and SIGHUP raise SystemExit(0) in the main thread, so that connections are closed and children ended. Not before.

    A signal that is ignored stays so: that is how `nohup` keeps a program running.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _end)


def _end(*dummy: t.Any) -> None:
    raise SystemExit(0)
