# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left when everything has ended: it should be nothing, on the nodes and on this machine."""

import contextlib
import os
import pathlib
import tempfile

# Processes of the collection, and files and folders of it or of Ansible's tasks
ON_NODE = r"""
pgrep -af 'corosync-quorum|corosync\.quorum|watch_quorum|wait_for_quorum|AnsiballZ|sys\.stdin\.buffer\.read' | grep -v pgrep
ls -A /var/lib/corosync-quorum /root/.ansible/tmp /root/.ansible_async 2>/dev/null | grep -v ':$' | grep .
ls -Ad /tmp/ansible* 2>/dev/null
true
"""
# Folders of connections to corosync whose process has ended. After a reboot another process may have the pid that one of ours had, such as
# corosync-qdevice.
CONNECTIONS = """
cd /dev/shm && for name in qb-*; do
    pid=$(echo "$name" | cut -d- -f3)
    [ -e "$name" ] && [ ! -e "/proc/$pid" ] && echo "$name"
done
true
"""


def on_node(node, pids):
    """Sentences. pids: of processes of the collection, whose connections to corosync have folders by their pid."""
    found = [line for line in node.sh(ON_NODE).stdout.splitlines() if line.strip()]
    found += [name for name in node.sh(CONNECTIONS).stdout.split() if name.split("-")[2] in pids]
    return [f"left on {node.name}: {line}" for line in found]


@contextlib.contextmanager
def own_folder():
    """A folder for all temporary files of this process and of those that it starts: other work on this machine leaves its own elsewhere."""
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        tempfile.tempdir = os.environ["TMPDIR"] = folder
        yield pathlib.Path(folder)


def here(folder):
    """What there is in that folder, and processes that were started with it, whoever is their parent now.

    A connection that Ansible itself keeps open for a minute (ControlPersist) is none of ours.
    """
    found = [f"process {pid}: {_command(pid)}" for pid in _started_with(f"TMPDIR={folder}".encode()) if not _command(pid).rstrip().endswith("[mux]")]
    return [str(path) for path in folder.iterdir()] + found


def _started_with(variable):
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.name != str(os.getpid()) and variable in (process / "environ").read_bytes().split(b"\0"):
                found.append(process.name)
    return found


def _command(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
    except OSError:
        return "has ended"
