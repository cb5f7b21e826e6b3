# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What can be known of the authentication key without showing it to anybody.

corosync reads the file when it starts and when it reloads. Nobody can read back which key it has in its memory. But it has that of the file if nobody has
touched the file since it started. All members of one ring have the same key in their memories, so a member whose file has another one would start
alone.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.encryption import needs_authkey
from ansible_collections.corosync.quorum.plugins.module_utils._node.observe import changed_since_start, configuration_file

KEY = "/etc/corosync/authkey"
CHANGED = "changed"
# A key has some hundred random bytes, so so many digits of a digest tell two keys apart and help nobody to find one.
_DIGITS = 16
_PURPOSE = b"corosync.quorum: is this the same authkey?"


def newer_key() -> t.Dict[str, str]:
    """{"authkey": CHANGED} if the file was touched after corosync started, so that corosync may have another key in its memory."""
    return {"authkey": CHANGED} if changed_since_start(KEY) and _is_used() else {}


def seen() -> t.Dict[str, t.Any]:
    """{digest, changed}. digest: of the key in the file, empty without a file, None where it cannot be read or is not used.

    changed: whether the file was touched after corosync started, None where nobody can say that.
    """
    return {"digest": _digest(), "changed": changed_since_start(KEY)} if _is_used() else {"digest": None, "changed": None}


def _is_used() -> bool:
    """Imported here, as almost nobody asks: the parser is compiled in each task."""
    from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import parse

    try:
        with open(configuration_file(), encoding="utf-8", errors="replace") as file:
            return needs_authkey(parse(file.read()).values)
    except OSError:
        return False


def _digest() -> t.Optional[str]:
    import hashlib
    import hmac

    try:
        with open(KEY, "rb") as file:
            return hmac.new(file.read(), _PURPOSE, hashlib.sha256).hexdigest()[:_DIGITS]
    except FileNotFoundError:
        return ""
    except OSError:
        return None
