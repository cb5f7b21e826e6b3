#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: watch_quorum
short_description: Record every change of quorum that a node sees
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Watches the quorum of a cluster in the background, as the node sees it, and writes each change to a file on the node as it happens.
    The record shows whether quorum was lost at any moment while other tasks ran, for example during an upgrade.
  - The watch is event-driven, like M(corosync.quorum.wait_for_quorum). It survives a stopped, killed, restarted or frozen corosync.
    When corosync's packages are replaced, it continues with the new libraries.
    It does not survive a reboot of the node. If you start it again after a reboot, it continues the same record.
  - The filter P(corosync.quorum.quorum_losses#filter) finds the losses of quorum in the records of several nodes.
extends_documentation_fragment:
  - corosync.quorum._requirements
  - corosync.quorum._attributes
  - corosync.quorum._attributes.actiongroup_quorum
attributes:
  async:
    description: Whether the C(async) keyword can be used.
    support: full
    details:
      - Use it for O(state=running), with C(poll=0). Without C(async), the play continues only when the watch has ended.
      - Set C(async) a minute longer than O(timeout), because Ansible kills a task that takes longer.
  check_mode:
    support: full
    details:
      - Reports whether the task would start or stop a watch. O(state=read) works as it does outside check mode.
      - ansible-core 2.16 refuses C(async) in check mode. To avoid that, set it to C({{ ansible_check_mode | ternary(0, 3660) }}).
  diff_mode:
    support: none
options:
  state:
    description:
      - V(running) watches until O(timeout) ends or the watch is stopped. If another watch already writes the same record, the task ends at once
        with success.
      - V(read) returns the record so far. It does not disturb the watch.
      - V(stopped) ends the watch, returns the record, and removes it.
    type: str
    choices: [running, read, stopped]
    required: true
  record:
    description:
      - The file on the node, with one JSON document per line. The module creates the file, and its folder if missing. Only the owner can read them.
      - The watch also ends when somebody removes or renames its record.
      - Only root may be able to write to the folder and to the file. If the file is not a record, the task fails, and neither changes nor removes it.
      - The record grows to at most 4 MiB, which is about ten thousand changes. Then the watch fails, and O(state=read) returns RV(running=false).
    type: path
    default: /var/lib/corosync-quorum/watch.jsonl
  run:
    description:
      - The id of the run that the watch belongs to, 16 hexadecimal digits. The record is then the run's own, C(/var/lib/corosync-quorum/watch-ID.jsonl),
        and O(record) must not be set.
      - The role P(corosync.quorum.rolling_upgrade#role) records in this way. A watch that you start yourself does not need it.
    type: str
  timeout:
    description: The seconds after which the watch ends by itself. Its record stays until a task with O(state=stopped). For O(state=running) only.
    type: float
    default: 14400
  sleep:
    description:
      - The interval in seconds for checking what corosync sends no event for, and for connecting to a corosync that does not run.
      - For O(state=running) only.
    type: float
    default: 1
  connect_timeout:
    description: The seconds that corosync may take for an answer. If it takes longer, it counts as frozen. For O(state=running) only.
    type: float
    default: 5
  reference:
    description:
      - The current time of another clock, in UTC. For the controller's clock use C({{ now(utc=true) }}). RV(offset) is then how far that clock is
        ahead of the node's clock.
      - For O(state=read) and O(state=stopped) only.
    type: str
seealso:
  - module: corosync.quorum.wait_for_quorum
  - plugin: corosync.quorum.quorum_losses
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Watch quorum on all nodes while corosync is restarted on one of them
  hosts: cluster
  gather_facts: false
  become: true
  tasks:
    - name: Start the watch in the background
      corosync.quorum.watch_quorum:
        state: running
        timeout: 3600
      async: 3660
      poll: 0
      changed_when: false
      register: watch

    - name: Wait until the first look is recorded
      corosync.quorum.watch_quorum:
        state: read
      register: recorded
      until: recorded.running and recorded.timeline | length > 0
      retries: 20
      delay: 1

    - name: Restart corosync on the last node
      ansible.builtin.service:
        name: corosync
        state: restarted
      when: inventory_hostname == ansible_play_hosts | last

    - name: Wait until all nodes are members again
      corosync.quorum.wait_for_quorum:
        min_members: "{{ ansible_play_hosts | length }}"
        stable_for: 3

    - name: Stop the watch
      corosync.quorum.watch_quorum:
        state: stopped
      register: recorded
      failed_when: not recorded.was_running

    - name: Remove the files that Ansible keeps for a task in the background
      ansible.builtin.async_status:
        jid: "{{ watch.ansible_job_id }}"
        mode: cleanup

    - name: Fail if a node that was up lost quorum
      ansible.builtin.assert:
        that: losses | length == 0
        fail_msg: "Quorum was lost: {{ losses }}"
      vars:
        names: "{{ ansible_play_hosts }}"
        timelines: "{{ names | map('extract', hostvars) | map(attribute='recorded.timeline') }}"
        losses: "{{ dict(names | zip(timelines)) | corosync.quorum.quorum_losses }}"
      run_once: true
"""

RETURN = r"""
timeline:
  description:
    - The recorded changes, in order.
    - If several watches wrote the record one after the other, V(watch_ended) separates them, and each has its own V(state).
  returned: success, with O(state=read) or O(state=stopped)
  type: list
  elements: dict
  contains:
    at:
      description:
        - When, by the node's clock as it is now, in UTC. RV(now) helps to compare it with another clock.
        - For an entry of an earlier boot of the node, by the clock of that boot.
      type: str
      sample: "2026-11-22T10:15:02.123Z"
    event:
      description:
        - What happened.
        - V(state) - the first check of a watch.
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
        - V(corosync_unavailable), V(corosync_available) - corosync could not be read, or could be read again. They come before V(state) if
          corosync did not run at first.
        - V(watch_ended) - a later watch continues the record, and writes this first. The time of this entry is the last at which the earlier
          watch is known to have run. Nothing is known about the time from then until the next entry.
      type: str
      sample: node_joined
    quorate:
      description: Whether the node was quorate at that time. This key and those below are V(null) or empty if nothing could be read.
      type: bool
      sample: true
    total_votes:
      description: The votes present at that time. V(null) for a loss that ended before the watch could read them.
      type: int
      sample: 3
    quorum:
      description: The votes needed at that time. V(null) for a loss that ended before the watch could read them.
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
    reason:
      description:
        - Why corosync could not be read, as RV(corosync.quorum.votequorum_info#module:reason).
        - V(timeout) means that corosync is frozen or just starting. V(null) if there is no name for the reason.
      returned: with V(corosync_unavailable)
      type: str
      sample: not_running
boots:
  description:
    - How many entries of RV(timeline) are of each boot of the node, in order. The last number is of the current boot, and can be 0.
    - Times between entries of one boot are right, even if the clock of the node was set in between.
    - Times between entries of two boots are only as right as the clock was in both.
  returned: success, with O(state=read) or O(state=stopped)
  type: list
  elements: int
  sample: [12, 3]
running:
  description: Whether a watch runs now. Always V(false) with O(state=stopped), in check mode too.
  returned: success, with O(state=read) or O(state=stopped)
  type: bool
  sample: true
looked:
  description: Whether a watch runs now and has recorded its first check.
  returned: success, with O(state=read) or O(state=stopped)
  type: bool
  sample: true
until:
  description:
    - The last time at which a watch is known to have run, by the node's clock, in UTC. It is RV(now) if a watch runs, or if it ran until this task
      stopped it. Otherwise it is exact to about three seconds.
    - V(null) if there is no record.
  returned: success, with O(state=read) or O(state=stopped)
  type: str
  sample: "2026-11-22T10:45:00.000Z"
run:
  description: The run that the record belongs to, as O(run). V(null) if O(run) was not set.
  returned: success, with O(state=read) or O(state=stopped)
  type: str
  sample: 0123456789abcdef
runs:
  description: The ids of all runs that have a record on the node.
  returned: success, with O(state=read) or O(state=stopped)
  type: list
  elements: str
  sample: [0123456789abcdef]
was_running:
  description:
    - Whether a watch ran until this task stopped it.
    - If not, the record may end too early. The watch was killed, failed, or reached its O(timeout). RV(until) says when.
  returned: success, with O(state=stopped)
  type: bool
  sample: true
unreadable:
  description: How many lines of the record could not be read, for example because the node lost power during a write.
  returned: success, with O(state=read) or O(state=stopped)
  type: int
  sample: 0
now:
  description: The time of the node's clock, in UTC.
  returned: success, with O(state=read) or O(state=stopped)
  type: str
  sample: "2026-11-22T10:45:00.000Z"
offset:
  description:
    - The seconds to add to the times of RV(timeline) to convert them to the clock of O(reference). This is right for entries of the current boot.
    - It can be wrong by as much as the task took to start on the node.
  returned: success, with O(reference), and O(state=read) or O(state=stopped)
  type: float
  sample: -0.25
msg:
  description: How the watch ended, or that another watch already writes the record. On failure, what went wrong.
  returned: with O(state=running), and on failure
  type: str
  sample: The watch was stopped.
reason:
  description: Why quorum cannot be watched, as in RV(corosync.quorum.votequorum_info#module:reason).
  returned: on failure, if one of these is the reason
  type: str
  sample: no_library
"""

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.corosync.quorum.plugins.module_utils._node.zipimport_once import compiled_once

with compiled_once():
    from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import QuorumError
    from ansible_collections.corosync.quorum.plugins.module_utils._node import record as _record
    from ansible_collections.corosync.quorum.plugins.module_utils._node.clocks import Clock, clock
    from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError, positive_seconds, run_id
    from ansible_collections.corosync.quorum.plugins.module_utils._node.watch import watch
    from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of, utc

ALREADY = "A watch runs already and writes %s."


def run(path: str, timeout: float, sleep: float, connect_timeout: float, check_mode: bool) -> t.Dict[str, t.Any]:
    """state=running: the result when the watch has ended. Raises QuorumError, RecordError."""
    if check_mode:
        _record.check(path)
        running = _record.is_watched(path)
        return {"changed": not running, "msg": ALREADY % path if running else "A watch would be started."}
    with _record.Record(path) as record:
        if not record.take():
            return {"changed": False, "msg": ALREADY % path}
        ended_by_itself = watch(record, timeout=timeout, sleep=sleep, connect_timeout=connect_timeout)
    return {"changed": True, "msg": f"The watch ended after {timeout:g} s." if ended_by_itself else "The watch was stopped."}


def read(path: str, by: Clock) -> t.Dict[str, t.Any]:
    """state=read. Raises RecordError."""
    return dict(_told(_record.read(path, by)), changed=False)


def stop(path: str, by: Clock, check_mode: bool) -> t.Dict[str, t.Any]:
    """state=stopped. Raises RecordError."""
    was_running, there = _record.is_watched(path), _record.is_there(path)
    _record.runs()  # what cannot be told is an error before the record is removed
    if check_mode:
        _record.check(path)
    reading = _record.read(path, by)._replace(running=False) if check_mode else _record.stop(path, by)
    return dict(_told(reading), was_running=was_running, changed=there)


def _told(reading: _record.Reading) -> t.Dict[str, t.Any]:
    until = None if reading.until is None else utc(reading.until)
    return dict(reading._asdict(), looked=reading.looked, now=utc(reading.now), until=until, runs=_record.runs())


def result_of(params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """What the module returns. Raises QuorumError, RecordError, OptionError."""
    path, by = _path(params), clock()
    now = by.now()
    times = {name: positive_seconds(name, params[name]) for name in ("timeout", "sleep", "connect_timeout")}
    if params["state"] == "running":
        return run(path, check_mode=check_mode, **times)
    offset = {} if params["reference"] is None else {"offset": offset_of(params["reference"], now)}
    return dict(stop(path, by, check_mode) if params["state"] == "stopped" else read(path, by), run=params["run"], **offset)


def _path(params: t.Mapping[str, t.Any]) -> str:
    """The record. Raises OptionError."""
    path: str = params["record"]
    if params["run"] is None:
        if not os.path.isabs(path):
            raise OptionError(f"record must be an absolute path; got '{path}'.")
        return path
    if path != _record.DEFAULT:
        raise OptionError(f"record must not be set beside run, which has a record of its own; got '{path}'.")
    return _record.path_of(run_id("run", params["run"]))


def offset_of(reference: str, now: float) -> float:
    """How many seconds another clock that says this is ahead of the node's. Raises OptionError. now: by the node's clock.

    A moment without a zone is in UTC: Jinja's now(utc=true) has none.
    """
    zone = "" if reference.endswith(("Z", "+00:00")) else "Z"
    try:
        return round(seconds_of(reference + zone) - now, 3)
    except ValueError:
        raise OptionError(f"reference must be a moment in UTC such as '2026-11-22T10:15:02.123Z'; got '{reference}'.")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["running", "read", "stopped"], "required": True},
            "record": {"type": "path", "default": _record.DEFAULT},
            "timeout": {"type": "float", "default": 14400},
            "sleep": {"type": "float", "default": 1},
            "connect_timeout": {"type": "float", "default": 5},
            "reference": {"type": "str"},
            "run": {"type": "str"},
        },
        supports_check_mode=True,
    )
    try:
        result = result_of(module.params, module.check_mode)
    except (OptionError, _record.RecordError) as exc:
        module.fail_json(msg=str(exc))
    except QuorumError as exc:
        module.fail_json(msg=str(exc), reason=exc.reason)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
