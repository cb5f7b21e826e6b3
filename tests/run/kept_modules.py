# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets the playbooks of one test process share what Ansible packs for nodes.

Each ansible-playbook packs each module with all that it imports, which takes some tenths of a second, and throws that away at its end.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile

from . import paths

CALLBACKS = str(paths.CHECKOUT / "tests" / "plugins" / "callback")


@functools.cache
def _folder() -> str:
    """It ends with this process, so that nobody gets what an older state of the code has left."""
    paths.SCRATCH.mkdir(exist_ok=True)
    folder = tempfile.mkdtemp(prefix="kept-modules-", dir=paths.SCRATCH)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def environment(callbacks: str = "", folder: str = "") -> dict[str, str]:
    """Variables for an ansible-playbook. callbacks: names of others that it is to have, too, with commas between; folder: where these are."""
    return {
        "ANSIBLE_CALLBACK_PLUGINS": os.pathsep.join(filter(None, [CALLBACKS, folder])),
        "ANSIBLE_CALLBACKS_ENABLED": ",".join(filter(None, ["kept_modules", callbacks])),
        "KEPT_MODULES": _folder(),
    }
