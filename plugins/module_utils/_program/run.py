# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Runs as a service: writes metrics for node_exporter's textfile collector, and posts events.

The program writes the file at each event, and every 15 seconds without one. It posts events in
order as JSON, one in each request. If the receiver does not accept an event, the program posts it
again, first after a second, later every minute. Up to 1,000 events wait for that. If more wait, it
drops the oldest, and the next event says how many.

The token is sent in the header "Authorization: Bearer". Only root may be able to read its file. The
program does not follow a redirect. Without --allow-http it refuses plain http, except to this node
itself.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError
from ansible_collections.corosync.quorum.plugins.module_utils._node.trusted import UnsafePath
from ansible_collections.corosync.quorum.plugins.module_utils._program.ending import end_when_asked
from ansible_collections.corosync.quorum.plugins.module_utils._program.options import TIMEOUT, Option, seconds
from ansible_collections.corosync.quorum.plugins.module_utils._program.output import complain
from ansible_collections.corosync.quorum.plugins.module_utils._program.post import Sender, target_of, token_of
from ansible_collections.corosync.quorum.plugins.module_utils._program.resident import Postman, Resident
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted

# Whoever writes a file without a pause keeps a core busy with nothing else. Seconds.
SHORTEST_INTERVAL = 0.1


def metrics_file(option: str, path: str) -> str:
    """The path of a file that may be replaced: node_exporter reads no others, and nothing else has such a name. Raises OptionError."""
    if not path.endswith(".prom"):
        raise OptionError(f"{option} must be a file whose name ends in .prom, as node_exporter reads no others; got '{quoted(path)}'.")
    return path


def interval(option: str, text: str) -> float:
    """A number of seconds that keeps nobody busy. Raises OptionError."""
    number = seconds(option, text)
    if number < SHORTEST_INTERVAL:
        raise OptionError(f"{option} must be a number of seconds from {SHORTEST_INTERVAL} on, such as 15; got '{quoted(text)}'.")
    return number


OPTIONS = (
    Option("textfile", "write metrics to this file, whose name must end in .prom", "PATH", None, metrics_file),
    Option("interval", f"write the file after this many seconds without an event, at least {SHORTEST_INTERVAL} (default: 15)", "SECONDS", 15.0, interval),
    Option("post", "post events to this URL", "URL", None, target_of),
    Option("token-file", "send the token in this file with each event", "PATH"),
    Option("ca-file", "verify the receiver with the certificates in this file (default: those of the system)", "PATH"),
    Option("allow-http", "allow posts to another host without TLS. Anybody on the network can then read and change events. Refused with --token-file"),
    TIMEOUT,
)
# The exit code of a program that is told to do what it refuses
_REFUSED = 2


def run(given: t.Mapping[str, t.Any]) -> int:
    """Run for ever. Returns the exit code where it refuses to."""
    try:
        sender = _sender_of(given)
    except (OptionError, UnsafePath) as exc:
        complain(f"corosync-quorum run: {exc}")
        return _REFUSED
    end_when_asked()
    return Resident(given["textfile"], given["interval"], given["timeout"], Postman(sender) if sender else None).run()


def _sender_of(given: t.Mapping[str, t.Any]) -> t.Optional[Sender]:
    """What posts, None where nothing is posted. Raises OptionError, UnsafePath."""
    target, token_file, ca_file = given["post"], given["token_file"], given["ca_file"]
    if target is None:
        for option in ("token_file", "ca_file", "allow_http"):
            if given[option]:
                raise OptionError(f"--{option.replace('_', '-')} has no effect without --post.")
        if given["textfile"] is None:
            raise OptionError("there is nothing to do: give --textfile, --post or both.")
        return None
    if not target.is_tls and not target.is_this_node:
        if not given["allow_http"]:
            raise OptionError(f"--post {target.shown} has no TLS: whoever is on the network could read and change events. Give an https URL (or --allow-http).")
        if token_file:
            raise OptionError(f"--token-file is refused with --post {target.shown}: without TLS the token could be read on the network.")
    if ca_file and not target.is_tls:
        raise OptionError("--ca-file has no effect with a URL that begins with http://.")
    if token_file:
        _check_token(token_file)
    return Sender(target, token_file, ca_file)


def _check_token(path: str) -> None:
    try:
        token_of(path)
    except (UnsafePath, OSError) as exc:
        raise OptionError(f"--token-file cannot be used: {exc if isinstance(exc, UnsafePath) else f'{path}: {exc.strerror}.'}")
