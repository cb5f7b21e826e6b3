# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In the process on the node: from import to finished snapshot, on a small and on a large cluster, against the same calls in C."""

import base64
import json
import re

from .bench import HERE, LARGE, REMOTE, SMALL, BenchmarkError, by_bytecode, interleaved, modules_as_sent, say
from .figures import Target, median, middle_half, ms, table, targets

MODULE = "corosync.quorum.votequorum_info"
# What the snapshot reads of cmap
PREFIXES = """
import json
from ansible_collections.corosync.quorum.plugins.module_utils._value.snapshot import CMAP_PREFIXES
print(json.dumps(CMAP_PREFIXES))
"""
SOURCE, BYTECODE, C = "Python, compiled from source as in a task", "Python, with cached bytecode", "C, the same calls"


def run(bench):
    """Markdown."""
    say(f"process: snapshots on {SMALL} and on {LARGE} nodes")
    jobs = {}
    for size in (SMALL, LARGE):
        jobs.update(_jobs(bench, size))
    for job in jobs.values():
        job()  # the files are in the page cache, the bytecode is written
    found = interleaved(bench.samples, jobs)
    rows = [_row(kind, size, found[kind, size]) for kind in (SOURCE, BYTECODE, C) for size in (SMALL, LARGE)]
    middle = {key: median([sample["total"] for sample in samples]) for key, samples in found.items()}
    return "\n\n".join(
        [
            (
                "Seconds inside a process on the node, from the import of the module to the finished snapshot, when `AnsibleModule` (which `ping` "
                "needs, too) is imported already. *Compiled from source* is what happens in a task: Python cannot cache the bytecode of the archive "
                "that Ansible sends. C: from the start of `main`, its libraries loaded by then. *Whole process*: from fork to exit, with Python's "
                "own start, `AnsibleModule`, and for C the loading of libraries."
            ),
            table(["import to snapshot", "nodes", "median", "middle half, ms", "of it import", "CPU", "whole process"], rows),
            targets(
                [Target(f"{kind}, {SMALL} nodes", middle[kind, SMALL] * 1000, 15, " ms") for kind in (SOURCE, BYTECODE)]
                + [Target(f"{kind}, {LARGE} nodes ÷ {SMALL} nodes", middle[kind, LARGE] / middle[kind, SMALL], 1.5) for kind in (SOURCE, BYTECODE)]
            ),
        ]
    )


def cluster_with_archive(bench, size):
    """(first node of a live cluster of this size, path on it of the zip archive that Ansible sends for votequorum_info)."""
    lab = bench.lab(size)
    lab.cluster(nodes=size).wait_quorate()
    node = lab.nodes[0]
    sent = node.run(["cat", modules_as_sent(bench, lab, {MODULE: {}})[MODULE]]).stdout
    archive = bench.scratch / "sent.zip"
    archive.write_bytes(_payload(sent))
    return node, bench.put(node, archive)


def _payload(wrapper):
    """The zip archive inside the file that Ansible sends: its longest piece of base64, however the wrapper of this ansible-core is written."""
    pieces = re.findall(r"[A-Za-z0-9+/=\n\\]{1000,}", wrapper)
    payload = base64.b64decode(max(pieces, key=len).replace("\\n", "")) if pieces else b""
    if payload[:2] != b"PK":
        raise BenchmarkError("The file that this ansible-core sends for a module has no zip archive where it is expected.")
    return payload


def _jobs(bench, size):
    node, archive = cluster_with_archive(bench, size)
    script = bench.put(node, HERE / "on_node/snapshot.py")
    prefixes = node.python(PREFIXES, parse=True)
    return {
        (SOURCE, size): lambda: _sample(bench, node, size, "/usr/bin/python3", script, archive, "source"),
        (BYTECODE, size): lambda: _sample(bench, node, size, "/usr/bin/python3", script, archive, "bytecode", env=by_bytecode()),
        (C, size): lambda: _sample(bench, node, size, REMOTE + "/snapshot", *prefixes),
    }


def _sample(bench, node, size, *command, env=None):
    cost, out = bench.measured(node, *command, env=env)
    sample = json.loads(out)
    if sample["nodes"] != size:
        raise BenchmarkError(f"A snapshot had {sample['nodes']!r} nodes, not {size}: the cluster was not complete.")
    return dict(sample, wall=cost["wall"], cpu=sample.get("cpu", cost["cpu"]))


def _row(kind, size, samples):
    def middle(key):
        return ms(median([sample[key] for sample in samples])) if key in samples[0] else "–"

    return [kind, size, middle("total"), middle_half([sample["total"] for sample in samples]), middle("import"), middle("cpu"), middle("wall")]
