# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source for Event-Driven Ansible on real nodes, as ansible-rulebook runs it: the file by itself, in an event loop of a thread."""

import asyncio
import contextlib
import pathlib
import runpy
import threading

from patience import PATIENCE, until

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "extensions/eda/plugins/event_source/votequorum.py"


class Followed:
    """What a source has put into its queue so far: `events`, in their order. It is the queue."""

    def __init__(self):
        self.events = []

    async def put(self, event):
        self.events.append(event)

    def of(self, host, name=None):
        """The events about a host, those of this name."""
        return [event for event in list(self.events) if event["meta"]["hosts"] == [host] and name in (None, event["event"])]

    def named(self, name):
        return [event for event in list(self.events) if event["event"] == name]

    def names(self, host):
        return [event["event"] for event in self.of(host)]

    def first(self, host, name, after=0, timeout=PATIENCE):
        """The first event of this name about a host that comes after so many about it; waits for it."""
        until(lambda: name in self.names(host)[after:], timeout)
        return next(event for event in self.of(host)[after:] if event["event"] == name)


@contextlib.contextmanager
def following(hosts, **args):
    """A source that follows nodes of the lab. hosts: nodes, or entries of the argument `hosts` as they are. At the end it is cancelled, and has ended."""
    nodes = [host for host in hosts if hasattr(host, "ssh_config")]
    entries = [host.name if host in nodes else host for host in hosts]
    ssh_args = ["-F", str(nodes[0].ssh_config)]
    followed, ready, loop = Followed(), threading.Event(), asyncio.new_event_loop()
    main = runpy.run_path(str(SOURCE))["main"]
    wanted = dict({"hosts": entries, "ssh_args": ssh_args, "delay": 0.5, "max_delay": 2}, **args)
    task = loop.create_task(main(followed, wanted))
    loop.call_soon(ready.set)
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([task])))
    thread.start()
    try:
        ready.wait(PATIENCE)
        yield followed
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(2 * PATIENCE)
        assert not thread.is_alive(), "the source did not end"
        assert task.cancelled(), task.exception()
        loop.close()
