# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A newer corosync for the nodes: that of the next Debian, as a repository with what it needs on the image and nothing else.

`apt-get install corosync` on a node then upgrades corosync, its libraries and the C library, and leaves Python alone.
"""

from __future__ import annotations

import pathlib

from . import image, packages
from .errors import LabError

UPGRADES = {"bookworm": "trixie", "bullseye": "bookworm", "trixie": "forky"}
PACKAGES = ("corosync", "corosync-qdevice", "corosync-qnetd")
SOURCE = "/etc/apt/sources.list.d/lab-upgrade.list"


def check(suite: str, target: str) -> None:
    """Raise LabError if the lab cannot upgrade nodes of `suite` to `target`."""
    if UPGRADES.get(suite) != target:
        possible = ", ".join(f"{old} to {new}" for old, new in UPGRADES.items())
        raise LabError(f"nodes of Debian {suite} cannot be upgraded to {target!r}; what can be: {possible}")


def ensure(suite: str, target: str) -> pathlib.Path:
    """Return the repository for an upgrade of `suite` to `target`, and make it first if it is not there (some ten seconds)."""
    check(suite, target)
    image.ensure(suite)
    return packages.repository(f"{suite}-to-{target}", target, image.mirror_of_packages(), PACKAGES, image.status(suite), image.key(suite))
