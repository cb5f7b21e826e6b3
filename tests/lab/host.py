# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that carries the lab: what it must have, its folders, and small wrappers for its commands."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from .errors import LabError

# A word of a command line, before it becomes text
Word = str | int | pathlib.Path

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]

# command -> the Debian and Ubuntu package that has it
COMMANDS = {
    "systemd-nspawn": "systemd-container",
    "debootstrap": "debootstrap",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "dpkg-deb": "dpkg",
    "mount": "mount",
    "apt-get": "apt",
}
# Ubuntu's debootstrap has no key for Debian's archive by itself
KEYRING = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")
INOTIFY_INSTANCES = 1024
SBIN = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def cache_dir() -> pathlib.Path:
    """Folder of the base images: big, built once, shared by all checkouts."""
    return pathlib.Path(os.environ.get("QUORUM_LAB_CACHE") or "/var/cache/corosync-quorum-lab")


def state_dir() -> pathlib.Path:
    """Folder of what runs now: one folder in it per lab."""
    return pathlib.Path(os.environ.get("QUORUM_LAB_STATE") or "/var/lib/corosync-quorum-lab")


def say(text: str) -> None:
    """Print what the lab does, on stderr: a command's own output is on stdout."""
    print("lab: " + text, file=sys.stderr, flush=True)


def environment() -> dict[str, str]:
    """The environment for the machine's own commands: administrator's folders in PATH, messages in English."""
    env = dict(os.environ, PATH=SBIN, LC_ALL="C.UTF-8")
    env.pop("LANGUAGE", None)
    return env


def run(
    argv: Iterable[Word], check: bool = True, timeout: float = 60, stdin: str | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command of this machine and return its CompletedProcess (text); a failure is a LabError with the end of its output."""
    command = [str(word) for word in argv]
    try:
        done = subprocess.run(
            command,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=env or environment(),
            check=False,
        )
    except FileNotFoundError:
        raise LabError(f"the command {command[0]} is not on this machine: run `make lab-prepare`") from None
    except subprocess.TimeoutExpired:
        raise LabError(f"`{' '.join(command)}` was not done after {timeout} s") from None
    if check and done.returncode:
        raise LabError(f"`{' '.join(command)}` ended with {done.returncode}: {end_of_output(done)}")
    return done


def end_of_output(done: subprocess.CompletedProcess[str], lines: int = 8) -> str:
    """The last lines that a finished command printed, for an error message."""
    text = (done.stderr or "").strip() or (done.stdout or "").strip() or "it said nothing"
    return "\n".join(text.splitlines()[-lines:])


@contextlib.contextmanager
def locked(path: pathlib.Path, what: str, timeout: float = 900) -> Iterator[None]:
    """Hold an exclusive lock on a file; the kernel lets go of it when this process dies, however it dies."""
    deadline = time.monotonic() + timeout
    announced = False
    while True:
        handle = try_lock(path)
        if handle:
            break
        if time.monotonic() > deadline:
            raise LabError(f"another process has held the lock {path} for {timeout} s: end it, then try again")
        if not announced:
            say(f"waiting for another process that is busy with {what}")
            announced = True
        time.sleep(0.1)
    with handle:
        yield


def try_lock(path: pathlib.Path) -> TextIO | None:
    """An open file that holds the lock until it is closed; None when another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # It stays open: the caller closes it to give the lock back.
    handle = open(path, "a", encoding="ascii")  # noqa: SIM115
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle


def allow_many_nodes() -> None:
    """Raise the kernel's number of inotify objects for each user: by default (128) about ten booted nodes use it up, and the next ones hang."""
    limit = pathlib.Path("/proc/sys/fs/inotify/max_user_instances")
    if int(limit.read_text()) >= INOTIFY_INSTANCES:
        return
    try:
        limit.write_text(f"{INOTIFY_INSTANCES}\n")
    except OSError as error:
        say(f"the kernel's limit {limit} stays low ({error.strerror}): more than about ten nodes will not boot")
    else:
        say(f"set {limit} to {INOTIFY_INSTANCES}, until this machine restarts")


def give_to_sudo_user(folder: pathlib.Path, names: Iterable[str]) -> None:
    """Give a folder and these files in it to the user who called sudo: ssh and Ansible need no root to reach the nodes.

    No link is followed: the folder may be that user's already, and a link in it would give away a file from elsewhere.
    """
    if os.geteuid() != 0 or not os.environ.get("SUDO_UID"):
        return
    user, group = int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"])
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise LabError(f"{folder} stays root's, as it is not a folder but a link or something else ({error.strerror})") from None
    try:
        os.fchown(opened, user, group)
        for name in names:
            os.chown(name, user, group, dir_fd=opened, follow_symlinks=False)
    finally:
        os.close(opened)


def missing_packages() -> list[str]:
    """Packages that the lab needs and this machine does not have, sorted."""
    missing = {package for command, package in COMMANDS.items() if not shutil.which(command, path=SBIN)}
    if not KEYRING.exists():
        missing.add("debian-archive-keyring")
    return sorted(missing)


def why_not() -> str | None:
    """Why this machine cannot run the lab, as a sentence; None when it can."""
    if not sys.platform.startswith("linux"):
        return f"the lab needs Linux, this is {sys.platform}"
    if os.geteuid() != 0:
        return "the lab boots machines, which only root may do: run it with sudo"
    missing = missing_packages()
    if missing:
        return f"the lab needs the packages {', '.join(missing)}: run `make lab-prepare`"
    return None


def require() -> None:
    """Raise LabError with why_not()'s sentence when the lab cannot run here."""
    reason = why_not()
    if reason:
        raise LabError(reason)


def prepare() -> list[str]:
    """Install the Debian or Ubuntu packages that the lab needs and this machine lacks; return their names."""
    missing = missing_packages()
    if not missing:
        return []
    if not shutil.which("apt-get", path=SBIN):
        raise LabError(f"the lab needs {', '.join(missing)}, and this machine has no apt-get to install them: it runs on Debian 12 or newer and on Ubuntu")
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    say(f"installing the packages {', '.join(missing)}")
    env = dict(environment(), DEBIAN_FRONTEND="noninteractive")
    # another process may be installing: apt waits for that
    apt = as_root + ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]
    install = apt + ["install", "-q", "-y", "--no-install-recommends"] + missing
    if run(install, check=False, timeout=900, env=env).returncode:
        # the package lists may be missing or too old
        run(apt + ["update", "-q"], timeout=600, env=env)
        run(install, timeout=900, env=env)
    return missing
