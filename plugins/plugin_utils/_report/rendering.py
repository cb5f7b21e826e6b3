# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What all pages have in common: how a template is rendered. What comes from nodes is data, and escaped."""

from __future__ import annotations

import pathlib
import typing as t

import jinja2
import markupsafe

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import printable

from . import words

_FOLDER = pathlib.Path(__file__).parent


def rendered(template: str, view: t.Mapping[str, t.Any]) -> str:
    """One HTML page that needs nothing else."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(_FOLDER)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters.update(clock=words.clock, exact=words.exact, date=words.date, duration=words.duration)
    return str(environment.get_template(template).render(view))


def _printable(item: t.Any) -> t.Any:
    """A name that turns the direction of writing would change what the page says. What a macro has made has been through this."""
    return printable(item, kept="\n") if isinstance(item, str) and not isinstance(item, markupsafe.Markup) else item
