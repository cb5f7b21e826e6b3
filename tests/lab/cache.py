# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that take long to make: made once, named after a hash of their recipe, never changed afterwards."""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import time
from collections.abc import Callable

from . import host


def recipe_hash(*parts: str) -> str:
    """Ten letters that change with every part of a recipe."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:10]


def made_once(path: pathlib.Path, what: str, make: Callable[[pathlib.Path], object]) -> pathlib.Path:
    """Return the folder `path`. If it does not exist, make(partial) fills a folder of another name first, which is then renamed."""
    if path.is_dir():
        return path
    host.require()
    with host.locked(path.parent.with_suffix(".lock"), what):
        if not path.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            for partial in path.parent.glob("*.building"):
                shutil.rmtree(partial, ignore_errors=True)  # what an interrupted run has left
            partial = path.with_name(path.name + ".building")
            host.say(f"making {what}, once")
            start = time.monotonic()
            make(partial)
            os.rename(partial, path)
            host.say(f"made {what}: {path} ({time.monotonic() - start:.0f} s)")
    return path
