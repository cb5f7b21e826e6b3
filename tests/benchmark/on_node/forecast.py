# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In a process of its own on a node: what the forecast costs on top of a snapshot. Prints JSON, times in seconds.

forecast.py ZIP source|bytecode VALUE, which is the `votequorum` value as JSON. source: ZIP holds the sources, and they are compiled.
bytecode: they come from PYTHONPATH with the bytecode of an earlier run. What a snapshot imports without it is imported before the clock starts.
"""

import importlib
import json
import sys
import time

archive, mode, text = sys.argv[1:]
if mode == "source":
    sys.path.insert(0, archive)
compiled_once = importlib.import_module("ansible_collections.corosync.quorum.plugins.module_utils._node.zipimport_once").compiled_once
for needed in ("_corosync.cmap", "_corosync.quorum", "_corosync.votequorum", "_value.nodes", "_judge.problems", "_value.snapshot"):
    importlib.import_module("ansible_collections.corosync.quorum.plugins.module_utils." + needed)

value = json.loads(text)
start = time.perf_counter()
with compiled_once():  # as the module does
    from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import forecast_entry
imported = time.perf_counter()
entry = forecast_entry(value)
end = time.perf_counter()
print(json.dumps({"total": end - start, "import": imported - start, "call": end - imported, "entry": entry}))
