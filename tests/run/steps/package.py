# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.package: build the artifact, look at what is in it, and read the documentation of what it installs."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping

from .. import paths

# What a user needs, and nothing else.
_WANTED = {
    "CHANGELOG.md",
    "CHANGELOG.rst",
    "CODE_OF_CONDUCT.md",
    "FILES.json",
    "LICENSES",
    "MANIFEST.json",
    "README.md",
    "changelogs",
    "docs",
    "extensions",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}
_PLUGIN_KINDS = {"modules": "module", "filter": "filter", "test": "test"}


def _command(
    name: str, *arguments: str, env: Mapping[str, str] | None = None, capture_output: bool = False, stdout: int | None = None
) -> subprocess.CompletedProcess[str]:
    tool = str(pathlib.Path(sys.executable).parent / name)
    return subprocess.run([tool, *arguments], check=True, env=env, capture_output=capture_output, stdout=stdout, text=True)


def build(folder: pathlib.Path) -> pathlib.Path:
    """Build the artifact into folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("corosync-quorum-*.tar.gz"):
        old.unlink()
    _command("ansible-galaxy", "collection", "build", "--force", "--output-path", str(folder), str(paths.CHECKOUT))
    return next(folder.glob("corosync-quorum-*.tar.gz"))


def _unwanted(artifact: pathlib.Path) -> list[str]:
    with tarfile.open(artifact) as archive:
        names = [name[2:] if name.startswith("./") else name for name in archive.getnames()]
    return [name for name in names if name.split("/")[0] not in _WANTED or any(part.startswith(".") or part == "__pycache__" for part in name.split("/"))]


def _documented(tree: str) -> int:
    """How many plugins of the installed collection ansible-doc can show."""
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(tree))
    count = 0
    for _folder, kind in _PLUGIN_KINDS.items():
        answer = _command("ansible-doc", "--type", kind, "--json", "--list", "corosync.quorum", env=environment, capture_output=True)
        for plugin in json.loads(answer.stdout):
            _command("ansible-doc", "--type", kind, plugin, env=environment, stdout=subprocess.DEVNULL)
            print(f"documented: {kind} {plugin}")
            count += 1
    return count


def main() -> int:
    artifact = build(paths.DIST)
    unwanted = _unwanted(artifact)
    if unwanted:
        print(f"{artifact.name} holds what no user needs; add it to build_ignore in galaxy.yml:")
        print("\n".join("  " + name for name in unwanted))
        return 1
    with tempfile.TemporaryDirectory() as tree:
        _command("ansible-galaxy", "collection", "install", "--offline", "-p", tree, str(artifact))
        if not _documented(tree):
            print("ansible-doc finds no plugin in the installed collection")
            return 1
    print(f"built: {artifact}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
