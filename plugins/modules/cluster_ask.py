#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: cluster_ask
short_description: Ask a node what only it knows before the role corosync.quorum.cluster changes anything
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Private to the role P(corosync.quorum.cluster#role). It may change at any time, so do not use it in a playbook.
  - It leaves nothing behind on the node.
  - If an answer is bad, the task does not fail. The role judges the results of all nodes.
options:
  addresses:
    description: Names and addresses that the node resolves.
    type: list
    elements: str
    default: []
  server:
    description:
      - The server of a quorum device. The node connects to C(corosync-qnetd), sends the first message of a client, and closes the connection. The
        server does not count this as a client.
    type: dict
    suboptions:
      host:
        description: The host that runs C(corosync-qnetd).
        type: str
        required: true
      port:
        description: Its port.
        type: int
        required: true
      ip_version:
        description: Which IP version to use. V(0) means any.
        type: int
        choices: [0, 4, 6]
        required: true
      cluster_name:
        description: The name of the cluster.
        type: str
        required: true
  text:
    description:
      - The text of a C(corosync.conf). The node runs C(corosync -t) with it, with its own key, C(uidgid.d), addresses, users and folders.
    type: str
extends_documentation_fragment:
  - corosync.quorum._attributes
  - corosync.quorum._attributes.info_module
"""

EXAMPLES = r"""
# Private to the role corosync.quorum.cluster.
"""

RETURN = r"""
addresses:
  description: What each of O(addresses) resolves to on the node, in the order of the system. If it does not resolve, C(error) says why.
  returned: always
  type: dict
  sample: {node1: {found: [{address: 127.0.1.1, line: 2, text: 127.0.1.1 node1}], error: ""}}
server:
  description:
    - The answer of O(server). C(reason) says why there is none (C(unknown_name), C(refused), C(silent), C(unreachable), C(stranger)), C(detail) is the
      error message, and C(tls) says whether the server wants TLS (C(unsupported), C(supported), C(required)).
    - V(null) without O(server).
  returned: always
  type: dict
  sample: {reason: null, detail: "", tls: supported}
trial:
  description: Whether the corosync of the node would start with O(text), and its output. V(null) without O(text).
  returned: always
  type: dict
  sample: {accepted: false, output: "parse error in config: parse error in config: The user 'nobody1' is not known"}
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.corosync.quorum.plugins.module_utils._node import names, qnetd, trial

COROSYNC = "/usr/sbin/corosync"
# How long the name servers, corosync-qnetd and corosync may take: the latter resolves the names of nodes. Seconds.
NAMES_TIMEOUT = 20.0
SERVER_TIMEOUT = 5.0
TRIAL_TIMEOUT = 60.0


def result_of(params: t.Mapping[str, t.Any], scratch: str) -> t.Dict[str, t.Any]:
    """What the module returns."""
    return {
        "changed": False,
        "addresses": names.look_up_all(params["addresses"], NAMES_TIMEOUT),
        "server": params["server"] and _server(params["server"]),
        "trial": None if params["text"] is None else dict(trial.judge(params["text"], COROSYNC, TRIAL_TIMEOUT, scratch)._asdict()),
    }


def _server(server: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    try:
        return {"reason": None, "detail": "", "tls": qnetd.ask(timeout=SERVER_TIMEOUT, **server)}
    except qnetd.NoAnswer as error:
        return {"reason": error.reason, "detail": str(error), "tls": None}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "addresses": {"type": "list", "elements": "str", "default": []},
            "server": {
                "type": "dict",
                "options": {
                    "host": {"type": "str", "required": True},
                    "port": {"type": "int", "required": True},
                    "ip_version": {"type": "int", "choices": [0, 4, 6], "required": True},
                    "cluster_name": {"type": "str", "required": True},
                },
            },
            "text": {"type": "str"},
        },
        supports_check_mode=True,
    )
    module.exit_json(**result_of(module.params, module.tmpdir))


if __name__ == "__main__":
    main()
