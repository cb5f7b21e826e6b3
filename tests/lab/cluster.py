# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A corosync cluster on the first nodes of a lab, for one test or for one demonstration."""

from __future__ import annotations

import pathlib
import secrets
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from . import corosync_conf, upgrade, watch
from .errors import LabError
from .inventory import write_inventory
from .node import Node
from .parallel import each

if TYPE_CHECKING:
    from typing_extensions import Unpack

# What ran before is killed, not stopped: a clean leave takes time, and this cluster is thrown away.
# The links that `systemctl enable` makes are written directly: the command takes half a second to look for SysV scripts.
WANTED = "/etc/systemd/system/multi-user.target.wants"
NO_RESTART = "/etc/systemd/system/corosync-qdevice.service.d"
# What an interrupted run of Ansible still does over ssh (a stop of corosync, say) is ended; a user's login shell is not.
RESET = f"""\
ps -wweo pid=,tty=,cgroup:300=,args= | awk '$2 == "?" && $3 ~ /ssh\\.service/ && !/sshd[^:]*: .*(listener|@pts)/ {{print $1}}' | xargs -r kill -KILL
rm -f {WANTED}/corosync.service {WANTED}/corosync-qdevice.service
systemctl -q kill -s KILL corosync-qdevice corosync lab-qnetd 2>/dev/null
systemctl stop corosync-qdevice corosync lab-qnetd 2>/dev/null
systemctl reset-failed corosync-qdevice corosync lab-qnetd 2>/dev/null
rm -rf /dev/shm/qb-* /var/lib/corosync/* /var/lib/corosync-quorum /run/corosync-quorum-jobs-* /etc/corosync/* /root/.ansible/tmp/* {upgrade.SOURCE}
[ ! -e {watch.UNIT} ] || {{ systemctl -q kill -s KILL lab-watch; systemctl stop lab-watch; rm -f {watch.UNIT} {WANTED}/lab-watch.service {watch.RECORD}; }}
[ ! -e {NO_RESTART} ] || {{ rm -r {NO_RESTART}; systemctl daemon-reload; }}
true
"""
CONFIGURE = """\
set -e
umask 077
mkdir -p /etc/corosync
printf %%s '%(key)s' >/etc/corosync/authkey
ln -sf /lib/systemd/system/corosync.service %(wanted)s/corosync.service
umask 022
cat >/etc/corosync/corosync.conf <<'END-OF-CONF'
%(conf)sEND-OF-CONF
"""
RING_TIMEOUT = 120


class Wishes(corosync_conf.Wishes, total=False):
    """What else Lab.cluster() takes: the wishes of corosync_conf.render(), or a complete corosync.conf instead."""

    conf: str | None


class Cluster:
    """Nodes with one corosync.conf. Made by Lab.cluster()."""

    def __init__(self, nodes: Sequence[Node], conf: str | None, qnetd: Node | None = None) -> None:
        self.nodes = nodes
        self.conf = conf  # None: something else has configured them
        self.qnetd = qnetd  # the node that serves as the quorum device's host, no member of the cluster

    def __getitem__(self, which: int | str) -> Node:
        """The node with this name or nodeid."""
        for node in self.nodes:
            if which in (node.name, node.nodeid):
                return node
        raise KeyError(f"the cluster has no node {which!r}, it has {', '.join(node.name for node in self.nodes)}")

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def _node(self, which: int | str | Node) -> Node:
        return which if isinstance(which, Node) else self[which]

    def _server(self) -> Node:
        """The quorum device's host."""
        if self.qnetd is None:
            raise LabError("this cluster has no quorum device: Lab.cluster(qdevice=...) makes one that has")
        return self.qnetd

    def deploy(self, start: bool = True) -> None:
        """Write corosync.conf and authkey to all nodes, enable corosync, and start it unless start=False."""
        if self.conf is None:
            raise LabError("this cluster has no corosync.conf to deploy: Lab.cluster() makes one that has")
        key = secrets.token_hex(64)  # 128 bytes of text: corosync takes any file of that length
        script = CONFIGURE % {"wanted": WANTED, "key": key, "conf": self.conf if self.conf.endswith("\n") else self.conf + "\n"}

        def one(node: Node) -> None:
            node.sh(script)
            if start:
                node.start_corosync()

        each(self.nodes, one)

    def wait_ring(self, nodes: Iterable[int | str | Node] | None = None, timeout: float = RING_TIMEOUT) -> None:
        """Return when each of `nodes` (default: all) sees exactly these nodes as members."""
        waiting = list(self.nodes) if nodes is None else [self._node(which) for which in nodes]
        wanted = {node.nodeid for node in waiting}
        deadline = time.monotonic() + timeout
        while waiting:
            seen = waiting[0].ring_members()
            if seen == wanted:
                waiting.pop(0)
            elif time.monotonic() > deadline:
                journal = waiting[0].run(["journalctl", "-u", "corosync", "-n", "15", "-o", "cat", "--no-pager"], check=False).stdout
                raise LabError(f"{waiting[0].name} sees the members {sorted(seen)} after {timeout} s, wanted {sorted(wanted)}; its journal:\n{journal}")
            else:
                time.sleep(0.05)

    def wait_quorate(self, wanted: bool = True, node: int | str | Node | None = None, timeout: float = RING_TIMEOUT) -> None:
        """Return when corosync-quorumtool on `node` (default: all that run corosync) says what is wanted."""
        waiting = [self._node(node)] if node is not None else [one for one in self.nodes if one.corosync_runs()]
        deadline = time.monotonic() + timeout
        while waiting:
            text = quorumtool(waiting[0])
            if ("Quorate:          Yes" in text) == wanted and "Quorate:" in text:
                waiting.pop(0)
            elif time.monotonic() > deadline:
                state = "quorate" if wanted else "inquorate"
                raise LabError(f"{waiting[0].name} did not become {state} within {timeout} s; corosync-quorumtool there says:\n{text}")
            else:
                time.sleep(0.05)

    def start_qdevice(self) -> None:
        """Start the quorum device's server and its client on every node; returns when all nodes have its vote."""
        self.start_qnetd()
        each(self.nodes, lambda node: node.run(["systemctl", "start", "corosync-qdevice"], timeout=RING_TIMEOUT))
        self.wait_qdevice_votes()

    def start_qnetd(self) -> None:
        """Start the quorum device's server, on a machine of its own."""
        self._server().run(["systemd-run", "--quiet", "--collect", "--unit=lab-qnetd", "corosync-qnetd", "-f", "-s", "off"])

    def stop_qnetd(self) -> None:
        """Lose the quorum device: its server ends, the clients on the nodes stay."""
        self._server().run(["systemctl", "stop", "lab-qnetd"])

    def cut_off_qnetd(self, *which: int | str) -> None:
        """Cut the network between these nodes (default: all) and the quorum device's server; heal() undoes it."""
        for node in [self[one] for one in which] or self.nodes:
            node.block([self._server().address])

    def disable_restart_after_crash(self) -> None:
        """Keep systemd from restarting a crashed client of the quorum device, and corosync with it, on every node."""

        def one(node: Node) -> None:
            node.put("[Service]\nRestart=no\n", NO_RESTART + "/no-restart.conf")
            node.run(["systemctl", "daemon-reload"])

        each(self.nodes, one)

    def kill_qdevice(self, which: int | str) -> None:
        """Crash the quorum device's client on a node (SIGKILL)."""
        self[which].run(["systemctl", "kill", "-s", "KILL", "corosync-qdevice"])

    def start_missing(self) -> None:
        """Start corosync, the quorum device's clients and its server where they do not run; returns when all nodes have the device's vote."""
        if self._server().run(["systemctl", "-q", "is-active", "lab-qnetd"], check=False).returncode:
            self.start_qnetd()
        services = ["corosync", "corosync-qdevice"]
        each(self.nodes, lambda node: node.run(["systemctl", "start", *services], timeout=RING_TIMEOUT))
        self.wait_ring()
        # A client that notices only now that its corosync has died was still there when it was started.
        self.wait_qdevice_votes(meanwhile=lambda node: node.run(["systemctl", "start", *services], timeout=RING_TIMEOUT))

    def wait_qdevice_votes(self, wanted: bool = True, timeout: float = RING_TIMEOUT, meanwhile: Callable[[Node], object] = lambda node: None) -> None:
        """Return when every node has the quorum device's vote (wanted=False: when none has it). meanwhile: called with a node that is waited for."""
        waiting = list(self.nodes)
        deadline = time.monotonic() + timeout
        while waiting:
            text = quorumtool(waiting[0])
            mine = [line for line in text.splitlines() if line.endswith("(local)")]
            if mine and (",V," in mine[0]) == wanted:
                waiting.pop(0)
            elif time.monotonic() > deadline:
                state = "lacks" if wanted else "has"
                raise LabError(f"{waiting[0].name} {state} the quorum device's vote after {timeout} s; corosync-quorumtool there says:\n{text}")
            else:
                meanwhile(waiting[0])
                time.sleep(0.1)

    def watch(self) -> watch.Watch:
        """Record every change of quorum on every node from now on: a running Watch, see watch.py."""
        return watch.Watch(self.nodes).start()

    def partition(self, *parts: Iterable[int | str]) -> None:
        """Cut the network between groups of nodes, such as partition([1, 2], [3]); nodes in no group keep all links."""
        groups = [[self[which] for which in part] for part in parts]
        for group in groups:
            others = [node.address for other in groups if other is not group for node in other]
            for node in group:
                node.block(others)

    def heal(self) -> None:
        """Give all nodes all links, full speed, room in /dev/shm and an unfrozen corosync again; boot those that are off."""
        each(self.nodes, lambda node: node.heal())

    def inventory(self, path: str | pathlib.Path) -> pathlib.Path:
        """Write an Ansible inventory of these nodes (group `nodes`) and return its path."""
        return write_inventory(path, self.nodes)


def quorumtool(node: Node) -> str:
    """What corosync-quorumtool says on a node; nothing where it does not answer."""
    try:
        return node.run(["corosync-quorumtool", "-s"], check=False, timeout=10).stdout
    except subprocess.TimeoutExpired:
        return ""


def reset(nodes: Iterable[Node]) -> None:
    """Undo every fault on these nodes, and leave no corosync running or configured."""

    def one(node: Node) -> None:
        node.heal()
        node.sh(RESET, timeout=60)

    each(nodes, one)


def configured(
    nodes: Sequence[Node], conf: str | None = None, qnetd: Node | None = None, algorithm: str | None = None, **wishes: Unpack[corosync_conf.Wishes]
) -> Cluster:
    """A Cluster of these nodes: `conf` as it is, else what corosync_conf.render() makes of the wishes.

    qnetd: the Node that serves a quorum device with this algorithm: ffsplit (1 vote) or lms (one less than there are nodes).
    The wish `device` then adds to that section, or says otherwise.
    """
    if qnetd:
        own = dict(wishes.get("device") or {})
        own_net = cast("corosync_conf.Section", own.pop("net", {}))  # in corosync.conf this key is always a section
        net: corosync_conf.Section = {"host": qnetd.address, "algorithm": algorithm, "tls": "off", **own_net}
        wishes["device"] = {"model": "net", "votes": 1 if algorithm == "ffsplit" else len(nodes) - 1, "net": net, **own}
    if conf is None:
        conf = corosync_conf.render({node.nodeid: node.address for node in nodes}, **wishes)
    return Cluster(nodes, conf, qnetd)
