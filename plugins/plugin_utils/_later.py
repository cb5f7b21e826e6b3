# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Load code when it is used.

To find one filter Ansible loads the files of a collection's filters one after the other, in every task that uses it, and compiles each anew with all
that it imports (get_with_context() of Jinja2Loader in lib/ansible/plugins/loader.py). So a filter imports what answers its question when it is asked.
"""

from __future__ import annotations

import importlib
import typing as t

_PLUGINS = "ansible_collections.corosync.quorum.plugins."


class Later:
    """Stands for a module of this collection, such as ``module_utils._quorum.forecast``, and loads it when something of it is used."""

    def __init__(self, name: str) -> None:
        self._name = _PLUGINS + name

    def __getattr__(self, attribute: str) -> t.Any:
        return getattr(importlib.import_module(self._name), attribute)
