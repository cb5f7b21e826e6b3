# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Are corosync's libraries still those on disk? A process keeps the ones it has loaded, and after an upgrade corosync may not understand them."""

import os

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.library import CMAP, QUORUM, VOTEQUORUM

_MAPS = "/proc/self/maps"
# What the kernel writes behind the path of a file that was removed, or that another one was renamed over, as package managers do
_DELETED = " (deleted)"
_SONAMES = (VOTEQUORUM, QUORUM, CMAP)
# What these libraries load themselves
_NAMES = tuple(soname.partition(".so.")[0] + ".so." for soname in _SONAMES) + ("libqb.so.", "libcorosync_common.so.")


def libraries_replaced() -> bool:
    """Whether loading corosync's libraries now would give others than this process has loaded. False where it has none, or cannot know."""
    try:
        with open(_MAPS, encoding="utf-8", errors="surrogateescape") as maps:
            paths = {fields[5].rstrip("\n") for fields in (line.split(None, 5) for line in maps) if len(fields) == 6}
    except OSError:
        return False
    return any(_is_replaced(path) for path in paths if os.path.basename(path).startswith(_NAMES))


def _is_replaced(path: str) -> bool:
    if path.endswith(_DELETED):
        return True
    folder, name = os.path.split(path)
    soname = next((soname for soname in _SONAMES if name.startswith(soname)), None)
    # A newer one may lie beside it under another name.
    return soname is not None and os.path.realpath(os.path.join(folder, soname)) != os.path.realpath(path)
