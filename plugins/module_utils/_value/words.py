# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Numbers and foreign text in sentences: what a node, a file or a program said is shown, and does nothing to a terminal or a log."""

import typing as t

# So much of a text, or of a name, is quoted in a sentence. Characters.
LONGEST_QUOTE = 1000
LONGEST_NAME = 255


def count(number: int, what: str) -> str:
    """`1 vote`, `3 votes`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def printable(text: str, kept: str = "") -> str:
    """The text with escapes (`\\x1b`, `\\u202e`, `\\n`) in place of characters that act on a terminal, forge lines of a log or turn the direction of writing.

    kept: characters that stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in kept else char.encode("unicode_escape").decode("ascii") for char in text)


def shortened(text: str, most: int = LONGEST_QUOTE) -> str:
    """At most so many characters of a text, and how many are left out."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most} more characters)"


def quoted(text: str, most: int = LONGEST_QUOTE) -> str:
    """What somebody else has said, as a part of a sentence: one line of bounded length, printable."""
    return printable(shortened(" ".join(text.split()), most))


def shown(name: t.Any) -> str:
    """A name as a part of a sentence. Nodes may have any."""
    return printable(shortened(str(name), LONGEST_NAME))
