# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Whether corosync encrypts, and with which key. values: keys of corosync.conf, or of cmap, which has the same."""

import re
import typing as t

Values = t.Mapping[str, t.Any]

INLINE_KEY = "totem.key"
HIDDEN = "(hidden)"


def is_encrypted(values: Values) -> bool:
    """Whether corosync needs a key with these settings."""
    default = "aes256" if values.get("totem.secauth") == "on" else "none"
    return any((values.get(key) or default) != "none" for key in ("totem.crypto_cipher", "totem.crypto_hash"))


def needs_authkey(values: Values) -> bool:
    """Whether the key is that in /etc/corosync/authkey. values: of the file, as nobody reads a secret out of cmap."""
    return is_encrypted(values) and not values.get(INLINE_KEY) and not values.get("totem.keyfile")


def shown_value(key: str, value: t.Any) -> t.Any:
    """A value of corosync.conf as it may be shown: the key of the cluster may be in the file."""
    return HIDDEN if key == INLINE_KEY and value is not None else value


def may_have_key(text: str) -> bool:
    """Whether the key of the cluster may be in this text of corosync.conf, even where the text is so wrong that corosync reads no key."""
    return bool(re.search(r"\bkey\b", text))
