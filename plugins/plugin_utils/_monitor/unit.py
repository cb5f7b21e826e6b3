# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The unit of systemd that runs the program all the time, with no more rights than it needs."""

from __future__ import annotations

import posixpath
import re

from ansible_collections.corosync.quorum.plugins.plugin_utils._program import LAUNCHER

from .wishes import Wishes

NAME = "corosync-quorum.service"
PATH = f"/etc/systemd/system/{NAME}"
TOKEN_FOLDER = "/etc/corosync-quorum"
TOKEN_FILE = f"{TOKEN_FOLDER}/token"
_TEXTFILE = re.compile(r"^ExecStart=.* --textfile (/\S+\.prom)(?: |$)", re.MULTILINE)

# Root, as corosync answers nobody else. What corosync's libraries need beside that is its socket and the files that corosync makes for them in /dev/shm.
# No PrivateTmp: with /etc/libqb/force-filesystem-sockets corosync's socket is a file, in /tmp on Debian. ProtectSystem=strict lets nobody write there either.
# No MemoryDenyWriteExecute: the C library calls back into Python through memory that libffi writes and then runs, on older distributions.
_UNIT = """\
# Managed by Ansible (corosync.quorum.monitor)
[Unit]
Description=Metrics and events of corosync's quorum
Documentation=https://github.com/corosync-quorum/corosync.quorum
After=network-online.target corosync.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart={command}
Restart=always
RestartSec=5
MemoryMax=128M
TasksMax=32
UMask=0022
CapabilityBoundingSet={capabilities}
NoNewPrivileges=yes
ProtectSystem=strict
{writes}ProtectHome=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies={families}
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


def unit(wishes: Wishes, textfile_is_roots: bool) -> str:
    """The text of the unit. textfile_is_roots: whether root may write to the folder of the textfile without overruling modes."""
    return _UNIT.format(
        command=" ".join(_command(wishes)),
        capabilities="" if textfile_is_roots else "CAP_DAC_OVERRIDE",
        # Where the folder is gone, the service says so and goes on with what else it does.
        writes=f"ReadWritePaths=-{posixpath.dirname(wishes.textfile)}\n" if wishes.textfile else "",
        # Netlink: the C library asks for this host's addresses before it resolves a name.
        families="AF_UNIX AF_INET AF_INET6 AF_NETLINK" if wishes.post_url else "AF_UNIX",
    )


def _command(wishes: Wishes) -> list[str]:
    words = [LAUNCHER, "run"]
    if wishes.textfile:
        words += ["--textfile", wishes.textfile]
    if wishes.post_url:
        words += ["--post", '"' + wishes.post_url.replace("%", "%%").replace("$", "$$") + '"']
    if wishes.post_url and wishes.allow_http:
        words.append("--allow-http")
    if wishes.token:
        words += ["--token-file", TOKEN_FILE]
    if wishes.ca_file:
        words += ["--ca-file", wishes.ca_file]
    return [*words, "--interval", f"{wishes.interval:g}"]


def textfile_of(text: str) -> str:
    """The file that a unit writes, empty where it writes none."""
    found = _TEXTFILE.search(text)
    return found[1] if found else ""
