# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.
"""The options of a verb as they are typed, and its `--help`. Imported when there is something of that: argparse alone takes as long as a reading."""

import argparse
import textwrap
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._program.options import Option

WIDTH = 100


class _Parser(argparse.ArgumentParser):
    """Raises OptionError where argparse would print the usage and end the process."""

    def error(self, message: str) -> t.NoReturn:
        raise OptionError(f"{quoted(message)}.")


def parsed(options: t.Sequence["Option"], words: t.Sequence[str]) -> t.Dict[str, t.Any]:
    """The values of the options that these words give, by name, such as `textfile` for --textfile. Raises OptionError."""
    # With a width argparse does not ask how wide the terminal is.
    parser = _Parser(prog="corosync-quorum", add_help=False, allow_abbrev=False, formatter_class=lambda prog: argparse.HelpFormatter(prog, width=WIDTH))
    for option in options:
        if option.value is None:
            parser.add_argument(option.flag, dest=option.key, action="store_true", default=argparse.SUPPRESS)
        else:
            parser.add_argument(option.flag, dest=option.key, default=argparse.SUPPRESS)
    given = vars(parser.parse_args(words))
    read = {option.key: option.read for option in options if option.value is not None}
    flags = {option.key: option.flag for option in options}
    return {key: read[key](flags[key], text) if key in read else text for key, text in given.items()}


def help_page(command: str, about: str, options: t.Sequence["Option"]) -> str:
    """The text of `--help` of a verb. It is the same with every Python, unlike that of argparse. about: as it is to be printed."""
    named = [(f"{option.flag} {option.value}" if option.value else option.flag, option.help) for option in options]
    usage = " ".join([f"usage: {command}", *(f"[{name}]" for name, text in named)])
    lines = textwrap.wrap(usage, WIDTH, subsequent_indent="  ", break_on_hyphens=False) + ["", *about.strip().splitlines(), "", "options:"]
    for name, text in [*named, ("--help", "show this page")]:
        lines += [f"  {name}", *textwrap.wrap(text, WIDTH, initial_indent="      ", subsequent_indent="      ", break_on_hyphens=False)]
    return "\n".join(lines)
