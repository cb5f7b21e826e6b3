# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Variables of a role that came from a node.

Ansible makes a variable of each fact, and it outranks the role's defaults and the inventory. A node may answer any module with any facts, and a fact
cache keeps them from one play to the next. So a role whose variables say what is done elsewhere (on the controller, on other nodes) looks at where
they came from, each time before it acts on them.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted

# What both roles take beside the variables with their own names.
_SHARED = ("quorum_lock_take_over",)
# The host variable that tells clusters apart which look alike
LABEL = "quorum_cluster"


class FromFacts(Unusable):
    """A variable of a role is a fact. The message names it, and says what to do."""


def refuse(host: str, variables: t.Mapping[str, t.Any], is_ours: t.Callable[[str], bool]) -> None:
    """Raise FromFacts where a fact of this host has the name of a variable of ours, also where something else outranks it."""
    facts = variables.get("ansible_facts")
    found = sorted(str(name) for name in facts if is_ours(str(name)) or str(name) in _SHARED) if isinstance(facts, Mapping) else []
    if found:
        raise FromFacts(
            f"{host} has facts with the names of variables of the role: {quoted(', '.join(found))}. A node sets its facts itself, so the role does not "
            "use them. Find out what set them, then remove them with ansible.builtin.meta: clear_facts. Set the role's variables in the inventory, in the "
            "play or on the command line, and never with cacheable: true."
        )


def label_of(variables: t.Mapping[str, t.Any]) -> str | None:
    """The host variable quorum_cluster, None without one. A node sets its facts itself, and may not say which cluster it is to be taken for."""
    facts = variables.get("ansible_facts")
    is_fact = isinstance(facts, Mapping) and LABEL in facts
    return str(variables[LABEL]) if variables.get(LABEL) and not is_fact else None
