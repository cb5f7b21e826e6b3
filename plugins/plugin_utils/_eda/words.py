# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Text of somebody else, for messages and events. Pure."""

from __future__ import annotations

import re

from ...module_utils._value.words import printable, quoted

# What Ansible or Jinja takes for the start of a template, also by ansible-core's header for other delimiters.
_TEMPLATE = re.compile(r"\{(?=[{%#])|(?<=#)(?=jinja2:)")


class HostileError(Exception):
    """A node sent what is no event; the text says what, and is safe to print."""


def said(text: str, most: int = 300) -> str:
    """What somebody else has said as a part of a sentence: one printable line of bounded length, and no template."""
    return untemplated(quoted(text, most))


def plain(text: str) -> str:
    """The text with escapes for what is not printable, and no template."""
    return untemplated(printable(text))


def untemplated(text: str) -> str:
    """The text with a space in what Ansible would take for the start of a template."""
    return _TEMPLATE.sub(lambda found: found.group() + " ", text)
