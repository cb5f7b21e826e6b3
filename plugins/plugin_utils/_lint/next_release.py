# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What corosync's main branch makes of a corosync.conf: it becomes the release after 3.1. Read from its source, in August 2026."""

from __future__ import annotations

from ansible_collections.corosync.quorum.plugins.module_utils._value import shared_traps
from ansible_collections.corosync.quorum.plugins.module_utils._value.shared_traps import Hit, Hits
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import Model
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.refusals import NEXT_CIPHERS, only_next_takes

_ENCRYPTION = tuple("totem." + key for key in ("crypto_cipher", "crypto_hash", "secauth"))


def next_corosync(model: Model) -> Hits:
    """The same as problems() says of a running cluster."""
    totem = {key: model.conf.text("totem." + key) for key in shared_traps.NEXT_COROSYNC_KEYS if model.conf.text("totem." + key) is not None}
    start = model.section_line("totem")
    if not only_next_takes(model):
        yield from shared_traps.next_corosync(totem, (model.line("totem.transport") or start, model.line(*_ENCRYPTION) or start))


def only_next_corosync(model: Model) -> Hits:
    if not only_next_takes(model):
        return
    cipher, line = model.conf.text("totem.crypto_cipher"), model.line(*_ENCRYPTION)
    if cipher in NEXT_CIPHERS:
        yield Hit(
            f'corosync 3.1 does not start with crypto_cipher "{cipher}". corosync\'s main branch takes the name, but then uses aes256 (from its source).',
            "Use aes256, aes192 or aes128 while a node has corosync 3.1.",
            line,
        )
    else:
        yield Hit(
            f"corosync 3.1 does not start with crypto_cipher {cipher} and without a crypto_hash. corosync's main branch takes sha256 (from its source).",
            "Set crypto_hash: sha256 while a node has corosync 3.1.",
            line,
        )
