# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one ansible-playbook has packed for nodes, the next one does not pack again. See run/kept_modules.py."""

import hashlib
import os
import pathlib
import shutil

from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__

DOCUMENTATION = """
name: kept_modules
type: aggregate
short_description: Keep packed modules from one playbook to the next
description: For the tests.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kept_modules"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        # The same name of a module means another file with another ansible-core, and with another collection.
        source = hashlib.sha256(repr((__version__, constants.COLLECTIONS_PATHS)).encode()).hexdigest()
        self._kept = pathlib.Path(os.environ["KEPT_MODULES"], source)
        # Where Ansible itself looks for what this run has packed already
        self._own = pathlib.Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache")

    def v2_playbook_on_start(self, playbook):
        _copy(self._kept, self._own)

    def v2_playbook_on_stats(self, stats):
        _copy(self._own, self._kept)


def _copy(source, target):
    """Each file that is complete, under its name only when it is there whole: other runs read and write there, too."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.glob("*"):
        if not file.name.endswith((".lock", "-part")) and not (target / file.name).exists():
            partial = target / f"{file.name}.{os.getpid()}-part"
            shutil.copyfile(file, partial)
            os.replace(partial, target / file.name)
