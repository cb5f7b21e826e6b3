# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The command line of the program `corosync-quorum`: its verbs, their options, and what becomes of a wrong one.

A verb is a file of this room with three things: `OPTIONS`, a tuple of Option; `run(given)`, which gets the values of these by name and returns the exit
code; and a docstring, which is the text of its `--help`. It is imported when it is called, because what another verb needs costs time at each start.
"""

import functools
import sys
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError
from ansible_collections.corosync.quorum.plugins.module_utils._node.zipimport_once import compiled_once
from ansible_collections.corosync.quorum.plugins.module_utils._program.ending import exit_code_of
from ansible_collections.corosync.quorum.plugins.module_utils._program.options import Option
from ansible_collections.corosync.quorum.plugins.module_utils._program.output import complain, say
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted

PROGRAM = "corosync-quorum"
# The exit code of a command line that cannot be understood.
USAGE = 2
# What whoever runs a monitoring plugin takes for "unknown", and how the line begins that says why.
UNKNOWN, UNKNOWN_LINE = 3, "QUORUM UNKNOWN - "
_ABOUT = ("Shows what corosync's votequorum on this node knows about its cluster: for people, for monitoring", "and for programs.")
_HELP = ("-h", "--help")


class Verb(t.NamedTuple):
    """name: what is typed. summary: a line for the list. load: imports the file.

    is_plugin: of a monitoring system, which reads the standard output and knows no other exit code for an error than UNKNOWN.
    """

    name: str
    summary: str
    load: t.Callable[[], t.Any]
    is_plugin: bool = False


def _status() -> t.Any:
    from ansible_collections.corosync.quorum.plugins.module_utils._program import status

    return status


def _check() -> t.Any:
    from ansible_collections.corosync.quorum.plugins.module_utils._program import check

    return check


def _metrics() -> t.Any:
    from ansible_collections.corosync.quorum.plugins.module_utils._program import metrics

    return metrics


def _events() -> t.Any:
    from ansible_collections.corosync.quorum.plugins.module_utils._program import events

    return events


def _run_for_ever() -> t.Any:
    from ansible_collections.corosync.quorum.plugins.module_utils._program import run

    return run


VERBS: t.Tuple[Verb, ...] = (
    Verb("status", "show what this node knows about the quorum of its cluster", _status),
    Verb("check", "check quorum, for Nagios, Icinga and other monitoring systems", _check, is_plugin=True),
    Verb("metrics", "print metrics for Prometheus", _metrics),
    Verb("events", "print each quorum event as a line of JSON when it happens", _events),
    Verb("run", "run as a service: write metrics to a file, and post events to a URL", _run_for_ever),
)


def main(arguments: t.Optional[t.Sequence[str]] = None) -> int:
    """The exit code of the program for this command line, by default that of the process."""
    return exit_code_of(functools.partial(_main, list(sys.argv[1:] if arguments is None else arguments)))


def _main(words: t.List[str]) -> int:
    if words and words[0] in _HELP:
        say(help_page())
        return 0
    verb = next((verb for verb in VERBS if words and verb.name == words[0]), None)
    if verb is None:
        return _refused(PROGRAM, _no_verb(words), complain, USAGE)
    if not verb.is_plugin:
        return _run(verb, words[1:])
    try:
        return _run(verb, words[1:])
    except Exception as exc:  # pylint: disable=broad-exception-caught
        # Python's own exit code would be a warning. A fault of this program says nothing of the quorum.
        say(f"{UNKNOWN_LINE}this program has failed: {type(exc).__name__}: {quoted(str(exc))}")
        return UNKNOWN


def _run(verb: Verb, words: t.Sequence[str]) -> int:
    with compiled_once():
        loaded = verb.load()
    if any(word in _HELP for word in words):
        say(help_page_of(verb))
        return 0
    try:
        given = _given(loaded.OPTIONS, words)
    except OptionError as exc:
        why = f"{exc} '{PROGRAM} {verb.name} --help' lists its options."
        if verb.is_plugin:
            return _refused(f"{UNKNOWN_LINE}{PROGRAM} {verb.name}", why, say, UNKNOWN)
        return _refused(f"{PROGRAM} {verb.name}", why, complain, USAGE)
    return int(loaded.run(given))


def _no_verb(words: t.Sequence[str]) -> str:
    said = f"there is no verb '{quoted(words[0])}'" if words else "a verb is missing"
    return f"{said}: give one of {', '.join(verb.name for verb in VERBS)}. '{PROGRAM} --help' describes them."


def _refused(who: str, why: str, tell: t.Callable[[str], None], code: int) -> int:
    tell(f"{who}: {why}")
    return code


def _given(options: t.Sequence[Option], words: t.Sequence[str]) -> t.Dict[str, t.Any]:
    """The values of all options by name. Raises OptionError."""
    values = {option.key: False if option.value is None else option.default for option in options}
    if words:
        values.update(_parsing().parsed(options, words))
    return values


def _parsing() -> t.Any:
    from ansible_collections.corosync.quorum.plugins.module_utils._program import parsing

    return parsing


def help_page() -> str:
    """The text of `corosync-quorum --help`."""
    lines = [f"usage: {PROGRAM} VERB [option ...]", "", *_ABOUT, "", "verbs:"]
    lines += [f"  {verb.name:<10} {verb.summary}" for verb in VERBS]
    return "\n".join([*lines, "", f"'{PROGRAM} VERB --help' describes one verb."])


def help_page_of(verb: Verb) -> str:
    """The text of `corosync-quorum VERB --help`."""
    loaded = verb.load()
    return str(_parsing().help_page(f"{PROGRAM} {verb.name}", loaded.__doc__, loaded.OPTIONS))
