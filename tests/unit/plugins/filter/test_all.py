# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for all filters. In a process of its own, as this one has loaded much already."""

import json
import pathlib
import subprocess
import sys

from ansible_collections.corosync.quorum.plugins.filter import forecast

FOLDER = pathlib.Path(forecast.__file__).parent
PROGRAM = """
import importlib, json, sys
for name in sys.argv[1:]:
    plugin = importlib.import_module("ansible_collections.corosync.quorum.plugins.filter." + name)
    assert list(plugin.FilterModule().filters()) == [name]
print(json.dumps([name for name in sys.modules if ".module_utils._" in name or ".plugin_utils._" in name]))
"""


def test_none_loads_what_answers_before_it_is_asked():
    """Ansible loads them all, up to the one that a task uses, in each task."""
    names = sorted(path.stem for path in FOLDER.glob("*.py"))
    done = subprocess.run([sys.executable, "-c", PROGRAM, *names], stdout=subprocess.PIPE, check=True, timeout=60)
    assert [name for name in json.loads(done.stdout.decode("utf-8")) if "corosync.quorum" in name] == [
        "ansible_collections.corosync.quorum.plugins.plugin_utils._answers"
    ]
