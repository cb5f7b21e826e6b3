# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random faults of a cluster of five, one after the other, and stops that the gate allows or refuses while one of them stands."""

import time

from lab.parallel import each

from . import gates
from .checks import Allowed

# How long a stop that was allowed is looked at before anything else is done, from when those that stay see it. Seconds.
LOOKED_AT = 1.0
# How many nodes are restarted in a round without a fault
RESTARTED = 2


class Trouble:
    """Each method whose name is in FAULTS makes one fault, and returns the nodes that stay together and answer; nothing where that is not known.

    anchor: a node that keeps its power, so that something can run on it from the beginning to the end. frozen: by node, when its corosync answered nobody.
    allowed: the stops. refused: how many neither the gate nor the filter allowed. wrong: sentences. counts: how often each fault was made.
    rounds: what was done, and when.
    """

    def __init__(self, made, dice, anchor):
        self.made, self.dice, self.anchor = made, dice, anchor
        self.nodes = list(made)
        self.frozen = {node.name: [] for node in made}
        self.allowed, self.refused, self.wrong, self.counts, self.rounds = [], 0, [], {}, []

    def round(self, name):
        """A fault, the gate with some luck, and a whole cluster again."""
        self.counts[name] = self.counts.get(name, 0) + 1
        begun = time.time()
        stay = getattr(self, name)()
        time.sleep(self.dice.uniform(0.2, 1.5))
        if stay and self.dice.random() < 0.7:
            self.made.wait_ring(stay)
            self._gate(stay)
        self._mend()
        if name == "freeze":
            self.frozen[self._victim.name].append((begun, time.time()))
        self.rounds.append((name, begun, time.time()))
        time.sleep(self.dice.uniform(0.2, 1.0))

    def _gate(self, stay):
        """Ask whether one or two of them may leave, and stop them if that is allowed."""
        victims = self.dice.sample(stay, self.dice.choice([1, 1, 2]) if len(stay) > 3 else 1)
        rest = [node for node in stay if node not in victims]
        verdict = gates.ask(victims, self.dice.sample(rest, len(rest)), self.made.qnetd is not None)
        if verdict.gate and not verdict.may_leave:
            self.wrong.append(f"the gate allowed to stop {_names(victims)}, and may_leave did not")
        if not (verdict.gate or verdict.may_leave):
            self.refused += 1
            return
        at = time.time()
        each(victims, lambda node: node.stop_corosync())
        self.made.wait_ring(rest)
        time.sleep(LOOKED_AT)
        self.allowed.append(Allowed(_names(victims), at, time.time(), tuple(node.name for node in rest), verdict.gate))

    def _mend(self):
        self.made.heal()
        if self.made.qnetd:
            self.made.start_missing()
        else:
            each(self.nodes, lambda node: node.start_corosync())
            self.made.wait_ring()
        self.made.wait_quorate()

    def _but(self, *gone):
        return [node for node in self.nodes if node not in gone]

    def _one(self):
        self._victim = self.dice.choice(self.nodes)
        return self._victim

    # ---- the faults

    def no_fault(self):
        """As a rolling upgrade does it: one node after the other, each if the gate allows it."""
        for _node in range(RESTARTED):
            self._gate(self.nodes)
            self._mend()
        return []

    def stop(self):
        node = self._one()
        node.stop_corosync()
        return self._but(node)

    def stop_two(self):
        gone = self.dice.sample(self.nodes, 2)
        for node in gone:
            node.stop_corosync()
        return self._but(*gone)

    def stop_three(self):
        for node in self.dice.sample(self.nodes, 3):
            node.stop_corosync()
        return []

    def crash(self):
        node = self._one()
        node.kill_corosync()
        return self._but(node)

    def crash_all_at_once(self):
        for node in self.nodes:
            node.kill_corosync()
        return []

    def restart_quickly(self):
        node = self._one()
        node.kill_corosync()
        node.run(["systemctl", "restart", "corosync"], timeout=60)  # `start` does nothing while systemd has not seen the death
        return self.nodes

    def freeze(self):
        node = self._one()
        node.freeze_corosync()
        time.sleep(7)
        return self._but(node)

    def partition(self):
        few = self.dice.sample(self.nodes, self.dice.choice([1, 2]))
        many = self._but(*few)
        self.made.partition([node.name for node in few], [node.name for node in many])
        return many

    def partition_in_three(self):
        mixed = self.dice.sample([node.name for node in self.nodes], 5)
        self.made.partition(mixed[:2], mixed[2:4], mixed[4:])
        self.made.wait_quorate(wanted=False)
        return []

    def power_cut(self):
        node = self.dice.choice(self._but(self.anchor))
        node.power_cut()
        return self._but(node)

    def reboot(self):
        self.dice.choice(self._but(self.anchor)).reboot()
        return []

    def slow_link(self):
        self._one().slow_link("64kbit")
        time.sleep(2)
        return []

    def full_shm(self):
        self._one().fill_dev_shm()
        time.sleep(2)
        return []  # a node that takes no new connections does not say whom it sees

    # ---- those of a quorum device. All nodes stay, and what the gate allows has to hold without its vote.

    def device_lost(self):
        self.made.stop_qnetd()
        return self.nodes

    def device_cut_off(self):
        """From some nodes, or from all."""
        self.made.cut_off_qnetd(*(node.name for node in self.dice.sample(self.nodes, self.dice.randint(1, 5))))
        time.sleep(self.dice.uniform(0, 6))
        return self.nodes

    def device_client_crashed(self):
        self.made.kill_qdevice(self._one().name)
        return self.nodes


FAULTS = tuple(name for name in vars(Trouble) if not name.startswith("_") and name != "round")
OF_DEVICE = tuple(name for name in FAULTS if name.startswith("device_"))


def order(dice, faults=FAULTS):
    """Names of faults for ever: each kind once before any comes again, in another order each time."""
    while True:
        yield from dice.sample(faults, len(faults))


def _names(nodes):
    return " and ".join(node.name for node in nodes)
