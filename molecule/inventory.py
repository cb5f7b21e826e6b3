#!/usr/bin/env python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory of the molecule scenarios: the nodes of the lab `molecule`, none while it is down."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))

from lab import Lab, LabError
from lab.inventory import host_variables


def main():
    """Print what Ansible wants of `--list`."""
    try:
        nodes = Lab("molecule").find().nodes
    except LabError:
        nodes = []
    hosts = {node.name: host_variables(node) for node in nodes}
    print(json.dumps({"nodes": {"hosts": list(hosts)}, "_meta": {"hostvars": hosts}}))


if __name__ == "__main__":
    main()
