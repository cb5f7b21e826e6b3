# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.docs: render the documentation of every plugin and role, and the guides, as web pages."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from typing import TextIO

from .. import paths, trees

_COLLECTION = "corosync.quorum"
_SITE = paths.SCRATCH / "docs"


def _command(log: TextIO, name: str, *arguments: str) -> None:
    bin_folder = pathlib.Path(sys.executable).parent
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(trees.linked()), PATH=os.pathsep.join([str(bin_folder), os.environ["PATH"]]))
    done = subprocess.run([str(bin_folder / name), *arguments], cwd=_SITE, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit(f"FAILED: {name} ended with {done.returncode}. What it said is in {log.name}")


def main() -> None:
    shutil.rmtree(_SITE, ignore_errors=True)
    # antsibull-docs wants its folders writable by their owner only.
    (_SITE / "rst").mkdir(parents=True, mode=0o755)
    paths.LOGS.mkdir(exist_ok=True)
    with open(paths.LOGS / "render.log", "w", encoding="utf-8") as log:
        print("==> Collecting the documentation of plugins and roles", flush=True)
        _command(
            log,
            "antsibull-docs",
            "sphinx-init",
            "--use-current",
            "--squash-hierarchy",
            _COLLECTION,
            "--dest-dir",
            str(_SITE),
            "--project",
            _COLLECTION,
            "--title",
            _COLLECTION,
            "--copyright",
            "corosync.quorum contributors",
        )
        _command(
            log,
            "antsibull-docs",
            "--config-file",
            "antsibull-docs.cfg",
            "collection",
            "--cleanup",
            "everything",
            "--use-current",
            "--squash-hierarchy",
            "--dest-dir",
            "rst",
            _COLLECTION,
        )
        print("==> Rendering it. Without network, references to Ansible's own pages stay plain text", flush=True)
        _command(log, "sphinx-build", "-M", "html", "rst", "build", "-c", ".", "--keep-going")
    print(f"Open {_SITE / 'build' / 'html' / 'index.html'}")


if __name__ == "__main__":
    main()
