# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the endurance test finds on this machine afterwards."""

import os
import pathlib
import subprocess
import sys
import tempfile

from soak import remains as tested

# Leaves a process that is no child of its parent's.
LEAVE = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'input()'], stdout=subprocess.DEVNULL, start_new_session=True).pid, flush=True)"


def test_files_and_processes_that_have_lost_their_parent_are_found(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", os.environ.get("TMPDIR", "/tmp"))
    with tested.own_folder() as folder:
        assert tested.here(folder) == []
        reading, writing = os.pipe()
        pid = subprocess.check_output([sys.executable, "-c", LEAVE], stdin=reading, text=True).strip()
        os.close(reading)
        (folder / "left").touch()
        file, process = tested.here(folder)
        assert pathlib.Path(file) == folder / "left" and process.startswith(f"process {pid}: {sys.executable} -c input()")
        os.close(writing)
