# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ssh and Ansible reach the nodes: files written for them."""

from __future__ import annotations

import json
import os
import pathlib
import threading
from collections.abc import Iterable, Sequence

from .node import Node

SSH_CONFIG = """\
Host *
    User root
    IdentityFile "{folder}/id_ed25519"
    IdentitiesOnly yes
    StrictHostKeyChecking no
    UserKnownHostsFile "{folder}/known_hosts"
    LogLevel ERROR
    ConnectTimeout 10
"""


ANSIBLE_CFG = """\
[defaults]
inventory = {folder}/inventory.yml
collections_path = {folder}/collections
host_key_checking = false
callback_result_format = yaml
interpreter_python = /usr/bin/python3

[ssh_connection]
pipelining = true
"""


def write_access(folder: pathlib.Path, checkout: pathlib.Path, nodes: Sequence[Node]) -> None:
    """Write what ssh and Ansible need to reach the nodes and to find the collection of this checkout."""
    replace_file(folder / "ssh_config", ssh_config(folder, nodes))
    replace_file(folder / "ansible.cfg", ANSIBLE_CFG.format(folder=folder))
    write_inventory(folder / "inventory.yml", nodes)
    tree = folder / "collections/ansible_collections/corosync"
    tree.mkdir(parents=True, exist_ok=True)
    if not (tree / "quorum").exists():
        (tree / "quorum").symlink_to(checkout)


def ssh_config(folder: pathlib.Path, nodes: Iterable[Node]) -> str:
    """An ssh configuration of its own for the nodes; the host keys are those of the lab's image and are never in the user's files."""
    hosts = "".join(f"Host {node.name}\n    HostName {node.address}\n" for node in nodes)
    return hosts + SSH_CONFIG.format(folder=folder)


def host_variables(node: Node) -> dict[str, str]:
    """The variables with which Ansible reaches a node."""
    return {
        "ansible_host": node.address,
        "ansible_user": "root",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_private_key_file": str(node.ssh_config.parent / "id_ed25519"),
        "ansible_ssh_common_args": f"-F '{node.ssh_config}'",
    }


def write_inventory(path: str | pathlib.Path, nodes: Iterable[Node]) -> pathlib.Path:
    """Write a YAML inventory with the group `nodes` and return its path."""
    path = pathlib.Path(path)
    lines = ["---", "nodes:", "  hosts:"]
    for node in nodes:
        lines.append(f"    {node.name}:")
        lines += [f"      {name}: {json.dumps(value)}" for name, value in host_variables(node).items()]
    replace_file(path, "\n".join(lines) + "\n")
    return path


def replace_file(path: pathlib.Path, text: str) -> None:
    """Write a file in one step: a process that reads it meanwhile gets either the old or the new content, complete.

    No link is followed: the folder may belong to somebody else than root, who runs this.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
    partial.unlink(missing_ok=True)
    with open(partial, "x", encoding="utf-8") as file:
        file.write(text)
    os.replace(partial, path)
