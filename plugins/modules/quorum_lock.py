#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: quorum_lock
short_description: See which run may stop nodes of a cluster, and ask it to stop
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - The roles P(corosync.quorum.rolling_upgrade#role) and P(corosync.quorum.cluster#role) take a lock on every node before they change something, so
    that two runs never stop nodes of one cluster at the same time. The lock is the file C(/var/lib/corosync-quorum/lock) on each node.
  - Use this module to see who has the lock, to ask a running upgrade to stop before its next node, or to remove the lock of a run that is over.
extends_documentation_fragment:
  - corosync.quorum._attributes
  - corosync.quorum._attributes.actiongroup_quorum
attributes:
  action:
    description: Whether there is an action plugin of this name, which runs on the controller.
    support: full
    details: Only the controller knows which of its own runs have ended. So O(state=taken) and O(state=held) need the action plugin.
  check_mode:
    support: full
    details: With O(state=taken) the task fails if another run has the lock.
  diff_mode:
    support: none
options:
  state:
    description:
      - V(read) returns the lock of this node.
      - V(stop_requested) asks the run that has the lock to stop before its next node. Nothing happens if no run has the lock. Use it on all nodes of
        the cluster, because the role reads the lock on only one or some of the other nodes before it stops a node.
      - V(given_back) removes the lock if the run O(run) has it. It never removes the lock of another run.
      - V(taken) takes the lock for the run O(run). V(held) fails if the run O(run) does not have the lock, or if somebody asked it to stop. Both are
        for the roles, which also check that they have the lock on enough nodes.
    type: str
    choices: [read, stop_requested, given_back, taken, held]
    required: true
  run:
    description: The id of a run, as in RV(lock.run_id). Required with O(state=given_back), O(state=taken) and O(state=held).
    type: str
  role:
    description: The name of the role that takes the lock. For O(state=taken) only.
    type: str
    default: ""
  take_over:
    description:
      - The ids of runs whose lock may be taken over. For O(state=taken) only.
      - If a run was started on the same controller and its process has ended, its lock is taken over without this.
    type: list
    elements: str
    default: []
  _holder:
    description: Not for use in a task. The action plugin sets it to what it knows of the run.
    type: dict
seealso:
  - module: corosync.quorum.watch_quorum
"""

EXAMPLES = r"""
- name: See who has the lock of the cluster
  corosync.quorum.quorum_lock:
    state: read
  register: found

- name: Show who has the lock
  ansible.builtin.debug:
    msg: "{{ found.lock | default('nobody has it', true) }}"

- name: Ask a running upgrade to stop before its next node
  corosync.quorum.quorum_lock:
    state: stop_requested

- name: Remove the lock of a run that is over and will not be continued
  corosync.quorum.quorum_lock:
    state: given_back
    run: 0123456789abcdef
"""

RETURN = r"""
lock:
  description: Who has the lock of this node after the task. V(null) if nobody has it.
  returned: success
  type: dict
  contains:
    run_id:
      description: The id of the run.
      type: str
      sample: 0123456789abcdef
    role:
      description: The role that took the lock.
      type: str
      sample: rolling_upgrade
    user:
      description: Who started the run on the controller.
      type: str
      sample: alice
    playbook:
      description: The playbook that runs.
      type: str
      sample: site.yml
    controller:
      description: The host name of the controller.
      type: str
      sample: admin1
    since:
      description: When the run began, by the controller's clock, in UTC.
      type: str
      sample: "2026-11-22T10:15:02.123456Z"
    stop_requested:
      description: When somebody asked the run to stop before its next node, by the node's clock, in UTC. V(null) if nobody did.
      type: str
      sample: null
    boot_id:
      description: Which boot of the controller the run belongs to. V(null) if the controller does not tell.
      type: str
      sample: 0d3b7c52-7d0f-4b2c-9f5c-2d8f8a0d6b11
    pid_namespace:
      description: The pid namespace of C(ansible-playbook) on the controller. V(null) if the controller does not tell.
      type: int
      sample: 4026531836
    pid:
      description: The pid of C(ansible-playbook) on the controller.
      type: int
      sample: 4711
    start_time:
      description: When this process started, in clock ticks after the boot. V(null) if the controller does not tell.
      type: int
      sample: 123456
replaced:
  description: The id of the run whose lock was taken over. Empty if there was none.
  returned: with O(state=taken)
  type: str
  sample: ""
msg:
  description: Who has the lock, or what went wrong.
  returned: on failure
  type: str
  sample: >-
    Another run has the lock on node1: run 0123456789abcdef of the role rolling_upgrade, started at 2026-11-22T10:15:02.123456Z by alice on admin1
    (playbook site.yml). This controller cannot see whether it still runs. If it is over, run this again with
    -e quorum_lock_take_over=0123456789abcdef.
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.corosync.quorum.plugins.module_utils._node.zipimport_once import compiled_once

with compiled_once():
    from ansible_collections.corosync.quorum.plugins.module_utils._node import lock as _lock
    from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError, run_id
    from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
    from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc


def take(run: str, holder: t.Optional[t.Dict[str, t.Any]], take_over: t.List[str], check_mode: bool) -> t.Dict[str, t.Any]:
    """state=taken. Where another run has the lock that is no failure here: the action plugin judges. Raises Unusable."""
    if holder is None:
        raise OptionError("With state=taken quorum_lock is run by its action plugin: call it by its full name, corosync.quorum.quorum_lock, in a task.")
    if not check_mode:
        found = _lock.take(dict(holder, run_id=run, stop_requested=None), take_over)
    else:
        there = _lock.read()
        found = _lock.Taken(there is None or there["run_id"] in [run, *take_over], there, "")
    return dict(found._asdict(), changed=found.taken)


def give_back(run: str, check_mode: bool) -> t.Dict[str, t.Any]:
    """state=given_back. Raises LockError."""
    there = _lock.read()
    changed = bool(there and there["run_id"] == run) if check_mode else _lock.give_back(run)
    return {"changed": changed, "lock": None if changed else there}


def request_stop(check_mode: bool) -> t.Dict[str, t.Any]:
    """state=stop_requested. Raises LockError."""
    there = _lock.read()
    lock = there if check_mode else _lock.request_stop(utc(time.time()))
    return {"changed": bool(there and not there["stop_requested"]), "lock": lock}


def result_of(params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """What the module returns. Raises Unusable."""
    if params["state"] in ("read", "held"):
        return {"changed": False, "lock": _lock.read()}
    if params["state"] == "stop_requested":
        return request_stop(check_mode)
    run = run_id("run", params["run"])
    if params["state"] == "given_back":
        return give_back(run, check_mode)
    return take(run, params["_holder"], [run_id("take_over", one) for one in params["take_over"]], check_mode)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["read", "stop_requested", "given_back", "taken", "held"], "required": True},
            "run": {"type": "str"},
            "role": {"type": "str", "default": ""},
            "take_over": {"type": "list", "elements": "str", "default": []},
            "_holder": {"type": "dict"},
        },
        required_if=[("state", state, ["run"]) for state in ("given_back", "taken", "held")],
        supports_check_mode=True,
    )
    try:
        result = result_of(module.params, module.check_mode)
    except Unusable as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
