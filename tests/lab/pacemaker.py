# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pacemaker on a cluster of the lab, with two resources that can be watched: `dummy` runs on one node, `everywhere` on each."""

from __future__ import annotations

import pathlib
import threading
import time
import xml.etree.ElementTree
from collections.abc import Sequence

from .cluster import WANTED, Cluster
from .errors import LabError
from .node import Node
from .parallel import each

RESOURCES = ("dummy", "everywhere")
STATE = "/run/lab-resource-%s"  # this file is there as long as the resource runs
PASSWORD = "lab"  # of the user hacluster, on nodes that nobody else reaches

# The cluster begins with this configuration, so no shell needs to make it. dc-deadtime: how long the first nodes look for a
# coordinator that is there before they elect one (default: 20 s).
CIB = """\
<cib crm_feature_set="3.0.0" validate-with="pacemaker-3.0" admin_epoch="1" epoch="1" num_updates="0">
  <configuration>
    <crm_config>
      <cluster_property_set id="cib-bootstrap-options">
        <nvpair id="cib-bootstrap-options-stonith-enabled" name="stonith-enabled" value="false"/>
        <nvpair id="cib-bootstrap-options-dc-deadtime" name="dc-deadtime" value="2s"/>
      </cluster_property_set>
    </crm_config>
    <nodes/>
    <resources>
      {dummy}
      <clone id="everywhere-clone">{everywhere}</clone>
    </resources>
    <constraints/>
  </configuration>
  <status/>
</cib>
"""
PRIMITIVE = """\
<primitive id="{name}" class="ocf" provider="pacemaker" type="Dummy">
  <instance_attributes id="{name}-options"><nvpair id="{name}-state" name="state" value="{state}"/></instance_attributes>
  <operations><op id="{name}-monitor" name="monitor" interval="10s" timeout="20s"/></operations>
</primitive>"""
BEGIN = f"""\
set -e
cib=/var/lib/pacemaker/cib/cib.xml
cat >$cib
chown hacluster:haclient $cib
chmod 600 $cib
ln -sf /lib/systemd/system/pacemaker.service {WANTED}/pacemaker.service
"""
START = ["systemctl", "start", "pacemaker"]
READY_TIMEOUT = 90


def configuration() -> str:
    """The configuration that the cluster begins with."""
    return CIB.format(**{name: PRIMITIVE.format(name=name, state=STATE % name) for name in RESOURCES})


class Pacemaker:
    """Pacemaker on all nodes of a cluster; the lab must have been made with a stack. The next Lab.cluster() has nodes without it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def start(self) -> Pacemaker:
        """Configure and start it, with fencing off; returns when all nodes are online and the resources run."""

        def one(node: Node) -> None:
            node.run(["sh", "-c", BEGIN], input=configuration())
            if node.run(["which", "crm"], check=False).returncode == 0:  # crmsh reaches every node by ssh, its own as well
                node.put(node.ssh_config.with_name("id_ed25519").read_text(), "/root/.ssh/id_ed25519", mode=0o600)
            node.run(START, timeout=READY_TIMEOUT)

        each(self.cluster.nodes, one)
        self.wait_ready()
        return self

    def start_pcsd(self) -> None:
        """Start pcsd on all nodes and let each command the others: for `pcs cluster stop node2` on node1. Not needed for pcs on its own node."""
        each(self.cluster.nodes, lambda node: node.sh(f"echo hacluster:{PASSWORD} | chpasswd && systemctl start pcsd", timeout=READY_TIMEOUT))
        names = [node.name for node in self.cluster.nodes]
        self.cluster.nodes[0].run(["pcs", "host", "auth"] + names + ["-u", "hacluster", "-p", PASSWORD], timeout=READY_TIMEOUT)

    def nodes(self, on: Node | None = None) -> dict[str, dict[str, bool]]:
        """What pacemaker says of the nodes: {name: {"online", "standby", "pending", ... as booleans}}. Empty when it does not answer.

        on: a node of the cluster to ask (default: the first on which corosync runs).
        """
        asked = [on] if on else [node for node in self.cluster.nodes if node.is_on() and node.corosync_runs()][:1]
        if not asked:
            return {}
        answer = asked[0].run(["crm_mon", "--one-shot", "--output-as=xml"], check=False, timeout=20).stdout
        return parse_nodes(answer)

    def where(self, resource: str) -> list[str]:
        """Names of the nodes on which a resource runs, as the node itself shows it."""
        return [node.name for node in self.cluster.nodes if _runs_on(node, resource)]

    def wait_ready(self, timeout: float = READY_TIMEOUT) -> None:
        """Return when all nodes are online and not in standby, `dummy` runs on one of them and `everywhere` on each."""
        names = {node.name for node in self.cluster.nodes}
        deadline = time.monotonic() + timeout
        while True:
            seen = self.nodes()
            usable = {name for name, state in seen.items() if state["online"] and not state["standby"] and not state["pending"]}
            if usable == names and len(self.where("dummy")) == 1 and set(self.where("everywhere")) == names:
                return
            if time.monotonic() > deadline:
                places = ", ".join(f"{resource} runs on {self.where(resource) or 'none'}" for resource in RESOURCES)
                raise LabError(f"pacemaker is not ready after {timeout} s: it says of the nodes {seen or 'nothing'}, {places}")
            time.sleep(0.2)

    def follow(self) -> Follower:
        """A running Follower, for a `with`."""
        return Follower(self.cluster.nodes)


class Follower:
    """Looks twenty times a second on which nodes each resource runs. A context manager; reads the nodes' files and asks nothing in them."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.seen: dict[str, list[tuple[float, list[str]]]] = {name: [] for name in RESOURCES}  # (time.time(), names of nodes) at each change

    def __enter__(self) -> Follower:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._end.set()
        self._thread.join(10)

    def _look(self) -> None:
        while not self._end.is_set():
            for resource, changes in self.seen.items():
                now = [node.name for node in self._nodes if _runs_on(node, resource)]
                if not changes or changes[-1][1] != now:
                    changes.append((time.time(), now))
            self._end.wait(0.05)

    def down(self, resource: str) -> list[float]:
        """The times at which the resource stopped running on the last node that had it."""
        if not self.seen[resource]:
            raise LabError(f"nothing has been seen of the resource {resource} yet")
        return [at for at, names in self.seen[resource] if not names]


def parse_nodes(text: str) -> dict[str, dict[str, bool]]:
    """What crm_mon's XML says of nodes."""
    try:
        found = xml.etree.ElementTree.fromstring(text).findall("./nodes/node")
    except xml.etree.ElementTree.ParseError:
        return {}
    return {node.get("name", ""): {key: value == "true" for key, value in node.items() if value in ("true", "false")} for node in found}


def _runs_on(node: Node, resource: str) -> bool:
    leader = node.machine.leader()
    return leader is not None and pathlib.Path(f"/proc/{leader}/root{STATE % resource}").exists()
