# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.package: build the artifact into dist/, build it again and compare, look at what is in it, and try what it installs.

`make dist` runs this, too: a release is what the tests have seen.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import sys
import tarfile
import tempfile

from .. import artifact, paths

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
_KINDS = ("module", "filter", "test", "role")
# Playbooks are for a group, which they look for.
_INVENTORY = "---\ncluster:\n  hosts:\n    node1:\n"


def _built_twice() -> pathlib.Path:
    """The artifact in dist/, after another build has given the same bytes."""
    first = artifact.build(paths.DIST)
    with tempfile.TemporaryDirectory(prefix="package-") as folder:
        source = pathlib.Path(folder, "source")
        _unlike_copy(source)
        second = artifact.build(pathlib.Path(folder, "again"), source)
        digests = [artifact.digest(each) for each in (first, second)]
    if len(set(digests)) != 1:
        sys.exit(f"FAILED: two builds of the same files differ: SHA-256 {' and '.join(digests)}")
    print(f"built twice, SHA-256 {digests[0]}  {first.name}")
    return first


def _unlike_copy(folder: pathlib.Path) -> None:
    """The project's files as another machine may have them: written in another order, at another time, and readable for their owner alone."""
    artifact.copy(folder, backwards=True)
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            path = pathlib.Path(place, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & 0o700)
                os.utime(path, (1, 1))


def _unwanted(built: pathlib.Path) -> list[str]:
    with tarfile.open(built) as archive:
        names = [name[2:] if name.startswith("./") else name for name in archive.getnames()]
    return [name for name in names if name.split("/")[0] not in _WANTED or any(part.startswith(".") or part == "__pycache__" for part in name.split("/"))]


def complaints(said: str) -> list[str]:
    """The warnings in what Ansible said on its standard error."""
    return [line for line in said.splitlines() if re.search("WARNING|DEPRECAT|ERROR", line)]


class _Installed:
    """The artifact in an empty folder, which is all that Ansible knows."""

    def __init__(self, built: pathlib.Path, tree: pathlib.Path) -> None:
        self._tree = tree
        self._environment = artifact.alone(tree)
        self._tool("ansible-galaxy", "collection", "install", "--offline", "-p", str(tree), str(built))
        self._collection = tree / "ansible_collections" / "corosync" / "quorum"

    def _tool(self, name: str, *arguments: str) -> str:
        """What a tool of Ansible prints. It ends the stage if it fails or warns."""
        done = artifact.run_tool(name, *arguments, cwd=self._tree, env=self._environment)
        if complaints(done.stderr):
            sys.exit(f"FAILED: {' '.join([name, *arguments])} warns, and no warning is wanted:\n{done.stderr}")
        return done.stdout

    def documented(self) -> None:
        """Let ansible-doc show everything of each kind."""
        for kind in _KINDS:
            names = sorted(json.loads(self._tool("ansible-doc", "--type", kind, "--json", "--list", "corosync.quorum")))
            if not names:
                sys.exit(f"FAILED: ansible-doc finds no {kind} in the installed collection")
            shown = self._tool("ansible-doc", "--type", kind, *names)
            missing = [name for name in names if not re.search(rf"{re.escape(name)}\b", shown)]
            if missing:
                sys.exit(f"FAILED: ansible-doc does not show the {kind} {', '.join(missing)}")
            for name in names:
                print(f"documented: {kind} {name}")

    def understood(self) -> None:
        """Let ansible-playbook check the syntax of each playbook, by the name that users have for it."""
        inventory = self._tree / "inventory.yml"
        inventory.write_text(_INVENTORY, encoding="utf-8")
        names = sorted(f"corosync.quorum.{path.stem}" for path in (self._collection / "playbooks").glob("*.yml"))
        if not names:
            sys.exit("FAILED: the installed collection has no playbook")
        for name in names:
            self._tool("ansible-playbook", "-i", str(inventory), "--syntax-check", name)
            print(f"syntax checked: playbook {name}")


def main() -> int:
    built = _built_twice()
    unwanted = _unwanted(built)
    if unwanted:
        print(f"{built.name} holds what no user needs; add it to build_ignore in galaxy.yml:")
        print("\n".join("  " + name for name in unwanted))
        return 1
    with tempfile.TemporaryDirectory(prefix="package-") as folder:
        installed = _Installed(built, pathlib.Path(folder))
        installed.documented()
        installed.understood()
    changed = artifact.uncommitted()
    if changed:
        print(f"Not for a release: {len(changed)} files are not as in the newest commit, the first is {changed[0]}")
    print(f"built: {built}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
