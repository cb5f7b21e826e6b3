# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that carries the lab: what it must have, its folders, and small wrappers for its commands."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import time

from .errors import LabError

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


def cache_dir():
    """Folder of the base images: big, built once, shared by all checkouts."""
    return pathlib.Path(os.environ.get("QUORUM_LAB_CACHE") or "/var/cache/corosync-quorum-lab")


def state_dir():
    """Folder of what runs now: one folder in it per lab."""
    return pathlib.Path(os.environ.get("QUORUM_LAB_STATE") or "/var/lib/corosync-quorum-lab")


def say(text):
    """Tell the user what the lab does; on stderr, so that a command's own output stays clean."""
    print("lab: " + text, file=sys.stderr, flush=True)


def environment():
    """The environment for the machine's own commands: administrator's folders in PATH, messages in English."""
    env = dict(os.environ, PATH=SBIN, LC_ALL="C.UTF-8")
    env.pop("LANGUAGE", None)
    return env


def run(argv, check=True, timeout=60, stdin=None, env=None):
    """Run a command of this machine and return its CompletedProcess (text); a failure is a LabError with its last words."""
    argv = [str(word) for word in argv]
    try:
        done = subprocess.run(
            argv,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=env or environment(),
            check=False,
        )
    except FileNotFoundError:
        raise LabError(f"the command {argv[0]} is not on this machine: run `make lab-prepare`") from None
    except subprocess.TimeoutExpired:
        raise LabError(f"`{' '.join(argv)}` was not done after {timeout} s") from None
    if check and done.returncode:
        raise LabError(f"`{' '.join(argv)}` ended with {done.returncode}: {last_words(done)}")
    return done


def last_words(done, lines=8):
    """The end of what a finished command said, for an error message."""
    text = (done.stderr or "").strip() or (done.stdout or "").strip() or "it said nothing"
    return "\n".join(text.splitlines()[-lines:])


@contextlib.contextmanager
def locked(path, what, timeout=900):
    """Hold an exclusive lock on a file; the kernel lets go of it when this process dies, however it dies."""
    deadline = time.monotonic() + timeout
    told = False
    while True:
        handle = try_lock(path)
        if handle:
            break
        if time.monotonic() > deadline:
            raise LabError(f"another process has held the lock {path} for {timeout} s: end it, then try again")
        if not told:
            say(f"waiting for another process that is busy with {what}")
            told = True
        time.sleep(0.1)
    with handle:
        yield


def try_lock(path):
    """An open file that holds the lock until it is closed; None when another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # It stays open: the caller closes it to give the lock back.
    handle = open(path, "a", encoding="ascii")  # noqa: SIM115  pylint: disable=consider-using-with
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle


def allow_many_nodes():
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


def hand_over(folder, names):
    """Give a folder and these files in it to the user who called sudo: ssh and Ansible need no root to reach the nodes."""
    if os.geteuid() == 0 and os.environ.get("SUDO_UID"):
        for path in [folder] + [folder / name for name in names]:
            os.chown(path, int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"]))


def missing_packages():
    """Packages that the lab needs and this machine does not have, sorted."""
    missing = {package for command, package in COMMANDS.items() if not shutil.which(command, path=SBIN)}
    if not KEYRING.exists():
        missing.add("debian-archive-keyring")
    return sorted(missing)


def why_not():
    """Why this machine cannot run the lab, as a sentence; None when it can."""
    if not sys.platform.startswith("linux"):
        return f"the lab needs Linux, this is {sys.platform}"
    if os.geteuid() != 0:
        return "the lab boots machines, which only root may do: run it with sudo"
    missing = missing_packages()
    if missing:
        return f"the lab needs the packages {', '.join(missing)}: run `make lab-prepare`"
    return None


def require():
    """Raise LabError with why_not()'s sentence when the lab cannot run here."""
    reason = why_not()
    if reason:
        raise LabError(reason)


def prepare():
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
