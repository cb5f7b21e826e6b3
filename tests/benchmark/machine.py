# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What machine the figures are from: without that they say nothing."""

import datetime
import os
import pathlib
import platform
import subprocess
import sys

from .figures import table

# By the benchmarks themselves
WRITTEN = ("tests/benchmark/results", "docs/wait.svg")


def load():
    """The machine's load average over the last minute."""
    return os.getloadavg()[0]


def facts(node, samples, load_before):
    """A table of this machine, of the nodes and of the software, with the load before and after the measurement.

    samples: how many there were of what, in words.
    """
    versions = "/usr/bin/python3 -c 'import platform; print(platform.python_version())'\ndpkg-query -Wf '${Version}' corosync\n"
    node_python, corosync = node.sh(versions).stdout.split()
    return table(
        ["machine", ""],
        [
            ["measured", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")],
            ["collection at", _commit()],
            ["processor", f"{len(os.sched_getaffinity(0))} × {_processor()}"],
            ["memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"],
            ["kernel", platform.release()],
            ["controller", f"ansible-core {_ansible_version()}, Python {platform.python_version()}"],
            ["nodes", f"corosync {corosync}, Python {node_python}, on the same machine"],
            ["load before and after", f"{load_before:.1f}, {load():.1f}"],
            ["samples", samples],
        ],
    )


def _commit():
    """The commit, and whether anything but the benchmarks' own results differs from it."""
    commit = _git("describe", "--always")
    return commit + ("-dirty" if _git("status", "--porcelain", "--", ".", *(":!" + path for path in WRITTEN)) else "") if commit else "no git here"


def _git(*arguments):
    root = str(pathlib.Path(__file__).resolve().parents[2])
    return subprocess.run(["git", "-c", "safe.directory=" + root, "-C", root, *arguments], capture_output=True, text=True, check=False).stdout.strip()


def _processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.machine()


def _ansible_version():
    code = "from ansible.release import __version__; print(__version__)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
