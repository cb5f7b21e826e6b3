# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Runs all the time: writes metrics into a file for node_exporter's textfile collector, and posts
events to a URL.

It writes the file at each event, and otherwise every 15 seconds. It posts events as JSON, in order,
one per request. If the receiver does not take an event, it posts the event again: first after a
second, then after longer times, at last every minute. Meanwhile the newest 1,000 events wait. If it
had to drop older ones, the next event says how many.

The token goes into the header "Authorization: Bearer". Only root may be able to read the token's
file. The program follows no redirects. It refuses plain http, except to this node itself.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError
from ansible_collections.corosync.quorum.plugins.module_utils._node.trusted import UnsafePath
from ansible_collections.corosync.quorum.plugins.module_utils._program.ending import end_when_asked
from ansible_collections.corosync.quorum.plugins.module_utils._program.options import TIMEOUT, Option, seconds
from ansible_collections.corosync.quorum.plugins.module_utils._program.output import complain
from ansible_collections.corosync.quorum.plugins.module_utils._program.post import Sender, target_of, token_of
from ansible_collections.corosync.quorum.plugins.module_utils._program.resident import Postman, Resident

OPTIONS = (
    Option("textfile", "write metrics into this file, whose name ends in .prom", "PATH"),
    Option("interval", "write the file at this interval while nothing happens (default: 15)", "SECONDS", 15.0, seconds),
    Option("post", "post events to this URL", "URL", None, target_of),
    Option("token-file", "send the token in this file along with each event", "PATH"),
    Option("ca-file", "verify the receiver with the certificates in this file (default: those of the system)", "PATH"),
    Option("allow-http", "post to another host without TLS: anybody on the network can then read and change the events. Not with a token"),
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
