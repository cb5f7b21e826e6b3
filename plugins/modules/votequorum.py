#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: votequorum
short_description: Change expected votes and votes of a corosync cluster at runtime
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Changes a running cluster for all its members. It sets the expected votes of the cluster or the votes of a node, or ends the C(wait_for_all) wait.
  - Before it sends anything, the module calculates the effect of the change by corosync's rules.
    It refuses a change that would make an inquorate partition quorate, because this can cause a split brain. It also refuses a change that would cost
    quorum. Corosync itself only protects a partition that is quorate.
  - At least one of O(expected_votes), O(votes) and O(cancel_wait_for_all) is required. They can be combined.
    The module then looks for an order in which each step is safe.
  - Corosync answers before it applies a change. The module waits until it sees the change applied.
  - B(Not persistent.) The change lasts until corosync restarts or reloads C(corosync.conf). The values of the file then count again.
    A warning says how to make it permanent.
extends_documentation_fragment:
  - corosync.quorum._requirements
  - corosync.quorum._attributes
  - corosync.quorum._attributes.actiongroup_quorum
attributes:
  check_mode:
    support: full
    details: Returns the votequorum value as it would be after the change, calculated by votequorum's rules.
  diff_mode:
    support: full
options:
  expected_votes:
    description:
      - The expected votes of the whole cluster, from 1 to 509.
      - Corosync accepts neither fewer than the votes present nor a number with which a quorate partition would lose quorum.
    type: int
  votes:
    description:
      - The new votes of O(node), from 0 to 509. The sum of all votes has to stay below 510.
      - Cannot be set on a C(two_node) cluster.
      - With a quorum device of the algorithm C(ffsplit) it can only be 1. If a node had another number of votes, the device's daemon would exit on
        every node.
    type: int
  node:
    description:
      - The node whose votes are set. It must be a member now.
      - A number is a node id. Text is a name of corosync's nodelist or the digits of a node id. Text that can mean two nodes is refused.
      - By default, the node on which the task runs.
      - Needs O(votes).
    type: raw
  cancel_wait_for_all:
    description:
      - Ends the C(wait_for_all) wait in a partition that already has enough votes.
        The partition gains quorum, so this needs O(allow_quorum_gain=true).
      - As a side effect corosync applies its loaded configuration again, and does not read the file.
        This resets expected votes, and the votes of the node on which the task runs, if they were set at runtime.
    type: bool
    choices: [true]
  allow_quorum_gain:
    description:
      - Whether the change may make an inquorate partition quorate.
      - B(Dangerous.) If other nodes run that this node does not see, both sides can be quorate at the same time.
        First make sure that those nodes are off.
    type: bool
    default: false
  allow_quorum_loss:
    description:
      - Whether the change may cost members their quorum.
      - The option concerns the other members. They can lose quorum if only the node on which the task runs has the quorum device's vote.
      - Corosync always refuses a change that would cost the node on which the task runs its quorum, whatever this option says.
    type: bool
    default: false
  timeout:
    description: How many seconds the whole task may take, until the module sees the change applied.
    type: float
    default: 10
notes:
  - Run it on only one node of a partition, for example with C(run_once). Corosync passes the change on to the other members.
seealso:
  - module: corosync.quorum.votequorum_info
  - module: corosync.quorum.wait_for_quorum
  - ref: ansible_collections.corosync.quorum.docsite.guide_votes
    description: When to change votes and when not, and what to do when a majority is lost for good.
  - name: votequorum(5)
    description: The manual page of votequorum's configuration.
    link: https://manpages.debian.org/votequorum.5
"""

EXAMPLES = r"""
- name: Expect two votes more, of nodes that are about to join
  corosync.quorum.votequorum:
    expected_votes: 5
  run_once: true

- name: Predict the effect of lower expected votes, and change nothing
  corosync.quorum.votequorum:
    expected_votes: 3
  check_mode: true
  diff: true
  run_once: true
  register: result

- name: Show the predicted quorum
  ansible.builtin.debug:
    msg: "Quorum would be {{ result.votequorum.quorum }}. Number of nodes that may fail then: {{ result.votequorum.forecast.tolerates }}"

- name: Give the node in the main room one more vote
  corosync.quorum.votequorum:
    node: node1
    votes: 2
  run_once: true

- name: Let the remaining minority continue, when the other nodes are lost for good and definitely off
  corosync.quorum.votequorum:
    expected_votes: 2
    allow_quorum_gain: true
  run_once: true

- name: Stop waiting for a node that will not return, and is definitely off
  corosync.quorum.votequorum:
    cancel_wait_for_all: true
    allow_quorum_gain: true
  run_once: true
"""

RETURN = r"""
votequorum:
  description:
    - The value after the change, as M(corosync.quorum.votequorum_info) returns it. In check mode, the predicted value.
    - On failure, the last value that the module read.
  returned: success, and on failure where votequorum could be read
  type: dict
  sample: {nodeid: 1, quorate: true, total_votes: 3, expected_votes: 5, quorum: 3, members: [1, 2, 3], missing: []}
msg:
  description: Why the change failed, or why the module did not see it applied, and what to do about it.
  returned: failure
  type: str
  sample: >-
    expected_votes 2 is less than the 3 votes present (members: node1, node2, node3): corosync refuses to expect fewer votes than there are. Nothing was
    changed.
reason:
  description: As in RV(corosync.quorum.votequorum_info#module:reason).
  returned: failure, if one of these is the reason
  type: str
  sample: timeout
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.corosync.quorum.plugins.module_utils._node.zipimport_once import compiled_once

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

with compiled_once():
    from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import VOTES_THAT_WRAP
    from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import QuorumError
    from ansible_collections.corosync.quorum.plugins.module_utils._forecast.vote_change import (
        CANCEL,
        EXPECTED_VOTES,
        VOTES,
        VoteChangeRefused,
        VoteWish,
        in_words,
    )
    from ansible_collections.corosync.quorum.plugins.module_utils._node.change import Change
    from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError, positive_seconds
    from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import label, names_a_node
    from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import described


def wish_of(params: t.Mapping[str, t.Any]) -> VoteWish:
    """What the options ask for. Raises OptionError."""
    for name, least in (("expected_votes", 1), ("votes", 0)):
        if params[name] is not None and not least <= params[name] < VOTES_THAT_WRAP:
            raise OptionError(
                f"{name} must be {least} to {VOTES_THAT_WRAP - 1} (corosync keeps the quorum in 8 bits: with {VOTES_THAT_WRAP} votes it wraps round); "
                f"got {params[name]}."
            )
    _refuse_no_node(params["node"])
    return VoteWish(
        params["expected_votes"], params["votes"], params["node"], bool(params["cancel_wait_for_all"]), params["allow_quorum_gain"], params["allow_quorum_loss"]
    )


def _refuse_no_node(node: t.Any) -> None:
    """Raises OptionError for what can be seen to name no node without asking any."""
    if node is None:
        return
    is_device = names_a_node(node) and str(node).strip() == "0"
    if is_device or not names_a_node(node):
        got = f"'{node}'" if isinstance(node, str) else str(node) if is_device else described(node)
        raise OptionError(f"node must be the name or the node id of a node; got {got}.{' By 0, corosync means the quorum device.' if is_device else ''}")


def shown(value: "Value") -> t.Dict[str, t.Any]:
    """What a diff shows of a value."""
    return {
        "expected_votes": value["expected_votes"],
        "quorum": value["quorum"],
        "total_votes": value["total_votes"],
        "quorate": value["quorate"],
        "votes": {label(node["nodeid"], value): node["votes"] for node in value["nodes"]},
    }


def warnings_of(change: Change) -> t.List[str]:
    """What to know about a change that was made, or would be."""
    before, value = change.before, change.value
    if before is None or value is None:
        return []
    warnings = [_permanent(step.what, in_words(step, value)) for step in change.applied if step.what != CANCEL]
    messages_before = [problem["message"] for problem in before["problems"]]
    warnings += [
        f"{problem['message']} {problem['advice']}"
        for problem in value["problems"]
        if problem["severity"] == "error" and problem["message"] not in messages_before
    ]
    warnings += [
        f"This node shows {in_words(step, value)}, but nothing shows whether the other nodes have applied it: see what votequorum_info shows on one of them."
        for step in change.unproven
    ]
    if value["last_man_standing"]["enabled"] and any(step.what == VOTES and step.number > 1 for step in change.applied):
        warnings.append("last_man_standing switches itself off at the next change of membership, because a node has more than one vote.")
    return warnings


def _permanent(what: str, words: str) -> str:
    where = {
        VOTES: "give it as quorum_votes in the nodelist",
        EXPECTED_VOTES: "let the quorum_votes of the nodelist add up to it (or change quorum.expected_votes, where that is set)",
    }[what]
    return (
        f"{words} is not persistent: it is lost when corosync restarts, reloads its configuration, or has wait_for_all cancelled. To keep it, {where} in "
        "corosync.conf on all nodes and run corosync-cfgtool -R."
    )


def failed(change: Change, exc: Exception) -> t.Dict[str, t.Any]:
    """The result of a change that was not made, or only in part."""
    result: t.Dict[str, t.Any] = {"msg": str(exc), "changed": bool(change.applied)}
    if change.applied and change.value:
        result["msg"] += f" Before that, this was changed: {', '.join(in_words(step, change.value) for step in change.applied)}."
    elif isinstance(exc, VoteChangeRefused):
        result["msg"] += " Nothing was changed."
    if isinstance(exc, QuorumError):
        result["reason"] = exc.reason
    return dict(result, votequorum=change.value) if change.value else result


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "expected_votes": {"type": "int"},
            "votes": {"type": "int"},
            "node": {"type": "raw"},
            "cancel_wait_for_all": {"type": "bool", "choices": [True]},
            "allow_quorum_gain": {"type": "bool", "default": False},
            "allow_quorum_loss": {"type": "bool", "default": False},
            "timeout": {"type": "float", "default": 10},
        },
        required_one_of=[("expected_votes", "votes", "cancel_wait_for_all")],
        required_by={"node": ("votes",)},
        supports_check_mode=True,
    )
    try:
        change = Change(wish_of(module.params), positive_seconds("timeout", module.params["timeout"]))
    except (OptionError, QuorumError) as exc:
        module.fail_json(msg=str(exc))
    try:
        change.predict() if module.check_mode else change.make()
    except (VoteChangeRefused, QuorumError) as exc:
        module.fail_json(**failed(change, exc))
    for warning in warnings_of(change):
        module.warn(warning)
    result: t.Dict[str, t.Any] = {"changed": bool(change.applied), "votequorum": change.value}
    if module._diff and change.before and change.value:
        result["diff"] = {"before": shown(change.before), "after": shown(change.value)}
    module.exit_json(**result)


if __name__ == "__main__":
    main()
