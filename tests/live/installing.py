# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program `corosync-quorum` on nodes of the lab, in the folder and with the launcher that the role `monitor` gives it."""

import base64
import io
import tarfile

from ansible_collections.corosync.quorum.plugins.plugin_utils import _program

PYTHON = "/usr/bin/python3"


def _packed():
    """Folder and launcher as a tar of the node's root, in base64."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=1) as tar:
        for path, content, mode in [
            *((f"{_program.FOLDER}/{file.path}", file.content, 0o644) for file in _program.files()),
            (_program.LAUNCHER, _program.launcher(PYTHON), 0o755),
        ]:
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
    return base64.b64encode(archive.getvalue()).decode("ascii")


def install(nodes):
    """Put the program of this checkout on these nodes, compiled, so that every user has it as quickly as root."""
    packed = _packed()
    for node in nodes:
        node.run(["sh", "-ec", f"rm -rf {_program.FOLDER}; base64 -d | tar -xz -C /; {PYTHON} -m compileall -q {_program.FOLDER}"], input=packed)


def say(node, *words, user=None, timeout=60):
    """The finished process of `corosync-quorum WORD ...` on a node."""
    done = node.run([_program.LAUNCHER, *words], check=False, user=user, timeout=timeout)
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr, done.stderr
    return done
