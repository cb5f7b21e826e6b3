# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In a process of its own on a node: what a snapshot costs from its import to its end. Prints JSON, times in seconds.

snapshot.py ZIP source: everything is compiled from source, as in a task: ZIP is the archive that Ansible sends.
snapshot.py ZIP source judged: likewise, and what follows from the snapshot is made on the node, too, as in the background (async).
snapshot.py ZIP source without-forecast: likewise, but the forecast is not imported and not made: what remains of the cost is all the rest.
snapshot.py ZIP bytecode: the collection comes from PYTHONPATH with the bytecode of an earlier run; only Ansible's own modules from ZIP.
All begin when AnsibleModule, which every module needs, is imported.
"""

import importlib
import json
import resource
import sys
import time
import types

archive, mode = sys.argv[1:3]
sys.path.insert(0, archive)
importlib.import_module("ansible.module_utils.basic")

if mode == "bytecode":
    sys.path.remove(archive)
    for name in [name for name in sys.modules if name.startswith("ansible_collections")]:
        del sys.modules[name]

if sys.argv[3:] == ["without-forecast"]:
    losses = types.ModuleType("ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses")
    losses.forecast_entry = lambda value: None
    sys.modules[losses.__name__] = losses

before = resource.getrusage(resource.RUSAGE_SELF)
cpu = time.process_time()
start = time.perf_counter()
from ansible_collections.corosync.quorum.plugins.modules import votequorum_info  # noqa: E402  (how long this takes is the question)

imported = time.perf_counter()
result = votequorum_info.read(10.0, "fail", bool(sys.argv[3:]))
end = time.perf_counter()
value = result["votequorum"] if "votequorum" in result else result["reading"]["value"]
print(
    json.dumps(
        {
            "total": end - start,
            "import": imported - start,
            "read": end - imported,
            "cpu": time.process_time() - cpu,
            "nodes": len(value["members"]),
            "grown_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before.ru_maxrss,
            "value": value,
        }
    )
)
