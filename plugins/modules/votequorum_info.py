#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: votequorum_info
short_description: Read the quorum of a corosync cluster as data
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Returns one consistent snapshot of votequorum, the quorum service of corosync, as the node sees it.
  - It calls corosync's own libraries, mainly C(libvotequorum). It runs no command and parses no text.
  - Everything in the value belongs to one ring. When the membership changes during the read, the module reads again, until O(timeout).
extends_documentation_fragment:
  - corosync.quorum._requirements
  - corosync.quorum._attributes
  - corosync.quorum._attributes.info_module
  - corosync.quorum._attributes.actiongroup_quorum
attributes:
  action:
    description: Whether there is an action plugin of this name, which runs on the controller.
    support: full
    details: The node collects the data; the controller computes C(forecast) and C(problems). With C(async), the node does both.
options:
  timeout:
    description:
      - How many seconds the whole read may take.
      - Corosync normally answers within milliseconds. While corosync is starting, the module tries again. If corosync is frozen, the module gives up
        after this time.
    type: float
    default: 10
  if_unavailable:
    description:
      - What to do when this node's votequorum cannot be read for a reason that RV(reason) lists.
      - With V(fail) the task fails and says why. With V(report) it succeeds with RV(available=false), RV(reason) and RV(msg).
    type: str
    choices: [fail, report]
    default: fail
  _judge:
    description:
      - Not for use in a task. The action plugin sets it when the controller computes RV(votequorum.forecast) and RV(votequorum.problems).
    type: bool
    default: true
  _lock:
    description: Not for use in a task. The gates of the role P(corosync.quorum.rolling_upgrade#role) read the lock of a run with it.
    type: bool
    default: false
seealso:
  - module: corosync.quorum.wait_for_quorum
  - name: votequorum(5)
    description: The manual page of votequorum's configuration.
    link: https://manpages.debian.org/votequorum.5
"""

EXAMPLES = r"""
- name: Read quorum from every node
  corosync.quorum.votequorum_info:
  register: result

- name: Show votes and quorum
  ansible.builtin.debug:
    msg: "{{ result.votequorum.total_votes }} of {{ result.votequorum.expected_votes }} votes, {{ result.votequorum.quorum }} needed"

- name: Stop here unless the cluster is quorate and complete
  ansible.builtin.assert:
    that:
      - result.quorate
      - result.votequorum.missing | length == 0

- name: Read quorum also where corosync may not run
  corosync.quorum.votequorum_info:
    if_unavailable: report
    timeout: 5
  register: result

- name: Show why quorum could not be read
  ansible.builtin.debug:
    msg: "{{ inventory_hostname }}: {{ result.msg }}"
  when: not result.available
"""

RETURN = r"""
available:
  description: Whether votequorum could be read. V(false) is possible only with O(if_unavailable=report).
  returned: success
  type: bool
  sample: true
reason:
  description:
    - Why votequorum could not be read.
    - V(not_running) - corosync does not run.
    - V(not_configured) - corosync runs without votequorum.
    - V(not_allowed) - corosync does not accept the user.
    - V(not_trusted) - the process that listens on corosync's socket does not belong to root. The module sent nothing to it.
    - V(no_library) - a library is missing on the node, or is older than the corosync that runs.
    - V(timeout) - corosync did not answer within O(timeout).
  returned: when RV(available=false), and on failure if one of these is the reason
  type: str
  sample: not_running
msg:
  description: What is wrong, and what to do about it.
  returned: when RV(available=false), and on failure
  type: str
  sample: >-
    corosync is not running on this node, or it stopped during the call: start it (systemctl start corosync), and see journalctl -u corosync
    (cmap_initialize: CS_ERR_LIBRARY, 2).
quorate:
  description:
    - Whether this node is part of a quorate partition.
    - V(false) also if this is unknown, as with RV(available=false).
  returned: success
  type: bool
  sample: true
votequorum:
  description: What votequorum knows.
  returned: when RV(available=true)
  type: dict
  contains:
    nodeid:
      description: The node id of the node that was read.
      type: int
      sample: 1
    name:
      description: Its name in the nodelist, V(null) where it has none.
      type: str
      sample: node1
    cluster_name:
      description: C(cluster_name) of its configuration, V(null) where it has none. Many clusters have the same, such as C(debian).
      type: str
      sample: web
    cluster_uuid:
      description: C(cluster_uuid) of its configuration, which C(pcs) writes. V(null) where it has none.
      type: str
      sample: null
    read_at:
      description:
        - When it was read, in UTC by the clock of the controller. It was read at this moment or a little later.
        - P(corosync.quorum.may_leave#filter) and P(corosync.quorum.quorate_without#test) do not rely on a value that is too old.
        - V(null) with C(async) and from M(corosync.quorum.votequorum), because then no action plugin on the controller returned the value. The clock
          of the node is not used, because it may be wrong.
        - There is one exception. In C(corosync-quorum status --json) it is by the clock of the node.
      type: str
      sample: '2026-11-22T10:15:02.123Z'
    quorate:
      description: Whether this node is part of a quorate partition.
      type: bool
      sample: true
    settled:
      description:
        - Whether the whole value belongs to one ring, and votequorum has finished processing that ring.
        - V(false) if the membership was still changing when O(timeout) ended, or if corosync had not yet counted votes that were set.
      type: bool
      sample: true
    ring_id:
      description: The ring, which identifies the membership. RV(votequorum.ring_id.seq) grows with every change of the membership.
      type: dict
      contains:
        nodeid:
          description: The node that formed the ring.
          type: int
          sample: 1
        seq:
          description: The number of the ring.
          type: int
          sample: 13
    expected_votes:
      description: The votes this node expects in the whole cluster.
      type: int
      sample: 3
    highest_expected:
      description: The highest number of votes that any member expects.
      type: int
      sample: 3
    total_votes:
      description: The votes of all members, the quorum device's included while it votes.
      type: int
      sample: 3
    quorum:
      description: The votes needed to be quorate.
      type: int
      sample: 2
    flags:
      description:
        - The flags that are set, named as in C(corosync/votequorum.h) without the prefix.
        - An unknown bit is V(bit_N), with N counted from 0.
      type: list
      elements: str
      sample: [quorate]
    two_node:
      description: Whether C(two_node) is on, so that one of two nodes is enough for quorum.
      type: bool
      sample: false
    wait_for_all:
      description: Whether all nodes must have been members at the same time before the cluster becomes quorate.
      type: dict
      contains:
        enabled:
          description: Whether it is switched on.
          type: bool
          sample: false
        pending:
          description: Whether this node still waits for all nodes. It waits again after every loss of quorum.
          type: bool
          sample: false
    last_man_standing:
      description: Whether corosync lowers expected votes after a loss of nodes.
      type: dict
      contains:
        enabled:
          description: Whether it is switched on.
          type: bool
          sample: false
        window_ms:
          description:
            - The milliseconds from the loss of a node until corosync lowers expected votes.
            - V(null) if it is switched on and corosync has reloaded its configuration since it started. Votequorum still uses the number
              that it read when it started, and does not show it.
          type: int
          sample: 10000
    auto_tie_breaker:
      description: Whether one half of a cluster may stay quorate without the other half.
      type: dict
      contains:
        enabled:
          description: Whether it is switched on.
          type: bool
          sample: false
        kind:
          description: How corosync chooses the node whose half stays quorate - V(none), V(lowest), V(highest) or V(list).
          type: str
          sample: none
        nodes:
          description:
            - The nodes of the list with V(list), as corosync reads them.
            - V(null) with V(list) if corosync has reloaded its configuration since it started. Votequorum still uses the list that it read
              when it started, and does not show it. No forecast relies on such a tie-breaker.
          type: list
          elements: int
          sample: []
        lowest:
          description: The lowest node id among the members of the last majority that this node saw, V(null) if it saw none.
          type: int
          sample: 1
        highest:
          description: The highest node id among the members of the last majority that this node saw, V(null) if it saw none.
          type: int
          sample: 3
    allow_downscale:
      description: Whether corosync lowers expected votes when a node leaves cleanly.
      type: dict
      contains:
        enabled:
          description: Whether it is switched on.
          type: bool
          sample: false
        ev_barrier:
          description: Corosync does not lower expected votes below this number.
          type: int
          sample: 3
    qdevice:
      description: The quorum device as this node sees it, V(null) if there is none.
      type: dict
      contains:
        name:
          description: The name it registered with, V(null) while it is not registered.
          type: str
          sample: Qdevice
        votes:
          description: The votes it has, cast or not.
          type: int
          sample: 1
        registered:
          description: Whether it is registered on this node.
          type: bool
          sample: true
        alive:
          description: Whether its daemon polls votequorum in time.
          type: bool
          sample: true
        cast_vote:
          description: Whether it gives its votes to this node.
          type: bool
          sample: true
        master_wins:
          description: Whether its vote alone makes a partition quorate.
          type: bool
          sample: false
    members:
      description: The node ids of all members of this node's partition.
      type: list
      elements: int
      sample: [1, 2, 3]
    missing:
      description: The node ids of all configured nodes that are not members.
      type: list
      elements: int
      sample: []
    nodes:
      description: Every node that is configured or was seen, by node id.
      type: list
      elements: dict
      contains:
        nodeid:
          description: Its node id.
          type: int
          sample: 1
        name:
          description: Its name in the nodelist, V(null) where it has none.
          type: str
          sample: node1
        state:
          description: V(member), V(leaving), V(dead), or V(unseen) since this node's corosync started.
          type: str
          sample: member
        votes:
          description: Its votes now, or when it was last seen. V(null) for a node that was not seen.
          type: int
          sample: 1
        configured_votes:
          description: Its votes in the nodelist, V(null) for a node that is not in the nodelist.
          type: int
          sample: 1
        expected_votes:
          description: The votes it expects in the whole cluster. V(null) for a node that was not seen.
          type: int
          sample: 3
        local:
          description: Whether it is the node that was read.
          type: bool
          sample: true
        qdevice:
          description: What the node reports about its own quorum device, V(null) if it reports nothing.
          type: dict
          contains:
            registered:
              description: Whether a device is registered on that node.
              type: bool
              sample: true
            alive:
              description: Whether its daemon polls votequorum in time.
              type: bool
              sample: true
            cast_vote:
              description: Whether it gives its votes to that node.
              type: bool
              sample: true
            master_wins:
              description: Whether its vote alone makes a partition quorate.
              type: bool
              sample: false
        addresses:
          description: Its addresses in the nodelist, that of link 0 first. V(null) for a node that is not in the nodelist.
          type: list
          elements: str
          sample: [10.0.0.1, 10.1.0.1]
        links:
          description:
            - The links from the node that was read to this one, one for each configured address, as knet sees them.
            - If each node has a single address, the link to a member is connected, and the link to any other node is not.
            - V(null) for the node that was read, without knet (C(transport) C(udp) or C(udpu)), and with corosync before version 3.
          type: list
          elements: dict
          contains:
            link:
              description: The number of the link. C(ring0_addr) in the nodelist is the address of link 0.
              type: int
              sample: 0
            connected:
              description: Whether knet reaches the node over this link.
              type: bool
              sample: true
          sample: [{link: 0, connected: true}, {link: 1, connected: true}]
    forecast:
      description:
        - Which losses of nodes this cluster survives, by corosync's rules.
        - C(tolerates) and C(quorate_without) hold both with the quorum device's vote as it is and with this vote lost.
        - The filter P(corosync.quorum.forecast#filter) answers more detailed questions and gives reasons.
      type: dict
      contains:
        tolerates:
          description: How many nodes the cluster can lose at the same time, no matter which, and stay quorate.
          type: int
          sample: 1
        quorate_without:
          description: The node ids of the members that may leave, one at a time.
          type: list
          elements: int
          sample: [1, 2, 3]
        as_now:
          description:
            - The same two values, calculated only with the quorum device's vote as it is. If no quorum device votes, they are equal to those above.
            - For alerts and reports. Do not use it to decide whether to stop a node, because the device may be lost while the node is down.
          type: dict
          contains:
            tolerates:
              description: How many nodes may fail together, no matter which, as long as the quorum device votes as it does.
              type: int
              sample: 1
            quorate_without:
              description: The node ids of the members that may leave, one at a time, as long as the quorum device votes as it does.
              type: list
              elements: int
              sample: [1, 2, 3]
    problems:
      description:
        - Problems with this cluster's quorum that this node sees. Some have an effect only later, such as at the next restart of corosync.
        - Errors come first.
      type: list
      elements: dict
      contains:
        id:
          description: A fixed name for the kind of problem.
          type: str
          sample: two_node_without_two_nodes
        severity:
          description: V(error) or V(warning).
          type: str
          sample: error
        message:
          description: What is wrong in this cluster.
          type: str
          sample: two_node is on, but this cluster has 3 nodes.
        advice:
          description: What to do about it.
          type: str
          sample: Remove two_node from corosync.conf on all nodes, then reload with corosync-cfgtool -R.
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.corosync.quorum.plugins.module_utils._node.zipimport_once import compiled_once

with compiled_once():
    from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import QuorumError
    from ansible_collections.corosync.quorum.plugins.module_utils._node.judged import observe, take_reading
    from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError, positive_seconds


def read(timeout: float, if_unavailable: str, judge: bool) -> t.Dict[str, t.Any]:
    """The module's result. Raises QuorumError where votequorum cannot be read and that is not to be reported.

    judge: whether what follows from the reading is added here; where not, the action plugin does it, and gets what it needs as `reading`.
    """
    try:
        if not judge:
            reading = take_reading(timeout)
            return {"available": True, "quorate": reading.value["quorate"], "reading": dict(reading._asdict())}
        votequorum = observe(timeout)
    except QuorumError as exc:
        if exc.reason is None or if_unavailable == "fail":
            raise
        return {"available": False, "quorate": False, "reason": exc.reason, "msg": str(exc)}
    return {"available": True, "quorate": votequorum["quorate"], "votequorum": votequorum}


def lock() -> t.Dict[str, t.Any]:
    """Who has the lock of this node. What it needs is imported here, as most tasks do not."""
    with compiled_once():
        from ansible_collections.corosync.quorum.plugins.module_utils._node.lock import seen
    return seen()


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "timeout": {"type": "float", "default": 10},
            "if_unavailable": {"type": "str", "choices": ["fail", "report"], "default": "fail"},
            "_judge": {"type": "bool", "default": True},
            "_lock": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        result = read(positive_seconds("timeout", module.params["timeout"]), module.params["if_unavailable"], module.params["_judge"])
    except OptionError as exc:
        module.fail_json(msg=str(exc))
    except QuorumError as exc:
        module.fail_json(msg=str(exc), reason=exc.reason)
    module.exit_json(changed=False, **dict(result, **(lock() if module.params["_lock"] else {})))


if __name__ == "__main__":
    main()
