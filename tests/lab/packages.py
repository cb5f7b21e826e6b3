# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small Debian repositories in the lab's cache: some packages of a suite with what they need on top of an image, and nothing else.

This machine's own apt finds out what that is (it reads the image's dpkg status in place of this machine's) and fetches it
with whatever proxy and mirror it uses anyway. Nodes have no way out of their bridge: they see the repositories at NODE_FOLDER.
"""

from __future__ import annotations

import email.utils
import hashlib
import pathlib
import shutil
from collections.abc import Iterable, Sequence

from . import cache, host
from .errors import LabError

NODE_FOLDER = "/opt/lab-packages"
RELEASE = "Origin: corosync-quorum-lab\nDate: %s\nSHA256:\n %s %d Packages\n"
FORMAT = "1"  # another layout of the folder is another recipe


def folder() -> pathlib.Path:
    """Where all repositories are; nodes have it at NODE_FOLDER."""
    return host.cache_dir() / "repositories"


def repository(name: str, suite: str, mirror: str, names: Sequence[str], status: pathlib.Path, system: str = "") -> pathlib.Path:
    """Return the repository with the packages `names` of Debian `suite`, and all that they need on a system with this dpkg status file.

    name: what it is for, as a word; system: what identifies this system, such as its image's name.
    """
    path = folder() / (f"{name}-{cache.recipe_hash(FORMAT, suite, system, *names)}")

    def make(partial: pathlib.Path) -> None:
        _fetch(partial, suite, mirror, names, status)
        write_index(partial, [(deb.name, *_fields_and_content(deb)) for deb in sorted(partial.glob("*.deb"))])

    return cache.made_once(path, f"a repository of Debian packages ({name})", make)


def source(path: pathlib.Path) -> str:
    """The line for a node's sources.list that offers a repository."""
    return f"deb [trusted=yes] file:{NODE_FOLDER}/{path.name} ./\n"


def _fetch(partial: pathlib.Path, suite: str, mirror: str, names: Iterable[str], status: pathlib.Path) -> None:
    """Fill the folder with .deb files."""
    apt = partial / ".apt"
    for part in ("state/lists/partial", "cache/archives/partial"):
        (apt / part).mkdir(parents=True)
    (apt / "sources.list").write_text(f"deb [signed-by={host.KEYRING}] {mirror} {suite} main\n")
    options = {
        "Dir::State": apt / "state",
        "Dir::State::status": status,
        "Dir::Cache": apt / "cache",
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "APT::Sandbox::User": "root",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
    }
    command = ["apt-get", "-q", "-y"] + [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    host.run(command + ["--error-on=any", "update"], timeout=300)
    host.run(command + ["--download-only", "install"] + list(names), timeout=600)
    for deb in (apt / "cache/archives").glob("*.deb"):
        deb.rename(partial / deb.name.replace("%3a", "+"))  # apt would take the sign for an escape in an address
    shutil.rmtree(apt)


def _fields_and_content(deb: pathlib.Path) -> tuple[str, bytes]:
    """The control fields of a package, and its content."""
    return host.run(["dpkg-deb", "--field", deb]).stdout, deb.read_bytes()


def write_index(path: pathlib.Path, packages: Sequence[tuple[str, str, bytes]]) -> None:
    """Write what apt reads of a flat repository: `packages` are (file name, control fields, content)."""
    if not packages:
        raise LabError(f"apt fetched no package for {path.name}: this image has all of them in that version already")
    index = "\n".join(entry(*package) for package in packages).encode()
    (path / "Packages").write_bytes(index)
    (path / "Release").write_text(RELEASE % (email.utils.formatdate(usegmt=True), hashlib.sha256(index).hexdigest(), len(index)))


def entry(name: str, fields: str, content: bytes) -> str:
    """A package's paragraph in the index."""
    paragraph = fields.rstrip("\n")
    return f"{paragraph}\nFilename: ./{name}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
