# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checkout as `ansible_collections/corosync/quorum`, which every Ansible tool wants to see."""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
from collections.abc import Collection

from . import paths

_CONFIGURATION = pathlib.Path("tests", "config.yml")
_PLACE = pathlib.Path("ansible_collections", "corosync", "quorum")


def linked() -> pathlib.Path:
    """A folder in which the collection is a link to the checkout: for Python, ansible, ansible-doc, ansible-lint, pytest.

    It lies outside the checkout, where a link to a parent would make tools walk in circles.
    """
    tree = paths.shared() / "trees" / hashlib.sha256(str(paths.CHECKOUT).encode()).hexdigest()[:12]
    link = tree / _PLACE
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() or os.readlink(link) != str(paths.CHECKOUT):
        fresh = link.with_name(f"quorum.{os.getpid()}")
        fresh.symlink_to(paths.CHECKOUT)
        fresh.replace(link)
    return tree


def variables() -> dict[str, str]:
    """Environment variables with which Python and Ansible find the collection, the packages below tests/, and a place for what they keep."""
    tree = str(linked())
    return {
        "PYTHONPATH": os.pathsep.join([tree, str(paths.CHECKOUT / "tests")]),
        "ANSIBLE_COLLECTIONS_PATH": tree,
        "COLLECTIONS_TREE": tree,
        "ANSIBLE_HOME": str(paths.SCRATCH / "ansible"),
    }


def project_files() -> list[pathlib.Path]:
    """Every file of the project as it is now, tracked or new but not ignored, relative to the checkout."""
    listing = subprocess.run(
        ["git", "-C", str(paths.CHECKOUT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        raise RuntimeError(f"git cannot list the project's files in {paths.CHECKOUT}: {listing.stderr.strip()}")
    names = sorted(set(listing.stdout.split("\0")) - {""})
    return [pathlib.Path(name) for name in names if os.path.lexists(paths.CHECKOUT / name)]


def copied(label: str, without: Collection[str] = ()) -> pathlib.Path:
    """The collection's own folder in a fresh copy of the project's files: for ansible-test, which follows links to their target.

    without: folders that are left out, but for ansible-test's own configuration.
    It is a repository of its own: ansible-test takes the files from the nearest git, and the checkout's git ignores all of SCRATCH.
    """
    collection = paths.SCRATCH / "trees" / label / _PLACE
    shutil.rmtree(collection, ignore_errors=True)
    for name in project_files():
        if name.parts[0] in without and name != _CONFIGURATION:
            continue
        target = collection / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(paths.CHECKOUT / name, target, follow_symlinks=False)
    for command in (("init", "--quiet"), ("add", "--all")):
        subprocess.run(["git", "-C", str(collection), *command], check=True, stderr=subprocess.DEVNULL)
    return collection
