# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Write corosync.conf: sections as dictionaries in, text out. The opposite of corosync_conf.parse().

Pure. What corosync could not read back as it was meant is refused, so that no value can become a line or a section of its own.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable

Content = t.Mapping[str, t.Any]

_NAME = re.compile(r"[A-Za-z0-9_.-]+\Z")
_LONGEST_VALUE = 400  # bytes; corosync reads lines of at most 510


class TextError(Unusable):
    """Something that cannot be written into corosync.conf. The message names the key."""


def render(sections: Content) -> str:
    """The text of these sections, in their order. A list makes several sections, or lines, of one name; None leaves a key out.

    Raises TextError.
    """
    return "\n\n".join("\n".join(_lines(name, content, "", name)) for name, content in sections.items()) + "\n"


def _lines(name: str, content: t.Any, indent: str, path: str) -> t.Iterator[str]:
    _check_name(name, path)
    for part in content if isinstance(content, (list, tuple)) else [content]:
        if isinstance(part, dict):
            yield f"{indent}{name} {{"  # corosync wants the brace to end its line
            for key, value in part.items():
                yield from _lines(str(key), value, indent + "    ", f"{path}.{key}")
            yield indent + "}"
        elif not indent:
            raise TextError(f"{path} must be a dictionary of keys, it is a section of its own.")
        elif part is not None:
            yield f"{indent}{name}: {_text(part, path)}"


def _check_name(name: str, path: str) -> None:
    if not _NAME.match(name):
        raise TextError(f'"{name}" (in {path}) cannot be the name of a key or section.')


def _text(value: t.Any, path: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, (str, int)):
        raise TextError(f"{path} must be text or a whole number.")
    text = str(value).strip()
    if not text or re.search(r"[\x00-\x1f{}]", text) or len(text.encode("utf-8")) > _LONGEST_VALUE:
        raise TextError(f"{path} must be one line of text without braces, and not empty; it is {text[:60]!r}.")
    return text
