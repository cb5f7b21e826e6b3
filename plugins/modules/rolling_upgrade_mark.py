#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rolling_upgrade_mark
short_description: Read, write or remove the mark of an upgrade on a node, and see what drives its cluster
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Private to the role P(corosync.quorum.rolling_upgrade#role). It may change at any time, so do not use it in a playbook.
  - The mark tells a later run how far the upgrade of the node came. It survives a power cut. Nothing but a mark is overwritten or removed.
options:
  state:
    description: What to do.
    type: str
    choices: [read, written, removed]
    required: true
  path:
    description: The file on the node.
    type: path
    required: true
  phase:
    description:
      - What is left to be done. V(stop) is all of it, V(reboot) is what comes after the reboot that is about to be, V(start) is the node's return.
      - V(done) is nothing. It stays until the run has ended, so that the run after an interrupted one leaves the node out.
    type: str
    choices: [stop, reboot, start, done]
    default: stop
  rebooted:
    description: Whether the node was rebooted after its upgrade.
    type: bool
    default: false
  only_done:
    description: Whether to remove the mark only if its phase is V(done).
    type: bool
    default: false
  nodeid:
    description: The node's id.
    type: int
    default: 0
  run:
    description: The id of the run. Nothing is written or removed while another run has the lock of this node.
    type: str
    default: ""
  programs:
    description: Programs to look for.
    type: list
    elements: str
    default: []
  must_hold:
    description: Whether the run must have the lock of this node.
    type: bool
    default: false
extends_documentation_fragment:
  - corosync.quorum._attributes
  - corosync.quorum._attributes.no_diff
"""

EXAMPLES = r"""
# Private to the role corosync.quorum.rolling_upgrade.
"""

RETURN = r"""
mark:
  description: The mark, V(null) if there is none.
  returned: with O(state=read)
  type: dict
  sample: {phase: stop, nodeid: 2, rebooted: false, at: "2026-11-28T10:00:00.000000Z"}
fault:
  description: Why nobody can say whether there is a mark, empty if there is no such reason.
  returned: with O(state=read)
  type: str
  sample: ""
missing:
  description: Those of O(programs) that are not there.
  returned: with O(state=read)
  type: list
  elements: str
  sample: []
pacemaker:
  description: Whether pacemaker runs on the node.
  returned: with O(state=read)
  type: bool
  sample: false
lock:
  description: Who has the lock of this node, V(null) if nobody has it.
  returned: with O(state=read)
  type: dict
  sample: {run_id: 0123456789abcdef}
key:
  description: What is known of the authentication key. C(digest) is a part of a keyed digest of the file, to compare it with other nodes.
  returned: with O(state=read)
  type: dict
  sample: {digest: 0123456789abcdef, changed: false}
lock_fault:
  description: Why nobody can say who has the lock, empty if there is no such reason.
  returned: with O(state=read)
  type: str
  sample: ""
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.corosync.quorum.plugins.module_utils._node.zipimport_once import compiled_once

with compiled_once():
    from ansible_collections.corosync.quorum.plugins.module_utils._node import key as _key
    from ansible_collections.corosync.quorum.plugins.module_utils._node import lock as _lock
    from ansible_collections.corosync.quorum.plugins.module_utils._node import mark as _mark
    from ansible_collections.corosync.quorum.plugins.module_utils._node import stack as _stack
    from ansible_collections.corosync.quorum.plugins.module_utils._node.options import run_id
    from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable


def read(path: str, programs: t.Sequence[str]) -> t.Dict[str, t.Any]:
    """state=read. What cannot be read is said and is no error: the caller judges."""
    result = dict(_lock.seen(), mark=None, fault="", key=_key.seen(), changed=False)
    result.update(missing=_stack.missing(programs), pacemaker=_stack.has_pacemaker())
    try:
        result["mark"] = _mark.read(path)
    except _mark.MarkError as exc:
        result["fault"] = str(exc)
    return result


def result_of(params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """What the module returns. Raises Unusable."""
    run = params["run"] and run_id("run", params["run"])
    if params["state"] == "read":
        return read(params["path"], params["programs"])
    if params["state"] == "removed":
        return {"changed": _mark.remove(params["path"], run, check_mode, params["only_done"])}
    return {"changed": _mark.write(params["path"], params["phase"], params["nodeid"], run, params["must_hold"], check_mode, params["rebooted"])}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["read", "written", "removed"], "required": True},
            "path": {"type": "path", "required": True},
            "phase": {"type": "str", "choices": ["stop", "reboot", "start", "done"], "default": "stop"},
            "rebooted": {"type": "bool", "default": False},
            "only_done": {"type": "bool", "default": False},
            "nodeid": {"type": "int", "default": 0},
            "run": {"type": "str", "default": ""},
            "programs": {"type": "list", "elements": "str", "default": []},
            "must_hold": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        result = result_of(module.params, module.check_mode)
    except Unusable as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
