# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""How the program `corosync-quorum events` is run on a node, and why it is no longer there. Pure."""

from __future__ import annotations

import hashlib
import math
import shlex
import typing as t

from .words import HostileError, said

if t.TYPE_CHECKING:
    from .arguments import Host, Settings

# Runs the code of so many bytes that comes over the standard input: over_stdin.py, which takes the arguments that follow.
START = "import sys; exec(sys.stdin.buffer.read(%d))"
# How long corosync may take for an answer until the program says that it does not answer, and how often the program says something otherwise. Seconds.
ANSWER, HEARTBEAT = 5, 5
# The words of the program's command line
EVENTS = ("events", "--until-stdin-ends", "--heartbeat", str(HEARTBEAT), "--timeout", str(ANSWER))
# A program that says nothing for so long hangs: where corosync is frozen, or its libraries are replaced, it says something within ten seconds or so.
SILENCE = 30.0
# What the program may always take until its first event: Python starts slowly on a busy node, and after that corosync may be frozen. Seconds.
STARTS = 15.0
# How soon ssh notices that a node is gone: seconds, and how many times.
ALIVE_INTERVAL, ALIVE_COUNT = 5, 3
# What ssh ends with where it failed itself, and a shell where there is nothing to run
SSH_FAILED, NOT_RUN = 255, (126, 127)


class Sent(t.NamedTuple):
    """What goes to a node: the code that receives the program, and the program as a zip application."""

    start: bytes
    program: bytes


class LostError(Exception):
    """A node cannot be followed now. reason: ssh, become, python, program, protocol or timeout; the text says more."""

    def __init__(self, reason: str, msg: str) -> None:
        super().__init__(msg)
        self.reason = reason


def command_of(host: Host, settings: Settings, to_send: Sent) -> list[str]:
    """The command that runs the program on a host, as a list of words."""
    program = to_send.program
    receive = [host.python, "-I", "-c", START % len(to_send.start), str(len(program)), hashlib.sha256(program).hexdigest(), *EVENTS]
    run = (["sudo", "-n", "--"] if host.become else []) + receive
    if host.is_local:
        return run
    # ssh takes the first of two settings: the user's own win.
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": math.ceil(settings.timeout),
        "ServerAliveInterval": ALIVE_INTERVAL,
        "ServerAliveCountMax": ALIVE_COUNT,
        "ControlMaster": "no",
        "ControlPath": "none",
        "ClearAllForwardings": "yes",
        "ForwardAgent": "no",
        "ForwardX11": "no",
        "RemoteCommand": "none",
        "PermitLocalCommand": "no",
        "LogLevel": "ERROR",
    }
    login = [(flag, value) for flag, value in (("-l", host.user), ("-p", host.port), ("-i", host.identity_file)) if value is not None]
    words = [*settings.ssh_args, "-T", *(f"-o{name}={value}" for name, value in options.items())]
    return ["ssh", *words, *(str(word) for pair in login for word in pair), "--", host.address, shlex.join(run)]


def patience(settings: Settings) -> float:
    """How long the first event may take, in seconds: ssh itself gives up after `timeout` and says why, and the program starts only then."""
    return settings.timeout + max(settings.timeout, STARTS)


def why_ended(code: int | None, stderr: str, host: Host) -> LostError:
    """Why the program is no longer there, from the exit code of ssh or of the program (None where it runs), and from what it last said."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    last = said(lines[-1]) if lines else ""
    if host.become and "sudo" in stderr:
        return LostError("become", f"{last}. Let this user run {host.python} with sudo and without a password, or set become to false.")
    if code in NOT_RUN:
        return LostError("python", f"{host.python} cannot be run there ({last or 'it is not there'}). Set python to the path of one.")
    if code == SSH_FAILED and not host.is_local:
        return LostError("ssh", f"ssh says: {last or 'the connection ended'}")
    ended = "closed its output" if code is None else f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    return LostError("program", f"the program {ended}{': ' + last if last else '.'}")


def not_started(command: str, error: OSError) -> LostError:
    """ssh, sudo or Python is not on this host."""
    return LostError("ssh" if command == "ssh" else "python", f"{command} cannot be run on this host: {error.strerror}.")


def not_written(error: ValueError) -> LostError:
    """The command cannot be written as the system of this host wants it."""
    return LostError("program", f"its command cannot be run on this host: {said(str(error))}.")


def not_read(error: OSError) -> LostError:
    """The pipe from the program has broken."""
    return LostError("program", f"what it says can no longer be read: {said(error.strerror or str(error))}.")


def silent(settings: Settings) -> LostError:
    """No first event has come in time."""
    return LostError("timeout", f"no event came within {patience(settings):g} s.")


def hanging() -> LostError:
    """Not even an empty line has come for SILENCE, over a connection that lives."""
    return LostError("timeout", f"it has sent nothing for {SILENCE:g} s, not even the empty line that the program sends every {HEARTBEAT} s.")


def no_event(error: HostileError) -> LostError:
    """A line was no event."""
    return LostError("protocol", f"it sent a line that is no event: {error}.")


def too_long(most: int) -> LostError:
    """A line was longer than so many bytes, which is longer than any event."""
    return LostError("protocol", f"it sent a line of more than {most} bytes.")
