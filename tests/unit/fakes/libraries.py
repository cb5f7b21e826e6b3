# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of corosync's libraries a host has."""

import types

NOT_FOUND = "cannot load library '%s': %s: cannot open shared object file: No such file or directory"


class Backend:
    """A cffi object on a host that has only these libraries."""

    def __init__(self, *present, **options):
        self.present = present
        self.error = options.get("error", NOT_FOUND)

    def dlopen(self, soname):
        if soname in self.present:
            return types.SimpleNamespace(name=soname)
        raise OSError(self.error % (soname, soname))

    def callback(self, *dummy):
        raise self.error
