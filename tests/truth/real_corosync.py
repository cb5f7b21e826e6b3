# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real corosync makes of a configuration: that of the lab's image of Debian 12, or of a newer one, in namespaces of its own.

Nothing of it reaches this machine: the network is a loopback of its own, the image is mounted read-only, and what corosync writes ends with it.
The first node of each configuration has to be 127.0.0.1, so that the host is in the list.
"""

from __future__ import annotations

import gzip
import os
import select
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from lab import host, image

SUITE = "bookworm"
# Whose corosync knows keys that the one of the image does not
NEXT = "forky"
DEADLINE = 60  # seconds for one corosync to be ready or to end
# $1: the image, which stays as it is; $2: folder of the configurations. All mounts are in a namespace of their own and end with it.
_MOUNTS = """
set -e
mount --bind "$1" "$1"
for place in dev/shm run var/lib/corosync var/log etc/corosync; do
    test $place != dev/shm || mount --rbind /dev "$1/dev"
    test -d "$1/$place" || mount -t tmpfs private "$1/var/lib"  # where systemd makes it
    mkdir -p "$1/$place"
    mount -t tmpfs private "$1/$place"
done
mkdir "$1/var/log/corosync" "$1/run/configuration"
head -c 256 /dev/zero >"$1/etc/corosync/authkey"
mount --bind "$2" "$1/run/configuration"
mount -o remount,bind,ro "$1"
ip link set lo up
cd /
"""
_START = (
    _MOUNTS
    + """
chroot "$1" corosync -t -c /run/configuration/corosync.conf
exec chroot "$1" corosync -f -c /run/configuration/corosync.conf
"""
)
_TEST_ALL = (
    _MOUNTS
    + """
exec chroot "$1" sh -c 'cd /run/configuration && ls *.conf |
    xargs -P 2 -n 1 sh -c "corosync -t -c /run/configuration/\\$0 >\\$0.said 2>&1; echo \\$? >\\$0.rc"'
"""
)
_RUN = (
    _MOUNTS
    + """
exec chroot "$1" sh /run/configuration/script
"""
)


def needed(suite: str = SUITE) -> None:
    """Skips where no lab can run; makes the image."""
    if host.why_not():
        pytest.skip(host.why_not())
    image.ensure(suite)


def man_page(name: str, suite: str = SUITE) -> str:
    """A manual page of the image, such as `man5/corosync.conf.5`, as its source."""
    return gzip.decompress((image.path(suite) / "usr/share/man" / f"{name}.gz").read_bytes()).decode("utf-8", "replace")


def refuses(text: str, folder: Path) -> tuple[bool, str]:
    """Whether corosync ends by itself with this file, and the last thing it said."""
    write(folder / "corosync.conf", text)
    said = b""
    deadline = time.monotonic() + DEADLINE
    with subprocess.Popen(
        _in_namespaces(_START, folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=host.environment()
    ) as process:
        assert process.stderr
        try:
            while time.monotonic() < deadline:
                if not select.select([process.stderr], [], [], max(deadline - time.monotonic(), 0))[0]:
                    break
                chunk = os.read(process.stderr.fileno(), 65536)
                said += chunk
                if b"ready to provide service" in said:
                    return False, ""
                if not chunk:
                    process.wait(DEADLINE)
                    return True, said.decode("utf-8", "replace")[-400:]
        finally:
            if process.poll() is None:
                process.kill()
    pytest.fail(f"corosync was neither ready nor gone after {DEADLINE} s:\n{text}\n{said[-2000:].decode('utf-8', 'replace')}")


def verdicts(texts: t.Sequence[str], folder: Path, suite: str = SUITE) -> list[tuple[bool, str]]:
    """For each text whether `corosync -t` refuses it, and the last thing it said."""
    folder.mkdir()
    for number, text in enumerate(texts):
        write(folder / f"{number}.conf", text)
    host.run(_in_namespaces(_TEST_ALL, folder, suite), timeout=600)
    return [_verdict(folder / f"{number}.conf") for number, _text in enumerate(texts)]


def run(script: str, files: t.Mapping[str, str], folder: Path) -> str:
    """What a script of sh prints in the image. files: what it finds in /run/configuration."""
    folder.mkdir()
    for name, text in dict(files, script=script).items():
        write(folder / name, text)
    return host.run(_in_namespaces(_RUN, folder), timeout=600).stdout


def write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


def _verdict(path: Path) -> tuple[bool, str]:
    said = Path(f"{path}.said").read_text(encoding="utf-8", errors="replace")
    return Path(f"{path}.rc").read_text(encoding="ascii").strip() != "0", said[-400:]


def _in_namespaces(script: str, folder: Path, suite: str = SUITE) -> list[str]:
    """Whatever is left of it ends with the command."""
    unshare = ["unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=KILL"]
    return [*unshare, "sh", "-c", script, "sh", str(image.path(suite)), str(folder)]
