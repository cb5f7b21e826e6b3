# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What a filter answers with may quote files and inventories, and must never become a template."""

from __future__ import annotations

import typing as t

try:
    # Up to ansible-core 2.18 text that a filter makes could be templated again.
    from ansible.utils.unsafe_proxy import wrap_var
except ImportError:  # from 2.19 on nothing is templated that is not trusted, and this helper is on its way out

    def wrap_var(v: t.Any) -> t.Any:
        return v


def untemplated(value: t.Any) -> t.Any:
    """The same value, whose texts are never templated."""
    return wrap_var(value)
