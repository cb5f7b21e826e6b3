# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Ansible would take a text for a template, in the words of each ansible-core."""

from __future__ import annotations

import typing as t


def would_be_templated(text: str) -> bool:
    """Up to ansible-core 2.18 every text that is not marked as unsafe would, since 2.19 only what is marked as trusted."""
    try:
        from ansible.template import is_trusted_as_template
    except ImportError:
        from ansible.utils.unsafe_proxy import AnsibleUnsafe

        return not isinstance(text, AnsibleUnsafe)
    return t.cast(bool, is_trusted_as_template(text))
