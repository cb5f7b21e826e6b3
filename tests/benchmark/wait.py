# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the moment corosync tells the node of quorum to the task's result at the controller: every way of waiting, and the floor."""

import random
import subprocess
import time

from lab.host import CHECKOUT, give_to_sudo_user
from lab.parallel import each

from .bench import REMOTE, SMALL, BenchmarkError, Play, say
from .figures import Target, median, percentile, table, targets
from .plot import dots

TIMEOUT = 120
PICTURE = CHECKOUT / "docs/wait.svg"
QUORUMTOOL = "corosync-quorumtool -s"
UNTIL_5, UNTIL_1, BACK_OFF = "`until`, `delay: 5`", "`until`, `delay: 1`", "`reboot`'s `test_command`"
FLOOR, OURS = "C program by `command`", "`wait_for_quorum`"


def _until(delay, timeout):
    return {"ansible.builtin.command": QUORUMTOOL, "register": "tool", "until": "tool.rc == 0", "retries": timeout // delay, "delay": delay}


def tasks(timeout):
    """{way of waiting: task}."""
    return {
        UNTIL_5: _until(5, timeout),
        UNTIL_1: _until(1, timeout),
        BACK_OFF: {"reboot_test_command": {"test_command": QUORUMTOOL, "reboot_timeout": timeout}},
        FLOOR: {"ansible.builtin.command": REMOTE + "/until_quorate"},
        OURS: {"corosync.quorum.wait_for_quorum": {"timeout": timeout}},
    }


# What waits at the same time, each on a node of its own, and how long after the tasks' start quorum may come: anywhere within, in seconds. Those
# that poll are seconds late and do not mind each other; the two whose milliseconds count have the machine for themselves.
TOGETHER = (((UNTIL_5, UNTIL_1, BACK_OFF), 20.0), ((FLOOR,), 5.0), ((OURS,), 5.0))


def run(bench):
    """Markdown; draws docs/wait.svg, too."""
    cluster = bench.lab(SMALL).cluster(nodes=SMALL)
    cluster.wait_quorate()
    say(f"wait: {bench.samples} rounds of {sum(len(ways) for ways, dummy in TOGETHER)} waits")
    late = {way: [] for way in tasks(TIMEOUT)}
    for number in range(bench.samples):
        for ways, span in random.sample(TOGETHER, len(TOGETHER)):
            for way, seconds in _round(bench, cluster, ways, span, number).items():
                late[way].append(seconds)
    PICTURE.write_text(dots({way.replace("`", ""): samples for way, samples in late.items()}), encoding="utf-8")
    give_to_sudo_user(PICTURE.parent, [PICTURE.name])
    floor = median(late[FLOOR])
    rows = [
        [way] + [f"{figure:.2f} s" for figure in (median(samples), percentile(samples, 95), max(samples))] + [f"{median(samples) / floor:.1f}", len(samples)]
        for way, samples in late.items()
    ]
    return "\n\n".join(
        [
            (
                "Seconds from quorum to result. Quorum: the moment at which an independent C program on the node, which blocks on votequorum's "
                "notification, is told. Result: the moment at which it reaches the controller's main process; controller and nodes share one clock. "
                f"Each sample is a real return of quorum: {SMALL} nodes, each cut off from all others, get their links back at a random moment. "
                "`until` runs `command: corosync-quorumtool -s`; `reboot`'s loop is ansible-core's own, without the reboot."
            ),
            table(["way of waiting", "median", "95th percentile", "worst", "× floor", "samples"], rows),
            "![Each wait as a dot: those by event lie close to zero, those that poll at seconds](../../../docs/wait.svg)",
            targets([Target("median of `wait_for_quorum` ÷ C program", median(late[OURS]) / floor, 1.5)]),
        ]
    )


def _round(bench, cluster, ways, span, number):
    """One return of quorum, waited for in these ways at the same time: {way: seconds late}."""
    cluster.partition(*([node.name] for node in cluster))
    try:
        cluster.wait_quorate(wanted=False)
        nodes = {way: cluster.nodes[(number + offset) % len(cluster.nodes)] for offset, way in enumerate(ways)}
        clocks = {way: _clock(node) for way, node in nodes.items()}
        plays = {way: Play(bench, bench.lab(SMALL), node.name, [("wait", tasks(TIMEOUT)[way])]) for way, node in nodes.items()}
        try:
            for play in plays.values():
                play.wait_started()
            time.sleep(random.uniform(0, span))
        finally:
            each(cluster, lambda node: node.unblock())
        return {way: _lateness(clocks[way], play) for way, play in plays.items()}
    finally:
        each(cluster, lambda node: node.unblock())


def _clock(node):
    """The independent program on the node, which prints when corosync reported quorum."""
    return subprocess.Popen(
        node.inside([REMOTE + "/until_quorate"]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


def _lateness(clock, play):
    done = play.finish(TIMEOUT + 30)[-1]
    try:
        quorum_at, trouble = clock.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        clock.kill()
        clock.communicate()
        raise BenchmarkError("A task saw quorum that votequorum did not tell of.") from None
    if clock.returncode:
        raise BenchmarkError(f"The clock on the node failed: {trouble.strip()}")
    late = done["time"] - float(quorum_at)
    if done["event"] != "ok" or late <= 0:
        raise BenchmarkError(f"A wait ended {-late:.3f} s before quorum, as {done['event']}: it did not wait for it.")
    return late
