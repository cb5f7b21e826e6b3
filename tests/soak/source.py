# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source for Event-Driven Ansible in a process of its own: `python source.py ARGUMENTS`, which are its arguments as JSON.

Like ansible-rulebook it runs the file by itself, in an event loop. What the source puts into its queue is printed, a line of JSON each. SIGINT ends it.
"""

import asyncio
import contextlib
import json
import pathlib
import runpy
import signal
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "extensions/eda/plugins/event_source/votequorum.py"


class Queue:
    """It prints what it gets."""

    async def put(self, event):
        print(json.dumps(event), flush=True)


if __name__ == "__main__":
    # A shell that starts the endurance test in the background lets it ignore this signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(runpy.run_path(str(SOURCE))["main"](Queue(), json.loads(sys.argv[1])))
