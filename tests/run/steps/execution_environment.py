# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.execution_environment: ansible-builder finds what the collection needs, and makes the context of an image with it."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile

import yaml

from .. import paths, trees

_WANTED = "openssh-clients [platform:rpm]"


def _builder(*arguments: str) -> str:
    program = pathlib.Path(sys.executable).with_name("ansible-builder")
    return subprocess.run([str(program), *arguments], check=True, capture_output=True, text=True).stdout


def main() -> int:
    found = _builder("introspect", str(trees.linked()))
    if _WANTED not in found:
        print(f"ansible-builder introspect does not find {_WANTED}, which meta/bindep.txt has:\n{found}")
        return 1
    print("checked: ansible-builder introspect")
    with tempfile.TemporaryDirectory() as folder:
        definition = pathlib.Path(folder, "execution-environment.yml")
        collection = {"name": str(paths.CHECKOUT), "type": "dir"}
        needs = {"ansible_core": {"package_pip": "ansible-core"}, "ansible_runner": {"package_pip": "ansible-runner"}}
        described = {
            "version": 3,
            "images": {"base_image": {"name": "quay.io/centos/centos:stream9"}},
            "dependencies": dict(needs, galaxy={"collections": [collection]}),
        }
        definition.write_text(yaml.safe_dump(described), encoding="utf-8")
        _builder("create", "--file", str(definition), "--context", folder + "/context", "--output-filename", "Containerfile")
        containerfile = pathlib.Path(folder, "context/Containerfile").read_text(encoding="utf-8")
    if "ansible-galaxy collection install" not in containerfile:
        print("ansible-builder create makes no image with the collection:\n" + containerfile)
        return 1
    print("checked: ansible-builder create")
    return 0


if __name__ == "__main__":
    sys.exit(main())
