# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's artifact: the same files give the same bytes, whenever and wherever they are built with the same zlib.

What ansible-galaxy builds has the times of the files and of now, and its entries in the order in which the file system names them. The list FILES.json has
that order, too, and MANIFEST.json the checksum of this list.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping

from . import paths, trees

_NAME = "corosync-quorum-*.tar.gz"
_LIST, _MANIFEST = "FILES.json", "MANIFEST.json"


def build(folder: pathlib.Path, source: pathlib.Path | None = None) -> pathlib.Path:
    """Build the artifact into folder, in place of an older one there, and return its path.

    source: a copy of the project's files. Without it a fresh one is made, so that nothing gets in that git does not know or ignores.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(_NAME):
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="artifact-") as scratch:
        if source is None:
            source = pathlib.Path(scratch, "source")
            copy(source)
        run_tool("ansible-galaxy", "collection", "build", "--output-path", scratch, str(source), cwd=scratch)
        built = next(pathlib.Path(scratch).glob(_NAME))
        repack(built, folder / built.name, moment())
    return folder / built.name


def copy(folder: pathlib.Path, backwards: bool = False) -> None:
    """Copy the project's files. backwards: the last one first, as a file system may name them in the order in which they came."""
    for name in sorted(trees.project_files(), reverse=backwards):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(paths.CHECKOUT / name, target, follow_symlinks=False)


def digest(artifact: pathlib.Path) -> str:
    """Its SHA-256."""
    return hashlib.sha256(artifact.read_bytes()).hexdigest()


def moment() -> int:
    """The time of everything in an artifact: SOURCE_DATE_EPOCH, as other tools that build reproducibly have it, or that of the newest commit."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or _git("log", "-1", "--format=%ct"))


def uncommitted() -> list[str]:
    """The files that are not as in the newest commit: nobody else can build an artifact with them."""
    return [line[3:] for line in _git("status", "--porcelain", "--untracked-files=all").splitlines()]


def _git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", str(paths.CHECKOUT), *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def repack(built: pathlib.Path, target: pathlib.Path, when: int) -> None:
    """Write what ansible-galaxy built to target: everything sorted, of the time `when`, of root, and with one of two modes."""
    with tarfile.open(built) as archive:
        entries = {entry.name: entry for entry in archive}
        contents = {name: file.read() for name, entry in entries.items() if entry.isfile() and (file := archive.extractfile(entry))}
    files, manifest = json.loads(contents[_LIST]), json.loads(contents[_MANIFEST])
    files["files"].sort(key=lambda file: (file["name"] != ".", file["name"]))
    contents[_LIST] = _json(files)
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(contents[_LIST]).hexdigest()
    contents[_MANIFEST] = _json(manifest)
    # Where there is no name, gzip writes none; the time 0 means that there is none.
    with (
        open(target, "wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=9, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        # Galaxy reads the manifest first.
        for name in sorted(entries, key=lambda name: (name != _MANIFEST, name != _LIST, name)):
            content = contents.get(name, b"")
            archive.addfile(_calm(entries[name], len(content), when), io.BytesIO(content))


def _calm(entry: tarfile.TarInfo, size: int, when: int) -> tarfile.TarInfo:
    """An entry with nothing of the machine that built it."""
    calm = tarfile.TarInfo(entry.name)
    calm.type, calm.linkname, calm.size, calm.mtime = entry.type, entry.linkname, size, when
    calm.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return calm


def _json(data: object) -> bytes:
    """As ansible-galaxy writes it."""
    return json.dumps(data, indent=1).encode()


def alone(tree: pathlib.Path) -> dict[str, str]:
    """Variables with which Ansible finds the collections in this folder, and neither this checkout nor settings of this machine.

    The checkout is on PYTHONPATH, where Ansible would look for collections, too.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_") and name not in ("PYTHONPATH", "COLLECTIONS_TREE")}
    configuration = tree / "ansible.cfg"
    configuration.touch()
    return dict(
        kept,
        ANSIBLE_CONFIG=str(configuration),
        ANSIBLE_COLLECTIONS_PATH=str(tree),
        ANSIBLE_COLLECTIONS_SCAN_SYS_PATH="false",
        ANSIBLE_HOME=str(tree / "home"),
        # What is said to a user is looked at, and no terminal's colour is wanted in it.
        ANSIBLE_NOCOLOR="true",
    )


def run_tool(name: str, *arguments: str, cwd: str | pathlib.Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a tool that stands beside this Python. If it fails, show what it said, and end."""
    tool = str(pathlib.Path(sys.executable).parent / name)
    done = subprocess.run([tool, *arguments], check=False, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"FAILED: {' '.join([name, *arguments])}\n{done.stdout}{done.stderr}")
    return done
