# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a node: its Python keeps what it compiles of the archives in which Ansible sends modules.

Each task comes as an archive of its own, and Python compiles every file of it, most of them twice. Only the nodes of `make test` have this, because it runs
thousands of tasks: the demo, the benchmarks and `make lab-up` have Python as users have it.
"""

import _imp
import marshal
import os
import sys
import zipimport
from types import CodeType
from typing import Any


def keep_in(folder: str) -> None:
    """From now on this process takes from the folder what an earlier one has compiled."""
    zipped: Any = zipimport
    compiled = zipped._compile_source

    def taken(path: str, source: bytes) -> CodeType:
        import hashlib

        kept = f"{folder}/{hashlib.sha256(source).hexdigest()}.{sys.implementation.cache_tag}"
        try:
            with open(kept, "rb") as file:
                code: CodeType = marshal.load(file)
        except (OSError, EOFError, ValueError, TypeError):
            code = compiled(path, source)
            _keep(kept, code)
        else:
            # A traceback names the archive of this task. Type checkers do not know this function, as it is private to Python.
            _imp._fix_co_filename(code, path)  # type: ignore[attr-defined]
        return code

    zipped._compile_source = taken


def _keep(path: str, code: CodeType) -> None:
    """Written aside, because tasks run side by side. A user who may not write there compiles each time."""
    partial = f"{path}.{os.getpid()}"
    try:
        with open(partial, "xb") as file:
            marshal.dump(code, file)
        os.replace(partial, path)
    except OSError:
        pass
