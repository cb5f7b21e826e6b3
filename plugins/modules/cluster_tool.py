#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: cluster_tool
short_description: Run a tool of corosync for the role corosync.quorum.cluster, if root listens on corosync's sockets
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Private to the role P(corosync.quorum.cluster#role). It may change at any time, so do not use it in a playbook.
  - While corosync does not run, any user of a node can listen on its sockets, and corosync's tools do not check who listens. This module checks it first.
    If it is not root, the task fails, and the tool is not run.
  - It always reports a change. The tasks of the role say whether there was one.
options:
  argv:
    description: The tool, C(corosync-cfgtool) or C(corosync-cmapctl), and its arguments.
    type: list
    elements: str
    required: true
  sha1_of:
    description: A file whose SHA-1 checksum is the last argument of the tool.
    type: path
  unless_loaded:
    description:
      - A C(config_version). If corosync has loaded it, or does so within a second, it does not reload.
      - O(argv) must be C(corosync-cfgtool -R). The result is what C(corosync-cmapctl totem.config_version) prints at the end.
    type: str
extends_documentation_fragment:
  - corosync.quorum._attributes
attributes:
  check_mode:
    support: none
    details: In check mode the task is skipped.
  diff_mode:
    support: none
"""

EXAMPLES = r"""
# Private to the role corosync.quorum.cluster.
"""

RETURN = r"""
rc:
  description: The exit code of the tool.
  returned: if the tool was run
  type: int
  sample: 0
stdout:
  description: What the tool printed, without the end of the last line.
  returned: if the tool was run
  type: str
  sample: totem.config_version (u64) = 3
stderr:
  description: Its error messages.
  returned: if the tool was run
  type: str
  sample: ""
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._node import tools
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted

RELOAD = [tools.CFGTOOL, "-R"]


def fault_of(params: t.Mapping[str, t.Any]) -> str:
    """What is wrong with the options, empty if nothing is."""
    argv = params["argv"]
    if argv[:1] not in [[tool] for tool in tools.SERVICES]:
        return f"argv must begin with {' or '.join(tools.SERVICES)}."
    if params["unless_loaded"] is not None and argv != RELOAD:
        return f"With unless_loaded, argv must be {' '.join(RELOAD)}."
    return ""


def said_by(module: AnsibleModule) -> tools.Said:
    """What the tool said. Raises QuorumError."""
    argv, path, version = list(module.params["argv"]), module.params["sha1_of"], module.params["unless_loaded"]
    if path is not None:
        checksum = module.sha1(path)
        if checksum is None:
            module.fail_json(msg=f"There is no file {path} on this node, so it has no checksum: put it in its place, and run the play again.")
        argv.append(checksum)
    return tools.run(argv, module.run_command) if version is None else tools.reload_unless_loaded(version, module.run_command)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "argv": {"type": "list", "elements": "str", "required": True},
            "sha1_of": {"type": "path"},
            "unless_loaded": {"type": "str"},
        },
        supports_check_mode=False,
    )
    fault = fault_of(module.params)
    if fault:
        module.fail_json(msg=fault)
    try:
        said = said_by(module)
    except QuorumError as exc:
        module.fail_json(msg=str(exc))
    result = {"changed": True, "rc": said.rc, "stdout": said.stdout, "stderr": said.stderr}
    if said.rc != 0:
        command = " ".join(module.params["argv"])
        module.fail_json(msg=f"{command} failed with the exit code {said.rc}: {quoted(said.stderr or said.stdout) or 'it gave no reason'}", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
