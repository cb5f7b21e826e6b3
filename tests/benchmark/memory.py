# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's process on the node as a whole: peak memory and CPU time, against ping's."""

from .bench import SMALL, interleaved, modules_as_sent, say
from .figures import Target, median, ms, table, targets

OURS, PING = "corosync.quorum.votequorum_info", "ansible.builtin.ping"


def run(bench):
    """Markdown."""
    lab = bench.lab(SMALL)
    lab.cluster(nodes=SMALL).wait_quorate()
    node = lab.nodes[0]
    say("memory: the processes of two modules")
    sent = modules_as_sent(bench, lab, {OURS: {}, PING: {}})
    jobs = {module: (lambda path=path: bench.measured(node, "/usr/bin/python3", path)[0]) for module, path in sent.items()}
    found = interleaved(bench.samples, jobs)
    size = {module: len(node.run(["cat", path]).stdout) for module, path in sent.items()}
    middle = {module: {key: median([sample[key] for sample in samples]) for key in samples[0]} for module, samples in found.items()}
    rows = [
        [f"`{module}`", f"{middle[module]['peak_kib'] / 1024:.1f} MiB", ms(middle[module]["cpu"]), ms(middle[module]["wall"]), f"{size[module] / 1024:.0f} KiB"]
        for module in found
    ]
    return "\n\n".join(
        [
            "The files that Ansible sends, run on the node as it runs them: highest resident memory, CPU time, and time from fork to exit.",
            table(["process of", "peak memory", "CPU", "whole process", "file sent"], rows),
            targets([Target("peak memory ÷ `ping`'s", middle[OURS]["peak_kib"] / middle[PING]["peak_kib"], 1.15)]),
        ]
    )
