# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One booted systemd-nspawn machine on an overlay over a base image.

Its processes are found by pid file alone, and a pid counts only if the process's command line names this
machine's own folder: a number that the kernel has given to somebody else since is never signalled. A process is looked at again through a
descriptor of it before it gets a signal, since a number can change hands in between.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pathlib
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from . import host
from .errors import LabError

# Runs nspawn again when the machine asked for a reboot (exit status 133), and ends when it went down.
# The pid is in its file before there is anything that would have to be found by it. $1: the folder, then the command.
SUPERVISOR = """\
folder=$1; shift
echo $$ >"$folder/supervisor.pid"
for cgroup in $CGROUPS; do mkdir -p "$cgroup" && echo $$ >"$cgroup/cgroup.procs"; done
while :; do
    sh -c 'echo $$ >"$0/nspawn.pid"; exec "$@"' "$folder" "$@"
    [ $? -eq 133 ] || break
done
"""

# A folder of this machine, and where a node sees it
Bind = tuple[str | pathlib.Path, str | pathlib.Path]


class Machine:
    """A machine with a folder for its root and its pid files; knows nothing of corosync."""

    def __init__(self, folder: str | pathlib.Path, image: str, hostname: str, unique: str, bridge: str) -> None:
        self.folder = pathlib.Path(folder)
        self.image = image  # the folders under the overlay as mount takes them: the uppermost first, colons between
        self.hostname = hostname
        self.unique = unique  # on this machine; nspawn makes the name of the network link from it
        self.bridge = bridge
        self.link = "vb-" + unique  # nspawn's name for this machine's end of the link
        self.root = self.folder / "root"

    # -- disk

    def make_disk(self) -> None:
        """Mount a fresh root over the image."""
        for part in ("upper", "work", "root"):
            (self.folder / part).mkdir(parents=True)
        options = f"lowerdir={self.image},upperdir={self.folder}/upper,workdir={self.folder}/work"
        mounted = host.run(["mount", "-t", "overlay", "corosync-quorum-lab", "-o", options, self.root], check=False)
        if mounted.returncode:
            raise LabError(
                f"an overlay cannot be mounted on {self.folder} ({host.end_of_output(mounted)}): "
                "set QUORUM_LAB_STATE to a folder on an ordinary disk, such as ext4 or xfs"
            )

    def has_changed(self, path: str) -> bool:
        """Whether the machine has written or removed this file since make_disk()."""
        return os.path.lexists(str(self.folder / "upper") + path)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file of the machine while it is down."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def erase(self) -> None:
        """Cut the power if it is on, unmount and delete everything of this machine."""
        self.power_cut()
        unmount_below(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        for cgroup in self._cgroups():
            remove_cgroup(cgroup)

    # -- power

    def power_on(self, binds: Iterable[Bind] = ()) -> None:
        """Start the machine; `binds`: (folder of this machine, folder in the node), read-only. Does not wait for the boot."""
        self.power_cut()  # whatever an interrupted run has left of it
        nspawn = [
            "systemd-nspawn",
            "--quiet",
            f"--directory={self.root}",
            "--register=no",
            "--keep-unit",
            "--boot",
            f"--machine={self.unique}",
            f"--hostname={self.hostname}",
            f"--network-bridge={self.bridge}",
            "--link-journal=no",
            "--resolv-conf=off",
            "--timezone=off",
        ]
        nspawn += [f"--bind-ro={_escaped(source)}:{_escaped(target)}" for source, target in binds]
        # Unified: systemd as of Debian forky refuses to boot with the kernel's older hierarchies of control groups.
        env = dict(host.environment(), SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="1", CGROUPS=" ".join(str(cgroup) for cgroup in self._cgroups()))
        argv = _scope(self.unique) + ["sh", "-c", SUPERVISOR, "supervisor", str(self.folder)] + nspawn
        for name in ("supervisor.pid", "nspawn.pid"):
            (self.folder / name).unlink(missing_ok=True)
        _spawn_detached(argv, env, self.folder / "console.log")

    def power_cut(self) -> None:
        """End the machine at once, as if its plug was pulled; returns when all its processes are gone."""
        # the supervisor first, so that it starts nothing again; the processes inside last, as they outlive a killed nspawn
        for name in ("supervisor.pid", "nspawn.pid"):
            pid = self._own_pid(name)
            if pid:
                _kill([pid], functools.partial(self._is_in, name))
        _kill(self._processes(), self._lives_here)
        if os.path.exists("/sys/class/net/" + self.link):
            host.run(["ip", "link", "delete", self.link], check=False)  # the kernel takes its time to do that by itself

    def is_on(self) -> bool:
        """Whether the machine has power."""
        return self._own_pid("nspawn.pid") is not None

    def leader(self) -> int | None:
        """Pid, on this machine, of the node's init; None while there is none."""
        pid = self._own_pid("nspawn.pid")
        for child in _children(pid) if pid else ():
            if _namespace(child, "pid") not in (None, _namespace("self", "pid")):
                return child
        return None

    def wait_booted(self, deadline: float) -> None:
        """Return when systemd in the node has finished its boot; `deadline` in time.monotonic()."""
        while time.monotonic() < deadline:
            leader = self.leader()
            if leader:
                state = host.run(["nsenter", "-t", leader, "-a", "systemctl", "is-system-running"], check=False, timeout=20).stdout.strip()
                if state in ("running", "degraded"):
                    return
            elif not self.is_on() and (self.folder / "nspawn.pid").exists() and self._own_pid("supervisor.pid") is None:
                break
            time.sleep(0.05)
        raise LabError(f"{self.hostname} did not boot; the end of its console:\n{self.console()}")

    def console(self, lines: int = 15) -> str:
        """The last lines of what the machine printed while it booted."""
        log = self.folder / "console.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(it printed nothing)"

    # -- inside

    def _processes(self) -> list[int]:
        """Pids, on this machine, of all processes that live on this node's disk."""
        pids = [int(process.name) for process in pathlib.Path("/proc").glob("[0-9]*")]
        return [pid for pid in pids if self._lives_here(pid)]

    def _lives_here(self, pid: int) -> bool:
        """Whether this process lives on this node's disk."""
        mine = f"upperdir={self.folder}/upper,"
        try:
            mounts = pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
        except OSError:
            return False  # it ended meanwhile
        return any(mine in line and line.split()[4] == "/" for line in mounts)

    def _own_pid(self, name: str) -> int | None:
        """The pid in a pid file, if that process runs and is ours."""
        try:
            pid = int((self.folder / name).read_text())
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        mine = os.fsencode(str(self.folder))
        return pid if mine in command or b"--directory=" + mine + b"/root" in command else None

    def _is_in(self, name: str, pid: int) -> bool:
        return self._own_pid(name) == pid

    def _cgroups(self) -> list[pathlib.Path]:
        """Folders for this machine's own control groups: without them all nodes would share one, as nspawn makes none by itself."""
        if _host_has_systemd():
            return []  # its scope is one
        return [mount / "corosync-quorum-lab" / self.unique for mount in systemd_cgroups()]


def systemd_cgroups() -> list[pathlib.Path]:
    """Where this process is in the hierarchies that systemd keeps its units in."""
    found = []
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _number, controllers, path = line.split(":", 2)
        for mount in {"": ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"), "name=systemd": ("/sys/fs/cgroup/systemd",)}.get(controllers, ()):
            folder = pathlib.Path(mount + path)
            if (folder / "cgroup.procs").exists() and "corosync-quorum-lab" not in path:
                found.append(folder)
                break
    return found


def remove_cgroup(folder: pathlib.Path) -> None:
    """Remove an empty control group and what is below it; one in use stays."""
    for current, _dirs, _files in os.walk(folder, topdown=False):
        try:
            os.rmdir(current)
        except OSError:
            pass


def unmount_below(folder: pathlib.Path) -> None:
    """Unmount everything that is mounted in a folder, innermost first."""
    prefix = str(folder) + "/"
    mounts = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        point = line.split()[4].encode().decode("unicode_escape")
        if point.startswith(prefix):
            mounts.append(point)
    for point in reversed(mounts):
        if host.run(["umount", point], check=False).returncode:
            host.run(["umount", "--lazy", point])


def _host_has_systemd() -> bool:
    return pathlib.Path("/run/systemd/system").is_dir()


def _scope(unique: str) -> list[str]:
    if not _host_has_systemd():
        return []
    return [
        "systemd-run",
        "--scope",
        "--quiet",
        "--collect",
        "--property=Delegate=yes",
        "--description=a node of the corosync.quorum lab",
        f"--unit=corosync-quorum-lab-{unique}",
    ]


def _spawn_detached(argv: Sequence[str], env: Mapping[str, str], log: pathlib.Path) -> None:
    """Start a process that outlives this one and every signal of its terminal."""
    with open(log, "wb") as out:
        subprocess.run(["setsid", "--fork", *argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, cwd="/", check=True, timeout=20)


def _escaped(path: str | pathlib.Path) -> str:
    return str(path).replace("\\", "\\\\").replace(":", "\\:")


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for word in (task / "children").read_text().split()]
    except OSError:
        return []


def _namespace(pid: int | str, kind: str) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/ns/{kind}")
    except OSError:
        return None


def _kill(pids: Iterable[int], is_ours: Callable[[int], bool], timeout: float = 20) -> None:
    """SIGKILL those of these processes that are ours, and return when they have ended."""
    with contextlib.ExitStack() as stack:
        killed = {pid: process for pid in pids if (process := _descriptor(stack, pid)) is not None and is_ours(pid)}
        for process in killed.values():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(process, signal.SIGKILL)
        deadline = time.monotonic() + timeout
        for pid, process in killed.items():
            ended = select.poll()
            ended.register(process, select.POLLIN)
            if not ended.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise LabError(f"the process {pid} did not end within {timeout} s after SIGKILL: look at it with `ps -fp {pid}`")


def _descriptor(stack: contextlib.ExitStack, pid: int) -> int | None:
    """A descriptor that stands for this process, and for no other one that gets its number later; None if it has ended."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    stack.callback(os.close, process)
    return process
