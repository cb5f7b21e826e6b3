# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches on nodes, as the module watch_quorum runs there."""

import contextlib
import json
import time

from looking import LIBRARY, run_module
from patience import PATIENCE, until

MODULE = "/opt/collections/ansible_collections/corosync/quorum/plugins/modules/watch_quorum.py"
RECORD = "/var/lib/corosync-quorum/watch.jsonl"


def ask(node, state, check=True, user=None, check_mode=False, **options):
    """The module on a node: its result."""
    result = run_module(node, "watch_quorum", dict(options, state=state, _ansible_check_mode=check_mode), user=user)
    assert bool(result.get("failed")) != check, result
    return result


@contextlib.contextmanager
def watching(node, **options):
    """A watch in the background of a node, entered when its first look is recorded. Gives a function that waits for its result."""
    which = {name: options[name] for name in ("record", "run") if name in options}
    unit = f"watch-{time.monotonic_ns()}"
    node.put(json.dumps({"ANSIBLE_MODULE_ARGS": dict(options, state="running")}), f"/run/{unit}.json")
    node.sh(
        f"systemd-run -q --unit={unit} -p StandardInput=file:/run/{unit}.json -p StandardOutput=file:/run/{unit}.out -p StandardError=file:/run/{unit}.err "
        f"--setenv=PYTHONPATH=/opt/collections:{LIBRARY} --setenv=PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 {MODULE}"
    )

    def ended(timeout=PATIENCE):
        until(lambda: node.run(["systemctl", "is-active", "-q", unit], check=False).returncode, timeout)
        assert node.run(["cat", f"/run/{unit}.err"]).stdout == ""
        return json.loads(node.run(["cat", f"/run/{unit}.out"]).stdout)

    def send(name):
        node.run(["systemctl", "kill", "-s", name, unit])

    ended.unit, ended.send = unit, send
    try:
        until(lambda: ask(node, "read", **which)["looked"] or node.run(["systemctl", "is-active", "-q", unit], check=False).returncode)
        yield ended
    finally:
        node.run(["systemctl", "kill", "-s", "KILL", unit], check=False)


def events(timeline):
    return [entry["event"] for entry in timeline]
