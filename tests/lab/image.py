# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base image of the nodes: a Debian system from debootstrap, built once, never changed afterwards.

Nodes mount it as the lower layer of an overlay, so an image that is in use must stay as it is: what is
in it is part of its name, and another recipe makes another image.
"""

import hashlib
import os
import pathlib
import re
import shutil
import time

from . import host
from .errors import LabError

SUITES = ("bookworm", "trixie", "bullseye")
PACKAGES = ("systemd", "systemd-sysv", "dbus", "openssh-server", "python3", "python3-apt", "python3-cffi-backend", "iproute2", "procps",
            "sudo", "corosync", "corosync-qdevice", "corosync-qnetd")

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
mkdir -p /etc/ssh/sshd_config.d /etc/systemd/journald.conf.d /etc/apt/apt.conf.d
printf 'UseDNS no\\nPermitRootLogin prohibit-password\\nMaxStartups 100:30:200\\n' >/etc/ssh/sshd_config.d/lab.conf
printf '[Journal]\\nStorage=volatile\\nRuntimeMaxUse=16M\\nRateLimitBurst=0\\n' >/etc/systemd/journald.conf.d/lab.conf
apt-get clean
rm -rf /var/lib/apt/lists/* /var/log/*.log
"""


def key(suite):
    """Name of the image of a suite; changes with everything that goes into it."""
    recipe = "\n".join(PACKAGES + (FINISH,))
    return "%s-%s" % (suite, hashlib.sha256(recipe.encode()).hexdigest()[:10])


def path(suite):
    """Where the image of a suite is, or will be."""
    return host.cache_dir() / "images" / key(suite)


def ensure(suite):
    """Return the folder of the image of `suite`, and build it first if it is not there (about a minute)."""
    if suite not in SUITES:
        raise LabError("there is no lab image of the suite %r: choose one of %s" % (suite, ", ".join(SUITES)))
    image = path(suite)
    if image.is_dir():
        return image
    host.require()
    with host.locked(host.cache_dir() / "images.lock", "building a base image"):
        if not image.is_dir():
            _remove_half_built(image.parent)
            _build(suite, image)
    return image


def _remove_half_built(folder):
    for half in folder.glob("*.building"):
        shutil.rmtree(half, ignore_errors=True)


def _build(suite, image):
    mirror = debian_mirror()
    half = image.with_name(image.name + ".building")
    half.parent.mkdir(parents=True, exist_ok=True)
    host.say("building the base image of Debian %s with corosync, once (about a minute)" % suite)
    start = time.monotonic()
    argv = ["debootstrap", "--variant=minbase", "--keyring=%s" % host.KEYRING, "--include=" + ",".join(PACKAGES), suite, half, mirror]
    if not pathlib.Path("/usr/share/debootstrap/scripts", suite).exists():
        argv.append("/usr/share/debootstrap/scripts/sid")
    host.run(argv, timeout=900)
    host.run(["chroot", half, "sh"], stdin=FINISH, timeout=120)
    os.rename(half, image)
    host.say("the base image is built: %s (%.0f s)" % (image, time.monotonic() - start))


def debian_mirror(sources=None):
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
