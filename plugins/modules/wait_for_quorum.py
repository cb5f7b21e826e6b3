#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: wait_for_quorum
short_description: Wait until a corosync cluster reaches a state of quorum
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Waits until all the given conditions hold at the same time, as the node sees its cluster, and returns at once when they do.
  - The wait is event-driven. Corosync sends an event for every change of membership and quorum. The wait polls every O(sleep) seconds only
    for changes that corosync sends no event for.
  - The wait survives a stopped, killed, restarted or frozen corosync, a reboot of the node and a lost connection. It gives up only at O(timeout).
  - It fails at once if waiting cannot help. Examples are a refused login, a missing library, a user that corosync does not accept, or a node
    that is not in the cluster's configuration.
  - It prints a line when something changes, and once a minute otherwise. O(progress=false) switches this off.
  - Only values read from a running votequorum meet a condition. If corosync does not run, the node's quorum is unknown, so O(quorate=false)
    does not hold either.
extends_documentation_fragment:
  - corosync.quorum._requirements
  - corosync.quorum._attributes
  - corosync.quorum._attributes.actiongroup_quorum
attributes:
  action:
    description: Whether there is an action plugin of this name, which runs on the controller.
    support: full
  async:
    description: Whether the C(async) keyword can be used.
    support: none
    details: The controller keeps up the wait through lost connections and reboots. Use a long O(timeout) instead.
  check_mode:
    support: full
    details: Checks the conditions once and returns the result. A condition that is not met is not a failure in check mode.
  diff_mode:
    support: N/A
    details: This action does not change anything.
  facts:
    description: Whether the action returns facts that later tasks can use.
    support: full
    details:
      - C(ansible_facts.votequorum) is the last value that was read, if the task succeeds.
      - Ansible keeps no facts of a task that failed. Use C(register) to have the value then.
options:
  quorate:
    description:
      - V(true) waits until the node is quorate. So does the task if this option is left out.
      - V(false) waits until it is not quorate.
      - V(null) does not check it.
    type: bool
  members:
    description:
      - Waits until all these nodes are members.
      - A number is a node id. Text is a name of corosync's nodelist or the digits of a node id. Text that can mean two nodes is refused.
    type: list
    elements: raw
  absent:
    description:
      - Waits until none of these nodes is a member. Nodes are given as in O(members).
      - A node that is removed from corosync's configuration during the wait is absent, too.
    type: list
    elements: raw
  min_members:
    description: Waits until at least this many nodes are members.
    type: int
  min_votes:
    description: Waits until at least this many votes are present. The votes of the quorum device count while it votes.
    type: int
  expected_votes:
    description: Waits until corosync expects exactly this many votes.
    type: int
  quorate_without:
    description:
      - Waits until the cluster would stay quorate if all these nodes left at the same time. This is calculated by corosync's rules, and must hold
        both for a crash and for a clean stop.
      - O(forecast_qdevice) says whether this may count on the quorum device. Nodes are given as in O(members).
    type: list
    elements: raw
  tolerates:
    description:
      - Waits until the cluster can lose any N nodes at the same time and stay quorate.
      - O(forecast_qdevice) says whether this may count on the quorum device.
    type: int
  forecast_qdevice:
    description:
      - Whether O(quorate_without) and O(tolerates) may count on the vote of the quorum device.
      - V(either) - they must hold both with the device's vote as it is and with this vote lost.
      - V(as_now) - they count on the device's vote as it is. A cluster of two nodes and a quorum device can lose a node only with this.
      - V(lost) - they must hold without the device's vote.
    type: str
    choices: [either, as_now, lost]
    default: either
  qdevice:
    description:
      - Waits for this state of the node's quorum device.
      - V(absent) - the device is not registered.
      - V(registered) - the device is registered.
      - V(alive) - the device is registered, and its daemon polls votequorum in time.
      - V(voting) - the device is alive and gives the node its votes.
    type: str
    choices: [absent, registered, alive, voting]
  links:
    description:
      - Waits until links of knet are connected, as this node sees them.
      - V(all) - every configured link to every member.
      - Or a list of links, each with C(node), a name or node id, and C(link), its number. C(ring0_addr) in the nodelist is the address of link 0.
      - Without knet, or for a link that is not configured, the task fails at once.
    type: raw
  ring_newer_than:
    description:
      - Waits for a ring with a higher number than this. Set it to the RV(corosync.quorum.votequorum_info#module:votequorum.ring_id.seq) that you
        read before.
      - This also notices a restart of corosync that is so fast that the list of members never changes.
    type: int
  stable_for:
    description:
      - All conditions must hold for this many seconds without a break.
      - The time starts again if the ring changes, or if quorum is lost, even for a moment.
    type: float
    default: 0
  timeout:
    description: The seconds after which the wait gives up. The task then fails and says which conditions were not met.
    type: float
    default: 300
  delay:
    description: The seconds to wait before the first check. They count towards O(timeout).
    type: float
    default: 0
  sleep:
    description:
      - The interval in seconds for checking what corosync sends no event for. This is changed votes, the state of the quorum device, the end of
        the C(wait_for_all) wait, and links.
      - Also the time before the next attempt if corosync does not run or the node cannot be reached.
    type: float
    default: 1
  connect_timeout:
    description: The seconds that corosync may take for an answer. If it takes longer, it counts as frozen, and the wait tries again.
    type: float
    default: 5
  msg:
    description: Your own text for a failure. It is put before the module's text in RV(msg).
    type: str
  progress:
    description: Whether to print what changes while waiting.
    type: bool
    default: true
  _slice:
    description:
      - Not for use in a task. The action plugin uses it to tell the node how long the next part of the wait is, and what was reported last.
    type: dict
seealso:
  - module: corosync.quorum.votequorum_info
  - module: ansible.builtin.wait_for_connection
"""

EXAMPLES = r"""
- name: Wait until this node is part of a quorate cluster
  corosync.quorum.wait_for_quorum:

- name: Wait until all three nodes have been back for five seconds
  corosync.quorum.wait_for_quorum:
    members: [node1, node2, node3]
    stable_for: 5
    timeout: 600

# Restart corosync on one node at a time: on a single host, or in a play with serial: 1.
- name: Remember the ring before corosync is restarted
  corosync.quorum.votequorum_info:
  register: before

- name: Restart corosync
  ansible.builtin.service:
    name: corosync
    state: restarted

- name: Wait until the cluster has formed a new ring
  corosync.quorum.wait_for_quorum:
    ring_newer_than: "{{ before.votequorum.ring_id.seq }}"
    min_members: "{{ before.votequorum.members | length }}"
    msg: The cluster did not come back after the restart of corosync.

- name: Wait until a node that was switched off is gone, quorate or not
  corosync.quorum.wait_for_quorum:
    quorate: null
    absent: [node2]
    timeout: 30

# Never without serial: 1: hosts that ask at the same time all get a yes.
- name: Read which node of the cluster this host is
  corosync.quorum.votequorum_info:
  register: own

- name: Wait until this node may be stopped
  corosync.quorum.wait_for_quorum:
    quorate_without: "{{ [own.votequorum.nodeid] }}"
  delegate_to: "{{ groups['cluster'] | difference([inventory_hostname]) | first }}"

- name: Wait until the quorum device votes
  corosync.quorum.wait_for_quorum:
    qdevice: voting
"""

RETURN = r"""
elapsed:
  description: How long the wait took, in seconds.
  returned: always
  type: float
  sample: 12.3
quorate:
  description: Whether the node was quorate when it was last read. V(false) if it was never read.
  returned: always
  type: bool
  sample: true
votequorum:
  description: The last value that was read, as M(corosync.quorum.votequorum_info) returns it. V(null) if none was read.
  returned: always
  type: dict
  sample: {nodeid: 1, quorate: true, total_votes: 3, expected_votes: 3, quorum: 2, members: [1, 2, 3], missing: []}
timeline:
  description: What changed during the wait, in order.
  returned: always
  type: list
  elements: dict
  contains:
    at:
      description: When, by the controller's clock, in UTC.
      type: str
      sample: "2026-11-22T10:15:02.123Z"
    event:
      description:
        - What happened.
        - V(state) - the first check.
        - A change since the previous check has one name, even if several things changed at once. It is the first that applies, in the order of
          this list. The other keys show the whole change.
        - V(quorum_lost), V(quorum_gained) - this node lost or gained quorum.
        - V(node_left) - nodes left. Others may have joined.
        - V(node_joined) - nodes joined.
        - V(node_restarted) - the ring is another one, but its members are the same. A node was restarted or cut off, and was back before the next
          check.
        - V(wait_for_all_pending) - this node began to wait for all nodes.
        - V(qdevice_changed) - the state of the quorum device changed.
        - V(expected_votes_changed) - the expected votes changed, or the quorum that follows from them.
        - V(votes_changed) - the votes that are present changed, or anything else that decides how they are counted.
        - V(corosync_unavailable), V(corosync_available) - corosync on the node could not be read, or could be read again.
        - V(unreachable), V(reachable) - the connection to the node was lost, or is back.
      type: str
      sample: node_joined
    quorate:
      description: Whether the node was quorate at that time. This key and those below are V(null) or empty if nothing could be read.
      type: bool
      sample: true
    total_votes:
      description: The votes present at that time.
      type: int
      sample: 3
    quorum:
      description: The votes needed at that time.
      type: int
      sample: 2
    ring_id:
      description: The ring at that time.
      type: dict
      sample: {nodeid: 1, seq: 17}
    members:
      description: The members at that time.
      type: list
      elements: int
      sample: [1, 2, 3]
    joined:
      description: The nodes that became members with this change.
      type: list
      elements: int
      sample: [3]
    left:
      description: The nodes that stopped being members with this change.
      type: list
      elements: int
      sample: []
unmet:
  description: The conditions that did not hold at the end. If an option has an invalid value, this lists all conditions of the task.
  returned: always
  type: list
  elements: dict
  contains:
    condition:
      description:
        - The option, or V(settled) while a change of membership was under way.
        - V(stable_for) if everything else held, but not for long enough.
      type: str
      sample: min_votes
    wanted:
      description: The wanted value.
      type: raw
      sample: 3
    seen:
      description: The value that was read, V(null) if nothing could be read.
      type: raw
      sample: 2
reconnects:
  description: How many times the wait had to reconnect to corosync or to the node.
  returned: always
  type: int
  sample: 0
reason:
  description: Why the wait could not succeed, as in RV(corosync.quorum.votequorum_info#module:reason).
  returned: on failure, if one of these is the reason
  type: str
  sample: no_library
msg:
  description: Why the task failed, in words. After a timeout, this is what was missing.
  returned: on failure
  type: str
  sample: "Timed out after 300 s. Not met: members: node3 missing. Last seen: quorate, 2 of 3 votes, 2 needed; missing: node3."
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.corosync.quorum.plugins.module_utils._node.zipimport_once import compiled_once

with compiled_once():
    from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import QuorumError
    from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import ImpossibleGoal, goal_of
    from ansible_collections.corosync.quorum.plugins.module_utils._node.judged import complete, connect_to_judge
    from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError
    from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import ARGUMENT, FINAL, Outcome, Slice, failure
    from ansible_collections.corosync.quorum.plugins.module_utils._node.stdout import ReaderGone, StdoutPoller
    from ansible_collections.corosync.quorum.plugins.module_utils._node.wait import Wait
    from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_options import ARGUMENT_SPEC, check
    from ansible_collections.corosync.quorum.plugins.module_utils._node.wait_state import WaitState


def run(params: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """One slice of the wait: its result. Raises OptionError, ReaderGone, and QuorumError where waiting cannot help."""
    check(params)
    state = WaitState(goal_of(params), Slice.from_params(params), params["sleep"], params["connect_timeout"], time.monotonic())
    wait = Wait(state, StdoutPoller(), connect_to_judge)
    try:
        return completed(wait.run(), wait).as_result()
    except ImpossibleGoal as exc:
        return failure(str(exc), outcome=completed(wait.outcome(), wait))


def completed(outcome: Outcome, wait: Wait) -> Outcome:
    """The same with what follows from the last value."""
    value = outcome.votequorum
    return outcome if value is None else outcome._replace(votequorum=complete(value, wait.configuration))


def main() -> None:
    module = AnsibleModule(argument_spec=dict(ARGUMENT_SPEC, **{ARGUMENT: {"type": "dict"}}), supports_check_mode=True)
    try:
        result = run(module.params)
    except ReaderGone:
        raise SystemExit(1)  # without a result: nobody reads it
    except QuorumError as exc:
        module.fail_json(**failure(str(exc), exc.reason))
    except OptionError as exc:
        module.fail_json(**failure(str(exc)))
    if result.get(FINAL):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
