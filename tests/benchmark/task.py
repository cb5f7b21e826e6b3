# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task at the controller: votequorum_info against ping and against the command it replaces."""

from .bench import SMALL, Play, durations, say
from .figures import Target, median, middle_half, ms, table, targets

OURS, PING, COMMAND = "corosync.quorum.votequorum_info", "ansible.builtin.ping", "ansible.builtin.command"
TASKS = {OURS: {OURS: {}}, PING: {PING: {}}, COMMAND: {COMMAND: "corosync-quorumtool -s"}}
LABELS = {OURS: "`votequorum_info`", PING: "`ping`", COMMAND: "`command: corosync-quorumtool -s`"}


def run(bench):
    """Markdown."""
    lab = bench.lab(SMALL)
    cluster = lab.cluster(nodes=SMALL)
    cluster.wait_quorate()
    say(f"task: {bench.samples} rounds of three tasks, with and without pipelining, on each of {SMALL} nodes")
    tasks = [
        (_name(kind, pipelining, number), dict(TASKS[kind], vars={"ansible_pipelining": pipelining}))
        for number in range(bench.samples + 1)
        for kind, pipelining in _order(number)
    ]
    taken = durations(Play(bench, lab, ",".join(node.name for node in cluster), tasks).finish(60 + 4 * SMALL * len(tasks)))
    parts = [_part(taken, bench.samples, pipelining) for pipelining in (True, False)]
    return "\n\n".join(
        [
            (
                "Seconds at the controller, from the start of the task's worker to its result in the main process; one play, tasks unrolled and "
                f"interleaved, on {SMALL} nodes one after the other. The first round of each node is not counted: it opens the connection, and in it Ansible "
                "builds the module, once a play (last column: the very first time)."
            )
        ]
        + [part for part, dummy in parts]
        + [targets([target for dummy, some in parts for target in some])]
    )


def _order(number):
    """Every pair of a task and a kind of transport, rotated by the round."""
    pairs = [(kind, pipelining) for kind in TASKS for pipelining in (True, False)]
    return pairs[number % len(pairs) :] + pairs[: number % len(pairs)]


def _name(kind, pipelining, number):
    return f"{kind} {pipelining} {number}"


def _part(taken, rounds, pipelining):
    samples = {kind: [sample for number in range(1, rounds + 1) for sample in taken[_name(kind, pipelining, number)]] for kind in TASKS}
    ping = median(samples[PING])
    rows = [
        [
            LABELS[kind],
            ms(median(samples[kind])),
            middle_half(samples[kind]),
            f"{median(samples[kind]) / ping:.2f}",
            len(samples[kind]),
            ms(taken[_name(kind, pipelining, 0)][0]),
        ]
        for kind in TASKS
    ]
    how = "with pipelining" if pipelining else "without pipelining"
    text = table([how, "median", "middle half, ms", "× ping", "samples", "first in the play"], rows)
    ours = median(samples[OURS])
    return text, [
        Target(f"`votequorum_info` ÷ `ping`, {how}", ours / ping, 1.12),
        Target(f"`votequorum_info` ÷ the command, {how}", ours / median(samples[COMMAND]), 1.0),
    ]
