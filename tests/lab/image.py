# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base image of the nodes: a Debian system from debootstrap, built once, never changed afterwards; and layers over it with more packages.

Nodes mount them as the lower layers of an overlay, so an image that is in use must stay as it is: what is
in it is part of its name, and another recipe makes another image.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil

from . import cache, host, packages
from .errors import LabError

SUITES = ("bookworm", "trixie", "bullseye", "forky")
PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "python3",
    "python3-apt",
    "python3-cffi-backend",
    "iproute2",
    "procps",
    "sudo",
    "corosync",
    "corosync-qdevice",
    "corosync-qnetd",
)
# The server's package no longer brings the client, which nodes of the other suites have; and Ansible on the image's Python is tried with it (run/borrowed.py).
MORE_PACKAGES = {"forky": ("openssh-client",)}

# What makes a plain Debian system a node that boots quickly and then leaves the processor alone.
FINISH = """\
set -eu
systemctl -q enable systemd-networkd ssh
systemctl -q disable corosync corosync-qdevice corosync-qnetd
systemctl -q mask systemd-networkd-wait-online.service console-getty.service getty.target \
    systemd-resolved.service systemd-timesyncd.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
    systemd-journal-flush.service systemd-modules-load.service systemd-network-generator.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service man-db.timer \
    fstrim.timer systemd-tmpfiles-clean.timer
rm -f /lib/systemd/system/multi-user.target.wants/systemd-logind.service  # comes by D-Bus when somebody wants to reboot
rm -f /etc/hostname /etc/machine-id /etc/resolv.conf /var/lib/dbus/machine-id
touch /etc/machine-id
mkdir -p /etc/ssh/sshd_config.d /etc/systemd/journald.conf.d /etc/apt/apt.conf.d /etc/dpkg/dpkg.cfg.d
printf 'UseDNS no\\nPermitRootLogin prohibit-password\\nMaxStartups 100:30:200\\n' >/etc/ssh/sshd_config.d/lab.conf
printf '[Journal]\\nStorage=volatile\\nRuntimeMaxUse=16M\\nRateLimitBurst=0\\n' >/etc/systemd/journald.conf.d/lab.conf
echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/lab
apt-get clean
rm -f /etc/apt/sources.list  # nodes have no way out to a mirror
rm -rf /var/lib/apt/lists/* /var/log/*.log
"""


# A stack: what comes on top of the base image, in a layer of its own, so that who needs none does not wait for it.
_PACEMAKER = ("pacemaker", "pacemaker-cli-utils", "resource-agents")
WITH_PACEMAKER = {"pcs": _PACEMAKER + ("pcs",), "crmsh": _PACEMAKER + ("crmsh",)}
STACKS = {**WITH_PACEMAKER, "prometheus": ("prometheus", "prometheus-node-exporter")}

# Runs in a mount namespace of its own, whose mounts end with it. $1: the layer's folder, $2: the base image, $3: folder of the repositories.
INSTALL = """\
set -eu
mkdir -p "$1/upper" "$1/work" "$1/root"
mount -t overlay corosync-quorum-lab -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mkdir -p .%(folder)s
mount --bind -o ro "$3" .%(folder)s
printf 'exit 101\n' >usr/sbin/policy-rc.d
chmod 755 usr/sbin/policy-rc.d
printf '%%s' '%(source)s' >etc/apt/sources.list.d/lab-stack.list
export DEBIAN_FRONTEND=noninteractive
chroot . apt-get -q update
chroot . apt-get -q -y --no-install-recommends install %(packages)s
rm -f usr/sbin/policy-rc.d etc/apt/sources.list.d/lab-stack.list
chroot . sh -c 'systemctl -q disable pacemaker pcsd pcsd-ruby logd openhpid prometheus prometheus-node-exporter 2>/dev/null
    apt-get clean; rm -rf /var/lib/apt/lists/* /var/log/*.log'
umount .%(folder)s
rmdir .%(folder)s
"""


def _packages(suite: str) -> tuple[str, ...]:
    return PACKAGES + MORE_PACKAGES.get(suite, ())


def key(suite: str) -> str:
    """Name of the image of a suite; changes with everything that goes into it."""
    return f"{suite}-{cache.recipe_hash(*(_packages(suite) + (FINISH,)))}"


def path(suite: str) -> pathlib.Path:
    """Where the image of a suite is, or will be."""
    return host.cache_dir() / "images" / key(suite)


def layers(suite: str, stack: str | None = None) -> list[pathlib.Path]:
    """Where the folders are, or will be, of which a node's disk is made, the uppermost first."""
    base = [path(suite)]
    if not stack:
        return base
    name = f"{key(suite)}-{stack}-{cache.recipe_hash(INSTALL, *STACKS[stack])}"
    return [host.cache_dir() / "images" / name / "upper"] + base


def ensure(suite: str, stack: str | None = None) -> pathlib.Path:
    """Return the uppermost folder of layers(), and build first those that are not there (about a minute each)."""
    check(suite, stack)
    base = cache.made_once(path(suite), f"a base image of Debian {suite} with corosync (about a minute)", lambda partial: _build(suite, partial))
    if stack:
        repository = packages.repository(f"{suite}-{stack}", suite, mirror_of_packages(), STACKS[stack], status(suite), key(suite))
        cache.made_once(layers(suite, stack)[0].parent, f"a layer with {stack} over it", lambda partial: _install(partial, base, stack, repository))
    return layers(suite, stack)[0]


def status(suite: str, stack: str | None = None) -> pathlib.Path:
    """The dpkg status file of an image that is there."""
    return layers(suite, stack)[0] / "var/lib/dpkg/status"


def check(suite: str, stack: str | None = None) -> None:
    """Raise LabError if there is no such suite or stack."""
    if suite not in SUITES:
        raise LabError(f"there is no lab image of the suite {suite!r}: choose one of {', '.join(SUITES)}")
    if stack and stack not in STACKS:
        raise LabError(f"there is no stack {stack!r} for a lab: choose one of {', '.join(STACKS)}")


def _build(suite: str, partial: pathlib.Path) -> None:
    argv: list[host.Word] = [
        "debootstrap",
        "--variant=minbase",
        f"--keyring={host.KEYRING}",
        "--include=" + ",".join(_packages(suite)),
        suite,
        partial,
        debian_mirror(),
    ]
    if not pathlib.Path("/usr/share/debootstrap/scripts", suite).exists():
        argv.append("/usr/share/debootstrap/scripts/sid")
    host.run(argv, timeout=900)
    host.run(["chroot", partial, "sh"], stdin=FINISH, timeout=120)


def _install(partial: pathlib.Path, base: pathlib.Path, stack: str, repository: pathlib.Path) -> None:
    script = INSTALL % {"folder": packages.NODE_FOLDER, "source": packages.source(repository), "packages": " ".join(STACKS[stack])}
    host.run(["unshare", "--mount", "--propagation", "private", "sh", "-s", partial, base, packages.folder()], stdin=script, timeout=600)


def debian_mirror(sources: str | None = None) -> str:
    """The archive to take Debian from: QUORUM_LAB_MIRROR, else the first one that apt on this machine uses; empty: debootstrap's own default."""
    if os.environ.get("QUORUM_LAB_MIRROR"):
        return os.environ["QUORUM_LAB_MIRROR"]
    if sources is None:
        apt = pathlib.Path("/etc/apt")
        files = [apt / "sources.list"] + sorted(apt.glob("sources.list.d/*"))
        sources = "\n".join(file.read_text(errors="replace") for file in files if file.suffix in (".list", ".sources") and file.is_file())
    for line in sources.splitlines():
        found = re.match(r"\s*(?:deb\s+(?:\[[^]]*\]\s*)?|URIs:\s*)(https?://\S+/debian/?)(?:\s|$)", line)
        if found:
            return found.group(1)
    return ""


def mirror_of_packages() -> str:
    """debian_mirror(), or the one that debootstrap itself has where this machine's apt names none (Ubuntu). Raises LabError."""
    mirror = debian_mirror()
    if not mirror:
        program = pathlib.Path(shutil.which("debootstrap", path=host.SBIN) or os.devnull)
        own = re.search(r'^DEF_MIRROR="([^"]+)"', program.read_text(errors="replace"), re.MULTILINE)
        if not own:
            raise LabError("neither apt nor debootstrap on this machine names an archive of Debian: set QUORUM_LAB_MIRROR to one")
        mirror = own.group(1)
    return mirror
