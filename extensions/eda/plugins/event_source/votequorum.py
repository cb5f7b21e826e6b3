# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source corosync.quorum.votequorum of ansible-rulebook; see votequorum.yaml.

It runs the program `corosync-quorum events` on each node, sent along over ssh, and takes over
its events. The program ends with the connection and leaves nothing behind. ansible-rulebook runs
this file as it stands and finds no collections for it: it imports the standard library, and what
it needs of the collection from its own path, which is of the standard library alone, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.machinery
import importlib.util
import json
import logging
import pathlib
import sys
import time
from typing import TYPE_CHECKING, Any, TypeVar

PLUGINS = pathlib.Path(__file__).resolve().parents[4] / "plugins"
PACKAGE = "_corosync_quorum_plugins"


def _ours(name: str) -> Any:  # noqa: ANN401
    """Import a file of the collection by its path below plugins. Raises ImportError."""
    if PACKAGE not in sys.modules:
        spec = importlib.machinery.ModuleSpec(PACKAGE, None, is_package=True)
        spec.submodule_search_locations = [str(PLUGINS)]
        sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"{PACKAGE}.{name}")


if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Awaitable, Callable

    from ansible_collections.corosync.quorum.plugins.module_utils._value import utc
    from ansible_collections.corosync.quorum.plugins.plugin_utils import _program
    from ansible_collections.corosync.quorum.plugins.plugin_utils._eda import (
        arguments,
        launch,
        received,
        reserves,
        views,
        words,
    )
else:
    utc = _ours("module_utils._value.utc")
    _program = _ours("plugin_utils._program")
    arguments = _ours("plugin_utils._eda.arguments")
    launch = _ours("plugin_utils._eda.launch")
    received = _ours("plugin_utils._eda.received")
    reserves = _ours("plugin_utils._eda.reserves")
    views = _ours("plugin_utils._eda.views")
    words = _ours("plugin_utils._eda.words")

Event = dict[str, Any]
Result = TypeVar("Result")

LOGGER = logging.getLogger("corosync.quorum.votequorum")
# A value of 32 nodes with eight links each is 100 kB of JSON. Bytes.
LONGEST_LINE = 1024 * 1024
# What a login shell may print before the first event. Bytes.
MOST_NOISE = 64 * 1024
STDERR_KEPT = 2000
# A process that was told to end gets so long until it is made to. Seconds.
GRACE = 2.0
# A node that restarts finds the others within this time, or they have stopped, too. Seconds.
LOSS_LASTS = 2.0
LOOK_AGAIN = 0.1


class Source:
    """Follows all hosts. queue: where events go."""

    def __init__(
        self,
        queue: asyncio.Queue[Any],
        settings: arguments.Settings,
        to_send: launch.Sent,
    ) -> None:
        """Take what the source needs. Nothing is run yet."""
        self._queue = queue
        self._settings = settings
        self._sent = to_send
        # What followed hosts see now; and what each saw last, for who is of which cluster.
        self._views: dict[str, views.View] = {}
        self._last: dict[str, views.View] = {}
        # The clusters of what each host saw last
        self._clusters: list[dict[str, views.View]] = []
        # The hosts of which was told that they cannot be followed, and why
        self._lost: dict[str, str] = {}
        # What hosts saw last before nobody followed them, until they say how things are
        self._before: dict[str, views.View] = {}
        # Of which the log says already that they have one node id
        self._namesakes: set[tuple[str, ...]] = set()
        self._judge = views.Judge()
        self._reserves = reserves.Reserves()
        self._moved = asyncio.Event()

    async def run(self) -> None:
        """Follow all hosts until this is cancelled; then no process of it is left."""
        tasks = [asyncio.ensure_future(self._follow(host)) for host in self._settings.hosts]
        if self._settings.split:
            tasks.append(asyncio.ensure_future(self._watch_splits()))
        try:
            # Not gather(), which would cancel them twice, and the second time while they end.
            done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            await _all_ended(tasks)

    # ---- what is told

    async def _put(self, event: Event) -> None:
        if event["at"] is None:
            event["at"] = utc.utc(time.time())
        event["meta"].update(self._meta_of(event["meta"]["hosts"][0]))
        await self._queue.put(event)
        await asyncio.sleep(0)

    async def _watch_splits(self) -> None:
        while True:
            self._moved.clear()
            followed: dict[str, views.View] = {}
            for cluster in self._clusters:
                followed.update(views.undisputed(cluster, self._views))
            for event in self._judge.look(followed, time.monotonic()):
                await self._put(event)
            await _within(self._judge.due(time.monotonic()), self._moved.wait())

    def _warn_of_namesakes(self) -> None:
        """Log which hosts do not count in their cluster, once for each of these sets."""
        for nodeid, hosts in views.namesakes(self._clusters):
            if tuple(hosts) not in self._namesakes:
                self._namesakes.add(tuple(hosts))
                LOGGER.warning(
                    "%s have the same node id (%d) in what looks like one cluster. Splits, quorum "
                    "and reserve of the cluster are judged without them. Name each node once, and "
                    "give hosts of different clusters different texts in the argument cluster.",
                    ", ".join(hosts),
                    nodeid,
                )

    def _see(self, host: arguments.Host, view: views.View | None) -> None:
        """Note what a host sees now, None where nobody knows."""
        self._views.pop(host.name, None)
        if view:
            seen = views.remembering(view, self._last.get(host.name))
            self._views[host.name] = self._last[host.name] = seen
            self._clusters = views.clusters_of(self._last)
            self._warn_of_namesakes()
        self._moved.set()

    def _cluster_of(self, name: str) -> dict[str, views.View]:
        """Return what each host of the cluster of a host saw last; nothing if it is not known."""
        return next((cluster for cluster in self._clusters if name in cluster), {})

    def _meta_of(self, name: str) -> Event:
        """Return what this source knows of the cluster of a host.

        `cluster` names it: the host of it that was heard first, which later ones do not change.
        """
        mine = self._cluster_of(name)
        first = next((one for one in self._last if one in mine), name)
        meta: Event = {
            "cluster": first,
            "cluster_hosts": sorted(mine) or [name],
            "cluster_quorate": views.is_quorate(views.undisputed(mine, self._views)),
        }
        change = self._reserves.change(first, reserves.state_of(mine, self._views))
        return {**meta, "reserve_change": change} if change else meta

    async def _tell(self, host: arguments.Host, name: str, **more: object) -> None:
        last = self._last.get(host.name)
        await self._put(
            views.own_event(name, [host.name], last.cluster_name if last else None, **more),
        )

    async def _take(self, host: arguments.Host, event: Event) -> None:
        if self._lost.pop(host.name, None):
            LOGGER.info("%s can be followed again.", host.name)
            await self._tell(host, views.REACHABLE)
        value = event["votequorum"]
        self._see(host, views.view_of(value, host.cluster) if value is not None else None)
        for told in [event, *self._missed(host, event)]:
            if told["event"] == views.QUORUM_LOST:
                await self._wait_for_others(host)
            await self._put({**told, "meta": {"hosts": [host.name]}})

    def _missed(self, host: arguments.Host, event: Event) -> list[Event]:
        """Return the loss of quorum and the change of the reserve that nobody followed.

        After a gap the program begins anew, with `state`, and knows nothing of what was before.
        """
        if event["event"] != views.STATE:
            return []
        before = self._before.pop(host.name, None)
        return views.missed_between(before, self._views.get(host.name), event)

    async def _wait_for_others(self, host: arguments.Host) -> None:
        """Wait until others say whether they are quorate, but not for long.

        While they may be quorate, nobody knows whether this is a loss of the whole cluster.
        """
        end = time.monotonic() + LOSS_LASTS
        while time.monotonic() < end:
            mine = views.undisputed(self._cluster_of(host.name), self._views)
            if not views.may_be_quorate(mine):
                return
            await asyncio.sleep(LOOK_AGAIN)

    async def _lose(self, host: arguments.Host, error: launch.LostError) -> None:
        """Tell why a host cannot be followed, unless that was told before."""
        self._see(host, None)
        if host.name in self._last:
            self._before.setdefault(host.name, self._last[host.name])
        if self._lost.get(host.name) != error.reason:
            self._lost[host.name] = error.reason
            msg = f"{host.name} cannot be followed: {error}"
            LOGGER.warning("%s", msg)
            await self._tell(host, views.UNREACHABLE, reason=error.reason, msg=msg)

    # ---- one host

    async def _follow(self, host: arguments.Host) -> None:
        pause = self._settings.delay
        while True:
            begun = time.monotonic()
            try:
                async with self._process(host) as process:
                    await self._read(host, process)
            except launch.LostError as error:
                await self._lose(host, error)
            # What fails again and again is tried ever more seldom; what worked for a while, soon.
            if time.monotonic() - begun > self._settings.max_delay:
                pause = self._settings.delay
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._settings.max_delay)

    @contextlib.asynccontextmanager
    async def _process(self, host: arguments.Host) -> AsyncIterator[Process]:
        """Start the program on a host, and end it. Raises LostError where nothing can be run."""
        command = launch.command_of(host, self._settings, self._sent)
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                limit=LONGEST_LINE,
                start_new_session=True,
            )
        except OSError as error:
            raise launch.not_started(command[0], error) from None
        except ValueError as error:
            raise launch.not_written(error) from None
        feeding = asyncio.ensure_future(_feed(process.stdin, self._sent))
        try:
            yield process
        finally:
            feeding.cancel()
            await _end(process)
            await asyncio.gather(feeding, return_exceptions=True)

    async def _read(self, host: arguments.Host, process: Process) -> None:
        """Take the events of a node as they come. Raises LostError in the end."""
        stderr = asyncio.ensure_future(_last_of(process.stderr))
        try:
            noise = await self._take_first(host, process)
            if noise is None:
                await self._take_rest(host, process)
            await _within(GRACE, process.wait())
            await asyncio.wait([stderr], timeout=GRACE)
            said = (stderr.result() if stderr.done() else "") or noise or ""
            raise launch.why_ended(process.returncode, said, host)
        finally:
            stderr.cancel()

    async def _take_first(self, host: arguments.Host, process: Process) -> str | None:
        """Take the first event. A login shell may print before it.

        Returns None, or what came in its place where the program ended without one.
        """
        noise = b""
        end = time.monotonic() + launch.patience(self._settings)
        while True:
            line = await _line(process, max(0.0, end - time.monotonic()))
            if line is None:
                raise launch.silent(self._settings)
            if not line.endswith(b"\n"):
                return (noise + line).decode("utf-8", "replace")
            try:
                event = received.event_of(line)
            except words.HostileError as error:
                noise += line
                if len(noise) > MOST_NOISE:
                    raise launch.no_event(error) from None
            else:
                await self._take(host, event)
                return None

    async def _take_rest(self, host: arguments.Host, process: Process) -> None:
        """Take events until there are no more. Raises LostError where something else comes.

        Also where nothing comes: the program sends an empty line at times, as ssh does not notice
        that the program hangs.
        """
        pace = received.Pace(time.monotonic())
        while True:
            line = await _line(process, launch.SILENCE)
            if line is None:
                raise launch.hanging()
            if not line.endswith(b"\n"):
                # Half a line is a connection that has broken, and no fault of the node.
                return
            await asyncio.sleep(pace.wait(time.monotonic(), len(line)))
            if not line.strip():
                continue
            try:
                event = received.event_of(line)
            except words.HostileError as error:
                raise launch.no_event(error) from None
            await self._take(host, event)


async def _line(process: Process, seconds: float) -> bytes | None:
    """Return what the program says next, b"" at its end and None where nothing came in time.

    Raises LostError where it cannot be read.
    """
    if not process.stdout:
        return b""
    try:
        return await _within(seconds, process.stdout.readline())
    except ValueError:
        raise launch.too_long(LONGEST_LINE) from None
    except OSError as error:
        raise launch.not_read(error) from None


async def _within(seconds: float | None, step: Awaitable[Result]) -> Result | None:
    """Return what a step returns, None where it is not done in time.

    Not wait_for(): before Python 3.12 that takes no notice of a cancellation that comes in the
    moment in which the step is done, and the source would go on for ever.
    """
    task = asyncio.ensure_future(step)
    try:
        done, _pending = await asyncio.wait([task], timeout=seconds)
        return task.result() if done else None
    finally:
        task.cancel()


async def _all_ended(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel tasks until all of them have ended.

    Once is enough, unless Python itself loses it: asyncio before Python 3.12 tries to kill a
    process that it is just starting, and raises the PermissionError of sudo instead.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _done, left = await asyncio.wait(left, timeout=5 * GRACE)


async def _feed(stdin: asyncio.StreamWriter | None, to_send: launch.Sent) -> None:
    """Send the program. What is sent to stays open: where it ends, the program does.

    Where nobody reads it, the program has ended, and what it said tells why.
    """
    with contextlib.suppress(OSError):
        if stdin:
            stdin.write(to_send.start + to_send.program)
            await stdin.drain()


async def _last_of(stderr: asyncio.StreamReader | None) -> str:
    """Read all that can be read, and return the end of it."""
    kept = b""
    with contextlib.suppress(OSError):
        while stderr and (part := await stderr.read(STDERR_KEPT)):
            kept = (kept + part)[-STDERR_KEPT:]
    return kept.decode("utf-8", "replace")


async def _end(process: Process) -> None:
    """End a process: by itself where its life line is gone, or else by force."""
    if process.stdin:
        process.stdin.close()
    try:
        await _ended(process, None) or await _ended(process, process.terminate)
    finally:
        # Also where whoever cancelled this does so again.
        if process.returncode is None:
            await _ended(process, process.kill)
    rest: list[Any] = [stream.read() for stream in (process.stdout, process.stderr) if stream]
    rest += [process.stdin.wait_closed()] if process.stdin else []
    # Then asyncio lets go of the pipes, and has nothing to complain of.
    await _within(GRACE, asyncio.gather(*rest, return_exceptions=True))


async def _ended(process: Process, step: Callable[[], None] | None) -> bool:
    """Take a step to end a process. Returns whether it has ended soon after that."""
    # It may have ended meanwhile, and sudo is another user's.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if step:
            step()
        await _within(GRACE, process.wait())
    return process.returncode is not None


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put the events of all hosts into the queue until cancelled. Raises ArgumentError."""
    settings = arguments.settings_of(args)
    to_send = launch.Sent(_program.receiver(), _program.archive())
    await Source(queue, settings, to_send).run()


if __name__ == "__main__":

    class Printer(asyncio.Queue[Any]):
        """Prints what rules would get: `python3 votequorum.py node1 node2`."""

        async def put(self, item: Any) -> None:  # noqa: ANN401
            """Print an event as a line of JSON."""
            print(json.dumps(item), flush=True)  # noqa: T201

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(Printer(), {"hosts": sys.argv[1:]}))
